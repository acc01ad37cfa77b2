"""Darboux polynomials p of a polynomial vector field D = f·∂_x: D p = K p with a polynomial K, the cofactor.

Every p of degree at most d divides the extactic polynomial det(D^k φ_j), k = 0, 1, …, φ_j the monomials of degree at
most d: a combination of the columns is p, and D^k p is divisible by p for every k. So its irreducible factors are the
candidates, all of them, where the determinant does not vanish (then there is a rational first integral). In larger
spaces, where the determinant grows out of reach, D p = K p is solved for cofactors K that sums of known ones suggest.
Sources: Darboux 1878; Christopher et al. 2007, section 3 (extactic curves); Goriely 2001, chapter 2.
"""

from __future__ import annotations

import itertools
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from flint import fmpz_mpoly
from sympy import Expr

from liesym.coefficients.factors import factored
from liesym.coefficients.field import Field
from liesym.coefficients.lattice import NeedsRefinement
from liesym.coefficients.ring import Element, cleared
from liesym.determine.on_solutions import OnSolutions, jet_field
from liesym.errors import OutOfBudget, Unsupported
from liesym.model.system import ODESystem
from liesym.solving.linear.relations import relations
from liesym.solving.linear.span import monomials

SMALL_DETERMINANT, LARGEST_DETERMINANT = 6, 10
LARGEST_ENTRIES = 3000
LARGEST_SPAN = 40
MOST_COFACTORS = 60
SECONDS = 3.0


@dataclass(frozen=True, slots=True)
class DarbouxPair:
    """A polynomial p with D p = K p.

    Arguments:
        polynomial: p, irreducible over the rational functions of the parameters.
        cofactor: K.
    """

    polynomial: Expr
    cofactor: Expr


def darboux_polynomials(system: ODESystem, degree: int = 2, *, budget: float = 10.0) -> tuple[DarbouxPair, ...]:
    """Darboux polynomials of an autonomous polynomial system up to a degree, each verified by D p = K p.

    Arguments:
        system: of first order; others, and systems that are not polynomial, have none here.
        degree: highest total degree that is looked for.
        budget: seconds.

    Returns:
        Irreducible polynomials, products of which have the sums of their cofactors. In the plane up to degree 2, and in
        three dimensions in degree 1, none is missing if time did not run out and no rational integral of that degree
        exists; beyond that not found is not proven absent.
    Source: Darboux 1878; Christopher et al. 2007.
    """
    if not _is_polynomial(system):
        return ()
    return _search(system, degree, budget, LARGEST_DETERMINANT)


def _search(system: ODESystem, degree: int, budget: float, largest: int) -> tuple[DarbouxPair, ...]:
    on = OnSolutions(system, jet_field(system))
    previous = on.field.deadline
    found: dict[str, tuple[Element, Element]] = {}
    on.field.deadline = time.monotonic() + budget
    candidates = itertools.chain(
        _coordinates(on),
        _extactic_factors(on, degree, range(SMALL_DETERMINANT)),
        _with_likely_cofactors(on, degree, found),
        _extactic_factors(on, degree, range(SMALL_DETERMINANT, largest)),
    )
    try:
        for p in candidates:
            cofactor = on.rate(p) / p
            if on.field.of_poly(cofactor.den).is_constant and str(p.num) not in found:
                found[str(p.num)] = p, cofactor
    except OutOfBudget:
        pass  # what was found before the time ran out is verified
    finally:
        on.field.deadline = previous
    return tuple(DarbouxPair(on.field.to_expr(p), on.field.to_expr(k)) for p, k in found.values())


@lru_cache(maxsize=32)
def searched(system: ODESystem) -> tuple[Expr, ...]:
    """The polynomials alone, up to degree 4, within a short time; kept, because several methods ask for them."""
    try:
        found = _search(system, 4, SECONDS, SMALL_DETERMINANT) if _is_polynomial(system) else ()
    except (Unsupported, NeedsRefinement, ZeroDivisionError):
        return ()
    return tuple(d.polynomial for d in found)


def _is_polynomial(system: ODESystem) -> bool:
    t, states = system.independent, system.unknowns
    return system.is_first_order and all(not f.has(t) and f.is_polynomial(*states) for f in system.rhs)


