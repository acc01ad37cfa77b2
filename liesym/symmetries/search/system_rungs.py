"""The ladder for systems of two and more first-order equations."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from sympy import Integral, S, Symbol

from liesym.base.budget import Budget
from liesym.base.parameters import Parameter
from liesym.coefficients.field import Field
from liesym.coefficients.ring import Element
from liesym.determine.forms import Determining
from liesym.determine.invariance import determine
from liesym.determine.on_solutions import jet_field
from liesym.model.system import ODESystem
from liesym.solving.found import Found
from liesym.solving.linear.sampled import independent_functions
from liesym.solving.linear.span import monomials
from liesym.solving.ode.integrate import integrate
from liesym.solving.pde.patterns import Pattern
from liesym.symmetries.search import shares
from liesym.symmetries.search.evolution import evolving_fields, evolving_integrals
from liesym.symmetries.search.ladder import kernel_spans
from liesym.symmetries.search.rungs import Rung, in_pattern, in_span, nth, pattern_rung, polynomial_rung

LARGEST_LINEAR = 50
LARGEST_SPAN = 3200


def system_rungs(system: ODESystem, determining: Determining) -> Iterator[Rung]:
    """Affine fields first; then what depends on time; then higher degrees and the functions that occur."""
    yield polynomial_rung(determining, 1, shares.AFFINE)
    yield Rung("first integrals made of polynomials, functions that occur and logarithms", lambda d: _integrals(system, d))
    if len(moving_unknowns(system)) ** 2 <= LARGEST_LINEAR:
        yield pattern_rung(
            system, affine_in_time, affine_in_time(determining).name, operations=shares.SYSTEM_PATTERN, multiples=False
        )
        yield pattern_rung(system, separated, separated(determining).name, operations=shares.SYSTEM_PATTERN, multiples=False)
    if 0 < len(moving_unknowns(system)) < len(system.unknowns) and len(moving_unknowns(system)) ** 2 <= LARGEST_LINEAR:
        yield _frozen_rung(system)
    for degree in (2, 3):
        spans = moderate_spans(determining, system, degree)
        if sum(len(s) for s in spans) <= LARGEST_SPAN / degree:
            yield _moderate_rung(determining, system, degree)
    if is_autonomous(system):
        for degree in (2, 3):
            yield _evolving_rung(system, degree)
    if holds_more_than_polynomials(determining, system):
        for k in range(2):
            yield _kernel_rung(system, k)


def moving_unknowns(system: ODESystem) -> list[Symbol]:
    """Those whose equation is not x' = 0."""
    return [x for x, f in zip(system.unknowns, system.rhs, strict=True) if f != 0]


def is_autonomous(system: ODESystem) -> bool:
    """True if time does not occur on the right sides."""
    return not any(f.has(system.independent) for f in system.rhs)


def holds_more_than_polynomials(determining: Determining, system: ODESystem) -> bool:
    """True if some right side is no polynomial in t and the unknowns."""
    field = determining.field
    polynomial = {s.index for s in field.slots if s.kind in ("variable", "parameter")}
    for f in map(field, system.rhs):
        if not field.slots_of(f) <= polynomial or any(f.den.degrees()[field.capacity - 1 - i] for i in moving_slots(field)):
            return True
    return False


def moving_slots(field: Field) -> list[int]:
    """Indices of the variables."""
    return [s.index for s in field.slots if s.kind == "variable"]


# -- shapes ------------------------------------------------------------------------------------------


def affine_in_time(determining: Determining) -> Pattern:
    """[T(t), Σ_j A_ij(t) x_j + b_i(t)]."""
    field, (t, *unknowns) = determining.field, determining.variables
    count = len(unknowns)
    parts: list[dict[int, Element]] = [{0: field.one}]
    for i in range(count):
        first = 1 + i * (count + 1)
        parts.append({first: field.one, **{first + 1 + j: field(x) for j, x in enumerate(unknowns)}})
    arguments = ((t,),) * (1 + count * (count + 1))
    return Pattern(f"[T({t}), A({t})*x + b({t})]", arguments, tuple(parts))


def projective_in_time(determining: Determining) -> Pattern:
    """[T(t) + Σ_j B_j(t) x_j, Σ_j A_ij(t) x_j + b_i(t) + x_i Σ_j C_j(t) x_j]: all symmetries of linear equations."""
    field, (t, *unknowns) = determining.field, determining.variables
    count, states = len(unknowns), [field(x) for x in unknowns]
    parts: list[dict[int, Element]] = [{0: field.one, **{1 + j: x for j, x in enumerate(states)}}]
    for i, own in enumerate(states):
        first = 1 + 2 * count + i * (count + 1)
        common = {1 + count + j: own * x for j, x in enumerate(states)}
        parts.append({**common, first: field.one, **{first + 1 + j: x for j, x in enumerate(states)}})
    arguments = ((t,),) * (1 + 2 * count + count * (count + 1))
    return Pattern(f"projective in the unknowns, depending on {t}", arguments, tuple(parts))


def separated(determining: Determining) -> Pattern:
    """[T(t), X_i(x_i)]."""
    field, variables = determining.field, determining.variables
    names = ", ".join(f"{str(v).upper()}({v})" for v in variables)
    return Pattern(f"[{names}]", tuple((v,) for v in variables), tuple({i: field.one} for i in range(len(variables))))


