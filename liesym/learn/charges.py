"""Noether charges of a Lagrangian that is only known as a function, and their drift along trajectories.

    J = η·L_v + ξ (L - v·L_v) - B

ξ, η and the gauge term B come from the symmetry alone and are lowered; L_v is differentiated in the backend.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from sympy import Expr, S, Symbol

from liesym.base.jets import jet_symbol
from liesym.errors import DataError, Unsupported
from liesym.invariants.groups import Symmetries, as_group
from liesym.symmetries.generator import Generator
from liesym.variational.lagrangian import Lagrangian
from liesym.variational.noether import noether


@dataclass(frozen=True, slots=True)
class ChargeParts:
    """What the charges of k symmetries need besides the Lagrangian.

    Arguments:
        variables: (t, q_1, …, q_m).
        rows: (ξ, η_1, …, η_m, B) of each symmetry.
    """

    variables: tuple[Symbol, ...]
    rows: tuple[tuple[Expr, ...], ...]

    @property
    def state(self) -> tuple[Symbol, ...]:
        """(q_1, …, q_1', …)."""
        unknowns = self.variables[1:]
        return (*unknowns, *(jet_symbol(q, 1) for q in unknowns))

    @property
    def flat(self) -> list[Expr]:
        """All rows one after the other."""
        return [e for row in self.rows for e in row]


def charge_parts(symmetries: Symmetries, gauges: Sequence[Expr] | None = None) -> ChargeParts:
    """The parts of the charges of generators, with gauge terms B(t, q) where they are given.

    Raises:
        Unsupported: no generator, or not as many gauge terms as generators.
    """
    group = as_group(symmetries)
    chosen = tuple(gauges) if gauges is not None else (S.Zero,) * len(group.generators)
    if not group.generators or len(chosen) != len(group.generators):
        raise Unsupported(
            f"{len(chosen)} gauge terms for {len(group.generators)} generators; a charge belongs to a generator, "
            "maps alone have none"
        )
    rows = tuple((*g.components, gauge) for g, gauge in zip(group.generators, chosen, strict=True))
    return ChargeParts(group.variables, rows)


def symbolic_charges(lagrangian: Lagrangian, symmetries: Symmetries) -> tuple[Expr, ...]:
    """The charges of a known Lagrangian, gauge terms found by Noether's theorem.

        J = η·L_v + ξ (L - v·L_v) - B    with    X^(1) L + L D_t ξ = D_t B

    Raises:
        Unsupported: a generator is no variational symmetry of the Lagrangian.
    Source: Noether 1918; Olver 1993, section 5.4.
    """
    return tuple(_charge(lagrangian, generator) for generator in as_group(symmetries).generators)


def _charge(lagrangian: Lagrangian, generator: Generator) -> Expr:
    laws = noether(lagrangian, generators=[generator])
    if not laws:
        raise Unsupported(f"{generator} is no variational symmetry of {lagrangian.expression}")
    pairs = zip(generator.components, laws[0].generator.components, strict=True)
    factor = next((wanted / found).cancel() for wanted, found in pairs if found != 0)
    return (factor * laws[0].integral).expand()


@dataclass(frozen=True, slots=True, eq=False)
class Drift:
    """Charges along trajectories and how far they move from their first values.

    Arguments:
        charges: shape (…, K, k), for K times and k symmetries.
        absolute: |J - J(0)|, shape (…, K, k).
        relative: ‖J - J(0)‖ / ‖J(0)‖ over the k symmetries together, shape (…, K); infinite or not a number
            where a trajectory is, or where J(0) = 0.
    """

    charges: np.ndarray
    absolute: np.ndarray
    relative: np.ndarray

    @property
    def largest(self) -> np.ndarray:
        """The largest relative drift of each trajectory, shape (…,); infinite where it is not finite."""
        return np.where(np.isfinite(self.relative), self.relative, np.inf).max(-1)


def drift_of(charges: np.ndarray) -> Drift:
    """The drift of charges of shape (…, K, k), the first time being the reference.

    Raises:
        DataError: fewer than two times.
    """
    values = np.asarray(charges)
    if values.ndim < 2 or values.shape[-2] < 2:
        raise DataError(f"charges of shape {values.shape}; a drift needs (…, K, k) with at least two times")
    with np.errstate(all="ignore"):  # a trajectory that left the range of its type has no finite drift
        moved = values - values[..., :1, :]
        size = np.linalg.norm(values[..., :1, :], axis=-1)
        return Drift(values, np.abs(moved), np.linalg.norm(moved, axis=-1) / size)
