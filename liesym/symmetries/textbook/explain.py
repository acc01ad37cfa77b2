"""The door: `explain`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from sympy import Expr, Function, S, Symbol

from liesym.base.budget import Budget
from liesym.base.doors import door
from liesym.base.names import free_name
from liesym.coefficients.clearing import cleared
from liesym.coefficients.field import Field
from liesym.determine.forms import Determining, LinearForm, UnknownFunction
from liesym.determine.invariance import determine
from liesym.determine.on_solutions import on_side
from liesym.determine.split import parts_by_monomial
from liesym.errors import OutOfBudget, VerificationError
from liesym.model.ansatz import AnsatzSpec, parse_ansatz
from liesym.model.names import taken_names
from liesym.model.prolongation import by_sympy
from liesym.model.reading import Given, read_given
from liesym.model.system import ODESystem
from liesym.solving.linear.vectors import independent_vectors
from liesym.solving.pde.conditions import conditions_of
from liesym.symmetries.pipeline import find_symmetries
from liesym.symmetries.results import Completeness, Result
from liesym.symmetries.textbook.derive import Work, begun, constants_named, in_constants, solved_by_steps
from liesym.symmetries.textbook.explanation import Explanation
from liesym.symmetries.textbook.moves import Rule
from liesym.symmetries.textbook.record import Coefficient, Step
from liesym.symmetries.tidy import in_tidy_basis
from liesym.text.writer import write

ENGINE, BASIS, STEPS = 0.6, 0.1, 0.8
"""Of the budget: for the engine; of what is left then for a tidy basis, and for the steps."""
LONGEST_PROLONGATION = 60
"""Terms of η^(k) that are still written out."""
LONGEST_CONDITION = 400
"""Terms of the invariance condition before it is no longer taken apart for eyes."""


@door("the explanation")
def explain(
    system: Given,
    ansatz: str | AnsatzSpec | None = None,
    *,
    independent: str | None = None,
    branch: int | None = None,
    budget: float = 60.0,
    progress: Callable[[str], None] | None = None,
    seed: int = 0,
) -> Explanation:
    """The way to the point symmetries of a system as a textbook writes it, each step verified.

        η^(k) = D_t η^(k-1) - y^(k) D_t ξ,     η^(n) - X F = 0 where y^(n) = F

    Arguments:
        system: any system, its equations as text, or SymPy equations.
        ansatz: as for `find_symmetries`; a separable one restricts the functions in the determining equations, others are
            for the engine alone.
        independent: name of the independent variable; read off the text if None.
        branch: which solution of an implicit equation to take, from 0.
        budget: seconds.
        progress: called with one line for each stage.
        seed: of the random draws of the certificate.

    Returns:
        Explanation: prolongation, invariance condition, its split, the steps with their reasons, the general solution and
            the generators; `print` shows it, `to_latex` and `to_html` write it.

    Raises:
        ParseError, NotSolvable: what is given is no system, or cannot be solved for its highest derivatives.
        Unsupported: a function without a rule in the coefficient field.
        OutOfBudget: there was no time for the determining equations.
        VerificationError: a step or the end of it does not hold, a defect.
    Source: Olver 1993, section 2.4; Hydon 2000, chapter 3.
    """
    system, _ = read_given(system, independent, branch)
    spec = parse_ansatz(ansatz, system) if isinstance(ansatz, str) else ansatz
    whole, show = Budget.seconds(budget), progress or (lambda line: None)
    result = find_symmetries(system, spec, budget=ENGINE * budget, progress=progress, seed=seed)
    result = in_tidy_basis(result, whole.share(BASIS))
    system = _one_sided(system, result)
    show("determining equations")
    determining = determine(system, _depends(system, spec), budget=whole)
    determining = replace(determining, unknowns=_named(system, determining.unknowns))
    with determining.field.within(whole):
        coefficients, equations = _split(determining, system)
    equations += _absent(determining, spec)
    work = begun(determining, equations, taken_names(system))
    written = tuple(Coefficient(i, m, work.expression(f)) for i, m, f in coefficients)
    texts = tuple(map(work.expression, equations))
    if spec is None or spec.kind in ("general", "separable"):
        solved_by_steps(work, whole.share(STEPS), show)
    else:
        work.stopped = f"the ansatz {spec} is for the engine alone"
    with determining.field.within(whole.extended()):
        condition = _conditions(determining)
        ending = _ended(work, result, system)
    return Explanation(
        system=system,
        unknowns=determining.unknowns,
        prolonged=_prolonged(system, determining.unknowns),
        condition=condition,
        coefficients=written,
        equations=texts,
        result=result,
        **ending,
    )


def _one_sided(system: ODESystem, result: Result) -> ODESystem:
    """With signs and absolute values as they are where the result holds, if it holds on one side of them, with a note."""
    sided = on_side(system, result.domain)
    if sided.rhs == system.rhs:
        return system
    where = ", ".join(f"{write(e)} > 0" for e in result.domain)
    return replace(sided, notes=(*system.notes, f"this is the side where {where}"))


def _depends(system: ODESystem, spec: AnsatzSpec | None) -> dict[Symbol, list[Symbol]] | None:
    """What a separable ansatz lets each infinitesimal depend on."""
    if spec is None or spec.kind != "separable":
        return None
    names, given = {v.name: v for v in system.variables}, dict(spec.depends)
    return {v: [names[n] for n in given.get(v.name, ())] for v in system.variables}


def _named(system: ODESystem, unknowns: Sequence[UnknownFunction]) -> tuple[UnknownFunction, ...]:
    """ξ and η for one unknown, as books have it."""
    if len(system.unknowns) > 1:
        return tuple(unknowns)
    name = free_name("eta", {*taken_names(system), unknowns[0].name})
    return unknowns[0], replace(unknowns[1], name=name)


def _split(determining: Determining, system: ODESystem) -> tuple[list[tuple[int, Expr, LinearForm]], list[LinearForm]]:
    """The conditions by monomials of the derivatives, and the equations without repetition; shorter ones first there."""
    field, found = determining.field, []
    for i, form in enumerate(determining.conditions):
        parts = parts_by_monomial(form, field, system.jet_coordinates) if system.jet_coordinates else [((), form)]
        named = [(field.poly_to_expr(field.ctx.from_dict({key: 1})) if key else S.One, part) for key, part in parts]
        place = {j: n for n, j in enumerate(system.jet_coordinates)}
        named.sort(key=lambda entry: _height(entry[0], place))
        found += [(i, monomial, _cleared(part, field)) for monomial, part in named if part]
    distinct: dict[tuple, LinearForm] = {}
    for _, _, form in found:
        distinct.setdefault(tuple(sorted((t, str(c.num)) for t, c in form.items())), form)
    return found, list(distinct.values())


def _absent(determining: Determining, spec: AnsatzSpec | None) -> list[LinearForm]:
    """u = 0 for the infinitesimals that a separable ansatz does not name."""
    if spec is None or spec.kind != "separable":
        return []
    given, origin = dict(spec.depends), (0,) * len(determining.variables)
    numbered = enumerate(determining.unknowns)
    return [{(a, origin): determining.field.one} for a, u in numbered if u.variable.name not in given]


def _height(monomial: Expr, place: dict[Symbol, int]) -> tuple:
    """High powers of high derivatives first."""
    powers = monomial.as_powers_dict()
    degrees = sorted(((place.get(s, -1), e) for s, e in powers.items() if s in place), reverse=True)  # type: ignore[arg-type]
    return -sum(e for _, e in degrees), [(-p, -e) for p, e in degrees], str(monomial)


def _cleared(form: LinearForm, field: Field) -> LinearForm:
    """Without denominators and common factors, its highest term with a plus sign."""
    terms = sorted(form, key=lambda t: (-sum(t[1]), t))
    values = [field.of_poly(p) for p in cleared([form[t] for t in terms])]
    if field.to_expr(values[0]).could_extract_minus_sign():
        values = [-v for v in values]
    return dict(zip(terms, values, strict=True))


def _prolonged(system: ODESystem, unknowns: Sequence[UnknownFunction]) -> tuple[tuple[int, int, Expr], ...]:
    """(i, k, η_i^(k)) for k from 1 up to the order, as far as they are short enough to be read."""
    if len(system.variables) ** system.order > LONGEST_PROLONGATION:
        return ()
    components = [Function(u.name)(*u.arguments) if u.arguments else S.Zero for u in unknowns]
    rows = by_sympy(system.jets, components, system.order)
    found = [(i, k, row[k]) for i, (row, n) in enumerate(zip(rows, system.orders, strict=True)) for k in range(1, n + 1)]
    return tuple(entry for entry in found if len(entry[2].args) <= LONGEST_PROLONGATION)


def _conditions(determining: Determining) -> tuple[Expr, ...]:
    """The invariance conditions as expressions; none where they are too long to be read or written in time."""
    if sum(len(c.num) + len(c.den) for form in determining.conditions for c in form.values()) > LONGEST_CONDITION:
        return ()
    try:
        return tuple(map(determining.expression, determining.conditions))
    except OutOfBudget:
        return ()


# -- the end -----------------------------------------------------------------------------------------


def _ended(work: Work, result: Result, system: ODESystem) -> dict:
    """The general solution: of the steps where they came to their end, else what the engine found."""
    field = work.state.field
    by_hand = work.done
    stopped, steps = work.stopped, list(work.steps)
    if by_hand:
        infinitesimals = work.infinitesimals
        functions = tuple(work.function(a) for a in work.functions)
        constants = tuple(sorted(map(work.function, work.constants), key=lambda c: (len(str(c)), str(c))))
        agreement = _agreement(work, result)
    else:
        functions = ()
        known = {n for s in steps for e in s.infinitesimals for n in map(str, e.free_symbols)}
        constants = tuple(constants_named(len(result.generators), {*taken_names(system), *known}))
        infinitesimals = in_constants([g.components for g in result.generators], list(constants))
        agreement = "the generators are the engine's, each verified by substitution"
        steps.append(_by_engine(work, infinitesimals))
    conditions = dict.fromkeys([*result.conditions, *conditions_of(work.state.pivots, field, system)])
    return {
        "steps": tuple(steps),
        "solution": infinitesimals,
        "constants": constants,
        "functions": functions,
        "by_hand": by_hand,
        "stopped": stopped,
        "conditions": tuple(conditions),
        "agreement": agreement,
    }


def _by_engine(work: Work, infinitesimals: tuple[Expr, ...]) -> Step:
    """The step that leaves what remains to the engine, whose solutions solve all equations."""
    return Step(
        rule=Rule.ENGINE.value,
        equations=tuple(map(work.expression, work.state.forms)),
        unknown=None,
        value=None,
        variable=None,
        order=0,
        constant=True,
        infinitesimals=infinitesimals,
        satisfied=tuple(range(len(work.originals))),
        remaining=(),
    )


def _agreement(work: Work, result: Result) -> str:
    """What the comparison of the steps with the engine gave.

    Raises:
        VerificationError: the steps lost a symmetry that the engine has, or have one that it has proven not to exist.
    """
    count = len(work.constants)
    if work.functions or result.families:
        return "the general solution holds arbitrary functions; the generators are those that the engine lists"
    mine = [tuple(map(work.state.field.to_expr, v)) for v in work.vectors]
    theirs = [g.components for g in result.generators]
    if any(g.definitions for g in result.generators):
        return "the engine's generators name functions that solve equations of their own; they are listed as it has them"
    variables = result.system.variables
    field = Field.build([e for v in (*mine, *theirs) for e in v], variables, result.system.parameter_symbols)
    joint = [tuple(map(field, v)) for v in (*mine, *theirs)]
    rank, of_mine = len(independent_vectors(joint, field)), len(independent_vectors(joint[:count], field))
    if rank > of_mine or (count > len(theirs) and result.completeness is Completeness.PROVEN):
        raise VerificationError("the steps and the engine do not give the same symmetries; please report the system")
    if rank == of_mine == len(theirs):
        return "the general solution spans the same space as these generators, checked exactly"
    return f"the steps give {count} symmetries, the engine found {len(theirs)} of them in its time"
