"""Characteristic roots in closed form: without nested roots where there are none."""

from __future__ import annotations

import pytest
from sympy import I, Symbol

from liesym.coefficients.field import Field
from liesym.solving.ode.exponents import exact_root, roots

r = Symbol("r")
k, o = Symbol("k", real=True), Symbol("o", real=True)
x = Symbol("x", real=True)


@pytest.mark.parametrize(
    "coefficients",
    [
        (k**2, 0, 2 * k + 4 * o**2, 0, 1),  # rotating oscillator: ±√(-k - o²) ± i o
        (1, 0, 0, 0, 1),  # λ⁴ + 1
        (4, 0, -5, 0, 1),  # factors
        (9, 0, -10 * o**2, 0, 1),
        (2, 0, 5, 0, 1),  # no exact root: through λ²
        (k**2, 0, 3, 0, 1),
    ],
)
def test_biquadratics(coefficients: tuple) -> None:
    field = Field.build([], (x,), (k, o))
    found = roots([field(c) for c in coefficients], field)
    assert found is not None
    values = []
    for e in found:
        real = field.to_expr(e.real)
        imaginary = [0] if e.imaginary is None else [field.to_expr(e.imaginary), -field.to_expr(e.imaginary)]
        values += [real + I * i for i in imaginary] * e.multiplicity
    assert len(values) == 4
    point = {k: 1.3, o: 0.7}
    polynomial = sum(c * r**n for n, c in enumerate(coefficients))
    for value in values:
        assert abs(complex(polynomial.subs(r, value).subs(point).evalf(30))) < 1e-12
    numbers = [complex(v.subs(point).evalf(20)) for v in values]
    assert len({(round(n.real, 9), round(n.imag, 9)) for n in numbers}) == 4


def test_exact_roots() -> None:
    field = Field.build([], (x,), (k, o))
    assert exact_root(field(4 * k**2 / (o**2 + 1) ** 2), field) in (field(2 * k / (o**2 + 1)), field(-2 * k / (o**2 + 1)))
    assert exact_root(field(2 * k**2), field) is None
    assert exact_root(field(-(k**2)), field) is None
    assert exact_root(field(k), field) is None
