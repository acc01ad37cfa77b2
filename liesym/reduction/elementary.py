"""First-order equations that are solved by a textbook's substitution: linear, Bernoulli, Riccati, separable, homogeneous,
of a sum.

    y' = p y + q                y = e^P (C + ∫ e^-P q dx),  P = ∫ p dx
    y' = p y + q y^n            u = y^(1-n),  u' = (1-n)(p u + q)
    y' = a y² + b y + c         y - y_1 = 1/u,  u' = -(b + 2 a y_1) u - a;  with constant a, b, c by the sign of b² - 4 a c
    y' = f(x) g(y)              ∫ dy/g = ∫ f dx + C
    y' = g(y/x)                 u = y/x,  ∫ du/(g(u) - u) = log|x| + C
    y' = g(y + m x)             u = y + m x,  ∫ du/(g(u) + m) = x + C

Nothing here is checked: every value is substituted by whoever asks for it. Source: Ince 1956, chapter 2.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import product
from math import gcd, lcm

from sympy import (
    Abs,
    Add,
    Derivative,
    Dummy,
    Expr,
    I,
    Integer,
    Integral,
    Mul,
    Poly,
    Pow,
    Rational,
    S,
    Symbol,
    cancel,
    exp,
    factor_terms,
    log,
    powsimp,
    sqrt,
    tan,
)
from sympy.core.function import AppliedUndef
from sympy.polys.polyerrors import PolynomialError

from liesym.base.budget import UNLIMITED, Budget
from liesym.base.factors import factored
from liesym.base.typed import argument, denominator_of, expr, powers_in, replaced
from liesym.coefficients import Field
from liesym.coefficients.joined import with_joined_roots
from liesym.coefficients.lattice import NeedsRefinement
from liesym.errors import Unsupported
from liesym.model.system import ODESystem
from liesym.reduction.first_steps import (
    bernoulli_steps,
    constant_riccati_steps,
    homogeneous_steps,
    linear_steps,
    riccati_steps,
    separated_steps,
    sum_steps,
)
from liesym.reduction.quadrature import antiderivative, constants_for, with_limits
from liesym.reduction.solution import solves
from liesym.reduction.steps import Step
from liesym.solving.algebraic import solve_for
from liesym.testing.second_look import with_absolute_values

PLACES = (S.Zero, S.One, Integer(2), Rational(1, 2), Integer(-1))
LARGEST_EXPONENT = 6
"""Of a product of powers that takes the place of a sum of logarithms."""
LARGEST_PRODUCT = 200
"""Operations of a right side that is factored into one of x and one of y."""
MOST_LOGARITHMS = 2
"""Whose two sides are written apart."""
POWERS = range(-2, 4)
"""Exponents of the powers c x^k that are tried as solutions of a Riccati equation."""


@dataclass(frozen=True, slots=True)
class Value:
    """y = expression, where what is in `on` is positive."""

    expression: Expr
    on: tuple[Expr, ...] = ()


@dataclass(frozen=True, slots=True)
class Curve:
    """x = time, y = height along a parameter."""

    time: Expr
    height: Expr
    parameter: Symbol


@dataclass(frozen=True, slots=True)
class Family:
    """A family with as many constants as the order says, not yet checked.

    Arguments:
        values: branches that together are the family, or of which the relation holds more.
        integral: what is constant on solutions, None if the values say it all.
        curves: branches along a parameter, where they have no other form, or none that is as short.
        lost: solutions that the steps divided by.
        whole: True if the values and the lost ones are all solutions, wherever the coefficients are regular.
        steps: the way to them, not yet checked either.
        proven: True if the values were substituted exactly where that is shorter, so that only a look at them is left.
    """

    values: tuple[Value, ...]
    integral: Expr | None = None
    curves: tuple[Curve, ...] = ()
    lost: tuple[Expr, ...] = ()
    whole: bool = False
    steps: tuple[Step, ...] = ()
    proven: bool = False


def families(system: ODESystem, budget: Budget = UNLIMITED) -> Iterator[Family]:
    """The families of every method that the equation is made for, the most telling first.

    Raises:
        OutOfBudget: the time is over.
    """
    for method in (_linear, _bernoulli, _riccati, _separable, _homogeneous, _of_sum):
        budget.check("the substitutions of the textbooks")
        found = method(system)
        if found is not None:
            yield found


def powers_of(system: ODESystem) -> dict[Expr, Expr] | None:
    """{n: a_n} for a right side Σ a_n(x) y^n; None if it is no such sum."""
    y = system.unknowns[0]
    found: dict[Expr, Expr] = {}
    for term in Add.make_args(system.rhs[0].expand()):
        factor, power = term.as_independent(y, as_Add=False)
        base, exponent = (power, S.One) if power == y else power.as_base_exp()
        if power == 1:
            exponent = S.Zero
        elif base != y or exponent.has(y, system.independent):
            return None
        found[exponent] = found.get(exponent, S.Zero) + factor
    return {n: a for n, a in found.items() if a != 0}


def exponential(value: Expr) -> Expr:
    """e^value, logarithms in it undone."""
    return Mul(*map(_factor_of, Add.make_args(value.expand())))


def exponentials(value: Expr, x: Symbol) -> tuple[Expr, ...]:
    """The same on either side of what stands in a logarithm: u^c and (-u)^c for c log|u|, unless c is an integer."""
    terms = [t.as_independent(log, as_Add=False) for t in Add.make_args(value.expand())]
    logs = sorted({n for k, n in terms if isinstance(n, log) and n.has(x) and not k.is_Integer}, key=str)
    if len(logs) > MOST_LOGARITHMS:
        return (exponential(value),)
    sides = product((1, -1), repeat=len(logs))
    rules = ({n: log(expr(s * argument(n)).expand()) for n, s in zip(logs, chosen, strict=True)} for chosen in sides)
    return tuple(exponential(replaced(value.expand(), rule)) for rule in rules)


def _factor_of(term: Expr) -> Expr:
    """u^c for c log u."""
    factor, kernel = term.as_independent(log, as_Add=False)
    return kernel.args[0] ** factor if isinstance(kernel, log) else exp(term)  # type: ignore[operator]


def _linear_value(system: ODESystem, slope: Expr, force: Expr, u: Symbol) -> tuple[Expr, tuple[Step, ...]]:
    """The solution of u' = slope u + force, and the way to it."""
    x, (constant,) = system.independent, constants_for(system, 1)
    growth = exponential(antiderivative(slope, x, (constant,)))
    inner = S.Zero if force == 0 else antiderivative(force / growth, x, (constant,))
    equation = ODESystem(x, (u,), (1,), (slope * u + force,), system.parameters)
    steps = linear_steps(equation, slope, force, growth, inner, constant)
    if inner.has(Integral):
        return growth * (constant + inner), steps
    value = growth * constant + (growth * inner).expand()
    return value, (*steps, Step(f"back to {u.name}", equation, u, value, constants=(constant,)))