def moderate_spans(determining: Determining, system: ODESystem, degree: int) -> list[list[Element]]:
    """Monomials of a degree in t and the moving unknowns, and those that are constant as they are.

    A constant unknown is a first integral: what it multiplies a symmetry by is a symmetry without saying.
    """
    field = determining.field
    moving = moving_unknowns(system)
    span = monomials(field, [system.independent, *moving], degree)
    span += [field(x) for x in system.unknowns if x not in moving]
    return [span] * len(determining.unknowns)


# -- rungs -------------------------------------------------------------------------------------------


def _moderate_rung(determining: Determining, system: ODESystem, degree: int) -> Rung:
    constant = len(moving_unknowns(system)) < len(system.unknowns)
    where = "t and the unknowns that move" if constant else "all variables"
    name = f"polynomials of degree {degree}" + (f" in {where}" if constant else "")

    def work(budget: Budget) -> Found:
        return in_span(determining, moderate_spans(determining, system, degree), budget)

    return Rung(name, work, shares.AFFINE if degree == 2 else shares.CUBIC)


def frozen(system: ODESystem) -> ODESystem:
    """The equations of the unknowns that move, the constant ones as parameters."""
    moving = moving_unknowns(system)
    constant = tuple(Parameter(x) for x in system.unknowns if x not in moving)
    rates = tuple(f for f in system.rhs if f != 0)
    return replace(
        system, unknowns=tuple(moving), orders=(1,) * len(moving), rhs=rates, parameters=(*system.parameters, *constant)
    )


def _frozen_rung(system: ODESystem) -> Rung:
    """What holds for each value of the constant unknowns holds for them all, with coefficients that depend on them."""
    reduced = frozen(system)
    t, moving = system.independent, reduced.unknowns
    name = f"[T, A*({', '.join(x.name for x in moving)}) + b], T, A, b depending on {t} and the constant unknowns"

    def work(budget: Budget) -> Found:
        determining = determine(reduced)
        with determining.field.within(budget):
            found = in_pattern(determining, affine_in_time(determining), reduced, budget)
        places = dict(zip((t, *moving), range(len(moving) + 1), strict=True))
        vectors = tuple(tuple(v[places[x]] if x in places else S.Zero for x in system.variables) for v in found.vectors)
        return replace(found, vectors=vectors, assumptions=())

    return Rung(name, work, shares.SYSTEM_PATTERN)


def _evolving_rung(system: ODESystem, degree: int) -> Rung:
    name = f"[0, fields of degree {degree} in the unknowns with coefficients depending on {system.independent}]"

    def work(budget: Budget) -> Found:
        determining = determine(system)
        field = determining.field
        with field.within(budget):
            rates = [field(f) for f in system.rhs]
            pattern = evolving_fields(field, determining.variables, rates, degree)
            if pattern is None:
                return Found(complete=False)
            return in_pattern(determining, pattern, system, budget)

    return Rung(name, work, shares.SYSTEM_PATTERN)


def _integrals(system: ODESystem, budget: Budget) -> Found:
    """First integrals, with any dependence on time where the system is autonomous."""
    field = jet_field(system)
    with field.within(budget):
        rates = [field(f) for f in system.rhs]
        functions = integral_candidates(field, system)
        posed = evolving_integrals(field, system.variables, rates, functions) if is_autonomous(system) else None
        if posed is None:
            return Found(complete=False)
        found = in_pattern(*posed, system, budget)
    moving = [v[0] for v in found.vectors if v[0].free_symbols & set(system.variables)]
    return replace(found, vectors=(), definitions=(), integrals=tuple(moving))


def integral_candidates(field: Field, system: ODESystem) -> list[Element]:
    """Monomials of degree 4 (less for many unknowns), functions that occur, and logarithms of the unknowns."""
    moving = moving_unknowns(system)
    degree = 4 if len(moving) <= 3 else 3 if len(moving) == 4 else 2 if len(moving) <= 10 else 1
    functions = [field.of_slot(s) for s in list(field.slots) if s.kind in ("kernel", "root") and s.moving & set(moving)]
    functions += [*potentials(field, system), *(field.converter.logarithm(field(x)) for x in moving)]
    return independent_functions([*monomials(field, moving, degree), *functions], field)


def potentials(field: Field, system: ODESystem) -> list[Element]:
    """∫ f_i dx_j of the right sides that hold one unknown x_j and are no polynomial; unevaluated if need be."""
    found = []
    for f in system.rhs:
        inside = [x for x in system.unknowns if f.has(x)]
        if len(inside) == 1 and not f.is_polynomial(*inside):
            integral = integrate(field(f), inside[0], field)
            found.append(field(Integral(f, inside[0])) if integral is None else integral)
    return found


def _kernel_rung(system: ODESystem, k: int) -> Rung:
    def work(budget: Budget) -> Found:
        determining = determine(system)
        with determining.field.within(budget):
            spans = nth(kernel_spans(determining), k)
        return in_span(determining, spans, budget)

    return Rung(f"functions that occur, times monomials of degree {k + 1}", work, shares.KERNELS)
