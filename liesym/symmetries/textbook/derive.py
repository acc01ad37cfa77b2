"""The steps one after the other, from the determining equations to constants, each verified when it is made."""

from __future__ import annotations

import string
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

from sympy import Add, Derivative, Expr, Function, S, Symbol

from liesym.base.budget import Budget
from liesym.base.names import free_name
from liesym.coefficients.clearing import cleared
from liesym.coefficients.joined import joined
from liesym.coefficients.lattice import NeedsRefinement
from liesym.coefficients.ring import Element
from liesym.determine.forms import Determining, LinearForm, Term
from liesym.errors import OutOfBudget, Unsupported, VerificationError
from liesym.solving.ode.ode import OdeSolver
from liesym.solving.pde.general import (
    MOST_TERMS,
    State,
    annihilators,
    complete,
    integrated,
    replacement,
    split_free_variables,
    substitute,
)
from liesym.symmetries.textbook.moves import Move, Rule, attempts
from liesym.symmetries.textbook.record import Step

MOST_STEPS = 200
SKIPPED = frozenset("eijotxyz")
"""Letters that stand for something else in most books."""


@dataclass
class Work:
    """The determining equations on their way to the solution.

    Arguments:
        state: what is left of them, and the infinitesimals as linear forms in the functions that are left.
        originals: the determining equations with what is known put in; empty where it solves them.
        taken: names that new functions must not have.
        names: of the unknown functions.
        steps: what was done.
        split: the variables by which equations fell apart last.
        stopped: why no further step was made, empty as long as there were some.
    """

    state: State
    solver: OdeSolver
    originals: list[LinearForm]
    taken: set[str]
    names: dict[int, str] = field(default_factory=dict)
    steps: list[Step] = field(default_factory=list)
    split: tuple[Symbol, ...] = ()
    stopped: str = ""

    @property
    def done(self) -> bool:
        """True if nothing is left to solve."""
        return not self.state.forms

    @property
    def constants(self) -> list[int]:
        """The unknowns that are left and depend on nothing."""
        return [a for a in self.state.live() if not self.state.arguments[a]]

    @property
    def functions(self) -> list[int]:
        """Those that depend on something."""
        return [a for a in self.state.live() if self.state.arguments[a]]

    @property
    def vectors(self) -> list[tuple[Element, ...]]:
        """For each constant the infinitesimals that belong to it."""
        zero, origin = self.state.field.zero, self.state.origin
        return [tuple(form.get((a, origin), zero) for form in self.state.solution) for a in self.constants]

    def function(self, a: int) -> Expr:
        """An unknown as an expression: a constant, or a function of what it depends on, named at its first use."""
        arguments = [self.state.variables[i] for i in sorted(self.state.arguments[a])]
        if a not in self.names:
            self.names[a] = name = next(n for n in _names(bool(arguments)) if n not in self.taken)
            self.taken.add(name)
        name = self.names[a]
        return Function(name)(*arguments) if arguments else Symbol(name, real=True)

    def expression(self, form: LinearForm) -> Expr:
        """A linear form as an expression."""
        terms = []
        for (a, index), c in sorted(form.items(), key=lambda item: item[0]):
            u = self.function(a)
            by = [(v, k) for v, k in zip(self.state.variables, index, strict=True) if k]
            terms.append(joined(self.state.field.to_expr(c)) * (Derivative(u, *by) if by else u))
        return Add(*terms)

    @property
    def infinitesimals(self) -> tuple[Expr, ...]:
        return tuple(map(self.expression, self.state.solution))

    def replace_unknown(self, unknown: int, value: LinearForm) -> None:
        """Put the value in everywhere, and split."""
        replaced = replacement(self.state, unknown, value)
        self.originals = [replaced(f) for f in self.originals]
        substitute(self.state, unknown, value)
        self.tidy()

    def tidy(self) -> None:
        """Split by the variables that no unknown depends on; denominators and common factors cleared, none twice."""
        before, free = len(self.state.forms), self._free()
        split_free_variables(self.state)
        self.split = free if len(self.state.forms) > before else ()
        seen: dict[tuple, LinearForm] = {}
        for form in without_zeros(self.state.forms):
            plain = _primitive(form, self.state)
            seen.setdefault(tuple(sorted((t, str(c.num)) for t, c in plain.items())), plain)
        self.state.forms = sorted(seen.values(), key=lambda f: (len(f), max(sum(i) for _, i in f), sorted(f)))

    def _free(self) -> tuple[Symbol, ...]:
        """Variables in coefficients of an equation none of whose unknowns depends on them."""
        found = set()
        for form in self.state.forms:
            bound = frozenset().union(*(self.state.arguments[a] for a, _ in form))
            free = [v for i, v in enumerate(self.state.variables) if i not in bound]
            found |= {v for v in free if any(c.depends_on(v) for c in form.values())}
        return tuple(v for v in self.state.variables if v in found)


def without_zeros(forms: Sequence[LinearForm]) -> list[LinearForm]:
    """The same equations without the derivatives that others, of one term, say to be zero."""
    kept = list(forms)
    while True:
        zeros = {t: i for i, f in enumerate(kept) if len(f) == 1 for t in f}

        def vanishes(term: Term, own: int, zeros: dict[Term, int] = zeros) -> bool:
            return any(
                a == term[0] and all(j <= k for j, k in zip(low, term[1], strict=True)) and (term != (a, low) or i != own)
                for (a, low), i in zeros.items()
            )

        reduced = [{t: c for t, c in f.items() if not vanishes(t, i)} for i, f in enumerate(kept)]
        reduced = [f for f in reduced if f]
        if sum(map(len, reduced)) == sum(map(len, kept)):
            return reduced
        kept = reduced


