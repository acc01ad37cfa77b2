"""Lie's linearization test for scalar equations of order 2, and the linearizing map.

y'' + a y'^3 + b y'^2 + c y' + d = 0 is linear in suitable coordinates exactly if two expressions L1, L2 in
a, b, c, d vanish; then the symmetry algebra is sl(3,R). Two commuting symmetries X and u X along each other
are ∂_v and u ∂_v in coordinates (u, v), where the equation is v'' = G(u); where u is not solved for, v'' =
p(r) v' + G(r) in the canonical coordinates of X; where X has no closed flow, the coordinates come by quadrature
from two symmetries of rank 2; last, the equation for t(y) may be linear as it is.
Sources: Lie 1883; Liouville 1889; Ibragimov and Magri 2004, theorem 1; Stephani 1989, section 5.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from sympy import Expr

from liesym.base.doors import door
from liesym.base.jets import jet_symbol
from liesym.coefficients.derivation import Derivation
from liesym.coefficients.field import Field
from liesym.coefficients.lattice import NeedsRefinement
from liesym.coefficients.ring import Element
from liesym.determine.on_solutions import jet_field
from liesym.errors import Unsupported
from liesym.invariants.coordinates import Coordinates, canonical_coordinates, rewritten, with_ratio
from liesym.model.names import free_symbol, taken_names
from liesym.model.system import ODESystem
from liesym.reduction.canonical import canonical_forms
from liesym.solving.linear.vectors import constant_relations, linear_combination
from liesym.symmetries.generator import Generator
from liesym.symmetries.pipeline import find_symmetries
from liesym.testing.second_maps import place_change


@dataclass(frozen=True, slots=True)
class Linearization:
    """A linearizable equation and what linearizes it.

    Arguments:
        linearizable: the verdict of Lie's test, exact.
        conditions: the two expressions that vanish exactly if it is; empty if the equation is not cubic in y'.
        coordinates: (u, v) as functions of (t, y) and back, None if no map was found; one direction may be missing.
        linear: the linear equation for v, None if no map was found.
        on: what is positive where the linear equation holds, in (t, y, y'); empty where that is wherever the original is
            real.
    """

    linearizable: bool
    conditions: tuple[Expr, ...]
    coordinates: Coordinates | None = None
    linear: ODESystem | None = None
    on: tuple[Expr, ...] = ()


@door("the test for linearization")
def linearization(
    system: ODESystem, generators: Sequence[Generator] | None = None, *, budget: float = 60.0
) -> Linearization:
    """Lie's test, and the map where the equation passes and a suitable pair of symmetries is found.

    Arguments:
        system: one equation of order 2.
        generators: its symmetries; looked for if None and the test is passed.
        budget: seconds for that search.

    Raises:
        Unsupported: no scalar equation of order 2.
    """
    if len(system.unknowns) != 1 or system.order != 2:
        raise Unsupported("Lie's linearization test is for one equation of order 2")
    field = jet_field(system)
    parts = _cubic_parts(system, field)
    if parts is None:
        return Linearization(False, ())
    conditions = _lie_conditions(parts, system)
    shown = tuple(field.to_expr(c) for c in conditions)
    if not all(c.is_zero for c in conditions):
        return Linearization(False, shown)
    if generators is None:
        generators = find_symmetries(system, budget=budget).generators
    best = Linearization(True, shown)
    for coordinates in _candidate_maps(generators, taken_names(system)):
        linear = _as_linear(system, coordinates)
        found = None if linear is None else _placed(system, Linearization(True, shown, coordinates, linear))
        if found is not None and linear is not None and not linear.rhs[0].has(jet_symbol(linear.unknowns[0], 1)):
            return found
        if found is not None and best.linear is None:
            best = found
    if best.linear is None:
        best = _by_quadratures(system, generators, best)
    return best if best.linear is not None else _with_names_exchanged(system, best)


def _placed(system: ODESystem, found: Linearization) -> Linearization | None:
    """With the side on which the second look finds the linear equation true; None if it finds none."""
    assert found.coordinates is not None and found.linear is not None
    forward = found.coordinates.forward
    if forward is None:
        return found
    placed = place_change(system, forward, found.linear)
    return replace(found, on=placed.on) if placed.true else None


def _with_names_exchanged(system: ODESystem, verdict: Linearization) -> Linearization:
    """The equation itself, or that for t(y), where one of them is linear: v'' = p(u) v' + q(u) v + G(u)."""
    u, v = free_symbol("u", system), free_symbol("v", system)
    for backward in ((u, v), (v, u)):
        forward = system.variables if backward == (u, v) else system.variables[::-1]
        coordinates = Coordinates(system.variables, (u, v), backward, forward)
        linear = rewritten(system, coordinates)
        field = jet_field(linear)
        rhs, moved = field(linear.rhs[0]), (v, jet_symbol(v, 1))
        if not any(rhs.diff(a).depends_on(b) for a in moved for b in moved):
            return Linearization(True, verdict.conditions, coordinates, linear)
    return verdict


def _by_quadratures(system: ODESystem, generators: Sequence[Generator], verdict: Linearization) -> Linearization:
    """Coordinates of two symmetries of rank 2, which need no flow, where the canonical form is linear."""
    for form in canonical_forms(system, generators):
        s = form.equation.unknowns[0]
        field = jet_field(form.equation)
        rhs, slope = field(form.equation.rhs[0]), jet_symbol(s, 1)
        if not rhs.depends_on(s) and not rhs.diff(slope).depends_on(slope):
            return Linearization(True, verdict.conditions, form.coordinates, form.equation, form.on)
    return verdict


def _cubic_parts(system: ODESystem, field: Field) -> list[Element] | None:
    """d, c, b, a of y'' + a y'^3 + b y'^2 + c y' + d = 0; None if it is not of this form."""
    v = jet_symbol(system.unknowns[0], 1)
    left = -field(system.rhs[0])
    parts: list[Element] = []
    factorials = (1, 1, 2, 6)
    for power in (3, 2, 1, 0):
        value = left
        for _ in range(power):
            value = value.diff(v)
        value = value / factorials[power]
        if value.depends_on(v):
            return None
        left = left - value * field(v) ** power
        parts.insert(0, value)
    return parts if left.is_zero else None


def _lie_conditions(parts: Sequence[Element], system: ODESystem) -> tuple[Element, Element]:
    """L1, L2 of Ibragimov and Magri 2004, equation (5), with F = d, F1 = c, F2 = b, F3 = a."""
    x, y = system.variables
    f, f1, f2, f3 = parts
    first = f3.diff(x).diff(x) * 3 - f2.diff(x).diff(y) * 2 + f1.diff(y).diff(y)
    first = first - (f1 * f3 * 3 - f2 * f2).diff(x) + (f * f3).diff(y) * 3 + f3 * f.diff(y) * 3 - f2 * f1.diff(y)
    second = f.diff(y).diff(y) * 3 - f1.diff(x).diff(y) * 2 + f2.diff(x).diff(x)
    second = second - (f * f3).diff(x) * 3 - (f1 * f1 - f * f2 * 3).diff(y) - f * f3.diff(x) * 3 + f1 * f2.diff(x)
    return first, second


def _candidate_maps(generators: Sequence[Generator], taken: frozenset[str]) -> Iterator[Coordinates]:
    """(u, v): X = ∂_v, and a symmetry u X that commutes with X."""
    for generator in sorted(generators, key=lambda g: sum(c.count_ops() for c in g.components)):
        for ratio in _parallel(generator, generators):
            try:
                base = canonical_coordinates(generator, names=("u", "v"), taken=taken)
            except Unsupported:
                continue
            found = with_ratio(base, ratio)
            if found is not None:
                yield found
            yield base


def _parallel(generator: Generator, generators: Sequence[Generator]) -> list[Expr]:
    """Functions u with u X in the algebra and X(u) = 0, u not constant."""
    definitions = {d.name: d for g in generators for d in g.definitions}
    components = [c for g in generators for c in g.components]
    field = Field.build(components, generator.variables, (), definitions.values())
    xi, eta = (field(c) for c in generator.components)
    vectors = [tuple(field(c) for c in g.components) for g in generators]
    along = Derivation(field, dict(zip(generator.variables, (xi, eta), strict=True)))
    crossed = [(a * eta - b * xi,) for a, b in vectors]
    result = []
    for relation in constant_relations(crossed, field):
        a, b = linear_combination(vectors, relation, field)
        ratio = a / xi if not xi.is_zero else b / eta
        if not ratio.is_constant and along.apply(ratio).is_zero:
            result.append(field.to_expr(ratio))
    return result


def _as_linear(system: ODESystem, coordinates: Coordinates) -> ODESystem | None:
    """The equation in (u, v) if it is v'' = p(u) v' + G(u) there."""
    try:
        found = rewritten(system, coordinates)
    except (Unsupported, NeedsRefinement, ZeroDivisionError):
        return None
    v = coordinates.new[1]
    field = jet_field(found)
    rhs, slope = field(found.rhs[0]), jet_symbol(v, 1)
    return None if rhs.depends_on(v) or rhs.diff(slope).depends_on(slope) else found
