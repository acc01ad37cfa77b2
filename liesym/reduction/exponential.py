"""Solutions of x' = A x with a constant matrix A of any size, in real form, one root of the characteristic polynomial after
the other.

On the kernel of f(A)^k, for an irreducible factor f^k of the characteristic polynomial, A = S + N with f(S) = 0, S a
polynomial in A and N nilpotent (Jordan and Chevalley), so that

    e^(At) v = e^(St) Σ_j t^j/j! N^j v
    e^(St) = e^(λt)                                    for f = λ' - λ
    e^(St) = e^(pt) (cos qt + sin qt (S - p)/q)        for f = (λ' - p)² + q²
    e^(St) = e^((p ± q)t) on the image of S - p ± q    for f = (λ' - p)² - q²

Roots of f are taken in the last step alone: what comes before is linear algebra over the field of A's entries.
Source: Humphreys 1972, section 4.2; Gantmacher 1959, chapter V.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sympy import Abs, Dummy, Expr, Matrix, Poly, S, Symbol, cos, exp, factorial, lcm_list, sin, sqrt
from sympy.polys.constructor import construct_domain
from sympy.polys.matrices import DomainMatrix
from sympy.polys.polyerrors import BasePolynomialError

from liesym.algebra.signs import Signs, Undecided
from liesym.base.budget import Budget
from liesym.base.factors import factored
from liesym.base.typed import expr

ROOT = Dummy("lambda")
Vector = tuple[Expr, ...]


@dataclass(frozen=True, slots=True)
class Root:
    """An irreducible factor λ² - 2 p λ + p² - d, or λ - p with d = 0, and its multiplicity.

    Arguments:
        factor: the polynomial in λ.
        power: its multiplicity.
        sign: of d; None where it is not known.
    """

    factor: Poly
    power: int
    sign: int | None

    @property
    def middle(self) -> Expr:
        """p."""
        monic = self.factor.monic()
        return expr(-monic.nth(0) if monic.degree() == 1 else -monic.nth(1) / 2)

    @property
    def under(self) -> Expr:
        """d."""
        monic = self.factor.monic()
        return S.Zero if monic.degree() == 1 else factored(monic.nth(1) ** 2 / 4 - monic.nth(0))


@dataclass(frozen=True, slots=True)
class Spectrum:
    """A matrix over its field, and the roots of its characteristic polynomial."""

    matrix: DomainMatrix
    roots: tuple[Root, ...]

    @property
    def size(self) -> int:
        return int(self.matrix.shape[0])


def spectrum(m: Matrix) -> Spectrum | None:
    """None if a factor of the characteristic polynomial is not made of real ones of degree 1 and 2 by square roots."""
    try:
        found = _factored(m, ())
        more = [r for f, _ in found[1] if f.degree() > 2 for r in _square_roots(f)]
        if more:
            found = _factored(m, more)
    except (BasePolynomialError, NotImplementedError):
        return None
    over, factors = found
    if any(f.degree() > 2 for f, _ in factors):
        return None
    return Spectrum(over, tuple(Root(f, k, _sign(f)) for f, k in factors))


def _factored(m: Matrix, roots: Sequence[Expr]) -> tuple[DomainMatrix, list[tuple[Poly, int]]]:
    """The matrix over the field of its entries and the roots, and the factors of its characteristic polynomial there."""
    entries: Any = [*m.flat(), *roots]
    domain = construct_domain(entries, field=True, extension=True)[0]
    over = DomainMatrix.from_Matrix(m).convert_to(domain)
    coefficients: Any = over.charpoly()
    factors: Any = Poly([domain.to_sympy(c) for c in coefficients], ROOT, domain=domain).factor_list()[1]
    return over, factors


def _square_roots(f: Poly) -> list[Expr]:
    """What λ⁴ + b λ² + c falls apart with: √(b² - 4 c), else √c and √(2 √c - b)."""
    coefficients: Any = f.monic().all_coeffs()
    if f.degree() != 4 or coefficients[1] != 0 or coefficients[3] != 0 or f.as_expr().free_symbols != {ROOT}:
        return []
    b, c = coefficients[2], coefficients[4]
    apart = b**2 - 4 * c
    return [sqrt(apart)] if apart > 0 else [sqrt(c), sqrt(2 * sqrt(c) - b)]


def _sign(factor: Poly) -> int | None:
    if factor.degree() == 1:
        return 0
    under = Root(factor, 1, None).under
    if under.is_positive or under.is_negative:
        return 1 if under.is_positive else -1
    if under.is_nonnegative or under.is_nonpositive:  # squares of parameters, which are not zero
        return 1 if under.is_nonnegative else -1
    try:
        return Signs().sign(under)
    except Undecided:
        return None


def fundamental(found: Spectrum, t: Symbol, budget: Budget) -> list[Vector]:
    """n independent solutions of x' = A x.

    Arguments:
        found: A and its roots.
        t: the independent variable.
        budget: looked at between the roots.
    """
    solutions: list[Vector] = []
    for root in found.roots:
        budget.check("exponential of a matrix")
        nilpotent, semisimple = _parts(found.matrix, root)
        wanted, chosen = root.power * root.factor.degree(), Matrix(found.size, 0, [])
        for v in _generalized(found.matrix, root):
            if chosen.cols == wanted:
                break
            taken = [v] if root.factor.degree() == 1 else [v, _plain(semisimple * v)]
            wider = chosen.row_join(Matrix.hstack(*taken))
            if wider.rank(simplify=True) == wider.cols:
                chosen = wider
                solutions += _along(v, root, nilpotent, semisimple, t)
    return solutions


def along(found: Spectrum, start: Matrix, roots: Sequence[Root], t: Symbol, budget: Budget) -> Vector:
    """e^(At) x_0, without the parts that belong to other roots than the given ones."""
    total = [S.Zero] * found.size
    for root in roots:
        budget.check("exponential of a matrix")
        nilpotent, semisimple = _parts(found.matrix, root)
        v = _plain(_evaluated(found.matrix, _projector(found, root)) * start)
        if any(v):
            total = [a + b for a, b in zip(total, _moved(v, root, nilpotent, semisimple, t), strict=True)]
    return tuple(total)


# -- Jordan and Chevalley ----------------------------------------------------------------------------


def _parts(m: DomainMatrix, root: Root) -> tuple[Matrix, Matrix]:
    """N and S, as they act on the kernel of f(A)^k."""
    s = _semisimple(root)
    semisimple = _evaluated(m, s)
    return _plain(_evaluated(m, Poly(ROOT, ROOT, domain=s.domain) - s)), semisimple


def _semisimple(root: Root) -> Poly:
    """s with f(s) = 0 modulo f^k: Newton's steps from λ."""
    f, modulus = root.factor, root.factor**root.power
    s = Poly(ROOT, ROOT, domain=f.domain).rem(modulus)
    steps = 1
    while steps < root.power:
        value, slope = _composed(f, s, modulus), _composed(f.diff(ROOT), s, modulus)
        s = (s - value * slope.invert(modulus)).rem(modulus)
        steps *= 2
    return s


