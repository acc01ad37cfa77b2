"""The door: laws of a field that can be called, or of a system, each with its grade."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Any

import numpy as np
from sympy import Expr, Symbol

from liesym.base.budget import Budget, now
from liesym.base.doors import door
from liesym.discovery.equations import Equations
from liesym.discovery.field import black_box
from liesym.discovery.field_equations import field_equations
from liesym.discovery.from_data import from_data
from liesym.discovery.integrals import FRESH, field_integrals
from liesym.discovery.library import read_terms
from liesym.discovery.nearly import near_integrals
from liesym.discovery.proven import joined, laws_of, proven_integral, proven_symmetry
from liesym.discovery.records import Discovery, Integral, Symmetry, state_symbols
from liesym.discovery.symmetries import field_symmetries
from liesym.discovery.tracks import checked_names, is_data
from liesym.errors import DataError, Unsupported
from liesym.learn.arrays import AbstractModule
from liesym.learn.rollout import AbstractNeuralODE
from liesym.lowering.lower import lower
from liesym.model.system import ODESystem

PRECISE = 1e-12
"""A field whose numbers are coarser is in single precision, and so is what can be said of it."""


LEARNED = 0.05
"""To which part a trained model conserves what it conserves, if nothing is told."""


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
    identify: bool = False,
    within: float | None = None,
    symmetries: Sequence[Any] = (),
    seed: int = 0,
) -> Discovery:
    """First integrals, and point symmetries of what can be called, as exact expressions.

    Arguments:
        source: a function f(t, x) that gives dx/dt for a state x of shape (m,), or for many of shape (S, m): in NumPy,
            torch (a module too) or JAX; a trained `NeuralODE`, whose field is meant; a first-order ODESystem without
            parameters, for which laws are proven; or `Trajectories`, or a sequence of them.
        names: of the m states; positions first, then their velocities, where there are such.
        region: (least, largest) of each state: laws are looked for, and hold, there; not for trajectories.
        backend: "numpy", "torch" or "jax"; found out by calling unless given.
        noise: standard deviation of the states of trajectories, or one for each; estimated unless given.
        terms: functions of the states, to be tried beside the library: text, or SymPy expressions in symbols of their names.
        budget: seconds, looked at between stages.
        identify: look for equations of trajectories or of a function, and prove laws in these.
        within: look also for what a function conserves nearly, with a rate below this part of what it could be; 0.05 for a
            model with trained numbers, of which nothing is conserved exactly, and else not unless given.
        symmetries: generators, or text such as "t: 1; x: -y; y: x", that the equations of trajectories are known to have;
            only equations that have them are looked for.
        seed: of the states that are drawn.

    Returns:
        A `Discovery`. A law of a function is `supported`, however small the residual: calls at finitely many states
        prove nothing. It is `approximate` where its coefficients are decimals or it holds nearly, and `proven` where an
        ODESystem was given and substitution decides it. One of trajectories is `supported` if its rounded coefficients
        raise the misfit no more than the noise may, and it holds on held-out trajectories, without a trend, and is no
        likely chance.
        With `identify` the equations that were found are `system`, with parameters for coefficients that stay decimals, and
        `fit` says how well they hold; integrals and symmetries are then `proven` in these equations, which is all that it
        says: how sure the equations are, `fit` tells. Not found is not proven absent; the notes say where was looked.

    Raises:
        DataError: names or region do not fit, or the field cannot be called or is not finite there; trajectories with
            times that do not increase, a column that never changes, or too few to tell a law from a constant.
        Unsupported: a system of higher order, or one with parameters.
    """
    begun = now()
    limit = Budget.seconds(budget)
    rng = np.random.default_rng(seed)
    if is_data(source):
        return from_data(source, names, noise, terms, limit, rng, identify=identify, symmetries=symmetries)
    if len(symmetries):
        raise DataError("symmetries= are those of trajectories' equations; of a function or a system they are found")
    system = source if isinstance(source, ODESystem) else None
    bound = _bound(within, is_model=_is_model(source))
    source = source.field if isinstance(source, AbstractNeuralODE) else source
    field, symbols, independent = _opened(source, names)
    if region is None or len(region) != len(symbols):
        had = "none" if region is None else f"{len(region)} pairs"
        raise DataError(
            f"region is one pair (least, largest) for each of {', '.join(s.name for s in symbols)}; given: {had}"
        )
    box = black_box(field, region, backend, rng)
    tried = read_terms(terms, symbols)
    search = field_integrals(box, symbols, tried, limit, rng)
    integrals: Sequence[Integral] = search.integrals
    if not integrals and bound:
        integrals = near_integrals(box, symbols, tried, bound, limit, rng)
    known = [law.expression for law in search.integrals]
    found: Sequence[Symmetry] = () if limit.over else field_symmetries(box, symbols, independent, known, rng)
    notes = [f"integrals free of {independent.name} were looked for among: {', '.join(search.done)}"]
    if not search.integrals and bound:
        notes.append(f"none holds exactly; looked for what is conserved to {bound:.2g} of what its rate could be")
    if box.precision > PRECISE:
        notes.append("the field answers in single precision: a rate below about 1e-4 of its terms counts as 0")
    equations = Equations(None, None, "")
    if identify and system is None:
        equations = field_equations(box, symbols, independent, tried, rng)
        system = equations.system
        notes.append(equations.told or "proven means: in the identified equations, as they stand")
    if system is not None and system.parameters:
        proven, found, _ = laws_of(system, region, tried, limit, rng)
        integrals = joined(integrals, proven, equations, box.draw(FRESH, rng)[1], limit)
    elif system is not None:
        integrals = [proven_integral(law, system, limit) for law in integrals]
        found = [proven_symmetry(law, system, limit) for law in found]
    stopped = search.stopped or ("time ran out before the symmetries" if limit.over and not found else "")
    looked = ("integrals", "symmetries", *(["equations"] if identify else []))
    return Discovery(
        *(tuple(s.name for s in symbols), tuple(integrals), tuple(found), system, tuple(notes)),
        *(stopped, now() - begun, looked, equations.evidence),
    )


def _is_model(source: Any) -> bool:
    """Whether a source has numbers that were trained: a module of ours, of torch or of equinox."""
    equinox = sys.modules.get("equinox")
    ours = isinstance(source, AbstractModule) or hasattr(source, "state_dict")
    return ours or (equinox is not None and isinstance(source, equinox.Module))


def _bound(within: float | None, *, is_model: bool) -> float:
    """The part of its largest rate that a law may have.

    Raises:
        DataError: it is no part.
    """
    if within is None:
        return LEARNED if is_model else 0.0
    if not 0 < within < 1:
        raise DataError(f"within={within!r} is a part between 0 and 1, such as 0.05")
    return within


def _opened(source: Any, names: Sequence[str] | None) -> tuple[Any, tuple[Symbol, ...], Symbol]:
    """The field to call, the symbols of its states, and that of time."""
    if isinstance(source, ODESystem):
        if set(source.orders) != {1} or source.parameters or source.functions:
            raise Unsupported("discover takes a first-order system without parameters; first_integrals takes any system")
        return lower(source, backend="numpy"), source.unknowns, source.independent
    if names is None:
        raise DataError("names of the states are needed with a function, such as names=('x', 'y')")
    given = checked_names(names)
    independent = "t" if "t" not in given else "time"
    return source, state_symbols(given), Symbol(independent, real=True)
