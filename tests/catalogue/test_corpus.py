"""The corpus, order two and above: published dimensions are proven, and listed generators are found."""

from __future__ import annotations

import json
import random
from pathlib import Path

import pytest
from mpmath import mp
from runs import dealt
from symmetry_examples import analyzed, field_from_text, is_spanned, rank
from sympy import Expr, Rational, lambdify

from liesym import Generator
from liesym.base.jets import jet_symbol
from liesym.model.system import ODESystem
from liesym.symmetries.results import Completeness, Result

ENTRIES = json.loads((Path(__file__).parent / "corpus.json").read_text())
FINITE = {e["id"]: e for e in ENTRIES if e["dimension"] is not None}
LATE = (
    "calogero_3",
    "dis_liouville",
    "ermakov_system",
    "kamke6_128",
    "kepler_3d",
    "micz_kepler",
    "oscillator_isotropic_3d",
    "schwarzschild_geodesics",
)
EACH = dict(zip(FINITE, dealt(FINITE, usual=2, late=LATE), strict=True))


def result_of(entry: dict) -> Result:
    return analyzed("; ".join(entry["equations"]), entry["independent"])


@pytest.mark.parametrize("name", EACH.values())
def test_dimension_is_proven(name: str) -> None:
    entry = FINITE[name]
    result = result_of(entry)
    assert result.dimension == result.upper_bound == entry["dimension"]
    assert result.completeness is Completeness.PROVEN
    assert len(result.generators) == entry["dimension"] == rank(result.generators, result.system)


@pytest.mark.parametrize("name", [EACH[n] for n, e in FINITE.items() if e["generators"]])
def test_listed_generators_are_in_the_span(name: str) -> None:
    result = result_of(FINITE[name])
    for components in FINITE[name]["generators"]:
        assert is_spanned(field_from_text(components, result.system), result.generators, result.system)


def test_the_span_test_rejects_what_is_no_symmetry() -> None:
    result = result_of(FINITE["kepler_2d"])
    for wrong in ({"x": "x"}, {"x": "y", "y": "x"}, {"t": "t", "x": "x", "y": "y"}):
        assert not is_spanned(field_from_text(wrong, result.system), result.generators, result.system)


# -- numerically, without the coefficient field ------------------------------------------------


def numeric_remainder(generator: Generator, system: ODESystem, seed: int = 0) -> tuple[float, float]:
    """(largest |η^(n) - X F| at a random point on solutions, size of its terms), prolonged by SymPy alone."""
    draw = random.Random(seed)
    names = [*system.variables, *system.jet_coordinates, *system.parameter_symbols]
    point = {s: Rational(draw.randrange(105, 195), 100) for s in names}
    jets, worst, size = generator.jets, 0.0, 1.0
    solved = system.solved
    drift = jets.total_derivative(generator.xi, solved)
    rows = []
    for x, eta, n in zip(system.unknowns, generator.components[1:], system.orders, strict=True):
        row = [eta]
        for k in range(1, n + 1):
            velocity = solved.get(jet_symbol(x, k), jet_symbol(x, k))
            row.append(jets.total_derivative(row[-1], solved) - velocity * drift)
        rows.append(row)
    for i, f in enumerate(system.rhs):
        terms: list[Expr] = [rows[i][system.orders[i]], -generator.xi * f.diff(system.independent)]
        for j, x in enumerate(system.unknowns):
            terms += [-f.diff(jet_symbol(x, k)) * rows[j][k] for k in range(system.orders[j])]
        with mp.workdps(30):
            values = [mp.mpmathify(lambdify(names, t, "mpmath")(*map(mp.mpmathify, point.values()))) for t in terms]
            worst, size = max(worst, float(abs(sum(values)))), max(size, *(float(abs(v)) for v in values))
    return worst, size


CHEAP = [n for n, e in FINITE.items() if e["dimension"] and len(e["unknowns"]) == 1 and e["order"] == 2]


@pytest.mark.parametrize("name", CHEAP[::4])
def test_generators_pass_a_numerical_substitution(name: str) -> None:
    result = result_of(FINITE[name])
    checked = [g for g in result.generators if not g.definitions]
    for generator in checked:
        worst, size = numeric_remainder(generator, result.system)
        assert worst < 1e-20 * size


def test_the_numerical_substitution_rejects_what_is_no_symmetry() -> None:
    system = result_of(FINITE["kamke6_1"]).system
    wrong = field_from_text({"x": "x", "y": "y"}, system)
    assert numeric_remainder(wrong, system)[0] > 1e-3


def test_the_corpus_is_the_one_that_is_meant() -> None:
    assert len(FINITE) >= 110 and len({e["id"] for e in ENTRIES}) == len(ENTRIES)
