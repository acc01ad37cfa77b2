"""First integrals polynomial in the velocities, with unknown coefficient functions.

I = Σ K_α(t, x) v^α: splitting D_t I = 0 by the velocities gives a linear PDE system for the K_α (for
geodesic motion the Killing tensor equations), which the general solver integrates.
Sources: Darboux 1901; Kalnins, Kress and Miller 2018, chapter 2.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence

from sympy import Symbol

from liesym.base.budget import Budget
from liesym.base.jets import jet_symbol
from liesym.coefficients.ring import Element
from liesym.determine.forms import Determining, LinearForm, UnknownFunction, add_to
from liesym.determine.on_solutions import OnSolutions
from liesym.determine.split import split
from liesym.model.names import taken_names
from liesym.solving.pde.general import solve_general


def polynomial_integrals(
    on: OnSolutions, arguments: Sequence[Symbol], degree: int, budget: Budget
) -> tuple[list[Element], bool]:
    """Integrals of a system of order 2 with coefficients K_α of the given arguments, as far as they are integrated.

    Arguments:
        on: the system and a field that holds it.
        arguments: what the coefficients may depend on, some of (t, x).
        degree: highest total degree in the velocities.
        budget: at its end the solver stops.

    Returns:
        The integrals, and whether the end of the budget cut the solver short.
    """
    system, field = on.system, on.field
    velocities = [jet_symbol(x, 1) for x in system.unknowns]
    powers = [
        chosen for d in range(degree + 1) for chosen in itertools.combinations_with_replacement(range(len(velocities)), d)
    ]
    unknowns = tuple(
        UnknownFunction("K" + "_".join(map(str, chosen)), system.independent, tuple(arguments)) for chosen in powers
    )
    origin = (0,) * len(system.variables)
    weights = []
    for chosen in powers:
        weight = field.one
        for i in chosen:
            weight = weight * field(velocities[i])
        weights.append(weight)
    form: LinearForm = {}
    rates = [field.one, *(field(v) for v in velocities)]
    for a, weight in enumerate(weights):
        add_to(form, (a, origin), on.rate(weight))
        for place, (variable, rate) in enumerate(zip(system.variables, rates, strict=True)):
            if variable in arguments:
                add_to(form, (a, tuple(int(p == place) for p in range(len(origin)))), weight * rate)
    equations = split((form,), field, system.jet_coordinates)
    determining = Determining(field, system.variables, unknowns, (form,), equations)
    solution = solve_general(determining, budget=budget, taken=taken_names(system))
    result = []
    for vector in solution.vectors:
        total = field.zero
        for weight, c in zip(weights, vector, strict=True):
            total = total + weight * c
        result.append(total)
    return result, solution.stopped
