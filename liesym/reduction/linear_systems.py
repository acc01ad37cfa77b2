"""Linear systems x' = a(t) A x + b(t) with a constant matrix A: all solutions in real form.

    x = Σ C_k e^(Aτ) v_k + x_0,   τ = ∫ a dt

For a = 1 and forces of exponentials, powers, sines and cosines, z' = K z holds for the functions in b = B z, and x_0 is what
the roots of K give of e^(Ãt) with à = [[A, B], [0, K]]: no integral is taken, and resonance is no exception. Else
x_0 = Φ ∫ Φ^-1 b dt. Nothing here is checked. Source: Gantmacher 1959, chapter V; Ince 1956, section 6.5.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from sympy import Add, Dummy, Expr, Integral, Matrix, Poly, S, Symbol, cos, exp, log, powsimp, sin
from sympy.matrices.exceptions import NonInvertibleMatrixError
from sympy.polys.polyerrors import PolynomialError

from liesym.base.budget import Budget
from liesym.base.typed import expr, replaced, substituted
from liesym.model.system import ODESystem
from liesym.reduction.exponential import Spectrum, Vector, along, fundamental, spectrum
from liesym.reduction.quadrature import antiderivative

MOST_FUNCTIONS = 24
"""Functions in the forces and their derivatives."""
MOST_SIGNS = 2
"""Expressions of parameters of unknown sign under roots, each of which doubles the forms."""


@dataclass(frozen=True, slots=True)
class LinearFamily:
    """One form of the general solution, not yet checked.

    Arguments:
        basis: solutions of the homogeneous system.
        start: a solution of the system.
        on: what is positive where the form is real.
        matrix: A.
        nonzero: the determinant of the basis at τ = 0: where it vanishes the basis is none.
    """

    basis: tuple[Vector, ...]
    start: Vector
    on: tuple[Expr, ...]
    matrix: Matrix
    nonzero: Expr


@dataclass(frozen=True, slots=True)
class _Parts:
    """a, A, b."""

    scale: Expr
    matrix: Matrix
    force: Matrix


def linear_family(system: ODESystem, budget: Budget) -> Iterator[LinearFamily]:
    """The forms of the general solution of a linear system of first order; none for others.

    Raises:
        OutOfBudget: the time is over.
    """
    parts = _parts(system)
    found = None if parts is None else spectrum(parts.matrix)
    if parts is None or found is None:
        return
    unsigned = [r for r in found.roots if r.sign is None]
    if len(unsigned) > MOST_SIGNS:
        return
    for signs in itertools.product((1, -1), repeat=len(unsigned)):
        chosen = dict(zip(unsigned, signs, strict=True))
        roots = tuple(replace(r, sign=chosen.get(r, r.sign)) for r in found.roots)
        family = _of_signs(system, parts, replace(found, roots=roots), budget)
        if family is not None:
            yield replace(family, on=tuple(_primitive(s * r.under) for r, s in chosen.items()))


def _primitive(value: Expr) -> Expr:
    """Without a positive number in front."""
    return expr(value.as_content_primitive()[1])


def _of_signs(system: ODESystem, parts: _Parts, found: Spectrum, budget: Budget) -> LinearFamily | None:
    t, tau = system.independent, Dummy("tau", real=True)
    inside = antiderivative(parts.scale, t, ())
    if inside.has(Integral):
        return None
    solutions = fundamental(found, tau, budget)
    start_matrix = Matrix([[e.subs(tau, 0) for e in v] for v in solutions])
    basis = tuple(tuple(_powers(replaced(e, {tau: inside})) for e in v) for v in solutions)
    start = _start(parts, found, basis, t, budget)
    if start is None:
        return None
    return LinearFamily(basis, start, (), parts.matrix, expr(start_matrix.det().cancel()))


def _powers(value: Expr) -> Expr:
    """t^λ for e^(λ log t)."""
    if not value.has(log):
        return value
    rule = {}
    for e in value.atoms(exp):
        factor, rest = e.args[0].expand().as_independent(log, as_Add=False)
        if isinstance(rest, log):
            rule[e] = rest.args[0] ** factor
    return replaced(value, rule)


def _parts(system: ODESystem) -> _Parts | None:
    """None unless the rates are linear, with a matrix that depends on t by a common factor alone."""
    x, t = system.unknowns, system.independent
    try:
        if any(Poly(f, *x).total_degree() > 1 for f in system.rhs):
            return None
    except PolynomialError:
        return None
    matrix = Matrix([[f.diff(v) for v in x] for f in system.rhs]).applyfunc(lambda e: e.expand())
    force = Matrix([substituted(f, dict.fromkeys(x, S.Zero)) for f in system.rhs])
    scale: Expr = S.One
    if matrix.has(t):
        scale = next(e for e in matrix if e.has(t))
        scale = expr(scale.as_independent(t, as_Add=False)[1])
        matrix = matrix.applyfunc(lambda e: (e / scale).cancel())
    return None if matrix.has(t) else _Parts(scale, matrix, force)


# -- forces ------------------------------------------------------------------------------------------


def _start(parts: _Parts, found: Spectrum, basis: Sequence[Vector], t: Symbol, budget: Budget) -> Vector | None:
    """A solution of the inhomogeneous system."""
    if not any(parts.force):
        return (S.Zero,) * parts.matrix.rows
    functions = _closed(parts.force, t) if parts.scale == 1 else None
    if functions is not None:
        return _forced(parts, found, functions, t, budget)
    return _by_variation(basis, parts.force, t)


def _closed(force: Matrix, t: Symbol) -> dict[Expr, dict[Expr, Expr]] | None:
    """The functions of t in b and their derivatives, each with its derivative as a combination of them."""
    waiting = [f for e in force for f in _terms(e, t)]
    rates: dict[Expr, dict[Expr, Expr]] = {}
    while waiting:
        function = waiting.pop()
        if function in rates:
            continue
        if len(rates) == MOST_FUNCTIONS or not _is_elementary(function, t):
            return None
        rates[function] = _terms(function.diff(t), t)
        waiting += rates[function]
    return rates


def _is_elementary(function: Expr, t: Symbol) -> bool:
    """True for products of powers of t and of exp, sin, cos of multiples of t."""
    plain = replaced(
        function, dict.fromkeys((n for n in function.atoms(exp, sin, cos) if not n.args[0].diff(t).has(t)), S.One)
    )
    return plain.is_polynomial(t)


def _terms(value: Expr, t: Symbol) -> dict[Expr, Expr]:
    """{function of t: coefficient}."""
    found: dict[Expr, Expr] = {}
    for term in Add.make_args(powsimp(value.expand(trig=False)).expand()):
        coefficient, function = term.as_independent(t, as_Add=False)
        if coefficient != 0:
            found[function] = expr(found.get(function, S.Zero) + coefficient)
    return {f: c for f, c in found.items() if c != 0}


def _forced(
    parts: _Parts, found: Spectrum, functions: Mapping[Expr, Mapping[Expr, Expr]], t: Symbol, budget: Budget
) -> Vector | None:
    """The part of e^(Ãt) (0, z(0)) that belongs to the roots of K."""
    names, n = list(functions), parts.matrix.rows
    k = Matrix([[functions[f].get(g, S.Zero) for g in names] for f in names])
    b = Matrix([[_terms(parts.force[i], t).get(g, S.Zero) for g in names] for i in range(n)])
    whole = parts.matrix.row_join(b).col_join(Matrix.zeros(len(names), n).row_join(k))
    wide, own = spectrum(whole), spectrum(k)
    if wide is None or own is None:
        return None
    held = {r.factor.as_expr() for r in own.roots}
    signs = {r.factor.as_expr(): r.sign for r in found.roots}
    roots = [replace(r, sign=signs.get(r.factor.as_expr(), r.sign)) for r in wide.roots if r.factor.as_expr() in held]
    if any(r.sign is None for r in roots):
        return None
    start = Matrix([*([S.Zero] * n), *(f.subs(t, 0) for f in names)])
    return tuple(expr(e.expand()) for e in along(wide, start, roots, t, budget)[:n])


def _by_variation(basis: Sequence[Vector], force: Matrix, t: Symbol) -> Vector | None:
    """Φ ∫ Φ^-1 b dt."""
    phi = Matrix([list(v) for v in basis]).T
    try:
        rates = phi.LUsolve(force)
    except (NonInvertibleMatrixError, ValueError):
        return None
    inside = [antiderivative(expr(r.trigsimp().cancel()) if not r.has(Integral) else r, t, ()) for r in rates]
    return tuple(expr(sum(row[k] * inside[k] for k in range(len(inside)))) for row in phi.tolist())
