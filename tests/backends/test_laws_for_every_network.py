"""Laws that the engine proves with functions open, held by random networks along solves of order 8 in double precision."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.integrate import solve_ivp
from training_support import kit as kit

from liesym.conservation import with_antiderivatives
from liesym.determine.verify import is_first_integral

CENTRAL = "-f(x^2+y^2)*x; y'' = -f(x^2+y^2)*y"
PAIR = "f((x1-x2)^2+(y1-y2)^2)"
DOWN = "at(D(V(s, z), s), s, x^2+y^2)"

# name -> (system, number of laws)
QUICK = {
    "central force in the plane": (f"x'' = {CENTRAL}", 2),
    "predator and prey": ("x' = x*h(x, y)*f(y); y' = y*h(x, y)*g(x)", 1),
    "Ermakov, unknown frequency": ("x'' = -w(t)*x; y'' = -w(t)*y + 1/y^3", 1),
    "enzyme, unknown kinetics": (
        "s' = -f(s, e) + g(c); e' = -f(s, e) + g(c) + h(c); c' = f(s, e) - g(c) - h(c); p' = h(c)",
        2,
    ),
}
SLOW = {
    "one particle on a line": ("x'' = f(x)", 1),
    "central force in space": (
        "x'' = -V'(x^2+y^2+z^2)*x; y'' = -V'(x^2+y^2+z^2)*y; z'' = -V'(x^2+y^2+z^2)*z",
        4,
    ),
    "axisymmetric potential": (f"x'' = -2*x*{DOWN}; y'' = -2*y*{DOWN}; z'' = -D(V(x^2+y^2, z), z)", 2),
    "two bodies, unknown pair force": (
        f"x1'' = {PAIR}*(x2-x1)/m1; y1'' = {PAIR}*(y2-y1)/m1; x2'' = {PAIR}*(x1-x2)/m2; y2'' = {PAIR}*(y1-y2)/m2",
        6,
    ),
    "three bodies on a line": (
        "x1'' = f(x2-x1) + f(x3-x1); x2'' = -f(x2-x1) + f(x3-x2); x3'' = -f(x3-x1) - f(x3-x2)",
        3,
    ),
    "charge in an axisymmetric field": ("x'' = b(x^2+y^2)*y'; y'' = -b(x^2+y^2)*x'", 2),
    "geodesics of a surface of revolution": ("u'' = r(u)*r'(u)*p'^2; p'' = -2*r'(u)*u'*p'/r(u)", 2),
    "two oscillators, unknown frequency": ("x'' = -w(t)*x; y'' = -w(t)*y", 1),
    "separable Hamiltonian": ("q' = T'(p); p' = -V'(q)", 1),
    "central force with friction": ("x'' = -f(x^2+y^2)*x - k*x'; y'' = -f(x^2+y^2)*y - k*y'", 1),
    "Liénard": ("x'' = -f(x)*x'", 1),
    "geodesic on a line": ("x'' = f(x)*x'^2", 1),
    "Lotka-Volterra, unknown responses": ("x' = x*(a - f(y)); y' = y*(g(x) - b)", 1),
    "epidemic, unknown incidence": ("s' = -f(s, i); e' = f(s, i) - a*e; i' = a*e - g*i; r' = g*i", 1),
    "epidemic, unknown susceptibility": ("s' = -b*s*i*g(s); i' = b*s*i*g(s) - k*i", 1),
    "turning about an axis": ("x' = -y*h(x, y, z); y' = x*h(x, y, z); z' = g(z)", 1),
    "a top with its own clock": ("x' = y*z*f(x, y, z); y' = -2*x*z*f(x, y, z); z' = x*y*f(x, y, z)", 2),
}
CASES = [
    *(pytest.param(text, count, id=name) for name, (text, count) in QUICK.items()),
    *(pytest.param(text, count, id=name, marks=pytest.mark.slow) for name, (text, count) in SLOW.items()),
]
PARAMETERS = {"k": 0.3, "a": 0.7, "b": 3.0, "g": 0.4, "m1": 1.0, "m2": 2.5}
STARTS = (0.9, -0.6, 0.7, 0.4, 0.5, -0.3, 0.2, -0.4)
POSITIVE = {"s", "i", "e", "r", "c", "p"}


def networks(kit, system):
    """A random one for each function; a radius stays away from 0."""
    found, dtype = kit
    arities = {f.func.__name__: len(f.args) for f in system.functions}
    made = {n: found.MLP((k, 6, 1), seed=seed, dtype=dtype) for seed, (n, k) in enumerate(sorted(arities.items()))}
    return {n: (lambda s, f=f: 2.0 + f(s[..., None])[..., 0]) if n == "r" else f for n, f in made.items()}


@pytest.mark.parametrize(("text", "count"), CASES)
def test_the_laws_hold_for_random_networks(kit, text, count):
    found, _ = kit
    rewritten = with_antiderivatives(text, budget=20.0)
    assert len(rewritten.integrals) == count
    assert all(is_first_integral(e, rewritten.system) for e in rewritten.integrals)
    field = found.HybridODE(rewritten.system, networks(kit, rewritten.system))
    names = [s.name for s in rewritten.system.unknowns] * max(rewritten.system.orders)
    start = [abs(v) if n in POSITIVE else v for n, v in zip(names, STARTS, strict=False)]
    args = {p.name: PARAMETERS[p.name] for p in rewritten.system.parameters}

    def right_side(t, x):
        return found.evaluate_field(field, np.array(t), x, args)

    solved = solve_ivp(right_side, (0.0, 2.0), start, method="DOP853", rtol=1e-13, atol=1e-14)
    states = solved.y.T
    law = found.evaluate_field(field.law(list(rewritten.integrals)), solved.t, states, args)
    assert solved.success and np.abs(states - states[0]).max() > 0.01
    assert np.abs(law - law[0]).max() <= 1e-12 * max(1.0, np.abs(law).max())


def test_a_law_of_other_functions_is_broken():
    """Control: the same quantity with another network in it changes along the solution by far more."""
    kit = pytest.importorskip("torch") and pytest.importorskip("liesym_torch")
    import torch

    nets = [kit.MLP((1, 6, 1), seed=seed, dtype=torch.float64) for seed in (0, 1)]
    field, other = (kit.HybridODE("x'' = -V'(x)", {"V": net}) for net in nets)

    def rate(t, x):
        return kit.evaluate_field(field, np.array(t), x)

    solved = solve_ivp(rate, (0.0, 2.0), [0.9, 0.1], method="DOP853", rtol=1e-13, atol=1e-14)
    drifts = [np.ptp(kit.evaluate_field(f.law("x'^2/2 + V(x)"), solved.t, solved.y.T)) for f in (field, other)]
    assert drifts[0] < 1e-12 < 1e-4 < drifts[1]
