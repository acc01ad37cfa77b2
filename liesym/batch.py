"""Many systems at once: worker processes that can be killed, a record a line, resumable.

Each system is solved by a worker process (`python -m liesym.batch`) that reads jobs and answers in lines of
JSON. A worker that does not answer in time is killed and replaced, so that no system can hold up the others.
On a Dask cluster the same happens inside each task.
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
from collections import Counter
from collections.abc import Callable, Generator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import closing
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from liesym.errors import DataError, LiesymError

PATIENCE = 20.0
"""Seconds beyond its budget after which a worker is killed: start, verification and its own alarm fit in."""
JOBS_A_WORKER = 25
"""A worker is replaced after so many systems, which bounds what SymPy's caches hold."""
FINAL = ("done", "budget", "refused")
"""States that a second run does not try again."""


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

    @property
    def key(self) -> str:
        """A mark of everything that the answer depends on."""
        content = {k: v for k, v in asdict(self).items() if k not in ("id", "group", "expected")}
        return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()[:16]


@dataclass(frozen=True, slots=True)
class Summary:
    """What came out of a batch.

    Arguments:
        total: systems asked for.
        reused: of these, taken from an earlier run.
        states: (state, number).
        claims: (completeness, number) of the systems that were solved.
        agreeing: dimensions that are the expected ones.
        differing: (id, dimension, expected) where a stated dimension is another.
        failures: (id, state, error) of the systems without a result.
        output: the file of records.
    """

    total: int
    reused: int
    states: tuple[tuple[str, int], ...]
    claims: tuple[tuple[str, int], ...]
    agreeing: int
    differing: tuple[tuple[str, int, int | None], ...]
    failures: tuple[tuple[str, str, str], ...]
    output: str

    def lines(self) -> list[str]:
        """The summary in words."""
        told = [f"{self.total} systems, {self.reused} of them from an earlier run; records in {self.output}"]
        told.append(", ".join(f"{state}: {n}" for state, n in self.states))
        if self.claims:
            told.append("completeness: " + ", ".join(f"{claim}: {n}" for claim, n in self.claims))
        if self.agreeing or self.differing:
            told.append(f"dimensions as in the corpus: {self.agreeing}, others: {len(self.differing)}")
            told += [f"  {id_}: {found}, the corpus has {wanted}" for id_, found, wanted in self.differing]
        told += [f"  {id_} {state}: {error}" for id_, state, error in self.failures[:20]]
        if len(self.failures) > 20:
            told.append(f"  and {len(self.failures) - 20} more without a result")
        return told


# -- corpus --------------------------------------------------------------------------------------


def read_corpus(path: str | Path) -> tuple[Job, ...]:
    """Read a list of systems: ``[{"id": …, "equations": […], "independent": …, "parameters": {…}}, …]``.

    A parameter is "generic" (nonzero) or a table of assumptions; ansatz, class and dimension are optional.

    Raises:
        DataError: the file cannot be read, is no such list, or has an id twice.
    """
    try:
        entries = json.loads(Path(path).read_text(encoding="utf-8"))
    except OSError as error:
        raise DataError(f"{path} cannot be read: {error.strerror or error}") from None
    except (ValueError, RecursionError) as error:
        raise DataError(f"{path} is not JSON: {error}") from None
    if not isinstance(entries, list):
        raise DataError(f"{path} must hold a list of systems, not {type(entries).__name__}")
    jobs = tuple(_job(entry, i, path) for i, entry in enumerate(entries))
    twice = [name for name, n in Counter(job.id for job in jobs).items() if n > 1]
    if twice:
        raise DataError(f"{path} has the id {twice[0]} more than once")
    return jobs


