"""The residuals of known systems: field, invariance, conservation, group and backward."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any, Protocol, runtime_checkable

from sympy import Expr, Integer, S, Symbol

from liesym.base.jets import JetSpace, as_expression, jet_symbol
from liesym.base.names import free_symbols_named, names_in
from liesym.base.parameters import Parameter
from liesym.errors import AnsatzError, Unsupported
from liesym.lowering.target import Residual, jet_state, listed, phase_state
from liesym.model.generators import VectorField
from liesym.model.reading import in_names_of
from liesym.model.system import ODESystem

FlowPair = tuple[Expr, Sequence[Expr]]
"""(t̄, (x̄_1, …, x̄_m)) in t, x and the group parameter."""

HIGHEST_SERIES = 20
"""Highest order of a Lie series, whose terms grow fast."""


@runtime_checkable
class WithFlow(Protocol):
    """A vector field that finds its one-parameter group itself, as `liesym.Generator` does; residuals find none."""

    def flow(self, epsilon: Symbol) -> Any: ...


def invariance(generator: VectorField, system: ODESystem) -> Residual:
    """The linearized symmetry condition before the equations are used.

        R_i = X^(n)(x_i^(n_i) - F_i) = η_i^(n_i) - X^(n-1) F_i

    as functions of (t, x, …, x^(n)). On x^(n) = F it vanishes exactly for a symmetry of the system; elsewhere
    it says how the group moves the error of the equations.

    Arguments:
        generator: over the variables (t, x_1, …, x_m) of the system.
        system: of any orders.

    Returns:
        m residuals on `jet_state(system)`.

    Raises:
        AnsatzError: the generator is over other variables.
    Source: Olver 1993, Theorem 2.31.
    """
    generator = generator.over(system.variables, system.parameter_symbols)
    expressions = []
    for i, (n, rhs) in enumerate(zip(system.orders, system.rhs, strict=True)):
        moved = generator.prolonged(rhs)
        expressions.append(_within_orders(generator.prolong(n)[i][n] - moved, system))
    names = tuple(f"invariance of {system.leading(i).name}" for i in range(len(system.unknowns)))
    return _residual("invariance", names, expressions, system, jet_state(system), "X^(n)(x^(n) - F)")


def conservation(integral: Expr | Sequence[Expr], system: ODESystem) -> Residual:
    """The rate of change of first integrals along given derivatives.

        R = D_t I = ∂_t I + Σ x_i^(k+1) ∂I/∂x_i^(k)

    as a function of (t, x, …, x^(n)), the leading derivatives left free.

    Arguments:
        integral: I, or several, in t and jet coordinates below the orders of the system.
        system: the system whose integrals they are.

    Raises:
        Unsupported: an integral holds a derivative that the equations determine.
    """
    integrals = [in_names_of(system, e) for e in _expressions(integral)]
    for expression in integrals:
        _check_phase(expression, system)
    rates = [system.jets.total_derivative(e) for e in integrals]
    names = tuple(f"d/dt of I{j + 1}" for j in range(len(rates)))
    return _residual("conservation", names, rates, system, jet_state(system), "D_t I")


def drift(integral: Expr | Sequence[Expr], system: ODESystem) -> Residual:
    """The integrals themselves, as functions of `phase_state`: their differences along a solve are the drift."""
    integrals = [in_names_of(system, e) for e in _expressions(integral)]
    for expression in integrals:
        _check_phase(expression, system)
    names = tuple(f"I{j + 1}" for j in range(len(integrals)))
    return _residual("drift", names, integrals, system, phase_state(system), "I(t, x(t)) - I(0, x(0))")


def lie_series(generator: VectorField, epsilon: Symbol, order: int) -> FlowPair:
    """The flow up to ε^order: x̄ = Σ ε^k/k! X^k x. Not a group, and an exact symmetry only up to O(ε^(order+1)).

    Raises:
        Unsupported: an order outside 1 … `HIGHEST_SERIES`.
    """
    if not 1 <= order <= HIGHEST_SERIES:
        raise Unsupported(f"the order of a Lie series is a whole number from 1 to {HIGHEST_SERIES}, not {order}")
    moved = []
    for variable in generator.variables:
        term: Expr = variable
        total: Expr = variable
        for k in range(1, order + 1):
            term = generator.apply(term)
            total += epsilon**k * term / Integer(_factorial(k))
        moved.append(total)
    return moved[0], tuple(moved[1:])


def prolonged_flow(flow: FlowPair, jets: JetSpace, order: int) -> tuple[tuple[Expr, ...], ...]:
    """(x̄, x̄', …, x̄^(order)), each a tuple over the unknowns: x̄^(k+1) = D_t x̄^(k) / D_t t̄.

    Source: Olver 1993, equation (2.18) for curves.
    """
    time, states = flow
    speed = jets.total_derivative(time)
    rows = [tuple(states)]
    for _ in range(order):
        rows.append(tuple(jets.total_derivative(e) / speed for e in rows[-1]))
    return tuple(rows)


def group_parameter(generator: VectorField, given: Symbol | None = None, others: Iterable[Symbol] = ()) -> Symbol:
    """The symbol of the group parameter, named epsilon unless given.

    Raises:
        Unsupported: the generator or one of the others has that name, and would be taken for it.
    """
    parameter = Symbol("epsilon", real=True) if given is None else given
    if parameter.name in {s.name for s in (*_symbols(generator), *others)}:
        raise Unsupported(
            f"the group parameter is called {parameter.name}, and so is another symbol; give one of them another name"
        )
    return parameter


def group(
    generator: VectorField,
    system: ODESystem,
    *,
    epsilon: Symbol | None = None,
    order: int | None = None,
    flow: FlowPair | None = None,
) -> Residual:
    """The equations at the point that the group moves a jet to.

        R_i = x̄_i^(n_i) - F_i(t̄, x̄, …)

    as functions of (t, x, …, x^(n)) and the group parameter, which is an ordinary parameter of the residual.
    With the exact flow of a symmetry it vanishes on x^(n) = F for every ε; with a flow truncated at `order`
    it is O(ε^(order+1)), and what it measures is then the truncation.

    Arguments:
        epsilon: the symbol of the group parameter; named epsilon unless given, with underscores after it
            where the system has that name.
        order: use the Lie series up to this order instead of a closed form.
        flow: (t̄, (x̄_1, …)) in closed form; found from the generator unless given.

    Raises:
        AnsatzError: the generator is over other variables.
        Unsupported: no closed form of the flow is known and no order is given, the order is outside
            1 … `HIGHEST_SERIES`, or the system has a symbol with the name of the one given as `epsilon`.
    """
    generator = generator.over(system.variables, system.parameter_symbols)
    taken = (*system.variables, *system.parameter_symbols)
    if epsilon is None:
        (epsilon,) = free_symbols_named(("epsilon",), names_in(*taken, *_symbols(generator)))
    parameter = group_parameter(generator, epsilon, taken)
    if flow is None:
        flow = lie_series(generator, parameter, order) if order is not None else closed_flow(generator, parameter)
    rows = prolonged_flow(flow, system.jets, system.order)
    moved = {system.independent: flow[0]} | {
        jet_symbol(x, k): rows[k][i] for i, x in enumerate(system.unknowns) for k in range(system.orders[i])
    }
    expressions = [
        _within_orders(rows[n][i] - rhs.xreplace(moved), system)
        for i, (n, rhs) in enumerate(zip(system.orders, system.rhs, strict=True))
    ]
    names = tuple(f"moved equation for {system.leading(i).name}" for i in range(len(system.unknowns)))
    result = _residual("group", names, expressions, system, jet_state(system), "dx̄/dt̄ - F(t̄, x̄)")
    others = tuple(p for p in result.parameters if p.symbol != parameter)
    return replace(result, parameters=(*others, Parameter(parameter)))


def closed_flow(generator: VectorField, epsilon: Symbol) -> FlowPair:
    """The flow of a generator in closed form, as a pair.

    Raises:
        Unsupported: none is known; a Lie series of a stated order is what is left.
    """
    found = generator.flow(epsilon) if isinstance(generator, WithFlow) else None
    exact = getattr(found, "exact", True)
    components = tuple(getattr(found, "components", ()))
    if not exact or len(components) != len(generator.variables):
        raise Unsupported(
            "no closed form of this flow is known; give order= for a Lie series, or flow= with the pair (t̄, (x̄, ...))"
        )
    return components[0], components[1:]


def backward_law(
    generator: VectorField, system: ODESystem, names: Mapping[str, str] | None = None
) -> tuple[Expr, ODESystem]:
    """The conserved quantity of backpropagation that belongs to a symmetry, and the forward-backward system.

        I = a·(η - ξ f) + a_θ·τ

    is constant along x' = f, a' = -(∂f/∂x)ᵀa, a_θ' = -(∂f/∂θ)ᵀa if X = ξ∂_t + η·∂_x + τ·∂_θ is a symmetry of
    {x' = f, θ' = 0}.

    Arguments:
        generator: over (t, x) or over (t, x) and some parameters.
        system: the forward system, of first order.
        names: names of the adjoints, as for `ODESystem.adjoint`.
    """
    pair = system.adjoint(names)
    moved = [*system.unknowns, *system.parameter_symbols]
    own = {s.name: s for s in (system.independent, *moved)}
    generator = generator.over([own.get(v.name, v) for v in generator.variables], moved)
    costates = dict(zip(moved, pair.unknowns[len(system.unknowns) :], strict=True))
    components = dict(zip(generator.variables, generator.components, strict=True))
    xi = components.pop(generator.variables[0])
    unknown = set(components) - set(moved)
    if generator.variables[0] != system.independent or unknown:
        raise AnsatzError(f"the generator moves {listed(generator.variables)}; the system has {listed(moved)}")
    law: Expr = S.Zero
    for symbol, rhs in zip(moved, (*system.rhs, *(S.Zero for _ in system.parameters)), strict=True):
        law += costates[symbol] * (components.get(symbol, S.Zero) - xi * rhs)
    return law, pair


def backward(law: Expr | VectorField | Sequence[Expr], system: ODESystem) -> Residual:
    """The rate of change of backward conservation laws along given derivatives of state and adjoint.

    Arguments:
        law: a symmetry of the forward system, or its conserved quantity in the symbols of `system.adjoint()`.
        system: the forward system if a generator is given, else the forward or the forward-backward system.

    Returns:
        D_t I on the jets of the forward-backward pair (x, a, x', a').
    """
    if isinstance(law, VectorField):
        expression, pair = backward_law(law, system)
        integrals: Sequence[Expr] = (expression,)
    else:
        integrals = [in_names_of(system, e) for e in _expressions(law)]
        own = set(system.variables) | set(system.parameter_symbols)
        pair = system if all(e.free_symbols <= own for e in integrals) else system.adjoint()
    result = conservation(integrals, pair)
    names = tuple(f"d/dt of backward law {j + 1}" for j in range(len(integrals)))
    return replace(result, kind="backward", names=names, formula="D_t (a·(η - ξ f) + a_θ·τ)")


# -- helpers -----------------------------------------------------------------------------------------------


def _residual(
    kind: str,
    names: tuple[str, ...],
    expressions: Sequence[Expr],
    system: ODESystem,
    state: tuple[Symbol, ...],
    formula: str,
) -> Residual:
    known = {system.independent, *state, *system.parameter_symbols}
    constants = {s for e in expressions for s in e.free_symbols if isinstance(s, Symbol)} - known
    parameters = (*system.parameters, *(Parameter(s) for s in sorted(constants, key=str)))
    return Residual(kind, names, tuple(expressions), system.independent, state, parameters, formula)


def _symbols(generator: VectorField) -> set[Symbol]:
    return {s for c in (*generator.variables, *generator.components) for s in c.free_symbols if isinstance(s, Symbol)}


def _within_orders(expression: Expr, system: ODESystem) -> Expr:
    """Derivatives above the orders, which occur where the orders differ, replaced by those of the right sides."""
    while True:
        excess = [
            (symbol, place)
            for symbol in expression.free_symbols
            if isinstance(symbol, Symbol) and (place := system.jets.locate(symbol)) and place[1] > system.orders[place[0]]
        ]
        if not excess:
            return expression
        symbol, (i, k) = max(excess, key=lambda pair: pair[1][1])
        derivative = system.rhs[i]
        for _ in range(k - system.orders[i]):
            derivative = system.jets.total_derivative(derivative)
        expression = expression.xreplace({symbol: derivative})


def _expressions(given: Expr | Sequence[Expr]) -> tuple[Expr, ...]:
    many = given if isinstance(given, Sequence) else (given,)
    return tuple(as_expression(getattr(e, "expression", e)) for e in many)


def _check_phase(expression: Expr, system: ODESystem) -> None:
    allowed = {system.independent, *phase_state(system), *system.parameter_symbols}
    foreign = [s for s in expression.free_symbols if s not in allowed]
    if foreign:
        raise Unsupported(
            f"{listed(foreign)} in the integral {expression}: an integral of this system is a function of "
            f"{listed((system.independent, *phase_state(system)))} and its parameters"
        )


def _factorial(k: int) -> Integer:
    result = Integer(1)
    for j in range(2, k + 1):
        result *= j
    return result
