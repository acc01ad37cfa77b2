"""Poisson brackets of functions on phase space, and the Lie algebra that first integrals span with them.

    {F, G} = Σ_i ∂F/∂q_i ∂G/∂p_i - ∂F/∂p_i ∂G/∂q_i

Source: Goldstein 1980, section 9-4; Fradkin 1965.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence

from sympy import Expr

from liesym.algebra import LieAlgebra
from liesym.base.jets import jet_symbol
from liesym.base.typed import replaced
from liesym.coefficients.derivation import Derivation
from liesym.coefficients.field import Field
from liesym.coefficients.ring import Element
from liesym.errors import Unsupported
from liesym.solving.linear.vectors import constant_relations
from liesym.variational.lagrangian import Hamiltonian
from liesym.variational.present import presented


def poisson_bracket(one: Expr, two: Expr, hamiltonian: Hamiltonian) -> Expr:
    """{F, G} in (t, q, p).

    Arguments:
        one, two: functions of (t, q, p), or of (t, q, q'), which are expressed by the momenta.
        hamiltonian: says which momentum belongs to which coordinate.
    """
    field, (f, g) = _elements([one, two], hamiltonian)
    return presented(_bracket(f, g, hamiltonian, field), field, hamiltonian.momenta)


def integral_algebra(integrals: Sequence[Expr], hamiltonian: Hamiltonian) -> LieAlgebra | None:
    """The Lie algebra that integrals span with the Poisson bracket, such as u(n) for the isotropic oscillator.

    Arguments:
        integrals: linearly independent functions of (t, q, p) or (t, q, q').
        hamiltonian: of the system.

    Returns:
        None if a bracket is no linear combination of the integrals with constant coefficients, as for the
        Kepler problem, where the Runge-Lenz vectors give the angular momentum times the energy.

    Raises:
        Unsupported: the integrals are linearly dependent.
    """
    field, elements = _elements(integrals, hamiltonian)
    columns = [(e,) for e in elements]
    if constant_relations(columns, field):
        raise Unsupported("the integrals are linearly dependent; leave some out")
    table: dict[tuple[int, int], dict[int, Expr]] = {}
    for i, j in itertools.combinations(range(len(elements)), 2):
        value = _bracket(elements[i], elements[j], hamiltonian, field)
        if value.is_zero:
            continue
        relation = next(iter(constant_relations([(value,), *columns], field)), None)
        if relation is None:
            return None
        scale = -relation[0]
        table[i, j] = {k - 1: field.to_expr(c / scale) for k, c in relation.items() if k}
    return LieAlgebra.from_constants(len(elements), table)


def _elements(expressions: Sequence[Expr], hamiltonian: Hamiltonian) -> tuple[Field, list[Element]]:
    """In a field over (t, q, p), velocities replaced."""
    slopes = zip(hamiltonian.coordinates, hamiltonian.velocities, strict=True)
    speeds = {jet_symbol(q, 1): v for q, v in slopes}
    inserted = [replaced(e, speeds) for e in expressions]
    variables = (hamiltonian.independent, *hamiltonian.coordinates, *hamiltonian.momenta)
    field = Field.build(inserted, variables, tuple(p.symbol for p in hamiltonian.parameters))
    return field, [field(e) for e in inserted]


def _bracket(f: Element, g: Element, hamiltonian: Hamiltonian, field: Field) -> Element:
    """{f, g} = X_g(f) with the Hamiltonian vector field X_g = Σ ∂g/∂p ∂_q - ∂g/∂q ∂_p."""
    pairs = list(zip(hamiltonian.coordinates, hamiltonian.momenta, strict=True))
    return Derivation(field, {**{q: g.diff(p) for q, p in pairs}, **{p: -g.diff(q) for q, p in pairs}}).apply(f)
