"""Generators of point symmetries, as users meet them: vector fields that can be tested and that have a flow."""

from __future__ import annotations

from dataclasses import dataclass

from sympy import Expr, Symbol

from liesym.determine.verify import remainder
from liesym.flow import Flow, flow
from liesym.model.generators import VectorField
from liesym.model.system import ODESystem


@dataclass(frozen=True, slots=True, repr=False)
class Generator(VectorField):
    """X = ξ ∂_t + Σ η_i ∂_{x_i}, the generator of a one-parameter group of point transformations.

    Arguments:
        variables: (t, x_1, …, x_m).
        components: (ξ, η_1, …, η_m), expressions in the variables and parameters.
        trivial: True for ρ(t,x)(∂_t + f·∂_x) of a first-order system x' = f.
        definitions: linear ODEs that define functions which occur in the components, such as psi1(t).
        on: expressions that are positive where X is a symmetry; empty where it is one wherever the equations are real.
    """

    @classmethod
    def of(cls, field: VectorField) -> Generator:
        """The same vector field as a generator."""
        return cls(field.variables, field.components, field.trivial, field.definitions, field.on)

    def is_symmetry_of(self, system: ODESystem) -> bool:
        """True if the invariance condition holds identically on solutions; decided exactly."""
        return not any(self.remainder(system))

    def remainder(self, system: ODESystem) -> tuple[Expr, ...]:
        """η_i^(n_i) - X F_i with leading derivatives replaced: all zero exactly for a symmetry."""
        return remainder(self, system)

    def flow(self, epsilon: Symbol | None = None, *, order: int = 4) -> Flow:
        """The one-parameter group exp(εX): closed form where found, else the Lie series to `order`."""
        return flow(self, epsilon=epsilon, order=order)
