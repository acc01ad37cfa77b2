"""Equations w'' = r w that Mathieu's functions solve: r = -(A + B cos(v x)), or an algebraic form of it.

    v t/2 = z            w_zz + (a - 2 q cos 2z) w = 0,      a = 4 A/v², q = -2 B/v²
    x = sin² t or x = cos t                              for exponents that differ by 1/2 at 0 and 1, or at 1 and -1

Nothing here is checked. Source: DLMF 28.2 and 28.4; Kamke 1977, C.2.22.
"""

from __future__ import annotations

from collections.abc import Iterator

from sympy import Dummy, Expr, Integer, Poly, Rational, S, Symbol, acos, asin, cos, sin, sqrt
from sympy.simplify.fu import TR8

from liesym.base.typed import argument, expr, replaced
from liesym.coefficients.waves import mathieuone, mathieutwo
from liesym.solving.ode.confluent import Side, Sides

LARGEST = 120
"""Operations of r."""


def mathieu_solutions(r: Expr, x: Symbol) -> Iterator[Sides]:
    """Pairs of solutions of w'' = r w.

    Arguments:
        r: of x.
        x: the variable.
    """
    if r.count_ops() > LARGEST:
        return
    if not r.is_rational_function(x):
        yield from _of_wave(r, x)
        return
    # W'' = (r x_t² - {x, t}/2) W as a rational function of c = cos v t
    c = Dummy("c", real=True)
    under = 1 - c**2
    ways = (
        ((1 - c) / 2, under, 2 - 6 / under, 2, asin(sqrt(x)), x * (1 - x)),
        (c, under, (1 - 3 / under) / 2, 1, acos(x), 1 - x**2),
    )
    for place, square, schwarzian, speed, t, front in ways:
        moved = expr((replaced(r, {x: place}) * square - schwarzian / 2).together().cancel())
        if moved.is_polynomial(c) and Poly(moved, c).degree() == 1:
            side = _side(expr(moved.coeff(c, 0)), expr(moved.coeff(c, 1)), Integer(speed), t)
            yield (side.times(front ** Rational(1, 4)),)


def _side(rest: Expr, front: Expr, speed: Expr, t: Expr) -> Side:
    """Of W'' = (rest + front cos v t) W."""
    a, q, z = expr(-4 * rest / speed**2), expr(2 * front / speed**2), speed * t / 2
    return Side(mathieuone(a, q, z), mathieutwo(a, q, z))


def _of_wave(r: Expr, x: Symbol) -> Iterator[Sides]:
    """Of r = rest + front cos v x, with squares of sines and cosines as cosines of the double argument."""
    shown = expr(TR8(r.expand()).expand())
    waves = {n for n in shown.atoms(cos, sin) if n.has(x)}
    if len(waves) != 1 or not isinstance(wave := waves.pop(), cos):
        return
    front, rest, speed = expr(shown.coeff(wave)), replaced(shown, {wave: S.Zero}), argument(wave).diff(x)
    if not any(e.has(x) for e in (rest, front, speed)) and argument(wave) == speed * x:
        yield (_side(rest, front, speed, x),)
