"""Initial states that are given as functions of parameters and of the other initial states: x(0) = 0, S(0) = N - I(0)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sympy import Expr, Symbol, cancel

from liesym.errors import ParseError
from liesym.model.reading import in_names_of, read_in_system
from liesym.model.system import ODESystem
from liesym.symmetries.generator import Generator

Initial = str | Mapping[str, Expr | str | float]


def read_starts(given: Initial, system: ODESystem) -> dict[Symbol, Expr]:
    """Initial states, in the symbols of a system; names that it does not have are new parameters.

    Arguments:
        given: text such as "x=0, S=N-I" or "x(0)=0; S(0)=N-I", or a mapping from names.

    Raises:
        ParseError: it is not of this form, names no state, or one start hangs on another one that is given.
    """
    pairs = _split(given) if isinstance(given, str) else [(str(name), value) for name, value in given.items()]
    states = {x.name: x for x in system.unknowns}
    found: dict[Symbol, Expr] = {}
    for name, value in pairs:
        if name not in states:
            raise ParseError(f"{name} is no state, so it has no initial value to give", expected=tuple(states))
        text = isinstance(value, str)
        found[states[name]] = (
            read_in_system(str(value), system, jets=False, strict=False) if text else in_names_of(system, value)
        )
    for x, start in found.items():
        hanging = sorted(s.name for s in start.free_symbols & found.keys())  # type: ignore[union-attr]
        if hanging or start.has(system.independent):
            what = f"on {hanging[0]}, which is given too" if hanging else "on time"
            raise ParseError(f"the initial value of {x.name} hangs {what}; write it in parameters and other states")
    return found


def _split(text: str) -> list[tuple[str, str]]:
    """(state, value) of "x = 0, S(0) = N - I"."""
    pairs = []
    for part in filter(str.strip, text.replace(";", ",").split(",")):
        name, equals, value = part.partition("=")
        if not equals or not value.strip():
            raise ParseError(f"{part.strip()!r} gives no initial value; write x=0, S=N-I")
        pairs.append((name.strip().removesuffix("(0)").strip(), value.strip()))
    return pairs


def keeps_starts(direction: Generator, starts: Mapping[Symbol, Expr]) -> bool:
    """True if a direction takes points with these initial states to such points."""
    for x, start in starts.items():
        drift = direction.eta[x] - direction.apply(start)
        if cancel(drift.subs(starts)) != 0:
            return False
    return True


def start_verdicts(starts: Mapping[Symbol, Expr], moved: Sequence[Symbol], verdicts: Mapping[str, str]) -> dict[str, str]:
    """The verdicts on given initial states, from those on what they are made of."""
    told = {}
    for x, start in starts.items():
        parts = {verdicts.get(s.name, "locally") for s in start.free_symbols if isinstance(s, Symbol)}
        told[x.name] = "not" if x in moved else "identifiable" if parts <= {"identifiable"} else "locally"
    return told
