"""Other ways to write derivatives: read like primes, with carets that point into the text as it was given."""

from __future__ import annotations

import pytest

from liesym import ODESystem
from liesym.errors import ParseError
from liesym.model.reading import write_system
from liesym.text.forms import in_primes

READ = [
    ("dx/dt = -k*x", "x' = -k*x"),
    ("dx / dt = -k*x; dy/dt = x", "x' = -k*x; y' = x"),
    ("d2x/dt2 = -x", "x'' = -x"),
    ("d^2x/dt^2 = -x", "x'' = -x"),
    ("d3x/dt3 = -x", "x''' = -x"),
    ("d^4x/dt^4 = -x", "x^(4) = -x"),
    ("dprey/dt = a*prey - b*prey*predator\ndpredator/dt = -c*predator",
     "prey' = a*prey - b*prey*predator; predator' = -c*predator"),
    ("der(x) = v; der(v) = -x", "x' = v; v' = -x"),
    ("der( x1 ) = -k*x1", "x1' = -k*x1"),
    ("(x0)' = -0.5*x0 + 2*x1\n(x1)' = -x0", "x0' = -0.5*x0 + 2*x1; x1' = -x0"),
    ("(x0)'' = -4*x0", "x0'' = -4*x0"),
    ("x' = -x  # decay", "x' = -x"),
    ("# a model\nx' = y # rate\n# more\ny' = -x", "x' = y; y' = -x"),
    ("x' = dx/dy*x", "x' = dx/dy*x"),
]  # fmt: skip


ON_A_PAGE = [
    ("ẋ = −x", "x' = -x"),
    ("ẍ = −ω²·x", "x'' = -ω^2*x"),
    ("θ̈ = −(g/l)·sin(θ)", "θ'' = -g/l*sin(θ)"),
    ("ẋ₁ = x₂; ẋ_2 = -x₁; ẋ₂ = 0", "x₁' = x₂; x_2' = -x₁; x₂' = 0"),
    ("x″ + x = 0", "x'' = -x"),
    ("x‴ = x′", "x''' = x'"),
    ("x′ = √(1 − x²)", "x' = sqrt(1 - x^2)"),
    ("ẋ = √x + ∛(x + 1) + √2", "x' = sqrt(x) + (x + 1)^(1/3) + sqrt(2)"),
    ("d²x/dt² = −x", "x'' = -x"),
    ("y⁽⁴⁾ = yⁿ", "y^(4) = y^n"),
    ("ẋ = x⁻¹ + ½·y; ẏ = x³ ÷ 2", "x' = 1/x + y/2; y' = x^3/2"),
    ("x' == -x", "x' = -x"),
    ("größe' = -größe; ÿ = 1", "größe' = -größe; y'' = 1"),
    ("ẏ = √sin(ẋ); ẋ = x", "y' = sqrt(sin(x)); x' = x"),
]


@pytest.mark.parametrize(("text", "plain"), ON_A_PAGE)
def test_characters_of_a_page(text: str, plain: str) -> None:
    given, meant = ODESystem.parse(text), ODESystem.parse(plain)
    assert (given.unknowns, given.rhs) == (meant.unknowns, meant.rhs)
    assert ODESystem.parse("\n".join(write_system(given))).rhs == given.rhs


def test_carets_keep_their_place_on_a_page() -> None:
    text = "ẍ = −ω²·x\nẏ = √(1 − x²) y"
    with pytest.raises(ParseError) as caught:
        ODESystem.parse(text)
    assert (caught.value.line, caught.value.column, caught.value.source) == (2, 15, text)


@pytest.mark.parametrize(("text", "plain"), READ)
def test_read_like_primes(text: str, plain: str) -> None:
    system = ODESystem.parse(text)
    assert system == ODESystem.parse(plain)
    assert ODESystem.parse("\n".join(write_system(system))) == system
    assert len(in_primes(text, "t")) == len(text)


def test_another_independent_variable() -> None:
    assert ODESystem.parse("dy/dx = x*y", independent="x") == ODESystem.parse("y' = x*y", independent="x")
    with pytest.raises(ParseError, match="derivative by x, and the independent variable is t"):
        ODESystem.parse("dy/dx = x*y")


def test_two_orders_are_refused() -> None:
    with pytest.raises(ParseError, match="two different orders"):
        ODESystem.parse("d2x/dt = -x")


def test_carets_keep_their_place() -> None:
    with pytest.raises(ParseError) as caught:
        ODESystem.parse("d2x/dt2 = -x  # spring\nder(y) = 2 y")
    assert (caught.value.line, caught.value.column) == (2, 12)
