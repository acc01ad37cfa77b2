"""An integral that jumps where solutions pass through a branch is not returned without the side for which it holds.

Solutions are followed with numbers through the branch, and what is called conserved is evaluated all along.
"""

from __future__ import annotations

import math
import random
from itertools import pairwise

import pytest
from sympy import Abs, Expr, Integral, Symbol, acot, atan, lambdify, log, sign, symbols

from liesym import ODESystem, first_integrals, noether, solve
from liesym.base.jets import jet_symbol
from liesym.base.typed import expr
from liesym.reduction import general_solution
from liesym.testing.jumps import jumps
from liesym.variational import euler_lagrange

t, x, y = symbols("t x y", real=True)
v, w = jet_symbol(x, 1), jet_symbol(y, 1)
STEP, LENGTH, DRIFT = 0.004, 1200, 0.02
FEW, MANY, CHUNK = 8, 200, 25
ACOT = {"acot": lambda u: math.atan(1 / u), "sign": lambda u: math.copysign(1, u) if u else 0}


def states(system: ODESystem) -> list[Symbol]:
    return [jet_symbol(q, k) for q, n in zip(system.unknowns, system.orders, strict=True) for k in range(n)]


def path(system: ODESystem, seed: int) -> list[tuple[float, ...]]:
    """(t, states) along a solution, by steps of Runge and Kutta, as far as it is real and not large."""
    names = states(system)
    rows = [[jet_symbol(q, k) for k in range(n)] for q, n in zip(system.unknowns, system.orders, strict=True)]
    ahead = {s: after for row in rows for s, after in pairwise(row)}
    last = {row[-1]: f for row, f in zip(rows, system.rhs, strict=True)}
    rates = lambdify([system.independent, *names], [ahead.get(s, last.get(s)) for s in names], [ACOT, "math"])
    source = random.Random(seed)
    at = [source.uniform(-1.5, 1.5) for _ in names]
    found = [(0.3, *at)]

    def moved(slopes: list[float], h: float) -> list[float]:
        return [a + h * s for a, s in zip(at, slopes, strict=True)]

    try:
        for k in range(LENGTH):
            now = 0.3 + k * STEP
            one = rates(now, *at)
            two = rates(now + STEP / 2, *moved(one, STEP / 2))
            three = rates(now + STEP / 2, *moved(two, STEP / 2))
            four = rates(now + STEP, *moved(three, STEP))
            at = moved([(a + 2 * b + 2 * c + d) / 6 for a, b, c, d in zip(one, two, three, four, strict=True)], STEP)
            if max(map(abs, at)) > 20:
                break
            found.append((now + STEP, *at))
    except (ValueError, ZeroDivisionError, OverflowError, TypeError):  # no longer real
        pass
    return found


def drifts(integral: Expr, on: tuple[Expr, ...], system: ODESystem, seeds: range = range(3)) -> bool:
    """True if on some solution the integral changes while all of `on` stays positive."""
    names = [system.independent, *states(system)]
    value = lambdify(names, integral, [ACOT, "math"])
    where = lambdify(names, list(on), [ACOT, "math"])
    for seed in seeds:
        start = None
        for point in path(system, seed):
            try:
                if not all(c > 0 for c in where(*point)):
                    start = None
                    continue
                found = value(*point)
            except (ValueError, ZeroDivisionError, OverflowError):
                start = None
                continue
            if not isinstance(found, float) or abs(found) > 1e3:
                start = None
                continue
            start = found if start is None else start
            if abs(found - start) > DRIFT * (1 + abs(start)):
                return True
    return False


def force(number: int) -> str:
    """A force with a branch that solutions cross."""
    source = random.Random(f"force {number}")
    shift = source.choice(("", "", "+1", "-1/2"))
    u, k = f"(x{shift})", source.choice(("1", "2", "1/2", "3"))
    return source.choice(
        (
            f"-{k}*sign{u}",
            f"-{k}*abs{u}",
            f"-x*sign{u}",
            f"-x-{k}*sign{u}",
            f"-{u}*abs{u}",
            f"{k}*acot{u}-x",
            f"-{k}*sign{u}+t",
            f"-x'-{k}*sign{u}",
            f"-abs(x')*x'-{k}*x",
            f"-sqrt(({u})^2)-{k}*x",
        )
    )


