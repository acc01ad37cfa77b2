"""Equations of motion that SymPy's mechanics sets up, and mass matrices."""

from __future__ import annotations

import pytest
from sympy import Function, Matrix, Symbol, cos, sin, symbols
from sympy.physics.mechanics import (
    KanesMethod,
    LagrangesMethod,
    Particle,
    Point,
    ReferenceFrame,
    dynamicsymbols,
)

from liesym import ODESystem
from liesym.errors import NotSolvable, Unsupported

q, u = dynamicsymbols("q u")
m, g, length = symbols("m g l", positive=True)
t = Symbol("t")
x, v = Function("x")(t), Function("v")(t)


def pendulum() -> KanesMethod:
    """A point of mass m at the end of a rod."""
    frame, origin = ReferenceFrame("N"), Point("O")
    turned = frame.orientnew("A", "Axis", [q, frame.z])
    turned.set_ang_vel(frame, u * frame.z)
    origin.set_vel(frame, 0)
    end = origin.locatenew("P", length * turned.x)
    end.v2pt_theory(origin, frame, turned)
    kane = KanesMethod(frame, q_ind=[q], u_ind=[u], kd_eqs=[q.diff() - u])
    kane.kanes_equations([Particle("p", end, m)], [(end, m * g * frame.x)])
    return kane


def test_kane() -> None:
    system = ODESystem.from_mechanics(pendulum())
    assert [s.name for s in system.unknowns] == ["q", "u"]
    place, speed = system.unknowns
    assert system.rhs[0] == speed and (system.rhs[1] + g * sin(place) / length).simplify() == 0


def test_lagrange() -> None:
    method = LagrangesMethod(m * length**2 * q.diff() ** 2 / 2 + m * g * length * cos(q), [q])
    system = ODESystem.from_mechanics(method)
    assert system.orders == (2,) and (system.rhs[0] + g * sin(system.unknowns[0]) / length).expand() == 0


def test_a_mass_matrix() -> None:
    system = ODESystem.from_mass_matrix([[2, 1], [0, m]], Matrix([v, -x]), [x, v])
    a, b = system.unknowns
    assert [e.expand() for e in system.rhs] == [(b / 2 + a / (2 * m)).expand(), -a / m]


def test_what_is_refused() -> None:
    with pytest.raises(Unsupported, match="no KanesMethod or LagrangesMethod"):
        ODESystem.from_mechanics(q)
    frame = ReferenceFrame("N")
    with pytest.raises(Unsupported, match="call kanes_equations"):
        ODESystem.from_mechanics(KanesMethod(frame, q_ind=[q], u_ind=[u], kd_eqs=[q.diff() - u]))
    with pytest.raises(Unsupported, match="multipliers"):
        ODESystem.from_mechanics(LagrangesMethod(q.diff() ** 2 + u.diff() ** 2, [q, u], hol_coneqs=[q - u]))
    with pytest.raises(NotSolvable, match="do not fit 2 states"):
        ODESystem.from_mass_matrix([[1]], [x], [x, v])
    with pytest.raises(NotSolvable, match="no function of one variable"):
        ODESystem.from_mass_matrix([[1]], [1], [m])
    with pytest.raises(NotSolvable):
        ODESystem.from_mass_matrix([[1, 1], [1, 1]], [x, v], [x, v])
