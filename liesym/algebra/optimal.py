"""Optimal systems of one-dimensional subalgebras for real Lie algebras of dimension at most 4.

Two lines are equivalent if an inner automorphism carries one into the other. The lists are worked out class
by class in the standard bases of `tables`: an element outside an ideal is brought to its simplest form by
the ideal, lines inside are classified under what is left. They agree with Patera and Winternitz 1977, tables
I and II, up to the choice of representatives.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from sympy import Dummy, Expr, S, Symbol, cos, sin

from liesym.algebra import small
from liesym.algebra.action import combine
from liesym.algebra.core import StructureConstants
from liesym.algebra.signs import Signs
from liesym.base.names import free_symbols_named, names_in
from liesym.errors import Unsupported

X, Y, Z, PHI = (Dummy(name, real=True) for name in ("x", "y", "z", "phi"))
REAL, NONZERO, POSITIVE, NONNEGATIVE, ANGLE = "real", "nonzero", "positive", "not negative", "0 <= {} < 2*pi"

Sparse = dict[int, Expr | int]  # counted from 1, as in print


@dataclass(frozen=True, slots=True)
class Subalgebra:
    """A family of one-dimensional subalgebras, one for each value of its parameters.

    Arguments:
        row: coordinates of the generator in the given basis.
        ranges: (parameter, what values it takes).
    """

    row: tuple[Expr, ...]
    ranges: tuple[tuple[Symbol, str], ...] = ()


def optimal_system(algebra: StructureConstants) -> tuple[Subalgebra, ...]:
    """One representative of each class of one-dimensional subalgebras; see `LieAlgebra.optimal_system`."""
    if algebra.dimension > 4:
        raise Unsupported("optimal systems are known for dimension at most 4")
    if algebra.modulus:
        raise Unsupported("optimal systems need real structure constants, not residues")
    standard = small.classify(algebra, Signs())
    if standard.rows is None:
        raise Unsupported("the standard basis depends on the signs of parameters; give them values or assumptions")
    values = dict(standard.parameters)
    result = []
    for sparse, ranges in standard_lines(standard.family, values):
        dense = [S(sparse.get(i + 1, 0)) for i in range(algebra.dimension)]
        row = combine(*zip(dense, standard.rows, strict=True))
        shown = dict(zip(ranges, free_symbols_named((p.name for p in ranges), names_in(*algebra.parameters)), strict=True))
        named = tuple((shown[p], range_.format(shown[p])) for p, range_ in ranges.items())
        result.append(Subalgebra(tuple(e.xreplace(shown) for e in row), named))
    return tuple(result)


Line = tuple[Sparse, dict[Symbol, str]]


def standard_lines(family: str, values: dict[str, Expr]) -> Iterator[Line]:
    """The optimal system in the standard basis of a class."""
    if family in ("A1", "2A1", "3A1", "4A1"):
        yield from all_lines(range(1, int(family[0] if family[0].isdigit() else 1) + 1))
    elif family in FIXED:
        yield from FIXED[family]
    elif family in ("A4,5", "A3,5", "A3,4", "A3,5+A1", "A3,4+A1"):
        yield from _diagonal(family, values)
    elif family == "A4,2":
        yield from _a4_2(values["a"])
    elif family == "A4,6":
        yield from _a4_6(values["a"] == values["b"])
    elif family == "A4,9":
        yield from _a4_9(values["b"])
    else:
        raise Unsupported(f"no optimal system is listed for {family}")


def all_lines(indices: Sequence[int]) -> Iterator[Line]:
    """Every line of a subspace on which the group acts trivially or by a common factor."""
    names = (X, Y, Z)
    for k, i in enumerate(indices):
        rest = list(indices)[k + 1 :]
        yield {i: 1, **dict(zip(rest, names, strict=False))}, dict.fromkeys(names[: len(rest)], REAL)


def weighted_lines(weights: dict[int, Expr]) -> Iterator[Line]:
    """Lines under diag(e^{w s}).

    One entry is scaled to 1 with the line, one of another weight to ±1 with the group.
    """
    for size in range(1, len(weights) + 1):
        for support in itertools.combinations(weights, size):
            first, *others = support
            scaled = next((i for i in others if weights[i] != weights[first]), None)
            free = [i for i in others if i != scaled]
            names = (X, Y)[: len(free)]
            for sign in (1, -1) if scaled is not None else (1,):
                line: Sparse = {first: 1, **dict(zip(free, names, strict=True))}
                if scaled is not None:
                    line[scaled] = sign
                yield line, dict.fromkeys(names, NONZERO)


def _diagonal(family: str, values: dict[str, Expr]) -> Iterator[Line]:
    a = values.get("a", S.NegativeOne)
    if family == "A4,5":
        yield {4: 1}, {}
        yield from weighted_lines({1: S.One, 2: a, 3: values["b"]})
    elif family.endswith("+A1"):
        yield {3: 1, 4: X}, {X: REAL}
        yield from weighted_lines({1: S.One, 2: a, 4: S.Zero})
    else:
        yield {3: 1}, {}
        yield from weighted_lines({1: S.One, 2: a})


def _a4_2(a: Expr) -> Iterator[Line]:
    yield {4: 1}, {}
    yield {1: 1}, {}
    for i in (2, 3):
        if a == 1:
            yield {i: 1, 1: X}, {X: REAL}
        else:
            yield from (({i: 1}, {}), ({i: 1, 1: 1}, {}), ({i: 1, 1: -1}, {}))


def _a4_6(equal: bool) -> Iterator[Line]:
    yield from (({4: 1}, {}), ({1: 1}, {}), ({2: 1}, {}))
    if equal:
        yield {1: 1, 2: X}, {X: POSITIVE}
    else:
        yield {1: 1, 2: cos(PHI), 3: sin(PHI)}, {PHI: ANGLE}


def _a4_9(b: Expr) -> Iterator[Line]:
    yield {1: 1}, {}
    yield ({4: 1, 3: X}, {X: REAL}) if b == 0 else ({4: 1}, {})
    if b == 1:
        yield from all_lines((2, 3))
    else:
        yield from weighted_lines({2: S.One, 3: b})


def _plain(*indices: int) -> list[Line]:
    return [({i: 1}, {}) for i in indices]


CIRCLE = {PHI: ANGLE}
FIXED: dict[str, list[Line]] = {
    "A2": _plain(1, 2),
    "A2+A1": [({1: 1, 3: X}, {X: REAL}), *_plain(2, 3), ({2: 1, 3: 1}, {}), ({2: 1, 3: -1}, {})],
    "A2+2A1": [
        ({1: 1, 3: X, 4: Y}, {X: REAL, Y: REAL}),
        *_plain(2, 4),
        ({2: 1, 3: cos(PHI), 4: sin(PHI)}, CIRCLE),
        ({3: 1, 4: X}, {X: REAL}),
    ],
    "2A2": [
        ({1: 1, 3: X}, {X: REAL}),
        *(({1: 1, 4: e}, {}) for e in (1, -1)),
        *_plain(3, 2, 4),
        *(({3: 1, 2: e}, {}) for e in (1, -1)),
        *(({2: 1, 4: e}, {}) for e in (1, -1)),
    ],
    "A3,1": [*_plain(1, 3), ({2: 1, 3: X}, {X: REAL})],
    "A3,1+A1": [
        ({2: 1, 3: X, 4: Y}, {X: REAL, Y: REAL}),
        ({3: 1, 4: X}, {X: REAL}),
        ({1: 1, 4: X}, {X: REAL}),
        *_plain(4),
    ],
    "A3,2": _plain(1, 2, 3),
    "A3,2+A1": [
        ({3: 1, 4: X}, {X: REAL}),
        *_plain(1, 2),
        ({4: 1, 2: X}, {X: REAL}),
        *(({4: 1, 1: e}, {}) for e in (1, -1)),
    ],
    "A3,3": [*_plain(3, 2), ({1: 1, 2: X}, {X: REAL})],
    "A3,3+A1": [
        ({3: 1, 4: X}, {X: REAL}),
        ({1: 1, 2: X}, {X: REAL}),
        *_plain(2, 4),
        ({4: 1, 1: cos(PHI), 2: sin(PHI)}, CIRCLE),
    ],
    "A3,6": _plain(1, 3),
    "A3,6+A1": [({3: 1, 4: X}, {X: REAL}), *_plain(1), ({4: 1, 1: X}, {X: NONNEGATIVE})],
    "A3,7": _plain(1, 3),
    "A3,7+A1": [
        ({3: 1, 4: X}, {X: REAL}),
        *_plain(1, 4),
        ({4: 1, 1: cos(PHI), 2: sin(PHI)}, CIRCLE),
    ],
    "A3,8": [*_plain(1, 2), ({1: 1, 3: 1}, {})],
    "A3,8+A1": [
        *_plain(4, 1),
        *(({1: 1, 4: e}, {}) for e in (1, -1)),
        ({2: 1, 4: X}, {X: NONNEGATIVE}),
        ({1: 1, 3: 1, 4: X}, {X: REAL}),
    ],
    "A3,9": _plain(1),
    "A3,9+A1": [*_plain(4), ({1: 1, 4: X}, {X: NONNEGATIVE})],
    "A4,1": [({4: 1, 3: X}, {X: REAL}), ({3: 1, 1: X}, {X: REAL}), *_plain(2, 1)],
    "A4,3": [
        ({4: 1, 3: X}, {X: REAL}),
        ({3: 1, 1: X}, {X: REAL}),
        *_plain(1, 2),
        *(({2: 1, 1: e}, {}) for e in (1, -1)),
    ],
    "A4,4": [*_plain(4, 2, 1), ({3: 1, 1: X}, {X: REAL})],
    "A4,7": _plain(1, 2, 3, 4),
    "A4,8": [({4: 1, 1: X}, {X: REAL}), *_plain(1, 2, 3), *(({2: 1, 3: e}, {}) for e in (1, -1))],
    "A4,10": [({4: 1, 1: X}, {X: REAL}), *_plain(1, 2)],
    "A4,11": _plain(1, 2, 4),
    "A4,12": [({3: 1, 4: X}, {X: REAL}), *_plain(4, 1)],
}
