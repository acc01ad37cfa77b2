"""The oracles of the fuzzer see faults, and each kind of input reaches its doors."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import fuzz_doors
import pytest
from fuzz import run as runner
from fuzz.page import added, page, read, write
from fuzz.run import Part, fuzz, parts, recorded, seeds
from fuzz_doors import Findings, of_command, of_system, of_text, through
from sympy import Eq, Symbol
from true_at_points import Verdict

import liesym
from liesym.base.listing import Listing
from liesym.errors import Unsupported


def test_an_error_of_the_tree_is_no_offence_and_another_is() -> None:
    def refused() -> None:
        raise Unsupported("no")

    def raw() -> None:
        raise ZeroDivisionError

    found = Findings()
    through("door", "input", found, refused, 1.0)
    assert found.offences == []
    through("door", "input", found, raw, 1.0)
    assert [o[0] for o in found.offences] == ["raw"]


def test_a_door_that_takes_too_long_is_an_offence(monkeypatch: pytest.MonkeyPatch) -> None:
    """One second of a budget of 1 s, a tenth and a second; on a machine that may be slower both are longer."""
    for seconds, slower, offences in ((2.0, 1.0, []), (2.2, 1.0, ["over"]), (4.2, 3.0, []), (4.4, 3.0, ["over"])):
        found, times = Findings(slower), iter((0.0, seconds))
        monkeypatch.setattr(fuzz_doors.time, "process_time", lambda times=times: next(times))
        through("door", "input", found, int, 1.0)
        assert [o[0] for o in found.offences] == offences


def test_a_false_integral_is_an_offence(monkeypatch: pytest.MonkeyPatch) -> None:
    wrong: Callable[..., Any] = lambda system, **how: Listing((Symbol("y", real=True),))  # noqa: E731
    monkeypatch.setattr(liesym, "first_integrals", wrong)
    found = Findings()
    of_text("y'' = -y", found)
    assert [o[:2] for o in found.offences] == [("false", "first_integrals")]


def test_the_corpus_is_there() -> None:
    assert len(seeds()) >= 45


def test_what_no_point_decides_is_no_offence_and_is_counted() -> None:
    found = Findings()
    found.judge("door", "input", "statement", Verdict(undecided=("no rule",)))
    found.judge("door", "input", "statement", Verdict(right=1))
    found.judge("door", "input", "statement", Verdict(right=1, wrong=("at y",)))
    assert (found.decided, dict(found.undecided)) == (2, {"door: no rule": 1})
    assert found.of("false") == found.offences and len(found.offences) == 1


def test_a_command_that_fails_is_an_offence(monkeypatch: pytest.MonkeyPatch) -> None:
    def raw(**how: object) -> None:
        raise ZeroDivisionError

    text = "y'' = y"
    found = Findings()
    monkeypatch.setattr(fuzz_doors, "COMMANDS", (("determine", "--json"),))
    of_command(text, found)
    assert found.offences == []
    monkeypatch.setattr("liesym.app.commands.search.determine", raw)
    of_command(text, found)
    assert [o[:2] for o in found.offences] == [("raw", "liesym determine")]


def test_a_false_solution_is_an_offence(monkeypatch: pytest.MonkeyPatch) -> None:
    right = liesym.solve("y' = y")
    y, t = (Symbol(n, real=True) for n in "yt")
    monkeypatch.setattr(liesym, "solve", lambda system, **how: replace(right, explicit=(Eq(y, t**2),), on=((),)))
    found = Findings()
    of_system(liesym.ODESystem.parse("y' = y"), "y' = y", found)
    assert found.offences and {o[:2] for o in found.offences} == {("false", "solve")}


def test_each_kind_of_input_goes_through_its_doors(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fuzz_doors, "BUDGETS", (0.1,))
    found = fuzz(1, 1)
    assert found.inputs == 4
    assert found.of("raw", "false") == []


def test_an_input_is_tried_and_counted_once(monkeypatch: pytest.MonkeyPatch) -> None:
    tried: list[str] = []
    monkeypatch.setattr(fuzz_doors, "of_system", lambda system, told, found: tried.append(told))
    monkeypatch.setattr(fuzz_doors, "of_command", lambda text, found: None)
    found = Findings()
    for text in ("y'' = y", "y'' = 2*y", "y'' = y"):
        of_text(text, found)
    assert (found.inputs, tried) == (2, ["y'' = y", "y'' = 2*y"])


def test_the_budget_is_that_of_the_input_and_each_occurs() -> None:
    texts = [f"y'' = {k}*y" for k in range(200)]
    assert {fuzz_doors.budget_of(t) for t in texts} == set(fuzz_doors.BUDGETS)
    assert [fuzz_doors.budget_of(t) for t in texts] == [fuzz_doors.budget_of(t) for t in texts]


def test_runs_add_up_on_the_page_and_none_counts_twice(tmp_path: Path) -> None:
    one = [Part(10_000, 2, 2, 2, 1800.0, (), 5, (("solve: no rule", 2),)), Part(0, 0, 7, 6, 1800.0, (), 3, ())]
    other = [Part(20_000, 3, 3, 1, 3600.0, (("raw", "parse", "y|", "KeyError: 'y'"),), 1, (("solve: no rule", 1),))]
    kept = added(added([], one, {"commit": "a"}), other, {"commit": "b"})
    assert added(kept, one, {"commit": "a"}) == kept
    assert added(kept, one, {"commit": "c"}) != kept
    told = page(kept)
    assert "12 inputs" in told and "9 statements decided" in told and "3 without a verdict" in told and "2.00 hours" in told
    assert "1 raw, 0 over, 0 false" in told and "`y\\|`" in told
    file = tmp_path / "fuzz.json"
    write(kept, file)
    assert page(read(file)) == told


def test_parts_have_seeds_of_their_own_and_all_inputs() -> None:
    one, other = parts(1234, 1), parts(1234, 2)
    assert sum(one.values()) == 1234
    assert set(one) & set(other) == {0}


def test_a_run_goes_on_where_its_record_ends(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def drawn(todo: dict[int, int], jobs: int, seconds: float, slower: float) -> Iterator[Part]:
        for number, examples in todo.items():
            began.append(number)
            offences = (("raw", "parse", "y", "no"),) if number == 10_001 else ()
            none = (("flow: no rule", 3),) if number == 10_002 else ()
            yield Part(number, examples, examples, 1, 0.5, offences, 3 if number else 0, none)

    began: list[int] = []
    record = tmp_path / "record.jsonl"
    monkeypatch.setattr(runner, "PART", 25)
    monkeypatch.setattr(runner, "run", drawn)
    monkeypatch.setattr("sys.argv", ["run.py", "--examples", "60", "--record", str(record)])
    assert runner.main() == 1
    assert began == [0, 10_000, 10_001, 10_002]
    lines = record.read_text(encoding="utf-8").splitlines(keepends=True)
    record.write_text("".join(lines[:2]), encoding="utf-8")
    began.clear()
    assert runner.main() == 1
    assert began == [10_001, 10_002]
    assert [p.seed for p in recorded(record)] == [0, 10_000, 10_001, 10_002]
    told = capsys.readouterr().out.splitlines()[-3:]
    assert "60 inputs" in told[0]
    assert told[1:] == ["statements: 9 decided, 3 without a verdict (25.0 %)", "  3 flow: no rule"]
