"""Text where a number or an expression belongs: refused by every function, and never evaluated."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from sympy import Rational, Symbol

import liesym
from liesym import residuals
from liesym.algebra import LieAlgebra
from liesym.certify import bound_at_parameters
from liesym.errors import LiesymError, Unsupported

INJECTION = "__import__('os').system('touch pwned')"
SYSTEM = liesym.ODESystem.parse("x'' = -w^2*x; y'' = -y")
(W,) = SYSTEM.parameter_symbols
X = SYSTEM.unknowns[0]
SHIFT = liesym.Generator.from_mapping(SYSTEM.variables, {"t": 1})
EPSILON = Symbol("epsilon", real=True)
ROTATIONS = LieAlgebra.from_constants(3, {(0, 1): {2: 1}, (1, 2): {0: 1}, (2, 0): {1: 1}})

CALLS: dict[str, Callable[[object], object]] = {
    "subs": lambda v: SYSTEM.subs({W: v}),
    "bound_at_parameters": lambda v: bound_at_parameters(SYSTEM, {W: v}),
    "from_mapping": lambda v: liesym.Generator.from_mapping(SYSTEM.variables, {"x": v}),
    "flow at": lambda v: SHIFT.flow(EPSILON).at(v),
    "flow apply": lambda v: SHIFT.flow(EPSILON).apply([v, 0, 0]),
    "flow apply epsilon": lambda v: SHIFT.flow(EPSILON).apply([0, 0, 0], v),
    "conservation": lambda v: residuals.conservation([v], SYSTEM),  # type: ignore[list-item]
    "drift": lambda v: residuals.drift([v], SYSTEM),  # type: ignore[list-item]
    "lower": lambda v: liesym.lower([v], (X,), backend="numpy"),  # type: ignore[list-item]
    "constants": lambda v: LieAlgebra.from_constants(2, {(0, 1): {0: v}}),
    "bracket": lambda v: ROTATIONS.bracket([v, 0, 0], [0, 1, 0]),
    "transformed": lambda v: ROTATIONS.transformed([[v, 0, 0], [0, 1, 0], [0, 0, 1]]),
}


@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize("text", [INJECTION, "1", b"1", object()], ids=["code", "number", "bytes", "object"])
def test_text_is_refused_and_runs_nothing(call: str, text: object, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(LiesymError):
        CALLS[call](text)
    assert os.listdir(tmp_path) == []


@pytest.mark.parametrize("call", [c for c in CALLS if c not in ("bound_at_parameters", "conservation", "drift")])
def test_numbers_are_taken(call: str) -> None:
    """Control."""
    assert CALLS[call](Rational(1, 2)) is not None


def test_a_parameter_called_epsilon() -> None:
    """The group parameter stays apart from a parameter of the system with its usual name."""
    plain, clash = (liesym.ODESystem.parse(f"x'' = {name}*(1 - x^2)*x' - x") for name in ("mu", "epsilon"))
    found = [residuals.group(liesym.Generator.from_mapping(s.variables, {"t": 1, "x": X}), s) for s in (plain, clash)]
    assert [[p.name for p in r.parameters] for r in found] == [["mu", "epsilon"], ["epsilon", "epsilon_"]]
    renamed = {Symbol("mu", real=True): EPSILON, EPSILON: Symbol("epsilon_", real=True)}
    assert found[0].expressions[0].xreplace(renamed) == found[1].expressions[0]
    with pytest.raises(Unsupported, match="called epsilon"):
        residuals.group(liesym.Generator.from_mapping(clash.variables, {"t": 1}), clash, epsilon=EPSILON)
    moving = liesym.Generator.from_mapping(clash.variables, {"x": EPSILON})
    with pytest.raises(Unsupported, match="called epsilon"):
        residuals.field_motion(moving)
