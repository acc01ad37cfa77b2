"""A page of the report as lines to read: headings, paragraphs, rows of tables, and formulas on one line.

A fraction is {a}/{b}, a power {a}^{b}, an index {a}_{b}; what a picture shows is left out.
"""

from __future__ import annotations

import re
from html.parser import HTMLParser

BLOCKS = {"h1", "h2", "p", "tr", "li", "pre", "summary", "figcaption"}
CELLS = {"td", "th"}
UNSEEN = {"style", "svg", "title", "nav"}
BETWEEN = {"msup": "^", "msub": "_", "mfrac": "/", "munder": "_"}
LIMITS = {"msubsup": ("_", "^"), "munderover": ("_", "^")}
VOID = {"meta", "br", "link", "input"}
INVISIBLE = "\u2062"


class _Reader(HTMLParser):
    """Text of each open element; what it makes of it goes to the element around it."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[tuple[str, list[str]]] = [("", [])]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in VOID:
            mark = "div.equation" if tag == "div" and ("class", "equation") in attrs else tag
            self.open.append((mark, []))

    def handle_data(self, data: str) -> None:
        self.open[-1][1].append(re.sub(r"\s+", " ", data) if self.open[-1][0] != "code" else data)

    def handle_endtag(self, tag: str) -> None:
        mark, parts = self.open.pop()
        self.open[-1][1].append(_told(mark, parts))


def _told(tag: str, parts: list[str]) -> str:
    if tag in UNSEEN:
        return ""
    inside = [p for p in parts if p.strip()]
    if tag in BETWEEN:
        return BETWEEN[tag].join(f"{{{p}}}" for p in inside)
    if tag in LIMITS:
        low, high = LIMITS[tag]
        return f"{inside[0]}{low}{{{inside[1]}}}{high}{{{inside[2]}}}"
    if tag == "msqrt":
        return f"√{{{''.join(inside)}}}"
    text = "".join(parts)
    if tag in CELLS:
        return f"{text.strip()} | "
    if tag in BLOCKS or tag == "div.equation":
        front = "## " if tag == "h2" else ""
        return f"\n{front}{text.strip().removesuffix('|').strip()}\n"
    return text


def as_lines(page: str) -> list[str]:
    """The lines of a page that hold something."""
    reader = _Reader()
    reader.feed(page)
    text = "".join(reader.open[0][1]).replace(INVISIBLE, " ")
    return [line.strip() for line in re.sub(" +", " ", text).splitlines() if line.strip()]
