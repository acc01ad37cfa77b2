"""What is done with equations of order 2 and above, and with symmetries and integrals, told in steps.

    Σ a_k y^(k) = f             y = φ_k solve it without f, y_0 solves it, y = y_0 + Σ C_k φ_k
    y^(n) = F(x, y', …)         X = ∂_y, p = y'
    y'' = F of degree 1         X = y ∂_y, u = y'/y
    y'' = F(y, y')              X = ∂_x, p(y) = y'
    y'' = g y'² + a y' + h      v = ∫ e^(-∫g dy) dy

Nothing here is checked: `steps.Step.holds` does that. Source: Olver 1993, section 2.5; Stephani 1989, chapters 5 to 7.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from sympy import Dummy, Expr, Integral, Matrix, S, Symbol

from liesym.base.factors import factored
from liesym.base.jets import jet_symbol
from liesym.base.parameters import Parameter
from liesym.base.typed import expr, replaced, substituted
from liesym.model.system import ODESystem
from liesym.reduction.canonical import CanonicalForm, LieType
from liesym.reduction.order import Reduction
from liesym.reduction.steps import Change, Step
from liesym.symmetries.generator import Generator

Steps = tuple[Step, ...]


def _highest(system: ODESystem) -> Symbol:
    return jet_symbol(system.unknowns[0], system.order)


def superposition_steps(system: ODESystem, basis: Sequence[Expr], start: Expr) -> Steps:
    """Of a linear equation with solutions φ_k of the homogeneous one and y_0 of the whole."""
    y, n = system.unknowns[0], system.order
    force = system.rhs[0].subs({y: 0, **{jet_symbol(y, k): 0 for k in range(1, n)}})
    homogeneous = replace(system, rhs=(expr((system.rhs[0] - force).expand()),))
    steps = [Step(f"linear in {y.name}", system, _highest(system), system.rhs[0])]
    steps += [Step("solves the homogeneous equation", homogeneous, y, e) for e in basis]
    steps += [Step("a symmetry", system, generator=Generator(system.variables, (S.Zero, e))) for e in basis[:1]]
    return (*steps, Step("solves the equation", system, y, start)) if start != 0 else tuple(steps)


def normal_form_steps(system: ODESystem, front: Expr, r: Expr, pair: Sequence[Expr], w: Symbol) -> Steps:
    """y = front w with w'' = r w, and two solutions of the equation for w."""
    x, y = system.variables
    if front == 1:
        return tuple(Step("solves it", system, y, e) for e in pair)
    change = Change(x, x, w, y / front)
    inner = ODESystem(x, (w,), (2,), (r * w,), system.parameters)
    return (
        Step("the first derivative taken out", system, y, front * w, change),
        Step("the equation for it", system, jet_symbol(w, 2), r * w, change),
        *(Step("solves that", inner, w, e) for e in pair),
    )


def substitution_steps(
    system: ODESystem, says: str, change: Change, rate: Expr, symmetry: tuple[Expr, Expr] | None = None
) -> Steps:
    """New variables, perhaps the invariants of a symmetry, and the equation in them."""
    found = [Step(says, system, change.unknown, change.height, change)]
    if symmetry is not None:
        found.insert(0, Step("a symmetry", system, generator=Generator(system.variables, symmetry)))
    order = 2 if change.time == system.independent and not _holds_slope(change, system) else system.order - 1
    return (*found, Step("the equation for it", system, jet_symbol(change.unknown, order), rate, change))


def _holds_slope(change: Change, system: ODESystem) -> bool:
    return change.height.has(jet_symbol(system.unknowns[0], 1))


def with_constants(system: ODESystem, rate: Expr, constants: Sequence[Symbol]) -> ODESystem:
    """y' = rate, its constants of integration as parameters."""
    more = tuple(Parameter(c) for c in constants if rate.has(c))
    return ODESystem(system.independent, system.unknowns, (1,), (rate,), (*system.parameters, *more))


def slope_step(system: ODESystem, slope: Expr, constants: Sequence[Symbol]) -> Step:
    """y^(n-1) = slope, one constant of integration found."""
    return Step("so", system, jet_symbol(system.unknowns[0], system.order - 1), slope, constants=tuple(constants))


def time_step(system: ODESystem, slope: Expr, time: Expr, constants: Sequence[Symbol]) -> Steps:
    """∫ dy/p = x + C for y' = p."""
    x, last = system.independent, constants[-1]
    inner = with_constants(system, slope, constants[:-1])
    return (Step("each side integrated", inner, time, x + last, constants=tuple(constants)),)


