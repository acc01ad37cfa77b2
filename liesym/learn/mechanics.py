"""The backend-free half of Lagrangian and Hamiltonian fields: the checks that both backends share."""

from __future__ import annotations

from collections.abc import Sequence

from liesym.errors import TrainingError

INVERSES = ("solve", "pseudo")
SINGULAR = (
    "the matrix ∂²L/∂q'∂q' is singular at some of the points, so the accelerations are not determined; let L depend on "
    "every velocity by more than a linear term, or take inverse='pseudo'"
)


def check_inverse(inverse: str, tolerance: float | None) -> None:
    """Refuse an unknown way to solve for the accelerations.

    Raises:
        TrainingError: names the ways there are.
    """
    if inverse not in INVERSES:
        raise TrainingError(f"no inverse {inverse!r}; there are {', '.join(INVERSES)}")
    if tolerance is not None and (inverse != "pseudo" or not 0 <= tolerance < 1):
        raise TrainingError(f"tolerance = {tolerance!r} goes with inverse='pseudo' and lies between 0 and 1")


def unknowns_in(states: int) -> int:
    """n of a state (q, v) of 2n numbers.

    Raises:
        TrainingError: the number is odd or zero.
    """
    if states == 0 or states % 2:
        raise TrainingError(f"a state of {states} components; expected (q, v) or (q, p), an even number of them")
    return states // 2


def check_halves(q: Sequence[int], v: Sequence[int]) -> None:
    """Refuse positions and velocities of different shapes.

    Raises:
        TrainingError: gives both shapes.
    """
    if tuple(q) != tuple(v) or not q:
        raise TrainingError(f"positions of shape {tuple(q)} with velocities of shape {tuple(v)}; expected the same (…, n)")


def check_scalar(name: str, shape: Sequence[int], batch: Sequence[int]) -> bool:
    """Whether a function has values of shape (…, 1) and not (…), for points of shape (…, n).

    Raises:
        TrainingError: any other shape.
    """
    shape, batch = tuple(shape), tuple(batch)
    if shape not in (batch, (*batch, 1)):
        raise TrainingError(f"{name} has values of shape {shape} for points of shape {(*batch, 'n')}; expected {batch}")
    return shape != batch


def angle_columns(unknowns: int, angles: Sequence[int]) -> tuple[list[int], list[int]]:
    """Indices of the positions that are angles, and of the others.

    Raises:
        TrainingError: an index outside 0 … n - 1, or one twice.
    """
    if sorted(set(angles)) != sorted(angles) or any(not 0 <= k < unknowns for k in angles):
        raise TrainingError(f"angles = {tuple(angles)}; expected different numbers from 0 to {unknowns - 1}")
    return list(angles), [k for k in range(unknowns) if k not in angles]
