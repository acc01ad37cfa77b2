"""Statements held against numbers: an evaluator of the text, and power series of real numbers (`real_series`).

Nothing symbolic is differentiated here, and no formula of prolongation is used. The solution through a point (t, x, x', …)
is a power series, and what is stated is a series along it. An integral is constant. A generator (ξ, η) has the
characteristic Q_i = η_i - ξ x_i', which solves the equations of variation Q_i^(n_i) = Σ ∂F_i/∂x_j^(k) Q_j^(k).
Source: Olver 1993, section 5.1.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import factorial
from typing import Any

import mpmath
from mpmath import mpf
from real_series import Evaluator, Series, Undecided
from sympy import Add, Basic, Derivative, Expr, Subs, Symbol
from sympy.core.function import AppliedUndef
from sympy.core.relational import Relational

from liesym import Generator, ODESystem
from liesym.base.jets import jet_symbol
from liesym.testing.values import NoValue

DIGITS = 50
"""What seems false is computed a second time with twice as many: what is zero becomes smaller with them."""
TOLERANCE, SHRINKS = mpf(10) ** -18, mpf(10) ** -20
Values = dict[Symbol, Any]


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


def readable(expression: Any) -> Any:
    """With a smooth function for each arbitrary one; None if something is left that has no value."""
    for kind in sorted({f.func for f in expression.atoms(AppliedUndef)}, key=lambda f: f.__name__):
        shift = len(kind.__name__)

        def sample(*arguments: Expr, shift: int = shift) -> Expr:
            return Add(shift, *(k * u**2 + u**3 / shift for k, u in enumerate(arguments, start=2)))

        expression = expression.replace(kind, sample).doit(integrals=False)
    return None if expression.has(AppliedUndef, Derivative, Subs) else expression


def coordinates(system: ODESystem) -> list[list[Symbol]]:
    """x_i, x_i', … below the order, for each unknown."""
    return [[jet_symbol(x, k) for k in range(n)] for x, n in zip(system.unknowns, system.orders, strict=True)]


def solution_through(system: ODESystem, p: Values, order: int) -> dict[Symbol, Series]:
    """The series of t and of all x_i^(k) below the order along the solution through a point.

    Arguments:
        order: up to which x_i^(n_i - 1), and with it every other, is known.
    """
    rows = coordinates(system)
    known: dict[Symbol, Series] = {system.independent: [p[system.independent], mpf(1)]}
    known |= {
        s: [p[following] / factorial(k) for k, following in enumerate(row[j:])] for row in rows for j, s in enumerate(row)
    }
    for n in range(order):
        at = Evaluator({**p, **known}, n)
        for row, f in zip(rows, [at(f)[n] for f in system.rhs], strict=True):
            coefficient = f / (n + 1)  # of s^(n+1) in the highest of the row
            for back, s in enumerate(reversed(row)):
                if back:
                    coefficient /= n + 1 + back
                known[s] = [*known[s], coefficient]
    return known


def error_of_integral(integral: Expr, system: ODESystem, p: Values) -> tuple[Any, Any]:
    """(D_V I, the size of its terms) at a point."""
    known = solution_through(system, p, 1)
    total = Evaluator({**p, **known}, 1)(integral)[1]
    moving = [(s, row[:2]) for s, row in known.items() if integral.has(s)]
    parts = [Evaluator({**p, s: row}, 1)(integral)[1] for s, row in moving]
    return abs(total), mpmath.fsum(abs(e) for e in parts)


def error_of_generator(components: Sequence[Expr], system: ODESystem, p: Values) -> tuple[Any, Any]:
    """(the largest remainder of the equations of variation, the size of its terms) at a point."""
    rows, order = coordinates(system), max(system.orders)
    known = solution_through(system, p, order + 1)
    at = Evaluator({**p, **known}, order)
    xi, *etas = map(at, components)
    moved = mpmath.fsum(abs(c[0]) for c in (xi, *etas)) * (1 + max(abs(row[1]) for row in known.values()))
    chains = []
    for eta, row in zip(etas, rows, strict=True):
        speed = [(k + 1) * known[row[0]][k + 1] for k in range(order + 1)]
        characteristic = [e - mpmath.fsum(xi[j] * speed[k - j] for j in range(k + 1)) for k, e in enumerate(eta)]
        chains.append([factorial(k) * c for k, c in enumerate(characteristic)])
    pushed = {s: [p[s], q] for row, chain in zip(rows, chains, strict=True) for s, q in zip(row, chain, strict=False)}
    found = []
    for rhs, row, chain in zip(system.rhs, rows, chains, strict=True):
        own = chain[len(row)]
        parts = [Evaluator({**p, s: by}, 1)(rhs)[1] for s, by in pushed.items() if rhs.has(s)]
        size = abs(own) + mpmath.fsum(abs(e) for e in parts) + moved
        found.append((abs(own - Evaluator({**p, **pushed}, 1)(rhs)[1]), size))
    return max(found, key=lambda e: e[0] / (e[1] + mpf("1e-30")))


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


