"""Scalar equations: inverse integrating factors V with log V in a finite span, and so powers with unknown exponents.

The condition D V = (P_x + Q_y) V, D = P ∂_x + Q ∂_y, is linear in log V. For V = exp(Σ c_j g_j) Π p_i^(c_i) the constants
solve one linear system, Σ c_j D g_j + Σ c_i D p_i / p_i = P_x + Q_y. The p_i are factors and kernels that occur in P and Q,
the g_j monomials and kernels that occur.
Source: Prelle and Singer 1983, section 2 (their integrating factor is 1/V); Cheb-Terrab and Roche 1998.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence

from sympy import Expr, Symbol

from liesym.coefficients.derivation import Derivation
from liesym.coefficients.field import Field
from liesym.coefficients.ring import Element
from liesym.solving.linear.relations import relations
from liesym.solving.ode.integrate import _is_exponential
from liesym.symmetries.search.scalar import OneForm, occurring_factors

LARGEST_SPAN = 90
HIGHEST_DEGREE = 4


def multiplicative_factor(form: OneForm) -> Expr | None:
    """V of the form above, or None if there is none."""
    field, (x, y) = form.field, form.determining.variables
    P, Q = field(form.bottom), field(form.top)
    along = Derivation(field, {x: P, y: Q}).apply
    # the linear solver prefers late columns, so the simplest candidates come last
    terms = [(g, along(g)) for g in reversed(exponent_candidates(field, x, y))]
    factors = [*occurring_factors(field, (P, Q), (x, y)), *occurring_kernels(field, (P, Q), (x, y))]
    logarithms = {len(terms) + k: p for k, p in enumerate(reversed(factors))}
    columns = [*(d for _, d in terms), *(along(p) / p for p in logarithms.values())]
    divergence = P.diff(x) + Q.diff(y)
    for relation in relations([-divergence, *columns], field, (x, y)):
        scale = relation.pop(0, None)
        if scale is None:
            continue
        exponent = field.zero
        for j, c in relation.items():
            part = field.converter.logarithm(logarithms[j - 1]) if j - 1 in logarithms else terms[j - 1][0]
            exponent = exponent + part * c / scale
        return field.to_expr(field.converter.exponential(exponent))
    return None


def occurring_kernels(field: Field, elements: Sequence[Element], variables: Sequence[Symbol]) -> list[Element]:
    """The kernels in the elements that move and are no exponentials: sines, logarithms, values of arbitrary functions."""
    found = []
    for index in sorted(set().union(*map(field.slots_of, elements))):
        slot = field.slots[index]
        if slot.kind == "kernel" and not any(_is_exponential(slot, v, field) for v in variables if v in slot.moving):
            found += [field.of_slot(slot)] if slot.moving & set(variables) else []
    return found


def exponent_candidates(field: Field, x: Symbol, y: Symbol) -> list[Element]:
    """Laurent monomials in x and y, and kernels times monomials."""
    X, Y = field(x), field(y)
    found = [
        X**i * Y**j
        for i, j in sorted(itertools.product(range(-2, 5), repeat=2), key=lambda p: (abs(p[0]) + abs(p[1]), p))
        if (i or j) and abs(i) + abs(j) <= HIGHEST_DEGREE
    ]
    for slot in list(field.slots):
        if slot.kind in ("kernel", "root") and (field.depends_on(slot, x) or field.depends_on(slot, y)):
            kernel = field.of_slot(slot)
            found += [kernel, kernel * X, kernel * Y, kernel**2 if slot.kind == "kernel" else kernel / X]
    return found[:LARGEST_SPAN]