def _linear(system: ODESystem) -> Family | None:
    powers = powers_of(system)
    if powers is None or not set(powers) <= {S.Zero, S.One}:
        return None
    slope, force = (powers.get(n, S.Zero) for n in (S.One, S.Zero))
    value, steps = _linear_value(system, slope, force, system.unknowns[0])
    under = _under_roots(value, system.independent) if force != 0 else S.One
    if under == 1 or solves(system, with_absolute_values(value), constants_for(system, 1)):
        return Family((Value(value),), whole=True, steps=steps)
    sides = [v for side in (under, -under) for v in _on_side(system, slope, force, side)]
    return Family(tuple(sides) if len(sides) == 2 else (Value(value),), whole=len(sides) < 2, steps=steps)


def _under_roots(value: Expr, x: Symbol) -> Expr:
    """The product of what stands under square roots, 1 if there are none."""
    bases = {n.base for n in powers_in(value) if n.exp.is_Rational and denominator_of(n.exp) == 2 and n.base.has(x)}
    return expr(Mul(*bases).expand())


def _on_side(system: ODESystem, slope: Expr, force: Expr, under: Expr) -> tuple[Value, ...]:
    """The solution of a linear equation where u > 0, with one root of u for those of its factors in e^P."""
    x, (constant,) = system.independent, constants_for(system, 1)
    growth = exponential(antiderivative(slope, x, (constant,)))
    roots = {n: S.One for n in powers_in(growth) if n.exp.is_Rational and denominator_of(n.exp) == 2}
    power = expr(Add(*(n.exp for n in roots)) / len(roots)) if roots else S.Zero
    if any(n.exp != power for n in roots) or not roots:
        return ()
    turned = replaced(growth, roots) * under**power
    inner = with_joined_roots(antiderivative(expr((force / turned).together()), x, (constant,)))
    return () if inner.has(I) else (Value(turned * (constant + inner), (under,)),)


