"""What a system with unknown functions conserves for every such function, and under which relations between them more.

    x'' = f(x, y), y'' = g(x, y)       f_y = g_x:        x'' = -V_x, y'' = -V_y    keeps (x'² + y'²)/2 + V
                                       x g = y f:        x'' = x h,  y'' = y h     keeps x y' - x' y

Candidates of laws demand something of the unknown functions; that is solved, the solution is put into the equations, and the
law is verified in them with all functions open. So a network in place of each function keeps the law, whatever its weights.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import replace

from sympy import Expr, Function, S, Symbol, Tuple
from sympy.core.function import AppliedUndef

from liesym.base.budget import Budget
from liesym.base.doors import door
from liesym.base.listing import Listing
from liesym.base.names import free_name, free_symbols_named
from liesym.base.parameters import Parameter
from liesym.conservation.antiderivatives import Rewritten, with_antiderivatives
from liesym.conservation.first_integrals import first_integrals
from liesym.determine.verify import is_first_integral
from liesym.errors import OutOfBudget, Unsupported, VerificationError
from liesym.invariants.open.conditions import NoForm, Solving
from liesym.invariants.open.jets import function_of, is_zero, jets_of, order_of, put, short
from liesym.invariants.open.laws import Candidate, candidates, classes
from liesym.invariants.open.records import Constrained, Option
from liesym.invariants.open.relations import factors_of, relations
from liesym.model.names import taken_names
from liesym.model.reading import Given, read_given
from liesym.model.system import ODESystem
from liesym.symmetries.generator import Generator
from liesym.symmetries.pipeline import find_symmetries
from liesym.symmetries.state import Report

ALWAYS, ALWAYS_SYMMETRIES, OPTIONS = 0.25, 0.2, 0.5
"""Of what is left of the time: for the integrals and symmetries that always hold, then for the options' laws."""
STEMS = {
    "*V": ("V", "W", "U"), "*A": ("A", "B", "C"), "*B": ("B", "C", "A"), "*H": ("H", "K"), "*h": ("h", "k", "p", "q"),
}  # fmt: skip
"""Names of what is made, by its role; an asterisk is in no name of a user."""
PLAIN = ("linear", "rotation", "energy")
"""Kinds of candidates that are imposed in pairs."""
MOST_PAIRS = 3
"""Pairs of unknowns that are taken proportional."""


@door("the search for relations between unknown functions")
def constrain(
    system: Given,
    *,
    independent: str | None = None,
    budget: float = 60.0,
    progress: Report | None = None,
) -> Constrained:
    """What holds for every choice of the unknown functions of a system, and the relations under which more holds.

    Arguments:
        system: any system with arbitrary functions, its equations as text, or SymPy equations.
        independent: name of the independent variable; read off the text if None, and the notes say how.
        budget: seconds.
        progress: called with one line for each stage.

    Returns:
        Laws that always hold, and options: a relation, the equations with the relation built in, and the integrals and
        symmetries that are gained. Every law is verified in its equations with the functions open. A relation that is not
        listed is not excluded: `within` says what was looked among.

    Raises:
        Unsupported: the system has no unknown function.
        ParseError, NotSolvable: what is given is no system, or cannot be solved for its highest derivatives.
    Source: Ovsiannikov 1982, section 14; Whittaker 1937, chapter 12.
    """
    limit, show = Budget.seconds(budget), progress or (lambda line: None)
    given, notes = read_given(system, independent)
    if not given.functions:
        raise Unsupported(
            "the system has no unknown function, so nothing is left to relate; write one with its arguments, such as "
            "f(x, y), or ask liesym.find_symmetries and first_integrals"
        )
    show("what always holds")
    always = _always(given, limit.share(ALWAYS))
    found = find_symmetries(given, budget=ALWAYS_SYMMETRIES * limit.left)
    show("relations")
    options, cut = options_in(given, limit.share(OPTIONS))
    finished, late = _with_symmetries(options, given, limit, show)
    return Constrained(
        given,
        always.integrals,
        found.nontrivial,
        always.system,
        always.statements,
        always.left_out,
        finished,
        _within(given, cut, late),
        (*notes, *given.notes),
        cut or late or always.integrals.stopped,
    )


def _within(system: ODESystem, cut: bool, late: bool) -> str:
    told = f"looked among {classes(system)}; relations that no such law asks for are not excluded"
    if cut:
        told += "; the budget ran out before all of them were tried"
    return told + ("; the symmetries of some options were not looked for in time" if late else "")


