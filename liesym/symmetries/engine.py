"""The search, stage by stage."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from dataclasses import field as dataclass_field
from typing import TypeVar

from sympy import Expr

from liesym.certify import Certificate, certify
from liesym.certify.expansion import NoPoint
from liesym.certify.independence import independent_positions
from liesym.coefficients import Definition, Element, Field
from liesym.coefficients.joined import joined
from liesym.determine.forms import Determining, DeterminingSystem
from liesym.determine.invariance import determine
from liesym.determine.verify import is_trivial, remainder_elements
from liesym.errors import OutOfBudget, VerificationError
from liesym.model.ansatz import AnsatzSpec
from liesym.model.names import taken_names
from liesym.model.system import ODESystem
from liesym.solving.linear.span import polynomial_spans, solve_in_span
from liesym.solving.linear.vectors import Vector, constant_relations, independent_vectors, normalized, trivial_first
from liesym.solving.pde.conditions import conditions_of
from liesym.solving.pde.general import GeneralSolution, solve_general
from liesym.symmetries.generator import Generator
from liesym.symmetries.results import Completeness, Family, Result

Progress = Callable[[str], None]


Stage = TypeVar("Stage")


VERIFICATION = 3.0
"""Seconds beyond the budget that substitution of what was found may take."""


@dataclass
class _Run:
    """One analysis: the clock, what was found, and what can be said of it."""

    system: ODESystem
    spec: AnsatzSpec | None
    deadline: float
    budget: float
    progress: Progress
    seed: int
    seconds: list[tuple[str, float]] = dataclass_field(default_factory=list)
    notes: list[str] = dataclass_field(default_factory=list)
    pivots: list[Element] = dataclass_field(default_factory=list)
    vectors: list[Vector] = dataclass_field(default_factory=list)
    families: tuple = ()
    definitions: tuple[Definition, ...] = ()
    bound: int | None = None
    stopped: bool = False
    interrupted: bool = False
    # True if the vectors, and the first integrals in the families, have passed substitution in the field of the search
    substituted: bool = False

    def analyze(self) -> Result:
        determining = self._stage("determine", self._determine)
        if determining is None:
            return self._result(
                DeterminingSystem(self.system.variables, (), (), ()), None, (), (), (None, Completeness.OPEN)
            )
        certificate = None
        if self.system.is_finite_type and (self.spec is None or self.spec.kind == "general"):
            certificate = self._stage("certify", self._certify)
        self.bound = None if certificate is None else certificate.bound
        determining.field.deadline = self.deadline
        complete = self._stage("solve", lambda: self._search(determining)) or False
        determining.field.deadline = None
        return self._verify(determining, certificate, complete)

    def _verify(self, determining: Determining, certificate: Certificate | None, complete: bool) -> Result:
        """The conclusion; a first Ctrl-C in it is taken note of and does not lose what was found, a second one is obeyed."""
        try:
            return self._timed("verify", lambda: self._conclude(determining, certificate, complete))
        except KeyboardInterrupt:
            if self.interrupted:
                raise
            self.interrupted = True
            return self._conclude(determining, certificate, complete)

    def _stage(self, stage: str, work: Callable[[], Stage]) -> Stage | None:
        """The result of a stage; None if time ran out in it, or if the user broke it or an earlier one off."""
        if self.interrupted:
            return None
        try:
            return self._timed(stage, work)
        except OutOfBudget as stop:
            self.notes.append(f"time ran out during the {stop}")
        except KeyboardInterrupt:
            self.notes.append(f"interrupted in the stage {stage!r}")
            self.interrupted = True
        self.stopped = True
        return None

    def _timed(self, stage: str, work: Callable[[], Stage]) -> Stage:
        self.progress(stage)
        start = time.monotonic()
        try:
            return work()
        finally:
            self.seconds.append((stage, time.monotonic() - start))

    # -- stages ----------------------------------------------------------------------------------

    def _determine(self) -> Determining:
        spec = self.spec
        if spec is not None and spec.kind == "separable":
            given = dict(spec.depends)
            names = {v.name: v for v in self.system.variables}
            depends = {v: [names[n] for n in given.get(v.name, ())] for v in self.system.variables}
            return _without_absent(determine(self.system, depends, deadline=self.deadline), given)
        extra = spec.functions if spec is not None and spec.kind == "span" else ()
        return determine(self.system, extra=extra, deadline=self.deadline)

    def _certify(self) -> Certificate:
        return certify(self.system, budget=min(0.4 * self.budget, 40.0), seed=self.seed)

    def _search(self, determining: Determining) -> bool:
        """Fill `vectors` and `families`; True if nothing of the form that was searched is missing."""
        spec = self.spec
        if spec is None or spec.kind == "general":
            if self.system.is_finite_type:
                from liesym.symmetries.search.finite import search_finite

                return search_finite(self, determining)
            from liesym.symmetries.search.first_order import search_first_order

            return search_first_order(self, determining)
        if spec.kind == "polynomial":
            return self.span(determining, polynomial_spans(determining, spec.degree or 0))
        if spec.kind == "span":
            functions = [determining.field(f) for f in spec.functions]
            independent = [v[0] for v in independent_vectors([(f,) for f in functions], determining.field)]
            return self.span(determining, [independent] * len(determining.unknowns))
        return self.general(determining)

    def share(self, part: float) -> float:
        """The deadline of a stage that may use this part of the time that is left."""
        now = time.monotonic()
        return now + part * max(0.0, self.deadline - now)

    @property
    def taken(self) -> frozenset[str]:
        """Names that invented functions must not use."""
        return taken_names(self.system)

    @property
    def bound_met(self) -> bool:
        return self.bound is not None and len(self.vectors) >= self.bound

    def span(self, determining: Determining, spans: Sequence[Sequence[Element]], deadline: float | None = None) -> bool:
        """Solve in a finite span; keeps the result if it is larger than what is known. False if time ran out."""
        try:
            found = solve_in_span(determining, spans, deadline=deadline or self.deadline)
        except OutOfBudget as stop:
            self.notes.append(f"time ran out during the {stop}")
            self.stopped = True
            return False
        if len(found.vectors) > len(self.vectors):
            self.vectors = list(found.vectors)
            self.pivots += found.pivots
        return True

    def general(self, determining: Determining, deadline: float | None = None) -> bool:
        """Complete and integrate the determining system; keeps the result if it is no smaller than what is known."""
        found: GeneralSolution = solve_general(
            determining, deadline=deadline or self.share(0.7), taken=self.taken, progress=self.progress
        )
        self.stopped |= found.stopped
        if found.reason:
            self.notes.append(f"general solution: {found.reason}")
        if len(found.vectors) >= len(self.vectors):
            self.vectors = list(found.vectors)
            self.definitions = found.definitions
        self.families = found.families
        self.pivots += found.pivots
        return found.complete

    # -- the claim -------------------------------------------------------------------------------

    def _conclude(self, determining: Determining, certificate: Certificate | None, complete: bool) -> Result:
        system, field = self.system, determining.field
        field.deadline = max(self.deadline, time.monotonic()) + VERIFICATION
        passed = self._substituted(self.vectors, field)
        field.deadline = None
        vectors = self._independent(passed, field)
        trivial: list[Vector] = []
        if system.is_first_order:
            rates = [field(f) for f in system.rhs]
            trivial, vectors = trivial_first(vectors, rates, field)
        generators = tuple(self._generator(v, field, v in trivial) for v in [*trivial, *vectors])
        families = tuple(self._family(components, arbitrary) for components, arbitrary in self.families)
        claim = self._claim(len(generators), bool(families), certificate, complete)
        conditions = conditions_of(self.pivots, field, system)
        public = determining.public(system if system.is_first_order and self.spec is None else None)
        return self._result(public, certificate, generators, families, claim, conditions)

    def _result(
        self,
        determining: DeterminingSystem,
        certificate: Certificate | None,
        generators: tuple[Generator, ...],
        families: tuple[Family, ...],
        claim: tuple[int | None, Completeness],
        conditions: tuple[Expr, ...] = (),
    ) -> Result:
        return Result(
            system=self.system,
            generators=generators,
            families=families,
            dimension=claim[0],
            upper_bound=self.bound,
            completeness=claim[1],
            ansatz=self.spec,
            conditions=conditions,
            definitions=self.definitions,
            determining_system=determining,
            certificate=certificate,
            seconds=tuple(self.seconds),
            notes=tuple(self.notes),
            stopped=self.stopped,
        )

    def _claim(
        self, count: int, families: bool, certificate: Certificate | None, complete: bool
    ) -> tuple[int | None, Completeness]:
        if certificate is not None and self.bound is not None and not families:
            if count > self.bound:
                raise VerificationError(
                    f"{count} verified independent generators but an upper bound of {self.bound}: one of the two is wrong; "
                    "please report the system"
                )
            if count == self.bound:
                return count, Completeness.PROVEN
        exact = certificate is not None and certificate.exact
        dimension = self.bound if exact else None
        if self.spec is not None and self.spec.kind != "general" and complete:
            return dimension, Completeness.WITHIN_ANSATZ
        if not self.system.is_finite_type and complete:
            return None, Completeness.WITHIN_ANSATZ
        return dimension, Completeness.OPEN

    def _substituted(self, vectors: Sequence[Vector], field: Field) -> list[Vector]:
        """The vectors that pass substitution, scaled; one that fails is a defect and is dropped loudly."""
        kept = []
        for vector in vectors:
            try:
                if self.substituted or all(r.is_zero for r in remainder_elements(vector, self.system, field)):
                    kept.append(normalized(vector, field))
                else:
                    self.notes.append("a candidate failed verification by substitution and was dropped")
            except OutOfBudget:
                self.stopped = True
                self.notes.append("there was no time to verify a candidate, and it was dropped")
        return kept

    def _independent(self, kept: list[Vector], field: Field) -> list[Vector]:
        """The vectors without those that depend on earlier ones over the constants."""
        if not self.system.is_finite_type:  # no bound on degrees, so no truncation of power series decides
            return independent_vectors(kept, field) if constant_relations(kept, field) else kept
        try:
            degree = max(self.system.orders) - 1
            return [kept[i] for i in independent_positions(kept, self.system.variables, field, degree=degree)]
        except NoPoint:
            self.notes.append("independence was decided symbolically")
            return independent_vectors(kept, field)

    def _generator(self, vector: Vector, field: Field, trivial: bool) -> Generator:
        components = tuple(joined(field.to_expr(c)) for c in vector)
        used = tuple(d for d in self.definitions if any(c.has(d.function.func) for c in components))
        return Generator(self.system.variables, components, trivial, used)

    def _family(self, components: Sequence[Expr], arbitrary: tuple) -> Family:
        generator = Generator(self.system.variables, tuple(components), definitions=self.definitions)
        if self.system.is_first_order and is_trivial(generator, self.system):
            return Family(replace(generator, trivial=True), arbitrary)  # η = ξ f verified: a symmetry whatever ξ is
        if self.substituted:
            return Family(generator, arbitrary)  # h(I) X, where X and I have passed: a symmetry whatever h is
        if any(generator.remainder(self.system)):
            raise VerificationError(f"the family {generator} failed verification by substitution")
        return Family(generator, arbitrary)


def _without_absent(determining: Determining, given: dict) -> Determining:
    """In a separable ansatz a variable that is not named has the infinitesimal 0."""
    absent = [
        ({(a, (0,) * len(determining.variables)): determining.field.one})
        for a, u in enumerate(determining.unknowns)
        if u.variable.name not in given
    ]
    return replace(determining, equations=(*determining.equations, *absent))
