"""A result as one self-contained page: no script, no network, equations in MathML, pictures inline."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from sympy import Add, Expr, Mul, Symbol

from liesym.app.report import pictures
from liesym.app.report.algebra import AlgebraFacts
from liesym.app.report.further import Further, noether_part, recheck_part, residual_part, solution_part
from liesym.app.report.markup import Row, document, equation, figure, folded, sections, table, wide
from liesym.app.report.sentence import sentences
from liesym.app.report.terminal import collected, shown_condition
from liesym.base.listing import Listing
from liesym.coefficients.joined import joined
from liesym.conservation.kinds import integral_kind
from liesym.model.reading import write_system
from liesym.symmetries.generator import Generator
from liesym.symmetries.kinds import kind
from liesym.symmetries.results import Case, Result
from liesym.text import write
from liesym.text.display import tidy
from liesym.text.mathml import mathml
from liesym.text.shown import field_mathml, where


def page(
    result: Result,
    integrals: Sequence[Expr] = (),
    algebra: AlgebraFacts | None = None,
    *,
    further: Further | None = None,
    seconds: Sequence[tuple[str, float]] = (),
) -> str:
    """The page as text.

    Arguments:
        result: of `find_symmetries`.
        integrals: first integrals.
        algebra: what was found out about the Lie algebra of the generators.
        further: solutions and Noether's laws.
        seconds: (stage, seconds) beyond those in the result.
    """
    more = further or Further()
    title = result.system.title or "; ".join(str(result.system).splitlines())
    summary = "".join(f"<p>{escape(s)}</p>" for s in sentences(result, integrals, algebra))
    parts = [
        ("In short", summary),
        ("Equations", _equations(result)),
        ("Claim", _claim(result)),
        ("Symmetries", _symmetries(result)),
        ("Lie algebra", _algebra(algebra)),
        ("First integrals", _integrals(result, integrals)),
        ("Solution", solution_part(more)),
        ("Noether's theorem", noether_part(more)),
        ("Phase portrait", _portrait(result)),
        ("Residuals for training", residual_part(result, integrals)),
        ("Special parameters", _cases(result.cases)),
        ("Certificate", _certificate(result, more)),
        ("Determining system", _determining(result)),
        ("Time", _seconds([*result.seconds, *seconds])),
    ]
    return document(title, sections(parts))


def _equations(result: Result) -> str:
    system = result.system
    lines = [equation(system.leading(i), f) for i, f in enumerate(system.rhs)]
    parts = [wide("\n".join(lines), "equations"), f"<p><code>{escape('; '.join(write_system(system)))}</code></p>"]
    if system.parameters:
        rows = [
            (mathml(p.symbol), ", ".join(p.assumptions) or "real", "" if p.value is None else f"{p.value:g}")
            for p in system.parameters
        ]
        parts.append(table(("parameter", "assumed", "value"), rows, label="parameters"))
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
        told = ", ".join(shown_condition(c, result.system.display) for c in result.conditions)
        text += f"<p>Conditions: {escape(told)}</p>"
    return text + "".join(f"<p>{escape(note)}</p>" for note in result.notes)


def _symmetries(result: Result) -> str:
    if not result.generators and not result.families:
        return "<p>No symmetry was found.</p>"
    rows, marks = [], []
    by = result.system.display
    for i, g in enumerate(result.generators, 1):
        words = kind(g, by)
        remark = "trivial" if g.trivial else words.words if words.name != "other" else ""
        rows.append(_symmetry(f"X{i}", g, escape(remark + where(g.on, by))))
        marks.append("trivial" if g.trivial else "")
    for i, family in enumerate(result.families, 1):
        arbitrary = ", ".join(mathml(tidy(f)) for f, _ in family.arbitrary) + " arbitrary"
        arbitrary += ", trivial" if family.trivial else ""
        rows.append(_symmetry(f"F{i}", family.generator, arbitrary + escape(where(family.generator.on, by))))
        marks.append("trivial" if family.trivial else "")
    parts = ["<p>Each verified by substitution.</p>", table(("", "symmetry", "kind"), rows, marks, label="symmetries")]
    parts.append(wide("\n".join(equation(d.equation.lhs, d.equation.rhs) for d in result.definitions), "definitions"))
    if pictures.is_available():
        parts.append(figure(pictures.generator_pictures(result.generators, result.system), "directions of the symmetries"))
    return "\n".join(parts)


def _symmetry(name: str, generator: Generator, remark: str) -> Row:
    return name, field_mathml(generator.variables, generator.components), remark


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
    text = table(("property", "answer"), rows, label="the Lie algebra")
    if algebra.abelian or algebra.dimension > 15:
        return text
    brackets = {(i, j): dict(row) for i, j, row in algebra.commutators}

    def cell(i: int, j: int) -> str:
        row, sign = (brackets.get((i, j), {}), 1) if i < j else (brackets.get((j, i), {}), -1)
        return mathml(Add(*(Mul(sign * joined(c), basis[k]) for k, c in row.items())))

    rows = [[f"X{i + 1}", *(cell(i, j) for j in range(len(basis)))] for i in range(len(basis))]
    return text + table(["[row, column]", *(f"X{i + 1}" for i in range(len(basis)))], rows, label="commutators")


def _series(dimensions: Sequence[int] | None) -> str:
    return "not found in time" if dimensions is None else " > ".join(map(str, dimensions))


def _yes_no(fact: bool | None) -> str:
    return "not found in time" if fact is None else "yes" if fact else "no"


def _integrals(result: Result, integrals: Sequence[Expr]) -> str:
    if not integrals:
        return ""
    places = integrals.on if isinstance(integrals, Listing) else ((),) * len(integrals)
    rows = []
    for i, (e, on) in enumerate(zip(integrals, places, strict=True), 1):
        remark = (integral_kind(e, result.system) or "") + where(on, result.system.display)
        rows.append((f"I{i}", mathml(tidy(e)), escape(remark.strip()), f"<code>{escape(write(e))}</code>"))
    text = table(("", "constant on solutions", "kind", "text"), rows, label="first integrals")
    if pictures.is_available():
        text += figure(pictures.integral_pictures(integrals, result.system), "level sets of the first integrals")
    return text


def _portrait(result: Result) -> str:
    """Directions of the solutions in the plane of the two states of an autonomous system."""
    if not pictures.is_available():
        return ""
    name = result.system.display.name
    values = ", ".join(f"{name(p.name)} = {1.0 if p.value is None else p.value:g}" for p in result.system.parameters)
    return figure(pictures.portrait(result.system), f"solutions in the phase plane{f' for {values}' if values else ''}")


def _cases(cases: Sequence[Case], depth: int = 0) -> str:
    if not cases:
        return ""
    rows = []
    for case in cases:
        told = escape(", ".join(shown_condition(a, case.result.system.display) for a in case.assumptions) or "generic")
        dimension = "unknown or infinite" if case.result.dimension is None else str(case.result.dimension)
        below = _cases(case.children, depth + 1)
        rows.append((told, dimension, case.result.completeness.value, below))
    return table(("where", "dimension", "completeness", "below it"), rows, label="cases")


def _certificate(result: Result, more: Further) -> str:
    if result.certificate is None:
        return recheck_part(more)
    record = result.certificate.to_dict()
    rows = [(escape(name), f"<code>{escape(_plain(record[key]))}</code>") for key, name in _COUNT.items() if key in record]
    count = folded("The count in full", table(("entry", "value"), rows, label="the count"))
    words = "The dimension was counted without the generators, from power series modulo primes."
    return f"<p>{words}</p>{count}{recheck_part(more)}"


_COUNT = {
    "statement": "what was counted",
    "bound": "upper bound",
    "primes": "modulo the primes",
    "seeds": "at random points of the seeds",
    "truncation": "truncated at order",
    "jet_degree": "degree in the derivatives",
}
"""Entry of a certificate -> words; all of them stand in the saved result."""


def _plain(value: object) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list | tuple) else str(value)


def _determining(result: Result) -> str:
    found = result.determining_system
    if not found.equations:
        return ""
    by = result.system.display
    before, after = (
        wide("\n".join(equation(collected(e, by), 0) for e in forms), label)
        for forms, label in ((found.conditions, "conditions"), (found.equations, "determining equations"))
    )
    many = "" if len(found.equations) == 1 else "s"
    return folded("before splitting", before) + folded(f"after splitting, {len(found.equations)} equation{many}", after)


def _seconds(seconds: Sequence[tuple[str, float]]) -> str:
    return table(("stage", "seconds"), [(escape(stage), f"{spent:.2f}") for stage, spent in seconds], label="time")
