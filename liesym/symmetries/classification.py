"""The classification of a system: its symmetries in general, and the special parameters and functions for which they differ.

In: a system with parameters or arbitrary functions. Out: a tree whose root is the generic system and whose branches are the
cases, each with its own verified symmetries, and what was looked at and what was not decided.
Source: Lisle and Reid 2006; Ovsiannikov 1982, section 14.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sympy import Expr, Ne
from sympy.core.relational import Relational

from liesym.base.budget import Budget
from liesym.base.doors import door
from liesym.model.reading import Given, read_given
from liesym.symmetries.classify import LOOKED, SPECIAL, classify_cases
from liesym.symmetries.pipeline import find_symmetries
from liesym.symmetries.results import Case, Result
from liesym.symmetries.search import shares
from liesym.symmetries.state import Report
from liesym.text.display import Display

NOTHING_OPEN = "nothing was looked at: the system has neither parameters nor arbitrary functions"


@dataclass(frozen=True, slots=True)
class Classification:
    """The symmetries of a system by the values of its parameters and the forms of its arbitrary functions.

    Arguments:
        result: in general.
        cases: the branches, each with its own result and deeper branches.
        within: what was looked at.
        undecided: one sentence for each thing that was not decided.
        notes: how the question was read.
        stopped: True if the budget ran out.
    """

    result: Result
    cases: tuple[Case, ...]
    within: str
    undecided: tuple[str, ...]
    notes: tuple[str, ...] = ()
    stopped: bool = False

    def __str__(self) -> str:
        lines = [f"in general: {self.result.sentence}"]
        lines += [f"{'  ' * (depth + 1)}{case_text(c)}: {c.result.sentence}" for depth, c in branches(self.cases)]
        return "\n".join(lines)


def branches(cases: Sequence[Case], depth: int = 0) -> Iterator[tuple[int, Case]]:
    """Every case with its depth, each before those below it."""
    for case in cases:
        yield depth, case
        yield from branches(case.children, depth + 1)


def case_text(case: Case) -> str:
    """The relations that make a case, as a person writes them."""
    by = case.result.system.display
    return ", ".join(_relation(a, by) for a in case.assumptions)


def _relation(assumption: Expr, by: Display) -> str:
    relation: Any = assumption
    if not isinstance(relation, Relational):
        return f"{by.write(relation)} != 0"
    return f"{by.write(relation.lhs)} {'!=' if isinstance(relation, Ne) else '='} {by.write(relation.rhs)}"


@door("the classification of symmetries")
def classify(
    system: Given,
    *,
    independent: str | None = None,
    budget: float = 60.0,
    depth: int = 2,
    progress: Report | None = None,
    seed: int = 0,
) -> Classification:
    """The symmetries of a system in general, and those for special parameters and special forms of its functions.

    Arguments:
        system: any system, its equations as text, or SymPy equations.
        independent: name of the independent variable; read off the text if None, and the notes say how.
        budget: seconds.
        depth: how many conditions may be imposed together.
        progress: called with one line for each stage and case.
        seed: of the random draws of the certificate.

    Returns:
        The tree of cases. A value that is in no case was not looked at or has the generic symmetries: `within` says which
        values and forms were looked at, `undecided` what was not decided among them.

    Raises:
        ParseError, NotSolvable: what is given is no system, or cannot be solved for its highest derivatives.
        Unsupported: a function without a rule in the coefficient field.
    Source: Ovsiannikov 1982, section 14; Lisle and Reid 2006.
    """
    limit = Budget.seconds(budget)
    given, notes = read_given(system, independent)
    result = find_symmetries(given, budget=shares.GENERIC * limit.left, progress=progress, seed=seed)
    notes = (*notes, *given.notes)
    if not given.parameters and not given.functions:
        return Classification(result, (), NOTHING_OPEN, (), notes, result.stopped)
    cases, told = classify_cases(result, limit, depth=depth, report=progress or (lambda line: None))
    looked = tuple(sentence for sentence in told if sentence.startswith(f"{SPECIAL}looked"))
    undecided = tuple(sentence for sentence in told if sentence not in looked)
    stopped = cases.stopped or result.stopped
    return Classification(result, tuple(cases), "; ".join((LOOKED, *looked)), undecided, notes, stopped)
