"""What a learned invariant is: exact expressions from gradients alone, verified; and what is not identified."""

from __future__ import annotations

import numpy as np
import pytest

from liesym.determine.verify import is_first_integral
from liesym.errors import DataError
from liesym.learn.identify_invariant import identify_invariants, library_of
from liesym.model.system import ODESystem
from liesym.residuals import phase_state
from liesym.text import write

SPRING = ODESystem.parse("q' = 2*p; p' = -2*q")
DAMPED = ODESystem.parse("q' = 2*p; p' = -2*q - p/10")
CHEMICAL = ODESystem.parse("x1' = 274/1000*x2 - 631/1000*x1; x2' = 631/1000*x1 - 274/1000*x2")
KEPLER = ODESystem.parse("x'' = -x/(x^2+y^2)^(3/2); y'' = -y/(x^2+y^2)^(3/2)")
PREY = ODESystem.parse("x' = a*x - x*y; y' = x*y - b*y")
RANDOM = np.random.default_rng(3)
PLANE = RANDOM.uniform(-1, 1, (400, 2))


def energy_and_momentum(x, noise=0.0):
    """Gradients of two functions of energy and momentum together, with noise."""
    q, v = x[:, :2], x[:, 2:]
    r = np.linalg.norm(q, axis=1, keepdims=True)
    energy = 0.5 * (v**2).sum(1) - 1 / r[:, 0]
    momentum = q[:, 0] * v[:, 1] - q[:, 1] * v[:, 0]
    of_energy = np.concatenate([q / r**3, v], 1)
    of_momentum = np.stack([v[:, 1], -v[:, 0], -q[:, 1], q[:, 0]], 1)
    a, b = np.cos(energy)[:, None], momentum[:, None]
    g = np.stack([a * of_energy + 2 * b * of_momentum, of_energy - (1 + b**2) * of_momentum], 1)
    return g * (1 + noise * RANDOM.standard_normal(g.shape))


def orbits(count=600):
    random = np.random.default_rng(0)
    q = random.standard_normal((count, 2))
    q *= random.uniform(0.5, 1.5, (count, 1)) / np.linalg.norm(q, axis=1, keepdims=True)
    return np.concatenate([q, random.uniform(-1, 1, (count, 2))], 1)


def texts(found) -> list[str]:
    return [write(i.expression) for i in found]


def test_the_energy_of_a_spring():
    """A function of q² + p² whose values are anything but that."""
    level = (PLANE**2).sum(1)[:, None, None]
    noisy = PLANE[:, None] * np.exp(np.sin(3 * level)) + 0.03 * RANDOM.standard_normal((400, 1, 2))
    result = identify_invariants(SPRING, PLANE, noisy, degree=4)
    assert result.identified and result.reason == ""
    (found,) = result.found
    assert found.verified and is_first_integral(found.expression, SPRING) and found.misfit < 0.05
    assert texts(result.found) == ["p^2 + q^2"]
    assert dict(found.fitted).keys() == set(found.expression.as_coefficients_dict())


def test_the_mass_of_a_reaction():
    x = RANDOM.uniform(0, 100, (300, 2))
    gradients = np.ones((300, 1, 2)) * (1 + 0.02 * RANDOM.standard_normal((300, 1, 2)))
    result = identify_invariants(CHEMICAL, x, gradients)
    assert texts(result.found) == ["x1 + x2"] and result.found[0].misfit < 1e-2


@pytest.mark.parametrize("noise", [0.0, pytest.param(0.1, marks=pytest.mark.slow)])
def test_both_integrals_of_keplers_problem(noise):
    x = orbits()
    result = identify_invariants(KEPLER, x, energy_and_momentum(x, noise))
    assert result.identified, result.reason
    assert all(i.verified and is_first_integral(i.expression, KEPLER) for i in result.found)
    shown = texts(result.found)
    assert len(shown) == 2 and any("x*y'" in s and "sqrt" not in s for s in shown), shown
    assert any("sqrt(x^2 + y^2)" in s for s in shown), shown


def test_one_mixture_of_two_integrals_is_not_one_of_them():
    x = orbits()
    result = identify_invariants(KEPLER, x, energy_and_momentum(x)[:, :1])
    assert not result.identified and not result.found and "0 of 1" in result.reason


