"""Decimals that stand as positive symbols and bear their number as a name: a name of the grammar cannot be one.

0.123 A - 0.0456 B     in SymPy's own numbers 123 A/1000 - 57 B/1250
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from sympy import Expr, Integer, Rational, Symbol

from liesym.text import arithmetic
from liesym.text.equations import read_equations
from liesym.text.solved import SolvedForm
from liesym.text.spelling import SMALL, Spelled, with_names_for_decimals

LARGE = 10**15
"""Decimals from here on, such as 6e23, are not written out."""
_DECIMAL = re.compile(r"[\d.][\w.+-]*")


def decimal(written: str) -> Expr:
    """A number as it was written: itself where its denominator is small, as that of 0.5 is, else a symbol.

    Raises:
        NumberTooLarge: it has more digits than a number of the grammar may have.
    """
    value = arithmetic.number(written)
    if value.q <= SMALL and abs(value) < LARGE:  # type: ignore[attr-defined, operator]
        return value
    return Symbol(written, real=True, positive=True)


def decimal_of(value: float) -> Expr:
    """The shortest decimal that is this number of the machine."""
    if value == int(value) and abs(value) < 1e16:
        return Integer(int(value))
    return -decimal(repr(-value)) if value < 0 else decimal(repr(value))


def is_decimal(symbol: Any) -> bool:
    """True for a symbol that stands for a decimal."""
    return isinstance(symbol, Symbol) and _DECIMAL.fullmatch(symbol.name) is not None


def exact(expression: Expr) -> Expr:
    """The expression with the numbers themselves."""
    values = {s: Rational(s.name) for s in expression.free_symbols if is_decimal(s)}  # type: ignore[attr-defined]
    return expression.xreplace(values) if values else expression


def read_with_decimals(
    text: str,
    *,
    independent: str = "t",
    parameters: Mapping[str, Mapping[str, object]] | None = None,
    branch: int | None = None,
) -> SolvedForm:
    """Equations as `liesym.text.equations.read_equations` reads them, with their decimals as symbols.

    Raises:
        ParseError, NotSolvable: as there.
    """
    named = with_names_for_decimals(Spelled(text, independent))
    if not named.decimals:
        return read_equations(text, independent=independent, parameters=parameters, branch=branch)
    read_equations(text, independent=independent, parameters=parameters, branch=branch)  # faults are told in the text given
    declared = {**(parameters or {}), **{name: {"positive": True} for name, _ in named.decimals}}
    form = read_equations(named.text, independent=independent, parameters=declared, branch=branch)
    numbers = {p.symbol: decimal(dict(named.decimals)[p.name]) for p in form.parameters if p.name in dict(named.decimals)}
    return replace(
        form,
        rhs=tuple(f.xreplace(numbers) for f in form.rhs),
        nonzero=tuple(f.xreplace(numbers) for f in form.nonzero),
        parameters=tuple(p for p in form.parameters if p.symbol not in numbers),
    )
