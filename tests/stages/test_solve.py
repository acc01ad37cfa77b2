"""`liesym.solve`: twenty equations of the textbooks, substituted again and compared with numbers.

Sources: Ince 1956, chapters 2 and 5; Murray 2002, chapter 1 (populations); Arnold 1992, chapter 1.
"""

from __future__ import annotations

import random

import mpmath
import pytest
from runs import dealt
from sympy import Function, Integral, Symbol, cos, exp, expand, lambdify, sin

import liesym
from liesym.base.jets import jet_symbol
from liesym.base.typed import expr, replaced
from liesym.model.system import ODESystem
from liesym.reduction.checked import checked_value
from liesym.reduction.record import Solution
from liesym.text.spelling import spelled

TEXTBOOK = [
    "y' = 2*x*y",
    "y' + y/x = sin(x)",
    "y' + y*tan(x) = sqrt(x)",
    "y' = y*log(x)/(x+sin(x))",
    "x*y' = y + x^2",
    "y' = y/x + x*y^3",
    "y' = y^2 + y*cos(x)",
    "y' = -y^2 + x*y + 1",
    "y' = y^2 - x^2*y + 2*x",
    "y' = y^2 - y*sin(x) + cos(x)",
    "y' = y^2 - 2/x^2",
    "y' = x^2 + y^2",
    "y' = 1 + y^2",
    "v' = a*v^2 + b*v + c",
    "x' = r*x*(1-x/K) - h",
    "y' = 20*y^2 - 500*y/7200",
    "y' = exp(x+y)",
    "y' = (x^2+y^2)/(x*y)",
    "y' = (x-y)/(x+y)",
    "y' = x*y*(1-y)*(2-y)",
    "y'' + 2*y' + 5*y = 0",
    "y'' = y'^2/y",
]


def defects(found: Solution, system: ODESystem, seed: int = 3) -> list[float]:
    """y^(n) - F relative to the size of y^(n), with numbers at places where y and F are real."""
    rng, sizes = random.Random(seed), []
    t, y = system.variables
    for branch, on in zip(found.explicit, found.on, strict=True):
        value = expr(branch.rhs)
        if value.has(Integral):  # its derivative is all that is known of it, and substitution has used that
            continue
        jets = {y: value, **{jet_symbol(y, k): value.diff(t, k) for k in range(1, system.order)}}
        names = sorted({*value.free_symbols, t, *system.parameter_symbols}, key=str)
        parts = (value, value.diff(t, system.order), replaced(system.rhs[0], jets), *on)
        computed, seen = lambdify(names, parts, "mpmath"), 0
        for _ in range(100):
            place = [mpmath.mpf(rng.randint(-40, 40) or 7) / 17 for _ in names]
            try:
                y_there, slope, rate, *sides = computed(*place)
            except (TypeError, ValueError, ZeroDivisionError):
                continue
            if any(mpmath.im(v) for v in (y_there, slope, rate, *sides)) or any(a <= 0 for a in sides):
                continue
            sizes.append(float(abs(slope - rate) / (1 + abs(slope))))
            seen += 1
            if seen == 3:
                break
        assert seen, f"{branch} is real nowhere"
    return sizes


@pytest.mark.parametrize("text", dealt(TEXTBOOK, usual=2))
def test_textbook_equations(text: str) -> None:
    """Each has a family, and each of its branches solves the equation with numbers too."""
    found = liesym.solve(text, budget=60)
    system = ODESystem.parse(spelled(text).text, independent=found.variables[0].name)
    assert found.explicit and found.constants and not found.stopped
    assert max(defects(found, system), default=0.0) < 1e-9


def test_the_comparison_can_fail() -> None:
    """Control: a wrong value is seen, and is not let through."""
    system = ODESystem.parse("y' = 2*t*y")
    right = liesym.solve(system)
    wrong = liesym.solve("y' = 3*t*y")
    assert max(defects(right, system)) < 1e-9 < max(defects(wrong, system))
    assert checked_value(system, expr(wrong.explicit[0].rhs), wrong.constants) is None


