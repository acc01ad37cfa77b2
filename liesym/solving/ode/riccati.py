"""Equations that a substitution w = w(y) turns into a Riccati equation w' = q(x) w² + p(x) w + r(x).

One solution u of the linear equation u'' - (p + q'/q) u' + q r u = 0 gives the particular solution w = -u'/(q u), and so

    η_w = (q u w + u')² exp(-∫p)/q²,

which is a symmetry: z = 1/(w + u'/(q u)) solves a linear equation. Any two solutions u, v give one with
(q u w + u')(q v w + v') in place of the square. For q = 0 the equation is linear and η_w = exp(∫p). In place of u a
particular solution w_0 will do: η_w = (w - w_0)² exp(-∫(p + 2 q w_0)), and a complex one with its conjugate:
|w - w_0|² exp(-∫(p + 2 q Re w_0)). Candidates for w_0 are the zeros of what arbitrary functions are multiplied by, and
multiples c m of products m of the functions that occur.
Sources: Ince 1956, section 2.15; Kamke 1977, A.4.9; Cheb-Terrab and Kolokolnikov 2003 for the linear case.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import sympy as sp
from sympy import Symbol
from sympy.core.function import AppliedUndef

from liesym.coefficients.field import Field
from liesym.coefficients.lattice import NeedsRefinement
from liesym.coefficients.ring import Element, Slot
from liesym.errors import TooLarge, Unsupported
from liesym.solving.linear.relations import relations
from liesym.solving.ode.exponents import HALF
from liesym.solving.ode.integrate import _is_exponential
from liesym.solving.ode.ode import OdeSolver
from liesym.solving.ode.operators import depends_only_on

LARGEST_CANDIDATES = 400


@dataclass(frozen=True)
class Riccati:
    """w' = square w² + linear w + free, the coefficients functions of `variable` alone.

    Arguments:
        field: that the coefficients are in.
        variable: the independent one.
        w: the new unknown, a function of the old one.
        slope: its derivative with respect to the old one.
        square, linear, free: the coefficients.
    """

    field: Field
    variable: Symbol
    w: Element
    slope: Element
    square: Element
    linear: Element
    free: Element


def riccati_equations(field: Field, rate: Element, x: Symbol, y: Symbol, first: Iterable[Element] = ()) -> Iterator[Riccati]:
    """All the ways, among the substitutions that are tried, in which dy/dx = rate is a Riccati or a linear equation.

    Arguments:
        field: that the rate is in.
        rate: dy/dx.
        x, y: the variables.
        first: functions w of y that are tried before all others.
    """
    for w in itertools.chain(first, substitutions(field, y)):
        slope = w.diff(y)
        coefficients = None if slope.is_zero else quadratic_in(field, slope * rate, w, x, y)
        if coefficients is not None:
            yield Riccati(field, x, w, slope, *coefficients)


def substitutions(field: Field, y: Symbol) -> Iterator[Element]:
    """y, its powers, and the exponentials, tangents, roots and logarithms of y that occur."""
    Y = field(y)
    yield from (Y, Y * Y)
    for slot in list(field.slots):
        if slot.kind not in ("kernel", "root") or slot.moving != {y}:
            continue
        kernel = field.of_slot(slot)
        yield kernel
        if slot.kind == "root" or isinstance(slot.expr, sp.Pow):
            yield from (Y * kernel, kernel / Y)
        elif not _is_exponential(slot, y, field):
            # of the sine and the cosine of one angle one is a root over the other: tan of the half angle is s/(1 + c)
            for other in field.roots:
                if other.moving == {y}:
                    root = field.of_slot(other)
                    yield from (root / (kernel + 1), root / kernel)


def quadratic_in(
    field: Field, element: Element, w: Element, x: Symbol, y: Symbol
) -> tuple[Element, Element, Element] | None:
    """(a, b, c) free of y with element = a w² + b w + c, or None.

    With ∂ = ∂_y / w_y, a = ∂²/2, b = ∂ - 2 a w and so on: nothing is guessed.
    """
    slope = w.diff(y)
    first = element.diff(y) / slope
    square = first.diff(y) / slope / 2
    if square.depends_on(y) or not depends_only_on(square, x, field):
        return None
    linear = first - square * w * 2
    free = element - square * w * w - linear * w
    if linear.depends_on(y) or free.depends_on(y):
        return None
    return square, linear, free


# -- symmetries ----------------------------------------------------------------------------------------


def riccati_symmetries(equation: Riccati, solver: OdeSolver) -> list[Element]:
    """η_w of up to three symmetries (0, η_w), as far as solutions are found.

    With names allowed to the solver there are always three, in terms of named solutions of the linear equation.
    """
    q, p, r = equation.square, equation.linear, equation.free
    if q.is_zero:
        return _multiplied([equation.field.one], p, equation, solver)
    if r.is_zero:
        return _multiplied([equation.w * equation.w], -p, equation, solver)
    complex_ones: list[Element] = []
    for w0 in particular_solutions(equation):
        pairs = [(w0, w0)]
        if _is_complex(w0):  # with its conjugate, among those before, it makes a real symmetry
            pairs = [(w0, w1) for w1 in complex_ones if not _is_complex(w0 + w1) and not _is_complex(w0 * w1)]
            complex_ones.append(w0)
        for w1, w2 in pairs:
            found = _multiplied([(equation.w - w1) * (equation.w - w2)], -(p + q * (w1 + w2)), equation, solver)
            if found:
                return found
    x = equation.variable
    solutions = _linear_solutions((q * r, -(p + q.diff(x) / q)), x, solver)
    if solutions is None:
        return []
    lines = [equation.w * q * u + u.diff(x) for u in solutions]
    products = [lines[0] * lines[0], lines[0] * lines[1], lines[1] * lines[1]]
    return _multiplied([e / (q * q) for e in products], -p, equation, solver)


def _linear_solutions(coefficients: tuple[Element, ...], x: Symbol, solver: OdeSolver) -> list[Element] | None:
    """Two solutions; where names are allowed and half of the operations that are left brought nothing, two named ones."""
    if not solver.allow_names:
        return solver.fundamental_solutions(coefficients, x)
    try:
        with solver.field.within(solver.field.budget.part(0.5)):
            found = solver.fundamental_solutions(coefficients, x)
    except (TooLarge, Unsupported, NeedsRefinement):
        found = None
    if found and any(_is_complex(u) for u in found):
        found = None
    return found or solver.name_solutions(coefficients, x)


def _is_complex(element: Element) -> bool:
    return element.field.to_expr(element).has(sp.I)


def _multiplied(elements: list[Element], exponent: Element, equation: Riccati, solver: OdeSolver) -> list[Element]:
    """The elements times exp(∫exponent); nothing where the integral has no closed form and may not be named."""
    field, x = equation.field, equation.variable
    integral = solver.integral(exponent, x)
    if integral is None:
        return []
    factor = field.converter.exponential(integral)
    return [e * factor for e in elements]


def particular_solutions(equation: Riccati) -> Iterator[Element]:
    """Solutions w_0(x) among the candidates."""
    tried: list[Element] = []
    for w0 in itertools.chain(zeros_of_parts(equation), monomial_solutions(equation)):
        if any((w0 - e).is_zero for e in tried):
            continue
        tried.append(w0)
        rate = equation.square * w0 * w0 + equation.linear * w0 + equation.free
        if (w0.diff(equation.variable) - rate).is_zero:
            yield w0


def zeros_of_parts(equation: Riccati) -> Iterator[Element]:
    """Common zeros, in w, of what an arbitrary function is multiplied by."""
    field = equation.field
    columns = dict(enumerate((equation.free, equation.linear, equation.square)))
    arbitrary = [s for s in _arbitrary_slots(field) if any(s.index in field.slots_of(c) for c in columns.values())]
    for slot in arbitrary:
        parts = [c for c in (_coefficient_of(columns[k], slot, field) for k in range(3)) if c is not None]
        if len(parts) < 3:
            continue
        free, linear, square = parts
        if square.is_zero:
            if not linear.is_zero:
                yield -(free / linear)
            continue
        discriminant = linear * linear - square * free * 4
        try:
            root = field.converter.any_root(discriminant, HALF) if not discriminant.is_zero else field.zero
        except (Unsupported, NeedsRefinement):
            continue
        yield from ((root - linear) / (square * 2), -(root + linear) / (square * 2))


def _coefficient_of(element: Element, slot: Slot, field: Field) -> Element | None:
    """c in element = c·g + rest for the function g of the slot; None if it occurs otherwise."""
    if element.den.degrees()[field.capacity - 1 - slot.index]:
        return None
    parts = field.coefficients_in(element.num, slot)
    if any(power > 1 for power in parts):
        return None
    return field.fraction(parts[1], element.den) if 1 in parts else field.zero


def _arbitrary_slots(field: Field) -> list[Slot]:
    return [s for s in field.slots if s.kind == "kernel" and isinstance(s.expr, AppliedUndef | sp.Derivative)]


def monomial_solutions(equation: Riccati) -> Iterator[Element]:
    """w_0 = c m with a constant c, m a product of powers of the variable and of the functions that occur.

    c (m' - p m) - c² q m² - r = 0 wants r, m' - p m and q m² to be dependent over the constants.
    """
    field, x = equation.field, equation.variable
    for m in _products(equation):
        columns = [m.diff(x) - equation.linear * m, equation.square * m * m, equation.free]
        for relation in relations(columns, field, [x]):
            first, second, third = (relation.get(k, field.zero) for k in range(3))
            if third.is_zero:
                continue
            c, c2 = -(first / third), second / third
            if columns[0].is_zero and not c2.is_zero:
                try:
                    root = field.converter.any_root(c2, HALF)
                except (Unsupported, NeedsRefinement):
                    continue
                yield from (m * root, -(m * root))
            elif (c * c - c2).is_zero and not c.is_zero:
                yield m * c


def _products(equation: Riccati) -> Iterator[Element]:
    field, x = equation.field, equation.variable
    used = field.slots_of(equation.square) | field.slots_of(equation.linear) | field.slots_of(equation.free)
    slots = [field.slots[i] for i in sorted(used | {field.by_symbol[x].index}) if field.slots[i].moving == {x}]
    ranges = [range(-2, 3) if s.kind != "root" else range(s.degree) for s in slots[:5]]
    ordered = sorted(itertools.product(*ranges), key=lambda powers: sum(map(abs, powers)))
    for powers in ordered[:LARGEST_CANDIDATES]:
        product = field.one
        for slot, power in zip(slots, powers, strict=False):
            if power:
                product = product * field.of_slot(slot) ** power
        yield product
