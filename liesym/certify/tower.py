"""Right sides as rational functions over a tower of kernels that keeps every algebraic relation.

A function value at a random point becomes a random residue, which is sound only if the values keep the
relations that the functions have. They are kept by construction: all elementary functions are written by
exp, log and i, with

    exp(Σ r_k log f_k + Σ q_j w_j) = Π f_k^(r_k) Π E_j^(q_j),      log(c Π f_k^(e_k)) = log c + Σ e_k log f_k,

where the f_k are irreducible and multiplicatively independent (2, 3, 5 … and -1 among them,
pi = -i log(-1)) and the w_j linearly independent over Q, also of the log f_k. Then exp(a + b), exp(2a),
sin² + cos², sqrt(xy), u^(a+1) come out right because both sides are the same monomial. Whether a new f or w
is independent of the old ones is decided by factorization, and by samples modulo a prime (`kinship`) where
roots or i make factorization insufficient. By the theorem of J. Ax on Schanuel's conjecture for functions
no further relations hold between them.

Where a function has several analytic branches on the real domain, one is taken: sqrt(u²) = abs(u) = u.
"""

from __future__ import annotations

import math
from typing import Any

from sympy import (
    Add,
    Derivative,
    Dummy,
    I,
    Integer,
    Integral,
    Mul,
    Number,
    Pow,
    Rational,
    S,
    Subs,
    Symbol,
    factor_list,
    factorint,
    together,
)
from sympy.core.function import AppliedUndef

from liesym.certify.kernels import Kernel, Tower
from liesym.certify.kinship import Kinship, Unsettled
from liesym.certify.named import RULES, Term
from liesym.errors import Unsupported
from liesym.system import ODESystem

HIGHEST_SUM = 40
"""Exponents with more terms than this are not split into their terms."""


class Reorder(Exception):
    """A base is a proper power of this one, which therefore has to come first."""

    def __init__(self, base: Term) -> None:
        self.base = base


def build_tower(system: ODESystem, seed: int = 0) -> Tower:
    """Write the right sides of a system over kernels.

    Raises:
        Unsupported: a function without a rule, or one whose relations cannot be decided.
    """
    first: list[Term] = []
    for _ in range(6):
        builder = Builder(system, tuple(first), seed)
        try:
            return builder.run()
        except Reorder as wish:
            first.insert(0, wish.base)
        except Unsettled as stop:
            raise Unsupported(f"the certificate cannot decide {stop}") from None
    raise Unsupported("the certificate cannot order the radicands and arguments of logarithms of this system")


