"""Conservation laws of backpropagation.

Forward x' = f(t, x, θ), adjoint a' = -(∂f/∂x)ᵀ a, a_θ' = -(∂f/∂θ)ᵀ a. If X = ξ ∂_t + η·∂_x + τ·∂_θ is a
symmetry of {x' = f, θ' = 0}, then I = a·(η - ξ f) + a_θ·τ is constant along the pair: the evolutionary field
η - ξ f, τ solves the linearised equations, and the pairing of a solution of the linearised equations with
one of the adjoint is constant. It is Noether's theorem for the action ∫ a·(x' - f) dt (Ibragimov 2007).

With a loss L = Σ ℓ_k(t_k, x(t_k), θ) observed at times t_k and a(t) = ∂L/∂x(t), a_θ(t) = ∂L/∂θ from t on:
a(t_k - 0) = a(t_k + 0) + ∂ℓ_k/∂x and a_θ(t_k - 0) = a_θ(t_k + 0) + ∂ℓ_k/∂θ. Between the t_k every I is
constant, at t_k it jumps by the same pairing, and after the last one it is 0.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from sympy import Add, Expr, S, Symbol

from liesym.determine.on_solutions import jet_field
from liesym.determine.verify import total_rate
from liesym.errors import Unsupported, VerificationError
from liesym.model.system import ODESystem
from liesym.solving.linear.relations import relations
from liesym.symmetries.generator import Generator
from liesym.symmetries.pipeline import find_symmetries


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
        """The jump of I where the adjoints jump by given amounts: I is linear in them.

        Arguments:
            adjoint_jump: adjoint symbol -> its jump at the observation, such as the gradient of the loss term.
        """
        return Add(*(self.expression.diff(a) * step for a, step in adjoint_jump.items()))

    def jump_at_observation(self, loss: Expr) -> Expr:
        """I(t_k + 0) - I(t_k - 0) at a time t_k at which a loss is observed.

            ΔI = -(∂ℓ/∂x·(η - ξ f) + ∂ℓ/∂θ·τ)

        is minus the rate at which the symmetry changes the loss: I(t) is the sum of these rates over the
        observations that lie ahead.

        Arguments:
            loss: ℓ(t, x, θ), one term of the loss; other symbols in it are data.

        Returns:
            an expression in t, x, θ and the data, to be taken at t_k.

        Raises:
            Unsupported: the loss holds adjoints.
        Source: Chen et al. 2018, figure 2.
        """
        moved = self.generator.variables[1:]
        costates = self.adjoint.unknowns[len(self.adjoint.unknowns) - len(moved) :]
        if held := sorted(str(a) for a in costates if loss.has(a)):
            raise Unsupported(f"the loss holds {', '.join(held)}, adjoints; it is a function of time, state and parameters")
        gradient = (loss.diff(s) for s in moved)
        return self.jump({a: -g for a, g in zip(costates, gradient, strict=True)})


def backward_conservation_laws(
    system: ODESystem,
    generators: Sequence[Generator] | None = None,
    *,
    ansatz: str = "affine",
    names: Mapping[str, str] | None = None,
    budget: float = 30.0,
) -> tuple[BackwardLaw, ...]:
    """One conserved quantity of the forward-backward pair for each symmetry that is not trivial.

    Arguments:
        system: a first-order system.
        generators: symmetries of `system.with_moving_parameters()`, or of `system` itself; looked for if None.
        ansatz: the form in which they are looked for, with the parameters among the variables.
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
        generators = find_symmetries(extended, ansatz, budget=budget).generators
    states = len(system.unknowns)
    costates = adjoint.unknowns[states:]
    laws: list[BackwardLaw] = []
    for generator in generators:
        generator = _extended(generator, system, extended)
        eta = generator.components[1:]
        rates = (*system.rhs, *(0 for _ in system.parameters))
        expression = Add(*(a * (e - generator.xi * f) for a, e, f in zip(costates, eta, rates, strict=True))).expand()
        if expression == 0:
            continue
        if total_rate(expression, adjoint) != 0:
            raise VerificationError(f"{expression} is not constant along the forward-backward pair")
        laws.append(BackwardLaw(expression, generator, adjoint))
    return tuple(laws[i] for i in _independent(laws, adjoint))


def _extended(generator: Generator, system: ODESystem, extended: ODESystem) -> Generator:
    """The generator over time, unknowns and parameters; one over time and unknowns leaves the parameters alone."""
    if generator.variables == extended.variables:
        return generator
    if generator.variables == system.variables:
        components = (*generator.components, *(S.Zero for _ in system.parameters))
        return replace(generator, variables=extended.variables, components=components)
    raise Unsupported("the generators must be over time and the unknowns, or over those and the parameters, in that order")


def _independent(laws: Sequence[BackwardLaw], adjoint: ODESystem) -> list[int]:
    """Positions of laws that are independent over functions of the parameters, which are constant too."""
    field = jet_field(adjoint, [law.expression for law in laws])
    elements = [field(law.expression) for law in laws]
    if not relations(elements, field, adjoint.variables):
        return list(range(len(laws)))
    kept: list[int] = []
    for i in range(len(laws)):
        if not relations([elements[j] for j in (*kept, i)], field, adjoint.variables):
            kept.append(i)
    return kept
