"""One-parameter groups exp(εX), exact or truncated, and their action on derivatives."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sympy import Expr, Symbol

from liesym.base.jets import as_expression, jet_symbol
from liesym.base.typed import replaced
from liesym.errors import AnsatzError
from liesym.model.generators import VectorField


@dataclass(frozen=True, slots=True)
class Flow:
    """The transformation v -> v̄(ε, v) that a generator makes: dv̄/dε = X(v̄), v̄(0, v) = v.

    Arguments:
        generator: X.
        epsilon: the symbol of the group parameter.
        components: (t̄, x̄_1, …) as expressions in ε and the variables; near ε = 0 where a branch is chosen.
        exact: True for the closed form, checked by substitution; False for a truncated Lie series, which is
            neither a group nor an exact symmetry.
        order: highest power of ε of the series, None if exact.
        on: what is positive where the closed form holds; empty where that is wherever X is real.
    """

    generator: VectorField
    epsilon: Symbol
    components: tuple[Expr, ...]
    exact: bool
    order: int | None = None
    on: tuple[Expr, ...] = ()

    @property
    def expressions(self) -> dict[Symbol, Expr]:
        """Variable -> its image."""
        return dict(zip(self.generator.variables, self.components, strict=True))

    def at(self, value: object) -> tuple[Expr, ...]:
        """The images for one value of ε."""
        return tuple(replaced(c, {self.epsilon: as_expression(value)}) for c in self.components)

    def apply(self, point: Mapping[Symbol, object] | Sequence[object], epsilon: object = None) -> tuple[Expr, ...]:
        """The image of a point, symbolic or numeric.

        Arguments:
            point: values by variable, or in the order of the variables.
            epsilon: a value of the group parameter; its symbol if left out.

        Raises:
            AnsatzError: a coordinate is missing.
            ParseError: a value is no number or expression.
        """
        variables = self.generator.variables
        given = dict(point) if isinstance(point, Mapping) else dict(zip(variables, point, strict=False))
        missing = [v.name for v in variables if v not in given]
        if missing:
            raise AnsatzError(f"the point has no value for {', '.join(missing)}")
        values = {v: as_expression(given[v]) for v in variables}
        if epsilon is not None:
            values[self.epsilon] = as_expression(epsilon)
        return tuple(replaced(c, values) for c in self.components)

    def prolonged(self, order: int) -> tuple[tuple[Expr, ...], ...]:
        """((x̄_i, …, x̄_i^(order)) for each unknown), with x̄^(k+1) = D_t x̄^(k) / D_t t̄.

        The images are functions of ε and the jet coordinates (t, x, x', …, x^(order)): the group acts on
        positions, velocities and accelerations together.
        Source: Olver 1993, section 2.3.
        """
        jets = self.generator.jets
        speed = jets.total_derivative(self.components[0])
        rows = []
        for image in self.components[1:]:
            row = [image]
            for _ in range(order):
                row.append(jets.total_derivative(row[-1]) / speed)
            rows.append(tuple(row))
        return tuple(rows)

    def moved(self, expression: Expr, order: int | None = None) -> Expr:
        """A function on jet space at the moved point: f(t̄, x̄, x̄', …)."""
        jets = self.generator.jets
        highest = jets.order_of(expression) if order is None else order
        values = {self.generator.variables[0]: self.components[0]}
        for x, row in zip(self.generator.variables[1:], self.prolonged(highest), strict=True):
            values |= {jet_symbol(x, k): image for k, image in enumerate(row)}
        return replaced(expression, values)


def lie_series(generator: VectorField, epsilon: Symbol, order: int) -> Flow:
    """v̄ = Σ_{k <= order} ε^k/k! X^k v, correct up to O(ε^(order+1))."""
    images = []
    for variable in generator.variables:
        term: Expr = variable
        total: Expr = variable
        for k in range(1, order + 1):
            term = generator.apply(term) / k
            total += epsilon**k * term
        images.append(total)
    return Flow(generator, epsilon, tuple(images), exact=False, order=order)
