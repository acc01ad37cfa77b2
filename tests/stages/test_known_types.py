"""Abel's and Painlevé's equations are called by their names where no solution is found.

The numbers are those of Kamke 1977, chapter 6; the forms of DLMF 32.2.
"""

from __future__ import annotations

import pytest

import liesym
from liesym import ODESystem
from liesym.reduction.known_types import named_type

PAINLEVE = {
    "6.3": ("y'' = 6*y^2 + x", "first"),
    "6.5": ("y'' + a*y^2 + b*x + c = 0", "first"),
    "6.6": ("y'' = 2*y^3 + x*y - a", "second"),
    "6.8": ("y'' - 2*a^2*y^3 + 2*a*b*x*y - b = 0", "second"),
    "PIII": ("y'' = y'^2/y - y'/x + (a*y^2+b)/x + c*y^3 + d/y", "third"),
    "6.147": ("2*y*y'' - y'^2 + b - 4*(x^2+a)*y^2 - 8*x*y^3 - 3*y^4 = 0", "fourth"),
    "PV": ("y'' = (1/(2*y)+1/(y-1))*y'^2 - y'/x + (y-1)^2*(a*y+b/y)/x^2 + c*y/x + d*y*(y+1)/(y-1)", "fifth"),
    "PVI": (
        "y'' = (1/y+1/(y-1)+1/(y-x))*y'^2/2 - (1/x+1/(x-1)+1/(y-x))*y'"
        " + y*(y-1)*(y-x)/(x^2*(x-1)^2)*(a+b*x/y^2+c*(x-1)/(y-1)^2+d*x*(x-1)/(y-x)^2)",
        "sixth",
    ),
}


@pytest.mark.parametrize("name", [pytest.param(n, marks=[pytest.mark.slow] if n == "PVI" else []) for n in PAINLEVE])
def test_painleves_equations(name: str) -> None:
    text, number = PAINLEVE[name]
    assert f"Painlevé's {number} equation" in str(named_type(ODESystem.parse(text, independent="x")))


@pytest.mark.parametrize(
    "text",
    ["y'' = 6*y^2", "y'' = 2*y^3 + x^2*y", "y'' = 2*y^3 + x", "y'' = y'^2/y + x*y^3", "2*y*y'' = y'^2 + 3*y^4 + x*y^3"],
)
def test_others_are_not_called_so(text: str) -> None:
    """Control: neighbours that are none of the six."""
    assert "Painlevé" not in str(named_type(ODESystem.parse(text, independent="x")))


def test_abels_equations() -> None:
    for text, kind in (("y' = y^3 + x", "first"), ("y' = (y^2 + x)/(y + x^2)", "second")):
        assert f"the {kind} kind" in str(named_type(ODESystem.parse(text, independent="x")))
    assert named_type(ODESystem.parse("y' = y^4 + x", independent="x")) is None


def test_the_name_stands_in_the_notes() -> None:
    found = liesym.solve("y'' = 6*y^2 + x", independent="x", budget=5)
    assert not found.found and any("Painlevé's first" in n for n in found.notes)
