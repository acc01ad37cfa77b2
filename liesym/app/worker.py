"""A process that solves systems one after another, and can be killed when one takes too long.

A worker (`python -m liesym.app.worker`) reads jobs and answers in lines of JSON. One that does not answer in time
is killed and replaced, so that no system can hold up the others. It is a plain child process, not one of a
multiprocessing pool such as pebble's: a Dask worker is daemonic and may have no children of that kind.
"""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
import traceback
from dataclasses import asdict, dataclass
from typing import Any

from sympy.core.cache import clear_cache

from liesym.app.tasks import analysis
from liesym.base.memory import GIGABYTES, memory_limit
from liesym.errors import LiesymError
from liesym.model.ansatz import parse_ansatz
from liesym.model.problem import Problem
from liesym.model.system import ODESystem

PATIENCE = 20.0
"""Seconds beyond its budget after which a worker is killed: start, verification and its own alarm fit in."""
JOBS_A_WORKER = 25
"""A worker is replaced after so many systems, which bounds what SymPy's caches hold."""


@dataclass(frozen=True, slots=True)
class Job:
    """One system of a corpus.

    Arguments:
        id: its name, unique in the corpus.
        equations: in the text grammar.
        independent: name of the independent variable.
        parameters: name -> assumptions and value, as JSON text.
        ansatz: None lets the engine choose.
        group: the class it belongs to in the corpus.
        expected: the dimension that the corpus states, None if it states none.
        budget: seconds.
        seed: of the random draws.
        memory: gigabytes.
    """

    id: str
    equations: tuple[str, ...]
    independent: str = "t"
    parameters: str = "{}"
    ansatz: str | None = None
    group: str = ""
    expected: int | None = None
    budget: float = 60.0
    seed: int = 0
    memory: float = GIGABYTES

    @property
    def key(self) -> str:
        """A mark of everything that the answer depends on."""
        content = {k: v for k, v in asdict(self).items() if k not in ("id", "group", "expected", "memory")}
        return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()[:16]


def solve(job: Job) -> dict[str, Any]:
    """The record of one system: state, seconds, and the JSON of `analyze` or the error."""
    started = time.monotonic()
    record: dict[str, Any] = {"id": job.id, "key": job.key}
    try:
        equations, parameters = "\n".join(job.equations), json.loads(job.parameters)
        system = ODESystem.parse(equations, independent=job.independent, parameters=parameters)
        ansatz = None if job.ansatz is None else parse_ansatz(job.ansatz, system)
        with memory_limit(job.memory):
            done = analysis(Problem(system, ansatz), budget=job.budget, seed=job.seed)
        record |= {"state": "budget" if done.ran_out else "done", "result": done.record()}
    except LiesymError as error:
        record |= {"state": "refused", "error": f"{type(error).__name__}: {error}"}
    except Exception as error:  # a defect in one system must not end the others; it is on record with its place
        trace = traceback.format_exc().splitlines()[-8:]
        record |= {"state": "defect", "error": f"{type(error).__name__}: {error}", "trace": trace}
    return record | {"seconds": round(time.monotonic() - started, 3)}


def serve() -> None:
    """The loop of a worker: a job a line on the standard input, a record a line on what was its output."""
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)  # whatever else prints must not mix with the answers
    sys.setrecursionlimit(10_000)
    for line in sys.stdin:
        told = json.loads(line)
        record = solve(Job(**{**told, "equations": tuple(told["equations"])}))
        answers.write(json.dumps(record) + "\n")
        answers.flush()
        clear_cache()


class Worker:
    """A process that solves one job after another and can be killed at any time."""

    command: tuple[str, ...] = (sys.executable, "-m", "liesym.app.worker")
    patience: float = PATIENCE

    def __init__(self) -> None:
        self._process: subprocess.Popen[str] | None = None
        self._left = 0
        self._log = tempfile.TemporaryFile()  # noqa: SIM115 - lives as long as the worker

    def ask(self, job: Job) -> dict[str, Any]:
        """The record of the job; "killed" if the time was over, "crashed" if the process ended by itself."""
        process = self._ready()
        overdue = threading.Event()

        def kill() -> None:
            overdue.set()
            process.kill()

        alarm = threading.Timer(job.budget + self.patience, kill)
        started = time.monotonic()
        alarm.start()
        try:
            process.stdin.write(json.dumps(asdict(job)) + "\n")  # type: ignore[union-attr]
            process.stdin.flush()  # type: ignore[union-attr]
            line = process.stdout.readline()  # type: ignore[union-attr]
        except (OSError, ValueError):
            line = ""
        finally:
            alarm.cancel()
        if line.endswith("\n"):
            self._left -= 1
            return json.loads(line)
        process.kill()
        process.wait()
        state = "killed" if overdue.is_set() else "crashed"
        error = f"the worker ended with status {process.returncode}. {self._last_words()}".strip()
        self.close()
        seconds = round(time.monotonic() - started, 3)
        return {"id": job.id, "key": job.key, "state": state, "error": error, "seconds": seconds}

    def _ready(self) -> subprocess.Popen[str]:
        if self._process is not None and (self._left <= 0 or self._process.poll() is not None):
            self.close()
        if self._process is None:
            self._process = subprocess.Popen(
                self.command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=self._log,
                text=True,
                encoding="utf-8",
                start_new_session=True,  # Ctrl-C is for the one that collects the answers
                env={**os.environ, "PYTHONPATH": os.pathsep.join(p for p in sys.path if p)},
            )
            self._left = JOBS_A_WORKER
        return self._process

    def _last_words(self) -> str:
        """The end of what the worker wrote on its standard error."""
        self._log.seek(0)
        return self._log.read()[-1500:].decode("utf-8", "replace").strip()

    def close(self) -> None:
        """End the process at once."""
        process, self._process = self._process, None
        if process is not None:
            process.kill()
            process.wait()
            for stream in (process.stdin, process.stdout):
                if stream is not None:
                    stream.close()


def ask_alone(job: Job) -> dict[str, Any]:
    """One job in a worker of its own: what a task on a Dask cluster does."""
    worker = Worker()
    try:
        return worker.ask(job)
    finally:
        worker.close()


if __name__ == "__main__":
    serve()