def wrong_of(number: int) -> list[str]:
    """Integrals of the equation with this force that change along a solution."""
    text = f"x'' = {force(number)}"
    system = ODESystem.parse(text)
    found = first_integrals(system, budget=0.4)
    plain = [(i, on) for i, on in zip(found, found.on, strict=True) if not i.has(Integral)]
    return [f"{text}: {i} on {on}" for i, on in plain if drifts(i, on, system)]


def test_a_charge_that_jumps_is_said_to_hold_on_a_side() -> None:
    laws = noether("x'^2/2 - abs(x)")
    assert [law.on for law in laws] == list(laws.on) == [law.generator.on for law in laws]
    assert [law.on for law in laws if law.integral.equals(-(v**2) / 2 - Abs(x))] == [()]
    assert sum(law.on == (x,) for law in laws) == 4
    equations = euler_lagrange("x'^2/2 - abs(x)")
    assert not any(drifts(law.integral, law.on, equations) for law in laws)


def test_charges_whose_jumps_cancel_are_given_together() -> None:
    laws = noether("x'^2/2 + y'^2/2 - abs(x-y)")
    assert [law.on for law in laws if (law.integral - v - w).expand() == 0] == [()]
    assert sum(not law.on for law in laws) == 3 and len(laws) == 8
    equations = euler_lagrange("x'^2/2 + y'^2/2 - abs(x-y)")
    assert not any(drifts(law.integral, law.on, equations, range(1)) for law in laws)


def test_the_law_above_can_fail() -> None:
    """Negative control: the same integral without its side."""
    system = ODESystem.parse("x'' = -sign(x)")
    assert drifts(t * sign(x) + v, (), system) and not drifts(t * sign(x) + v, (x,), system)


@pytest.mark.parametrize(
    ("text", "integral", "found"),
    [
        ("x'' = -sign(x)", t * sign(x) + v, (x,)),
        ("x'' = -sign(x)", v**2 / 2 + Abs(x), ()),
        ("x' = -y; y' = x", atan(y / x) - t, (x,)),
        ("x' = -y; y' = x", x**2 + y**2, ()),
        ("x' = x", log(Abs(x)) - t, ()),  # no solution crosses x = 0
        ("x' = x", sign(x), ()),
        ("x'' = 0", sign(x), (x,)),
        ("x'' = 0", sign(v), ()),
        ("x' = 1", acot(x) + atan(x), (x,)),
        ("x' = 1; y' = 0", x * y / Abs(x), (x,)),
        ("x' = x^2", t + 1 / x, ()),
    ],
)
def test_jumps_are_seen_where_solutions_cross(text: str, integral: Expr, found: tuple[Expr, ...]) -> None:
    assert jumps(integral, ODESystem.parse(text)) == found


def test_a_relation_between_solutions_names_the_side_of_its_constants() -> None:
    found = general_solution(ODESystem.parse("y'' = sign(y-1)"))
    assert found is not None and found.equation is not None and y - 1 in found.relation_on


def test_a_branch_on_one_side_names_it() -> None:
    """y'' = sign(y - 1) is y'' = 1 where y > 1, and y'' = -1 where y < 1."""
    found = solve("y'' = sign(y-1)")
    t, values = found.variables[0], [expr(e.rhs) for e in found.explicit]
    assert [value.diff(t, 2) for value in values] == [1, -1]
    for value, on in zip(values, found.on, strict=True):
        assert [(2 * (value - 1) * value.diff(t, 2) - a).expand() for a in on] == [0]


@pytest.mark.parametrize("number", range(FEW))
def test_integrals_are_constant_through_branches(number: int) -> None:
    assert wrong_of(number) == []


@pytest.mark.nightly
@pytest.mark.parametrize("start", range(FEW, FEW + MANY, CHUNK))
def test_many_integrals_are_constant_through_branches(start: int) -> None:
    assert [w for number in range(start, start + CHUNK) for w in wrong_of(number)] == []
