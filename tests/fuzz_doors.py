"""One fuzzed input through the doors of Python and one command, held against three oracles.

raw      an error that is no `LiesymError` left a door, or a command ended with another status than it may
over     a door took more than its budget, a tenth and a second, in seconds of this process (reading: `READING`)
false    a generator, an integral or a solution is false, or has no value, at a real point of what it speaks of; or what was
         lowered differs from its values with 30 digits

Statements of which no point says anything (no real point, no rule for a function, numbers too large) are counted apart.
"""

from __future__ import annotations

import signal
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType
from typing import Any
from zlib import crc32

import mpmath
import numpy as np
from real_series import Undecided
from true_at_points import Verdict, coordinates, points, readable, verdict, verdict_of_generator
from true_solutions import looks_at_solution
from typer.testing import CliRunner

import liesym
from liesym import ODESystem
from liesym.app.cli import app
from liesym.base.jets import jet_symbol
from liesym.errors import LiesymError
from liesym.testing.values import NoValue, value_at
from liesym.variational.lagrangian import euler_lagrange

BUDGETS = (0.3, 0.3, 0.3, 1.0)
"""Seconds, as the check sum of an input says: short ones end work at many places, a longer one finds more to hold true."""
READING = 10.0
"""Seconds for a door without a budget."""
PATIENCE = 20.0
"""Seconds after which a door is broken off."""
FLOWS, ENOUGH = 2, 4
PRECISION, LARGE = 53, 1e100
"""Bits of floating point, and values beyond which its functions may overflow on the way."""
STATUSES = (0, 1, 2, 3)
"""Of commands: success, a negative answer, bad input, the end of the budget."""
COMMANDS: tuple[tuple[str, ...], ...] = (
    ("analyze", "--json"),
    ("analyze", "--verbose"),
    ("analyze", "--latex"),
    ("classify", "--json"),
    ("solve", "--json"),
    ("reduce",),
    ("explain",),
    ("identify", "--observe", "w = y"),
    ("constrain",),
)
"""One for each text, as its check sum says."""


