"""Conditions such as y(0) = 1, y'(0) = 0, and the values of constants that they say."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import mpmath
from sympy import Dummy, Expr, Matrix, Pow, S, Symbol

from liesym.base.typed import expr
from liesym.coefficients.field import FAILURES, Field
from liesym.errors import ParseError
from liesym.solving.algebraic import solve_for
from liesym.testing.values import NoValue, value_at
from liesym.text import read_expression

_CONDITION = re.compile(r"\s*([^\W\d]\w*)('*)\s*\((.*?)\)\s*=(.*)", re.DOTALL)
CLOSE = 1e-25
MOST_OPERATIONS = 60
SAID = "no solution that was found meets the conditions"
NONE = "no solution meets the conditions: they contradict each other in the family, which holds all solutions"


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
    """Values of the constants: by Cramer's rule where all is linear in them, else one solved for after the other.

    Arguments:
        values: of the unknowns, in t and the constants.
        t: the independent variable.
        conditions: on the unknowns.
        constants: what is solved for.
    """

    def met(known: dict[Symbol, Expr]) -> bool:
        return meets({y: expr(v.subs(known)) for y, v in values.items()}, t, conditions)

    defects = _defects(values, t, conditions)
    linear = _by_determinants(defects, [c for c in constants if any(d.has(c) for d in defects)])
    return [linear] if linear is not None and met(linear) else _eliminated(defects, {}, constants, met)


def _by_determinants(defects: Sequence[Expr], constants: Sequence[Symbol]) -> dict[Symbol, Expr] | None:
    """The one solution of as many linear equations; None if they are not, or have not exactly one."""
    if not constants or len(defects) != len(constants):
        return None
    rows = [[expr(d.diff(c)) for c in constants] for d in defects]
    if any(entry.has(*constants) for row in rows for entry in row):
        return None
    right = Matrix([-expr(d.subs(dict.fromkeys(constants, 0))) for d in defects])
    matrix = Matrix(rows)
    whole = _shortened(expr(matrix.det(method="berkowitz")))
    if is_zero(whole):
        return None
    found = {}
    for k, c in enumerate(constants):
        replaced = matrix.copy()
        replaced[:, k] = right
        found[c] = _shortened(expr(replaced.det(method="berkowitz") / whole))
    return found


def contradict(
    values: Mapping[Symbol, Expr], t: Symbol, conditions: Sequence[Condition], constants: Sequence[Symbol]
) -> bool:
    """True if it is proven that the conditions, linear in the constants and without parameters, have no solution.

    Elimination by rows, exact: 0 = 1 is left for one of them.
    """
    defects = _defects(values, t, conditions)
    rows = [[*(expr(d.diff(c)) for c in constants), expr(d.subs(dict.fromkeys(constants, 0)))] for d in defects]
    if any(e.free_symbols or e.has(S.NaN, S.ComplexInfinity) for row in rows for e in row):
        return False
    try:
        field = Field.build([e for row in rows for e in row], (), ())
        left = [[field(e) for e in row] for row in rows]
        for k in range(len(constants)):
            pivot = next((row for row in left if not row[k].is_zero), None)
            if pivot is not None:
                left = [
                    [a - b * row[k] / pivot[k] for a, b in zip(row, pivot, strict=True)] for row in left if row is not pivot
                ]
        return any(not is_zero(field.to_expr(row[-1])) for row in left)
    except FAILURES:
        return False


def _shortened(value: Expr) -> Expr:
    """With cos^2 + sin^2 = 1, where it is short; SymPy's search for that keeps no clock."""
    return expr(value.trigsimp()) if value.count_ops() <= MOST_OPERATIONS else value


def _eliminated(
    defects: Sequence[Expr],
    known: dict[Symbol, Expr],
    constants: Sequence[Symbol],
    met: Callable[[dict[Symbol, Expr]], bool],
) -> list[dict[Symbol, Expr]]:
    """One equation solved for one of its constants and put into the rest; for another one where that comes to nothing."""
    open_ones = [d for d in defects if d.has(*constants)]
    if not open_ones:
        return [known] if all(is_zero(d) for d in defects) and met(known) else []
    first = min(open_ones, key=lambda d: (sum(d.has(c) for c in constants), d.count_ops()))
    # C2 = log(cos(C1)) says more than C1 = acos(exp(C2)), which has two signs and a bound
    for constant in sorted((c for c in constants if first.has(c)), key=lambda c: first.diff(c).has(c)):
        found = []
        for root in roots(first, constant):
            if not root.has(S.NaN, S.ComplexInfinity, S.ImaginaryUnit):
                inserted = {c: expr(v.subs(constant, root)) for c, v in known.items()}
                rest = [expr(d.subs(constant, root)) for d in defects if d is not first]
                found += _eliminated(rest, {**inserted, constant: root}, constants, met)
        if found:
            return found
    return []


def roots(value: Expr, unknown: Symbol) -> list[Expr]:
    """Zeros in the unknown, 0 among them."""
    return [*solve_for(value, unknown, squaring=True), *([S.Zero] if is_zero(expr(value.subs(unknown, 0))) else [])]


def _defects(values: Mapping[Symbol, Expr], t: Symbol, conditions: Sequence[Condition]) -> list[Expr]:
    return [expr(values[c.unknown].diff(t, c.order).subs(t, c.place).doit()) - c.value for c in conditions]


def meets(values: Mapping[Symbol, Expr], t: Symbol, conditions: Sequence[Condition]) -> bool:
    """True if the values of the unknowns are what the conditions say, exactly or to 25 digits."""
    return all(is_zero(d) for d in _defects(values, t, conditions))


def is_zero(value: Expr) -> bool:
    """Exactly, or to 25 digits for numbers whose logarithms and roots do not cancel by themselves."""
    if value.has(S.NaN, S.ComplexInfinity):
        return False
    if value.expand() == 0:
        return True
    if value.free_symbols:
        return bool(_shortened(value).expand() == 0)
    try:
        with mpmath.workdps(40):
            return bool(abs(value_at(value, {})) < CLOSE)
    except NoValue:
        return False


def decided(on: Sequence[Expr], t: Symbol | None = None, places: Sequence[Expr] = ()) -> tuple[Expr, ...] | None:
    """Conditions without those that numbers decide; None if one of them fails, or does at one of the places of t."""
    for a in on:
        at_places = [expr(a.subs(t, place)) for place in places] if t is not None else []
        if not a.free_symbols and not a.is_positive:
            return None
        if any(_is_negative(value) for value in at_places):
            return None
    return tuple(a for a in on if a.free_symbols)


def _is_negative(value: Expr) -> bool:
    """True if it is below zero wherever the roots in it are real; what is 0 is on the edge, where the solution may begin."""
    roots_of = {p: Dummy(nonnegative=True) for p in value.atoms(Pow) if p.exp.is_Rational and not p.exp.is_Integer}
    plain = value.xreplace({p: d for p, d in roots_of.items() if p.free_symbols})
    return bool(plain.is_negative or (plain.free_symbols and plain.is_nonpositive and plain != 0))