def _job(entry: object, index: int, path: str | Path) -> Job:
    where = f"{path}, system {index}"
    if not isinstance(entry, Mapping):
        raise DataError(f"{where}: a table is expected, not {entry!r}")
    equations = entry.get("equations")
    if isinstance(equations, str):
        equations = [equations]
    if not isinstance(equations, list) or not equations or not all(isinstance(e, str) for e in equations):
        raise DataError(f"{where}: equations must be a list of text, not {equations!r}")
    texts = {"independent": entry.get("independent", "t"), "id": entry.get("id", f"system-{index}")}
    for name, value in texts.items():
        if not isinstance(value, str):
            raise DataError(f"{where}: {name} must be text, not {value!r}")
    parameters = entry.get("parameters", {})
    if not isinstance(parameters, Mapping):
        raise DataError(f"{where}: parameters must be a table, not {parameters!r}")
    specs = {name: {"nonzero": True} if spec == "generic" else spec for name, spec in parameters.items()}
    ansatz, dimension = entry.get("ansatz"), entry.get("dimension")
    if not (ansatz is None or isinstance(ansatz, str)):
        raise DataError(f"{where}: ansatz must be text such as 'polynomial: 2', not {ansatz!r}")
    return Job(
        texts["id"],
        tuple(equations),
        texts["independent"],
        json.dumps(specs, sort_keys=True),
        ansatz,
        str(entry.get("class", "")),
        dimension if isinstance(dimension, int) else None,
    )


# -- the worker ----------------------------------------------------------------------------------


def solve(job: Job) -> dict[str, Any]:
    """The record of one system: state, seconds, and the JSON of `analyze` or the error."""
    from liesym.tasks import analysis
    from liesym.text.ansatz import parse_ansatz
    from liesym.text.equations import read_system
    from liesym.text.files import Problem

    started = time.monotonic()
    record: dict[str, Any] = {"id": job.id, "key": job.key}
    try:
        system = read_system(
            "\n".join(job.equations), independent=job.independent, parameters=json.loads(job.parameters)
        )
        ansatz = None if job.ansatz is None else parse_ansatz(job.ansatz, system)
        done = analysis(Problem(system, ansatz), budget=job.budget, seed=job.seed)
        record |= {"state": "budget" if done.ran_out else "done", "result": done.record()}
    except LiesymError as error:
        record |= {"state": "refused", "error": f"{type(error).__name__}: {error}"}
    except (
        Exception
    ) as error:  # a defect in one system must not end the others; it is on record with its place
        trace = traceback.format_exc().splitlines()[-8:]
        record |= {"state": "defect", "error": f"{type(error).__name__}: {error}", "trace": trace}
    return record | {"seconds": round(time.monotonic() - started, 3)}


def serve() -> None:
    """The loop of a worker: a job a line on the standard input, a record a line on what was its output."""
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)  # whatever else prints must not mix with the answers
    sys.setrecursionlimit(10_000)
    from sympy.core.cache import clear_cache

    for line in sys.stdin:
        told = json.loads(line)
        record = solve(Job(**{**told, "equations": tuple(told["equations"])}))
        answers.write(json.dumps(record) + "\n")
        answers.flush()
        clear_cache()


class Worker:
    """A process that solves one job after another and can be killed at any time."""

    command: tuple[str, ...] = (sys.executable, "-m", "liesym.batch")
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


# -- running -------------------------------------------------------------------------------------


def run_batch(
    jobs: Sequence[Job],
    output: str | Path,
    *,
    workers: int = 0,
    dask: str | None = None,
    show: Callable[[int, int], None] = lambda done, total: None,
) -> Summary:
    """Solve all jobs and append a record a line; jobs that the file has already are not solved again.

    Arguments:
        jobs: with budgets and seeds set.
        output: a file of JSON lines, created or continued.
        workers: processes on this machine; 0 takes one a core.
        dask: address of a scheduler; then its workers are used.
        show: called with (records so far, all).

    Raises:
        DataError: the file cannot be written or holds something else; the cluster cannot be reached.
    """
    path = Path(output)
    known = _resume(path)
    wanted = {job.id: job for job in jobs}
    records = {i: known[i] for i, job in wanted.items() if i in known and known[i]["key"] == job.key}
    records = {i: r for i, r in records.items() if r["state"] in FINAL}
    reused = len(records)
    open_jobs = [job for job in jobs if job.id not in records]
    answers = (
        _on_dask(open_jobs, dask) if dask else _on_this_machine(open_jobs, workers or os.cpu_count() or 1)
    )
    show(reused, len(jobs))
    try:
        with closing(answers), path.open("a", encoding="utf-8") as stream:
            for record in answers:
                stream.write(json.dumps(record) + "\n")
                stream.flush()
                os.fsync(stream.fileno())
                records[record["id"]] = record
                show(len(records), len(jobs))
    except OSError as error:
        raise DataError(f"{path} cannot be written: {error.strerror or error}") from None
    return _summary([records[job.id] for job in jobs], wanted, reused, str(path))


