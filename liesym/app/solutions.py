"""A solution as a record of texts, and the record for people."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from sympy import Eq, Expr, oo

from liesym.base.budget import UNLIMITED, Budget
from liesym.errors import Unsupported
from liesym.reduction.conditions import NONE, SAID
from liesym.reduction.record import Solution
from liesym.reduction.system_solution import SystemSolution
from liesym.text import write
from liesym.text.display import shown

Tell = Callable[[Expr], str]


def for_eyes(found: Solution) -> Tell:
    """Expressions of a solution as a person writes them."""
    by = found.display
    return lambda expression: shown(expression, by)


def solution_record(found: Solution, budget: Budget = UNLIMITED, tell: Tell = write) -> dict[str, Any]:
    """The keys of `liesym solve --json`.

    Arguments:
        found: what is told.
        budget: of the checks of the steps, of which there are none after its end.
        tell: how an expression is written; the text grammar unless given.
    """
    t, *unknowns = found.variables
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
        "unknown": unknowns[0].name if len(unknowns) == 1 else None,
        "unknowns": [u.name for u in unknowns],
        "on": [],
        "relation_on": [],
        "notes": list(found.notes),
        "stopped": found.stopped,
        "within": found.within,
        "others": [],
        "families": [],
        "relations": [],
        "intervals": [],
        "unique": found.unique,
    }
    try:
        if isinstance(found, SystemSolution):
            record |= _of_system(found, tell)
        record["explicit"] = [_text(e, tell) for e in found.explicit]
        record["on"] = [_texts(on, tell) for on in found.on]
        record["intervals"] = [[_end(i.lower, tell), _end(i.upper, tell)] for i in found.intervals]
        record["special"] += [_text(e, tell) for e in found.special]
        record["relation"] = None if found.equation is None else _text(found.equation, tell)
        record["relation_on"] = _texts(found.relation_on, tell)
        record["parametric"] = _curve(found, tell)
        record["others"] = [
            {
                "relation": None if o.equation is None else _text(o.equation, tell),
                "relation_on": _texts(o.relation_on, tell),
                "parametric": _curve(o, tell),
                "special": found.is_special(o),
            }
            for o in found.others
        ]
    except Unsupported as error:
        record["notes"].append(f"a part of the solution has no form in the text grammar: {error}")
        record["complete"] = False
    record["steps"] = _steps(found, budget)
    return record


def _end(value: Expr | None, tell: Tell) -> str | None:
    """An end of an interval; null where it is not known."""
    if value is None:
        return None
    return {oo: "inf", -oo: "-inf"}.get(value) or tell(value)


def _of_system(found: SystemSolution, tell: Tell) -> dict[str, Any]:
    """What a system has beside: every family, relations between the unknowns, constant solutions as one text each."""
    names = [tell(u) for u in found.variables[1:]]

    def told(values: Sequence[Expr]) -> list[str]:
        return [f"{n} = {tell(v)}" for n, v in zip(names, values, strict=True)]

    return {
        "families": [{"equations": told(values), "on": _texts(on, tell)} for values, on in found.families],
        "relations": [_text(e, tell) for e in found.relations],
        "special": [", ".join(told(point)) for point in found.points],
    }


def _steps(found: Solution, budget: Budget) -> list[dict[str, Any]]:
    """The way to it, each line checked, as far as the budget goes; without lines that have no form in the text grammar."""
    told: list[dict[str, Any]] = []
    for step in found.steps_within(budget):
        line: dict[str, Any] = {
            "says": step.says,
            "equation": None,
            "generator": None,
            "latex": step.to_latex(),
            "text": str(step),
        }
        try:
            if step.generator is not None:
                pairs = zip(step.generator.variables, step.generator.components, strict=True)
                line["generator"] = {v.name: write(c) for v, c in pairs}
            else:
                line["equation"] = ", ".join(f"{write(left)} = {write(right)}" for left, right in step.pairs)
        except Unsupported:
            continue
        told.append(line)
    return told


def _curve(found: Solution, tell: Tell) -> dict[str, str] | None:
    if found.parametric is None or found.parameter is None:
        return None
    names, texts = [tell(v) for v in found.variables], _texts(found.parametric, tell)
    return {**dict(zip(names, texts, strict=True)), "parameter": tell(found.parameter)}


def _text(equation: Eq, tell: Tell) -> str:
    left, right = equation.args
    return f"{tell(left)} = {tell(right)}"  # pyright: ignore[reportArgumentType]


def _texts(expressions: Sequence[Expr], tell: Tell) -> list[str]:
    return [tell(e) for e in expressions]


def step_lines(steps: Sequence[dict[str, Any]]) -> Iterator[str]:
    """The derivation for people, numbered."""
    for k, step in enumerate(steps, start=1):
        yield f"{k}. {step['text']}"
    yield "so" if steps else "no steps of the way to it are told"


def solution_lines(record: dict[str, Any], steps: bool = False) -> Iterator[str]:
    """The record for people; the first line says what the independent variable is, then the steps if they are wanted."""
    said = f"the independent variable is {record['independent']}"
    notes = [n for n in record["notes"] if not n.startswith("the independent variable is")]
    yield next((n for n in record["notes"] if n not in notes), said)
    yield from notes
    if steps:
        yield from step_lines(record["steps"])
    yield from _family_lines(record)
    for part in (record, *record["others"]):
        yield from _implicit_lines(part, not record["explicit"])
    yield from (f"  {line}" for line in record["relations"])
    found = any(part.get(key) for part in (record, *record["others"]) for key in ("explicit", "relation", "parametric"))
    found = found or bool(record["relations"]) or SAID in record["notes"] or NONE in record["notes"]
    if not found:
        yield "no family of solutions was found"
    for line in record["special"]:
        yield f"  {line}   (special)"
    if record["stopped"] or not found:
        yield f"looked among: {record['within']}"
    if NONE not in record["notes"]:
        yield "these are all solutions" if record["complete"] else "there may be more solutions"


def _family_lines(record: dict[str, Any]) -> Iterator[str]:
    """The branches, or of a system its families, an equation a line."""
    branches = [([line], on) for line, on in zip(record["explicit"], record["on"], strict=True)]
    families = [(family["equations"], family["on"]) for family in record["families"]]
    for k, ((*most, last), on) in enumerate(families or branches):
        yield from (f"  {line}" for line in most)
        yield f"  {last}{_where(on)}{_between(record, k)}"


def _between(record: dict[str, Any], k: int) -> str:
    """The interval of a branch, if it is known."""
    lower, upper = record["intervals"][k] if record["intervals"] else (None, None)
    if lower is None or upper is None or (lower, upper) == ("-inf", "inf"):
        return ""
    left, right = "" if lower == "-inf" else f"{lower} < ", "" if upper == "inf" else f" < {upper}"
    return f"   for {left}{record['independent']}{right}"


def _implicit_lines(part: dict[str, Any], curve_too: bool) -> Iterator[str]:
    """The relation of one branch, and its curve where nothing better is there."""
    where = _where(part["relation_on"])
    if part["relation"] is not None:
        yield f"  {part['relation']}{where}"
    if part["parametric"] is not None and (curve_too or part["relation"] is None):
        curve = {k: v for k, v in part["parametric"].items() if k != "parameter"}
        first, *rest = [f"{name} = {value}" for name, value in curve.items()]
        special = "   (special)" if part.get("special") is True else ""
        yield f"  {', '.join([first, *rest])}, along the parameter {part['parametric']['parameter']}{where}{special}"


def _where(on: Sequence[str]) -> str:
    return f"   where {', '.join(f'{a} > 0' for a in on)}" if on else ""
