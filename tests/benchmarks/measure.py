"""What the benchmark scripts share: one analysis in a warm process, questions to peers, tables."""

from __future__ import annotations

import importlib.metadata
import json
import multiprocessing
import os
import platform
import random
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from sympy import Derivative, Integral, N, Rational, srepr
from sympy.core.function import AppliedUndef

import liesym
from liesym.errors import LiesymError
from liesym.model.system import ODESystem
from liesym.symmetries.results import Result

ROOT = Path(__file__).resolve().parents[2]
RESULTS = ROOT / "docs" / "results"
PEERS = Path(__file__).with_name("peers.py")
PATIENCE = 20.0


def warm_up() -> None:
    """Load every stage once, so that what is measured after it is work."""
    liesym.find_symmetries(ODESystem.parse("y'' = y^2/t"), budget=10)


def _answer(entry: Mapping[str, Any], budget: float, pipe: Connection) -> None:
    start, started = time.perf_counter(), time.process_time()
    marks: list[tuple[str, float]] = []
    answer: dict[str, Any]
    result = None
    try:
        system = ODESystem.parse(
            "; ".join(entry["equations"]), independent=entry["independent"], parameters=entry["parameters"]
        )
        result = liesym.find_symmetries(
            system, budget=budget, progress=lambda line: marks.append((line, time.process_time()))
        )
        answer = {
            "dimension": result.dimension,
            "upper_bound": result.upper_bound,
            "generators": len(result.generators),
            "nontrivial": len(result.nontrivial),
            "named": all(g.definitions for g in result.nontrivial) if result.nontrivial else False,
            "completeness": result.completeness.value,
            "stages": dict(result.seconds),
        }
    except LiesymError as error:
        answer = {"error": f"{type(error).__name__}: {str(error).splitlines()[0]}"}
    answer["seconds"], answer["cpu"] = time.perf_counter() - start, time.process_time() - started
    answer["stages_cpu"] = stages_of(marks, time.process_time())
    if result is not None:
        answer["unmarked"] = unmarked_trivial(result)
    answer["peak_mib"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    pipe.send(answer)


STAGES = ("determine", "certify", "solve", "verify")


def stages_of(marks: Sequence[tuple[str, float]], end: float) -> dict[str, float]:
    """Processor seconds of each stage, from the times at which the stages were announced."""
    begun = [(line, at) for line, at in marks if line in STAGES]
    ends = [*(at for _, at in begun[1:]), end]
    return {line: until - at for (line, at), until in zip(begun, ends, strict=True)}


def unmarked_trivial(result: Result) -> int:
    """Fields among the nontrivial ones with η = ξ f at a random point, in numbers: f is as good as symbols may be."""
    if not result.system.is_first_order:
        return 0
    found = 0
    for generator in result.nontrivial:
        draw = random.Random(0)
        rates = result.system.rhs
        pairs = [(eta, generator.xi * f) for eta, f in zip(generator.components[1:], rates, strict=True)]
        opaque = set().union(*(p.atoms(AppliedUndef, Derivative, Integral) for pair in pairs for p in pair))
        first = {e: Rational(draw.randrange(101, 199), 97) for e in sorted(opaque, key=str)}
        plain = [(eta.xreplace(first), flow.xreplace(first)) for eta, flow in pairs]
        names = sorted(set().union(*(p.free_symbols for pair in plain for p in pair)), key=str)
        point = {s: Rational(draw.randrange(101, 199), 97) for s in names}
        values = [(N(eta.xreplace(point), 30), N(flow.xreplace(point), 30)) for eta, flow in plain]
        # relative: solutions in special functions may be tiny as a whole at the point
        found += all(abs(eta - flow) <= 1e-15 * (abs(eta) + abs(flow)) for eta, flow in values)
    return found


def analyze(entry: Mapping[str, Any], budget: float) -> dict[str, Any]:
    """One analysis in a fork of this process: warm imports, its own caches, its own peak memory.

    Arguments:
        entry: "equations", "independent" and "parameters" (name -> assumptions).
        budget: seconds; the fork is killed some seconds after it.

    Returns:
        dimension, upper_bound, generators, nontrivial, named, unmarked, completeness, stages, seconds and peak_mib, or
        else error.
    """
    context = multiprocessing.get_context("fork")
    here, there = context.Pipe(duplex=False)
    process = context.Process(target=_answer, args=(entry, budget, there))
    process.start()
    there.close()
    answer: dict[str, Any] = {
        "error": f"killed {PATIENCE:.0f} s after its budget",
        "seconds": budget + PATIENCE,
    }
    try:
        if here.poll(budget + PATIENCE):
            answer = here.recv()
    except EOFError:
        answer = {"error": "the process ended without an answer", "seconds": 0.0}
    process.kill()
    process.join()
    return answer


def ask_peer(python: str, peer: str, entry: Mapping[str, Any], timeout: float) -> dict[str, Any]:
    """One answer of a peer, in a process of its own under a time-out; its start is not in `seconds`."""
    system = ODESystem.parse("; ".join(entry["equations"]), independent=entry["independent"], parameters=entry["parameters"])
    question = {
        "independent": system.independent.name,
        "unknowns": [u.name for u in system.unknowns],
        "orders": list(system.orders),
        "rhs": [srepr(e) for e in system.rhs],
    }
    return asked(python, peer, question, timeout)


def asked(python: str, peer: str, question: Mapping[str, Any], timeout: float) -> dict[str, Any]:
    """A peer's answer to a question in its own terms."""
    try:
        done = subprocess.run(
            [python, str(PEERS), peer],
            input=json.dumps(question),
            capture_output=True,
            text=True,
            timeout=timeout,
            env={k: v for k, v in os.environ.items() if k != "PYTHONPATH"},
            check=False,
        )
    except subprocess.TimeoutExpired as late:
        early = (late.stdout or b"").decode().splitlines()
        return json.loads(early[-1]) if early else {"error": f"no answer in {timeout:.0f} s"}
    if done.returncode:
        return {"error": (done.stderr.strip().splitlines() or ["no message"])[-1][:200]}
    return json.loads(done.stdout.splitlines()[-1])


def peer_version(python: str, distribution: str) -> str | None:
    """The version of a distribution that an interpreter has, None if it has none."""
    code = f"import importlib.metadata as m; print(m.version({distribution!r}))"
    done = subprocess.run([python, "-c", code], capture_output=True, text=True, check=False)
    return done.stdout.strip() if done.returncode == 0 else None


def versions(*more: str) -> dict[str, str]:
    """Versions of what was measured, and the kind of machine."""
    names = ("liesym-ode", "sympy", "python-flint", "symengine", *more)
    found = {}
    for name in names:
        try:
            found[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            found[name] = liesym.__version__ if name == "liesym-ode" else "absent"
    found["python"] = platform.python_version()
    found["machine"] = f"{platform.machine()}, {os.cpu_count()} cores, {sys.platform}"
    return found


def median(values: Sequence[float]) -> float:
    """The median, 0 of nothing."""
    return statistics.median(values) if values else 0.0


def number(value: float | None, digits: int = 2) -> str:
    """A number for a table; a dash where there is none."""
    return "–" if value is None else f"{value:.{digits}f}"


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A Markdown table."""
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    lines += ["| " + " | ".join(cell.replace("|", "\\|") for cell in row) + " |" for row in rows]
    return "\n".join(lines)


def write(folder: Path, name: str, page: str, record: Mapping[str, Any]) -> None:
    """The page and the numbers behind it, side by side."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{name}.md").write_text(page.rstrip() + "\n", encoding="utf-8")
    text = json.dumps(record, indent=1, ensure_ascii=False)
    (folder / f"{name}.json").write_text(text + "\n", encoding="utf-8")
