"""One equation solved for one name: linear or quadratic in it, in a power, in a logarithm of it, or with one square root."""

from __future__ import annotations

import random
from collections.abc import Mapping
from contextlib import suppress
from math import gcd
from typing import Any

import mpmath
from sympy import (
    Basic,
    Dummy,
    Expr,
    Integral,
    Mul,
    Pow,
    Rational,
    S,
    Symbol,
    acos,
    asin,
    asinh,
    atan,
    atanh,
    cos,
    exp,
    log,
    nan,
    oo,
    powsimp,
    sin,
    sinh,
    sqrt,
    tan,
    tanh,
    zoo,
)

from liesym.base.budget import surrounding
from liesym.base.factors import factored
from liesym.base.typed import argument, coefficients_in, expr, over_one_denominator, replaced, substituted
from liesym.certify.values import DIGITS, Evaluator, NoValue, RandomFunctions
from liesym.testing.values import NoValue as NoRealValue
from liesym.testing.values import value_at

PLACES, CLOSE = 12, 1e-20
MANY_DIGITS = 50
"""With which terms that cancel each other are evaluated, so that what is left of them is below CLOSE."""
INVERSES = {
    log: exp, atan: tan, asin: sin, asinh: sinh, atanh: tanh, tan: atan, sin: asin, cos: acos, sinh: asinh, tanh: atanh,
}  # fmt: skip


def solve_for(equation: Expr, unknown: Symbol, *, squaring: bool = False) -> list[Expr]:
    """Values of the unknown with equation = 0, found by elementary steps; empty if these do not suffice.

    Every value is a branch; the caller substitutes and checks.
    """
    found: list[Expr] = []
    numerator = over_one_denominator(equation)[0]
    for factor in Mul.make_args(factored(numerator)):
        base = factor.base if isinstance(factor, Pow) else factor
        if base.has(unknown) and base != unknown:
            found += (
                _polynomial_roots(base, unknown)
                or _by_kernel(base, unknown, squaring)
                or _by_power(base, unknown)
                or (_by_squaring(base, unknown) if squaring else [])
            )
    return found


