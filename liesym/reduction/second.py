"""Nonlinear equations that a textbook's substitution makes linear, or of an order less.

    y^(n) = F(x, y', …)               p = y':  p^(n-1) = F(x, p, …),  y = ∫ p dx + C
    y'' = F(x, x y' - y)              u = x y' - y:  u' = x F(x, u),  y = C x + x ∫ u/x² dx
    y'' = F, of degree 1 in y, y'     u = y'/y:  u' = F(x, 1, u) - u²,  y = C exp ∫ u dx
    y'' = g(y) y'² + a(x) y' + h      v = ∫ e^(-∫g dy) dy:  v'' = a v' + h e^(-∫g dy), where that is linear in v
    y'' = y/x² G(x y'/y)              u = x y'/y:  x u' = H(u),  x = C1 e^∫du/H,  y = C2 e^∫u du/H;  the same without x
    y'' = a(x) y' + b(x) y + r/y³     y² of the squares and the product of two solutions without r (`pinney`)
    y'' = F(y, y')                    p(y) = y':  dp/dy = F(y, p)/p,  ∫ dy/p = x + C,  else the curve x = ∫ dy/p - C

Nothing here is checked: every value is substituted by whoever asks for it.
Source: Ince 1956, sections 2.6 and 3.2; Kamke 1977, part A, sections 15 and 23; Liouville 1889.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress

from sympy import AccumBounds, Add, Dummy, Expr, I, Integer, Integral, Poly, S, Symbol
from sympy.polys.polyerrors import PolynomialError

from liesym.base.budget import Budget
from liesym.base.jets import jet_symbol
from liesym.base.typed import expr, powers_in, replaced
from liesym.coefficients import Field
from liesym.coefficients.field import FAILURES
from liesym.errors import OutOfBudget
from liesym.model.names import free_symbol
from liesym.model.system import ODESystem
from liesym.reduction.chini import chini_families
from liesym.reduction.conditions import roots
from liesym.reduction.disguised import disguised_families
from liesym.reduction.elementary import Curve, Family, Value, exponential, exponentials, families
from liesym.reduction.forms import turned, without_signs, written
from liesym.reduction.higher_steps import renamed_constants, slope_step, substitution_steps, time_step
from liesym.reduction.linear import linear_families, riccati_families
from liesym.reduction.own_time import families_along_time
from liesym.reduction.pinney import pinney_families
from liesym.reduction.quadrature import antiderivative, antiderivative_within, constants_for
from liesym.reduction.steps import Change, Step
from liesym.reduction.superposition import is_linear
from liesym.solving.algebraic import solve_for

DISGUISED = 0.3
"""Of what is left of the budget, for the disguises of one equation of first order."""
QUADRATURE = 0.5
"""Of what is left of the budget, for the integral of a slope that is found."""


def substituted_families(system: ODESystem, budget: Budget) -> Iterator[Iterator[Family]]:
    """For every substitution that the equation is made for, the families that it leads to.

    Arguments:
        system: one nonlinear equation of order 2 or above.
        budget: looked at between the steps.

    Raises:
        OutOfBudget: the time is over.
    """
    methods = (
        _without_unknown, _of_intercept, _of_degree_one, _with_squared_slope, pinney_families, _without_time,
        families_along_time, _of_two_invariances,
    )  # fmt: skip
    for method in methods:
        budget.check("substitutions")
        yield method(system, budget)


def _inner(system: ODESystem, budget: Budget) -> Iterator[Family]:
    """Families of the equation that a substitution leads to."""
    if system.order == 1:
        yield from families(system, budget)
        yield from riccati_families(system, budget)
        yield from chini_families(system, budget)
        with suppress(OutOfBudget):  # the next substitution may lead to an easier one
            yield from disguised_families(system, budget.share(DISGUISED))
    elif is_linear(system):
        yield from linear_families(system, budget)
    else:
        for found in substituted_families(system, budget):
            yield from found


def _scalar(system: ODESystem, x: Symbol, u: Symbol, order: int, rate: Expr) -> ODESystem:
    return ODESystem(x, (u,), (order,), (rate,), system.parameters)


def _renamed(value: Expr, inner: ODESystem, outer: ODESystem) -> Expr:
    """With the first constants of the outer equation for those of the inner one."""
    pairs = zip(constants_for(inner, inner.order), constants_for(outer, inner.order), strict=True)
    return replaced(value, dict(pairs))


def _family(
    system: ODESystem,
    found: Sequence[tuple[Expr, tuple[Expr, ...]]],
    steps: tuple[Step, ...],
    whole: bool = False,
) -> Iterator[Family]:
    """The family as it is written, with its form for the other sign of a constant under a root, if there is a value."""
    x, constants = system.independent, constants_for(system, system.order)
    twins = [(other, on) for v, on in found for other in turned(v, x)]
    shown = dict.fromkeys((written(v, constants, x), on) for v, on in (*found, *twins))
    if shown:
        yield Family(tuple(Value(v, on) for v, on in shown), whole=whole and not twins, steps=steps)


def _steps_of(family: Family, inner: ODESystem, outer: ODESystem) -> tuple[Step, ...]:
    """The steps of the equation that a substitution leads to, with the constants of the outer equation."""
    pairs = zip(constants_for(inner, inner.order), constants_for(outer, inner.order), strict=True)
    return renamed_constants(family.steps, dict(pairs))


def _slopes(family: Family) -> list[tuple[Expr, tuple[Expr, ...]]]:
    """The values of a family, without the signs that the family takes both of, and those that its steps lost."""
    values = [v.expression for v in family.values]
    both = all(expr(-v) in values for v in values)
    return [(without_signs(v.expression) if both else v.expression, v.on) for v in family.values] + [
        (v, ()) for v in family.lost
    ]


def _is_free(value: Expr, of: Symbol, symbols: tuple[Symbol, ...], system: ODESystem) -> bool:
    """True if the derivative by `of` is identically zero; False also where that is not decided."""
    slope = value.diff(of)
    try:
        return Field.build([slope], symbols, system.parameter_symbols)(slope).is_zero
    except FAILURES:
        return False


def _at_any(value: Expr, of: Symbol) -> Expr | None:
    """What does not depend on a symbol, at a place where it has a value: asec(y) + acsc(y) has none at 0."""
    found = (expr(value.subs(of, place)) for place in (S.Zero, S.One, S.Half, Integer(2)))
    return next((e for e in found if not e.has(S.NaN, S.Infinity, S.ComplexInfinity, AccumBounds, I)), None)


def _integrals(value: Expr, x: Symbol, constants: tuple[Symbol, ...], budget: Budget) -> Iterator[Expr]:
    """∫ value dx, and the integral at those values of a constant at which that one divides by zero: x/(1 + C x) at C = 0."""
    whole = antiderivative(value, x, constants, budget)
    yield whole
    below = {expr(n.base) for n in powers_in(whole) if n.exp.is_negative and not n.base.has(x)}
    for constant in (c for c in constants if value.has(c)):
        for place in dict.fromkeys(root for b in sorted(below, key=str) for root in roots(b, constant)):
            there = expr(value.subs(constant, place))
            if not there.has(S.NaN, S.ComplexInfinity, S.Infinity, S.NegativeInfinity, I):
                yield antiderivative(there, x, constants, budget)


def _without_unknown(system: ODESystem, budget: Budget) -> Iterator[Family]:
    """y^(n) = F(x, y', …, y^(n-1))."""
    (x, y), rate, n = system.variables, system.rhs[0], system.order
    if rate.has(y):
        return
    p = Dummy("p", real=True)
    slopes = {jet_symbol(y, k): jet_symbol(p, k - 1) if k > 1 else p for k in range(1, n)}
    inner = _scalar(system, x, p, n - 1, replaced(rate, slopes))
    constants = constants_for(system, n)
    change = Change(x, x, p, jet_symbol(y, 1))
    begun = substitution_steps(system, f"{y.name} does not occur", change, inner.rhs[0], (S.Zero, S.One))
    for family in _inner(inner, budget):
        lowered = [(_renamed(v, inner, system), on) for v, on in _slopes(family)]
        heights = [(h + constants[-1], on) for v, on in lowered for h in _integrals(v, x, constants, budget)]
        steps = (*begun, *_steps_of(family, inner, system))
        if n == 2:
            steps = (*steps, *(slope_step(system, v, constants[:1]) for v, _ in lowered if v.has(constants[0])))
        yield from _family(system, heights, steps, whole=family.whole)


def _of_intercept(system: ODESystem, budget: Budget) -> Iterator[Family]:
    """y'' = F(x, x y' - y): the tangent's intercept, up to its sign, is what the symmetry x ∂_y leaves."""
    (x, y), rate = system.variables, system.rhs[0]
    if system.order != 2 or not rate.has(y):
        return
    u = Dummy("u", real=True)
    inside = replaced(rate, {jet_symbol(y, 1): (u + y) / x})
    if not _is_free(inside, y, (x, y, u), system):
        return
    kept = _at_any(inside, y)
    if kept is None:
        return
    inner = _scalar(system, x, u, 1, x * kept)
    constants = constants_for(system, 2)
    change = Change(x, x, u, x * jet_symbol(y, 1) - y)
    begun = substitution_steps(system, "the intercept of the tangent", change, inner.rhs[0], (S.Zero, x))
    for family in _inner(inner, budget):
        heights = [
            ((x * h).expand() + x * constants[-1], on)
            for v, on in ((_renamed(v, inner, system), on) for v, on in _slopes(family))
            for h in _integrals(v / x**2, x, constants, budget)
        ]
        yield from _family(system, heights, (*begun, *_steps_of(family, inner, system)), whole=family.whole)


def _of_degree_one(system: ODESystem, budget: Budget) -> Iterator[Family]:
    """y'' = F(x, y, y') with F(x, λ y, λ y') = λ F."""
    (x, y), rate = system.variables, system.rhs[0]
    if system.order != 2:
        return
    u = Dummy("u", real=True)
    ratio = expr((replaced(rate, {jet_symbol(y, 1): u * y}) / y).expand())
    if not _is_free(ratio, y, (x, y, u), system):
        return
    kept = _at_any(ratio, y)
    if kept is None:
        return
    inner = _scalar(system, x, u, 1, expr((kept - u**2).expand()))
    last = constants_for(system, 2)[1]
    change = Change(x, x, u, jet_symbol(y, 1) / y)
    begun = substitution_steps(system, "an invariant of it", change, inner.rhs[0], (S.Zero, y))
    for family in _inner(inner, budget):
        rates = [(_renamed(v.expression, inner, system), v.on) for v in family.values]
        growths = [(g, on) for v, on in rates for g in _integrals(v, x, constants_for(system, 2), budget)]
        values = [(last * e, on) for g, on in growths for e in exponentials(g, x)]
        yield from _family(system, values, (*begun, *_steps_of(family, inner, system)))


def _of_two_invariances(system: ODESystem, budget: Budget) -> Iterator[Family]:
    """y'' = y G(y'/y): u = y'/y, u' = H; or y'' = y/x² G(x y'/y): u = x y'/y, x u' = H: a curve along u."""
    (x, y), rate = system.variables, system.rhs[0]
    if system.order != 2:
        return
    u, (one, two) = free_symbol("w", system), constants_for(system, 2)
    for scale in (S.One, x):
        ratio = expr((replaced(rate, {jet_symbol(y, 1): u * y / scale}) * scale**2 / y).expand())
        if not all(_is_free(ratio, v, (x, y, u), system) for v in (x, y)):
            continue
        speed = expr(ratio.subs({x: S.One, y: S.One}) - u**2 + (S.Zero if scale == 1 else u))
        if speed == 0:
            continue
        time, growth = (antiderivative_within(e / speed, u, (one, two), budget.share(QUADRATURE)) for e in (S.One, u))
        place = time + one if scale == 1 else one * exponential(time)
        change = Change(x, x, u, scale * jet_symbol(y, 1) / y)
        steps = substitution_steps(system, "an invariant of both scalings", change, speed / scale, (S.Zero, y))
        yield Family((), curves=(Curve(place, two * exponential(growth), u),), steps=steps)


def _with_squared_slope(system: ODESystem, budget: Budget) -> Iterator[Family]:
    """y'' = g(y) y'² + a(x) y' + h(x, y)."""
    (x, y), rate = system.variables, system.rhs[0]
    if system.order != 2:
        return
    try:
        squared = Poly(rate, jet_symbol(y, 1))
    except PolynomialError:
        return
    if squared.degree() != 2:
        return
    g, a, h = map(expr, squared.all_coeffs())
    if g.has(x) or a.has(y):
        return
    weight = exponential(-antiderivative(g, y, (), budget))
    height = antiderivative(weight, y, (), budget)
    if weight.has(Integral) or height.has(Integral):
        return
    try:
        field = Field.build([h * weight, weight, height], (x, y), system.parameter_symbols)
        slope = field.to_expr(field((h * weight).diff(y)) / field(weight))
        rest = field.to_expr(field(h * weight) - field(slope) * field(height))
    except FAILURES:
        return
    if slope.has(y) or rest.has(y):
        return
    v = Dummy("v", real=True)
    inner = _scalar(system, x, v, 2, a * jet_symbol(v, 1) + slope * v + rest)
    begun = substitution_steps(system, "in another unknown it is linear", Change(x, x, v, height), inner.rhs[0])
    for family in _inner(inner, budget):
        values = [
            (back, value.on)
            for value in family.values
            for back in solve_for(height - _renamed(value.expression, inner, system), y, squaring=True)
        ]
        yield from _family(system, values, (*begun, *_steps_of(family, inner, system)))


def _without_time(system: ODESystem, budget: Budget) -> Iterator[Family]:
    """y'' = F(y, y')."""
    (x, y), rate = system.variables, system.rhs[0]
    if system.order != 2 or rate.has(x):
        return
    p = Dummy("p", real=True)
    inner = _scalar(system, y, p, 1, expr((replaced(rate, {jet_symbol(y, 1): p}) / p).expand()))
    constants, r = constants_for(system, 2), free_symbol("r", system)
    change = Change(y, y, p, jet_symbol(y, 1))
    begun = substitution_steps(system, f"{x.name} does not occur", change, inner.rhs[0], (S.One, S.Zero))
    for family in _inner(inner, budget):
        values, steps = [], (*begun, *_steps_of(family, inner, system))
        curves: list[Curve] = []
        for slope, on in _slopes(family):
            rate = _renamed(slope, inner, system)
            time = S.NaN if slope == 0 else antiderivative_within(1 / rate, y, constants, budget.share(QUADRATURE))
            if time.has(Integral, S.NaN):
                if rate.has(constants[0]):
                    curves.append(Curve(replaced(Integral(1 / rate, y), {y: r}) + constants[1], r, r))
                continue
            held = Add(*(term for term in Add.make_args(time.expand()) if term.has(y)))
            if rate.has(constants[0]):
                steps = (*steps, slope_step(system, rate, constants[:1]), *time_step(system, rate, held, constants))
            values += [(back, on) for back in solve_for(held - x - constants[1], y, squaring=True)]
        yield from _family(system, values, steps)
        if curves:
            yield Family((), curves=tuple(curves), steps=steps)
