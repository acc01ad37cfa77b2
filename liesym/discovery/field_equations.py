"""Equations of a black box: its values at sampled states as exact sums of functions.

The columns θ_k and f_i of the values have a null vector with f_i in it, where f_i = Σ c_k θ_k. Of several families the first
that holds one is taken; the equation is tested at fresh states. Coefficients without a fraction become parameters.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from sympy import Add, Expr, Float, Mul, Symbol

from liesym.discovery.coefficients import Decimal, with_parameters
from liesym.discovery.equations import Equations
from liesym.discovery.families import families
from liesym.discovery.field import BlackBox
from liesym.discovery.integrals import FRESH, SLACK
from liesym.discovery.nullspace import named, null_vectors
from liesym.discovery.records import Evidence
from liesym.lowering.lower import lower
from liesym.model.system import ODESystem

Floats = np.ndarray
ZERO = 1e-8
"""Part of f below which a term counts as none."""


def field_equations(
    box: BlackBox, symbols: Sequence[Symbol], independent: Symbol, given: Sequence[Expr], rng: np.random.Generator
) -> Equations:
    """The equations of an autonomous field, if its values are sums of the functions that are tried.

    Arguments:
        box: the field.
        symbols: of the states.
        independent: the symbol of time.
        given: functions beside those of `families`.
        rng: of the states.
    """
    if not box.autonomous:
        return Equations(
            None, None, "no equations: the field depends on time, and sums of functions of the states are tried"
        )
    precision = max(ZERO, 20 * SLACK * box.precision)
    exact: list[list[Expr | None]] = []
    terms: list[list[Expr]] = []
    decimals: list[Decimal] = []
    tried: list[str] = []
    for i, symbol in enumerate(symbols):
        found = _component(box, symbols, given, i, precision, rng)
        if found is None:
            return Equations(None, None, f"no equation for {symbol.name}': no sum of the functions that were tried")
        family, functions, numbers = found
        row = [named(c, precision) for c in numbers]
        decimals += [Decimal(i, k, c, precision * abs(c)) for k, c in enumerate(numbers) if row[k] is None]
        exact.append(row)
        terms.append(functions)
        tried.append(family)
    known = with_parameters(exact, decimals, {s.name for s in symbols})
    rhs = [
        Add(*(Mul(c, f) for c, f in zip(row, own, strict=True))) for row, own in zip(known.coefficients, terms, strict=True)
    ]
    system = ODESystem(independent, tuple(symbols), (1,) * len(symbols), tuple(rhs), known.parameters)
    residual = _residual(box, system, rng)
    if not residual <= 100 * precision:
        return Equations(None, None, "no equations: what fits some states does not fit fresh ones")
    figures = ("residual", residual), ("states", FRESH), ("functions", ", ".join(dict.fromkeys(tried)))
    return Equations(system, Evidence("values at sampled states, tested at fresh ones", figures), "")


def _component(
    box: BlackBox, symbols: Sequence[Symbol], given: Sequence[Expr], i: int, precision: float, rng: np.random.Generator
) -> tuple[str, list[Expr], list[float]] | None:
    """The family, functions and coefficients of one component; None where no family has it."""
    positive = [s for s, least in zip(symbols, box.lower, strict=True) if least > 0]
    apart = [s for s, low, high in zip(symbols, box.lower, box.upper, strict=True) if low > 0 or high < 0]
    for family in families(symbols, positive, apart, given):
        _, x, f = box.samples(3 * len(family.plain) + 60, rng)
        size = float(np.abs(f[:, i]).max())
        if size == 0:
            return family.name, [], []
        values = np.asarray(lower(list(family.plain), tuple(symbols), backend="numpy")(0.0, x, {}), np.float64)
        values = np.broadcast_to(values, (len(x), len(family.plain)))
        finite = np.flatnonzero(np.isfinite(values).all(0))
        scales = np.abs(values[:, finite]).max(0) + 1e-300
        matrix = np.hstack([values[:, finite] / scales, f[:, i : i + 1] / size])
        vectors = null_vectors(matrix, max(2e-13, SLACK * box.precision))
        if not len(vectors) or abs(vectors[-1][-1]) < 0.5:
            continue
        parts = -vectors[-1][:-1] / vectors[-1][-1]
        kept = np.flatnonzero(np.abs(parts) > precision)
        functions = [family.plain[finite[k]] for k in kept]
        return family.name, functions, [float(parts[k] * size / scales[k]) for k in kept]
    return None


def _residual(box: BlackBox, system: ODESystem, rng: np.random.Generator) -> float:
    """The largest error at fresh states, in parts of the field there."""
    _, x, f = box.samples(FRESH, rng)
    values = {p.symbol: Float(p.value) for p in system.parameters if p.value is not None}
    rhs = [e.xreplace(values) for e in system.rhs]
    found = np.asarray(lower(rhs, system.unknowns, backend="numpy")(0.0, x, {}), np.float64)
    size = np.linalg.norm(f, axis=1) + 1e-300
    return float((np.linalg.norm(found - f, axis=1) / size).max())
