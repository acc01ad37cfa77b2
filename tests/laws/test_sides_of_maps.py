"""Flows, canonical coordinates and reduced equations hold where they say, at real points on both sides.

A flow Φ is the identity at ε = 0, moves with the velocity X, and Φ_ε Φ_δ = Φ_(ε+δ). In canonical coordinates X(r) = 0,
X(s) = 1, and the way there and back is the identity. Along solutions the invariants of a reduced equation move with
dw/dr = G(r, w). All derivatives are differences of values.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

import mpmath
import pytest
from mpmath import mpf
from real_line_systems import KINDS
from sympy import Expr, I, S, exp, symbols
from true_at_points import coordinates, points

import liesym
from liesym import Generator, ODESystem
from liesym.base.jets import jet_symbol
from liesym.errors import LiesymError
from liesym.flow import Flow, flow
from liesym.invariants.coordinates import Coordinates, canonical_coordinates
from liesym.reduction import Reduction, reduce_order
from liesym.testing.realpoints import readable
from liesym.testing.values import NoValue, value_at

FEW, MANY, CHUNK = 2, 200, 25
WITH_COORDINATES = ("absolute values", "fractional powers", "products of roots")
"""Kinds whose canonical coordinates are made quickly."""
DIGITS, STEP, TOLERANCE = 50, "1e-14", 1e-9
Values = dict[Any, Any]


def fields(kind: str, number: int) -> tuple[Generator, ...]:
    """f(y) ∂y and ∂t + f(y) ∂y, f drawn from a kind; none where the text is no real function."""
    text = KINDS[kind](random.Random(f"map {kind} {number}"), ("y",))
    try:
        system = ODESystem.parse(f"y' = {text}")
    except LiesymError:
        return ()
    (rate,) = system.rhs
    return tuple(Generator(system.variables, (start, rate)) for start in (S.Zero, S.One)[: 1 + (number % 3 == 0)])


def real_points(where: Sequence[Expr], on: Sequence[Expr], symbols: set[Any]) -> Iterator[Values]:
    """Points at which all of `where` is real and all of `on` positive."""
    for p in points(symbols, 30, seed=4):
        try:
            for e in where:
                value_at(e, p)
            if all(value_at(c, p) > 1e-3 for c in on):
                yield p
        except NoValue:
            continue


def close(a: Any, b: Any) -> bool:
    return bool(abs(a - b) <= TOLERANCE * (1 + abs(a) + abs(b)))


def faults_of_flow(flow: Flow) -> list[str]:
    """Where it is no one-parameter group of its generator."""
    if not flow.exact or any(readable(e) is None or e != readable(e) for e in flow.components):
        return []
    variables, field = flow.generator.variables, flow.generator.components
    source, wrong = random.Random(1), []

    def moved(p: Values, step: Any) -> Values:
        at = {**p, flow.epsilon: step}
        return {**p, **{v: value_at(e, at) for v, e in zip(variables, flow.components, strict=True)}}

    symbols = {*variables, *(s for e in (*field, *flow.components) for s in e.free_symbols)} - {flow.epsilon}
    with mpmath.workdps(DIGITS):
        for p in real_points(field, [c.subs(flow.epsilon, 0) for c in flow.on], symbols):
            h = mpf(STEP)
            one, two = (mpf(source.uniform(-1, 1)) / 10**4 for _ in range(2))
            try:
                start, ahead, behind = (moved(p, step) for step in (mpf(0), h, -h))
                twice, once = moved(moved(p, one), two), moved(p, one + two)
                rates = [value_at(c, p) for c in field]
            except NoValue as error:
                wrong.append(f"no value ({error}) at {p}")
                continue
            if not all(close(start[v], p[v]) and close(twice[v], once[v]) for v in variables):
                wrong.append(f"not the identity, or not a group, at {p}")
            if not all(close((ahead[v] - behind[v]) / (2 * h), r) for v, r in zip(variables, rates, strict=True)):
                wrong.append(f"not the velocity at {p}")
    return wrong


def faults_of_coordinates(found: Coordinates, generator: Generator) -> list[str]:
    """Where X(r) = 0, X(s) = 1 or the way back fails."""
    if found.forward is None or any(readable(e) is None or e != readable(e) for e in (*found.forward, *found.backward)):
        return []
    forward, wrong = found.forward, []
    symbols = {*generator.variables, *(s for e in generator.components for s in e.free_symbols)}
    with mpmath.workdps(DIGITS):
        for p in real_points(generator.components, found.on, symbols):
            rates = [value_at(c, p) for c in generator.components]
            h = mpf(STEP)

            def shifted(step: Any, p: Values = p, rates: Sequence[Any] = rates) -> Values:
                return {**p, **{v: p[v] + step * r for v, r in zip(generator.variables, rates, strict=True)}}

            try:
                there = dict(zip(found.new, (value_at(e, p) for e in forward), strict=True))
                back = [value_at(e, {**p, **there}) for e in found.backward]
                slopes = [(value_at(e, shifted(h)) - value_at(e, shifted(-h))) / (2 * h) for e in forward]
            except NoValue as error:
                wrong.append(f"no value ({error}) at {p}")
                continue
            if not all(close(b, p[v]) for b, v in zip(back, found.old, strict=True)):
                wrong.append(f"the way back is not the identity at {p}")
            if not all(close(s, float(k == len(slopes) - 1)) for k, s in enumerate(slopes)):
                wrong.append(f"X(r), X(s) are {slopes} at {p}")
    return wrong


def faults_of_reduction(found: Reduction) -> list[str]:
    """Where dw/dr along solutions is not what the reduced equation of order 1 says."""
    if found.invariants is None:
        return []
    system, wrong = found.original, []
    (row,), (rhs,) = coordinates(system), system.rhs
    r, w = found.reduced.independent, found.reduced.unknowns[0]
    symbols = {system.independent, *row, *(s for e in (rhs, *found.invariants) for s in e.free_symbols)}
    with mpmath.workdps(DIGITS):
        for p in real_points([rhs], found.on, symbols):
            try:
                rates = {system.independent: mpf(1), row[0]: p[row[1]], row[1]: value_at(rhs, p)}
                ends = [{**p, **{s: p[s] + sign * mpf(STEP) * v for s, v in rates.items()}} for sign in (1, -1)]
                run, rise = (value_at(e, ends[0]) - value_at(e, ends[1]) for e in found.invariants)
                here = {**p, **dict(zip((r, w), (value_at(e, p) for e in found.invariants), strict=True))}
                said = value_at(found.reduced.rhs[0], here)
                if run == 0:
                    continue
            except NoValue as error:
                wrong.append(f"no value ({error}) at {p}")
                continue
            if not close(rise / run, said):
                wrong.append(f"dw/dr is {rise / run}, not {said}, at {p}")
    return wrong


def wrong_of(kind: str, numbers: range) -> list[str]:
    """What is wrong with flows and canonical coordinates of these fields."""
    wrong = []
    for number in numbers:
        for generator in fields(kind, number):
            wrong += [f"flow of {generator}: {w}" for w in faults_of_flow(generator.flow())[:1]]
            if kind not in WITH_COORDINATES or generator.xi != 0:
                continue
            try:
                found = canonical_coordinates(generator)
            except LiesymError:
                continue
            wrong += [f"coordinates of {generator}: {w}" for w in faults_of_coordinates(found, generator)[:1]]
    return wrong


@pytest.mark.parametrize("kind", KINDS)
def test_flows_and_coordinates_hold_at_real_points(kind: str) -> None:
    assert wrong_of(kind, range(FEW)) == []


@pytest.mark.nightly
@pytest.mark.parametrize("start", range(FEW, FEW + MANY, CHUNK))
@pytest.mark.parametrize("kind", KINDS)
def test_flows_and_coordinates_of_many_fields(kind: str, start: int) -> None:
    assert wrong_of(kind, range(start, start + CHUNK)) == []


@pytest.mark.parametrize(
    "text", ["y'' = sqrt(y'^2)", "y'' = abs(y)^k", "y'' = sqrt(1+y'^2)/y", "y'' = -sign(y)", "y'' = y'^2/y"]
)
def test_reduced_equations_hold_where_they_say(text: str) -> None:
    system = ODESystem.parse(text)
    made = []
    for generator in liesym.find_symmetries(system, budget=0.5).generators[:4]:
        try:
            made.append(reduce_order(system, generator))
        except LiesymError:
            continue
    assert made
    assert [w for found in made for w in faults_of_reduction(found)[:1]] == []


def test_the_comparison_can_fail() -> None:
    """Control: a flow, coordinates and an equation without their sides, or with another number, are caught."""
    t, y = ODESystem.parse("y' = y").variables
    scaling = Generator((t, y), (2 * t, y))
    made = scaling.flow()
    assert faults_of_flow(made) == []
    assert faults_of_flow(replace(made, components=(made.components[0], -made.components[1])))
    found = canonical_coordinates(scaling)
    assert found.on and faults_of_coordinates(found, scaling) == []
    assert faults_of_coordinates(replace(found, on=()), scaling)
    system = ODESystem.parse("y'' = sqrt(y'^2)")
    reduced = reduce_order(system, Generator((t, y), (S.Zero, y), on=(jet_symbol(y, 1),)))
    assert reduced.on and faults_of_reduction(reduced) == []
    assert faults_of_reduction(replace(reduced, original=system, on=()))


def test_a_generator_of_one_side_is_a_symmetry_there() -> None:
    system = ODESystem.parse("y'' = sqrt(y'^2)")
    t, y = system.variables
    slope = jet_symbol(y, 1)
    assert Generator((t, y), (S.Zero, y), on=(slope,)).is_symmetry_of(system)
    one, all_of_it, other = (Generator((t, y), (S.Zero, exp(t)), on=on) for on in ((slope,), (), (-slope,)))
    assert one.is_symmetry_of(system)
    assert not all_of_it.is_symmetry_of(system)
    assert not other.is_symmetry_of(system)


def test_a_flow_that_complex_logarithms_made_is_real() -> None:
    """x² ∂x with log(ε x - 1) - i π in what it carries along: log|ε x - 1|, real on both sides."""
    t, x, y, a, g = symbols("t x y a g", real=True)
    found = flow(Generator((t, x, y), (-x / a, x**2, x * (a * (t * g + y * a) + g) / a**2)))
    assert found.exact and found.on == () and not any(e.has(I) for e in found.components)
