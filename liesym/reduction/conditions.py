"""Constants of a solution fitted to conditions such as y(0) = 1, y'(0) = 0."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from sympy import Expr, S, Symbol

from liesym.base.typed import equation, expr
from liesym.errors import ParseError
from liesym.model.system import ODESystem
from liesym.reduction.solution import Solution
from liesym.solving.algebraic import solve_for
from liesym.text import read_expression

_CONDITION = re.compile(r"\s*([^\W\d]\w*)('*)\s*\((.*?)\)\s*=(.*)", re.DOTALL)
CLOSE = 1e-25
SAID = "no solution that was found meets the conditions"


@dataclass(frozen=True, slots=True)
class Condition:
    """y^(order)(place) = value."""

    order: int
    place: Expr
    value: Expr


def read_conditions(given: str | Sequence[str], system: ODESystem) -> tuple[Condition, ...]:
    """Conditions at places of the independent variable.

    Arguments:
        given: ``"y(0) = 1, y'(0) = 0"``, or one text for each.
        system: one equation.

    Raises:
        ParseError: a condition is not of this form, or of an order that the equation determines.
    """
    parts = [p for text in ([given] if isinstance(given, str) else given) for p in _parts(text) if p.strip()]
    y, symbols = system.unknowns[0], {s.name: s for s in system.parameter_symbols}
    found = []
    for part in parts:
        match = _CONDITION.fullmatch(part)
        if match is None or match[1] != y.name:
            raise ParseError(f"{part.strip()} is no condition", expected=(f"{y.name}(0) = 1", f"{y.name}'(0) = 0"))
        if len(match[2]) >= system.order:
            raise ParseError(f"{part.strip()}: the equation has order {system.order}, which leaves lower derivatives free")
        place, value = (read_expression(text.strip(), symbols=symbols) for text in (match[3], match[4]))
        for name in ("t", *(v.name for v in system.variables)):
            if any(s.name == name and s not in symbols.values() for e in (place, value) for s in e.free_symbols):
                raise ParseError(f"{part.strip()}: a condition holds numbers and parameters, not {name}")
        found.append(Condition(len(match[2]), place, value))
    return tuple(found)


def _parts(text: str) -> Iterator[str]:
    """The text between commas, semicolons and line ends that stand in no parenthesis."""
    depth, start = 0, 0
    for k, character in enumerate(text):
        depth += (character == "(") - (character == ")")
        if depth == 0 and character in ",;\n":
            yield text[start:k]
            start = k + 1
    yield text[start:]


def fitted(found: Solution, conditions: Sequence[Condition]) -> Solution:
    """The branches and special solutions that meet the conditions, their constants as these say."""
    t, y = found.variables
    kept: dict[Expr, tuple[Expr, ...]] = {}
    for branch, on in zip(found.explicit, found.on, strict=True):
        for values in _fits(expr(branch.rhs), t, conditions, found.constants):
            sides = decided([expr(a.subs(values)) for a in on])
            if sides is not None:
                kept.setdefault(expr(branch.rhs.subs(values)), sides)
    for special in found.special:
        if _meets(expr(special.rhs), t, conditions):
            kept.setdefault(expr(special.rhs), ())
    relation = None
    if found.equation is not None and not kept:
        relation = _fitted_relation(found, conditions)
    left = {s for v in kept for s in v.free_symbols} | (set() if relation is None else relation.free_symbols)
    return replace(
        found,
        explicit=tuple(equation(y, v) for v in kept),
        on=tuple(kept.values()),
        equation=None if relation is None else equation(relation),
        parametric=None,
        parameter=None,
        special=(),
        constants=tuple(c for c in found.constants if c in left),
        complete=found.complete and len(kept) == 1 and not any(c in left for c in found.constants),
        notes=found.notes if kept or relation is not None else (*found.notes, SAID),
    )


def _fitted_relation(found: Solution, conditions: Sequence[Condition]) -> Expr | None:
    """R(t, y, C1) = 0 through the place of one condition."""
    t, y = found.variables
    if len(conditions) != 1 or conditions[0].order or len(found.constants) != 1 or found.equation is None:
        return None
    relation, constant = expr(found.equation.lhs), found.constants[0]
    at_place = expr(relation.subs({t: conditions[0].place, y: conditions[0].value}))
    values = [v for v in _roots(at_place, constant) if not v.has(S.NaN, S.ComplexInfinity, S.ImaginaryUnit)]
    return expr(relation.subs(constant, values[0])) if values else None


def _fits(value: Expr, t: Symbol, conditions: Sequence[Condition], constants: Sequence[Symbol]) -> list[dict[Symbol, Expr]]:
    """Values of the constants, one equation after the other solved for one of them."""
    waiting = [(_defects(value, t, conditions), {})]
    found: list[dict[Symbol, Expr]] = []
    while waiting:
        defects, values = waiting.pop()
        open_ones = [d for d in defects if d.has(*constants)]
        if not open_ones:
            if all(_is_zero(d) for d in defects):
                found.append(values)
            continue
        first = min(open_ones, key=lambda d: (sum(d.has(c) for c in constants), d.count_ops()))
        constant = next(c for c in constants if first.has(c))
        for root in _roots(first, constant):
            rest = [expr(d.subs(constant, root)) for d in defects if d is not first]
            if not root.has(S.NaN, S.ComplexInfinity, S.ImaginaryUnit):
                inserted = {c: expr(v.subs(constant, root)) for c, v in values.items()}
                waiting.append((rest, {**inserted, constant: root}))
    return [f for f in found if _meets(expr(value.subs(f)), t, conditions)]


def _roots(value: Expr, unknown: Symbol) -> list[Expr]:
    """Zeros in the unknown, 0 among them."""
    return [*solve_for(value, unknown), *([S.Zero] if _is_zero(expr(value.subs(unknown, 0))) else [])]


def _defects(value: Expr, t: Symbol, conditions: Sequence[Condition]) -> list[Expr]:
    return [expr(value.diff(t, c.order).subs(t, c.place).doit()) - c.value for c in conditions]


def _meets(value: Expr, t: Symbol, conditions: Sequence[Condition]) -> bool:
    return all(_is_zero(d) for d in _defects(value, t, conditions))


def _is_zero(value: Expr) -> bool:
    """Exactly, or to 25 digits for numbers whose logarithms and roots do not cancel by themselves."""
    if value.has(S.NaN, S.ComplexInfinity):
        return False
    if value.expand() == 0:
        return True
    number = value.evalf(40) if not value.free_symbols else None
    return number is not None and bool(number.is_comparable) and bool(abs(number) < CLOSE)


def decided(on: Sequence[Expr]) -> tuple[Expr, ...] | None:
    """Conditions without those that numbers decide; None if one of them fails."""
    if any(not a.free_symbols and not a.is_positive for a in on):
        return None
    return tuple(a for a in on if a.free_symbols)
