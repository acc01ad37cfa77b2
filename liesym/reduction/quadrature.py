"""Antiderivatives, constants of integration, and the check of a parametric solution by substitution."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from sympy import Abs, Dummy, Expr, I, Integer, Integral, Mul, Pow, Rational, S, Symbol, exp, log, sign, sqrt

from liesym.base.budget import UNLIMITED, Budget
from liesym.base.factors import factored
from liesym.base.jets import jet_symbol, partial_derivative
from liesym.base.names import free_name, free_symbols_named, names_in
from liesym.base.typed import argument, expr, powers_in, replaced
from liesym.coefficients import Field
from liesym.coefficients.bounded import limited
from liesym.coefficients.lattice import NeedsRefinement
from liesym.errors import OutOfBudget, Unsupported
from liesym.model.names import taken_names
from liesym.model.system import ODESystem
from liesym.solving.ode.integrate import integrate
from liesym.testing.values import NoValue, value_at

LOWER = (S.Zero, S.One, S.NegativeOne, Integer(3), Rational(1, 3), Integer(-3), Rational(-1, 3), Integer(9))
"""Lower limits of integrals, the first at which the integrand has a value."""
SUBSTITUTIONS = 3
"""One after the other in an integral."""


def constants_for(system: ODESystem, count: int) -> tuple[Symbol, ...]:
    """C1, C2, …, with underscores if a name is in use."""
    return free_symbols_named((f"C{k}" for k in range(1, count + 1)), taken_names(system))


def antiderivative(slope: Expr, variable: Symbol, constants: Sequence[Symbol], budget: Budget = UNLIMITED) -> Expr:
    """∫ slope d(variable), unevaluated if it is not found.

    Raises:
        OutOfBudget: the time is over.
    """
    if slope.has(Integral):
        return Integral(slope, variable)
    budget.check("an integral")
    found = _integrated(slope, variable, constants, budget)
    return Integral(slope, variable) if found is None else _real_form(found, slope, variable, constants)


def antiderivative_within(slope: Expr, variable: Symbol, constants: Sequence[Symbol], budget: Budget) -> Expr:
    """The same, unevaluated too where it is not found in time."""
    try:
        return antiderivative(slope, variable, constants, budget)
    except OutOfBudget:
        return Integral(slope, variable)


def _integrated(
    slope: Expr, variable: Symbol, constants: Sequence[Symbol], budget: Budget, steps: int = SUBSTITUTIONS
) -> Expr | None:
    """The antiderivative by parallel integration, else after substitutions for exponentials, squares and roots."""
    try:
        field = limited(Field.build([slope], (variable, *constants)), budget)
        found = integrate(field(slope), variable, field)
    except (Unsupported, NeedsRefinement, ZeroDivisionError):
        return None
    if found is not None:
        return field.to_expr(found)
    for inner, outer, new in _substitutions(slope, variable) if steps else ():
        changed = expr((replaced(slope, {variable: inner}) * inner.diff(new)).cancel())
        value = _integrated(changed, new, constants, budget, steps - 1)
        if value is not None:
            return replaced(value, {new: outer})
    return None


def _substitutions(slope: Expr, x: Symbol) -> Iterator[tuple[Expr, Expr, Symbol]]:
    """Ways to write x = φ(u), u = ψ(x), u > 0: u = e^(k x), x², sqrt(a x + b).  Source: Bronstein 2005, chapter 5."""
    u = Dummy("u", positive=True)
    rates = {expr(argument(n) / x) for n in slope.atoms(exp) if n.has(x)}
    if (
        len(rates) == 1
        and not next(iter(rates)).has(x)
        and not replaced(slope, dict.fromkeys(slope.atoms(exp), S.One)).has(x)
    ):
        (rate,) = rates
        yield log(u) / rate, exp(rate * x), u
    if expr(slope.subs(x, -x) + slope) == 0:
        yield sqrt(u), x**2, u
    roots = {n.base for n in powers_in(slope) if n.exp in (S.Half, -S.Half) and n.has(x)}
    poly = next(iter(roots)).as_poly(x) if len(roots) == 1 else None
    if poly is not None and poly.degree() == 1:
        a, b = map(expr, poly.all_coeffs())
        yield (u**2 - b) / a, sqrt(a * x + b), u


def _real_form(value: Expr, slope: Expr, variable: Symbol, constants: Sequence[Symbol]) -> Expr:
    """i sqrt(p) sqrt(q) written sqrt(-p q), where the derivative is still the slope."""
    if not value.has(I):
        return value
    merged = with_real_roots(value)
    if merged.has(I):
        return value
    for candidate in (merged, -merged):
        defect = candidate.diff(variable) - slope
        try:
            if Field.build([defect], (variable, *constants))(defect).is_zero:
                return candidate
        except (Unsupported, NeedsRefinement, ZeroDivisionError):
            return value
    return value


def with_real_roots(value: Expr) -> Expr:
    """sqrt(-p q) for i sqrt(p) sqrt(q): the same up to a sign where it is real."""
    return expr(value.replace(lambda e: e.is_Mul and e.has(I), _merged))


def _merged(product: Expr) -> Expr:
    roots = [f.base for f in product.args if isinstance(f, Pow) and f.exp == S.Half and f.free_symbols]
    if I not in product.args or not roots:
        return product
    rest = [expr(f) for f in product.args if f != I and not (isinstance(f, Pow) and f.base in roots and f.exp == S.Half)]
    return Mul(*rest) * sqrt(-Mul(*roots).expand())


def with_limits(value: Expr) -> Expr:
    """Indefinite integrals with a lower limit at which the integrand has a value, so that they have a form and a value."""
    while True:
        plain = [n for n in value.atoms(Integral) if len(n.limits) == 1 and len(n.limits[0]) == 1]
        if not plain:
            return value
        integral = min(plain, key=lambda n: (n.count_ops(), str(n)))
        variable, integrand = argument(integral.limits[0]), integral.function
        taken = names_in(value) | {s.name for s in integral.atoms(Symbol)}
        inner = Symbol(free_name("s", taken), real=True)
        lower = _lower(integrand, variable)
        if lower != 0 and any(node.args[0] == variable for node in integrand.atoms(sign, Abs)):
            lower = abs(lower) * sign(variable)  # each side of 0 has an integral of its own
        definite = Integral(replaced(integrand, {variable: inner}), (inner, lower, variable))
        value = replaced(value, {integral: definite})


def _lower(integrand: Expr, variable: Symbol) -> Expr:
    others = {s: 1.37 for s in integrand.free_symbols if s != variable}
    for place in LOWER:
        try:
            value_at(integrand, {**others, variable: float(place)})  # type: ignore[arg-type]
        except NoValue:
            continue
        return place
    return S.One


def follows_curve(system: ODESystem, time: Expr, height: Expr, parameter: Symbol, constants: Sequence[Symbol]) -> bool:
    """True if t = time(p), y = height(p) solves the equation identically in p and the constants.

        y^(k+1) = (d y^(k)/dp)/(dt/dp);  unevaluated integrals count as independent quantities

    Arguments:
        system: one equation of any order.
        time, height: t and y as functions of the parameter, with `Integral` where a quadrature is left.
    """
    found = _defect_of_curve(system, time, height, parameter)
    return found is not None and _vanishes(system, *found, (parameter, *constants))


def sides_of_curve(
    system: ODESystem, time: Expr, height: Expr, parameter: Symbol, constants: Sequence[Symbol]
) -> tuple[Expr, ...]:
    """What is positive where the curve solves the equation, sqrt(u²) being u there; empty if that does not help."""
    found = _defect_of_curve(system, time, height, parameter)
    if found is None:
        return ()
    plain, quantities = found
    squares = {n: factored(n.base) ** n.exp for n in powers_in(plain) if _is_half(n.exp)}
    rooted = replaced(plain, squares)
    sides = [factored(n.base) ** S.Half for n in squares]
    held = [expr(Mul(*(argument(a) for a in s.atoms(Abs)))) for s in sides if s.has(Abs)]
    defect = replaced(rooted, {a: argument(a) for a in rooted.atoms(Abs)})
    wanted = tuple(dict.fromkeys(factored(h) for h in held))
    return wanted if wanted and _vanishes(system, defect, quantities, (parameter, *constants)) else ()


def _is_half(exponent: Expr) -> bool:
    return bool(exponent.is_Rational and not exponent.is_Integer and (2 * exponent).is_Integer)


def _defect_of_curve(
    system: ODESystem, time: Expr, height: Expr, parameter: Symbol
) -> tuple[Expr, tuple[Symbol, ...]] | None:
    """y^(n) - F along the curve with names for its integrals, and these names; None if t stands still."""
    t, y = system.variables
    speed = partial_derivative(time, parameter)
    if speed == 0:
        return None
    values, value = {t: time}, height
    for k in range(system.order):
        values[jet_symbol(y, k)] = value
        value = partial_derivative(value, parameter) / speed
    defect = value - system.rhs[0].xreplace(values)
    quantities: dict[Expr, Symbol] = {}

    def named(integral: Expr) -> Symbol:
        return quantities.setdefault(integral, Dummy(f"q{len(quantities)}", real=True))

    plain = expr(defect.replace(lambda e: isinstance(e, Integral), named))
    return plain, tuple(quantities.values())


def _vanishes(system: ODESystem, plain: Expr, quantities: Sequence[Symbol], symbols: Sequence[Symbol]) -> bool:
    try:
        field = Field.build([plain], (*symbols, *quantities), system.parameter_symbols)
        return field(plain).is_zero
    except (Unsupported, NeedsRefinement, ZeroDivisionError):
        return False
