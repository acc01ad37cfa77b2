"""What tracked files may not contain, and that the documents name what exists."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
# letters in brackets, so that this file does not contain what it forbids
FORBIDDEN = {
    "a path of one machine": re.compile(r"(?<![\w.])/(?:[w]ork|[o]pt|[r]oot|[h]ome|[t]mp)/\w"),
    "a name under which it is not published": re.compile(r"pip3? [i]nstall [^\n]*\bliesym(?![-_])\b(?!/)"),
    "a conflict marker": re.compile(r"^(?:<{7}|>{7}) ", re.MULTILINE),
    "an unfinished place": re.compile(r"\b(?:[T]ODO|[F]IXME|[X]XX)\b"),
    "the address of a package registry": re.compile(r"--(?:extra-)?[i]ndex-url|pypi\.org/[s]imple"),
}
DOCUMENTS = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md"))]
WHOLE = 2_000_000


def tracked() -> list[Path]:
    """The files under version control; none where this is no checkout."""
    done = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=False)
    return [ROOT / name for name in done.stdout.split("\0") if name and (ROOT / name).is_file()]


def forbidden_in(text: str) -> list[str]:
    """What a text contains that it may not."""
    return [f"{what}: {m.group(0)!r}" for what, pattern in FORBIDDEN.items() if (m := pattern.search(text))]


def make_targets(text: str) -> set[str]:
    """Targets of a Makefile that are words."""
    return set(re.findall(r"^([a-z][a-z-]*):", text, re.MULTILINE))


def make_commands(text: str) -> set[str]:
    """Targets that a document tells the reader to make, in code."""
    lines = re.findall(r"(?:^|`)make ((?:[a-z-]+ ?)+)", text, re.MULTILINE)
    return {word for line in lines for word in line.split()}


def broken_links(path: Path, text: str) -> list[str]:
    """Relative links of a Markdown page to files that are not there."""
    targets = re.findall(r"\]\((?!https?:|mailto:|#)([^)#\s]+)", text)
    return [t for t in targets if not (path.parent / t).exists()]


def test_tracked_files_hold_nothing_forbidden() -> None:
    files = tracked()
    if not files:
        pytest.skip("this is no checkout")
    found = {}
    for path in files:
        data = path.read_bytes()
        assert len(data) <= WHOLE, f"{path} is too large for the repository"
        if b"\0" not in data and (faults := forbidden_in(data.decode("utf-8"))):
            found[str(path.relative_to(ROOT))] = faults
    assert found == {}


def test_forbidden_text_is_noticed() -> None:
    slash = chr(47)
    names = (f"{slash}tmp{slash}x", f"in {slash}work{slash}main", f"see {slash}home{slash}me")
    for text in (*names, "pip " + "install liesym", "<" * 7 + " HEAD", "# " + "todo".upper()):
        assert forbidden_in(text), text
    for text in ("pip install liesym-ode", "a/b/work/c", "pip install -e '.[dev]'", "todo"):
        assert forbidden_in(text) == [], text


def test_readme_commands_exist() -> None:
    targets = make_targets((ROOT / "Makefile").read_text(encoding="utf-8"))
    commands = make_commands((ROOT / "README.md").read_text(encoding="utf-8"))
    assert {"demo", "test"} <= commands <= targets
    assert make_commands((ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")) <= targets


def test_a_missing_target_is_noticed() -> None:
    assert make_commands("run `make fly`\n\n```\nmake demo\nmake lint docs\n```") == {
        "fly",
        "demo",
        "lint",
        "docs",
    }
    assert make_targets("demo: x\n\techo\nVENV = y\n") == {"demo"}


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda p: str(p.relative_to(ROOT)))
def test_links_between_documents_lead_somewhere(path: Path) -> None:
    assert broken_links(path, path.read_text(encoding="utf-8")) == []


def test_a_broken_link_is_noticed() -> None:
    assert broken_links(ROOT / "README.md", "[a](nowhere.md) [b](LICENSE) [c](https://example.org)") == ["nowhere.md"]
