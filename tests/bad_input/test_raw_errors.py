"""Inputs at which a library inside raised its own error: each ends in an answer that is true, or in an error of ours."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

import pytest
from runs import dealt
from sympy import Abs, Expr, I, Rational, S, Symbol, exp, factor_list, log, pi, sign, sqrt, symbols
from typer.testing import CliRunner

import liesym
from liesym.algebra.signs import Signs, Undecided
from liesym.app.cli import app
from liesym.base.budget import Budget, now
from liesym.base.doors import door, errors_of_ours
from liesym.base.listing import Listing
from liesym.coefficients.field import Field
from liesym.coefficients.modular import echelon
from liesym.errors import LiesymError, NotSolvable, OutOfBudget, TimeIsUp, Unsupported
from liesym.flow.check import satisfies_flow_numerically
from liesym.solving.linear.linear import nullspace
from liesym.testing.realpoints import Look
from liesym.testing.second_look import look_at_generator, look_at_integral

BUDGET = 2.0
SYSTEMS = (
    "erfc((b+E+theta)^n) + y''*y' = 1",
    "z''' = z^(-250)",
    "y''' = sqrt(2)",
    "y'' = erf(y')",
    "y'' = acot(7^(b+y))",
    "x' = sinh(1); y' = 2*y - y^y",
    "x' = y - abs(x+1); y' = x - abs(x-1)",
    "x' = mu1*x + sigma*x*y; y' = mu2*y + omega*z - sigma*x^2; z' = mu2*z - omega*y",
)


def _holds(seen: Look, on: Sequence[Expr]) -> bool:
    """True wherever it was looked at, or on a side that is named."""
    return not seen.readable or seen.holds or (bool(on) and bool(seen.true_on))


@cache
def answers(text: str) -> tuple[liesym.ODESystem, liesym.Result, Listing[Expr]]:
    """The system, its symmetries and its integrals."""
    system = liesym.ODESystem.parse(text)
    return system, liesym.find_symmetries(system, budget=BUDGET), liesym.first_integrals(system, budget=BUDGET)


@pytest.mark.parametrize("text", SYSTEMS)
def test_an_answer_or_an_error_of_ours(text: str) -> None:
    system, result, integrals = answers(text)
    for generator in result.generators:
        assert generator.on or generator.is_symmetry_of(system), generator
        assert _holds(look_at_generator(generator.components, system), generator.on), generator
        generator.flow()
    if result.algebra is not None:
        assert result.algebra.description
    for integral, on in zip(integrals, integrals.on, strict=True):
        assert _holds(look_at_integral(integral, system), on), integral


@pytest.mark.parametrize("text", dealt(SYSTEMS, usual=2))
def test_no_traceback_on_the_command_line(text: str) -> None:
    ended = CliRunner().invoke(app, ["analyze", text, "--budget", str(BUDGET)])
    assert ended.exception is None or isinstance(ended.exception, SystemExit), ended.exception
    assert ended.exit_code in (0, 2, 3)


def test_zero_divisors_of_signs_are_told_by_a_side() -> None:
    """1 + s and 1 - s are zero divisors where s² = 1: the answer is for one side, which it names."""
    _, result, integrals = answers("x' = y - abs(x+1); y' = x - abs(x-1)")
    x, y, t = (Symbol(n, real=True) for n in "xyt")
    side = {x + 1, x - 1}
    assert result.generators
    assert all(side <= set(g.on) for g in result.generators)
    assert integrals
    for integral, on in zip(integrals, integrals.on, strict=True):
        assert side <= set(on)
        rate = integral.diff(t) + integral.diff(x) * (y - x - 1) + integral.diff(y)
        assert rate.together().as_numer_denom()[0].expand() == 0, integral


@pytest.mark.parametrize(
    "name, components",
    [(n, c) for n in ("t", "x") for c in ("abs", "sign", "product", "exponential", "root")],
)
def test_flows_of_fields_with_absolute_values_and_signs(name: str, components: str) -> None:
    t, x = symbols("t x", real=True)
    v = {"t": t, "x": x}[name]
    field: dict[str, tuple[Expr, Expr]] = {
        "abs": (Abs(v), S.Zero),
        "sign": (S.One, sign(v)),
        "product": (S.One, x * Abs(v)),
        "exponential": (S.One, exp(x) * Abs(v)),
        "root": (sqrt(Abs(v)), x),
    }
    flow = liesym.Generator((t, x), field[components]).flow()
    if flow.exact:
        assert satisfies_flow_numerically(flow.generator, flow.components, flow.epsilon)


def test_signs_of_what_is_no_polynomial_or_not_real() -> None:
    b = Symbol("b", real=True)
    assert Signs().sign(7**b) == 1
    assert Signs().sign(-(7**b)) == -1
    assert Signs().sign(log(7) - 2) == -1
    for value in (I * b, I, b - 2 / sqrt(pi), 7**b - 1):
        with pytest.raises(Undecided):
            Signs().sign(value)


def test_a_door_makes_errors_of_ours() -> None:
    @door("the work")
    def work(error: Exception | None) -> int:
        if error is not None:
            raise error
        return 1

    assert work(None) == 1
    for error in (ZeroDivisionError("by 0"), OverflowError(), TypeError("no"), RecursionError(), AttributeError("none")):
        with pytest.raises(Unsupported, match=f"the work .*{type(error).__name__}") as met:
            work(error)
        assert met.value.__cause__ is error
    for kept in (OutOfBudget("time"), LiesymError("ours"), MemoryError(), KeyboardInterrupt()):
        with pytest.raises(type(kept)) as same:
            work(kept)  # type: ignore[arg-type]
        assert same.value is kept
    with pytest.raises(TypeError):
        work()  # type: ignore[call-arg]
    with pytest.raises(Unsupported, match="PolificationFailed"), errors_of_ours("factoring"):
        factor_list(7 ** Symbol("b") + Rational(0))


def test_a_null_space_looks_at_the_clock() -> None:
    """The budget of the field ends elimination too, both where the matrix is given and where it is sampled."""
    x = Symbol("x", real=True)
    field = Field.build([x], (x,))
    rows = [{0: field.one.num, 1: field.one.num}]
    assert len(nullspace(rows, 2, field).vectors) == 1
    with pytest.raises(TimeIsUp), field.within(Budget(now() - 1)):
        nullspace(rows, 2, field)
    with pytest.raises(TimeIsUp):
        echelon([[1, 2], [3, 4]], 2, 101, Budget(now() - 1))


@pytest.mark.parametrize(
    "text, said",
    [
        ("z'' = (cosintegral(z'''''''-k))^(-0.333333333333333)", "not polynomial in its highest derivative"),
        ("(1 + y'^100)^100 = y", "too large to factor"),
        ("(y'+x+t+a+b)^100 = 3; x' = 1", "too large to factor"),
    ],
)
def test_reading_decides_with_bounded_work(text: str, said: str) -> None:
    with pytest.raises(NotSolvable, match=said):
        liesym.ODESystem.parse(text)


def test_reading_takes_no_large_powers_apart() -> None:
    system = liesym.ODESystem.parse("z''^2 = y^(-0.333333333333333); y' = 1")
    assert sorted(system.orders) == [1, 2]


@pytest.mark.parametrize("text", ["y''=erfc(k^(-0.333333333333333))+y^b", "y''=k^(1/1000003)*y^2+y'^3"])
def test_roots_of_a_large_degree_have_values_modulo_a_prime(text: str) -> None:
    """k^(333333333333333/10^15) is a root of degree 10^15: its equation is not written out."""
    found = liesym.find_symmetries(text, budget=1.0)
    assert found.upper_bound is not None and len(found.generators) <= found.upper_bound
