"""What a Lagrangian shows by itself, however large: momenta, energy, the laws of both, and its affine symmetries.

With generalized forces Q_i, d/dt ∂L/∂q_i' - ∂L/∂q_i = Q_i, the balances hold identically:

    d p_i / dt = ∂L/∂q_i + Q_i,  p_i = ∂L/∂q_i'        dE/dt = Σ Q_i q_i' - ∂L/∂t,  E = Σ p_i q_i' - L

so that no equation is solved to see what is constant.
Source: Goldstein 1980, sections 2-6 and 8-1.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from sympy import Expr, S, Symbol

from liesym.base.budget import Budget
from liesym.base.doors import door
from liesym.base.listing import Listing
from liesym.base.parameters import Parameter
from liesym.coefficients.bounded import limited
from liesym.coefficients.joined import with_joined_roots
from liesym.errors import NotSolvable, OutOfBudget, ParseError, Unsupported
from liesym.model.system import ODESystem
from liesym.testing.second_look import jumps_of
from liesym.text import read_expression
from liesym.variational.lagrangian import Lagrangian, as_lagrangian, euler_lagrange
from liesym.variational.noether import NoetherLaw, affine_fields, noether, on_one_side
from liesym.variational.through import branches_of

EQUATIONS, LAWS = 0.4, 0.9
"""Parts of the time for the equations solved for the accelerations, and of what is then left for the affine symmetries."""


@dataclass(frozen=True, slots=True)
class Motion:
    """A Lagrangian, and what it shows.

    Arguments:
        lagrangian: L.
        forces: Q_i, one for each coordinate.
        momenta: p_i in velocities.
        energy: E in velocities.
        power: dE/dt; zero where the energy is constant.
        pushes: dp_i/dt for each coordinate; zero where the momentum is constant.
        equations: solved for the accelerations; None where they are too large, or L is degenerate.
        laws: of affine symmetries with gauge terms, where there are no forces.
        notes: what was not found, and why.
        stopped: True if time cut a part.
        energy_on: expressions that are positive where dE/dt = power, as E jumps between the sides; empty where everywhere.
        momenta_on: the same for each momentum.
    """

    lagrangian: Lagrangian
    forces: tuple[Expr, ...]
    momenta: tuple[Expr, ...]
    energy: Expr
    power: Expr
    pushes: tuple[Expr, ...]
    equations: ODESystem | None
    laws: tuple[NoetherLaw, ...] = ()
    notes: tuple[str, ...] = ()
    stopped: bool = False
    energy_on: tuple[Expr, ...] = ()
    momenta_on: tuple[tuple[Expr, ...], ...] = ()

    @property
    def integrals(self) -> Listing[Expr]:
        """What is constant: the energy, momenta, and the charges of the laws that are neither, each `on` its sides."""
        found = [(self.energy, self.energy_on)] if self.power == 0 else []
        balances = zip(self.momenta, self.pushes, self.momenta_on, strict=True)
        found += [(p, on) for p, push, on in balances if push == 0]
        found += [(law.integral, law.on) for law in self.laws if not self._is_translation(law)]
        moving = {*self.lagrangian.variables, *self.lagrangian.velocities}
        sides = {e: on for e, on in reversed(found) if e.free_symbols & moving}
        listed = [e for e in dict.fromkeys(e for e, _ in found) if e in sides]
        return Listing(listed, on=[sides[e] for e in listed])

    def _is_translation(self, law: NoetherLaw) -> bool:
        """Of the time or of one coordinate, whose charges are the energy and its momentum where these are constant."""
        moved = [(k, c) for k, c in enumerate(law.generator.components) if c != 0]
        if len(moved) != 1 or not moved[0][1].is_number:
            return False
        place = moved[0][0]
        return (self.power if place == 0 else self.pushes[place - 1]) == 0


@door("the reading of the Lagrangian")
def motion_of(
    lagrangian: Lagrangian | Expr | str,
    *,
    coordinates: Sequence[Symbol | str] | None = None,
    independent: str = "t",
    forces: Mapping[str, Expr | str] | None = None,
    budget: float = 60.0,
) -> Motion:
    """Momenta, energy, equations and the laws that are seen from the Lagrangian.

    Arguments:
        lagrangian: L(t, q, q').
        coordinates: names of the q_i; those with primes unless given.
        independent: name of the time.
        forces: coordinate -> generalized force, in the names of the Lagrangian; new names are parameters.
        budget: seconds.

    Raises:
        ParseError: a force is on what is no coordinate, or is not in the grammar; a coordinate is named twice or not at all.
        Unsupported: L or a force holds accelerations, or a function without a rule.
    """
    limit = Budget.seconds(budget)
    _check_names([] if coordinates is None else [str(c) for c in coordinates], independent)
    given = as_lagrangian(lagrangian, coordinates, independent)
    pushed = _read_forces(forces or {}, given)
    given = replace(given, parameters=(*given.parameters, *_new_parameters(pushed, given)))
    field = limited(given.field(pushed), limit)
    value, velocities = field(given.expression), [field(v) for v in given.velocities]
    slopes = [value.diff(v) for v in given.velocities]
    outer = [field(q) for q in pushed]
    energy = sum((p * v for p, v in zip(slopes, velocities, strict=True)), start=field.zero) - value
    power = sum((q * v for q, v in zip(outer, velocities, strict=True)), start=field.zero) - value.diff(given.independent)
    pushes = [value.diff(x) + q for x, q in zip(given.unknowns, outer, strict=True)]

    def written(e: object) -> Expr:
        return with_joined_roots(field.to_expr(e))  # type: ignore[arg-type]

    shown = Motion(
        given,
        pushed,
        tuple(map(written, slopes)),
        written(energy),
        S.Zero if power.is_zero else written(power),
        tuple(S.Zero if p.is_zero else written(p) for p in pushes),
        None,
    )
    return _with_laws(_with_sides(_with_equations(shown, limit), limit), limit)


def _with_equations(motion: Motion, limit: Budget) -> Motion:
    """Solved for the accelerations, where there is time."""
    try:
        part = limit.share(EQUATIONS).left
        return replace(motion, equations=euler_lagrange(motion.lagrangian, forces=motion.forces, budget=part))
    except OutOfBudget as stop:
        note = "the equations are too large to be solved for the accelerations in time"
        return replace(motion, notes=(*motion.notes, note), stopped=motion.stopped or stop.ends)
    except (NotSolvable, Unsupported) as stop:
        return replace(motion, notes=(*motion.notes, str(stop)))


def _with_sides(motion: Motion, limit: Budget) -> Motion:
    """With the sides on which the balances hold: at a sign what they are of may jump along a solution."""
    energy, *momenta = (_sides(e, motion, limit) for e in (motion.energy, *motion.momenta))
    return replace(motion, energy_on=energy, momenta_on=tuple(momenta))


def _sides(balanced: Expr, motion: Motion, limit: Budget) -> tuple[Expr, ...]:
    """Every branch on which its value depends, where there are no equations or no time to look along solutions."""
    try:
        if motion.equations is not None and not limit.over:
            return jumps_of(balanced, motion.equations)
    except OutOfBudget:  # by the clock of a command
        pass
    return branches_of(balanced, motion.lagrangian)


def _with_laws(motion: Motion, limit: Budget) -> Motion:
    """Of the affine group with gauge terms, where no force acts from outside."""
    if any(motion.forces):
        return replace(motion, notes=(*motion.notes, "symmetries are not looked for where forces act"))
    given = motion.lagrangian
    found = noether(given, generators=affine_fields(given), budget=max(0.1, LAWS * limit.left))
    return replace(
        motion,
        laws=tuple(on_one_side(law, given) if found.stopped else law for law in found if law.integral != 0),
        notes=(*motion.notes, f"affine symmetries: {found.within}"),
        stopped=motion.stopped or found.stopped,
    )


def _check_names(names: Sequence[str], independent: str) -> None:
    if not all(names):
        raise ParseError("a coordinate without a name is given; separate the names by single commas, such as x,y")
    for name in names:
        if names.count(name) > 1:
            raise ParseError(f"{name} is given twice as a coordinate")
    if independent in names:
        raise ParseError(f"{independent} is the independent variable and cannot be a coordinate")


def _read_forces(forces: Mapping[str, Expr | str], given: Lagrangian) -> tuple[Expr, ...]:
    names = [q.name for q in given.unknowns]
    for name in forces:
        if name not in names:
            raise ParseError(f"{name} is no coordinate of the Lagrangian, so no force acts on it", expected=tuple(names))
    symbols = {s.name: s for s in (*(p.symbol for p in given.parameters), *given.variables)}
    read = []
    for name in names:
        force = forces.get(name, S.Zero)
        if isinstance(force, str):
            force = read_expression(force, symbols=symbols, unknowns=names, independent=given.independent.name)
        if given.jets.order_of(force) > 1:
            raise Unsupported(f"a force may hold t, q and q'; the one on {name} holds an acceleration, q'' or more")
        read.append(force)
    return tuple(read)


def _new_parameters(forces: Sequence[Expr], given: Lagrangian) -> list[Parameter]:
    used = {s for force in forces for s in force.free_symbols}
    known = {*given.variables, *given.velocities, *(p.symbol for p in given.parameters)}
    return [Parameter(s) for s in sorted(used - known, key=str) if isinstance(s, Symbol)]
