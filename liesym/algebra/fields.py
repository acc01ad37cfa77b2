"""Structure constants of vector fields, by comparing coefficients in the coefficient field."""

from __future__ import annotations

from collections.abc import Sequence

from sympy import Expr
from sympy.core.function import AppliedUndef

from liesym.algebra.core import StructureConstants
from liesym.coefficients.definitions import Definition
from liesym.coefficients.field import Field
from liesym.coefficients.ring import Element
from liesym.errors import AnsatzError, Unsupported, VerificationError
from liesym.model.generators import VectorField
from liesym.solving.linear.vectors import constant_relations


def generator_field(generators: Sequence[VectorField]) -> Field:
    """A coefficient field that holds all components.

    Raises:
        AnsatzError: the generators are over different variables.
    """
    variables = generators[0].variables
    if any(g.variables != variables for g in generators):
        raise AnsatzError("the generators of one algebra must be over the same variables")
    definitions = {d.name: d for g in generators for d in g.definitions}
    named = _with_unit_wronskians(list(definitions.values()))
    return Field.build([c for g in generators for c in g.components], variables, (), named)


def _with_unit_wronskians(definitions: Sequence[Definition]) -> list[Definition]:
    """Pairs of solutions of ψ'' = q ψ scaled to ψ1 ψ2' - ψ1' ψ2 = 1, which a constant factor always does.

    The Wronskian is constant, but no polynomial identity of the field says so; then ψ2' = (1 + ψ1' ψ2)/ψ1 does.
    """
    result: list[Definition] = []
    partners: dict[Expr, AppliedUndef] = {}
    for d in definitions:
        ratio = (d.rhs / d.function).cancel()
        if d.order != 2 or ratio.has(d.function.func):
            result.append(d)
        elif ratio not in partners:
            partners[ratio] = d.function
            result.append(d)
        else:
            first, t = partners[ratio], d.variable
            result.append(Definition(d.function, 1, (1 + first.diff(t) * d.function) / first))
    return result


def structure_constants(generators: tuple[VectorField, ...]) -> StructureConstants:
    """The Lie algebra spanned by the generators; see `LieAlgebra.from_generators`."""
    if not generators:
        return StructureConstants(0, ())
    field = generator_field(generators)
    variables, n = generators[0].variables, len(generators)
    vectors = [tuple(field(c) for c in g.components) for g in generators]
    slopes = [[[c.diff(v) for v in variables] for c in row] for row in vectors]
    pairs = [(i, j) for i in range(n) for j in range(i + 1, n)]
    brackets = [_bracket(vectors[i], vectors[j], slopes[i], slopes[j], field) for i, j in pairs]
    found, rest = _solved(constant_relations([*brackets, *vectors], field), len(pairs))
    if rest:
        raise Unsupported("the generators are linearly dependent over the constants; give a basis")
    constants = []
    for place, (i, j) in enumerate(pairs):
        relation = found.get(place)
        if relation is None or any(k < len(pairs) for k in relation if k != place):
            raise Unsupported(f"the bracket of generators {i} and {j} (counted from 0) is not in their span")
        coefficients = {k - len(pairs): -c for k, c in relation.items() if k != place}
        _check(brackets[place], vectors, coefficients, field)
        constants += [(i, j, k, field.to_expr(c)) for k, c in sorted(coefficients.items())]
    return StructureConstants(n, tuple(constants), generators)


def _solved(
    relations: Sequence[dict[int, Element]], width: int
) -> tuple[dict[int, dict[int, Element]], list[dict[int, Element]]]:
    """Relations solved for the columns below `width`, by elimination, and those that hold none of them."""
    left = [dict(r) for r in relations]
    solved: dict[int, dict[int, Element]] = {}
    for column in range(width):
        pivot = next((r for r in left if column in r), None)
        if pivot is None:
            continue
        left = [r for r in left if r is not pivot]
        scaled = {k: c / pivot[column] for k, c in pivot.items()}
        for other in (*left, *solved.values()):
            factor = other.get(column)
            if factor is None:
                continue
            for k, c in scaled.items():
                value = other[k] - factor * c if k in other else -(factor * c)
                if value.is_zero:
                    other.pop(k, None)
                else:
                    other[k] = value
        solved[column] = scaled
    return solved, [r for r in left if r]


def _bracket(
    a: Sequence[Element],
    b: Sequence[Element],
    da: Sequence[Sequence[Element]],
    db: Sequence[Sequence[Element]],
    field: Field,
) -> tuple[Element, ...]:
    """[X, Y]^k = X^v ∂_v Y^k - Y^v ∂_v X^k."""
    result = []
    for k in range(len(a)):
        total = field.zero
        for v in range(len(a)):
            if not a[v].is_zero and not db[k][v].is_zero:
                total = total + a[v] * db[k][v]
            if not b[v].is_zero and not da[k][v].is_zero:
                total = total - b[v] * da[k][v]
        result.append(total)
    return tuple(result)


def _check(
    bracket: Sequence[Element],
    vectors: Sequence[Sequence[Element]],
    coefficients: dict[int, Element],
    field: Field,
) -> None:
    for place, value in enumerate(bracket):
        total = value
        for k, c in coefficients.items():
            total = total - vectors[k][place] * c
        if not total.is_zero:
            raise VerificationError("structure constants failed their check by substitution")
