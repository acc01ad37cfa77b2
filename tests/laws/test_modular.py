"""Laws of the elimination modulo a prime: against FLINT and SymPy, in one block or in many, sparse or dense."""

from __future__ import annotations

import pytest
from flint import nmod_mat
from hypothesis import given, settings
from hypothesis import strategies as st
from sympy import GF
from sympy.polys.matrices import DomainMatrix

from liesym.base.budget import Budget, now
from liesym.coefficients import modular
from liesym.errors import TimeIsUp, TooLarge

PRIMES = (2, 7, 2_147_483_629, (1 << 61) - 1)
FEW = settings(max_examples=60, derandomize=True, deadline=None)


@st.composite
def matrices(draw) -> tuple[list[list[int]], int, int]:
    """(rows, width, prime): small entries, so that ranks vary, and some rows that depend on others."""
    width, height, prime = draw(st.integers(1, 7)), draw(st.integers(0, 9)), draw(st.sampled_from(PRIMES))
    entries = st.sampled_from([0, 0, 0, 1, 1, 2, prime - 1])
    rows = [[draw(entries) % prime for _ in range(width)] for _ in range(height)]
    if height > 2:
        rows[height // 2] = [(a + b) % prime for a, b in zip(rows[0], rows[-1], strict=True)]
    return rows, width, prime


def sparse(rows: list[list[int]]) -> list[dict[int, int]]:
    return [{j: c for j, c in enumerate(row) if c} for row in rows]


def dense(found: modular.Echelon) -> list[list[int]]:
    rows = zip(found.pivots, found.rows, strict=True)
    return [[int(j == pivot) or row.get(j, 0) for j in range(found.width)] for pivot, row in rows]


def by_flint(rows: list[list[int]], width: int, prime: int) -> list[list[int]]:
    if not rows:
        return []
    reduced, rank = nmod_mat(len(rows), width, [c for row in rows for c in row], prime).rref()
    return [[int(reduced[i, j]) for j in range(width)] for i in range(rank)]


@FEW
@given(matrices(), st.integers(1, 30))
def test_the_echelon_form_is_that_of_flint_whatever_the_blocks(matrix, block: int) -> None:
    rows, width, prime = matrix
    expected = by_flint(rows, width, prime)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(modular, "BLOCK", block)
        assert dense(modular.echelon(rows, width, prime)) == expected
        assert dense(modular.echelon(sparse(rows), width, prime)) == expected
        assert dense(modular.sparse_echelon(sparse(rows), width, prime)) == expected
        assert modular.rank(rows, width, prime) == len(expected)


@FEW
@given(matrices())
def test_ranks_and_independent_rows_are_those_of_sympy(matrix) -> None:
    rows, width, prime = matrix
    field = GF(prime)
    exact = DomainMatrix([[field(c) for c in row] for row in rows], (len(rows), width), field) if rows else None
    expected = exact.rank() if exact else 0
    assert modular.rank(rows, width, prime) == expected
    chosen = modular.independent_rows(rows, width, prime)
    assert len(chosen) == expected == modular.rank([rows[i] for i in chosen], width, prime)
    for i in set(range(len(rows))) - set(chosen):  # it depends on those before it
        before = [rows[k] for k in chosen if k < i]
        assert modular.rank([*before, rows[i]], width, prime) == len(before)
    assert modular.independent_rows(sparse(rows), width, prime) == chosen


def annihilated(rows: list[list[int]], vectors: list[dict[int, int]], prime: int) -> bool:
    return all(sum(row[j] * c for j, c in vector.items()) % prime == 0 for row in rows for vector in vectors)


@FEW
@given(matrices())
def test_the_kernel_is_annihilated_and_has_the_right_size(matrix) -> None:
    rows, width, prime = matrix
    found = modular.sparse_echelon(sparse(rows), width, prime)
    kernel = found.kernel()
    assert len(kernel) + len(found.pivots) == width
    assert annihilated(rows, kernel, prime)
    assert modular.rank(kernel, width, prime) == len(kernel)


def test_a_wrong_kernel_is_noticed() -> None:
    rows = [[1, 2, 3]]
    kernel = modular.echelon(rows, 3, 7).kernel()
    assert kernel == [{1: 1, 0: 5}, {2: 1, 0: 4}]
    assert annihilated(rows, kernel, 7)
    assert not annihilated(rows, [{1: 2, 0: 5}], 7)


def test_rows_with_one_entry_kill_columns_over_any_ring() -> None:
    live, dead = modular.without_single_entries([{0: 1}, {0: 2, 1: 3}, {1: 1, 2: 1, 3: 2}, {}])
    assert (live, dead) == ([{2: 1, 3: 2}], {0, 1})


def test_the_clock_is_looked_at_between_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(modular, "BLOCK", 4)
    rows = [[1, 2], [3, 4], [5, 6], [7, 9]]
    with pytest.raises(TimeIsUp, match="elimination"):
        modular.echelon(rows, 2, 11, Budget(now() - 1))
    assert modular.rank(rows, 2, 11, Budget(now() + 60)) == 2


def test_a_matrix_that_is_too_large_is_refused() -> None:
    with pytest.raises(TooLarge, match="2 rows and 3 columns"):
        modular.sparse_echelon([{0: 1, 1: 1}, {1: 1, 2: 1}], 3, 7, largest=5)