def _always(system: ODESystem, budget: Budget) -> Rewritten:
    """Integrals for all functions, in antiderivatives where they ask for these."""
    integrals = first_integrals(system, budget=budget.left)
    try:
        return with_antiderivatives(system, integrals, budget=max(budget.left, 1.0))
    except (OutOfBudget, VerificationError):
        kept = Listing(integrals, integrals.within, True, integrals.on)
        return Rewritten(system, kept, (), ())


# -- options -----------------------------------------------------------------------------------------


def options_in(system: ODESystem, budget: Budget) -> tuple[list[Option], bool]:
    """The options, those of one law first, and whether time cut the search."""
    found: list[Option] = []
    try:
        for members in _imposed(system, found):
            option = option_of(system, members, budget)
            if option is not None:
                _keep(found, option)
        for option in _proportional(system, budget):
            _keep(found, option)
    except OutOfBudget:
        return found, True
    return found, False


def _imposed(system: ODESystem, found: Sequence[Option]) -> Iterator[tuple[Candidate, ...]]:
    """Laws of the plain kinds, those of them that gave an option in pairs, all rotations together, then the rest."""
    plain, rest, fit = [], [], []
    for candidate in candidates(system):
        (plain if candidate.kind in PLAIN and not candidate.parameters else rest).append(candidate)
    for member in plain:
        before = len(found)
        yield (member,)
        if len(found) > before:
            fit.append(member)
    turning = tuple(m for m in fit if m.kind == "rotation")
    if len(turning) > 2:
        yield turning
        yield from ((m, *turning) for m in fit if m.kind == "energy")
    yield from itertools.combinations(fit, 2)
    yield from ((member,) for member in rest)


def _proportional(system: ODESystem, budget: Budget) -> Iterator[Option]:
    """Unknowns of the same arguments taken proportional, g = k f: a law of any shape that is then found, and not without."""
    unknowns = _unknowns(system)
    pairs = [(f, g) for f, g in itertools.combinations(unknowns, 2) if f.args == g.args][:MOST_PAIRS]
    (k,) = free_symbols_named(("k",), taken_names(system))
    for place, (f, g) in enumerate(pairs):
        form = _form(system, [put(e, g, k * f) for e in system.rhs], [k])
        if form is None:
            continue
        share = budget.share(1 / (len(pairs) - place))
        found = first_integrals(form, budget=share.left)
        gained = [e for e in found if not is_first_integral(e, system, budget)]
        if not gained:
            continue
        written = with_antiderivatives(form, Listing(gained), budget=budget.left)
        if written.integrals:
            yield Option((g - k * f,), written.system, ((g, k * f),), tuple(written.integrals), (), written.statements)


def _keep(found: list[Option], option: Option) -> None:
    """Options of one relation or one form are one, in the form of the first, with the laws of both that hold in it."""
    for place, known in enumerate(found):
        same = option.system.rhs == known.system.rhs
        if same or option.relations == known.relations:
            more = [e for e in option.conserved if same and e not in known.conserved]
            moving = [g for g in option.symmetries if g not in known.symmetries and g.is_symmetry_of(known.system)]
            conserved, symmetries = (*known.conserved, *more), (*known.symmetries, *moving)
            found[place] = replace(known, conserved=conserved, symmetries=symmetries)
            return
    found.append(option)


def option_of(system: ODESystem, members: Sequence[Candidate], budget: Budget) -> Option | None:
    """What the laws demand, built in; None where that restricts nothing, leaves nothing open or is not solved."""
    asked = [c for m in members for c in m.conditions]
    solving = Solving((*system.variables, *system.jet_coordinates), _unknowns(system), asked, budget)
    try:
        solving.run()
    except NoForm:
        return None
    demanded = _demanded(system, members, solving)
    if not demanded:
        return None
    laws = [solving.value(m.law) for m in members if m.law is not None]
    rhs = [min((f, short(f)), key=Expr.count_ops) for f in map(solving.value, system.rhs)]
    names = _names(system, [*rhs, *laws])
    form = _form(system, [_renamed(f, names) for f in rhs], [p for m in members for p in m.parameters])
    if form is None:
        return None
    kept = tuple(e for e in (_renamed(e, names) for e in laws) if _holds(e, form, budget))
    moving = tuple(m.generator for m in members if m.generator is not None and m.generator.is_symmetry_of(form))
    if not kept and not moving:
        return None
    values = [(f, _renamed(solving.value(f), names)) for f in system.functions]
    return Option(demanded, form, tuple((f, v) for f, v in values if f != v), kept, moving)


