"""Vector fields as text alone: the forms mean the same, and what is none is refused."""

from __future__ import annotations

import pytest
from sympy import Symbol, exp

from liesym.errors import ParseError
from liesym.model.fieldtexts import read_fields

t, x, y = (Symbol(n, real=True) for n in "txy")


@pytest.mark.parametrize(
    "text",
    ["x: y; y: -x", "y d/dx - x d/dy", "y ∂x − x ∂y", "-x*d/dy + y*d/dx", "y·∂_x - x·∂_y", "2*y ∂x - x ∂y - y ∂x"],
)
def test_forms_of_a_rotation(text: str) -> None:
    (field,) = read_fields([text])
    assert field.variables == (t, x, y) and field.components == (0, y, -x)


def test_time_names_and_order() -> None:
    first, second = read_fields(["∂t", "x10: x2; x2: exp(t)"])
    assert [v.name for v in first.variables] == ["t", "x2", "x10"]
    assert first.components == (1, 0, 0) and second.components == (0, exp(t), Symbol("x2", real=True))
    (field,) = read_fields(["psi1 d/dpsi1 - z d/dz"], names="z, psi1, w")
    assert [v.name for v in field.variables] == ["t", "z", "psi1", "w"] and field.components[3] == 0


@pytest.mark.parametrize("text", ["", "x", "y d/dx - x", "exp(t) (∂x + ∂y)", "x: y; x: 1", "x: k*y", "z: x", "2 y d/dx"])
def test_what_is_no_field_is_refused(text: str) -> None:
    with pytest.raises(ParseError):
        read_fields([text], names=("x", "y"))
