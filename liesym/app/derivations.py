"""What `liesym noether` and `liesym reduce` find once their input is read: records of texts, free of the terminal."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from typing import Any, TypeVar

from sympy import Eq, Expr

from liesym.app.clock import Clock, clock
from liesym.app.shares import EQUATIONS, FORMS, LAWS, LOWERED, REDUCED, SOLVED
from liesym.base.budget import Budget, now
from liesym.base.listing import Listing
from liesym.coefficients.lattice import NeedsRefinement
from liesym.errors import NotSolvable, OutOfBudget, Unsupported
from liesym.model.reading import write_system
from liesym.model.system import ODESystem
from liesym.reduction import Linearization, Solution, canonical_forms, linearization, reduce_order
from liesym.reduction.explicit import looked_at
from liesym.symmetries.generator import Generator
from liesym.symmetries.pipeline import find_symmetries
from liesym.text import write
from liesym.variational import Lagrangian, NoetherLaw, euler_lagrange, legendre, noether
from liesym.variational.motion import Motion

Show = Callable[[str], None]
Found = TypeVar("Found")
FAILURES = (Unsupported, NotSolvable, NeedsRefinement, ZeroDivisionError)


def silent(line: str) -> None:
    """No progress."""


# -- Noether --------------------------------------------------------------------------------------------


def noether_record(lagrangian: Lagrangian, *, budget: float, show: Show = silent) -> dict[str, Any]:
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
    return {
        "lagrangian": write(lagrangian.expression),
        "equations": None if system is None else list(write_system(system)),
        "laws": [_law(law) for law in laws],
        "hamiltonian": hamiltonian,
        "within": laws.within,
        "stopped": laws.stopped,
    }


def _law(law: NoetherLaw) -> dict[str, Any]:
    return {
        "generator": _components(law.generator),
        "gauge": write(law.gauge),
        "integral": write(law.integral),
        "on": _sides(law.on),
    }


def _components(generator: Generator) -> dict[str, str]:
    return {v.name: write(c) for v, c in zip(generator.variables, generator.components, strict=True)}


def _hamiltonian(lagrangian: Lagrangian, budget: float) -> str | None:
    try:
        return write(legendre(lagrangian, budget=budget).expression)
    except FAILURES:
        return None


def noether_lines(record: dict[str, Any]) -> Iterator[str]:
    """The record for people."""
    yield f"L = {record['lagrangian']}"
    yield from (
        f"  {line}" for line in record["equations"] or ["equations too large to be solved for the accelerations in time"]
    )
    if record["hamiltonian"] is not None:
        yield f"H = {record['hamiltonian']}"
    yield f"{len(record['laws'])} variational symmetries, each with its conserved quantity"
    for law in record["laws"]:
        field = "; ".join(f"{name}: {value}" for name, value in law["generator"].items() if value != "0")
        gauge = "" if law["gauge"] == "0" else f"   gauge {law['gauge']}"
        yield f"  {field}{gauge}"
        yield f"    I = {law['integral']}{_where(law['on'])}"
    yield f"looked among: {record['within']}"


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


def motion_lines(record: dict[str, Any]) -> Iterator[str]:
    """The record for people."""
    yield f"L = {record['lagrangian']}"
    for name, momentum in record["momenta"].items():
        yield f"  momentum of {name}: {momentum}"
    yield f"  energy: {record['energy']}"
    for name, force in record["forces"].items():
        yield f"  force on {name}: {force}"
    if record["forces"] or record["power"] != "0":
        yield f"  energy changes by {record['power']}{_where(record['energy_on'])}"
    yield from (f"  {line}" for line in record["equations"] or ())
    yield f"constant: {len(record['integrals'])}"
    yield from (f"  {e}{_where(on)}" for e, on in zip(record["integrals"], record["on"], strict=True))
    yield from record["notes"]


# -- reduction ------------------------------------------------------------------------------------------


def reduction_record(system: ODESystem, *, budget: float, show: Show = silent) -> dict[str, Any]:
    """Symmetries, the equation in lower order by each, Lie's test and canonical forms, and the general solution.

    `within` says what was looked among and what was cut short, `stopped` whether time or memory ended a part.
    """
    record: dict[str, Any] = {"equations": list(write_system(system)), "stopped": False}
    record |= {"reductions": [], "linearization": None, "canonical_forms": []}
    scalar = len(system.unknowns) == 1
    if scalar:
        record["solution"] = None
    with clock(budget) as watched:
        steps = _Steps(watched, show)
        found = steps.done("symmetries", lambda: find_symmetries(system, budget=REDUCED * budget), 1.0)
        generators = () if found is None else found.nontrivial
        steps.looked[-1] = "symmetries" if found is None else f"symmetries ({found.headline})"
        steps.stopped |= found is not None and found.stopped
        if generators:
            steps.looked.append("lower order by each of them")
        for i, g in enumerate(generators, 1):
            lower = steps.done(f"lower order by symmetry {i}", lambda g=g: _reduction(system, g), LOWERED, listed=False)
            record["reductions"] += [] if lower is None else [lower]
        if scalar:
            solution = steps.done(
                "general solution",
                lambda: looked_at(system, generators or None, Budget.seconds(SOLVED * watched.left())),
                1.0,
            )
            record["solution"] = _solution(solution, system)
        if scalar and system.order == 2 and found is not None:
            test = steps.done("linearization", lambda: linearization(system, generators), FORMS)
            record["linearization"] = None if test is None else _linearization(test)
            forms = steps.done("canonical forms", lambda: _forms(canonical_forms(system, generators)), 1.0)
            record["canonical_forms"] = forms or []
    return record | {"within": steps.within, "stopped": steps.stopped}


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


def _reduction(system: ODESystem, generator: Generator) -> dict[str, Any] | None:
    try:
        found = reduce_order(system, generator)
        invariants = None if found.invariants is None else [write(e) for e in found.invariants]
        return {
            "generator": _components(generator),
            "reduced": list(write_system(found.reduced)),
            "slope": write(found.slope),
            "invariants": invariants,
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


def _forms(forms: Iterable[Any]) -> list[dict[str, Any]]:
    return [_form(f) for f, _ in zip(forms, range(3), strict=False)]


def _form(form: Any) -> dict[str, Any]:
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


def reduction_lines(record: dict[str, Any]) -> Iterator[str]:
    """The record for people."""
    yield from (f"  {line}" for line in record["equations"])
    for part in record["reductions"]:
        field = "; ".join(f"{name}: {value}" for name, value in part["generator"].items() if value != "0")
        yield f"by {field}: {'; '.join(part['reduced'])}{_where(part['on'])}"
        if part["invariants"] is not None:
            yield f"  invariants {', '.join(part['invariants'])}"
    if not record["reductions"]:
        yield "no symmetry was found that lowers the order"
    yield from _linear_lines(record["linearization"])
    for form in record["canonical_forms"]:
        given = f"in {', '.join(form['coordinates'])}{_where(form['on'])}"
        yield f"Lie's type {form['type']}: {'; '.join(form['equation'])}   {given}"
    if "solution" in record:
        yield from _solution_lines(record["solution"])
    yield f"looked among: {record['within']}"


def _linear_lines(record: dict[str, Any] | None) -> Iterator[str]:
    if record is None:
        return
    if not record["linearizable"]:
        yield "not linearizable by a point transformation"
    elif record.get("linear"):
        given = f"in {', '.join(record['map'])}" if record["map"] else f"from {', '.join(record['inverse'])}"
        yield f"linearizable: {'; '.join(record['linear'])}   {given}{_where(record['on'])}"
    else:
        yield "linearizable; the map was not found"


def _solution_lines(record: dict[str, Any] | None) -> Iterator[str]:
    if record is None:
        yield "general solution: not found"
        return
    yield "general solution:"
    for part in (record, *record.get("others", ())):
        yield from _branch_lines(part)


def _branch_lines(record: dict[str, Any]) -> Iterator[str]:
    """The branches, the relation or the curve, each with what is positive where it holds."""
    if record["explicit"]:
        yield from (f"  {e}{_where(on)}" for e, on in zip(record["explicit"], record["on"], strict=True))
    elif record["relation"] is not None:
        yield f"  {record['relation']}{_where(record['relation_on'])}"
    if record["parametric"] is not None and not record["explicit"]:
        for name, value in zip(record["variables"], record["parametric"], strict=True):
            yield f"  {name} = {value}"
        yield f"  along the parameter {record['parameter']}"
    if record.get("note"):
        yield f"  {record['note']}"


def _where(on: Sequence[str]) -> str:
    return f"   where {', '.join(on)}" if on else ""
