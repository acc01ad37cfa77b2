"""Lowering the order of an equation or a system by a symmetry.

In canonical coordinates (r, s) with X = ∂_s the equations do not hold s; so w = ds/dr, or its reciprocal,
solves one of one order less, and s = ∫ w dr. In a system the other coordinates r_2, …, r_m stay beside w; a
first-order system loses the unknown s. Source: Olver 1993, section 2.5; Bluman and Anco 2002, section 3.3.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from operator import itemgetter

from sympy import Expr, Symbol

from liesym.base.doors import door
from liesym.base.jets import JetSpace, jet_symbol
from liesym.base.typed import replaced
from liesym.coefficients.field import Field
from liesym.determine.on_solutions import jet_field, on_side
from liesym.errors import Unsupported
from liesym.invariants.coordinates import Coordinates, canonical_coordinates, rewritten
from liesym.model.names import free_symbol, taken_names
from liesym.model.system import ODESystem
from liesym.symmetries.generator import Generator
from liesym.testing.second_look import on_main_side
from liesym.testing.second_maps import place_change

LONGEST = 8
"""Operations of a generator whose flow is found, and looked at, in bounded time."""


@dataclass(frozen=True, slots=True)
class Reduction:
    """An equation of order n - 1 for w, or a system of lower order in all, and the way back.

    Arguments:
        original: the equation or system of order n.
        generator: X.
        coordinates: (r_1, …, s) as functions of the old variables and back.
        reduced: the equation for w(r), or the system for r_2, …, r_m and w.
        slope: ds/dr in the variables of `reduced`; w or 1/w from order 2 on.
        invariants: (r_1, …, r_m, w) as functions of (t, y, y'), None if the coordinates were not solved for.
        on: what is positive where the reduced equation holds, in (t, y, y'); empty where that is wherever the original
            is real. Without invariants only the generator's side is told. The way back holds where `coordinates.on` says.
    """

    original: ODESystem
    generator: Generator
    coordinates: Coordinates
    reduced: ODESystem
    slope: Expr
    invariants: tuple[Expr, ...] | None
    on: tuple[Expr, ...] = ()

    def induced(self, other: Generator) -> Generator:
        """The generator on (r, w) that another symmetry Y with [X, Y] = c X leaves behind.

        Raises:
            Unsupported: Y does not project, the coordinates were not solved for, or the original is a system.
        """
        if len(self.original.unknowns) > 1:
            raise Unsupported("symmetries are carried over to the reduced equation for one unknown only")
        if self.invariants is None:
            raise Unsupported("the canonical coordinates were not solved for the old variables")
        w = self.reduced.unknowns[0]
        images = [other.prolonged(i) for i in self.invariants]
        expressed = [self.in_new(i) for i in images]
        return Generator((self.reduced.independent, w), tuple(expressed))

    def in_new(self, expression: Expr) -> Expr:
        """A function of (t, y, y') that is invariant under X, in terms of (r, w)."""
        t, (y,) = self.original.independent, self.original.unknowns
        r, s = self.coordinates.new
        w = self.reduced.unknowns[0]
        old_t, old_y = self.coordinates.backward
        velocity = (old_y.diff(r) + old_y.diff(s) * self.slope) / (old_t.diff(r) + old_t.diff(s) * self.slope)
        moved = replaced(expression, {t: old_t, y: old_y, jet_symbol(y, 1): velocity})
        field = Field.build([moved], (r, s, w), self.original.parameter_symbols)
        element = field(moved)
        if element.depends_on(s):
            raise Unsupported("the generator does not project: its bracket with X is no multiple of X")
        return field.to_expr(element)


def short_first(generators: Sequence[Generator]) -> list[Generator]:
    """The generators that can be reduced by in bounded time, the shortest first: a longer one may have an endless flow."""
    sizes = [(sum(c.count_ops() for c in g.components), g) for g in generators if not g.definitions]
    return [g for n, g in sorted(sizes, key=itemgetter(0)) if n <= LONGEST]


@door("the reduction of the order")
def reduce_order(system: ODESystem, generator: Generator, *, names: Sequence[str] = ("r", "s", "w")) -> Reduction:
    """An equation of order n >= 2 as one of order n - 1, or a system with the sum of its orders lowered by one.

    Arguments:
        system: one equation of order at least 2, or several of one order.
        generator: a symmetry of it with a closed flow.
        names: of r, s and w; the invariants of a system are r1, r2, ….

    Raises:
        Unsupported: an equation of order 1, a mixture of orders, no symmetry, or no canonical coordinates.
    """
    if len(system.unknowns) == 1 and system.order < 2:
        raise Unsupported("the order of one equation is lowered from order 2 or more")
    generator = generator.over(system.variables, system.parameter_symbols)
    if not generator.is_symmetry_of(system):
        raise Unsupported(f"{generator} is no symmetry of the equation")
    made = _system_reduced if len(system.unknowns) > 1 else _equation_reduced
    found = made(on_side(system, generator.on), generator, names)
    side = on_main_side(system) if any(f.has(found.coordinates.new[-1]) for f in found.reduced.rhs) else None
    if side is not None:  # a sign of s is constant, and which it is depends on s
        placed = _placed(made(side[0], generator, names))
        return replace(placed, on=tuple(dict.fromkeys((*side[1], *placed.on))))
    return _placed(found)


def _placed(found: Reduction) -> Reduction:
    """With the side on which the second look finds the reduced equation true.

    Raises:
        Unsupported: it finds none.
    """
    on = found.generator.on
    if found.invariants is None:
        return replace(found, on=on)
    placed = place_change(found.original, found.invariants, found.reduced)
    if not placed.true:
        raise Unsupported(f"the equation reduced by {found.generator} fails at real points")
    return replace(found, on=tuple(dict.fromkeys((*on, *placed.on))))


def _equation_reduced(system: ODESystem, generator: Generator, names: Sequence[str]) -> Reduction:
    """s' = w or 1/w, whichever gives the shorter equation."""
    coordinates = canonical_coordinates(generator, names=names[:2], taken=taken_names(system))
    moved = rewritten(system, coordinates)
    w = free_symbol(names[2], system, moved)
    candidates = [_reduced(moved, w, slope) for slope in (w, 1 / w)]
    reduced, slope = min(candidates, key=lambda c: c[0].rhs[0].count_ops())
    return Reduction(system, generator, coordinates, reduced, slope, _invariants(system, coordinates, slope == w))


def _system_reduced(system: ODESystem, generator: Generator, names: Sequence[str]) -> Reduction:
    """s' = w from order 2 on; a system of order 1 loses s."""
    count = len(system.unknowns)
    chosen = [*(f"{names[0]}{i + 1}" for i in range(count)), names[1]]
    coordinates = canonical_coordinates(generator, names=chosen, taken=taken_names(system))
    moved = rewritten(system, coordinates)
    *rest, s = moved.unknowns
    *forces, force = moved.rhs
    if any(f.has(s) for f in moved.rhs):
        field = jet_field(moved)
        forces_, force_ = [field(f) for f in forces], field(force)
        if any(e.depends_on(s) for e in (*forces_, force_)):
            raise Unsupported("the system depends on s in canonical coordinates: the generator is no symmetry")
        forces, force = [field.to_expr(e) for e in forces_], field.to_expr(force_)
    if moved.order == 1:
        reduced = ODESystem(moved.independent, tuple(rest), (1,) * len(rest), tuple(forces), moved.parameters)
        return Reduction(system, generator, coordinates, reduced, force, coordinates.forward and coordinates.forward[:-1])
    w = free_symbol(names[2], system, moved)
    lowered = {jet_symbol(s, k + 1): jet_symbol(w, k) for k in range(moved.order)}
    rhs = tuple(replaced(f, lowered) for f in (*forces, force))
    orders = (*moved.orders[:-1], moved.order - 1)
    reduced = ODESystem(moved.independent, (*rest, w), orders, rhs, moved.parameters)
    return Reduction(system, generator, coordinates, reduced, w, _invariants(system, coordinates, True))


def _reduced(moved: ODESystem, w: Symbol, slope: Expr) -> tuple[ODESystem, Expr]:
    """The equation for w with s' = slope(w)."""
    r, s, order = moved.independent, moved.unknowns[0], moved.order
    space = JetSpace(r, (w,))
    images = [slope]
    for _ in range(order - 1):
        images.append(space.total_derivative(images[-1]))
    values = {jet_symbol(s, k + 1): e for k, e in enumerate(images[:-1])}
    top = jet_symbol(w, order - 1)
    jets = [jet_symbol(w, k) for k in range(1, order)]
    force = replaced(moved.rhs[0], values)
    field = Field.build([images[-1], force], (r, s, w, *jets), moved.parameter_symbols)
    equation = field(images[-1]) - field(force)
    if equation.depends_on(s):
        raise Unsupported("the equation depends on s in canonical coordinates: the generator is no symmetry")
    factor = field(images[-1]).diff(top)
    rhs = (factor * field(top) - equation) / factor
    return ODESystem(r, (w,), (order - 1,), (field.to_expr(rhs),), moved.parameters), slope


def _invariants(system: ODESystem, coordinates: Coordinates, direct: bool) -> tuple[Expr, ...] | None:
    """r_1, …, r_m and w = D_t s/D_t r_1 (or the reciprocal)."""
    if coordinates.forward is None:
        return None
    *invariants, s = coordinates.forward
    jets = system.jets
    velocities = tuple(jet_symbol(y, 1) for y in system.unknowns)
    field = Field.build(coordinates.forward, (*system.variables, *velocities), system.parameter_symbols)
    dr, ds = (field(jets.total_derivative(e)) for e in (invariants[0], s))
    if dr.is_zero or ds.is_zero:
        return None
    slope = ds / dr if direct else dr / ds
    return *(field.to_expr(field(e)) for e in invariants), field.to_expr(slope)