def _demanded(system: ODESystem, members: Sequence[Candidate], solving: Solving) -> tuple[Expr, ...]:
    """The relations that the laws ask of the unknowns on the branch that was solved; none where they do not hold there."""
    values = [(f, solving.value(f)) for f in system.functions]
    absent = [f for f, v in values if v == 0]
    conditions = [c for m in members for c in m.conditions]
    for f in absent:
        conditions = [put(c, f, S.Zero) for c in conditions]
    demanded = (*absent, *relations(conditions, [f for m in members for f in m.functions], solving.variables))
    held = [_holding(e, solving) for e in demanded]
    return tuple(dict.fromkeys(e for e in held if e is not None)) if None not in held else ()


def _holding(relation: Expr, solving: Solving) -> Expr | None:
    """The factor of a relation that vanishes on the branch that was solved; None where the relation does not."""
    return next((e for e in factors_of(relation) if is_zero(solving.value(e), solving.variables)), None)


def _form(system: ODESystem, rhs: Sequence[Expr], constants: Sequence[Symbol]) -> ODESystem | None:
    """The equations with the relations built in; None where they are as before, hold no function, or lack a constant."""
    fresh = tuple(Parameter(p) for p in dict.fromkeys(constants))
    if any(not any(f.has(p.symbol) for f in rhs) for p in fresh):
        return None
    form = replace(system, rhs=tuple(rhs), parameters=(*system.parameters, *fresh), notes=())
    return form if form.functions and form.rhs != system.rhs else None


def _holds(integral: Expr, form: ODESystem, budget: Budget) -> bool:
    """Whether it is an integral and not a constant, decided with the functions open."""
    moving = {*form.variables, *form.jet_coordinates} & integral.free_symbols
    return bool(moving) and is_first_integral(integral, form, budget)


def _unknowns(system: ODESystem) -> list[AppliedUndef]:
    """Functions that stand in the equations with one list of arguments and without derivatives: they can be solved for."""
    _, jets = jets_of(Tuple(*system.rhs))  # type: ignore[arg-type]
    by_name: dict[object, list[Expr]] = {}
    for jet in jets.values():
        by_name.setdefault(function_of(jet).func, []).append(jet)
    single = [found[0] for found in by_name.values() if len(found) == 1 and order_of(found[0]) == 0]
    return [f for f in system.functions if f in single]


def _names(system: ODESystem, expressions: Sequence[Expr]) -> dict[str, str]:
    """Names for the functions that were made, in the order in which they occur: one of the system's own keeps its name."""
    names: dict[str, str] = {}
    own = {f.func.__name__ for f in system.functions}
    taken = set(taken_names(system))
    occurring = {f.func.__name__ for e in expressions for f in e.atoms(AppliedUndef)}
    for e in expressions:
        for f in sorted(e.atoms(AppliedUndef), key=str):
            name = f.func.__name__
            if "#" not in name or name in names:
                continue
            stem = name.split("#")[0]
            if stem in own and stem not in occurring and stem not in names.values():
                names[name] = stem
                continue
            stems = STEMS.get(stem, (stem,))
            names[name] = next((s for s in stems if s not in taken), None) or free_name(stems[0], taken)
            taken.add(names[name])
    return names


def _renamed(expression: Expr, names: dict[str, str]) -> Expr:
    for old, new in names.items():
        expression = expression.replace(Function(old), Function(new))
    return expression


# -- symmetries --------------------------------------------------------------------------------------


def _with_symmetries(
    options: Sequence[Option], given: ODESystem, budget: Budget, show: Report
) -> tuple[tuple[Option, ...], bool]:
    """The options with the symmetries that the given system does not have, and whether time ended that."""
    finished, late = [], False
    for place, option in enumerate(options):
        show(f"symmetries where {option.relation}")
        try:
            budget.check("search for the symmetries of an option")
            result = find_symmetries(option.system, budget=budget.left / (len(options) - place))
        except OutOfBudget:
            finished.append(option)
            late = True
            continue
        late |= result.stopped
        known = _gained(result.nontrivial, given)
        more = [g for g in option.symmetries if not any(_parallel(g, k) for k in known)]
        finished.append(replace(option, symmetries=(*more, *known)))
    return tuple(finished), late


def _parallel(left: Generator, right: Generator) -> bool:
    """Whether one is a multiple of the other, by a constant or a function."""
    pairs = itertools.combinations(zip(left.components, right.components, strict=True), 2)
    return all((a * d - b * c).expand() == 0 for (a, b), (c, d) in pairs)


def _gained(found: Sequence[Generator], given: ODESystem) -> tuple[Generator, ...]:
    return tuple(g for g in found if not g.definitions and not g.is_symmetry_of(given))
