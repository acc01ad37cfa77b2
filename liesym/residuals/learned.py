"""The symbolic parts of residuals in which a learned field takes the place of the system.

Let f be the field of x^(n) = f(t, x, …, x^(n-1)). What a backend computes with automatic differentiation is
only the derivative of f along a direction; direction and all the rest are expressions, made here and lowered once.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from sympy import Expr, S, Symbol

from liesym.base.jets import JetSpace, as_expression, jet_symbol, partial_derivative
from liesym.base.names import in_symbols
from liesym.base.parameters import Parameter
from liesym.errors import AnsatzError, Unsupported
from liesym.lowering.target import Residual
from liesym.model.generators import VectorField
from liesym.residuals.laws import FlowPair, closed_flow, group_parameter, lie_series, prolonged_flow


@dataclass(frozen=True, slots=True)
class FieldCondition:
    """The invariance condition of a field: value(t, x, …, f) - (derivative of f along direction) = 0.

    Arguments:
        direction: (ξ, η_1 … η_m, η_1' …, η_m^(n-1), τ_1 …) on (t, x, …, x^(n-1)).
        value: η_i^(n) on (t, x, …, x^(n)).
        unknowns: m.
        moving: names of the parameters that the τ move.
        moves_time: False if ξ is identically 0.
    """

    direction: Residual
    value: Residual
    unknowns: int
    moving: tuple[str, ...]
    moves_time: bool


@dataclass(frozen=True, slots=True)
class FieldMotion:
    """A finite transformation prolonged to jets: `point` is (t̄, x̄, …, x̄^(n-1)), `value` is x̄^(n)."""

    point: Residual
    value: Residual
    unknowns: int


def field_condition(generator: VectorField, order: int = 1, moving: Sequence[str] = ()) -> FieldCondition:
    """The parts of the invariance residual of a field of this order.

        η_i^(n) - (ξ ∂_t + η·∂_x + … + η^(n-1)·∂_x^(n-1) + τ·∂_θ) f_i,   x^(n) = f

    which for n = 1 is ∂_t η + (f·∂_x) η - f (∂_t ξ + (f·∂_x) ξ) - (η·∂_x) f - ξ ∂_t f - τ·∂_θ f.

    Arguments:
        generator: over (t, x_1, …, x_m) and, where `moving` names them, parameters.
        order: n.
        moving: names of the generator's variables that are parameters of the field, found in its args.

    Raises:
        AnsatzError: a moving name is not a variable of the generator, or nothing is left.
        Unsupported: a parameter's component depends on time or state, which no parameter does.
    """
    names = [v.name for v in generator.variables[1:]]
    for name in moving:
        if name not in names:
            raise AnsatzError(f"{name!r} is not moved by the generator; its variables are {', '.join(names)}")
    pairs = list(zip(generator.variables[1:], generator.components[1:], strict=True))
    states = [(v, c) for v, c in pairs if v.name not in moving]
    thetas = [(v, c) for v, c in pairs if v.name in moving]
    if not states:
        raise AnsatzError("the generator has no state variable left beside the moving parameters")
    time = generator.variables[0]
    unknowns = tuple(v for v, _ in states)
    for theta, component in thetas:
        if component.free_symbols & {time, *unknowns}:
            raise Unsupported(f"the component {component} along {theta} depends on time or state; a parameter is constant")
    reduced = VectorField((time, *unknowns), (generator.xi, *(c for _, c in states)))
    rows = reduced.prolong(order)
    phase = _jets(unknowns, order)
    directions = [generator.xi, *(row[k] for k in range(order) for row in rows), *(c for _, c in thetas)]
    symbols = tuple(v.name for v, _ in thetas)
    values = [row[order] for row in rows]
    return FieldCondition(
        _record("direction", directions, time, phase),
        _record("prolonged", values, time, _jets(unknowns, order + 1)),
        len(unknowns),
        symbols,
        generator.xi != 0,
    )


def field_motion(
    generator: VectorField | None,
    order: int = 1,
    *,
    flow: FlowPair | None = None,
    variables: Sequence[Symbol] | None = None,
    epsilon: Symbol | None = None,
    truncation: int | None = None,
) -> FieldMotion:
    """The parts of the group residual of a field of this order; the group parameter is the parameter `epsilon`.

    Arguments:
        generator: over (t, x_1, …, x_m); may be None if flow and variables are given.
        flow: (t̄, (x̄_1, …)) in closed form; found from the generator unless given.
        variables: (t, x_1, …, x_m); those of the generator unless given.
        epsilon: the symbol of the group parameter in the flow.
        truncation: use the Lie series up to this order.

    Raises:
        Unsupported: no closed form is known and no truncation is given, or a symbol of the generator has the
            name of the group parameter.
    """
    if generator is None and (flow is None or variables is None):
        raise Unsupported("a motion needs a generator, or a flow with its variables")
    over = tuple(variables) if variables is not None else generator.variables if generator is not None else ()
    if flow is None and generator is not None:
        parameter = group_parameter(generator, epsilon)
        flow = closed_flow(generator, parameter) if truncation is None else lie_series(generator, parameter, truncation)
    assert flow is not None
    jets = JetSpace(over[0], over[1:])
    rows = prolonged_flow(flow, jets, order)
    phase = _jets(over[1:], order)
    point = [flow[0], *(e for row in rows[:order] for e in row)]
    return FieldMotion(
        _record("moved point", point, over[0], phase),
        _record("moved derivative", rows[order], over[0], _jets(over[1:], order + 1)),
        len(over) - 1,
    )


def field_conservation(
    integrals: Expr | Sequence[Expr], unknowns: Sequence[Symbol], time: Symbol, order: int = 1
) -> tuple[Residual, Residual]:
    """(I, D_t I) on (t, x, …, x^(n-1)) and on (t, x, …, x^(n)), for integrals of a field of this order.

    Symbols of the integrals are those of the unknowns and of time if they have their names.
    """
    coordinates = (time, *_jets(unknowns, order + 1))
    many = tuple(integrals) if isinstance(integrals, Sequence) else (integrals,)
    given = tuple(in_symbols(as_expression(e), coordinates) for e in many)
    jets = JetSpace(time, tuple(unknowns))
    for expression in given:
        if jets.order_of(expression) >= order:
            raise Unsupported(f"{expression} holds derivatives of order {order} or more, which the field determines")
    rates = [jets.total_derivative(e) for e in given]
    return (
        _record("integral", given, time, _jets(unknowns, order)),
        _record("conservation", rates, time, _jets(unknowns, order + 1)),
    )


def whole_rate(rate: Residual, order: int) -> Residual:
    """The rate of integrals along a field that gives all of d/dt (x, …, x^(n-1)), whatever it says of the derivatives.

        R = ∂_t I + Σ_k u_k ∂I/∂x^(k),   u the whole field

    made of D_t I alone, in which ∂I/∂x^(k-1) = ∂(D_t I)/∂x^(k) - D_t ∂I/∂x^(k), from k = n down, holds no x^(n).

    Arguments:
        rate: D_t I as a function of (t, x, …, x^(n)).
        order: n.

    Returns:
        R as a function of (t, x, …, x^(n-1), u_(n-1), u_0, …, u_(n-2)).

    Raises:
        Unsupported: the residual is no function of these coordinates.
    """
    m, left = divmod(len(rate.state), order + 1)
    unknowns = rate.state[:m]
    if left or rate.state != _jets(unknowns, order + 1):
        raise Unsupported(f"a conservation law of a field of order {order} is a residual on derivatives up to that order")
    jets = JetSpace(rate.time, unknowns)
    velocities = tuple(Symbol(f"d({s.name})/dt", real=True) for s in rate.state[: m * (order - 1)])
    resting = dict.fromkeys(rate.state[m * order :], S.Zero)
    expressions = []
    for expression in rate.expressions:
        total = expression
        for i, x in enumerate(unknowns):
            slope = partial_derivative(expression, jet_symbol(x, order))
            for k in range(order - 1, 0, -1):
                slope = partial_derivative(expression, jet_symbol(x, k)) - jets.total_derivative(slope)
                slope = slope.xreplace(resting)
                total += slope * (velocities[(k - 1) * m + i] - jet_symbol(x, k))
        expressions.append(total)
    return replace(rate, expressions=tuple(expressions), state=(*rate.state, *velocities))


def _jets(unknowns: Sequence[Symbol], count: int) -> tuple[Symbol, ...]:
    """(x_1 … x_m, x_1' … x_m', …), derivatives below `count`."""
    return tuple(jet_symbol(x, k) for k in range(count) for x in unknowns)


def _record(kind: str, expressions: Sequence[Expr], time: Symbol, state: tuple[Symbol, ...]) -> Residual:
    free = {s for e in expressions for s in e.free_symbols if isinstance(s, Symbol)} - {time, *state}
    parameters = tuple(Parameter(s) for s in sorted(free, key=str))
    names = tuple(f"{kind} {i + 1}" for i in range(len(expressions)))
    return Residual(kind, names, tuple(expressions), time, state, parameters)
