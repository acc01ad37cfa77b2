"""First integrals I(t, x, x', …), D_t I = 0 on solutions: by a span, and polynomial in the velocities.

Both are linear problems. In a span, I = Σ c_j φ_j with constants c_j. Polynomial in the velocities, I = Σ K_α(t, x) v^α with
unknown coefficient functions: splitting D_t I = 0 by the velocities gives a linear PDE system for the K_α (for geodesic
motion the Killing tensor equations), which the general solver integrates.
Sources: Olver 1993, section 4.3; Darboux 1901; Kalnins, Kress and Miller 2018, chapter 2.
"""

from __future__ import annotations

import itertools
import time
from collections.abc import Sequence

from sympy import Expr, S, Symbol

from liesym.certify.expansion import NoPoint
from liesym.certify.independence import independent_positions
from liesym.coefficients import Element, Field
from liesym.determine import Determining, LinearForm, OnSolutions, UnknownFunction, add_to, jet_field
from liesym.errors import OutOfBudget
from liesym.jets import jet_symbol
from liesym.solve.general import solve_general
from liesym.solve.span import monomials, products, solve_in_span
from liesym.solve.vectors import normalized
from liesym.split import split
from liesym.system import ODESystem

LARGEST_SPAN = 700


def first_integrals(system: ODESystem, *, budget: float = 30.0, degree: int = 2) -> tuple[Expr, ...]:
    """First integrals of a system, linearly independent with the constants, each verified by substitution.

    Arguments:
        system: any system in solved form.
        budget: seconds.
        degree: highest total degree in the velocities (order 2), or of the polynomial part (order 1).

    Returns:
        Expressions in t, the unknowns and their derivatives below the order. Not found is not proven absent.
    """
    deadline = time.monotonic() + budget
    if system.orders and min(system.orders) == max(system.orders) == 2:
        found, field = _polynomial_in_velocities(system, degree, deadline)
    else:
        found, field = _in_spans(system, degree + 1, deadline)
    verified = [e for e in found if OnSolutions(system, field).rate(e).is_zero and not e.is_constant]
    return tuple(field.to_expr(e) for e in _independent(verified, field))


def _independent(elements: Sequence[Element], field: Field) -> list[Element]:
    """No one a linear combination of 1, the others, and products of two or three shorter ones; short ones first, scaled."""
    ordered = sorted(elements, key=lambda e: len(e.num) + len(e.den))
    kept: list[Element] = []
    for element in ordered:
        known = [field.one, *kept]
        known += [a * b for a, b in itertools.combinations_with_replacement(kept[:6], 2)]
        known += [a * b * c for a, b, c in itertools.combinations_with_replacement(kept[:3], 3)]
        try:
            positions = independent_positions([(e,) for e in (*known, element)], field.variables, field)
        except NoPoint:
            continue
        if len(known) in positions:
            kept.append(element)
    return [normalized((e,), field)[0] for e in kept]


# -- spans -------------------------------------------------------------------------------------------


def _in_spans(system: ODESystem, degree: int, deadline: float) -> tuple[list[Element], Field]:
    """Polynomials, functions that occur and logarithms of the unknowns; then products with exponentials of t."""
    field = jet_field(system)
    logarithms = [field.converter.logarithm(field(x)) for x in system.unknowns]
    variables = (*system.variables, *system.jet_coordinates)
    on = OnSolutions(system, field)
    found: list[Element] = []
    for span in _spans(system, field, logarithms, degree):
        if time.monotonic() > deadline:
            break
        try:
            found += _solve_span(on, span, variables, deadline)
        except OutOfBudget:
            break
    return found, field


def _spans(system: ODESystem, field: Field, logarithms: list[Element], degree: int):
    variables = [v for v in (*system.variables, *system.jet_coordinates)]
    kernels = [
        field.of_slot(s)
        for s in list(field.slots)
        if s.kind in ("kernel", "root") and any(field.depends_on(s, v) for v in variables)
    ]
    base = monomials(field, variables, degree if len(variables) <= 6 else 2)
    yield _distinct(field, [*base, *logarithms, *kernels])
    mixed = products(field, monomials(field, variables, 1), [field.one, *kernels, *logarithms])
    yield _distinct(field, [*base, *mixed])
    rates = _exponential_rates(system, field)
    if rates:
        grown = products(field, monomials(field, list(system.unknowns), degree), [field.one, *rates])
        if len(grown) <= LARGEST_SPAN:
            yield _distinct(field, [*grown, *products(field, logarithms, [field.one, *rates])])


