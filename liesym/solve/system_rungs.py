"""The ladder for systems of two and more first-order equations."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from sympy import Symbol

from liesym.coefficients.field import Element, Field
from liesym.determine import Determining, determine, jet_field
from liesym.solve.evolution import evolving_fields, evolving_integrals
from liesym.solve.ladder import kernel_spans
from liesym.solve.patterns import Pattern
from liesym.solve.pool import Found
from liesym.solve.rungs import Rung, bounded, in_pattern, in_span, nth, pattern_rung, polynomial_rung
from liesym.solve.span import monomials
from liesym.system import ODESystem

LARGEST_LINEAR = 50
LARGEST_SPAN = 3200


def system_rungs(system: ODESystem, determining: Determining) -> Iterator[Rung]:
    """Affine fields first; then what depends on time; then higher degrees and the functions that occur."""
    yield polynomial_rung(determining, 1, 15.0)
    yield Rung("first integrals polynomial in the unknowns and their logarithms", lambda d: _integrals(system, d))
    if len(moving_unknowns(system)) ** 2 <= LARGEST_LINEAR:
        yield pattern_rung(system, affine_in_time, affine_in_time(determining).name, seconds=4.0, multiples=False)
        yield pattern_rung(system, separated, separated(determining).name, seconds=4.0, multiples=False)
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

    def work(deadline: float) -> Found:
        return in_span(determining, moderate_spans(determining, system, degree), deadline)

    return Rung(name, work, 15.0 if degree == 2 else 5.0)


def _evolving_rung(system: ODESystem, degree: int) -> Rung:
    name = f"[0, fields of degree {degree} in the unknowns with coefficients depending on {system.independent}]"

    def work(deadline: float) -> Found:
        determining = determine(system)
        field = determining.field
        with bounded(field, deadline):
            rates = [field(f) for f in system.rhs]
            pattern = evolving_fields(field, determining.variables, rates, degree)
            if pattern is None:
                return Found(complete=False)
            return in_pattern(determining, pattern, system, deadline)

    return Rung(name, work, 4.0)


def _integrals(system: ODESystem, deadline: float) -> Found:
    """First integrals, with any dependence on time where the system is autonomous."""
    field = jet_field(system)
    with bounded(field, deadline):
        rates = [field(f) for f in system.rhs]
        functions = integral_candidates(field, system)
        posed = evolving_integrals(field, system.variables, rates, functions) if is_autonomous(system) else None
        if posed is None:
            return Found(complete=False)
        found = in_pattern(*posed, system, deadline)
    moving = [v[0] for v in found.vectors if v[0].free_symbols & set(system.variables)]
    return replace(found, vectors=(), definitions=(), integrals=tuple(moving))


def integral_candidates(field: Field, system: ODESystem) -> list[Element]:
    """Monomials of degree 4 (less for many unknowns) and logarithms of the unknowns."""
    moving = moving_unknowns(system)
    degree = 4 if len(moving) <= 3 else 3 if len(moving) == 4 else 2 if len(moving) <= 10 else 1
    return [*monomials(field, moving, degree), *(field.converter.logarithm(field(x)) for x in moving)]


def _kernel_rung(system: ODESystem, k: int) -> Rung:
    def work(deadline: float) -> Found:
        determining = determine(system)
        with bounded(determining.field, deadline):
            spans = nth(kernel_spans(determining), k)
        return in_span(determining, spans, deadline)

    return Rung(f"functions that occur, times monomials of degree {k + 1}", work, 2.0)
