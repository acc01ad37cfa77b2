"""Faulty problem files: one error that names the file, the line in it, and the nearest right key."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from liesym.errors import AnsatzError, DataError, NotSolvable, ParseError
from liesym.model.problem import read_problem

GOOD = """title = "Charged particle in a sinusoidal field"
independent = "t"
equations = ["z' = cos(theta1*z + theta2)"]
[parameters]
theta1 = { positive = true, value = 1.3 }
[ansatz]
kind = "separable"
depends = { t = ["t"], z = ["z"] }
"""


def problem(folder: Path, text: str | bytes) -> Path:
    path = folder / "problem.toml"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def test_a_sound_file_is_read(tmp_path: Path) -> None:
    """Control."""
    read = read_problem(problem(tmp_path, GOOD))
    assert read.title == read.system.title == "Charged particle in a sinusoidal field"
    assert read.system.parameters[0].value == 1.3
    assert str(read.ansatz) == "separable: t(t), z(z)"


@pytest.mark.parametrize(
    ("old", "new", "kind", "words"),
    [
        ("title", "titel", ParseError, "unknown key 'titel'; did you mean title"),
        ("equations", "equation", ParseError, "unknown key 'equation'; did you mean equations"),
        ("positive", "postive", ParseError, "parameter theta1: unknown key 'postive'; did you mean positive"),
        ("kind", "knd", ParseError, "unknown key 'knd'; did you mean kind"),
        ('"t"\neq', "3\neq", ParseError, "independent must be text, not 3"),
        ("1.3", '"1.3"', ParseError, "value must be a finite number"),
        ("1.3", "nan", ParseError, "value must be a finite number"),
        ("1.3", "-1", ParseError, "contradicts positive"),
        ("true", "1", ParseError, "positive must be true or false"),
        ("{ positive = true, value = 1.3 }", "1.3", ParseError, "parameter theta1: a table is expected"),
        ('["z\' = cos(theta1*z + theta2)"]', "3", ParseError, "equations must be a list of text"),
        ('["z\' = cos(theta1*z + theta2)"]', "[]", ParseError, "equations must be a list of text"),
        ('["z\' = cos(theta1*z + theta2)"]', '["z\' = 1", 2]', ParseError, "must be a list of text"),
        ("theta1 =", "z =", ParseError, "has the name of an unknown"),
        ("theta1 =", "t =", ParseError, "has the name of the independent variable"),
        ('z = ["z"]', 'q = ["z"]', AnsatzError, "'q', which is no variable; the variables are t, z"),
        ('z = ["z"]', "z = 3", ParseError, "depends must be a table of lists"),
        ('depends = { t = ["t"], z = ["z"] }', "", AnsatzError, "needs depends"),
        ('depends = { t = ["t"], z = ["z"] }', "degree = 2", AnsatzError, "takes no degree"),
        ('"separable"', "3", AnsatzError, "needs kind"),
        ('"separable"', '"seperable"', AnsatzError, "did you mean separable"),
        ("title = ", "title = [", ParseError, "is not TOML"),
        ("z' =", "z =", ParseError, "no derivative"),
        ("z' =", "sin(z') =", NotSolvable, "not polynomial"),
    ],
)  # fmt: skip
def test_faulty_files(old: str, new: str, kind: type[Exception], words: str, tmp_path: Path) -> None:
    assert old in GOOD
    with pytest.raises(kind, match=words):
        read_problem(problem(tmp_path, GOOD.replace(old, new, 1)))


def test_the_caret_points_into_the_file(tmp_path: Path) -> None:
    with pytest.raises(ParseError) as caught:
        read_problem(problem(tmp_path, GOOD.replace("theta1*z", "theta1 z")))
    error = caught.value
    assert error.line == 3
    assert error.source.splitlines()[2][error.column - 1] == "z"
    assert "problem.toml" in str(error)


@pytest.mark.parametrize("text", ["", " \n\n"])
def test_empty_file(text: str, tmp_path: Path) -> None:
    with pytest.raises(ParseError, match="is empty"):
        read_problem(problem(tmp_path, text))


def test_file_without_equations(tmp_path: Path) -> None:
    with pytest.raises(ParseError, match="has no equations"):
        read_problem(problem(tmp_path, 'title = "nothing"\n'))


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="cannot be read"):
        read_problem(tmp_path / "missing.toml")
    with pytest.raises(DataError, match="cannot be read"):
        read_problem(tmp_path)
    with pytest.raises(DataError, match="not UTF-8"):
        read_problem(problem(tmp_path, b'title = "\xff"'))
    with pytest.raises(DataError, match="at most"):
        read_problem(problem(tmp_path, b"#" * 2_000_000))


INJECTION = "__import__('os').system('touch pwned')"


@pytest.mark.parametrize(
    "text",
    [
        f'equations = ["y\' = {INJECTION}"]',
        f'equations = "{INJECTION}"',
        f'equations = ["y\' = 1"]\nindependent = "{INJECTION}"',
        f'equations = ["y\' = 1"]\n[parameters]\n"{INJECTION}" = {{}}',
        f'equations = ["y\' = a"]\n[parameters]\na = {{ value = "{INJECTION}" }}',
        f'equations = ["y\' = a"]\n[parameters]\na = {{ "{INJECTION}" = true }}',
        f'equations = ["y\' = 1"]\n"{INJECTION}" = 1',
        f'equations = ["y\' = 1"]\n[ansatz]\nkind = "span"\nfunctions = ["{INJECTION}"]',
    ],
)  # fmt: skip
def test_code_in_any_field_is_a_parse_error_and_runs_nothing(
    text: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = problem(tmp_path, text)
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ParseError):
        read_problem(path)
    assert os.listdir(tmp_path) == ["problem.toml"]


@pytest.mark.parametrize("table", [f'kind = "{INJECTION}"', f'kind = "separable"\ndepends = {{ "{INJECTION}" = ["t"] }}'])
def test_code_in_names_of_the_ansatz_is_refused(table: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = problem(tmp_path, f'equations = ["y\' = 1"]\n[ansatz]\n{table}')
    monkeypatch.chdir(tmp_path)
    with pytest.raises(AnsatzError):
        read_problem(path)
    assert os.listdir(tmp_path) == ["problem.toml"]
