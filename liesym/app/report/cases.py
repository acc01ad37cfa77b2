"""The tree of cases of a classification: its JSON, and a table in words."""

from __future__ import annotations

from typing import Any

from liesym.app.report.json import condition, family_record, generator_record, system_record
from liesym.app.report.terminal import show_system, tell
from liesym.app.screen import Screen
from liesym.base.version import __version__
from liesym.model.reading import write_system
from liesym.symmetries.classification import Classification, branches, case_text
from liesym.symmetries.kinds import in_words, kind
from liesym.symmetries.results import Case, Result
from liesym.text import write
from liesym.text.shown import field_text, where


def classification_record(found: Classification) -> dict[str, Any]:
    """The tree as JSON: the root is the generic system, and `cases` holds the branches, nested."""
    return {
        "system": system_record(found.result.system),
        "relations": [],
        **_findings(found.result),
        "conditions": [condition(c) for c in found.result.conditions],
        "cases": [_record(c) for c in found.cases],
        "within": found.within,
        "undecided": list(found.undecided),
        "stopped": found.stopped,
        "notes": list(found.notes),
        "liesym": __version__,
    }


def _record(case: Case) -> dict[str, Any]:
    return {
        "relations": [condition(a) for a in case.assumptions],
        "values": {s.name: write(v) for s, v in case.values},
        "equations": list(write_system(case.result.system)),
        **_findings(case.result),
        "cases": [_record(c) for c in case.children],
    }


def _findings(result: Result) -> dict[str, Any]:
    return {
        "dimension": result.dimension,
        "upper_bound": result.upper_bound,
        "completeness": result.completeness.value,
        "generators": [generator_record(g) for g in result.generators],
        "families": [family_record(f) for f in result.families],
    }


def show_classification(screen: Screen, found: Classification, *, verbose: bool = False) -> None:
    """How the equations were read, what holds in general, a table of the cases, and what was not decided."""
    result = found.result
    show_system(screen, result.system)
    screen.say()
    tell(screen, f"In general: {result.sentence}.", style="bold")
    if verbose:
        _fields(screen, result, "  ")
    screen.say()
    if found.cases:
        for line in _table(found):
            tell(screen, line, "    ")
    else:
        screen.say("No case with other symmetries was found.")
    if verbose:
        for _, case in branches(found.cases):
            tell(screen, f"{case_text(case)}: {_equations(case.result)}", "  ")
            _fields(screen, case.result, "  ")
    screen.say()
    tell(screen, found.within, "  ")
    for sentence in found.undecided:
        tell(screen, f"note: {sentence}", "  ")


def _equations(result: Result) -> str:
    """The equations of a case in one line."""
    return "; ".join(str(result.system).splitlines())


def _table(found: Classification) -> list[str]:
    rows = [("case", "dimension", "claim", "symmetries")]
    for depth, case in branches(found.cases):
        rows.append(("  " * depth + case_text(case), _dimension(case.result), *_words(case.result)))
    widths = [max(len(row[i]) for row in rows) for i in range(3)]
    return [" ".join((*(c.ljust(w + 1) for c, w in zip(row, widths, strict=False)), row[-1])).rstrip() for row in rows]


def _dimension(result: Result) -> str:
    return "unknown or infinite" if result.dimension is None else str(result.dimension)


def _words(result: Result) -> tuple[str, str]:
    """The claim, and the kinds of the symmetries."""
    kinds = in_words([kind(g, result.system.display) for g in result.generators])
    return result.completeness.value, kinds or ("families" if result.families else "none")


def _fields(screen: Screen, result: Result, indent: str) -> None:
    by = result.system.display
    for number, g in enumerate(result.generators, 1):
        text = field_text(g.variables, g.components, by)
        tell(screen, f"{indent}X{number} = {text}{where(g.on, by)}", indent + "     ")
    for number, family in enumerate(result.families, 1):
        free = ", ".join(by.name(f.func.__name__) for f, _ in family.arbitrary)
        text = field_text(family.generator.variables, family.generator.components, by)
        tell(screen, f"{indent}F{number} = {text}   ({free} arbitrary)", indent + "     ")
