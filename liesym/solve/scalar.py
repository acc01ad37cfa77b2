"""Shapes in which the symmetries of one equation y' = f(x, y) are sought.

With ω = P dy - Q dx, f = Q/P, a field ξ ∂_x + η ∂_y is a symmetry exactly if V = P η - Q ξ is an inverse integrating factor
of ω, and modulo trivial fields V is all that matters. So besides the shapes that read well ([F(x), P(x) y + Q(x)] and its
mirror image, separated and crossed ones) V itself is sought as a combination of functions that occur, with coefficients
that are unknown functions of one variable: linear equations (V free of y), Bernoulli (V = a y^n), Riccati (V of degree 2 in
y), exact (V = 1) and homogeneous equations (V = x Q - y P) are all of this kind.
Sources: Cheb-Terrab and Roche 1998; Cheb-Terrab and Kolokolnikov 2003; Bluman and Anco 2002, section 3.2.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator

import sympy as sp
from sympy import Expr, Symbol

from liesym.coefficients.field import Element, Field, Slot
from liesym.determine import Determining
from liesym.solve.integrate import _is_exponential
from liesym.solve.patterns import Pattern

LARGEST_SHAPE = 18


def plain_shapes(determining: Determining) -> Iterator[Pattern]:
    """Shapes that read well."""
    field, (x, y) = determining.field, determining.variables
    X, Y, one = field(x), field(y), field.one
    yield Pattern(f"[F({x}), P({x})*{y} + Q({x})]", ((x,), (x,), (x,)), ({0: one}, {1: Y, 2: one}))
    yield Pattern(f"[P({y})*{x} + Q({y}), F({y})]", ((y,), (y,), (y,)), ({1: X, 2: one}, {0: one}))
    yield Pattern(f"[F({x}), G({y})]", ((x,), (y,)), ({0: one}, {1: one}))
    yield Pattern(f"[F({y}), G({x})]", ((y,), (x,)), ({0: one}, {1: one}))


def factor_shapes(determining: Determining, rhs: Expr) -> Iterator[Pattern]:
    """[0, V/P] with V = Σ a_i(x) b_i and V = Σ a_i(y) b_i, the b_i made of what occurs."""
    field = determining.field
    for denominator in denominators(field, rhs):
        for inner, outer in (determining.variables, determining.variables[::-1]):
            # coefficients are functions of `inner`, the b_i move with `outer`
            for span in outer_spans(field, outer):
                names = " + ".join(f"a{i}({inner})*({field.to_expr(b)})" for i, b in enumerate(span[:3]))
                name = f"[0, ({names}{' + …' if len(span) > 3 else ''})/({field.to_expr(denominator)})]"
                yield Pattern(name, ((inner,),) * len(span), ({}, {i: b / denominator for i, b in enumerate(span)}))


def denominators(field: Field, rhs: Expr) -> list[Element]:
    """P of f = Q/P: as it is written, and in the normal form of the field (where roots are rationalised)."""
    found = [field.of_poly(field(rhs).den)]
    written = field(sp.fraction(sp.together(rhs))[1])
    if not (written / found[0]).is_constant:
        found.insert(0, written)
    return found


def outer_spans(field: Field, v: Symbol) -> Iterator[list[Element]]:
    """Powers of v from -2 to 3; then the kernels that depend on v, times 1 and v."""
    base = field(v)
    kernels = [s for s in field.slots if s.kind in ("kernel", "root") and field.depends_on(s, v)]
    if not kernels:
        yield [base**k for k in (0, 1, 2, 3, -1, -2)]
        return
    yield [base**k for k in (0, 1, 2, -1)]
    products = _kernel_products(field, kernels[:3], v)
    span = [p * base**k for p, k in itertools.product(products, (0, 1))]
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
    products = []
    for powers in sorted(itertools.product(*ranges), key=lambda p: sum(map(abs, p))):
        product = field.one
        for slot, power in zip(kernels, powers, strict=True):
            if power:
                product = product * field.of_slot(slot) ** power
        products.append(product)
    return products
