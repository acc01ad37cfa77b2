"""The door: laws of a field that can be called, or of a system, each with its grade."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from sympy import Expr, Symbol

from liesym.base.budget import Budget, now
from liesym.base.doors import door
from liesym.determine.verify import is_first_integral
from liesym.discovery.field import black_box
from liesym.discovery.integrals import field_integrals
from liesym.discovery.records import Discovery, Evidence, Integral, Symmetry, state_symbols
from liesym.discovery.symmetries import field_symmetries
from liesym.errors import DataError, OutOfBudget, Unsupported
from liesym.lowering.lower import lower
from liesym.model.system import ODESystem

NAME = re.compile(r"[^\W\d]\w*'*")
PRECISE = 1e-12
"""A field whose numbers are coarser is in single precision, and so is what can be said of it."""


@door("the discovery of laws")
def discover(
    source: ODESystem | Callable[..., Any],
    *,
    names: Sequence[str] | None = None,
    region: Sequence[Sequence[float]] | None = None,
    backend: str | None = None,
    terms: Sequence[Expr] = (),
    budget: float = 60.0,
    seed: int = 0,
) -> Discovery:
    """First integrals and point symmetries of what can only be called, as exact expressions.

    Arguments:
        source: a function f(t, x) that gives dx/dt for a state x of shape (m,), or for many of shape (S, m): in NumPy,
            torch (a module too) or JAX; or a first-order ODESystem without parameters, for which laws are proven.
        names: of the m states; positions first, then their velocities, where there are such.
        region: (least, largest) of each state: laws are looked for, and hold, there.
        backend: "numpy", "torch" or "jax"; found out by calling unless given.
        terms: functions of the states, to be tried beside the library.
        budget: seconds, looked at between stages.
        seed: of the states that are drawn.

    Returns:
        A `Discovery`. A law of a function is `supported`, however small the residual: calls at finitely many states
        prove nothing. It is `approximate` where its coefficients are decimals, and `proven` where an ODESystem was given
        and substitution decides it. Not found is not proven absent; the notes say where was looked.

    Raises:
        DataError: names or region do not fit, or the field cannot be called or is not finite there.
        Unsupported: a system of higher order, or one with parameters.
    """
    begun = now()
    limit = Budget.seconds(budget)
    rng = np.random.default_rng(seed)
    system = source if isinstance(source, ODESystem) else None
    field, symbols, independent = _opened(source, names)
    if region is None or len(region) != len(symbols):
        had = "none" if region is None else f"{len(region)} pairs"
        raise DataError(
            f"region is one pair (least, largest) for each of {', '.join(s.name for s in symbols)}; given: {had}"
        )
    box = black_box(field, region, backend, rng)
    search = field_integrals(box, symbols, terms, limit, rng)
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
