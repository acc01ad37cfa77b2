"""Functions with a known rate along solutions: Darboux polynomials, exponentials of time."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from flint import fmpz_mpoly
from sympy import Expr, I, S, Symbol, atan, exp, log

from liesym.algebra.signs import Signs, Undecided
from liesym.base.budget import UNLIMITED, Budget
from liesym.coefficients.ring import Element
from liesym.conservation.darboux import searched
from liesym.conservation.modes import linear_rates
from liesym.determine.on_solutions import OnSolutions

MOST_RATES = 12


@dataclass(frozen=True, slots=True)
class DarbouxPolynomial:
    """p with D_t p = λ p, λ without p in its denominator (the cofactor)."""

    polynomial: Element
    cofactor: Element


def real_darboux_polynomials(on: OnSolutions, budget: Budget = UNLIMITED) -> list[DarbouxPolynomial]:
    """Real ones among the coordinates, their sums and differences, factors of right sides, and those searched for.

    Raises:
        TimeIsUp: the budget ran out.
    Source: Darboux 1878; Goriely 2001, chapter 2.
    """
    found: dict[str, DarbouxPolynomial] = {}
    for p in _candidates(on, budget):
        budget.check("search for Darboux polynomials")
        element = on.field.of_poly(on.field.lift(p))
        cofactor = on.rate(element) / element
        if not _divides(element, cofactor, on.rhs) and not on.field.to_expr(element).has(I):
            found.setdefault(str(p), DarbouxPolynomial(element, cofactor))
    return list(found.values())


def _divides(p: Element, cofactor: Element, rhs: Sequence[Element]) -> bool:
    """True if p is still in the denominator.

    No root stands in a denominator: 1/p = p̄/N with the norm N of p, so there N is what is looked for, except for what of
    it divides the denominators of the equations.
    """
    field = cofactor.field
    common = field.gcd(field.lift(cofactor.den), field.lift((field.one / p).den))
    if any(field.slots[i].kind == "root" for i in field.slots_of(p)):
        for f in rhs:
            while not (shared := field.gcd(common, field.lift(f.den))).is_constant():
                common = common / shared
    return not common.is_constant()


def _candidates(on: OnSolutions, budget: Budget) -> Iterator[fmpz_mpoly]:
    field, system = on.field, on.system
    coordinates = [*system.unknowns, *system.jet_coordinates]
    elements = [field(x) for x in coordinates]
    elements += [a + b * s for i, a in enumerate(elements) for b in elements[:i] for s in (1, -1)]
    states = [field(x) for x in system.unknowns]
    elements += list(on.rhs)
    elements += [field(p) for p in searched(budget, system)]
    elements += [a * g - b * f for a, f in zip(states, on.rhs, strict=True) for b, g in zip(states, on.rhs, strict=True)]
    seen: set[str] = set()
    for element in elements:
        for poly in (element.num, element.den):
            for p, _ in field.factored(field.lift(poly))[1]:
                if str(p) not in seen and not field.of_poly(p).is_constant:
                    seen.add(str(p))
                    yield p


def logarithms(on: OnSolutions, budget: Budget = UNLIMITED) -> list[Element]:
    """log p for the Darboux polynomials: an integral Σ n_k log p_k + … is a product of their powers."""
    return [on.field.converter.logarithm(d.polynomial) for d in real_darboux_polynomials(on, budget)]


def angles(on: OnSolutions) -> list[Element]:
    """atan(y/x) for pairs of unknowns where x² + y² divides x y' - y x': the imaginary part of log(x + i y).

    Source: Goriely 2001, section 2.5 (complex Darboux polynomials come in conjugate pairs).
    """
    field, found = on.field, []
    for x, y in itertools.combinations(on.system.unknowns, 2):
        u, v = field(x), field(y)
        square = u * u + v * v
        rate = (u * on.rate(v) - v * on.rate(u)) / square
        if not rate.is_zero and field.gcd(field.lift(rate.den), field.lift(square.num)).is_constant():
            found.append(field(atan(y / x)))
    return found


def as_product(integral: Expr, t: Symbol) -> Expr:
    """exp(I) where I is a rational combination of logarithms plus c t.

    Products are easier to read than logarithms.
    """
    result: Expr = S.One
    logarithmic = False
    for term in integral.expand().as_ordered_terms():
        coefficient, rest = term.as_coeff_Mul()
        if isinstance(rest, log):
            logarithmic = True
            result *= rest.args[0] ** coefficient
        elif (term / t).is_number or ((term / t).is_polynomial() and t not in (term / t).free_symbols and term.has(t)):
            result *= exp(term)
        else:
            return integral
    return result if logarithmic else integral


# -- time ---------------------------------------------------------------------------------------------


def time_functions(on: OnSolutions) -> list[list[Element]]:
    """Groups of functions of t that an integral may carry: e^{kt}, cos νt and sin νt, for the rates of the linear part.

    The rates are eigenvalues of the linearisation at the origin, sums of two, and its diagonal entries.
    """
    field, t = on.field, on.system.independent
    groups: list[list[Element]] = []
    for rate in linear_rates(on.system)[:MOST_RATES]:
        square = (rate**2).expand()
        if square.is_real is False:  # a spiral: e^{pt} cos qt with both p and q is not among the groups
            continue
        try:
            oscillates = Signs().sign(square) < 0
        except Undecided:
            continue
        if oscillates:
            frequency = (-square) ** S.Half
            c, s = field.converter.cos_sin(field(frequency * t))
            groups.append([c, s])
        else:
            groups.append([field.converter.exponential(field(rate * t))])
            groups.append([field.converter.exponential(field(-rate * t))])
    return groups