class Builder:
    """Rewrites expressions bottom-up; kernels are created as they are met."""

    def __init__(self, system: ODESystem, first: tuple[Term, ...], seed: int) -> None:
        self.tower = Tower(system)
        self.kinship = Kinship(self.tower, seed)
        self._memo: dict[Any, Term] = {}
        self._bases: dict[Term, Symbol] = {}
        self._logs: dict[Symbol, Symbol] = {}
        self._exps: dict[Term, Symbol] = {}
        self._functions: dict[Any, Symbol] = {}
        self._odd_constants = 0
        for base in first:
            self._base(base)

    def run(self) -> Tower:
        system = self.tower.system
        rows = []
        for f, n in zip(system.rhs, system.orders, strict=True):
            row = [f]
            for _ in range(n, system.order):
                row.append(system.total_derivative(row[-1]))
            rows.append(tuple(self.convert(g) for g in row))
        self.tower.rhs = tuple(rows)
        self._check_lambert()
        self.kinship.check_squares()
        return self.tower

    # -- expressions -----------------------------------------------------------------------------

    def convert(self, e: Any, bound: tuple[tuple[Symbol, Term], ...] = ()) -> Term:
        """The expression over the tower; `bound` gives already converted values for dummy symbols."""
        key = (e, bound)
        if key not in self._memo:
            self._memo[key] = self._convert(e, bound)
        return self._memo[key]

    def _convert(self, e: Any, bound: tuple[tuple[Symbol, Term], ...]) -> Term:
        if isinstance(e, Symbol):
            return next((value for symbol, value in bound if symbol == e), e)
        if isinstance(e, Rational):
            return e
        if e is I:
            return self.imaginary()
        if e is S.Pi:
            return self.pi()
        if e is S.Exp1:
            return self.exp(S.One)
        if e in (S.EulerGamma, S.Catalan):
            return self.function(str(e), (S.One,))
        if isinstance(e, Number):
            raise Unsupported(f"the number {e} is not exact; write it as a fraction")
        if isinstance(e, Add):
            return Add(*(self.convert(a, bound) for a in e.args))
        if isinstance(e, Mul):
            return Mul(*(self.convert(a, bound) for a in e.args))
        if isinstance(e, Pow):
            return self.power(self.convert(e.base, bound), self.convert(e.exp, bound))
        if isinstance(e, Subs):
            symbols, point = tuple(e.variables), tuple(e.point)  # type: ignore[arg-type]
            values = tuple((s, self.convert(v, bound)) for s, v in zip(symbols, point, strict=True))
            return self.convert(e.expr, (*values, *bound))
        if isinstance(e, Derivative):
            return self._derivative(e, bound)
        if isinstance(e, Integral):
            return self._integral(e, bound)
        if isinstance(e, AppliedUndef):
            return self.function(f"?{e.func.__name__}", tuple(self.convert(a, bound) for a in e.args))
        return self._named(e, bound)

    def imaginary(self) -> Term:
        return self._root(self._base(S.NegativeOne), S.Half)

    def pi(self) -> Term:
        """pi = -i log(-1)."""
        return -self.imaginary() * self.log(S.NegativeOne)

    def power(self, base: Term, exponent: Term) -> Term:
        if isinstance(exponent, Integer):
            return base**exponent
        if base == 1 or exponent == 0:
            return S.One
        return self.exp(exponent * self.log(base))

    def _named(self, e: Any, bound: tuple[tuple[Symbol, Term], ...]) -> Term:
        rule = RULES.get(type(e).__name__)
        return self._refuse(e) if rule is None else rule(self, *(self.convert(a, bound) for a in e.args))

    # -- exponentials, logarithms, roots ---------------------------------------------------------

    def exp(self, u: Term) -> Term:
        """exp(u) as a product of powers of bases and exponential kernels."""
        expanded = u.expand() if isinstance(u, Add | Mul) else u
        terms = Add.make_args(expanded)
        return Mul(*(self._exp_term(w) for w in (terms if len(terms) <= HIGHEST_SUM else (u,))))

    def _exp_term(self, term: Term) -> Term:
        ratio, w = term.as_coeff_Mul()
        if not isinstance(ratio, Rational):
            raise Unsupported(f"the certificate needs exact exponents, not {term}")
        if ratio == 0:
            return S.One
        for base, logarithm in self._logs.items():
            if w == logarithm:
                return self._root(base, ratio)
        kernel = self.tower.kernels.get(w)
        if kernel is not None and kernel.label == "LambertW":  # W e^W = u
            return self.power(kernel.arguments[0] / w, ratio)
        if w not in self._exps:
            relation = self.kinship.additive(w, self._exps, self._logs)
            if relation is not None:
                known, logs = relation
                for _, q in known:
                    self.tower.exponents = math.lcm(self.tower.exponents, int((ratio * q).q))
                return Mul(
                    *(symbol ** (ratio * q) for symbol, q in known),
                    *(self._root(base, ratio * q) for base, q in logs),
                )
            self._exps[w] = self._new("exp", (w,))
        self.tower.exponents = math.lcm(self.tower.exponents, int(ratio.q))
        return self._exps[w] ** ratio

    def _root(self, base: Symbol, q: Any) -> Term:
        """f^q for the base f; whole powers are written out."""
        f = self.tower.kernels[base].arguments[0]
        if isinstance(q, Integer):
            return f**q
        self.tower.denominators[base] = math.lcm(self.tower.denominators.get(base, 1), int(q.q))
        return I ** int(q.p) if f is S.NegativeOne and q.q == 2 else base**q

    def log(self, v: Term) -> Term:
        """log(v) as a rational combination of logarithms of bases and of exponents, log(-1) counted modulo
        2.
        """
        found = self._any_log(v)
        turn = self._logs[self._bases[S.NegativeOne]] if S.NegativeOne in self._bases else None
        terms = []
        for term in Add.make_args(found):
            ratio, w = term.as_coeff_Mul()
            terms.append((1 - (1 - ratio) % 2) * w if w == turn and isinstance(ratio, Rational) else term)
        return Add(*terms)

    def _any_log(self, v: Term) -> Term:
        if isinstance(v, Rational):
            return self._log_rational(v)
        if v is I:
            return self.log(S.NegativeOne) / 2
        if isinstance(v, Mul):
            return Add(*(self.log(f) for f in v.args))
        if isinstance(v, Pow) and isinstance(v.exp, Rational):
            return v.exp * self.log(v.base)
        if isinstance(v, Symbol):
            kernel = self.tower.kernels.get(v)
            if kernel is not None and kernel.kind == "exp":
                return kernel.arguments[0]
            if kernel is not None and kernel.kind == "base":
                return self._log_of_base(v)
        return self._log_factors(v)

    def _log_rational(self, v: Any) -> Term:
        if v == 0:
            raise Unsupported("the logarithm or a root of 0 occurs")
        factors = {**factorint(int(abs(v.p))), **{q: -n for q, n in factorint(int(v.q)).items()}}
        logs = [n * self._log_of_base(self._base(Integer(q))) for q, n in factors.items() if q != 1]
        return Add(*logs, *([self._log_of_base(self._base(S.NegativeOne))] if v < 0 else []))

    def _log_factors(self, v: Term) -> Term:
        """Split a sum into irreducible factors over Q; i and roots count as variables here."""
        numerator, denominator = _fraction(v)
        if denominator != 1:
            return self.log(numerator) - self.log(denominator)
        opaque = {e: Dummy() for e in v.atoms(Pow) if not isinstance(e.exp, Integer)}
        opaque[I] = Dummy()  # type: ignore[index]
        back = {d: e for e, d in opaque.items()}
        found: Any = factor_list(numerator.expand().xreplace(opaque))
        content, factors = found
        if len(factors) == 1 and factors[0][1] == 1:
            return self.log(content) + self._log_irreducible(factors[0][0].xreplace(back))
        return Add(self.log(content), *(n * self._log_irreducible(f.xreplace(back)) for f, n in factors))

    def _log_irreducible(self, f: Term) -> Term:
        kernel = self.tower.kernels.get(f)
        if f is I or isinstance(f, Pow | Mul) or (kernel is not None and kernel.kind in ("exp", "base")):
            return self.log(f)
        if f in self._bases:
            return self._log_of_base(self._bases[f])
        relation = self.kinship.multiplicative(f, self._bases)
        if relation is None:
            return self._log_of_base(self._base(f))
        powers, content = relation
        if any(q.q != 1 for _, q in powers):
            raise Reorder(f)
        if content is None:
            return self._log_of_constant(f, powers)
        constant = Add(*(q * self.log(c) for c, q in content))
        return Add(constant, *(q * self._log_of_base(base) for base, q in powers))

    def _log_of_constant(self, f: Term, powers: list) -> Term:
        """log of a number such as 1 + sqrt(2); two of them could be related, which is not decided."""
        if powers or self._odd_constants:
            raise Unsupported(
                f"the certificate cannot decide the relations of the number in {self.tower.readable(f)}"
            )
        self._odd_constants += 1
        return self._log_of_base(self._base(f))

    def _base(self, f: Term) -> Symbol:
        if f not in self._bases:
            self._bases[f] = self._new("base", (f,))
            self._log_of_base(self._bases[f])
        return self._bases[f]

    def _log_of_base(self, base: Symbol) -> Symbol:
        if base not in self._logs:
            self._logs[base] = self._new("log", self.tower.kernels[base].arguments)
        return self._logs[base]

    def _new(
        self, kind: str, arguments: tuple[Term, ...], label: str = "", index: tuple[int, ...] = ()
    ) -> Symbol:
        symbol = Dummy(f"{kind}{len(self.tower.kernels)}", positive=True)
        self.tower.kernels[symbol] = Kernel(symbol, kind, arguments, label, index)
        return symbol

    # -- functions given by a law ----------------------------------------------------------------

    def function(self, label: str, arguments: tuple[Term, ...], index: tuple[int, ...] | None = None) -> Term:
        key = (label, arguments, index or (0,) * len(arguments))
        if key not in self._functions:
            self._functions[key] = self._new("function", arguments, label, key[2])
        return self._functions[key]

    def rate(self, label: str, rate: Term, u: Term) -> Term:
        """K with dK = rate du, its value free."""
        key = (label, rate, u)
        if key not in self._functions:
            self._functions[key] = self._new("rate", (rate, u), label)
        return self._functions[key]

    def _derivative(self, e: Any, bound: tuple[tuple[Symbol, Term], ...]) -> Term:
        function = e.expr
        if not isinstance(function, AppliedUndef):
            return self.convert(e.doit(), bound) if e.doit() != e else self._refuse(e)
        index = [0] * len(function.args)
        for symbol, count in e.variable_count:
            places = [i for i, a in enumerate(function.args) if a.has(symbol)]
            if len(places) != 1 or function.args[places[0]] != symbol:
                return self._refuse(e)
            index[places[0]] += int(count)
        arguments = tuple(self.convert(a, bound) for a in function.args)
        return self.function(f"?{function.func.__name__}", arguments, tuple(index))

    def _integral(self, e: Any, bound: tuple[tuple[Symbol, Term], ...]) -> Term:
        """∫ f ds as a kernel whose derivative is f; f may hold s and parameters, no other coordinate."""
        system = self.tower.system
        coordinates = {*system.variables, *system.jet_coordinates}
        limit = e.limits[0]
        if len(e.limits) != 1 or e.function.free_symbols & (coordinates - {limit[0]}) or len(limit) == 2:
            return self._refuse(e)

        def primitive(at: Term) -> Term:
            return self.rate(
                f"integral {e.function} {limit[0]}", self.convert(e.function, ((limit[0], at), *bound)), at
            )

        if len(limit) == 1:
            return primitive(self.convert(limit[0], bound))
        return primitive(self.convert(limit[2], bound)) - primitive(self.convert(limit[1], bound))

    def _refuse(self, e: Any) -> Term:
        raise Unsupported(f"the certificate has no rule for {e}")

    def _check_lambert(self) -> None:
        labels = {k.label for k in self.tower.kernels.values()}
        occurring = {s for row in self.tower.rhs for f in row for s in f.free_symbols}
        if "LambertW" in labels and occurring & set(self._logs.values()):
            raise Unsupported("the Lambert function beside logarithms: their relation is not kept")
        shifted = [k.arguments[0] for k in self.tower.kernels.values() if k.label == "gamma"]
        for i, a in enumerate(shifted):
            for b in shifted[:i]:
                if isinstance((a - b).expand(), Rational):
                    raise Unsupported("gamma functions whose arguments differ by a number")

    def bessel_orders(self) -> list[Term]:
        """Orders of the Bessel functions that occur so far."""
        return [k.arguments[-2] for k in self.tower.kernels.values() if k.label.startswith("bessel")]


def _fraction(v: Term) -> tuple[Term, Term]:
    """Numerator and denominator of a sum."""
    joined: Any = together(v) if isinstance(v, Add) else v
    return joined.as_numer_denom() if isinstance(v, Add) else (v, S.One)
