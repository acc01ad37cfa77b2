"""Real simple Lie algebras, named by dimension, rank and the character of the Killing form.

The complex type follows from dimension and rank (types B and C of the same rank from the lengths of root
strings), the real form from the character p - q of a Killing form with p positive and q negative squares.
Source: Helgason 1978, chapter X, table V; Gilmore 1974, chapter 9.
"""

from __future__ import annotations

import random
from collections import Counter
from typing import Any

from flint import fmpq, fmpq_mat
from mpmath import mp, mpc
from sympy import Dummy, Poly
from sympy.polys.matrices import DomainMatrix

from liesym.algebra import structure
from liesym.algebra.core import StructureConstants, ad
from liesym.algebra.signs import Signs, inertia, sample_values
from liesym.algebra.sums import centroid
from liesym.errors import Unsupported

Names = tuple[str, ...]  # the usual name first


def simple_names(algebra: StructureConstants, signs: Signs) -> list[Names]:
    """Names of the real simple ideals of a semisimple algebra that does not split over the field of its constants.

    Raises:
        Undecided: a sign depends on parameters.
        Unsupported: an exceptional algebra, or one that only splits over an extension of degree above 2.
    """
    positive, negative, _ = inertia(structure.killing(algebra), signs)
    maps = centroid(algebra)
    numeric = atsample_values(algebra, signs)
    rank = cartan_rank(numeric)
    if len(maps) == 1:
        return [real_form(numeric, algebra.dimension, rank, positive - negative)]
    degree, real = _real_places(algebra, maps, signs)
    pieces, dimension = degree, algebra.dimension // degree
    if real == 0:
        return [complex_form(numeric, dimension, rank // pieces)] * (degree // 2)
    if real != degree:
        raise Unsupported("a summand that splits over a field with real and complex places is not named")
    if dimension == 3:
        split = positive // 2
        return [SPLIT_3] * split + [COMPACT_3] * (degree - split)
    if (positive - negative) % degree:
        raise Unsupported("real forms of summands that split over an extension are not told apart")
    return [real_form(numeric, dimension, rank // pieces, (positive - negative) // degree)] * degree


def atsample_values(algebra: StructureConstants, signs: Signs) -> StructureConstants:
    """The algebra at random parameter values with the assumed signs: same complex type, by rigidity."""
    if not algebra.parameters:
        return algebra
    values = sample_values(list(algebra.parameters), signs, random.Random(5))
    constants = tuple((i, j, k, v) for i, j, k, c in algebra.constants if (v := c.subs(values)) != 0)
    return StructureConstants(algebra.dimension, constants)


def cartan_rank(algebra: StructureConstants) -> int:
    """Multiplicity of the eigenvalue 0 of ad x for a generic x."""
    rng, best = random.Random(7), algebra.dimension
    for _ in range(2):
        x = [algebra.domain.convert(rng.randint(-99, 99)) for _ in range(algebra.dimension)]
        coefficients = ad(algebra, x).charpoly()
        best = min(best, next(k for k, c in enumerate(reversed(coefficients)) if c))
    return best


def _real_places(algebra: StructureConstants, maps: tuple[DomainMatrix, ...], signs: Signs) -> tuple[int, int]:
    """(degree, number of real roots) of the minimal polynomial of a generator of the centroid."""
    domain, rng, x = algebra.domain, random.Random(2), Dummy("x")
    generic = maps[0] * domain.zero
    for m in maps:
        generic = generic + m * domain.convert(rng.randint(-50, 50))
    poly = Poly([domain.to_sympy(c) for c in generic.charpoly()], x, domain=domain).factor_list()[1][0][0]
    if poly.degree() == 2:
        discriminant: Any = poly.discriminant()
        return 2, 2 if signs.sign(discriminant) > 0 else 0
    if algebra.parameters:
        raise Unsupported("a summand that splits over an extension of degree above 2 with parameters is not named")
    return int(poly.degree()), int(poly.count_roots())  # type: ignore[arg-type]


# -- names -----------------------------------------------------------------------------------------

SPLIT_3: Names = ("sl(2,R)", "A3,8", "Bianchi VIII", "so(2,1)", "su(1,1)", "sp(2,R)")
COMPACT_3: Names = ("so(3)", "A3,9", "Bianchi IX", "su(2)")
SPECIAL: dict[str, Names] = {
    "su(2,2)": ("so(4,2)", "su(2,2)"),
    "sl(4,R)": ("sl(4,R)", "so(3,3)"),
    "su(3,1)": ("su(3,1)", "so*(6)"),
    "su*(4)": ("so(5,1)", "su*(4)", "sl(2,H)"),
    "su(4)": ("so(6)", "su(4)"),
    "so(3,2)": ("so(3,2)", "sp(4,R)"),
    "so(4,1)": ("so(4,1)", "sp(1,1)"),
    "so(5)": ("so(5)", "sp(2)"),
}


def complex_type(algebra: StructureConstants, dimension: int, rank: int) -> tuple[str, int]:
    """Cartan's letter and rank of a complex simple algebra."""
    if dimension == rank * (rank + 2):
        return "A", rank
    if dimension == 14 and rank == 2:
        return "G", 2
    if rank == 6 and dimension == 78:
        raise Unsupported("dimension 78 and rank 6 may be B6, C6 or E6: not told apart")
    if dimension == rank * (2 * rank + 1):
        return ("B", 2) if rank == 2 else (_long_roots(algebra, rank), rank)
    if dimension == rank * (2 * rank - 1):
        return "D", rank
    raise Unsupported(f"a simple algebra of dimension {dimension} and rank {rank} is exceptional: not named")


def real_form(algebra: StructureConstants, dimension: int, rank: int, character: int) -> Names:
    """The real form with the given character p - q of its Killing form."""
    if (dimension, rank) == (3, 1):
        return SPLIT_3 if character == 1 else COMPACT_3
    letter, r = complex_type(algebra, dimension, rank)
    for name, value in _forms(letter, r):
        if value == character:
            return SPECIAL.get(name, (name,))
    raise Unsupported(f"no real form of {letter}{r} has a Killing form of character {character}")


def complex_form(algebra: StructureConstants, dimension: int, rank: int) -> Names:
    """A complex simple algebra regarded as a real one."""
    letter, r = complex_type(algebra, dimension, rank)
    if (letter, r) == ("A", 1):
        return ("so(3,1)", "sl(2,C)")
    size = {"A": r + 1, "B": 2 * r + 1, "C": 2 * r, "D": 2 * r, "G": 2}[letter]
    kind = {"A": "sl", "B": "so", "C": "sp", "D": "so", "G": "g"}[letter]
    return (f"{kind}({size},C)",)


def _forms(letter: str, r: int) -> list[tuple[str, int]]:
    """(name, character) of the real forms."""
    if letter == "A":
        n = r + 1
        forms = [(f"sl({n},R)", r)]
        forms += [(f"su({p},{n - p})" if p < n else f"su({n})", 1 - (2 * p - n) ** 2) for p in range(n, (n - 1) // 2, -1)]
        return forms + ([(f"su*({n})", -1 - n)] if n % 2 == 0 else [])
    if letter == "C":
        forms = [(f"sp({2 * r},R)", r)]
        return forms + [
            (f"sp({p},{r - p})" if p < r else f"sp({r})", -2 * (2 * p - r) ** 2 - r) for p in range(r, (r - 1) // 2, -1)
        ]
    if letter == "G":
        return [("g2 (split)", 2), ("g2 (compact)", -14)]
    n = 2 * r + 1 if letter == "B" else 2 * r
    forms = [(f"so({p},{n - p})" if p < n else f"so({n})", (n - (2 * p - n) ** 2) // 2) for p in range(n, (n - 1) // 2, -1)]
    return forms + ([(f"so*({n})", -r)] if letter == "D" and r > 4 else [])


def _long_roots(algebra: StructureConstants, rank: int) -> str:
    """B or C: in B_r the 2r short roots α, in C_r the 2r(r - 1) short ones.

    Have 4r - 4 roots β with α + β a root.
    """
    rng, n = random.Random(11), algebra.dimension
    x = [algebra.domain.convert(rng.randint(-9, 9)) for _ in range(n)]
    matrix = fmpq_mat([[fmpq(int(e.numerator), int(e.denominator)) for e in row] for row in ad(algebra, x).to_list()])
    poly = matrix.charpoly()
    scaled = poly.numer()
    with mp.workdps(40):
        roots = []
        found: Any = scaled.complex_roots()
        for value, multiplicity in found:
            if multiplicity == 1:
                roots.append(
                    mpc(
                        str(value.real.mid().str(35, radius=False)),
                        str(value.imag.mid().str(35, radius=False)),
                    )
                )
        size = max(abs(z) for z in roots)
        near = {(round(float(z.real / size), 9), round(float(z.imag / size), 9)) for z in roots}
        counts = Counter()
        for u in roots:
            sums = [(round(float((u + v).real / size), 9), round(float((u + v).imag / size), 9)) for v in roots]
            counts[sum(s in near for s in sums)] += 1
    return "B" if counts[4 * rank - 4] == 2 * rank else "C"


__all__ = ["Names", "cartan_rank", "complex_form", "complex_type", "real_form", "simple_names"]
