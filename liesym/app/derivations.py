"""What `liesym noether` and `liesym reduce` find once their input is read, and their JSON: free of the terminal."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, TypeVar

from sympy import Eq, Expr

from liesym.app.clock import Clock, clock
from liesym.app.shares import BASIS, EQUATIONS, FORMS, LAWS, LOWERED, REDUCED, SOLVED
from liesym.base.budget import Budget, now
from liesym.base.listing import Listing
from liesym.coefficients.lattice import NeedsRefinement
from liesym.errors import NotSolvable, OutOfBudget, Unsupported
from liesym.model.reading import write_system
from liesym.model.system import ODESystem
from liesym.reduction import (
    CanonicalForm,
    Linearization,
    Reduction,
    Solution,
    canonical_forms,
    linearization,
    reduce_order,
)
from liesym.reduction.explicit import looked_at
from liesym.symmetries.generator import Generator
from liesym.symmetries.pipeline import find_symmetries
from liesym.symmetries.tidy import in_tidy_basis
from liesym.text import write
from liesym.text.display import Display
from liesym.variational import Lagrangian, NoetherLaw, euler_lagrange, legendre, noether
from liesym.variational.motion import Motion

Show = Callable[[str], None]
Found = TypeVar("Found")
FAILURES = (Unsupported, NotSolvable, NeedsRefinement, ZeroDivisionError)


def silent(line: str) -> None:
    """No progress."""


# -- Noether --------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Charges:
    """What Noether's theorem gives.

    Arguments:
        lagrangian: L.
        system: the Euler-Lagrange equations; None where they are too large to be solved for the accelerations in time.
        laws: the variational symmetries with gauge terms and charges.
        hamiltonian: in coordinates and momenta, None where it was not found.
    """

    lagrangian: Lagrangian
    system: ODESystem | None
    laws: Listing[NoetherLaw]
    hamiltonian: Expr | None

    @property
    def display(self) -> Display:
        """How expressions in it are written."""
        return Display(self.lagrangian.variables, [p.symbol for p in self.lagrangian.parameters])

    def to_json(self) -> dict[str, Any]:
        """The keys of `liesym noether --json`."""
        return {
            "lagrangian": write(self.lagrangian.expression),
            "equations": None if self.system is None else list(write_system(self.system)),
            "laws": [_law(law) for law in self.laws],
            "hamiltonian": None if self.hamiltonian is None else write(self.hamiltonian),
            "within": self.laws.within,
            "stopped": self.laws.stopped,
        }


def charges_of(lagrangian: Lagrangian, *, budget: float, show: Show = silent) -> Charges:
    """The Euler-Lagrange equations, the variational symmetries with gauge terms and charges, and the Hamiltonian."""
    begun = now()
    show("variational symmetries")
    laws: Listing[NoetherLaw] = Listing(within="cut short: the budget ran out", stopped=True)
    with suppress(OutOfBudget), clock(budget):
        laws = noether(lagrangian, budget=LAWS * budget)
    left = max(0.0, budget - (now() - begun))
    show("Euler-Lagrange equations")
    system = hamiltonian = None
    with suppress(OutOfBudget), clock(left):
        system = euler_lagrange(lagrangian, budget=EQUATIONS * left)
    with suppress(OutOfBudget), clock(EQUATIONS * left):
        hamiltonian = _hamiltonian(lagrangian, EQUATIONS * left)
    return Charges(lagrangian, system, laws, hamiltonian)


def _law(law: NoetherLaw) -> dict[str, Any]:
    return {
        "generator": _components(law.generator),
        "gauge": write(law.gauge),
        "integral": write(law.integral),
        "on": _sides(law.on),
    }


def _components(generator: Generator) -> dict[str, str]:
    return {v.name: write(c) for v, c in zip(generator.variables, generator.components, strict=True)}


def _hamiltonian(lagrangian: Lagrangian, budget: float) -> Expr | None:
    try:
        return legendre(lagrangian, budget=budget).expression
    except FAILURES:
        return None


# -- what a Lagrangian shows ----------------------------------------------------------------------------


def motion_record(motion: Motion) -> dict[str, Any]:
    """Coordinates, momenta, energy, forces, equations and what is constant."""
    given = motion.lagrangian
    names = [q.name for q in given.unknowns]
    integrals = motion.integrals
    return {
        "lagrangian": write(given.expression),
        "independent": given.independent.name,
        "coordinates": names,
        "parameters": [p.name for p in given.parameters],
        "forces": {n: write(q) for n, q in zip(names, motion.forces, strict=True) if q != 0},
        "momenta": {n: write(p) for n, p in zip(names, motion.momenta, strict=True)},
        "energy": write(motion.energy),
        "power": write(motion.power),
        "equations": None if motion.equations is None else list(write_system(motion.equations)),
        "integrals": [write(e) for e in integrals],
        "on": [_sides(on) for on in integrals.on],
        "energy_on": _sides(motion.energy_on),
        "momenta_on": {n: _sides(on) for n, on in zip(names, motion.momenta_on, strict=True)},
        "laws": [_law(law) for law in motion.laws],
        "notes": list(motion.notes),
        "stopped": motion.stopped,
    }


# -- reduction ------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Reductions:
    """What symmetries make of an equation or a system.

    Arguments:
        system: the equations.
        lower: the equations in lower order, one for each symmetry that lowers it.
        linear: Lie's linearization test of an equation of second order, None where it was not made.
        forms: Lie's canonical forms.
        solution: the general solution of an equation, None where it was not found.
        within: what was looked among and what was cut short.
        stopped: True if time or memory ended a part.
    """

    system: ODESystem
    lower: tuple[Reduction, ...]
    linear: Linearization | None
    forms: tuple[CanonicalForm, ...]
    solution: Solution | None
    within: str
    stopped: bool

    @property
    def scalar(self) -> bool:
        """True of one equation."""
        return len(self.system.unknowns) == 1

    def to_json(self) -> dict[str, Any]:
        """The keys of `liesym reduce --json`."""
        told = [part for part in map(_reduction, self.lower) if part is not None]
        record: dict[str, Any] = {"equations": list(write_system(self.system)), "stopped": self.stopped}
        record |= {"reductions": told, "linearization": None if self.linear is None else _linearization(self.linear)}
        record |= {"canonical_forms": [_form(f) for f in self.forms]}
        record |= {"solution": _solution(self.solution, self.system)} if self.scalar else {}
        return record | {"within": self.within}


def reductions_of(system: ODESystem, *, budget: float, show: Show = silent) -> Reductions:
    """Symmetries, the equation in lower order by each, Lie's test and canonical forms, and the general solution."""
    lower: list[Reduction] = []
    solution = linear = None
    forms: tuple[CanonicalForm, ...] = ()
    with clock(budget) as watched:
        steps = _Steps(watched, show)
        found = steps.done("symmetries", lambda: find_symmetries(system, budget=REDUCED * budget), 1.0)
        generators = () if found is None else found.nontrivial
        steps.looked[-1] = "symmetries" if found is None else f"symmetries ({found.headline})"
        steps.stopped |= found is not None and found.stopped
        if generators:
            steps.looked.append("lower order by each of them")
        tidy = () if found is None else in_tidy_basis(found, Budget.seconds(BASIS * watched.left())).nontrivial
        for i, g in enumerate(tidy, 1):
            part = steps.done(f"lower order by symmetry {i}", lambda g=g: _lower(system, g), LOWERED, listed=False)
            lower += [] if part is None else [part]
        if len(system.unknowns) == 1:
            solution = steps.done(
                "general solution",
                lambda: looked_at(system, generators or None, Budget.seconds(SOLVED * watched.left())),
                1.0,
            )
        if len(system.unknowns) == 1 and system.order == 2 and found is not None:
            linear = steps.done("linearization", lambda: linearization(system, generators), FORMS)
            forms = steps.done("canonical forms", lambda: _first(canonical_forms(system, generators)), 1.0) or ()
    return Reductions(system, tuple(lower), linear, forms, solution, steps.within, steps.stopped)


