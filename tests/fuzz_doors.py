"""One fuzzed input through the doors of Python, held against three oracles.

raw      an error that is no `LiesymError` left a door
over     a door took more than its budget, a tenth and a second, in seconds of this process (reading: `READING`)
false    a generator or an integral is false, or has no value, at a real point of what it speaks of; or what was lowered
         differs from its values with 30 digits
"""

from __future__ import annotations

import signal
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType
from typing import Any

import mpmath
import numpy as np
from true_at_points import coordinates, faults, faults_of_generator, points, readable

import liesym
from liesym import ODESystem
from liesym.base.jets import jet_symbol
from liesym.errors import LiesymError
from liesym.testing.values import NoValue, value_at

BUDGET = 1.0
READING = 10.0
"""Seconds for a door without a budget."""
PATIENCE = 20.0
"""Seconds after which a door is broken off."""
FLOWS = 2


class BrokenOff(BaseException):
    """A door that did not come back."""


@dataclass
class Findings:
    """What the oracles saw: (oracle, door, input, what), and how many inputs were read."""

    offences: list[tuple[str, str, str, str]] = field(default_factory=list)
    inputs: int = 0
    read: int = 0

    def of(self, *oracles: str) -> list[tuple[str, str, str, str]]:
        """The offences against these oracles."""
        return [o for o in self.offences if o[0] in oracles]


def _break_off(number: int, frame: FrameType | None) -> None:
    raise BrokenOff


def through(door: str, told: str, found: Findings, call: Callable[[], Any], allowed: float) -> Any:
    """What the door returns, or None; errors and time are noted."""
    start = time.process_time()
    before = signal.signal(signal.SIGPROF, _break_off)
    signal.setitimer(signal.ITIMER_PROF, PATIENCE)
    try:
        return call()
    except LiesymError:
        return None
    except BrokenOff:
        return None
    except Exception as error:  # the oracle: no other error may leave a door
        found.offences.append(("raw", door, told, f"{type(error).__name__}: {str(error)[:200]}"))
        return None
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)
        seconds = time.process_time() - start
        if seconds > allowed * 1.1 + 1:
            found.offences.append(("over", door, told, f"{seconds:.1f} s of {allowed} s"))


def of_text(text: str, found: Findings) -> None:
    """A system as text."""
    found.inputs += 1
    system = through("parse", text, found, lambda: ODESystem.parse(text), READING)
    if system is not None:
        of_system(system, text, found)


def of_table(text: str, found: Findings) -> None:
    """A system as TOML."""
    found.inputs += 1
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "system.toml"
        path.write_text(text, encoding="utf-8")
        system = through("from_file", text, found, lambda: ODESystem.from_file(path), READING)
    if system is not None:
        of_system(system, text, found)


def of_sympy(equations: Sequence[Any], found: Findings) -> None:
    """A system as equations of SymPy."""
    found.inputs += 1
    system = through("from_sympy", str(equations), found, lambda: ODESystem.from_sympy(equations), READING)
    if system is not None:
        of_system(system, str(equations), found)


def of_lagrangian(text: str, found: Findings) -> None:
    """A Lagrangian as text: its laws are integrals of its equations."""
    found.inputs += 1
    through("noether", text, found, lambda: liesym.noether(text, unknowns=("y",), budget=BUDGET), BUDGET)


def of_system(system: ODESystem, told: str, found: Findings) -> None:
    """Symmetries, integrals, flows, verification and lowering of a system that was read."""
    found.read += 1
    result = through("find_symmetries", told, found, lambda: liesym.find_symmetries(system, budget=BUDGET), BUDGET)
    for number, generator in enumerate(result.generators if result is not None else ()):
        for wrong in faults_of_generator(generator, system)[:1]:
            found.offences.append(("false", "find_symmetries", told, f"{generator} on {generator.on}: {wrong}"))
        through("verify", told, found, lambda g=generator: g.is_symmetry_of(system), READING)
        if number < FLOWS:
            through("flow", told, found, lambda g=generator: g.flow(), READING)
    integrals = through("first_integrals", told, found, lambda: liesym.first_integrals(system, budget=BUDGET), BUDGET)
    for integral, on in zip(integrals, integrals.on, strict=True) if integrals is not None else ():
        for wrong in faults([integral], on, system)[:1]:
            found.offences.append(("false", "first_integrals", told, f"{integral} on {on}: {wrong}"))
    if not system.functions:
        through("lower", told, found, lambda: _lowered(system, told, found), READING)


def _lowered(system: ODESystem, told: str, found: Findings) -> None:
    """The right sides lowered to NumPy, at points where they are real."""
    fn = liesym.lower(system, backend="numpy")
    if any(readable(f) is None for f in system.rhs):
        return
    state = [
        jet_symbol(x, k) for k in range(system.order) for x, n in zip(system.unknowns, system.orders, strict=True) if k < n
    ]
    jets = {s for row in coordinates(system) for s in row}
    for p in points({*jets, system.independent, *system.parameter_symbols}, 6, seed=2):
        try:
            with mpmath.workdps(30):
                expected = sorted(float(value_at(f, p)) for f in system.rhs)
        except (NoValue, OverflowError):
            continue
        args = {s.name: float(p[s]) for s in system.parameter_symbols}
        with np.errstate(all="ignore"):
            values = fn(float(p[system.independent]), np.array([float(p[s]) for s in state]), args)
        among = [min(abs(float(v) - e) for v in values) <= 1e-6 * (1 + abs(e)) for e in expected if abs(e) < 1e100]
        if not all(among):
            found.offences.append(("false", "lower", told, f"{list(values)}, not {expected}, at {p}"))
            return
