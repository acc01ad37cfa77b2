"""The search, stage by stage: each takes what the one before handed on.

stage       input -> output
determine   ODESystem -> Determining
certify     ODESystem -> Certificate, and with it the bound in Known
solve       Determining, Known -> Known, by the strategies that belong to the system and the ansatz
verify      Determining, Known -> generators and families, each by substitution, and the claim
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from dataclasses import field as dataclass_field
from typing import TypeVar

from liesym.base.budget import Budget, now
from liesym.certify import Certificate, certified
from liesym.determine.forms import Determining
from liesym.determine.invariance import determine
from liesym.errors import OutOfBudget
from liesym.model.ansatz import AnsatzSpec
from liesym.model.system import ODESystem
from liesym.solving.linear.vectors import independent_vectors
from liesym.symmetries.conclusion import concluded
from liesym.symmetries.results import Result
from liesym.symmetries.search import shares
from liesym.symmetries.search.finite import finite_strategies
from liesym.symmetries.search.first_order import first_order_strategies, with_families
from liesym.symmetries.search.general import Spans, general, in_span, polynomials
from liesym.symmetries.state import Known, Report, Strategy, carried_out

Stage = TypeVar("Stage")


@dataclass(frozen=True, slots=True)
class Analysis:
    """What is to be done: the system, the form of the infinitesimals, and what it may take.

    Arguments:
        system: any system in solved form.
        spec: the ansatz; None lets the engine choose.
        budget: ends all stages but the verification, which may take a little longer.
        report: called with one line for each stage and strategy.
        seed: of the random draws of the certificate.
        seconds: (stage, seconds), written as the stages end.
    """

    system: ODESystem
    spec: AnsatzSpec | None
    budget: Budget
    report: Report
    seed: int = 0
    seconds: list[tuple[str, float]] = dataclass_field(default_factory=list)

    @property
    def is_open_form(self) -> bool:
        """True if no form of the infinitesimals was imposed."""
        return self.spec is None or self.spec.kind == "general"


def analyze(analysis: Analysis) -> tuple[Result, bool]:
    """The stages one after the other; the result, and whether the user broke off the work on it."""
    known = Known(analysis.system)
    known, determining = _staged(analysis, known, "determine", lambda: _determine(analysis))
    certificate = None
    if determining is not None and analysis.system.is_finite_type and analysis.is_open_form:
        known, counted = _staged(analysis, known, "certify", lambda: _certify(analysis))
        if counted is not None:
            certificate, stop = counted
            known = replace(known if stop is None else known.out_of_budget(stop), bound=certificate.bound)
    if determining is not None and not known.interrupted:
        known, solved = _staged(analysis, known, "solve", lambda: _solve(analysis, determining, known))
        known = solved or known
    return _verify(analysis, determining, certificate, known)


def _staged(analysis: Analysis, known: Known, stage: str, work: Callable[[], Stage]) -> tuple[Known, Stage | None]:
    """The result of a stage; None, and a note of it, if it was cut short, or if the user broke it or an earlier one off."""
    if known.interrupted:
        return known, None
    try:
        return known, _timed(analysis, stage, work)
    except OutOfBudget as stop:
        return known.out_of_budget(stop), None
    except KeyboardInterrupt:
        note = f"interrupted in the stage {stage!r}"
        return replace(known.noting(note), stopped=True, interrupted=True), None


def _timed(analysis: Analysis, stage: str, work: Callable[[], Stage]) -> Stage:
    analysis.report(stage)
    start = now()
    try:
        return work()
    finally:
        analysis.seconds.append((stage, now() - start))


def _determine(analysis: Analysis) -> Determining:
    system, spec = analysis.system, analysis.spec
    if spec is not None and spec.kind == "separable":
        given = dict(spec.depends)
        names = {v.name: v for v in system.variables}
        depends = {v: [names[n] for n in given.get(v.name, ())] for v in system.variables}
        return _without_absent(determine(system, depends, budget=analysis.budget), given)
    extra = spec.functions if spec is not None and spec.kind == "span" else ()
    return determine(system, extra=extra, budget=analysis.budget)


def _without_absent(determining: Determining, given: dict) -> Determining:
    """In a separable ansatz a variable that is not named has the infinitesimal 0."""
    absent = [
        ({(a, (0,) * len(determining.variables)): determining.field.one})
        for a, u in enumerate(determining.unknowns)
        if u.variable.name not in given
    ]
    return replace(determining, equations=(*determining.equations, *absent))


def _certify(analysis: Analysis) -> tuple[Certificate, OutOfBudget | None]:
    return certified(analysis.system, analysis.budget.share(shares.CERTIFICATE), seed=analysis.seed)


def _solve(analysis: Analysis, determining: Determining, known: Known) -> Known:
    """Everything of the form that is searched, as far as the strategies find it."""
    finite = analysis.system.is_finite_type
    budget = analysis.budget if finite else analysis.budget.share(shares.LADDER)
    return carried_out(_strategies(analysis, determining, known), determining, known, budget, analysis.report)


def _strategies(analysis: Analysis, determining: Determining, known: Known) -> Iterable[Strategy]:
    spec = analysis.spec
    if spec is None or spec.kind == "general":
        chosen = finite_strategies if analysis.system.is_finite_type else first_order_strategies
        return chosen(known, determining)
    if spec.kind == "polynomial":
        return [polynomials(spec.degree or 0, ends=True)]
    if spec.kind == "span":
        return [in_span("", lambda d: _given_span(d, spec), ends=True)]
    return [general]


def _given_span(determining: Determining, spec: AnsatzSpec) -> Spans:
    functions = [determining.field(f) for f in spec.functions]
    independent = [v[0] for v in independent_vectors([(f,) for f in functions], determining.field)]
    return [independent] * len(determining.unknowns)


def _verify(
    analysis: Analysis, determining: Determining | None, certificate: Certificate | None, known: Known
) -> tuple[Result, bool]:
    """The conclusion; a first Ctrl-C in it is taken note of and does not lose what was found, a second one is obeyed."""

    def conclude() -> Result:
        whole = known
        if determining is not None and analysis.is_open_form and not analysis.system.is_finite_type:
            whole = with_families(known, determining)
        return concluded(whole, determining, certificate, analysis.spec, analysis.budget)

    if determining is None:
        return replace(conclude(), seconds=tuple(analysis.seconds)), known.interrupted
    interrupted = known.interrupted
    try:
        result = _timed(analysis, "verify", conclude)
    except KeyboardInterrupt:
        if interrupted:
            raise
        interrupted = True
        result = conclude()
    return replace(result, seconds=tuple(analysis.seconds)), interrupted
