"""Row reduction modulo a prime: one elimination for the linear solver, the certificate and every rank.

Rows are given dense (a sequence of residues) or sparse (column -> residue). A reduction in FLINT cannot be interrupted,
so a large matrix is taken in blocks of rows, and the clock is looked at between them: each block is cleared at the pivots
of the blocks before it, then reduced by itself. With E_k the reduced blocks and P_k their pivots,

    B <- B - B[:, P_k] E_k  for each k,   E_new = rref(B);   last, E_k <- E_k - E_k[:, P_j] E_j  for j > k.

Two counts that must stay independent use different points and primes, not different code.
Source: Geddes, Czapor and Labahn 1992, section 9.5.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flint import nmod_mat

from liesym.base.budget import UNLIMITED, Budget
from liesym.errors import TooLarge

BLOCK = 2**21  # entries that are reduced at one go, a second or two
ELIMINATION = "elimination modulo a prime"

Rows = Sequence[Mapping[int, int]] | Sequence[Sequence[int]]


@dataclass(frozen=True, slots=True)
class Echelon:
    """Reduced row echelon form modulo a prime: row i is the pivot column i plus entries in free columns.

    Arguments:
        prime: the modulus.
        width: number of columns.
        pivots: columns of the leading ones, increasing.
        rows: for each pivot, free column -> nonzero residue.
    """

    prime: int
    width: int
    pivots: tuple[int, ...]
    rows: tuple[Mapping[int, int], ...]

    @property
    def free(self) -> tuple[int, ...]:
        """The columns that are no pivots."""
        taken = set(self.pivots)
        return tuple(j for j in range(self.width) if j not in taken)

    def kernel(self) -> list[dict[int, int]]:
        """A basis of the vectors that all rows annihilate, one for each free column, with entry 1 there."""
        basis = {j: {j: 1} for j in self.free}
        for pivot, row in zip(self.pivots, self.rows, strict=True):
            for j, c in row.items():
                basis[j][pivot] = -c % self.prime
        return list(basis.values())


@dataclass(slots=True)
class _Part:
    """A block of rows in reduced form: `matrix` holds one row for each pivot, and zero rows below."""

    matrix: nmod_mat
    pivots: list[int]


def echelon(rows: Rows, width: int, prime: int, budget: Budget = UNLIMITED) -> Echelon:
    """The reduced row echelon form.

    Raises:
        TimeIsUp: the budget ran out between two blocks.
    """
    parts = _parts(rows, width, prime, budget)
    for k in reversed(range(len(parts) - 1)):
        for later in parts[k + 1 :]:
            budget.check(ELIMINATION)
            parts[k].matrix = _cleared(parts[k].matrix, later, prime)
    places = sorted((pivot, part.matrix, i) for part in parts for i, pivot in enumerate(part.pivots))
    pivots = tuple(pivot for pivot, _, _ in places)
    taken = set(pivots)
    free = [j for j in range(width) if j not in taken]
    entries = []
    for pivot, matrix, i in places:
        budget.check(ELIMINATION)
        entries.append({j: int(matrix[i, j]) for j in free if j > pivot})
    return Echelon(prime, width, pivots, tuple({j: c for j, c in row.items() if c} for row in entries))


def pivot_columns(rows: Rows, width: int, prime: int, budget: Budget = UNLIMITED) -> list[int]:
    """The columns that are not combinations of those before them.

    Raises:
        TimeIsUp: the budget ran out between two blocks.
    """
    return sorted(pivot for part in _parts(rows, width, prime, budget) for pivot in part.pivots)


def rank(rows: Rows, width: int, prime: int, budget: Budget = UNLIMITED) -> int:
    """The number of independent rows.

    Raises:
        TimeIsUp: the budget ran out between two blocks.
    """
    if 0 < len(rows) * width <= BLOCK:
        return _matrix(rows, width, prime).rank()
    return len(pivot_columns(rows, width, prime, budget))


def independent_rows(rows: Rows, width: int, prime: int, budget: Budget = UNLIMITED) -> list[int]:
    """Indices of the rows that are not combinations of those before them.

    Raises:
        TimeIsUp: the budget ran out between two blocks.
    """
    columns: list[dict[int, int]] = [{} for _ in range(width)]
    for i, row in enumerate(rows):
        for j, c in _entries(row):
            columns[j][i] = c
    return pivot_columns([c for c in columns if c], len(rows), prime, budget)


def without_single_entries(rows: Iterable[Mapping[int, Any]]) -> tuple[list[dict[int, Any]], set[int]]:
    """A row with one entry kills its column: the rows over the other columns, and the columns that are dead.

    Arguments:
        rows: sparse and without zeros, over any ring.
    """
    dead: set[int] = set()
    live = [dict(row) for row in rows if row]
    while True:
        fresh = {next(iter(row)) for row in live if len(row) == 1}
        if not fresh:
            return live, dead
        dead |= fresh
        live = [row for row in ({j: c for j, c in row.items() if j not in fresh} for row in live) if row]


def sparse_echelon(
    rows: Iterable[Mapping[int, int]], width: int, prime: int, budget: Budget = UNLIMITED, *, largest: int | None = None
) -> Echelon:
    """The same for sparse rows without zeros: columns that a row kills by itself are pivots, the rest is reduced.

    Arguments:
        largest: most entries of the part that is reduced.

    Raises:
        TooLarge: the part that is left to reduce has more entries.
        TimeIsUp: the budget ran out between two blocks.
    """
    live, dead = without_single_entries(rows)
    keep = [j for j in range(width) if j not in dead]
    if largest is not None and len(live) * len(keep) > largest:
        raise TooLarge(f"matrix of {len(live)} rows and {len(keep)} columns")
    place = {j: k for k, j in enumerate(keep)}
    inner = echelon([{place[j]: c for j, c in row.items()} for row in live], len(keep), prime, budget)
    found: dict[int, Mapping[int, int]] = {j: {} for j in dead}
    for pivot, row in zip(inner.pivots, inner.rows, strict=True):
        found[keep[pivot]] = {keep[k]: c for k, c in row.items()}
    pivots = tuple(sorted(found))
    return Echelon(prime, width, pivots, tuple(found[j] for j in pivots))


# -- blocks ------------------------------------------------------------------------------------------


def _parts(rows: Rows, width: int, prime: int, budget: Budget) -> list[_Part]:
    """Reduced blocks, each zero at the pivots of those before it: together all pivots of the matrix."""
    parts: list[_Part] = []
    if not width:
        return parts
    height = max(1, BLOCK // width)
    for start in range(0, len(rows), height):
        budget.check(ELIMINATION)
        block = _matrix(rows[start : start + height], width, prime)
        for part in parts:
            budget.check(ELIMINATION)
            block = _cleared(block, part, prime)
        reduced, found = block.rref()
        if found:
            parts.append(_Part(reduced, leading_columns(reduced, found, width)))
        if sum(len(part.pivots) for part in parts) == width:
            break
    return parts


def _cleared(block: nmod_mat, part: _Part, prime: int) -> nmod_mat:
    """The block less the multiples of the part that make it zero at the part's pivots."""
    width, count = block.ncols(), len(part.pivots)
    entries = block.entries()
    factors = [entries[i * width + j] for i in range(block.nrows()) for j in part.pivots]
    below = nmod_mat(count, width, part.matrix.entries()[: count * width], prime)
    return block - nmod_mat(block.nrows(), count, factors, prime) * below


def _matrix(rows: Rows, width: int, prime: int) -> nmod_mat:
    flat = [0] * (len(rows) * width)
    for i, row in enumerate(rows):
        if isinstance(row, Mapping):
            for j, c in row.items():
                flat[i * width + j] = c
        else:
            flat[i * width : (i + 1) * width] = row
    return nmod_mat(len(rows), width, flat, prime)


def _entries(row: Mapping[int, int] | Sequence[int]) -> Iterable[tuple[int, int]]:
    return row.items() if isinstance(row, Mapping) else ((j, c) for j, c in enumerate(row) if c)


def leading_columns(reduced: Any, found: int, width: int) -> list[int]:
    """The pivots of a FLINT matrix in row echelon form, given its rank."""
    pivots, start = [], 0
    for i in range(found):
        start = next(j for j in range(start, width) if int(reduced[i, j]))
        pivots.append(start)
        start += 1
    return pivots
