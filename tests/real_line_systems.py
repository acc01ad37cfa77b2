"""Equations whose right sides are not analytic on the whole real line, drawn at random, kind by kind.

What is written is text of the grammar with functions of one argument and whole numbers, so that a test can evaluate it by
itself (`true_at_points.value_of_text`).
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence

from sympy import Symbol, expand, sympify

Source = random.Random


def _linear(source: Source, names: Sequence[str]) -> str:
    """A sum of two or three terms with small whole factors."""
    chosen = source.sample(list(names), min(len(names), source.choice((1, 2, 2))))
    terms = [f"{source.choice((1, 1, 2, -1, 3))}*{name}" for name in chosen]
    shift = source.choice((0, 1, -1, 2))
    return _written("+".join([*terms, f"({shift})"]))


def _written(text: str) -> str:
    """Expanded, in the grammar."""
    names = {n: Symbol(n) for n in ("t", "x", "y", "a", "dy")}
    code = text.replace("y'", "dy").replace("^", "**")
    return str(expand(sympify(code, locals=names))).replace("**", "^").replace("dy", "y'")


def _square(source: Source, names: Sequence[str]) -> tuple[str, str]:
    """(the square of a sum, expanded; the sum)."""
    inner = _linear(source, names)
    return _written(f"({inner})^2"), inner


def squares(source: Source, names: Sequence[str]) -> str:
    """Roots of perfect squares that are sums: of polynomials, of circular and of hyperbolic functions."""
    square, inner = _square(source, names)
    angle = source.choice([n for n in names if n != "a"])
    return source.choice(
        (
            f"sqrt({square})",
            f"sqrt({square})/({inner})",
            f"({source.choice(('t', 'y'))})*sqrt({square})",
            f"sqrt(1-sin({angle})^2)",
            f"sqrt(1-cos({angle})^2)*y",
            f"sqrt(cosh({angle})^2-1)",
            f"sqrt(1+tan({angle})^2)",
            f"sqrt(1-2*sin({angle})*cos({angle}))",
            f"sqrt(exp(2*{angle})-2*exp({angle})+1)",
        )
    )


def absolute_values(source: Source, names: Sequence[str]) -> str:
    """Powers and logarithms of absolute values."""
    inner = source.choice([*names, _linear(source, names)])
    exponent = source.choice(("a", "1/2", "3/2", "1/3", "5/2", "-1/2", "2/3", "3"))
    return source.choice(
        (
            f"abs({inner})^({exponent})",
            f"({inner})*abs({inner})^({exponent})",
            f"log(abs({inner}))",
            f"y*log(abs({inner}))",
            f"sign({inner})*abs({inner})^({exponent})",
            f"abs({inner})",
            f"y/abs({inner})",
        )
    )


def products(source: Source, names: Sequence[str]) -> str:
    """Products and quotients of roots."""
    one, other = _linear(source, names), _linear(source, names)
    z, w = source.choice(list(names)), source.choice(list(names))
    return source.choice(
        (
            f"sqrt({one})*sqrt({other})",
            f"sqrt(({one})*({other}))",
            f"sqrt(({one})/({other}))",
            f"sqrt((1-{z}^2)/(1-{w}^2))",
            f"sqrt(abs({one})*abs({other}))",
            f"sqrt({z}^2-1)",
            f"sqrt({z})*sqrt(-{z}+1)",
            f"sqrt(1+{z}^2)/{w}",
        )
    )


def inverses(source: Source, names: Sequence[str]) -> str:
    """Inverse functions, alone and of what they invert."""
    inner = source.choice([*names, _linear(source, names)])
    pair = source.choice(
        (("asin", "sin"), ("acos", "cos"), ("atan", "tan"), ("acosh", "cosh"), ("asinh", "sinh"), ("asin", "cos"))
    )
    return source.choice(
        (
            f"{pair[0]}({pair[1]}({inner}))",
            f"acot({inner})",
            f"acot({inner})+atan({inner})",
            f"acot({inner})+atan({inner})-pi/2",
            f"acoth({inner})",
            f"atanh({inner})",
            f"asec({inner})",
            f"acsc({inner})+asec({inner})",
            f"y*acot({inner})",
            f"atan(1/({inner}))-acot({inner})",
            f"asin({inner})+acos({inner})",
        )
    )


def fractional_powers(source: Source, names: Sequence[str]) -> str:
    """Powers whose exponents are fractions, of squares too."""
    square, inner = _square(source, names)
    exponent = source.choice(("1/2", "3/2", "1/3", "2/3", "-1/2", "5/3", "1/4", "3/4"))
    z = source.choice(list(names))
    return source.choice(
        (
            f"({inner})^({exponent})",
            f"({square})^({exponent})",
            f"({z}^2-1)^({exponent})",
            f"({z}^2)^({exponent})",
            f"({z}^3)^({exponent})",
            f"(({z}^2)^(1/2)+1)^({exponent})",
            f"{z}^2*({inner})^({exponent})",
            f"({z}^4)^(1/4)*({inner})^({exponent})",
        )
    )


KINDS: dict[str, Callable[[Source, Sequence[str]], str]] = {
    "roots of squares": squares,
    "absolute values": absolute_values,
    "products of roots": products,
    "inverse functions": inverses,
    "fractional powers": fractional_powers,
}


def drawn(kind: str, number: int) -> tuple[str, ...]:
    """The right sides of the system with this number: of order 1 or 2 in y, or of two equations in x and y.

    With one equation the names are t, y, y' and the parameter a; with two they are x and y.
    """
    source = random.Random(f"{kind} {number}")
    write = KINDS[kind]
    shape = number % 6
    if shape == 5:
        return write(source, ("x", "y")), source.choice((write(source, ("x", "y")), "x", "-y"))
    names = ("y", "t", "a") if shape in (0, 3) else ("y", "y'", "a") if shape == 4 else ("y", "y'", "t")
    if source.random() < 0.5:
        names = tuple(n for n in names if n != "t")
    body = write(source, names)
    return (body if source.random() < 0.6 else f"{source.choice(('y', '-1', '2'))}*({body})",)


def equations(kind: str, number: int) -> tuple[str, tuple[str, ...], int]:
    """(the text of the system, its right sides, its order)."""
    rates = drawn(kind, number)
    order = 1 if number % 6 in (0, 3) else 2
    primes = "'" * order
    unknowns = ("x", "y")[-len(rates) :]
    return "; ".join(f"{x}{primes} = {f}" for x, f in zip(unknowns, rates, strict=True)), rates, order
