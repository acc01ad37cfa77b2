"""Assumptions on parameters: what the coefficients that were divided by say about the parameters."""

from __future__ import annotations

from collections.abc import Iterable

from flint import fmpz_mpoly
from sympy import Expr, Ne, Symbol

from liesym.coefficients.field import Field
from liesym.coefficients.ring import Element
from liesym.model.system import ODESystem
from liesym.solving.linear.relations import dependent_places
from liesym.solving.linear.vectors import constant_content


def conditions_of(pivots: Iterable[Element], field: Field, system: ODESystem) -> tuple[Expr, ...]:
    """`factor != 0` for each irreducible factor, free of the variables, of what was divided by.

    That are the pivots, the denominators of the system, and what its equations were divided by to solve them.

    A pivot that also holds variables vanishes identically only where all its coefficients do; its constant content is
    what can vanish at special parameters. Factors known to be nonzero from declared assumptions are left out.
    """
    sources = [p.num for p in pivots]
    sources += [field(f).den for f in system.rhs]
    factors = [e for poly in sources for e in _constant_factors(poly, field)]
    leading = [system.leading(i) for i in range(len(system.rhs))]
    for divisor in system.nonzero:
        own = Field.build([divisor], (*system.variables, *system.jet_coordinates, *leading), system.parameter_symbols)
        factors += _constant_factors(own(divisor).num, own)
    found = dict.fromkeys(e for e in factors if e.free_symbols and not _known_nonzero(e, system))
    return tuple(Ne(e, 0, evaluate=False) for e in sorted(found, key=lambda e: (e.count_ops(), str(e))))


def _constant_factors(poly: fmpz_mpoly, field: Field) -> list[Expr]:
    """Irreducible factors of the content over what does not move."""
    if poly.is_one():
        return []
    content = constant_content(field.lift(poly), dependent_places(field, field.variables), field)
    return [field.poly_to_expr(factor) for factor, _ in field.factored(content)[1]]


def _known_nonzero(expression: Expr, system: ODESystem) -> bool:
    declared = {p.symbol for p in system.parameters if {"positive", "nonzero"} & set(p.assumptions)}
    if isinstance(expression, Symbol):
        return expression in declared
    return bool(expression.is_nonzero)
