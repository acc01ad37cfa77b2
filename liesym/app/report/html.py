"""A result as one self-contained page: no script, no network, equations in MathML, pictures inline."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import Any

from sympy import Add, Eq, Expr, Mul, Symbol

from liesym.app.report import pictures
from liesym.app.report.algebra import AlgebraFacts
from liesym.app.report.json import condition
from liesym.app.report.sentence import sentences
from liesym.base.version import __version__
from liesym.model.reading import write_system
from liesym.symmetries.results import Case, Result
from liesym.text import write
from liesym.text.mathml import mathml
from liesym.text.shown import where

STYLE = """
body { font: 16px/1.5 system-ui, sans-serif; color: #1b1f24; }
body { max-width: 62rem; margin: 2rem auto; padding: 0 1rem; }
h1 { font-size: 1.6rem; } h2 { font-size: 1.2rem; margin-top: 2rem; border-bottom: 1px solid #d0d7de; }
table { border-collapse: collapse; margin: .7rem 0; display: block; overflow-x: auto; }
th, td { border: 1px solid #d0d7de; padding: .35rem .6rem; text-align: left; vertical-align: middle; }
th { background: #f6f8fa; } code { font-size: .85em; color: #57606a; } math { font-size: 1.05em; }
.claim { padding: .6rem .9rem; border-left: 4px solid #57606a; background: #f6f8fa; }
.proven { border-color: #1a7f37; } .open { border-color: #bf8700; } .trivial { color: #8c959f; }
svg { max-width: 100%; height: auto; }
details { margin: .7rem 0; } .equation { margin: .4rem 0 .4rem 1.5rem; overflow-x: auto; }
@media (prefers-color-scheme: dark) {
  body { background: #0d1117; color: #e6edf3; } th, .claim { background: #161b22; } code { color: #9da7b3; }
  h2, th, td { border-color: #30363d; } svg { background: #ffffff; border-radius: 4px; }
}
@media print { body { max-width: none; margin: 0; } details { break-inside: avoid; } }
"""

Row = Sequence[str]


def page(
    result: Result,
    integrals: Sequence[Expr] = (),
    algebra: AlgebraFacts | None = None,
    *,
    seconds: Sequence[tuple[str, float]] = (),
) -> str:
    """The page as text.

    Arguments:
        result: of `find_symmetries`.
        integrals: first integrals.
        algebra: what was found out about the Lie algebra of the generators.
        seconds: (stage, seconds) beyond those in the result.
    """
    title = result.system.title or "; ".join(write_system(result.system))
    summary = "".join(f"<p>{escape(s)}</p>" for s in sentences(result, integrals, algebra))
    sections = [
        ("In short", summary),
        ("Equations", _equations(result)),
        ("Claim", _claim(result)),
        ("Symmetries", _symmetries(result)),
        ("Lie algebra", _algebra(algebra)),
        ("First integrals", _integrals(result, integrals)),
        ("Special parameters", _cases(result.cases)),
        ("Certificate", _certificate(result)),
        ("Determining system", _determining(result)),
        ("Time", _seconds([*result.seconds, *seconds])),
    ]
    return document(title, "\n".join(f"<h2>{escape(name)}</h2>\n{text}" for name, text in sections if text))


def document(title: str, body: str) -> str:
    """A whole page around a body, with its style inside."""
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f'<meta name="generator" content="liesym {__version__}">\n'
        f"<title>{escape(title)}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n"
        f"<h1>{escape(title)}</h1>\n{body}\n</body>\n</html>\n"
    )


def _table(header: Row, rows: Sequence[Row], marks: Sequence[str] = ()) -> str:
    """A table; cells are HTML already."""
    head = "".join(f"<th>{cell}</th>" for cell in header)
    lines = []
    for i, row in enumerate(rows):
        mark = f' class="{marks[i]}"' if i < len(marks) and marks[i] else ""
        lines.append(f"<tr{mark}>" + "".join(f"<td>{cell}</td>" for cell in row) + "</tr>")
    return f"<table>\n<tr>{head}</tr>\n" + "\n".join(lines) + "\n</table>"


def _equation(left: Any, right: Any) -> str:
    return f'<div class="equation">{mathml(Eq(left, right, evaluate=False))}</div>'


def _equations(result: Result) -> str:
    system = result.system
    lines = [_equation(system.leading(i), f) for i, f in enumerate(system.rhs)]
    parts = ["\n".join(lines), f"<p><code>{escape('; '.join(write_system(system)))}</code></p>"]
    if system.parameters:
        rows = [
            (mathml(p.symbol), ", ".join(p.assumptions) or "real", "" if p.value is None else f"{p.value:g}")
            for p in system.parameters
        ]
        parts.append(_table(("parameter", "assumed", "value"), rows))
    parts += [f"<p>{escape(note)}</p>" for note in system.notes]
    return "\n".join(parts)


def _claim(result: Result) -> str:
    dimension = "unknown or infinite" if result.dimension is None else str(result.dimension)
    bound = "" if result.upper_bound is None else f", independent upper bound {result.upper_bound}"
    form = "" if result.ansatz is None else f" Ansatz: <code>{escape(str(result.ansatz))}</code>."
    kind = "proven" if result.completeness.value == "proven" else "open" if result.completeness.value == "open" else ""
    text = (
        f'<p class="claim {kind}"><strong>{result.completeness.value}</strong>: '
        f"{escape(result.completeness.sentence)}{form} Dimension: {dimension}{bound}.</p>"
    )
    if result.conditions:
        text += f"<p>Conditions: <code>{escape(', '.join(condition(c) for c in result.conditions))}</code></p>"
    return text + "".join(f"<p>{escape(note)}</p>" for note in result.notes)


def _symmetries(result: Result) -> str:
    if not result.generators and not result.families:
        return "<p>No symmetry was found.</p>"
    header = ["", *(mathml(v) for v in result.system.variables), ""]
    rows, marks = [], []
    by = result.system.display
    for i, g in enumerate(result.generators):
        remark = ("trivial" if g.trivial else "") + escape(where(g.on, by))
        rows.append([f"X{i + 1}", *(mathml(c) for c in g.components), remark])
        marks.append("trivial" if g.trivial else "")
    for i, family in enumerate(result.families):
        arbitrary = ", ".join(mathml(f) for f, _ in family.arbitrary) + " arbitrary" + escape(where(family.generator.on, by))
        rows.append([f"F{i + 1}", *(mathml(c) for c in family.generator.components), arbitrary])
        marks.append("trivial" if family.trivial else "")
    parts = ["<p>Infinitesimals by variable; each verified by substitution.</p>", _table(header, rows, marks)]
    parts += [_equation(d.equation.lhs, d.equation.rhs) for d in result.definitions]
    if pictures.is_available():
        parts.append(pictures.generator_pictures(result.generators, result.system))
    return "\n".join(parts)


def _algebra(algebra: AlgebraFacts | None) -> str:
    if algebra is None or not algebra.dimension:
        return ""
    basis = [Symbol(f"X{i + 1}") for i in range(algebra.dimension)]
    facts = [
        ("name", escape(algebra.name or algebra.description or "not in the tables")),
        ("abelian", algebra.abelian),
        ("solvable", algebra.solvable),
        ("nilpotent", algebra.nilpotent),
        ("semisimple", algebra.semisimple),
        ("derived series", _series(algebra.derived_series)),
        ("lower central series", _series(algebra.lower_central_series)),
    ]
    rows = [(name, value if isinstance(value, str) else _yes_no(value)) for name, value in facts]
    text = _table(("property", ""), rows)
    if algebra.abelian or algebra.dimension > 15:
        return text
    brackets = {(i, j): dict(row) for i, j, row in algebra.commutators}

    def cell(i: int, j: int) -> str:
        row, sign = (brackets.get((i, j), {}), 1) if i < j else (brackets.get((j, i), {}), -1)
        return mathml(Add(*(Mul(sign * c, basis[k]) for k, c in row.items())))

    table = [[f"X{i + 1}", *(cell(i, j) for j in range(len(basis)))] for i in range(len(basis))]
    return text + _table(["[row, column]", *(f"X{i + 1}" for i in range(len(basis)))], table)


def _series(dimensions: Sequence[int] | None) -> str:
    return "not found in time" if dimensions is None else " > ".join(map(str, dimensions))


def _yes_no(fact: bool | None) -> str:
    return "not found in time" if fact is None else "yes" if fact else "no"


def _integrals(result: Result, integrals: Sequence[Expr]) -> str:
    if not integrals:
        return ""
    rows = [(f"I{i + 1}", mathml(e), f"<code>{escape(write(e))}</code>") for i, e in enumerate(integrals)]
    text = _table(("", "constant on solutions", "text"), rows)
    if pictures.is_available():
        text += pictures.integral_pictures(integrals, result.system)
    return text


def _cases(cases: Sequence[Case], depth: int = 0) -> str:
    if not cases:
        return ""
    rows = []
    for case in cases:
        told = escape(", ".join(condition(a) for a in case.assumptions) or "generic")
        dimension = "unknown or infinite" if case.result.dimension is None else str(case.result.dimension)
        below = _cases(case.children, depth + 1)
        rows.append((f"<code>{told}</code>", dimension, case.result.completeness.value, below))
    return _table(("where", "dimension", "completeness", ""), rows)


def _certificate(result: Result) -> str:
    if result.certificate is None:
        return ""
    record = result.certificate.to_dict()
    rows = [(escape(str(k)), f"<code>{escape(_short(v))}</code>") for k, v in record.items()]
    return (
        "<p>The dimension was counted without the generators, from power series modulo primes. To recheck everything: save "
        "<code>liesym analyze … -o result.json</code>, then <code>liesym verify result.json</code>.</p>"
        f"<details><summary>The count in full</summary>{_table(('entry', 'value'), rows)}</details>"
    )


def _short(value: object) -> str:
    text = str(value)
    return text if len(text) <= 400 else text[:400] + " …"


def _determining(result: Result) -> str:
    found = result.determining_system
    if not found.equations:
        return ""
    before = "\n".join(_equation(e, 0) for e in found.conditions)
    after = "\n".join(_equation(e, 0) for e in found.equations)
    return (
        f"<details><summary>before splitting</summary>\n{before}\n</details>\n"
        f"<details><summary>after splitting, {len(found.equations)} equations</summary>\n{after}\n</details>"
    )


def _seconds(seconds: Sequence[tuple[str, float]]) -> str:
    return _table(("stage", "seconds"), [(escape(stage), f"{spent:.2f}") for stage, spent in seconds])
