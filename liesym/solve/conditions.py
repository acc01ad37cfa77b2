"""Assumptions on parameters: what the coefficients that were divided by say about the parameters."""

from __future__ import annotations

from collections.abc import Iterable

from sympy import Expr, Ne, Symbol

from liesym.coefficients.field import Element, Field
from liesym.solve.relations import dependent_places
from liesym.solve.vectors import constant_content
from liesym.system import ODESystem


def conditions_of(pivots: Iterable[Element], field: Field, system: ODESystem) -> tuple[Expr, ...]:
    """`factor != 0` for each irreducible factor, free of the variables, of a pivot or of a denominator of the system.

    A pivot that also holds variables vanishes identically only where all its coefficients do; its constant content is
    what can vanish at special parameters. Factors known to be nonzero from declared assumptions are left out.
    """
    flags = dependent_places(field, field.variables)
    sources = [p.num for p in map(Element._current, pivots)]
    sources += [field(f).den for f in system.rhs]
    found: dict[Expr, None] = {}
    for poly in sources:
        content = constant_content(field.lift(poly), flags, field)
        for factor, _ in content.factor()[1]:
            expression = field.poly_to_expr(factor)
            if expression.free_symbols and not _known_nonzero(expression, system):
                found[expression] = None
    return tuple(Ne(e, 0, evaluate=False) for e in sorted(found, key=lambda e: (e.count_ops(), str(e))))


def _known_nonzero(expression: Expr, system: ODESystem) -> bool:
    declared = {p.symbol for p in system.parameters if {"positive", "nonzero"} & set(p.assumptions)}
    if isinstance(expression, Symbol):
        return expression in declared
    return bool(expression.is_nonzero)