def budget_of(told: str) -> float:
    """The seconds for an input."""
    return BUDGETS[crc32(told.encode()) // len(COMMANDS) % len(BUDGETS)]


class BrokenOff(BaseException):
    """A door that did not come back."""


@dataclass
class Findings:
    """What the oracles saw.

    Arguments:
        offences: (oracle, door, input, what).
        slower: how many times slower than that of the developers the machine may be: so much longer may take what is not
            ended by a budget.
        inputs, read: how many inputs, and how many of them were read.
        decided: statements of which points say something.
        undecided: statements of which none does, by the reason.
        told: the inputs.
    """

    slower: float = 1.0
    offences: list[tuple[str, str, str, str]] = field(default_factory=list)
    inputs: int = 0
    read: int = 0
    decided: int = 0
    undecided: Counter[str] = field(default_factory=Counter)
    told: set[str] = field(default_factory=set)

    def is_new(self, told: str) -> bool:
        """False for an input that was tried here before; each is counted once."""
        if told in self.told:
            return False
        self.told.add(told)
        self.inputs += 1
        return True

    def of(self, *oracles: str) -> list[tuple[str, str, str, str]]:
        """The offences against these oracles."""
        return [o for o in self.offences if o[0] in oracles]

    def judge(self, door: str, told: str, stated: object, said: Verdict) -> None:
        """Note what points say of a statement."""
        if said.is_none:
            self.undecided[f"{door}: {said.undecided[0]}"] += 1
            return
        self.decided += 1
        if said.wrong:
            self.offences.append(("false", door, told, f"{stated}: {said.wrong[0]}"))


def _break_off(number: int, frame: FrameType | None) -> None:
    raise BrokenOff


def through(door: str, told: str, found: Findings, call: Callable[[], Any], allowed: float) -> Any:
    """What the door returns, or None; errors and time are noted."""
    start = time.process_time()
    before = signal.signal(signal.SIGPROF, _break_off)
    signal.setitimer(signal.ITIMER_PROF, PATIENCE * found.slower)
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
        without_budget = allowed if allowed == READING else 0.0
        if seconds - allowed > (found.slower - 1) * without_budget + found.slower * (0.1 * allowed + 1):
            found.offences.append(("over", door, told, f"{seconds:.1f} s of {allowed} s"))


def of_text(text: str, found: Findings) -> None:
    """A system as text, and one command with it."""
    if not found.is_new(text):
        return
    system = through("parse", text, found, lambda: ODESystem.parse(text), READING)
    if system is not None:
        of_system(system, text, found)
    of_command(text, found)


def of_command(text: str, found: Findings) -> None:
    """One command of the command line; reading its input counts."""
    name, *options = COMMANDS[crc32(text.encode()) % len(COMMANDS)]
    arguments = [name, text, *options, "--budget", str(budget_of(text))]

    def call() -> None:
        ended = CliRunner().invoke(app, arguments)
        if ended.exit_code not in STATUSES or not isinstance(ended.exception, SystemExit | None):
            raise RuntimeError(f"status {ended.exit_code}, {ended.exception!r}")

    through(f"liesym {name}", text, found, call, READING)


def of_table(text: str, found: Findings) -> None:
    """A system as TOML."""
    if not found.is_new(text):
        return
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "system.toml"
        path.write_text(text, encoding="utf-8")
        system = through("from_file", text, found, lambda: ODESystem.from_file(path), READING)
    if system is not None:
        of_system(system, text, found)


def of_sympy(equations: Sequence[Any], found: Findings) -> None:
    """A system as equations of SymPy."""
    if not found.is_new(str(equations)):
        return
    system = through("from_sympy", str(equations), found, lambda: ODESystem.from_sympy(equations), READING)
    if system is not None:
        of_system(system, str(equations), found)


def of_lagrangian(text: str, found: Findings) -> None:
    """A Lagrangian as text: its laws are integrals of its equations."""
    if not found.is_new(text):
        return
    seconds = budget_of(text)
    laws = through("noether", text, found, lambda: liesym.noether(text, unknowns=("y",), budget=seconds), seconds)
    if not laws:
        return
    system = through("euler_lagrange", text, found, lambda: euler_lagrange(text, unknowns=("y",), budget=seconds), seconds)
    if system is None:  # a degenerate one has no equations that are solved for y''
        found.undecided["noether: no solved equations"] += len(laws)
        return
    found.read += 1
    for law in laws:
        said = _judged(law.generator.definitions, lambda law=law: verdict([law.integral], law.on, system))
        found.judge("noether", text, f"{law.integral} on {law.on}", said)


def of_system(system: ODESystem, told: str, found: Findings) -> None:
    """Symmetries, integrals, flows, solutions, verification and lowering of a system that was read."""
    found.read += 1
    seconds = budget_of(told)
    result = through("find_symmetries", told, found, lambda: liesym.find_symmetries(system, budget=seconds), seconds)
    for number, generator in enumerate(result.generators if result is not None else ()):
        said = _judged((), lambda g=generator: verdict_of_generator(g, system))
        found.judge("find_symmetries", told, generator, said)
        through("verify", told, found, lambda g=generator: g.is_symmetry_of(system), READING)
        if number < FLOWS:
            through("flow", told, found, lambda g=generator: g.flow(), READING)
    integrals = through("first_integrals", told, found, lambda: liesym.first_integrals(system, budget=seconds), seconds)
    for integral, on in zip(integrals, integrals.on, strict=True) if integrals is not None else ():
        said = _judged((), lambda i=integral, on=on: verdict([i], on, system))
        found.judge("first_integrals", told, f"{integral} on {on}", said)
    if len(system.unknowns) == 1:
        solution = through("solve", told, found, lambda: liesym.solve(system, budget=seconds), seconds)
        for part, look in looks_at_solution(solution, system) if solution is not None else ():
            found.judge("solve", told, part, _judged((), look))
    if not system.functions:
        through("lower", told, found, lambda: _lowered(system, told, found), READING)


def _judged(definitions: Sequence[object], look: Callable[[], Verdict]) -> Verdict:
    """What points say, in bounded time; nothing of what holds functions that equations define."""
    if definitions:
        return Verdict(undecided=("functions that equations define",))
    before = signal.signal(signal.SIGPROF, _break_off)
    signal.setitimer(signal.ITIMER_PROF, PATIENCE)
    try:
        return look()
    except BrokenOff:
        return Verdict(undecided=("the look took too long",))
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)


def _lowered(system: ODESystem, told: str, found: Findings) -> None:
    """The right sides lowered to NumPy, at points where they are real."""
    fn = liesym.lower(system, backend="numpy")
    if any(readable(f) is None for f in system.rhs):
        return
    state = [
        jet_symbol(x, k) for k in range(system.order) for x, n in zip(system.unknowns, system.orders, strict=True) if k < n
    ]
    jets = {s for row in coordinates(system) for s in row}
    compared = 0
    for p in points({*jets, system.independent, *system.parameter_symbols}, 24, seed=2):
        try:
            expected = [_stable(f, p) for f in system.rhs]
        except (NoValue, Undecided, OverflowError):
            continue
        args = {s.name: float(p[s]) for s in system.parameter_symbols}
        with np.errstate(all="ignore"):
            values = fn(float(p[system.independent]), np.array([float(p[s]) for s in state]), args)
        among = [min(abs(float(v) - e) for v in values) <= 1e-6 * (1 + abs(e)) for e in expected]
        compared += 1
        if not all(among):
            found.offences.append(("false", "lower", told, f"{list(values)}, not {expected}, at {p}"))
        if not all(among) or compared == ENOUGH:
            break
    if compared:
        found.decided += 1
    else:
        found.undecided["lower: no point at which floating point keeps its digits"] += 1


def _stable(f: Any, p: dict[Any, Any]) -> float:
    """The value with 30 digits, where one with the digits of floating point is the same.

    Raises:
        Undecided: it is not.
    """
    with mpmath.workdps(30):
        exact = value_at(f, p)
        with mpmath.workprec(PRECISION):
            rough = value_at(f, {s: mpmath.mpf(float(v)) for s, v in p.items()})
    if abs(exact - rough) > 1e-9 * (1 + abs(exact)) or abs(exact) > LARGE:
        raise Undecided("digits are lost")
    return float(exact)
