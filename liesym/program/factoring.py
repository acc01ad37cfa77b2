"""Fewer operations by factoring sums over common divisors, across all outputs.

Each sum is a list of cubes, a cube a coefficient times powers of literals. A divisor is either a sum of two
cubes with no common factor, which may stand inside a sum as (cube)*(divisor), or a product of two literals or of
a number and a literal.
Again and again the divisor that saves most operations becomes a literal of its own, until none saves any.
Horner's rule for polynomials, sums shared between outputs and nested factors all come out of this.

Rounding. Taking a common factor out of a sum does not enlarge the bound on its rounding error. Multiplying a
factor into a sum, which is what exposes common terms in the first place, does not either where the terms of
that sum are rounded already; where they are exact, as in k*(x - y), it would, and such sums stay whole.
Products of two sums are never multiplied out.

Source: Rajski and Vasudevamurthy 1992 (concurrent extraction of double-cube divisors); Hosangadi, Fallah and
Kastner 2006 (the same for polynomials).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from sympy import Add, Basic, Dummy, Expr, Mul, Pow, Rational, S, Symbol, cos, exp, sin

Monomial = tuple[tuple[int, int], ...]
"""(literal, exponent >= 1), sorted."""

Cube = tuple[Rational, Monomial]

LARGEST_SUM = 40
"""Longer sums are searched for common products, not for common sums."""

LARGEST_TOTAL = 800
"""With more cubes in all, nothing is factored: the search would take longer than it saves."""

SMOOTH = frozenset({"sin", "cos", "tan", "exp", "sinh", "cosh", "tanh", "atan", "asinh", "erf"})
"""Functions whose arguments are factored too; the others are looked at as a whole, for their stable forms."""


@dataclass(slots=True)
class Sums:
    """Sums under construction: literal -> its cubes, for those literals that are sums."""

    literals: list[Basic] = field(default_factory=list)
    index: dict[Basic, int] = field(default_factory=dict)
    sums: dict[int, list[Cube]] = field(default_factory=dict)
    distribute: bool = True
    changed: bool = False

    def literal(self, expr: Basic) -> int:
        """The number of a literal, new or old."""
        found = self.index.get(expr)
        if found is None:
            found = self.index[expr] = len(self.literals)
            self.literals.append(expr)
        return found

    def new_sum(self, cubes: list[Cube]) -> int:
        """A literal for a sum, itself a fresh symbol."""
        number = self.literal(Dummy("d", real=True))
        self.sums[number] = cubes
        return number


def factored_out(expressions: Sequence[Basic], *, distribute: bool) -> tuple[list[Basic], dict[Symbol, Expr]] | None:
    """(expressions, definitions of the symbols that they hold), or None if there is nothing to factor or too much.

    Arguments:
        distribute: multiply single factors into sums first, where that does no harm.
    """
    pool = Sums(distribute=distribute)
    roots = [_Reading(pool).entry(e) for e in expressions]
    if sum(map(len, pool.sums.values())) > LARGEST_TOTAL:
        return None
    _Search(pool).run()
    if not pool.changed:
        return None
    definitions = {pool.literals[k]: _rebuilt(pool, cubes) for k, cubes in pool.sums.items()}
    return [pool.literals[r] if isinstance(r, int) else r for r in roots], definitions  # type: ignore[return-value]


# -- reading -------------------------------------------------------------------------------------------------


class _Reading:
    """Expressions to cubes."""

    def __init__(self, pool: Sums) -> None:
        self.pool = pool

    def entry(self, expr: Basic) -> int | Basic:
        """The literal of an expression that is a sum or a product; any other expression as it is."""
        if not isinstance(expr, (Add, Mul)) or expr.is_number:
            return self.atom(expr)
        key = self.pool.index.get(expr)
        if key is not None:
            return key
        number = self.pool.new_sum(self.cubes(expr))
        self.pool.index[expr] = number
        return number

    def atom(self, expr: Basic) -> Basic:
        """A function with its argument factored, where that is allowed."""
        if type(expr).__name__ in SMOOTH and isinstance(expr.args[0], Add) and not _is_delicate(expr.args[0]):
            number = self.entry(expr.args[0])
            if isinstance(number, int):
                return expr.func(self.pool.literals[number])
        return expr

    def cubes(self, expr: Expr) -> list[Cube]:
        """The terms of a sum; equal monomials are joined."""
        total: dict[Monomial, Rational] = {}
        for term in Add.make_args(expr):
            for coefficient, monomial in self.products(term):
                total[monomial] = total.get(monomial, S.Zero) + coefficient
        return [(c, m) for m, c in total.items() if c != 0]

    def products(self, term: Expr) -> list[Cube]:
        """A product as one cube, or as several where a sum in it is multiplied out."""
        coefficient: Rational = S.One
        powers: Counter[int] = Counter()
        inner: list[Expr] = []
        for factor in Mul.make_args(term):
            if isinstance(factor, Rational):
                coefficient *= factor
            elif isinstance(factor, Add) and not factor.is_number:
                inner.append(factor)
            else:
                base, exponent = self.split(factor)
                powers[base] += exponent
        monomial = tuple(sorted(powers.items()))
        if len(inner) == 1 and self.pool.distribute and _is_rounded(inner[0]):
            self.pool.changed = True
            return [(coefficient * c, _product(monomial, m)) for c, m in self.cubes(inner[0])]
        for factor in inner:
            number = self.entry(factor)
            assert isinstance(number, int)
            powers[number] += 1
        return [(coefficient, tuple(sorted(powers.items())))]

    def split(self, factor: Basic) -> tuple[int, int]:
        """A factor as a literal to a positive integer power: x³, (1/x)², (u^(-1/2))³."""
        if isinstance(factor, Pow) and isinstance(factor.exp, Rational) and factor.exp.q in (1, 2, 4):
            p, q = int(factor.exp.p), int(factor.exp.q)
            unit = Rational(1 if p > 0 else -1, q)
            return self.pool.literal(factor.base**unit), abs(p)
        return self.pool.literal(self.atom(factor)), 1


def _is_rounded(expr: Add) -> bool:
    """True if at most one term is exact, and none asks to stay together with another."""
    exact = sum(_is_exact(term) for term in expr.args)
    return exact <= 1 and not _is_delicate(expr)


def _is_exact(term: Expr) -> bool:
    return isinstance(-term if term.could_extract_minus_sign() else term, Symbol) or bool(term.is_number)


def _is_delicate(expr: Add) -> bool:
    """True for c*exp(u) - c + … and c - c*sin(u)², which have stable forms as long as they are not torn apart."""
    if expr.as_coeff_Add()[0] == 0:
        return False
    factors = [a for t in expr.args for a in Mul.make_args(t)]
    return any(isinstance(a, exp) or (isinstance(a, Pow) and isinstance(a.base, (sin, cos))) for a in factors)


# -- searching -----------------------------------------------------------------------------------------------

Divisor = tuple[Monomial, Monomial, Rational]
"""m1 + r m2."""

Product = Cube
"""The product of two literals, or of a positive number and a literal."""


@dataclass(slots=True)
class _Offer:
    """What one sum has to offer.

    Operations saved by each divisor, cubes that hold each product, what it is itself.
    """

    divisors: dict[Divisor, int]
    products: Counter[Product]
    itself: Divisor | None


class _Search:
    """Greedy extraction with tables that follow each replacement."""

    def __init__(self, pool: Sums) -> None:
        self.pool = pool
        self.offers: dict[int, _Offer] = {}
        self.saved: Counter[Divisor] = Counter()
        self.products: Counter[Product] = Counter()
        self.whole: dict[Divisor, int] = {}
        for number in list(pool.sums):
            self.refresh(number)

    def refresh(self, number: int) -> None:
        """Bring the tables up to date with a sum."""
        old = self.offers.get(number)
        if old is not None:
            self.saved.subtract(old.divisors)
            self.products.subtract(old.products)
            if old.itself is not None and self.whole.get(old.itself) == number:
                del self.whole[old.itself]
        new = self.offers[number] = _offer(self.pool.sums[number])
        self.saved.update(new.divisors)
        self.products.update(new.products)
        if new.itself is not None:
            self.whole.setdefault(new.itself, number)

    def run(self) -> None:
        """Make literals of divisors while one saves operations."""
        while True:
            gain, divisor = self.best_divisor()
            product, count = self.best_product()
            if divisor is not None and gain >= max(count - 1, 1):
                self.take_divisor(divisor)
            elif count > 1:
                self.take_product(product)
            else:
                return
            self.pool.changed = True

    def best_product(self) -> tuple[Product, int]:
        """The product that occurs most often, and how often; among equals the first with most literals that are more
        than symbols: these are dearer to keep apart, since a compiler that meets a function in two products may compute
        it twice."""
        count = max(self.products.values(), default=0)
        if count <= 1:
            return (S.One, ()), count
        most = (product for product, times in self.products.items() if times == count)
        return max(most, key=lambda p: sum(not isinstance(self.pool.literals[k], Symbol) for k, _ in p[1])), count

    def best_divisor(self) -> tuple[int, Divisor | None]:
        best, found = 0, None
        for divisor, amount in self.saved.items():
            if amount <= best:
                continue
            own = 0 if divisor in self.whole else _cost(divisor)
            if amount - own > best:
                best, found = amount - own, divisor
        return best, found

    def take_divisor(self, divisor: Divisor) -> None:
        """Make the divisor a literal, and put it in wherever it divides two cubes of a sum."""
        number = self.whole.get(divisor)
        if number is None:
            number = self.pool.new_sum([(S.One, divisor[0]), (divisor[2], divisor[1])])
        holders = [k for k, offer in self.offers.items() if divisor in offer.divisors and k != number]
        self.refresh(number)
        for key in holders:
            self.pool.sums[key] = _divided(self.pool.sums[key], divisor, number)
            self.refresh(key)

    def take_product(self, product: Product) -> None:
        """Make the product a literal, and put it in wherever it occurs."""
        number = self.pool.new_sum([product])
        for key, offer in list(self.offers.items()):
            if offer.products[product] > 0:
                before = self.pool.sums[key]
                self.pool.sums[key] = after = [_with_product(cube, product, number) for cube in before]
                if len(after) > LARGEST_SUM:
                    self.exchange(offer, before, after)
                else:
                    self.refresh(key)

    def exchange(self, offer: _Offer, before: list[Cube], after: list[Cube]) -> None:
        """Bring the tables up to date with a sum that is searched for products alone, by the cubes that changed."""
        for old, new in zip(before, after, strict=True):
            if old is not new:
                gone, come = _products(old), _products(new)
                for table in (self.products, offer.products):
                    table.subtract(gone)
                    table.update(come)


def _products(cube: Cube) -> list[Product]:
    """Each product that the cube holds, once."""
    coefficient, monomial = cube
    scale = abs(coefficient)
    found: list[Product] = []
    for i, (a, _) in enumerate(monomial):
        if scale != 1:
            found.append((scale, ((a, 1),)))
        found += [(S.One, ((a, 1), (b, 1))) for b, _ in monomial[i + 1 :]]
    return found


def _offer(cubes: list[Cube]) -> _Offer:
    products: Counter[Product] = Counter()
    for cube in cubes:
        products.update(_products(cube))
    divisors: dict[Divisor, int] = {}
    itself: Divisor | None = None
    if 2 <= len(cubes) <= LARGEST_SUM:
        taken: dict[Divisor, set[int]] = {}
        for i, first in enumerate(cubes):
            for j in range(i + 1, len(cubes)):
                divisor, common, scale = _divisor(first, cubes[j])
                if len(cubes) == 2 and not common and scale == 1:
                    itself = divisor
                    continue
                used = taken.setdefault(divisor, set())
                if i not in used and j not in used:
                    used |= {i, j}
                    before = _multiplications(*first) + _multiplications(*cubes[j]) + 1
                    after = _multiplications(scale, _product(common, ((-1, 1),)))
                    divisors[divisor] = divisors.get(divisor, 0) + before - after
    return _Offer(divisors, products, itself)


def _divided(cubes: list[Cube], divisor: Divisor, number: int) -> list[Cube]:
    """The sum with the divisor, now a literal, in place of every pair of cubes that it divides."""
    rest = list(cubes)
    position = 0
    while position < len(rest):
        for other in range(position + 1, len(rest)):
            candidate, common, scale = _divisor(rest[position], rest[other])
            if candidate == divisor:
                del rest[other]
                rest[position] = (scale, _product(common, ((number, 1),)))
                break
        position += 1
    return rest


def _divisor(first: Cube, second: Cube) -> tuple[Divisor, Monomial, Rational]:
    """(m1 + r m2, common monomial, scale) with first + second = scale * common * (m1 + r m2)."""
    if second[1] < first[1]:
        first, second = second, first
    common = _common(first[1], second[1])
    ratio = second[0] / first[0]
    return (_quotient(first[1], common), _quotient(second[1], common), ratio), common, first[0]


def _cost(divisor: Divisor) -> int:
    return _multiplications(S.One, divisor[0]) + _multiplications(divisor[2], divisor[1]) + 1


def _multiplications(coefficient: Rational, monomial: Monomial) -> int:
    degree = sum(_power_cost(e) for _, e in monomial) + max(len(monomial) - 1, 0)
    return degree + (abs(coefficient) != 1 and bool(monomial))


def _power_cost(exponent: int) -> int:
    """Multiplications of repeated squaring."""
    return exponent.bit_length() - 1 + exponent.bit_count() - 1


def _with_product(cube: Cube, product: Product, number: int) -> Cube:
    """The cube with the literal `number` in place of the product, as often as it is in it."""
    coefficient, monomial = cube
    powers = dict(monomial)
    scale, literals = product
    times = min(powers.get(literal, 0) for literal, _ in literals)
    if scale != 1:
        times = min(times, 1) if abs(coefficient) == scale else 0
        coefficient = coefficient / scale if times else coefficient
    if not times:
        return cube
    for literal, _ in literals:
        powers[literal] -= times
        if not powers[literal]:
            del powers[literal]
    powers[number] = powers.get(number, 0) + times
    return coefficient, tuple(sorted(powers.items()))


# -- monomials -----------------------------------------------------------------------------------------------


def _product(a: Monomial, b: Monomial) -> Monomial:
    powers = Counter(dict(a))
    powers.update(dict(b))
    return tuple(sorted(powers.items()))


def _common(a: Monomial, b: Monomial) -> Monomial:
    other = dict(b)
    return tuple((k, min(e, other[k])) for k, e in a if k in other)


def _quotient(a: Monomial, b: Monomial) -> Monomial:
    less = dict(b)
    return tuple((k, e - less.get(k, 0)) for k, e in a if e > less.get(k, 0))


def _rebuilt(pool: Sums, cubes: list[Cube]) -> Expr:
    """The sum as an expression in literals."""
    terms = [Mul(c, *(_power(pool.literals[k], e) for k, e in m)) for c, m in cubes]
    return Add(*terms)


def _power(literal: Basic, exponent: int) -> Expr:
    return literal**exponent  # type: ignore[operator]
