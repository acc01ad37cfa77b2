"""Structure constants of vector fields, by comparing coefficients in the coefficient field."""

from __future__ import annotations

from collections.abc import Sequence

from liesym.algebra.core import LieAlgebra
from liesym.algebra.relations import relations
from liesym.coefficients.field import Element, Field
from liesym.errors import AnsatzError, Unsupported
from liesym.generators import Generator


def generator_field(generators: Sequence[Generator]) -> Field:
    """A coefficient field that holds all components."""
    variables = generators[0].variables
    if any(g.variables != variables for g in generators):
        raise AnsatzError("the generators of one algebra must be over the same variables")
    return Field.build([c for g in generators for c in g.components], variables)


def structure_constants(generators: tuple[Generator, ...]) -> LieAlgebra:
    """The Lie algebra spanned by the generators; see `LieAlgebra.from_generators`."""
    if not generators:
        return LieAlgebra(0, ())
    field = generator_field(generators)
    variables, n = generators[0].variables, len(generators)
    vectors = [[field(c) for c in g.components] for g in generators]
    slopes = [[[c.diff(v) for v in variables] for c in row] for row in vectors]
    pairs = [(i, j) for i in range(n) for j in range(i + 1, n)]
    brackets = [_bracket(vectors[i], vectors[j], slopes[i], slopes[j], field) for i, j in pairs]
    found = {max(r): r for r in relations([*vectors, *brackets], field)}
    if any(last < n for last in found):
        raise Unsupported("the generators are linearly dependent over the constants; give a basis")
    constants = []
    for place, (i, j) in enumerate(pairs):
        relation = found.get(n + place)
        if relation is None:
            raise Unsupported(f"the bracket of generators {i} and {j} (counted from 0) is not in their span")
        constants += [(i, j, k, field.to_expr(-c)) for k, c in sorted(relation.items()) if k < n]
    return LieAlgebra(n, tuple(constants), generators)


def _bracket(
    a: list[Element], b: list[Element], da: list[list[Element]], db: list[list[Element]], field: Field
) -> list[Element]:
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
    return result
