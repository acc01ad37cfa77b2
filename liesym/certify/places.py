"""Points at which the functions of a system have values, and at which the coefficient field stands for these functions.

A slot of the field is a function with a rule for its derivatives. At a place, each slot takes the value of its function;
relations and derivatives are compared with numbers, and so are the right sides. Where they agree, the field computes with
the functions that the user wrote, there and in a neighbourhood.
"""

from __future__ import annotations

import itertools
import random
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import mpmath
from flint import acb, arb, fmpz_mpoly
from sympy import Derivative, Subs, Symbol, cos, exp, sin
from sympy.core.function import AppliedUndef

from liesym.certify.series import Balls
from liesym.certify.values import DIGITS, Evaluator, NoValue, RandomFunctions, ball
from liesym.coefficients.definitions import function_and_orders
from liesym.coefficients.field import Field
from liesym.coefficients.ring import Element
from liesym.model.system import ODESystem

ATTEMPTS = 24
RANGES = ((0.2, 0.9), (1.1, 2.4), (2.5, 6.0), (0.02, 0.2))
PARAMETERS = (0.3, 2.5)
MOST_CONJUGATED = 4
NEAR = 1e-15  # numbers this close are equal; they are known to 40 digits, their differences to 20


class Astray(Exception):
    """The field has another value, or another derivative, than the function that it stands for."""


@dataclass(frozen=True)
class Place:
    """A point (t, x) with parameter values, and the values of slots there.

    Arguments:
        point: symbol -> number.
        jets: slot -> ball, for each choice of the jet coordinates.
    """

    point: tuple[tuple[Symbol, Any], ...]
    jets: tuple[dict[int, Any], ...]

    def __str__(self) -> str:
        return ", ".join(f"{s} = {mpmath.nstr(mpmath.mpmathify(v), 4)}" for s, v in self.point)


def places(system: ODESystem, field: Field, used: Iterable[int], samples: int, seed: int) -> Iterator[Place]:
    """Real points in several parts of the domain; complex ones where no right side is real.

    One point is enough where analytic continuation leads to every branch: relations hold everywhere then.

    Arguments:
        used: the slots whose values are wanted.
        samples: choices of the jet coordinates at each point.

    Raises:
        Astray: the field stands for another branch of a function, with all variables and parameters positive.
    """
    draw = random.Random(seed)
    tried = _Trial(system, field, tuple(sorted(_with_inner(field, system, used))), samples, draw)
    enough = 1 if _is_connected(field, tried.used) else 4
    found = 0
    for attempt in range(ATTEMPTS):
        positive = attempt < len(RANGES)
        if found >= (min(2, enough) if positive else enough):
            continue
        try:
            place = tried.any_branch(attempt)
        except Astray:
            if positive:
                raise
            continue
        if place is not None:
            found += 1
            yield place
    for attempt in range(0 if found else ATTEMPTS):
        try:
            place = tried.place(attempt, real=False)
        except Astray:
            continue
        if place is not None:
            yield place
            return


def _with_inner(field: Field, system: ODESystem, used: Iterable[int]) -> set[int]:
    """The slots, those of the right sides, and those in their relations and first derivatives."""
    found = {*used, *(i for f in system.rhs for i in field.slots_of(field(f)))}
    for i in list(found):
        slot = field.slots[i]
        if slot.relation is not None:
            found |= field.slots_of(field.of_poly(field.lift(slot.relation)))
    return found


def _is_entire(field: Field, index: int) -> bool:
    """A symbol, or an exponential, sine, cosine or arbitrary function of polynomials in symbols."""
    slot, plain = field.slots[index], (*field.variables, *field.parameters)
    if slot.kind in ("variable", "parameter"):
        return True
    if isinstance(slot.expr, AppliedUndef | Derivative | Subs):
        return all(a.is_polynomial(*plain) for a in function_and_orders(slot.expr)[1])
    return isinstance(slot.expr, exp | sin | cos) and bool(slot.expr.args[0].is_polynomial(*plain))


def _is_connected(field: Field, used: Iterable[int]) -> bool:
    """Entire functions and at most one root, that of a polynomial in symbols."""
    rest = [field.slots[i] for i in used if not _is_entire(field, i)]
    inner = [field.of_poly(field.lift(slot.relation)) for slot in rest if slot.relation is not None]
    symbols = all(field.slots[i].kind in ("variable", "parameter") for e in inner for i in field.slots_of(e))
    return not rest or (len(rest) == len(inner) == 1 and symbols)


