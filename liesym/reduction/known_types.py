"""Equations that have a name and, in general, no solution by quadratures: Abel's of both kinds and Painlevé's six.

    Abel, first kind     y' = f_3 y³ + f_2 y² + f_1 y + f_0
    Abel, second kind    (g_1 y + g_0) y' = f_3 y³ + f_2 y² + f_1 y + f_0;  also for the invariants of a symmetry of order 2
    Painlevé, I to V     y'' = g(y) y'² + l(x) y' + h(x, y), by g, l and the coefficients of h in y
    Painlevé, VI         the same with g = (1/y + 1/(y-1) + 1/(y-x))/2

up to a shift and a scaling of x and of y for I, II and IV. An equation is named only where none of its solutions was found.
Source: Ince 1956, section 14.4; Kamke 1977, A.4.10 and A.4.11; DLMF 32.2.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress

from sympy import Expr, Poly, Rational, S, Symbol, cancel, fraction, linsolve, together
from sympy.polys.polyerrors import PolynomialError

from liesym.base.jets import jet_symbol
from liesym.base.typed import expr, replaced
from liesym.coefficients.field import FAILURES
from liesym.model.system import ODESystem
from liesym.reduction.order import reduce_order, short_first
from liesym.symmetries.generator import Generator

LARGEST = 400
"""Operations of a right side that is looked at."""
ORDINALS = ("first", "second", "third", "fourth", "fifth", "sixth")


def named_type(system: ODESystem, generators: Sequence[Generator] = ()) -> str | None:
    """What the equation, or one that it is reduced to, is called; None if it has no name here.

    Arguments:
        system: one equation.
        generators: its symmetries, of order 2: what each short one leaves is looked at.
    """
    (x, y), rate = system.variables, system.rhs[0]
    if rate.count_ops() > LARGEST:
        return None
    if system.order == 1:
        kind = _abel_kind(rate, y)
        return None if kind is None else f"this is Abel's equation of the {kind} kind"
    if system.order != 2:
        return None
    number = _painleve(rate, x, y)
    if number is not None:
        return f"this is Painlevé's {ORDINALS[number - 1]} equation up to scale: its solutions are functions of their own"
    for generator in short_first(generators):
        with suppress(*FAILURES):
            reduced = reduce_order(system, generator).reduced
            kind = _abel_kind(reduced.rhs[0], reduced.unknowns[0])
            if kind is not None:
                return f"the symmetry {generator} reduces this to Abel's equation of the {kind} kind"
    return None


def _abel_kind(rate: Expr, y: Symbol) -> str | None:
    """Of a right side that is a cubic in y, or one over a factor of degree 1."""
    try:
        top, bottom = (Poly(e, y) for e in fraction(together(rate)))
    except PolynomialError:
        return None
    if any(c.has(y) for p in (top, bottom) for c in p.all_coeffs()):
        return None
    if bottom.degree() == 0 and top.degree() == 3:
        return "first"
    return "second" if bottom.degree() == 1 and top.degree() <= 3 else None


# -- Painlevé ------------------------------------------------------------------------------------------


def _painleve(rate: Expr, x: Symbol, y: Symbol) -> int | None:
    """The number of the equation."""
    try:
        parts = Poly(rate, jet_symbol(y, 1))
    except PolynomialError:
        return None
    if parts.degree() > 2:
        return None
    g, l, h = (expr(cancel(parts.coeff_monomial(jet_symbol(y, 1) ** k))) for k in (2, 1, 0))
    tests: tuple[tuple[int, Callable[[Expr, Expr, Expr, Symbol, Symbol], bool]], ...] = (
        (1, _is_first), (2, _is_second), (3, _is_third), (4, _is_fourth), (5, _is_fifth), (6, _is_sixth),
    )  # fmt: skip
    return next((number for number, test in tests if test(g, l, h, x, y)), None)


def _powers(h: Expr, x: Symbol, y: Symbol, below: int = 0) -> dict[int, Expr] | None:
    """{k: coefficient of y^k} of h, k from -below on; None if h is no such sum with polynomials in x as coefficients."""
    try:
        poly = Poly(cancel(h * y**below), y)
    except PolynomialError:
        return None
    found = {k - below: expr(c) for (k,), c in poly.terms()}
    return found if all(not c.has(y) for c in found.values()) else None


def _is_constant(*values: Expr, x: Symbol) -> bool:
    return not any(v.has(x) for v in values)


def _is_first(g: Expr, l: Expr, h: Expr, x: Symbol, y: Symbol) -> bool:
    """y'' = a y² + b y + c + d x."""
    powers = _powers(h, x, y)
    if g != 0 or l != 0 or powers is None or max(powers, default=0) != 2:
        return False
    a, b, c = (powers.get(k, S.Zero) for k in (2, 1, 0))
    return _is_constant(a, b, x=x) and _degree(c, x) == 1


def _is_second(g: Expr, l: Expr, h: Expr, x: Symbol, y: Symbol) -> bool:
    """y'' = a y³ + (b + c x) y + d, after a shift of y."""
    powers = _powers(h, x, y)
    if g != 0 or l != 0 or powers is None or max(powers, default=0) != 3 or powers[3].has(x):
        return False
    shift = powers.get(2, S.Zero) / (3 * powers[3])
    moved = None if shift.has(x) else _powers(replaced(h, {y: y - shift}), x, y)
    return moved is not None and _degree(moved.get(1, S.Zero), x) == 1 and not moved.get(0, S.Zero).has(x)


def _is_third(g: Expr, l: Expr, h: Expr, x: Symbol, y: Symbol) -> bool:
    """y'' = y'²/y - y'/x + (α y² + β)/x + γ y³ + δ/y."""
    powers = _powers(h, x, y, 1)
    if cancel(g * y) != 1 or cancel(l * x) != -1 or powers is None or not set(powers) <= {3, 2, 0, -1}:
        return False
    over = [cancel(powers.get(k, S.Zero) * x) for k in (2, 0)]
    return _is_constant(*(powers.get(k, S.Zero) for k in (3, -1)), *over, x=x) and bool(powers)


def _is_fourth(g: Expr, l: Expr, h: Expr, x: Symbol, y: Symbol) -> bool:
    """y'' = y'²/(2y) + 3/2 y³ + 4 x y² + 2 (x² - α) y + β/y, scaled and with x shifted."""
    powers = _powers(h, x, y, 1)
    if cancel(2 * g * y) != 1 or l != 0 or powers is None or not set(powers) <= {3, 2, 1, -1}:
        return False
    a, p, r, b = (powers.get(k, S.Zero) for k in (3, 2, 1, -1))
    if a == 0 or not _is_constant(a, b, x=x) or _degree(p, x) != 1:
        return False
    return _is_constant(cancel(r - Rational(3, 16) * p**2 / a), x=x)


