"""Linear equations of second order: real forms for either sign, Kummer's and Gauss's functions, forces.

Sources: Kamke 1977, chapter C.2; DLMF, chapters 13 and 15.
"""

from __future__ import annotations

import mpmath
import pytest
from sympy import Abs, Expr, Rational, Symbol, log, sqrt

import liesym
from liesym.base.typed import expr
from liesym.coefficients import Field
from liesym.coefficients.hypergeometric import hypergeometric, kummerm, kummeru
from liesym.coefficients.waves import WAVES, mathieuone, mathieutwo
from liesym.testing.values import value_at
from liesym.text import read_expression, write

X = Symbol("x", real=True)
A, B, C = (Symbol(n, real=True) for n in "abc")

HYPERGEOMETRIC = [
    "y'' - (x^2+a)*y = 0",
    "y'' - x*y' - a*y = 0",
    "x*y'' + (b-x)*y' - a*y = 0",
    "x*(1-x)*y'' + (c-(a+b+1)*x)*y' - a*b*y = 0",
    "(x^2-1)*y'' + 2*x*y' - v*(v+1)*y = 0",
    "y'' = -27*x*y/(16*(x^3-1)^2)",
    "x^2*y'' + x*y' + (a*x^2-v^2)*y = 0",
    "x*y'' + y' + (x+a)*y = 0",
    "x*y'' + (a*x+b)*y' + (c*x+v)*y = 0",
    "y'' + (b+a*x^2)*y = 0",
    "y'' = (v^2-exp(2/x))*y/x^4",
    "y'' + (a*cos(x)^2+b)*y = 0",
    "2*(x-1)*x*y'' + (2*x-1)*y' + (a*x+b)*y = 0",
    "(1-x^2)*y'' - x*y' + (a+b*x)*y = 0",
    "y'' + (tan(x)+cot(x))*y' + (cos(x)^2-v^2*cot(x)^2)*y = 0",
]
ELEMENTARY = [
    "y'' + a*y = 0",
    "x^2*y'' + a*y = 0",
    "x*y'' + 2*y' + a*x*y = 0",
    "y'' + 2*y' + 5*y = exp(x)*sin(x)",
    "y'' + y = 1/cos(x)",
    "y''' - y = x",
]


def relative_defect(text: str, value: Expr, places: dict[str, float], at: float) -> float:
    """The left side minus the right side by differences of 40 digits, relative to its terms."""
    symbols = {s.name: s for s in value.free_symbols}
    numbers = {s: v for n, v in places.items() for s in [symbols.get(n)] if s is not None}

    def y(x: object) -> object:
        return value_at(value, {**numbers, X: x})  # type: ignore[dict-item]

    with mpmath.workdps(40):
        jets = [mpmath.diff(y, at, k) for k in range(4)]
        names = {"y": jets[0], "y'": jets[1], "y''": jets[2], "y'''": jets[3]}
        left, right = text.split("=")
        stand_in = {n: Symbol(f"d{k}", real=True) for k, n in enumerate(names)}
        sides = []
        for side in (left, right):
            for n in sorted(names, key=len, reverse=True):
                side = side.replace(n, f" d{n.count(chr(39))} ")
            known = {s.name: s for s in (X, *stand_in.values(), *(Symbol(p, real=True) for p in places))}
            expression = read_expression(side.strip(), symbols=known)
            given = {**{Symbol(p, real=True): v for p, v in places.items()}, X: at}
            given |= {stand_in[n]: v for n, v in names.items()}
            sides.append(value_at(expression, given))
        return float(abs(sides[0] - sides[1]) / (1 + sum(map(abs, jets))))


@pytest.mark.parametrize("text", [*HYPERGEOMETRIC, *ELEMENTARY])
def test_families_solve_the_equation_in_numbers(text: str) -> None:
    """Derivatives by differences, which know nothing of the rules by which the functions were found."""
    found = liesym.solve(text, independent="x", budget=60)
    assert len(found.constants) == (3 if "'''" in text else 2) and found.explicit
    for branch, on in zip(found.explicit, found.on, strict=True):
        value = expr(branch.rhs)
        assert set(found.constants) <= value.free_symbols
        sign = -1.3 if any(write(e) in ("-a", "1 - 4*a") for e in on) else 1.3
        third = next((c for e in on if (c := {"a^2 - 4*c": 0.3, "4*c - a^2": 1.9}.get(write(e)))), 0.6)
        places = {"a": sign, "b": 0.7, "c": third, "v": 0.4, "C1": 0.8, "C2": -1.1, "C3": 0.5}
        assert relative_defect(text, value, places, 0.45) < 1e-12


