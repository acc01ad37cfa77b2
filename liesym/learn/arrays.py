"""What the learning half asks of an array library: an array namespace, and a dozen functions that no namespace has.

All that `liesym.learn` computes with arrays is written once: on the array API standard, which `xp` follows (array-api-compat
makes it of torch and of NumPy, jax.numpy is it), on indexing and arithmetic, and on the members of `ArrayLibrary`. A toolkit
(liesym_torch, liesym_jax, one of a third party) brings an object with these members, and puts the halves of modules here
together with its own base class.

Source: Python array API standard, version 2024.12 (Consortium for Python Data API Standards).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, ClassVar, Protocol

import numpy as np

from liesym.errors import BackendError

Array = Any
"""An array of whichever library; shapes are in the docstrings."""


class ArrayLibrary(Protocol):
    """The members that a toolkit brings.

    Arguments:
        name: of the backend by which expressions are lowered.
        xp: the array namespace.
    """

    @property
    def name(self) -> str: ...

    @property
    def xp(self) -> Any: ...

    def as_array(self, values: Any, like: Any = None) -> Array:
        """Numbers in the type and on the device of an array, or of a module's weights; as they are without `like`."""
        ...

    def weights(self, values: Any, dtype: Any = None) -> Array:
        """Numbers to begin a training with, in single precision unless told."""
        ...

    def eye(self, size: int, like: Array) -> Array:
        """The unit matrix in the type and on the device of an array."""
        ...

    def spread(self, x: Array, shape: Sequence[int], /) -> Array:
        """Broadcast, in memory of its own where the library wants that of what is differentiated forward."""
        ...

    def network(self, sizes: Sequence[int], *, activation: str, seed: int, dtype: Any) -> Any:
        """A dense network, see `liesym.learn.rollout.AbstractMLP`."""
        ...

    def fixed(self, x: Array, /) -> Array:
        """The same numbers, constant for derivatives."""
        ...

    def is_known(self, x: Array) -> bool:
        """Whether its numbers can be looked at here and now, which those of a traced array cannot."""
        ...

    def to_numpy(self, x: Array, /) -> np.ndarray:
        """The numbers alone, without derivatives."""
        ...

    def compiled(self, function: Callable[..., Any], /) -> Callable[..., Any]:
        """The same function, compiled where many small operations would be slow."""
        ...

    def jvp(self, function: Callable[..., Any], primals: Sequence[Array], tangents: Sequence[Array], /) -> tuple[Any, Any]:
        """The value and the derivative along the tangents."""
        ...

    def directions(self, function: Callable[..., Any], point: Sequence[Array], tangents: Sequence[Array]) -> tuple[Any, Any]:
        """The value and the derivatives along several directions, on a new first axis, which the tangents have too."""
        ...

    def gradient(self, function: Callable[..., Array], *point: Array) -> tuple[Array, ...]:
        """The derivatives of a scalar function by each of its arguments."""
        ...

    def jacobian(self, function: Callable[[Array], Array], x: Array) -> Array:
        """∂f/∂x of shape (S, m, n) of a function of one sample, for samples of shape (S, n), by reverse mode."""
        ...

    def solve(self, matrix: Array, right: Array) -> Array:
        """x of shape (…, n) with matrix · x = right, sample by sample.

        Raises:
            numpy.linalg.LinAlgError: a matrix is known to be singular.
        """
        ...

    def repeat(
        self, step: Callable[[Any, Any], Any], state: Any, count: int, going: Callable[[Any], Array] | None = None
    ) -> Any:
        """step(state, k) for k = 0 … count - 1; the rest is skipped once `going` is true of no sample any more."""
        ...

    def scan(self, step: Callable[[Array, Any], Array], start: Array, inputs: tuple[Array, ...]) -> Array:
        """States x_0, x_1 = step(x_0, inputs at 0), …, on the last axis but one."""
        ...

    def replaced(self, module: Any, **values: Array) -> Any:
        """A copy of the module with other arrays in these places, its weights fixed where they are marked as trained."""
        ...

    def minimized(self, model: Any, objective: Callable[[Any, Any], Array], samples: np.ndarray, settings: Any) -> Any:
        """(model, losses): a copy trained by AdamW on objective(model, sample), one step for each row of samples."""
        ...


class AbstractModule:
    """The half of a module that is the same in every library: it computes in `forward`.

    A toolkit puts it before a base class of its own, which has `arrays`, makes the module callable, and keeps numbers that
    are not trained under a name by `hold(name, numbers, dtype)`. Where the base class wants attributes declared, the
    toolkit declares them.
    """

    arrays: ClassVar[ArrayLibrary]
    hold: Callable[[str, Any, Any], None]

    def received(self, x: Any) -> Array:
        """States given as numbers, lists or arrays of NumPy as an array in the type of the weights; others as they are."""
        if not isinstance(x, (list, tuple, int, float, np.ndarray, np.generic)):
            return self.arrays.as_array(x * 1.0, self) if "int" in str(getattr(x, "dtype", "")) else x
        values = np.asarray(x)
        return self.arrays.as_array(values if values.dtype.kind == "f" else values.astype(float), self)


def joint_batch(t: Sequence[int], x: Sequence[int]) -> tuple[int, ...]:
    """The batch of times of shape t and states of shape x = (…, m): t broadcasts against (…), last axes first, as everywhere
    in NumPy.

    Raises:
        BackendError: they do not fit.
    """
    try:
        return np.broadcast_shapes(tuple(t), tuple(x)[:-1])
    except ValueError:
        said = f"t has shape {tuple(t)} and x has shape {tuple(x)}; t broadcasts against {tuple(x)[:-1]}, last axes first"
        first = len(t) == 1 and len(x) > 2 and t[0] == x[0]
        raise BackendError(said + ("; for time along the first axis write t[:, None]" if first else "")) from None


def together(arrays: ArrayLibrary, t: Any, x: Array) -> tuple[Any, Array]:
    """Time (or None) and states (…, m) broadcast to one batch."""
    x = arrays.as_array(x)
    if t is None:
        return None, x
    t = arrays.as_array(t, x)
    batch = joint_batch(t.shape, x.shape)
    return arrays.spread(t, batch), arrays.spread(x, (*batch, x.shape[-1]))