@pytest.mark.parametrize(
    ("text", "special"),
    [
        ("y' = y*(1-y)", {0}),
        ("y' = y^3 - y", {0}),
        ("y' = x*y*(1-y)*(2-y)", {1}),
        ("y' = 1 + y^2", set()),
        ("y' = y^(1/3)", {0}),
    ],
)
def test_constant_solutions(text: str, special: set[int]) -> None:
    assert {e.rhs for e in liesym.solve(text).special} == special


def test_what_a_family_holds_is_not_said_again() -> None:
    """y = 1 is 1/(1 + C e^-x) with C = 0; no constant of y'' = y y' is 2 C1 tan(C1 x + C2)."""
    constant, *limits = liesym.solve("y'' = y*y'").special
    assert isinstance(constant.rhs, Symbol) and all(e.rhs.has(Symbol("t", real=True)) for e in limits)
    assert liesym.solve("y'' = 2*y").special == liesym.solve("y' = -x/y").special == ()
    assert liesym.solve("y''' - y' = 0").special == liesym.solve("y'' + y' = 0").special == ()
    assert [e.rhs for e in liesym.solve("y'' = y*y'", conditions="y(0) = 2, y'(0) = 0").explicit] == [2]


def test_roots_of_parameters_of_unknown_sign_are_real_on_either_side() -> None:
    found = liesym.solve("u'' = -k*u/m")
    k, m = (Symbol(n, real=True) for n in "km")
    assert list(found.on) == [(-k / m,), (k / m,)]
    assert [{type(f) for f in e.rhs.atoms(Function)} for e in found.explicit] == [{exp}, {cos, sin}]


def test_constants_of_one_sign_are_said() -> None:
    """(C1 e^x - 1/(C1 e^x))/2 solves y' = sqrt(y^2 + 1) for C1 > 0 alone."""
    found = liesym.solve("dy/dx = sqrt(y^2+1)")
    assert found.on == ((found.constants[0],),)


def test_a_discriminant_of_unknown_sign_gives_both_forms() -> None:
    found = liesym.solve("v' = a*v^2 + b*v + c")
    a, b, c = (Symbol(n, real=True) for n in "abc")
    assert [on[0].expand() for on in found.on] == [b**2 - 4 * a * c, 4 * a * c - b**2]
    assert [len(liesym.solve(f"v' = v^2 + {k}").explicit) for k in (-1, 0, 1)] == [1, 1, 1]


def test_functions_that_are_applied_throughout_stay_open() -> None:
    """More derivatives than equations: f(x) and f'(x) are an open function, y with a derivative is the unknown."""
    found = liesym.solve("y' + f'(x)*y - f(x)*f'(x) = 0", independent="x")
    assert str(found.explicit[0].rhs) == "C1*exp(-f(x)) + f(x) - 1"
    assert spelled("x'(t) = y(t); y'(t) = -x").text == "x' = y; y' = -x"


def test_a_linear_equation_is_solved_on_both_sides_of_its_singular_points() -> None:
    """(1 - x²) y' = x y + 1 has an arcsine between -1 and 1 and a logarithm beyond; C sqrt(|x|) needs no sides."""
    found = liesym.solve("(1-x^2)*y' = x*y + 1", independent="x")
    x = found.variables[0]
    assert {on[0].expand() for on in found.on} == {x**2 - 1, 1 - x**2}
    assert [str(e.rhs) for e in liesym.solve("y' = y/(2*x)", independent="x").explicit] == ["C1*sqrt(Abs(x))"]


def test_a_reduced_equation_whose_right_side_is_zero() -> None:
    """y y'' = y'^2 is u' = 0 for u = y'/y."""
    found = liesym.solve("y*y'' = y'^2")
    t, u = found.variables[0], found.explicit[0].rhs
    assert u.diff(t) != 0 and expand(u.diff(t, 2) * u - u.diff(t) ** 2) == 0 and len(found.constants) == 2


def test_a_particular_solution_of_riccatis_equation_with_open_functions() -> None:
    """1/x solves y' + y² + (x y - 1) f(x) = 0 whatever f is, and x solves y' = f(x) (y² - x²) + 1."""
    x = Symbol("x", real=True)
    for text, known in (("y' + y^2 + (x*y-1)*f(x) = 0", 1 / x), ("y' = f(x)*(y^2 - x^2) + 1", x)):
        found = liesym.solve(text, independent="x", budget=30)
        assert known in [e.rhs for e in found.special] and found.explicit[0].rhs.has(found.constants[0])
