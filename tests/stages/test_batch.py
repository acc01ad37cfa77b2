"""Many systems at once: records, resuming, and workers that hang or die."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from liesym.app.batch import FINAL, read_corpus, run_batch
from liesym.app.worker import Job, Worker, ask_alone
from liesym.errors import DataError

CORPUS = Path(__file__).parents[1] / "catalogue" / "corpus.json"
BAD = [Job("first", ("y' = 2 x",)), Job("second", ("y = 3",))]


def records(path: Path) -> list[dict]:
    return [json.loads(line) for line in path.read_text().splitlines()]


def test_the_corpus_is_read() -> None:
    jobs = read_corpus(CORPUS)
    assert len(jobs) == 154
    assert len({job.key for job in jobs}) > 140
    kepler = next(job for job in jobs if job.id == "kepler_2d")
    assert (kepler.independent, kepler.expected) == ("t", 3)
    assert json.loads(kepler.parameters) == {"mu": {"nonzero": True}}


def test_a_system_is_solved_by_a_worker(tmp_path: Path) -> None:
    path = tmp_path / "out.jsonl"
    job = Job("free", ("y'' = 0",), expected=8, budget=30)
    summary = run_batch([job], path, workers=1)
    (record,) = records(path)
    assert record["state"] == "done"
    assert record["result"]["dimension"] == 8
    assert summary.agreeing == 1
    assert summary.differing == ()


def test_faulty_systems_are_records_too_and_are_not_tried_again(tmp_path: Path) -> None:
    path = tmp_path / "out.jsonl"
    first = run_batch(BAD, path, workers=2)
    assert dict(first.states) == {"refused": 2}
    assert {r["id"] for r in records(path)} == {"first", "second"}
    assert all("ParseError" in r["error"] for r in records(path))
    again = run_batch(BAD, path, workers=2)
    assert (again.reused, len(records(path))) == (2, 2)
    other = [BAD[0], Job("second", ("y = 4",))]
    assert run_batch(other, path, workers=1).reused == 1


def test_a_line_cut_off_by_a_kill_is_dropped(tmp_path: Path) -> None:
    path = tmp_path / "out.jsonl"
    run_batch(BAD[:1], path, workers=1)
    with path.open("a") as stream:
        stream.write('{"id": "second", "key"')
    assert run_batch(BAD, path, workers=1).reused == 1
    assert [r["id"] for r in records(path)] == ["first", "second"]


def test_another_file_is_not_overwritten(tmp_path: Path) -> None:
    path = tmp_path / "out.jsonl"
    path.write_text("precious\n")
    with pytest.raises(DataError, match="no file of batch records"):
        run_batch(BAD, path, workers=1)
    assert path.read_text() == "precious\n"


def test_a_worker_that_hangs_is_killed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Worker, "command", (sys.executable, "-c", "import signal; signal.pause()"))
    monkeypatch.setattr(Worker, "patience", 0.5)
    path = tmp_path / "out.jsonl"
    summary = run_batch([Job("a", ("y' = y",), budget=0.5), Job("b", ("y' = 1",), budget=0.5)], path, workers=1)
    assert dict(summary.states) == {"killed": 2}
    assert "killed" not in FINAL
    assert [r["id"] for r in records(path)] == ["a", "b"]


def test_a_worker_that_dies_is_replaced(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Worker, "command", (sys.executable, "-c", "import sys; sys.stdin.readline(); sys.exit(7)"))
    record = ask_alone(BAD[0])
    assert record["state"] == "crashed"
    assert "7" in record["error"]


def test_dask_gives_the_same_records(tmp_path: Path) -> None:
    distributed = pytest.importorskip("distributed")
    path = tmp_path / "out.jsonl"
    cluster = distributed.LocalCluster(n_workers=1, threads_per_worker=2, processes=False, dashboard_address=None)
    with cluster:
        summary = run_batch(BAD, path, dask=cluster.scheduler_address)
    assert dict(summary.states) == {"refused": 2}
    with pytest.raises(DataError, match="no Dask scheduler"):
        run_batch(BAD, tmp_path / "other.jsonl", dask="nonsense://nowhere")
