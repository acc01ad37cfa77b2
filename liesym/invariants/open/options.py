"""Options: laws imposed on a system with unknown functions, built into its equations and verified there."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

from sympy import Expr, Function, S, Symbol, Tuple
from sympy.core.function import AppliedUndef

from liesym.base.budget import Budget
from liesym.base.jets import partial_derivative
from liesym.base.listing import Listing
from liesym.base.names import free_name, free_symbols_named
from liesym.base.parameters import Parameter
from liesym.conservation.antiderivatives import with_antiderivatives
from liesym.conservation.first_integrals import first_integrals
from liesym.determine.verify import is_first_integral
from liesym.errors import OutOfBudget, Unsupported
from liesym.invariants.open.conditions import NoForm, Solving
from liesym.invariants.open.jets import function_of, is_zero, jets_of, order_of, put, short
from liesym.invariants.open.laws import Candidate, candidates
from liesym.invariants.open.records import Option
from liesym.invariants.open.relations import factors_of, relations
from liesym.model.names import taken_names
from liesym.model.system import ODESystem
from liesym.symmetries.generator import Generator
from liesym.text.writer import write

Mirror = Callable[[Sequence[Expr]], tuple[Expr, ...]]
STEMS = {
    "*V": ("V", "W", "U"), "*A": ("A", "B", "C"), "*B": ("B", "C", "A"), "*H": ("H", "K"), "*h": ("h", "k", "p", "q"),
}  # fmt: skip
"""Names of what is made, by its role; an asterisk is in no name of a user."""
PLAIN = ("linear", "rotation", "energy")
"""Kinds of candidates that are imposed in pairs."""
MIRRORED = 0.3
"""Share of the budget for functions at mirrored arguments."""
MOST_PAIRS = 3
"""Pairs of unknowns that are taken proportional."""


def imposed(system: ODESystem, integrals: Sequence[Expr], generators: Sequence[Generator], budget: Budget) -> Option:
    """The equations with these laws built in, whatever functions are left in them.

    Arguments:
        integrals: expressions without unknown functions of their own.
        generators: of the system's variables.

    Raises:
        Unsupported: no such form was found.
    """
    members = [Candidate(e, (), (system.total_derivative(e),)) for e in integrals]
    members += [Candidate(None, (), g.remainder(system), generator=g) for g in generators]
    option = option_of(system, members, budget)
    moving = option is not None and len(option.symmetries) == len(generators)
    if option is not None and moving and all(is_first_integral(e, option.system, budget) for e in integrals):
        return replace(option, conserved=tuple(integrals))
    told = ", ".join([*map(write, integrals), *map(str, generators)])
    if all(is_zero(c, (*system.variables, *system.jet_coordinates)) for m in members for c in m.conditions):
        return Option((), system, (), tuple(integrals), tuple(generators))
    raise Unsupported(
        f"no form of the equations was found in which these hold and a function is left open: {told}; they may contradict "
        "the equations, or ask of the unknown functions what is not solved here"
    )


def options_in(system: ODESystem, budget: Budget) -> tuple[list[Option], bool]:
    """The options, those of even and odd functions and of one law first, and whether time cut the search."""
    found: list[Option] = []
    cut = False
    try:
        for option in _mirrored(system, budget.share(MIRRORED)):
            _keep(found, option)
    except OutOfBudget:
        cut = True
    try:
        for members in _imposed(system, found):
            option = option_of(system, members, budget)
            if option is not None:
                _keep(found, option)
        for option in _proportional(system, budget):
            _keep(found, option)
    except OutOfBudget:
        return found, True
    return found, cut


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
        if form is not None:
            share = budget.share(1 / (len(pairs) - place))
            yield from _gained(system, form, g - k * f, ((g, k * f),), share)


def _gained(
    system: ODESystem, form: ODESystem, relation: Expr, functions: tuple[tuple[AppliedUndef, Expr], ...], budget: Budget
) -> Iterator[Option]:
    """The option of a form, if integrals of any shape are found in it that the system does not have."""
    found = first_integrals(form, budget=budget.left)
    gained = [e for e in found if not is_first_integral(e, system, budget)]
    if gained:
        written = with_antiderivatives(form, Listing(gained), budget=max(budget.left, 1.0))
        if written.integrals:
            yield Option((relation,), written.system, functions, tuple(written.integrals), (), written.statements)


def _mirrored(system: ODESystem, budget: Budget) -> Iterator[Option]:
    """Functions called at arguments and at their mirror images, as F(x1 - x2) and F(x2 - x1): even ones and odd ones.

    An odd function of one argument is s h(s²), an even one h(s²); of more, G(a) ∓ G(ā) with ā the image of a.
    """
    mirrors = list(_mirrors(system))[:MOST_PAIRS]
    for place, (f, g, image) in enumerate(mirrors):
        share = budget.share(1 / (len(mirrors) - place))
        for sign in (-1, 1):
            if f.func != g.func:
                value = sign * f.func(*(image(g.args)))
                moved, relation = g, g - value
            else:
                moved, relation = f, f - sign * g
                value = _of_parity(f, sign, image)
            rhs = [put(e, moved, value) for e in system.rhs]
            names = _names(system, rhs)
            form = _form(system, [_renamed(e, names) for e in rhs], [])
            values = [(h, _renamed(put(h, moved, value), names)) for h in system.functions if h.func == moved.func]
            if form is not None:
                yield from _gained(system, form, relation, tuple(values), share.share(0.5 if sign < 0 else 1.0))


def _of_parity(f: AppliedUndef, sign: int, image: Mirror) -> Expr:
    """Any function with f(ā) = sign f(a), at the arguments of f."""
    if len(f.args) == 1:
        (s,) = f.args
        inner = Function("*h#0")(s**2)
        return inner if sign > 0 else s * inner
    general = Function(f"{f.func.__name__}#0")
    return general(*f.args) + sign * general(*image(f.args))


def _mirrors(system: ODESystem) -> Iterator[tuple[AppliedUndef, AppliedUndef, Mirror]]:
    """Pairs of functions of the equations of which one is at the mirror image of the other's arguments, one for each pair
    of names."""
    seen = set()
    for f, g in itertools.combinations(system.functions, 2):
        key = frozenset((f.func, g.func))
        if len(f.args) != len(g.args) or key in seen or f.args == g.args:
            continue
        for image in (_negated, _swapped):
            if all((a - b).expand() == 0 for a, b in zip(image(f.args), g.args, strict=True)):
                seen.add(key)
                yield f, g, image
                break


def _negated(arguments: Sequence[Expr]) -> tuple[Expr, ...]:
    return tuple(-a for a in arguments)


def _swapped(arguments: Sequence[Expr]) -> tuple[Expr, ...]:
    return tuple(arguments[::-1]) if len(arguments) == 2 else _negated(arguments)


def _keep(found: list[Option], option: Option) -> None:
    """Options of one relation or one form are one, in the form of the first, with the laws of both that hold in it."""
    for place, known in enumerate(found):
        same = option.system.rhs == known.system.rhs
        if same or option.relations == known.relations:
            more = [e for e in option.conserved if same and not any(_dependent(e, k, known.system) for k in known.conserved)]
            moving = [g for g in option.symmetries if g not in known.symmetries and g.is_symmetry_of(known.system)]
            conserved, symmetries = (*known.conserved, *more), (*known.symmetries, *moving)
            found[place] = replace(known, conserved=conserved, symmetries=symmetries)
            return
    found.append(option)


def _dependent(one: Expr, other: Expr, system: ODESystem) -> bool:
    """Whether one law is a function of the other: their gradients are parallel."""
    variables = (*system.variables, *system.jet_coordinates)
    slopes = [(partial_derivative(one, v), partial_derivative(other, v)) for v in variables]
    return all((a * d - b * c).expand() == 0 for (a, b), (c, d) in itertools.combinations(slopes, 2))


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
    kept: tuple[Expr, ...] = ()
    for law in (_renamed(e, names) for e in laws):
        if _holds(law, form, budget) and not any(_dependent(law, k, form) for k in kept):
            kept = (*kept, law)
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
