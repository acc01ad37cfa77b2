"""Does a transformation solve dv̄/dε = X(v̄), v̄ = v at ε = 0?"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence

from mpmath import mp
from sympy import Add, DiracDelta, Expr, Integral, Pow, S, Symbol, asin, atan, cos, denom, exp, lambdify, sin, sqrt, tan

from liesym.base.typed import argument, replaced, substituted
from liesym.coefficients.field import Field
from liesym.coefficients.lattice import NeedsRefinement
from liesym.errors import TooLarge, Unsupported
from liesym.model.generators import VectorField

DIGITS = 60
SMALL = mp.mpf(10) ** -40
DRAWS = 12
POINTS = 3
LONGEST_EXPONENT = 150
"""Operations of an exponent that is multiplied out; products of long sums are not, and nothing interrupts it."""


def composed(expression: Expr, moved: dict[Symbol, Expr]) -> Expr:
    """The expression at the moved point.

    Circular functions of a sum with an inverse one are written algebraically.

    Raises:
        Unsupported: it holds an integral along a variable that moves.
    """
    if any(n.variables[0] in moved for n in expression.atoms(Integral)):
        raise Unsupported("an integral that is not evaluated has no value at a moved point")
    return tidied(replaced(expression, moved))


def tidied(expression: Expr) -> Expr:
    """Circular functions of inverse ones, and exponentials of logarithms, written out."""
    angles = [n for n in expression.atoms(sin, cos, tan) if n.has(atan, asin)]
    result = replaced(expression, {n: _circular(n) for n in angles})
    short = [n for n in result.atoms(exp) if argument(n).count_ops() <= LONGEST_EXPONENT]
    return replaced(result, {n: exp(argument(n).expand()) for n in short})


def _circular(node: Expr) -> Expr:
    """sin, cos or tan of θ + Σ m atan q + Σ ±asin p, by the addition theorem."""
    c, s, rest = S.One, S.Zero, S.Zero
    for term in Add.make_args(argument(node).expand(deep=False)):
        factor, inner = term.as_coeff_Mul()
        pair = None
        if factor.is_Integer and isinstance(inner, atan):
            pair = _multiple(inner.args[0], int(factor))
        elif factor in (1, -1) and isinstance(inner, asin):
            pair = sqrt(1 - argument(inner) ** 2), factor * argument(inner)
        if pair is None:
            rest += term
        else:
            c, s = c * pair[0] - s * pair[1], s * pair[0] + c * pair[1]
    c, s = c * cos(rest) - s * sin(rest), s * cos(rest) + c * sin(rest)
    return {cos: c, sin: s, tan: s / c}[node.func]


def _multiple(q: Expr, m: int) -> tuple[Expr, Expr]:
    """cos and sin of m atan q: real and imaginary part of (1 + iq)^m / (1 + q²)^(m/2)."""
    c, s = S.One, S.Zero
    for _ in range(abs(m)):
        c, s = c - q * s, s + q * c
    size = sqrt(1 + q**2) ** abs(m)
    return c / size, (s if m > 0 else -s) / size


def satisfies_flow(generator: VectorField, images: Sequence[Expr], epsilon: Symbol) -> bool:
    """Decided by exact substitution where the coefficient field can compose the functions, else with digits.

    The methods that make the images are exact constructions; digits guard against the wrong branch of a root.
    """
    defects = _defects(generator, images, epsilon)
    shifted = _shift_exponents(defects)
    for attempt in dict.fromkeys((tuple(defects), tuple(shifted))):
        try:
            field = Field.build(attempt, (epsilon, *generator.variables))
            if all(field(d).is_zero for d in attempt):
                return True
        except (TooLarge, Unsupported, NeedsRefinement, ZeroDivisionError):
            continue
    return satisfies_flow_numerically(generator, images, epsilon)


def _defects(generator: VectorField, images: Sequence[Expr], epsilon: Symbol) -> list[Expr]:
    variables = generator.variables
    moved = dict(zip(variables, images, strict=True))
    rates = [_rate(i, epsilon) - composed(c, moved) for i, c in zip(images, generator.components, strict=True)]
    return [*rates, *(i.subs(epsilon, 0) - v for i, v in zip(images, variables, strict=True))]


def _rate(image: Expr, epsilon: Symbol) -> Expr:
    """∂/∂ε off the places where a sign jumps, at which SymPy has a Dirac distribution."""
    rate = image.diff(epsilon)
    return replaced(rate, dict.fromkeys(rate.atoms(DiracDelta), S.Zero))


def _shift_exponents(expressions: Sequence[Expr]) -> list[Expr]:
    """n -> n - b where exponents have the denominator n + b.

    So that n/(n + b) = 1 - b/n splits into two kernels.
    """
    shifts: dict[Symbol, Expr] = {}
    for expression in expressions:
        for power in expression.atoms(Pow):
            bottom = denom(power.exp.together())
            for n in bottom.free_symbols:
                slope = bottom.diff(n)
                if isinstance(n, Symbol) and slope.is_Integer and n not in shifts:
                    shifts[n] = (n - bottom.subs(n, 0)) / slope
    return [substituted(e, shifts, at_once=True) for e in expressions]


def satisfies_flow_numerically(generator: VectorField, images: Sequence[Expr], epsilon: Symbol) -> bool:
    """The same to 40 digits at several of a dozen random points: a local flow.

    On the branch of these points.
    """
    moved = dict(zip(generator.variables, images, strict=True))
    rates = [_rate(i, epsilon) - c.xreplace(moved) for i, c in zip(images, generator.components, strict=True)]
    starts = [i - v for i, v in zip(images, generator.variables, strict=True)]
    symbols = sorted({s for e in (*rates, *starts) for s in e.free_symbols} - {epsilon}, key=str)
    compiled = [lambdify((*symbols, epsilon), list(e), "mpmath") for e in (rates, starts)]
    rng, passed = random.Random(0), 0
    with mp.workdps(DIGITS):
        for _ in range(DRAWS):
            point = [mp.mpf(rng.randint(30, 150)) / 101 for _ in symbols]
            values = _values(compiled[0], [*point, mp.mpf(rng.randint(1, 9)) / 211])
            at_start = _values(compiled[1], [*point, mp.mpf(0)])
            # Off the principal branch of an inverse function the formula need not hold: it is a local flow.
            if values is not None and at_start is not None:
                passed += all(abs(v) < SMALL for v in (*values, *at_start))
            if passed == POINTS:
                return True
    return False


def _values(function: Callable, arguments: list) -> list | None:
    """Real values, None if one of them is not a finite real number."""
    try:
        values = [mp.mpmathify(v) for v in function(*arguments)]
    except (TypeError, ValueError, ArithmeticError, NameError, NotImplementedError, mp.NoConvergence):
        return None
    if any(not mp.isfinite(v) or abs(mp.im(v)) > SMALL for v in values):
        return None
    return [mp.re(v) for v in values]
