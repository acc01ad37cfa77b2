"""Initial states that are given as functions of parameters and of the other initial states: x(0) = 0, S(0) = N - I(0)."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence, Set

from sympy import Expr, Poly, Symbol, cancel, fraction, nan, zoo
from sympy.core.function import AppliedUndef

from liesym.errors import ParseError
from liesym.model.reading import in_names_of, read_in_system
from liesym.model.system import ODESystem
from liesym.symmetries.generator import Generator

Initial = str | Mapping[str, Expr | str | float]


def read_starts(
    given: Initial, system: ODESystem, known: Sequence[str] = (), inputs: Collection[str] = ()
) -> dict[Symbol, Expr]:
    """Initial states, in the symbols of a system; names that it does not have are new parameters.

    Arguments:
        given: text such as "x=0, S=N-I" or "x(0)=0; S(0)=N-I", or a mapping from names.
        known: names of what is known; a start that is given in symbols cannot be known as well.
        inputs: names of functions of time, in which no start can be written.

    Raises:
        ParseError: it is not of this form, names no state, or one start hangs on another one that is given, or on an input.
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
        _check_inputs(x, start, inputs)
        if x.name in known and start.free_symbols:
            raise ParseError(
                f"the initial value of {x.name} is given and known; give it, and say which of its parts are known"
            )
        hanging = sorted(s.name for s in start.free_symbols & found.keys())  # type: ignore[union-attr]
        if hanging or start.has(system.independent):
            what = f"on {hanging[0]}, which is given too" if hanging else "on time"
            raise ParseError(f"the initial value of {x.name} hangs {what}; write it in parameters and other states")
    return found


def _check_inputs(x: Symbol, start: Expr, inputs: Collection[str]) -> None:
    """Refuse functions in an initial value; the value of one at the start has no name here."""
    names = {s.name for s in start.free_symbols if isinstance(s, Symbol)} & set(inputs)
    names |= {f.func.__name__ for f in start.atoms(AppliedUndef)}
    if names:
        name = min(names)
        raise ParseError(
            f"the initial value of {x.name} hangs on {name}, a function of time; "
            f"write its value at the start as a parameter {name}0, and say that {name}0 is known"
        )


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


def start_verdicts(starts: Mapping[Symbol, Expr], moved: Set[Symbol], verdicts: Mapping[str, str]) -> dict[str, str]:
    """The verdicts on given initial states, from those on what they are made of.

    Arguments:
        starts: the initial states.
        moved: parameters and given states that a hidden direction moves.
        verdicts: on all names; a state that is observed stays identifiable.
    """
    told = {}
    for x, start in starts.items():
        parts = {verdicts.get(s.name, "locally") for s in start.free_symbols if isinstance(s, Symbol)}
        free = x in moved or not moved.isdisjoint(start.free_symbols)
        one = verdicts.get(x.name) == "identifiable" or parts <= {"identifiable"}
        told[x.name] = "identifiable" if one else "not" if free else "locally"
    return told


def start_several(starts: Mapping[Symbol, Expr], several: Collection[str], verdicts: Mapping[str, str]) -> set[str]:
    """Given initial states with several values: one part has several, of which they take none twice."""
    found = set()
    for x, start in starts.items():
        parts = [s for s in start.free_symbols if isinstance(s, Symbol) and verdicts.get(s.name) != "identifiable"]
        if verdicts.get(x.name) == "locally" and len(parts) == 1 and parts[0].name in several and _once(start, parts[0]):
            found.add(x.name)
    return found


def told_at_start(
    observables: Sequence[Expr], starts: Mapping[Symbol, Expr], known: Collection[str], independent: Symbol
) -> set[str]:
    """Names whose value an observable has at the start, with given initial states put in or not."""
    found = set()
    for h in observables:
        for seen in (h, h.subs(dict(starts)), h.subs({x: e for x, e in starts.items() if e.is_number})):
            if seen.has(zoo, nan):
                continue
            unknown = [s for s in seen.free_symbols if isinstance(s, Symbol) and s != independent and s.name not in known]
            if len(unknown) == 1 and _once(seen, unknown[0]):
                found.add(unknown[0].name)
    return found


def _once(e: Expr, s: Symbol) -> bool:
    """True if an expression is (a s + b)/(c s + d) and no constant, so that it takes no value twice."""
    top, bottom = fraction(cancel(e))
    if not (top.is_polynomial(s) and bottom.is_polynomial(s)) or not cancel(e).has(s):
        return False
    return Poly(top, s).degree() <= 1 and Poly(bottom, s).degree() <= 1
