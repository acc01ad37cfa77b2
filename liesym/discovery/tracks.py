"""Measured trajectories as they come: of different lengths, at irregular times, with missing cells and perhaps rates."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from liesym.errors import DataError
from liesym.text.functions import FUNCTIONS

Floats = np.ndarray
NAME = re.compile(r"[^\W\d]\w*'*")
STILL = 1e-12
"""A column that changes by less than this part of its values rests: the rest is rounding."""
SHORTEST = 3
"""Rows along which something can be constant."""
LARGEST = 1e30
"""Size of numbers, or of one over them, beyond which products of a few of them are no numbers."""


class Run(NamedTuple):
    """One trajectory without missing rows: times (K,), states (K, m), rates (K, m) or None."""

    times: Floats
    states: Floats
    rates: Floats | None


@dataclass(frozen=True, slots=True, eq=False)
class Trajectories:
    """n trajectories of m states; several of these records hold trajectories of different lengths.

    Arguments:
        times: shape (n, K), or (K,) where all are seen at the same times; increasing. NaN where there is no row.
        states: shape (n, K, m), or (K, m) for one trajectory; NaN where a cell is missing.
        names: m names of the states.
        rates: of the shape of states, where they were measured.

    Raises:
        DataError: what is no array of real numbers, shapes that do not fit, infinite numbers, times that do not increase.
    """

    times: Floats
    states: Floats
    names: tuple[str, ...]
    rates: Floats | None = None

    def __post_init__(self) -> None:
        states = _numbers("states", self.states)
        states = states[None] if states.ndim == 2 else states
        times = _numbers("times", self.times)
        m = len(self.names)
        if states.ndim != 3 or states.shape[2] != m or times.shape not in (states.shape[1:2], states.shape[:2]):
            raise DataError(
                f"times of shape {times.shape} and states of shape {states.shape} for the states {', '.join(self.names)}; "
                f"expected (n, K) and (n, K, {m})"
            )
        times = np.broadcast_to(times, states.shape[:2]).copy()
        rates = None if self.rates is None else _numbers("rates", self.rates)
        rates = rates[None] if rates is not None and rates.ndim == 2 else rates
        if rates is not None and rates.shape != states.shape:
            raise DataError(f"rates of shape {rates.shape} for states of shape {states.shape}")
        if np.isinf(states).any() or np.isinf(times).any() or (rates is not None and np.isinf(rates).any()):
            raise DataError("an infinite number among the states, rates or times; write NaN where a cell is missing")
        for name, value in (("times", times), ("states", states), ("rates", rates), ("names", tuple(self.names))):
            object.__setattr__(self, name, value)
        for n, _ in enumerate(states):
            _check_times(times[n][np.isfinite(times[n])], n)

    def runs(self) -> Iterator[Run]:
        """The trajectories one by one, rows with a missing cell left out."""
        for n, states in enumerate(self.states):
            good = np.isfinite(states).all(1) & np.isfinite(self.times[n])
            rates = None if self.rates is None else self.rates[n]
            if rates is not None:
                good &= np.isfinite(rates).all(1)
            if good.any():
                yield Run(self.times[n][good], states[good], None if rates is None else rates[good])


def _numbers(what: str, given: Any) -> Floats:
    """The array in double precision.

    Raises:
        DataError: it holds text, dates or complex numbers, or its rows have different lengths.
    """
    try:
        array = np.asarray(given)
        kind = {"c": "complex numbers", "M": "dates", "m": "spans of time with a unit"}.get(array.dtype.kind, "")
        numbers = np.zeros(0) if kind else array.astype(np.float64)
    except (TypeError, ValueError) as error:
        told = str(error).splitlines()[0]
        raise DataError(
            f"{what} are no array of numbers ({told}); a missing cell is NaN, trajectories of different lengths are records "
            "of their own"
        ) from None
    if kind:
        raise DataError(f"{what} are {kind}; they must be real numbers, such as seconds since the first row")
    return numbers


def _check_times(times: Floats, number: int) -> None:
    steps = np.diff(times)
    if (steps <= 0).any():
        k = int(np.argmax(steps <= 0))
        what = "occurs twice" if steps[k] == 0 else f"is followed by {times[k + 1]:g}"
        raise DataError(f"times must increase: in trajectory {number}, {times[k]:g} {what}")


def gathered(source: Any) -> tuple[list[Run], tuple[str, ...]]:
    """The runs of a record with times, states and names, or of a sequence of such records.

    Raises:
        DataError: there are fewer than two trajectories, the names differ, a column never changes, or is too large.
    """
    records = [source] if hasattr(source, "states") else list(source)
    own = [r if isinstance(r, Trajectories) else Trajectories(r.times, r.states, r.names) for r in records]
    if not own:
        raise DataError("no trajectories are given")
    names = own[0].names
    if any(r.names != names for r in own):
        raise DataError(f"the records name different states: {', '.join(sorted({' '.join(r.names) for r in own}))}")
    _check_numbers(own, names)
    runs = [run for record in own for run in record.runs()]
    if len(runs) < 2:
        raise DataError(f"{len(runs)} trajectory with usable rows: one cannot tell a law from a constant; give several")
    if max(len(run.times) for run in runs) < SHORTEST:
        raise DataError(f"no trajectory has {SHORTEST} usable rows: nothing can be seen to be constant along one")
    everything = np.concatenate([run.states for run in runs])
    size = np.abs(everything).max(0)
    still = [name for name, width, top in zip(names, np.ptp(everything, axis=0), size, strict=True) if width <= STILL * top]
    wild = [f"{name} {top:.0e}" for name, top in zip(names, size, strict=True) if not 1 / LARGEST < top < LARGEST]
    if still:
        raise DataError(f"{', '.join(still)} never changes, neither along nor between trajectories; leave the column out")
    if wild:
        raise DataError(f"numbers of the size of {', '.join(wild)}; take a unit in which they are between 1e-30 and 1e30")
    return runs, names


def _check_numbers(records: Sequence[Trajectories], names: Sequence[str]) -> None:
    """Refuse columns without one number, and say which."""
    for what, arrays in (
        ("", [r.states for r in records]),
        ("the rate of ", [r.rates for r in records if r.rates is not None]),
    ):
        for k, name in enumerate(names):
            if arrays and not any(np.isfinite(a[..., k]).any() for a in arrays):
                raise DataError(f"{what}{name} holds no number; leave the column out")


def checked_names(given: Sequence[str]) -> tuple[str, ...]:
    """Names of states, if they are such as expressions can hold.

    Raises:
        DataError: one is no name, has a fixed meaning, or occurs twice.
    """
    names = tuple(given)
    wrong = next((name for name in names if not isinstance(name, str)), None)
    if wrong is not None:
        raise DataError(f"{wrong!r} is not a name of a state, such as x, q1 or v_x")
    if len(set(names)) < len(names) or not names:
        raise DataError(f"names={names!r}: each state needs a name of its own")
    for name in names:
        if not NAME.fullmatch(name) or name in FUNCTIONS or name == "pi":
            raise DataError(f"{name!r} is not a name of a state, such as x, q1 or v_x")
    return names


def is_data(source: Any) -> bool:
    """Whether a source of `discover` is trajectories and no field."""
    return hasattr(source, "states") or (isinstance(source, Sequence) and all(hasattr(s, "states") for s in source))
