"""What every page is made of: the frame with its style, sections, tables, formulas. No script, nothing from a network."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import Any

from sympy import Eq

from liesym.base.version import __version__
from liesym.text.mathml import mathml

STYLE = """
:root { color-scheme: light dark; }
body { font: 16px/1.5 system-ui, sans-serif; color: #1b1f24; background: #ffffff; }
body { max-width: 62rem; margin: 2rem auto; padding: 0 1rem; overflow-wrap: break-word; }
h1 { font-size: 1.6rem; } h2 { font-size: 1.2rem; margin-top: 2rem; border-bottom: 1px solid #d0d7de; }
nav ul { display: flex; flex-wrap: wrap; gap: .2rem 1rem; padding: 0; list-style: none; } a { color: #0550ae; }
table { border-collapse: collapse; margin: .2rem 0; } .wide { overflow-x: auto; margin: .7rem 0; }
th, td { border: 1px solid #d0d7de; padding: .35rem .6rem; text-align: left; vertical-align: middle; }
th { background: #f6f8fa; } code { font-size: .85em; color: #57606a; } math { font-size: 1.05em; }
pre { overflow-x: auto; padding: .6rem .9rem; background: #f6f8fa; } pre code { color: inherit; }
.claim { padding: .6rem .9rem; border-left: 4px solid #57606a; background: #f6f8fa; }
.proven { border-color: #1a7f37; } .open { border-color: #bf8700; } .trivial, .quiet { color: #57606a; }
svg { max-width: 100%; height: auto; font-family: inherit; } figure { margin: .7rem 0; }
details { margin: .7rem 0; } .equation { margin: .4rem 0 .4rem 1.5rem; width: max-content; }
:focus-visible { outline: 3px solid #0969da; outline-offset: 2px; }
@media (prefers-color-scheme: dark) {
  body { background: #0d1117; color: #e6edf3; } th, .claim, pre { background: #161b22; } a { color: #79c0ff; }
  code, .trivial, .quiet { color: #9da7b3; }
  h2, th, td { border-color: #30363d; } svg { background: #ffffff; border-radius: 4px; }
}
@media (max-width: 40rem) { body { margin: 1rem auto; } .equation { margin-left: 0; } }
@media print {
  body { max-width: none; margin: 0; color: #000000; background: #ffffff; } nav, .screen { display: none; }
  details, figure, tr { break-inside: avoid; } h2 { break-after: avoid; } a { color: inherit; }
  pre { white-space: pre-wrap; } .wide, pre { overflow: visible; }
}
"""

Row = Sequence[str]


def document(title: str, body: str, *, style: str = "") -> str:
    """A whole page around a body, with its style inside.

    Arguments:
        title: as text.
        body: as HTML.
        style: rules beside those of every page.
    """
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f'<meta name="generator" content="liesym {__version__}">\n'
        f"<title>{escape(title)}</title>\n<style>{STYLE}{style}</style>\n</head>\n<body>\n"
        f"<header><h1>{escape(title)}</h1></header>\n<main>\n{body}\n</main>\n</body>\n</html>\n"
    )


def sections(parts: Sequence[tuple[str, str]]) -> str:
    """Those parts that hold something, each with its heading, after a table of contents.

    Arguments:
        parts: (heading as text, HTML).
    """
    found = [(f"part-{k}", escape(name), text) for k, (name, text) in enumerate(parts, 1) if text]
    links = "".join(f'<li><a href="#{key}">{name}</a></li>' for key, name, _ in found)
    contents = f'<nav aria-label="Contents"><ul>{links}</ul></nav>'
    bodies = (
        f'<section aria-labelledby="{key}">\n<h2 id="{key}">{name}</h2>\n{text}\n</section>' for key, name, text in found
    )
    return "\n".join([contents, *bodies])


def table(header: Row, rows: Sequence[Row], marks: Sequence[str] = (), *, label: str) -> str:
    """A table; cells are HTML already.

    Arguments:
        header: cells of the first row.
        rows: the others.
        marks: a class for each row, "" for none.
        label: what it holds, for those who hear the page.
    """
    head = "".join(f'<th scope="col">{cell}</th>' if cell else "<td></td>" for cell in header)
    named = bool(header) and not header[0]  # where the corner is free, the first cell of a row is its name
    lines = []
    for i, row in enumerate(rows):
        mark = f' class="{marks[i]}"' if i < len(marks) and marks[i] else ""
        cells = [f"<td>{cell}</td>" for cell in row]
        if named:
            cells[0] = f'<th scope="row">{row[0]}</th>'
        lines.append(f"<tr{mark}>{''.join(cells)}</tr>")
    whole = "\n".join((f"<tr>{head}</tr>", *lines))
    return wide(f"<table>\n{whole}\n</table>", label)


def wide(body: str, label: str) -> str:
    """What may be wider than the window, moved by the keyboard too; nothing for nothing.

    Arguments:
        body: as HTML.
        label: what it holds, for those who hear the page.
    """
    frame = f'<div class="wide" tabindex="0" role="region" aria-label="{escape(label)}">'
    return f"{frame}{body}</div>" if body else ""


def figure(svg: str, label: str) -> str:
    """A picture with its description; nothing where there is no picture."""
    if not svg:
        return ""
    named = svg.replace("<svg", f'<svg role="img" aria-label="{escape(label)}"', 1)
    return f"<figure>{named}<figcaption class='quiet'>{escape(label)}</figcaption></figure>"


def equation(left: Any, right: Any) -> str:
    """left = right by itself, inside of what is `wide`."""
    return f'<div class="equation">{mathml(Eq(left, right, evaluate=False))}</div>'


def folded(summary: str, body: str) -> str:
    """What is shown on demand.

    Arguments:
        summary: as text.
        body: as HTML.
    """
    return f"<details><summary>{escape(summary)}</summary>\n{body}\n</details>"


def code(text: str) -> str:
    """Lines to copy."""
    return f'<pre tabindex="0"><code>{escape(text)}</code></pre>'