def _composed(outer: Poly, inner: Poly, modulus: Poly) -> Poly:
    total = Poly(0, ROOT, domain=inner.domain)
    for c in outer.all_coeffs():
        total = (total * inner + Poly(c, ROOT, domain=inner.domain)).rem(modulus)
    return total


def _projector(found: Spectrum, root: Root) -> Poly:
    """1 modulo f^k, 0 modulo the other factors."""
    modulus = root.factor**root.power
    others = Poly(1, ROOT, domain=root.factor.domain)
    for other in found.roots:
        if other.factor != root.factor:
            others *= other.factor**other.power
    return others * others.rem(modulus).invert(modulus) if modulus.degree() < found.size else others


def _evaluated(m: DomainMatrix, p: Poly) -> Matrix:
    """p(A), by Horner's rule over the field of A."""
    one = DomainMatrix.eye(m.shape[0], m.domain)
    total: Any = one * m.domain.zero
    for c in p.all_coeffs():
        total = total * m + one * m.domain.from_sympy(c)
    return total.to_Matrix()


def _generalized(m: DomainMatrix, root: Root) -> list[Matrix]:
    """Vectors that span the kernel of f(A)^k, those of f(A) first."""
    found: list[Matrix] = []
    power: Any = DomainMatrix.eye(m.shape[0], m.domain)
    step: Any = DomainMatrix.from_Matrix(_evaluated(m, root.factor)).convert_to(m.domain)
    for _ in range(root.power):
        power = power * step
        kernel = power.nullspace().to_Matrix()
        found += [_scaled(kernel.row(i).T) for i in range(kernel.rows)]
    return found


