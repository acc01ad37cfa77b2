"""Canonical coordinates of a generator, and systems rewritten in new variables.

If Φ is the flow of X and σ(r) a slice that it crosses, (t, x) = Φ_s(σ(r)) defines coordinates (r, s) in which X = ∂_s.
Source: Olver 1993, section 2.5; Bluman and Anco 2002, section 2.3.5.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from sympy import Dummy, Expr, Integral, S, Symbol

from liesym.base.budget import UNLIMITED, Budget
from liesym.base.doors import door
from liesym.base.jets import jet_symbol
from liesym.base.names import free_symbols_named, names_in
from liesym.base.typed import replaced, substituted
from liesym.coefficients.derivation import Derivation, Space
from liesym.coefficients.field import FAILURES, Field
from liesym.coefficients.ring import Element
from liesym.errors import Unsupported
from liesym.flow import flow
from liesym.flow.charts import charts, in_chart
from liesym.flow.check import tidied
from liesym.invariants.frame import Frame, frames
from liesym.model.system import ODESystem
from liesym.solving.algebraic import solve_for
from liesym.symmetries.generator import Generator
from liesym.testing.second_maps import place_coordinates
from liesym.variational.lagrangian import solve_linear


@dataclass(frozen=True, slots=True)
class Coordinates:
    """New variables and the way back.

    Arguments:
        old: (t, x_1, …, x_m).
        new: the new variables, the new independent one first.
        backward: the old variables as functions of the new.
        forward: the new variables as functions of the old, or None where they were not solved for.
        on: what is positive where they are coordinates, in the old variables (in the new ones without a way forward);
            empty where that is wherever the generator is real.
    """

    old: tuple[Symbol, ...]
    new: tuple[Symbol, ...]
    backward: tuple[Expr, ...]
    forward: tuple[Expr, ...] | None = None
    on: tuple[Expr, ...] = ()


@door("the search for canonical coordinates")
def canonical_coordinates(
    generator: Generator, *, names: Sequence[str] | None = None, taken: Iterable[str] = ()
) -> Coordinates:
    """(r_1, …, r_m, s) with X(r_i) = 0 and X(s) = 1; the new unknown s comes last, r_1 is the new independent variable.

    Arguments:
        generator: with a closed flow.
        names: of r_1, …, r_m, s; r (or r1, r2, …) and s unless given, with underscores after what is in use.
        taken: names in use beside those of the generator, such as the parameters of a system.

    Raises:
        Unsupported: no closed flow, or no slice for which the crossing time is found.
    """
    m = len(generator.variables) - 1
    default = ["r", "s"] if m == 1 else [*(f"r{i + 1}" for i in range(m)), "s"]
    used = names_in(*generator.variables, *generator.components)
    new = free_symbols_named(names or default, used.union(taken))
    for found in candidates(generator, new):
        placed = _placed(generator, found)
        if placed is not None:
            return placed
    if not flow(generator).exact:
        raise Unsupported("canonical coordinates are made from the closed form of the flow, which was not found")
    placed = _placed(generator, _from_slice(generator, new))
    if placed is None:
        raise Unsupported("the canonical coordinates that were found fail at real points")
    return placed


def _placed(generator: Generator, found: Coordinates) -> Coordinates | None:
    """With the side on which the second look finds them true; None if it finds none."""
    placed = place_coordinates(generator.components, found.old, found.new, found.backward, found.forward)
    return replace(found, on=placed.on) if placed.true else None


def candidates(generator: Generator, new: tuple[Symbol, ...], budget: Budget = UNLIMITED) -> Iterator[Coordinates]:
    """Canonical coordinates solved for in both directions: from the flow, then from its form in charts.

    Raises:
        TimeIsUp: the budget ran out.
    """
    exact = flow(generator, budget=budget)
    if not exact.exact:
        return
    for frame in itertools.islice(frames(exact), 6):
        found = _from_frame(frame, new)
        if found is not None:
            yield found
    for chart in charts(generator):
        budget.check("search for canonical coordinates")
        try:
            charted = in_chart(generator, chart)
            inner = None if charted is None else flow(charted.generator, budget=budget)
        except FAILURES:
            continue
        if charted is None or inner is None or not inner.exact:
            continue
        for frame in itertools.islice(frames(inner), 3):
            found = _from_frame(frame, new)
            if found is not None and found.forward is not None:
                forward = tuple(tidied(replaced(e, charted.forward)) for e in found.forward)
                yield Coordinates(generator.variables, new, charted.old(found.backward), forward)


def _from_frame(frame: Frame, new: tuple[Symbol, ...]) -> Coordinates | None:
    exact, place = frame.flow, frame.place
    old = exact.generator.variables
    rest = [i for i in range(len(old)) if i != place]
    start = {old[place]: frame.value, **{old[i]: r for i, r in zip(rest, new[:-1], strict=True)}}
    backward = tuple(substituted(c, {**start, exact.epsilon: new[-1]}, at_once=True) for c in exact.components)
    forward = tuple(frame.normalized(exact.components[i]) for i in rest)
    if any(e.has(S.NaN, S.ComplexInfinity) for e in (*backward, *forward)):
        return None
    return Coordinates(old, new, backward, (*forward, -frame.time))


def _from_slice(generator: Generator, new: tuple[Symbol, ...]) -> Coordinates:
    """Without the crossing time: only the way back."""
    exact = flow(generator)
    old = generator.variables
    for place, value in itertools.product(range(len(old)), (S.Zero, S.One)):
        if generator.components[place].subs(old[place], value) in (S.Zero, S.NaN, S.ComplexInfinity):
            continue
        rest = [i for i in range(len(old)) if i != place]
        start = {old[place]: value, **{old[i]: r for i, r in zip(rest, new[:-1], strict=True)}}
        backward = tuple(substituted(c, {**start, exact.epsilon: new[-1]}, at_once=True) for c in exact.components)
        if not any(e.has(S.NaN, S.ComplexInfinity) for e in backward):
            return Coordinates(old, new, backward)
    raise Unsupported("no slice t = 0, t = 1, x = 0 or x = 1 is crossed by the orbits")


# -- systems in new variables ---------------------------------------------------------------------------


def rewritten(system: ODESystem, coordinates: Coordinates) -> ODESystem:
    """The system with the old variables expressed by the new ones, solved for the highest new derivatives.

        x^(k+1) = D x^(k) / D t,  D the total derivative along the new independent variable

    Raises:
        Unsupported: the orders of the equations differ, the change is singular, or a new variable has the name of
            a parameter.
    """
    order = system.order
    if len(set(system.orders)) != 1:
        raise Unsupported("a change of variables that mixes the unknowns needs equations of one order")
    if coordinates.old != system.variables:
        raise Unsupported(f"the coordinates are for {coordinates.old}, the system has {system.variables}")
    both = {v.name for v in coordinates.new} & {p.name for p in system.parameters}
    if both:
        raise Unsupported(f"{', '.join(sorted(both))}: the name of a new variable and of a parameter; rename one of them")
    r, *unknowns = coordinates.new
    jets = [jet_symbol(q, k) for k in range(1, order + 1) for q in unknowns]
    parameters = system.parameter_symbols
    moved = dict(zip(coordinates.old, coordinates.backward, strict=True))
    probe = [replaced(f, moved) for f in system.rhs]
    field = Field.build([*coordinates.backward, *probe], (r, *unknowns, *jets), parameters)
    time, *states = (field(e) for e in coordinates.backward)
    total = Derivation.total(field, Space.of(r, unknowns, [order] * len(unknowns)))
    speed = total.apply(time)
    if speed.is_zero:
        raise Unsupported("the change is singular: the old independent variable stands still along the new one")
    rows = [[s] for s in states]
    for row in rows:
        for _ in range(order):
            row.append(total.apply(row[-1]) / speed)
    values = dict(moved)
    for x, row in zip(system.unknowns, rows, strict=True):
        values |= {jet_symbol(x, k): field.to_expr(row[k]) for k in range(1, order)}
    forces = [replaced(f, values) for f in system.rhs]
    highest = [row[order] for row in rows]
    if order == 1:  # x' = Dx/Dt is linear in the new velocities only when multiplied by Dt
        highest, forces = [h * speed for h in highest], [f * field.to_expr(speed) for f in forces]
    solved = _solve_highest(field, highest, forces, unknowns, order)
    rhs = tuple(solved)
    return ODESystem(r, tuple(unknowns), (order,) * len(unknowns), rhs, system.parameters)


def _solve_highest(
    field: Field, highest: Sequence[Element], forces: Sequence[Expr], unknowns: Sequence[Symbol], order: int
) -> list[Expr]:
    """highest_i = force_i is linear in the highest new derivatives."""
    wide = Field.build([*(field.to_expr(h) for h in highest), *forces], field.variables, field.parameters)
    tops = [jet_symbol(q, order) for q in unknowns]
    equations = [wide(field.to_expr(h)) - wide(f) for h, f in zip(highest, forces, strict=True)]
    matrix = [[e.diff(v) for v in tops] for e in equations]
    right = []
    for e, row in zip(equations, matrix, strict=True):
        if any(m.depends_on(v) for m in row for v in tops):
            raise Unsupported("the new equations are not linear in their highest derivatives")
        linear = wide.zero
        for m, v in zip(row, tops, strict=True):
            linear = linear + m * wide(v)
        right.append(linear - e)
    solution = solve_linear(matrix, right)
    if solution is None:
        raise Unsupported("the change of variables is singular")
    return [wide.to_expr(e) for e in solution]


def with_ratio(base: Coordinates, ratio: Expr) -> Coordinates | None:
    """The canonical coordinates with r replaced by u = ratio(r), where r can be solved for."""
    r, s = base.new
    t, y = base.old
    if ratio.has(Integral):
        return None
    inside = replaced(ratio, dict(zip(base.old, base.backward, strict=True)))
    field = Field.build([inside], (r, s))
    element = field(inside)
    if element.depends_on(s):
        return None
    u = Dummy("u", real=True)
    for value in solve_for(field.to_expr(element) - u, r):
        backward = tuple(e.subs(r, value).subs(u, r) for e in base.backward)
        forward = None if base.forward is None else (ratio, base.forward[1])
        return Coordinates((t, y), (r, s), backward, forward, base.on)
    return None
