"""A result in a tidy basis of the same symmetries, as it is shown."""

from __future__ import annotations

from dataclasses import replace

from sympy import Abs, Add, Expr, Pow, Rational, asin, log, sign

from liesym.base.budget import Budget
from liesym.coefficients.field import Field
from liesym.coefficients.joined import joined
from liesym.coefficients.lattice import NeedsRefinement
from liesym.errors import OutOfBudget, Unsupported
from liesym.solving.linear.tidy import tidy_matrix
from liesym.solving.linear.vectors import normalized
from liesym.symmetries.generator import Generator
from liesym.symmetries.results import Result
from liesym.text.writer import is_negative

BRANCHED = (Abs, sign, log, asin)
"""What may be written in another form on another side: such components stay sums of the old ones."""


def in_tidy_basis(result: Result, budget: Budget) -> Result:
    """The same symmetries by a basis in which translations, scalings and rotations stand by themselves, signs turned.

    The new generators are rational combinations of the old ones, by an invertible matrix; those that hold on a part of the
    real line alone, or name functions, stay as they are, and so do all where there is no time.

    Arguments:
        result: of `find_symmetries`.
        budget: what it may take.
    """
    result = replace(result, generators=tuple(map(_with_plus, result.generators)))
    trivial = [g for g in result.generators if g.trivial]
    old = [g for g in result.generators if not g.trivial]
    if len(old) < 2 or any(g.on or g.definitions for g in old):
        return result
    variables = result.system.variables
    try:
        field = Field.build([c for g in old for c in g.components], variables, result.system.parameter_symbols)
        with field.within(budget):
            vectors = [tuple(map(field, g.components)) for g in old]
            matrix = tidy_matrix(vectors, variables, field)
            if matrix is None:
                return result
            made = [_combination([Rational(int(c.p), int(c.q)) for c in row], old, field) for row in matrix]
    except (OutOfBudget, Unsupported, NeedsRefinement, ZeroDivisionError):
        return result
    return replace(result, generators=(*trivial, *map(_with_plus, made)))


def _with_plus(generator: Generator) -> Generator:
    """The field or its negative, that which does not have a minus sign in front of everything."""
    moved = [c for c in generator.components if c != 0]
    if not all(is_negative(t) for c in moved for t in Add.make_args(c)):
        return generator
    return replace(generator, components=tuple(-c for c in generator.components))


def _combination(factors: list[Rational], old: list[Generator], field: Field) -> Generator:
    """Σ c_i X_i, in the normal form of the field where that is the same on all sides."""
    pairs = [(c, g) for c, g in zip(factors, old, strict=True) if c]
    if len(pairs) == 1:
        return pairs[0][1]
    size = range(len(old[0].components))
    sums = tuple(Add(*(c * g.components[i] for c, g in pairs)) for i in size)
    if any(_is_branched(e) for e in sums):
        return replace(old[0], components=tuple(e.expand() for e in sums))
    vector = normalized(tuple(map(field, sums)), field)
    return replace(old[0], components=tuple(joined(field.to_expr(e)) for e in vector))


def _is_branched(e: Expr) -> bool:
    return e.has(*BRANCHED) or any(p.exp.is_Rational and not p.exp.is_Integer for p in e.atoms(Pow))
