"""Autonomous systems x' = f(x): symmetries and first integrals whose coefficients depend on time in any way.

For ξ = 0 the condition reads Q_t = L Q with L Q = (Q·∇) f - (f·∇) Q, and for first integrals I_t = -f·∇ I. A solution
Σ c_j(t) b_j with given functions b_j of x takes its values in the largest subspace of their span that L maps into itself;
on that subspace it is a linear system with constant coefficients, so that exponentials exp(kt) and powers of t come out with
the right k instead of being guessed.
Sources: Olver 1993, section 2.3; Gantmacher 1959, chapter VII (invariant subspaces).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from sympy import Symbol

from liesym.coefficients.field import Field
from liesym.coefficients.ring import Element
from liesym.determine.forms import Determining, LinearForm, UnknownFunction, add_to
from liesym.solving.linear.linear import nullspace
from liesym.solving.linear.relations import split_columns
from liesym.solving.linear.span import monomials
from liesym.solving.linear.vectors import Vector, linear_combination
from liesym.solving.pde.patterns import Pattern

LARGEST = 130


def invariant_subspace(basis: Sequence[Vector], operator: Callable[[Vector], Vector], field: Field) -> list[Vector]:
    """A basis of the largest subspace of the span that the operator maps into itself."""
    current = list(basis)
    images = [operator(v) for v in current]
    while current:
        columns = [*images, *current]
        rows = []
        for i in range(len(current[0])):
            rows += split_columns({j: c[i] for j, c in enumerate(columns)}, field, field.variables)
        count = len(current)
        kept = [{j: c for j, c in r.items() if j < count} for r in nullspace(rows, 2 * count, field).vectors]
        if len(kept) == count:
            return current
        images = [linear_combination(images, c, field) for c in kept]
        current = [linear_combination(current, c, field) for c in kept]
    return current


def evolving_fields(field: Field, variables: Sequence[Symbol], rates: Sequence[Element], degree: int) -> Pattern | None:
    """[0, Σ c_j(t) w_j], the w_j spanning the invariant polynomial fields of the degree; None if there are too many."""
    t, unknowns = variables[0], list(variables[1:])
    functions = monomials(field, unknowns, degree)
    if len(functions) * len(unknowns) > LARGEST:
        return None
    basis = [
        tuple(b if i == k else field.zero for k in range(len(unknowns))) for b in functions for i in range(len(unknowns))
    ]

    def operator(q: Vector) -> Vector:
        result = []
        for i, f in enumerate(rates):
            total = field.zero
            for x, component, rate in zip(unknowns, q, rates, strict=True):
                total = total + component * f.diff(x) - rate * q[i].diff(x)
            result.append(total)
        return tuple(result)

    invariant = invariant_subspace(basis, operator, field)
    parts = [{j: w[i] for j, w in enumerate(invariant) if not w[i].is_zero} for i in range(len(unknowns))]
    name = f"fields of degree {degree} in the unknowns, coefficients depending on {t}"
    return Pattern(name, ((t,),) * len(invariant), ({}, *parts))


def evolving_integrals(
    field: Field, variables: Sequence[Symbol], rates: Sequence[Element], functions: Sequence[Element]
) -> tuple[Determining, Pattern] | None:
    """I = Σ c_j(t) g_j: the equation I_t + f·∇I = 0, and the invariant functions; None if there are too many."""
    t, unknowns = variables[0], list(variables[1:])
    if len(functions) > LARGEST:
        return None

    def operator(g: Vector) -> Vector:
        total = field.zero
        for x, rate in zip(unknowns, rates, strict=True):
            total = total - rate * g[0].diff(x)
        return (total,)

    invariant = invariant_subspace([(g,) for g in functions], operator, field)
    form: LinearForm = {}
    for place, rate in enumerate([field.one, *rates]):
        add_to(form, (0, tuple(int(p == place) for p in range(len(variables)))), rate)
    unknown = UnknownFunction("I", t, tuple(variables))
    pattern = Pattern("first integrals", ((t,),) * len(invariant), ({j: g[0] for j, g in enumerate(invariant)},))
    return Determining(field, tuple(variables), (unknown,), (), (form,)), pattern
