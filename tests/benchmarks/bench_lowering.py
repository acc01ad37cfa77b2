"""What lowered callables cost: throughput, memory, overhead, lowering, residuals of a learned field.

    python tests/benchmarks/bench_lowering.py --fresh
    python tests/benchmarks/bench_lowering.py [--sections throughput memory overhead lowering residuals]
    python tests/benchmarks/bench_lowering.py --sections throughput --expressions E2 --libraries jax

Throughput is processor time on one thread; every method is called in turn, round after round in an order drawn
anew, and a ratio is the median over the rounds, so that a busy machine disturbs all alike. Each part is put into
docs/results/lowering.json as soon as it is measured, and docs/results/lowering.md is written from that.
Peers that are not installed (extra `bench`) are left out. With --fresh nothing of earlier runs is kept.
"""

from __future__ import annotations

import argparse
import ctypes
import gc
import json
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
from expressions import EXPRESSIONS, Benchmark, large
from lowering_methods import (
    Runner,
    installed,
    interleaved,
    jax_runners,
    numpy_runners,
    quartiles,
    relative,
    torch_runners,
)
from lowering_page import page
from measure import RESULTS, versions, write
from residual_costs import residual_costs, training_costs

from liesym import lower

MODES = {"torch": ("eager", "compiled"), "jax": ("jit",), "numpy": ("plain",)}
LARGE = 800
M_TRIM_THRESHOLD, M_MMAP_THRESHOLD, M_MMAP_MAX, M_ARENA_MAX = -1, -3, -4, -8
"""Options of mallopt in malloc.h."""
MEASURED = ("hand", "liesym", "lambdify, cse")
MANY, TURN = 10_000, 0.02
"""Batches above the first are timed in fewer rounds; seconds that a method has in each."""


def runners_of(library: str, mode: str, benchmark: Benchmark, x: np.ndarray, task: str) -> dict[str, Runner]:
    if library == "torch":
        return torch_runners(benchmark, x, task, mode == "compiled")
    return jax_runners(benchmark, x, task) if library == "jax" else numpy_runners(benchmark, x)


def measured(library: str, mode: str, benchmark: Benchmark, x: np.ndarray, task: str, rounds: int) -> dict[str, Any]:
    """Method -> milliseconds, ratio to the hand-written version, relative error; or what went wrong."""
    runners = runners_of(library, mode, benchmark, x, task)
    results: dict[str, np.ndarray] = {}
    answer: dict[str, Any] = {}
    for name in list(runners):
        try:
            results[name] = np.asarray(runners[name]().detach() if library == "torch" else runners[name]())
        except Exception as error:  # other people's code: the table says what happened
            answer[name] = {"failed": f"{type(error).__name__}: {str(error).splitlines()[0][:80]}"}
            del runners[name]
    # Few points take microseconds: more rounds, since what disturbs them is larger than they are.
    times = interleaved(runners, rounds if len(x) > MANY else 3 * rounds, TURN, time.process_time)
    ratios, ours = relative(times, "hand"), quartiles(times, "liesym")
    exact = np.stack(benchmark.hand(np, *x.astype("float64").T), -1) if task == "value" else results["hand"]
    for name, own in times.items():
        error = float(np.abs(results[name] - exact).max() / np.abs(exact).max())
        answer[name] = {"ms": statistics.median(own) * 1e3, "ratio": ratios[name], "error": error}
        if name in ours:
            answer[name]["liesym"] = ours[name]
    return answer


def throughput(options: argparse.Namespace, keep: Callable[[str, Any], None]) -> None:
    modes = [(library, mode) for library in options.libraries for mode in MODES[library]]
    chosen = [b for b in EXPRESSIONS if b.name in options.expressions]
    tasks = ("value", "gradient")
    for (library, mode), benchmark, dtype, batch, task in product(modes, chosen, options.dtypes, options.batches, tasks):
        small = mode == "compiled" and batch < 1_000_000
        if small or (library, task) == ("numpy", "gradient"):
            continue
        x = benchmark.sample(batch).astype(dtype)
        found = measured(library, mode, benchmark, x, task, options.rounds)
        keep(f"{library}, {mode}|{benchmark.name}|{dtype}|{batch}|{task}", found)


