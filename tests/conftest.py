"""How the suite runs: one thread a worker, long files first, compiled functions dropped, the backends that must run.

This folder is on the path, so that tests can share examples.
"""

from __future__ import annotations

import gc
import os
import resource
import sys
import time
from collections import defaultdict
from collections.abc import Generator, Iterator
from pathlib import Path

import pytest
import timings
from required_backends import asks_for_unnamed, named_backends, refuse_unnamed

import liesym.base.budget

# before NumPy, torch and JAX are loaded: the workers share the cores, and threads of theirs would wait for each other
for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(variable, "1")
# nearly all of what a test of JAX takes is its compiler's, and most functions are called a few times only
XLA = "--xla_cpu_multi_thread_eigen=false --xla_backend_optimization_level=0 --xla_llvm_disable_expensive_passes=true"
os.environ.setdefault("XLA_FLAGS", XLA)
# processes that tests start keep what they compile: a start from the sources alone takes each a second more
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)

TESTS = Path(__file__).parent
PATIENCE = 3.0
"""How much slower than the machine of the developers one may be without a test running out of its budget."""
PEAKS: dict[str, float] = {}
"""Largest resident memory of each worker, in GB."""


def pytest_configure(config: pytest.Config) -> None:
    """Named backends must be there, the others count as not installed, and budgets are counted on the patient clock.

    This is before modules are imported that take `now` from the budget's. What JAX compiles is kept in pytest's cache, for
    the other worker, the processes that tests start and the next run.
    """
    refuse_unnamed(named_backends())
    if (cache := getattr(config, "cache", None)) is not None:
        for variable, value in kept_by_jax(cache.mkdir("jax")).items():
            os.environ.setdefault(variable, value)
    liesym.base.budget.now = patient_clock


def kept_by_jax(folder: Path) -> dict[str, str]:
    """Variables by which JAX keeps all that it compiles in a folder."""
    return {
        "JAX_COMPILATION_CACHE_DIR": str(folder),
        "JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS": "0",
        "JAX_PERSISTENT_CACHE_MIN_ENTRY_SIZE_BYTES": "-1",
    }


def patient_clock() -> float:
    """Seconds of this process alone, slowed: what else runs on the machine ends no budget."""
    return time.process_time() / PATIENCE


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """What is long, or run by a backend that `slow_with` names, is slow; long files first, so that no core is idle."""
    known, slow = timings.read(), str(config.getoption("markexpr")).startswith("slow")
    files: defaultdict[Path, float] = defaultdict(float)
    for item in items:
        seconds = known.get(_name(item), 0.0)
        marker, call = item.get_closest_marker("slow_with"), getattr(item, "callspec", None)
        if seconds >= timings.SLOW and not item.get_closest_marker("in_ci"):
            item.add_marker(pytest.mark.nightly)
        elif seconds >= timings.USUAL or (marker and call and {*marker.args} & {*map(str, call.params.values())}):
            item.add_marker(pytest.mark.slow)
        if not item.get_closest_marker("nightly") and (item.get_closest_marker("slow") is not None) == slow:
            files[item.path] += seconds
    items.sort(key=lambda item: -files[item.path])


def pytest_collection_finish() -> None:
    """What is loaded stays, so the collector need not walk through it again; a tenth of the suite's time was its own."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 50)


def _name(item: pytest.Item) -> str:
    """The test as the table of timings names it."""
    return f"{item.path.relative_to(TESTS).as_posix()}::{item.nodeid.partition('::')[2]}"


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, object, object]:
    """What the test cost is recorded where that is asked for."""
    before = timings.spent()
    done = yield
    timings.record(_name(item), timings.spent() - before)
    return done


@pytest.hookimpl(wrapper=True)
def pytest_runtest_setup() -> Generator[None, None, None]:
    """A fixture that needs a backend which is not named skips its tests."""
    yield from _skipped_without_backend()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call() -> Generator[None, None, None]:
    """A test that needs a backend which is not named is skipped."""
    yield from _skipped_without_backend()


def _skipped_without_backend() -> Generator[None, None, None]:
    try:
        yield
    except Exception as error:
        if refusal := asks_for_unnamed(error):
            pytest.skip(str(refusal))
        raise


@pytest.fixture(scope="module", autouse=True)
def nothing_compiled_is_kept() -> Iterator[None]:
    """Functions that torch and JAX compiled live until they are dropped; together they are gigabytes."""
    yield
    if "torch._dynamo" in sys.modules:
        sys.modules["torch"].compiler.reset()
    if "jax" in sys.modules:
        sys.modules["jax"].clear_caches()
    if {"torch", "jax"} & sys.modules.keys():
        gc.collect()


def pytest_sessionfinish(session: pytest.Session) -> None:
    """A worker tells its largest memory."""
    output = getattr(session.config, "workeroutput", None)
    if output is not None:
        output["peak"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1e9 if sys.platform == "darwin" else 1e6)


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node) -> None:
    """What a worker told is kept for the summary."""
    if "peak" in getattr(node, "workeroutput", {}):
        PEAKS[node.gateway.id] = node.workeroutput["peak"]


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """One line on the memory of the workers."""
    if PEAKS:
        peaks = ", ".join(f"{name} {peak:.1f} GB" for name, peak in sorted(PEAKS.items()))
        terminalreporter.write_line(f"largest memory of the workers: {peaks}")
