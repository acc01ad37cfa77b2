"""Linear equations: the solution is a sum of functions, each with a constant of its own.

Source: Ince 1956, section 5.2.
"""

from __future__ import annotations

import pytest
from runs import dealt
from sympy import Rational

from liesym import ODESystem
from liesym.base.jets import jet_symbol
from liesym.base.typed import expr, substituted
from liesym.determine.verify import is_first_integral
from liesym.reduction import general_solution
from liesym.reduction.superposition import is_linear

LINEAR = [
    "y'' + p*y' + q*y = 0",
    "y'' + 3*y' + 2*y = exp(t)",
    "t^2*y'' + t*y' + (t^2-1/4)*y = 0",
    "y''' + y' = 0",
    "y'' = -w^2*y + a*cos(t)",
    "y'' = -y + tan(t)",
    "t^2*y'' + t*y' - y = t^2",
    "y'' = t*y",
    "y''' = y",
]


@pytest.mark.parametrize("text", dealt(LINEAR, usual=2, late=("y''' = y",)))
def test_the_solution_is_a_sum(text: str) -> None:
    system = ODESystem.parse(text)
    found = general_solution(system, budget=30)
    assert found is not None and len(found.explicit) == 1
    value, t = expr(found.explicit[0].rhs), system.independent
    for constant in found.constants:
        part = value.diff(constant)
        assert not part.has(*found.constants) and part != 0
    assert len(str(value)) < 120
    assert all(is_first_integral(i, system) for i in found.integrals)
    inserted = {jet_symbol(system.unknowns[0], k): value.diff(t, k) for k in range(1, system.order)}
    defect = value.diff(t, system.order) - system.rhs[0].xreplace({**inserted, system.unknowns[0]: value})
    numbers = {s: Rational(3 + 2 * k, 7) for k, s in enumerate(sorted(defect.free_symbols, key=str))}
    assert abs(complex(substituted(defect, numbers).evalf(30))) < 1e-20


def test_what_is_not_linear() -> None:
    assert is_linear(ODESystem.parse("y'' = t*y + exp(t)*y'"))
    for text in ("y'' = y^2", "y'' = t*y*y'", "y'' = sin(y)", "y'' = y/y'"):
        assert not is_linear(ODESystem.parse(text))
