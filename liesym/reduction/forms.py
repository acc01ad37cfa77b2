"""Families of solutions in the form in which a person writes them, and their real form for the other sign of a constant.

Nothing here is checked: a family written so is substituted by whoever asks for it.
Source: DLMF, chapter 4 (4.28, 4.37.24 to 4.37.26).
"""

from __future__ import annotations

from collections.abc import Sequence

from sympy import Add, Expr, I, Mul, Pow, S, Symbol, cosh, exp, log, sign, sinh, sqrt, tanh

from liesym.base.budget import surrounding
from liesym.base.factors import factored
from liesym.base.typed import argument, expr, powers_in, replaced
from liesym.coefficients.joined import joined
from liesym.reduction.constants import absorbed

LARGEST = 200
"""Operations under a root from which on it is not factored."""


def without_signs(value: Expr) -> Expr:
    """One sign for both, where y = value stands beside y = -value: a sqrt(b) for sqrt(a² b), and 1 for sign(u)."""
    plain = replaced(value, dict.fromkeys(value.atoms(sign), S.One))
    return replaced(plain, {n: _out_of_root(n) for n in powers_in(plain) if n.exp in (S.Half, -S.Half)})


def _out_of_root(root: Pow) -> Expr:
    surrounding().check("writing of a root")
    if root.base.count_ops() > LARGEST:
        return root
    outside, inside = S.One, S.One
    for factor in Mul.make_args(factored(root.base)):
        base, power = factor.as_base_exp()
        whole = power / 2 if power.is_Integer and power.is_even else S.Zero
        outside *= base**whole
        inside *= S.One if whole else factor
    top, bottom = inside.as_numer_denom()
    power = -root.exp if top.is_number else root.exp
    inside = bottom / top if top.is_number else inside
    return expr(outside ** (2 * root.exp) * inside.expand() ** power)


def turned(value: Expr, x: Symbol) -> tuple[Expr, ...]:
    """The family for the other sign of what is under a root of constants: sqrt(q) = i sqrt(-q) inserted, if that is real.

    tan(i u) = i tanh u; with a constant moved by i π/2 it is i coth u.
    """
    roots = {n for n in powers_in(value) if n.exp in (S.Half, -S.Half) and n.base.free_symbols and not n.base.has(x)}
    bases = {n.base for n in roots}
    if len(bases) != 1:
        return ()
    (base,) = bases
    inserted = replaced(value, {n: (I * sqrt(-base)) ** (2 * n.exp) for n in roots})
    real = inserted if not inserted.has(I) else expr(inserted.expand())
    if real.has(I):
        return ()
    return tuple(dict.fromkeys((real, replaced(real, {n: 1 / n for n in real.atoms(tanh)}))))


def shortened(value: Expr) -> Expr:
    """Exponentials and roots joined, -log u for log(1/u), cosh and sinh for their two exponentials: what is shortest."""
    short = joined(value)
    logs = {n: -log(1 / argument(n)) for n in short.atoms(log) if argument(n).as_base_exp()[1] == -1}
    plain = replaced(short, logs)
    return min((plain, _hyperbolic(plain), short, value, value.expand()), key=lambda e: e.count_ops())


def written(value: Expr, constants: Sequence[Symbol], x: Symbol) -> Expr:
    """The family y = value as it is printed, up to what its constants are called."""
    short = shortened(absorbed(value, constants, x))
    return completed(absorbed(short, constants, x), x)


def completed(value: Expr, x: Symbol) -> Expr:
    """A polynomial of degree 2 in x, also under a root, with its square completed, a (x + h)² + k, where that is shorter."""
    inside = {n: Pow(_square_completed(expr(n.base), x), n.exp) for n in powers_in(value) if n.exp in (S.Half, -S.Half)}
    return min((value, replaced(value, inside), _square_completed(value, x)), key=lambda e: e.count_ops())


def _square_completed(inside: Expr, x: Symbol) -> Expr:
    poly = inside.as_poly(x)
    if poly is None or poly.degree() != 2:
        return inside
    a, b, c = map(expr, poly.all_coeffs())
    return expr(a.cancel()) * (x + expr((b / (2 * a)).cancel())) ** 2 + expr((c - b**2 / (4 * a)).cancel())


def _hyperbolic(value: Expr) -> Expr:
    """2 a cosh(u) for a e^u + a e^-u, and 2 a sinh(u) for a e^u - a e^-u."""
    fronts: dict[Expr, Expr] = {}
    for term in Add.make_args(joined(value.expand())):
        exponent, front = _parts(term)
        fronts[exponent] = fronts.get(exponent, S.Zero) + front
    for exponent, front in fronts.items():
        back = fronts.get(expr((-exponent).expand()))
        if exponent == 0 or back is None or back not in (front, -front):
            continue
        rest = Add(*(f * exp(u) for u, f in fronts.items() if (u + exponent).expand() != 0 and u != exponent))
        return rest + 2 * front * (cosh(exponent) if back == front else sinh(exponent))
    return value


def _parts(term: Expr) -> tuple[Expr, Expr]:
    """(u, a) of a e^u."""
    held = [f for f in Mul.make_args(term) if isinstance(f, exp)]
    exponent = expr(Add(*(f.args[0] for f in held)).expand())
    return exponent, Mul(*(f for f in Mul.make_args(term) if f not in held))
