"""Backward conservation laws on a numerical forward-backward pair, with losses observed at several times.

The pair is solved by an eighth-order Runge-Kutta method at tight tolerance, and its gradient is compared with
central differences of the loss, so that the laws are tested on what backpropagation computes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pytest
from scipy.integrate import solve_ivp
from sympy import Expr, S, Symbol, cos, lambdify, symbols, sympify

from liesym import Generator, ODESystem, backward_conservation_laws, find_symmetries
from liesym.base.typed import expr, replaced
from liesym.conservation import BackwardLaw
from liesym.determine.verify import is_first_integral
from liesym.errors import Unsupported
from liesym.text import read_expression

Vector = np.ndarray
TIGHT = {"method": "DOP853", "rtol": 1e-13, "atol": 1e-14}
DATUM = Symbol("datum", real=True)


@dataclass(frozen=True)
class Case:
    """A system, its parameters, the start, and (time, loss, datum) of each observation."""

    text: str
    parameters: Mapping[str, float]
    start: tuple[float, ...]
    observed: tuple[tuple[float, str, float], ...]

    @property
    def system(self) -> ODESystem:
        return ODESystem.parse(self.text)

    def loss(self, k: int) -> Expr:
        """ℓ_k as an expression; `datum` is what was measured."""
        system = self.system
        named = {s.name: s for s in (*system.variables, *system.parameter_symbols)} | {"datum": DATUM}
        return read_expression(self.observed[k][1], symbols=named, strict=True)


CASES = {
    "charged particle": Case(
        "z' = cos(theta1*z + theta2)",
        {"theta1": 1.3, "theta2": 0.4},
        (-0.7,),
        ((0.8, "(z - datum)^2/2", 0.3), (1.5, "(z - datum)^4 + theta1*z", 0.1), (2.0, "sin(z)*t", 0.0)),
    ),
    "Lotka-Volterra": Case(
        "x' = a*x - b*x*y; y' = d*x*y - c*y",
        {"a": 0.9, "b": 0.7, "c": 1.1, "d": 0.6},
        (1.2, 0.8),
        ((1.0, "(x - datum)^2", 1.5), (2.5, "(x*y - datum)^2 + b*d", 0.9), (3.0, "y^2", 0.0)),
    ),
}


class Pair:
    """The forward-backward pair of a case, integrated between observations."""

    def __init__(self, case: Case, values: Mapping[str, float] | None = None) -> None:
        self.case, self.system = case, case.system
        self.adjoint = self.system.adjoint()
        self.values = dict(values or case.parameters)
        numbers = {p: self.values[p.name] for p in self.system.parameter_symbols}
        self.numbers = numbers
        t, states = self.system.independent, self.system.unknowns
        self.states = len(states)
        self.forward = lambdify([t, states], [f.xreplace(numbers) for f in self.system.rhs])
        self.both = lambdify([t, self.adjoint.unknowns], [f.xreplace(numbers) for f in self.adjoint.rhs])

    def at(self, expression: Expr, t: float, state: Sequence[float] | np.ndarray, datum: float = 0.0) -> float:
        """An expression in time, states, adjoints, parameters and the datum, as a number."""
        values = {self.system.independent: t, DATUM: datum, **self.numbers}
        values |= dict(zip(self.adjoint.unknowns, state, strict=False))
        return float(expr(sympify(replaced(expression, values))).evalf(20))

    def loss(self, start: Sequence[float]) -> float:
        """Σ ℓ_k along the forward solution."""
        times = [t for t, _, _ in self.case.observed]
        solved = solve_ivp(self.forward, (0.0, times[-1]), start, t_eval=times, **TIGHT)
        return sum(
            self.at(self.case.loss(k), t, solved.y[:, k], datum) for k, (t, _, datum) in enumerate(self.case.observed)
        )

    def backward(self) -> tuple[list[tuple[float, Vector]], list[tuple[int, float, Vector, Vector]]]:
        """(points between observations, (k, t_k, state before, state after) at each of them)."""
        last = self.case.observed[-1][0]
        end = solve_ivp(self.forward, (0.0, last), self.case.start, **TIGHT).y[:, -1]
        pair = np.concatenate([end, np.zeros(len(self.adjoint.unknowns) - self.states)])
        moved = [*self.system.unknowns, *self.system.parameter_symbols]
        points, jumps = [], []
        earlier = [0.0, *(t for t, _, _ in self.case.observed[:-1])]
        for k, until in reversed(list(enumerate(earlier))):
            time, _, datum = self.case.observed[k]
            gradient = [self.at(self.case.loss(k).diff(s), time, pair, datum) for s in moved]
            before = pair + np.concatenate([np.zeros(self.states), gradient])
            jumps.append((k, time, before, pair))
            solved = solve_ivp(self.both, (time, until), before, t_eval=np.linspace(time, until, 9), **TIGHT)
            points += list(zip(solved.t, solved.y.T, strict=True))
            pair = solved.y[:, -1]
        return points, jumps


@pytest.fixture(scope="module", params=CASES)
def solved(request: pytest.FixtureRequest) -> tuple[Pair, list, list, tuple[BackwardLaw, ...]]:
    pair = Pair(CASES[request.param])
    points, jumps = pair.backward()
    return pair, points, jumps, backward_conservation_laws(pair.system)


def test_the_adjoint_is_the_gradient_of_the_loss(solved: tuple) -> None:
    pair, points, _, _ = solved
    initial = points[-1][1][pair.states :]
    moved = [*pair.case.start, *pair.case.parameters.values()]
    names = list(pair.case.parameters)
    for i in range(len(moved)):
        sides = []
        for step in (1e-5, -1e-5):
            shifted = [v + step * (j == i) for j, v in enumerate(moved)]
            values = dict(zip(names, shifted[pair.states :], strict=True))
            sides.append(Pair(pair.case, values).loss(shifted[: pair.states]))
        order = [s.name for s in (*pair.system.unknowns, *pair.system.parameter_symbols)]
        place = order.index([*(s.name for s in pair.system.unknowns), *names][i])
        assert abs((sides[0] - sides[1]) / 2e-5 - initial[place]) < 1e-7 * max(1.0, abs(initial[place]))


def test_laws_are_constant_between_observations_and_jump_as_stated(solved: tuple) -> None:
    """I(t) is Σ of what the symmetry does to the losses that lie ahead, to 1e-10 at every point."""
    pair, points, jumps, laws = solved
    assert len(laws) >= 3
    for law in laws:
        steps = {
            k: pair.at(law.jump_at_observation(pair.case.loss(k)), t, after, pair.case.observed[k][2])
            for k, t, _, after in jumps
        }
        assert any(abs(s) > 1e-3 for s in steps.values())
        for k, t, before, after in jumps:
            assert abs(pair.at(law.expression, t, after) - pair.at(law.expression, t, before) - steps[k]) < 1e-10
        ahead = 0.0
        for i, (t, state) in enumerate(points):
            if i % 9 == 0:  # nine points for each stretch, from its end to its beginning
                ahead -= steps[jumps[i // 9][0]]
            assert abs(pair.at(law.expression, t, state) - ahead) < 1e-10


def test_what_is_no_law_drifts(solved: tuple) -> None:
    pair, points, _, laws = solved
    wrong = laws[0].expression + pair.adjoint.unknowns[pair.states]
    values = [pair.at(wrong, t, state) for t, state in points[:9]]
    assert max(values) - min(values) > 1e-3


def test_the_toy_has_the_three_known_laws() -> None:
    """u cos(θ1 z + θ2), u - θ1 w and u (z - t cos(·)) - θ1 v, each up to sign."""
    names = {"z": "u", "theta1": "v", "theta2": "w"}
    laws = backward_conservation_laws(CASES["charged particle"].system, names=names)
    t, z, u, v, w, theta1, theta2 = symbols("t z u v w theta1 theta2", real=True)
    field = cos(theta1 * z + theta2)
    known = [u * field, u - theta1 * w, (u * (z - t * field) - theta1 * v).expand()]
    found = [law.expression for law in laws]
    assert len(found) == 3
    for expression in known:
        assert expression in found or -expression in found or (-expression).expand() in found


def test_symmetries_of_the_state_alone_and_other_forms_give_laws() -> None:
    """x' = k x² has ∂_t, t ∂_t - x ∂_x and more; with the parameter moving also k ∂_k - x ∂_x."""
    system = ODESystem.parse("x' = k*x^2")
    own = find_symmetries(system, "affine").generators
    assert all(len(g.variables) == 2 for g in own)
    t, x, a, b = symbols("t x a_x a_k", real=True)
    k = Symbol("k", real=True)
    laws = {law.expression for law in backward_conservation_laws(system, own)}
    assert -a * k * x**2 in laws
    wider = [law.expression for law in backward_conservation_laws(system, ansatz="polynomial: 2")]
    assert len(wider) == 3
    assert any(e.has(b) for e in wider)
    assert len(backward_conservation_laws(system, [Generator((t, x), (S.One, k * x**2))])) == 0


def test_laws_of_a_system_with_many_parameters_are_independent() -> None:
    """SEIR with births: a parameter times a symmetry is one too, but gives no other law."""
    text = "S' = mu*N - b*S*I/N - mu*S; E1' = b*S*I/N - (mu + s)*E1; I' = s*E1 - (mu + g)*I; R' = g*I - mu*R"
    system = ODESystem.parse(text)
    moving = system.with_moving_parameters()
    found = find_symmetries(moving, "affine").generators
    laws = backward_conservation_laws(system, [*found, *reversed(found)])
    assert len(laws) == len(backward_conservation_laws(system, found)) < len(found)
    assert all(is_first_integral(law.expression, law.adjoint) for law in laws)


def test_generators_over_other_variables_and_losses_of_adjoints_are_refused() -> None:
    system = ODESystem.parse("x' = -k*x")
    x, y = symbols("x y", real=True)
    with pytest.raises(Unsupported, match="over time and the unknowns"):
        backward_conservation_laws(system, [Generator((x, y), (S.One, S.Zero))])
    (law, *_) = backward_conservation_laws(system)
    with pytest.raises(Unsupported, match="a_x"):
        law.jump_at_observation(Symbol("a_x", real=True) * x)
