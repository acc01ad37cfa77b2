"""What is said of equations with roots, logarithms, absolute values and inverse functions is true at real points.

Systems are drawn kind by kind. Each statement is looked at with numbers on all sides, by power series and without a formula
of prolongation; a statement that does not hold on every side carries the side. What is lowered is compared with an
evaluation of the text itself.
"""

from __future__ import annotations

import mpmath
import numpy as np
import pytest
from real_line_systems import KINDS, equations
from sympy import Expr, Symbol
from true_at_points import coordinates, faults, faults_of_generator, points, value_of_text

import liesym
from liesym import ODESystem
from liesym.base.jets import jet_symbol
from liesym.errors import NotSolvable
from liesym.testing.values import NoValue, value_at

FEW, MANY, CHUNK = 4, 200, 20
"""Systems of each kind in every run, those in slow runs, and how many of them one test takes."""
SEARCH = 0.3
"""Seconds for symmetries, and as many for integrals, on the patient clock of the suite."""
CLOSE = 1e-7


def system_of(kind: str, number: int) -> tuple[ODESystem, tuple[str, ...]] | None:
    """The system with this number and its right sides as text; None where the text is no equation (a root of -1)."""
    text, rates, _ = equations(kind, number)
    try:
        return ODESystem.parse(text), rates
    except NotSolvable:
        return None


def wrong_statements(system: ODESystem) -> list[str]:
    """Symmetries and integrals that are false, or not real, at a real point of what they speak of."""
    try:
        found = liesym.find_symmetries(system, budget=SEARCH)
        wrong = [f"{g} on {g.on}: {e[0]}" for g in found.generators if (e := faults_of_generator(g, system))]
        integrals = liesym.first_integrals(system, budget=SEARCH)
        wrong += [
            f"{i} on {on}: {e[0]}" for i, on in zip(integrals, integrals.on, strict=True) if (e := faults([i], on, system))
        ]
        return wrong + [w for i, on in zip(integrals, integrals.on, strict=True) for w in wrong_values(i, on, system)]
    except liesym.Unsupported:
        return []


def wrong_values(integral: Expr, on: tuple[Expr, ...], system: ODESystem) -> list[str]:
    """Where an integral lowered to NumPy differs from its values with 30 digits."""
    jets = [s for row in coordinates(system) for s in row]
    constants = sorted(integral.free_symbols - {*jets, system.independent}, key=str)
    fn = liesym.lower(integral, jets, backend="numpy", t=system.independent, parameters=constants)
    wrong = []
    for p in points({*jets, *constants, system.independent}, 8, seed=5):
        try:
            with mpmath.workdps(30):
                if not all(value_at(c, p) > 0 for c in on):
                    continue
                expected = float(value_at(integral, p))
        except NoValue:
            continue
        args = {s.name: float(p[s]) for s in constants}
        found = fn(float(p[system.independent]), np.array([float(p[s]) for s in jets]), args)
        if not close(float(found[0]), expected):
            wrong.append(f"lowered {integral} is {found[0]}, not {expected}, at {p}")
    return wrong


def close(found: float, expected: float) -> bool:
    """To the digits of floating point, with some lost."""
    return abs(found - expected) <= CLOSE * (1 + abs(expected))


def wrong_rates(system: ODESystem, rates: tuple[str, ...]) -> list[str]:
    """Where the right sides, as read and as lowered to NumPy, differ from the values of their text."""
    jets = [s for row in coordinates(system) for s in row]
    state = [jet_symbol(x, k) for k in range(system.order) for x in system.unknowns]
    fn = liesym.lower(system, backend="numpy")
    wrong = []
    for p in points([*jets, system.independent, Symbol("a", real=True)], 24, seed=3):
        values = {s.name: v for s, v in p.items()}
        args = {s.name: float(values[s.name]) for s in system.parameter_symbols}
        try:
            with mpmath.workdps(30):
                expected = [float(value_of_text(r, values)) for r in rates]
        except NoValue:
            continue
        with np.errstate(all="ignore"):
            field = fn(float(p[system.independent]), np.array([float(p[s]) for s in state]), args)
        found = [float(v) for v in field[-len(rates) :]]
        if not all(map(close, found, expected)):
            wrong.append(f"{rates} lowered is {found}, not {expected}, at {values}")
    return wrong


def wrong_of(kind: str, numbers: range) -> list[str]:
    """All that is wrong with the systems of these numbers."""
    wrong = []
    for number in numbers:
        read = system_of(kind, number)
        if read is not None:
            told = equations(kind, number)[0]
            wrong += [f"{number}: {told}: {w}" for w in [*wrong_rates(*read), *wrong_statements(read[0])]]
    return wrong


@pytest.mark.parametrize("kind", KINDS)
def test_statements_are_true_at_real_points(kind: str) -> None:
    assert wrong_of(kind, range(FEW)) == []


@pytest.mark.nightly
@pytest.mark.parametrize("start", range(FEW, FEW + MANY, CHUNK))
@pytest.mark.parametrize("kind", KINDS)
def test_statements_of_many_systems_are_true_at_real_points(kind: str, start: int) -> None:
    assert wrong_of(kind, range(start, start + CHUNK)) == []
