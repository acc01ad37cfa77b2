"""`liesym.solve` of systems: every family inserted again with numbers, and compared with exponentials of matrices.

Sources: Gantmacher 1959, chapter V; Ince 1956, chapter 6; Murray 2002, chapters 1 to 3.
"""

from __future__ import annotations

import json
import random
from collections.abc import Sequence
from typing import Any

import mpmath
import numpy as np
import pytest
from runs import dealt
from scipy.linalg import expm
from sympy import Expr, Integral, Matrix, Symbol, diag, lambdify
from typer.testing import CliRunner

import liesym
from liesym.app.cli import app
from liesym.base.budget import UNLIMITED
from liesym.base.typed import replaced
from liesym.errors import ParseError
from liesym.model.system import ODESystem
from liesym.reduction.exponential import fundamental, spectrum
from liesym.reduction.steps import defects_of
from liesym.reduction.system_solution import SystemSolution

T = Symbol("t", real=True)

COMPLETE = [
    "x' = y; y' = -x",
    "x' = x + y; y' = y",
    "x' = y + cos(t); y' = -x",
    "x' = x + exp(t); y' = x + y + t",
    "x' = y/t; y' = x/t",
    "x' = 2*t*y + t; y' = -2*t*x",
    "x'' = -2*x + y; y'' = x - 2*y",
    "x'' = -y; y'' = x",
    "x' = y; y' = z; z' = x - y + z",
    "x' = y - z; y' = z - x; z' = x - y + 1",
    "x' = -x; y' = x - 2*y; z' = 2*y - z + sin(t)",
    "x' = x; y' = x*y",
    "x' = y + sin(t)^2; y' = x",
]
GENERIC = [
    "x' = -k1*x; y' = k1*x - k2*y; z' = k2*y",
    "x' = a*x + b*y; y' = c*x + d*y",
    "x'' = -w^2*x + a*cos(w*t); y' = x",
    "x' = x*(1-x); y' = x*y",
    "x' = x*y; y' = y^2",
]


def told(text: str, conditions: str | None = None, **more: Any) -> SystemSolution:
    found = liesym.solve(text, conditions=conditions, **{"budget": 20, **more})
    assert isinstance(found, SystemSolution)
    return found


def worst_defect(system: ODESystem, values: Sequence[Expr], on: Sequence[Expr], seed: int = 2) -> float:
    """The largest |x_i^(n_i) - F_i| relative to F_i, at places where all is real."""
    rng = random.Random(seed)
    defects, rates = defects_of(system, values)
    names = sorted(set().union(*(e.free_symbols for e in (*values, *rates, T)), *(e.free_symbols for e in on)), key=str)
    computed, sizes = lambdify(names, [*defects, *rates, *on], "mpmath"), []
    for _ in range(150):
        try:
            numbers = computed(*(mpmath.mpf(rng.randint(-40, 40) or 7) / 17 for _ in names))
        except (TypeError, ValueError, ZeroDivisionError):
            continue
        n = len(defects)
        if any(mpmath.im(v) for v in numbers) or any(v <= 0 for v in numbers[2 * n :]):
            continue
        sizes += [float(abs(d) / (1 + abs(r))) for d, r in zip(numbers[:n], numbers[n : 2 * n], strict=True)]
        if len(sizes) >= 3 * n:
            break
    assert sizes, "real nowhere"
    return max(sizes)


@pytest.mark.parametrize("text", dealt(COMPLETE, usual=3))
def test_all_solutions_of_linear_and_triangular_systems(text: str) -> None:
    found, system = told(text), ODESystem.parse(text)
    assert found.complete and len(found.constants) == sum(system.orders)
    for values, on in found.families:
        assert worst_defect(system, values, on) < 1e-9
    assert [c for c in found.claims if not c.holds] == []


@pytest.mark.parametrize("text", dealt(GENERIC, usual=2))
def test_parameters_and_branches(text: str) -> None:
    found, system = told(text), ODESystem.parse(text)
    assert found.families
    assert max(worst_defect(system, values, on) for values, on in found.families) < 1e-9


def test_a_wrong_family_is_seen() -> None:
    """Control of the comparison, on the solution of another system."""
    right, other = told("x' = y; y' = -x"), ODESystem.parse("x' = y; y' = -2*x")
    assert worst_defect(other, *right.families[0]) > 1e-3


