"""A solution is a function of arrays: the numbers of its formula in every backend, and constants from conditions."""

from __future__ import annotations

import math

import numpy as np
import pytest
from training_support import kit as kit

import liesym
from liesym.errors import ParseError, Unsupported

PLACES = np.array([0.5, 1.0, 2.0])


def test_numbers_and_arrays() -> None:
    found = liesym.solve("y' = 0.5*y + 1")
    assert found(2.0, C1=1.0) == pytest.approx(math.e - 2)
    assert found([[0.0, 2.0]], C1=1.0) == pytest.approx(np.array([[-1.0, math.e - 2]]))
    assert found(PLACES, C1=PLACES) == pytest.approx(PLACES * np.exp(PLACES / 2) - 2)


def test_in_every_backend(kit) -> None:
    """y = C1 cos t + C2 sin t, and both unknowns of the system on the last axis."""
    library, _ = kit
    name = "torch" if "torch" in library.__name__ else "jax"
    places = library.as_tensor(PLACES, None)
    found = liesym.solve("y'' + y = 0")
    assert np.asarray(found(places, C1=1.0, C2=0.0, backend=name)) == pytest.approx(np.cos(PLACES), abs=1e-6)
    both = liesym.solve("x' = y; y' = -x")(places, C1=0.0, C2=1.0)  # in the library of the places
    assert np.asarray(both) == pytest.approx(np.stack([np.sin(PLACES), np.cos(PLACES)], axis=-1), abs=1e-6)


def test_integrals_are_computed() -> None:
    """y = C1 + ∫ sin(s)/s ds from 1: the derivative is compared with differences."""
    found = liesym.solve("y' = sin(x)/(x + exp(x))", independent="x")
    h = 1e-4
    slope = (found(PLACES + h, C1=0.3) - found(PLACES - h, C1=0.3)) / (2 * h)
    assert slope == pytest.approx(np.sin(PLACES) / (PLACES + np.exp(PLACES)), abs=1e-7)


def test_constants_are_fitted() -> None:
    family = liesym.solve("y'' + y = 0")
    assert str(family.fit("y(0) = 1, y'(0) = 0").explicit[0].rhs) == "cos(t)"
    assert family.fit(["y(0) = 0", "y'(0) = 2"])(math.pi / 2) == pytest.approx(2.0)
    assert liesym.solve("x' = y; y' = -x").fit("x(0) = 0, y(0) = 1")(0.0).tolist() == [0.0, 1.0]
    with pytest.raises(ParseError, match="no condition"):
        family.fit("z(0) = 1")


def test_what_is_missing_is_named() -> None:
    found = liesym.solve("y' = k*y")
    with pytest.raises(Unsupported, match="values are missing for C1, k"):
        found(PLACES)
    with pytest.raises(Unsupported, match="w does not occur"):
        found(PLACES, C1=1.0, k=1.0, w=2.0)
    with pytest.raises(Unsupported, match="none of number 3"):
        found(PLACES, branch=3, C1=1.0, k=1.0)


def test_what_was_tried_is_said() -> None:
    assert "textbooks" in liesym.solve("y' = k*y").within
    assert liesym.solve("y'' = x*y'^2/y^2 + sin(y)", independent="x", budget=0.3).within.startswith("the substitutions")
