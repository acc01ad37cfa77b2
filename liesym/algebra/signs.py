"""Signs of real constants: numbers, and expressions in parameters with stated assumptions."""

from __future__ import annotations

import itertools
import random
from dataclasses import dataclass, field
from typing import Any

from sympy import QQ, Dummy, Expr, Poly, Rational, S, factor_list, fraction, minimal_polynomial, prod, together
from sympy.core.function import AppliedUndef
from sympy.polys.matrices import DomainMatrix
from sympy.polys.polyerrors import BasePolynomialError, NotAlgebraic

from liesym.errors import Unsupported

DIGITS = 60
SAMPLES = 8


class Undecided(Unsupported):
    """The sign of this factor decides, and the assumptions do not: the caller may assume one."""

    def __init__(self, factor: Expr) -> None:
        self.factor = factor
        super().__init__(f"the answer depends on the sign of {factor}")


@dataclass(slots=True)
class Signs:
    """Decides signs for generic parameter values (a polynomial in parameters that is not identically 0 is taken nonzero).

    Arguments:
        assumed: factor -> 1 or -1.
    """

    assumed: dict[Expr, int] = field(default_factory=dict)

    def sign(self, value: Expr) -> int:
        """1, -1, or 0 for an expression that is identically zero.

        Raises:
            Undecided: naming the factor whose sign is not known.
        """
        if not value.free_symbols:
            if value.has(AppliedUndef):  # a value of an arbitrary function at a number
                raise Undecided(value)
            return _numeric_sign(value)
        whole: Any = together(value)
        result = 1
        for part in fraction(whole):
            if part.is_positive or part.is_negative:
                result *= 1 if part.is_positive else -1
                continue
            try:
                found: Any = factor_list(part)
            except BasePolynomialError:  # no polynomial, as with a parameter in an exponent
                raise Undecided(part) from None
            constant, factors = found
            result *= _numeric_sign(constant)
            for factor, power in factors:
                if power % 2:
                    result *= self._factor(factor)
        return result

    def _factor(self, factor: Expr) -> int:
        if factor.is_positive:
            return 1
        if factor.is_negative:
            return -1
        if factor.is_nonnegative:
            return 1
        if factor.is_nonpositive:
            return -1
        if factor in self.assumed:
            return self.assumed[factor]
        if -factor in self.assumed:
            return -self.assumed[-factor]
        raise Undecided(factor)


def _numeric_sign(value: Expr) -> int:
    """Sign of a real number: exact zero test by its minimal polynomial, then digits.

    Raises:
        Undecided: it is not real, or looks like zero and is not algebraic.
    """
    if value.is_Rational:
        return (value.p > 0) - (value.p < 0)  # type: ignore[attr-defined]
    if is_zero_number(value):
        return 0
    approximate = value.evalf(DIGITS)
    if not approximate.is_Float:  # a complex number has no sign
        raise Undecided(value)
    return 1 if approximate > 0 else -1


