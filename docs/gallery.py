"""The gallery: what `liesym analyze` says of thirty systems of the catalogue, with a phase portrait where there is one.

It is written while the documents are built, so that it shows what this version says; no picture of it is kept.
"""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from liesym.app.inputs import load_problem
from liesym.app.report import pictures
from liesym.app.report.markup import figure
from liesym.app.report.terminal import show_result
from liesym.app.screen import Screen
from liesym.app.tasks import analysis

COUNT, COLUMNS, SECONDS = 30, 90, 20.0
"""Systems, width of their texts, and what each may take."""
WORDS = """# Gallery

What `liesym analyze` prints for {count} systems of the catalogue, evenly drawn from those of order two and above that have a
symmetry, with one or two unknowns. This page is written when the documents are built. Portraits are of the plane of the
two states, parameters without a value being 1.
"""


def chosen(corpus: Path) -> list[dict[str, Any]]:
    """Systems spread evenly over the catalogue."""
    entries = json.loads(corpus.read_text(encoding="utf-8"))
    found = [e for e in entries if e["order"] >= 2 and e["dimension"] and len(e["unknowns"]) <= 2]
    return [found[i * len(found) // COUNT] for i in range(COUNT)]


def shown(entry: dict[str, Any]) -> Iterator[str]:
    """The lines of one system."""
    problem = load_problem(entry["equations"], independent=entry["independent"])
    done = analysis(problem, budget=SECONDS)
    text = io.StringIO()
    show_result(Screen(text, COLUMNS), done.result, done.integrals, done.algebra)
    lines = [line for line in text.getvalue().splitlines() if not line.startswith("seconds: ")]
    yield from (f"## {'; '.join(f'`{e}`' for e in entry['equations'])}", "", f"*{entry['source']}*", "")
    yield from ("```text", *lines, "```", "")
    portrait = figure(pictures.portrait(problem.system), "solutions in the phase plane") if pictures.is_available() else ""
    if portrait:
        # white in the dark too, as in the report
        yield from ("```{raw} html", portrait.replace("<svg", '<svg style="background: #ffffff"', 1), "```", "")


def write_gallery(root: Path, page: Path) -> None:
    """Write the page, unless it is newer than all that it is made from."""
    corpus = root / "tests" / "catalogue" / "corpus.json"
    sources = [corpus, Path(__file__), *(root / "liesym").rglob("*.py")]
    if page.exists() and page.stat().st_mtime > max(p.stat().st_mtime for p in sources):
        return
    lines = [WORDS.format(count=COUNT)]
    for entry in chosen(corpus):
        lines += shown(entry)
    page.parent.mkdir(parents=True, exist_ok=True)
    page.write_text("\n".join(lines), encoding="utf-8")
