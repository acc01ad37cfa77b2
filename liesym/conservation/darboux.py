"""Darboux polynomials p of a polynomial vector field D = f·∂_x: D p = K p with a polynomial K, the cofactor.

Every p of degree at most d divides the extactic polynomial det(D^k φ_j), k = 0, 1, …, φ_j the monomials of degree at
most d: a combination of the columns is p, and D^k p is divisible by p for every k. So its irreducible factors are the
candidates, all of them, where the determinant does not vanish (then there is a rational first integral). In larger
spaces, where the determinant grows out of reach, D p = K p is solved for cofactors K that sums of known ones suggest.
Sources: Darboux 1878; Christopher et al. 2007, section 3 (extactic curves); Goriely 2001, chapter 2.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass

from flint import fmpz_mpoly
from sympy import Expr

from liesym.base.budget import UNLIMITED, Budget
from liesym.base.kept import kept
from liesym.base.listing import Listing
from liesym.coefficients.clearing import cleared
from liesym.coefficients.field import Field
from liesym.coefficients.lattice import NeedsRefinement
from liesym.coefficients.ring import Element
from liesym.conservation.modes import linear_rates
from liesym.conservation.shares import DARBOUX
from liesym.determine.on_solutions import OnSolutions, jet_field
from liesym.errors import OutOfBudget, TooLarge, Unsupported
from liesym.model.system import ODESystem
from liesym.solving.linear.relations import relations
from liesym.solving.linear.span import monomials

SMALL_DETERMINANT, LARGEST_DETERMINANT = 6, 10
LARGEST_ENTRIES = 3000
LARGEST_SPAN = 40
FACTORING = 20
"""Products of terms that the factors of a polynomial are counted as, for each of its terms."""
EXTACTIC = "extactic determinant"
MOST_COFACTORS = 60


@dataclass(frozen=True, slots=True)
class DarbouxPair:
    """A polynomial p with D p = K p.

    Arguments:
        polynomial: p, irreducible over the rational functions of the parameters.
        cofactor: K.
    """

    polynomial: Expr
    cofactor: Expr


def darboux_polynomials(system: ODESystem, degree: int = 2, *, budget: float = 10.0) -> Listing[DarbouxPair]:
    """Darboux polynomials of an autonomous polynomial system up to a degree, each verified by D p = K p.

    Arguments:
        system: of first order; others, and systems that are not polynomial, have none here.
        degree: highest total degree that is looked for.
        budget: seconds.

    Returns:
        Irreducible polynomials, products of which have the sums of their cofactors. In the plane up to degree 2, and in
        three dimensions in degree 1, none is missing if the search was not `stopped` and no rational integral of that
        degree exists; beyond that not found is not proven absent.
    Source: Darboux 1878; Christopher et al. 2007.
    """
    if not _is_polynomial(system):
        return Listing()
    search = _Search(system, degree, Budget.seconds(budget))
    looked, stopped = f"polynomials of degree at most {degree}", False
    try:
        search.run(LARGEST_DETERMINANT)
    except OutOfBudget as stop:  # what was found before is verified
        looked, stopped = f"{looked}, as far as the {stop}", stop.ends
    return Listing(search.pairs(), looked, stopped)


class _Search:
    """One search: the system under its budget, and the pairs that were found, each verified."""

    def __init__(self, system: ODESystem, degree: int, budget: Budget) -> None:
        self.on = OnSolutions(system, jet_field(system))
        self.on.field.keep(budget)
        self.degree, self.budget = degree, budget
        self.found: dict[str, tuple[Element, Element]] = {}

    def run(self, largest: int) -> None:
        """Take the candidates one by one.

        Raises:
            TimeIsUp: the budget ran out.
            TooLarge: a determinant or a linear system took more operations than it may.
        """
        on, degree, budget = self.on, self.degree, self.budget
        candidates = itertools.chain(
            _coordinates(on),
            _extactic_factors(on, degree, range(SMALL_DETERMINANT), budget),
            _with_likely_cofactors(on, degree, self.found),
            _extactic_factors(on, degree, range(SMALL_DETERMINANT, largest), budget),
        )
        for p in candidates:
            cofactor = on.rate(p) / p
            if on.field.of_poly(cofactor.den).is_constant and str(p.num) not in self.found:
                self.found[str(p.num)] = p, cofactor

    def pairs(self) -> Iterator[DarbouxPair]:
        field = self.on.field
        field.keep(UNLIMITED)
        return (DarbouxPair(field.to_expr(p), field.to_expr(k)) for p, k in self.found.values())


@kept(32)
def searched(budget: Budget, system: ODESystem) -> tuple[Expr, ...]:
    """The polynomials alone, up to degree 4, by a bounded number of operations; several methods ask for them.

    Raises:
        TimeIsUp: the budget ran out.
    """
    if not _is_polynomial(system):
        return ()
    search = _Search(system, 4, Budget(budget.until).step(DARBOUX))
    with suppress(TooLarge, Unsupported, NeedsRefinement, ZeroDivisionError):  # what was found before is verified
        search.run(SMALL_DETERMINANT)
    return tuple(d.polynomial for d in search.pairs())


def _is_polynomial(system: ODESystem) -> bool:
    t, states = system.independent, system.unknowns
    return system.is_first_order and all(not f.has(t) and f.is_polynomial(*states) for f in system.rhs)


def _coordinates(on: OnSolutions) -> Iterator[Element]:
    for x, f in zip(on.system.unknowns, on.rhs, strict=True):
        if not f.is_zero:
            yield on.field(x)


# -- extactic polynomials --------------------------------------------------------------------------------


def _extactic_factors(on: OnSolutions, degree: int, sizes: range, budget: Budget) -> Iterator[Element]:
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
        value = _determinant(rows, field, budget)
        budget.spend(len(value) * FACTORING, "factors of an extactic polynomial")
        for p, _ in field.factored(value)[1] if not value.is_zero() else ():
            element = field.of_poly(field.lift(p))
            if any(element.depends_on(x) for x in on.system.unknowns):
                yield element


def _determinant(rows: list[list[fmpz_mpoly]], field: Field, budget: Budget) -> fmpz_mpoly:
    """Fraction-free elimination (Bareiss), exact division of polynomials.

    Raises:
        TimeIsUp: the budget ran out.
        TooLarge: an entry grew beyond LARGEST_ENTRIES terms, or the products of all are too many.
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
                budget.check(EXTACTIC)
                products = len(matrix[k][k]) * len(matrix[i][j]) + len(matrix[i][k]) * len(matrix[k][j])
                budget.spend(products, EXTACTIC)
                value = matrix[k][k] * matrix[i][j] - matrix[i][k] * matrix[k][j]
                if len(value) > LARGEST_ENTRIES * n:
                    raise TooLarge(EXTACTIC)
                matrix[i][j] = value / previous
        previous = matrix[k][k]
    return matrix[-1][-1] * sign


# -- given cofactors -------------------------------------------------------------------------------------


def _with_likely_cofactors(on: OnSolutions, degree: int, found: dict[str, tuple[Element, Element]]) -> Iterator[Element]:
    """Irreducible polynomials whose cofactor is a sum of at most `degree` known ones, of eigenvalues, or 0."""
    field = on.field
    spans = (monomials(field, list(on.system.unknowns), d) for d in range(degree, 0, -1))
    span = next((s for s in spans if len(s) <= LARGEST_SPAN), [])
    known = [k for _, k in found.values()]
    rates = [field(r) for r in linear_rates(on.system) if r.is_rational_function()]
    sums = [a + b for a, b in itertools.combinations_with_replacement(known, 2)]
    candidates = [field.zero, *known, *sums, *rates, *(-r for r in rates), *(r * 2 for r in rates)]
    tried: set[str] = set()
    for cofactor in candidates[:MOST_COFACTORS]:
        if str((cofactor.num, cofactor.den)) in tried:
            continue
        tried.add(str((cofactor.num, cofactor.den)))
        for p in polynomials_with_cofactor(on, span, cofactor):
            for factor, _ in field.factored(p.num)[1]:
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
