"""The way to a solution, step by step, each an equation or a symmetry that is checked.

A step speaks of one equation y^(n) = F, perhaps in new variables r = ρ(x, y, y', …), u = υ(x, y, y', …). It is true if

    left = right              identically on y^(n) = F, with u^(k+1) = D_x u^(k)/D_x r
    D_x (left - right) = 0    on y^(n) = F, where the step holds a constant of integration
    x = …, y = …, …           solve a system
    y^(n-1) = right           and D_x of it vanish together with left - right
    y = right                 solves y^(n) = F, or solves another equation if y^(n) = F
    X                         is a symmetry of y^(n) = F
    F(x, y, y') = 0           with x or y = right, or F_x dx/dp + F_y dy/dp + F_p = 0 with dx/dp or dy/dp = right

exactly, and where numbers can be inserted, at real points too. Source: Olver 1993, sections 2.5 and 4.3.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from sympy import Dummy, Expr, Integral, Symbol

from liesym.base.jets import jet_symbol, partial_derivative
from liesym.base.typed import expr, replaced
from liesym.coefficients import Field
from liesym.coefficients.lattice import NeedsRefinement
from liesym.errors import LiesymError, Unsupported
from liesym.model.implicit import ImplicitEquation
from liesym.model.names import fresh_name
from liesym.model.system import ODESystem
from liesym.symmetries.generator import Generator
from liesym.testing.realpoints import look
from liesym.text.display import Display
from liesym.text.latex import latex
from liesym.text.shown import Shown

HIGHEST = 6
"""Order up to which derivatives of an invented unknown get the name of their unknown."""


@dataclass(frozen=True, slots=True)
class Change:
    """New variables: r = time and u = height, functions of x, y and its derivatives."""

    independent: Symbol
    time: Expr
    unknown: Symbol
    height: Expr


@dataclass(frozen=True, slots=True, repr=False)
class Step(Shown):
    """One line of a derivation.

    Arguments:
        says: what is done, in words.
        system: the equation that the line speaks of.
        left, right: sides of an equation, None for a symmetry.
        change: the new variables of the line, None if it is about those of the system.
        generator: a symmetry of the system, None for an equation.
        constants: the constants of integration that it may hold.
        onto: the equation that y = right solves if the system holds, where it is another one.
        surface: an equation F(x, y, y') = 0 that the line speaks of instead.
        values: of all unknowns of a system that they solve, instead of left and right.
    """

    says: str
    system: ODESystem
    left: Expr | None = None
    right: Expr | None = None
    change: Change | None = None
    generator: Generator | None = None
    constants: tuple[Symbol, ...] = ()
    onto: ODESystem | None = None
    surface: ImplicitEquation | None = None
    values: tuple[Expr, ...] = ()

    def __str__(self) -> str:
        by = Display(self.variables, (*self.constants, *self.system.parameter_symbols))
        if self.generator is not None:
            return f"{self.says}: X = {self.generator}"
        return f"{self.says}: {', '.join(f'{by.write(left)} = {by.write(right)}' for left, right in self.pairs)}"

    @property
    def pairs(self) -> tuple[tuple[Expr, Expr], ...]:
        """The sides of its equations."""
        if self.values:
            return tuple(zip(self.system.unknowns, self.values, strict=True))
        return () if self.left is None or self.right is None else ((self.left, self.right),)

    @property
    def variables(self) -> tuple[Symbol, ...]:
        """Of the system, then the new ones."""
        new = () if self.change is None else (self.change.independent, self.change.unknown)
        return tuple(dict.fromkeys((*self.system.variables, *new)))

    def to_latex(self) -> str:
        if self.generator is not None:
            return f"X = {self.generator.to_latex()}"
        return r",\quad ".join(f"{latex(left)} = {latex(right)}" for left, right in self.pairs)

    @property
    def holds(self) -> bool:
        """True if it is proven; False also where that is not decided."""
        if self.generator is not None:
            return _is_symmetry(self.generator, self.system)
        if self.values:
            return all(_vanishes(d, self.system, self.constants) for d in defects_of(self.system, self.values)[0])
        if self.onto is not None:
            return _carries(expr(self.right), self.system, self.onto)
        if self.surface is not None:
            return _is_on(self.surface, self)
        defect = _moved(expr(self.left) - expr(self.right), self.system, self.change)
        if _vanishes(defect, self.system, self.constants):
            return _is_seen(defect)
        varies = defect.has(*self.system.variables, *self.system.jet_coordinates)
        if varies and defect.has(*self.constants) and self._is_constant(defect):
            return True
        return self.left == self.system.unknowns[0] and _solves(expr(self.right), self.system, self.constants)

    def _is_constant(self, defect: Expr) -> bool:
        """True if D_x (left - right) = 0, for a highest free derivative on the left where it has the value on the right."""
        rate = _total(defect, self.system)
        top = jet_symbol(self.system.unknowns[0], self.system.order - 1)
        if self.left == top and self.system.order > 1:
            rate = replaced(rate, {top: self.right})
        return _vanishes(rate, self.system, self.constants)

    def over(self, rule: Mapping[Symbol, Expr]) -> Step:
        """With values for parameters, or other constants."""
        return self.written(lambda e: replaced(e, rule))

    def written(self, write: Callable[[Expr], Expr]) -> Step:
        """With another form of every expression that is no variable."""
        system = replace(self.system, rhs=tuple(map(write, self.system.rhs)))
        sides = [None if e is None else write(e) for e in (self.left, self.right)]
        x, change = self.generator, self.change
        if x is not None:
            x = replace(x, components=tuple(map(write, x.components)))
        if change is not None:
            change = replace(change, time=write(change.time), height=write(change.height))
        values = tuple(map(write, self.values))
        return replace(self, system=system, left=sides[0], right=sides[1], generator=x, change=change, values=values)


def named(steps: Sequence[Step], taken: Iterable[str]) -> tuple[Step, ...]:
    """With names for invented variables, free ones, each variable one throughout."""
    used, rule = set(taken), {}
    for step in steps:
        used |= {v.name for v in (*step.variables, *step.system.parameter_symbols) if not isinstance(v, Dummy)}
        for v in (*step.variables, *step.constants):
            if isinstance(v, Dummy) and v not in rule:
                name = fresh_name(v.name, frozenset(used))
                used.add(name)
                new = Symbol(name, real=True)
                rule |= {jet_symbol(v, k): jet_symbol(new, k) for k in range(HIGHEST)}
    return tuple(_renamed(step, rule) for step in steps)


def _renamed(step: Step, rule: Mapping[Symbol, Symbol]) -> Step:
    if not rule:
        return step
    moved, change = step.over(rule), step.change
    old = moved.system
    unknowns, independent = tuple(rule.get(u, u) for u in old.unknowns), rule.get(old.independent, old.independent)
    if moved.change is not None and change is not None:
        pair = rule.get(change.independent, change.independent), rule.get(change.unknown, change.unknown)
        moved = replace(moved, change=replace(moved.change, independent=pair[0], unknown=pair[1]))
    x = moved.generator
    if x is not None:
        moved = replace(moved, generator=replace(x, variables=tuple(rule.get(v, v) for v in x.variables)))
    constants = tuple(rule.get(c, c) for c in moved.constants)
    return replace(moved, system=replace(old, independent=independent, unknowns=unknowns), constants=constants)


def defects_of(system: ODESystem, values: Sequence[Expr]) -> tuple[list[Expr], list[Expr]]:
    """x_i^(n_i) - F_i, and F_i, with the values of the unknowns inserted."""
    rule: dict[Symbol, Expr] = {}
    highest: list[Expr] = []
    for name, order, value in zip(system.unknowns, system.orders, values, strict=True):
        for k in range(order):
            rule[jet_symbol(name, k)] = value
            value = partial_derivative(value, system.independent)
        highest.append(value)
    rates = [replaced(f, rule) for f in system.rhs]
    return [a - b for a, b in zip(highest, rates, strict=True)], rates


# -- checks ------------------------------------------------------------------------------------------


def _is_symmetry(generator: Generator, system: ODESystem) -> bool:
    try:
        return generator.is_symmetry_of(system)
    except (LiesymError, NeedsRefinement, ZeroDivisionError):
        return False


def _moved(defect: Expr, system: ODESystem, change: Change | None) -> Expr:
    """In x, y and the free derivatives of the system."""
    if change is not None:
        speed, value = _total(change.time, system), change.height
        values = {change.independent: change.time, change.unknown: value}
        for k in range(1, HIGHEST):
            if speed == 0 or not defect.has(*(jet_symbol(change.unknown, j) for j in range(k, HIGHEST))):
                break
            value = _total(value, system) / speed
            values[jet_symbol(change.unknown, k)] = value
        defect = replaced(defect, values)
    return replaced(defect, system.solved)


def _total(value: Expr, system: ODESystem) -> Expr:
    """D_x on solutions."""
    return system.total_derivative(value)


def _vanishes(value: Expr, system: ODESystem, constants: Sequence[Symbol]) -> bool:
    variables = (*system.variables, *system.jet_coordinates, *constants)
    try:
        return Field.build([value], tuple(dict.fromkeys(variables)), system.parameter_symbols)(value).is_zero
    except (Unsupported, NeedsRefinement, ZeroDivisionError):
        return False


def _is_seen(defect: Expr) -> bool:
    """False if numbers can be inserted and say that it holds nowhere: on no side of a root."""
    if defect == 0 or defect.has(Integral):
        return True
    seen = look(lambda fix: [fix(defect)], [defect])
    return not seen.readable or seen.holds or bool(seen.true_on)


def _solves(value: Expr, system: ODESystem, constants: Sequence[Symbol]) -> bool:
    """y = value inserted in the equation."""
    (y,), x, rate = system.unknowns, system.independent, value
    jets: dict[Symbol, Expr] = {}
    for k in range(system.order):
        jets[jet_symbol(y, k)] = rate
        rate = rate.diff(x)
    defect = rate - replaced(system.rhs[0], jets)
    return _vanishes(defect, system, constants) and _is_seen(defect)


def _carries(value: Expr, system: ODESystem, onto: ODESystem) -> bool:
    """True if y = value solves `onto` wherever the system holds; value holds the variables of the system."""
    (y,), rate = onto.unknowns, value
    jets: dict[Symbol, Expr] = {}
    for k in range(onto.order):
        jets[jet_symbol(y, k)] = rate
        rate = _total(rate, system)
    return _vanishes(rate - replaced(onto.rhs[0], jets), system, ())


def _is_on(surface: ImplicitEquation, step: Step) -> bool:
    """True if x or y = right is on the surface, or its rate along p = y' keeps F = 0."""
    x, y, p, left = surface.independent, surface.unknown, surface.slope, step.left
    if left in (x, y):
        return _vanishes(replaced(surface.residual, {left: step.right}), surface.solved(), (p,))
    along = replaced(expr(step.right), {step.system.independent: p})
    dx, dy = (along / p, along) if step.system.unknowns == (y,) else (along, p * along)
    f = surface.residual
    return _vanishes(f.diff(x) * dx + f.diff(y) * dy + f.diff(p), surface.solved(), (p,))