class _Steps:
    """The parts of a command one after the other: which looked, and which were cut."""

    def __init__(self, watched: Clock, show: Show) -> None:
        self.watched, self.show = watched, show
        self.looked: list[str] = []
        self.cut: list[str] = []
        self.stopped = False

    def done(self, name: str, work: Callable[[], Found], part: float, *, listed: bool = True) -> Found | None:
        """What the work finds in a part of the time that is left; None, noted with the reason, where it was cut."""
        self.show(name)
        self.looked += [name] if listed else []
        try:
            with self.watched.limit(part * self.watched.left()):
                return work()
        except OutOfBudget as stop:
            self.stopped |= stop.ends
            self.cut.append(f"{name} ({stop.reason}{'' if stop.ends else f': {stop}'})")
        return None

    @property
    def within(self) -> str:
        """What was looked among, and how far."""
        told = f"cut short: {', '.join(self.cut)}" if self.cut else "each of them went to its end"
        return f"{', '.join(self.looked)}; {told}"


def _lower(system: ODESystem, generator: Generator) -> Reduction | None:
    try:
        return reduce_order(system, generator)
    except FAILURES:
        return None


def _reduction(found: Reduction) -> dict[str, Any] | None:
    """None where something has no form in the text grammar."""
    try:
        return {
            "generator": _components(found.generator),
            "reduced": list(write_system(found.reduced)),
            "slope": write(found.slope),
            "invariants": None if found.invariants is None else [write(e) for e in found.invariants],
            "on": _sides(found.on),
        }
    except FAILURES:
        return None


