"""What docstrings cite is in the bibliography, and the bibliography holds nothing else."""

from __future__ import annotations

import ast
import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
BIBLIOGRAPHY = ROOT / "docs" / "references.bib"
CITATION = re.compile(r"([A-ZÀ-Þ][\w'-]+)(?: et al\.)?,? ((?:18|19|20)\d\d)\b(?!-)")
"""The last name before the year: in "Bluman and Anco 2002" it is (Anco, 2002)."""


def citations(source: str) -> set[tuple[str, str]]:
    """(name, year) wherever a docstring, or a string that follows a definition, cites."""
    strings = [
        node.value.value
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)
    ]
    return {match for text in strings for match in CITATION.findall(" ".join(text.split()))}


def listed() -> list[tuple[str, str]]:
    """(authors, year) of each entry."""
    sys.path.insert(0, str(ROOT / "docs"))
    try:
        from generate import entries  # pyright: ignore[reportMissingImports]
    finally:
        sys.path.pop(0)
    found = entries(BIBLIOGRAPHY.read_text(encoding="utf-8"))
    assert len(found) == BIBLIOGRAPHY.read_text(encoding="utf-8").count("\n@")
    return [(fields["author"], fields["year"]) for _, fields in found]


def unlisted(cited: set[tuple[str, str]], known: list[tuple[str, str]]) -> list[str]:
    """Citations with no entry of that author and year."""
    return sorted(f"{n} {y}" for n, y in cited if not any(n in authors and y == year for authors, year in known))


def cited_in_code() -> set[tuple[str, str]]:
    paths = [*(ROOT / "liesym").rglob("*.py"), *(ROOT / "backends").rglob("*.py")]
    return {c for path in paths for c in citations(path.read_text(encoding="utf-8"))}


def test_every_citation_is_listed() -> None:
    assert unlisted(cited_in_code(), listed()) == []


def test_every_entry_is_cited() -> None:
    cited = cited_in_code()
    unused = [f"{a} {y}" for a, y in listed() if "NIST" not in a and not any(n in a and y == c for n, c in cited)]
    assert unused == []


def test_an_unlisted_citation_is_noticed() -> None:
    source = '"""F.\n\nSource: Nobody and Nowhere 1901, section 2; Olver 1993; White et al. 2023.\n"""'
    assert citations(source) == {("Nowhere", "1901"), ("Olver", "1993"), ("White", "2023")}
    assert unlisted(citations(source), listed()) == ["Nowhere 1901"]
