"""First-order systems that are mechanics in disguise: q' = c p, p' = F(q, p), with places and momenta among the states.

In: a system of first order. Out: q'' = c F(q, q'/c), for whose integrals there are methods that a first-order system lacks,
and the way back. Source: Goldstein 1980, section 8-1.
"""

from __future__ import annotations

from dataclasses import dataclass

from sympy import Expr, Symbol

from liesym.base.jets import jet_symbol
from liesym.base.typed import replaced
from liesym.conservation.spans import moves
from liesym.determine.on_solutions import OnSolutions, jet_field
from liesym.model.system import ODESystem


@dataclass(frozen=True, slots=True)
class Mechanics:
    """The equations of second order for the places, and their velocities in the states of the first-order system."""

    system: ODESystem
    velocities: tuple[tuple[Symbol, Expr], ...]

    def in_states(self, expression: Expr) -> Expr:
        """A function of places and velocities, in places and momenta."""
        return replaced(expression, dict(self.velocities))


def mechanics_of(system: ODESystem) -> Mechanics | None:
    """Each state as a place or as the momentum of one; None if the states do not pair off so."""
    slopes = _slopes(system)
    momentum: dict[Symbol, Symbol] = {}
    for q in system.unknowns:
        p = slopes.get(q, (None, None))[0]
        if p is not None and q not in momentum.values() and p not in momentum and p not in momentum.values():
            momentum[q] = p
    if 2 * len(momentum) != len(system.unknowns):
        return None
    rates = dict(zip(system.unknowns, system.rhs, strict=True))
    factors = {q: slopes[q][1] for q in momentum}
    as_velocity = {p: jet_symbol(q, 1) / factors[q] for q, p in momentum.items()}
    forces = tuple(factors[q] * replaced(rates[p], as_velocity) for q, p in momentum.items())
    places = tuple(momentum)
    second = ODESystem(system.independent, places, (2,) * len(places), forces, system.parameters)
    return Mechanics(second, tuple((jet_symbol(q, 1), factors[q] * p) for q, p in momentum.items()))


def _slopes(system: ODESystem) -> dict[Symbol, tuple[Symbol, Expr]]:
    """q -> (p, c) where q' = c p with another state p and a constant c."""
    on = OnSolutions(system, jet_field(system))
    found = {}
    for q, f in zip(system.unknowns, on.rhs, strict=True):
        held = [x for x in system.variables if f.depends_on(x)]
        if len(held) == 1 and held[0] not in (q, system.independent):
            slope = f / on.field(held[0])
            if slope.is_constant:
                found[q] = (held[0], on.field.to_expr(slope))
    return found


def polynomial_degree(on: OnSolutions) -> int:
    """The total degree of the right sides in the unknowns; 0 if they are not polynomials in these."""
    field, states = on.field, on.system.unknowns
    own = {field.by_symbol[x].index for x in states}
    places = [field.capacity - 1 - i for i in own]
    highest = 0
    for f in on.rhs:
        others = field.slots_of(f) - own
        if field.slots_of(field.of_poly(f.den)) & own or any(moves(field, field.slots[i], states) for i in others):
            return 0
        highest = max(highest, *(sum(m[p] for p in places) for m, _ in field.lift(f.num).terms()), 0)
    return highest
