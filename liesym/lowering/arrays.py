"""The few array operations that checks and the reference need of any library."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np


@dataclass(frozen=True, slots=True)
class Arrays:
    """How to make and read a backend's arrays.

    Arguments:
        make: NumPy array -> array of the backend, of the same dtype.
        read: array of the backend -> NumPy array, of the same dtype.
        gradient: (function of x that returns an array, x as a NumPy array) -> derivative of the sum of its values
            by x as a NumPy array; None if the backend has no derivatives.
        sine: the sine on arrays of the backend, which stands for a function that a user supplies.
        dtypes: those that the backend has, the finest first.
    """

    make: Callable[[np.ndarray], Any]
    read: Callable[[Any], np.ndarray]
    gradient: Callable[[Callable[[Any], Any], np.ndarray], np.ndarray] | None
    sine: Callable[[Any], Any]
    dtypes: tuple[str, ...] = ("float64", "float32")
