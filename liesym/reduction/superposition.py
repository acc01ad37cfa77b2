"""General solutions of linear equations by superposition, from the symmetries φ(t) ∂_y and (y - y_0(t)) ∂_y.

    y = y_0 + Σ C_k φ_k

Source: Olver 1993, section 2.4; Ince 1956, section 5.23 (variation of parameters).
"""

from __future__ import annotations

from collections.abc import Sequence

from sympy import Expr, Integral, Matrix, Poly, S, cancel, powsimp, trigsimp
from sympy.polys.polyerrors import PolynomialError

from liesym.base.jets import jet_symbol
from liesym.base.typed import expr
from liesym.determine.verify import is_first_integral
from liesym.model.system import ODESystem
from liesym.reduction.quadrature import antiderivative
from liesym.symmetries.generator import Generator


def is_linear(system: ODESystem) -> bool:
    """True for one equation whose right side is of degree 1 in y and its derivatives, coefficients depending on t."""
    y = system.unknowns[0]
    jets = [y, *(jet_symbol(y, k) for k in range(1, system.order))]
    try:
        return Poly(system.rhs[0], *jets).total_degree() <= 1
    except PolynomialError:
        return False


def superposition(system: ODESystem, generators: Sequence[Generator]) -> tuple[tuple[Expr, ...], Expr] | None:
    """((φ_1, …, φ_N), y_0) of a linear equation, None if the symmetries do not hold N functions φ_k in closed form."""
    t, y = system.variables
    shifts = [g.eta[y] for g in generators if g.xi == 0 and not g.definitions]
    basis = tuple(_positive(e) for e in shifts if not e.has(y))
    if len(basis) != system.order:
        return None
    at_zero = system.rhs[0].subs({y: 0, **{jet_symbol(y, k): 0 for k in range(1, system.order)}})
    if at_zero.expand() == 0:
        return basis, S.Zero
    for e in shifts:
        slope = e.diff(y)
        if slope != 0 and not slope.has(t, y):
            return basis, _tidied((y - e / slope).expand())
    start = by_variation(basis, at_zero, system)
    return None if start is None else (basis, start)


def constants_in(basis: Sequence[Expr], start: Expr, system: ODESystem) -> tuple[Expr, ...]:
    """The C_k as functions of t, y and its derivatives: integrals, solved for from y^(j) - y_0^(j) = Σ C_k φ_k^(j)."""
    t, y, n = system.independent, system.unknowns[0], system.order
    wronskian = Matrix([[e.diff(t, j) for e in basis] for j in range(n)])
    values = Matrix([(jet_symbol(y, j) if j else y) - start.diff(t, j) for j in range(n)])
    found = tuple(expr(trigsimp(cancel(c))) for c in wronskian.LUsolve(values))
    return found if all(is_first_integral(c, system) for c in found) else ()


def by_variation(basis: Sequence[Expr], force: Expr, system: ODESystem) -> Expr | None:
    """y_0 = Σ φ_k ∫ c_k dt with Σ c_k φ_k^(j) = 0 for j < N - 1 and = force for j = N - 1."""
    t, n = system.independent, system.order
    wronskian = Matrix([[e.diff(t, j) for e in basis] for j in range(n)])
    rates = wronskian.LUsolve(Matrix([*([0] * (n - 1)), force]))
    parts = [antiderivative(_tidied(cancel(rate)), t, ()) for rate in rates]
    start = sum((e * part for e, part in zip(basis, parts, strict=True)), start=S.Zero)
    return start if start.has(Integral) else _tidied(start.expand())


def _positive(value: Expr) -> Expr:
    """A function of the basis, without a leading minus."""
    value = _tidied(value)
    return -value if value.could_extract_minus_sign() else value


def _tidied(value: Expr) -> Expr:
    return min((value, powsimp(value), expr(trigsimp(powsimp(value.expand())))), key=lambda e: e.count_ops())
