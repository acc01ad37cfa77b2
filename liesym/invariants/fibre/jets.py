"""The ring modulo a prime in which states are eliminated: states, parameters, time, derivatives of observables and inputs.

All polynomials are known at one point, that of a random trajectory, where none of the factors vanishes that are divided out.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from flint import Ordering, nmod_mpoly, nmod_mpoly_ctx
from flint.utils.flint_exceptions import DomainError
from sympy import Add, Expr, Integer, Mul, Pow, Rational, Symbol
from sympy.core.function import AppliedUndef

from liesym.base.budget import Budget
from liesym.base.typed import arguments_of
from liesym.errors import TooLarge, Unsupported
from liesym.invariants.fibre.draw import Draw, Model

WORK = "elimination of the states"
MOST_TERMS = 40_000
FACTORED = 250
"""Terms of a polynomial that is factored at most: the library cannot be interrupted in it."""

Fraction = tuple[nmod_mpoly, nmod_mpoly]


@dataclass(eq=False)
class Jets:
    """The ring of a model and a draw.

    Arguments:
        order: highest derivative of observables and inputs.
        units: irreducible polynomials that do not vanish at the point, found so far.
    """

    model: Model
    draw: Draw
    order: int
    budget: Budget
    units: list[nmod_mpoly] = field(default_factory=list)

    def __post_init__(self) -> None:
        model, orders = self.model, range(self.order + 1)
        outputs = [("y", j, k) for j in range(len(model.observables)) for k in orders]
        inputs = [("u", j, k) for j in range(len(model.inputs)) for k in orders]
        self.keys: list[object] = [*model.states, *model.parameters, model.independent, *outputs, *inputs]
        self.place = {key: i for i, key in enumerate(self.keys)}
        self.names = tuple(f"v{i}" for i in range(len(self.keys)))
        self.ctx = nmod_mpoly_ctx.get(self.names, modulus=self.draw.prime, ordering=Ordering.degrevlex)
        self.gens = self.ctx.gens()
        self.one = self.ctx.constant(1)
        self.point = [self._value(key) for key in self.keys]

    def _value(self, key: object) -> int:
        if isinstance(key, Symbol):
            return self.draw.values[key]
        kind, j, k = key  # type: ignore[misc]
        series = self.draw.seen[j] if kind == "y" else self.draw.inputs[self.model.inputs[j]]
        value, prime = series[k], self.draw.prime
        for i in range(2, k + 1):
            value = value * i % prime
        return value

    # -- arithmetic ----------------------------------------------------------------------------------

    def times(self, a: nmod_mpoly, b: nmod_mpoly) -> nmod_mpoly:
        """The product, counted.

        Raises:
            OutOfBudget: more terms than a polynomial may have, or more work.
        """
        if len(a) * len(b) > 40 * MOST_TERMS and len(a) > 1 and len(b) > 1:
            raise TooLarge(WORK)
        self.budget.check(WORK)
        self.budget.spend(len(a) * len(b), WORK)
        result = a * b
        if len(result) > MOST_TERMS:
            raise TooLarge(WORK)
        return result

    def at_point(self, p: nmod_mpoly) -> int:
        """The value at the point."""
        return int(p(*self.point))

    def primitive(self, p: nmod_mpoly) -> nmod_mpoly:
        """A polynomial that vanishes at the point, without the factors that do not."""
        if p.is_zero():
            return p
        common = p.term_content()
        zero = [g for g, k, v in zip(self.gens, common.degrees(), self.point, strict=True) if k and not v]
        if zero and not self.model.starts:
            return zero[0]  # zero at a generic point: zero everywhere
        for g, k, v in zip(self.gens, common.degrees(), self.point, strict=True):
            if k and v:
                p = p / g**k
        for unit in self.units:
            while len(unit) <= len(p):
                try:
                    p = p / unit
                except DomainError:
                    break
        if len(p) <= FACTORED:
            self.budget.check(WORK)
            factors = [f for f, _ in p.factor()[1]]
            zero = [f for f in factors if self.at_point(f) == 0]
            if len(zero) == 1:
                self.note_units([f for f in factors if f is not zero[0]])
                return zero[0]
        return p

    def note_units(self, polynomials: Sequence[nmod_mpoly]) -> None:
        """Remember the factors of polynomials that do not vanish at the point."""
        for p in polynomials:
            if len(p) < 2 or len(p) > FACTORED:
                continue
            self.budget.check(WORK)
            for f, _ in p.factor()[1]:
                if len(f) > 1 and self.at_point(f) and f not in self.units:
                    self.units.append(f)

    def cancelled(self, top: nmod_mpoly, bottom: nmod_mpoly) -> Fraction:
        """The fraction in lowest terms, where that is cheap."""
        if bottom.is_constant():
            return top * pow(int(bottom.leading_coefficient()), -1, self.draw.prime), self.one
        if min(len(top), len(bottom)) <= FACTORED and not top.is_zero():
            common = top.gcd(bottom)
            if not common.is_one():
                top, bottom = top / common, bottom / common
        return top, bottom

    def powers(self, p: nmod_mpoly, i: int) -> list[nmod_mpoly]:
        """Coefficients of the powers of a variable, constant first."""
        degree, rest, found = p.degrees()[i], p, []
        for k in range(degree, 0, -1):
            c, factorial = rest, 1
            for j in range(1, k + 1):
                c, factorial = c.derivative(i), factorial * j
            c = c * pow(factorial, -1, self.draw.prime)
            found.append(c)
            rest = rest - c * self.gens[i] ** k
        return [rest, *reversed(found)]

    def put(self, p: nmod_mpoly, i: int, by: Fraction) -> tuple[nmod_mpoly, int]:
        """(the numerator after a fraction is put for a variable, the power of its denominator below it)."""
        coefficients = self.powers(p, i)
        total, below = coefficients[-1], self.one
        for c in reversed(coefficients[:-1]):
            below = self.times(below, by[1])
            total = self.times(total, by[0]) + self.times(c, below)
        return total, len(coefficients) - 1

    def put_in_fraction(self, fraction: Fraction, i: int, by: Fraction) -> Fraction:
        """A fraction put for a variable of a fraction."""
        (top, high), (bottom, low) = self.put(fraction[0], i, by), self.put(fraction[1], i, by)
        for _ in range(high - low):
            bottom = self.times(bottom, by[1])
        for _ in range(low - high):
            top = self.times(top, by[1])
        return self.cancelled(top, bottom)

    # -- reading -------------------------------------------------------------------------------------

    def read(self, e: Expr) -> Fraction:
        """A rational expression.

        Raises:
            Unsupported: it is not rational.
        """
        if isinstance(e, Rational):
            prime = self.draw.prime
            return self.ctx.constant(int(e.p) * pow(int(e.q), -1, prime) % prime), self.one
        if e in self.place:
            return self.gens[self.place[e]], self.one
        if isinstance(e, Symbol) and e in self.draw.values:
            return self.ctx.constant(self.draw.values[e]), self.one
        if isinstance(e, AppliedUndef) and e in self.draw.inputs:
            return self.gens[self.place["u", self.model.inputs.index(e), 0]], self.one
        if isinstance(e, Add):
            return self._sum([self.read(a) for a in arguments_of(e)])
        if isinstance(e, Mul):
            top, bottom = self.one, self.one
            for a in arguments_of(e):
                n, d = self.read(a)
                top, bottom = self.times(top, n), self.times(bottom, d)
            return self.cancelled(top, bottom)
        if isinstance(e, Pow) and isinstance(e.exp, Integer) and abs(int(e.exp)) <= 20:
            (top, bottom), n = self.read(e.base), int(e.exp)
            return (top**n, bottom**n) if n > 0 else (bottom**-n, top**-n)
        raise Unsupported(f"{e} is not rational")

    def _sum(self, parts: Sequence[Fraction]) -> Fraction:
        top, bottom = self.ctx.constant(0), self.one
        for n, d in parts:
            if d == bottom:
                top = top + n
            else:
                top, bottom = self.cancelled(self.times(top, d) + self.times(n, bottom), self.times(bottom, d))
        return top, bottom
