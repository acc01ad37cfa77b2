"""The second look at real points: what is true on every side of its branches passes, what is not is told with its side."""

from __future__ import annotations

import mpmath
import pytest
import sympy
from sympy import Abs, Expr, Function, S, Symbol, acot, asin, atan, cos, exp, log, pi, sign, sin, sqrt
from true_at_points import verdict

from liesym.base.jets import jet_symbol
from liesym.model.system import ODESystem
from liesym.symmetries.pipeline import find_symmetries
from liesym.testing.realpoints import branches
from liesym.testing.second_look import has_branches, look_at_generator, look_at_integral, place_generator, place_generators
from liesym.testing.values import FUNCTIONS, NoValue, value_at

T, Y = Symbol("t", real=True), Symbol("y", real=True)
P = jet_symbol(Y, 1)

CONSERVED = {
    "square under a root": ("y''=sqrt(y'^2+2*y'+1)", exp(-T * sign(P + 1)) * (P + 1)),
    "logarithm of an absolute value": ("y''=log(abs(y))", P**2 / 2 - Y * log(Abs(Y)) + Y),
    "root of an absolute value": ("y'=abs(y)^(1/2)", 2 * sign(Y) * sqrt(Abs(Y)) - T),
}


@pytest.mark.parametrize("name", CONSERVED)
def test_what_is_conserved_on_both_sides_passes(name: str) -> None:
    equation, integral = CONSERVED[name]
    seen = look_at_integral(integral, ODESystem.parse(equation))
    assert seen.holds
    assert seen.points > 0
    assert len(seen.true_on) >= 2


PARTLY: dict[str, tuple[str, Expr, Expr]] = {
    "square under a root": ("y''=sqrt(y'^2+2*y'+1)", exp(-T) * (P + 1), P + 1),
    "two conventions of acot": ("y''=acot(y)+atan(y)-pi/2", P, Y),
    "root of a trigonometric square": ("y''=sqrt(1-sin(t)^2)*y'", P * exp(-sin(T)), cos(T)),
    "logarithm without its absolute value": ("y''=log(abs(y))", P**2 / 2 - Y * log(Y) + Y, Y),
    "no real value on one side": ("y'=abs(y)^(1/2)", 2 * sqrt(Y) - T, Y),
    "angle within its range": ("y'=cos(t)", Y - sqrt(1 - cos(T) ** 2), sin(T)),
}


@pytest.mark.parametrize("name", PARTLY)
def test_what_is_conserved_on_one_side_is_told_with_it(name: str) -> None:
    equation, integral, positive = PARTLY[name]
    seen = look_at_integral(integral, ODESystem.parse(equation))
    assert not seen.holds
    assert seen.true_on
    assert seen.separating() == (positive,)


def test_what_is_true_nowhere_has_no_side() -> None:
    seen = look_at_integral(P + Y, ODESystem.parse("y''=-y"))
    assert not seen.holds
    assert not seen.true_on
    assert seen.separating() == ()


def test_generators_are_looked_at_on_their_sides() -> None:
    system = ODESystem.parse("y''=sqrt(y'^2+2*y'+1)")
    assert look_at_generator((T * 0, T + Y), system).holds
    seen = look_at_generator((T * 0, exp(T)), system)
    assert seen.separating() == (P + 1,)


def test_a_zero_whose_terms_cancel_inside_of_a_product_is_one() -> None:
    system = ODESystem.parse("y'=-k*y*log(y/c)")
    k, c = (parameter.symbol for parameter in system.parameters)
    known = exp(-k * T) / (k * (log(Abs(c)) - log(Abs(Y))))
    assert look_at_generator((Function("h")(known), S.Zero), system).holds
    assert not look_at_generator((Function("h")(known + T / 10**12), S.Zero), system).holds
    families = find_symmetries(system, budget=5.0).families
    assert len(families) == 2
    assert not any(f.generator.on for f in families)