@dataclass
class _Trial:
    system: ODESystem
    field: Field
    used: tuple[int, ...]
    samples: int
    draw: random.Random
    conjugated: frozenset[int] = frozenset()
    complex_slots: frozenset[int] = frozenset()

    def any_branch(self, attempt: int) -> Place | None:
        """A real place; where slots are complex there, also with some of them conjugated.

        sqrt((1 - y)(2 - y)) is sqrt(y - 1) sqrt(y - 2) in the field: right for y < 1 if one of the two roots is -i|…|.
        """
        state = self.draw.getstate()
        self.conjugated = self.complex_slots = frozenset()
        try:
            return self.place(attempt, real=True)
        except Astray as first:
            choices = sorted(self.complex_slots)[:MOST_CONJUGATED]
            for size in range(1, len(choices) + 1):
                for self.conjugated in map(frozenset, itertools.combinations(choices, size)):
                    self.draw.setstate(state)
                    try:
                        return self.place(attempt, real=True)
                    except Astray:
                        continue
            raise first from None
        finally:
            self.conjugated = frozenset()

    def _read(self, evaluate: Evaluator, index: int) -> Any:
        value = evaluate(self.field.slots[index].expr)
        return mpmath.conj(value) if index in self.conjugated else value

    def place(self, attempt: int, real: bool) -> Place | None:
        """One random place; None if a function has no value there, or a right side no real one."""
        draw, system, field = self.draw, self.system, self.field
        low, high = RANGES[attempt % len(RANGES)]
        mixed = attempt >= len(RANGES), attempt >= 3 * len(RANGES)
        signs = {s: draw.choice((1, -1)) if mixed[0] else 1 for s in field.variables}
        signs |= {s: draw.choice((1, -1)) if mixed[1] else 1 for s in field.parameters}

        def value(symbol: Symbol) -> Any:
            size = mpmath.mpf(draw.uniform(*(PARAMETERS if symbol in field.parameters else (low, high))))
            return size * signs[symbol] if real else mpmath.mpc(size * signs[symbol], draw.uniform(low, high))

        functions = RandomFunctions(draw.randrange(2**30))
        base = {s: value(s) for s in (*system.variables, *field.parameters)}
        found: list[dict[int, Any]] = []
        for _ in range(2 * self.samples):
            point = base | {v: value(v) for v in system.jet_coordinates}
            slots = self._slots(Evaluator(point, functions), real, found[0] if found else None)
            if slots is None and not found:
                return None
            if slots is not None:
                found.append(slots)
            if len(found) == self.samples:
                return Place(tuple(base.items()), tuple(found))
        return None

    def _slots(self, evaluate: Evaluator, real: bool, before: dict[int, Any] | None) -> dict[int, Any] | None:
        """Values of all slots; `before` holds them for other jets."""
        field, jets = self.field, self.system.jet_coordinates
        fresh = [i for i in self.used if before is None or field.slots[i].moving.intersection(jets)]
        try:
            values = {**(before or {}), **{i: ball(self._read(evaluate, i)) for i in fresh}}
            direct = [ball(evaluate(f)) for f in self.system.rhs]
        except NoValue:
            return None
        if real and not all(isinstance(f, arb) for f in direct):
            return None
        self.complex_slots = frozenset(i for i, v in values.items() if isinstance(v, acb))
        for f, number in zip(self.system.rhs, direct, strict=True):
            _demand_equal(number, value_of(field(f), values), str(f))
        for i in fresh:
            slot = field.slots[i]
            if slot.relation is not None:
                below = value_of(field.of_poly(field.lift(slot.relation)), values)
                _demand_equal(values[i] ** slot.degree, below, str(slot.expr))
        for variable in field.variables:
            self._compare_slopes(evaluate, values, variable, fresh)
        return values

    def _compare_slopes(self, evaluate: Evaluator, values: dict[int, Any], variable: Symbol, slots: Iterable[int]) -> None:
        """Central differences against the derivatives of the field."""
        field = self.field
        moving = [i for i in slots if variable in field.slots[i].moving and not _is_entire(field, i)]
        if not moving:
            return
        with mpmath.workdps(DIGITS):
            step = mpmath.mpf(10) ** (-DIGITS // 3)
            after, before = evaluate.moved(variable, step), evaluate.moved(variable, -step)
            for i in moving:
                slot = field.slots[i]
                slope = field.slot_derivative(slot, variable)
                if slope is not None and not field.slots_of(slope) <= values.keys():
                    continue  # the last derivative that is needed of an arbitrary function
                try:
                    difference = (self._read(after, i) - self._read(before, i)) / (2 * step)
                except NoValue:
                    continue
                _demand_equal(ball(difference), arb(0) if slope is None else value_of(slope, values), str(slot.expr))


def value_of(element: Element, values: dict[int, Any]) -> Any:
    """The value of an element at values of its slots; ZeroDivisionError where its denominator may vanish."""
    top = _value_of_poly(element.num, values)
    return top if element.den.is_one() else top * Balls().reciprocal(_value_of_poly(element.den, values))


def _value_of_poly(poly: fmpz_mpoly, values: dict[int, Any]) -> Any:
    total, n = arb(0), poly.context().nvars()
    places = [(place, values[n - 1 - place]) for place, degree in enumerate(poly.degrees()) if degree > 0]
    for monomial, coefficient in poly.terms():
        term = arb(coefficient)
        for place, value in places:
            if monomial[place]:
                term *= value ** int(monomial[place])
        total += term
    return total


def _demand_equal(one: Any, two: Any, what: str) -> None:
    scale = max(1.0, float(abs(one).mid()))
    if not float(arb(abs(one - two)).upper()) < NEAR * scale:
        raise Astray(f"the coefficient field has another branch or another derivative of {what}")