def _linearization(found: Linearization) -> dict[str, Any]:
    record: dict[str, Any] = {"linearizable": found.linearizable, "conditions": _texts(found.conditions)}
    if found.linear is not None and found.coordinates is not None:
        record["linear"] = list(write_system(found.linear))
        forward = found.coordinates.forward
        record["map"] = None if forward is None else _texts(forward)
        record["inverse"] = _texts(found.coordinates.backward)
        record["on"] = _sides(found.on)
    return record


def _first(forms: Iterable[CanonicalForm]) -> tuple[CanonicalForm, ...]:
    return tuple(f for f, _ in zip(forms, range(3), strict=False))


def _form(form: CanonicalForm) -> dict[str, Any]:
    return {
        "type": form.kind.name,
        "generators": [_components(g) for g in form.generators],
        "coordinates": _texts(form.coordinates.forward or ()),
        "equation": list(write_system(form.equation)),
        "on": _sides(form.on),
    }


def _texts(expressions: Sequence[Expr]) -> list[str]:
    return [write(e) for e in expressions]


def _sides(on: Sequence[Expr]) -> list[str]:
    return [f"{write(e)} > 0" for e in on]


def _solution(found: Solution | None, system: ODESystem) -> dict[str, Any] | None:
    if found is None:
        return None
    try:
        relation = None if found.equation is None else _relation(found.equation)
        return {
            "relation": relation,
            "explicit": [_relation(e) for e in found.explicit],
            "parametric": None if found.parametric is None else _texts(found.parametric),
            "parameter": None if found.parameter is None else found.parameter.name,
            "constants": [c.name for c in found.constants],
            "variables": [v.name for v in system.variables],
            "on": [_sides(on) for on in found.on],
            "relation_on": _sides(found.relation_on),
            "others": [_solution(o, system) for o in found.others],
        }
    except Unsupported as error:  # something that the grammar has no words for
        return {"relation": None, "explicit": [], "parametric": None, "note": str(error)}


def _relation(equation: Eq) -> str:
    left, right = equation.args
    return f"{write(left)} = {write(right)}"  # pyright: ignore[reportArgumentType]
