"""Right sides as rational functions over a tower of kernels that keeps every algebraic relation.

A function value at a random point becomes a random residue, which is sound only if the values keep the relations that
the functions have. They are kept by construction: all elementary functions are written by exp, log and i, with

    exp(Σ r_k log f_k + Σ q_j w_j) = Π f_k^(r_k) Π E_j^(q_j),      log(c Π f_k^(e_k)) = log c + Σ e_k log f_k,

where the f_k are irreducible and multiplicatively independent (2, 3, 5 … and -1 among them, pi = -i log(-1)) and the w_j
linearly independent over Q, also of the log f_k. Then exp(a + b), exp(2a), sin² + cos², sqrt(xy), u^(a+1) come out right
because both sides are the same monomial. Whether a new f or w is independent of the old ones is decided by
factorization, and by samples modulo a prime (`kinship`) where roots or i make factorization insufficient.
By Ax's theorem (Annals 93, 1971) no further relations hold between the kernels of a Q-basis.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from sympy import (
    Abs,
    Add,
    Derivative,
    Dummy,
    Expr,
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
    airyai,
    airyaiprime,
    airybi,
    airybiprime,
    besseli,
    besselj,
    besselk,
    bessely,
    factor_list,
    factorint,
    gamma,
    sign,
    sqrt,
    together,
)
from sympy.core.function import AppliedUndef

from liesym.certify.kinship import Kinship, Unsettled
from liesym.errors import Unsupported
from liesym.system import ODESystem

HIGHEST_SUM = 40
"""Exponents with more terms than this are not split into their terms."""


@dataclass(frozen=True, slots=True)
class Kernel:
    """One element of the tower.

    Arguments:
        symbol: how it occurs in later expressions.
        kind: exp, base, log, rate, function.
        label: names the function, so that equal functions of equal values get equal draws.
        arguments: exp: (w,); base and log: (f,); rate: (rate, u) for dK = rate du; function: its arguments.
        index: function: how often it is differentiated with respect to each argument.
    """

    symbol: Symbol
    kind: str
    arguments: tuple[Expr, ...]
    label: str = ""
    index: tuple[int, ...] = ()


class Reorder(Exception):
    """A base is a proper power of this one, which therefore has to come first."""

    def __init__(self, base: Expr) -> None:
        self.base = base


@dataclass
class Tower:
    """The right sides of a system over kernels.

    Arguments:
        kernels: symbol -> kernel, inner ones first.
        rhs: rhs[i][k] is x_i^(n_i + k) on solutions, up to the highest order of the system; rational expressions in
            variables, jet coordinates, parameters and (fractional powers of) kernels.
        denominators: symbol of a base -> lcm of the orders of its roots.
        exponents: lcm of the orders of the roots of exponential kernels.
    """

    system: ODESystem
    kernels: dict[Symbol, Kernel] = field(default_factory=dict)
    rhs: tuple[tuple[Expr, ...], ...] = ()
    denominators: dict[Symbol, int] = field(default_factory=dict)
    exponents: int = 1

    @property
    def unity(self) -> int:
        """The order of the roots of unity that occur."""
        return 2 * math.lcm(*(d for s, d in self.denominators.items() if self.kernels[s].arguments == (S.NegativeOne,)))

    @property
    def root_order(self) -> int:
        """A common multiple of the orders of all roots."""
        return math.lcm(self.exponents, *self.denominators.values())

    @property
    def rooted_integers(self) -> tuple[int, ...]:
        """Primes of which roots are taken that need not exist modulo a prime."""
        found = ((self.kernels[s].arguments[0], d) for s, d in self.denominators.items())
        return tuple(int(f) for f, d in found if isinstance(f, Integer) and f > 1 and math.gcd(d, self.unity) > 1)


def build_tower(system: ODESystem, seed: int = 0) -> Tower:
    """Write the right sides of a system over kernels.

    Raises:
        Unsupported: a function without a rule, or one whose relations cannot be decided.
    """
    first: list[Expr] = []
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

    def __init__(self, system: ODESystem, first: tuple[Expr, ...], seed: int) -> None:
        self.tower = Tower(system)
        self.kinship = Kinship(self.tower, seed)
        self._memo: dict[Any, Expr] = {}
        self._bases: dict[Expr, Symbol] = {}
        self._logs: dict[Symbol, Symbol] = {}
        self._exps: dict[Expr, Symbol] = {}
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

    def convert(self, e: Any, bound: tuple[tuple[Symbol, Expr], ...] = ()) -> Expr:
        """The expression over the tower; `bound` gives already converted values for dummy symbols."""
        key = (e, bound)
        if key not in self._memo:
            self._memo[key] = self._convert(e, bound)
        return self._memo[key]

    def _convert(self, e: Any, bound: tuple[tuple[Symbol, Expr], ...]) -> Expr:
        if isinstance(e, Symbol):
            return next((value for symbol, value in bound if symbol == e), e)
        if isinstance(e, Rational):
            return e
        if e is I:
            return self._imaginary()
        if e is S.Pi:
            return -self._imaginary() * self.log(S.NegativeOne)
        if e is S.Exp1:
            return self.exp(S.One)
        if e in (S.EulerGamma, S.Catalan):
            return self._function(str(e), (S.One,))
        if isinstance(e, Number):
            raise Unsupported(f"the number {e} is not exact; write it as a fraction")
        if isinstance(e, Add):
            return Add(*(self.convert(a, bound) for a in e.args))
        if isinstance(e, Mul):
            return Mul(*(self.convert(a, bound) for a in e.args))
        if isinstance(e, Pow):
            return self._power(self.convert(e.base, bound), self.convert(e.exp, bound))
        if isinstance(e, Subs):
            values = tuple((s, self.convert(v, bound)) for s, v in zip(e.variables, e.point, strict=True))
            return self.convert(e.expr, (*values, *bound))
        if isinstance(e, Derivative):
            return self._derivative(e, bound)
        if isinstance(e, Integral):
            return self._integral(e, bound)
        if isinstance(e, AppliedUndef):
            return self._function(f"?{e.func.__name__}", tuple(self.convert(a, bound) for a in e.args))
        return self._named(e, bound)

    def _imaginary(self) -> Expr:
        return self._root(self._base(S.NegativeOne), S.Half)

    def _power(self, base: Expr, exponent: Expr) -> Expr:
        if isinstance(exponent, Integer):
            return base**exponent
        if base == 1 or exponent == 0:
            return S.One
        return self.exp(exponent * self.log(base))

    def _named(self, e: Any, bound: tuple[tuple[Symbol, Expr], ...]) -> Expr:
        name = type(e).__name__
        arguments = tuple(self.convert(a, bound) for a in e.args)
        if name in _ELEMENTARY:
            return _ELEMENTARY[name](self, *arguments)
        if name in _RATES:
            return _RATES[name](self, *arguments)
        if name in _SPECIAL:
            return _SPECIAL[name](self, *arguments)
        raise Unsupported(f"the certificate has no rule for {e}")

    # -- exponentials, logarithms, roots ---------------------------------------------------------

    def exp(self, u: Expr) -> Expr:
        """exp(u) as a product of powers of bases and exponential kernels."""
        expanded = u.expand() if isinstance(u, Add | Mul) else u
        terms = Add.make_args(expanded)
        return Mul(*(self._exp_term(w) for w in (terms if len(terms) <= HIGHEST_SUM else (u,))))

    def _exp_term(self, term: Expr) -> Expr:
        ratio, w = term.as_coeff_Mul()
        if not isinstance(ratio, Rational):
            raise Unsupported(f"the certificate needs exact exponents, not {term}")
        if ratio == 0:
            return S.One
        for base, log in self._logs.items():
            if w == log:
                return self._root(base, ratio)
        kernel = self.tower.kernels.get(w)
        if kernel is not None and kernel.label == "LambertW":  # W e^W = u
            return self._power(kernel.arguments[0] / w, ratio)
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

    def _root(self, base: Symbol, q: Any) -> Expr:
        """f^q for the base f; whole powers are written out."""
        f = self.tower.kernels[base].arguments[0]
        if isinstance(q, Integer):
            return f**q
        self.tower.denominators[base] = math.lcm(self.tower.denominators.get(base, 1), int(q.q))
        return I ** int(q.p) if f is S.NegativeOne and q.q == 2 else base**q

    def log(self, v: Expr) -> Expr:
        """log(v) as a rational combination of logarithms of bases and of exponents."""
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

    def _log_rational(self, v: Rational) -> Expr:
        if v == 0:
            raise Unsupported("the logarithm or a root of 0 occurs")
        factors = {**factorint(int(abs(v.p))), **{q: -n for q, n in factorint(int(v.q)).items()}}
        logs = [n * self._log_of_base(self._base(Integer(q))) for q, n in factors.items() if q != 1]
        return Add(*logs, *([self._log_of_base(self._base(S.NegativeOne))] if v < 0 else []))

    def _log_factors(self, v: Expr) -> Expr:
        """Split a sum into irreducible factors over Q; i and roots count as variables here."""
        numerator, denominator = together(v).as_numer_denom() if isinstance(v, Add) else (v, S.One)
        if denominator != 1:
            return self.log(numerator) - self.log(denominator)
        opaque = {e: Dummy() for e in v.atoms(Pow) if not isinstance(e.exp, Integer)}
        opaque[I] = Dummy()  # type: ignore[index]
        back = {d: e for e, d in opaque.items()}
        content, factors = factor_list(numerator.expand().xreplace(opaque))
        if len(factors) == 1 and factors[0][1] == 1:
            return self.log(content) + self._log_irreducible(factors[0][0].xreplace(back))
        return Add(self.log(content), *(n * self._log_irreducible(f.xreplace(back)) for f, n in factors))

    def _log_irreducible(self, f: Expr) -> Expr:
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

    def _log_of_constant(self, f: Expr, powers: tuple) -> Expr:
        """log of a number such as 1 + sqrt(2); two of them could be related, which is not decided."""
        if powers or self._odd_constants:
            raise Unsupported(f"the certificate cannot decide the relations of the number that {f} holds")
        self._odd_constants += 1
        return self._log_of_base(self._base(f))

    def _base(self, f: Expr) -> Symbol:
        if f not in self._bases:
            self._bases[f] = self._new("base", (f,))
            self._log_of_base(self._bases[f])
        return self._bases[f]

    def _log_of_base(self, base: Symbol) -> Symbol:
        if base not in self._logs:
            self._logs[base] = self._new("log", self.tower.kernels[base].arguments)
        return self._logs[base]

    def _new(self, kind: str, arguments: tuple[Expr, ...], label: str = "", index: tuple[int, ...] = ()) -> Symbol:
        symbol = Dummy(f"{kind}{len(self.tower.kernels)}", positive=True)
        self.tower.kernels[symbol] = Kernel(symbol, kind, arguments, label, index)
        return symbol

    # -- functions given by a law ----------------------------------------------------------------

    def _function(self, label: str, arguments: tuple[Expr, ...], index: tuple[int, ...] | None = None) -> Expr:
        key = (label, arguments, index or (0,) * len(arguments))
        if key not in self._functions:
            self._functions[key] = self._new("function", arguments, label, key[2])
        return self._functions[key]

    def rate(self, label: str, rate: Expr, u: Expr) -> Expr:
        """K with dK = rate du, its value free."""
        key = (label, rate, u)
        if key not in self._functions:
            self._functions[key] = self._new("rate", (rate, u), label)
        return self._functions[key]

    def _derivative(self, e: Any, bound: tuple[tuple[Symbol, Expr], ...]) -> Expr:
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
        return self._function(f"?{function.func.__name__}", arguments, tuple(index))

    def _integral(self, e: Any, bound: tuple[tuple[Symbol, Expr], ...]) -> Expr:
        """∫ f ds as a kernel whose derivative is f; f may hold s and parameters, no other coordinate."""
        system = self.tower.system
        coordinates = {*system.variables, *system.jet_coordinates}
        limit = e.limits[0]
        if len(e.limits) != 1 or e.function.free_symbols & (coordinates - {limit[0]}) or len(limit) == 2:
            return self._refuse(e)

        def primitive(at: Expr) -> Expr:
            return self.rate(f"integral {e.function} {limit[0]}", self.convert(e.function, ((limit[0], at), *bound)), at)

        if len(limit) == 1:
            return primitive(self.convert(limit[0], bound))
        return primitive(self.convert(limit[2], bound)) - primitive(self.convert(limit[1], bound))

    def _refuse(self, e: Any) -> Expr:
        raise Unsupported(f"the certificate has no rule for {e}")

    def bessel(self, kind: str, order: Expr, u: Expr) -> Expr:
        """Orders that differ by integers are reduced to one by the recurrence; half-integer ones are elementary."""
        if isinstance(order, Rational) and order.q == 2:
            function = {"besselj": besselj, "bessely": bessely, "besseli": besseli, "besselk": besselk}[kind]
            symbol = Dummy()
            return self.convert(function(order, symbol).rewrite(sqrt).doit().expand(func=True), ((symbol, u),))
        for known in self._bessel_orders():
            if (order + known).expand() == 0 and order != known and not isinstance(order, Integer):
                raise Unsupported(f"Bessel functions of orders {order} and {known} together")
        start = next((k for k in self._bessel_orders() if isinstance((order - k).expand(), Integer)), order)
        steps = int((order - start).expand())
        constants = (2 / self.convert(S.Pi), start) if kind == "bessely" else (start,)
        zeros = (0,) * len(constants)
        value = self._function(kind, (*constants, u))
        slope = self._function(kind, (*constants, u), (*zeros, 1))
        for step in range(abs(steps)):
            value, slope = _bessel_step(kind, start, u, value, slope, step, 1 if steps > 0 else -1)
        return value

    def _bessel_orders(self) -> list[Expr]:
        return [k.arguments[-2] for k in self.tower.kernels.values() if k.label.startswith("bessel")]

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


def _bessel_step(kind: str, start: Expr, u: Expr, f: Expr, df: Expr, step: int, up: int) -> tuple[Expr, Expr]:
    """(f, f') of order ν -> order ν ± 1, from the recurrences (Abramowitz and Stegun 9.1.27, 9.6.26)."""
    nu = start + up * step
    grow = {"besseli": -1, "besselk": 1}.get(kind)
    if grow is None:
        g = (nu / u * f - df) if up > 0 else (nu / u * f + df)
        dg = f - (nu + 1) / u * g if up > 0 else (nu - 1) / u * g - f
        return g, dg
    lower = -grow  # I: I_(ν±1) = I' ∓ ν/u I;  K: K_(ν±1) = -K' ± ν/u K
    g = lower * df - lower * up * nu / u * f
    dg = lower * f - up * (nu + up) / u * g
    return g, dg


def _trigonometric(combine: Callable[[Expr, Expr], Expr]) -> Callable[[Builder, Expr], Expr]:
    def rule(b: Builder, u: Expr) -> Expr:
        i = b._imaginary()
        e = b.exp(i * u)
        return combine((e - 1 / e) / (2 * i), (e + 1 / e) / 2)

    return rule


def _hyperbolic(combine: Callable[[Expr, Expr], Expr]) -> Callable[[Builder, Expr], Expr]:
    def rule(b: Builder, u: Expr) -> Expr:
        e = b.exp(u)
        return combine((e - 1 / e) / 2, (e + 1 / e) / 2)

    return rule


def _arcsin(b: Builder, u: Expr) -> Expr:
    i = b._imaginary()
    return -i * b.log(i * u + b._power(1 - u**2, S.Half))


def _arctan(b: Builder, u: Expr) -> Expr:
    i = b._imaginary()
    return i / 2 * (b.log(1 - i * u) - b.log(1 + i * u))


def _arsinh(b: Builder, u: Expr, offset: int = 1) -> Expr:
    return b.log(u + b._power(u**2 + offset, S.Half))


def _artanh(b: Builder, u: Expr) -> Expr:
    return (b.log(1 + u) - b.log(1 - u)) / 2


def _absolute(b: Builder, u: Expr) -> Expr:
    return b._power(u**2, S.Half)


_ELEMENTARY: dict[str, Callable[..., Expr]] = {
    "exp": lambda b, u: b.exp(u),
    "log": lambda b, u: b.log(u),
    "sin": _trigonometric(lambda s, c: s),
    "cos": _trigonometric(lambda s, c: c),
    "tan": _trigonometric(lambda s, c: s / c),
    "cot": _trigonometric(lambda s, c: c / s),
    "sec": _trigonometric(lambda s, c: 1 / c),
    "csc": _trigonometric(lambda s, c: 1 / s),
    "sinh": _hyperbolic(lambda s, c: s),
    "cosh": _hyperbolic(lambda s, c: c),
    "tanh": _hyperbolic(lambda s, c: s / c),
    "coth": _hyperbolic(lambda s, c: c / s),
    "sech": _hyperbolic(lambda s, c: 1 / c),
    "csch": _hyperbolic(lambda s, c: 1 / s),
    "asin": _arcsin,
    "acos": lambda b, u: b.convert(S.Pi) / 2 - _arcsin(b, u),
    "atan": _arctan,
    "acot": lambda b, u: _arctan(b, 1 / u),
    "asec": lambda b, u: b.convert(S.Pi) / 2 - _arcsin(b, 1 / u),
    "acsc": lambda b, u: _arcsin(b, 1 / u),
    "asinh": _arsinh,
    "acosh": lambda b, u: _arsinh(b, u, -1),
    "atanh": _artanh,
    "acoth": lambda b, u: _artanh(b, 1 / u),
    "asech": lambda b, u: _arsinh(b, 1 / u, -1),
    "acsch": lambda b, u: _arsinh(b, 1 / u),
    Abs.__name__: _absolute,
    sign.__name__: lambda b, u: u / _absolute(b, u),
}


def _over_root_pi(b: Builder, e: Expr) -> Expr:
    return 2 * e / b._power(b.convert(S.Pi), S.Half)


def _fresnel(wave: str) -> Callable[[Builder, Expr], Expr]:
    return lambda b, u: b.rate(f"fresnel {wave}", _ELEMENTARY[wave](b, b.convert(S.Pi) * u**2 / 2), u)


_RATES: dict[str, Callable[..., Expr]] = {
    "erf": lambda b, u: b.rate("erf", _over_root_pi(b, b.exp(-(u**2))), u),
    "erfc": lambda b, u: 1 - b.rate("erf", _over_root_pi(b, b.exp(-(u**2))), u),
    "erfi": lambda b, u: b.rate("erfi", _over_root_pi(b, b.exp(u**2)), u),
    "fresnels": _fresnel("sin"),
    "fresnelc": _fresnel("cos"),
    "Ei": lambda b, u: b.rate("Ei", b.exp(u) / u, u),
    "li": lambda b, u: b.rate("Ei", u / b.log(u), b.log(u)),
    "Si": lambda b, u: b.rate("Si", _ELEMENTARY["sin"](b, u) / u, u),
    "Ci": lambda b, u: b.rate("Ci", _ELEMENTARY["cos"](b, u) / u, u),
}

_SPECIAL: dict[str, Callable[..., Expr]] = {
    airyai.__name__: lambda b, u: b._function("airyai", (u,)),
    airybi.__name__: lambda b, u: b._function("airybi", (1 / b.convert(S.Pi), u)),
    airyaiprime.__name__: lambda b, u: b._function("airyai", (u,), (1,)),
    airybiprime.__name__: lambda b, u: b._function("airybi", (1 / b.convert(S.Pi), u), (0, 1)),
    "besselj": lambda b, n, u: b.bessel("besselj", n, u),
    "bessely": lambda b, n, u: b.bessel("bessely", n, u),
    "besseli": lambda b, n, u: b.bessel("besseli", n, u),
    "besselk": lambda b, n, u: b.bessel("besselk", n, u),
    "LambertW": lambda b, u: b._function("LambertW", (u,)),
    gamma.__name__: lambda b, u: b._function("gamma", (u,)),
}
