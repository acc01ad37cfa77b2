"""Flows that are linear in more coordinates: conformal fields of R^n for a diagonal metric, fields with a linear invariant.

    v_i' = a_i + Σ A_ij v_j + 2 (b·v) v_i - (v·v) b_i,    g A + Aᵀ g = 2κ g

is linear in w = λ(1, v, v·v) with λ' = -2 (b·v) λ: the null cone of a space of two more dimensions.
Source: Olver 1993, section 1.3 and exercise 2.31.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from sympy import Dummy, Expr, Matrix, S, Symbol, diag, zeros

from liesym.base.typed import entries, replaced, substituted
from liesym.coefficients.field import Field
from liesym.flow.matrix import matrix_exponential
from liesym.model.generators import VectorField
from liesym.solving.linear.vectors import constant_relations

MOST_VARIABLES = 4


def conformal_in_space(group: Sequence[Symbol], rates: dict[Symbol, Expr], epsilon: Symbol) -> list[Expr] | None:
    """The images of the variables of a group whose field is conformal for a metric of ones and minus ones."""
    n = len(group)
    if not 2 <= n <= MOST_VARIABLES or not all(rates[v].is_polynomial(*group) for v in group):
        return None
    origin = dict.fromkeys(group, S.Zero)
    a = Matrix([substituted(rates[v], origin) for v in group])
    turn = Matrix(n, n, lambda i, j: substituted(rates[group[i]].diff(group[j]), origin))
    for tail in itertools.product((1, -1), repeat=n - 1):
        metric = diag(1, *tail)
        b = Matrix([metric[i, i] * substituted(rates[v].diff(v, v), origin) / 2 for i, v in enumerate(group)])
        symmetric = (metric * turn + turn.T * metric) / 2
        scale = symmetric[0, 0]
        if any(entries(b)) and symmetric == metric * scale and _is_conformal(group, rates, (a, turn, b, metric)):
            return _on_the_cone(group, (a, turn, b, metric), scale, epsilon)
    return None


Parts = tuple[Matrix, Matrix, Matrix, Matrix]


def _is_conformal(group: Sequence[Symbol], rates: dict[Symbol, Expr], parts: Parts) -> bool:
    a, turn, b, metric = parts
    v = Matrix(list(group))
    length, along = (v.T * metric * v)[0], (b.T * metric * v)[0]
    expected = a + turn * v + 2 * along * v - length * b
    return all((rates[x] - e).expand() == 0 for x, e in zip(group, expected, strict=True))


def _on_the_cone(group: Sequence[Symbol], parts: Parts, scale: Expr, epsilon: Symbol) -> list[Expr] | None:
    a, turn, b, metric = parts
    n, v = len(group), Matrix(list(group))
    m = zeros(n + 2, n + 2)
    m[0, 1 : n + 1] = -2 * b.T * metric
    m[1 : n + 1, 0], m[1 : n + 1, 1 : n + 1], m[1 : n + 1, n + 1] = a, turn, -b
    m[n + 1, 1 : n + 1], m[n + 1, n + 1] = 2 * a.T * metric, 2 * scale
    moved = matrix_exponential(m, epsilon)
    if moved is None:
        return None
    image = moved * Matrix([S.One, *group, (v.T * metric * v)[0]])
    return [(image[i + 1].expand() / image[0].expand()).cancel() for i in range(n)]


@dataclass(frozen=True, slots=True)
class Eliminated:
    """v expressed by s = Σ c_i v_i, which the flow keeps, and the other variables; the field in them.

    Arguments:
        generator: over the same variables, v at rest, s a parameter.
        place: of v among the variables.
        kept: the symbol s.
        total: Σ c_i v_i.
        value: v as a function of s and the others.
    """

    generator: VectorField
    place: int
    kept: Symbol
    total: Expr
    value: Expr

    def back(self, images: Sequence[Expr]) -> tuple[Expr, ...]:
        """The flow in all variables from that of the field in which v rests."""
        moved = dict(zip(self.generator.variables, images, strict=True))
        whole = [*images]
        whole[self.place] = replaced(self.value, moved)
        return tuple(e.subs(self.kept, self.total) for e in whole)


def with_linear_invariant(generator: VectorField) -> Iterator[Eliminated]:
    """Each variable eliminated by each linear combination of the variables that the flow keeps."""
    variables, components = generator.variables, generator.components
    field = Field.build(components, variables)
    for relation in constant_relations([(field(c),) for c in components], field):
        total = sum((field.to_expr(c) * variables[i] for i, c in relation.items()), start=S.Zero)
        for place in relation if len(relation) > 1 else ():
            v, kept = variables[place], Dummy("s", real=True)
            value = (kept - (total - total.coeff(v) * v)) / total.coeff(v)
            rates = [S.Zero if i == place else c.subs(v, value).expand() for i, c in enumerate(components)]
            yield Eliminated(VectorField(variables, tuple(rates)), place, kept, total, value)
