"""First integrals of x'' = F(x) + A(x) x', linear and quadratic in the velocities; all of them where A = 0.

The leading coefficients satisfy ∂_(k K_i…j) = 0: they are Killing tensors of flat space, and these are the
symmetric products of translations and rotations. What is left are conditions on constants:

    I = K_i v_i + W:        K_i F_i = 0, P_j = K_i A_ij is closed, and W = -∫ P_i dx_i;
    I = K_ij v_i v_j + W:   K_ij A_jk v_i v_k = 0, P_i = 2 K_ij F_j is closed (Bertrand and Darboux), W = -∫ P_i dx_i.

With A, as in a magnetic field or turning axes, a quadratic one may have linear terms too, which are not looked for here.

Sources: Darboux 1901; Thompson 1986; Kalnins, Kress and Miller 2018, chapter 2.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from sympy import Symbol

from liesym.base.budget import UNLIMITED, Budget
from liesym.base.jets import jet_symbol
from liesym.coefficients.field import Field
from liesym.coefficients.lattice import NeedsRefinement
from liesym.coefficients.parts import in_classes
from liesym.coefficients.ring import Element
from liesym.conservation.velocity_spans import killing_forms
from liesym.determine.on_solutions import OnSolutions
from liesym.errors import Unsupported
from liesym.solving.linear.vectors import constant_relations, linear_combination
from liesym.solving.ode.integrate import integrate

MANY_FORMS = 30


@dataclass(frozen=True, slots=True)
class FlatIntegrals:
    """What was found, and whether it is all of degree at most 2 that does not hold t."""

    found: tuple[Element, ...]
    complete: bool


def flat_integrals(on: OnSolutions, budget: Budget = UNLIMITED) -> Iterator[FlatIntegrals]:
    """Integrals of x'' = F(x) + A(x) x' that are linear in the velocities, or quadratic without linear terms.

    In many unknowns the linear ones come first, then those whose K is constant, the energy among them.

    Arguments:
        on: such a system, and its field.
        budget: looked at between the forms.

    Returns:
        `complete` is False before the end, with a matrix A, and if a potential W exists that was not integrated.

    Raises:
        TimeIsUp: the budget ran out.
    """
    field, places = on.field, on.system.unknowns
    forces = Forces.of(on)
    linear = _linear(on, forces)
    forms = killing_forms(field, places, 2, 2)
    if len(forms) > MANY_FORMS:
        yield FlatIntegrals(tuple(linear), False)
        yield _quadratic(on, forces, killing_forms(field, places, 2, 0), budget)
    found = _quadratic(on, forces, forms, budget)
    yield FlatIntegrals((*linear, *found.found), found.complete and not forces.turning)


@dataclass(frozen=True, slots=True)
class Forces:
    """F(x) by classes of summands that derivations do not mix, and A(x) x' by components; `turning` if A is not 0."""

    classes: tuple[tuple[Element, ...], ...]
    gyroscopic: tuple[Element, ...]
    turning: bool

    @staticmethod
    def of(on: OnSolutions) -> Forces:
        field, places = on.field, on.system.unknowns
        gyroscopic = []
        for f in on.rhs:
            speeds = [jet_symbol(x, 1) for x in places]
            gyroscopic.append(sum((f.diff(v) * field(v) for v in speeds), start=field.zero))
        still = [f - g for f, g in zip(on.rhs, gyroscopic, strict=True)]
        classes = tuple(tuple(c) for c in in_classes(still, places, field))
        return Forces(classes, tuple(gyroscopic), any(not g.is_zero for g in gyroscopic))


def _quadratic(on: OnSolutions, forces: Forces, forms: Sequence[Element], budget: Budget) -> FlatIntegrals:
    """Those with K_ij v_i v_j among the combinations of the forms."""
    field, places = on.field, on.system.unknowns
    works, conditions = [], []
    for k in forms:
        budget.check("quadratic integrals")
        work = [_slopes(_along(k, part, on), on) for part in forces.classes]
        works.append(tuple(p for part in work for p in part))
        conditions.append((_along(k, forces.gyroscopic, on), *(c for part in work for c in _curl(part, places))))
    found, complete = [], True
    for relation in constant_relations(conditions, field):
        (leading,) = linear_combination([(k,) for k in forms], relation, field)
        rest = _summed_potential(linear_combination(works, relation, field), places, field)
        if rest is None:
            complete = False
        else:
            found.append(leading - rest)
    return FlatIntegrals(tuple(found), complete)


def _linear(on: OnSolutions, forces: Forces) -> list[Element]:
    field, places = on.field, on.system.unknowns
    forms = killing_forms(field, places, 1, 1)
    works = [_slopes(_along(k, forces.gyroscopic, on), on) for k in forms]
    conditions = [
        (*(_along(k, part, on) for part in forces.classes), *_curl(work, places))
        for k, work in zip(forms, works, strict=True)
    ]
    found = []
    for relation in constant_relations(conditions, field):
        (leading,) = linear_combination([(k,) for k in forms], relation, field)
        rest = _summed_potential(linear_combination(works, relation, field), places, field)
        if rest is not None:
            found.append(leading - rest)
    return found


def _along(form: Element, forces: Sequence[Element], on: OnSolutions) -> Element:
    """Σ_j F_j ∂K/∂v_j."""
    pairs = zip(_slopes(form, on), forces, strict=True)
    return sum((s * f for s, f in pairs if not (s.is_zero or f.is_zero)), start=on.field.zero)


def _slopes(form: Element, on: OnSolutions) -> tuple[Element, ...]:
    return tuple(form.diff(jet_symbol(x, 1)) for x in on.system.unknowns)


def _curl(gradient: Sequence[Element], places: Sequence[Symbol]) -> list[Element]:
    pairs = itertools.combinations(range(len(places)), 2)
    return [gradient[i].diff(places[j]) - gradient[j].diff(places[i]) for i, j in pairs]


def _summed_potential(gradients: Sequence[Element], places: Sequence[Symbol], field: Field) -> Element | None:
    """The potentials of gradients that follow one another, added."""
    total, size = field.zero, len(places)
    for i in range(0, len(gradients), size):
        part = potential(gradients[i : i + size], places, field)
        if part is None:
            return None
        total = total + part
    return total


def potential(gradient: Sequence[Element], places: Sequence[Symbol], field: Field) -> Element | None:
    """W with ∂_i W = gradient_i, which is closed; None if it was not integrated."""
    total, rest = field.zero, list(gradient)
    for i, x in enumerate(places):
        try:
            step = integrate(rest[i], x, field, arbitrary=True)
        except (NeedsRefinement, Unsupported):
            return None
        if step is None:
            return None
        total = total + step
        rest = [r - step.diff(p) for r, p in zip(rest, places, strict=True)]
    return total
