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

from collections.abc import Iterator
from dataclasses import replace

from sympy import Abs, Expr, Pow, sign

from liesym.base.budget import Budget
from liesym.base.doors import door
from liesym.coefficients.zero_divisors import ZeroDivisor
from liesym.determine.on_solutions import on_principal_ranges
from liesym.errors import OutOfBudget, Unsupported
from liesym.model.ansatz import AnsatzSpec, parse_ansatz
from liesym.model.reading import Given, read_given
from liesym.symmetries.classify import classify_cases
from liesym.symmetries.engine import Analysis, analyze
from liesym.symmetries.results import Completeness, Result
from liesym.symmetries.state import Report
from liesym.testing.realpoints import cut_by, nodes
from liesym.testing.second_look import has_branches, has_root_of_signs, on_main_side
from liesym.text.writer import write


@door("the search for symmetries", ends=True)
def find_symmetries(
    system: Given,
    ansatz: str | AnsatzSpec | None = None,
    *,
    independent: str | None = None,
    budget: float = 60.0,
    classify: bool = False,
    progress: Report | None = None,
    seed: int = 0,
) -> Result:
    """The Lie point symmetries of a system, verified, with a claim about their completeness.

    Arguments:
        system: any system, its equations as text, or SymPy equations.
        ansatz: None lets the engine choose; else ``"general"``, ``"polynomial: 2"``, ``"separable: t(t), z(z)"``,
            ``"span: 1, u, log(u)"`` or the record of one.
        independent: name of the independent variable; read off the text if None, and the notes say how.
        budget: seconds. When it runs out, or at Ctrl-C, what is verified so far is returned, marked open.
        classify: also follow the branches on which a parameter expression that was divided by vanishes.
        progress: called with one line for each stage.
        seed: of the random draws of the certificate.

    Returns:
        Result: generators, families, dimension, bound, claim, conditions, certificate.

    Raises:
        AnsatzError: the ansatz names an unknown variable or is malformed.
        ParseError, NotSolvable: what is given is no system, or cannot be solved for its highest derivatives.
        Unsupported: a function without a rule in the coefficient field.
    Source: Olver 1993, chapter 2; Bluman and Anco 2002, chapter 3.
    """
    system, notes = read_given(system, independent)
    spec = parse_ansatz(ansatz, system) if isinstance(ansatz, str) else ansatz
    analysis = Analysis(system, spec, Budget.seconds(budget), progress or (lambda line: None), seed)
    try:
        result, interrupted = analyze(analysis)
    except ZeroDivisor as error:
        result, interrupted = _on_one_side(analysis, error)
    else:
        if not interrupted and _needs_a_side(result):
            result, interrupted = _on_one_side(analysis, result)
    if classify and not interrupted:
        cases, undecided = classify_cases(result, analysis.budget, report=analysis.report)
        result = replace(result, cases=cases, notes=(*result.notes, *undecided))
    told = (*notes, *result.notes, *_of_the_other_sign(result))
    return replace(result, notes=told) if told != result.notes else result


def _of_the_other_sign(result: Result) -> Iterator[str]:
    """What is true where D < 0 of generators that hold √D, D of the parameters: exp(t √D) = cos(t √-D) + i sin(t √-D)."""
    parameters = set(result.system.parameter_symbols)
    named: dict[Expr, list[Expr]] = {}
    for g in result.generators:
        for c in g.on:
            if c.free_symbols and c.free_symbols <= parameters:
                named.setdefault(c, []).extend(g.components)
    for c, components in named.items():
        fixed = {n for e in components for n in nodes(e) for a in cut_by(n) if a.free_symbols <= parameters}
        if fixed and all(isinstance(n, Pow) and n.base == c and (2 * n.exp).is_Integer for n in fixed):
            where = write(c)
            yield (
                f"where {where} < 0, the real and the imaginary parts of the generators that name {where} > 0 are "
                "symmetries in their place"
            )


def _needs_a_side(result: Result) -> bool:
    """True if the sides of an absolute value have different symmetries, so that each must be taken by itself.

    That is so where a root of signs occurs, or a sign that depends on derivatives (no point symmetry does), and may be so
    where not all was found although there was time.
    """
    components = [c for g in result.generators for c in g.components]
    if any(map(has_root_of_signs, components)):
        return True
    jets = set(result.system.jet_coordinates)
    if any(s.free_symbols & jets for c in components for s in c.atoms(sign, Abs)):
        return True
    unsettled = result.completeness is Completeness.OPEN and not result.stopped
    several = has_branches(result.system.rhs) or bool(on_principal_ranges(result.system.rhs)[1])
    return unsettled and result.ansatz is None and several


def _on_one_side(analysis: Analysis, result: Result | ZeroDivisor) -> tuple[Result, bool]:
    """The same analysis with signs and absolute values as they are on one side, which the generators then name.

    Arguments:
        result: what was found on all sides together, or why nothing could be.

    Raises:
        ZeroDivisor: nothing was found on all sides together, and there is no side to take.
    """
    try:
        side = on_main_side(analysis.system)
    except (Unsupported, OutOfBudget):
        side = None
    if side is None:
        if isinstance(result, ZeroDivisor):
            raise result
        return result, False
    found, interrupted = analyze(replace(analysis, system=side[0]))
    if isinstance(result, ZeroDivisor):
        pass
    elif found.completeness is Completeness.OPEN and len(found.generators) <= len(result.generators):
        return result, interrupted
    generators = tuple(replace(g, on=tuple(dict.fromkeys((*side[1], *g.on)))) for g in found.generators)
    where = ", ".join(f"{write(c)} > 0" for c in side[1])
    kind = "inverse functions" if on_principal_ranges(analysis.system.rhs)[1] else "absolute values"
    note = f"each side of the {kind} is a case of its own; this is the side {where}"
    return replace(found, system=analysis.system, generators=generators, notes=(*found.notes, note)), interrupted
