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
        "others": [],
    }
    try:
        record["explicit"] = [_text(e) for e in found.explicit]
        record["on"] = [_texts(on) for on in found.on]
        record["special"] = [_text(e) for e in found.special]
        record["relation"] = None if found.equation is None else _text(found.equation)
        record["relation_on"] = _texts(found.relation_on)
        record["parametric"] = _curve(found)
        record["others"] = [
            {
                "relation": None if o.equation is None else _text(o.equation),
                "relation_on": _texts(o.relation_on),
                "parametric": _curve(o),
            }
            for o in found.others
        ]
    except Unsupported as error:
        record["notes"].append(f"a part of the solution has no form in the text grammar: {error}")
        record["complete"] = False
    return record


def _curve(found: Solution) -> dict[str, str] | None:
    if found.parametric is None or found.parameter is None:
        return None
    names, texts = [v.name for v in found.variables], _texts(found.parametric)
    return {**dict(zip(names, texts, strict=True)), "parameter": found.parameter.name}


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
    for part in (record, *record["others"]):
        yield from _implicit_lines(part, not record["explicit"])
    if not (record["explicit"] or record["relation"] or record["parametric"]):
        yield "no family of solutions was found"
    for line in record["special"]:
        yield f"  {line}   (special)"
    yield "these are all solutions" if record["complete"] else "there may be more solutions"


def _implicit_lines(part: dict[str, Any], curve_too: bool) -> Iterator[str]:
    """The relation of one branch, and its curve where nothing better is there."""
    where = _where(part["relation_on"])
    if part["relation"] is not None:
        yield f"  {part['relation']}{where}"
    if part["parametric"] is not None and (curve_too or part["relation"] is None):
        curve = {k: v for k, v in part["parametric"].items() if k != "parameter"}
        first, *rest = [f"{name} = {value}" for name, value in curve.items()]
        yield f"  {', '.join([first, *rest])}, along the parameter {part['parametric']['parameter']}{where}"


def _where(on: Sequence[str]) -> str:
    return f"   where {', '.join(f'{a} > 0' for a in on)}" if on else ""