def _scaled(v: Matrix) -> Matrix:
    """Without denominators, one entry a number where the shortest can be made one."""
    shortest = min((e for e in v if e != 0), key=lambda e: (not e.is_number, e.count_ops()))
    scaled = _plain(v / shortest)
    return _plain(scaled * lcm_list([e.as_numer_denom()[1] for e in scaled]))


def _plain(m: Matrix) -> Matrix:
    return m.applyfunc(lambda e: e if e.is_Rational else e.cancel())


# -- functions ---------------------------------------------------------------------------------------


def _frequency(root: Root) -> Expr:
    """q = √|d|, either root of a square."""
    under = root.under
    size = under if root.sign == 1 else -under
    return expr(sqrt(size).replace(Abs, lambda e: e))


def _chain(v: Matrix, nilpotent: Matrix, power: int) -> list[Matrix]:
    """v, N v, N² v, …, as long as they do not vanish."""
    found = [v]
    while len(found) < power:
        following = _plain(nilpotent * found[-1])
        if not any(following):
            break
        found.append(following)
    return found


def _along(v: Matrix, root: Root, nilpotent: Matrix, semisimple: Matrix, t: Symbol) -> list[Vector]:
    """The solutions that start at v and, for a factor of degree 2, at another vector of its plane."""
    p, chain = root.middle, _chain(v, nilpotent, root.power)
    if root.factor.degree() == 1:
        return [_summed([exp(p * t) * w for w in chain], t)]
    q, turned = _frequency(root), [_plain(semisimple * w - p * w) for w in chain]
    pairs = list(zip(chain, turned, strict=True))
    if root.sign == 1:
        return [_summed([exp((p + s * q) * t) * (q * w + s * u) for w, u in pairs], t) for s in (1, -1)]
    c, s, front = cos(q * t), sin(q * t), exp(p * t)
    return [
        _summed([front * (c * w + s * u / q) for w, u in pairs], t),
        _summed([front * (c * u / q - s * w) for w, u in pairs], t),
    ]


def _moved(v: Matrix, root: Root, nilpotent: Matrix, semisimple: Matrix, t: Symbol) -> Vector:
    """e^(At) v for v in the kernel of f(A)^k."""
    p, chain = root.middle, _chain(v, nilpotent, root.power)
    if root.factor.degree() == 1:
        return _summed([exp(p * t) * w for w in chain], t)
    q, turned = _frequency(root), [_plain(semisimple * w - p * w) for w in chain]
    pairs = list(zip(chain, turned, strict=True))
    if root.sign == 1:
        halves = [exp((p + q) * t) * (w + u / q) / 2 + exp((p - q) * t) * (w - u / q) / 2 for w, u in pairs]
        return _summed(halves, t)
    return _summed([exp(p * t) * (cos(q * t) * w + sin(q * t) * u / q) for w, u in pairs], t)


def _summed(terms: Sequence[Matrix], t: Symbol) -> Vector:
    """Σ t^j/j! terms_j."""
    size = terms[0].rows
    return tuple(expr(sum(t**j / factorial(j) * w[i] for j, w in enumerate(terms))) for i in range(size))