def test_nearly_circular_orbits_do_not_tell_energy_from_momentum():
    """Their gradients are parallel on circles: one component fits both, and neither is called identified."""
    angle, radius = RANDOM.uniform(0, 6.3, 600), RANDOM.uniform(0.5, 1.5, 600)
    q, v = np.stack([np.cos(angle), np.sin(angle)], 1), np.stack([-np.sin(angle), np.cos(angle)], 1)
    x = np.concatenate([q * radius[:, None], v / np.sqrt(radius)[:, None]], 1)
    x += 0.02 * RANDOM.standard_normal(x.shape)
    result = identify_invariants(KEPLER, x, energy_and_momentum(x)[:, :1])
    assert len(result.found) == 1 and len(result.alternatives) == 1 and not result.identified
    assert "do not tell them apart" in result.reason
    both = identify_invariants(KEPLER, x, energy_and_momentum(x))
    assert len(both.found) == 2 and both.identified


def test_a_parameter_stays_a_symbol():
    """Lotka and Volterra with unknown rates: the coefficients are the parameters, whatever their values."""
    x = RANDOM.uniform(0.3, 2, (400, 2))
    gradients = np.stack([1 - 0.7 / x[:, 0], 1 - 1.3 / x[:, 1]], 1)[:, None]
    result = identify_invariants(PREY, x, gradients, parameters={"a": 1.3, "b": 0.7})
    (found,) = result.found
    assert is_first_integral(found.expression, PREY) and {str(s) for s in found.expression.free_symbols} == {*"abxy"}
    wrong = identify_invariants(PREY, x, gradients, parameters={"a": 0.3, "b": 2.0})
    assert not wrong.found
    with pytest.raises(DataError, match="no value for"):
        identify_invariants(PREY, x, gradients, terms=(*library_of(PREY), found.expression))


# -- what must not be identified -------------------------------------------------------------------


@pytest.mark.parametrize("system", [SPRING, KEPLER])
def test_noise_is_nothing(system):
    n = len(phase_state(system))
    x = orbits() if n == 4 else PLANE
    result = identify_invariants(system, x, RANDOM.standard_normal((len(x), n // 2, n)))
    assert not result.found and not result.identified and result.best_misfit > 0.05
    assert "no combination" in result.reason


def test_a_wrong_invariant_is_named_and_not_verified():
    result = identify_invariants(SPRING, PLANE, (PLANE * [1, 2])[:, None])
    assert not result.found and not result.identified
    (wrong,) = result.unverified
    assert write(wrong.expression) in ("q^2/2 + p^2", "p^2 + q^2/2") and not wrong.verified and wrong.remainder != 0
    assert "does not conserve" in result.reason


def test_a_system_without_the_integral():
    """The same gradients that are identified for the spring are not for the damped one."""
    assert identify_invariants(SPRING, PLANE, PLANE[:, None]).identified
    result = identify_invariants(DAMPED, PLANE, PLANE[:, None])
    assert not result.found and not result.identified and result.unverified[0].misfit < 1e-6


def test_an_integral_that_was_not_learned_is_not_found():
    """The engine knows the energy; a network that follows q³ + p does not get it ascribed."""
    gradients = np.stack([3 * PLANE[:, 0] ** 2, np.ones(len(PLANE))], 1)[:, None]
    result = identify_invariants(SPRING, PLANE, gradients, degree=3)
    assert not result.found and "q^3" in write(result.unverified[0].expression)


def test_shapes_that_do_not_fit():
    with pytest.raises(DataError, match="states of shape"):
        identify_invariants(SPRING, PLANE, PLANE)
    with pytest.raises(DataError, match="usable samples"):
        identify_invariants(SPRING, PLANE[:6], PLANE[:6, None])


def test_the_library_holds_what_the_equations_hold():
    shown = [write(e) for e in library_of(KEPLER)]
    assert "x*y'" in shown and any("sqrt(x^2 + y^2)" in s for s in shown)
    assert any("log" in write(e) for e in library_of(PREY))
    assert library_of(SPRING, 1)[:2] == SPRING.unknowns and not any(e.is_polynomial() for e in library_of(SPRING, 1)[2:])
