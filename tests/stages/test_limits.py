"""Solutions that a family reaches in a limit of its constants are told beside it.

Source: Ince 1956, section 1.2.
"""

from __future__ import annotations

import pytest
from sympy import Expr, Symbol, cos, sqrt, tan

import liesym
from liesym.base.budget import UNLIMITED
from liesym.base.jets import jet_symbol
from liesym.base.typed import expr
from liesym.model.system import ODESystem
from liesym.reduction.limits import limits_of

X, C1, C2 = (Symbol(name, real=True) for name in ("x", "C1", "C2"))


def defect(text: str, value: Expr) -> Expr:
    """y^(n) - F with y = value."""
    system = ODESystem.parse(text, independent="x")
    (y,) = system.unknowns
    jets = {jet_symbol(y, k): value.diff(X, k) for k in range(system.order)}
    return expr((value.diff(X, system.order) - system.rhs[0].xreplace(jets)).simplify())


@pytest.mark.parametrize(
    ("equation", "family", "limit"),
    [
        ("y'' = y*y'", 2 * C1 * tan(C1 * X + C2), 1 / (C1 - X / 2)),
        ("y'' = (x*y'-y)^3", C2 * X + sqrt(C1 - X**2) / C1, C2 * X),
        ("y' = -(y-x)^2 + 1", X + 1 / (X + C1), X),
        ("y'' = 2*y'^2/y", 1 / (C1 * X + C2), None),
    ],
)
def test_limits_of_a_family(equation: str, family: Expr, limit: Expr | None) -> None:
    """What is proposed solves the equation where the family does; 1/(C1 x + C2) has no limit but constants."""
    system = ODESystem.parse(equation, independent="x")
    constants = (C1, C2)[: system.order]
    assert defect(equation, family) == 0
    found = [v for v in limits_of(system, family, constants, UNLIMITED) if defect(equation, v) == 0]
    assert (limit is None and not found) or any((v - expr(limit)).equals(0) for v in found)


def test_a_limit_is_told_and_fits_conditions() -> None:
    """y'(0) = y(0)²/2 is met by no tangent."""
    found = liesym.solve("y'' = y*y'", independent="x", conditions="y(0) = 2, y'(0) = 2")
    assert [(e.rhs - 2 / (1 - X)).simplify() for e in found.explicit] == [0]
    assert found.unique and found.complete


def test_waves_tend_nowhere() -> None:
    """Control: C1 cos(C2 x) has no limit that moves."""
    system = ODESystem.parse("y'' = -y", independent="x")
    assert not list(limits_of(system, C1 * cos(C2 * X), (C1, C2), UNLIMITED))
