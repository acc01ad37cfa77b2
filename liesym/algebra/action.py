"""Real Jordan form, with a basis, of a 2x2 or 3x3 matrix: how an element acts on an abelian ideal."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sympy import CRootOf, Dummy, Expr, Poly, S, cancel, radsimp, sqrt, sqrtdenest
from sympy.polys.matrices import DomainMatrix

from liesym.algebra import linear
from liesym.algebra.signs import Signs
from liesym.algebra.structure import polynomial_at
from liesym.errors import Unsupported

Vector = tuple[Expr, ...]
X = Dummy("x")


def tidy(value: Expr) -> Expr:
    """One radical form, rational functions cancelled."""
    if not value.has(S.Half) and value.is_Rational:
        return value
    value = value.expand()
    if value.free_symbols:
        return cancel(radsimp(value)) if value.is_algebraic_expr() else value
    return sqrtdenest(radsimp(value))


def combine(*terms: tuple[Expr, Sequence[Expr]]) -> Vector:
    """Σ factor * vector."""
    width = len(terms[0][1])
    return tuple(tidy(sum((f * v[i] for f, v in terms), start=S.Zero)) for i in range(width))


@dataclass(frozen=True, slots=True)
class Block:
    """A block of the real Jordan form.

    Arguments:
        real: eigenvalue, or its real part.
        imaginary: 0, or the imaginary part q > 0; then M u = p u - q w and M w = q u + p w.
        vectors: a chain with M v_1 = λ v_1, M v_k = λ v_k + v_{k-1}; or (u, w).
    """

    real: Expr
    imaginary: Expr
    vectors: tuple[Vector, ...]

    @property
    def size(self) -> int:
        return len(self.vectors)

    def scaled(self, factor: Expr) -> Block:
        """The block of factor * M."""
        if self.imaginary != 0:
            return Block(tidy(self.real * factor), tidy(self.imaginary * factor), self.vectors)
        powers = range(self.size - 1, -1, -1)
        scaled = tuple(combine((factor**k, v)) for k, v in zip(powers, self.vectors, strict=True))
        return Block(tidy(self.real * factor), S.Zero, scaled)

    def conjugated(self) -> Block:
        """The same complex block with w -> -w, so q -> -q."""
        u, w = self.vectors
        return Block(self.real, -self.imaginary, (u, combine((S.NegativeOne, w))))


def jordan_blocks(m: DomainMatrix, signs: Signs) -> list[Block]:
    """Blocks of the matrix M acting on columns, sizes in decreasing order.

    Raises:
        Undecided: whether eigenvalues are real depends on parameters.
    """
    domain = m.domain
    characteristic = Poly([domain.to_sympy(c) for c in m.charpoly()], X, domain=domain)
    blocks: list[Block] = []
    for factor, power in characteristic.factor_list()[1]:
        if factor.degree() == 1:
            blocks += _rational(m, -domain.from_sympy(factor.TC()) / domain.from_sympy(factor.LC()), power)
        elif factor.degree() == 2:
            blocks += _quadratic(m, factor, signs)
        else:
            blocks += _cubic(m, factor.monic(), signs)
    return sorted(blocks, key=lambda b: -b.size)


def _exprs(m: DomainMatrix, row: Sequence) -> Vector:
    return tuple(m.domain.to_sympy(e) for e in row)


def _rational(m: DomainMatrix, value, power: int) -> list[Block]:
    """Chains of one eigenvalue.

    From the kernels of the powers of N = M - λ (generalised eigenspace of dimension <= 3).
    """
    n, domain = m.shape[0], m.domain
    shifted = m - linear.whole_space(n, domain) * value
    kernels = [linear.kernel(shifted**k) for k in range(1, power + 1)]
    height = next(k for k in range(1, power + 1) if kernels[k - 1].shape[0] == power)
    λ = domain.to_sympy(value)
    below = kernels[height - 2] if height > 1 else linear.zero_space(n, domain)
    top = linear.complement(below, kernels[height - 1])
    blocks, used = [], linear.zero_space(n, domain)
    for row in top.to_list():
        chain = [linear.matrix([row], n, domain)]
        for _ in range(height - 1):
            chain.insert(0, (chain[0] * shifted.transpose()).to_dense())
        blocks.append(Block(λ, S.Zero, tuple(_exprs(m, v.to_list()[0]) for v in chain)))
        for v in chain:
            used = linear.join(used, linear.span(v))
    for row in linear.complement(linear.meet(used, kernels[0]), kernels[0]).to_list():
        blocks.append(Block(λ, S.Zero, (_exprs(m, row),)))
    return blocks


def _quadratic(m: DomainMatrix, factor: Poly, signs: Signs) -> list[Block]:
    """Two real eigenvalues, or a complex pair.

    Of an irreducible quadratic x^2 + bx + c (it cannot be repeated here).
    """
    domain = m.domain
    _, b, c = (domain.from_sympy(e) for e in factor.monic().all_coeffs())
    row = linear.kernel(polynomial_at(factor, m)).to_list()[0]
    u = _exprs(m, row)
    image = _exprs(m, (linear.matrix([row], m.shape[0], domain) * m.transpose()).to_list()[0])
    discriminant = domain.to_sympy(b * b - domain.convert(4) * c)
    middle = domain.to_sympy(-b) / 2
    if signs.sign(discriminant) > 0:
        half = tidy(sqrt(discriminant) / 2)
        low, high = middle - half, middle + half
        return [
            Block(tidy(high), S.Zero, (combine((S.One, image), (-low, u)),)),
            Block(tidy(low), S.Zero, (combine((S.One, image), (-high, u)),)),
        ]
    q = tidy(sqrt(-discriminant) / 2)
    return [Block(tidy(middle), q, (u, combine((middle / q, u), (-1 / q, image))))]


def _cubic(m: DomainMatrix, factor: Poly, signs: Signs) -> list[Block]:
    """Three eigenvalues of an irreducible cubic over Q, as numbered roots.

    V(λ) = (M² + (λ+b)M + (λ²+bλ+c)) u.
    """
    if any(s != X for s in factor.free_symbols) or not m.domain.is_QQ:
        raise Unsupported("eigenvalues of an irreducible cubic with parameters have no usable closed form")
    _, b, c, _ = factor.all_coeffs()
    u = (S.One, S.Zero, S.Zero)
    columns = m.to_Matrix()
    first = tuple(columns.col(0))
    second = tuple(columns * columns.col(0))
    roots = [CRootOf(factor, k) for k in range(3)]
    discriminant: Any = factor.discriminant()
    if discriminant > 0:
        return [Block(r, S.Zero, (_eigenvector(r, b, c, u, first, second),)) for r in roots]
    real = next(r for r in roots if r.is_real)
    # the complex pair from x^2 + (b + r) x + (c + r (b + r)), on the image of M - r
    middle = -(b + real) / 2
    q = sqrt(c + real * (b + real) - middle**2)
    base = tuple(f - real * e for e, f in zip(u, first, strict=True))
    moved = tuple(s - real * f for f, s in zip(first, second, strict=True))
    w = tuple((middle * e - f) / q for e, f in zip(base, moved, strict=True))
    return [Block(middle, q, (base, w)), Block(real, S.Zero, (_eigenvector(real, b, c, u, first, second),))]


def _eigenvector(root: Expr, b: Expr, c: Expr, u: Vector, first: Vector, second: Vector) -> Vector:
    return tuple(s + (root + b) * f + (root**2 + b * root + c) * e for e, f, s in zip(u, first, second, strict=True))
