"""The symbolic engine, stage by stage.

stage       input -> output                                            source
determine   ODESystem -> determining system, split                     Olver 1993, section 2.3
certify     ODESystem -> upper bound of the dimension (independent)    Reid 1991
search      determining system -> solution vectors: finite spans,      Schwarz 2008, chapters 2 and 3
            completion, integration
verify      vectors -> generators, each by substitution                Olver 1993, Theorem 2.31
conclude    generators, bound -> the claim
"""

from __future__ import annotations

from dataclasses import replace

from liesym.base.budget import Budget
from liesym.model.ansatz import AnsatzSpec, parse_ansatz
from liesym.model.system import ODESystem
from liesym.symmetries.classify import classify_cases
from liesym.symmetries.engine import Analysis, analyze
from liesym.symmetries.results import Result
from liesym.symmetries.state import Report


def find_symmetries(
    system: ODESystem,
    ansatz: str | AnsatzSpec | None = None,
    *,
    budget: float = 60.0,
    classify: bool = False,
    progress: Report | None = None,
    seed: int = 0,
) -> Result:
    """The Lie point symmetries of a system, verified, with a claim about their completeness.

    Arguments:
        system: any system in solved form.
        ansatz: None lets the engine choose; else ``"general"``, ``"polynomial: 2"``, ``"separable: t(t), z(z)"``,
            ``"span: 1, u, log(u)"`` or the record of one.
        budget: seconds. When it runs out, or at Ctrl-C, what is verified so far is returned, marked open.
        classify: also follow the branches on which a parameter expression that was divided by vanishes.
        progress: called with one line for each stage.
        seed: of the random draws of the certificate.

    Returns:
        Result: generators, families, dimension, bound, claim, conditions, certificate.

    Raises:
        AnsatzError: the ansatz names an unknown variable or is malformed.
        Unsupported: a function without a rule in the coefficient field.
    Source: Olver 1993, chapter 2; Bluman and Anco 2002, chapter 3.
    """
    spec = parse_ansatz(ansatz, system) if isinstance(ansatz, str) else ansatz
    analysis = Analysis(system, spec, Budget.seconds(budget), progress or (lambda line: None), seed)
    result, interrupted = analyze(analysis)
    if classify and not interrupted:
        cases, undecided = classify_cases(result, analysis.budget, report=analysis.report)
        result = replace(result, cases=cases, notes=(*result.notes, *undecided))
    return result
