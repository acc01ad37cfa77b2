"""The standard basis of sl(n,R): a Cartan subalgebra that is split over the field of the constants, its roots, a chain.

    [E_ij, E_kl] = δ_jk E_il - δ_li E_kj

A nilpotent e lies in a triple with h = [e, f] of integer eigenvalues (Jacobson and Morozov); the centralizer of h is
smaller, and the same is done in its semisimple part until only a Cartan subalgebra is left.
Source: de Graaf 2000, sections 2.13 and 4.11; Humphreys 1972, sections 8 and 11.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import Any

from sympy import Dummy, Expr, Poly
from sympy.polys.matrices import DomainMatrix

from liesym.algebra import linear, structure
from liesym.algebra.core import NAMING, StructureConstants, ad, to_exprs
from liesym.algebra.short import short_elements
from liesym.algebra.sums import summands
from liesym.base.budget import Budget

Row = list[Any]
Root = tuple[Any, ...]


def special_linear_basis(algebra: StructureConstants, n: int, budget: Budget) -> tuple[tuple[Expr, ...], ...] | None:
    """Rows E_ij (i != j, row by row), then E_ii - E_i+1,i+1; None if no split Cartan subalgebra is found.

    Arguments:
        algebra: a form of sl(n) over the field of its constants.
        n: the size of the matrices, at least 2.
        budget: looked at for every element that is tried.
    """
    cartan = split_cartan(algebra, budget)
    if cartan is None or cartan.shape[0] != n - 1:
        return None
    spaces = _root_spaces(algebra, cartan)
    if spaces is None or len(spaces) != n * (n - 1):
        return None
    chain = _chain([], n - 1, list(spaces))
    return None if chain is None else _matrix_units(algebra, [(spaces[r], spaces[_minus(r)]) for r in chain])


# -- the Cartan subalgebra ----------------------------------------------------------------------------


def split_cartan(algebra: StructureConstants, budget: Budget) -> DomainMatrix | None:
    """A Cartan subalgebra of a semisimple algebra whose elements have their eigenvalues in the field, if one is found."""
    h = _split_element(algebra, budget)
    if h is None:
        return None
    line = linear.matrix([h], algebra.dimension, algebra.domain)
    centralizer = structure.centralizer(algebra, line)
    inner = structure.restricted(algebra, centralizer)
    found = linear.span((structure.center(inner) * centralizer).to_dense())
    derived = structure.derived(inner)
    if derived.shape[0] == 0:
        return found
    levi = (derived * centralizer).to_dense()
    for part in summands(structure.restricted(algebra, levi)):
        rows = (part * levi).to_dense()
        deeper = split_cartan(structure.restricted(algebra, rows), budget)
        if deeper is None:
            return None
        found = linear.join(found, linear.span((deeper * rows).to_dense()))
    return found


def _split_element(algebra: StructureConstants, budget: Budget) -> Row | None:
    """h with integer eigenvalues, from the first short element that is nilpotent."""
    form = structure.killing(algebra).to_list()
    for x in short_elements(algebra, budget):
        budget.check(NAMING)
        if not _square(form, x) and _is_nilpotent(ad(algebra, x)):
            return _neutral(algebra, x)
    return None


def _square(form: list[list[Any]], x: Row) -> Any:
    return sum((a * row[j] * b for a, row in zip(x, form, strict=True) if a for j, b in enumerate(x) if b), start=0)


def _is_nilpotent(m: DomainMatrix) -> bool:
    power, height = m, 1
    while height < m.shape[0]:
        power, height = (power * power).to_dense(), 2 * height
    return power.is_zero_matrix


def _neutral(algebra: StructureConstants, e: Row) -> Row:
    """h in the image of ad e with [h, e] = 2e."""
    m = ad(algebra, e)
    weights = linear.solve((m * m).to_dense(), [-algebra.domain.convert(2) * a for a in e])
    assert weights is not None  # Jacobson and Morozov: h = [e, f] and [e, [e, f]] = -2 e
    return (m * linear.matrix([weights], len(e), algebra.domain).transpose()).transpose().to_list()[0]


# -- roots --------------------------------------------------------------------------------------------


def _root_spaces(algebra: StructureConstants, cartan: DomainMatrix) -> dict[Root, Row] | None:
    """{root: its vector}, the root as its values on the rows; None if the eigenvalues are not all in the field."""
    rows, domain, rng = cartan.to_list(), algebra.domain, random.Random(8)
    ads = [ad(algebra, row) for row in rows]
    weights = [domain.convert(rng.randint(1, 999)) for _ in rows]
    generic = ads[0] * domain.zero
    for factor, m in zip(weights, ads, strict=True):
        generic = (generic + m * factor).to_dense()
    x = Dummy("x")
    factors = Poly([domain.to_sympy(c) for c in generic.charpoly()], x, domain=domain).factor_list()[1]
    spaces: dict[Root, Row] = {}
    for factor, _ in factors:
        if factor.degree() > 1:
            return None
        value = -domain.from_sympy(factor.TC()) / domain.from_sympy(factor.LC())
        if not value:
            continue
        vectors = linear.kernel(generic - linear.whole_space(algebra.dimension, domain) * value).to_list()
        if len(vectors) > 1:
            return None
        spaces[_root(ads, vectors[0])] = vectors[0]
    return spaces


def _root(ads: Sequence[DomainMatrix], vector: Row) -> Root:
    place = next(i for i, e in enumerate(vector) if e)
    column = linear.matrix([vector], len(vector), ads[0].domain).transpose()
    return tuple((m * column).to_list()[place][0] / vector[place] for m in ads)


def _minus(root: Root) -> Root:
    return tuple(-e for e in root)


def _chain(chosen: list[Root], length: int, roots: list[Root]) -> list[Root] | None:
    """Roots of which just the neighbours add up to a root, and none differ by one: the simple roots of A_n in order."""
    if len(chosen) == length:
        return chosen
    known = set(roots)
    for candidate in roots:
        sums = [tuple(a + b for a, b in zip(candidate, r, strict=True)) in known for r in chosen]
        differences = [tuple(a - b for a, b in zip(candidate, r, strict=True)) in known for r in chosen]
        fits = not any(sums[:-1]) and all(sums[-1:]) and not any(differences)
        if fits and candidate not in chosen and _minus(candidate) not in chosen:
            found = _chain([*chosen, candidate], length, roots)
            if found is not None:
                return found
    return None


def _matrix_units(algebra: StructureConstants, simple: list[tuple[Row, Row]]) -> tuple[tuple[Expr, ...], ...]:
    """E_ij from E_i,i+1 and E_i+1,i, scaled to [[e, f], e] = 2 e."""
    size, domain = len(simple) + 1, algebra.domain
    units: dict[tuple[int, int], Row] = {}
    diagonal = []
    for i, (e, f) in enumerate(simple):
        image = _bracket(algebra, _bracket(algebra, e, f), e)
        place = next(k for k, c in enumerate(e) if c)
        scaled = [domain.convert(2) * e[place] / image[place] * c for c in f]
        units[i, i + 1], units[i + 1, i] = e, scaled
        diagonal.append(_bracket(algebra, e, scaled))
    for gap in range(2, size):
        for i in range(size - gap):
            j = i + gap
            units[i, j] = _bracket(algebra, units[i, j - 1], units[j - 1, j])
            units[j, i] = _bracket(algebra, units[j, j - 1], units[j - 1, i])
    rows = [units[i, j] for i in range(size) for j in range(size) if i != j]
    return to_exprs(linear.matrix([*rows, *diagonal], algebra.dimension, domain))


def _bracket(algebra: StructureConstants, u: Row, v: Row) -> Row:
    return (linear.matrix([v], len(v), algebra.domain) * ad(algebra, u).transpose()).to_list()[0]
