"""Conditions such as y(0) = 1, y'(0) = 0, and the values of constants that they say."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from sympy import Expr, S, Symbol

from liesym.base.typed import expr
from liesym.errors import ParseError
from liesym.solving.algebraic import solve_for
from liesym.text import read_expression

_CONDITION = re.compile(r"\s*([^\W\d]\w*)('*)\s*\((.*?)\)\s*=(.*)", re.DOTALL)
CLOSE = 1e-25
SAID = "no solution that was found meets the conditions"


@dataclass(frozen=True, slots=True)
class Condition:
    """y^(order)(place) = value."""

    unknown: Symbol
    order: int
    place: Expr
    value: Expr


def read_conditions(
    given: str | Sequence[str], variables: Sequence[Symbol], orders: Sequence[int], parameters: Sequence[Symbol]
) -> tuple[Condition, ...]:
    """Conditions at places of the independent variable.

    Arguments:
        given: ``"y(0) = 1, y'(0) = 0"``, or one text for each.
        variables: the independent variable and the unknowns.
        orders: of the unknowns.
        parameters: that may occur.

    Raises:
        ParseError: a condition is not of this form, or of an order that the equation determines.
    """
    parts = [p for text in ([given] if isinstance(given, str) else given) for p in _parts(text) if p.strip()]
    known = {y.name: (y, n) for y, n in zip(variables[1:], orders, strict=True)}
    y, symbols = variables[1], {s.name: s for s in parameters}
    found = []
    for part in parts:
        match = _CONDITION.fullmatch(part)
        if match is None or match[1] not in known:
            raise ParseError(f"{part.strip()} is no condition", expected=(f"{y.name}(0) = 1", f"{y.name}'(0) = 0"))
        unknown, order = known[match[1]]
        if len(match[2]) >= order:
            raise ParseError(f"{part.strip()}: the equation has order {order}, which leaves lower derivatives free")
        place, value = (read_expression(text.strip(), symbols=symbols) for text in (match[3], match[4]))
        for name in ("t", *(v.name for v in variables)):
            if any(s.name == name and s not in symbols.values() for e in (place, value) for s in e.free_symbols):
                raise ParseError(f"{part.strip()}: a condition holds numbers and parameters, not {name}")
        found.append(Condition(unknown, len(match[2]), place, value))
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


def fits(
    values: Mapping[Symbol, Expr], t: Symbol, conditions: Sequence[Condition], constants: Sequence[Symbol]
) -> list[dict[Symbol, Expr]]:
    """Values of the constants, one equation after the other solved for one of them.

    Arguments:
        values: of the unknowns, in t and the constants.
        t: the independent variable.
        conditions: on the unknowns.
        constants: what is solved for.
    """
    waiting = [(_defects(values, t, conditions), {})]
    found: list[dict[Symbol, Expr]] = []
    while waiting:
        defects, known = waiting.pop()
        open_ones = [d for d in defects if d.has(*constants)]
        if not open_ones:
            if all(_is_zero(d) for d in defects):
                found.append(known)
            continue
        first = min(open_ones, key=lambda d: (sum(d.has(c) for c in constants), d.count_ops()))
        # C2 = log(cos(C1)) says more than C1 = acos(exp(C2)), which has two signs and a bound
        constant = min((c for c in constants if first.has(c)), key=lambda c: first.diff(c).has(c))
        for root in roots(first, constant):
            rest = [expr(d.subs(constant, root)) for d in defects if d is not first]
            if not root.has(S.NaN, S.ComplexInfinity, S.ImaginaryUnit):
                inserted = {c: expr(v.subs(constant, root)) for c, v in known.items()}
                waiting.append((rest, {**inserted, constant: root}))
    return [f for f in found if meets({y: expr(v.subs(f)) for y, v in values.items()}, t, conditions)]


def roots(value: Expr, unknown: Symbol) -> list[Expr]:
    """Zeros in the unknown, 0 among them."""
    return [*solve_for(value, unknown, squaring=True), *([S.Zero] if _is_zero(expr(value.subs(unknown, 0))) else [])]


def _defects(values: Mapping[Symbol, Expr], t: Symbol, conditions: Sequence[Condition]) -> list[Expr]:
    return [expr(values[c.unknown].diff(t, c.order).subs(t, c.place).doit()) - c.value for c in conditions]


def meets(values: Mapping[Symbol, Expr], t: Symbol, conditions: Sequence[Condition]) -> bool:
    """True if the values of the unknowns are what the conditions say, exactly or to 25 digits."""
    return all(_is_zero(d) for d in _defects(values, t, conditions))


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
