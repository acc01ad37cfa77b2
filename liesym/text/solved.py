"""Bringing equations to the solved form x_i^(n_i) = F_i: linear exactly, polynomial by branches."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import comb, prod
from typing import Any

from sympy import (
    Add,
    Dummy,
    Expr,
    I,
    Integer,
    Matrix,
    Mul,
    Poly,
    PolynomialError,
    Pow,
    Rational,
    S,
    Symbol,
    acos,
    acosh,
    asin,
    asinh,
    atan,
    atanh,
    cancel,
    cos,
    cosh,
    exp,
    factor_list,
    factor_terms,
    gcd_list,
    log,
    sin,
    sinh,
    sqrt,
    tan,
    tanh,
    together,
)
from sympy import Integral as SympyIntegral
from sympy.core.function import AppliedUndef
from sympy.core.function import Derivative as SympyDerivative
from sympy.core.function import Subs as SympySubs
from sympy.polys.matrices import DomainMatrix
from sympy.polys.matrices.exceptions import DMNonInvertibleMatrixError

from liesym.base.jets import JetSpace, jet_symbol
from liesym.base.parameters import Parameter
from liesym.base.typed import argument, arguments_of, numbers_of, powers_in, replaced
from liesym.errors import NotSolvable
from liesym.text.reader import MAX_ORDER
from liesym.text.writer import write

MAX_BRANCHES = 64
LARGEST_DEGREE = 256
LARGEST_EXPANSION = 20_000
"""Terms that a factor may have once it is multiplied out: what is larger is not factored, which would not end."""
LARGEST_EXPONENT = 64
"""Numerators and denominators of exponents up to which a power is taken apart, u^(p/q) as the p-th power of u^(1/q)."""
_DIGITS = 40
_REAL_TRIES = 64
_OPAQUE = (AppliedUndef, SympyDerivative, SympySubs, SympyIntegral)
# one-to-one functions of a real argument; a sine has infinitely many solutions, and one must be written
_INVERSES: dict[Any, Any] = {
    exp: log, log: exp, sinh: asinh, asinh: sinh, tanh: atanh, atanh: tanh, asin: sin, acos: cos, atan: tan, acosh: cosh,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class SolvedForm:
    """Equations x_i^(n_i) = F_i(t, x, lower derivatives; θ) as they were read, before a system is made of them.

    Arguments:
        independent: the symbol t.
        unknowns: symbols x_1 … x_m.
        orders: n_1 … n_m, each at least 1.
        rhs: F_1 … F_m.
        parameters: what else was declared or occurs, in the order of the text.
        notes: what was assumed or chosen in solving, as sentences.
        nonzero: expressions that were divided by.
        decimals: numbers as they were typed, such as "0.0456"; in F they are exact.
    """

    independent: Symbol
    unknowns: tuple[Symbol, ...]
    orders: tuple[int, ...]
    rhs: tuple[Expr, ...]
    parameters: tuple[Parameter, ...] = ()
    notes: tuple[str, ...] = ()
    nonzero: tuple[Expr, ...] = ()
    decimals: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Residuals:
    """Equations F_i = 0 as they stand, solved for nothing.

    Arguments:
        space: t and the unknowns.
        expressions: F_i, in jet coordinates of any order.
        parameters: what else occurs, in the order of the text.
        notes: what was assumed, in sentences.
    """

    space: JetSpace
    expressions: tuple[Expr, ...]
    parameters: tuple[Parameter, ...]
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Difference:
    """One equation as left - right, with the words that name it in messages."""

    expression: Any
    label: str


@dataclass(frozen=True, slots=True)
class Branch:
    """One way to solve all equations: leading derivative -> value, and what was divided by."""

    values: tuple[tuple[Symbol, Expr], ...]
    nonzero: tuple[Expr, ...]

    def __getitem__(self, leading: Symbol) -> Expr:
        return dict(self.values)[leading]

    def __str__(self) -> str:
        return "; ".join(f"{s.name} = {write(v)}" for s, v in self.values)


def solve_for_leading(residuals: Sequence[Difference], leading: Sequence[Symbol]) -> tuple[Branch, ...]:
    """All real branches of the equations solved for the leading derivatives.

    Arguments:
        residuals: as many as leading derivatives.
        leading: the highest derivative x_i^(n_i) of each unknown.

    Returns:
        The branches, at most MAX_BRANCHES; one if every equation is linear in the leading derivatives.

    Raises:
        NotSolvable: an equation is not polynomial in them, the linear ones are singular, or none is real.
    """
    found: list[Branch] = []
    for values, nonzero in _branches(list(residuals), list(leading), {}, ()):
        branch = Branch(tuple((s, values[s]) for s in leading), tuple(dict.fromkeys(nonzero)))
        _check(branch, residuals)
        found.append(branch)
        if len(found) > MAX_BRANCHES:
            raise NotSolvable(f"the equations have more than {MAX_BRANCHES} branches; give them solved")
    if not found:
        raise NotSolvable(f"no real branch solves {residuals[0].label} for its highest derivative")
    return tuple(found)


def solved_form(
    equations: Sequence[tuple[Difference, tuple[int, int] | None, Expr]], space: JetSpace, branch: int | None
) -> SolvedForm:
    """The equations as given where they are solved already, else by algebra; parameters are left to the caller."""
    highest = [0] * len(space.unknowns)
    for residual, _, _ in equations:
        for symbol in residual.expression.free_symbols:
            place = space.locate(symbol, MAX_ORDER) if isinstance(symbol, Symbol) else None
            if place:
                highest[place[0]] = max(highest[place[0]], place[1])
    without = [x.name for x, k in zip(space.unknowns, highest, strict=True) if k == 0]
    if without:
        raise NotSolvable(f"the derivatives of {', '.join(without)} cancel; no equation determines them")
    leading = [jet_symbol(x, k) for x, k in zip(space.unknowns, highest, strict=True)]
    alone = {place: right for _, place, right in equations if place}
    wanted = list(enumerate(highest))
    if all(p in alone and not alone[p].has(*leading) for p in wanted):
        _check_branch(branch, 1, ())
        return SolvedForm(space.independent, space.unknowns, tuple(highest), tuple(alone[p] for p in wanted))
    branches = solve_for_leading([r for r, _, _ in equations], leading)
    _check_branch(branch, len(branches), branches)
    chosen = branches[branch or 0]
    notes = [f"assumed nonzero: {write(e)}" for e in chosen.nonzero]
    if len(branches) > 1:
        notes += [f"branch {i} of {len(branches)}: {b}" for i, b in enumerate(branches)]
        notes.append(f"branch {branch or 0} is taken" + ("" if branch is not None else "; choose another with branch="))
    rhs = tuple(chosen[s] for s in leading)
    return SolvedForm(space.independent, space.unknowns, tuple(highest), rhs, notes=tuple(notes), nonzero=chosen.nonzero)


def _check_branch(branch: int | None, count: int, branches: Sequence[Branch]) -> None:
    if branch is None or (isinstance(branch, int) and 0 <= branch < count):
        return
    listed = "".join(f"\n  {i}: {b}" for i, b in enumerate(branches))
    raise NotSolvable(f"there is no branch {branch}; the equations have {count}, counted from 0{listed}")


_State = tuple[dict[Symbol, Expr], tuple[Expr, ...]]


def _branches(
    left: list[Difference], open_: list[Symbol], values: dict[Symbol, Expr], nonzero: tuple[Expr, ...]
) -> Iterator[_State]:
    """Solve an equation in a single leading derivative first, insert it, go on; a linear block comes last."""
    if not open_:
        yield values, nonzero
        return
    held = [[s for s in open_ if r.expression.has(s)] for r in left]
    for residual, symbols in zip(left, held, strict=True):
        if not symbols:
            raise NotSolvable(
                f"{residual.label} cannot be solved for a highest derivative: it holds none that the other "
                f"equations leave open ({', '.join(s.name for s in open_)} are sought)"
            )
    single = [i for i, symbols in enumerate(held) if len(symbols) == 1]
    if not single:
        solution, determinant = _linear_block(left, open_)
        yield {**values, **solution}, (*nonzero, *determinant)
        return
    chosen = min(single, key=lambda i: not _is_linear(left[i].expression, held[i][0]))
    (symbol,) = held[chosen]
    others = [r for i, r in enumerate(left) if i != chosen]
    for value, divided in _roots(left[chosen], symbol):
        rest = [Difference(r.expression.xreplace({symbol: value}), r.label) for r in others]
        yield from _branches(rest, [s for s in open_ if s != symbol], {**values, symbol: value}, (*nonzero, *divided))


def _is_linear(expression: Expr, symbol: Symbol) -> bool:
    return not expression.diff(symbol).has(symbol)


def _roots(residual: Difference, symbol: Symbol) -> list[tuple[Expr, tuple[Expr, ...]]]:
    """(root, what was divided by) for each real root in closed form."""
    expression: Any = residual.expression
    if _is_linear(expression, symbol):
        return [_linear_root(residual, expression.diff(symbol), expression.xreplace({symbol: S.Zero}), symbol)]
    fraction: Any = together(expression)
    numerator = fraction.as_numer_denom()[0]
    polynomials = _polynomial_factors(numerator, residual, symbol)
    if polynomials is None:
        inverted = _inverted(numerator, symbol)
        if inverted is None:
            raise NotSolvable(
                f"{residual.label} is not polynomial in its highest derivative {symbol.name}; "
                f"write it solved, {symbol.name} = …"
            )
        return _real(_roots(Difference(inverted, residual.label), symbol), residual, symbol)
    found = [root for p in polynomials for root in _polynomial_roots(p, residual, symbol)]
    return _real(found, residual, symbol)


def _polynomial_factors(numerator: Expr, residual: Difference, symbol: Symbol) -> list[Poly] | None:
    """The factors that hold the symbol, None if they are no polynomials in it; decided before anything is multiplied out.

    Raises:
        NotSolvable: they would be too large.
    """
    if not numerator.is_polynomial(symbol):
        return None
    for factor in Mul.make_args(numerator):
        degree, terms = _expanded_size(factor.base if isinstance(factor, Pow) else factor, symbol)
        if degree > LARGEST_DEGREE or terms > LARGEST_EXPANSION:
            raise NotSolvable(
                f"{residual.label} is of degree {degree} in {symbol.name}, with about {terms} terms: too large to factor; "
                f"write the branch you mean as {symbol.name} = …"
            )
    powers = [p for p in powers_in(numerator) if not p.has(symbol) and _is_high(argument(p, 1))]
    names = {power: Dummy() for power in powers}
    back = {name: power for power, name in names.items()}
    try:
        factors = [f for f, _ in factor_list(replaced(numerator, names), expand=True)[1] if f.has(symbol)]
        return [Poly(replaced(f, back), symbol) for f in factors]
    except PolynomialError:
        return None


def _is_high(exponent: Expr) -> bool:
    """True too of one with symbols, which SymPy cannot compare when it sorts factors."""
    if exponent.free_symbols:
        return True
    return exponent.is_Rational and max(map(abs, numbers_of(exponent))) > LARGEST_EXPONENT


def _expanded_size(expression: Expr, symbol: Symbol) -> tuple[int, int]:
    """Bounds of the degree in the symbol and of the number of terms once a polynomial is multiplied out."""
    if isinstance(expression, Add | Mul):
        parts = [_expanded_size(part, symbol) for part in arguments_of(expression)]
        degrees, terms = zip(*parts, strict=True)
        return (max(degrees), sum(terms)) if isinstance(expression, Add) else (sum(degrees), prod(terms))
    if isinstance(expression, Pow) and expression.exp.is_Integer and expression.exp.is_positive:
        power = int(expression.exp)
        degree, count = _expanded_size(argument(expression), symbol)
        # binomials of large numbers are large numbers: the limit alone matters
        return power * degree, comb(count + power - 1, power) if count > 1 and power <= LARGEST_DEGREE else count
    return int(expression == symbol), 1


def _real(
    found: list[tuple[Expr, tuple[Expr, ...]]], residual: Difference, symbol: Symbol
) -> list[tuple[Expr, tuple[Expr, ...]]]:
    """Those that are real somewhere, as far as trying tells."""
    real = [(value, divided) for value, divided in found if not value.has(I) and _is_real_somewhere(value)]
    if not real:
        raise NotSolvable(f"{residual.label} has no real solution for {symbol.name}")
    return real


def _is_real_somewhere(expression: Expr) -> bool:
    """False where the expression has an imaginary part at each of many points, of either sign and of all sizes."""
    if not expression.has(Pow, *_INVERSES) or expression.has(*_OPAQUE):
        return not expression.has(S.ComplexInfinity, S.NaN, S.Infinity, S.NegativeInfinity)
    generator = random.Random(20_261)
    symbols = sorted(expression.free_symbols, key=str)
    for _ in range(_REAL_TRIES):
        point = {
            v: generator.choice((1, -1)) * Rational(generator.randint(1, 999), generator.choice((10, 1000))) for v in symbols
        }
        value = expression.xreplace(point).evalf(15)
        if value.is_Float or value.is_Rational or (value.is_number and abs(value.as_real_imag()[1]) < Rational(1, 10**9)):
            return True
    return False


def _inverted(expression: Expr, symbol: Symbol) -> Expr | None:
    """u - g⁻¹(-b/a) for a g(u) + b with a one-to-one function g, where only u holds the symbol."""
    for node in expression.atoms(*_INVERSES):
        mark = Dummy()
        marked = expression.xreplace({node: mark})
        slope = marked.diff(mark)
        if not marked.has(symbol) and not slope.has(mark):
            return node.args[0] - _INVERSES[node.func](cancel(-marked.xreplace({mark: S.Zero}) / slope))
    return None


def _linear_root(residual: Difference, slope: Expr, rest: Expr, symbol: Symbol) -> tuple[Expr, tuple[Expr, ...]]:
    if vanishes(slope):
        raise NotSolvable(f"{residual.label}: the coefficient {write(slope)} of {symbol.name} vanishes identically")
    if slope.is_number:
        return Add(*(-term / slope for term in Add.make_args(rest))), ()
    return -rest / slope, (slope,)


def _polynomial_roots(p: Poly, residual: Difference, symbol: Symbol) -> list[tuple[Expr, tuple[Expr, ...]]]:
    degree, coefficients = p.degree(), p.all_coeffs()
    first = coefficients[0]
    divided = () if first.is_number else (first,)
    if degree == 1:
        return [_linear_root(residual, first, coefficients[1], symbol)]
    if degree == 2:
        half, constant = cancel(coefficients[1] / (2 * first)), cancel(coefficients[2] / first)
        root = _square_root(cancel(half**2 - constant))
        return [(-half + root, divided), (-half - root, divided)]
    step = gcd_list([Integer(m[0]) for m in p.monoms()])
    if degree == 2 * step:
        inner = Poly(sum(c * symbol ** (m[0] / step) for m, c in p.terms()), symbol)
        powers = [value for value, _ in _polynomial_roots(inner, residual, symbol)]
        signs = (1, -1) if step % 2 == 0 else (1,)
        return [(sign * value ** Rational(1, step), divided) for value in powers for sign in signs]
    if any(coefficients[1:-1]):
        raise NotSolvable(
            f"{residual.label} is of degree {degree} in {symbol.name} and does not factor; "
            f"write the branch you mean as {symbol.name} = …"
        )
    root = cancel(-coefficients[-1] / first) ** Rational(1, degree)
    return [(root, divided)] if degree % 2 else [(root, divided), (-root, divided)]


def _square_root(value: Expr) -> Expr:
    """One of both roots, squares taken from under it without an absolute value: smooth where they change sign."""
    named = {power: Dummy() for power in powers_in(value) if _is_high(argument(power, 1))}
    back = {name: power for power, name in named.items()}
    outside = S.One
    for part, sign in zip(replaced(value, named).as_numer_denom(), (1, -1), strict=True):
        for factor, power in factor_list(part)[1]:
            outside *= replaced(factor, back) ** (sign * (power // 2))
    return outside * sqrt(factor_terms(cancel(value / outside**2)))


def _linear_block(left: list[Difference], leading: list[Symbol]) -> tuple[dict[Symbol, Expr], tuple[Expr, ...]]:
    """Solve A L = -b exactly over the fraction field of what occurs in A and b."""
    for r in left:
        for s in leading:
            slope = r.expression.diff(s)
            if any(slope.has(other) for other in leading):
                raise NotSolvable(
                    f"{r.label} is not linear in {s.name}, and holds other highest derivatives too; "
                    "write the system solved for its highest derivatives"
                )
    a = Matrix([[r.expression.diff(s) for s in leading] for r in left])
    zero = dict.fromkeys(leading, S.Zero)
    b = Matrix([-r.expression.xreplace(zero) for r in left])
    joined = DomainMatrix.from_Matrix(a.row_join(b)).to_field()
    n = len(leading)
    square, side = joined[:, :n], joined[:, n:]
    names = ", ".join(s.name for s in leading)
    singular = NotSolvable(
        f"the equations cannot be solved for {names}: their coefficients are linearly dependent "
        f"in {'; '.join(r.label for r in left)}"
    )
    determinant = square.domain.to_sympy(square.det())
    if determinant == 0 or vanishes(determinant):
        raise singular
    try:
        solution = square.lu_solve(side).to_Matrix()
    except DMNonInvertibleMatrixError:
        raise singular from None
    return dict(zip(leading, solution, strict=True)), () if determinant.is_number else (determinant,)


# -- a zero test by values ----------------------------------------------------------------------


def vanishes(expression: Expr) -> bool:
    """True if the expression is zero wherever it was tried, at high precision; False is then certain.

    Arbitrary functions and their derivatives take independent random values.
    """
    if expression.is_number:
        return bool(abs(expression.evalf(_DIGITS)) < Rational(1, 10) ** (_DIGITS // 2))
    tries = [abs(v) for v in _values(expression) if v is not None]
    return bool(tries) and all(v < Rational(1, 10) ** (_DIGITS // 2) for v in tries)


def _values(expression: Any) -> Iterator[Expr | None]:
    generator = random.Random(20_260)
    opaque = expression.atoms(*_OPAQUE)
    for lower, upper in ((100, 300), (300, 900), (1100, 2900), (10, 90)):
        stand_in = {o: Rational(generator.randint(lower, upper), 997) for o in sorted(opaque, key=str)}
        plain = expression.xreplace(stand_in)
        point = {s: Rational(generator.randint(lower, upper), 1009) for s in sorted(plain.free_symbols, key=str)}
        value = plain.xreplace(point).evalf(_DIGITS)
        yield value if value.is_Float or value.is_Rational or value.as_real_imag()[0].is_Float else None


def _check(branch: Branch, residuals: Sequence[Difference]) -> None:
    """Insert the solution into the equations: each must vanish wherever it is tried."""
    values: Mapping[Symbol, Expr] = dict(branch.values)
    for residual in residuals:
        inserted = residual.expression.xreplace(dict(values))
        tries = [abs(v) for v in _values(inserted) if v is not None]
        if tries and min(tries) > Rational(1, 10) ** (_DIGITS // 2):
            raise NotSolvable(f"{residual.label} could not be solved reliably; write it in solved form")
