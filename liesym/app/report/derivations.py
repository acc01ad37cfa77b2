"""What `liesym noether`, `lagrangian` and `reduce` found, in lines for people: symbols for names, fields in ∂ notation."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from sympy import Expr

from liesym.app.derivations import Charges, Reductions
from liesym.conservation.kinds import integral_kind
from liesym.model.system import ODESystem
from liesym.reduction import CanonicalForm, Linearization, Reduction
from liesym.symmetries.generator import Generator
from liesym.symmetries.kinds import kind
from liesym.text.display import Display, shown
from liesym.text.shown import field_text, where
from liesym.variational.motion import Motion


def charge_lines(found: Charges) -> Iterator[str]:
    """L, the equations, H, and each variational symmetry with its conserved quantity."""
    by = found.display
    yield f"L = {by.write(found.lagrangian.expression)}"
    yield from _equations(found.system)
    if found.system is None:
        yield "  equations too large to be solved for the accelerations in time"
    if found.hamiltonian is not None:
        yield f"H = {shown(found.hamiltonian, by)}"
    count = len(found.laws)
    each = "with its conserved quantity" if count == 1 else "each with its conserved quantity"
    yield f"{count} variational symmetr{'y' if count == 1 else 'ies'}{f', {each}' if count else ''}"
    for i, law in enumerate(found.laws, 1):
        yield f"  X{i} = {_field(law.generator, by)}"
        if law.gauge != 0:
            yield f"    B{i} = {shown(law.gauge, by)}   (gauge term)"
        words = None if found.system is None else integral_kind(law.integral, found.system)
        yield f"    I{i} = {shown(law.constant, by)}{f'   ({words})' if words else ''}{where(law.on, by)}"
    yield f"looked among: {found.laws.within}"


def motion_lines(found: Motion) -> Iterator[str]:
    """L, the momenta, the energy, forces, equations and what is constant."""
    given = found.lagrangian
    by = Display(given.variables, [p.symbol for p in given.parameters])
    names = [by.name(q.name) for q in given.unknowns]
    yield f"L = {by.write(given.expression)}"
    for name, momentum in zip(names, found.momenta, strict=True):
        yield f"  momentum of {name}: {shown(momentum, by)}"
    yield f"  energy: {shown(found.energy, by)}"
    forces = [(n, q) for n, q in zip(names, found.forces, strict=True) if q != 0]
    yield from (f"  force on {name}: {shown(force, by)}" for name, force in forces)
    if forces or found.power != 0:
        yield f"  energy changes by {shown(found.power, by)}{where(found.energy_on, by)}"
    yield from _equations(found.equations)
    integrals = found.integrals
    yield f"constant: {len(integrals)}"
    yield from (f"  {shown(e, by)}{where(on, by)}" for e, on in zip(integrals, integrals.on, strict=True))
    yield from found.notes


def reduction_lines(found: Reductions) -> Iterator[str]:
    """The equations, what each symmetry makes of them, linear and canonical forms, and the general solution."""
    by = found.system.display
    yield from _equations(found.system)
    for part in found.lower:
        yield from _reduced(part, by)
    if not found.lower:
        yield "no symmetry was found that lowers the order"
    yield from _linear(found.linear, by)
    for form in found.forms:
        yield _canonical(form, by)
    if found.scalar:
        yield f"general solution:{' not found' if found.solution is None else ''}"
    if found.solution is not None:
        yield from (f"  {line}" for line in str(found.solution).splitlines())
    if found.solution is not None and found.solution.parameter is not None and not found.solution.explicit:
        yield f"  along the parameter {by.name(found.solution.parameter.name)}"
    yield f"looked among: {found.within}"


def _reduced(part: Reduction, by: Display) -> Iterator[str]:
    yield f"by {_field(part.generator, by)}: {_in_line(part.reduced)}{where(part.on, by)}"
    if part.invariants is not None:
        yield f"  invariants {_listed(part.invariants, by)}"


def _linear(found: Linearization | None, by: Display) -> Iterator[str]:
    if found is None:
        return
    if not found.linearizable:
        yield "not linearizable by a point transformation"
    elif found.linear is None or found.coordinates is None:
        yield "linearizable; the map was not found"
    else:
        forward, back = found.coordinates.forward, found.coordinates.backward
        given = f"in {_listed(forward, by)}" if forward else f"from {_listed(back, by)}"
        yield f"linearizable: {_in_line(found.linear)}   {given}{where(found.on, by)}"


def _canonical(form: CanonicalForm, by: Display) -> str:
    coordinates = form.coordinates.forward
    given = f"   in {_listed(coordinates, by)}" if coordinates else ""
    return f"Lie's type {form.kind.name}: {_in_line(form.equation)}{given}{where(form.on, by)}"


def _field(generator: Generator, by: Display) -> str:
    """In ∂ notation, and what kind of symmetry it is where that has a name."""
    words = kind(generator, by)
    remark = "" if words.name == "other" else f"   ({words.words})"
    return field_text(generator.variables, generator.components, by) + remark


def _equations(system: ODESystem | None) -> Iterator[str]:
    return (f"  {line}" for line in ("" if system is None else str(system)).splitlines())


def _in_line(system: ODESystem) -> str:
    return "; ".join(str(system).splitlines())


def _listed(expressions: Sequence[Expr], by: Display) -> str:
    return ", ".join(shown(e, by) for e in expressions)
