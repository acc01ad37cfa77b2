"""Lie's four canonical forms of equations of order 2 with two symmetries, found again after point transformations.

Sources: Lie 1883; Stephani 1989, chapter 7; Bluman and Anco 2002, section 3.3; Ibragimov 1999, chapter 12.
"""

from __future__ import annotations

import pytest
from sympy import Expr, Symbol, exp, log, sin, sqrt, symbols

from liesym import Generator, ODESystem, find_symmetries
from liesym.base.jets import jet_symbol
from liesym.base.typed import replaced
from liesym.coefficients import Field
from liesym.errors import Unsupported
from liesym.invariants.coordinates import Coordinates, rewritten
from liesym.reduction import LieType, canonical_forms
from liesym.reduction.quadrature import constants_for, follows_curve

r, s, t, y = symbols("r s t y", real=True)
w = jet_symbol(s, 1)

# right side of s'' in canonical coordinates, and the components of X_1, X_2
FORMS: dict[LieType, tuple[tuple[Expr, ...], tuple[Expr, Expr], tuple[Expr, Expr]]] = {
    LieType.I: ((w**3 + w, 1 / w), (r**0, 0 * s), (0 * r, s**0)),
    LieType.II: ((exp(r), r**3 + 1), (0 * r, s**0), (0 * r, r)),
    LieType.III: ((w**2 / r, (1 + w**2) / r), (0 * r, s**0), (r, s)),
    LieType.IV: ((w / r, w * r), (0 * r, s**0), (0 * r, s)),
}
# new variables as functions of (r, s), and the way back
CHANGES: dict[str, tuple[tuple[Expr, Expr], tuple[Expr, Expr]]] = {
    "none": ((r, s), (t, y)),
    "hodograph": ((s, r), (y, t)),
    "shear": ((r + s, s), (t - y, y)),
    "scaling": ((r, s * exp(r)), (t, y * exp(-t))),
    "logarithm": ((log(r), s + r**2), (exp(t), y - exp(2 * t))),
    "reciprocal": ((1 / r, s / r), (1 / t, y / t)),
}


def moved(rhs: Expr, fields: tuple[tuple[Expr, Expr], ...], change: str) -> tuple[ODESystem, list[Generator]]:
    """The equation and its symmetries in (t, y)."""
    forward, backward = CHANGES[change]
    system = ODESystem(r, (s,), (2,), (rhs,), ())
    equation = rewritten(system, Coordinates((r, s), (t, y), backward, forward))
    back = dict(zip((r, s), backward, strict=True))
    pushed = []
    for a, b in fields:
        images = [replaced(a * e.diff(r) + b * e.diff(s), back) for e in forward]
        pushed.append(Generator((t, y), (images[0], images[1])))
    return equation, pushed


@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize("kind", LieType, ids=lambda k: k.name)
def test_each_type_is_recognised_and_solved(kind: LieType, change: str) -> None:
    forces, *fields = FORMS[kind]
    for rhs in forces:
        system, generators = moved(rhs, (fields[0], fields[1]), change)
        assert all(g.is_symmetry_of(system) for g in generators)
        form = next(canonical_forms(system, generators))
        assert form.kind is kind
        assert carries_over(form)
        first, second = constants_for(system, 2)
        curve = form.parametric((first, second))
        assert curve is not None
        assert {first.name, second.name} <= {str(x) for e in curve for x in e.free_symbols}


def carries_over(form) -> bool:
    """The canonical equation holds for r, s as functions of (t, y) on solutions of the original."""
    system = form.original
    assert form.coordinates.forward is not None
    new, unknown = form.coordinates.new
    place, height = form.coordinates.forward
    rate = system.total_derivative(place)
    slope = system.total_derivative(height) / rate
    curvature = system.total_derivative(slope) / rate
    values = {new: place, unknown: height, jet_symbol(unknown, 1): slope}
    defect = curvature - form.equation.rhs[0].xreplace(values)
    return Field.build([defect], (*system.variables, *system.jet_coordinates))(defect).is_zero


def test_the_check_of_canonical_equations_can_fail() -> None:
    from dataclasses import replace

    form = next(canonical_forms(*moved(FORMS[LieType.I][0][0], FORMS[LieType.I][1:], "shear")))
    assert carries_over(form)
    assert not carries_over(replace(form, equation=replace(form.equation, rhs=(form.equation.rhs[0] + 1,))))


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("y'' = -k*y*y' - y^3", LieType.III),  # modified Emden equation, any k: Stephani 1989, chapter 7
        ("y'' = y'^3*(1+y')", LieType.I),
        ("y'' = y^n", LieType.III),
        ("y'' = y'^2*y", LieType.IV),
        ("y'' = a*(1+y'^2)^(3/2)", LieType.I),  # of the three-dimensional algebra e(2), the translations
        ("y'' = y'/y^2 - 1/(t*y)", LieType.III),  # Ibragimov 1999, chapter 12
    ],
)
def test_from_the_equation_alone(text: str, kind: LieType) -> None:
    system = ODESystem.parse(text)
    forms = list(canonical_forms(system, find_symmetries(system, budget=30).generators))
    assert kind in {f.kind for f in forms}
    assert all(carries_over(f) for f in forms)


def test_a_pair_that_does_not_close_has_no_form() -> None:
    system = ODESystem.parse("y'' = 1/y^3")
    one, two = Generator((t, y), (1 + 0 * t, 0 * t)), Generator((t, y), (t**2, t * y))
    assert list(canonical_forms(system, [one, two])) == []
    with pytest.raises(Unsupported, match="order 2"):
        next(canonical_forms(ODESystem.parse("y''' = 0"), [one]))


def test_the_check_of_curves_can_fail() -> None:
    system = ODESystem.parse("y'' = -y")
    p, c1, c2 = Symbol("p", real=True), *constants_for(system, 2)
    assert follows_curve(system, p + c2, c1 * sin(p), p, (c1, c2))
    assert not follows_curve(system, 2 * p + c2, c1 * sin(p), p, (c1, c2))
    assert not follows_curve(system, c1, c2 * p, p, (c1, c2))
    assert follows_curve(ODESystem.parse("y'' = -1/(4*y^3)"), p**2, p * sqrt(1 + 0 * p), p, (c1, c2))