@dataclass(frozen=True, slots=True)
class Verdict:
    """What points say of a statement.

    Arguments:
        right: how many points at which it is true.
        wrong: a line for each at which it is false, or not real where the equations are.
        undecided: why points say nothing, and why there are none.
    """

    right: int = 0
    wrong: tuple[str, ...] = ()
    undecided: tuple[str, ...] = ()

    @property
    def is_none(self) -> bool:
        """True if no point says anything."""
        return not (self.right or self.wrong)


def verdict(
    statement: Sequence[Expr], on: Sequence[Basic], system: ODESystem, *, count: int = 60, enough: int = 10, seed: int = 0
) -> Verdict:
    """An integral (one expression) or a generator (one for t and for each unknown) at real points.

    Points at which the equations are not real, or `on` does not hold, do not count.

    Arguments:
        on: what is positive, or relations that hold.
    """
    plain = [readable(e) for e in (*statement, *on)]
    rhs = [readable(f) for f in system.rhs]
    if None in plain or None in rhs:
        return Verdict(undecided=("derivatives of arbitrary functions",))
    stated, where = plain[: len(statement)], plain[len(statement) :]
    known = ODESystem(system.independent, system.unknowns, system.orders, tuple(rhs))
    jets = [s for row in coordinates(known) for s in row]
    symbols = {known.independent, *jets, *(s for e in (*plain, *rhs) for s in e.free_symbols)}
    right, wrong, undecided = 0, [], []
    for p in points(symbols, count, seed):
        if right + len(wrong) >= enough:
            break
        try:
            if not _inside(known, where, p):
                continue
            if _holds(stated, known, p):
                right += 1
            else:
                wrong.append(f"false at {_told(p)}")
        except Undecided as error:
            undecided.append(str(error))
        except NoValue as error:
            wrong.append(f"no value ({error}) at {_told(p)}")
    return Verdict(right, tuple(wrong), tuple(undecided or ("no real point",)))


def _told(p: Values) -> dict[str, float]:
    return {str(s): float(v) for s, v in p.items()}


def _inside(system: ODESystem, where: Sequence[Basic], p: Values) -> bool:
    """Whether the equations are real at a point, and the statement speaks of it."""
    with mpmath.workdps(DIGITS):
        try:
            solution_through(system, p, 1)
            at = Evaluator(p, 0)
            return all(at.holds(c) if isinstance(c, Relational) else at(c)[0] > 1e-6 for c in where)
        except NoValue:
            return False


def _holds(stated: Sequence[Any], system: ODESystem, p: Values) -> bool:
    measured = []
    for digits in (DIGITS, 2 * DIGITS):
        with mpmath.workdps(digits):
            look = error_of_integral(stated[0], system, p) if len(stated) == 1 else error_of_generator(stated, system, p)
        error, size = look
        if error <= TOLERANCE * (size + mpf("1e-6")):
            return True
        measured.append(error)
    return bool(measured[1] <= SHRINKS * measured[0])


def faults(statement: Sequence[Expr], on: Sequence[Basic], system: ODESystem, **how: int) -> list[str]:
    """What is wrong with an integral or a generator; empty if it is right at all points that say something."""
    return list(verdict(statement, on, system, **how).wrong)


def verdict_of_generator(generator: Generator, system: ODESystem, **how: int) -> Verdict:
    """`verdict` of a generator; none if its components hold functions that equations define."""
    if generator.definitions:
        return Verdict(undecided=("functions that equations define",))
    return verdict(generator.components, generator.on, system, **how)


def faults_of_generator(generator: Generator, system: ODESystem, **how: int) -> list[str]:
    """What is wrong with a generator."""
    return list(verdict_of_generator(generator, system, **how).wrong)
