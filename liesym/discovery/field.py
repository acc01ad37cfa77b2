"""A field that can only be called, as one function on batches of NumPy arrays, and the states at which it is asked."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from liesym.errors import DataError, LiesymError
from liesym.learn.toolkits import toolkit

Floats = np.ndarray
FOREIGN = ("torch", "jax")
LEAST_USABLE = 0.25
"""The part of the drawn states at which a field must be finite."""


@dataclass(frozen=True, slots=True, eq=False)
class BlackBox:
    """f(t, x) on states of shape (S, m), with the relative precision of its numbers.

    Arguments:
        call: takes times (S,) and states (S, m), gives (S, m) in double precision.
        precision: of one component, relative to the size of f.
        autonomous: False if f changes with t at some state.
        lower, upper: corners of the region, shape (m,).
    """

    call: Callable[[Floats, Floats], Floats]
    precision: float
    autonomous: bool
    lower: Floats
    upper: Floats

    def draw(self, count: int, rng: np.random.Generator) -> tuple[Floats, Floats]:
        """Times (S,) between 0 and 1 and states (S, m), uniform in the region."""
        return rng.uniform(0, 1, count), rng.uniform(self.lower, self.upper, (count, len(self.lower)))

    def at(self, t: Floats, x: Floats) -> Floats:
        """f at times and states; an autonomous field is asked at t = 0, which allows all states at once."""
        return self.call(np.zeros_like(t) if self.autonomous else t, x)

    def samples(self, count: int, rng: np.random.Generator) -> tuple[Floats, Floats, Floats]:
        """Times, states and values, where these are finite.

        Raises:
            DataError: the field is finite almost nowhere in the region.
        """
        t, x = self.draw(count, rng)
        f = self.at(t, x)
        good = np.isfinite(f).all(1)
        if good.mean() < LEAST_USABLE:
            raise DataError(
                f"the field is finite at {good.mean():.0%} of the states of the region; give one where it is defined"
            )
        return t[good], x[good], f[good]

    def derivatives(self, t: Floats, x: Floats) -> tuple[Floats, Floats]:
        """∂_t f of shape (S, m) and ∂f_i/∂x_j of shape (S, m, m), by central differences of order 4."""
        root = self.precision**0.2
        columns = []
        for j in range(len(self.lower)):
            h = root * 0.3 * (self.upper[j] - self.lower[j])
            step = np.zeros(len(self.lower))
            step[j] = h
            columns.append(_difference(lambda k, step=step: self.at(t, x + k * step), h))
        h = root * 0.3
        rate = np.zeros_like(x) if self.autonomous else _difference(lambda k: self.at(t + k * h, x), h)
        return rate, np.stack(columns, axis=2)


def _difference(at: Callable[[int], Floats], h: float) -> Floats:
    """f'(0) ≈ (8(f(h) - f(-h)) - (f(2h) - f(-2h))) / 12h."""
    return (8 * (at(1) - at(-1)) - (at(2) - at(-2))) / (12 * h)


def black_box(field: Any, region: Sequence[Sequence[float]], backend: str | None, rng: np.random.Generator) -> BlackBox:
    """The field as a `BlackBox`.

    Arguments:
        field: takes (t, x), x of shape (m,) or (S, m), and gives the same shape.
        region: (least, largest) of each state.
        backend: "numpy", "torch" or "jax"; found out by calling unless given.
        rng: of the states at which it is tried.

    Raises:
        DataError: the region is no box, or the field cannot be called as told, or has the wrong shape.
    """
    try:
        box = np.asarray(region, np.float64)
    except (TypeError, ValueError):
        box = np.zeros(0)
    if box.ndim != 2 or box.shape[1] != 2 or not np.isfinite(box).all() or (box[:, 0] >= box[:, 1]).any():
        raise DataError(f"region={region!r} is not one pair (least, largest) for each state, such as ((-2, 2), (0.5, 3))")
    lower, upper = box.T
    x = rng.uniform(lower, upper, (7 if len(box) != 7 else 8, len(box)))
    single, dtype = _single(field, x, backend)
    call = _batched(single, x)
    first, again = (call(np.full(len(x), t), x) for t in (0.0, 0.6180339887))
    precision = 4 * float(np.finfo(dtype).eps)
    usable = np.isfinite(first) & np.isfinite(again)
    autonomous = bool(np.allclose(first[usable], again[usable], rtol=100 * precision, atol=100 * precision))
    return BlackBox(call, precision, autonomous, lower, upper)


Call = Callable[[Any, Floats], tuple[Floats, np.dtype]]


def _single(field: Any, x: Floats, backend: str | None) -> tuple[Call, np.dtype]:
    """The field in NumPy's numbers, by the first library in which it can be called at one state."""
    if not callable(field):
        raise DataError(f"a field is a function f(t, x), a torch module or a JAX function, not {type(field).__name__}")
    loaded = [name for name in FOREIGN if name in sys.modules]
    tried = [backend] if backend is not None else ["numpy", *loaded]
    if backend is None and hasattr(field, "state_dict") and "torch" in loaded:
        tried = ["torch"]
    told = ""
    for name in tried:
        if name not in ("numpy", *FOREIGN):
            raise DataError(f"backend={name!r} is not known here; it is 'numpy', 'torch' or 'jax'")
        call = _in_library(field, name)
        try:
            with np.errstate(all="ignore"):
                value, dtype = call(0.0, x[0])
        except LiesymError:
            raise
        except Exception as error:  # whatever the user's function raises on arrays of this library
            told = f"{type(error).__name__}: {error}"
            continue
        if value.shape != x[0].shape:
            raise DataError(f"the field gives shape {value.shape} for a state of shape {x[0].shape}; it gives dx/dt")
        return call, dtype
    raise DataError(
        f"the field cannot be called as f(t, x) with x of shape {x[0].shape} ({told.splitlines()[0] if told else ''})"
    )


def _in_library(field: Any, name: str) -> Call:
    """The field called with arrays of a library, and the type of its numbers."""
    convert = None if name == "numpy" else toolkit(name).as_tensor
    like = field if hasattr(field, "state_dict") else None

    def call(t: Any, x: Floats) -> tuple[Floats, np.dtype]:
        value = field(t, x if convert is None else convert(x, like))
        if isinstance(value, (list, tuple)):
            value = np.stack([np.asarray(_known(v)) for v in value])
        found = np.asarray(_known(value))
        kind = found.dtype if np.issubdtype(found.dtype, np.floating) else np.dtype(np.float64)
        return found.astype(np.float64), kind

    return call


def _known(value: Any) -> Any:
    """A tensor without its derivatives, in the memory of the host."""
    return value.detach().cpu().numpy() if hasattr(value, "detach") else value


def _batched(single: Call, x: Floats) -> Callable[[Floats, Floats], Floats]:
    """The field on batches: at once where that gives what it gives one by one, else one by one."""

    def one_by_one(t: Floats, states: Floats) -> Floats:
        with np.errstate(all="ignore"):
            return np.stack([single(s, row)[0] for s, row in zip(t, states, strict=True)])

    def at_once(t: Floats, states: Floats) -> Floats:
        if not np.ptp(t):
            with np.errstate(all="ignore"):
                return single(t[0], states)[0]
        return one_by_one(t, states)

    expected = one_by_one(np.zeros(len(x)), x)
    try:
        found = at_once(np.zeros(len(x)), x)
    except Exception:  # a function for one state at a time may raise anything on many
        return one_by_one
    same = found.shape == expected.shape and np.allclose(found, expected, rtol=1e-5, atol=1e-7, equal_nan=True)
    return at_once if same else one_by_one
