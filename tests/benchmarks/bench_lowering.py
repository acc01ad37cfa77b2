"""Throughput of lowered callables against hand-written code, SymPy's lambdify, sympytorch and sympy2jax.

    python tests/benchmarks/bench_lowering.py --quick
    python tests/benchmarks/bench_lowering.py --expressions E2 --dtypes float32 --batches 1 1000 1000000

Every method is called in turn, round after round, and the fastest round counts, so that a busy machine
disturbs all alike. All take x of shape (batch, m) and return (batch, k), except those marked "columns",
which take the m columns one by one and return k of them. Ratios are to the fastest hand-written version of
the same contract and compiler.
"""

from __future__ import annotations

import argparse
import importlib.util
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import sympy as sp

from liesym import lower
from tests.benchmarks.expressions import EXPRESSIONS, Benchmark

Runner = Callable[[], Any]


@dataclass(frozen=True, slots=True)
class Row:
    """One measurement in milliseconds."""

    expression: str
    dtype: str
    batch: int
    task: str
    method: str
    milliseconds: float
    error: float


def installed(name: str) -> bool:
    return importlib.util.find_spec(name) is not None


def fastest(
    runners: dict[str, Runner], rounds: int, seconds: float, clock: Callable[[], float]
) -> dict[str, float]:
    """Milliseconds a call, the least over rounds in which every runner takes its turn."""
    best = dict.fromkeys(runners, float("inf"))
    repeats = {}
    for name, run in runners.items():
        run()
        start = clock()
        run()
        repeats[name] = max(1, int(seconds / max(clock() - start, 1e-7)))
    for _ in range(rounds):
        for name, run in runners.items():
            start = clock()
            for _ in range(repeats[name]):
                run()
            best[name] = min(best[name], (clock() - start) / repeats[name] * 1e3)
    return best


# -- torch -------------------------------------------------------------------------------------------------


def torch_methods(benchmark: Benchmark, compiled: bool) -> dict[str, Callable[[Any], Any]]:
    """Name -> function of x, eager; with `compiled` also the compiled ones."""
    import torch

    def columns_to_rows(function: Callable[..., Any]) -> Callable[[Any], Any]:
        return lambda x: torch.stack([torch.as_tensor(v) for v in function(*x.unbind(-1))], -1)

    ours = lower(list(benchmark.expressions), benchmark.state, backend="torch")
    eager: dict[str, Callable[[Any], Any]] = {
        "hand": columns_to_rows(lambda *c: benchmark.hand(torch, *c)),
        "liesym": lambda x: ours(None, x, None),
    }
    for cse in (True, False):
        function = sp.lambdify(benchmark.state, list(benchmark.expressions), "torch", cse=cse)
        eager[f"lambdify cse={cse}"] = columns_to_rows(function)
    if installed("sympytorch"):
        import sympytorch

        module = sympytorch.SymPyModule(expressions=list(benchmark.expressions))
        names = [s.name for s in benchmark.state]
        eager["sympytorch"] = lambda x: module(**dict(zip(names, x.unbind(-1), strict=True)))
    if not compiled:
        return {f"torch {name}": f for name, f in eager.items()}
    methods = {f"torch {name}": f for name, f in eager.items()}
    for name, function in eager.items():
        methods[f"torch {name}, compiled"] = torch.compile(function)
    return methods


def torch_runners(
    benchmark: Benchmark, x: np.ndarray, task: str, compiled: bool
) -> tuple[dict[str, Runner], dict[str, np.ndarray]]:
    import torch

    runners: dict[str, Runner] = {}
    results: dict[str, np.ndarray] = {}
    for name, function in torch_methods(benchmark, compiled).items():
        data = torch.as_tensor(x)
        if task == "gradient":
            data = data.clone().requires_grad_()

            def gradient(f: Callable[[Any], Any] = function, z: Any = data) -> Any:
                return torch.autograd.grad(f(z).square().mean(), z)[0]

            runners[name] = gradient
        else:

            def value(f: Callable[[Any], Any] = function, z: Any = data) -> Any:
                with torch.no_grad():
                    return f(z)

            runners[name] = value
        try:
            results[name] = runners[name]().detach().numpy()
        except Exception as error:  # other people's code: the table says what happened
            print(f"  {name}: {type(error).__name__}: {str(error)[:90]}")
            del runners[name]
    return runners, results


