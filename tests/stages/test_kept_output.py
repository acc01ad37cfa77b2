"""What twenty systems print is kept, word for word: a change of it is seen and read, not only felt.

`python tests/kept_output.py` writes the pages anew.
"""

from __future__ import annotations

import re

import pytest
from kept_output import DOORS, FOLDER, SYSTEMS, door_page, page, path
from runs import dealt

UNTIDY = {
    "a dictionary": re.compile(r"\{'|': '"),
    "an internal name": re.compile(r"\b(?:Derivative|Subs|Integer|Rational|Element|Symbol|Dummy|None|True|False)\b"),
    "a name of Python": re.compile(r"\*\*|__|object at"),
    "roots that are not joined": re.compile(r"sqrt\([^()]*\)·sqrt"),
    "a sign after a sign": re.compile(r"[+−] [−-]"),
}


@pytest.mark.parametrize("name", dealt(SYSTEMS, usual=4, late=("two_oscillators", "damped", "charge")))
def test_output_is_as_kept(name: str) -> None:
    assert page(name) == path(name).read_text(encoding="utf-8")


@pytest.mark.parametrize("name", DOORS)
def test_other_commands_print_what_is_kept(name: str) -> None:
    assert door_page(name) == path(name).read_text(encoding="utf-8")


def sections(text: str) -> dict[str, list[str]]:
    """Lines by the heading above them."""
    found: dict[str, list[str]] = {}
    for line in text.splitlines()[1:]:
        if line.startswith("--- "):
            found[line[4:]] = []
        else:
            found[[*found][-1]].append(line)
    return found


@pytest.mark.parametrize("name", SYSTEMS)
def test_kept_pages_are_tidy_and_fit(name: str) -> None:
    parts = sections(path(name).read_text(encoding="utf-8"))
    assert [*parts] == ["80 columns", "120 columns", "LaTeX", "HTML"] and all(parts.values())
    for width in (80, 120):
        assert max(map(len, parts[f"{width} columns"])) <= width
    everything = "\n".join(line for lines in parts.values() for line in lines)
    assert {what: m.group(0) for what, pattern in UNTIDY.items() if (m := pattern.search(everything))} == {}
    assert all(line.startswith(r"\[ ") and line.endswith(r" \]") for line in parts["LaTeX"])


@pytest.mark.parametrize("name", DOORS)
def test_kept_pages_of_other_commands_are_tidy_and_fit(name: str) -> None:
    parts = sections(path(name).read_text(encoding="utf-8"))
    assert [*parts] == ["80 columns", "120 columns"] and all(parts.values())
    for width in (80, 120):
        assert max(map(len, parts[f"{width} columns"])) <= width
    named = "independent variable"  # a line with the names as they were typed
    everything = "\n".join(line for lines in parts.values() for line in lines if not line.startswith(named))
    assert {what: m.group(0) for what, pattern in UNTIDY.items() if (m := pattern.search(everything))} == {}
    assert not re.search(r"\b(?:theta|lambda|xi|eta|C[12])\b|\*", everything)


def test_what_is_untidy_is_noticed() -> None:
    bad = ("{'t': '1'}", "Derivative(xi(t), t)", "y**2", "sqrt(g − 2·w)·sqrt(g + 2·w)", "x + −y")
    assert all(any(p.search(text) for p in UNTIDY.values()) for text in bad)


def test_no_page_is_left_over() -> None:
    assert {p.stem for p in FOLDER.glob("*.txt")} == {*SYSTEMS, *DOORS}
