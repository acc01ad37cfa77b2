"""Exponentials of constant matrices in real form."""

from __future__ import annotations

import math
from typing import Any

from sympy import Abs, Dummy, Expr, Matrix, Poly, S, Symbol, cos, exp, eye, sin, sqrt, zeros
from sympy.matrices.exceptions import NonInvertibleMatrixError
from sympy.polys.constructor import construct_domain
from sympy.polys.matrices import DomainMatrix

from liesym.algebra.action import tidy
from liesym.algebra.signs import Signs, Undecided

X = Dummy("lambda")


def matrix_exponential(m: Matrix, epsilon: Symbol, largest: float = math.inf) -> Matrix | None:
    """exp(εM) for a constant matrix, by the roots of its characteristic polynomial.

        exp(εM) = Σ_b f_b(ε) C_b with f_b = ε^j e^{λε}, ε^j e^{pε} cos qε, ε^j e^{pε} sin qε,

    where the C_b follow from Σ_b f_b^(j)(0) C_b = M^j for j < n (Cayley and Hamilton).

    Arguments:
        largest: operations in all f_b of three or more from which on it is left alone.

    Returns:
        None if a factor of degree above 2 does not split, or roots that are equal were not seen to be.
    """
    n = m.shape[0]
    functions = _modes(m, epsilon)
    if functions is None or (n > 2 and sum(f.count_ops() for f in functions) > largest):
        return None
    initial = zeros(n, n)
    for b, f in enumerate(functions):
        for j in range(n):
            initial[j, b] = f.subs(epsilon, 0)
            f = f.diff(epsilon)
    try:
        inverse = initial.inv()
    except NonInvertibleMatrixError:  # roots written differently that are equal: the modes are not independent
        return None
    powers = [eye(n)]
    for _ in range(n - 1):
        powers.append(powers[-1] * m)
    total = zeros(n, n)
    for b, f in enumerate(functions):
        weight = zeros(n, n)
        for j in range(n):
            weight += powers[j] * inverse[b, j]
        total += weight.applyfunc(lambda e, f=f: tidy(e) * f)
    return total


def _modes(m: Matrix, epsilon: Symbol) -> list[Expr] | None:
    """The n real functions that span the entries of exp(εM)."""
    entries: Any = list(m.flat())
    domain = construct_domain(entries, field=True, extension=True)[0]
    coefficients: Any = DomainMatrix.from_Matrix(m).convert_to(domain).charpoly()
    characteristic = Poly([domain.to_sympy(c) for c in coefficients], X, domain=domain)
    found: list[Expr] = []
    factors: Any = characteristic.factor_list()
    for factor, power in factors[1]:
        factor = factor.monic()
        if factor.degree() == 1:
            shapes = [exp(-factor.TC() * epsilon) if factor.TC() != 0 else S.One]
        elif factor.degree() == 2:
            shapes = _pair(factor, epsilon)
        else:
            return None
        found += [epsilon**j * shape for j in range(power) for shape in shapes]
    return found


def _pair(factor: Poly, epsilon: Symbol) -> list[Expr]:
    """x^2 + bx + c: e^{pε} cos qε and e^{pε} sin qε, or two exponentials."""
    _, b, c = factor.all_coeffs()
    middle, discriminant = -b / 2, b**2 / 4 - c
    try:
        oscillates = Signs().sign(discriminant) < 0
    except Undecided:
        oscillates = False
    if oscillates:
        q = sqrt(-discriminant).replace(Abs, lambda value: value)  # both signs give the same pair
        return [exp(middle * epsilon) * cos(q * epsilon), exp(middle * epsilon) * sin(q * epsilon)]
    q = sqrt(discriminant)
    return [exp((middle + q) * epsilon), exp((middle - q) * epsilon)]
