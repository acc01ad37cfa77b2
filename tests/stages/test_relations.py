"""Relations over the constants of some variables only: exp(x + y) and exp(x + z) are proportional along x."""

from __future__ import annotations

import pytest
from sympy import Expr, Integer, cos, exp, log, sin, sqrt, symbols

import liesym.solving.linear.relations
from liesym import ODESystem, find_symmetries
from liesym.coefficients import Field
from liesym.solving.linear.relations import relations
from liesym.symmetries.results import Completeness

x, y, z = symbols("x y z", real=True)

DEPENDENT: tuple[tuple[tuple[Expr, ...], int], ...] = (
    ((exp(x + y), exp(x + z)), 1),
    ((exp(x - y), exp(y - z), exp(x - z)), 1),
    ((exp(x + y), exp(x - y), exp(x)), 2),
    ((exp(x / z), exp(x / z + y)), 1),
    ((log(x * y), log(x * z), Integer(1)), 1),
    ((sin(x + y), sin(x), cos(x)), 1),
    ((sqrt(x * y), sqrt(x)), 1),
    ((exp(x + y), exp(2 * x + z), x * exp(x)), 0),
    ((sin(x + y), exp(x + z), x), 0),
)


@pytest.mark.parametrize(("expressions", "count"), DEPENDENT)
def test_relations_along_one_variable(expressions: tuple[Expr, ...], count: int) -> None:
    field = Field.build(expressions, (x, y, z))
    elements = [field(e) for e in expressions]
    found = relations(elements, field, [x])
    assert len(found) == count
    for relation in found:
        assert not any(c.depends_on(x) for c in relation.values())
        total = field.zero
        for j, c in relation.items():
            total = total + c * elements[j]
        assert total.is_zero


def test_monomials_alone_miss_them(monkeypatch: pytest.MonkeyPatch) -> None:
    """The control: split by monomials, the two exponentials pass for independent."""
    monkeypatch.setattr(liesym.solving.linear.relations, "_are_linked", lambda *arguments: False)
    field = Field.build([exp(x + y), exp(x + z)], (x, y, z))
    assert not relations([field(exp(x + y)), field(exp(x + z))], field, [x])


def test_a_separable_ansatz_is_complete_only_with_all_relations() -> None:
    """x' = e^x (1 + e^t) has 1/(1 + e^t) ∂_t, and with it ∂_x - (t + e^t)/(1 + e^t) ∂_t."""
    result = find_symmetries(ODESystem.parse("x' = exp(x + t) + exp(x)"), "separable: t(t), x(t)", budget=10)
    assert result.completeness is Completeness.WITHIN_ANSATZ and len(result.generators) == 2


def test_what_is_not_found_is_not_denied() -> None:
    """x' = e^x (e^t + e^(t^2)) has ∂_t/(e^t + e^(t^2)): in the list, or the list is open."""
    result = find_symmetries(ODESystem.parse("x' = exp(x + t) + exp(x + t^2)"), "separable: t(t), x()", budget=2)
    assert len(result.generators) == 1 or result.completeness is Completeness.OPEN
