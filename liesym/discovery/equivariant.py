"""Sparse regression among the equations that have known symmetries: x' = Σ_j z_j V_j(x) with equivariant fields V_j.

For X = ξ(t) ∂_t + Σ η_i(t, x) ∂_i the condition that x' = F(x) has the symmetry,

    ∂_t η_i + Σ_j F_j ∂_j η_i - Σ_j η_j ∂_j F_i - F_i ∂_t ξ = 0,

is linear in F, so that for F_i = Σ_k c_ik θ_k it says M c = b, at sampled states, exactly. The null space of M in row
echelon form is a basis of sparse fields V_j, which couple the components; the regression chooses among these in place of the
θ_k, in the products of the weak form of all components together. What comes out has the symmetry, whatever the noise.
Source: Olver 1993, Theorem 2.36, and those of `liesym.discovery.weak` and `liesym.discovery.selection`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from sympy import Add, Expr, Mul, S, Symbol

from liesym.base.jets import as_expression
from liesym.discovery.nullspace import echelon, exact_vector
from liesym.discovery.weak import Normal
from liesym.errors import DataError, Unsupported
from liesym.lowering.lower import lower
from liesym.model.system import ODESystem
from liesym.model.vectorfields import read_generator
from liesym.symmetries.generator import Generator

Floats = np.ndarray
ZERO = 1e-9


@dataclass(frozen=True, slots=True, eq=False)
class Basis:
    """Fields with the symmetries in the span of some functions: F_i = Σ_k (start_ik + Σ_j z_j fields_jik) θ_k.

    Arguments:
        start: shape (m, n), a field that meets the condition; 0 where that is homogeneous.
        fields: shape (r, m, n).
        shown: the V_j as expressions.
        begin: the start likewise.
    """

    start: Floats
    fields: Floats
    shown: tuple[tuple[Expr, ...], ...]
    begin: tuple[Expr, ...]

    def restricted(self, normals: Sequence[Normal], places: Sequence[int]) -> Normal:
        """The products of the z_j, from those of the θ_k of every component."""
        grid = np.ix_(places, places)
        parts = []
        for i, own in enumerate(normals):
            turn, at = self.fields[:, i], self.start[i]
            gram, noise = own.gram[grid], own.gram_noise[grid]
            moment, moment_noise = own.moment[list(places)], own.moment_noise[list(places)]
            parts.append(
                Normal(
                    *(turn @ gram @ turn.T, turn @ noise @ turn.T),
                    *(turn @ (moment - gram @ at), turn @ (moment_noise - noise @ at)),
                    own.power - 2 * at @ moment + at @ gram @ at,
                    own.power_noise - 2 * at @ moment_noise + at @ noise @ at,
                    own.rows,
                )
            )
        found = parts[0]
        for part in parts[1:]:
            found = found + part
        return found

    def coefficients(self, z: Floats) -> Floats:
        """c_ik, shape (m, n)."""
        return self.start + np.tensordot(z, self.fields, axes=1)


def read_symmetries(given: Sequence[Any], symbols: Sequence[Symbol], t: Symbol) -> list[Generator]:
    """Known symmetries in the symbols of the states.

    Arguments:
        given: generators, or text such as "t: 1; x: -y; y: x"; names are matched, a variable that is left out has 0.
        symbols: of the states.
        t: the independent variable.

    Raises:
        DataError: one is no generator of these variables, or none of these.
        Unsupported: ξ holds states, so that the condition is not linear in the equations.
    """
    system = ODESystem(t, tuple(symbols), (1,) * len(symbols), (S.Zero,) * len(symbols))
    by_name = {s.name: s for s in (t, *symbols)}
    found = []
    for one in [given] if isinstance(given, str) or hasattr(given, "components") else given:
        one = getattr(one, "generator", one)
        if isinstance(one, str):
            generator = Generator.of(read_generator(one, system))
        elif hasattr(one, "components") and hasattr(one, "variables"):
            parts = {v.name: as_expression(c) for v, c in zip(one.variables, one.components, strict=True)}
            moved = {
                n: c.xreplace({s: by_name[s.name] for s in c.free_symbols if s.name in by_name}) for n, c in parts.items()
            }
            foreign = {n for n, c in moved.items() if c != 0} - set(by_name)
            foreign |= {s.name for c in moved.values() for s in c.free_symbols - set(by_name.values())}
            if foreign:
                told = f"a symmetry holds {', '.join(sorted(foreign))}; the variables are {', '.join(by_name)}"
                raise DataError(told)
            generator = Generator((t, *symbols), tuple(moved.get(name, S.Zero) for name in by_name))
        else:
            raise DataError(f"{one!r} among the symmetries is no generator, nor text such as 't: 1; x: -y; y: x'")
        if generator.components[0].free_symbols - {t}:
            raise Unsupported(
                f"{generator}: with states in the component of {t.name} the condition on equations is not linear"
            )
        found.append(generator)
    return found


def equivariant(
    terms: Sequence[Expr], symbols: Sequence[Symbol], t: Symbol, generators: Sequence[Generator], x: Floats
) -> Basis | None:
    """The fields in the span of some functions that have all the symmetries; None where there are none.

    Arguments:
        terms: θ_k.
        symbols: of the states.
        t: the independent variable.
        generators: the symmetries.
        x: states at which the condition is asked, shape (S, m), S several times the number of functions.
    """
    m, n = len(symbols), len(terms)
    times = np.linspace(0.1, 1.3, len(x))
    values, slopes = _values(terms, symbols, t, x, times)
    rows, right = [], []
    for one in generators:
        parts, turned = _values(one.components[1:], symbols, t, x, times)
        rates = _values([c.diff(t) for c in one.components], symbols, t, x, times)[0]
        along = np.einsum("skj,sj->sk", slopes, parts) + rates[:, :1] * values
        block = np.einsum("sij,sk->sikj", turned, values)
        for i in range(m):
            block[:, i, :, i] -= along
        rows.append(block.reshape(-1, n * m))
        right.append(-rates[:, 1:].ravel())
    matrix, wanted = np.concatenate(rows), np.concatenate(right)
    sizes = np.repeat(np.abs(values).max(0) + 1e-300, m)
    good = np.isfinite(matrix).all(1) & np.isfinite(wanted)
    matrix, wanted = matrix[good] / sizes, wanted[good]
    own, spread, turn = np.linalg.svd(matrix, full_matrices=True)
    kept = spread > ZERO * max(1.0, spread[0])
    start = turn[: len(spread)][kept].T @ ((own[:, : len(spread)][:, kept].T @ wanted) / spread[kept])
    if np.abs(matrix @ start - wanted).max() > 1e-6 * (1 + np.abs(wanted).max()):
        return None
    null = turn[int(kept.sum()) :] / sizes
    null = null / np.abs(null).max(1, keepdims=True)
    fields = [exact_vector(vector, 1e-7)[0] for vector in echelon(null)]
    start = _freed(start / sizes, [np.array(f, float) for f in fields])
    if not fields and not start.any():
        return None
    begin = exact_vector(start, 1e-7)[0] if start.any() else [S.Zero] * (n * m)
    if start.any():  # a vector is told up to a factor; this one is told as it is
        largest = int(np.abs(start).argmax())
        begin = [c * as_expression(round(float(start[largest]) * 720)) / 720 / begin[largest] for c in begin]
    shown = [_field(f, terms, m) for f in fields]
    numbers = np.array([[float(c) for c in f] for f in fields]).reshape(-1, n, m).swapaxes(1, 2)
    return Basis(np.array([float(c) for c in begin]).reshape(n, m).T, numbers, tuple(shown), _field(begin, terms, m))


def _freed(start: Floats, fields: Sequence[Floats]) -> Floats:
    """The start without the leading terms of the fields."""
    for field in fields:
        lead = int(np.flatnonzero(np.abs(field) > 1e-9)[-1])
        start = start - start[lead] / field[lead] * field
    return np.where(np.abs(start) > 1e-9, start, 0.0)


def _field(coefficients: Sequence[Expr], terms: Sequence[Expr], m: int) -> tuple[Expr, ...]:
    """Σ_k c_ki θ_k for every component i; coefficients by k, then by i."""
    return tuple(Add(*(Mul(coefficients[k * m + i], term) for k, term in enumerate(terms))) for i in range(m))


def _values(
    functions: Sequence[Expr], symbols: Sequence[Symbol], t: Symbol, x: Floats, times: Floats
) -> tuple[Floats, Floats]:
    """Values (S, K) and derivatives by the states (S, K, m)."""
    with np.errstate(all="ignore"):
        found = lower(list(functions), tuple(symbols), backend="numpy", t=t, jacobian=True)(times, x, {})
    count = len(functions)
    values = np.broadcast_to(np.asarray(found.values, np.float64), (len(x), count))
    return values, np.broadcast_to(np.asarray(found.jacobian, np.float64), (len(x), count, len(symbols)))
