"""A tidy basis spans the same, is no longer, and has translations, scalings and rotations by themselves, however it came."""

from __future__ import annotations

import json
import random
import re
from pathlib import Path

import pytest
from runs import dealt
from sympy import Symbol, cos, sin, sympify
from typer.testing import CliRunner

import liesym
from liesym.app.cli import app
from liesym.base.budget import Budget
from liesym.coefficients import Field
from liesym.solving.linear.tidy import terms, tidied
from liesym.solving.linear.vectors import Vector, constant_relations, independent_vectors, linear_combination
from liesym.symmetries.tidy import in_tidy_basis

t, x, y = (Symbol(n, real=True) for n in "txy")
V = (t, x, y)
LISTED = json.loads((Path(__file__).parents[1] / "catalogue" / "corpus.json").read_text(encoding="utf-8"))
CORPUS = [e for e in LISTED if e["order"] in (2, 3) and 1 < (e["dimension"] or 0) <= 8][::2]
RUNNER = CliRunner()
STANDARD = [(1, 0, 0), (3 * t, 2 * x, 2 * y), (0, y, -x), (0, 0, t)]


def in_field(rows: list[tuple]) -> tuple[list[Vector], Field]:
    field = Field.build([sympify(e) for row in rows for e in row], V)
    return [tuple(map(field, row)) for row in rows], field


def mixed(vectors: list[Vector], field: Field, seed: int) -> list[Vector]:
    """A random rational invertible matrix times the vectors: unit triangular ones, both ways."""
    draw = random.Random(seed)
    rows = list(vectors)
    for order in (range(len(rows)), reversed(range(len(rows)))):
        for i in order:
            factors = {j: field.constant(draw.randint(-3, 3)) for j in range(len(rows)) if j != i}
            rows[i] = linear_combination(rows, {**factors, i: field.one}, field)
    return rows


def same_span(one: list[Vector], other: list[Vector], field: Field) -> bool:
    joint = independent_vectors([*one, *other], field)
    return len(one) == len(other) == len(joint)


def tokens(result: liesym.Result) -> int:
    """Words, numbers and signs in the generators as they are shown."""
    lines = str(result).splitlines()[1:]
    return sum(len(re.findall(r"\w+|[^\s\w]", line.split("=", 1)[1])) for line in lines if line.startswith("  X"))


@pytest.mark.parametrize("seed", range(6))
def test_standard_fields_come_back_from_any_mixture(seed: int) -> None:
    vectors, field = in_field(STANDARD)
    found = tidied(mixed(vectors, field, seed), V, field)
    assert same_span(found, vectors, field)
    for vector in vectors:
        assert any(constant_relations([vector, other], field) for other in found), vector


@pytest.mark.parametrize("seed", range(3))
def test_what_is_no_standard_field_stays_in_the_span(seed: int) -> None:
    rows = [(1, 0, 0), (cos(t) ** 2, -x * sin(t) * cos(t), 0), (t**2, t * x, t * y), (0, cos(t), 0)]
    vectors, field = in_field(rows)
    given = mixed(vectors, field, seed)
    found = tidied(given, V, field)
    assert same_span(found, given, field) and sum(map(terms, found)) <= sum(map(terms, given))
    assert any(constant_relations([vectors[0], other], field) for other in found)


def test_a_basis_that_is_tidy_stays_as_it_is() -> None:
    vectors, field = in_field(STANDARD)
    assert tidied(vectors, V, field) == vectors


def test_another_span_is_noticed() -> None:
    vectors, field = in_field(STANDARD)
    assert not same_span(vectors[:3], [vectors[0], vectors[1], vectors[3]], field)


LONG = [e for e in CORPUS if e["id"] in ("kamke6_128", "calogero_3", "yukawa_like")]


@pytest.mark.parametrize("entry", dealt(CORPUS, usual=3, late=LONG), ids=lambda e: e["id"])
def test_of_systems_too(entry: dict) -> None:
    system = liesym.ODESystem.parse("; ".join(entry["equations"]), independent=entry["independent"])
    old = liesym.find_symmetries(system, budget=20.0)
    new = in_tidy_basis(old, Budget.seconds(20.0))
    parts = [e for g in (*new.generators, *old.generators) for e in g.components]
    field = Field.build(parts, system.variables, system.parameter_symbols, old.definitions)
    one, other = ([tuple(map(field, g.components)) for g in r.generators] for r in (new, old))
    assert same_span(one, other, field) and tokens(new) <= tokens(old)
    assert all(g.is_symmetry_of(system) for g in new.generators)
    if new.algebra is not None and old.algebra is not None:
        assert new.algebra.derived_series == old.algebra.derived_series


def test_what_is_shown_has_time_translation_by_itself() -> None:
    shown = RUNNER.invoke(app, ["analyze", "y'' + 3*y*y' + y^3 = 0", "--json"]).stdout
    generators = json.loads(shown)["generators"]
    assert {"t": "1", "y": "0", "trivial": False} in generators and {"t": "-t", "y": "y", "trivial": False} in generators
    assert len(generators) == 8


@pytest.mark.parametrize("text", ["y'' = f(t)*y", "y'' = y*sign(t)"])
def test_named_functions_and_sides_stay_as_they_are(text: str) -> None:
    result = liesym.find_symmetries(text, budget=10.0)
    assert len(result.generators) > 1 and any(g.on or g.definitions for g in result.generators)
    shown = in_tidy_basis(result, Budget.seconds(5.0))
    assert all(
        new.components in (old.components, (-1 * old).components)
        for new, old in zip(shown.generators, result.generators, strict=True)
    )
