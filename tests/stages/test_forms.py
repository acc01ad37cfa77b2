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
