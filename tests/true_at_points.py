"""Statements held against numbers: an evaluator of the text, and derivatives that are differences.

Nothing symbolic is differentiated here, and no formula of prolongation is used. A point p of the phase space (t, x, x', …)
moves with V = (1, x', …, F); D_V f(p) is the central difference of f along V(p). An integral has D_V I = 0. A generator
(ξ, η) has the characteristic Q_i = η_i - ξ x_i', which along solutions solves the equations of variation
D_V^n_i Q_i = Σ ∂F_i/∂x_j^(k) D_V^k Q_j. Source: Olver 1993, section 5.1.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Any

import mpmath
from mpmath import mpf
from sympy import Add, Derivative, Expr, Integral, Subs, Symbol
from sympy.core.function import AppliedUndef

from liesym import Generator, ODESystem
from liesym.base.jets import jet_symbol
from liesym.testing.values import NoValue, value_at

DIGITS, STEP = 50, "1e-12"
AGAIN = (90, "1e-22")
"""Digits and steps of differences; what fails is computed a second time with the second pair."""
TOLERANCE = 1e-9
STEEP = 1e-5
"""A step that moves a coordinate by more than this part of it is no step of a derivative."""
Values = dict[Symbol, Any]
Function = Callable[[Values], Any]


# -- the text ----------------------------------------------------------------------------------------


class Real:
    """A real number in the conventions of the grammar: what is not real and finite has no value."""

    def __init__(self, value: Any) -> None:
        if isinstance(value, mpmath.mpc):
            if abs(value.imag) > 1e-25 * (1 + abs(value.real)):
                raise NoValue("not real")
            value = value.real
        if not mpmath.isfinite(value):
            raise NoValue("not finite")
        self.value = mpf(value)

    def __add__(self, other: Real) -> Real:
        return Real(self.value + other.value)

    def __sub__(self, other: Real) -> Real:
        return Real(self.value - other.value)

    def __mul__(self, other: Real) -> Real:
        return Real(self.value * other.value)

    def __truediv__(self, other: Real) -> Real:
        if other.value == 0:
            raise NoValue("division by zero")
        return Real(self.value / other.value)

    def __neg__(self) -> Real:
        return Real(-self.value)

    def __pos__(self) -> Real:
        return self

    def __pow__(self, other: Real) -> Real:
        base, exponent = self.value, other.value
        if exponent == int(exponent):
            if base == 0 and exponent < 0:
                raise NoValue("division by zero")
            return Real(base ** int(exponent))
        if base < 0 or (base == 0 and exponent < 0):
            raise NoValue("a power of a negative number")
        return Real(base**exponent)


ORDINARY = [
    "exp",
    "sin",
    "cos",
    "tan",
    "cot",
    "sec",
    "csc",
    "asin",
    "acos",
    "atan",
    "asec",
    "acsc",
    "sinh",
    "cosh",
    "tanh",
    "coth",
    "asinh",
    "acosh",
    "atanh",
    "acoth",
    "sqrt",
    "log",
]


def _real_function(name: str) -> Callable[[Real], Real]:
    function = getattr(mpmath.mp, name)
    return lambda u: Real(function(u.value))


FUNCTIONS: dict[str, Callable[[Real], Real]] = {
    **{name: _real_function(name) for name in ORDINARY},
    "abs": lambda u: Real(abs(u.value)),
    "sign": lambda u: Real(mpmath.sign(u.value)),
    "acot": lambda u: Real(mpmath.atan(1 / u.value)),
}
"""Real functions; acot(u) = atan(1/u)."""


def value_of_text(text: str, values: Mapping[str, Any]) -> Any:
    """The real value of an expression of the grammar; names with primes as in "y'", numbers whole.

    Arguments:
        text: written by a test, with functions of one argument only.
        values: of each name that occurs.

    Raises:
        NoValue: it is not real and finite there.
    """
    code = re.sub(r"(?<![\w.])(\d+)(?![\w.])", r"_n(\1)", text).replace("^", "**")
    code = re.sub(r"([A-Za-z]\w*)('+)", lambda m: m[1] + "_" * len(m[2]), code)
    names = {name.replace("'", "_"): Real(mpf(v)) for name, v in values.items()}
    scope = {**FUNCTIONS, **names, "_n": lambda n: Real(mpf(n)), "pi": Real(mpmath.pi)}
    try:
        return eval(code, {"__builtins__": {}}, scope).value
    except (ZeroDivisionError, OverflowError, ValueError) as error:
        raise NoValue(str(error)) from None


# -- statements --------------------------------------------------------------------------------------


def readable(expression: Expr) -> Expr | None:
    """With a smooth function for each arbitrary one; None if something is left that has no value."""
    for kind in sorted({f.func for f in expression.atoms(AppliedUndef)}, key=lambda f: f.__name__):
        shift = len(kind.__name__)

        def sample(*arguments: Expr, shift: int = shift) -> Expr:
            return Add(shift, *(k * u**2 + u**3 / shift for k, u in enumerate(arguments, start=2)))

        expression = expression.replace(kind, sample)  # type: ignore[assignment]
        expression = expression.doit()
    return None if expression.has(AppliedUndef, Derivative, Subs, Integral) else expression


def coordinates(system: ODESystem) -> list[list[Symbol]]:
    """x_i, x_i', … below the order, for each unknown."""
    return [[jet_symbol(x, k) for k in range(n)] for x, n in zip(system.unknowns, system.orders, strict=True)]


