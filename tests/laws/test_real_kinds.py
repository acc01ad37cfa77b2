"""Equations of every kind that is not analytic on the whole line have one value, whatever computes it.

The value of the text, by an evaluator of its own with 30 digits, against the symbolic half, NumPy, a written module, torch
and JAX. Names that are known and not read are refused in every place, and what is not found says within what it was looked
for. Statements about these equations are those of `test_real_line` and `test_real_solutions`.
"""

from __future__ import annotations

import contextlib
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import mpmath
import numpy as np
import pytest
import sympy as sp
from real_line_systems import KINDS, equations
from sympy import Pow, Symbol
from true_at_points import coordinates, points, value_of_text

import liesym
from liesym import ODESystem
from liesym.base.jets import jet_symbol
from liesym.errors import LiesymError, NotSolvable
from liesym.lowering.export import export
from liesym.testing.values import NoValue, value_at
from liesym.text.functions import UNSUPPORTED

FEW, MANY, CHUNK = 3, 200, 50
COUNT = 24
"""Points of an equation."""
BITS, CLOSE = 53, 1e-7


# -- values ------------------------------------------------------------------------------------------


@dataclass
class Tally:
    """What was compared: inputs, values, points at which floating point loses its digits, and what is wrong."""

    inputs: int = 0
    values: int = 0
    undecided: int = 0
    wrong: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Case:
    """A system, its points, and the values of its text there; NaN where it has none, None where digits are lost."""

    text: str
    system: ODESystem
    state: tuple[Symbol, ...]
    points: tuple[dict[Symbol, Any], ...]
    expected: tuple[tuple[float | None, ...], ...]


def value_of(rate: str, values: dict[str, Any]) -> float | None:
    """The value of the text, NaN where it is not real, None where floating point is not enough for it."""
    try:
        with mpmath.workdps(30):
            exact = value_of_text(rate, values)
        with mpmath.workprec(BITS):
            rough = value_of_text(rate, values)
    except NoValue:
        return float("nan")
    return float(exact) if abs(exact - rough) <= CLOSE / 100 * (1 + abs(exact)) else None


@cache
def case_of(kind: str, number: int) -> Case | None:
    """The system with this number; None where the text is no equation (a root of -1)."""
    text, rates, _ = equations(kind, number)
    try:
        system = ODESystem.parse(text)
    except NotSolvable:
        return None
    jets = [s for row in coordinates(system) for s in row]
    state = tuple(jet_symbol(x, k) for k in range(system.order) for x in system.unknowns)
    drawn = tuple(points([*jets, system.independent, Symbol("a", real=True)], COUNT, seed=number))
    expected = tuple(tuple(value_of(r, {s.name: v for s, v in p.items()}) for r in rates) for p in drawn)
    return Case(text, system, state, drawn, expected)


def symbolic(case: Case) -> Any:
    """By the evaluator of the second look."""
    rows = []
    for p in case.points:
        row = []
        for f in case.system.rhs:
            try:
                with mpmath.workdps(30):
                    row.append(float(value_at(f, p)))
            except NoValue:
                row.append(float("nan"))
        rows.append(row)
    return np.array(rows)


def arrays(case: Case) -> tuple[Any, Any, dict[str, Any]]:
    """(t, x, parameters) of all points."""
    t = np.array([float(p[case.system.independent]) for p in case.points])
    x = np.array([[float(p[s]) for s in case.state] for p in case.points])
    return t, x, {s.name: np.array([float(p[s]) for p in case.points]) for s in case.system.parameter_symbols}


def lowered(case: Case, backend: str) -> Any:
    """As an array of NumPy, by a backend."""
    t, x, args = arrays(case)
    how = {"t": case.system.independent, "parameters": case.system.parameter_symbols}
    fn = liesym.lower(list(case.system.rhs), case.state, backend=backend, **how)
    if backend == "torch":
        import torch

        into, outof = torch.as_tensor, lambda v: v.numpy()
    elif backend == "jax":
        from jax import numpy as into_jax

        into, outof = into_jax.asarray, np.asarray
    else:
        into, outof = np.asarray, np.asarray
    with np.errstate(all="ignore"):
        return outof(fn(into(t), into(x), {name: into(v) for name, v in args.items()}))


def written(case: Case) -> Any:
    """By the module that is written for NumPy."""
    how = {"t": case.system.independent, "parameters": case.system.parameter_symbols}
    scope: dict[str, Any] = {"__name__": "residuals"}
    exec(export(list(case.system.rhs), backend="numpy", state=case.state, **how), scope)
    t, x, args = arrays(case)
    with np.errstate(all="ignore"):
        return np.asarray(scope["residual"](t, x, args))


WAYS: dict[str, Callable[[Case], Any]] = {
    "symbolic": symbolic,
    "numpy": lambda case: lowered(case, "numpy"),
    "module": written,
    "torch": lambda case: lowered(case, "torch"),
    "jax": lambda case: lowered(case, "jax"),
}


def double(way: str) -> contextlib.AbstractContextManager[Any]:
    """In which JAX computes with all digits; what needs a backend is skipped without it."""
    if way in ("torch", "jax"):
        module = pytest.importorskip(way)
        return module.enable_x64(True) if way == "jax" else contextlib.nullcontext()
    return contextlib.nullcontext()


