"""One solution of an equation with a right side: undetermined coefficients, then variation of parameters."""

from __future__ import annotations

from collections.abc import Sequence

from sympy import Symbol

from liesym.coefficients.ring import Element
from liesym.solving.linear.relations import relations
from liesym.solving.ode.operators import Coefficients, apply_operator, determinant, split_terms
from liesym.solving.ode.spans import slot_span
from liesym.solving.ode.workspace import Workspace

LARGEST_SOURCE = 12


def particular_solution(
    work: Workspace, a: Coefficients, solutions: Sequence[Element], source: Element, v: Symbol
) -> Element | None:
    """P with P^(n) + Σ a_k P^(k) = source: in a span, else by variation of parameters (n at most 3)."""
    field, n = work.field, len(a)
    if source.is_zero:
        return field.zero
    if n == 0:
        return source
    terms = [*_undetermined(work, source, n, v), *slot_span(work, (*a, source), v, field.one)]
    columns = [-source, *(apply_operator(a, phi, v) for phi in terms)]
    for relation in relations(columns, field, [v]):
        if 0 in relation:
            total = field.zero
            for j, c in relation.items():
                if j:
                    total = total + terms[j - 1] * c / relation[0]
            return total
    return _varied(work, solutions, source, v) if n <= 3 else None


def _undetermined(work: Workspace, source: Element, n: int, v: Symbol) -> list[Element]:
    """The terms of the source times 1, v, … v^n: undetermined coefficients, whatever powers the source holds."""
    field = work.field
    below = field.of_poly(source.den)
    parts = split_terms(source.num, v, field)[:LARGEST_SOURCE]
    return [part / below * field(v) ** k for k in range(n + 1) for part in parts]


def _varied(work: Workspace, solutions: Sequence[Element], source: Element, v: Symbol) -> Element | None:
    """Σ φ_i ∫ (W_i/W) source, W_i the Wronskian with column i replaced by (0, …, 0, 1)."""
    field, n = work.field, len(solutions)
    rows = [list(solutions)]
    for _ in range(n - 1):
        rows.append([u.diff(v) for u in rows[-1]])
    wronskian = determinant(rows, field)
    total = field.zero
    for i in range(n):
        minor = [[c for j, c in enumerate(row) if j != i] for row in rows[:-1]]
        cofactor = determinant(minor, field) * (-1) ** (n - 1 + i)
        integrand = cofactor / wronskian * source
        part = work.integral(integrand, v)
        if part is None:
            return None
        total = total + solutions[i] * part
    return total
