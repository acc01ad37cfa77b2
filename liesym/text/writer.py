"""SymPy expression to text of the grammar, such that reading the text gives the expression again.

    read_expression(write(e), symbols=…) == e   for every e that SymPy's own constructors give.

A product kept apart by hand, such as the 2*(x + y) that factor() makes, comes back as 2*x + 2*y.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sympy import Add, Derivative, Expr, Float, Integer, Integral, Mul, Pow, Rational, S, Subs, Symbol
from sympy.core.function import AppliedUndef

from liesym.base.names import free_symbols_named
from liesym.errors import Unsupported
from liesym.text.functions import NAMES

# binding strength of what was written: a sum, a product, a power, something that needs no parentheses
_SUM, _PRODUCT, _POWER, _ATOM = range(4)


def write(expression: Expr) -> str:
    """The expression in the text grammar.

    Raises:
        Unsupported: it holds something that the grammar has no words for, which is named.
    """
    return _write(expression)[0]


def _write(e: Any) -> tuple[str, int]:
    if isinstance(e, Symbol):
        return e.name, _POWER if "^" in e.name else _ATOM
    if isinstance(e, (Rational, Float)):
        return _number(e)
    if isinstance(e, Add):
        return _sum(e), _SUM
    if isinstance(e, Mul):
        return _product(e)
    if isinstance(e, Pow):
        return _power(e)
    if e is S.Exp1:
        return "exp(1)", _ATOM
    if e is S.Pi:
        return "pi", _ATOM
    return _call(e), _ATOM


def _number(e: Any) -> tuple[str, int]:
    text = str(e)
    if e.is_negative:
        return text, _SUM
    return text, _ATOM if isinstance(e, Integer) else _PRODUCT


def _sum(e: Any) -> str:
    text = ""
    terms = e.as_ordered_terms()
    if _is_negative(terms[0]):  # u - a*w reads better than -a*w + u
        first = next((i for i, term in enumerate(terms) if not _is_negative(term)), 0)
        terms.insert(0, terms.pop(first))
    for term in terms:
        negative = _is_negative(term)
        body, strength = _write(-term if negative else term)
        if strength == _SUM:
            body = f"({body})"
        if not text:
            text = f"-{body}" if negative else body
        else:
            text += f" - {body}" if negative else f" + {body}"
    return text


def _is_negative(term: Any) -> bool:
    """True if a minus sign in front of the term with the opposite sign gives the term again."""
    coefficient, rest = term.as_coeff_Mul()
    return bool(coefficient.is_negative) and not (isinstance(rest, Add))


def _product(e: Any) -> tuple[str, int]:
    coefficient, rest = e.as_coeff_Mul()
    if coefficient.is_negative:
        body, strength = _write(Mul(-coefficient, rest, evaluate=False) if coefficient != -1 else rest)
        return f"-({body})" if strength == _SUM else f"-{body}", _SUM
    above: list[str] = [] if coefficient.p == 1 else [str(coefficient.p)]
    below: list[str] = [] if coefficient.q == 1 else [str(coefficient.q)]
    for factor in _ordered(rest):
        base, exponent = factor.as_base_exp() if isinstance(factor, Pow) else (factor, S.One)
        if exponent.is_Rational and exponent.is_negative and base.func is not type(S.Exp1):
            below.append(_within(Pow(base, -exponent, evaluate=False) if exponent != -1 else base, _POWER))
        else:
            above.append(_within(factor, _POWER))
    text = "*".join(above) or "1"
    if below:
        text += f"/{below[0]}" if len(below) == 1 else f"/({'*'.join(below)})"
    return text, _PRODUCT


def _ordered(e: Any) -> Sequence[Any]:
    return e.as_ordered_factors() if isinstance(e, Mul) else (e,)


def _power(e: Any) -> tuple[str, int]:
    base, exponent = e.args
    if exponent == S.Half:
        return f"sqrt({_write(base)[0]})", _ATOM
    if exponent.is_Rational and exponent.is_negative:
        below = base if exponent == -1 else Pow(base, -exponent, evaluate=False)
        return f"1/{_within(below, _POWER)}", _PRODUCT
    return f"{_within(base, _ATOM)}^{_within(exponent, _ATOM)}", _POWER


def _within(e: Any, needed: int) -> str:
    """The text of a part, in parentheses if it binds less than `needed`."""
    text, strength = _write(e)
    return text if strength >= needed else f"({text})"


def _call(e: Any) -> str:
    if isinstance(e, AppliedUndef):
        return f"{e.func.__name__}({_arguments(e.args)})"
    if isinstance(e, Derivative):
        return _derivative(e)
    if isinstance(e, Subs):
        return _subs(e)
    if isinstance(e, Integral):
        return _integral(e)
    name = NAMES.get(e.func)
    if name is None:
        shown = "the imaginary unit" if e is S.ImaginaryUnit else f"{e.func.__name__} in {e}"
        raise Unsupported(f"{shown} has no form in the text grammar")
    return f"{name}({_arguments(e.args)})"


def _arguments(arguments: Sequence[Any]) -> str:
    return ", ".join(_write(a)[0] for a in arguments)


def _derivative(e: Any) -> str:
    (function, *_), counts = e.args, e.variable_count
    if isinstance(function, AppliedUndef) and len(function.args) == 1 and len(counts) == 1:
        variable, order = counts[0]
        if function.args[0] == variable and order <= 3:
            return f"{function.func.__name__}{chr(39) * int(order)}({_write(variable)[0]})"
    orders = ", ".join(_write(v)[0] if n == 1 else f"{_write(v)[0]}, {n}" for v, n in counts)
    return f"D({_write(e.expr)[0]}, {orders})"


def _subs(e: Any) -> str:
    body: Any
    body, variables, points = e.expr, e.variables, e.point
    if isinstance(body, Derivative) and isinstance(body.expr, AppliedUndef):
        counts: Any = body.variable_count
        if body.expr.args == tuple(variables) and len(counts) == 1 and counts[0][1] <= 3:
            primes = "'" * int(counts[0][1])
            return f"{body.expr.func.__name__}{primes}({_write(points[0])[0]})"
    taken = {s.name for s in e.expr.free_symbols | e.free_symbols if s not in variables}  # type: ignore[attr-defined]
    names = dict(zip(variables, free_symbols_named((v.name.lstrip("_") for v in variables), taken), strict=True))
    pairs = ", ".join(f"{names[v].name}, {_write(p)[0]}" for v, p in zip(variables, points, strict=True))
    return f"at({_write(body.xreplace(names))[0]}, {pairs})"


def _integral(e: Any) -> str:
    text = _write(e.function)[0]
    for limit in e.limits:
        if len(limit) == 2:
            raise Unsupported(f"an integral with one limit has no form in the text grammar: {e}")
        text = f"integral({text}, {_arguments(limit)})"
    return text