def _bernoulli(system: ODESystem) -> Family | None:
    powers = powers_of(system)
    others = None if powers is None else [n for n in powers if n != 1]
    if powers is None or others is None or len(others) != 1 or others[0] == 0:
        return None
    n, slope, u = others[0], powers.get(S.One, S.Zero), Dummy("u", real=True)
    inner, steps = _linear_value(system, (1 - n) * slope, (1 - n) * powers[n], u)
    steps = bernoulli_steps(system, slope, powers[n], n, steps, u)
    power = 1 / (1 - n)
    values = [inner**power]
    if power.is_Rational and power.q % 2 == 0:  # type: ignore[attr-defined]
        values.append(-values[0])
    lost = (S.Zero,) if n.is_positive else ()
    whole = bool(n == 2 or (n.is_Integer and n > 2 and n % 2 == 1))
    return Family(tuple(Value(v) for v in values), lost=lost, whole=whole, steps=steps)


def _riccati(system: ODESystem) -> Family | None:
    powers = powers_of(system)
    if powers is None or not set(powers) <= {S.Zero, S.One, Integer(2)} or not {S.Zero, Integer(2)} <= set(powers):
        return None
    a, b, c = (powers.get(Integer(n), S.Zero) for n in (2, 1, 0))
    if not any(e.has(system.independent) for e in (a, b, c)):
        return replace(
            _constant_riccati(system, a, b, c), steps=constant_riccati_steps(system, (a, b, c), constants_for(system, 1)[0])
        )
    for known in particular_solutions(system, a, b):
        u = Dummy("u", real=True)
        inner, steps = _linear_value(system, -expr(cancel(b + 2 * a * known)), -a, u)
        steps = riccati_steps(system, (a, b, c), known, steps, u)
        return Family((Value(known + 1 / inner),), lost=(known,), whole=True, steps=steps)
    return None


def _constant_riccati(system: ODESystem, a: Expr, b: Expr, c: Expr) -> Family:
    """(y - y_1)/(y - y_2) = C e^((y_1 - y_2) a x) for real roots, y_2 lost; a tangent for complex ones; -1/(a (x + C))."""
    x, (constant,) = system.independent, constants_for(system, 1)
    middle = -b / (2 * a)
    under = factored(b**2 - 4 * a * c)
    if under == 0:
        return Family((Value(middle - 1 / (a * (x + constant))),), lost=(middle,), whole=True)
    real, turning = sqrt(under), sqrt(-under)
    apart = middle - real / (2 * a) + real / (a * (1 - constant * exp(real * x)))
    together = middle + turning / (2 * a) * tan(turning * (x + constant) / 2)
    if under.is_positive:
        return Family((Value(apart),), lost=(expr((middle - real / (2 * a)).expand()),), whole=True)
    if under.is_negative:
        return Family((Value(together),), whole=True)
    side = expr(under.as_content_primitive()[1])
    return Family((Value(apart, (side,)), Value(together, (-side,))))


def particular_solutions(system: ODESystem, a: Expr, b: Expr) -> Iterator[Expr]:
    """Solutions of a Riccati equation of the forms -b/a, c x^k."""
    x, y = system.variables
    candidates = [expr(cancel(-b / a)), *constant_values(system)]
    factor = Symbol("factor", real=True)
    open_ones = system.rhs[0].atoms(AppliedUndef, Derivative)
    names = {f: Dummy("f") for f in sorted(open_ones, key=lambda f: -f.count_ops())}
    for k in POWERS:
        defect = k * factor * x ** (k - 1) - replaced(system.rhs[0], {y: factor * x**k})
        try:
            numerator = Poly(cancel(replaced(defect, names)).as_numer_denom()[0], x, *names.values())
        except PolynomialError:
            continue
        first = numerator.coeffs()[0].as_expr()
        roots = solve_for(first, factor)
        candidates += [r * x**k for r in roots if all(c.subs(factor, r).expand() == 0 for c in numerator.coeffs())]
    for value in candidates:
        if vanishes(value.diff(x) - replaced(system.rhs[0], {y: value}), system):
            yield value


