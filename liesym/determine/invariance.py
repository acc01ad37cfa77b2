"""The linearised symmetry condition, as linear forms in the derivatives of the unknown infinitesimals.

    η_i^(n_i) - X F_i = 0  on solutions,      X = ξ ∂_t + Σ η_i ∂_{x_i} prolonged,

with η_i^(k) = D_t η_i^(k-1) - x_i^(k) D_t ξ, where D_t is taken on solutions throughout: D_t x_j^(n_j - 1) = F_j.
Source: Olver 1993, Theorem 2.31; Bluman and Anco 2002, section 3.3.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sympy import Expr, Symbol

from liesym.base.budget import UNLIMITED, Budget
from liesym.base.jets import jet_symbol
from liesym.base.names import free_name
from liesym.coefficients import Field
from liesym.determine.forms import (
    Determining,
    LinearForm,
    UnknownFunction,
    add_multiple,
)
from liesym.determine.on_solutions import OnSolutions, jet_field
from liesym.determine.split import split
from liesym.model.names import taken_names
from liesym.model.system import ODESystem


def infinitesimals(
    system: ODESystem, depends: Mapping[Symbol, Sequence[Symbol]] | None = None
) -> tuple[UnknownFunction, ...]:
    """The unknown functions ξ, η_i; `depends` restricts their arguments (a missing variable: all of them)."""
    taken = set(taken_names(system))
    result = []
    for variable in system.variables:
        name = "xi" if variable == system.independent else f"eta_{variable.name}"
        name = free_name(name, taken)
        taken.add(name)
        arguments = (depends or {}).get(variable)
        allowed = None if arguments is None else set(arguments)
        ordered = system.variables if allowed is None else tuple(v for v in system.variables if v in allowed)
        result.append(UnknownFunction(name, variable, ordered))
    return tuple(result)


def invariance_forms(system: ODESystem, unknowns: Sequence[UnknownFunction], field: Field) -> tuple[LinearForm, ...]:
    """The invariance condition of each equation as a linear form in the derivatives of ξ, η_i."""
    on = OnSolutions(system, field)
    zero_index = (0,) * len(system.variables)
    xi: LinearForm = {(0, zero_index): field.one}
    drift = on.form_rate(xi, unknowns)
    prolonged: list[list[LinearForm]] = []
    for i, n in enumerate(system.orders):
        row: list[LinearForm] = [{(i + 1, zero_index): field.one}]
        for k in range(1, n + 1):
            following = on.form_rate(row[-1], unknowns)
            add_multiple(following, drift, -on.velocity(i, k))
            row.append(following)
        prolonged.append(row)
    conditions = []
    for i, n in enumerate(system.orders):
        condition = dict(prolonged[i][n])
        f = on.rhs[i]
        add_multiple(condition, xi, -f.diff(system.independent))
        for j, (x, order) in enumerate(zip(system.unknowns, system.orders, strict=True)):
            for k in range(order):
                add_multiple(condition, prolonged[j][k], -f.diff(jet_symbol(x, k)))
        conditions.append(condition)
    return tuple(conditions)


def determine(
    system: ODESystem,
    depends: Mapping[Symbol, Sequence[Symbol]] | None = None,
    *,
    extra: Sequence[Expr] = (),
    budget: Budget = UNLIMITED,
) -> Determining:
    """The determining system of a system of ODEs, before and after splitting.

    Arguments:
        system: the ODEs.
        depends: variable -> what its infinitesimal may depend on; a missing variable may depend on all.
        extra: expressions that the coefficient field shall hold besides (functions of an ansatz).
        budget: what it may take.

    Raises:
        OutOfBudget: the budget ran out.
        Unsupported: a right side holds a function without a rule in the coefficient field.
    """
    field = jet_field(system, extra)
    with field.within(budget):
        unknowns = infinitesimals(system, depends)
        conditions = invariance_forms(system, unknowns, field)
        # without jet coordinates nothing splits, and the conditions stay as they are, their denominators apart
        equations = split(conditions, field, system.jet_coordinates) if system.jet_coordinates else conditions
    return Determining(field, system.variables, unknowns, conditions, equations)
