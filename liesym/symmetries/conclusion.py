"""From what a search knows to what is claimed: substitution of all that was found, then the count against the bound."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace

from sympy import Expr
from sympy.core.function import AppliedUndef

from liesym.base.budget import Budget, surrounding
from liesym.certify import Certificate
from liesym.certify.expansion import NoPoint
from liesym.certify.independence import independent_positions
from liesym.coefficients import Field
from liesym.coefficients.joined import joined
from liesym.determine.forms import Determining, DeterminingSystem
from liesym.determine.verify import is_trivial, remainder_elements
from liesym.errors import OutOfBudget, TimeIsUp, TooLarge, Unsupported, VerificationError
from liesym.model.ansatz import AnsatzSpec
from liesym.model.system import ODESystem
from liesym.solving.linear.vectors import Vector, constant_relations, independent_vectors, normalized, trivial_first
from liesym.solving.pde.conditions import conditions_of
from liesym.symmetries.generator import Generator
from liesym.symmetries.results import Completeness, Family, Result
from liesym.symmetries.state import Known
from liesym.testing.second_look import Placed, hold_everywhere, place_generator, place_generators, place_named

TOGETHER = 0.5
"""Of the time that is left, for the look at all generators together; where it does not do, some may be seen one by one."""
NOWHERE_REAL = "no real point was found at which the equations and all that is said of them are real"


def concluded(
    known: Known, determining: Determining | None, certificate: Certificate | None, spec: AnsatzSpec | None, budget: Budget
) -> Result:
    """The result; only what passes substitution is in it.

    Raises:
        VerificationError: more generators than the bound allows, or a family that is no symmetry.
    """
    system = known.system
    if determining is None:
        nothing = DeterminingSystem(system.variables, (), (), ())
        return _Conclusion(known, spec, None).result(nothing, (), (), (None, Completeness.OPEN))
    field = determining.field
    beyond = budget.extended()
    with field.within(beyond):
        known, passed = _substituted(known, field)
    known, vectors = _told_apart(known, passed, field)
    known, written = _written(known, vectors, field)
    known, generators = _placed(known, written)
    known, families = _families(known)
    known, families = _families_placed(known, families)
    known, conditions = _conditions(known, field)
    known, public = _public(known, determining, system if system.is_first_order and spec is None else None, beyond)
    conclusion = _Conclusion(known, spec, certificate)
    claim = conclusion.claim(len(generators), bool(families))
    return conclusion.result(public, generators, families, claim, conditions)


def _public(
    known: Known, determining: Determining, system: ODESystem | None, budget: Budget
) -> tuple[Known, DeterminingSystem]:
    """The determining equations as expressions; none, and a note of it, where there is no time to write them."""
    try:
        return known, determining.public(system, budget)
    except OutOfBudget:
        known = known.noting("the determining equations are too long to be written out in the time that was left")
        return known, DeterminingSystem(determining.variables, determining.unknowns, (), ())


def _conditions(known: Known, field: Field) -> tuple[Known, tuple[Expr, ...]]:
    """What was divided by; a note where there is no time to write it."""
    try:
        return known, conditions_of(known.pivots, field, known.system)
    except OutOfBudget:
        return known.noting("there was no time to write what was divided by: it holds for general parameters"), ()


def _substituted(known: Known, field: Field) -> tuple[Known, list[Vector]]:
    """The vectors that pass substitution, scaled; one that fails is a defect and is dropped loudly."""
    kept = []
    for vector in known.vectors:
        try:
            if known.substituted or all(r.is_zero for r in remainder_elements(vector, known.system, field)):
                kept.append(normalized(vector, field))
                continue
            known = known.noting("a candidate failed verification by substitution and was dropped")
        except TimeIsUp:
            known = known.noting("there was no time to verify a candidate, and it was dropped")
            known = replace(known, stopped=True)
        except TooLarge:
            known = known.noting("a candidate is too large to be verified, and it was dropped")
        known = replace(known, settled=False)
    return known, kept


def _independent(known: Known, kept: list[Vector], field: Field) -> tuple[Known, list[Vector]]:
    """The vectors without those that depend on earlier ones over the constants."""
    system = known.system
    if not system.is_finite_type:  # no bound on degrees, so no truncation of power series decides
        return known, independent_vectors(kept, field) if constant_relations(kept, field) else kept
    try:
        degree = max(system.orders) - 1
        return known, [kept[i] for i in independent_positions(kept, system.variables, field, degree=degree)]
    except NoPoint:
        return known.noting("independence was decided symbolically"), independent_vectors(kept, field)


def _told_apart(known: Known, passed: list[Vector], field: Field) -> tuple[Known, list[Vector]]:
    """The same; one vector where there is no time to tell more of them apart."""
    try:
        return _independent(known, passed, field)
    except OutOfBudget as stop:
        note = f"there was no time to tell which of {len(passed)} candidates are independent: one is returned"
        return replace(known.out_of_budget(stop).noting(note), settled=False), passed[:1]


def _written(known: Known, vectors: list[Vector], field: Field) -> tuple[Known, list[Generator]]:
    """As expressions, those along the equations of first order first; what there is no time to write is left out."""
    written: list[Generator] = []
    try:
        trivial: list[Vector] = []
        if known.system.is_first_order:
            trivial, vectors = trivial_first(vectors, [field(f) for f in known.system.rhs], field)
        written.extend(_generator(known, v, field, v in trivial) for v in [*trivial, *vectors])
    except OutOfBudget as stop:
        known = replace(known.out_of_budget(stop).noting("what could not be written in time was left out"), settled=False)
    return known, written


def _generator(known: Known, vector: Vector, field: Field, trivial: bool) -> Generator:
    components = tuple(joined(field.to_expr(c)) for c in vector)
    used = tuple(d for d in known.definitions if any(c.has(d.function.func) for c in components))
    return Generator(known.system.variables, components, trivial, used)


def _placed(known: Known, generators: Sequence[Generator]) -> tuple[Known, tuple[Generator, ...]]:
    """Each generator looked at on every side of the branches: in a form that holds on all, or with the side it is for."""
    valued = [g.components for g in generators if not g.definitions]
    try:
        with surrounding().share(TOGETHER).around():
            everywhere = hold_everywhere(valued, known.system)
            looked_at = iter(map(Placed, valued) if everywhere else place_generators(valued, known.system))
    except TimeIsUp:
        looked_at = iter(_one_by_one(valued, known.system))
    kept, unseen = [], 0
    for generator in generators:
        if generator.definitions:  # named solutions of equations have no values to look at; what multiplies them has
            known, side = _side_of_named(known, generator)
            kept.append(side)
            continue
        placed = next(looked_at)
        if placed is None:
            unseen += 1
            continue
        if not placed.true:
            known = known.noting("a candidate failed at real points and was dropped")
            known = replace(known, settled=False)
            continue
        if placed.nowhere_real and NOWHERE_REAL not in known.notes:
            known = known.noting(NOWHERE_REAL)
        kept.append(replace(generator, components=placed.components, on=placed.on))
    return _without_unseen(known, unseen), tuple(kept)


def _side_of_named(known: Known, generator: Generator) -> tuple[Known, Generator]:
    """With the side on which it is real; as it is, with a note, where there is no time to look."""
    try:
        return known, replace(generator, on=place_named(generator.components, known.system).on)
    except TimeIsUp:
        return known.noting("there was no time to look where generators with named functions are real"), generator


def _one_by_one(generators: Sequence[Sequence[Expr]], system: ODESystem) -> list[Placed | None]:
    """Each by itself, the shortest first; None for one for which no time is left."""
    placed: list[Placed | None] = [None] * len(generators)
    with suppress(TimeIsUp):
        for k in sorted(range(len(generators)), key=lambda k: sum(c.count_ops() for c in generators[k])):
            placed[k] = place_generator(generators[k], system)
    return placed


def _without_unseen(known: Known, unseen: int) -> Known:
    """With a note of what was left out because there was no time to look at it."""
    if not unseen:
        return known
    known = known.noting(f"there was no time to look at {unseen} of the candidates at real points; they were left out")
    return replace(known, settled=False, stopped=True)


def _families_placed(known: Known, families: Sequence[Family]) -> tuple[Known, tuple[Family, ...]]:
    """The same of families, with a smooth function for each arbitrary one; ρ X is a symmetry wherever X is real."""
    kept, unseen = [], 0
    for family in families:
        generator = family.generator
        if family.trivial or generator.definitions:
            known, side = (known, generator) if family.trivial else _side_of_named(known, generator)
            kept.append(replace(family, generator=side))
            continue
        (placed,) = _one_by_one([generator.components], known.system)
        if placed is None:
            unseen += 1
            continue
        if not placed.true:
            known = known.noting("a family failed at real points and was dropped")
            continue
        names = [f.func for f, _ in family.arbitrary]
        applied = [a for c in placed.components for a in sorted(c.atoms(AppliedUndef), key=str) if a.func in names]
        arbitrary = tuple((a, a.args) for a in dict.fromkeys(applied))
        kept.append(Family(replace(generator, components=placed.components, on=placed.on), arbitrary))  # type: ignore[arg-type]
    return _without_unseen(known, unseen), tuple(kept)


def _families(known: Known) -> tuple[Known, tuple[Family, ...]]:
    """Those that are verified; what the arithmetic cannot hold is left out with a note."""
    kept = []
    for components, arbitrary in known.families:
        try:
            kept.append(_family(known, components, arbitrary))
        except Unsupported as stop:
            known = known.noting(f"a family could not be verified and was left out: {stop}")
        except OutOfBudget as stop:
            known = known.out_of_budget(stop).noting("a family could not be verified in time and was left out")
    return known, tuple(kept)


def _family(known: Known, components: Sequence[Expr], arbitrary: tuple) -> Family:
    system = known.system
    generator = Generator(system.variables, tuple(components), definitions=known.definitions)
    if system.is_first_order and is_trivial(generator, system):
        return Family(replace(generator, trivial=True), arbitrary)  # η = ξ f verified: a symmetry whatever ξ is
    if known.substituted:
        return Family(generator, arbitrary)  # h(I) X, where X and I have passed: a symmetry whatever h is
    if any(generator.remainder(system)):
        raise VerificationError(f"the family {generator} failed verification by substitution")
    return Family(generator, arbitrary)


@dataclass(frozen=True, slots=True)
class _Conclusion:
    """What the search handed on, the form that it searched, and the count that it is held against."""

    known: Known
    spec: AnsatzSpec | None
    certificate: Certificate | None

    @property
    def system(self) -> ODESystem:
        return self.known.system

    def claim(self, count: int, families: bool) -> tuple[int | None, Completeness]:
        """(dimension, claim): proven where the bounds meet, open where the budget ran out before."""
        known, bound = self.known, self.known.bound
        if bound is not None and not families:
            if count > bound:
                raise VerificationError(
                    f"{count} verified independent generators but an upper bound of {bound}: one of the two is wrong; "
                    "please report the system"
                )
            if count == bound:
                return count, Completeness.PROVEN
        dimension = bound if self.certificate is not None and self.certificate.exact else None
        imposed = self.spec is not None and self.spec.kind != "general"
        complete = known.settled if imposed or self.system.is_finite_type else bool(known.finished or known.settled)
        if known.stopped or not complete or not (imposed or not self.system.is_finite_type):
            return dimension, Completeness.OPEN
        return dimension if imposed else None, Completeness.WITHIN_ANSATZ

    def result(
        self,
        determining: DeterminingSystem,
        generators: tuple[Generator, ...],
        families: tuple[Family, ...],
        claim: tuple[int | None, Completeness],
        conditions: tuple[Expr, ...] = (),
    ) -> Result:
        """The record that the user gets."""
        known = self.known
        return Result(
            system=known.system,
            generators=generators,
            families=families,
            dimension=claim[0],
            upper_bound=known.bound,
            completeness=claim[1],
            ansatz=self.spec,
            conditions=conditions,
            definitions=known.definitions,
            determining_system=determining,
            certificate=self.certificate,
            notes=known.notes,
            stopped=known.stopped,
        )
