"""A solution as a record of texts, and the record for people."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from sympy import Eq, Expr

from liesym.errors import Unsupported
from liesym.reduction.solution import Solution
from liesym.text import write


def solution_record(found: Solution) -> dict[str, Any]:
    """The keys of `liesym solve --json`."""
    t, y = found.variables
    record: dict[str, Any] = {
        "independent": t.name,
        "explicit": [],
        "relation": None,
        "parametric": None,
        "constants": [c.name for c in found.constants],
        "special": [],
        "complete": found.complete,
        "named": {},
        "steps": [],
        "unknown": y.name,
        "on": [],
        "relation_on": [],
        "notes": list(found.notes),
        "stopped": found.stopped,
    }
    try:
        record["explicit"] = [_text(e) for e in found.explicit]
        record["on"] = [_texts(on) for on in found.on]
        record["special"] = [_text(e) for e in found.special]
        record["relation"] = None if found.equation is None else _text(found.equation)
        record["relation_on"] = _texts(found.relation_on)
        if found.parametric is not None and found.parameter is not None:
            time, height = found.parametric
            record["parametric"] = {t.name: write(time), y.name: write(height), "parameter": found.parameter.name}
    except Unsupported as error:
        record["notes"].append(f"a part of the solution has no form in the text grammar: {error}")
        record["complete"] = False
    return record


def _text(equation: Eq) -> str:
    left, right = equation.args
    return f"{write(left)} = {write(right)}"  # pyright: ignore[reportArgumentType]


def _texts(expressions: Sequence[Expr]) -> list[str]:
    return [write(e) for e in expressions]


def solution_lines(record: dict[str, Any]) -> Iterator[str]:
    """The record for people; the first line says what the independent variable is."""
    said = f"the independent variable is {record['independent']}"
    notes = [n for n in record["notes"] if not n.startswith("the independent variable is")]
    yield next((n for n in record["notes"] if n not in notes), said)
    yield from notes
    for line, on in zip(record["explicit"], record["on"], strict=True):
        yield f"  {line}{_where(on)}"
    if record["relation"] is not None:
        yield f"  {record['relation']}{_where(record['relation_on'])}"
    if record["parametric"] is not None and not record["explicit"]:
        curve = {k: v for k, v in record["parametric"].items() if k != "parameter"}
        yield from (f"  {name} = {value}" for name, value in curve.items())
        yield f"  along the parameter {record['parametric']['parameter']}"
    if not (record["explicit"] or record["relation"] or record["parametric"]):
        yield "no family of solutions was found"
    for line in record["special"]:
        yield f"  {line}   (special)"
    yield "these are all solutions" if record["complete"] else "there may be more solutions"


def _where(on: Sequence[str]) -> str:
    return f"   where {', '.join(f'{a} > 0' for a in on)}" if on else ""
