"""Laws of one-parameter groups: they solve dv̄/dε = X(v̄), compose by adding ε.

And move solutions to solutions.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pytest
from mpmath import mp
from runs import dealt
from sympy import Expr, Rational, Symbol, atanh, cos, exp, fraction, lambdify, log, sin, sqrt, symbols, sympify

from liesym.base.jets import jet_symbol
from liesym.base.typed import expr, substituted
from liesym.errors import AnsatzError, Unsupported
from liesym.flow import Flow, flow, lie_series, numeric_flow
from liesym.flow.check import satisfies_flow
from liesym.symmetries.generator import Generator

t, x, y = symbols("t x y", real=True)
n = Symbol("n", real=True)
w = Symbol("w", positive=True)
ε = Symbol("epsilon", real=True)


def generator(*components: object) -> Generator:
    return Generator((t, x, y)[: len(components)], tuple(expr(sympify(c)) for c in components))


CLOSED = {
    "translation": generator(1, 0),
    "scaling": generator(t, n * x),
    "projective": generator(t * x, x**2),
    "rotation": generator(0, -y, x),
    "inversion": generator(t**2, t * x, t * y),
    "affine with a shear": generator(t, x + t**2),
    "oscillator": generator(sin(2 * w * t), w * x * cos(2 * w * t)),
    "oscillator, projective": generator(x * sin(w * t), w * x**2 * cos(w * t)),
    "triangular": generator(x, -(x**3)),
    "power": generator(1, x**n),
    "root": generator(t, sqrt(x)),
    "exponential": generator(exp(t) * x, exp(t) * x**2),
    "logarithm": generator(t * log(t), x),
    "angle that depends on the radius": generator(0, y * sqrt(x**2 + y**2), -x * sqrt(x**2 + y**2)),
    "field of cosines": generator(1, cos(w * x) * atanh(sin(w * x))),
    "projective, one variable by itself": generator(1 + t**2, t * x + 1, t * y + x),
    "special conformal in space": generator(t**2 - x**2 - y**2, 2 * t * x, 2 * t * y),
    "special conformal of Minkowski": generator(t**2 + x**2 + y**2, 2 * t * x, 2 * t * y),
    "conformal with a translation": generator(t**2 - x**2 - y**2 + 1, 2 * t * x, 2 * t * y),
    "conformal with a rotation and a dilation": generator(t**2 - x**2 - y**2 + t, 2 * t * x - y + x, 2 * t * y + x + y),
    "a sum that is kept": generator(0, x * y, -2 * x * y),
    "product with a coordinate": generator(t * x, x**2 - t * x**3),
}


def values(images: tuple[Expr, ...] | list[Expr], point: dict[Symbol, Expr]) -> list[complex]:
    return [complex(substituted(i, point).evalf(25, maxn=60)) for i in images]


def at(point: Mapping[Symbol, Expr], time: Expr) -> dict[Symbol, Expr]:
    return {**point, n: Rational(5, 3), w: Rational(3, 4), ε: time}


POINT: dict[Symbol, Expr] = {t: Rational(3, 5), x: Rational(4, 7), y: Rational(5, 9)}


@pytest.mark.parametrize("name", dealt(CLOSED, usual=2))
def test_closed_forms_are_groups(name: str) -> None:
    """Φ_a(Φ_b(v)) = Φ_(a+b)(v)."""
    field = CLOSED[name]
    found = flow(field, ε)
    assert found.exact
    a, b = Rational(1, 11), Rational(1, 13)
    middle = [substituted(v, at(POINT, b)) for v in found.components]
    twice = values(found.components, at(dict(zip(field.variables, middle, strict=True)), a))
    once = values(found.components, at(POINT, a + b))
    assert np.allclose(twice, once, rtol=1e-14, atol=1e-14)


@pytest.mark.parametrize("name", CLOSED)
def test_closed_forms_agree_with_the_numerical_flow(name: str) -> None:
    field = CLOSED[name]
    exact = values(flow(field, ε).components, at(POINT, Rational(1, 5)))
    start = np.array([float(POINT[v]) for v in field.variables])
    numeric = numeric_flow(field, start, 0.2, parameters={"n": 5 / 3, "w": 0.75}, tolerance=1e-12)
    assert np.allclose(exact, numeric, rtol=1e-9)


def test_the_check_of_flows_rejects_a_wrong_one() -> None:
    field = CLOSED["rotation"]
    assert not satisfies_flow(field, (t, x - ε * y, y + ε * x), ε)
    assert not satisfies_flow(field, (t, x + 1, y), ε)


@pytest.mark.parametrize("order", [1, 2, 5])
def test_a_lie_series_is_correct_up_to_its_order_and_no_further(order: int) -> None:
    field = CLOSED["projective"]
    exact, series = flow(field, ε), lie_series(field, ε, order)
    assert not series.exact and series.order == order
    for image, expected in zip(series.components, exact.components, strict=True):
        difference = (image - expected).series(ε, 0, order + 2).removeO()
        assert difference.coeff(ε, order + 1) != 0
        assert all(difference.coeff(ε, k).expand() == 0 for k in range(order + 1))


def test_a_field_that_is_nearly_conformal_is_not_taken_for_one() -> None:
    from liesym.flow.linear import conformal_in_space

    near = (t**2 - x**2 - y**2, 2 * t * x, 3 * t * y)
    assert conformal_in_space((t, x, y), dict(zip((t, x, y), near, strict=True)), ε) is None
    assert not flow(generator(*near), ε).exact


def test_a_field_without_closed_form_gives_the_series() -> None:
    found = flow(generator(t * y + x**2, cos(y), sin(x)), order=3)
    assert not found.exact and found.order == 3


def test_arbitrary_functions_give_the_series() -> None:
    from sympy import Function

    assert not flow(generator(0, Function("f")(t, x))).exact


def residual(found: Flow, equation: Expr, solved: Expr) -> Expr:
    """x̄'' - F(t̄, x̄, x̄') with x'' = F inserted."""
    first, second = jet_symbol(x, 1), jet_symbol(x, 2)
    moved = found.moved(second - equation)
    return moved.subs(second, solved).subs({first: Rational(2, 7)})


def digits(expression: Expr) -> complex:
    """The value at a fixed point, to about 30 digits."""
    names = list(at(POINT, Rational(1, 9)))
    with mp.workdps(30):
        numbers = [mp.mpf(str(top)) / int(bottom) for top, bottom in map(fraction, at(POINT, Rational(1, 9)).values())]
        return complex(lambdify(names, expression, "mpmath")(*numbers))


@pytest.mark.parametrize(
    ("field", "force"),
    [
        (generator(sin(2 * w * t), w * x * cos(2 * w * t)), -(w**2) * x),
        (generator(x * sin(w * t), w * x**2 * cos(w * t)), -(w**2) * x),
        (generator(t**2, t * x), x**-3),
        (generator(t * x, x**2), sympify(0)),
        (generator(2 * t, x), x**-3),
        (generator(1 - t * x, -(x**2)), sympify(0)),
    ],
)
def test_symmetries_move_solutions_to_solutions(field: Generator, force: Expr) -> None:
    found = flow(field, ε)
    assert abs(digits(residual(found, force, force))) < 1e-20


def test_the_check_of_solutions_rejects_a_field_that_is_no_symmetry() -> None:
    assert abs(digits(residual(flow(generator(0, x**2), ε), sympify(0), sympify(0)))) > 1e-3


def test_prolonged_flow_is_the_flow_of_the_prolonged_field() -> None:
    field = CLOSED["projective"]
    (rows,) = (flow(field, ε).prolonged(2),)
    for k in range(3):
        assert (rows[0][k].diff(ε).subs(ε, 0) - field.prolong(2)[0][k]).expand() == 0


def test_apply_moves_points() -> None:
    found = flow(CLOSED["scaling"], ε)
    assert found.apply({t: 2, x: 3}, 0) == (2, 3)
    doubled = found.apply((2, 3), log(2))
    assert doubled[0] == 4 and (doubled[1] - 3 * 2**n).simplify() == 0
    assert found.at(0) == (t, x)
    with pytest.raises(AnsatzError, match="no value for x"):
        found.apply({t: 2})


def test_names_are_not_captured() -> None:
    epsilon = Symbol("epsilon", real=True)
    field = Generator((t, epsilon), (sympify(0), epsilon))
    found = flow(field)
    assert found.epsilon != epsilon and found.components[1] == epsilon * exp(found.epsilon)


def test_numerical_flow_of_many_points_and_its_errors() -> None:
    field = CLOSED["rotation"]
    points = np.random.default_rng(0).normal(size=(4, 5, 3))
    moved = numeric_flow(field, points, np.pi / 2)
    assert np.allclose(moved[..., 1], -points[..., 2]) and np.allclose(moved[..., 2], points[..., 1])
    with pytest.raises(AnsatzError, match="shape"):
        numeric_flow(field, points[..., :2], 1.0)
    with pytest.raises(AnsatzError, match="no value is given for n"):
        numeric_flow(CLOSED["scaling"], points[..., :2], 1.0)
    with pytest.raises(Unsupported, match="cannot be continued"):
        numeric_flow(generator(0, x**2), np.array([0.0, 1.0]), 1.5)
