"""What `liesym noether` and `liesym reduce` find once their input is read: records of texts, free of the terminal."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from typing import Any

from sympy import Eq, Expr

from liesym.app.clock import clock
from liesym.app.shares import REDUCED, SOLVED
from liesym.base.budget import Budget
from liesym.base.listing import Listing
from liesym.coefficients.lattice import NeedsRefinement
from liesym.errors import NotSolvable, OutOfBudget, TimeIsUp, Unsupported
from liesym.model.reading import write_system
from liesym.model.system import ODESystem
from liesym.reduction import Linearization, Solution, canonical_forms, linearization, reduce_order
from liesym.reduction.explicit import looked_at
from liesym.symmetries.generator import Generator
from liesym.symmetries.pipeline import find_symmetries
from liesym.text import write
from liesym.variational import Lagrangian, NoetherLaw, euler_lagrange, inverse_problem, legendre, noether

Show = Callable[[str], None]
FAILURES = (Unsupported, NotSolvable, NeedsRefinement, ZeroDivisionError)


def silent(line: str) -> None:
    """No progress."""


# -- Noether --------------------------------------------------------------------------------------------


def lagrangian_of(system: ODESystem, *, budget: float) -> Lagrangian:
    """A Lagrangian quadratic in the velocities.

    Raises:
        Unsupported: there is none, or none was found; the message says which.
        TimeIsUp: none was found in time.
    """
    found = inverse_problem(system, budget=budget)
    if found.lagrangian is None:
        if found.stopped:
            raise TimeIsUp("search for a Lagrangian")
        what = "exists, for generic parameters" if found.absent else "was found"
        raise Unsupported(f"no Lagrangian quadratic in the velocities {what}; give one instead of the equations")
    return found.lagrangian


def noether_record(lagrangian: Lagrangian, *, budget: float, show: Show = silent) -> dict[str, Any]:
    """The Euler-Lagrange equations, the variational symmetries with gauge terms and charges, and the Hamiltonian."""
    show("Euler-Lagrange equations")
    system = euler_lagrange(lagrangian)
    show("variational symmetries")
    laws: Listing[NoetherLaw] = Listing(stopped=True)
    with suppress(OutOfBudget), clock(budget):
        laws = noether(lagrangian, budget=budget)
    return {
        "lagrangian": write(lagrangian.expression),
        "equations": list(write_system(system)),
        "laws": [
            {
                "generator": _components(law.generator),
                "gauge": write(law.gauge),
                "integral": write(law.integral),
                "on": _sides(law.on),
            }
            for law in laws
        ],
        "hamiltonian": _hamiltonian(lagrangian),
        "stopped": laws.stopped,
    }


def _components(generator: Generator) -> dict[str, str]:
    return {v.name: write(c) for v, c in zip(generator.variables, generator.components, strict=True)}


def _hamiltonian(lagrangian: Lagrangian) -> str | None:
    try:
        return write(legendre(lagrangian).expression)
    except FAILURES:
        return None


def noether_lines(record: dict[str, Any]) -> Iterator[str]:
    """The record for people."""
    yield f"L = {record['lagrangian']}"
    yield from (f"  {line}" for line in record["equations"])
    if record["hamiltonian"] is not None:
        yield f"H = {record['hamiltonian']}"
    yield f"{len(record['laws'])} variational symmetries, each with its conserved quantity"
    for law in record["laws"]:
        field = "; ".join(f"{name}: {value}" for name, value in law["generator"].items() if value != "0")
        gauge = "" if law["gauge"] == "0" else f"   gauge {law['gauge']}"
        yield f"  {field}{gauge}"
        yield f"    I = {law['integral']}{_where(law['on'])}"


# -- reduction ------------------------------------------------------------------------------------------


def reduction_record(system: ODESystem, *, budget: float, show: Show = silent) -> dict[str, Any]:
    """Symmetries, the equation in lower order by each, Lie's test and canonical forms, and the general solution."""
    record: dict[str, Any] = {"equations": list(write_system(system)), "stopped": False}
    record |= {"reductions": [], "linearization": None, "canonical_forms": []}
    scalar = len(system.unknowns) == 1
    if scalar:
        record["solution"] = None
    with clock(budget) as watched:
        try:
            show("symmetries")
            found = find_symmetries(system, budget=REDUCED * budget)
            generators, record["stopped"] = found.nontrivial, found.stopped
            show("lower order")
            record["reductions"] = [r for g in generators if (r := _reduction(system, g)) is not None]
            if scalar:
                show("general solution")
                try:
                    solution = looked_at(system, generators or None, Budget.seconds(SOLVED * watched.left()))
                    record["solution"] = _solution(solution, system)
                except OutOfBudget as stop:
                    record["stopped"] |= isinstance(stop, TimeIsUp)
            if scalar and system.order == 2 and watched.left() > 0:
                show("linearization")
                record["linearization"] = _linearization(linearization(system, generators))
                forms = canonical_forms(system, generators)
                record["canonical_forms"] = [_form(f) for f, _ in zip(forms, range(3), strict=False)]
        except TimeIsUp:
            record["stopped"] = True
    return record


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
