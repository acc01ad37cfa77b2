"""The door: laws of a field that can be called, or of a system, each with its grade."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from sympy import Expr, Symbol

from liesym.base.budget import Budget, now
from liesym.base.doors import door
from liesym.base.jets import as_expression
from liesym.determine.verify import is_first_integral
from liesym.discovery.field import black_box
from liesym.discovery.integrals import field_integrals
from liesym.discovery.records import Discovery, Evidence, Integral, Symmetry, state_symbols
from liesym.discovery.smoothing import smoothed
from liesym.discovery.symmetries import field_symmetries
from liesym.discovery.tracks import gathered, is_data
from liesym.discovery.trajectories import track_integrals
from liesym.errors import DataError, OutOfBudget, Unsupported
from liesym.lowering.lower import lower
from liesym.model.system import ODESystem
from liesym.text.reader import read_expression

NAME = re.compile(r"[^\W\d]\w*'*")
LOUD = 0.4
"""Noise over the standard deviation of a state from which on little can be found."""
PRECISE = 1e-12
"""A field whose numbers are coarser is in single precision, and so is what can be said of it."""


@door("the discovery of laws")
def discover(
    source: Any,
    *,
    names: Sequence[str] | None = None,
    region: Sequence[Sequence[float]] | None = None,
    backend: str | None = None,
    noise: float | Sequence[float] | None = None,
    terms: Sequence[Expr | str] = (),
    budget: float = 60.0,
    seed: int = 0,
) -> Discovery:
    """First integrals, and point symmetries of what can be called, as exact expressions.

    Arguments:
        source: a function f(t, x) that gives dx/dt for a state x of shape (m,), or for many of shape (S, m): in NumPy,
            torch (a module too) or JAX; a first-order ODESystem without parameters, for which laws are proven; or
            `Trajectories`, or a sequence of them, from which integrals are found, and nothing else so far.
        names: of the m states; positions first, then their velocities, where there are such.
        region: (least, largest) of each state: laws are looked for, and hold, there; not for trajectories.
        backend: "numpy", "torch" or "jax"; found out by calling unless given.
        noise: standard deviation of the states of trajectories, or one for each; estimated unless given.
        terms: functions of the states, to be tried beside the library: text, or SymPy expressions in symbols of their names.
        budget: seconds, looked at between stages.
        seed: of the states that are drawn.

    Returns:
        A `Discovery`. A law of a function is `supported`, however small the residual: calls at finitely many states
        prove nothing. It is `approximate` where its coefficients are decimals, and `proven` where an ODESystem was given
        and substitution decides it. One of trajectories is `supported` if its rounded coefficients raise the misfit no more
        than the noise may, and it holds on held-out trajectories, without a trend, and is no likely chance.
        Not found is not proven absent; the notes say where was looked.

    Raises:
        DataError: names or region do not fit, or the field cannot be called or is not finite there; trajectories with
            times that do not increase, a column that never changes, or too few to tell a law from a constant.
        Unsupported: a system of higher order, or one with parameters.
    """
    begun = now()
    limit = Budget.seconds(budget)
    rng = np.random.default_rng(seed)
    if is_data(source):
        return _from_data(source, names, noise, terms, limit, rng)
    system = source if isinstance(source, ODESystem) else None
    field, symbols, independent = _opened(source, names)
    if region is None or len(region) != len(symbols):
        had = "none" if region is None else f"{len(region)} pairs"
        raise DataError(
            f"region is one pair (least, largest) for each of {', '.join(s.name for s in symbols)}; given: {had}"
        )
    box = black_box(field, region, backend, rng)
    search = field_integrals(box, symbols, _terms(terms, symbols), limit, rng)
    symmetries: Sequence[Symmetry] = (
        () if limit.over else field_symmetries(box, symbols, independent, [law.expression for law in search.integrals], rng)
    )
    integrals: Sequence[Integral] = search.integrals
    notes = [f"integrals free of {independent.name} were looked for among: {', '.join(search.done)}"]
    if box.precision > PRECISE:
        notes.append("the field answers in single precision: a rate below about 1e-4 of its terms counts as 0")
    if system is not None:
        integrals = [_proven(law, system, limit) for law in integrals]
        symmetries = [_proven_symmetry(law, system, limit) for law in symmetries]
    stopped = search.stopped or ("time ran out before the symmetries" if limit.over and not symmetries else "")
    written = tuple(s.name for s in symbols)
    return Discovery(written, tuple(integrals), tuple(symmetries), system, tuple(notes), stopped, now() - begun)


def _from_data(
    source: Any,
    names: Sequence[str] | None,
    noise: float | Sequence[float] | None,
    terms: Sequence[Expr | str],
    budget: Budget,
    rng: np.random.Generator,
) -> Discovery:
    """Integrals of trajectories."""
    begun = now()
    runs, own = gathered(source)
    given = tuple(names) if names is not None else own
    if len(given) != len(own):
        raise DataError(f"names={given!r} for {len(own)} columns of states")
    smooth = smoothed(runs, noise)
    symbols = state_symbols(given)
    search = track_integrals(smooth, symbols, _terms(terms, symbols), budget, rng)
    part = smooth.noise / np.concatenate([run.states for run in runs]).std(0)
    shown = ", ".join(f"{name} {p:.2g}" for name, p in zip(given, part, strict=True))
    notes = [
        "symmetries and equations are not looked for in trajectories",
        f"sums of at most {search.size} of {search.terms} functions were tried",
        f"noise in parts of the standard deviation: {shown}; window of {smooth.window} samples",
    ]
    if (part > LOUD).any():
        notes.append("the noise is of the size of the signal: most laws cannot be told from it")
    looked = ("integrals",)
    return Discovery(given, search.integrals, (), None, tuple(notes), search.stopped, now() - begun, looked)


def _terms(given: Sequence[Expr | str], symbols: Sequence[Symbol]) -> list[Expr]:
    """The terms in the symbols of the states, which are matched by name, whatever their assumptions are.

    Raises:
        DataError: a term holds something else, or is no expression.
    """
    by_name = {s.name: s for s in symbols}
    read: list[Expr] = []
    for term in [given] if isinstance(given, str) else given:
        value = read_expression(term, symbols=by_name) if isinstance(term, str) else as_expression(term)
        if not isinstance(value, Expr):
            raise DataError(f"{term!r} among the terms is no expression of {', '.join(by_name)}")
        moved = value.xreplace({s: by_name[s.name] for s in value.free_symbols if s.name in by_name})  # type: ignore[attr-defined]
        foreign = sorted(str(s) for s in moved.free_symbols - set(symbols))
        if foreign:
            raise DataError(f"the term {term} holds {', '.join(foreign)}; the states are {', '.join(by_name)}")
        read.append(moved)
    return read


def _opened(source: Any, names: Sequence[str] | None) -> tuple[Any, tuple[Symbol, ...], Symbol]:
    """The field to call, the symbols of its states, and that of time."""
    if isinstance(source, ODESystem):
        if set(source.orders) != {1} or source.parameters or source.functions:
            raise Unsupported("discover takes a first-order system without parameters; first_integrals takes any system")
        return lower(source, backend="numpy"), source.unknowns, source.independent
    if names is None:
        raise DataError("names of the states are needed with a function, such as names=('x', 'y')")
    given = tuple(names)
    if len(set(given)) < len(given) or not given:
        raise DataError(f"names={given!r}: each state needs a name of its own")
    for name in given:
        if not NAME.fullmatch(name):
            raise DataError(f"{name!r} is not a name of a state, such as x, q1 or v_x")
    independent = "t" if "t" not in given else "time"
    return source, state_symbols(given), Symbol(independent, real=True)


def _proven(law: Integral, system: ODESystem, budget: Budget) -> Integral:
    """The law, proven if substitution says so, approximate if it says no."""
    if law.grade == "approximate":
        return law
    try:
        holds = is_first_integral(law.expression, system, budget)
    except OutOfBudget:
        return law
    told = Evidence("D_t I = 0 on solutions by substitution" if holds else law.evidence.method, law.evidence.figures)
    return replace(law, grade="proven" if holds else "approximate", evidence=told)


def _proven_symmetry(law: Symmetry, system: ODESystem, budget: Budget) -> Symmetry:
    """The symmetry, proven if the invariance condition holds, approximate if not."""
    if law.grade == "approximate" or budget.over:
        return law
    holds = law.generator.is_symmetry_of(system)
    told = Evidence("invariance condition by substitution" if holds else law.evidence.method, law.evidence.figures)
    return replace(law, grade="proven" if holds else "approximate", evidence=told)
