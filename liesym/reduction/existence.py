"""The interval around a place on which a solution and its equation are regular.

Its ends are the nearest zeros of what is divided by or stands under a root or in a logarithm, in the solution and in the
right side with the solution inserted. Of polynomials in x, in e^(ax), in log x, and of A + B cos u + C sin u with u linear
in x, all real zeros are known; where something else may vanish, the end is not told. Source: Hartman 1964, chapter II.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from sympy import (
    Abs,
    Add,
    Dummy,
    Expr,
    Integral,
    Mul,
    Poly,
    Pow,
    S,
    Symbol,
    acos,
    acosh,
    airyai,
    airyaiprime,
    airybi,
    airybiprime,
    asin,
    atan,
    atanh,
    ceiling,
    cos,
    cosh,
    cot,
    csc,
    erf,
    erfc,
    erfi,
    exp,
    floor,
    fresnelc,
    fresnels,
    log,
    oo,
    pi,
    sec,
    sign,
    sin,
    sinh,
    sqrt,
    tan,
    tanh,
)  # fmt: skip
from sympy.polys.polyerrors import PolynomialError

from liesym.base.factors import factored
from liesym.base.jets import jet_symbol, partial_derivative
from liesym.base.typed import argument, expr, replaced
from liesym.model.system import ODESystem

Zeros = list[Expr]
POLES = {tan: cos, sec: cos, cot: sin, csc: sin}
REGULAR = (
    exp,
    sin,
    cos,
    sinh,
    cosh,
    tanh,
    atan,
    airyai,
    airybi,
    airyaiprime,
    airybiprime,
    erf,
    erfc,
    erfi,
    fresnels,
    fresnelc,
)
"""Functions without singular points on the real line."""
CLOSE = 1e-9
"""Of what vanishes at a singular place, at a number that is given."""


@dataclass(frozen=True, slots=True)
class Interval:
    """From `lower` to `upper`, both open; None where an end is not known, an infinity where there is none."""

    lower: Expr | None
    upper: Expr | None


def interval_of(system: ODESystem, values: Sequence[Expr], place: Expr) -> Interval:
    """Where the solution through a place is regular, and the right sides along it.

    Arguments:
        system: the equations.
        values: of the unknowns, without constants; parameters leave the ends unknown.
        place: of the independent variable, where all is regular.
    """
    rule: dict[Symbol, Expr] = {}
    for name, order, value in zip(system.unknowns, system.orders, values, strict=True):
        for k in range(order):
            rule[jet_symbol(name, k)] = value
            value = partial_derivative(value, system.independent)
    return _around([*values, *(replaced(f, rule) for f in system.rhs)], system.independent, place)


def is_regular_between(system: ODESystem, places: Sequence[Expr]) -> bool:
    """True if the coefficients of a linear system are proven to be regular on an interval that holds all the places."""
    jets = dict.fromkeys((*system.unknowns, *system.jet_coordinates), S.Zero)
    parts = [e for f in system.rhs for e in (replaced(f, jets), *(f.diff(s) for s in jets))]
    if any(p.free_symbols for p in places) or any(p.has(*jets) for p in parts):
        return False
    x, (first, *others) = system.independent, sorted(dict.fromkeys(places), key=_number)
    critical = [g for e in parts for g in _critical(e, x)]
    if any(g.free_symbols - {x} or abs(_number(expr(g.subs(x, p)))) < CLOSE for g in critical for p in places):
        return False
    found = _around(parts, x, first)
    if found.lower is None or found.upper is None:
        return False
    return all(_number(p) < _number(found.upper) for p in others)


def _around(values: Sequence[Expr], x: Symbol, place: Expr) -> Interval:
    """The largest interval around a place on which expressions of x are regular."""
    seen = dict.fromkeys(g for e in values for g in _critical(e, x))
    lower: Expr | None = -oo
    upper: Expr | None = oo
    for g in seen:
        zeros = _zeros(g, x, place) if not g.free_symbols - {x} and not place.free_symbols else None
        if zeros is None:
            return Interval(None, None)
        below, above = [z for z in zeros if z.evalf() < place.evalf()], [z for z in zeros if z.evalf() > place.evalf()]
        lower, upper = max((lower, *below), key=_number), min((upper, *above), key=_number)
    return Interval(lower, upper)


def _number(value: Expr) -> float:
    return float(value.evalf())


def _critical(value: Expr, x: Symbol) -> Iterator[Expr]:
    """What is divided by, stands under a root, in a logarithm, or makes a function singular where it vanishes."""
    if not value.has(x):
        return
    if isinstance(value, Pow) and value.base.has(x) and value.base is not S.Exp1:
        if not (value.exp.is_Integer and value.exp.is_positive):
            yield value.base
    elif type(value) in POLES:
        yield expr(POLES[type(value)](argument(value)))
    elif isinstance(value, (log, sign, Abs)):
        yield argument(value)
    elif isinstance(value, (asin, acos, atanh, acosh)):
        yield 1 - argument(value) ** 2
    elif isinstance(value, Integral):
        variable, *_ = value.limits[0]
        yield from _critical(replaced(value.function, {variable: x}), x)
        return
    elif not isinstance(value, (Add, Mul, Pow, *REGULAR, Symbol)):
        yield from (a for a in map(expr, value.args[-1:]) if a.has(x))
        yield from (1 - a for a in map(expr, value.args[-1:]) if a.has(x))
    for inner in value.args:
        if isinstance(inner, Expr):
            yield from _critical(inner, x)


def _zeros(g: Expr, x: Symbol, place: Expr) -> Zeros | None:
    """The real zeros of g, of periodic ones those nearest to the place; None if they are not all known."""
    found: Zeros = []
    plain = replaced(g, {n: argument(n) for n in g.atoms(Abs)}) if isinstance(g, Abs) else g
    for factor in Mul.make_args(factored(plain.together().as_numer_denom()[0])):
        base = factor.as_base_exp()[0] if factor.as_base_exp()[1].is_Rational else factor
        if not base.has(x) or base.is_positive or base.is_negative or isinstance(base, exp):
            continue
        zeros = _of_polynomial(base, x)
        for method in (_of_exponentials, _of_logarithm, _of_waves):
            zeros = method(base, x, place) if zeros is None else zeros
        if zeros is None:
            return None
        found += zeros
    return found


def _of_polynomial(g: Expr, x: Symbol) -> Zeros | None:
    try:
        poly = Poly(g, x)
    except PolynomialError:
        return None
    if poly.degree() == 1:
        return [expr(-poly.nth(0) / poly.nth(1))]
    if poly.degree() == 2:
        a, b, c = map(expr, poly.all_coeffs())
        under = b**2 - 4 * a * c
        return [(-b + s * sqrt(under)) / (2 * a) for s in (1, -1)] if under.evalf() >= 0 else []
    return [expr(r) for r in poly.nroots(n=20) if r.is_real]


def _of_exponentials(g: Expr, x: Symbol, place: Expr) -> Zeros | None:
    """A polynomial in e^(ax): x = log(r)/a for its positive roots."""
    rates = {expr(n.args[0].coeff(x)) for n in g.expand().atoms(exp)}
    if not rates or any(r == 0 for r in rates) or any(argument(n).diff(x).has(x) for n in g.atoms(exp)):
        return None
    unit = min((abs(r) for r in rates), key=_number)
    if not all((r / unit).is_Integer for r in rates):
        return None
    e = Dummy("e", positive=True)
    inside = replaced(
        g.expand(), {n: exp(argument(n).subs(x, 0)) * e ** (argument(n).coeff(x) / unit) for n in g.expand().atoms(exp)}
    )
    roots = _of_polynomial(inside.together().as_numer_denom()[0], e) if not inside.has(x) else None
    return None if roots is None else [log(r) / unit for r in roots if r.evalf() > 0]


def _of_logarithm(g: Expr, x: Symbol, place: Expr) -> Zeros | None:
    """A polynomial in log|x|: x = ±e^r, on the side of the place."""
    level = Dummy("level", real=True)
    inside = replaced(g, dict.fromkeys((log(x), log(Abs(x)), log(-x)), level))
    roots = _of_polynomial(inside, level) if not inside.has(x) else None
    return None if roots is None else [sign(place) * exp(r) for r in roots]


def _of_waves(g: Expr, x: Symbol, place: Expr) -> Zeros | None:
    """A + B cos u + C sin u = A + R cos(u - φ), or tan u + c, with u linear: the nearest on both sides."""
    inside = {argument(n) for n in g.atoms(sin, cos, tan)}
    if len(inside) != 1 or not (u := inside.pop()).is_polynomial(x) or u.diff(x).has(x) or u.diff(x) == 0:
        return None
    c, s, t = (Dummy(name, real=True) for name in "cst")
    poly = replaced(g.expand(), {cos(u): c, sin(u): s, tan(u): t})
    if poly.has(x) or not poly.is_polynomial(c, s, t) or Poly(poly, c, s, t).total_degree() != 1:
        return None
    parts = [expr(poly.coeff(v)) for v in (c, s, t)]
    rest = expr(poly.subs({c: 0, s: 0, t: 0}))
    if parts[2] != 0:
        return None if parts[0] != 0 or parts[1] != 0 else _repeated([atan(-rest / parts[2])], pi, u, x, place)
    size = sqrt(parts[0] ** 2 + parts[1] ** 2)
    if abs(rest.evalf()) > size.evalf():
        return []
    turn = acos(parts[0] / size) * (1 if parts[1].evalf() >= 0 else -1)
    half = acos(-rest / size)
    return _repeated([turn + half, turn - half], 2 * pi, u, x, place)


def _repeated(starts: Sequence[Expr], period: Expr, u: Expr, x: Symbol, place: Expr) -> Zeros:
    """x with u = start + k period, next to the place on both sides."""
    slope, at = expr(u.diff(x)), expr(u.subs(x, place))
    found = []
    for start in starts:
        turns = ((at - start) / period).evalf(30)
        for k in {int(floor(turns)), int(ceiling(turns))}:
            found.append(expr((start + k * period - u.subs(x, 0)) / slope))
    return found