def _polynomial_roots(equation: Expr, unknown: Symbol) -> list[Expr]:
    numerator = over_one_denominator(equation)[0].expand()
    if not numerator.is_polynomial(unknown) or numerator.has(oo, -oo, zoo, nan):  # tan(u) = i nowhere
        return []
    coefficients = coefficients_in(numerator, unknown)
    degree = len(coefficients) - 1
    powers = [degree - i for i, c in enumerate(coefficients) if c != 0]
    step = gcd(*powers) or 1
    reduced = [coefficients[degree - k * step] for k in range(degree // step, -1, -1)]
    if len(reduced) == 2:
        values = [-reduced[1] / reduced[0]]
    elif len(reduced) == 3:
        a, b, c = reduced
        root = sqrt(factored(b**2 - 4 * a * c))
        values = [(-b + root) / (2 * a), (-b - root) / (2 * a)]
    else:
        return []
    if step == 1:
        return values
    signs = (1, -1) if step % 2 == 0 else (1,)
    return [sign * value ** Rational(1, step) for value in values for sign in signs]


def _by_kernel(equation: Expr, unknown: Symbol, squaring: bool) -> list[Expr]:
    """The unknown inside one function only: solve for the function, then for its argument."""
    found = _by_tangent(equation, unknown)
    if found:
        return found
    kernels = [n for n in equation.atoms(*INVERSES, exp) if n.has(unknown)]
    for node in kernels:
        name = Dummy("kernel", real=True)
        rest = replaced(equation, {node: name})
        if rest.has(unknown):
            continue
        for value in _polynomial_roots(rest, name) or (_by_squaring(rest, name) if squaring else []):
            inner = argument(node) - (log(value) if isinstance(node, exp) else INVERSES[node.func](value))
            found += solve_for(inner, unknown, squaring=squaring)
        if found:
            return found
    return found


def _by_tangent(equation: Expr, unknown: Symbol) -> list[Expr]:
    """a sin z + b cos z: tan z = -b/a."""
    angles = {argument(n) for n in equation.atoms(sin, cos) if n.has(unknown)}
    if len(angles) != 1:
        return []
    (z,) = angles
    expanded = equation.expand()
    a, b = expr(expanded.coeff(sin(z))), expr(expanded.coeff(cos(z)))
    if a == 0 or b == 0 or a.has(unknown) or b.has(unknown) or (expanded - a * sin(z) - b * cos(z)).expand() != 0:
        return []
    return solve_for(z + atan(b / a), unknown)


def _by_power(equation: Expr, unknown: Symbol) -> list[Expr]:
    """c unknown^e + rest with any exponent e, the unknown positive."""
    rest, held = equation.expand().as_independent(unknown, as_Add=True)
    coefficient, power = powsimp(held, force=True).as_independent(unknown, as_Add=False)
    base, exponent = power.as_base_exp()
    if base != unknown or exponent.has(unknown) or rest == 0:
        return []
    return [(-rest / coefficient) ** (1 / exponent)]


def _by_squaring(equation: Expr, unknown: Symbol) -> list[Expr]:
    """a sqrt(P) + b = 0 with polynomials a, b, P: the roots of a² P - b² that solve the equation at some place."""
    joined = powsimp(equation.expand(), force=True)
    roots = {n for n in joined.atoms(Pow) if n.exp == S.Half and n.has(unknown)}
    if len(roots) != 1:
        return []
    (root,) = roots
    name = Dummy("root", real=True)
    parts = joined.xreplace({root: name}).as_poly(name)
    if parts is None or parts.degree() != 1:
        return []
    a, b = parts.all_coeffs()
    squared = (a**2 * root.base - b**2).expand()
    if not squared.is_polynomial(unknown):
        return []
    values = [v for f in Mul.make_args(factored(squared)) if f.has(unknown) for v in _polynomial_roots(f, unknown)]
    return [v for v in values if holds_somewhere(equation.subs(unknown, v))]


def holds_somewhere(value: Expr) -> bool:
    """True if the expression vanishes at one of some random real places: its roots are on the branch that is meant."""
    rng = random.Random(2)
    # an indefinite integral has no value at a place, and may have any: its constant is free
    plain = replaced(value, {n: Dummy(f"integral{k}", real=True) for k, n in enumerate(_indefinite(value))})
    symbols = sorted(plain.free_symbols, key=str)
    for _ in range(PLACES):
        numbers = {s: Rational(rng.randint(-30, 30), 31) for s in symbols}
        size = _size_at(plain, numbers)
        if size is not None and size < CLOSE:
            return True
    return False


def _size_at(value: Expr, place: Mapping[Basic, Rational]) -> Any:
    """The absolute value at a place, None where there is none.

    SymPy's own evaluation looks for digits in terms that cancel each other, which takes seconds where they are long and
    minutes where they hold hypergeometric functions; it is left for what has neither a complex nor a real value otherwise.
    """
    with mpmath.workdps(DIGITS):
        point = {s: mpmath.mpf(int(r.p)) / int(r.q) for s, r in place.items() if isinstance(s, Symbol)}
    with suppress(NoValue):
        return abs(Evaluator(point, RandomFunctions(2))(value))
    with suppress(NoRealValue), mpmath.workdps(MANY_DIGITS):
        return abs(value_at(value, {s: mpmath.mpf(int(r.p)) / int(r.q) for s, r in place.items()}))  # type: ignore[dict-item]
    surrounding().check("look at random places")
    size = substituted(value, place).evalf(30, chop=True, maxn=MANY_DIGITS)
    return abs(size) if size.is_number and size.is_finite else None


def _indefinite(value: Expr) -> list[Integral]:
    """The indefinite integrals in an expression, those that hold others first."""
    found = [n for n in value.atoms(Integral) if all(len(limit) == 1 for limit in n.limits)]
    return sorted(found, key=lambda n: (-n.count_ops(), str(n)))
