"""What would take minutes to write is left alone by counts, and the flow is a Lie series then."""

from __future__ import annotations

import pytest
from sympy import Matrix, Symbol

from liesym.flow import flow
from liesym.flow.matrix import matrix_exponential
from liesym.model.generators import VectorField
from liesym.text import read_expression

EPSILON = Symbol("epsilon", real=True)
VARIABLES = tuple(Symbol(n, real=True) for n in "ty")


def field_of(*components: str) -> VectorField:
    read = tuple(read_expression(c, symbols={n: Symbol(n, real=True) for n in "tyabcdek"}) for c in components)
    return VectorField(VARIABLES, read)


def test_modes_of_three_rows_are_written_up_to_a_size() -> None:
    m = Matrix([[0, 1, 0], [-1, 0, 0], [0, 0, Symbol("a", real=True)]])
    assert matrix_exponential(m, EPSILON, 3) is None
    assert matrix_exponential(m, EPSILON, 60) is not None


@pytest.mark.slow
def test_a_projective_field_of_six_parameters_has_a_series() -> None:
    """The symmetry of y'' = (a y² + b t y + c t² + d y + e t + k)^(-3/2)."""
    time = "(4*a*c-b^2)*t^2 + (4*a*e-2*b*d)*t + 4*a*k-d^2"
    height = "(4*a*c-b^2)*t*y + (2*c*d-b*e)*t + (2*a*e-b*d)*y + d*e-2*b*k"
    assert not flow(field_of(time, height), EPSILON, order=1).exact


def test_one_of_two_parameters_has_a_closed_form() -> None:
    assert flow(field_of("a*t^2", "a*t*y + b*y"), EPSILON).exact
