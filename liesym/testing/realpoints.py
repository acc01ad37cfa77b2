"""A second look at real points: statements evaluated with numbers on every side of their branches.

In: an expression that is claimed to vanish identically, and expressions whose real domain it speaks of. Out: at which real
points it was evaluated, on which sides of the branches it vanishes and on which it does not. Nothing here shares code with
the exact zero test: an evaluator of its own walks the expression with 30 digits and real functions (a root of a negative
number, like the logarithm of one, has no value), and derivatives are taken side by side, with the sign of each absolute
value fixed there.

A branch is an argument of a root, a logarithm, an absolute value, a sign, or an inverse function; its zeros (for asin and
acos the places ±1) cut the real domain into sides. Source: Corless, Jeffrey, Watt and
Davenport 2000.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from zlib import crc32

import mpmath
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
    factor_list,
    sign,
    sin,
)
from sympy.core.function import AppliedUndef

from liesym.base.typed import over_one_denominator

DIGITS = 30
TOLERANCE = 1e-18
"""Of a sum that should vanish, relative to the sum of the sizes of its terms."""
NEAR = 1e-10
"""Values of floating point that count as zero."""
DRAWS = 240
"""Random points that are tried at most."""
QUIET = 60
"""Draws after which, where they showed no new side, no more are made."""
PER_SIDE = 3
"""Points that are kept on each side of the branches."""
MOST_SIDES = 24
LARGEST_BRANCH = 60
MOST_OPERATIONS = 20_000
"""Sizes beyond which an expression is not evaluated."""


Point = Mapping[Symbol, float]


class NoValue(ArithmeticError):
    """The expression has no real value at the point."""


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

        Empty if it holds on all sides, or if the branches do not tell the sides apart on which it holds.
        """
        outside = (*self.false_on, *self.absent_on)
        if not outside or not self.true_on:
            return ()
        common = dict(self.true_on[0].signs)
        for side in self.true_on[1:]:
            signs = dict(side.signs)
            common = {a: s for a, s in common.items() if signs.get(a) == s}
        apart = [{a for a, s in common.items() if dict(f.signs).get(a) == -s} for f in outside]
        if not all(apart):
            return ()
        chosen: list[Expr] = []
        while apart:  # the branch that tells most of the rest apart, and so on
            best = max(common, key=lambda a: sum(a in telling for telling in apart))
            chosen.append(best)
            apart = [telling for telling in apart if best not in telling]
        return tuple(a if common[a] > 0 else -a for a in chosen)


def branches(expressions: Sequence[Expr]) -> tuple[Expr, ...]:
    """Arguments whose zeros cut the real domain: of roots, logarithms, absolute values, signs and inverse functions.

    What has one sign everywhere is left out: with s^2 = u and u > 0 an exact identity in s holds at every point.
    """
    found: dict[Expr, None] = {}
    for expression in expressions:
        for node in nodes(expression):
            if isinstance(node, Pow) and not node.exp.is_integer and not node.base.is_number:
                found.setdefault(node.base)
            elif isinstance(node, Abs | sign) or node.func.__name__ in ("log", "acot", "acosh", "asec", "acsc"):
                found.setdefault(node.args[0])  # type: ignore[arg-type]
            elif node.func.__name__ in ("asin", "acos", "atanh", "acoth"):
                found.setdefault(1 - node.args[0])  # type: ignore[operator, arg-type]
                found.setdefault(1 + node.args[0])  # type: ignore[operator, arg-type]
    cuts: dict[Expr, None] = {}
    for argument in found:
        for factor in _factors(argument):
            cuts.setdefault(factor)
    return tuple(cuts)


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


def _irreducible(argument: Expr) -> list[Expr]:
    """The factors of a polynomial, or of numerator and denominator; the argument itself where it is neither or long."""
    if argument.count_ops() > LARGEST_BRANCH:
        return [argument]
    for parts in ((argument,), over_one_denominator(argument)):
        try:
            return [f for part in parts for f, _ in factor_list(part)[1]]
        except (PolynomialError, NotImplementedError):
            continue
    return [argument]


