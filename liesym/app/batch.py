"""Many systems at once: worker processes that can be killed, a record a line, resumable.

On this machine each thread has a worker process; on a Dask cluster each task has one. See `liesym.app.worker`.
"""

from __future__ import annotations

import json
import os
import threading
from collections import Counter
from collections.abc import Callable, Generator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from liesym.app.worker import Job, Worker, ask_alone
from liesym.errors import DataError

FINAL = ("done", "budget", "refused")
"""States that a second run does not try again."""


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
        entries = json.loads(Path(path).read_text(encoding="utf-8-sig"))
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
    answers = _on_dask(open_jobs, dask) if dask else _on_this_machine(open_jobs, workers or os.cpu_count() or 1)
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
        raise DataError(f"{path} is there and is no file of batch records ({error}); choose another name") from None
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
    """Records in the order in which they come; connected at once, before a file is opened for them."""
    try:
        from dask.distributed import Client
    except ModuleNotFoundError:
        raise DataError("a Dask cluster needs dask.distributed; install liesym-ode[batch]") from None
    try:
        client = Client(address, timeout="10s")
    except (OSError, ValueError, TimeoutError) as error:
        raise DataError(f"no Dask scheduler at {address}: {error}") from None
    return _from_cluster(client, jobs)


def _from_cluster(client: Any, jobs: Sequence[Job]) -> Generator[dict[str, Any], None, None]:
    from dask.distributed import as_completed

    with client:
        futures = client.map(ask_alone, jobs, pure=False, key=[f"liesym-{job.key}-{job.id}" for job in jobs])
        for future in as_completed(futures):
            yield future.result()


def _summary(records: Sequence[Mapping[str, Any]], jobs: Mapping[str, Job], reused: int, output: str) -> Summary:
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
        (r["id"], r["state"], str(r.get("error", "")).partition("\n")[0][:160]) for r in records if "result" not in r
    )
    return Summary(
        len(records), reused, tuple(states.most_common()), tuple(claims.most_common()),
        len(compared) - len(differing), differing, failures, output,
    )  # fmt: skip
