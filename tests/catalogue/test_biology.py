"""Symmetries of biological models, with and without moving parameters: known scalings, and how many there are.

The known scalings were derived by hand by counting powers, the rule of Castro and de Boer 2020 (PLoS Computational
Biology 16, e1008248); they are those that leave the listed observables unchanged. That the lists are complete is
checked against a second count: the condition at random points modulo a prime, with nothing of the engine in it.
"""

from __future__ import annotations

import itertools
import json
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flint import nmod_mat
from sympy import Matrix, Symbol, fraction, lambdify, together

from liesym import Generator, ODESystem, find_symmetries, unidentifiable
from liesym.determine.on_solutions import jet_field
from liesym.errors import OutOfBudget, Unsupported
from liesym.model.vectorfields import read_generator
from liesym.solving.linear.vectors import independent_vectors
from liesym.symmetries.results import Completeness, Result
from liesym.text import read_expression

MODELS: list[dict[str, Any]] = json.loads((Path(__file__).parent / "biology.json").read_text(encoding="utf-8"))
LARGE = {"three Michaelis-Menten steps", "saturated chain of ten", "mass action with ten species"}
PRIME = 2**31 - 1
EACH = [pytest.param(m, id=m["id"], marks=[pytest.mark.slow] if m["id"] in LARGE else []) for m in MODELS]
OBSERVED = [
    pytest.param(*p.values, id=p.id, marks=[pytest.mark.nightly] if p.id == "saturated chain of ten" else p.marks)
    for p, m in zip(EACH, MODELS, strict=True)
    if m["observables"]
]


def system_of(model: dict[str, Any]) -> ODESystem:
    return ODESystem.parse("; ".join(model["equations"]))


def in_span(generator: Generator, result: Result) -> bool:
    """True if the generator is a combination of those found, with constant coefficients."""
    vectors = [g.components for g in result.generators]
    field = jet_field(result.system, [c for v in (*vectors, generator.components) for c in v])
    found = [tuple(field(c) for c in v) for v in vectors]
    return len(independent_vectors([*found, tuple(field(c) for c in generator.components)], field)) == len(found)


class Modular:
    """Rational expressions as functions modulo a prime."""

    def __init__(self, expressions: list[Any], symbols: list[Symbol]) -> None:
        parts = [part for e in expressions for part in fraction(together(e))]
        self.function = lambdify(symbols, parts, modules="math")

    def __call__(self, point: list[int]) -> list[int]:
        values = self.function(*point)
        assert all(isinstance(v, int) for v in values)
        return [n * pow(d, -1, PRIME) % PRIME for n, d in zip(values[::2], values[1::2], strict=True)]


def counted(system: ODESystem, degree: int) -> int:
    """The dimension of the symmetries of total degree at most `degree`: a nullity of sampled conditions.

    It can only be too large, while points are few; so it is taken when twice as many points leave it as it is.
    """
    choices = [
        c for n in range(degree + 1) for c in itertools.combinations_with_replacement(range(len(system.variables)), n)
    ]
    exponents = [tuple(c.count(j) for j in range(len(system.variables))) for c in choices]
    width = len(system.variables) * len(exponents)
    draw = random.Random(1)
    sampled = conditions(system, exponents, draw)
    rows: list[list[int]] = []
    points, before = 2 * len(exponents), -1
    while True:
        while len(rows) < points * len(system.unknowns):
            rows += next(sampled)
        now = width - nmod_mat(len(rows), width, [v for row in rows for v in row], PRIME).rank()
        if now == before:
            return now
        points, before = 2 * points, now


