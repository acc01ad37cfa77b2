"""Direct sums: the centroid of a Lie algebra and the ideals that its idempotents cut out."""

from __future__ import annotations

import random
from functools import lru_cache
from typing import Any

from sympy import GF, QQ, Dummy, Poly
from sympy.polys.matrices import DomainMatrix

from liesym.algebra import linear
from liesym.algebra.core import StructureConstants, convert
from liesym.algebra.structure import center, derived, polynomial_at, restricted

PRIME = 2305843009213693951


@lru_cache(maxsize=64)
def centroid(algebra: StructureConstants) -> tuple[DomainMatrix, ...]:
    """A basis of all linear maps that commute with every ad x, as matrices on columns.

    Such a map φ is determined by its values on a few elements x that generate L under ad L: φ(w x) = w φ(x)
    for products w of ads. The values are the unknowns of a linear system. Modulo a prime a one-dimensional
    answer is already exact.
    """
    image = _modular_image(algebra)
    words = _words(image)
    if len(_commuting(image.adjoints, *words)) == 1:
        return (linear.whole_space(algebra.dimension, algebra.domain),)
    return tuple(_commuting(algebra.adjoints, *words))


def _modular_image(algebra: StructureConstants) -> StructureConstants:
    """The constants modulo a prime, parameters and irrational numbers replaced by random residues."""
    rng, domain = random.Random(4), algebra.domain
    kind: Any = domain
    if domain.is_FiniteField:
        return algebra
    values: Any = {p: rng.randrange(2, PRIME) for p in algebra.parameters}
    if domain.is_QQ or (values and domain.is_FractionField and kind.domain in (QQ, QQ.get_ring())):
        finite = GF(PRIME)
        constants = []
        for i, j, k, c in algebra.constants:
            value = convert(c.subs(values), finite)
            if value:
                constants.append((i, j, k, finite.to_sympy(value)))
        return StructureConstants(algebra.dimension, tuple(constants), modulus=PRIME)
    return algebra


Word = tuple[int, ...]


def _words(algebra: StructureConstants) -> tuple[list[list[int]], list[tuple[int, Word]]]:
    """Elements x_g (as integer rows) and words (g, i_1, ….

    I_k) such that the ad e_{i_1} … ad e_{i_k} x_g are a basis.
    """
    n, domain, rng = algebra.dimension, algebra.domain, random.Random(6)
    starts: list[list[int]] = []
    words: list[tuple[int, Word]] = []
    space = linear.zero_space(n, domain)
    while space.shape[0] < n:
        starts.append([rng.randint(1, 9) for _ in range(n)])
        row = linear.matrix([[domain.convert(e) for e in starts[-1]]], n, domain)
        queue: list[tuple[Word, DomainMatrix]] = [((), row)]
        while queue and space.shape[0] < n:
            word, vector = queue.pop(0)
            larger = linear.join(space, linear.span(vector))
            if larger.shape[0] == space.shape[0]:
                continue
            space = larger
            words.append((len(starts) - 1, word))
            queue += [((i, *word), (vector * a.transpose()).to_dense()) for i, a in enumerate(algebra.adjoints)]
    return starts, words


def _commuting(ads: tuple[DomainMatrix, ...], starts: list[list[int]], words: list[tuple[int, Word]]) -> list[DomainMatrix]:
    n, domain = ads[0].shape[0], ads[0].domain
    products: dict[Word, DomainMatrix] = {(): linear.whole_space(n, domain)}
    for _, word in words:
        if word not in products:
            products[word] = (ads[word[0]] * products[word[1:]]).to_dense()
    first = [linear.matrix([[domain.convert(e)] for e in x], 1, domain) for x in starts]
    basis = [(products[w] * first[g]).transpose().to_list()[0] for g, w in words]
    inverse = linear.matrix(basis, n, domain).transpose().inv()
    maps = []
    for g in range(len(starts)):
        for k in range(n):
            columns = [[row[k] for row in products[w].to_list()] if h == g else [domain.zero] * n for h, w in words]
            maps.append((linear.matrix(columns, n, domain).transpose() * inverse).to_dense())
    space = linear.whole_space(len(maps), domain)
    for a in ads:
        current = [_mix(row, maps) for row in space.to_list()]
        defects = [[e for row in (m * a - a * m).to_list() for e in row] for m in current]
        null = linear.kernel(linear.matrix(defects, n * n, domain).transpose())
        space = (null * space).to_dense()
        if space.shape[0] == 1:
            break
    return [_mix(row, maps) for row in linear.span(space).to_list()]


def _mix(row: list, maps: list[DomainMatrix]) -> DomainMatrix:
    total = maps[0] * maps[0].domain.zero
    for factor, m in zip(row, maps, strict=True):
        if factor:
            total = total + m * factor
    return total.to_dense()


def summands(algebra: StructureConstants) -> tuple[DomainMatrix, ...]:
    """Ideals whose direct sum is the algebra, indecomposable over the field of its constants.

    A central summand is split off first. Projections on the rest commute with ad L, so they are polynomials
    in a generic element of the centroid: its primary components are the summands. Source: Rand, Winternitz
    and Zassenhaus 1988.
    """
    domain = algebra.domain
    z, inside = center(algebra), derived(algebra)
    outer = linear.complement(linear.meet(z, inside), z)
    pieces = [linear.matrix([row], algebra.dimension, domain) for row in outer.to_list()]
    if inside.shape[0] == 0:
        return tuple(pieces)
    # any complement of the central summand that holds [L, L] is an ideal
    rest = linear.join(inside, linear.complement(linear.join(inside, linear.span(outer))))
    return (*_indecomposable(algebra, rest), *pieces)


def _indecomposable(algebra: StructureConstants, rest: DomainMatrix) -> list[DomainMatrix]:
    inner = restricted(algebra, rest)
    maps = centroid(inner) if inner.dimension > 1 else ()
    if len(maps) <= 1:
        return [rest]
    rng, domain = random.Random(2), algebra.domain
    generic = linear.matrix([[domain.zero] * inner.dimension] * inner.dimension, inner.dimension, domain)
    for m in maps:
        generic = generic + m * domain.convert(rng.randint(-50, 50))
    x = Dummy("x")
    characteristic = Poly([domain.to_sympy(c) for c in generic.charpoly()], x, domain=domain)
    parts = []
    for factor, power in characteristic.factor_list()[1]:
        value = polynomial_at(factor, generic)
        component = linear.kernel(value ** min(power, inner.dimension))
        parts.append((component * rest).to_dense())
    return parts