def test_functions_of_the_answers_are_written_and_read() -> None:
    waves = [function(A, B, X) for function in WAVES]
    for function in (kummerm(A, B, X), kummeru(A, Rational(1, 2), X), hypergeometric(A, B, C, X), *waves):
        text = write(function)
        assert read_expression(text, symbols={s.name: s for s in (A, B, C, X)}) == function


def test_values_of_coulombs_and_mathieus_functions() -> None:
    """The derivatives against differences, Coulomb's Wronskian, and Mathieu's equation solved step by step."""
    with mpmath.workdps(25):
        for function in WAVES:
            value, slope = function(A, B, X), function(A, B, X).diff(X)
            at = {A: 0.3, B: 0.7}
            seen = mpmath.diff(lambda x, of=value, at=at: value_at(of, {**at, X: x}), 1.2)
            assert abs(value_at(slope, {**at, X: 1.2}) - seen) < 1e-12
        f, g = (WAVES[k](A, B, X) for k in (0, 1))
        assert abs(value_at(f.diff(X) * g - f * g.diff(X), {A: 0.3, B: 0.7, X: 2.0}) - 1) < 1e-20
        steps = mpmath.odefun(lambda x, y: [y[1], (1.4 * mpmath.cos(2 * x) - 1.3) * y[0]], 0, [1, 0])(2)
        assert abs(value_at(mathieuone(A, B, X), {A: 1.3, B: 0.7, X: 2.0}) - steps[0]) < 1e-14
        assert mathieutwo(A, B, 0) == 0 and mathieutwo(A, B, X).diff(X).subs(X, 0) == 1


def test_a_quadratic_under_a_square() -> None:
    """y'' = A y/(x² + x + 1)²: the integral of the reciprocal is an angle."""
    found = liesym.solve("y'' + A*y/(x^2+x+1)^2 = 0", independent="x", budget=30)
    assert len(found.explicit) == 2 and [write(on[0]) for on in found.on] == ["-4*A - 3", "4*A + 3"]


def test_contiguous_arguments_are_no_accident() -> None:
    """Control: another parameter, and the field does not take the equation for solved."""
    for shift, holds in ((0, True), (1, False)):
        m = kummerm(A + shift, B, X)
        defect = X * m.diff(X, 2) + (B - X) * m.diff(X) - A * m
        assert Field.build([defect], (X,), (A, B))(defect).is_zero is holds


def test_all_solutions_are_claimed_only_where_the_family_is_real() -> None:
    """√x and √x log x say nothing of x < 0; with absolute values they are the solutions on both sides of x = 0."""
    assert liesym.solve("y'' + y = 0").complete
    found = liesym.solve("x^2*y'' + y/4 = 0", independent="x")
    x, (c1, c2) = Symbol("x", real=True), found.constants
    assert found.complete and found.explicit[0].rhs.expand() == c1 * sqrt(Abs(x)) + c2 * log(Abs(x)) * sqrt(Abs(x))
    assert not liesym.solve("y'' + a*y = 0").complete
    assert not liesym.solve("x^2*y'' + x*y' + (x^2 - n^2)*y = 0", independent="x").complete  # J_n(x) is complex for x < 0
    assert liesym.solve("y'' = x*y", independent="x").complete


def test_both_signs_under_a_root() -> None:
    found = liesym.solve("y'' + a*y = 0", independent="x")
    assert [write(on[0]) for on in found.on] == ["-a", "a"]
    assert not found.complete


def test_a_side_that_no_parameter_is_on_is_not_told() -> None:
    """y'' = -b² y/(x² + a²)²: a² + b² is positive for all a and b."""
    found = liesym.solve("y'' = -b^2*y/(x^2+a^2)^2", independent="x", budget=30)
    assert len(found.explicit) == 1 and not any(found.on)
