"""First integrals of x'' = F(x), linear and quadratic in the velocities, all of them.

The leading coefficients satisfy ∂_(k K_i…j) = 0: they are Killing tensors of flat space, and these are the
symmetric products of translations and rotations. What is left are conditions on constants:

    I = K_i v_i:            K_i F_i = 0;
    I = K_ij v_i v_j + W:   P_i = 2 K_ij F_j is closed (Bertrand and Darboux), and W = -∫ P_i dx_i.

Sources: Darboux 1901; Thompson 1986; Kalnins, Kress and Miller 2018, chapter 2.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

from sympy import Symbol

from liesym.coefficients.field import Element, Field
from liesym.coefficients.lattice import NeedsRefinement
from liesym.conservation.velocity_spans import killing_forms
from liesym.determine import OnSolutions
from liesym.errors import Unsupported
from liesym.jets import jet_symbol
from liesym.solve.integrate import integrate
from liesym.solve.vectors import constant_relations, linear_combination


@dataclass(frozen=True, slots=True)
class FlatIntegrals:
    """What was found, and whether it is all of degree at most 2 that does not hold t."""

    found: tuple[Element, ...]
    complete: bool


def flat_integrals(on: OnSolutions) -> FlatIntegrals:
    """All integrals of x'' = F(x) that are linear or quadratic in the velocities.

    Arguments:
        on: a system x'' = F(x), and its field.

    Returns:
        `complete` is False if a potential W exists that was not integrated.
    """
    linear = _linear(on)
    field, places = on.field, on.system.unknowns
    velocities = [jet_symbol(x, 1) for x in places]
    forms = killing_forms(field, places, 2, 2)
    works = [tuple(on.rate(k).diff(v) for v in velocities) for k in forms]
    pairs = list(itertools.combinations(range(len(places)), 2))
    curls = [tuple(work[i].diff(places[j]) - work[j].diff(places[i]) for i, j in pairs) for work in works]
    one = field.one
    relations = constant_relations(curls, field) if pairs else [{a: one} for a in range(len(forms))]
    found, complete = [], True
    for relation in relations:
        (leading,) = linear_combination([(k,) for k in forms], relation, field)
        rest = potential(linear_combination(works, relation, field), places, field)
        if rest is None:
            complete = False
        else:
            found.append(leading - rest)
    return FlatIntegrals((*linear, *found), complete)


def _linear(on: OnSolutions) -> list[Element]:
    forms = killing_forms(on.field, on.system.unknowns, 1, 1)
    relations = constant_relations([(on.rate(k),) for k in forms], on.field)
    return [linear_combination([(k,) for k in forms], r, on.field)[0] for r in relations]


def potential(gradient: Sequence[Element], places: Sequence[Symbol], field: Field) -> Element | None:
    """W with ∂_i W = gradient_i, which is closed; None if it was not integrated."""
    total, rest = field.zero, list(gradient)
    for i, x in enumerate(places):
        try:
            step = integrate(rest[i], x, field)
        except (NeedsRefinement, Unsupported):
            return None
        if step is None:
            return None
        total = total + step
        rest = [r - step.diff(p) for r, p in zip(rest, places, strict=True)]
    return total
