"""Lowering the order of a scalar equation by a symmetry.

In canonical coordinates (r, s) with X = ∂_s the equation does not hold s; so w = ds/dr, or its reciprocal,
solves one of one order less, and s = ∫ w dr. Source: Olver 1993, section 2.5; Bluman and Anco 2002, section
3.3.
"""

# SymPy annotates only part of its methods; what pyright reports of the rest says nothing about this module.
# pyright: reportAttributeAccessIssue=false, reportCallIssue=false, reportArgumentType=false
# pyright: reportOperatorIssue=false, reportReturnType=false, reportOptionalMemberAccess=false

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sympy import Expr, Symbol

from liesym.coefficients.field import Field
from liesym.errors import Unsupported
from liesym.generators import Generator
from liesym.invariants.coordinates import Coordinates, canonical_coordinates, rewritten
from liesym.jets import JetSpace, jet_symbol
from liesym.system import ODESystem


@dataclass(frozen=True, slots=True)
class Reduction:
    """An equation of order n - 1 for w, and the way back.

    Arguments:
        original: the equation of order n.
        generator: X.
        coordinates: (r, s) as functions of (t, y) and back.
        reduced: the equation for w(r).
        slope: ds/dr in terms of w, either w or 1/w.
        invariants: (r, w) as functions of (t, y, y'), None if the coordinates were not solved for.
    """

    original: ODESystem
    generator: Generator
    coordinates: Coordinates
    reduced: ODESystem
    slope: Expr
    invariants: tuple[Expr, Expr] | None

    def induced(self, other: Generator) -> Generator:
        """The generator on (r, w) that another symmetry Y with [X, Y] = c X leaves behind.

        Raises:
            Unsupported: Y does not project, or the coordinates were not solved for.
        """
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
        moved = expression.xreplace({t: old_t, y: old_y, jet_symbol(y, 1): velocity})
        field = Field.build([moved], (r, s, w), self.original.parameter_symbols)
        element = field(moved)
        if element.depends_on(s):
            raise Unsupported("the generator does not project: its bracket with X is no multiple of X")
        return field.to_expr(element)


def reduce_order(system: ODESystem, generator: Generator, *, names: Sequence[str] = ("r", "s", "w")) -> Reduction:
    """A scalar equation of order n >= 2 reduced to one of order n - 1 by a symmetry.

    Arguments:
        system: one equation of order at least 2.
        generator: a symmetry of it with a closed flow.
        names: of r, s and w.

    Raises:
        Unsupported: no scalar equation of order 2 or more, no symmetry, or no canonical coordinates.
    """
    if len(system.unknowns) != 1 or system.order < 2:
        raise Unsupported("the order of one equation, of order 2 or more, is reduced at a time")
    if not generator.is_symmetry_of(system):
        raise Unsupported(f"{generator} is no symmetry of the equation")
    coordinates = canonical_coordinates(generator, names=names[:2])
    moved = rewritten(system, coordinates)
    r, s = coordinates.new
    taken = {p.name for p in system.parameter_symbols} | {r.name, s.name}
    name = names[2]
    while name in taken:
        name += "_"
    w = Symbol(name, real=True)
    candidates = [_reduced(moved, w, slope) for slope in (w, 1 / w)]
    reduced, slope = min(candidates, key=lambda c: c[0].rhs[0].count_ops())
    return Reduction(system, generator, coordinates, reduced, slope, _invariants(system, coordinates, slope == w))


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
    force = moved.rhs[0].xreplace(values)
    field = Field.build([images[-1], force], (r, s, w, *jets), moved.parameter_symbols)
    equation = field(images[-1]) - field(force)
    if equation.depends_on(s):
        raise Unsupported("the equation depends on s in canonical coordinates: the generator is no symmetry")
    factor = field(images[-1]).diff(top)
    rhs = (factor * field(top) - equation) / factor
    return ODESystem(r, (w,), (order - 1,), (field.to_expr(rhs),), moved.parameters), slope


def _invariants(system: ODESystem, coordinates: Coordinates, direct: bool) -> tuple[Expr, Expr] | None:
    """r and w = D_t s/D_t r (or the reciprocal)."""
    if coordinates.forward is None:
        return None
    r, s = coordinates.forward
    jets = system.jets
    field = Field.build([r, s], (*system.variables, *(jet_symbol(y, 1) for y in system.unknowns)), system.parameter_symbols)
    dr, ds = (field(jets.total_derivative(e)) for e in (r, s))
    if dr.is_zero or ds.is_zero:
        return None
    slope = ds / dr if direct else dr / ds
    return field.to_expr(field(r)), field.to_expr(slope)