def conditions(system: ODESystem, exponents: list[tuple[int, ...]], draw: random.Random) -> Iterator[list[list[int]]]:
    """η_i' - f_i ξ' - Σ η_j ∂_j f_i - ξ ∂_t f_i with ' = ∂_t + f·∂_x, at random points: linear in the coefficients."""
    variables = list(system.variables)
    count, size = len(variables), len(exponents)
    symbols = [*variables, *system.parameter_symbols]
    rates = Modular(list(system.rhs), symbols)
    slopes = Modular(list(Matrix(system.rhs).jacobian(variables)), symbols)
    constants = [draw.randrange(1, PRIME) for _ in system.parameters]
    while True:
        place = [draw.randrange(1, PRIME) for _ in variables]
        f = [1, *rates([*place, *constants])]
        jacobian = slopes([*place, *constants])
        values = [monomial(e, place) for e in exponents]
        along = [sum(f[j] * monomial(e, place, j) for j in range(count) if e[j]) % PRIME for e in exponents]
        rows = []
        for i in range(1, count):
            row = [0] * (count * size)
            row[:size] = [-f[i] * a % PRIME for a in along]
            row[i * size : (i + 1) * size] = along
            for j, slope in enumerate(jacobian[(i - 1) * count : i * count]):
                if slope:
                    part = row[j * size : (j + 1) * size]
                    row[j * size : (j + 1) * size] = [(r - slope * v) % PRIME for r, v in zip(part, values, strict=True)]
            rows.append(row)
        yield rows


def monomial(exponents: tuple[int, ...], place: list[int], derivative: int | None = None) -> int:
    """Π v^e at a point modulo the prime, or its partial derivative."""
    value = 1
    for j, (e, v) in enumerate(zip(exponents, place, strict=True)):
        if j == derivative:
            value = value * e % PRIME
            e -= 1
        if e:
            value = value * pow(v, e, PRIME) % PRIME
    return value


def test_the_second_count_knows_known_dimensions() -> None:
    """x' = x² has ∂_t and t ∂_t - x ∂_x; for x' = y' = 0 any ξ, and any η free of t, will do."""
    assert counted(ODESystem.parse("x' = x^2"), 1) == 2
    assert counted(ODESystem.parse("x' = 0; y' = 0"), 1) == 10
    assert counted(ODESystem.parse("x' = t^3 + x^5/3"), 1) == 0


@pytest.mark.parametrize("model", EACH)
def test_affine_symmetries_with_moving_parameters(model: dict[str, Any]) -> None:
    system = system_of(model).with_moving_parameters()
    result = find_symmetries(system, "affine", budget=120)
    assert result.completeness is Completeness.WITHIN_ANSATZ
    known = [Generator.of(read_generator(text, system)) for text in model["scalings"]]
    assert known
    for generator in known:
        assert generator.is_symmetry_of(system)
        assert in_span(generator, result)
        symbols = {v.name: v for v in system.variables}
        assert all(generator.apply(read_expression(o, symbols=symbols)).expand() == 0 for o in model["observables"])
    assert len(result.generators) == counted(system, 1)


@pytest.mark.parametrize("model", EACH)
def test_quadratic_symmetries(model: dict[str, Any]) -> None:
    system = system_of(model)
    result = find_symmetries(system, "polynomial: 2", budget=120)
    assert result.completeness is Completeness.WITHIN_ANSATZ
    assert len(result.generators) == counted(system, 2)


def test_what_is_no_symmetry_is_not_in_the_span() -> None:
    system = system_of(MODELS[0]).with_moving_parameters()
    result = find_symmetries(system, "affine")
    wrong = Generator.of(read_generator("y: y; b: b", system))
    assert not wrong.is_symmetry_of(system)
    assert not in_span(wrong, result)


def test_some_parameters_move_and_an_exponent_stays() -> None:
    """In Goodwin's oscillator with exponent n, A and a scale by the n-th power of what x3 scales by."""
    text = "x1' = a/(A + x3^n) - b*x1; x2' = alpha*x1 - beta*x2; x3' = gamma*x2 - delta*x3"
    system = ODESystem.parse(text).with_moving_parameters(["a", "A", "gamma"])
    result = find_symmetries(system, "affine")
    assert result.completeness is Completeness.WITHIN_ANSATZ
    assert in_span(read_generator("x3: x3; gamma: gamma; A: n*A; a: n*a", system), result)