# -- memory ------------------------------------------------------------------------------------------------


def peaks(library: str, mode: str, names: Sequence[str]) -> dict[str, dict[str, float]]:
    """Expression -> method -> MiB by which the peak of this process grows with one gradient of a million points."""
    found: dict[str, dict[str, float]] = {}
    for benchmark in (b for b in EXPRESSIONS if b.name in names):
        runners = runners_of(library, mode, benchmark, benchmark.sample(1_000_000), "gradient")
        found[benchmark.name] = {method: grown(runners[method]) for method in MEASURED}
    return found


def grown(run: Runner) -> float:
    """Peak of the resident memory during a second call, less what was resident before it, in MiB.

    Linux keeps the peak (VmHWM) and forgets it when told to; what the first call left unused goes back first.
    """
    run()
    gc.collect()
    ctypes.CDLL(None).malloc_trim(0)
    Path("/proc/self/clear_refs").write_text("5", encoding="ascii")
    before = _resident("VmRSS")
    result = run()
    peak = _resident("VmHWM")
    del result
    return (peak - before) / 1024


def _resident(key: str) -> int:
    lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(key))


def memory(options: argparse.Namespace, keep: Callable[[str, Any], None]) -> None:
    """In processes of their own, in which every array that is freed goes back to the system at once."""
    for library, mode in (("torch", "eager"), ("torch", "compiled"), ("jax", "jit")):
        if library in options.libraries and sys.platform == "linux":
            command = [sys.executable, __file__, "--expressions", *options.expressions, "--peak", library, mode]
            done = subprocess.run(command, capture_output=True, text=True, check=True)
            for name, found in json.loads(done.stdout.splitlines()[-1]).items():
                keep(f"{library}, {mode}|{name}", found)


# -- overhead and lowering ---------------------------------------------------------------------------------


def overhead(options: argparse.Namespace, keep: Callable[[str, Any], None]) -> None:
    """Microseconds a call beyond the tensor operations (torch, eager) or beyond a jitted function (JAX)."""
    for benchmark in EXPRESSIONS:
        for batch in (1, 1000):
            x = benchmark.sample(batch)
            found = {}
            if "torch" in options.libraries:
                import torch

                data, ours = torch.as_tensor(x), lower(list(benchmark.expressions), benchmark.state, backend="torch")
                runners: dict[str, Runner] = {
                    "bare": lambda f=ours, z=data: torch.stack(f._evaluate(None, z, None), -1),
                    "call": lambda f=ours, z=data: f(None, z, None),
                }
                found["torch"] = _excess(runners, options.rounds)
            if "jax" in options.libraries:
                import jax
                import jax.numpy as jnp

                function = lower(list(benchmark.expressions), benchmark.state, backend="jax")
                whole, state = jax.jit(lambda z, f=function: f(None, z, None)), jnp.asarray(x)
                jitted: dict[str, Runner] = {
                    "bare": lambda f=whole, z=state: f(z).block_until_ready(),
                    "call": lambda f=function, z=state: f(None, z, None).block_until_ready(),
                }
                found["jax"] = _excess(jitted, options.rounds)
            keep(f"{benchmark.name}|{batch}", found)


def _excess(runners: dict[str, Runner], rounds: int) -> float:
    times = interleaved(runners, 3 * rounds, 0.05, time.process_time)
    return statistics.median(a - b for a, b in zip(times["call"], times["bare"], strict=True)) * 1e6


def lowering(options: argparse.Namespace, keep: Callable[[str, Any], None]) -> None:
    """Seconds to lower, and to compile what was lowered."""
    for benchmark in EXPRESSIONS:
        keep(benchmark.name, _lowered(list(benchmark.expressions), benchmark.state, "numpy"))
    expressions, state = large(LARGE)
    for library in options.libraries:
        compiled = {} if library == "numpy" else _compiled(expressions, state, library)
        keep(f"large, {library}", _lowered(expressions, state, library) | compiled)


