"""Do the functions of the system keep the counts that were made with random residues in their place?

The coefficient field knows some relations between its kernels: s^2 + c^2 = 1, the addition theorems, roots. A relation
that it does not know, such as atan(x) + atan(1/x) = π/2, is broken by random residues, and a broken relation makes a
count too small. So the same matrices are set up once more at real points with the functions at their actual values, and
their ranks are bounded from below. A matrix over the functions can only lose rank when it is evaluated; where it keeps the
rank of the modular count, every relation between the functions is harmless, known or not.

With C_d columns of degree at most d, M_N the system truncated at N, and H_N,d its columns of degree above d,

    r(d, N) = C_d - rank M_N + rank H_N,d,

so equal ranks of M_N, H_N,d, M_(N+1) and H_(N+1),d give the same r(d, N) = r(d, N+1), and with r(d+1, N) >= r(d, N) also
the same r(d+1, N). Splitting is tried in the same way: at one point (t, x), the conditions at actual jets must span as
much as the split equations do.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import flint
import numpy as np
from flint import arb

from liesym.base.budget import Budget
from liesym.certify.expansion import Expansion, Truncation
from liesym.certify.places import Astray, Place, places, value_of
from liesym.certify.series import Balls, SlotSeries
from liesym.certify.splitting import split_rank
from liesym.certify.values import holds_zero
from liesym.coefficients.modular import without_single_entries
from liesym.determine.forms import Determining
from liesym.model.system import ODESystem

PRECISION = 200  # bits
SMALLEST = 1e-11  # of the singular values that count, relative to the largest; entries are right to 1e-15
LARGEST_ELIMINATION = 20000
RELATION = "its functions satisfy a relation that the coefficient field does not know"

Row = dict[int, Any]


def needs_values(determining: Determining) -> bool:
    """Are there functions? Free symbols have no relations."""
    slots = determining.field.slots
    return any(slots[i].kind not in ("variable", "parameter") for i in determining.slots_before)


def objection(
    system: ODESystem, determining: Determining, counted: tuple[Expansion, Expansion], jet_degree: int, budget: Budget
) -> str:
    """Why the counts may not hold for the functions themselves; empty if they do.

    Arguments:
        counted: the expansions modulo a prime, truncated at N and at N + 1.
        jet_degree: d.

    Raises:
        TimeIsUp: the budget is over.
    """
    field, prime = determining.field, counted[1].prime
    cut = Truncation.of(determining, counted[1].degree)
    used = {*cut.needed, *determining.slots_before}
    split, tried = split_rank(determining, prime, prime), 0
    ranks = tuple(expansion.rank_above(degree) for expansion in counted for degree in (-1, jet_degree))
    with flint.ctx.workprec(PRECISION):
        try:
            for place in places(system, field, used, split // len(determining.conditions) + 4, prime):
                try:
                    holds = _splits(determining, place, split, budget) and _keeps(
                        determining, cut, place, jet_degree, ranks, budget
                    )
                except ZeroDivisionError:
                    continue  # the point is singular
                if not holds:
                    return f"{RELATION}: the determining system loses rank at {place}"
                tried += 1
        except Astray as different:
            return str(different)
    return "" if tried else "no point was found where its functions have values"


def _splits(determining: Determining, place: Place, wanted: int, budget: Budget) -> bool:
    """Do conditions over actual jets span as much as the split equations?"""
    terms = sorted({t for form in determining.conditions for t in form})
    position = {t: i for i, t in enumerate(terms)}
    rows = [
        {position[t]: value_of(c, jet) for t, c in form.items()} for jet in place.jets for form in determining.conditions
    ]
    return rank_reaches(rows, wanted, budget)


def _keeps(determining: Determining, cut: Truncation, place: Place, d: int, ranks: Sequence[int], budget: Budget) -> bool:
    """Do M_N, H_N,d, M_(N+1), H_(N+1),d have at least these ranks at the place?"""
    values = place.jets[0]
    series = SlotSeries(determining.field, determining.variables, values, cut.needed, cut.degree, Balls())
    rows = cut.rows(series, budget)
    high = {j for j, (_, e) in enumerate(cut.columns) if sum(e) > d}
    for which, wanted in enumerate(ranks):
        part = [row for reach, row in rows if reach < cut.degree or which > 1]
        if which % 2:
            part = [{j: c for j, c in row.items() if j in high} for row in part]
        if not rank_reaches(part, wanted, budget):
            return False
        budget.check("counts at actual values of the functions")
    return True


# -- ranks -----------------------------------------------------------------------------------------


def rank_reaches(rows: Sequence[Row], wanted: int, budget: Budget) -> bool:
    """Is the rank of a matrix of balls at least `wanted`, whatever numbers the balls stand for?

    Entries are rounded to 1e-16 of themselves, rows and columns are scaled to length 1, and singular values far above
    what the rounding can make (Weyl's inequality) are counted. Where they are too few, elimination over the balls decides.
    """
    live, dead = without_single_entries([{j: c for j, c in row.items() if not holds_zero(c)} for row in rows])
    wanted -= len(dead)
    places = {j: k for k, j in enumerate(sorted({j for row in live for j in row}))}
    if wanted <= 0 or min(len(live), len(places)) < wanted:
        return wanted <= 0
    matrix = np.zeros((len(live), len(places)), dtype=complex)
    for i, row in enumerate(live):
        for j, c in row.items():
            matrix[i, places[j]] = complex(c)
    for _ in range(3):
        matrix /= np.linalg.norm(matrix, axis=1, keepdims=True)
        matrix /= np.linalg.norm(matrix, axis=0, keepdims=True)
    sizes = np.linalg.svd(matrix, compute_uv=False)
    return bool(sizes[wanted - 1] > SMALLEST * sizes[0]) or _pivots(live, budget) >= wanted


def _pivots(rows: Sequence[Row], budget: Budget) -> int:
    """Pivots of an elimination that are certainly not zero."""
    if len(rows) * len({j for row in rows for j in row}) > LARGEST_ELIMINATION:
        return 0
    pending, found = [dict(row) for row in rows], 0
    while True:
        best = max((_best_of(row, i) for i, row in enumerate(pending)), default=(0.0, 0, 0))
        if best[0] == 0:
            return found
        budget.check("counts at actual values of the functions")
        pivot = pending.pop(best[1])
        found += 1
        for row in pending:
            if best[2] in row:
                factor = row.pop(best[2]) / pivot[best[2]]
                for k, c in pivot.items():
                    if k != best[2]:
                        row[k] = row.get(k, arb(0)) - factor * c


def _best_of(row: Row, i: int) -> tuple[float, int, int]:
    """(size relative to the row, i, column) of the largest entry that is certainly not zero; size 0 if there is none."""
    sizes = {j: abs(c).mid() for j, c in row.items()}
    largest = max(sizes.values(), default=arb(1))
    sure = [(float(sizes[j] / largest), i, j) for j, c in row.items() if not holds_zero(c)]
    return max(sure, default=(0.0, i, 0))