def _exponential_rates(system: ODESystem, field: Field) -> list[Element]:
    """exp(k t) for the coefficients k of linear terms x_i' = … + k x_j, and small multiples."""
    if not system.is_first_order:
        return []
    t = system.independent
    zero = {x: S.Zero for x in system.unknowns}
    rates: dict[Expr, None] = {}
    for f in system.rhs:
        for x in system.unknowns:
            slope = f.diff(x).subs(zero)
            if slope.is_finite and not slope.has(t) and slope != 0 and not slope.atoms(Symbol) & set(system.unknowns):
                for multiple in (1, -1, 2, -2):
                    rates[multiple * slope] = None
    chosen = list(rates)[:8]
    return [field.converter.exponential(field(k) * field(t)) for k in chosen]


def _distinct(field: Field, elements: list[Element]) -> list[Element]:
    return products(field, elements, [field.one])


def _solve_span(on: OnSolutions, span: list[Element], variables: Sequence[Symbol], deadline: float) -> list[Element]:
    """All combinations of the span with D_t = 0."""
    field = on.field
    unknown = UnknownFunction("I", variables[0], tuple(variables))
    form: LinearForm = {}
    for variable, rate in on.rates:
        index = tuple(int(v == variable) for v in variables)
        add_to(form, (0, index), rate)
    determining = Determining(field, tuple(variables), (unknown,), (), (form,))
    return [v[0] for v in solve_in_span(determining, [span], deadline=deadline).vectors]


# -- polynomial in the velocities ----------------------------------------------------------------------


def _polynomial_in_velocities(system: ODESystem, degree: int, deadline: float) -> tuple[list[Element], Field]:
    """All integrals of the degree with coefficients free of t where the system is; then those of degree 1 with t."""
    field = jet_field(system)
    t = system.independent
    autonomous = not any(field(f).depends_on(t) for f in system.rhs)
    plans = [(system.unknowns, degree), (system.variables, 1)] if autonomous else [(system.variables, degree)]
    found: list[Element] = []
    for arguments, highest in plans:
        found += _with_coefficients(system, field, arguments, highest, deadline)
    if not found and time.monotonic() < deadline:
        return _in_spans(system, degree, deadline)
    return found, field


def _with_coefficients(
    system: ODESystem, field: Field, arguments: Sequence[Symbol], degree: int, deadline: float
) -> list[Element]:
    velocities = [jet_symbol(x, 1) for x in system.unknowns]
    powers = [
        chosen for d in range(degree + 1) for chosen in itertools.combinations_with_replacement(range(len(velocities)), d)
    ]
    unknowns = tuple(
        UnknownFunction("K" + "_".join(map(str, chosen)), system.independent, tuple(arguments)) for chosen in powers
    )
    on = OnSolutions(system, field)
    origin = (0,) * len(system.variables)
    form: LinearForm = {}
    for a, chosen in enumerate(powers):
        weight = field.one
        for i in chosen:
            weight = weight * field(velocities[i])
        add_to(form, (a, origin), on.rate(weight))
        rates = [field.one, *(field(v) for v in velocities)]
        for place, (variable, rate) in enumerate(zip(system.variables, rates, strict=True)):
            if variable in arguments:
                add_to(form, (a, tuple(int(p == place) for p in range(len(origin)))), weight * rate)
    determining = Determining(field, system.variables, unknowns, (form,), split((form,), field, system.jet_coordinates))
    solution = solve_general(determining, deadline=deadline)
    result = []
    for vector in solution.vectors:
        total = field.zero
        for chosen, c in zip(powers, vector, strict=True):
            weight = c
            for i in chosen:
                weight = weight * field(velocities[i])
            total = total + weight
        result.append(total)
    return result
