"""What the pages tell a newcomer to type does what they say: commands, programs and the outputs under them."""

from __future__ import annotations

import contextlib
import io
import re
import shlex
import shutil
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from liesym.app.cli import app

ROOT = Path(__file__).parents[2]
BLOCK = re.compile(r"^ *```(\w*)\n(.*?)^ *```", re.MULTILINE | re.DOTALL)
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md")), *sorted((ROOT / "docs" / "how-it-works").glob("*.md"))]
SKETCHES = {"writing-a-backend.md"}
"""Pages whose programs stand for the reader's own."""
RUNNER = CliRunner()


def blocks(page: Path) -> list[tuple[str, str]]:
    """(language, text) of every fenced block."""
    return BLOCK.findall(page.read_text(encoding="utf-8"))


def commands(text: str) -> list[tuple[str, list[str]]]:
    """(command, lines of output under it) of a block of the shell."""
    found: list[tuple[str, list[str]]] = []
    for line in map(str.strip, text.splitlines()):
        if line.startswith("$ "):
            found.append((line[2:], []))
        elif found and line:
            found[-1][1].append(line)
    return found


def terms(line: str) -> list[str]:
    """A line up to the order and the signs of its terms, which the search is free to choose."""
    parts = re.split(r"[\s,]+", line.replace("−", "-"))
    return sorted(part.lstrip("-+") for part in parts if part.strip("-+"))


def test_terms_keep_what_matters() -> None:
    """Control."""
    assert terms("-x*y' + x'*y (4, 1)") == terms("x*y' - x'*y (4, 1)")
    assert terms("x*y' + x'*y") != terms("x*y' - x'*x")


with_commands = [page for page in PAGES if any(commands(text) for language, text in blocks(page) if not language)]
with_programs = [page for page in PAGES if page.name not in SKETCHES and any(b[0] == "python" for b in blocks(page))]


@pytest.mark.parametrize("page", with_commands, ids=lambda page: page.name)
def test_commands(page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shutil.copytree(ROOT / "examples", tmp_path / "examples", ignore=shutil.ignore_patterns("experiments", "__pycache__"))
    monkeypatch.chdir(tmp_path)
    for command, expected in (c for language, text in blocks(page) if not language for c in commands(text)):
        program, *arguments = shlex.split(command)
        assert program == "liesym"
        result = RUNNER.invoke(app, arguments)
        assert result.exception is None or isinstance(result.exception, SystemExit), command
        assert result.exit_code in ((1, 2) if expected and expected[0].startswith(("not a", "error")) else (0, 1)), command
        printed = [terms(line) for line in (result.stdout + result.stderr).splitlines()]
        for line in expected:
            assert terms(line) in printed, (command, line, result.stdout[-800:])


@pytest.mark.parametrize("page", with_programs, ids=lambda page: page.name)
def test_programs(page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One after another, in one namespace, as a reader would type them."""
    shutil.copytree(ROOT / "examples" / "data", tmp_path / "examples" / "data")
    monkeypatch.chdir(tmp_path)
    names: dict[str, Any] = {}
    found = blocks(page)
    for (language, text), (following, output) in zip(found, [*found[1:], ("end", "")], strict=True):
        if language != "python":
            continue
        printed = io.StringIO()
        with contextlib.redirect_stdout(printed):
            exec(compile(text, page.name, "exec"), names)
        if not following and not commands(output):
            assert [terms(line) for line in printed.getvalue().splitlines()] == [terms(line) for line in output.splitlines()]
