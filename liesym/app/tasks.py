"""What the commands do once their input is read: free of the terminal, and testable without it."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from sympy import Expr

from liesym.app.clock import clock
from liesym.app.report.algebra import AlgebraFacts, algebra_facts
from liesym.app.report.json import result_record
from liesym.app.shares import ALONE, BASIS, INTEGRALS, SYMMETRIES
from liesym.base.budget import UNLIMITED, Budget
from liesym.base.listing import Listing
from liesym.conservation import first_integrals
from liesym.determine.forms import DeterminingSystem
from liesym.determine.invariance import determine
from liesym.errors import OutOfBudget
from liesym.model.ansatz import AnsatzSpec
from liesym.model.problem import Problem
from liesym.model.system import ODESystem
from liesym.symmetries.pipeline import find_symmetries
from liesym.symmetries.results import Completeness, Result
from liesym.symmetries.tidy import in_tidy_basis


def determining_of(system: ODESystem, ansatz: AnsatzSpec | None = None, budget: Budget = UNLIMITED) -> DeterminingSystem:
    """The determining system; a separable ansatz restricts what the infinitesimals depend on."""
    if ansatz is None or ansatz.kind != "separable":
        return determine(system, budget=budget).public(budget=budget)
    names = {v.name: v for v in system.variables}
    given = dict(ansatz.depends)
    depends = {v: [names[n] for n in given.get(v.name, ())] for v in system.variables}
    return determine(system, depends, budget=budget).public(budget=budget)


@dataclass(frozen=True, slots=True)
class Analysis:
    """What `analyze` found: symmetries, first integrals (None if not looked for), algebra, time spent."""

    result: Result
    integrals: Listing[Expr] | None
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
            result = find_symmetries(
                system,
                problem.ansatz,
                budget=budget * (SYMMETRIES if integrals else ALONE),
                classify=classify,
                progress=show,
                seed=seed,
            )
            if integrals and not watched.interrupted:
                show("first integrals")
                before = watched.left()
                known = result.nontrivial or None
                found = first_integrals(system, budget=INTEGRALS * before, generators=known)
                spent = (("first integrals", before - watched.left()),)
        except OutOfBudget:
            watched.expired = True
        if result is not None and not watched.interrupted:
            show("algebra")
            result = in_tidy_basis(result, Budget.seconds(BASIS * watched.left()))
            algebra = algebra_facts(result, lambda part: watched.limit(part * watched.left()))
    result = result or _nothing(problem)
    ran_out = (watched.over or result.stopped) and result.completeness is Completeness.OPEN
    ran_out |= found is not None and found.stopped
    return Analysis(result, found, algebra, spent, ran_out, watched.interrupted)


def _nothing(problem: Problem) -> Result:
    """The result of a search that was stopped before anything was verified."""
    empty = DeterminingSystem(problem.system.variables, (), (), ())
    return Result(
        problem.system, (), (), None, None, Completeness.OPEN, problem.ansatz, (), (), empty, None,
        notes=("stopped before anything was verified",),
    )  # fmt: skip
