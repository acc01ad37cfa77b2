"""What a Lagrangian shows by itself, however large: momenta, energy, the laws of both, and its affine symmetries.

With generalized forces Q_i, d/dt ∂L/∂q_i' - ∂L/∂q_i = Q_i, the balances hold identically:

    d p_i / dt = ∂L/∂q_i + Q_i,  p_i = ∂L/∂q_i'        dE/dt = Σ Q_i q_i' - ∂L/∂t,  E = Σ p_i q_i' - L

so that no equation is solved to see what is constant.
Source: Goldstein 1980, sections 2-6 and 8-1.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from sympy import Add, Expr, S, Symbol

from liesym.base.budget import Budget
from liesym.base.doors import door
from liesym.base.parameters import Parameter
from liesym.coefficients.bounded import limited
from liesym.coefficients.joined import with_joined_roots
from liesym.errors import NotSolvable, OutOfBudget, ParseError, Unsupported
from liesym.model.system import ODESystem
from liesym.text import read_expression
from liesym.variational.lagrangian import Lagrangian, as_lagrangian, euler_lagrange
from liesym.variational.noether import NoetherLaw, affine_fields, noether

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

    @property
    def integrals(self) -> tuple[Expr, ...]:
        """What is constant: the energy, momenta, and the charges of the laws that are neither."""
        found = [self.energy] if self.power == 0 else []
        found += [p for p, push in zip(self.momenta, self.pushes, strict=True) if push == 0 and p != 0]
        return tuple(dict.fromkeys([*found, *(law.integral for law in self.laws if not _is_translation(law))]))


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
        ParseError: a force is on what is no coordinate, or is not in the grammar.
        Unsupported: L is not of first order, or holds a function without a rule.
    """
    limit = Budget.seconds(budget)
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
    return _with_laws(_with_equations(shown, limit), limit)


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


def _with_laws(motion: Motion, limit: Budget) -> Motion:
    """Of the affine group with gauge terms, where no force acts from outside."""
    if any(motion.forces):
        return replace(motion, notes=(*motion.notes, "symmetries are not looked for where forces act"))
    given = motion.lagrangian
    found = noether(given, generators=affine_fields(given), budget=max(0.1, LAWS * limit.left))
    return replace(
        motion,
        laws=tuple(found),
        notes=(*motion.notes, f"affine symmetries: {found.within}"),
        stopped=motion.stopped or found.stopped,
    )


def _is_translation(law: NoetherLaw) -> bool:
    """Of the time or of one coordinate, whose charges are the energy and its momentum."""
    moved = [c for c in law.generator.components if c != 0]
    return len(moved) == 1 and moved[0].is_number


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
        read.append(force)
    return tuple(read)


def _new_parameters(forces: Sequence[Expr], given: Lagrangian) -> list[Parameter]:
    known = {*given.variables, *given.velocities, *(p.symbol for p in given.parameters)}
    return [Parameter(s) for s in sorted(Add(*forces).free_symbols - known, key=str) if isinstance(s, Symbol)]
