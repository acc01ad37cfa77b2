"""Invariants, canonical coordinates, and systems rewritten in them."""

from __future__ import annotations

import pytest
from sympy import Symbol, atanh, cos, exp, sin, symbols, sympify

from liesym import Generator, ODESystem
from liesym.base.jets import jet_symbol
from liesym.base.typed import expr, substituted
from liesym.coefficients.field import Field
from liesym.errors import AnsatzError, Unsupported
from liesym.invariants import canonical_coordinates, invariants, rewritten
from liesym.invariants.frame import crossing_times, is_invariant

t, x, y, z = symbols("t x y z", real=True)
w, n = Symbol("w", positive=True), Symbol("n", real=True)
ε = Symbol("epsilon", real=True)


def field(*components: object) -> Generator:
    return Generator((t, x, y, z)[: len(components)], tuple(expr(sympify(c)) for c in components))


ROTATIONS = (field(0, -y, x, 0), field(0, -z, 0, x), field(0, 0, -z, y))
CASES = {
    "translation": ((field(1, 0),), 1),
    "scaling": ((field(t, n * x),), 1),
    "projective": ((field(t**2, t * x),), 1),
    "rotation of the graph": ((field(x, -t),), 2),
    "rotations of space and velocities": (ROTATIONS, 1),
    "translation and scaling": ((field(1, 0), field(t, 2 * x)), 2),
    "sl(2) of the Ermakov equation": ((field(1, 0), field(2 * t, x), field(t**2, t * x)), 2),
    "oscillator": ((field(sin(2 * w * t), w * x * cos(2 * w * t)),), 1),
    "solutions of a linear equation": ((field(0, x), field(0, exp(t))), 2),
    "similarities of the plane": ((field(1, 0), field(0, 1), field(t, x)), 3),
    "motions of the plane and time": (
        (field(1, 0, 0), field(0, 1, 0), field(0, 0, 1), field(0, -y, x)),
        2,
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_all_joint_invariants_are_found_and_invariant(name: str) -> None:
    generators, order = CASES[name]
    found = invariants(generators, order=order)
    assert found.complete
    for generator in generators:
        for function in found.functions:
            value = generator.prolonged(function)
            assert Field.build([value], found.coordinates)(value).is_zero


def test_dot_products_are_the_invariants_of_rotations() -> None:
    """Weyl 1946: of two vectors, |q|², |q'|² and q·q'; here beside t."""
    found = invariants(ROTATIONS, order=1)
    a, b, c = (jet_symbol(q, 1) for q in (x, y, z))
    wanted = {t, x**2 + y**2 + z**2, a**2 + b**2 + c**2, x * a + y * b + z * c}
    assert found.expected == 4 and set(found.functions) == wanted


def test_the_check_rejects_what_is_not_invariant() -> None:
    assert is_invariant(x / t, {t: t, x: x})
    assert not is_invariant(x * t, {t: t, x: x})


def test_the_expected_number_is_that_of_dimensions() -> None:
    """Three rotations of space have orbits of dimension 2 on positions and 3 on positions with velocities."""
    assert invariants(ROTATIONS, order=0).expected == 4 - 2
    assert invariants(ROTATIONS, order=1).expected == 7 - 3


def test_generators_over_different_variables_are_refused() -> None:
    with pytest.raises(AnsatzError):
        invariants((field(1, 0), field(1, 0, 0)))
    with pytest.raises(AnsatzError):
        invariants(())


@pytest.mark.parametrize(
    ("image", "value", "count"),
    [
        (t + ε, 0, 1),
        (t * exp(ε), 1, 1),
        (t / (1 - ε * t), 1, 1),
        (x * cos(ε) + t * sin(ε), 0, 1),
        (t + ε * x + ε**2, 0, 2),
        (t * exp(ε) + exp(2 * ε) * x, 1, 2),
        (t + ε + sin(ε), 0, 0),
    ],
)
def test_crossing_times_solve_their_equation(image, value: int, count: int) -> None:
    times = crossing_times(sympify(image), sympify(value), ε)
    assert len(times) == count
    point = {t: sympify("3/7"), x: sympify("5/4")}
    for time in times:
        assert abs(complex((image.subs(ε, time) - value).subs(point).evalf(20))) < 1e-12


CANONICAL = {
    "translation": field(1, 0),
    "scaling": field(t, 2 * x),
    "projective": field(t**2, t * x),
    "rotation": field(x, -t),
    "rotation of the plane": field(0, -y, x),
    "cubic": field(x, -(x**3)),
    "field of cosines": field(1, cos(w * x) * atanh(sin(w * x))),
}


@pytest.mark.parametrize("name", CANONICAL)
def test_canonical_coordinates_straighten_the_field(name: str) -> None:
    """∂_s of the way back is the field there; X(r) = 0 and X(s) = 1 where the coordinates were solved for."""
    generator = CANONICAL[name]
    found = canonical_coordinates(generator)
    s = found.new[-1]
    back = dict(zip(found.old, found.backward, strict=True))
    point = {v: sympify(k + 3) / 11 for k, v in enumerate((*found.new, w))}
    for component, image in zip(generator.components, found.backward, strict=True):
        defect = substituted(image.diff(s) - component.xreplace(back), point)
        assert abs(complex(defect.evalf(25))) < 1e-12
    if found.forward is not None:
        *rest, height = found.forward
        value = generator.apply(height) - 1
        assert abs(complex(value.subs({t: 0.7, x: 0.6, y: 0.4, w: 0.9}).evalf())) < 1e-12
        assert all(abs(complex(generator.apply(r).subs({t: 0.7, x: 0.6, y: 0.4, w: 0.9}).evalf())) < 1e-12 for r in rest)


def test_a_field_without_a_closed_flow_is_refused() -> None:
    with pytest.raises(Unsupported, match="closed form"):
        canonical_coordinates(field(1, cos(y), sin(x)))


@pytest.mark.parametrize(
    ("text", "generator"),
    [
        ("x'' = x'^2/x", field(0, x)),
        ("x'' = 1/x^3", field(t**2, t * x)),
        ("x'' = -3*x*x'-x^3", field(t, -x)),
        ("x''' = -x*x''/2", field(t, -x)),
        ("x'' = -x/(x^2+y^2)^2; y'' = -y/(x^2+y^2)^2", field(0, -y, x)),
    ],
)
def test_systems_in_canonical_coordinates_do_not_hold_s(text: str, generator: Generator) -> None:
    system = ODESystem.parse(text)
    assert generator.is_symmetry_of(system)
    moved = rewritten(system, canonical_coordinates(generator))
    s = moved.unknowns[-1]
    expressions = Field.build(moved.rhs, (*moved.variables, *moved.jet_coordinates))
    assert not any(expressions(f).depends_on(s) for f in moved.rhs)


def test_other_fields_leave_s_in_the_equation() -> None:
    system = ODESystem.parse("x'' = -3*x*x'-x^3")
    moved = rewritten(system, canonical_coordinates(field(t, x)))
    expressions = Field.build(moved.rhs, (*moved.variables, *moved.jet_coordinates))
    assert expressions(moved.rhs[0]).depends_on(moved.unknowns[-1])