def _coordinates(on: OnSolutions) -> Iterator[Element]:
    for x, f in zip(on.system.unknowns, on.rhs, strict=True):
        if not f.is_zero:
            yield on.field(x)


# -- extactic polynomials --------------------------------------------------------------------------------


def _extactic_factors(on: OnSolutions, degree: int, sizes: range) -> Iterator[Element]:
    """The irreducible factors of det(D^k φ_j), degree after degree, where the number of φ_j is among the sizes."""
    field = on.field
    for d in range(1, degree + 1):
        span = monomials(field, list(on.system.unknowns), d)
        if len(span) - 1 not in sizes:
            continue
        current, rows = span[1:], []  # φ_0 = 1: its column is zero below the first row
        for _ in span[1:]:
            current = [on.rate(e) for e in current]
            rows.append(cleared(current))
        value = _determinant(rows, field)
        for p, _ in factored(value)[1] if not value.is_zero() else ():
            element = field.of_poly(field.lift(p))
            if any(element.depends_on(x) for x in on.system.unknowns):
                yield element


def _determinant(rows: list[list[fmpz_mpoly]], field: Field) -> fmpz_mpoly:
    """Fraction-free elimination (Bareiss), exact division of polynomials.

    Raises:
        OutOfBudget: an entry grew beyond LARGEST_ENTRIES terms, or the time is out.
    """
    matrix = [[field.lift(p) for p in row] for row in rows]
    n, sign, previous = len(matrix), 1, field.ctx.constant(1)
    for k in range(n - 1):
        pivot = next((i for i in range(k, n) if not matrix[i][k].is_zero()), None)
        if pivot is None:
            return field.ctx.constant(0)
        if pivot != k:
            matrix[k], matrix[pivot], sign = matrix[pivot], matrix[k], -sign
        for i in range(k + 1, n):
            for j in range(k + 1, n):
                value = matrix[k][k] * matrix[i][j] - matrix[i][k] * matrix[k][j]
                if len(value) > LARGEST_ENTRIES * n or (field.deadline or time.monotonic()) < time.monotonic():
                    raise OutOfBudget("an extactic determinant")
                matrix[i][j] = value / previous
        previous = matrix[k][k]
    return matrix[-1][-1] * sign


# -- given cofactors -------------------------------------------------------------------------------------


def _with_likely_cofactors(on: OnSolutions, degree: int, found: dict[str, tuple[Element, Element]]) -> Iterator[Element]:
    """Irreducible polynomials whose cofactor is a sum of at most `degree` known ones, of eigenvalues, or 0."""
    from liesym.conservation.modes import _linear_rates

    field = on.field
    spans = (monomials(field, list(on.system.unknowns), d) for d in range(degree, 0, -1))
    span = next((s for s in spans if len(s) <= LARGEST_SPAN), [])
    known = [k for _, k in found.values()]
    rates = [field(r) for r in _linear_rates(on.system) if r.is_rational_function()]
    sums = [a + b for a, b in itertools.combinations_with_replacement(known, 2)]
    candidates = [field.zero, *known, *sums, *rates, *(-r for r in rates), *(r * 2 for r in rates)]
    tried: set[str] = set()
    for cofactor in candidates[:MOST_COFACTORS]:
        if str((cofactor.num, cofactor.den)) in tried:
            continue
        tried.add(str((cofactor.num, cofactor.den)))
        for p in polynomials_with_cofactor(on, span, cofactor):
            for factor, _ in factored(p.num)[1]:
                element = field.of_poly(field.lift(factor))
                if any(element.depends_on(x) for x in on.system.unknowns):
                    yield element


def polynomials_with_cofactor(on: OnSolutions, span: Sequence[Element], cofactor: Element) -> list[Element]:
    """A basis of the combinations p of the span with D p = K p."""
    columns = [on.rate(e) - cofactor * e for e in span]
    found = []
    for relation in relations(columns, on.field, on.system.unknowns):
        total = on.field.zero
        for j, c in relation.items():
            total = total + span[j] * c
        if not total.is_constant:
            found.append(total)
    return found
