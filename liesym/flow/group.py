"""The one-parameter group of a generator: its closed form, or else its Lie series."""

from __future__ import annotations

from sympy import Expr, Symbol

from liesym.base.budget import UNLIMITED, Budget
from liesym.base.doors import door
from liesym.base.kept import kept
from liesym.base.names import free_symbols_named, names_in
from liesym.flow.check import satisfies_flow
from liesym.flow.exact import exact_flow
from liesym.flow.record import Flow, lie_series
from liesym.model.generators import VectorField
from liesym.testing.second_look import Placed
from liesym.testing.second_maps import place_flow


@door("the flow of a generator")
def flow(generator: VectorField, epsilon: Symbol | None = None, *, order: int = 4, budget: Budget = UNLIMITED) -> Flow:
    """The one-parameter group exp(εX).

        dt̄/dε = ξ(t̄, x̄), dx̄/dε = η(t̄, x̄), the identity at ε = 0

    Arguments:
        generator: X.
        epsilon: symbol of the group parameter; named epsilon unless given.
        order: of the Lie series that is returned where no closed form is found.
        budget: of the search around it; what is tried for a closed form is bounded by counts.

    Returns:
        Flow: with `exact` telling which of the two it is.

    Raises:
        TimeIsUp: the budget ran out before a closed form was found or all was tried.
    Source: Olver 1993, section 1.3.
    """
    parameter = epsilon if epsilon is not None else _parameter_for(generator)
    images = _exact(budget, generator, parameter)
    placed = None if images is None else _placed(budget, generator, parameter, images)
    if placed is None or not placed.true:
        return lie_series(generator, parameter, order)
    return Flow(generator, parameter, placed.components, exact=True, on=placed.on)


@kept(512)
def _exact(budget: Budget, generator: VectorField, parameter: Symbol) -> tuple[Expr, ...] | None:
    return exact_flow(generator, parameter, budget)


@kept(512)
def _placed(budget: Budget, generator: VectorField, parameter: Symbol, images: tuple[Expr, ...]) -> Placed:
    """The closed form as it holds on every side, or with its side."""
    budget.check("look at a flow")
    return place_flow(
        generator.components, generator.variables, images, parameter, lambda e: satisfies_flow(generator, e, parameter)
    )


def _parameter_for(generator: VectorField) -> Symbol:
    """epsilon, with underscores if the name is taken."""
    taken = names_in(*generator.variables, *generator.components, *(d.rhs for d in generator.definitions))
    (parameter,) = free_symbols_named(("epsilon",), taken)
    return parameter
