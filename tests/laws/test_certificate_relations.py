"""A count is worth something only if the functions keep it: a relation that the field does not know must not be broken.

Each expression below is zero on the real domain where x > 0 (or where it is real at all). So y'' = zero * y^3 is y'' = 0,
with 8 symmetries, and an answer is honest if it says 8 or claims no proof. Subtler systems gain symmetries by the relation
without becoming linear.
"""

from __future__ import annotations

import pytest
from runs import dealt

import liesym.certify.certificate
from liesym import ODESystem, find_symmetries
from liesym.certify import certify, recheck
from liesym.symmetries.results import Completeness

UNKNOWN_TO_THE_FIELD = (
    "atan(t) + atan(1/t) - pi/2",
    "atan(y) + atan(1/y) - pi/2",
    "atan((t + y)/(1 - t*y)) - atan(t) - atan(y)",
    "atan(exp(t)) + atan(exp(-t)) - pi/2",
    "asin(t) + asin(sqrt(1 - t^2)) - pi/2",
    "2*atan(t) - asin(2*t/(1 + t^2))",
    "asin(sin(t)) - t",
    "sqrt(t + sqrt(t^2 - 1)) - sqrt((t + 1)/2) - sqrt((t - 1)/2)",
    "sqrt(1 - cos(2*t)) - sqrt(2)*sin(t)",
    "log(1 + sin(2*t)) - 2*log(sin(t) + cos(t))",
    "exp(1/(t*(t + 1))) - exp(1/t)*exp(-1/(t + 1))",
    "besselj(1/2, t) - sqrt(2/(pi*t))*sin(t)",
    "tan(2*atan(t)) - 2*t/(1 - t^2)",
    "sin(2*asin(t)) - 2*t*sqrt(1 - t^2)",
    "integral(a*exp(t^2), t) - a*integral(exp(t^2), t)",
    "exp(lambertw(t)) - t/lambertw(t)",
    "erf(t) + erfc(t) - 1",
    "(t^2)^a - t^(2*a)",
    "abs(t*y) - abs(t)*abs(y)",
    "sqrt(3 + 2*sqrt(2)) - 1 - sqrt(2)",
    "f(atan(t)) - f(pi/2 - atan(1/t))",
)
KNOWN_TO_THE_FIELD = (
    "sin(t)^2 + cos(t)^2 - 1",
    "sin(2*y) - 2*sin(y)*cos(y)",
    "sqrt(1 + cos(t)) - sqrt(2)*abs(cos(t/2))",
    "log(t*y) - log(t) - log(y)",
    "sqrt(t*y) - sqrt(t)*sqrt(y)",
    "asinh(y) - log(y + sqrt(y^2 + 1))",
    "airyai(t)*airybiprime(t) - airyaiprime(t)*airybi(t) - 1/pi",
    "besselj(1, t)*bessely(0, t) - besselj(0, t)*bessely(1, t) - 2/(pi*t)",
    "besselk(1, t)*besseli(0, t) + besselk(0, t)*besseli(1, t) - 1/t",
    "f(t + y) - f(y + t)",
)
INDEPENDENT = (
    ("y'' = (atan(t) + atan(2/t))*y^3", 0),
    ("y'' = exp(1/t)*y^2 + exp(1/(t + 1))", 0),
    ("y'' = sqrt((1 - y)*(2 - y))*y'^2", 8),
    ("y'' = sqrt(t + sqrt(t^2 - 1))*y^2", 0),
    ("y'' = besselj(1/2, t)*y^2 + 1", 0),
    ("y'' = f(atan(y))", 1),
    ("y'' = log(1 - y^2)", 1),
)


def bound(text: str) -> int | None:
    return certify(ODESystem.parse(text), structure=False).bound


@pytest.mark.parametrize("factor", dealt(("y^3", "y'^4"), usual=2))
@pytest.mark.parametrize("zero", UNKNOWN_TO_THE_FIELD)
def test_an_unknown_relation_never_makes_a_bound_too_small(zero: str, factor: str) -> None:
    assert bound(f"y'' = ({zero})*{factor}") in (8, None)


@pytest.mark.parametrize("zero", KNOWN_TO_THE_FIELD)
def test_a_known_relation_costs_no_proof(zero: str) -> None:
    assert bound(f"y'' = ({zero})*y'^4") == 8


@pytest.mark.parametrize("zero", dealt((*UNKNOWN_TO_THE_FIELD, *KNOWN_TO_THE_FIELD), usual=2))
def test_twice_the_zero_plus_something_is_no_zero(zero: str) -> None:
    """The control: what does not vanish is not taken for linear."""
    assert bound(f"y'' = (2*({zero}) + 1 + t)*y'^4") != 8


@pytest.mark.parametrize(("text", "dimension"), dealt(INDEPENDENT, usual=2))
def test_functions_without_relations_keep_their_proof(text: str, dimension: int) -> None:
    system = ODESystem.parse(text)
    certificate = certify(system, structure=False)
    assert certificate.bound == dimension and "values at real points" in certificate.statement
    assert recheck(certificate, system)


@pytest.mark.parametrize(
    ("text", "dimension"),
    [
        ("y'' = (atan(t) + atan(1/t))*y^3", 2),  # y'' = π/2 y^3 for t > 0: translation in t and a scaling
        ("y'' = y^2 + (asin(t) + asin(sqrt(1 - t^2)) - pi/2)*y'", 2),
        ("y'' = (besselj(1/2, t)/sin(t))^2*t*y^3", 2),
        ("y'' = exp(1/(t*(t + 1)) - 1/t)*exp(1/(t + 1))*y^2", 2),
        ("y'' = exp(y)*(log(1 + sin(2*t)) - 2*log(sin(t) + cos(t)) + 1)", 2),
        ("y'' = y'^2*(atan(y') + atan(1/y')) + y^3", 1),
    ],
)
def test_symmetries_gained_by_a_relation_are_found_or_nothing_is_proven(text: str, dimension: int) -> None:
    result = find_symmetries(ODESystem.parse(text), budget=1)
    assert result.completeness is not Completeness.PROVEN or result.dimension == dimension
    assert result.dimension in (None, dimension)


def test_without_the_values_the_bound_would_be_wrong(monkeypatch: pytest.MonkeyPatch) -> None:
    """The control of this file: the count alone is fooled, so the refusals above are not for another reason."""
    text = "y'' = (atan(t) + atan(1/t) - pi/2)*y^3"
    assert bound(text) is None
    monkeypatch.setattr(liesym.certify.certificate, "objection", lambda *arguments: "")
    assert bound(text) not in (8, None)


def test_a_relation_on_part_of_the_domain_is_noticed() -> None:
    """atan(t) + atan(1/t) = -π/2 only for t < 0."""
    certificate = certify(ODESystem.parse("y'' = (atan(t) + atan(1/t) + pi/2)*y^3"))
    assert certificate.bound is None and "loses rank at t = -" in certificate.statement


def test_a_wrong_derivative_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    """A kernel whose rule is not that of the function it stands for."""
    from sympy import atan

    text = "y'' = atan(t)*y^3"
    assert bound(text) == 0
    monkeypatch.setattr(atan, "fdiff", lambda self, place=1: 2 / (1 + self.args[0] ** 2))
    certificate = certify(ODESystem.parse(text))
    assert certificate.bound is None and "another" in certificate.statement
