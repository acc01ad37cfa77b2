"""Series, centre, radical, nilradical and Levi subalgebra of a Lie algebra, by linear algebra.

Source: de Graaf 2000, chapters 1 to 4; Rand, Winternitz and Zassenhaus 1988.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from functools import lru_cache
from itertools import pairwise

from sympy import Poly
from sympy.polys.matrices import DomainMatrix

from liesym.algebra import linear
from liesym.algebra.core import StructureConstants, ad, bracket_span
from liesym.errors import Unsupported, VerificationError


def restricted(algebra: StructureConstants, rows: DomainMatrix) -> StructureConstants:
    """The subalgebra spanned by rows, in the basis of these rows.

    Raises:
        Unsupported: dependent rows, or not closed under the bracket.
    """
    k, domain = rows.shape[0], algebra.domain
    extended = rows.vstack(linear.complement(linear.span(rows))) if k < algebra.dimension else rows
    if extended.shape[0] != algebra.dimension:
        raise Unsupported("the rows of a subalgebra must be independent")
    inverse = extended.inv()
    constants = []
    for i, row in enumerate(rows.to_list()):
        images = (rows * ad(algebra, row).transpose() * inverse).to_list()
        for j in range(i + 1, k):
            if any(images[j][k:]):
                raise Unsupported(f"the rows are not closed: the bracket of rows {i} and {j} leaves their span")
            constants += [(i, j, m, domain.to_sympy(c)) for m, c in enumerate(images[j][:k]) if c]
    return StructureConstants(k, tuple(constants), modulus=algebra.modulus)


@lru_cache(maxsize=256)
def killing(algebra: StructureConstants) -> DomainMatrix:
    """K_ij = tr(ad e_i ad e_j)."""
    n, domain = algebra.dimension, algebra.domain
    if n == 0:
        return linear.zero_space(0, domain)
    flat = [[e for row in a.to_list() for e in row] for a in algebra.adjoints]
    turned = [[e for row in a.transpose().to_list() for e in row] for a in algebra.adjoints]
    return (linear.matrix(flat, n * n, domain) * linear.matrix(turned, n * n, domain).transpose()).to_dense()


@lru_cache(maxsize=256)
def derived_series(algebra: StructureConstants) -> tuple[DomainMatrix, ...]:
    """Bases of g, [g, g], [[g, g], [g, g]], … until it stays the same or is 0."""
    series = [linear.whole_space(algebra.dimension, algebra.domain)]
    while series[-1].shape[0]:
        following = bracket_span(algebra, series[-1], series[-1])
        if following.shape[0] == series[-1].shape[0]:
            break
        series.append(following)
    return tuple(series)


@lru_cache(maxsize=256)
def lower_central_series(algebra: StructureConstants) -> tuple[DomainMatrix, ...]:
    """Bases of g, [g, g], [g, [g, g]], … until it stays the same or is 0."""
    whole = linear.whole_space(algebra.dimension, algebra.domain)
    series = [whole]
    while series[-1].shape[0]:
        following = bracket_span(algebra, whole, series[-1])
        if following.shape[0] == series[-1].shape[0]:
            break
        series.append(following)
    return tuple(series)


def is_solvable(algebra: StructureConstants) -> bool:
    """True if the derived series ends in 0."""
    return derived_series(algebra)[-1].shape[0] == 0


def is_nilpotent(algebra: StructureConstants) -> bool:
    """True if the lower central series ends in 0."""
    return lower_central_series(algebra)[-1].shape[0] == 0


def is_semisimple(algebra: StructureConstants) -> bool:
    """True if the radical is 0 and the algebra is not."""
    return algebra.dimension > 0 and radical(algebra).shape[0] == 0


def derived(algebra: StructureConstants) -> DomainMatrix:
    """[L, L]."""
    return derived_series(algebra)[:2][-1]


@lru_cache(maxsize=256)
def center(algebra: StructureConstants) -> DomainMatrix:
    """{x : [x, L] = 0}."""
    return centralizer(algebra, linear.whole_space(algebra.dimension, algebra.domain))


def centralizer(algebra: StructureConstants, space: DomainMatrix) -> DomainMatrix:
    """{x : [x, space] = 0}."""
    result = linear.whole_space(algebra.dimension, algebra.domain)
    for row in space.to_list():
        result = linear.meet(result, linear.kernel(ad(algebra, row)))
    return result


@lru_cache(maxsize=256)
def radical(algebra: StructureConstants) -> DomainMatrix:
    """{x : K(x, [L, L]) = 0}, the largest solvable ideal (Cartan; characteristic 0)."""
    if algebra.dimension == 0:
        return linear.zero_space(0, algebra.domain)
    inside = derived(algebra)
    if inside.shape[0] == 0:
        return linear.whole_space(algebra.dimension, algebra.domain)
    return linear.kernel(inside * killing(algebra))


@lru_cache(maxsize=256)
def nilradical(algebra: StructureConstants) -> DomainMatrix:
    """The largest nilpotent ideal: all x in the radical R with tr(ad x (ad y)^k) = 0 for a generic y of R, all k.

    On R the operators ad are simultaneously triangular, and the traces are the power sums of the weights at
    y times the weight at x: they vanish for a y that separates the weights exactly if every weight of x is
    0. A y that does not separate them gives a space that is too large; so the result is checked to be a nilpotent ideal.
    """
    r = radical(algebra)
    if r.shape[0] == 0:
        return r
    inner = restricted(algebra, r)
    n, domain, rng = inner.dimension, algebra.domain, random.Random(1)
    for size in (3, 30, 1000):
        # the constants of the radical can lie in a smaller domain
        y = ad(inner, [domain.convert(rng.randint(-size, size)) for _ in range(n)], domain)
        power, rows = linear.whole_space(n, domain), []
        for _ in range(n):
            rows.append([_trace(a.convert_to(domain), power) for a in inner.adjoints])
            power = (power * y).to_dense()
        space = linear.kernel(linear.matrix(rows, n, domain))
        result = linear.span(space * r) if space.shape[0] else linear.zero_space(algebra.dimension, domain)
        if _is_nilpotent_ideal(algebra, result):
            return result
    raise VerificationError("no generic element of the radical was found")


def _trace(a: DomainMatrix, b: DomainMatrix):
    """tr(ab)."""
    columns = b.transpose().to_list()
    return sum(
        (x * y for row, column in zip(a.to_list(), columns, strict=True) for x, y in zip(row, column, strict=True)),
        start=a.domain.zero,
    )


def _is_nilpotent_ideal(algebra: StructureConstants, space: DomainMatrix) -> bool:
    if space.shape[0] == 0:
        return True
    whole = linear.whole_space(algebra.dimension, algebra.domain)
    return linear.contains(space, bracket_span(algebra, whole, space)) and is_nilpotent(restricted(algebra, space))


@lru_cache(maxsize=256)
def levi(algebra: StructureConstants) -> DomainMatrix:
    """A semisimple subalgebra that complements the radical, lifted along the derived series of the radical.

    If x_i span L modulo R with [x_i, x_j] = Σ c_ij^k x_k mod R^(t), then y_i in R^(t) are sought with
    [x_i + y_i, x_j + y_j] = Σ c_ij^k (x_k + y_k) mod R^(t+1): a linear system, solvable by Levi's theorem.
    Source: de Graaf 2000, section 4.13.
    """
    r, domain = radical(algebra), algebra.domain
    lifted = linear.complement(r)
    if r.shape[0] == 0 or lifted.shape[0] == 0:
        return lifted
    inner = restricted(algebra, r)
    steps = [
        linear.span(s * r) if s.shape[0] else linear.zero_space(algebra.dimension, domain) for s in derived_series(inner)
    ]
    quotient = _quotient_constants(algebra, lifted, r)
    for upper, lower in pairwise(steps):
        lifted = _lift_step(algebra, lifted, quotient, linear.complement(lower, upper), lower)
    return lifted


def _quotient_constants(algebra: StructureConstants, rows: DomainMatrix, ideal: DomainMatrix) -> list[list[list]]:
    """c[i][j] = coordinates of [x_i, x_j] in the x_k, modulo the ideal."""
    s = rows.shape[0]
    inverse = rows.vstack(ideal).inv()
    return [[line[:s] for line in (rows * ad(algebra, row).transpose() * inverse).to_list()] for row in rows.to_list()]


def _lift_step(
    algebra: StructureConstants, rows: DomainMatrix, c: list[list[list]], moves: DomainMatrix, lower: DomainMatrix
) -> DomainMatrix:
    """Correct x_i by combinations of `moves` so that the brackets close modulo `lower`."""
    s, m, domain = rows.shape[0], moves.shape[0], algebra.domain
    places = linear.pivots(lower)
    keep = [p for p in range(algebra.dimension) if p not in places]

    def reduced(vector: Sequence) -> list:
        full = linear.reduce_row(vector, lower, places)
        return [full[p] for p in keep]

    xs = rows.to_list()
    moved = [[reduced(v) for v in (moves * ad(algebra, x).transpose()).to_list()] for x in xs]
    plain = [reduced(v) for v in moves.to_list()]
    equations, targets = [], []
    for i in range(s):
        images = (rows * ad(algebra, xs[i]).transpose()).to_list()
        for j in range(i + 1, s):
            expected = [sum((c[i][j][k] * xs[k][p] for k in range(s)), start=domain.zero) for p in range(len(images[j]))]
            defect = reduced([a - b for a, b in zip(expected, images[j], strict=True)])
            for p in range(len(keep)):
                line = [domain.zero] * (s * m)
                for a in range(m):
                    line[j * m + a] += moved[i][a][p]
                    line[i * m + a] -= moved[j][a][p]
                    for k in range(s):
                        line[k * m + a] -= c[i][j][k] * plain[a][p]
                equations.append(line)
                targets.append(defect[p])
    solution = linear.solve(linear.matrix(equations, s * m, domain), targets)
    if solution is None:
        raise VerificationError("Levi's theorem failed: the structure constants are no Lie algebra")
    shift = linear.matrix([solution[i * m : (i + 1) * m] for i in range(s)], m, domain) * moves
    return (rows + shift).to_dense()


def polynomial_at(poly: Poly, m: DomainMatrix) -> DomainMatrix:
    """p(m) by Horner's rule."""
    n, domain = m.shape[0], m.domain
    identity = linear.whole_space(n, domain)
    total = linear.matrix([[domain.zero] * n] * n, n, domain)
    for c in poly.all_coeffs():
        total = total * m + identity * domain.from_sympy(c)
    return total.to_dense()
