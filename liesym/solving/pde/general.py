"""Integration of completed linear PDE systems: the general solution, arbitrary functions and all.

A state holds the unknown functions that are left, the equations between them, and the infinitesimals as linear forms in
them. Steps, each followed by a new completion:

* an equation that solves for an unknown itself removes it;
* coefficients that depend on a variable which no unknown of the equation depends on are split off;
* an unknown that satisfies an ODE in one of its arguments v, with unknowns free of v on the right side, becomes
  Σ C_i φ_i + a particular solution, with C_i free of v;
* a first-order equation for one unknown gives an arbitrary function of its first integrals (method of characteristics).

When only constants and unconstrained functions are left, the solution is general: nothing was assumed on the way but the
pivots that are recorded. Sources: Schwarz 2008, chapter 3; Wolf 2004 (CRACK); Schwarz 2008, section 2.3.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from dataclasses import field as dataclass_field

from sympy import Expr, Function, S, Symbol

from liesym.base.budget import UNLIMITED, Budget
from liesym.coefficients.definitions import Definition
from liesym.coefficients.field import Field
from liesym.coefficients.lattice import NeedsRefinement
from liesym.coefficients.ring import Element
from liesym.determine.forms import Determining, Index, LinearForm, Term, add_multiple, add_to
from liesym.errors import OutOfBudget, Unsupported
from liesym.solving.linear.relations import split_columns
from liesym.solving.ode.ode import OdeSolver
from liesym.solving.pde.characteristics import solve_first_order
from liesym.solving.pde.involutive import Basis, Dependence, differentiate

MOST_TERMS = 20000
"""Largest number of terms of a coefficient before completion is given up."""


@dataclass(frozen=True)
class GeneralSolution:
    """The solution space of a linear PDE system.

    Arguments:
        vectors: one solution (u_1, …) for each free constant.
        families: solutions with an arbitrary function: (components as expressions in h(arguments), h's arguments).
        complete: True if every unknown was integrated.
        reason: what stopped the integration, empty if complete.
        pivots: coefficients divided by.
        definitions: named functions that occur.
        stop: the end of the budget, if that cut the integration short.
    """

    vectors: tuple[tuple[Element, ...], ...]
    families: tuple[tuple[tuple[Expr, ...], tuple[tuple[Expr, tuple[Expr, ...]], ...]], ...]
    complete: bool
    reason: str
    pivots: tuple[Element, ...]
    definitions: tuple[Definition, ...]
    stop: OutOfBudget | None = dataclass_field(default=None, compare=False)

    @property
    def stopped(self) -> bool:
        """True if the end of the budget cut the integration short."""
        return self.stop is not None


@dataclass
class State:
    """Unknown functions, the equations between them, and the infinitesimals as linear forms in them."""

    field: Field
    variables: tuple[Symbol, ...]
    arguments: list[frozenset[int]]
    forms: list[LinearForm]
    solution: list[LinearForm]
    pivots: list[Element] = dataclass_field(default_factory=list)
    # index of an unknown that was found to be arbitrary -> its arguments as expressions
    free: dict[int, tuple[Expr, ...]] = dataclass_field(default_factory=dict)

    @property
    def where(self) -> Dependence:
        return Dependence(self.variables, tuple(self.arguments))

    @property
    def origin(self) -> Index:
        return (0,) * len(self.variables)

    def new_unknown(self, arguments: frozenset[int]) -> int:
        self.arguments.append(arguments)
        return len(self.arguments) - 1

    def live(self) -> list[int]:
        """Unknowns that occur in the solution or in an equation."""
        found = {a for form in (*self.solution, *self.forms) for a, _ in form}
        return sorted(found)


def solve_general(
    determining: Determining,
    *,
    budget: Budget = UNLIMITED,
    taken: frozenset[str] = frozenset(),
    progress: Callable[[str], None] | None = None,
    names_early: bool = False,
) -> GeneralSolution:
    """The general solution of the determining system, as far as it can be integrated.

    Arguments:
        determining: equations and unknown infinitesimals.
        budget: where it ends the search stops, and what is known is returned as incomplete.
        taken: names that invented functions must not use.
        progress: called with a short description of each step.
        names_early: name solutions of simple equations before intricate ones are tried, where all depends on one variable.
    """
    field = determining.field
    positions = {v: i for i, v in enumerate(determining.variables)}
    state = State(
        field,
        determining.variables,
        [frozenset(positions[v] for v in u.arguments) for u in determining.unknowns],
        [dict(f) for f in determining.equations],
        [{(a, (0,) * len(determining.variables)): field.one} for a in range(len(determining.unknowns))],
    )
    solver = OdeSolver(field, allow_names=False, taken=taken, names_early=names_early)
    reason, ended = "", None
    try:
        with field.within(budget.small(MOST_TERMS)):
            reason = _integrate_all(state, solver, progress or (lambda text: None))
    except OutOfBudget as stop:
        reason, ended = stop.note, stop if stop.ends else None
    except NeedsRefinement:
        reason = "a fraction of an angle that the field cannot represent"
    except Unsupported as stop:
        reason = str(stop)
    except ZeroDivisionError as stop:
        reason = str(stop)
    return replace(_result(state, solver, reason, taken), stop=ended)


def _integrate_all(state: State, solver: OdeSolver, progress: Callable[[str], None]) -> str:
    while True:
        state.field.budget.check("integration of the determining system")
        progress(f"{len(state.forms)} equations, {len(state.live())} unknown functions")
        split_free_variables(state)
        basis = complete(state)
        if remove_solved(state, basis):
            continue
        if all(not state.arguments[a] or a in state.free for a in state.live()):
            return ""
        if one_step(state, basis, solver):
            continue
        blocked = [a for a in state.live() if state.arguments[a] and a not in state.free]
        occurring = {a for form in state.forms for a, _ in form}
        if not any(a in occurring for a in blocked):
            for a in blocked:
                state.free[a] = tuple(state.variables[i] for i in sorted(state.arguments[a]))
            return ""
        return f"{len(blocked)} functions of the general solution are not integrated"


# -- steps -----------------------------------------------------------------------------------------


def complete(state: State) -> Basis:
    """Replace the equations by a completed system."""
    basis = Basis(state.field, state.where, pivot=state.pivots.append)
    basis.add(state.forms)
    basis.complete()
    state.forms = basis.forms()
    return basis


def split_free_variables(state: State) -> None:
    """Split each equation by the variables that none of its unknowns depends on."""
    result: list[LinearForm] = []
    queue = list(state.forms)
    while queue:
        form = queue.pop()
        if not form:
            continue
        bound = frozenset().union(*(state.arguments[a] for a, _ in form))
        free = [v for i, v in enumerate(state.variables) if i not in bound]
        terms = list(form)
        moving = [v for v in free if any(c.depends_on(v) for c in form.values())]
        if not moving:
            result.append(form)
            continue
        rows = split_columns(dict(enumerate(form[t] for t in terms)), state.field, moving)
        parts = [{terms[j]: state.field.of_poly(p) for j, p in row.items()} for row in rows]
        if len(parts) == 1:
            result.append(parts[0])
        else:
            queue.extend(parts)
    state.forms = result


def remove_solved(state: State, basis: Basis) -> bool:
    """Use equations u = …, with u itself the leader, to remove u."""
    found = False
    for leader, rule in list(basis.rules.items()):
        a, index = leader
        if any(index) or a in state.free:
            continue
        substitute(state, a, rule.rest)
        found = True
    state.forms = [f for f in state.forms if f]
    return found


def substitute(state: State, unknown: int, value: LinearForm) -> None:
    """Replace the unknown by a linear form in others everywhere."""
    replaced = replacement(state, unknown, value)
    state.forms = [f for f in (replaced(form) for form in state.forms) if f]
    state.solution = [replaced(form) for form in state.solution]


def replacement(state: State, unknown: int, value: LinearForm) -> Callable[[LinearForm], LinearForm]:
    """Form -> the same with a linear form in place of the unknown."""
    where = state.where
    cache: dict[Index, LinearForm] = {state.origin: value}

    def derivative(index: Index) -> LinearForm:
        if index not in cache:
            place = max(i for i, k in enumerate(index) if k)
            lower = tuple(k - (i == place) for i, k in enumerate(index))
            cache[index] = differentiate(derivative(lower), place, where)
        return cache[index]

    def replaced(form: LinearForm) -> LinearForm:
        if not any(a == unknown for a, _ in form):
            return form
        result: LinearForm = {}
        for (a, index), coefficient in form.items():
            if a == unknown:
                add_multiple(result, derivative(index), coefficient)
            else:
                add_to(result, (a, index), coefficient)
        return result

    return replaced


def one_step(state: State, basis: Basis, solver: OdeSolver) -> bool:
    """One integration: the cheapest that works."""
    candidates = sorted(annihilators(state, basis), key=_effort)
    plain = [c for c in candidates if not _is_intricate(c)]
    for group in (plain, candidates) if solver.names_early and len(plain) < len(candidates) else (candidates,):
        for solver.allow_names in (False, True):
            hopeless: list[tuple[int, tuple[Element, ...]]] = []
            for candidate in group:
                key = candidate.place, candidate.coefficients
                if key in hopeless:
                    continue
                if use_ode(state, candidate, solver):
                    return True
                if not candidate.sources:
                    hopeless.append(key)
    return use_characteristics(state, basis)


@dataclass(frozen=True)
class Annihilator:
    """u^(n) + Σ a_k u^(k) = Σ sources[t] t along one variable v, the t free of v: a consequence of the completed system."""

    unknown: int
    place: int
    coefficients: tuple[Element, ...]
    sources: tuple[tuple[Term, Element], ...]


def _effort(candidate: Annihilator) -> tuple:
    zero = sum(c.is_zero for c in candidate.coefficients)
    size = sum(len(c.num) + len(c.den) for c in candidate.coefficients)
    size += sum(len(c.num) + len(c.den) for _, c in candidate.sources)
    return (zero != len(candidate.coefficients), len(candidate.coefficients), size, candidate.unknown, candidate.place)


def _is_intricate(candidate: Annihilator) -> bool:
    """Of order three and above with apparent singularities: left over by elimination, rarely solved, and at great cost."""
    return len(candidate.coefficients) > 2 and any(len(c.den) > 1 for c in candidate.coefficients)


def annihilators(state: State, basis: Basis, highest: int = 10) -> list[Annihilator]:
    """For each unknown and each of its arguments, the ODE of least order, where there is one."""
    found = []
    for a in state.live():
        if a in state.free:
            continue
        for place in sorted(state.arguments[a]):
            candidate = _annihilator(state, basis, a, place, highest)
            if candidate is not None:
                found.append(candidate)
    return found


def _annihilator(state: State, basis: Basis, a: int, place: int, highest: int) -> Annihilator | None:
    """Normal forms of u, u_v, u_vv, … until one depends on the earlier ones, modulo unknowns that are free of v."""
    field = state.field
    if not any(all(k == 0 for i, k in enumerate(rule.leader[1]) if i != place) for rule in basis.by_unknown.get(a, ())):
        return None  # no leader is a pure derivative along v: all its derivatives are free
    echelon: list[tuple[Term, LinearForm, list[Element]]] = []
    form: LinearForm = basis.normal_form({(a, state.origin): field.one})
    for n in range(highest + 1):
        work = dict(form)
        combination = [field.zero] * n + [field.one]
        for lead, row, how in echelon:
            factor = work.get(lead)
            if factor is not None:
                add_multiple(work, row, -factor)
                for k, c in enumerate(how):
                    combination[k] = combination[k] - factor * c
        moving = [t for t in work if place in state.arguments[t[0]]]
        if not moving:
            return Annihilator(a, place, tuple(combination[:n]), tuple(work.items()))
        lead = min(moving, key=lambda t: len(work[t].num) + len(work[t].den))
        inverse = field.one / work[lead]
        echelon.append((lead, {t: c * inverse for t, c in work.items()}, [c * inverse for c in combination]))
        form = basis.normal_form(differentiate(form, place, state.where))
    return None


def use_ode(state: State, candidate: Annihilator, solver: OdeSolver) -> bool:
    """The same put in for the unknown; the C_i may hold variables that u is free of, and u_w = 0 for such w is added."""
    solved = integrated(state, candidate, solver)
    if solved is None:
        return False
    value, foreign = solved
    substitute(state, candidate.unknown, value)
    state.forms += [f for f in (differentiate(value, i, state.where) for i in sorted(foreign)) if f]
    return True


def integrated(state: State, candidate: Annihilator, solver: OdeSolver) -> tuple[LinearForm, frozenset[int]] | None:
    """u = Σ C_i φ_i + Σ P_t t with C_i free of the variable and P_t particular solutions.

    The φ_i and P_t may hold variables that u is free of; the C_i then do so too. Returns the value and those variables.
    """
    variable = state.variables[candidate.place]
    try:
        solutions = solver.fundamental_solutions(candidate.coefficients, variable)
        if solutions is None:
            return None
        value: LinearForm = {}
        for term, source in candidate.sources:
            particular = solver.particular_solution(candidate.coefficients, solutions, source, variable)
            if particular is None:
                return None
            add_to(value, term, particular)
    except NeedsRefinement:
        return None
    own = state.arguments[candidate.unknown]
    inside = [*solutions, *value.values()]
    passing = {i for i, w in enumerate(state.variables) if i not in own and any(e.depends_on(w) for e in inside)}
    remaining = (own | passing) - {candidate.place}
    for phi in solutions:
        value[state.new_unknown(remaining), state.origin] = phi
    for element in value.values():  # what was divided by on the way must not vanish
        state.pivots.append(state.field.of_poly(element.den))
    state.pivots += solver.pivots
    solver.pivots.clear()
    return value, frozenset(passing | {i for a, _ in value for i in state.arguments[a]} - own)


def use_characteristics(state: State, basis: Basis) -> bool:
    """Σ_v b_v u_v + c u = Σ (constants): u = φ h(I_1, …) + particular, for an unknown with this one equation."""
    for (a, index), rule in sorted(basis.rules.items()):
        if sum(index) != 1 or a in state.free:
            continue
        rules = [r for r in basis.rules.values() if r.leader[0] == a or any(t[0] == a for t in r.rest)]
        if len(rules) != 1:
            continue
        own = {t: c for t, c in rule.rest.items() if t[0] == a}
        others = {t: c for t, c in rule.rest.items() if t[0] != a}
        if any(state.arguments[t[0]] for t in others):
            continue
        solved = solve_first_order(state.field, state.variables, state.arguments[a], index, own, others, a)
        if solved is None:
            continue
        value: LinearForm = {t: p for t, p in solved.particular.items() if not p.is_zero}
        fresh = state.new_unknown(state.arguments[a])
        state.free[fresh] = solved.invariants
        value[fresh, state.origin] = solved.factor
        state.forms = [f for f in state.forms if not any(t[0] == a for t in f)]
        substitute(state, a, value)
        return True
    return False


# -- the answer --------------------------------------------------------------------------------------


def _result(state: State, solver: OdeSolver, reason: str, taken: frozenset[str]) -> GeneralSolution:
    occurring = {a for form in state.forms for a, _ in form}
    vectors: list[tuple[Element, ...]] = []
    families = []
    names = (n for n in _names("h") if n not in taken)
    for a in state.live():
        if a in state.free:
            arguments = state.free[a]
            h = Function(next(names))(*arguments)
            families.append((_components_with(state, a, h), ((h, arguments),)))
        elif not state.arguments[a] and a not in occurring:
            vectors.append(tuple(form.get((a, state.origin), state.field.zero) for form in state.solution))
    return GeneralSolution(
        tuple(vectors), tuple(families), not reason, reason, tuple(state.pivots), tuple(solver.definitions)
    )


def _components_with(state: State, a: int, h: Expr) -> tuple[Expr, ...]:
    """The infinitesimals with the free function h in place of unknown a and zero for all others."""
    result = []
    for form in state.solution:
        total: Expr = S.Zero
        for (b, index), c in form.items():
            if b == a:
                derivative = h
                for v, k in zip(state.variables, index, strict=True):
                    derivative = derivative.diff(v, k) if k else derivative
                total += state.field.to_expr(c) * derivative
        result.append(total)
    return tuple(result)


def _names(stem: str):
    yield stem
    k = 1
    while True:
        yield f"{stem}{k}"
        k += 1