def compared(kind: str, way: str, numbers: Sequence[int]) -> Tally:
    """The values of the text against those of one way to compute them."""
    tally = Tally()
    for case in filter(None, (case_of(kind, n) for n in numbers)):
        tally.inputs += 1
        found = WAYS[way](case)
        for p, row, values in zip(case.points, case.expected, found, strict=True):
            for expected, value in zip(row, values, strict=True):
                if expected is None or expected != expected:
                    tally.undecided += 1
                    continue
                tally.values += 1
                if not abs(float(value) - expected) <= CLOSE * (1 + abs(expected)):
                    tally.wrong.append(f"{case.text}: {value}, not {expected}, at {p}")
    return tally


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("kind", KINDS)
def test_each_way_gives_the_value_of_the_text(kind: str, way: str) -> None:
    with double(way):
        tally = compared(kind, way, range(FEW))
    assert tally.wrong == []
    assert tally.values > tally.undecided


@pytest.mark.nightly
@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("start", range(FEW, FEW + MANY, CHUNK))
@pytest.mark.parametrize("kind", KINDS)
def test_each_way_gives_the_value_of_many_texts(kind: str, start: int, way: str) -> None:
    with double(way):
        tally = compared(kind, way, range(start, start + CHUNK))
    assert tally.wrong == []
    assert tally.values > tally.undecided


def test_a_wrong_value_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    """Control."""
    monkeypatch.setitem(WAYS, "symbolic", lambda case: -symbolic(case))
    assert compared("absolute values", "symbolic", range(FEW)).wrong


# -- names -------------------------------------------------------------------------------------------

PLACES = ("y' = {}", "y'' = y + 2*{}", "y'*{} = 1", "x' = y; y' = x*{}", "y'' = sin({})^2", "y' = exp(-{}/3)")


def refused(number: int) -> list[str]:
    """What is wrong with the answer to a known function that is not read, in a drawn place."""
    source = random.Random(f"names {number}")
    name = source.choice(sorted(UNSUPPORTED))
    spelled = source.choice((name, name.capitalize(), name.upper()))
    text = source.choice(PLACES).format(f"{spelled}({source.choice(('y', 't', 'y - t', '2*y', 'a*y'))})")
    try:
        ODESystem.parse(text)
    except LiesymError as error:
        return [] if spelled in str(error) else [f"{text}: {error}"]
    return [f"{text} was read"]


def plain(number: int) -> list[str]:
    """Names that mean something elsewhere are parameters: only pi is a constant."""
    source = random.Random(f"plain {number}")
    name = source.choice(
        ("E", "I", "S", "N", "Q", "O", "e", "s", "r", "kernel", "time", "lambda", "beta", "gamma", "zeta", "C1")
    )
    text = source.choice(
        ("y' = {}*y", "y'' = y^2 + {}", "x' = {}*y; y' = -x", "y' = y/(1 + {}^2)", "y'' = sin({}*y)")
    ).format(name)
    system = ODESystem.parse(text)
    return [] if [p.name for p in system.parameter_symbols] == [name] else [f"{text}: {system.parameter_symbols}"]


@pytest.mark.parametrize("asked", [refused, plain])
def test_names_are_refused_or_plain(asked: Callable[[int], list[str]]) -> None:
    assert [w for n in range(200) for w in asked(n)] == []


# -- what is not found says within what --------------------------------------------------------------


def silent(number: int) -> list[str]:
    """An empty list of integrals that does not say within what was looked, for a drawn system of SymPy."""
    source = random.Random(f"quiet {number}")
    t, (x, y) = sp.Symbol("t"), (sp.Function(n)(sp.Symbol("t")) for n in "xy")
    pieces = (
        lambda u: sp.Max(u, 0),
        lambda u: sp.Min(u, 1),
        sp.Heaviside,
        sp.Abs,
        sp.sign,
        lambda u: sp.Piecewise((u, u > 0), (-2 * u, True)),
        sp.sqrt,
        lambda u: sp.log(sp.Abs(u)),
    )
    parts = [source.choice(pieces)(source.choice((x, y, x - y, x + 1, t))) for _ in range(2)]
    rates = [source.choice((1, -1, 2)) * p * source.choice((1, x, y)) for p in parts]
    system = ODESystem.from_sympy([sp.Eq(x.diff(t), rates[0]), sp.Eq(y.diff(t), rates[1])])
    try:
        found = liesym.first_integrals(system, budget=0.1)
    except LiesymError as error:
        return [] if str(error) else [f"{rates}: an error without words"]
    return [] if found or found.within else [f"{rates}: nothing, without a word"]


def test_an_empty_list_says_within_what() -> None:
    assert [w for n in range(FEW) for w in silent(n)] == []


@pytest.mark.nightly
def test_many_empty_lists_say_within_what() -> None:
    assert [w for n in range(FEW, FEW + MANY) for w in silent(n)] == []


def test_generators_with_named_functions_say_where_they_are_real() -> None:
    """psi1(t)/(sqrt(t) (a + t²)^(1/4)) is no real symmetry at t < 0, where the equation is as real as elsewhere."""
    found = liesym.find_symmetries("y'' = -(2*t^2+a)*y'/(t*(t^2+a)) - b*y/(t^2*(t^2+a))", budget=60)
    named = [g for g in found.generators if g.definitions]
    assert named
    for g in named:
        rooted = any(not n.exp.is_integer for c in g.components for n in c.atoms(Pow))
        assert {str(e) for e in g.on} == ({"t", "a + t**2"} if rooted else set())
