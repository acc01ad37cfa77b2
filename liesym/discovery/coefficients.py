"""Coefficients that stay decimals as parameters, one for all that are alike up to sign."""

from __future__ import annotations

from collections.abc import Container, Sequence
from dataclasses import dataclass
from itertools import count, islice
from math import ceil, hypot, log10
from typing import NamedTuple

import numpy as np
from sympy import Expr, Symbol

from liesym.base.parameters import Parameter

ALIKE = 0.1
"""Coefficients are one parameter only where their noise is below this part of them: more would be alike by chance."""
EXACTLY = 1e-12


class Decimal(NamedTuple):
    """A coefficient without a fraction: its equation, its place there, its value and standard deviation."""

    equation: int
    place: int
    value: float
    spread: float


@dataclass(frozen=True, slots=True)
class Named:
    """Coefficients of every equation, and the parameters among them with their standard deviations and covariance."""

    coefficients: tuple[tuple[Expr, ...], ...]
    parameters: tuple[Parameter, ...]
    spreads: tuple[float, ...]
    covariance: tuple[tuple[float, ...], ...]


def with_parameters(
    exact: Sequence[Sequence[Expr | None]],
    decimals: Sequence[Decimal],
    taken: Container[str],
    covariance: np.ndarray | None = None,
) -> Named:
    """All coefficients, with positive parameters a1, a2, … where there is no fraction.

    Arguments:
        exact: the fractions of every equation, None in the places of the decimals.
        decimals: the others.
        taken: names that parameters must not have.
        covariance: of the decimals; independent unless given.
    """
    rows = [list(row) for row in exact]
    groups = _groups(decimals)
    names = islice((name for k in count(1) if (name := f"a{k}") not in taken), len(groups))
    symbols = [Symbol(name, real=True) for name in names]
    parameters, spreads = [], []
    mixed = np.zeros((len(groups), len(decimals)))
    for number, (symbol, group) in enumerate(zip(symbols, groups, strict=True)):
        weights = np.array([1 / max(one.spread, EXACTLY * abs(one.value)) ** 2 for one in group])
        value = float(np.abs([one.value for one in group]) @ weights / weights.sum())
        spread = float(1 / np.sqrt(weights.sum()))
        digits = max(2, ceil(log10(value / max(spread, EXACTLY * value))) + 1)
        parameters.append(Parameter(symbol, ("positive",), float(f"{value:.{digits}g}")))
        spreads.append(spread)
        for one, weight in zip(group, weights / weights.sum(), strict=True):
            mixed[number, next(k for k, other in enumerate(decimals) if other is one)] = weight * np.sign(one.value)
            rows[one.equation][one.place] = symbol if one.value > 0 else -symbol
    known = tuple(tuple(c for c in row if c is not None) for row in rows)
    own = np.diag([one.spread**2 for one in decimals]) if covariance is None else covariance
    joint = mixed @ own.reshape(len(decimals), len(decimals)) @ mixed.T
    return Named(known, tuple(parameters), tuple(spreads), tuple(tuple(float(c) for c in row) for row in joint))


def _groups(decimals: Sequence[Decimal]) -> list[list[Decimal]]:
    """Coefficients of one size within their noise, if it is small, together; in the order of the equations."""
    groups: list[list[Decimal]] = []
    for one in decimals:
        group = next((group for group in groups if all(_alike(one, other) for other in group)), None)
        if group is None:
            groups.append([one])
        else:
            group.append(one)
    return groups


def _alike(one: Decimal, other: Decimal) -> bool:
    off, wide = abs(abs(one.value) - abs(other.value)), 3 * hypot(one.spread, other.spread)
    return off <= wide <= ALIKE * abs(one.value)
