"""The linearised symmetry condition, as linear forms in the derivatives of the unknown infinitesimals.

    η_i^(n_i) - X F_i = 0  on solutions,      X = ξ ∂_t + Σ η_i ∂_{x_i} prolonged,

with η_i^(k) = D_t η_i^(k-1) - x_i^(k) D_t ξ, where D_t is taken on solutions throughout: D_t x_j^(n_j - 1) = F_j.
Source: Olver 1993, Theorem 2.31; Bluman and Anco 2002, section 3.3.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sympy import Add, Derivative, Expr, Function, Symbol
from sympy.core.function import AppliedUndef

from liesym.coefficients import Definition, Element, Field
from liesym.jets import jet_symbol
from liesym.system import ODESystem

Index = tuple[int, ...]
Term = tuple[int, Index]
LinearForm = dict[Term, Element]
MOST_WRITTEN = 6000  # terms of a determining system that are still written out


@dataclass(frozen=True, slots=True)
class UnknownFunction:
    """An infinitesimal that is looked for: its name, the variable it belongs to, and what it may depend on."""

    name: str
    variable: Symbol
    arguments: tuple[Symbol, ...]

    @property
    def applied(self) -> AppliedUndef:
        return Function(self.name)(*self.arguments)


@dataclass(frozen=True, slots=True)
class DeterminingSystem:
    """Linear homogeneous PDEs for the infinitesimals.

    Arguments:
        variables: (t, x_1, …, x_m), the independent variables of the PDEs.
        unknowns: one for ξ, one for each η_i.
        conditions: the invariance conditions before splitting, one an equation of the system; all must vanish for
            every value of the jet coordinates.
        equations: after splitting, free of jet coordinates.
    """

    variables: tuple[Symbol, ...]
    unknowns: tuple[UnknownFunction, ...]
    conditions: tuple[Expr, ...]
    equations: tuple[Expr, ...]


@dataclass(frozen=True)
class Determining:
    """The same in the coefficient field, as the solver uses it."""

    field: Field
    variables: tuple[Symbol, ...]
    unknowns: tuple[UnknownFunction, ...]
    conditions: tuple[LinearForm, ...]
    equations: tuple[LinearForm, ...]

    def public(self, system: ODESystem | None = None) -> DeterminingSystem:
        """As SymPy expressions.

        Arguments:
            system: of first order and with nothing split; equations that would take too long to write out are then
                left in terms of its right sides.
        """
        terms = sum(len(c.num) + len(c.den) for form in self.equations for c in form.values())
        if system is not None and terms > MOST_WRITTEN:
            lines = tuple(condition_of_rates(system, self.unknowns, i) for i in range(len(system.rhs)))
            return DeterminingSystem(self.variables, self.unknowns, lines, lines)
        return DeterminingSystem(
            self.variables,
            self.unknowns,
            tuple(self.expression(form) for form in self.conditions),
            tuple(self.expression(form) for form in self.equations),
        )

    def expression(self, form: LinearForm) -> Expr:
        """Σ coefficient * derivative of the unknown function."""
        terms: list[Expr] = []
        for (a, index), coefficient in sorted(form.items(), key=lambda item: item[0]):
            function = self.unknowns[a].applied
            along = [(v, k) for v, k in zip(self.variables, index, strict=True) if k]
            derivative = Derivative(function, *along) if along else function
            terms.append(self.field.to_expr(coefficient) * derivative)
        return Add(*terms)


def condition_of_rates(system: ODESystem, unknowns: Sequence[UnknownFunction], i: int) -> Expr:
    """D η_i - f_i D ξ - Σ η_j ∂f_i/∂x_j - ξ ∂f_i/∂t with D = ∂_t + f·∂_x, for equation i of a first-order system."""
    xi, *etas = (u.applied for u in unknowns)
    f, t = system.rhs[i], system.independent

    def along(u: Expr) -> Expr:
        steps = zip(system.unknowns, system.rhs, strict=True)
        return Derivative(u, t) + Add(*(rate * Derivative(u, x) for x, rate in steps))

    moved = Add(*(eta * f.diff(x) for x, eta in zip(system.unknowns, etas, strict=True)))
    return along(etas[i]) - f * along(xi) - moved - xi * f.diff(t)


def infinitesimals(
    system: ODESystem, depends: Mapping[Symbol, Sequence[Symbol]] | None = None
) -> tuple[UnknownFunction, ...]:
    """The unknown functions ξ, η_i; `depends` restricts their arguments (a missing variable: all of them)."""
    taken = {str(f.func) for f in system.functions}
    result = []
    for variable in system.variables:
        name = "xi" if variable == system.independent else f"eta_{variable.name}"
        while name in taken:
            name += "_"
        taken.add(name)
        arguments = tuple((depends or {}).get(variable, system.variables))
        result.append(UnknownFunction(name, variable, tuple(v for v in system.variables if v in arguments)))
    return tuple(result)


def jet_field(system: ODESystem, extra: Sequence[Expr] = (), definitions: Sequence[Definition] = ()) -> Field:
    """A coefficient field over (t, x, free jet coordinates) that holds the right sides and `extra`."""
    variables = (*system.variables, *system.jet_coordinates)
    expressions = [*system.rhs, *extra]
    return Field.build(expressions, variables, system.parameter_symbols, definitions, system.jet_coordinates)


class OnSolutions:
    """D_t on solutions, for elements and for linear forms."""

    def __init__(self, system: ODESystem, field: Field) -> None:
        self.system, self.field = system, field
        self.rhs = [field(f) for f in system.rhs]
        # D_t v for every variable v of the field
        self.rates: list[tuple[Symbol, Element]] = [(system.independent, field.one)]
        for i, (x, n) in enumerate(zip(system.unknowns, system.orders, strict=True)):
            for k in range(n):
                following = self.rhs[i] if k == n - 1 else field(jet_symbol(x, k + 1))
                self.rates.append((jet_symbol(x, k), following))
        self.velocities = [self.velocity(j, 1) for j in range(len(system.unknowns))]

    def velocity(self, j: int, k: int) -> Element:
        """x_j^(k) on solutions."""
        system = self.system
        if k < system.orders[j]:
            return self.field(jet_symbol(system.unknowns[j], k))
        value = self.rhs[j]
        for _ in range(k - system.orders[j]):
            value = self.rate(value)
        return value

    def rate(self, element: Element) -> Element:
        """D_t of an element."""
        result = self.field.zero
        for variable, following in self.rates:
            partial = element.diff(variable)
            if not partial.is_zero:
                result = result + partial * following
        return result

    def form_rate(self, form: LinearForm, unknowns: Sequence[UnknownFunction]) -> LinearForm:
        """D_t of Σ c u_α: Σ D_t(c) u_α + c (u_{α+t} + Σ x_j' u_{α+x_j})."""
        result: LinearForm = {}
        flows = [self.field.one, *self.velocities]
        variables = self.system.variables
        for (a, index), coefficient in form.items():
            add_to(result, (a, index), self.rate(coefficient))
            for place, velocity in enumerate(flows):
                if variables[place] in unknowns[a].arguments:
                    raised = tuple(k + (p == place) for p, k in enumerate(index))
                    add_to(result, (a, raised), coefficient * velocity)
        return result


def add_to(form: LinearForm, term: Term, value: Element) -> None:
    """form[term] += value, dropping zeros."""
    if value.is_zero:
        return
    total = form[term] + value if term in form else value
    if total.is_zero:
        del form[term]
    else:
        form[term] = total


def add_multiple(form: LinearForm, other: LinearForm, factor: Element) -> None:
    """form += factor * other."""
    if factor.is_zero:
        return
    for term, coefficient in other.items():
        add_to(form, term, coefficient * factor)


def invariance_forms(system: ODESystem, unknowns: Sequence[UnknownFunction], field: Field) -> tuple[LinearForm, ...]:
    """The invariance condition of each equation as a linear form in the derivatives of ξ, η_i."""
    on = OnSolutions(system, field)
    zero_index = (0,) * len(system.variables)
    xi: LinearForm = {(0, zero_index): field.one}
    drift = on.form_rate(xi, unknowns)
    prolonged: list[list[LinearForm]] = []
    for i, n in enumerate(system.orders):
        row: list[LinearForm] = [{(i + 1, zero_index): field.one}]
        for k in range(1, n + 1):
            following = on.form_rate(row[-1], unknowns)
            add_multiple(following, drift, -on.velocity(i, k))
            row.append(following)
        prolonged.append(row)
    conditions = []
    for i, n in enumerate(system.orders):
        condition = dict(prolonged[i][n])
        f = on.rhs[i]
        add_multiple(condition, xi, -f.diff(system.independent))
        for j, (x, order) in enumerate(zip(system.unknowns, system.orders, strict=True)):
            for k in range(order):
                add_multiple(condition, prolonged[j][k], -f.diff(jet_symbol(x, k)))
        conditions.append(condition)
    return tuple(conditions)


def determine(
    system: ODESystem,
    depends: Mapping[Symbol, Sequence[Symbol]] | None = None,
    *,
    extra: Sequence[Expr] = (),
    deadline: float | None = None,
) -> Determining:
    """The determining system of a system of ODEs, before and after splitting.

    Arguments:
        system: the ODEs.
        depends: variable -> what its infinitesimal may depend on; a missing variable may depend on all.
        extra: expressions that the coefficient field shall hold besides (functions of an ansatz).
        deadline: `time.monotonic()` value after which OutOfBudget is raised.

    Raises:
        OutOfBudget: the deadline passed.
        Unsupported: a right side holds a function without a rule in the coefficient field.
    """
    from liesym.split import split

    field = jet_field(system, extra)
    field.deadline = deadline
    unknowns = infinitesimals(system, depends)
    conditions = invariance_forms(system, unknowns, field)
    # without jet coordinates nothing splits, and the conditions stay as they are, their denominators apart
    equations = split(conditions, field, system.jet_coordinates) if system.jet_coordinates else conditions
    field.deadline = None
    return Determining(field, system.variables, unknowns, conditions, equations)


def apply_form(form: LinearForm, values: Sequence[Element], variables: Sequence[Symbol], field: Field) -> Element:
    """The linear form with the unknown functions replaced by elements: Σ c ∂^α value."""
    cache: dict[Term, Element] = {}

    def derivative(a: int, index: Index) -> Element:
        if (a, index) not in cache:
            place = next((p for p, k in enumerate(index) if k), None)
            if place is None:
                cache[a, index] = values[a]
            else:
                lower = tuple(k - (p == place) for p, k in enumerate(index))
                cache[a, index] = derivative(a, lower).diff(variables[place])
        return cache[a, index]

    total = field.zero
    for (a, index), coefficient in form.items():
        total = total + coefficient * derivative(a, index)
    return total


__all__ = [
    "Determining",
    "DeterminingSystem",
    "LinearForm",
    "OnSolutions",
    "UnknownFunction",
    "add_multiple",
    "add_to",
    "apply_form",
    "determine",
    "infinitesimals",
    "invariance_forms",
    "jet_field",
]