def integral_steps(
    system: ODESystem, integrals: Sequence[Expr], constants: Sequence[Symbol], generators: Sequence[Generator]
) -> Steps:
    """I_k = C_k, and the shortest symmetry."""
    plain = [g for g in generators if not g.definitions and not g.on]
    first = sorted(plain, key=lambda g: sum(c.count_ops() for c in g.components))[:1]
    pairs = zip(integrals, constants, strict=False)
    return (
        *(Step("a symmetry", system, generator=g) for g in first),
        *(Step("a first integral", system, i, c, constants=tuple(constants)) for i, c in pairs),
    )


def reduction_steps(reduction: Reduction, constants: Sequence[Symbol], inside: Expr | None, value: Expr | None) -> Steps:
    """X, its coordinates, the reduced equation; an integral in them, and s' = ds/dr."""
    system, (r, s) = reduction.original, reduction.coordinates.new
    w, forward = reduction.reduced.unknowns[0], reduction.coordinates.forward
    found = [Step("a symmetry", system, generator=reduction.generator)]
    if forward is None or reduction.invariants is None:
        return tuple(found)
    moved = Change(r, forward[0], s, forward[1])
    lowered = Change(r, reduction.invariants[0], w, reduction.invariants[1])
    found += [
        Step("its invariant", system, r, forward[0], moved),
        Step("along it, X(s) = 1", system, s, forward[1], moved),
        Step("the slope", system, w, reduction.invariants[1], lowered),
        Step(
            "the reduced equation",
            system,
            jet_symbol(w, reduction.reduced.order),
            reduction.reduced.rhs[0],
            lowered,
        ),
    ]
    if inside is not None:
        found.append(Step("integrated", reduction.reduced, inside, constants[0], constants=tuple(constants)))
    if value is not None:
        found.append(Step("so", reduction.reduced, w, value, constants=tuple(constants)))
    return tuple(found)


def canonical_steps(form: CanonicalForm, constants: tuple[Symbol, Symbol]) -> Steps:
    """Two symmetries, their coordinates, Lie's canonical form and its quadratures."""
    system, (r, s) = form.original, form.coordinates.new
    found = [Step("a symmetry", system, generator=g) for g in form.generators]
    if form.coordinates.forward is None:
        return tuple(found)
    time, height = form.coordinates.forward
    change = Change(r, time, s, height)
    found += [
        Step("a coordinate", system, r, time, change),
        Step("a coordinate", system, s, height, change),
        Step(f"Lie's canonical form {form.kind.name}", system, jet_symbol(s, 2), form.equation.rhs[0], change),
    ]
    curve = form.curve(constants)
    if form.argument == r:
        found.append(Step("integrated twice", form.equation, s, curve[1], constants=constants))
    elif form.kind is LieType.I and not curve[0].has(Integral):
        w = form.argument
        inner = ODESystem(r, (w,), (1,), (form.force,), form.original.parameters)
        left = expr(curve[0] - constants[0])
        found.append(Step("with w = s'", inner, left, r - constants[0], constants=constants))
    return tuple(found)


def riccati_by_linear_step(system: ODESystem, inner: ODESystem, rate: Expr) -> Steps:
    """y = -u'/(a u), where u solves a linear equation of second order."""
    y, u = system.unknowns[0], inner.unknowns[0]
    return (
        Step("Riccati's equation", system, jet_symbol(y, 1), system.rhs[0]),
        Step("solved by a linear equation", inner, y, rate, onto=system),
        Step("that equation", inner, jet_symbol(u, 2), inner.rhs[0]),
    )


def linear_system_steps(system: ODESystem, matrix: Matrix, basis: Sequence[Sequence[Expr]], start: Sequence[Expr]) -> Steps:
    """The characteristic polynomial of the matrix, a basis of the homogeneous system, a solution of the whole."""
    root = Dummy("lambda", real=True)
    polynomial = (root * Matrix.eye(matrix.rows) - matrix).det(method="berkowitz").expand()
    origin = dict.fromkeys(system.unknowns, S.Zero)
    rates = tuple(expr((f - substituted(f, origin)).expand()) for f in system.rhs)
    homogeneous = replace(system, rhs=rates)
    found = [Step("the characteristic polynomial", system, polynomial, factored(polynomial), constants=(root,))]
    found += [Step("solves the homogeneous system", homogeneous, values=tuple(v)) for v in basis]
    return (*found, Step("solves the system", system, values=tuple(start))) if any(start) else tuple(found)


def renamed_constants(steps: Sequence[Step], rule: dict[Symbol, Expr]) -> Steps:
    """With other constants."""
    if not all(isinstance(v, Symbol) for v in rule.values()):
        return tuple(steps)
    names = {old: expr(new) for old, new in rule.items()}
    moved = []
    for step in steps:
        constants = tuple(dict.fromkeys(replaced(c, names) for c in step.constants))
        moved.append(replace(step.over(names), constants=constants))  # pyright: ignore[reportArgumentType]
    return tuple(moved)
