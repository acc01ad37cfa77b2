"""The inverse problem: a Lagrangian with quadratic kinetic term for a given second-order system.

L = ½ Σ g_ij q_i' q_j' + Σ A_i q_i' - V with g, A, V functions of (t, q), and E_i(L) = Σ_j g_ij (q_j'' - F_j)
up to sign. With F = F0 + F1·q' + F2(q', q') this asks for

    ½(∂_k g_ij + ∂_j g_ik - ∂_i g_jk) + Σ_l g_il F2^l_jk = 0,
    M_ij = ∂_t g_ij + Σ_l g_il F1^l_j antisymmetric; as B = dA it is closed,
    ∂_t B_ij = ∂_j P_i - ∂_i P_j with P_i = Σ_l g_il F0^l,

a linear PDE system for g alone; then A and V follow by quadrature. Source: Douglas 1941; Santilli 1978, chapter 3.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from sympy import Expr, S

from liesym.base.budget import Budget
from liesym.base.jets import jet_symbol
from liesym.coefficients.bounded import limited
from liesym.coefficients.field import Field
from liesym.coefficients.lattice import NeedsRefinement
from liesym.coefficients.ring import Element
from liesym.determine.forms import Determining, LinearForm, UnknownFunction, add_multiple, add_to
from liesym.determine.on_solutions import jet_field
from liesym.errors import NotSolvable, OutOfBudget, TimeIsUp, Unsupported
from liesym.model.names import taken_names
from liesym.model.system import ODESystem
from liesym.solving.linear.vectors import linear_combination, normalized
from liesym.solving.ode.integrate import integrate
from liesym.solving.ode.operators import determinant
from liesym.solving.pde.general import solve_general
from liesym.variational.lagrangian import Lagrangian, euler_lagrange
from liesym.variational.second_order import in_second_order
from liesym.variational.shares import METRICS

Metric = tuple[Element, ...]  # g_11, g_12, …, g_mm
MOST_METRICS = 10


def find_lagrangian(system: ODESystem, *, budget: float = 60.0) -> Lagrangian | None:
    """A regular Lagrangian, quadratic in the velocities, of a second-order system.

    Arguments:
        system: every equation of order 2.
        budget: seconds.

    Returns:
        The simplest regular one that was found, verified by its Euler-Lagrange equations; None if there is
        none of this class or it was not found.

    Raises:
        Unsupported: an equation is not of order 2.
    """
    return inverse_problem(system, budget=budget).lagrangian


def lagrangian_of(system: ODESystem, *, budget: float = 60.0) -> Lagrangian:
    """The same, where having none is a fault; of first order are models of mechanics, x' = v, v' = F(t, x, v).

    Arguments:
        system: every equation of order 2, or pairs of first order.
        budget: seconds.

    Raises:
        Unsupported: there is none, or none was found; the message says which.
        TimeIsUp: none was found in time.
    """
    joined = in_second_order(system)
    if set(joined.orders) != {2}:
        raise Unsupported(
            "a Lagrangian is looked for where all equations are of order 2, or come in pairs such as x' = v, "
            "v' = F(t, x, v); give a Lagrangian, or ask first_integrals (liesym analyze) for conserved quantities"
        )
    found = inverse_problem(joined, budget=budget)
    if found.lagrangian is None:
        if found.stopped:
            raise TimeIsUp("search for a Lagrangian")
        what = "exists, for generic parameters" if found.absent else "was found"
        raise Unsupported(f"no Lagrangian quadratic in the velocities {what}; give one instead of the equations")
    return found.lagrangian


@dataclass(frozen=True, slots=True)
class InverseProblem:
    """What is known of the Lagrangians of a system that are quadratic in the velocities.

    Arguments:
        lagrangian: a regular one, verified; None if none was found.
        multipliers: number of linearly independent matrices g that fit, degenerate ones included.
        absent: True if it is proven that there is no regular one in the class, for generic values of parameters.
        stopped: True if the budget ended the search.
    """

    lagrangian: Lagrangian | None
    multipliers: int
    absent: bool
    stopped: bool = False


def inverse_problem(system: ODESystem, *, budget: float = 60.0) -> InverseProblem:
    """Lagrangians quadratic in the velocities: one of them, how many matrices g, or the proof that there is none.

    Arguments:
        system: every equation of order 2.
        budget: seconds.

    Raises:
        Unsupported: an equation is not of order 2.

    Source: Douglas 1941; Santilli 1978, chapter 3.
    """
    if set(system.orders) != {2}:
        raise Unsupported("the inverse problem is posed for systems whose equations are all of order 2")
    limit = Budget.seconds(budget)
    metrics: list[Metric] = []
    try:
        problem = _Problem.of(system, limit)
        if problem is None:  # the Euler-Lagrange equations of the class are of degree 2 in the velocities
            return InverseProblem(None, 0, True)
        metrics, complete, stopped = problem.metrics(limit.share(METRICS))
        if complete and problem.all_degenerate(metrics):
            return InverseProblem(None, len(metrics), True)
        return InverseProblem(_first_regular(problem, metrics, limit), len(metrics), False, stopped)
    except OutOfBudget as stop:
        return InverseProblem(None, len(metrics), False, stop.ends)


def _first_regular(problem: _Problem, metrics: Sequence[Metric], budget: Budget) -> Lagrangian | None:
    """The first combination of the matrices whose Lagrangian is found and has the equations of the system."""
    for metric in _combinations(metrics, problem.field, problem.system):
        budget.check("search for a Lagrangian")
        try:
            found = problem.lagrangian(metric)
        except (NeedsRefinement, Unsupported):
            continue
        if found is not None and _belongs_to(found, problem.system):
            return found
    return None


class _Problem:
    """The parts F0, F1, F2 of the forces, and the equations for the metric."""

    def __init__(self, system: ODESystem, field: Field, parts: tuple) -> None:
        self.system, self.field = system, field
        self.f0, self.f1, self.f2 = parts
        self.m = len(system.unknowns)
        self.places = [(i, j) for i in range(self.m) for j in range(i, self.m)]
        self.at = {place: a for a, place in enumerate(self.places)}

    @staticmethod
    def of(system: ODESystem, budget: Budget) -> _Problem | None:
        """None if a force is not a polynomial of degree 2 in the velocities."""
        field = limited(jet_field(system), budget)
        velocities = system.jet_coordinates
        f0, f1, f2 = [], [], []
        for f in (field(f) for f in system.rhs):
            first = [f.diff(v) for v in velocities]
            second = [[d.diff(w) / 2 for w in velocities] for d in first]
            if any(e.depends_on(v) for row in second for e in row for v in velocities):
                return None
            linear = []
            for j, slope in enumerate(first):
                for k, v in enumerate(velocities):
                    slope = slope - second[j][k] * field(v) * 2
                linear.append(slope)
            rest = f
            for j, v in enumerate(velocities):
                rest = rest - linear[j] * field(v)
                for k, w in enumerate(velocities):
                    rest = rest - second[j][k] * field(v) * field(w)
            f0.append(rest)
            f1.append(linear)
            f2.append(second)
        return _Problem(system, field, (f0, f1, f2))

    # -- the metric ------------------------------------------------------------------------------

    def metrics(self, budget: Budget) -> tuple[list[Metric], bool, bool]:
        """A basis of the symmetric matrices that fit, degenerate ones included, whether it is all, whether time cut it."""
        unknowns = tuple(
            UnknownFunction(f"g{i + 1}{j + 1}", self.system.independent, self.system.variables) for i, j in self.places
        )
        forms = tuple(f for f in self._equations() if f)
        determining = Determining(self.field, self.system.variables, unknowns, forms, forms)
        solution = solve_general(determining, budget=budget, taken=taken_names(self.system))
        return list(solution.vectors), solution.complete and not solution.families, solution.stopped

    def all_degenerate(self, metrics: Sequence[Metric]) -> bool:
        """det Σ c_a g^a = 0 for all constants c: a polynomial in c of degree m, so its values at c_a in 0 … m decide."""
        if len(metrics) > MOST_METRICS:
            return False
        for values in itertools.product(range(self.m + 1), repeat=len(metrics)):
            chosen = {a: self.field.constant(c) for a, c in enumerate(values) if c}
            if chosen and not self._determinant(linear_combination(metrics, chosen, self.field)).is_zero:
                return False
        return True

    def _determinant(self, metric: Metric) -> Element:
        rows = [[metric[self.at[min(i, j), max(i, j)]] for j in range(self.m)] for i in range(self.m)]
        return determinant(rows, self.field)

    def _g(self, i: int, j: int, variable: int | None = None) -> LinearForm:
        """g_ij, or its derivative by t (0) or q_k (k + 1)."""
        index = tuple(int(p == variable) for p in range(self.m + 1))
        return {(self.at[min(i, j), max(i, j)], index): self.field.one}

    def _sum(self, *terms: tuple[Element, LinearForm]) -> LinearForm:
        total: LinearForm = {}
        for factor, form in terms:
            add_multiple(total, form, factor)
        return total

    def _diff(self, form: LinearForm, variable: int) -> LinearForm:
        symbol = self.system.variables[variable]
        result: LinearForm = {}
        for (a, index), c in form.items():
            add_to(result, (a, index), c.diff(symbol))
            add_to(result, (a, tuple(k + (p == variable) for p, k in enumerate(index))), c)
        return result

    def _equations(self) -> Iterator[LinearForm]:
        one, half, span = self.field.one, self.field.one / 2, range(self.m)
        for i, j in itertools.product(span, span):
            for k in range(j, self.m):
                terms = [
                    (half, self._g(i, j, k + 1)),
                    (half, self._g(i, k, j + 1)),
                    (-half, self._g(j, k, i + 1)),
                ]
                yield self._sum(*terms, *((self.f2[l][j][k], self._g(i, l)) for l in span))
        for i, j in self.places:
            terms = [(one * 2, self._g(i, j, 0))]
            terms += [(self.f1[l][j], self._g(i, l)) for l in span]
            yield self._sum(*terms, *((self.f1[l][i], self._g(j, l)) for l in span))
        for i, j, k in itertools.combinations(span, 3):
            parts = (self._diff(self._magnetic(*pair), d + 1) for pair, d in (((i, j), k), ((j, k), i), ((k, i), j)))
            yield self._sum(*((one, part) for part in parts))
        for i, j in itertools.combinations(span, 2):
            yield self._sum(
                (one, self._diff(self._force(i), j + 1)),
                (-one, self._diff(self._force(j), i + 1)),
                (-one, self._diff(self._magnetic(i, j), 0)),
            )

    def _magnetic(self, i: int, j: int) -> LinearForm:
        """B_ij = ½ Σ_l (g_il F1^l_j - g_jl F1^l_i)."""
        half, span = self.field.one / 2, range(self.m)
        terms = [(self.f1[l][j] * half, self._g(i, l)) for l in span]
        return self._sum(*terms, *((-(self.f1[l][i] * half), self._g(j, l)) for l in span))

    def _force(self, i: int) -> LinearForm:
        """P_i = Σ_l g_il F0^l."""
        return self._sum(*((self.f0[l], self._g(i, l)) for l in range(self.m)))

    # -- the rest of the Lagrangian --------------------------------------------------------------

    def lagrangian(self, metric: Metric) -> Lagrangian | None:
        field, qs = self.field, self.system.unknowns
        magnetic = {(i, j): self._value(self._magnetic(i, j), metric) for i, j in itertools.combinations(range(self.m), 2)}
        vector = self._vector_potential(magnetic)
        if vector is None:
            return None
        rest = [-(self._value(self._force(i), metric) + a.diff(self.system.independent)) for i, a in enumerate(vector)]
        scalar = field.zero
        for i, q in enumerate(qs):
            step = integrate(rest[i], q, field)
            if step is None:
                return None
            scalar = scalar + step
            rest = [r - step.diff(p) for r, p in zip(rest, qs, strict=True)]
        return self._assembled(metric, vector, scalar)

    def _value(self, form: LinearForm, metric: Metric) -> Element:
        """A form without derivatives of g, evaluated."""
        total = self.field.zero
        for (a, _), c in form.items():
            total = total + c * metric[a]
        return total

    def _vector_potential(self, magnetic: dict[tuple[int, int], Element]) -> list[Element] | None:
        """A with ∂_i A_j - ∂_j A_i = B_ij, coordinate by coordinate."""
        field, qs = self.field, self.system.unknowns
        vector = [field.zero] * self.m
        left = dict(magnetic)
        for k, q in enumerate(qs):
            for j in range(k + 1, self.m):
                step = integrate(left[k, j], q, field)
                if step is None:
                    return None
                vector[j] = vector[j] + step
                for i, l in left:
                    change = step.diff(qs[i]) if l == j else -step.diff(qs[l]) if i == j else None
                    if change is not None:
                        left[i, l] = left[i, l] - change
        return vector

    def _assembled(self, metric: Metric, vector: Sequence[Element], scalar: Element) -> Lagrangian:
        field, system = self.field, self.system
        velocities = [jet_symbol(q, 1) for q in system.unknowns]
        expression: Expr = -field.to_expr(scalar)
        for (i, j), e in zip(self.places, metric, strict=True):
            weight = S.Half if i == j else S.One
            expression += weight * field.to_expr(e) * velocities[i] * velocities[j]
        for v, e in zip(velocities, vector, strict=True):
            expression += field.to_expr(e) * v
        return Lagrangian(expression, system.independent, system.unknowns, system.parameters)


def _combinations(metrics: Sequence[Metric], field: Field, system: ODESystem) -> Iterator[Metric]:
    """The sum of the diagonal ones, then single ones, then sums of two, three and all.

    Those free of t first.
    """
    m = len(system.unknowns)
    off = [a for a, (i, j) in enumerate((i, j) for i in range(m) for j in range(i, m)) if i != j]

    def weight(metric: Metric) -> tuple[bool, bool, int]:
        with_time = any(e.depends_on(system.independent) for e in metric)
        mixed = any(not metric[a].is_zero for a in off)
        return with_time, mixed, sum(len(e.num) + len(e.den) for e in metric)

    ordered = sorted(metrics, key=weight)[:MOST_METRICS]
    if not ordered:
        return
    diagonal = [e for e in ordered if weight(e)[:2] == (False, False)]
    if len(diagonal) > 1:
        yield linear_combination(diagonal, dict.fromkeys(range(len(diagonal)), field.one), field)
    for size in (*range(1, 4), len(ordered)):
        for chosen in itertools.combinations(ordered, size):
            combined = linear_combination(chosen, dict.fromkeys(range(len(chosen)), field.one), field)
            yield normalized(combined, field)


def _belongs_to(lagrangian: Lagrangian, system: ODESystem) -> bool:
    """True if the Euler-Lagrange equations are those of the system, compared exactly."""
    try:
        own = euler_lagrange(lagrangian)
    except NotSolvable:
        return False
    field = jet_field(system, own.rhs)
    return all((field(a) - field(b)).is_zero for a, b in zip(own.rhs, system.rhs, strict=True))
