"""Structure constants with roots of parameters, made rational by a change of parameters."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from math import lcm

from sympy import Dummy, Expr, Poly, Pow, Rational, Symbol, cancel, sqrt

from liesym.algebra.core import StructureConstants

Back = tuple[tuple[Dummy, Expr], ...]


def rationalized(algebra: StructureConstants) -> tuple[StructureConstants, Back] | None:
    """The algebra with new positive parameters r for roots of parameters.

        s = r^q    for a parameter s with exponents in Z/q
        P = r²     for sqrt(P) with another P, by one parameter in it

    Returns:
        The algebra, and what each r stands for, to be put back in this order; None where there are no roots or no
        parameter occurs linearly in P.
    """
    constants, back = {(i, j, k): c for i, j, k, c in algebra.constants}, []
    for parameter, degree in _degrees(constants.values()).items():
        root = Dummy("r", positive=True)
        back.append((root, parameter ** Rational(1, degree)))
        constants = {k: cancel(c.subs(parameter, root**degree)) for k, c in constants.items()}
    while radicands := sorted({p.base for c in constants.values() for p in c.atoms(Pow) if _is_root(p)}, key=str):
        root = Dummy("r", positive=True)
        solved = next((s for s in (_solved(p, root) for p in radicands) if s is not None), None)
        if solved is None:
            return None
        radicand, parameter, value = solved
        back.append((root, sqrt(radicand)))
        constants = {k: cancel(c.subs(parameter, value)) for k, c in constants.items()}
    if not back:
        return None
    table = tuple((*key, c) for key, c in constants.items())
    return replace(algebra, constants=table, generators=()), tuple(reversed(back))


def _degrees(constants: Iterable[Expr]) -> dict[Symbol, int]:
    """The least common denominator of the exponents of each parameter that has broken ones."""
    found: dict[Symbol, int] = {}
    powers = {p for c in constants for p in c.atoms(Pow) if isinstance(p.base, Symbol) and p.exp.is_Rational}
    for p in sorted(powers, key=str):
        if not p.exp.is_Integer and not isinstance(p.base, Dummy):
            found[p.base] = lcm(found.get(p.base, 1), int(p.exp.q))
    return found


def _is_root(power: Pow) -> bool:
    return power.exp in (Rational(1, 2), Rational(-1, 2)) and bool(power.base.free_symbols)


def _solved(radicand: Expr, root: Dummy) -> tuple[Expr, Expr, Expr] | None:
    """(P, s, value) with P linear in the parameter s and P = root² at s = value."""
    for parameter in sorted(radicand.free_symbols, key=str):
        if radicand.is_polynomial(parameter) and not isinstance(parameter, Dummy):
            poly = Poly(radicand, parameter)
            if poly.degree() == 1:
                slope, rest = poly.all_coeffs()
                return radicand, parameter, (root**2 - rest) / slope
    return None
