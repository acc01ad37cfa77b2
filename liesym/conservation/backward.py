"""Conservation laws of backpropagation.

Forward x' = f(t, x, θ), adjoint a' = -(∂f/∂x)ᵀ a, a_θ' = -(∂f/∂θ)ᵀ a. If X = ξ ∂_t + η·∂_x + τ·∂_θ is a
symmetry of {x' = f, θ' = 0}, then I = a·(η - ξ f) + a_θ·τ is constant along the pair: the evolutionary field
η - ξ f, τ solves the linearised equations, and the pairing of a solution of the linearised equations with
one of the adjoint is constant. It is Noether's theorem for the action ∫ a·(x' - f) dt (Ibragimov 2007). A
loss ℓ_k(x(t_k)) observed at t_k makes the adjoint jump by -∂ℓ_k/∂x there (backwards in time), and I by the
same pairing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sympy import Add, Expr, Symbol

from liesym.certify.independence import independent_positions
from liesym.determine import jet_field
from liesym.errors import Unsupported, VerificationError
from liesym.generators import Generator
from liesym.system import ODESystem
from liesym.verify import drift


@dataclass(frozen=True, slots=True)
class BackwardLaw:
    """I = a·(η - ξ f) + a_θ·τ for one symmetry.

    Arguments:
        expression: I in t, x, the adjoints and the parameters.
        generator: the symmetry of {x' = f, θ' = 0} that it belongs to.
        adjoint: the forward-backward system along which I is constant.
    """

    expression: Expr
    generator: Generator
    adjoint: ODESystem

    def jump(self, adjoint_jump: Mapping[Symbol, Expr]) -> Expr:
        """The jump of I where the adjoints jump: I is linear in them.

        Arguments:
            adjoint_jump: adjoint symbol -> its jump at the observation, such as the gradient of the loss
            term.
        """
        return Add(*(self.expression.diff(a) * step for a, step in adjoint_jump.items()))


def backward_conservation_laws(
    system: ODESystem,
    generators: Sequence[Generator] | None = None,
    *,
    names: Mapping[str, str] | None = None,
    budget: float = 30.0,
) -> tuple[BackwardLaw, ...]:
    """One conserved quantity of the forward-backward pair for each symmetry that is not trivial.

    Arguments:
        system: a first-order system.
        generators: symmetries of `system.with_moving_parameters()`; looked for among the affine ones if None.
        names: names of the adjoints, as for `ODESystem.adjoint`.
        budget: seconds for the search.

    Returns:
        Laws whose expressions are linearly independent, each verified on the adjoint system.

    Raises:
        Unsupported: the system is not of first order, or the generators are over other variables.
    """
    if not system.is_first_order:
        raise Unsupported("backward conservation laws need a first-order system; call first_order() before")
    extended = system.with_moving_parameters()
    adjoint = system.adjoint(names)
    if generators is None:
        from liesym.pipeline import find_symmetries

        generators = find_symmetries(extended, "polynomial: 1", budget=budget).generators
    states = len(system.unknowns)
    costates = adjoint.unknowns[states:]
    laws: list[BackwardLaw] = []
    for generator in generators:
        if generator.variables != extended.variables:
            raise Unsupported("the generators must be over time, the unknowns and the parameters, in that order")
        eta = generator.components[1:]
        rates = (*system.rhs, *(0 for _ in system.parameters))
        expression = Add(*(a * (e - generator.xi * f) for a, e, f in zip(costates, eta, rates, strict=True))).expand()
        if expression == 0:
            continue
        if drift(expression, adjoint) != 0:
            raise VerificationError(f"{expression} is not constant along the forward-backward pair")
        laws.append(BackwardLaw(expression, generator, adjoint))
    return tuple(laws[i] for i in _independent(laws, adjoint))


def _independent(laws: Sequence[BackwardLaw], adjoint: ODESystem) -> list[int]:
    """Positions of laws that are independent over functions of the parameters, which are constant too."""
    field = jet_field(adjoint, [law.expression for law in laws])
    return independent_positions([(field(law.expression),) for law in laws], adjoint.variables, field)
