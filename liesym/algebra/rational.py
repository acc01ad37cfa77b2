"""Structure constants with square roots of parameters, made rational by a change of parameters."""

from __future__ import annotations

from dataclasses import replace

from sympy import Dummy, Expr, Poly, Pow, Rational, cancel, sqrt

from liesym.algebra.core import StructureConstants

Back = tuple[tuple[Dummy, Expr], ...]


def rationalized(algebra: StructureConstants) -> tuple[StructureConstants, Back] | None:
    """The algebra with each root sqrt(P) a new positive parameter r, one parameter of P replaced by r² = P.

    Returns:
        The algebra, and what each r stands for, to be put back in this order; None where there are no roots or no
        parameter occurs linearly in P.
    """
    constants, back = {(i, j, k): c for i, j, k, c in algebra.constants}, []
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
