"""Random invertible changes of all variables, the equations they carry a system to, and what stays the same.

The old coordinates Z = (T, X_1 … X_m) are functions Φ(t, x_1 … x_m) of the new. Along a solution D_T = (D_t T)⁻¹ D_t, so
X_i^(k) = D_T^k X_i is a function of the jet (t, x, …, x^(k)) that is linear in x^(k) for k ≥ 2; X_i^(n) = F_i(T, X, X', …)
is solved for x_i^(n).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from hypothesis import strategies as st
from sympy import Dummy, Expr, Matrix, S, Symbol, exp, together

from liesym import ODESystem
from liesym.algebra import LieAlgebra
from liesym.base.jets import jet_symbol
from liesym.symmetries.results import Result

Pick = Callable[[Sequence[Any]], Any]
COEFFICIENTS = (1, 1, 1, -1, 2, -3)


def carried(system: ODESystem, images: Sequence[Expr]) -> ODESystem:
    """The system for x(t) whose solutions are those of `system` seen through (T, X) = images(t, x)."""
    (order,) = set(system.orders)
    time, *states = images
    jets = system.jets
    slowness = jets.total_derivative(time)
    rates = [list(states)]
    for _ in range(order):
        rates.append([together(jets.total_derivative(r) / slowness) for r in rates[-1]])
    values: dict[Expr, Expr] = {system.independent: time}
    for i, x in enumerate(system.unknowns):
        values |= {jet_symbol(x, k): rates[k][i] for k in range(order)}
    names = {old: Dummy() for old in values}
    right = [f.xreplace(names).xreplace({names[old]: new for old, new in values.items()}) for f in system.rhs]
    leading = [jet_symbol(x, order) for x in system.unknowns]
    matrix = Matrix([[r.diff(s) for s in leading] for r in rates[order]])
    rest = Matrix([f - r.subs(dict.fromkeys(leading, 0)) for f, r in zip(right, rates[order], strict=True)])
    solved = matrix.adjugate() * rest / matrix.det()
    rhs = tuple(together(e) for e in solved)
    return ODESystem(system.independent, system.unknowns, system.orders, rhs, system.parameters)


def drawn_images(pick: Pick, variables: Sequence[Symbol], shifted: int = 1, *, fibred: bool = False) -> tuple[Expr, ...]:
    """A triangular change: in some order of the variables Z_i = a_i z_i or a_i exp(z_i), plus a function of z_1 … z_(i-1).

    Arguments:
        pick: one element of a sequence, at random.
        variables: t, x_1 … x_m.
        shifted: how many of the Z_i get such a function, which is a monomial or an exponential.
        fibred: T = a t, only the X_i are moved.
    """
    order = [variables[0], *shuffled(pick, variables[1:])] if fibred else shuffled(pick, variables)
    places = list(variables) if fibred or pick((True, True, False)) else shuffled(pick, variables)
    moved = shuffled(pick, range(1, len(order)))[:shifted]
    images: dict[Symbol, Expr] = {}
    for i, z in enumerate(order):
        base = exp(z) if i == len(order) - 1 and pick((False, False, True)) else z
        image = pick(COEFFICIENTS) * base
        if i in moved:
            y, w = pick(order[:i]), pick(order[:i])
            image += pick(COEFFICIENTS) * pick((S.Zero, y**2, y**3, y * w, exp(y)))
        where = order[i] if places == list(variables) else places[i]
        images[where] = image
    return tuple(images[z] for z in variables)


def shuffled(pick: Pick, items: Sequence[Any]) -> list[Any]:
    """The items in a random order."""
    left, result = list(items), []
    while left:
        result.append(left.pop(pick(range(len(left)))))
    return result


@st.composite
def point_maps(draw: st.DrawFn, variables: Sequence[Symbol], shifted: int = 1, *, fibred: bool = False) -> tuple[Expr, ...]:
    """`drawn_images` for Hypothesis."""
    return drawn_images(lambda items: draw(st.sampled_from(list(items))), variables, shifted, fibred=fibred)


@dataclass(frozen=True, slots=True)
class Invariants:
    """What does not depend on the basis of a Lie algebra over the reals.

    Arguments:
        series: dimensions of the derived series and of the lower central series.
        centre, radical, nilradical: dimensions.
        killing: numbers of positive, negative and zero squares of the Killing form.
        name: of the isomorphism class, where there is one.
    """

    dimension: int
    series: tuple[tuple[int, ...], tuple[int, ...]]
    centre: int
    radical: int
    nilradical: int
    killing: tuple[int, int, int]


def invariants(algebra: LieAlgebra) -> Invariants:
    """The invariants of an algebra with exact structure constants."""
    return Invariants(
        algebra.dimension,
        (algebra.derived_series, algebra.lower_central_series),
        len(algebra.center),
        len(algebra.radical),
        len(algebra.nilradical),
        algebra.killing_signature,
    )


def counted_invariants(result: Result) -> tuple:
    """Those of the structure constants from the power series alone: no generator enters."""
    assert result.certificate is not None and result.certificate.structure is not None
    structure = result.certificate.structure
    return (structure.dimension, structure.derived, structure.lower, structure.centre, structure.killing_rank)
