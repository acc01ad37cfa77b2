"""Which of the laws that were found can hold together, and which of rivals the data prefer.

n states have at most n - 1 independent laws. Of more, or of two that are nearly but not exactly functions of each other,
one at least is none, and then a small difference of what speaks against them counts that would not refute a law alone: the
one with the larger `driven` goes if the squares differ by `DECIDED`. Else the data do not tell, and none is `supported`;
but a law of the first library stays so beside one of a further library, which is looked at only for what is missing: on
circular orbits r²v² is as constant as the moment, being its square there. Its evidence names the other.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from sympy import Expr, Float, Symbol

from liesym.discovery.library import gradients
from liesym.discovery.records import Evidence, Integral

Floats = np.ndarray
PARALLEL, DEPENDENT = 0.05, 1e-10
"""Mean sin² of the angle of gradients up to which a law counts as a function of others, with decimals and without."""
DECIDED = 9.0
LOOKED_AT = 500


@dataclass(frozen=True, slots=True)
class Judged:
    """A law, how many standard deviations speak against it, and whether it is of a further library."""

    law: Integral
    against: float
    further: bool = False


def samples_of(states: Sequence[Floats]) -> Floats:
    """Some of the states."""
    x = np.concatenate(states)
    return x[:: max(1, len(x) // LOOKED_AT)]


def is_new(expression: Expr, known: Sequence[Expr], symbols: Sequence[Symbol], x: Floats) -> bool:
    """Whether the gradient leaves the span of the known ones, by more than noisy laws do where there are decimals."""
    if not known:
        return True
    decimal = expression.has(Float) or any(one.has(Float) for one in known)
    return apart(expression, known, symbols, x) > (PARALLEL if decimal else DEPENDENT)


def apart(expression: Expr, known: Sequence[Expr], symbols: Sequence[Symbol], x: Floats) -> float:
    """The mean of sin² of the angle between the gradient and the span of the known ones."""
    rows = gradients([*known, expression], symbols, x) * x.std(0)
    norms = np.linalg.norm(rows, axis=2, keepdims=True)
    good = np.isfinite(rows).all((1, 2)) & (norms > 1e-3 * np.median(norms, axis=0)).all((1, 2))
    rows = rows[good] / norms[good]
    basis = np.linalg.svd(rows[:, :-1], full_matrices=False)[2]
    last = rows[:, -1]
    left = last - np.einsum("ski,sk->si", basis, np.einsum("ski,si->sk", basis, last))
    return float((left**2).sum(1).mean())


def reconciled(judged: Sequence[Judged], most: int, symbols: Sequence[Symbol], x: Floats) -> list[Judged]:
    """Independent laws that can hold together, supported ones first.

    Arguments:
        judged: in the order in which they were found.
        most: how many there can be.
        symbols: of the states.
        x: some states.
    """
    kept: list[Judged] = []
    for one in (one for one in judged if one.law.grade == "supported"):
        kept = _with(one, kept, most, symbols, x)
    kept.sort(key=lambda one: one.law.grade != "supported")
    for one in judged:
        known = [other.law.expression for other in kept]
        new = one.law.grade != "supported" and len(kept) < most
        if new and (not known or apart(one.law.expression, known, symbols, x) > PARALLEL):
            kept.append(one)
    return kept


def _with(one: Judged, kept: list[Judged], most: int, symbols: Sequence[Symbol], x: Floats) -> list[Judged]:
    """The laws with one more, or with it in place of a rival, or with all rivals `approximate`."""
    known = [other.law.expression for other in kept]
    if not is_new(one.law.expression, known, symbols, x):
        return kept
    if len(kept) < most and (not known or apart(one.law.expression, known, symbols, x) > PARALLEL / 10):
        return [*kept, one]
    rivals = [k for k, _ in enumerate(kept) if is_new(one.law.expression, known[:k] + known[k + 1 :], symbols, x)]
    worst = max(rivals, key=lambda k: kept[k].against, default=None)
    if worst is None or one.against**2 >= kept[worst].against ** 2 + DECIDED:
        return kept
    if kept[worst].against ** 2 >= one.against**2 + DECIDED:
        return [*kept[:worst], *kept[worst + 1 :], one]
    return [_beside(other, one) if k in rivals else other for k, other in enumerate(kept)]


def _beside(one: Judged, rival: Judged) -> Judged:
    """The same with its rival in the evidence, and no more than approximate but where the rival is of a further library."""
    evidence, preferred = one.law.evidence, rival.further and not one.further
    figures = (*evidence.figures, ("not told apart from", str(rival.law.expression).replace("**", "^")))
    grade = one.law.grade if preferred else "approximate"
    return replace(one, law=replace(one.law, grade=grade, evidence=Evidence(evidence.method, figures)))
