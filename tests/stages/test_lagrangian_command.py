"""`liesym lagrangian`: what is seen from a Lagrangian, with forces and without, at sizes where equations are long."""

from __future__ import annotations

import json
from typing import Any

import pytest
from sympy import Symbol, sign
from typer.testing import CliRunner

from liesym.app.cli import app
from liesym.determine.verify import is_first_integral
from liesym.errors import ParseError
from liesym.variational.motion import motion_of

RUNNER = CliRunner()


def call(*arguments: str, status: int = 0) -> str:
    result = RUNNER.invoke(app, ["lagrangian", *arguments])
    assert result.exit_code == status, (result.exit_code, result.stdout, result.stderr, result.exception)
    return result.stdout if status == 0 else result.stderr


def test_momenta_energy_and_equations() -> None:
    record: dict[str, Any] = json.loads(call("m*(r'^2 + r^2*phi'^2)/2 - V(r)", "--coordinates", "r,phi", "--json"))
    assert record["momenta"] == {"r": "m*r'", "phi": "m*phi'*r^2"}
    assert record["power"] == "0" and record["energy"] in record["integrals"] and "m*phi'*r^2" in record["integrals"]
    assert len(record["integrals"]) == 2
    assert record["equations"][1] == "phi'' = -2*phi'*r'/r"


def test_a_force_takes_the_energy_and_leaves_the_momentum() -> None:
    record: dict[str, Any] = json.loads(call("m*(x'^2 + y'^2)/2 - k*x^2/2", "--force", "x: -c*x'", "--json"))
    assert record["power"] == "-c*x'^2" and record["integrals"] == ["m*y'"]
    assert record["equations"][0] == "x'' = (-c*x' - k*x)/m"
    assert "force on x: −c·x'" in call("m*(x'^2 + y'^2)/2 - k*x^2/2", "--force", "x = -c*x'")


def test_all_that_is_called_constant_is_so() -> None:
    found = motion_of("(x'^2 + y'^2)/2 + b*(x*y' - y*x') - k*(x - y)^2")
    assert found.equations is not None and len(found.integrals) == 3  # energy, a sum of momenta, and one with t
    assert all(is_first_integral(e, found.equations) for e in found.integrals)


def test_two_bodies_in_the_plane() -> None:
    kinetic = " + ".join(f"m{i}/2*(x{i}'^2 + y{i}'^2)" for i in (1, 2))
    found = motion_of(f"{kinetic} + m1*m2/sqrt((x1-x2)^2 + (y1-y2)^2)")
    assert len(found.integrals) == 7  # energy, momenta, boosts, the turning of the centre and of the difference


def test_the_energy_of_a_long_pendulum_needs_no_equations() -> None:
    speed = [" + ".join(f"{f}(q{j})*q{j}'" for j in range(1, 4)) for f in ("sin", "cos")]
    low = " + ".join(f"cos(q{j})*q{j}'" for j in range(1, 3))
    high = " + ".join(f"sin(q{j})*q{j}'" for j in range(1, 3))
    text = (
        f"q1'^2/2 + (({low})^2 + ({high})^2)/2 + (({speed[0]})^2 + ({speed[1]})^2)/2 + g*(3*cos(q1) + 2*cos(q2) + cos(q3))"
    )
    found = motion_of(text, budget=2.0)
    assert found.power == 0 and found.energy in found.integrals


def test_what_cannot_be_asked() -> None:
    assert "no coordinate" in call("x'^2", "--force", "z: 1", status=2)
    assert "is not of the form" in call("x'^2", "--force", "x", status=2)
    assert "first order" in call("x''^2", status=2)
    with pytest.raises(ParseError, match="no coordinate"):
        motion_of("x'^2", forces={"y": "1"})


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("x'^2", "--force", "x: 1", "--force", "x: 2"), "--force is given twice for x"),
        (("x'^2", "--coordinates", "x,x"), "x is given twice as a coordinate"),
        (("x'^2+y'^2", "--coordinates", "x,,y"), "without a name"),
        (("x'^2", "--coordinates", "t,x"), "independent variable"),
        (("x'^2", "--force", " : 1"), "is not of the form"),
        (("x'^2", "--force", "x: x''"), "holds an acceleration"),
    ],
)
def test_what_is_given_twice_or_not_at_all_is_refused(arguments: tuple[str, ...], told: str) -> None:
    assert told in call(*arguments, status=2)


def test_an_energy_that_jumps_is_constant_on_a_side() -> None:
    """E = (x'^2 + y'^2)/2 + y sign(x) jumps by 2 y where x passes 0."""
    record: dict[str, Any] = json.loads(call("(x'^2+y'^2)/2 - sign(x)*y", "--json"))
    on = dict(zip(record["integrals"], record["on"], strict=True))
    assert on[record["energy"]] == record["energy_on"] == ["x > 0"] and on["x'"] == []
    assert [law["on"] for law in record["laws"] if law["generator"] == {"t": "1", "x": "0", "y": "0"}] == [["x > 0"]]
    table = call("x'^2/2 - sign(x)", "--force", "x: -x'")
    assert "energy changes by −x'^2   where x > 0" in table


def test_without_equations_every_branch_is_named() -> None:
    found = motion_of("x'^2/2 - x*sign(y)", coordinates=["x", "y"])
    assert found.equations is None and [e.name for e in found.energy_on if isinstance(e, Symbol)] == ["y"]
    assert all(on for e, on in zip(found.integrals, found.integrals.on, strict=True) if e.has(sign))


def test_a_sum_that_does_not_jump_is_found_where_its_parts_do() -> None:
    found = motion_of("x'^2/2 + y'^2/2 - abs(x-y)")
    whole = [str(e) for e, on in zip(found.integrals, found.integrals.on, strict=True) if not on]
    assert "x' + y'" in whole and len(whole) == 3 and len(found.integrals) == 5
    assert "of that form found" not in found.notes[-1]
    assert "of that form found" in motion_of("x'^2/2 + y'^2/2 - V(x-y)").notes[-1]


@pytest.mark.parametrize("budget", [0.02, 0.1])
def test_no_charge_that_jumps_is_without_a_side_when_time_ends(budget: float) -> None:
    found = motion_of("(x'^2+y'^2)/2 - abs(x) - abs(y)", budget=budget)
    assert all(on for e, on in zip(found.integrals, found.integrals.on, strict=True) if e.has(sign) and e != found.energy)


def test_zero_is_no_constant_of_motion() -> None:
    found = motion_of("sqrt(x'^2 + y'^2)")
    assert found.energy == found.power == 0 and len(found.integrals) == 3 and 0 not in found.integrals


def test_forces_that_cancel_keep_their_parameter() -> None:
    found = motion_of("(x'^2 + y'^2)/2", forces={"x": "c*x", "y": "-c*x"})
    assert [p.name for p in found.lagrangian.parameters] == ["c"]


def test_a_degenerate_lagrangian_says_so() -> None:
    table = call("x'^2/2 + y*x", "--coordinates", "x,y")
    assert "degenerate" in table
