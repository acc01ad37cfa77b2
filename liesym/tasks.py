"""What the commands do once their input is read: free of the terminal, and testable without it."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import reduce
from operator import add
from pathlib import Path
from typing import Any

from sympy import Expr, S

import liesym
from liesym import residuals
from liesym.algebra import LieAlgebra
from liesym.certify import recheck
from liesym.clock import clock
from liesym.determine import DeterminingSystem, determine, jet_field
from liesym.errors import AnsatzError, DataError, LiesymError, OutOfBudget, Unsupported
from liesym.generators import Generator
from liesym.report.algebra import AlgebraFacts, algebra_facts
from liesym.report.json import Saved, read_result, result_record
from liesym.residuals import Residual
from liesym.results import Completeness, Result
from liesym.solve.vectors import independent_vectors
from liesym.system import ODESystem
from liesym.text import write
from liesym.text.ansatz import AnsatzSpec
from liesym.text.equations import read_in_system
from liesym.text.files import Problem
from liesym.text.vectorfields import read_generator
from liesym.verify import drift, is_trivial


def determining_of(system: ODESystem, ansatz: AnsatzSpec | None = None) -> DeterminingSystem:
    """The determining system; a separable ansatz restricts what the infinitesimals depend on."""
    if ansatz is None or ansatz.kind != "separable":
        return determine(system).public()
    names = {v.name: v for v in system.variables}
    given = dict(ansatz.depends)
    depends = {v: [names[n] for n in given.get(v.name, ())] for v in system.variables}
    return determine(system, depends).public()


@dataclass(frozen=True, slots=True)
class Analysis:
    """What `analyze` found: symmetries, first integrals (None if not looked for), algebra, time spent."""

    result: Result
    integrals: tuple[Expr, ...] | None
    algebra: AlgebraFacts | None
    seconds: tuple[tuple[str, float], ...]
    ran_out: bool
    interrupted: bool

    def record(self) -> dict[str, Any]:
        """The JSON of `analyze`."""
        return result_record(self.result, self.integrals, self.algebra, dict(self.seconds))


def analysis(
    problem: Problem,
    *,
    budget: float,
    classify: bool = False,
    integrals: bool = True,
    seed: int = 0,
    show: Callable[[str], None] = lambda line: None,
) -> Analysis:
    """Symmetries, then first integrals, within one budget; nothing found in time is a result too."""
    system, found, spent = problem.system, None, ()
    result = algebra = None
    with clock(budget) as watched, suppress(KeyboardInterrupt):
        try:
            result = liesym.find_symmetries(
                system,
                problem.ansatz,
                budget=budget * (0.75 if integrals else 1.0),
                classify=classify,
                progress=show,
                seed=seed,
            )
            if integrals and not watched.interrupted:
                show("first integrals")
                before = watched.left()
                known = result.nontrivial or None
                found = tuple(liesym.first_integrals(system, budget=max(before, 0.1), generators=known))
                spent = (("first integrals", before - watched.left()),)
        except OutOfBudget:
            watched.expired = True
        if result is not None and not watched.interrupted:
            show("algebra")
            algebra = algebra_facts(result, watched.limit)
    result = result or _nothing(problem)
    ran_out = (watched.over or result.stopped) and result.completeness is Completeness.OPEN
    return Analysis(result, found, algebra, spent, ran_out, watched.interrupted)


def _nothing(problem: Problem) -> Result:
    """The result of a search that was stopped before anything was verified."""
    empty = DeterminingSystem(problem.system.variables, (), (), ())
    return Result(
        problem.system, (), (), None, None, Completeness.OPEN, problem.ansatz, (), (), empty, None,
        notes=("stopped before anything was verified",),
    )  # fmt: skip


# -- residuals -----------------------------------------------------------------------------------


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
        laws = tuple(liesym.backward_conservation_laws(system, budget=budget))
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
        rest = drift(given, system)
        if rest != 0:
            raise Unsupported(f"{write(given)} is no first integral: its rate of change is {write(rest)}")
        if not given.free_symbols - set(system.parameter_symbols):
            raise Unsupported(f"{write(given)} is constant on every curve, so its residual would be 0 for every field")
        return [given]
    found = list(liesym.first_integrals(system, budget=budget))
    if not found:
        raise Unsupported("no first integral was found; give one with --integral")
    return found


def _generators(problem: Problem, text: str | None, budget: float) -> list[Generator]:
    if text is None:
        found = liesym.find_symmetries(problem.system, problem.ansatz, budget=budget)
        return [g for g in found.generators if not g.trivial]
    given = read_generator(text, problem.system)
    if not given.is_symmetry_of(problem.system):
        raise Unsupported(f"{given} is no symmetry of the system; liesym verify shows the remainder")
    return [given]


def _need(found: Any, what: str, problem: Problem) -> None:
    if not found:
        hint = "" if problem.ansatz else "; try an --ansatz, more --budget, or give it with --generator"
        raise Unsupported(f"no {what} was found{hint}")


# -- checking a saved result ---------------------------------------------------------------------


def recheck_saved(path: str | Path, *, budget: float = 60.0) -> tuple[list[str], bool]:
    """Check what a saved result claims, from nothing but its equations.

    That is: generators, families and first integrals by substitution; which generators are trivial; that they are
    independent, and as many as a proven dimension says; the count behind an upper bound; commutators and the
    properties of the algebra. The conditions and the names of the algebra are not decided again.

    Returns:
        One line a check, and whether all held.

    Raises:
        DataError, ParseError: the file is no such result.
    """
    saved = read_result(path)
    lines: list[str] = []
    sound = _recheck_generators(saved, lines)
    for i, integral in enumerate(saved.integrals):
        sound &= _line(lines, f"first integral {i + 1}", drift(integral, saved.system) == 0)
    sound &= _recheck_count(saved, lines)
    sound &= _recheck_certificate(saved, lines)
    sound &= _recheck_algebra(saved, lines)
    lines.append("all checks hold" if sound else "NOT all checks hold")
    return lines, sound


def _line(lines: list[str], what: str, holds: bool) -> bool:
    lines.append(f"{what}: {'holds' if holds else 'DOES NOT HOLD'}")
    return holds


def _recheck_generators(saved: Saved, lines: list[str]) -> bool:
    sound = True
    for label, generators in (("X", saved.generators), ("F", saved.families)):
        for i, generator in enumerate(generators):
            sound &= _line(lines, f"{label}{i + 1} = {generator}", generator.is_symmetry_of(saved.system))
            trivial = saved.system.is_first_order and is_trivial(generator, saved.system)
            if trivial != generator.trivial:
                what = "is trivial" if generator.trivial else "is not trivial"
                sound = _line(lines, f"{label}{i + 1} {what}", False)
    return sound


def _recheck_count(saved: Saved, lines: list[str]) -> bool:
    """Independence of the generators, and that a proven dimension is their number and the bound."""
    if not saved.generators:
        return True
    components = [c for g in saved.generators for c in g.components]
    definitions = tuple({d.name: d for g in saved.generators for d in g.definitions}.values())
    field = jet_field(saved.system, components, definitions)
    vectors = [tuple(field(c) for c in g.components) for g in saved.generators]
    count = len(independent_vectors(vectors, field))
    sound = _line(lines, f"{len(vectors)} generators linearly independent", count == len(vectors))
    if saved.completeness == "proven":
        met = count == saved.dimension == saved.upper_bound
        sound &= _line(lines, f"their number is the dimension {saved.dimension} and the upper bound", met)
    return sound


def _recheck_algebra(saved: Saved, lines: list[str]) -> bool:
    """Every commutator that is stated, and that those left out vanish; solvable, nilpotent and semisimple."""
    if saved.algebra is None:
        return True
    stated = _stated_constants(saved)
    try:
        own = LieAlgebra.from_generators(saved.generators)
    except Unsupported:  # dependent, or not closed
        return _line(lines, "commutators", False)
    found = {(i, j, k): c for i, j, row in own.commutators for k, c in row.items()}
    pairs = [(found.get(key, S.Zero), stated.get(key, S.Zero)) for key in {*found, *stated}]
    field = jet_field(saved.system, [c for pair in pairs for c in pair])
    sound = _line(lines, "commutators", all((field(a) - field(b)).is_zero for a, b in pairs))
    for name in ("solvable", "nilpotent", "semisimple"):
        told = saved.algebra.get(name)
        if told is not None:
            sound &= _line(lines, f"{'' if told else 'not '}{name}", getattr(own, f"is_{name}") is bool(told))
    return sound


def _stated_constants(saved: Saved) -> dict[tuple[int, int, int], Expr]:
    assert saved.algebra is not None
    try:
        rows = [(int(i), int(j), dict(row)) for i, j, row in saved.algebra["commutators"]]
        return {(i, j, int(k)): read_in_system(c, saved.system) for i, j, row in rows for k, c in row.items()}
    except LiesymError:
        raise
    except (KeyError, TypeError, ValueError):
        raise DataError('the algebra is malformed: commutators must be a list such as [[0, 1, {"2": "1"}]]') from None


def _recheck_certificate(saved: Saved, lines: list[str]) -> bool:
    claim = "certificate of a proven dimension" if saved.completeness == "proven" else "count behind the dimension"
    if saved.certificate is None or saved.certificate.bound is None:
        claimed = saved.completeness == "proven" or saved.dimension is not None or saved.upper_bound is not None
        return not claimed or _line(lines, claim, False)
    if saved.dimension not in (None, saved.certificate.bound):
        return _line(lines, claim, False)
    try:
        again = saved.certificate.bound == saved.upper_bound and recheck(saved.certificate, saved.system)
    except (TypeError, ValueError, LookupError) as error:  # numbers that no count could have been made with
        raise DataError(f"the certificate is malformed: {error}") from None
    return _line(lines, f"certificate of the upper bound {saved.upper_bound}", again)
