"""Shapes in which the symmetries of one equation y' = f(x, y) are sought.

With ω = P dy - Q dx, f = Q/P, a field ξ ∂_x + η ∂_y is a symmetry exactly if V = P η - Q ξ is an inverse integrating factor:

    P V_x + Q V_y = (P_x + Q_y) V,

and modulo trivial fields V is all that matters: (0, V/P) represents it. So besides the shapes that read well
([F(x), P(x) y + Q(x)] and its mirror image, separated and crossed ones) V itself is sought as a combination of functions
that occur, with coefficients that are unknown functions of one variable: linear equations (V free of y), Bernoulli
(V = a y^n), Riccati (V of degree 2 in y), exact (V = 1) and homogeneous equations (V = x Q - y P) are all of this kind.
Sources: Cheb-Terrab and Roche 1998; Cheb-Terrab and Kolokolnikov 2003; Bluman and Anco 2002, section 3.2.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import sympy as sp
from sympy import Expr, S, Symbol

from liesym.coefficients.field import Field
from liesym.coefficients.ring import Element, Slot
from liesym.determine.forms import Determining, UnknownFunction, add_to
from liesym.model.system import ODESystem
from liesym.solving.linear.relations import relations
from liesym.solving.linear.span import monomials, products
from liesym.solving.ode.integrate import _is_exponential, integrate
from liesym.solving.pde.patterns import Pattern
from liesym.text.writer import write

LARGEST_SHAPE = 18
LARGEST_SPAN = 150
POWERS = (0, 1, 2, 3, -1, -2)


def plain_shapes(determining: Determining) -> Iterator[Pattern]:
    """Shapes that read well."""
    field, (x, y) = determining.field, determining.variables
    X, Y, one = field(x), field(y), field.one
    yield Pattern(f"[F({x}), P({x})*{y} + Q({x})]", ((x,), (x,), (x,)), ({0: one}, {1: Y, 2: one}))
    yield Pattern(f"[P({y})*{x} + Q({y}), F({y})]", ((y,), (y,), (y,)), ({1: X, 2: one}, {0: one}))
    yield Pattern(f"[F({x}), G({y})]", ((x,), (y,)), ({0: one}, {1: one}))
    yield Pattern(f"[F({y}), G({x})]", ((y,), (x,)), ({0: one}, {1: one}))


def sum_shapes(determining: Determining) -> Iterator[Pattern]:
    """[0, F(x) + G(y)] and [F(x) + G(y), 0] (Cheb-Terrab and Roche 1998, section 3)."""
    x, y = determining.variables
    both = {0: determining.field.one, 1: determining.field.one}
    yield Pattern(f"[0, F({x}) + G({y})]", ((x,), (y,)), ({}, both))
    yield Pattern(f"[F({x}) + G({y}), 0]", ((x,), (y,)), (both, {}))


def product_symmetry(field: Field, rate: Element, x: Symbol, y: Symbol) -> Element | None:
    """η of a symmetry [0, F(x) G(y)] of y' = f(x, y), or None.

    F'/F + f G'/G = f_y; with g = G'/G, ∂_x gives g = f_xy/f_x, which must be free of x, and then f_y - f g of y.
    Source: Cheb-Terrab, Duarte and da Mota 1997, section 3.
    """
    moved = rate.diff(x)
    if moved.is_zero:
        return rate  # y' = f(y)
    g = moved.diff(y) / moved
    h = rate.diff(y) - rate * g
    if g.depends_on(x) or h.depends_on(y):
        return None
    parts = integrate(h, x, field), integrate(g, y, field)
    if parts[0] is None or parts[1] is None:
        return None
    return field.converter.exponential(parts[0] + parts[1])


@dataclass(frozen=True)
class OneForm:
    """P dy - Q dx, and the equation for its inverse integrating factors V."""

    bottom: Expr
    top: Expr
    determining: Determining

    @property
    def field(self) -> Field:
        return self.determining.field

    def generator(self, factor: Expr) -> tuple[Expr, Expr]:
        """The symmetry (0, V/P)."""
        return S.Zero, factor / self.bottom


def one_form(system: ODESystem) -> OneForm:
    """Numerator and denominator of the right side as it is written, so that roots stay where they are."""
    x, y = system.variables
    top, bottom = sp.fraction(sp.together(system.rhs[0]))
    field = Field.build([top, bottom], system.variables, system.parameter_symbols)
    Q, P = field(top), field(bottom)
    equation: dict = {}
    for index, c in (((1, 0), P), ((0, 1), Q), ((0, 0), -(P.diff(x) + Q.diff(y)))):
        add_to(equation, (0, index), c)
    unknown = UnknownFunction("V", x, system.variables)
    return OneForm(bottom, top, Determining(field, system.variables, (unknown,), (), (equation,)))


def factor_shapes(form: OneForm) -> Iterator[Pattern]:
    """V = Σ a_i(x) b_i and V = Σ a_i(y) b_i, the b_i made of what occurs."""
    field = form.field
    for inner, outer in (form.determining.variables, form.determining.variables[::-1]):
        # coefficients are functions of `inner`, the b_i move with `outer`
        for span in outer_spans(field, outer):
            listed = ", ".join(write(field.to_expr(b)) for b in span[:4])
            name = f"V = Σ a_i({inner})*b_i, b_i in {{{listed}{', …' if len(span) > 4 else ''}}}"
            yield Pattern(name, ((inner,),) * len(span), (dict(enumerate(span)),))


def outer_spans(field: Field, v: Symbol) -> Iterator[list[Element]]:
    """Powers of v from -2 to 3; then the kernels that depend on v, times 1 and v."""
    base = field(v)
    kernels = [s for s in field.slots if s.kind in ("kernel", "root") and field.depends_on(s, v)]
    if not kernels:
        yield [base**k for k in POWERS]
        return
    yield [base**k for k in POWERS[:2]]
    span = [p * base**k for p, k in itertools.product(_kernel_products(field, kernels[:3], v), (0, 1))]
    yield span[:LARGEST_SHAPE]


def _kernel_products(field: Field, kernels: list[Slot], v: Symbol) -> list[Element]:
    ranges = []
    for slot in kernels:
        if slot.kind == "root":
            ranges.append(range(slot.degree))
        elif _is_exponential(slot, v, field):
            ranges.append((0, 1, -1))
        else:
            ranges.append((0, 1, 2) if len(kernels) <= 2 else (0, 1))
    result = []
    for powers in sorted(itertools.product(*ranges), key=lambda p: sum(map(abs, p))):
        product = field.one
        for slot, power in zip(kernels, powers, strict=True):
            if power:
                product = product * field.of_slot(slot) ** power
        result.append(product)
    return result


def first_integral(field: Field, rate: Element, characteristic: Element, x: Symbol, y: Symbol) -> Element | None:
    """I with dI = (dy - f dx)/Q, Q = η - ξ f the characteristic of a symmetry; None where no closed form is found.

    Source: Lie 1874; Olver 1993, Theorem 2.48 (1/Q is an integrating factor).
    """
    found = _logarithmic_integral(field, rate, characteristic, x, y)
    if found is not None:
        return found
    for inner, outer, along, across in (
        (y, x, field.one / characteristic, -(rate / characteristic)),
        (x, y, -(rate / characteristic), field.one / characteristic),
    ):
        partial = integrate(along, inner, field)
        if partial is None:
            continue
        rest = integrate(across - partial.diff(outer), outer, field)
        if rest is not None and not (across - partial.diff(outer)).depends_on(inner):
            return _without_logarithms(partial + rest, field)
    return None


def _logarithmic_integral(field: Field, rate: Element, characteristic: Element, x: Symbol, y: Symbol) -> Element | None:
    """I = Π p_i^(c_i), the p_i factors of f and Q, with Σ c_i D p_i/p_i = 0 for D = ∂_x + f ∂_y."""
    factors = occurring_factors(field, (rate, characteristic), (x, y))
    columns = [(p.diff(x) + rate * p.diff(y)) / p for p in factors]
    for relation in relations(columns, field, (x, y)):
        logarithm = field.zero
        for j, c in relation.items():
            logarithm = logarithm + field.converter.logarithm(factors[j]) * c
        integral = field.converter.exponential(logarithm)
        if not integral.is_constant:
            return integral
    return None


def occurring_factors(field: Field, elements: Sequence[Element], variables: Sequence[Symbol]) -> list[Element]:
    """The irreducible factors that move, the variables, and what stands under roots."""
    found: dict[str, Element] = {str(field(v).num): field(v) for v in variables}
    polys = [p for e in elements for p in (e.num, e.den)]
    polys += [s.relation for s in field.roots if s.relation is not None]
    for poly in polys:
        for p, _ in field.factored(field.lift(poly))[1]:
            factor = field.of_poly(field.lift(p))
            if any(factor.depends_on(v) for v in variables):
                found.setdefault(str(factor.num), factor)
    return list(found.values())


def _without_logarithms(integral: Element, field: Field) -> Element:
    """exp(I) where that makes powers of what is under logarithms, else I."""
    kernels = [field.slots[i] for i in field.slots_of(integral) if field.slots[i].kind == "kernel"]
    if not any(isinstance(s.expr, sp.log) for s in kernels):
        return integral
    before = len(field.slots)
    exponential = field.converter.exponential(integral * field.constant(int(integral.den.content())))
    made = field.slots[before:]
    return integral if any(s.kind == "kernel" for s in made) else exponential


def factor_span(form: OneForm, degree: int) -> list[Element]:
    """For V with constant coefficients: monomials up to a degree times products of the kernels that occur."""
    field, variables = form.field, form.determining.variables
    kernels = [s for s in field.slots if s.kind in ("kernel", "root") and any(field.depends_on(s, v) for v in variables)]
    base = monomials(field, variables, degree if kernels else 2 * degree + 2)
    along = variables[1] if kernels and field.depends_on(kernels[0], variables[1]) else variables[0]
    return products(field, base, _kernel_products(field, kernels[:4], along))[:LARGEST_SPAN]