def _resume(path: Path) -> dict[str, dict[str, Any]]:
    """The records that are there; a last line that was cut off by a kill is removed."""
    if not path.exists():
        return {}
    try:
        data = path.read_bytes()
        whole = data[: data.rfind(b"\n") + 1]
        records = [json.loads(line) for line in whole.splitlines()]
        if not all(isinstance(r, dict) and {"id", "key", "state"} <= set(r) for r in records):
            raise ValueError("a line is no record")
        if len(whole) < len(data):
            with path.open("r+b") as stream:
                stream.truncate(len(whole))
    except OSError as error:
        raise DataError(f"{path} cannot be read: {error.strerror or error}") from None
    except ValueError as error:
        raise DataError(
            f"{path} is there and is no file of batch records ({error}); choose another name"
        ) from None
    return {record["id"]: record for record in records}


@dataclass
class _Pool:
    """One worker for each thread that asks, all closed together."""

    local: threading.local = field(default_factory=threading.local)
    all: list[Worker] = field(default_factory=list)

    def ask(self, job: Job) -> dict[str, Any]:
        worker = getattr(self.local, "worker", None)
        if worker is None:
            worker = self.local.worker = Worker()
            self.all.append(worker)
        return worker.ask(job)

    def close(self) -> None:
        for worker in self.all:
            worker.close()


def _on_this_machine(jobs: Sequence[Job], workers: int) -> Generator[dict[str, Any], None, None]:
    """Records in the order in which they come."""
    pool = _Pool()
    threads = ThreadPoolExecutor(max_workers=max(1, min(workers, len(jobs))))
    waiting: set[Future[dict[str, Any]]] = {threads.submit(pool.ask, job) for job in jobs}
    try:
        while waiting:
            ready, waiting = wait(waiting, return_when=FIRST_COMPLETED)
            for future in ready:
                yield future.result()
    finally:
        threads.shutdown(wait=False, cancel_futures=True)
        pool.close()
        threads.shutdown(wait=True)


def _on_dask(jobs: Sequence[Job], address: str) -> Generator[dict[str, Any], None, None]:
    try:
        from dask.distributed import Client, as_completed
    except ModuleNotFoundError:
        raise DataError("a Dask cluster needs dask.distributed; install liesym-ode[batch]") from None
    try:
        client = Client(address, timeout="10s")
    except (OSError, ValueError, TimeoutError) as error:
        raise DataError(f"no Dask scheduler at {address}: {error}") from None
    with client:
        futures = client.map(ask_alone, jobs, pure=False, key=[f"liesym-{job.key}-{job.id}" for job in jobs])
        for future in as_completed(futures):
            yield future.result()


def _summary(
    records: Sequence[Mapping[str, Any]], jobs: Mapping[str, Job], reused: int, output: str
) -> Summary:
    states = Counter(r["state"] for r in records)
    solved = [r for r in records if "result" in r]
    claims = Counter(r["result"]["completeness"] for r in solved)
    compared = [
        (r["id"], r["result"]["dimension"], jobs[r["id"]].expected)
        for r in solved
        if jobs[r["id"]].expected is not None and r["result"]["dimension"] is not None
    ]
    differing = tuple(c for c in compared if c[1] != c[2])
    failures = tuple(
        (r["id"], r["state"], str(r.get("error", "")).partition("\n")[0][:160])
        for r in records
        if "result" not in r
    )
    return Summary(
        len(records), reused, tuple(states.most_common()), tuple(claims.most_common()),
        len(compared) - len(differing), differing, failures, output,
    )  # fmt: skip


if __name__ == "__main__":
    serve()
