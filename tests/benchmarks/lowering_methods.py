"""The ways to evaluate the benchmark expressions: by hand, by liesym, by lambdify and by other libraries.

All take x of shape (batch, m) and return (batch, k).
"""

from __future__ import annotations

import importlib.util
import random
import statistics
from collections.abc import Callable
from typing import Any

import numpy as np
import sympy as sp
from expressions import Benchmark

from liesym import lower

Method = Callable[[Any], Any]
Runner = Callable[[], Any]


def installed(name: str) -> bool:
    return importlib.util.find_spec(name) is not None


def torch_methods(benchmark: Benchmark) -> dict[str, Method]:
    """Name -> eager function."""
    import torch

    def rows(function: Callable[..., Any]) -> Method:
        return lambda x: torch.stack(list(function(*x.unbind(-1))), -1)

    ours = lower(list(benchmark.expressions), benchmark.state, backend="torch")
    found: dict[str, Method] = {
        "hand": rows(lambda *c: benchmark.hand(torch, *c)),
        "liesym": lambda x: ours(None, x, None),
    }
    for cse in (True, False):
        plain = sp.lambdify(benchmark.state, list(benchmark.expressions), "torch", cse=cse)
        found[f"lambdify{', cse' if cse else ''}"] = rows(plain)
    if installed("sympytorch"):
        import sympytorch  # pyright: ignore[reportMissingImports]

        module = sympytorch.SymPyModule(expressions=list(benchmark.expressions))
        names = [s.name for s in benchmark.state]
        found["sympytorch"] = lambda x: module(**dict(zip(names, x.unbind(-1), strict=True)))
    return found


def jax_methods(benchmark: Benchmark) -> dict[str, Method]:
    """Name -> function to be jitted."""
    import jax.numpy as jnp

    def rows(function: Callable[..., Any]) -> Method:
        return lambda x: jnp.stack(list(function(*(x[..., i] for i in range(x.shape[-1])))), -1)

    ours = lower(list(benchmark.expressions), benchmark.state, backend="jax")
    found: dict[str, Method] = {
        "hand": rows(lambda *c: benchmark.hand(jnp, *c)),
        "liesym": lambda x: ours(None, x, None),
    }
    for cse in (True, False):
        plain = sp.lambdify(benchmark.state, list(benchmark.expressions), "jax", cse=cse)
        found[f"lambdify{', cse' if cse else ''}"] = rows(plain)
    if installed("sympy2jax"):
        import sympy2jax  # pyright: ignore[reportMissingImports]

        names = [s.name for s in benchmark.state]
        for arrays in (True, False):
            module = sympy2jax.SymbolicModule(list(benchmark.expressions), make_array=arrays)
            label = "sympy2jax" if arrays else "sympy2jax, make_array=False"
            found[label] = lambda x, m=module: jnp.stack(m(**{n: x[..., i] for i, n in enumerate(names)}), -1)
    return found


def numpy_methods(benchmark: Benchmark) -> dict[str, Method]:
    ours = lower(list(benchmark.expressions), benchmark.state, backend="numpy")
    plain = {c: sp.lambdify(benchmark.state, list(benchmark.expressions), "numpy", cse=c) for c in (True, False)}
    return {
        "hand": lambda x: np.stack(benchmark.hand(np, *np.moveaxis(x, -1, 0)), -1),
        "liesym": lambda x: ours(None, x, None),
        "lambdify, cse": lambda x: np.stack(plain[True](*np.moveaxis(x, -1, 0)), -1),
        "lambdify": lambda x: np.stack(plain[False](*np.moveaxis(x, -1, 0)), -1),
    }


def torch_runners(benchmark: Benchmark, x: np.ndarray, task: str, compiled: bool) -> dict[str, Runner]:
    """Name -> call on the data; the gradient is that of the mean square of all values."""
    import torch

    data = torch.as_tensor(x).requires_grad_(task == "gradient")
    runners: dict[str, Runner] = {}
    for name, eager in torch_methods(benchmark).items():
        function = torch.compile(eager, dynamic=False) if compiled else eager

        def gradient(f: Method = function) -> Any:
            return torch.autograd.grad(f(data).square().mean(), data)[0]

        def value(f: Method = function) -> Any:
            with torch.no_grad():
                return f(data)

        runners[name] = gradient if task == "gradient" else value
    return runners


def jax_runners(benchmark: Benchmark, x: np.ndarray, task: str) -> dict[str, Runner]:
    import jax
    import jax.numpy as jnp

    data = jnp.asarray(x)
    runners: dict[str, Runner] = {}
    for name, function in jax_methods(benchmark).items():
        whole = jax.grad(lambda z, f=function: jnp.mean(f(z) ** 2)) if task == "gradient" else function
        compiled = jax.jit(whole)
        runners[name] = lambda c=compiled: c(data).block_until_ready()
    return runners


def numpy_runners(benchmark: Benchmark, x: np.ndarray) -> dict[str, Runner]:
    return {name: (lambda f=f: f(x)) for name, f in numpy_methods(benchmark).items()}


def interleaved(
    runners: dict[str, Runner], rounds: int, seconds: float, clock: Callable[[], float]
) -> dict[str, list[float]]:
    """Seconds a call in each round, in which every runner takes its turn in an order drawn anew.

    A busy machine disturbs all alike, and none profits from its place.
    """
    repeats, order = {}, list(runners)
    for name, run in runners.items():
        run()
        start = clock()
        run()
        repeats[name] = max(1, int(seconds / max(clock() - start, 1e-7)))
    times: dict[str, list[float]] = {name: [] for name in runners}
    draw = random.Random(0)
    for _ in range(rounds):
        draw.shuffle(order)
        for name in order:
            run = runners[name]
            start = clock()
            for _ in range(repeats[name]):
                run()
            times[name].append((clock() - start) / repeats[name])
    return times


def relative(times: dict[str, list[float]], rival: str) -> dict[str, float]:
    """Median over the rounds of the time divided by the rival's in the same round."""
    return {name: statistics.median(a / b for a, b in zip(own, times[rival], strict=True)) for name, own in times.items()}


def quartiles(times: dict[str, list[float]], name: str) -> dict[str, list[float]]:
    """Quartiles over the rounds of the time of `name` divided by each other's in the same round."""
    ratios = {k: [a / b for a, b in zip(times[name], own, strict=True)] for k, own in times.items() if k != name}
    return {k: statistics.quantiles(found, n=4, method="inclusive") for k, found in ratios.items()}