MATRICES = [
    Matrix([[1, 2], [3, 4]]),
    Matrix([[0, 1, 0, 0], [-1, 0, 1, 0], [0, 0, 0, 1], [0, 0, -1, 0]]),
    Matrix([[2, 1, 0], [0, 2, 1], [0, 0, 2]]),
    Matrix([[0, 1, 0, 0], [0, 0, 1, 0], [0, 0, 0, 1], [-4, 0, -4, 0]]),
    Matrix([[3, -2, 0, 1], [2, 3, 1, 0], [0, 0, 3, -2], [0, 0, 2, 3]]),
    diag(Matrix([[0, 1], [-1, 0]]), Matrix([[1, 1], [0, 1]]), 5),
    Matrix(6, 6, lambda i, j: (i * j + i + 2 * j) % 3 if i <= j else 0),
]


@pytest.mark.parametrize("m", MATRICES)
def test_the_exponential_of_a_matrix(m: Matrix) -> None:
    """Φ(1) Φ(0)^-1 = e^A, complex roots and Jordan blocks among them."""
    found = spectrum(m)
    assert found is not None
    phi = Matrix([list(v) for v in fundamental(found, T, UNLIMITED)]).T
    at = [np.array(phi.subs(T, k).evalf(20).tolist(), dtype=float) for k in (0, 1)]
    assert np.abs(at[1] @ np.linalg.inv(at[0]) - expm(np.array(m.tolist(), dtype=float))).max() < 1e-9
    assert not phi.has(Integral)


def test_conditions_fit_the_constants() -> None:
    found = told("x' = y + cos(t); y' = -x", "x(0) = 1, y(0) = 2")
    assert found.complete and found.constants == ()
    assert [v.subs(T, 0) for v in found.families[0][0]] == [1, 2]
    both = told("x'' = -x; y' = x", "x(0)=0, x'(0)=1, y(0)=0").families[0][0]
    assert [str(v) for v in both] == ["sin(t)", "1 - cos(t)"]


def test_constant_solutions_of_nonlinear_systems() -> None:
    volterra = told("x' = a*x - b*x*y; y' = -c*y + d*x*y", budget=1)
    a, b, c, d = (Symbol(n, real=True) for n in "abcd")
    assert set(volterra.points) == {(0, 0), (c / d, a / b)}
    circle = told("x' = x*(1 - x^2 - y^2) - y; y' = y*(1 - x^2 - y^2) + x", budget=1)
    assert circle.points == ((0, 0),)


def test_a_family_of_constants_is_told_once() -> None:
    found = told("z' = 0; w' = 0")
    assert not found.points and len(found.families) == 1
    two = told("z' = 0; w'' = w*w'")
    assert not two.points and sum(not any(v.has(T) for v in values) for values, _ in two.families) == 1


def test_integrals_where_there_is_no_family() -> None:
    """x' = x (1 - y), y' = y (x - 1): one relation between x and y, which is constant on solutions."""
    found, system = told("x' = x*(1-y); y' = y*(x-1)", budget=5), ODESystem.parse("x' = x*(1-y); y' = y*(x-1)")
    assert len(found.relations) == 1 and not found.found and not found.complete
    rate = system.total_derivative(found.relations[0].lhs)
    assert replaced(rate, {}).subs({"x": 2, "y": 3}).expand() == 0


def test_the_command() -> None:
    run = CliRunner().invoke(app, ["solve", "x' = y", "y' = -x", "--at", "x(0)=0, y(0)=1", "--json"])
    record = json.loads(run.output)
    assert run.exit_code == 0
    assert record["explicit"] == ["x = sin(t)", "y = cos(t)"] and record["unknowns"] == ["x", "y"]
    assert record["complete"] and record["special"] == [] and record["steps"]
    told_to_people = CliRunner().invoke(app, ["solve", "x' = x; y' = x*y"]).output
    assert "(special)" in told_to_people


def test_conditions_on_what_is_not_there_are_refused() -> None:
    with pytest.raises(ParseError, match="no condition"):
        liesym.solve("x' = y; y' = -x", conditions="z(0) = 1")


def test_the_family_is_a_function() -> None:
    found = told("x' = y; y' = -x")
    times = np.linspace(0, 1, 5)
    assert np.allclose(found(times, C1=0.0, C2=1.0), np.stack([np.sin(times), np.cos(times)], axis=-1))
