"""The array library of torch for `liesym.learn`, the base of its modules, and the dense network."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator, Sequence
from typing import Any, ClassVar

import array_api_compat.torch as xp
import numpy as np
import torch
from torch import Tensor, nn

from liesym.errors import TrainingError
from liesym.learn.arrays import ArrayLibrary
from liesym.learn.rollout import AbstractMLP, check_activation
from liesym_torch.lower import typed
from liesym_torch.operations import SLOPES, any_sample

ACTIVATIONS: dict[str, Callable[[Tensor], Tensor]] = {
    "tanh": torch.tanh,
    "softplus": nn.functional.softplus,
    "silu": nn.functional.silu,
    "relu": torch.relu,
    "gelu": nn.functional.gelu,
    "logsigmoid": nn.functional.logsigmoid,
    "sin": torch.sin,
}


class TorchArrays:
    """The members of `liesym.learn.arrays.ArrayLibrary`."""

    name = "torch"
    xp: Any = xp

    def as_array(self, values: Any, like: Any = None) -> Tensor:
        if isinstance(like, nn.Module):
            like = next(like.parameters(), None)
        if isinstance(like, Tensor) and not isinstance(values, np.ndarray):
            return typed(values, like)
        if isinstance(values, Tensor):
            return values
        options = {"dtype": like.dtype, "device": like.device} if isinstance(like, Tensor) else {}
        return torch.as_tensor(np.array(values), **options)

    def weights(self, values: Any, dtype: Any = None) -> Tensor:
        return torch.tensor(values, dtype=as_dtype(dtype))

    def eye(self, size: int, like: Tensor) -> Tensor:
        return torch.eye(size, dtype=like.dtype, device=like.device)

    def spread(self, x: Tensor, shape: Sequence[int]) -> Tensor:
        # Forward-mode differentiation refuses tensors whose entries share memory, hence contiguous().
        return x.expand(tuple(shape)).contiguous()

    def network(self, sizes: Sequence[int], *, activation: str, seed: int, dtype: Any) -> MLP:
        return MLP(sizes, activation=activation, seed=seed, dtype=dtype)

    def fixed(self, x: Tensor) -> Tensor:
        return x.detach()

    def is_known(self, x: Tensor) -> bool:
        if torch.compiler.is_compiling():
            return False
        inside: Any = torch._C._functorch  # pyright: ignore[reportAttributeAccessIssue]
        while inside.is_functorch_wrapped_tensor(x):
            if inside.is_batchedtensor(x):
                return False
            x = inside.get_unwrapped(x)
        return True

    def to_numpy(self, x: Tensor) -> np.ndarray:
        return x.detach().cpu().numpy()

    def compiled(self, function: Callable[..., Any]) -> Callable[..., Any]:
        return function

    def jvp(self, function: Callable[..., Any], primals: Sequence[Any], tangents: Sequence[Any]) -> tuple[Any, Any]:
        if isinstance(function, MLP):
            return function.along(*primals, *tangents)
        try:
            found: Any = torch.func.jvp(function, tuple(primals), tuple(tangents))
        except RuntimeError as error:
            found = _by_reverse(function, primals, tangents, error)
        return found

    def directions(self, function: Callable[..., Any], point: Sequence[Any], tangents: Sequence[Any]) -> tuple[Any, Any]:
        found: Any = torch.func.vmap(lambda *d: torch.func.jvp(function, tuple(point), d))(*tangents)
        values, rates = found
        return tuple(value[0] for value in values), rates

    def gradient(self, function: Callable[..., Tensor], *point: Tensor) -> Any:
        return torch.func.grad(function, argnums=tuple(range(len(point))))(*point)

    def jacobian(self, function: Callable[[Tensor], Tensor], x: Tensor) -> Tensor:
        return torch.func.vmap(torch.func.jacrev(function))(x)

    def solve(self, matrix: Tensor, right: Tensor) -> Tensor:
        try:
            return torch.linalg.solve(matrix, right[..., None])[..., 0]
        except torch.linalg.LinAlgError as error:  # pyright: ignore[reportPrivateImportUsage]
            raise np.linalg.LinAlgError(str(error)) from None

    def repeat(self, step: Callable[[Any, Any], Any], state: Any, count: int, going: Any = None) -> Any:
        for k in range(count):
            if going is not None and not any_sample(going(state)):
                break
            state = step(state, k)
        return state

    def scan(self, step: Callable[[Tensor, Any], Tensor], start: Tensor, inputs: tuple[Tensor, ...]) -> Tensor:
        states = [start]
        for given in zip(*inputs, strict=True):
            states.append(step(states[-1], given))
        return torch.stack(states, dim=-2)

    def replaced(self, module: nn.Module, **values: Tensor) -> Any:
        fixed = copy.deepcopy(module).requires_grad_(False)
        for name, value in values.items():
            setattr(fixed, name, value.detach())
        return fixed

    def minimized(
        self, model: nn.Module, objective: Callable[[Any, Any], Tensor], samples: np.ndarray, settings: Any
    ) -> tuple[Any, list[float]]:
        model = copy.deepcopy(model).requires_grad_(True)
        optimizer = torch.optim.AdamW(model.parameters(), lr=settings.learning_rate, weight_decay=settings.weight_decay)
        losses = []
        for k, sample in enumerate(samples):
            for group in optimizer.param_groups:
                group["lr"] = settings.rate(k)
            optimizer.zero_grad()
            value = objective(model, sample)
            value.backward()
            optimizer.step()
            losses.append(float(value.detach()))
        return model, losses


def _by_reverse(function: Callable[..., Any], primals: Sequence[Any], tangents: Sequence[Any], error: RuntimeError) -> Any:
    """The value and d/dv (v J)·dx = J dx, for functions that call torch.autograd.grad, which forward mode cannot enter.

    Raises:
        RuntimeError: what forward mode said, where reverse mode fails too.
    """
    with torch.enable_grad():
        points = [p if p.requires_grad else p.detach().clone().requires_grad_() for p in primals]
        try:
            value = function(*points)
            weight = torch.zeros_like(value, requires_grad=True)
            options: dict[str, Any] = {"create_graph": True, "allow_unused": True, "materialize_grads": True}
            slopes = torch.autograd.grad(value, points, grad_outputs=weight, **options)
            rate = torch.autograd.grad(slopes, weight, grad_outputs=tuple(tangents), **options)[0]
        except (RuntimeError, AttributeError, TypeError):
            raise error from None
    return value, rate


ARRAYS: ArrayLibrary = TorchArrays()


def as_dtype(given: Any) -> torch.dtype:
    """A real dtype of torch by itself, by its name or as that of NumPy; single precision unless given.

    Raises:
        TrainingError: it is none.
    """
    if isinstance(given, np.dtype) or (isinstance(given, type) and issubclass(given, np.generic)):
        given = np.dtype(given).name
    found = getattr(torch, given, None) if isinstance(given, str) else torch.float32 if given is None else given
    if not isinstance(found, torch.dtype) or not found.is_floating_point:
        raise TrainingError(f"dtype = {given!r}; expected a real dtype such as torch.float64 or 'float64'")
    return found


class Module(nn.Module):
    """The base of the modules here: called with the hooks of torch, numbers that are not trained in buffers."""

    arrays: ClassVar[ArrayLibrary] = ARRAYS

    def hold(self, name: str, values: Any, dtype: Any) -> None:
        """See `liesym.learn.arrays.AbstractModule`."""
        self.register_buffer(name, torch.tensor(values, dtype=as_dtype(dtype)))

    def load_state_dict(self, state_dict: Any, strict: bool = True, assign: bool = False) -> Any:
        """As torch does.

        Raises:
            TrainingError: the state is that of another model.
        """
        try:
            return super().load_state_dict(state_dict, strict=strict, assign=assign)
        except (RuntimeError, TypeError) as error:
            said = " ".join(str(error).split())
            raise TrainingError(f"the state is not that of this {type(self).__name__}: {said[:400]}") from error


class MLP(AbstractMLP, Module):
    """y = W_k σ(… σ(W_1 x + b_1) …) + b_k; see `liesym.learn.rollout.AbstractMLP`."""

    def build(self, activation: str, weights: list[Tensor], biases: list[Tensor]) -> None:
        """Keep the layers and what belongs to the activation."""
        check_activation(activation, ACTIVATIONS)
        self.activation, self.slope = ACTIVATIONS[activation], SLOPES.get(activation)
        self.weights, self.biases = nn.ParameterList(weights), nn.ParameterList(biases)

    def _layers(self) -> Iterator[tuple[Any, Any]]:
        """Pairs (W, b) as the lists hold them: to look up each by its index costs as much as a small layer does."""
        return zip(self.weights._parameters.values(), self.biases._parameters.values(), strict=True)

    def forward(self, x: Tensor) -> Tensor:
        """The outputs of the last layer."""
        *hidden, (weight, bias) = self._layers()
        for w, b in hidden:
            x = self.activation(nn.functional.linear(x, w, b))
        return nn.functional.linear(x, weight, bias)

    def along(self, x: Tensor, dx: Tensor) -> Any:
        """The values and their derivative along dx: dy = W_k σ'(u) … σ'(u_1) W_1 dx.

        Forward mode in torch computes more than it needs for a dense layer.
        """
        if self.slope is None or type(self).forward is not MLP.forward:
            return torch.func.jvp(self, (x,), (dx,))
        *hidden, (weight, bias) = self._layers()
        for w, b in hidden:
            u = nn.functional.linear(x, w, b)
            x = self.activation(u)
            dx = self.slope(nn.functional.linear(dx, w), u, x)
        return nn.functional.linear(x, weight, bias), nn.functional.linear(dx, weight)