# -- JAX ---------------------------------------------------------------------------------------------------


def jax_methods(benchmark: Benchmark) -> dict[str, Callable[[Any], Any]]:
    import jax.numpy as jnp

    def columns_to_rows(function: Callable[..., Any]) -> Callable[[Any], Any]:
        return lambda x: jnp.stack([v for v in function(*(x[..., i] for i in range(x.shape[-1])))], -1)

    ours = lower(list(benchmark.expressions), benchmark.state, backend="jax")
    methods: dict[str, Callable[[Any], Any]] = {
        "hand": columns_to_rows(lambda *c: benchmark.hand(jnp, *c)),
        "liesym": lambda x: ours(None, x, None),
    }
    for cse in (True, False):
        function = sp.lambdify(benchmark.state, list(benchmark.expressions), "jax", cse=cse)
        methods[f"lambdify cse={cse}"] = columns_to_rows(function)
    if installed("sympy2jax"):
        import sympy2jax

        names = [s.name for s in benchmark.state]
        for arrays in (True, False):
            module = sympy2jax.SymbolicModule(list(benchmark.expressions), make_array=arrays)
            methods[f"sympy2jax make_array={arrays}"] = lambda x, m=module: jnp.stack(
                m(**{n: x[..., i] for i, n in enumerate(names)}), -1
            )
    return {f"jax {name}, jit": f for name, f in methods.items()}


def jax_runners(
    benchmark: Benchmark, x: np.ndarray, task: str
) -> tuple[dict[str, Runner], dict[str, np.ndarray]]:
    import jax
    import jax.numpy as jnp

    runners: dict[str, Runner] = {}
    results: dict[str, np.ndarray] = {}
    data = jnp.asarray(x)
    for name, function in jax_methods(benchmark).items():
        if task == "gradient":
            compiled = jax.jit(jax.grad(lambda z, f=function: jnp.mean(f(z) ** 2)))
        else:
            compiled = jax.jit(function)
        runners[name] = lambda c=compiled: c(data).block_until_ready()
        results[name] = np.asarray(runners[name]())
    return runners, results


# -- NumPy -------------------------------------------------------------------------------------------------


def numpy_runners(benchmark: Benchmark, x: np.ndarray) -> tuple[dict[str, Runner], dict[str, np.ndarray]]:
    ours = lower(list(benchmark.expressions), benchmark.state, backend="numpy")
    columns = [np.ascontiguousarray(c) for c in x.T]
    plain = {
        cse: sp.lambdify(benchmark.state, list(benchmark.expressions), "numpy", cse=cse)
        for cse in (True, False)
    }
    runners: dict[str, Runner] = {
        "numpy hand": lambda: np.stack(benchmark.hand(np, *columns), -1),
        "numpy liesym": lambda: ours(None, x, None),
        **{f"numpy lambdify cse={k}": lambda f=f: np.stack(f(*columns), -1) for k, f in plain.items()},
    }
    return runners, {name: run() for name, run in runners.items()}


# -- the table ---------------------------------------------------------------------------------------------