def constant_values(system: ODESystem) -> tuple[Expr, ...]:
    """Numbers c, or expressions of the parameters, with y = c a solution; those with I are left out."""
    x, y = system.variables
    rest = system.rhs[0].subs({s: 0 for s in system.jet_coordinates if s not in (x, y)})
    if rest == 0 or not rest.has(y):
        return ()
    found = [S.Zero, *(v for v in solve_for(rest, y) if not v.has(x, S.ImaginaryUnit))]
    kept = dict.fromkeys(v for v in found if not rest.subs(y, v).has(S.NaN, S.ComplexInfinity))
    return tuple(v for v in kept if vanishes(rest.subs(y, v), system))


def vanishes(value: Expr, system: ODESystem) -> bool:
    """True if an expression of x and the constants is zero; False also where that is not decided."""
    try:
        return Field.build([value], (system.independent, *constants_for(system, 1)), system.parameter_symbols)(value).is_zero
    except (Unsupported, NeedsRefinement, ZeroDivisionError):
        return False


def _separated(system: ODESystem, rate: Expr) -> tuple[Expr, Expr] | None:
    """f(x), g(y) with y' = f g: the right side at a place of y, without its constant factor, and what is left."""
    x, y = system.variables
    if not rate.has(x):
        return S.One, rate
    if rate.has(Pow) and rate.count_ops() <= LARGEST_PRODUCT:
        of_x, of_y = powsimp(factored(rate)).as_independent(y, as_Add=False)
        if not of_y.has(x) and of_y.has(y):
            number, factor = of_x.as_independent(x, as_Add=False)
            return expr(factor), expr(number * of_y)
    for place in PLACES:
        at_place = rate.subs(y, place)
        if at_place == 0 or at_place.has(S.NaN, S.ComplexInfinity, S.ImaginaryUnit):
            continue
        try:
            field = Field.build([rate, at_place], (x, y), system.parameter_symbols)
            quotient = powsimp(field.to_expr(field(rate) / field(at_place)))
        except (Unsupported, NeedsRefinement, ZeroDivisionError):
            return None
        if quotient.has(x, S.ImaginaryUnit):
            return None
        number, factor = at_place.as_independent(x, as_Add=False)
        return expr(factor), expr(number * quotient)
    return None


def _separable(system: ODESystem) -> Family | None:
    x, y = system.variables
    for rate in dict.fromkeys((_with_torn_roots(system.rhs[0], x, y), system.rhs[0])):
        parts = _separated(system, rate)
        if parts is not None:
            constants = constants_for(system, 1)
            of_y, of_x = antiderivative(1 / parts[1], y, constants), antiderivative(parts[0], x, constants)
            steps = separated_steps(system, parts[0], parts[1], (of_y, of_x), constants[0])
            return replace(through(of_y - of_x, system, ()), steps=steps)
    return None


def _with_torn_roots(rate: Expr, x: Symbol, y: Symbol) -> Expr:
    """sqrt(f(x)) sqrt(g(y)) for sqrt(f(x) g(y)), which is the same where both are positive."""
    torn: dict[Expr, Expr] = {}
    for root in powers_in(rate):
        if root.exp.is_Rational and root.exp.q == 2 and root.has(x) and root.has(y):  # type: ignore[attr-defined]
            of_y, of_x = factored(root.base).as_independent(x, as_Add=False)
            signed = -1 if of_y.subs(y, 0).is_negative else 1
            if not of_x.has(y) and of_y.has(y):
                torn[root] = _root_of(signed * of_x, root.exp) * _root_of(signed * of_y, root.exp)
    return replaced(rate, torn)


