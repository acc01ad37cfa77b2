"""What the textbook's methods for first-order equations do, told in steps: the symmetry of the class, its coordinates, the
equation in them, the quadrature and the way back.

    y' = p y + q                X = e^P ∂_y,  s = y e^-P,  s' = q e^-P
    y' = p y + q y^n            u = y^(1-n),  u' = (1-n)(p u + q)
    y' = a y² + b y + c         y = y_1 + 1/u,  u' = -(b + 2 a y_1) u - a
    y' = f(x) g(y)              X = g ∂_y,  ∫ dy/g = ∫ f dx + C
    y' = g(y/x)                 X = x ∂_x + y ∂_y,  u = y/x,  x u' = g(u) - u
    y' = g(y + m x)             X = ∂_x - m ∂_y,  u = y + m x,  u' = g(u) + m

Nothing here is checked: `steps.Step.holds` does that. Source: Olver 1993, section 2.5; Stephani 1989, chapter 5.
"""

from __future__ import annotations

from sympy import Abs, Dummy, Expr, I, Integral, S, Symbol, log

from liesym.base.jets import jet_symbol
from liesym.base.typed import replaced
from liesym.model.system import ODESystem
from liesym.reduction.quadrature import antiderivative
from liesym.reduction.steps import Change, Step
from liesym.symmetries.generator import Generator

Steps = tuple[Step, ...]


def _slope(system: ODESystem) -> Symbol:
    return jet_symbol(system.unknowns[0], 1)


def _symmetry(system: ODESystem, along: Expr, across: Expr) -> Step:
    return Step("a symmetry", system, generator=Generator(system.variables, (along, across)))


def linear_steps(system: ODESystem, slope: Expr, force: Expr, growth: Expr, inner: Expr, constant: Symbol) -> Steps:
    """With growth = e^P and inner = ∫ q e^-P dx."""
    x, y = system.variables
    s = Dummy("s", real=True)
    change = Change(x, x, s, y / growth)
    return (
        Step(f"linear in {y.name}", system, _slope(system), slope * y + force),
        _symmetry(system, S.Zero, growth),
        Step("its coordinate", system, s, y / growth, change),
        Step("the equation in it", system, jet_symbol(s, 1), force / growth, change),
        Step("integrated", system, s, inner + constant, change, constants=(constant,)),
    )


def bernoulli_steps(system: ODESystem, slope: Expr, force: Expr, power: Expr, inner: Steps, u: Symbol) -> Steps:
    """With the steps of the linear equation for u."""
    x, y = system.variables
    change = Change(x, x, u, y ** (1 - power))
    return (
        Step("Bernoulli's equation", system, _slope(system), slope * y + force * y**power),
        Step("substituted", system, u, y ** (1 - power), change),
        Step("the equation for it", system, jet_symbol(u, 1), (1 - power) * (slope * u + force), change),
        *inner,
    )


def riccati_steps(system: ODESystem, parts: tuple[Expr, Expr, Expr], known: Expr, inner: Steps, u: Symbol) -> Steps:
    """With the steps of the linear equation for u = 1/(y - y_1)."""
    x, y = system.variables
    a, b, c = parts
    change = Change(x, x, u, 1 / (y - known))
    return (
        Step("Riccati's equation", system, _slope(system), a * y**2 + b * y + c),
        Step("a solution of it", system, y, known),
        Step("substituted", system, y, known + 1 / u, change),
        Step("the equation for it", system, jet_symbol(u, 1), -(b + 2 * a * known) * u - a, change),
        *inner,
    )


def separated_steps(system: ODESystem, of_x: Expr, of_y: Expr, integrals: tuple[Expr, Expr], constant: Symbol) -> Steps:
    """With ∫ dy/g and ∫ f dx."""
    return (
        Step("the variables separate", system, _slope(system), of_x * of_y),
        _symmetry(system, 1 / of_x, S.Zero),
        Step("each side integrated", system, integrals[0], integrals[1] + constant, constants=(constant,)),
    )


def homogeneous_steps(system: ODESystem, rest: Expr, ratio: Symbol, inner: Expr, constant: Symbol) -> Steps:
    """With rest = g(u) - u and inner = ∫ du/rest."""
    x, y = system.variables
    u = Dummy("u", real=True)
    change = Change(x, x, u, y / x)
    left, right = replaced(inner, {ratio: u}), replaced(rest, {ratio: u})
    return (
        Step(f"a function of {y.name}/{x.name}", system, _slope(system), replaced(rest + ratio, {ratio: y / x})),
        _symmetry(system, x, y),
        Step("its invariant", system, u, y / x, change),
        Step("the equation for it", system, x * jet_symbol(u, 1), right, change),
        Step("each side integrated", system, left, log(Abs(x)) + constant, change, constants=(constant,)),
    )


def sum_steps(system: ODESystem, slope: Expr, rest: Expr, total: Symbol, inner: Expr, constant: Symbol) -> Steps:
    """With rest = g(u) + m and inner = ∫ du/rest."""
    x, y = system.variables
    u = Dummy("u", real=True)
    change = Change(x, x, u, y + slope * x)
    left, right = replaced(inner, {total: u}), replaced(rest, {total: u})
    return (
        _symmetry(system, S.One, -slope),
        Step("its invariant", system, u, y + slope * x, change),
        Step("the equation for it", system, jet_symbol(u, 1), right, change),
        Step("each side integrated", system, left, x + constant, change, constants=(constant,)),
    )


def constant_riccati_steps(system: ODESystem, parts: tuple[Expr, Expr, Expr], constant: Symbol) -> Steps:
    """A right side without x, the symmetry in x, and the quadrature where it is real."""
    (x, y), (a, b, c) = system.variables, parts
    right = a * y**2 + b * y + c
    first = Step("Riccati's equation with constant coefficients", system, _slope(system), right)
    time = antiderivative(1 / right, y, (constant,))
    if time.has(Integral, I):
        return first, _symmetry(system, S.One, S.Zero)
    integrated = Step("each side integrated", system, time, x + constant, constants=(constant,))
    return first, _symmetry(system, S.One, S.Zero), integrated
