"""Kamke's first-order equations (chapter 1): no ansatz, parameters and functions symbolic, a budget an equation.

    python tests/benchmarks/bench_kamke1.py [--budget 30]

Writes docs/results/kamke1.md and kamke1.json: for how many equations a verified symmetry other than the trivial
ρ (∂_x + f ∂_y) is found, and for how many of these in closed form.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from kamke import Collection, made_with, share
from measure import median, number, table


def outcome(answer: Mapping[str, Any]) -> str:
    """What was found, in a word or two."""
    if "error" in answer:
        return answer["error"]
    if not answer["nontrivial"]:
        return "none"
    return "named solutions" if answer["named"] else "closed form"


def row(entry: Mapping[str, Any]) -> list[str]:
    """One line of the table."""
    answer = entry["liesym"]
    claim = answer.get("completeness", "")
    return [
        entry["number"],
        f"`{entry['equation']}`",
        str(answer.get("nontrivial", "")),
        outcome(answer),
        claim,
        number(answer["seconds"]),
    ]


def page(done: Sequence[Mapping[str, Any]], record: Mapping[str, Any]) -> list[str]:
    """The paragraphs of the results page."""
    answers = [e["liesym"] for e in done]
    closed = sum(outcome(a) == "closed form" for a in answers)
    named = sum(outcome(a) == "named solutions" for a in answers)
    unmarked = sum(a.get("unmarked", 0) for a in answers)
    late = sum(a["seconds"] > record["budget"] for a in answers)
    seconds = [a["seconds"] for a in answers]
    missed = ", ".join(f"1.{e['number']}" for e in done if not e["liesym"].get("nontrivial"))
    return [
        "# Kamke's first-order equations",
        "Written by `tests/benchmarks/bench_kamke1.py`. Equations of chapter 1 that are solved for `y'`; functions are "
        f"arbitrary, every other name is a parameter. No ansatz is given. {made_with(record)}. Budget "
        f"{record['budget']:.0f} s an equation, each in a fork of a warm process.",
        f"Of {len(done)} equations {closed + named} ({share(closed + named, done)}) have a verified symmetry other than the "
        f"trivial ones: {closed} in closed form (integrals may stand unevaluated), "
        f"{named} in terms of named solutions of a linear equation that is stated with them. Trivial fields that "
        f"are not marked as such: {unmarked}. "
        f"Median {number(median(seconds))} s, longest {number(max(seconds))} s, over the budget: {late}, "
        f"sum {number(sum(seconds), 0)} s." + (f" None found: {missed}." if missed else ""),
        "Every generator is verified by substitution. First-order equations have infinitely many symmetries, so a claim "
        "names the shapes within which nothing is missing; where none is found that proves nothing.",
        table(["1.", "equation", "symmetries", "outcome", "claim", "s"], [row(e) for e in done]),
    ]


if __name__ == "__main__":
    Collection(1, 30.0, outcome, page).run(__doc__)