def measure(options: argparse.Namespace) -> list[Row]:
    clock = time.process_time if options.cpu_time else time.perf_counter
    rows: list[Row] = []
    for benchmark in EXPRESSIONS:
        if benchmark.name not in options.expressions:
            continue
        for dtype in options.dtypes:
            for batch in options.batches:
                x = benchmark.sample(batch).astype(dtype)
                exact = np.stack(benchmark.hand(np, *x.astype("float64").T), -1)
                for task in options.tasks:
                    runners: dict[str, Runner] = {}
                    results: dict[str, np.ndarray] = {}
                    for part in options.backends:
                        if part == "numpy" and task == "gradient":
                            continue
                        made = {
                            "torch": lambda: torch_runners(benchmark, x, task, not options.eager),  # noqa: B023
                            "jax": lambda: jax_runners(benchmark, x, task),  # noqa: B023
                            "numpy": lambda: numpy_runners(benchmark, x),  # noqa: B023
                        }[part]()
                        runners |= made[0]
                        results |= made[1]
                    wanted = (
                        exact if task == "value" else results.get("torch hand", results.get("jax hand, jit"))
                    )
                    times = fastest(runners, options.rounds, options.seconds, clock)
                    for method, milliseconds in times.items():
                        error = float(np.abs(results[method] - wanted).max() / np.abs(wanted).max())
                        rows.append(Row(benchmark.name, dtype, batch, task, method, milliseconds, error))
                    show(rows[-len(times) :])
    return rows


def rival(method: str) -> str:
    """The hand-written method that a method is compared with: the same library and compiler."""
    library = method.split()[0]
    compiled = ", compiled" if method.endswith(", compiled") else ""
    return f"{library} hand{', jit' if library == 'jax' else compiled}"


def show(rows: Sequence[Row]) -> None:
    """One table: milliseconds, the ratio to the hand-written version, and the error."""
    first = rows[0]
    times = {row.method: row.milliseconds for row in rows}
    print(f"\n{first.expression} {first.dtype} batch {first.batch} {first.task}")
    for row in sorted(rows, key=lambda r: r.milliseconds):
        ratio = row.milliseconds / times[rival(row.method)]
        print(
            f"  {row.method:38s} {row.milliseconds:10.4f} ms  {ratio:6.2f} x hand   error {row.error:.0e}",
            flush=True,
        )


def lowering_time() -> None:
    """Seconds to lower each expression, and one of more than ten thousand operations."""
    from tests.benchmarks.expressions import large

    print("\nlowering, seconds")
    for benchmark in EXPRESSIONS:
        start = time.perf_counter()
        function = lower(list(benchmark.expressions), benchmark.state, backend="numpy")
        print(
            f"  {benchmark.name:10s} {function.program.size:6d} operations {time.perf_counter() - start:8.3f}"
        )
    expressions, state = large()
    start = time.perf_counter()
    function = lower(expressions, state, backend="numpy")
    print(f"  {'large':10s} {function.program.size:6d} operations {time.perf_counter() - start:8.3f}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--expressions", nargs="+", default=[b.name for b in EXPRESSIONS])
    parser.add_argument("--dtypes", nargs="+", default=["float64", "float32"])
    parser.add_argument("--batches", nargs="+", type=int, default=[1, 1000, 1_000_000])
    parser.add_argument("--tasks", nargs="+", default=["value", "gradient"], choices=["value", "gradient"])
    parser.add_argument("--backends", nargs="+", default=["torch", "jax", "numpy"])
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--seconds", type=float, default=0.05, help="of each method in each round")
    parser.add_argument("--eager", action="store_true", help="without torch.compile")
    parser.add_argument("--cpu-time", action="store_true", help="processor time on one thread, not wall time")
    parser.add_argument("--quick", action="store_true", help="one expression, float64, batches 1 and 10000")
    options = parser.parse_args()
    if options.quick:
        options.expressions, options.dtypes, options.batches = ["E2"], ["float64"], [1, 10_000]
        options.tasks, options.rounds, options.seconds = ["value"], 3, 0.02
    prepare(options.cpu_time)
    lowering_time()
    measure(options)


def prepare(one_thread: bool) -> None:
    if installed("jax"):
        import jax

        jax.config.update("jax_enable_x64", True)
    if installed("torch"):
        import torch

        # Rivals of one kind share a line of code here, and torch gives up on a line after eight compilations.
        torch._dynamo.config.recompile_limit = 1000
        if one_thread:
            torch.set_num_threads(1)


if __name__ == "__main__":
    main()
