"""Noether charges of known Lagrangians in the scale of their generators, and drifts of charges."""

from __future__ import annotations

import numpy as np
import pytest
from sympy import Integer, symbols

from liesym.base.jets import jet_symbol
from liesym.errors import DataError, Unsupported
from liesym.invariants import permutations, rotations, stationarity
from liesym.learn.charges import charge_parts, drift_of, symbolic_charges
from liesym.symmetries.generator import Generator
from liesym.variational import Lagrangian

T, X, Y = symbols("t x y", real=True)
V, W = jet_symbol(X, 1), jet_symbol(Y, 1)
FREE = Lagrangian.parse("m*(x'^2 + y'^2)/2", unknowns=("x", "y"))


def test_the_charge_has_the_scale_of_its_generator():
    """Momentum, angular momentum, minus the energy, and the boost with its gauge term."""
    m = FREE.parameters[0].symbol
    turn, still = rotations([("x", "y")]), stationarity(("x", "y"))
    boost = Generator((T, X, Y), (Integer(0), 3 * T, Integer(0)))
    found = symbolic_charges(FREE, [turn, still, boost])
    wanted = [m * (X * W - Y * V), -m * (V**2 + W**2) / 2, 3 * m * (T * V - X)]
    assert [(a - b).expand() for a, b in zip(found, wanted, strict=True)] == [0, 0, 0]
    with pytest.raises(Unsupported, match="no variational symmetry"):
        symbolic_charges(FREE, Generator((T, X, Y), (Integer(0), X, Integer(0))))


def test_parts_of_charges():
    parts = charge_parts(rotations([("x", "y")]), [X])
    assert parts.rows == ((0, -Y, X, X),) and parts.state == (X, Y, V, W) and len(parts.flat) == 4
    with pytest.raises(Unsupported, match="2 gauge terms for 1 generators"):
        charge_parts(rotations([("x", "y")]), [X, Y])
    with pytest.raises(Unsupported, match="maps alone have none"):
        charge_parts(permutations([("x",), ("y",)]))


def test_drifts_are_relative_to_the_first_charges():
    charges = np.array([[[3.0, 4.0], [3.0, 4.5], [3.3, 4.4]], [[1.0, 0.0], [np.nan, 0.0], [1.0, 0.0]]])
    drift = drift_of(charges)
    assert drift.absolute[0] == pytest.approx(np.array([[0, 0], [0, 0.5], [0.3, 0.4]]))
    assert drift.relative[0] == pytest.approx([0.0, 0.1, 0.1]) and drift.largest.tolist() == [pytest.approx(0.1), np.inf]
    assert np.isinf(drift_of(np.array([[0.0], [1.0]])).largest), "no drift is relative to nothing"
    with pytest.raises(DataError, match="at least two times"):
        drift_of(charges[:, :1])
