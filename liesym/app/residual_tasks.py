"""A residual of a problem, from a law that is given or from those that are found."""

from __future__ import annotations

from functools import reduce
from operator import add
from typing import Any

from sympy import Expr

from liesym import residuals
from liesym.conservation import backward_conservation_laws, first_integrals
from liesym.determine.verify import total_rate
from liesym.errors import AnsatzError, Unsupported
from liesym.model.problem import Problem
from liesym.model.reading import read_in_system
from liesym.model.system import ODESystem
from liesym.model.vectorfields import read_generator
from liesym.residuals import Residual
from liesym.symmetries.generator import Generator
from liesym.symmetries.pipeline import find_symmetries
from liesym.text import write


def residual_of(
    kind: str,
    problem: Problem,
    *,
    generator: str | None = None,
    integral: str | None = None,
    order: int | None = None,
    budget: float = 60.0,
) -> tuple[Residual, list[str]]:
    """A residual of the kind, from the law that is given or else from all that are found.

    Arguments:
        kind: "invariance", "group", "conservation" or "backward".
        problem: the system, and an ansatz for the search if it has one.
        generator, integral: the law as text.
        order: of the Lie series, for "group"; None asks for the exact flow.
        budget: seconds for finding laws.

    Returns:
        The residual, and one line a law that says what is in it.

    Raises:
        Unsupported: no law of the kind was found, or it cannot be turned into a residual.
        AnsatzError: a law or an order that residuals of the kind do not have.
    """
    system = problem.system
    _check_options(kind, generator, integral, order)
    if kind == "conservation":
        integrals = _integrals(system, integral, budget)
        return residuals.conservation(integrals, system), [f"first integral: {write(i)}" for i in integrals]
    if kind == "backward" and generator is None:
        laws = tuple(backward_conservation_laws(system, budget=budget))
        _need(laws, "backward conservation law", problem)
        expressions = [law.expression for law in laws]
        return residuals.backward(expressions, system), [f"backward law: {write(e)}" for e in expressions]
    generators = _generators(problem, generator, budget)
    make: dict[str, Any] = {
        "invariance": lambda g: residuals.invariance(g, system),
        "group": lambda g: residuals.group(g, system, order=order),
        "backward": lambda g: residuals.backward(g, system),
    }
    parts, told = [], []
    for g in generators:
        try:
            parts.append(make[kind](g))
            told.append(f"generator: {g}")
        except Unsupported as error:
            if generator is not None:
                raise
            told.append(f"left out: {g} ({error})")
    _need(parts, f"generator that gives a {kind} residual", problem)
    return reduce(add, parts), told


def _check_options(kind: str, generator: str | None, integral: str | None, order: int | None) -> None:
    if integral is not None and kind != "conservation":
        raise AnsatzError(f"--integral is for conservation residuals; a residual of kind {kind} has a generator")
    if generator is not None and kind == "conservation":
        raise AnsatzError("--generator is not for conservation residuals; give the first integral with --integral")
    if order is not None and kind != "group":
        raise AnsatzError(f"--order is for group residuals; a residual of kind {kind} has none")


def _integrals(system: ODESystem, text: str | None, budget: float) -> list[Expr]:
    if text is not None:
        given = read_in_system(text, system)
        rest = total_rate(given, system)
        if rest != 0:
            raise Unsupported(f"{write(given)} is no first integral: its rate of change is {write(rest)}")
        if not given.free_symbols - set(system.parameter_symbols):
            raise Unsupported(f"{write(given)} is constant on every curve, so its residual would be 0 for every field")
        return [given]
    found = list(first_integrals(system, budget=budget))
    if not found:
        raise Unsupported("no first integral was found; give one with --integral")
    return found


def _generators(problem: Problem, text: str | None, budget: float) -> list[Generator]:
    if text is None:
        found = find_symmetries(problem.system, problem.ansatz, budget=budget)
        return [g for g in found.generators if not g.trivial]
    given = Generator.of(read_generator(text, problem.system))
    if not given.is_symmetry_of(problem.system):
        raise Unsupported(f"{given} is no symmetry of the system; liesym verify shows the remainder")
    return [given]


def _need(found: Any, what: str, problem: Problem) -> None:
    if not found:
        hint = "" if problem.ansatz else "; try an --ansatz, more --budget, or give it with --generator"
        raise Unsupported(f"no {what} was found{hint}")