def test_an_input_may_be_an_arbitrary_function_of_time() -> None:
    """Swameye et al. 2003: with the input u(t) as it was measured the amounts are known up to one factor."""
    text = "x1' = -k1*u(t)*x1 + 2*k4*x4; x2' = k1*u(t)*x1 - k2*x2^2; x3' = k2*x2^2/2 - k3*x3; x4' = k3*x3 - k4*x4"
    system = ODESystem.parse(text).with_moving_parameters()
    result = find_symmetries(system, "affine")
    assert result.completeness is Completeness.WITHIN_ANSATZ
    assert in_span(read_generator("x1: x1; x2: x2; x3: x3; x4: x4; k2: -k2", system), result)
    assert all(g.xi == 0 for g in result.generators)


@pytest.mark.parametrize("model", OBSERVED)
def test_what_observables_leave_open(model: dict[str, Any]) -> None:
    system = system_of(model)
    symbols = {v.name: v for v in (*system.variables, *system.parameter_symbols)}
    seen = [read_expression(o, symbols=symbols) for o in model["observables"]]
    found = unidentifiable(system, seen, budget=120)
    assert len(found.directions) >= len(model["scalings"])
    for text in model["scalings"]:
        known = read_generator(text, found.system)
        assert {x for x, c in known.eta.items() if c != 0} <= set(found.moved)
        assert depends([g.components for g in found.directions], known.components, found.system)
    everything = unidentifiable(system, [*seen, *symbols.values()], budget=120)
    assert everything.directions == everything.moved == ()


def depends(vectors: list[tuple[Any, ...]], vector: tuple[Any, ...], system: ODESystem) -> bool:
    """True if the vector is a combination of the others at a random point."""
    point = {v: random.Random(i).randrange(2, 10**6) for i, v in enumerate(system.variables)}
    matrix = Matrix([[c.xreplace(point) for c in row] for row in [*vectors, vector]])
    return matrix.rank() == len(vectors)


def test_directions_whose_coefficients_depend_on_the_parameters() -> None:
    """Bergman's minimal model with glucose measured: X, p1, Gb, Ib and h move together, with p2/p3 and n p2/(p3 r)."""
    (model,) = (m for m in MODELS if m["id"] == "glucose-insulin")
    system = system_of(model)
    found = unidentifiable(system, [system.unknowns[0]])
    scaling = "X: p1*p3*r; p1: -p1*p3*r; Gb: Gb*p3*r; Ib: -p1*p2*r; h: -n*p1*p2"
    known = Generator.of(read_generator(scaling, found.system))
    assert known.is_symmetry_of(found.system)
    assert len(found.directions) == 3
    assert depends([g.components for g in found.directions], known.components, found.system)
    wrong = read_generator("X: p1; p1: -p1", found.system)
    assert not depends([g.components for g in found.directions], wrong.components, found.system)


def test_higher_degrees_and_short_budgets() -> None:
    """x y is seen and x' = a x - b x y, y' = c y + b x y: nothing hides at degree 1, nor at degree 2."""
    system = ODESystem.parse("x' = a*x - b*x*y; y' = c*y + b*x*y")
    x, y = system.unknowns
    assert unidentifiable(system, [x * y], degree=2).directions == ()
    with pytest.raises(OutOfBudget):
        unidentifiable(system, [x * y], budget=0.0)


def test_a_parameter_of_the_measurement_alone() -> None:
    """Reported cases k I of an SIR epidemic: only k S, k I, b/k and g are identifiable."""
    system = ODESystem.parse("S' = -b*S*I; I' = b*S*I - g*I")
    k, i = Symbol("k", real=True), system.unknowns[1]
    found = unidentifiable(system, [k * i])
    (direction,) = found.directions
    assert {str(x) for x in found.moved} == {"S", "I", "b", "k"}
    s, b = system.unknowns[0], found.system.unknowns[2]
    assert all(direction.apply(e) == 0 for e in (k * s, k * i, b / k))
    assert direction.apply(b) != 0
    assert unidentifiable(system, [i, s]).directions == ()
    with pytest.raises(Unsupported, match="observable"):
        unidentifiable(system, [])