def test_generators_looked_at_together_are_placed_as_each_alone() -> None:
    system = ODESystem.parse("y''=-2*k*y'-w^2*y")
    k, w = (parameter.symbol for parameter in system.parameters)
    root = sqrt(k**2 - w**2)
    several = [(S.Zero, Y), (S.Zero, exp((root - k) * T)), (S.Zero, exp(root * T)), (S.Zero, cos(sqrt(w**2 - k**2) * T))]
    assert place_generators(several, system) == [place_generator(g, system) for g in several]
    assert [p.true for p in place_generators(several, system)] == [True, True, False, False]


def test_nowhere_real_is_said() -> None:
    seen = look_at_integral(Y, ODESystem.parse("y'=sqrt(-1-y^2)"))
    assert seen.nowhere_real


def test_arbitrary_functions_stand_for_sample_functions() -> None:
    system = ODESystem.parse("x''=-D(V(x), x)")
    x = system.unknowns[0]
    integral = jet_symbol(x, 1) ** 2 / 2 + Function("V")(x)
    assert look_at_integral(integral, system).holds
    assert not look_at_integral(integral + Function("V")(x), system).holds


def test_polynomials_have_no_branches() -> None:
    assert not has_branches([Y**3 + T / Y, sin(Y), exp(T)])
    assert branches([sqrt(Y**2 + 2 * Y * T + T**2)]) == (T + Y,)


@pytest.mark.parametrize("name", FUNCTIONS)
def test_each_function_has_values_in_floating_point(name: str) -> None:
    """No function fails there with an error of its own: it has the value that it has with 30 digits, or none."""
    for point in (0.3, 1.7, -0.4, -2.5):
        function = getattr(sympy, name, None)
        if function is None or not (function.nargs == S.Naturals0 or 1 in function.nargs):
            return
        found = []
        for context in (mpmath.mp, mpmath.fp):
            try:
                found.append(float(value_at(function(Y, evaluate=False), {Y: point}, context)))
            except NoValue:
                found.append(None)
        assert found[0] == found[1] or abs(found[0] - found[1]) < 1e-9 * (1 + abs(found[0]))


def test_values_follow_the_conventions_of_the_grammar() -> None:
    with mpmath.workdps(30):
        assert abs(value_at(acot(Y), {Y: -1.0}) + mpmath.pi / 4) < 1e-20
        assert abs(value_at(atan(Y) + pi, {Y: -1.0}) - 3 * mpmath.pi / 4) < 1e-20
        for expression in (log(Y), sqrt(Y), Y ** Symbol("k", real=True), asin(Y - 2)):
            with pytest.raises(NoValue):
                value_at(expression, {Y: -1.0, Symbol("k", real=True): 0.5})


def test_a_product_of_branches_tells_the_sides() -> None:
    """sqrt(b^2 - 4 w^2) is real where b - 2 w and b + 2 w have one sign, on two sides."""
    b, w = Symbol("b", real=True), Symbol("w", real=True)
    system = ODESystem.parse("y' = b*w*y - b*w*y")
    seen = look_at_integral(Y + sqrt(b**2 - 4 * w**2), system)
    (on,) = seen.separating()
    assert (on - (b**2 - 4 * w**2)).expand() == 0
    assert look_at_integral(Y + sqrt(b) + sqrt(w), system).separating() == (w, b)


@pytest.mark.parametrize(("text", "where"), [("y''=-k*y", "-k"), ("y''=-2*b*y'-k*y", "b^2 - k"), ("y''=k*y^3", None)])
def test_a_note_says_what_holds_for_the_other_sign_of_a_parameter(text: str, where: str | None) -> None:
    """And it is true: the real part of exp(t sqrt(D) - b t), where D < 0."""
    system = ODESystem.parse(text)
    notes = find_symmetries(system, budget=3.0).notes
    assert sum(n.startswith(f"where {where} < 0") for n in notes) == (where is not None) == len(notes)
    if where is not None:
        b, d = (Symbol("b", real=True), Symbol("b", real=True) ** 2) if "b" in where else (0, S.Zero)
        under = Symbol("k", real=True) - d
        said = verdict((S.Zero, exp(-b * T) * cos(T * sqrt(under))), (under,), system)
        assert said.right and not said.wrong