def is_zero_number(value: Expr) -> bool:
    """Exact zero test of an algebraic number; of another number only that it is not zero.

    Raises:
        Undecided: it has no value, or looks like zero and is not algebraic.
    """
    size = abs(value.evalf(DIGITS))
    if not (size.is_Float or size.is_Rational):
        raise Undecided(value)
    if size > S(10) ** (-DIGITS // 2):
        return False
    x = Dummy("x")
    try:
        return Poly(minimal_polynomial(value, x), x) == Poly(x, x)
    except NotAlgebraic:
        raise Undecided(value) from None


def possible(assumed: dict[Expr, int]) -> bool:
    """False if the polynomials of some one parameter cannot have these signs together; exact, by their real roots."""
    for symbol in {s for f in assumed for s in f.free_symbols}:
        own = {f: sign for f, sign in assumed.items() if f.free_symbols == {symbol} and _is_rational_polynomial(f, symbol)}
        if not own:
            continue
        places = _between_roots(Poly(prod(own) * symbol, symbol, domain=QQ).sqf_part())
        allowed = [v for v in places if not (symbol.is_positive and v < 0) and not (symbol.is_negative and v > 0)]
        if not any(all((f.subs(symbol, v) > 0) == (sign > 0) for f, sign in own.items()) for v in allowed):
            return False
    return True


def _is_rational_polynomial(factor: Expr, symbol: Any) -> bool:
    return bool(factor.is_polynomial(symbol)) and not Poly(factor, symbol).domain.is_Algebraic


def _between_roots(poly: Poly) -> list[Expr]:
    """A rational number below all real roots, one between each two, one above all."""
    width = S.One
    while True:
        found: Any = poly.intervals(eps=width)
        ends = [end for end, _ in found]
        gaps = [(b, a) for (_, b), (a, _) in itertools.pairwise(ends)]
        if all(b < a for b, a in gaps):
            return [ends[0][0] - 1, *((b + a) / 2 for b, a in gaps), ends[-1][1] + 1]
        width /= 8


def inertia(form: DomainMatrix, signs: Signs) -> tuple[int, int, int]:
    """(positive, negative, zero) of a symmetric matrix, by Lagrange's reduction.

    With parameters the signature is constant where the determinant does not vanish: once the signs of its
    factors are fixed, values of the parameters that have these signs are inserted.
    """
    try:
        return _count(diagonalize(form), form, signs)
    except Undecided:
        return _inertia_by_samples(form, signs)


def _count(diagonal: list[tuple], form: DomainMatrix, signs: Signs) -> tuple[int, int, int]:
    found = [signs.sign(form.domain.to_sympy(v)) for v, _ in diagonal]
    return found.count(1), found.count(-1), found.count(0)


def _inertia_by_samples(form: DomainMatrix, signs: Signs) -> tuple[int, int, int]:
    rank = form.to_field().rank()
    regular = _regular_part(form, rank)
    determinant = form.domain.to_sympy(regular.to_field().charpoly()[-1])
    signs.sign(determinant)  # raises for the first factor that is not decided
    return (*_sampled(regular, determinant, signs), form.shape[0] - rank)


def by_region(form: DomainMatrix, signs: Signs) -> tuple[int, int]:
    """(positive, negative) of a regular symmetric matrix, with a sign for every factor of its determinant.

    A factor of even power parts regions of two signatures too: diag(k, k) is definite, and its determinant k².
    """
    determinant = form.domain.to_sympy(form.to_field().charpoly()[-1])
    whole: Any = together(determinant)
    for part in fraction(whole):
        found: Any = factor_list(part)
        for factor, _ in found[1]:
            signs.sign(factor)
    return _sampled(form, determinant, signs)


def _sampled(regular: DomainMatrix, determinant: Expr, signs: Signs) -> tuple[int, int]:
    symbols = sorted(determinant.free_symbols | regular.to_Matrix().free_symbols, key=str)
    rng, found = random.Random(3), set()
    for _ in range(SAMPLES):
        values = sample_values(symbols, signs, rng)
        numbers = regular.to_Matrix().subs(values)
        if numbers.det() != 0:
            exact = DomainMatrix.from_Matrix(numbers).to_field()
            found.add(_count(diagonalize(exact), exact, signs))
    if len(found) != 1:
        raise Unsupported("the signature changes with the parameters in a way that the signs of the factors do not show")
    positive, negative, _ = found.pop()
    return positive, negative


def _regular_part(form: DomainMatrix, rank: int) -> DomainMatrix:
    """A principal minor of full rank; for a symmetric matrix the pivot columns give one."""
    exact: Any = form.to_field()
    _, places = exact.rref()
    return form.extract(list(places), list(places)) if rank else form


def sample_values(symbols: list, signs: Signs, rng: random.Random) -> dict:
    """Random rational values that respect the symbols' assumptions and the assumed signs."""
    for _ in range(1000):
        values = {}
        for s in symbols:
            size = Rational(rng.randint(1, 400), rng.choice((1, 7, 40)))
            values[s] = size if s.is_positive else -size if s.is_negative else size * rng.choice((1, -1))
        if all((factor.subs(values) > 0) == (sign > 0) for factor, sign in signs.assumed.items()):
            return values
    raise Unsupported("no parameter values with the assumed signs were found")


def diagonalize(form: DomainMatrix) -> list[tuple]:
    """[(value, row)]: an orthogonal basis of a symmetric form, with the value of the form on each.

    Source: Lagrange's reduction; Lam 2005, chapter I.
    """
    n, domain = form.shape[0], form.domain
    left = [[domain.one if i == j else domain.zero for j in range(n)] for i in range(n)]
    lines = form.to_list()

    def value(u: list, v: list):
        return sum(
            (u[i] * lines[i][j] * v[j] for i in range(n) if u[i] for j in range(n) if v[j] and lines[i][j]),
            start=domain.zero,
        )

    result = []
    while left:
        place = next((i for i, u in enumerate(left) if value(u, u)), None)
        if place is None:
            pair = next(
                ((i, j) for i in range(len(left)) for j in range(i + 1, len(left)) if value(left[i], left[j])),
                None,
            )
            if pair is None:
                return result + [(domain.zero, u) for u in left]
            i, j = pair
            left[i] = [a + b for a, b in zip(left[i], left[j], strict=True)]
            place = i
        chosen = left.pop(place)
        square = value(chosen, chosen)
        left = [[a - b * (value(u, chosen) / square) for a, b in zip(u, chosen, strict=True)] for u in left]
        result.append((square, chosen))
    return result