def look(
    claim: Callable[[Callable[[Expr], Expr]], Sequence[Expr]],
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
    equations, stated = [readable(e) for e in domain], [readable(e) for e in statement]
    if None in equations or None in stated or sum(int(e.count_ops()) for e in (*domain, *statement)) > MOST_OPERATIONS:
        return Look(0, (), (), readable=False)
    cuts = branches([e for e in (*equations, *stated) if e is not None])
    symbols = sorted(
        {s for e in (*equations, *stated) if e is not None for s in e.free_symbols},
        key=lambda s: s.name,
    )
    real: dict[tuple[int, ...], list[Point]] = {}
    absent: dict[tuple[int, ...], list[Point]] = {}
    quiet = 0
    for values in drawn_points(symbols, draws, seed, positive):
        quiet += 1
        if quiet > QUIET:
            break
        at_point = _evaluator(values, mpmath.fp)
        signs = _signs(cuts, at_point)
        if signs is None or not _has_values(equations, at_point):
            continue
        found = real if _has_values(stated, at_point) else absent
        if len(found.get(signs, ())) >= per_side or (len(found) >= MOST_SIDES and signs not in found):
            continue
        found.setdefault(signs, []).append(values)
        quiet = 0
    without = tuple(Side(tuple(zip(cuts, signs, strict=True))) for signs in absent if signs not in real)
    if everywhere and without:
        return Look(0, (), (), without)
    true_on, false_on, points = [], [], 0
    folded = {node.args[0] for e in (*domain, *statement) for node in e.atoms(Abs, sign)}
    read: dict[tuple[int, ...], tuple[Expr, ...] | None] = {}  # sides that differ in no absolute value share their claim
    held: dict[tuple[int, ...], list[Symbol]] = {}
    for signs, found in real.items():
        side = Side(tuple(zip(cuts, signs, strict=True)))
        key = tuple(s for cut, s in side.signs if cut in folded)
        if key not in read:
            read[key] = _all_readable(claim(lambda e, fixed=dict(side.signs): with_signs(e, fixed)))
            held[key] = sorted({s for r in read[key] or () for s in r.free_symbols}, key=str)  # type: ignore[arg-type]
        remainders = read[key]
        if remainders is None:
            return Look(0, (), (), readable=False)
        verdicts = [v for v in (_vanishes(remainders, held[key], p) for p in found) if v is not None]
        points += len(verdicts)
        if verdicts:
            (true_on if all(verdicts) else false_on).append(side)
    return Look(points, tuple(true_on), tuple(false_on), without)


def _signs(cuts: Sequence[Expr], at_point: Callable[[Basic], Any]) -> tuple[int, ...] | None:
    """The side of each branch; 0 where a branch itself has no value there, None on the branch or next to it."""
    signs = []
    for cut in cuts:
        try:
            sign_there = _sign_of(at_point(cut))
        except NoValue:
            signs.append(0)
            continue
        if sign_there == 0:
            return None
        signs.append(sign_there)
    return tuple(signs)


def _has_values(expressions: Sequence[Expr | None], at_point: Callable[[Basic], Any]) -> bool:
    try:
        for e in expressions:
            if e is not None:
                at_point(e)
    except NoValue:
        return False
    return True


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


def _vanishes(remainders: Sequence[Expr], symbols: Collection[Symbol], values: Point) -> bool | None:
    """True if each is zero to the digits that its terms leave; None where one has no value. The symbols are all in them."""
    try:
        with mpmath.workdps(DIGITS):
            # integrals of what was fixed on this side: any number will do, since their constants are free
            values = {**{s: 0.5 + crc32(str(s).encode()) / 2**32 for s in symbols if s not in values}, **values}
            at_point = _evaluator(values, mpmath.mp)
            for r in remainders:
                terms = [at_point(a) for a in Add.make_args(r)]
                size = mpmath.fsum(abs(t) for t in terms)
                if abs(mpmath.fsum(terms)) > TOLERANCE * max(size, 1e-6):
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
    result = expression
    for integral in sorted(result.atoms(Integral), key=lambda e: -e.count_ops()):
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


# -- values ------------------------------------------------------------------------------------------


def _sign_of(value: Any) -> int:
    return 0 if abs(value) < NEAR else 1 if value > 0 else -1


def value_at(expression: Expr, values: Point, context: Any = mpmath.mp) -> Any:
    """The real value of an expression in a context of mpmath: `mp` at its precision, or `fp` for floating point.

    Arguments:
        expression: without arbitrary functions and integrals.
        values: of every symbol in it.

    Raises:
        NoValue: the expression is not real and finite there, or holds a function without a rule.
    """
    return _evaluator(values, context)(expression)


def _evaluator(values: Point, context: Any) -> Callable[[Basic], Any]:
    """The values of expressions at one point; what they share is evaluated once."""
    memo: dict[Basic, Any] = {}

    def value(e: Basic) -> Any:
        found = memo.get(e)
        if found is None:
            found = memo[e] = _value(e, value, values, context)
        return found

    def at_point(expression: Basic) -> Any:
        try:
            return value(expression)
        except (ZeroDivisionError, OverflowError, ValueError, mpmath.libmp.NoConvergence) as error:
            raise NoValue(str(error)) from None

    return at_point


def _value(e: Basic, value: Callable[[Basic], Any], values: Point, context: Any) -> Any:
    if isinstance(e, Symbol):
        if e not in values:
            raise NoValue(f"{e} has no value")
        return context.mpf(values[e])
    if e.is_Rational:
        return context.mpf(int(e.p)) / int(e.q)  # type: ignore[attr-defined]
    if isinstance(e, Add):
        return context.fsum([value(a) for a in e.args])
    if isinstance(e, Mul):
        return context.fprod([value(a) for a in e.args])
    if isinstance(e, Pow):
        return _power(e, value, context)
    if not e.args:
        return _real(context.mpf(str(e.evalf(DIGITS + 5))), context)  # type: ignore[attr-defined]
    name = e.func.__name__
    arguments = [value(a) for a in e.args]
    if name == "log" and arguments[0] <= 0:
        raise NoValue("a logarithm")
    if name in RULES:
        return _real(RULES[name](context, *arguments), context)
    if name not in FUNCTIONS:
        raise NoValue(f"{name} has no rule")
    function = None if name in DIGITS_ONLY and context is mpmath.fp else getattr(context, FUNCTIONS[name], None)
    if function is None:  # floating point has fewer of them
        return _real(context.mpf(_real(getattr(mpmath.mp, FUNCTIONS[name])(*arguments), context)), context)
    return _real(function(*arguments), context)


def _power(e: Pow, value: Callable[[Basic], Any], context: Any) -> Any:
    base, exponent = value(e.base), e.exp
    if exponent.is_Integer:
        if base == 0 and exponent.is_negative:
            raise NoValue("division by zero")
        return base ** int(exponent)  # type: ignore[arg-type]
    if base < 0 or (base == 0 and not exponent.is_positive):
        raise NoValue("a power of a negative number")
    return _real(context.power(base, value(exponent)), context)


def _real(found: Any, context: Any) -> Any:
    if isinstance(found, complex | mpmath.mpc):
        if abs(found.imag) > NEAR * (1 + abs(found.real)):
            raise NoValue("not real")
        found = found.real
    if not mpmath.isfinite(found):
        raise NoValue("not finite")
    return found


SAME_NAME = (
    "exp", "log", "sin", "cos", "tan", "cot", "sec", "csc", "asin", "acos", "atan", "sinh", "cosh", "tanh", "coth", "sech",
    "csch", "asinh", "acosh", "atanh", "acoth", "asec", "acsc", "asech", "acsch", "sign", "atan2", "erf", "erfc", "erfi",
    "gamma", "loggamma", "li", "expint", "besselj", "bessely", "besseli", "besselk", "airyai", "airybi", "polylog",
    "legendre", "hermite", "zeta", "fresnels", "fresnelc", "digamma",
)  # fmt: skip
FUNCTIONS: dict[str, str] = {
    **dict(zip(SAME_NAME, SAME_NAME, strict=True)),
    "Ei": "ei", "Si": "si", "Ci": "ci", "Shi": "shi", "Chi": "chi", "elliptic_k": "ellipk", "elliptic_e": "ellipe",
    "elliptic_f": "ellipf", "uppergamma": "gammainc",
}  # fmt: skip
"""Names of mpmath by SymPy's names."""

DIGITS_ONLY = frozenset({"acoth", "asech", "acsch", "elliptic_e", "elliptic_f"})
"""Functions that mpmath offers in floating point and computes there from functions that it lacks."""

RULES: dict[str, Callable[..., Any]] = {
    "Abs": lambda c, u: abs(u),
    "acot": lambda c, u: c.atan(1 / u),
    "lowergamma": lambda c, s, x: c.gammainc(s, 0, x),
    "airyaiprime": lambda c, u: c.airyai(u, derivative=1),
    "airybiprime": lambda c, u: c.airybi(u, derivative=1),
    "polygamma": lambda c, n, u: c.psi(int(n), u),
    "kummerm": lambda c, a, b, z: c.hyp1f1(a, b, z),
    "kummermprime": lambda c, a, b, z: a / b * c.hyp1f1(a + 1, b + 1, z),
    "kummeru": lambda c, a, b, z: c.hyperu(a, b, z),
    "kummeruprime": lambda c, a, b, z: -a * c.hyperu(a + 1, b + 1, z),
    "hypergeometric": lambda c, a, b, d, z: c.hyp2f1(a, b, d, z),
    "hypergeometricprime": lambda c, a, b, d, z: a * b / d * c.hyp2f1(a + 1, b + 1, d + 1, z),
    "LambertW": lambda c, u, k=0: c.lambertw(u, int(k)),
}
"""Functions with a convention of their own; acot is atan(1/u) as in the grammar."""
