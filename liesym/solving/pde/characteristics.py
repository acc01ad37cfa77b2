"""First-order linear equations for one function, by characteristics (Courant and Hilbert 1962, chapter II)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sympy import Expr, Symbol

from liesym.coefficients.derivation import Derivation
from liesym.coefficients.field import Field
from liesym.coefficients.ring import Element
from liesym.determine.forms import Index, Term
from liesym.solving.linear.relations import dependent_places, relations
from liesym.solving.linear.span import monomials
from liesym.solving.linear.vectors import constant_content
from liesym.solving.ode.integrate import integrate


@dataclass(frozen=True)
class FirstOrderSolution:
    """u = factor * h(invariants) + Σ particular[t] t."""

    factor: Element
    invariants: tuple[Expr, ...]
    particular: dict[Term, Element]


def solve_first_order(
    field: Field,
    variables: Sequence[Symbol],
    arguments: frozenset[int],
    leader: Index,
    own: Mapping[Term, Element],
    others: Mapping[Term, Element],
    unknown: int,
) -> FirstOrderSolution | None:
    """Solve u_lead = Σ b_v u_v + c u + Σ d_t t, t constants; None where no closed form is found.

    Arguments:
        leader: the multi-index of u_lead.
        own: terms in u and its first derivatives; `others`: terms in free constants.
    """
    origin = (0,) * len(variables)
    lead = leader.index(1)
    slopes: dict[int, Element] = {lead: field.one}
    for (_, index), c in own.items():
        if index != origin:
            if sum(index) != 1:
                return None
            slopes[index.index(1)] = -c
    growth = own.get((unknown, origin), field.zero)
    along = [variables[i] for i in sorted(arguments)]
    vector = Derivation(field, {variables[i]: slopes.get(i, field.zero) for i in sorted(arguments)})
    invariants = first_integrals_of_field(field, vector, len(along) - 1)
    if invariants is None:
        return None
    factor = field.one
    if not growth.is_zero:
        exponent = _potential(field, vector, growth)
        if exponent is None:
            return None
        factor = field.converter.exponential(exponent)
    particular: dict[Term, Element] = {}
    for term, c in others.items():
        solution = _potential(field, vector, c / factor)
        if solution is None:
            return None
        particular[term] = solution * factor
    free = tuple(field.to_expr(primitive(i), factor=False) for i in invariants)
    return FirstOrderSolution(factor, free, particular)


def primitive(invariant: Element) -> Element:
    """The invariant times a constant: no constant factor, no constant denominator, the shortest term positive."""
    field = invariant.field
    flags = dependent_places(field, field.variables)
    num = field.lift(invariant.num)
    num = divmod(num, constant_content(num, flags, field))[0]
    _, sign = min((sum(map(int, monomial)), -int(c) // abs(int(c))) for monomial, c in num.terms())
    den = field.of_poly(field.lift(invariant.den))
    scaled = field.of_poly(num * -sign)
    return scaled if not any(den.depends_on(v) for v in field.variables) else scaled / den


def candidate_span(field: Field, vector: Derivation, degree: int = 3) -> list[Element]:
    """Monomials in the variables, the kernels that occur, and logarithms of the variables."""
    variables = list(vector.components)
    base = monomials(field, variables, degree)
    kernels = [
        field.of_slot(s)
        for s in list(field.slots)
        if s.kind in ("kernel", "root") and any(field.depends_on(s, v) for v in variables)
    ]
    result = list(base)
    for k in kernels[:4]:
        result += [m * k for m in base[: len(variables) + 1]]
    result += [field.converter.logarithm(field(v)) for v in variables]
    return result


def first_integrals_of_field(field: Field, vector: Derivation, wanted: int) -> list[Element] | None:
    """`wanted` functionally independent first integrals of Σ b_v ∂_v, or None."""
    moving = dict(vector.moved)
    found: list[Element] = [field(v) for v in vector.components if v not in moving]
    if len(found) < wanted and len(moving) == 2:
        planar = _planar_integral(field, moving)
        if planar is not None:
            found.append(planar)
    if len(found) < wanted:
        span = [e for e in candidate_span(field, vector) if not e.is_rational]
        images = [vector.apply(e) for e in span]
        for relation in relations(images, field, list(vector.components)):
            total = field.zero
            for j, c in relation.items():
                total = total + span[j] * c
            if functionally_independent(field, [*found, total], list(vector.components)):
                found.append(total)
            if len(found) == wanted:
                break
    return found if len(found) == wanted else None


def _planar_integral(field: Field, moving: Mapping[Symbol, Element]) -> Element | None:
    """b_1 ∂_1 + b_2 ∂_2 with a separable or linear trajectory equation dv_2/dv_1 = b_2/b_1."""
    (v1, b1), (v2, b2) = moving.items()
    for x, y, slope in ((v1, v2, b2 / b1), (v2, v1, b1 / b2)):
        rate = slope.diff(y)
        if rate.depends_on(y):
            continue
        # dy/dx = p(x) y + q(x): I = y e^{-∫p} - ∫ q e^{-∫p}
        exponent = integrate(-rate, x, field)
        if exponent is None:
            continue
        weight = field.converter.exponential(exponent)
        rest = integrate((slope - rate * field(y)) * weight, x, field)
        if rest is not None:
            return field(y) * weight - rest
    return None


def functionally_independent(field: Field, elements: Sequence[Element], variables: Sequence[Symbol]) -> bool:
    """True if the Jacobian has full row rank, decided exactly by elimination in the field."""
    rows = [[e.diff(v) for v in variables] for e in elements]
    rank = 0
    for column in range(len(variables)):
        pivot = next((i for i in range(rank, len(rows)) if not rows[i][column].is_zero), None)
        if pivot is None:
            continue
        rows[rank], rows[pivot] = rows[pivot], rows[rank]
        for i in range(rank + 1, len(rows)):
            if not rows[i][column].is_zero:
                factor = rows[i][column] / rows[rank][column]
                rows[i] = [a - factor * b for a, b in zip(rows[i], rows[rank], strict=True)]
        rank += 1
    return rank == len(rows)


def _potential(field: Field, vector: Derivation, rate: Element) -> Element | None:
    """Some function P with Σ b_v P_v = rate."""
    if rate.is_zero:
        return field.zero
    span = [e for e in candidate_span(field, vector) if not e.is_rational]
    images = [-rate, *(vector.apply(e) for e in span)]
    for relation in relations(images, field, list(vector.components)):
        if 0 in relation:
            total = field.zero
            for j, c in relation.items():
                if j:
                    total = total + span[j - 1] * c / relation[0]
            return total
    for v, b in vector.moved:
        others = [w for w, _ in vector.moved if w != v]
        if any((rate / b).depends_on(w) for w in others):
            continue
        found = integrate(rate / b, v, field)
        if found is not None:
            return found
    return None
