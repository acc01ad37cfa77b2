"""Standardized variables: data from which a mean is taken and that are divided by a deviation.

    x_i = μ_i + σ_i z_i,   t = μ_t + σ_t s

The new variables keep the names of the old ones, so that z_i is called x_i again: a network that is trained on standardized
data has the laws of the standardized system.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sympy import Expr, Float, Rational, Symbol

from liesym.base.jets import as_expression
from liesym.base.names import in_symbols
from liesym.errors import DataError

Numbers = Mapping[str, Any] | Sequence[Any]
"""One number for each variable in their order, or by name; by name the others keep the mean 0 and the deviation 1."""
Scales = dict[Symbol, tuple[Any, Any]]


def standardized(expressions: Any, states: Sequence[Symbol], mean: Numbers, std: Numbers, *, t: Symbol | None = None) -> Any:
    """I(t, μ + σ z) with z named as x: an integral for states that are standardized.

    Arguments:
        expressions: one or several, in the states, matched by name.
        states: x_1 … x_m, velocities among them where they are.
        mean, std: μ and σ of each state; decimals are taken as they are written.
        t: the symbol of time, where that is scaled too, by its name in mean and std.

    Returns:
        The same integral in the new variables; a list for a list.

    Raises:
        DataError: numbers that are not one for each state, a name that is no state, or a deviation that is not positive.
    """
    if not isinstance(expressions, Expr):
        return [standardized(e, states, mean, std, t=t) for e in expressions]
    scales = read_scales(states, mean, std, () if t is None else (t,))
    return moved(in_symbols(expressions, scales), scales)


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
        values = list(given)
        if len(values) != len(variables):
            names = ", ".join(v.name for v in variables)
            raise DataError(f"{what} has {len(values)} numbers for {names}; expected one for each{hint}")
        named = {v.name: value for v, value in zip(variables, values, strict=True)}
    foreign = sorted(set(named) - set(known))
    if foreign:
        raise DataError(f"{what} of {', '.join(foreign)}: the variables are {', '.join(known)}{hint}")
    return named


def exact(number: Any) -> Any:
    """A number, or an expression of parameters, as an exact one: a decimal is what it is written as.

    Raises:
        DataError: it is no finite number.
    """
    value = number.item() if hasattr(number, "item") and not isinstance(number, Expr) else number
    if isinstance(value, float | Float):
        try:
            return Rational(str(value))
        except (TypeError, ValueError):
            raise DataError(f"{number!r} is no finite number") from None
    return as_expression(value)


def moved(expression: Expr, scales: Scales) -> Expr:
    """The expression at x = μ + σ z, z named as x."""
    return expression.subs({s: shift + size * s for s, (shift, size) in scales.items()}, simultaneous=True)