def _root_of(quotient: Expr, exponent: Expr) -> Expr:
    """n^k d^(-k), without a minus sign in front of n where d can take it."""
    top, bottom = (e.expand() for e in quotient.as_numer_denom())
    if top.is_number and top.is_negative:
        top, bottom = -top, (-bottom).expand()
    return top**exponent / bottom**exponent


def through(integral: Expr, system: ODESystem, lost: tuple[Expr, ...]) -> Family:
    """The family I(x, y) = C."""
    (constant,), y = constants_for(system, 1), system.unknowns[0]
    kept = Add(*(term for term in Add.make_args(integral.expand()) if term.free_symbols))
    joined = _without_logarithms(kept)
    shown = _with_real_logarithms(kept) if joined is None else joined
    values = solve_for(shown - constant, y, squaring=True)
    return Family(tuple(Value(expr(factor_terms(v))) for v in values), shown, lost=lost)


def _without_logarithms(integral: Expr) -> Expr | None:
    """Π u_i^(n_i) e^(n r) for Σ n_i/n log u_i + r with small integers n_i: as constant, and without a side."""
    rest, exponents = S.Zero, {}
    for term in Add.make_args(integral):
        factor, kernel = term.as_independent(log, as_Add=False)
        if kernel == 1:
            rest += term
        elif isinstance(kernel, log) and factor.is_Rational:
            exponents[kernel.args[0]] = exponents.get(kernel.args[0], S.Zero) + factor
        else:
            return None
    if not exponents:
        return None
    common = lcm(*(int(e.q) for e in exponents.values()))
    scale = Rational(common, gcd(*(int(e * common) for e in exponents.values())) or 1)
    if max(abs(e * scale) for e in exponents.values()) > LARGEST_EXPONENT:
        return None
    return Mul(*(base ** (e * scale) for base, e in exponents.items())) * exp((rest * scale).expand())


def _homogeneous(system: ODESystem) -> Family | None:
    x, y = system.variables
    ratio = Symbol("ratio", real=True)
    inside = replaced(system.rhs[0], {y: ratio * x})
    try:
        slope = inside.diff(x)
        if not Field.build([slope], (x, ratio), system.parameter_symbols)(slope).is_zero:
            return None
    except (Unsupported, NeedsRefinement, ZeroDivisionError):
        return None
    at_one = inside.subs(x, 1)
    rest = expr(cancel(at_one - ratio))
    if rest == 0 or at_one == 0:
        return None
    lines = [v * x for v in solve_for(rest, ratio) if not v.has(S.ImaginaryUnit)]
    if rest.subs(ratio, 0) == 0:
        lines.append(S.Zero)
    inner = with_limits(antiderivative(1 / rest, ratio, constants_for(system, 1)))
    steps = homogeneous_steps(system, rest, ratio, inner, constants_for(system, 1)[0])
    return replace(through(inner.subs(ratio, y / x) - log(x), system, tuple(lines)), steps=steps)


def _of_sum(system: ODESystem) -> Family | None:
    x, y = system.variables
    along, across = system.rhs[0].diff(x), system.rhs[0].diff(y)
    if along == 0 or across == 0:
        return None
    try:
        field = Field.build([along, across], (x, y), system.parameter_symbols)
        slope = field.to_expr(field(along) / field(across))
    except (Unsupported, NeedsRefinement, ZeroDivisionError):
        return None
    if slope.has(x, y):
        return None
    total = Symbol("total", real=True)
    rest = expr(cancel(slope + replaced(system.rhs[0], {y: total - slope * x}).expand()))
    if rest == 0 or rest.has(x):
        return None
    inner = with_limits(antiderivative(1 / rest, total, constants_for(system, 1)))
    lines = [v - slope * x for v in solve_for(rest, total) if not v.has(S.ImaginaryUnit)]
    steps = sum_steps(system, slope, rest, total, inner, constants_for(system, 1)[0])
    return replace(through(inner.subs(total, y + slope * x) - x, system, tuple(lines)), steps=steps)


def _with_real_logarithms(value: Expr) -> Expr:
    """log|u| for log(u) in an antiderivative: the same derivative, real on both sides."""
    return replaced(value, {n: log(Abs(n.args[0])) for n in value.atoms(log) if n.args[0].is_nonnegative is not True})  # type: ignore[attr-defined, arg-type]
