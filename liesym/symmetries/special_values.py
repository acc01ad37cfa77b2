"""Special values of parameters: where the dimension of the symmetry algebra differs from the generic one.

In: a system with parameters and its generic dimension. Out: candidate values, each with the dimension that a count of power
series at that value proves. A value can be special only where something that the generic computation took for nonzero
vanishes, or where two monomials that it took for different become one; so candidates are the roots of every factor of what
the generic computation divided by, those of factors b^(a k + c) - d too, the values at which an exponent is a small
half-integer, and the small half-integers themselves. What is none of these is not looked for, and the answer says so.
Sources: Reid 1991, section 4; Lisle and Reid 2006.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from sympy import Add, Expr, Integer, Mul, Poly, Pow, Rational, S, Symbol, exp, log, sqrt
from sympy.polys.polyerrors import PolynomialError

from liesym.base.budget import Budget
from liesym.base.factors import factored
from liesym.certify import certified
from liesym.errors import LiesymError
from liesym.model.system import ODESystem

SMALL = tuple(Rational(n, 2) for n in range(-8, 9))
"""Values at which parameters, and exponents that hold them, are tried: half-integers from -4 to 4."""


@dataclass(frozen=True, slots=True)
class SpecialValue:
    """A value of one parameter at which the dimension is another.

    Arguments:
        symbol, value: symbol = value, the value an expression in the other parameters.
        dimension: proven by a count of power series at the value.
    """

    symbol: Symbol
    value: Expr
    dimension: int


@dataclass(frozen=True, slots=True)
class SpecialValues:
    """What was found, and within what.

    Arguments:
        values: the special ones.
        undecided: candidates whose count did not close.
        within: one sentence that says what was looked at.
        stopped: True if it was time that left candidates undecided.
    """

    values: tuple[SpecialValue, ...]
    undecided: tuple[tuple[Symbol, Expr], ...]
    within: str
    stopped: bool = False


def special_values(system: ODESystem, generic: int, factors: Iterable[Expr], budget: Budget) -> SpecialValues:
    """Count the dimension at every candidate.

    Arguments:
        system: of order 2 or more in every equation.
        generic: its dimension at generic parameters.
        factors: expressions in the parameters that the generic computation took for nonzero.
        budget: no value is begun after it.
    """
    cut = False
    found: list[SpecialValue] = []
    undecided: list[tuple[Symbol, Expr]] = []
    candidates = list(dict.fromkeys(_candidates(system, factors)))
    skipped = 0
    for place, (symbol, value) in enumerate(candidates):
        if budget.over:
            skipped += 1
            continue
        limit = budget.share(4 / (4 + len(candidates) - place))
        count = _dimension_at(system, symbol, value, limit)
        if count is None:
            cut = cut or limit.over
            undecided.append((symbol, value))
        elif count != generic:
            found.append(SpecialValue(symbol, value, count))
    within = (
        "looked at every root of the factors that the generic computation divided by, and where a parameter or an exponent "
        "is a half-integer from -4 to 4, one parameter at a time"
    )
    if skipped or undecided:
        within = (
            f"list may be short: {skipped + len(undecided)} of {len(candidates)} candidate values were not decided; {within}"
        )
    return SpecialValues(tuple(found), tuple(undecided), within, cut or skipped > 0)


def _dimension_at(system: ODESystem, symbol: Symbol, value: Expr, budget: Budget) -> int | None:
    """The dimension at symbol = value if a count proves it."""
    try:
        special = system.subs({symbol: value})
        if not special.is_finite_type or any(f.has(S.NaN, S.ComplexInfinity, S.Infinity) for f in special.rhs):
            return None
        found, _ = certified(special, budget, structure=False)
    except (LiesymError, ArithmeticError):
        return None
    return found.bound if found.exact else None


# -- candidates --------------------------------------------------------------------------------------


def _candidates(system: ODESystem, factors: Iterable[Expr]) -> Iterator[tuple[Symbol, Expr]]:
    parameters = system.parameter_symbols
    for factor in dict.fromkeys(factors):
        for symbol in parameters:
            if factor.has(symbol):
                yield from ((symbol, v) for v in roots_in(factor, symbol))
    for symbol in parameters:
        yield from ((symbol, value) for value in SMALL)
    for exponent in _exponents(system.rhs, parameters):
        for symbol in parameters:
            if exponent.has(symbol):
                for degree in SMALL:
                    yield from ((symbol, v) for v in roots_in(exponent - degree, symbol))


def _exponents(expressions: Sequence[Expr], parameters: Sequence[Symbol]) -> list[Expr]:
    """Exponents that hold parameters, of bases that are no numbers."""
    found: dict[Expr, None] = {}
    for expression in expressions:
        for power in sorted(expression.atoms(Pow), key=str):
            if not power.base.is_number and power.exp.free_symbols & set(parameters):
                found.setdefault(power.exp)
    return list(found)


def roots_in(expression: Expr, symbol: Symbol) -> list[Expr]:
    """Values of the symbol that make the expression vanish: of polynomials (degree 1 and 2, and rational roots), and of
    one power or exponential with a linear exponent beside what is free of the symbol.
    """
    try:
        poly = Poly(expression.together().as_numer_denom()[0], symbol)
    except PolynomialError:
        return _root_of_power(expression, symbol)
    if any(c.has(symbol) for c in poly.all_coeffs()):
        return _root_of_power(expression, symbol)
    roots: list[Expr] = []
    for factor, _ in poly.factor_list()[1]:
        coefficients = factor.all_coeffs()
        if factor.degree() == 1:
            roots.append((-coefficients[1] / coefficients[0]).expand())
        elif factor.degree() == 2:
            a, b, c = coefficients
            square = sqrt(factored(b * b - 4 * a * c))
            if square.is_real is not False:
                roots += [((-b + s * square) / (2 * a)).expand() for s in (1, -1)]
    return roots


def _root_of_power(expression: Expr, symbol: Symbol) -> list[Expr]:
    """The k with A b^(m k + n) + C = 0, for numbers A, b, C, m, n, if it is rational."""
    terms = Add.make_args(expression.expand(power_exp=False))
    moving = [t for t in terms if t.has(symbol)]
    rest = -Add(*(t for t in terms if not t.has(symbol)))
    if len(moving) != 1 or not rest.is_number or not rest.is_positive:
        return []
    powers = [f for f in Mul.make_args(moving[0]) if f.has(symbol)]
    factor = moving[0] / Mul(*powers)
    if len(powers) != 1 or not factor.is_number or not isinstance(powers[0], Pow | exp):
        return []
    base, exponent = powers[0].as_base_exp()
    if not base.is_number or not base.is_positive or not exponent.is_polynomial(symbol):
        return []
    target = rest / factor
    if not target.is_positive or base == S.One:
        return []
    degree = log(target).evalf(30) / log(base).evalf(30)
    near = Rational(str(round(float(degree) * 12))) / 12 if abs(degree) < 10**6 else Integer(0)
    if base**near != target:
        return []
    return roots_in(exponent - near, symbol)