def _lowered(expressions: Sequence[Any], state: Sequence[Any], library: str) -> dict[str, float]:
    start = time.perf_counter(), time.process_time()
    function = lower(list(expressions), state, backend=library)
    wall, processor = time.perf_counter() - start[0], time.process_time() - start[1]
    return {"operations": function.program.size, "lower": processor, "lower, wall": wall}


def _compiled(expressions: Sequence[Any], state: Sequence[Any], library: str) -> dict[str, float]:
    x = np.random.default_rng(0).normal(size=(100, len(state)))
    wanted = lower(list(expressions), state, backend="numpy")(None, x, None)
    function = lower(list(expressions), state, backend=library)
    start = time.process_time()
    if library == "torch":
        import torch

        # No graph is left to Python: with fullgraph a break is an error.
        found = torch.compile(lambda z: function(None, z, None), fullgraph=True)(torch.as_tensor(x)).numpy()
    else:
        found = np.asarray(function(None, x, None))
    seconds = time.process_time() - start
    return {"compile": seconds, "error": float(np.abs(found - wanted).max() / np.abs(wanted).max())}


def residuals(options: argparse.Namespace, keep: Callable[[str, Any], None]) -> None:
    for library in options.libraries:
        if library != "numpy":
            for name, found in {
                **residual_costs(library, options.rounds),
                **training_costs(library, options.rounds),
            }.items():
                keep(f"{library}|{name}", found)


SECTIONS: dict[str, Callable[[argparse.Namespace, Callable[[str, Any], None]], None]] = {
    "overhead": overhead,
    "residuals": residuals,
    "throughput": throughput,
    "memory": memory,
    "lowering": lowering,
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--sections", nargs="*", default=list(SECTIONS), choices=list(SECTIONS))
    parser.add_argument("--expressions", nargs="+", default=[b.name for b in EXPRESSIONS])
    parser.add_argument("--libraries", nargs="+", default=list(MODES), choices=list(MODES))
    parser.add_argument("--dtypes", nargs="+", default=["float64", "float32"])
    parser.add_argument("--batches", nargs="+", type=int, default=[1, 1000, 1_000_000])
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--fresh", action="store_true")
    parser.add_argument("--peak", nargs=2, help=argparse.SUPPRESS)
    options = parser.parse_args()
    prepare()
    keep_freed_memory(not options.peak)
    if options.peak:
        print(json.dumps(peaks(*options.peak, options.expressions)))
        return
    path = RESULTS / "lowering.json"
    kept = path.exists() and not options.fresh
    record: dict[str, Any] = json.loads(path.read_text(encoding="utf-8")) if kept else {}
    record["versions"] = versions("torch", "jax", "sympytorch", "sympy2jax")
    for section in options.sections:
        SECTIONS[section](options, Keeper(record, section))
    write(RESULTS, "lowering", page(record), record)


class Keeper:
    """Puts each measurement into the record and the files as soon as it is there."""

    def __init__(self, record: dict[str, Any], section: str) -> None:
        self.record, self.part = record, record.setdefault(section, {})

    def __call__(self, name: str, found: Any) -> None:
        self.part[name] = found
        print(name, found, flush=True)
        write(RESULTS, "lowering", page(self.record), self.record)


def prepare() -> None:
    """One thread, float64 in JAX, and room for many compilations of the same line of code in torch."""
    if installed("jax"):
        import jax

        jax.config.update("jax_enable_x64", True)
    if installed("torch"):
        import torch

        torch.set_num_threads(1)
        torch._dynamo.config.recompile_limit = 1000


def keep_freed_memory(kept: bool) -> None:
    """Whether large arrays that are freed stay with the process (glibc): new pages take time, kept ones hide the peak."""
    if sys.platform == "linux":
        options = (
            # one arena: those of further threads hand blocks of more than 64 MiB back whatever the thresholds say
            {M_MMAP_MAX: 0, M_TRIM_THRESHOLD: 2**31 - 1, M_ARENA_MAX: 1}
            if kept
            else {M_MMAP_THRESHOLD: 2**16, M_TRIM_THRESHOLD: 2**16}
        )
        for option, value in options.items():
            ctypes.CDLL(None).mallopt(option, value)


if __name__ == "__main__":
    main()