def _is_fifth(g: Expr, l: Expr, h: Expr, x: Symbol, y: Symbol) -> bool:
    """y'' = (1/(2y) + 1/(y-1)) y'² - y'/x + (y-1)² (α y + β/y)/x² + γ y/x + δ y (y+1)/(y-1)."""
    if cancel(g - 1 / (2 * y) - 1 / (y - 1)) != 0 or cancel(l * x) != -1:
        return False
    base = [(y - 1) ** 2 * y / x**2, (y - 1) ** 2 / (y * x**2), y / x, y * (y + 1) / (y - 1)]
    return _is_spanned(h, base, x, y)


def _is_sixth(g: Expr, l: Expr, h: Expr, x: Symbol, y: Symbol) -> bool:
    """PVI as it stands."""
    if cancel(2 * g - 1 / y - 1 / (y - 1) - 1 / (y - x)) != 0:
        return False
    if cancel(l + 1 / x + 1 / (x - 1) + 1 / (y - x)) != 0:
        return False
    front = y * (y - 1) * (y - x) / (x**2 * (x - 1) ** 2)
    base = [front, front * x / y**2, front * (x - 1) / (y - 1) ** 2, front * x * (x - 1) / (y - x) ** 2]
    return _is_spanned(h, base, x, y)


def _is_spanned(h: Expr, base: list[Expr], x: Symbol, y: Symbol) -> bool:
    """True if h is a combination of the base with coefficients free of x and y."""
    names = [Symbol(f"c{k}", real=True) for k in range(len(base))]
    defect = h - sum((c * e for c, e in zip(names, base, strict=True)), start=S.Zero)
    try:
        equations = Poly(fraction(together(defect))[0], x, y).coeffs()
    except PolynomialError:
        return False
    return bool(linsolve(equations, *names))


def _degree(value: Expr, x: Symbol) -> int:
    """In x; -1 if it is no polynomial."""
    try:
        return int(Poly(value, x).degree()) if value != 0 else 0
    except PolynomialError:
        return -1
