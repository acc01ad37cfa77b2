"""Hard forms: fields that cannot leave the level sets of integrals, and fields that commute with a group."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Self

from liesym.errors import TrainingError
from liesym.invariants.equivariance import Certificate, equivariant_frame
from liesym.learn.arrays import AbstractModule, Array
from liesym.learn.calling import call, takes_args
from liesym.learn.levels import AbstractLevelSets, Gradients, closed, opened
from liesym.lowering.lower import lower
from liesym.model.fieldtexts import read_fields
from liesym.symmetries.generator import Generator

Group = Generator | str | Sequence[Generator | str]
"""Generators, one or several, as text or made."""


class AbstractTangentProjection(AbstractModule):
    """f - G⁺ (∂_t I + G f), G the matrix of gradients: integrals are constant along exact solutions.

    Exact for several integrals and for each sample by itself; where gradients are dependent only the
    independent ones are imposed. Around a `PositiveField` the change is measured relative to each state,
    f - x² G⁺ … in the place of f - G⁺ …, so that the states stay positive.

    Arguments:
        field: the field to project, f(t, x, args) or f(t, x).
        levels: the integrals.
    Source: Matsubara and Yaguchi 2023 (continuous-time projection); Hairer, Lubich and Wanner 2006,
        section IV.4.
    """

    def __init__(self, field: Any, levels: AbstractLevelSets) -> None:
        super().__init__()
        self.inner, self.bare, self.relative = field, not takes_args(field), _keeps_signs(field)
        self.levels, self.held = opened(levels, field)

    def forward(self, t: Any, x: Array, args: Any = None) -> Array:
        """Shape (…, m)."""
        x = self.received(x)
        value = call(self.inner, self.bare, t, x, args)
        return closed(self.levels, self.held, self.inner).tangent(t, x, value, args, scale=x if self.relative else None)


class AbstractStabilization(AbstractModule):
    """f - γ G⁺ (I(t, x) - I(t_0, x_0)): drift from the level set decays at the rate γ.

    The levels of the initial state come in `args["levels"]`, where `NeuralODE` puts them; without them the
    field is left as it is.

    Arguments:
        field: the field to stabilize, f(t, x, args) or f(t, x).
        levels: the integrals.
        gamma: the rate. Runge-Kutta steps h of order 4 are stable for γ h < 2.785, where |1 - z + z²/2 - z³/6 + z⁴/24| < 1;
            that is no bound under which the drift falls. Stages inside a step are O(h²) off the level set, and the pull on
            them adds an error of O(h²) for a fixed γ h: from γ h of some 0.2 to 0.5 on the drift can be larger than without
            stabilization (a pendulum, h = 0.1, γ h = 0.8: 8e-5 against 2e-6). Choose γ h well below 0.2 for a field that
            nearly conserves; larger only where the field is far off.
    Source: White et al. 2023, equation (5).
    """

    def __init__(self, field: Any, levels: AbstractLevelSets, gamma: float = 8.0) -> None:
        super().__init__()
        self.inner, self.gamma = field, gamma
        self.bare, self.relative = not takes_args(field), _keeps_signs(field)
        self.levels, self.held = opened(levels, field)

    def prepare(self, t: Any, x: Array, args: Any) -> dict[str, Any]:
        """The arguments of a solve that starts at (t, x)."""
        return dict(args or {}) | {"levels": closed(self.levels, self.held, self.inner).values(t, self.received(x), args)}

    def forward(self, t: Any, x: Array, args: Any = None) -> Array:
        """Shape (…, m)."""
        x = self.received(x)
        value = call(self.inner, self.bare, t, x, args)
        if not args or "levels" not in args:
            return value
        sets = closed(self.levels, self.held, self.inner)
        defect = sets.values(t, x, args) - args["levels"]
        return value - self.gamma * sets.correction(t, x, defect, args, scale=x if self.relative else None)


def _keeps_signs(field: Any) -> bool:
    """Whether the states of a field, or of one that it wraps, cannot become zero."""
    while field is not None and not getattr(field, "keeps_signs", False):
        field = getattr(field, "inner", None)
    return field is not None


class AbstractEquivariantField(AbstractModule):
    """f = V_0 + Σ_j c_j(I_1 … I_r) V_j with I_i the joint invariants of the group, and V_j made so that every such field is
    carried into itself by it, whatever the network c is.

    Arguments:
        coefficients: network from r invariants to as many numbers as there are fields in the frame; or generators alone, as
            `from_generators` takes them.
        invariants: (t, x, args) -> (…, r).
        frame: (t, x, args) -> (…, number of fields, components).
        transform: applied to the invariants before the network, e.g. a scaling or a logarithm.
        base: (t, x, args) -> (…, components), V_0; None where it is 0.
        certificate: what was proven, see `liesym.invariants.equivariance.Certificate`.

    Raises:
        TrainingError: neither generators alone nor all of network, invariants and frame are given.
    Source: Olver 1993, section 2.1 (invariants); Villar et al. 2021 (the orthogonal group).
    """

    def __init__(
        self,
        coefficients: Callable[..., Array] | Group,
        invariants: Callable[..., Array] | None = None,
        frame: Callable[..., Array] | None = None,
        *,
        transform: Callable[[Array], Array] | None = None,
        base: Callable[..., Array] | None = None,
        certificate: Certificate | None = None,
    ) -> None:
        super().__init__()
        group = isinstance(coefficients, Generator | str | Sequence)
        if group != (invariants is None and frame is None) or (invariants is None) != (frame is None):
            raise TrainingError("expected generators alone, or a network with its invariants and its frame")
        if group:
            made = self.from_generators(coefficients, transform=transform)  # type: ignore[arg-type]
            coefficients, invariants, frame = made.coefficients, made.invariants, made.frame
            base, certificate = made.base, made.certificate
        parts: tuple[Any, Any, Any] = (coefficients, invariants, frame)
        self.coefficients, self.invariants, self.frame = parts
        self.transform = transform
        self.base, self.certificate = base, certificate

    @classmethod
    def from_generators(
        cls,
        generators: Group,
        *,
        names: Sequence[str] | str | None = None,
        order: int = 1,
        degree: int = 2,
        width: int = 64,
        depth: int = 2,
        activation: str = "tanh",
        seed: int = 0,
        dtype: Any = None,
        transform: Callable[[Array], Array] | None = None,
    ) -> Self:
        """From the group alone: invariants and frame by `equivariant_frame`, lowered, and a network for c.

        The generators may be rational or exponential, scale the states, and move time; the field then depends on t. With
        `order` 2 the field is an acceleration, to be put into a `SecondOrderField`. The equations with the network in them
        and their symmetries, proven for every network, are in `certificate`.

        As text a generator is "x: y; y: -x" or "y d/dx - x d/dy" over time t and states in the order of the alphabet, unless
        `names` says which states there are, in which order.
        """
        generators = _read_group(generators, names)
        found = equivariant_frame(generators, order=order, degree=degree)
        count = len(found.frame)
        sizes = (len(found.invariants), *(width,) * depth, count)
        options: dict[str, Any] = {"backend": cls.arrays.name, "t": generators[0].variables[0]}
        invariants = lower(list(found.invariants), found.state, **options)
        flat = lower([c for field in found.frame for c in field], found.state, **options)
        base = lower(list(found.base), found.state, **options) if found.base else None
        frame = Gradients(flat, count, len(found.frame[0]))
        network = cls.arrays.network(sizes, activation=activation, seed=seed, dtype=dtype)
        return cls(network, invariants, frame, transform=transform, base=base, certificate=found.certificate)

    def forward(self, t: Any, x: Array, args: Any = None) -> Array:
        """Shape (…, components)."""
        x = self.received(x)
        inputs = self.invariants(t, x, args)
        if self.transform is not None:
            inputs = self.transform(inputs)
        numbers = self.coefficients(inputs)
        value = (numbers[..., None] * self.frame(t, x, args)).sum(-2)
        return value if self.base is None else value + self.base(t, x, args)


def _read_group(given: Group, names: Sequence[str] | str | None) -> tuple[Generator, ...]:
    """The generators, all as text or all made."""
    each = (given,) if isinstance(given, Generator | str) else tuple(given)
    texts = [g for g in each if isinstance(g, str)]
    made = [g for g in each if isinstance(g, Generator)]
    if not each or len(made) not in (0, len(each)) or len(texts) + len(made) != len(each):
        raise TrainingError("generators are one or more, all text such as 'x: y; y: -x' or all liesym.Generator")
    return tuple(map(Generator.of, read_fields(texts, names))) if texts else tuple(made)
