"""What the tests of the symmetry engine share: analyses made once, and spans of vector fields."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cache

from sympy import Expr, S, Symbol

from liesym import Generator, ODESystem, find_symmetries
from liesym.certify.independence import independent_positions
from liesym.coefficients import Field
from liesym.solving.linear.vectors import constant_relations
from liesym.symmetries.results import Result
from liesym.text import read_expression


@cache
def analyzed(text: str, independent: str = "t", budget: float = 60.0) -> Result:
    """The analysis of one system, made once however many tests look at it."""
    return find_symmetries(ODESystem.parse(text, independent=independent), budget=budget)


def field_for(generators: Iterable[Generator], system: ODESystem, extra: Iterable[Expr] = ()) -> Field:
    """One field that holds all components."""
    generators = list(generators)
    definitions = {d.name: d for g in generators for d in g.definitions}
    expressions = [c for g in generators for c in g.components]
    return Field.build([*expressions, *extra], system.variables, system.parameter_symbols, definitions.values())


def rank(generators: Sequence[Generator], system: ODESystem) -> int:
    """The number of generators that are linearly independent over the constants."""
    if not generators:
        return 0
    field = field_for(generators, system)
    vectors = [tuple(field(c) for c in g.components) for g in generators]
    return len(independent_positions(vectors, system.variables, field, degree=max(system.orders)))


def is_spanned(generator: Generator, basis: Sequence[Generator], system: ODESystem) -> bool:
    """The generator is a combination of the basis, whose members are independent."""
    return rank([*basis, generator], system) == rank(basis, system)


def field_from_text(components: dict[str, str], system: ODESystem) -> Generator:
    """The vector field {variable: infinitesimal in the text grammar}."""
    symbols: dict[str, Symbol] = {s.name: s for s in (*system.variables, *system.parameter_symbols)}
    return Generator.from_mapping(system.variables, {k: read_expression(v, symbols=symbols) for k, v in components.items()})


def characteristic(generator: Generator, system: ODESystem) -> Generator:
    """(0, η - ξ f): what of a symmetry of a first-order system is left modulo trivial ones."""
    pairs = zip(generator.components[1:], system.rhs, strict=True)
    return Generator(
        system.variables, (S.Zero, *(eta - generator.xi * f for eta, f in pairs)), definitions=generator.definitions
    )


def is_spanned_modulo_trivial(generator: Generator, result: Result) -> bool:
    """The generator is a combination, with constant coefficients, of listed ones and a trivial one ρ (∂_t + f·∂_x)."""
    system = result.system
    rows = [characteristic(g, system) for g in (*result.nontrivial, generator)]
    field = field_for(rows, system)
    vectors = [tuple(field(c) for c in g.components) for g in rows]
    return any(len(vectors) - 1 in relation for relation in constant_relations(vectors, field))
