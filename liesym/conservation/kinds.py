"""What a first integral is, in words: energy, momentum, angular momentum, Runge-Lenz vector, mass balance, Hamiltonian.

Each kind is a form that is checked exactly, v = x':

    energy            vᵀ M v + V(x), M constant and definite        momentum           m·v, m constant
    angular momentum  xᵀ A v, A constant and antisymmetric          centre of mass     m·(x - t v)
    Runge-Lenz        a·(x |v|² - v (x·v)) + φ(x), φ of degree 0    balance            n·x for x' = f(x)
    Hamiltonian       x' = c ∂H/∂y, y' = -c ∂H/∂x, c constant

Source: Goldstein 1980, chapters 1 and 3.
"""

from __future__ import annotations

from collections.abc import Sequence

from sympy import Add, Expr, Matrix, Symbol

from liesym.base.jets import jet_symbol, partial_derivative
from liesym.model.system import ODESystem
from liesym.symmetries.kinds import together
from liesym.text.display import same


def integral_kind(integral: Expr, system: ODESystem) -> str | None:
    """The kind of a first integral in words; None where it has none of the forms above."""
    if set(system.orders) == {1}:
        return _of_first_order(integral, system)
    if set(system.orders) != {2}:
        return None
    x = system.unknowns
    v = tuple(jet_symbol(s, 1) for s in x)
    slopes = [partial_derivative(integral, s) for s in v]
    twice = [[partial_derivative(p, s).expand() for s in v] for p in slopes]
    if not _any_of(twice, v):
        if any(any(row) for row in twice):
            return _quadratic(integral, Matrix(twice), system, x, v)
        return _linear(integral, slopes, system, x, v)
    return None


def _any_of(rows: Sequence[Sequence[Expr]], symbols: Sequence[Symbol]) -> bool:
    return any(e.has(s) for row in rows for e in row for s in symbols)


def _linear(
    integral: Expr, slopes: Sequence[Expr], system: ODESystem, x: Sequence[Symbol], v: Sequence[Symbol]
) -> str | None:
    """m·v, m·(x - t v) and xᵀ A v."""
    t = system.independent
    if not _any_of([slopes], (t, *x)):
        rest = integral - Add(*(p * s for p, s in zip(slopes, v, strict=True)))
        if rest.expand() == 0:
            moved = [system.display.name(s.name) for s, p in zip(x, slopes, strict=True) if p != 0]
            return f"momentum of {together(moved)}"
        return None
    towards = [(p / t).expand() for p in slopes]
    if not _any_of([towards], (t, *x)):
        rest = integral - Add(*(k * (t * u - s) for k, s, u in zip(towards, x, v, strict=True)))
        return "centre of mass" if rest.expand() == 0 else None
    form = [[partial_derivative(p, s).expand() for s in x] for p in slopes]
    if _any_of(form, (t, *x)) or any(form[i][j] != -form[j][i] for i in range(len(x)) for j in range(len(x))):
        return None
    rest = integral - Add(*(form[i][j] * x[j] * v[i] for i in range(len(x)) for j in range(len(x))))
    return "angular momentum" if rest.expand() == 0 else None


def _quadratic(integral: Expr, form: Matrix, system: ODESystem, x: Sequence[Symbol], v: Sequence[Symbol]) -> str | None:
    """vᵀ M v + V(x), and the components of the Runge-Lenz vector."""
    rows: list[list[Expr]] = form.tolist()
    half = Add(*(rows[i][j] * v[i] * v[j] / 2 for i in range(len(x)) for j in range(len(x))))
    rest = (integral - half).expand()
    if rest.has(system.independent, *v):
        return None
    if not _any_of(rows, (system.independent, *x)):
        moved = [i for i in range(len(x)) if any(rows[i])]
        inner = form.extract(moved, moved)
        if not _is_definite(inner):
            return None
        if len(moved) == len(x):
            return "energy"
        others = [x[i] for i in range(len(x)) if i not in moved]
        return None if rest.has(*others) else f"energy of {together([system.display.name(x[i].name) for i in moved])}"
    axis = [partial_derivative(rows[(i + 1) % len(x)][(i + 1) % len(x)] / 2, s) for i, s in enumerate(x)]
    if len(x) < 2 or _any_of([axis], (system.independent, *x)) or not any(axis):
        return None
    square, along = Add(*(u**2 for u in v)), Add(*(s * u for s, u in zip(x, v, strict=True)))
    vector = Add(*(a * (s * square - u * along) for a, s, u in zip(axis, x, v, strict=True)))
    degree = Add(*(s * partial_derivative(rest, s) for s in x))
    if (half - vector).expand() == 0 and same(degree, degree * 0):
        return "component of the Runge-Lenz vector"
    return None


def _is_definite(form: Matrix) -> bool:
    """True if the leading minors have the signs of a definite form, where signs are known; nonsingular otherwise."""
    first = form[0, 0]
    sign = -1 if first.is_negative else 1
    minors = [(sign * form[:k, :k]).det().expand() for k in range(1, form.rows + 1)]
    return all(m != 0 and m.is_negative is not True for m in minors)


def _of_first_order(integral: Expr, system: ODESystem) -> str | None:
    """n·x, or a Hamiltonian of the plane."""
    x, t = system.unknowns, system.independent
    slopes = [partial_derivative(integral, s).expand() for s in x]
    if integral.has(t):
        return None
    if not _any_of([slopes], x):
        names = [system.display.name(s.name) for s, n in zip(x, slopes, strict=True) if n != 0]
        return f"balance of {together(names)}" if len(names) > 1 else None
    if len(x) == 2:
        f, g = system.rhs
        for above, below in ((f, slopes[1]), (-g, slopes[0])):
            if below != 0 and above != 0:
                ratio = (above / below).cancel()
                if not ratio.has(*x, t) and same(f, ratio * slopes[1]) and same(g, -ratio * slopes[0]):
                    return "Hamiltonian"
                return None
    return None