def begun(determining: Determining, equations: list[LinearForm], taken: frozenset[str]) -> Work:
    """The start: the infinitesimals as they are, and all equations."""
    variables = determining.variables
    positions = {v: i for i, v in enumerate(variables)}
    arguments = [frozenset(positions[v] for v in u.arguments) for u in determining.unknowns]
    origin = (0,) * len(variables)
    solution: list[LinearForm] = [{(a, origin): determining.field.one} for a in range(len(arguments))]
    state = State(determining.field, variables, arguments, [dict(f) for f in equations], solution)
    names = {a: u.name for a, u in enumerate(determining.unknowns)}
    solver = OdeSolver(determining.field, allow_names=False, taken=taken)
    return Work(state, solver, [dict(f) for f in equations], {*taken, *names.values()}, names)


def solved_by_steps(work: Work, budget: Budget, show: Callable[[str], None]) -> None:
    """Steps until nothing is left, or none is found, or the budget is over; `stopped` says which."""
    try:
        with work.state.field.within(budget.small(MOST_TERMS)):
            work.tidy()
            for number in range(MOST_STEPS):
                if work.done:
                    return
                show(f"step {number + 1}, {len(work.state.forms)} equations left")
                if not _one_step(work):
                    work.stopped = "no further equation can be integrated by itself"
                    return
        work.stopped = "too many steps"
    except OutOfBudget as stop:
        work.stopped = stop.note
    except (NeedsRefinement, Unsupported, ZeroDivisionError) as stop:
        work.stopped = str(stop)


def _one_step(work: Work) -> bool:
    state = work.state
    for attempt in attempts(state, work.solver):
        state.field.budget.check("solution of the determining equations by steps")
        move = attempt()
        if move is not None:
            _made(work, move)
            return True
    before = [sorted(f) for f in state.forms]
    basis = complete(state)
    work.tidy()
    if [sorted(f) for f in state.forms] != before:
        work.steps.append(_step(work, Rule.COMBINED, (), None, ()))
        return True
    for candidate in annihilators(state, basis):
        found = integrated(state, candidate, work.solver)
        if found is None or found[1]:
            continue
        index = [tuple(k * (i == candidate.place) for i in range(len(state.variables))) for k in range(11)]
        equation: LinearForm = {t: -c for t, c in candidate.sources}
        terms = [*candidate.coefficients, state.field.one]
        equation |= {(candidate.unknown, index[k]): c for k, c in enumerate(terms) if not c.is_zero}
        _made(work, Move(Rule.CONSEQUENCE, candidate.unknown, found[0], equation, candidate.place, candidate.coefficients))
        return True
    return False


def _made(work: Work, move: Move) -> None:
    """Carry a step out, after its value has been put into the equation that it is to solve.

    Raises:
        VerificationError: it does not solve it, a defect.
    """
    state = work.state
    if any(not c.is_zero for c in replacement(state, move.unknown, move.value)(move.equation).values()):
        raise VerificationError("a step of the explanation does not solve its equation; please report the system")
    for (a, _), c in move.equation.items():  # what was divided by
        if a == move.unknown:
            state.pivots.append(c)
    new = [a for a, _ in move.value if a not in work.names]
    for a in new if move.rule is Rule.LINEAR else reversed(new):  # a(t) y + b(t) as books have it
        work.function(a)
    unknown, equation = work.function(move.unknown), work.expression(_primitive(move.equation, state))
    value = work.expression(move.value)
    work.replace_unknown(move.unknown, move.value)
    work.steps.append(_step(work, move.rule, (equation,), (unknown, value), move.coefficients, move.place))


def _step(
    work: Work,
    rule: Rule,
    equations: tuple[Expr, ...],
    solved: tuple[Expr, Expr] | None,
    coefficients: tuple,
    place: int | None = None,
) -> Step:
    variable = None if place is None else work.state.variables[place]
    moving = any(variable is not None and c.depends_on(variable) for c in coefficients)
    return Step(
        rule=rule.value,
        equations=equations,
        unknown=None if solved is None else solved[0],
        value=None if solved is None else solved[1],
        variable=variable,
        order=len(coefficients),
        constant=not moving,
        infinitesimals=work.infinitesimals,
        satisfied=tuple(i for i, f in enumerate(work.originals) if not f),
        remaining=tuple(map(work.expression, work.state.forms)),
        split=work.split,
    )


def _primitive(form: LinearForm, state: State) -> LinearForm:
    """The same equation without denominators and common factors, its highest term with a plus sign."""
    terms = sorted(form, key=lambda t: (-sum(t[1]), t))
    values = [state.field.of_poly(p) for p in cleared([form[t] for t in terms])]
    state.pivots.append(form[terms[0]] / values[0])
    first = state.field.to_expr(values[0])
    if first.could_extract_minus_sign():
        values = [-v for v in values]
    return dict(zip(terms, values, strict=True))


def _names(with_arguments: bool) -> Iterator[str]:
    """a, b, c, …, then a1, b1, … for functions; C1, C2, … for constants."""
    letters = [c for c in string.ascii_lowercase if c not in SKIPPED]
    for k in range(1000):
        if with_arguments:
            yield from (f"{c}{k or ''}" for c in letters)
        else:
            yield f"C{k + 1}"


def in_constants(vectors: list[tuple[Expr, ...]], constants: list[Symbol]) -> tuple[Expr, ...]:
    """Σ C_i vectors[i], component by component."""
    if not vectors:
        return ()
    return tuple(Add(*(c * v[i] for c, v in zip(constants, vectors, strict=True)), S.Zero) for i in range(len(vectors[0])))


def constants_named(count: int, taken: set[str]) -> list[Symbol]:
    """C1, C2, …, with underscores where a name is taken."""
    return [Symbol(free_name(f"C{i + 1}", taken), real=True) for i in range(count)]
