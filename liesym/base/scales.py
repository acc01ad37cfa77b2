"""Standardized variables: data from which a mean is taken and that are divided by a deviation.

    x_i = μ_i + σ_i z_i,   t = μ_t + σ_t s

The new variables keep the names of the old ones, so that z_i is called x_i again: a network that is trained on standardized
data has the laws of the standardized system.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from sympy import Expr, Float, Rational, Symbol

from liesym.base.jets import as_expression
from liesym.errors import DataError

Numbers = Mapping[str, Any] | Sequence[Any] | float
"""One number for each variable in their order, one for all, or by name, where the others keep mean 0 and deviation 1."""
Scales = dict[Symbol, tuple[Any, Any]]


def read_scales(
    variables: Sequence[Symbol], mean: Numbers, std: Numbers, more: Sequence[Symbol] = (), hint: str = ""
) -> Scales:
    """Variable -> (μ, σ) for the variables, whose numbers may come in a sequence, and for `more`, by name alone.

    Raises:
        DataError: numbers that are not one for each variable, a foreign name, no number, or no positive deviation; `hint`
            is added to the first two.
    """
    known = {v.name: v for v in (*variables, *more)}
    means, stds = (_named(what, given, variables, known, hint) for what, given in (("mean", mean), ("std", std)))
    found: Scales = {}
    for name, symbol in known.items():
        shift, size = exact(means.get(name, 0)), exact(stds.get(name, 1))
        if not size.is_positive:
            raise DataError(f"std of {name} = {size}; expected a positive number")
        found[symbol] = (shift, size)
    return found


def _named(what: str, given: Numbers, variables: Sequence[Symbol], known: Mapping[str, Symbol], hint: str) -> dict[str, Any]:
    if isinstance(given, Mapping):
        named = {str(getattr(key, "name", key)): value for key, value in given.items()}
    else:
        values = [given] * len(variables) if _is_one(given) else list(given)  # type: ignore[arg-type]
        if len(values) != len(variables):
            names = ", ".join(v.name for v in variables)
            raise DataError(f"{what} has {len(values)} numbers for {names}; expected one for each{hint}")
        named = {v.name: value for v, value in zip(variables, values, strict=True)}
    foreign = sorted(set(named) - set(known))
    if foreign:
        raise DataError(f"{what} of {', '.join(foreign)}: the variables are {', '.join(known)}{hint}")
    return named


def _is_one(given: Any) -> bool:
    return isinstance(given, int | float | Expr) or getattr(given, "ndim", 1) == 0


def exact(number: Any) -> Any:
    """A number, or an expression of parameters, as an exact one: a decimal is what it is written as.

    Raises:
        DataError: it is no finite number.
    """
    value = number if isinstance(number, Expr | str) else np.asarray(number)[()]
    if isinstance(value, float | Float | np.floating):
        try:
            return Rational(str(value))
        except (TypeError, ValueError):
            raise DataError(f"{number!r} is no finite number") from None
    return as_expression(value.item() if isinstance(value, np.generic) else value)


def moved(expression: Expr, scales: Scales) -> Expr:
    """The expression at x = μ + σ z, z named as x."""
    return expression.subs({s: shift + size * s for s, (shift, size) in scales.items()}, simultaneous=True)