def _along(f: Function, field: Callable[[Values], Values], step: Any) -> Function:
    """p -> D_V f(p), where f may be real on one side of p only if it is real on both."""

    def slope(p: Values) -> Any:
        v = field(p)
        if any(abs(step * w) > STEEP * (1 + abs(p[s])) for s, w in v.items()):
            raise NoValue("too steep for a difference")
        ahead, behind = ({**p, **{s: p[s] + sign * step * w for s, w in v.items()}} for sign in (1, -1))
        return (f(ahead) - f(behind)) / (2 * step)

    return slope


def _field(system: ODESystem, rhs: Sequence[Expr]) -> Callable[[Values], Values]:
    rows = coordinates(system)

    def field(p: Values) -> Values:
        rates: Values = {system.independent: mpf(1)}
        for row, f in zip(rows, rhs, strict=True):
            rates |= {s: p[following] for s, following in pairwise(row)}
            rates[row[-1]] = value_at(f, p)
        return rates

    return field


def error_of_integral(integral: Expr, system: ODESystem, p: Values, step: Any) -> tuple[Any, Any]:
    """(D_V I, the size of its terms) at a point."""
    field = _field(system, system.rhs)
    total = _along(lambda q: value_at(integral, q), field, step)(p)
    parts = [
        _along(lambda q: value_at(integral, q), lambda q, s=s, w=w: {s: w}, step)(p)
        for s, w in field(p).items()
        if integral.has(s)
    ]
    return total, mpmath.fsum(abs(e) for e in parts)


def error_of_generator(components: Sequence[Expr], system: ODESystem, p: Values, step: Any) -> tuple[Any, Any]:
    """(the largest remainder of the equations of variation, the size of its terms) at a point."""
    field, rows = _field(system, system.rhs), coordinates(system)
    xi, *etas = components
    chains: list[list[Function]] = []
    for eta, row in zip(etas, rows, strict=True):

        def characteristic(q: Values, eta: Expr = eta, first: Symbol = row[0]) -> Any:
            return value_at(eta, q) - value_at(xi, q) * field(q)[first]

        chain: list[Function] = [characteristic]
        for _ in row:
            chain.append(_along(chain[-1], field, step))
        chains.append(chain)
    rates = [[f(p) for f in chain] for chain in chains]
    worst = (mpf(0), mpf(1))
    speed = 1 + max(abs(w) for w in field(p).values())
    moved = mpmath.fsum(abs(value_at(c, p)) for c in components) * speed
    for rhs, own in zip(system.rhs, rates, strict=True):
        terms = [own[-1]]
        for row, values in zip(rows, rates, strict=True):
            for s, value in zip(row, values[:-1], strict=True):
                if rhs.has(s):
                    terms.append(-_along(lambda q, f=rhs: value_at(f, q), lambda q, s=s: {s: mpf(1)}, step)(p) * value)
        size = mpmath.fsum(abs(e) for e in terms) + moved
        found = (abs(mpmath.fsum(terms)), size)
        worst = max(worst, found, key=lambda e: e[0] / (e[1] + mpf("1e-30")))
    return worst


# -- points ------------------------------------------------------------------------------------------


def points(symbols: Iterable[Symbol], count: int, seed: int = 0) -> Iterator[Values]:
    """Points with values of both signs, as the assumptions of the symbols allow."""
    source = random.Random(seed)
    ordered = sorted(symbols, key=str)
    for k in range(count):
        size = (0.4, 1.0, 2.5)[k % 3]
        yield {
            s: mpf(source.randint(1, 4) if s.is_integer else source.lognormvariate(0, 0.6) * size)
            * (1 if s.is_positive or source.random() < 0.5 else -1)
            for s in ordered
        }


def faults(
    statement: Sequence[Expr], on: Sequence[Expr], system: ODESystem, *, count: int = 40, enough: int = 12, seed: int = 0
) -> list[str]:
    """What is wrong with an integral (one expression) or a generator (one for t and for each unknown) at real points.

    Points at which the equations are not real, or `on` does not hold, do not count.

    Returns:
        One line for each point at which it is false, or not real; empty if it is right at all, or cannot be read.
    """
    plain = [readable(e) for e in (*statement, *on)]
    rhs = [readable(f) for f in system.rhs]
    if None in plain or None in rhs:
        return []
    stated, where = plain[: len(statement)], plain[len(statement) :]
    known = ODESystem(system.independent, system.unknowns, system.orders, tuple(f for f in rhs if f is not None))
    jets = [s for row in coordinates(known) for s in row]
    symbols = {known.independent, *jets, *(s for e in (*plain, *rhs) if e is not None for s in e.free_symbols)}
    wrong, seen = [], 0
    for p in points(symbols, count, seed):
        if seen >= enough:
            break
        try:
            with mpmath.workdps(DIGITS):
                _field(known, known.rhs)(p)
                if not all(value_at(c, p) > 1e-6 for c in where if c is not None):
                    continue
        except NoValue:
            continue
        seen += 1
        told = {str(s): float(v) for s, v in p.items()}
        try:
            if all(not _holds(stated, known, p, digits, step) for digits, step in ((DIGITS, STEP), AGAIN)):
                wrong.append(f"false at {told}")
        except NoValue as error:
            wrong.append(f"no value ({error}) at {told}")
    return wrong


def _holds(stated: Sequence[Any], system: ODESystem, p: Values, digits: int, step: str) -> bool:
    with mpmath.workdps(digits + 15 * (system.order - 1)):
        measure = error_of_integral(stated[0], system, p, mpf(step)) if len(stated) == 1 else None
        error, size = measure or error_of_generator(stated, system, p, mpf(step))
        return bool(abs(error) <= TOLERANCE * (size + mpf("1e-6")))


def faults_of_generator(generator: Generator, system: ODESystem, **how: int) -> list[str]:
    """`faults` of a generator; none if its components hold functions that equations define."""
    return [] if generator.definitions else faults(generator.components, generator.on, system, **how)
