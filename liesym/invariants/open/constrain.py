"""What a system with unknown functions conserves for every such function, and under which relations between them more.

    x'' = f(x, y), y'' = g(x, y)       f_y = g_x:        x'' = -V_x, y'' = -V_y    keeps (x'² + y'²)/2 + V
                                       x g = y f:        x'' = x h,  y'' = y h     keeps x y' - x' y

Candidates of laws demand something of the unknown functions; that is solved, the solution is put into the equations, and the
law is verified in them with all functions open. So a network in place of each function keeps the law, whatever its weights.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import replace

from sympy import Expr

from liesym.base.budget import Budget
from liesym.base.doors import door
from liesym.base.listing import Listing
from liesym.conservation.antiderivatives import Rewritten, with_antiderivatives
from liesym.conservation.first_integrals import first_integrals
from liesym.errors import OutOfBudget, Unsupported, VerificationError
from liesym.invariants.open.laws import classes
from liesym.invariants.open.options import imposed, options_in
from liesym.invariants.open.records import Constrained, Option
from liesym.model.reading import Given, in_names_of, one_by_one, read_given, read_in_system
from liesym.model.system import ODESystem
from liesym.model.vectorfields import read_generator
from liesym.symmetries.generator import Generator
from liesym.symmetries.pipeline import find_symmetries
from liesym.symmetries.state import Report
from liesym.text.writer import write

IMPOSED = "the laws that were given"
ALWAYS, ALWAYS_SYMMETRIES, OPTIONS = 0.25, 0.2, 0.5
"""Of what is left of the time: for the integrals and symmetries that always hold, then for the options' laws."""


@door("the search for relations between unknown functions")
def constrain(
    system: Given,
    *,
    independent: str | None = None,
    integrals: Sequence[Expr | str] | Expr | str = (),
    generators: Sequence[Generator | str] | Generator | str = (),
    budget: float = 60.0,
    progress: Report | None = None,
) -> Constrained:
    """What holds for every choice of the unknown functions of a system, and the relations under which more holds.

    Arguments:
        system: any system with arbitrary functions, its equations as text, a file of a model, or SymPy equations.
        independent: name of the independent variable; read off the text if None, and the notes say how.
        integrals, generators: laws to impose, one or several, as expressions or text; the one option is then the system
            with all of them built in.
        budget: seconds.
        progress: called with one line for each stage.

    Returns:
        Laws that always hold, and options: a relation, the equations with the relation built in, and the integrals and
        symmetries that are gained. Every law is verified in its equations with the functions open. A relation that is not
        listed is not excluded: `within` says what was looked among.

    Raises:
        Unsupported: the system has no unknown function, or no form was found in which what is imposed holds.
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
    alone = isinstance(generators, Generator | str)
    asked = _read_laws(given, one_by_one(integrals), [generators] if alone else generators)
    built = [imposed(given, *asked, limit)] if any(asked) else None
    show("what always holds")
    always = _always(given, limit.share(ALWAYS))
    found = find_symmetries(given, budget=ALWAYS_SYMMETRIES * limit.left)
    show("relations")
    options, cut = options_in(given, limit.share(OPTIONS)) if built is None else (built, False)
    finished, late = _with_symmetries(options, given, limit, show)
    return Constrained(
        given,
        always.integrals,
        found.nontrivial,
        always.system,
        always.statements,
        always.left_out,
        finished,
        _within(classes(given) if built is None else IMPOSED, cut, late),
        (*notes, *given.notes),
        cut or late or always.integrals.stopped,
    )


def _read_laws(
    system: ODESystem, integrals: Sequence[Expr | str], generators: Sequence[Generator | str]
) -> tuple[list[Expr], list[Generator]]:
    laws = [read_in_system(e, system) if isinstance(e, str) else in_names_of(system, e) for e in integrals]
    for law in laws:
        if not law.free_symbols & {*system.variables, *system.jet_coordinates}:
            raise Unsupported(f"{write(law)} is constant on every curve: it is no law to impose")
    read = [read_generator(g, system) if isinstance(g, str) else g for g in generators]
    return laws, [Generator.of(g.over(system.variables, system.parameter_symbols)) for g in read]


def _within(looked: str, cut: bool, late: bool) -> str:
    told = f"looked among {looked}; relations that no such law asks for are not excluded"
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
