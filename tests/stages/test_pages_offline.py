"""The formulas of the pages need neither a script nor a network."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import pytest

DOCS = Path(__file__).resolve().parents[2] / "docs"
PAGES = [p for p in sorted(DOCS.rglob("*.md")) if not {"api", "_build"} & set(p.parts)]
sys.path.insert(0, str(DOCS))
pytest.importorskip("docutils.utils.math.latex2mathml")
mathml = pytest.importorskip("mathml")
gallery = pytest.importorskip("gallery")


def formulas(text: str) -> list[tuple[str, bool]]:
    """(LaTeX, whether it stands by itself) of every formula outside code."""
    plain = re.sub(r"`[^`\n]*`", "", re.sub(r"```.*?```", "", text, flags=re.DOTALL))
    found = re.findall(r"\$\$(.+?)\$\$|(?<![\\$])\$([^$\n]+?)\$", plain, flags=re.DOTALL)
    return [(block or inline, bool(block)) for block, inline in found]


def test_every_formula_has_its_mathml() -> None:
    every = [(page.name, *f) for page in PAGES for f in formulas(page.read_text(encoding="utf-8"))]
    assert len(every) > 100
    for name, text, block in every:
        assert mathml.as_mathml(text, block).startswith("<math"), name


def test_a_formula_without_translation_is_refused_by_name() -> None:
    with pytest.raises(ValueError, match="nonsense"):
        mathml.as_mathml(r"\nonsense{x}")


def test_formulas_in_code_are_none() -> None:
    assert formulas("`$a$` and $b$\n```\n$c$\n```\n$$d$$") == [("b", False), ("d", True)]


def test_the_gallery_shows_what_this_version_says() -> None:
    systems = gallery.chosen(DOCS.parent / "tests" / "catalogue" / "corpus.json")
    assert len({e["id"] for e in systems}) == gallery.COUNT == 30
    lines = list(gallery.shown(next(e for e in systems if e["equations"] == ["y'' = y^2"])))
    assert lines[0] == "## `y'' = y^2`" and lines.count("```") in (1, 2)
    assert any(line.startswith("2 symmetries, proven complete: translation of x") for line in lines)
    text = lines[lines.index("```text") + 1 : lines.index("```")]
    assert max(map(len, text)) <= gallery.COLUMNS and not any("{" in line for line in text)


def test_no_page_asks_the_network_for_its_formulas() -> None:
    configuration = (DOCS / "conf.py").read_text(encoding="utf-8")
    assert 'html_math_renderer = "mathml"' in configuration and "mathjax" not in configuration
