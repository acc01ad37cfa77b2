"""Structure constants of vector fields, by comparing coefficients in the coefficient field."""

from __future__ import annotations

from collections.abc import Sequence

from liesym.algebra.core import LieAlgebra
from liesym.coefficients.field import Element, Field
from liesym.errors import AnsatzError, Unsupported, VerificationError
from liesym.generators import Generator
from liesym.solve.vectors import constant_relations


def generator_field(generators: Sequence[Generator]) -> Field:
    """A coefficient field that holds all components.

    Raises:
        AnsatzError: the generators are over different variables.
    """
    variables = generators[0].variables
    if any(g.variables != variables for g in generators):
        raise AnsatzError("the generators of one algebra must be over the same variables")
    definitions = {d.name: d for g in generators for d in g.definitions}
    return Field.build([c for g in generators for c in g.components], variables, (), definitions.values())


def structure_constants(generators: tuple[Generator, ...]) -> LieAlgebra:
    """The Lie algebra spanned by the generators; see `LieAlgebra.from_generators`."""
    if not generators:
        return LieAlgebra(0, ())
    field = generator_field(generators)
    variables, n = generators[0].variables, len(generators)
    vectors = [tuple(field(c) for c in g.components) for g in generators]
    slopes = [[[c.diff(v) for v in variables] for c in row] for row in vectors]
    pairs = [(i, j) for i in range(n) for j in range(i + 1, n)]
    brackets = [_bracket(vectors[i], vectors[j], slopes[i], slopes[j], field) for i, j in pairs]
    # free columns of a relation come first, so the generators are put last
    found = {min(r): r for r in constant_relations([*brackets, *vectors], field)}
    if any(first >= len(pairs) for first in found):
        raise Unsupported("the generators are linearly dependent over the constants; give a basis")
    constants = []
    for place, (i, j) in enumerate(pairs):
        relation = found.get(place)
        if relation is None or any(0 <= k < len(pairs) for k in relation if k != place):
            raise Unsupported(f"the bracket of generators {i} and {j} (counted from 0) is not in their span")
        coefficients = {k - len(pairs): -c for k, c in relation.items() if k != place}
        _check(brackets[place], vectors, coefficients, field)
        constants += [(i, j, k, field.to_expr(c)) for k, c in sorted(coefficients.items())]
    return LieAlgebra(n, tuple(constants), generators)


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
