"""A second look at real points: statements evaluated with numbers on every side of their branches.

In: an expression that is claimed to vanish identically, and expressions whose real domain it speaks of. Out: at which real
points it was evaluated, on which sides of the branches it vanishes and on which it does not. Nothing here shares code with
the exact zero test: an evaluator of its own (`values`) walks the expression with 30 digits and real functions, and
derivatives are taken side by side, with the sign of each absolute value fixed there.

A branch is an argument of a root, a logarithm, an absolute value, a sign, or an inverse function; its zeros (for asin and
acos the places ±1) cut the real domain into sides. Source: Corless, Jeffrey, Watt and
Davenport 2000.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from itertools import combinations, islice
from typing import Any
from zlib import crc32

import mpmath
import numpy as np
from sympy import (
    Abs,
    Add,
    Basic,
    Derivative,
    Expr,
    Integer,
    Integral,
    Mul,
    PolynomialError,
    Pow,
    S,
    Subs,
    Symbol,
    cos,
    sign,
    sin,
)
from sympy.core.function import AppliedUndef

from liesym.base.budget import surrounding
from liesym.base.factors import factors_of
from liesym.base.typed import expr, over_one_denominator
from liesym.testing.sampled import Sampled
from liesym.testing.values import DIGITS, LOOKING, NEAR, NoValue, Point, evaluator

TOLERANCE = 1e-18
"""Of a sum that should vanish, relative to the sum of the sizes of its terms."""
SHRINKS = 1e-20
"""What is left of a sum that vanishes, once it is evaluated with twice the digits."""
DRAWS = 240
"""Random points that are tried at most."""
QUIET = 60
"""Draws after which, where they showed no new side, no more are made."""
AT_ONCE = 30
"""Points that are evaluated together."""
PER_SIDE = 3
"""Points that are kept on each side of the branches."""
MOST_SIDES = 24
LARGEST_BRANCH = 60
MOST_PAIRED = 8
"""Branches of which products are asked too."""
MOST_OPERATIONS = 20_000
"""Sizes beyond which an expression is not evaluated."""


@dataclass(frozen=True, slots=True)
class Side:
    """One side of every branch: (argument, its sign there)."""

    signs: tuple[tuple[Expr, int], ...]

    def conditions(self) -> tuple[Expr, ...]:
        """What holds on the side, as expressions that are positive there."""
        return tuple(a if s > 0 else -a for a, s in self.signs)


@dataclass(frozen=True, slots=True)
class Look:
    """What was seen at real points.

    Arguments:
        points: how many were looked at.
        true_on, false_on: sides on which the claim holds at every point, and on which it does not.
        absent_on: sides on which the equations are real and what is claimed of them has no real value.
        readable: False if the expression holds something that has no numerical value here (a named solution of an equation).
    """

    points: int
    true_on: tuple[Side, ...]
    false_on: tuple[Side, ...]
    absent_on: tuple[Side, ...] = ()
    readable: bool = True

    @property
    def holds(self) -> bool:
        """True if it was false nowhere and real wherever the equations are."""
        return not self.false_on and not self.absent_on

    @property
    def nowhere_real(self) -> bool:
        """True if no real point was found at which everything has a value."""
        return self.readable and self.points == 0

    def separating(self) -> tuple[Expr, ...]:
        """Expressions that are positive exactly where it holds, of the branches that tell true sides from false ones.

        Where no branches alone do, products of two: b^2 - 4 w^2 is positive where b - 2 w and b + 2 w have the same sign.
        Empty if it holds on all sides, or if these do not tell the sides apart on which it holds.
        """
        return self._separated_by(lambda side: dict(side.signs)) or self._separated_by(_signs_of_products)

    def _separated_by(self, signs_of: Callable[[Side], dict[Expr, int]]) -> tuple[Expr, ...]:
        outside = [signs_of(side) for side in (*self.false_on, *self.absent_on)]
        if not outside or not self.true_on:
            return ()
        common, *others = map(signs_of, self.true_on)
        for signs in others:
            common = {a: s for a, s in common.items() if signs.get(a) == s}
        apart = [{a for a, s in common.items() if signs.get(a) == -s} for signs in outside]
        if not all(apart):
            return ()
        chosen: list[Expr] = []
        while apart:  # the branch that tells most of the rest apart, and so on
            best = max(common, key=lambda a: sum(a in telling for telling in apart))
            chosen.append(best)
            apart = [telling for telling in apart if best not in telling]
        return tuple(a if common[a] > 0 else -a for a in chosen)


def _signs_of_products(side: Side) -> dict[Expr, int]:
    """Those of the branches, and of products of two."""
    signs = dict(side.signs)
    pairs = combinations(side.signs, 2) if len(signs) <= MOST_PAIRED else ()
    return signs | {expr((a * b).expand()): s * z for (a, s), (b, z) in pairs}


UNREADABLE = Look(0, (), (), readable=False)


def branches(expressions: Sequence[Expr]) -> tuple[Expr, ...]:
    """Arguments whose zeros cut the real domain: of roots, logarithms, absolute values, signs and inverse functions.

    What has one sign everywhere is left out: with s^2 = u and u > 0 an exact identity in s holds at every point.
    """
    found = dict.fromkeys(a for expression in expressions for node in nodes(expression) for a in cut_by(node))
    cuts: dict[Expr, None] = {}
    for argument in found:
        for factor in _factors(argument):
            cuts.setdefault(factor)
    return tuple(cuts)


def cut_by(node: Basic) -> tuple[Expr, ...]:
    """Arguments whose zeros bound the real domain of a node, or are places where it is not smooth."""
    if isinstance(node, Pow):
        return () if node.exp.is_integer or node.base.is_number else (node.base,)  # type: ignore[return-value]
    name = node.func.__name__
    if isinstance(node, Abs | sign) or name in ("log", "acot", "acosh", "asec", "acsc"):
        return (node.args[0],)  # type: ignore[return-value]
    if name in ("asin", "acos", "atanh", "acoth"):
        return 1 - node.args[0], 1 + node.args[0]  # type: ignore[operator, return-value]
    return ()


def _factors(argument: Expr) -> Iterator[Expr]:
    """The irreducible factors of a branch: (y' + 1)^2 is cut at y' = -1 although it changes no sign there."""
    for factor in _irreducible(argument):
        if not factor.free_symbols:
            continue
        # 1 ± sin u and 1 ± cos u touch zero where cos u and sin u change their signs
        touching = [n for n in nodes(factor) if isinstance(n, sin | cos)]
        yield from ((cos if isinstance(n, sin) else sin)(n.args[0]) for n in touching)
        if not (factor.is_nonnegative or factor.is_nonpositive):  # such a factor, x^2 + y^2, cuts nothing
            yield factor


@lru_cache(4096)
def _irreducible(argument: Expr) -> list[Expr]:
    """The factors of a polynomial, or of numerator and denominator; the argument itself where it is neither or long."""
    if argument.count_ops() > LARGEST_BRANCH:
        return [argument]
    for parts in ((argument,), over_one_denominator(argument)):
        try:
            return [f for part in parts for f, _ in factors_of(part)]
        except PolynomialError:
            continue
    return [argument]


Claim = Callable[[Callable[[Expr], Expr]], Sequence[Expr]]
Claims = Callable[[Callable[[Expr], Expr]], Sequence[Sequence[Expr]]]


def look(
    claim: Claim,
    domain: Sequence[Expr],
    statement: Sequence[Expr] = (),
    *,
    seed: int = 0,
    draws: int = DRAWS,
    positive: Collection[Symbol] = (),
    everywhere: bool = False,
    per_side: int = PER_SIDE,
) -> Look:
    """Evaluate a claim at real points on each side of the branches.

    Arguments:
        claim: given a function that fixes the signs of one side in an expression, the expressions that should vanish
            (derivatives are to be taken of what that function returns, so that they are right on that side).
        domain: the equations: where all of them are real, the claim should hold.
        statement: what is claimed of them, which should be real there too.
        seed: of the draws.
        draws: points that are tried at most.
        positive: symbols that are drawn positive, as their assumptions say.
        everywhere: it is only asked whether it holds everywhere: where it is absent on a side, the claim is not looked at.
        per_side: points that are kept on each side.

    Returns:
        Look: with `readable` False if something in the claim has no numerical value.
    """
    found = real_points(domain, [statement], seed=seed, draws=draws, positive=positive, per_side=per_side)
    if not found:
        return UNREADABLE
    if everywhere and found[0].without:
        return Look(0, (), (), found[0].without)
    return verdicts(lambda fix: [claim(fix)], found)[0]


@dataclass(frozen=True, slots=True)
class RealPoints:
    """Points at which equations and what is stated of them are real, by the side on which they lie.

    Arguments:
        points: some of each side.
        without: sides on which the equations are real and what is stated is not.
        folded: arguments of absolute values and signs: sides that differ in none of these share their claim.
    """

    points: Mapping[Side, Sequence[tuple[int, Point]]]
    without: tuple[Side, ...]
    folded: frozenset[Basic]


def real_points(
    domain: Sequence[Expr],
    statements: Sequence[Sequence[Expr]],
    *,
    seed: int = 0,
    draws: int = DRAWS,
    positive: Collection[Symbol] = (),
    per_side: int = PER_SIDE,
) -> list[RealPoints]:
    """For each statement; points are drawn until no new sides show (arguments as those of `look`).

    Returns:
        list: empty if something has no numerical value.
    """
    equations, stated = _all_readable(domain), [_all_readable(s) for s in statements]
    whole = [*domain, *(e for s in statements for e in s)]
    if equations is None or None in stated or sum(int(e.count_ops()) for e in whole) > MOST_OPERATIONS:
        return []
    said = [s for s in stated if s is not None]
    used = [*equations, *(e for s in said for e in s)]
    cuts = branches(used)
    symbols = sorted({s for e in used for s in e.free_symbols}, key=lambda s: s.name)
    real: list[dict[tuple[int, ...], list[tuple[int, Point]]]] = [{} for _ in said]
    absent: list[dict[tuple[int, ...], list[tuple[int, Point]]]] = [{} for _ in said]
    quiet = 0
    points = _signed(drawn_points(symbols, draws, seed, positive), symbols, cuts, equations, said)
    for number, (point, signs, present) in enumerate(points):
        quiet += 1
        if quiet > QUIET:
            break
        for k, is_there in enumerate(present if signs is not None else ()):
            found = real[k] if is_there else absent[k]
            if len(found.get(signs, ())) < per_side and (len(found) < MOST_SIDES or signs in found):
                found.setdefault(signs, []).append((number, point))
                quiet = 0

    def side(signs: tuple[int, ...]) -> Side:
        return Side(tuple(zip(cuts, signs, strict=True)))

    folded = frozenset(node.args[0] for e in whole for node in nodes(e) if isinstance(node, Abs | sign))
    return [
        RealPoints({side(s): p for s, p in there.items()}, tuple(side(s) for s in missing if s not in there), folded)
        for there, missing in zip(real, absent, strict=True)
    ]


def _signed(
    points: Iterator[Point],
    symbols: Sequence[Symbol],
    cuts: Sequence[Expr],
    equations: Sequence[Expr],
    statements: Sequence[Sequence[Expr]],
) -> Iterator[tuple[Point, tuple[int, ...] | None, tuple[bool, ...]]]:
    """Each point with its side and which statements have values there; None for the side where the equations have none.

    The sign of a branch is 0 where it has no value itself; on the branch or next to it there is no side.
    """
    while several := list(islice(points, AT_ONCE)):
        surrounding().check(LOOKING)
        sampled = Sampled(np.array([[p[s] for s in symbols] for p in several]).reshape(len(several), len(symbols)), symbols)
        at = np.array([sampled(cut) for cut in cuts]).reshape(len(cuts), len(several))
        signs = np.where(np.isnan(at), 0, np.sign(at)).astype(int).T.tolist()
        is_real = ~(np.abs(at) < NEAR).any(axis=0) & sampled.real(equations)
        present = np.array([sampled.real(s) for s in statements]).T.tolist()
        for k, point in enumerate(several):
            yield point, tuple(signs[k]) if is_real[k] else None, tuple(present[k])


def verdicts(claims: Claims, found: Sequence[RealPoints]) -> list[Look]:
    """A `Look` for each of several claims, of which each has its own points; they are written down once for all."""
    read: dict[tuple[int, ...], list[tuple[Expr, ...] | None]] = {}
    symbols: dict[tuple[int, ...], set[Basic]] = {}
    values: dict[tuple[tuple[int, ...], int], _AtPoint] = {}
    looks = []
    for k, of_one in enumerate(found):
        seen = Look(0, (), (), of_one.without)
        for side, points in of_one.points.items():
            surrounding().check(LOOKING)
            key = tuple(s for cut, s in side.signs if cut in of_one.folded)
            if key not in read:
                read[key] = [_all_readable(c) for c in claims(lambda e, fixed=dict(side.signs): with_signs(e, fixed))]
                symbols[key] = {s for claim in read[key] for r in claim or () for s in r.free_symbols}
            for number, point in points:
                if (key, number) not in values:
                    values[key, number] = _at(point, symbols[key])
            seen = _seen(seen, side, read[key][k], [values[key, number] for number, _ in points])
        looks.append(seen)
    return looks


def _seen(before: Look, side: Side, remainders: tuple[Expr, ...] | None, points: Sequence[_AtPoint]) -> Look:
    """With what is seen on one more side."""
    if remainders is None or not before.readable:
        return UNREADABLE
    found = [v for v in (_vanishes(remainders, p) for p in points) if v is not None]
    if not found:
        return before
    key = "true_on" if all(found) else "false_on"
    return replace(before, points=before.points + len(found), **{key: (*getattr(before, key), side)})


# -- points ------------------------------------------------------------------------------------------


def drawn_points(symbols: Sequence[Symbol], count: int, seed: int, positive: Collection[Symbol]) -> Iterator[Point]:
    """Points of different sizes and signs; the same for the same seed."""
    source = random.Random(seed)
    for k in range(count):
        spread = (0.3, 1.0, 3.0)[k % 3]
        values: dict[Symbol, float] = {}
        for s in symbols:
            size = source.lognormvariate(0.0, 0.7) * spread
            above = s in positive or s.is_positive or source.random() < 0.5
            values[s] = float(source.randint(1, 4)) if s.is_integer else size if above else -size
        yield values


@dataclass(frozen=True, slots=True)
class _AtPoint:
    """Values with many digits at one point, also of integrals of what was fixed on a side: any number will do for these,
    since their constants are free. What expressions share is evaluated once."""

    values: Point
    memos: dict[int, Callable[[Basic], Any]] = field(default_factory=dict)

    def __call__(self, expression: Basic, digits: int) -> Any:
        if digits not in self.memos:
            self.memos[digits] = evaluator(self.values, mpmath.mp)
        return self.memos[digits](expression)


def _at(point: Point, symbols: Collection[Basic]) -> _AtPoint:
    free = {s: 0.5 + crc32(str(s).encode()) / 2**32 for s in symbols if s not in point}
    return _AtPoint({**point, **free})  # type: ignore[dict-item]


def _vanishes(remainders: Sequence[Expr], at_point: _AtPoint) -> bool | None:
    """True if each is zero to the digits that its terms leave; None where one has no value.

    Where terms inside of products cancel, more of them are lost than the sizes of the terms tell: what is then zero becomes
    smaller with the number of digits, and what is not stays as it is.
    """
    try:
        for r in remainders:
            terms = Add.make_args(r)
            with mpmath.workdps(DIGITS):
                found = [at_point(a, DIGITS) for a in terms]
                value, size = abs(mpmath.fsum(found)), mpmath.fsum(map(abs, found))
            if value > TOLERANCE * max(size, 1e-6):
                with mpmath.workdps(2 * DIGITS):
                    again = abs(mpmath.fsum(at_point(a, 2 * DIGITS) for a in terms))
                if again > SHRINKS * value:
                    return False
    except NoValue:
        return None
    return True


# -- expressions -------------------------------------------------------------------------------------


def nodes(expression: Basic) -> Iterator[Basic]:
    """The expression and all that it is made of, each once."""
    waiting, seen = [expression], set()
    while waiting:
        node = waiting.pop()
        if node in seen:
            continue
        seen.add(node)
        yield node
        waiting.extend(node.args)


def with_signs(expression: Expr, signs: Mapping[Expr, int]) -> Expr:
    """|u| and sign(u) as they are on the side: ±u and ±1, so that their derivatives are right there."""
    return expression.replace(  # type: ignore[return-value]
        lambda e: isinstance(e, Abs | sign) and e.args[0] in signs,
        lambda e: Integer(signs[e.args[0]]) * (e.args[0] if isinstance(e, Abs) else S.One),
    )


def _all_readable(expressions: Sequence[Expr]) -> tuple[Expr, ...] | None:
    """All of them readable; None if one is not."""
    found = [readable(e) for e in expressions]
    return None if None in found else tuple(e for e in found if e is not None)


def readable(expression: Expr) -> Expr | None:
    """With sample functions for arbitrary ones and numbers for indefinite integrals; None if neither will do."""
    if not any(isinstance(n, Integral | AppliedUndef | Derivative | Subs) for n in nodes(expression)):
        return expression
    result = expression
    for integral in sorted(result.atoms(Integral), key=lambda e: -e.count_ops()):
        surrounding().check(LOOKING)
        if all(len(limit) == 1 for limit in integral.limits):
            result = result.xreplace({integral: Symbol(f"the value of {integral}", real=True)})
    if result.has(Integral):
        return None
    functions = sorted({f.func for f in result.atoms(AppliedUndef)}, key=lambda f: f.__name__)
    for function in functions:
        result = result.replace(function, _sample(function.__name__))  # type: ignore[assignment]
    if functions:
        result = result.doit()
    return None if result.has(AppliedUndef, Derivative, Subs) else result


def _sample(name: str) -> Callable[..., Expr]:
    """A smooth function of any number of arguments without symmetry: stands for the arbitrary one of this name."""
    place = sum(map(ord, name)) % 11

    def sample(*arguments: Expr) -> Expr:
        shift = Integer(place + 2) / 7
        return Add(*(a**3 / (5 + k) + (k + 2) * a / 3 for k, a in enumerate(arguments)), Mul(*arguments) / 3, shift)

    return sample
