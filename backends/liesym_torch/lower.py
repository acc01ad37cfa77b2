"""Programs to torch callables: generated straight-line source over torch operations."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import torch
from torch import Tensor

from liesym.errors import BackendError
from liesym.lowering.reference import check_state, lookup, source_of
from liesym.lowering.slopes import Slopes, written
from liesym.program import COMMON, Dialect, ModuleText, Program, calls, compile_function, failed, packed
from liesym_torch.operations import inverse_gudermann

_SAME = (
    "sqrt", "rsqrt", "reciprocal", "exp", "expm1", "log", "log1p", "sin", "cos", "tan", "asin", "acos",
    "atan", "sinh", "cosh", "tanh", "asinh", "acosh", "atanh", "abs", "floor", "ceil", "erf",
    "erfc", "lgamma", "digamma", "isfinite", "atan2", "hypot", "minimum", "maximum", "copysign", "where",
)  # fmt: skip

DIALECT = Dialect(
    "torch",
    {
        **COMMON,
        **calls("torch.", {op: op for op in _SAME}),
        "stop": "{0}.detach()",
        "sign": "torch.where({0} == {0}, torch.sign({0}), {0})",  # torch.sign(NaN) is 0
        "polygamma": "torch.polygamma({value}, {0})",
        "inverse_gudermann": "inverse_gudermann({0}, {1})",
        "mod": "torch.remainder({0}, {1})",
        "epsilon": "x.new_full((), torch.finfo(x.dtype).eps)",
        "huge": "x.new_full((), torch.finfo(x.dtype).max ** 0.5)",
    },
    arrays_only=frozenset({"atan2", "copysign", "hypot", "minimum", "maximum", "mod"}),
    constant="x.new_full((), {0})",
    unpack="{targets} = x.unbind(-1)",
    fused={
        "add scaled": "torch.add({0}, {1}, alpha={2})",
        "sub scaled": "torch.sub({0}, {1}, alpha={2})",
        "add product": "torch.addcmul({0}, {1}, {2})",
        "sub product": "torch.addcmul({0}, {1}, {2}, value=-1)",
    },
    imports=(
        ("from dataclasses import dataclass", "derivatives("),
        ("import torch", ""),
        ("from torch import Tensor", ""),
    ),
)


def typed(value: Any, x: Tensor) -> Tensor:
    """The number or array as a tensor of x's dtype on x's device."""
    if isinstance(value, Tensor):
        return value if value.dtype == x.dtype and value.device == x.device else value.to(x)
    if isinstance(value, (int, float)):
        return x.new_full((), value)
    return torch.as_tensor(value, dtype=x.dtype, device=x.device)


def stack(values: tuple[Any, ...], batch: torch.Size, x: Tensor) -> Tensor:
    """The values broadcast to one shape, which is at least `batch`, on a new last axis."""
    for value in values:
        if not isinstance(value, Tensor) or value.shape != batch:
            break
    else:
        return torch.stack(values, -1)
    tensors = [value if isinstance(value, Tensor) else x.new_full((), value) for value in values]
    shape = torch.broadcast_shapes(batch, *(value.shape for value in tensors))
    return torch.stack([value.expand(shape) for value in tensors], -1)


DERIVATIVES = Slopes(torch.func.jvp, torch.func.vjp, torch.broadcast_tensors, torch.ones_like, torch.zeros_like, forward=0)
MADE = "Slopes(torch.func.jvp, torch.func.vjp, torch.broadcast_tensors, torch.ones_like, torch.zeros_like, forward=0)"

MODULE = ModuleText(
    "Tensor",
    opening=(
        "if x.shape[-1] != len(STATE):",
        '    raise ValueError(f"x has shape {tuple(x.shape)}; its last axis must hold {STATE}")',
        "t = typed(0.0 if t is None else t, x)",
        "batch = torch.broadcast_shapes(t.shape, x.shape[:-1])",
    ),
    helpers=(inspect.getsource(typed), inspect.getsource(stack)),
    functions=(("derivatives", written(MADE)),),
)


class TorchFunction:
    """A lowered callable in torch; see `liesym.lower` for what it takes and returns."""

    def __init__(self, program: Program, functions: Mapping[str, Callable[..., Any]]) -> None:
        self.program, self.functions = program, dict(functions)
        parameters = program.parameters

        def parameter(args: Any, k: int, x: Tensor) -> Tensor:
            return typed(lookup(args, *parameters[k]), x)

        namespace: dict[str, object] = {
            "torch": torch,
            "inverse_gudermann": inverse_gudermann,
            "parameter": parameter,
            "derivatives": DERIVATIVES,
        }
        self._evaluate: Any = compile_function(source_of(program, DIALECT), "evaluate", namespace)
        self._called = tuple(functions[name] for name in program.calls)
        self._components, self._uses_time = len(program.state), program.uses_time
        self._plain = len(program.results) == len(program.outputs)

    def __call__(self, t: Any, x: Any, args: Any = None) -> Any:
        return self.holding(self._called, t, x, args)

    def holding(self, called: Sequence[Callable[..., Any]], t: Any, x: Any, args: Any = None) -> Any:
        """The same with these functions in place of those it was made with, in the order of `program.calls`."""
        if not isinstance(x, Tensor):
            x = torch.as_tensor(x)
        if x.dim() == 0 or x.shape[-1] != self._components:
            check_state(tuple(x.shape), self.program.state)
        if not x.is_floating_point():
            raise BackendError(f"x has dtype {x.dtype}; real floating point numbers are needed")
        batch = x.shape[:-1]
        if t is not None:
            t = typed(t, x)
            if t.dim() and t.shape != batch:
                batch = torch.broadcast_shapes(batch, t.shape)
        elif self._uses_time:
            raise BackendError("this program depends on time; t is needed")
        results = self._evaluate(t, x, args, called)
        if self._plain:
            return stack(results, batch, x)
        if self.program.failures:
            self._raise(results, batch)
        return packed(
            self.program,
            results,
            lambda parts: stack(tuple(parts), batch, x),
            lambda array, k, m: array.unflatten(-1, (k, m)),
            lambda truth: (1.0 - typed(truth, x)).expand(batch).mean(),
        )

    def _raise(self, results: Any, batch: torch.Size) -> None:
        flags = [flag.expand(batch) for flag in results[-len(self.program.failures) :]]
        counts = [int(flag.sum()) for flag in flags]
        if any(counts):
            raise BackendError(failed(self.program, [c > 0 for c in counts], counts, batch.numel()))

    def __reduce__(self) -> Any:
        return TorchFunction, (self.program, self.functions)


class TorchBackend:
    """torch: eager, compiled, under functional transforms, on any device."""

    name = "torch"
    operations = DIALECT.operations
    dialect = DIALECT
    export_dialect = replace(
        DIALECT, templates={op: text for op, text in DIALECT.templates.items() if op != "inverse_gudermann"}
    )
    module = MODULE

    def lower(self, program: Program, functions: Mapping[str, Callable[..., Any]]) -> TorchFunction:
        return TorchFunction(program, functions)

    def serialize(self, function: TorchFunction, dtype: str) -> bytes:
        """See `liesym_torch.serial`."""
        from liesym_torch.serial import serialize

        return serialize(function, dtype)

    def arrays(self) -> object:
        """How `liesym.testing` makes and reads arrays."""
        from liesym.testing import Arrays

        return Arrays(torch.as_tensor, lambda a: torch.as_tensor(a).detach().cpu().numpy(), _gradient, torch.sin)


def _gradient(function: Callable[[Tensor], Tensor], x: Any) -> Any:
    data = torch.as_tensor(x).requires_grad_()
    total = function(data).sum()
    if not total.requires_grad:
        return torch.zeros_like(data).numpy()
    return torch.autograd.grad(total, data, allow_unused=True, materialize_grads=True)[0].numpy()


BACKEND = TorchBackend()
