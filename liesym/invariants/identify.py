"""Which parameters and states a set of observables tells apart, with a verdict that is proven.

In: a first-order system and its observables. Out: for each parameter and initial state whether the observables of one
experiment determine it, locally or globally, the combinations that they determine, and the symmetries that hide the rest.
The count is exact modulo a prime at a random point: a full rank is a proof, a defect is one up to the chance of an unlucky
draw, which two draws make smaller than 10^-15. Whether a finite number of values is one is decided in `fibre`. States on
which no observable depends are hidden and left out first.
Sources: Sedoglavic 2002; Merkt et al. 2015; mathematics as in Hermann and Krener 1977.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace

import numpy as np
from sympy import Expr, Integer, Symbol

from liesym.base.budget import Budget
from liesym.base.doors import door
from liesym.base.names import listed
from liesym.coefficients.modular import echelon
from liesym.errors import LiesymError, OutOfBudget, ParseError, Unsupported
from liesym.invariants.fibre.draw import Model
from liesym.invariants.fibre.verdict import Globally, global_verdicts
from liesym.invariants.inputs import input_names, read_inputs
from liesym.invariants.joint import invariants
from liesym.invariants.starts import Initial, keeps_starts, read_starts, start_several, start_verdicts, told_at_start
from liesym.model.reading import Given, one_by_one, read_given, with_measurement
from liesym.model.system import ODESystem
from liesym.symmetries.generator import Generator
from liesym.symmetries.identifiability import unidentifiable
from liesym.symmetries.taylor import LONGEST, NoPoint, Trajectory, primes_for
from liesym.text.writer import write

TRIES = 60
COMBINATIONS = 5.0
"""Seconds for the invariants of the hidden directions; the verdicts do not depend on them."""
GLOBAL, LONGEST_GLOBAL = 0.5, 25.0
"""Part of the time, and seconds, for global verdicts: where they do not come in time, they are open."""
UNDECIDED_START = "whether what a given initial state is made of leaves it one value was not decided"
QUIET = 2
"""Further orders after which the rank is taken for final, unless the bound on the number of orders comes first."""


@dataclass(frozen=True, slots=True)
class Certificate:
    """What is needed to count again.

    Arguments:
        primes, seeds: one for each draw.
        orders: Taylor coefficients 0 to `orders` of each observable were used.
        rank: of their gradients by initial states and parameters.
        columns: how many there are of these.
        ranks: as counted in each draw; the larger one stands, and they must agree for a proof.
    """

    primes: tuple[int, ...]
    seeds: tuple[int, ...]
    orders: int
    rank: int
    columns: int
    ranks: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Identifiability:
    """The verdict for each parameter and each initial state.

    Arguments:
        system, observables: what was asked.
        parameters, states: name -> "identifiable" (one value), "locally" (determined up to finitely many values; complex
            ones count, so that k in k^3 has three) or "not".
        undecided: names of those that are "locally" and may be "identifiable": neither one value nor two were proven.
        reason: why, in words.
        hidden: names of states on which no observable depends.
        combinations: functions of the parameters alone that every hidden direction leaves alone, beside single parameters.
        directions: symmetries that move what is not identifiable and leave every observable alone; together they span
            all such directions if their number is `defect`.
        defect: dimension of the set of parameters and states that give the same observations.
        certificate: the count that proves the verdicts.
    """

    system: ODESystem
    observables: tuple[Expr, ...]
    parameters: Mapping[str, str]
    states: Mapping[str, str]
    undecided: tuple[str, ...]
    reason: str
    hidden: tuple[str, ...]
    combinations: tuple[Expr, ...]
    directions: tuple[Generator, ...]
    defect: int
    certificate: Certificate

    @property
    def proven(self) -> bool:
        """True if the counts modulo both primes agree."""
        return len(set(self.certificate.ranks)) == 1

    @property
    def explained(self) -> bool:
        """True if the directions found span all that is hidden."""
        return len(self.directions) == self.defect

    def to_json(self) -> dict[str, object]:
        """Plain data: verdicts, combinations and directions in the text grammar, certificate."""
        return {
            "parameters": dict(self.parameters),
            "states": dict(self.states),
            "open": list(self.undecided),
            "reason": self.reason,
            "hidden": list(self.hidden),
            "combinations": [write(c) for c in self.combinations],
            "directions": [g.to_mapping() for g in self.directions],
            "defect": self.defect,
            "proven": self.proven,
            "certificate": asdict(self.certificate),
        }

    def __str__(self) -> str:
        rows = (*self.parameters.items(), *self.states.items())
        lines = [f"{name}: {self.in_words(name, verdict)}" for name, verdict in rows]
        lines += [f"determined together: {write(c)}" for c in self.combinations]
        return "\n".join(lines)

    def in_words(self, name: str, verdict: str) -> str:
        """A verdict as it is told."""
        if name in self.undecided:
            return "locally identifiable; globally open"
        return WORDS[verdict]


WORDS = {
    "identifiable": "identifiable",
    "locally": "locally identifiable: several values give the same observations",
    "not": "not identifiable",
}


@door("the search for what can be identified")
def identify(
    system: Given,
    observables: Sequence[Expr | str] | Expr | str,
    *,
    known: Sequence[str] | str = (),
    inputs: Sequence[str] | str = (),
    initial: Initial = "",
    explain: bool = True,
    globally: bool = True,
    budget: float = 60.0,
    seed: int = 0,
) -> Identifiability:
    """Identifiability of every parameter and initial state at a generic point, from one experiment.

    Arguments:
        system: of first order, its text, a file of a model, or SymPy's equations.
        observables: expressions, or text such as "y1 = x1 + x2" or "x1 + x2"; one may stand alone.
        known: names of parameters, or of states whose initial values are known; as text, between commas.
        inputs: names, in the same way, of functions of time in the equations and observables that are known, as `u(t)` or
            as plain names.
        initial: initial states that are given, such as "x=0, S=N-I"; values that are known but are no special ones are
            `known`.
        globally: also decide, where it can be proven, whether there is one value or several, complex ones counted.
        explain: also look for the symmetries that hide what is not identifiable, and for combinations that are.
        budget: seconds.
        seed: of the random points.

    Returns:
        Identifiability: verdicts, hidden directions, certificate.

    Raises:
        ParseError: an input occurs nowhere or is a state, or a name or an initial state is not of this system.
        Unsupported: the system is not of first order, nothing is observed, or a function has no rule.
        OutOfBudget: the time was too short for the count.
    """
    limit = Budget.seconds(budget)
    system, notes = read_given(system)
    system = replace(system, notes=(*notes, *system.notes)) if notes else system
    known, inputs, observables = listed(known), listed(inputs), one_by_one(observables)
    if not system.is_first_order or not observables:
        raise Unsupported("identifiability needs a first-order system and at least one observable")
    system, seen = read_inputs(system, observables, inputs)
    starts = read_starts(initial, system, known, input_names(system, inputs))
    system = with_measurement(system, [*seen, *starts.values()])
    names = {s.name: s for s in (*system.unknowns, *system.parameter_symbols)}
    for name in known:
        if name not in names:
            raise ParseError(f"{name} is neither a state nor a parameter here", expected=tuple(names))
    reached = _reached(system, seen)
    reached |= {s for x, e in starts.items() if x in reached for s in e.free_symbols if s in system.unknowns}
    used = {s for x, f in zip(system.unknowns, system.rhs, strict=True) if x in reached for s in f.free_symbols}
    used |= {s for h in (*seen, *(e for x, e in starts.items() if x in reached)) for s in h.free_symbols}
    columns = [x for x in system.unknowns if x in reached and x.name not in known and x not in starts]
    columns += [p for p in system.parameter_symbols if p in used and p.name not in known]
    primes = primes_for([*system.rhs, *seen, *starts.values()])
    kernel, certificate, drifting = _count(system, reached, seen, columns, primes, seed, limit, starts)
    moved, defect = {columns[j] for vector in kernel for j in vector}, len(kernel)
    told_otherwise = {*columns, *starts, *(s for s in names.values() if s.name in known)}
    invisible = [s for s in names.values() if s not in told_otherwise]
    verdicts = {s.name: "not" if s in moved or s in invisible else "locally" for s in names.values()}
    verdicts.update(dict.fromkeys(known, "identifiable"))
    at_once = told_at_start(seen, starts, known, system.independent) - {s.name for s in (*moved, *drifting)}
    verdicts.update(dict.fromkeys(at_once, "identifiable"))
    asked = [s for s in columns if s not in moved]
    asked += [x for x, e in starts.items() if x not in drifting and e.free_symbols.isdisjoint(invisible)]
    model = replace(_model(system, reached, seen, columns, kernel, known, primes[0]), starts=starts)
    told = global_verdicts(model, asked, primes, seed, _global_budget(limit)) if globally else Globally(reason="not asked")
    verdicts.update(dict.fromkeys(told.one, "identifiable"))
    verdicts.update(start_verdicts(starts, {*drifting, *invisible}, verdicts))
    several = told.several | start_several(starts, told.several, verdicts)
    undecided = tuple(s.name for s in (*asked, *starts) if s.name not in several and verdicts[s.name] == "locally")
    directions = _directions(system, seen, known, limit, starts) if explain and defect + len(invisible) else ()
    return Identifiability(
        system,
        seen,
        {p.name: verdicts[p.name] for p in system.parameter_symbols},
        {x.name: verdicts[x.name] for x in system.unknowns},
        undecided,
        (told.reason or UNDECIDED_START) if undecided else "",
        tuple(x.name for x in system.unknowns if x not in reached),
        _combinations(system, directions),
        directions,
        defect + len(invisible),
        certificate,
    )


# -- global verdicts ---------------------------------------------------------------------------------


def _model(
    system: ODESystem,
    reached: set[Symbol],
    observables: tuple[Expr, ...],
    columns: Sequence[Symbol],
    kernel: Sequence[Mapping[int, int]],
    known: Sequence[str],
    prime: int,
) -> Model:
    """What the observables depend on, with as many of the hidden parameters fixed as make the others finitely many."""
    pairs = [(x, f) for x, f in zip(system.unknowns, system.rhs, strict=True) if x in reached]
    own = [j for j, s in enumerate(columns) if s not in reached]
    place = {j: k for k, j in enumerate(own)}
    moves = [{place[j]: c for j, c in vector.items() if j in place} for vector in kernel]
    fixed = [columns[own[k]] for k in echelon([m for m in moves if m], len(own), prime).pivots]
    given = [p for p in system.parameter_symbols if p.name in known]
    return Model(
        system.independent,
        tuple(x for x, _ in pairs),
        tuple(f for _, f in pairs),
        observables,
        tuple(columns[j] for j in own if columns[j] not in fixed),
        (*fixed, *given),
        known=tuple(x for x, _ in pairs if x.name in known),
    )


def _global_budget(limit: Budget) -> Budget:
    return limit.share(GLOBAL).at_most(LONGEST_GLOBAL)


# -- counting ----------------------------------------------------------------------------------------


def _reached(system: ODESystem, observables: Sequence[Expr]) -> set[Symbol]:
    """States on which an observable depends, directly or through the equations."""
    import networkx as nx

    graph = nx.DiGraph()
    graph.add_nodes_from(system.unknowns)
    for x, f in zip(system.unknowns, system.rhs, strict=True):
        graph.add_edges_from((x, s) for s in f.free_symbols if s in graph)
    start = {s for h in observables for s in h.free_symbols if s in graph}
    return start | {y for x in start for y in nx.descendants(graph, x)}


def _count(
    system: ODESystem,
    reached: set[Symbol],
    observables: Sequence[Expr],
    columns: Sequence[Symbol],
    primes: tuple[int, ...],
    seed: int,
    budget: Budget,
    starts: Mapping[Symbol, Expr],
) -> tuple[list[dict[int, int]], Certificate, list[Symbol]]:
    """(the kernel, the certificate, given initial states that it moves), of two draws, which a proof wants equal in rank."""
    draws = [
        _draw(system, reached, observables, columns, prime, seed + 1000 * i, budget, starts)
        for i, prime in enumerate(primes)
    ]
    rank = max(d[1] for d in draws)
    kernel, _, orders, _, drifting = next(d for d in draws if d[1] == rank)
    certificate = Certificate(primes, tuple(d[3] for d in draws), orders, rank, len(columns), tuple(d[1] for d in draws))
    return kernel, certificate, drifting


def _draw(
    system: ODESystem,
    reached: set[Symbol],
    observables: Sequence[Expr],
    columns: Sequence[Symbol],
    prime: int,
    seed: int,
    budget: Budget,
    starts: Mapping[Symbol, Expr],
) -> tuple[list[dict[int, int]], int, int, int, list[Symbol]]:
    """(kernel, rank, orders, seed, given initial states that the kernel moves) at a regular random point."""
    unknowns = [x for x in system.unknowns if x in reached]
    rhs = [f for x, f in zip(system.unknowns, system.rhs, strict=True) if x in reached]
    given = {x: e for x, e in starts.items() if x in reached}
    patience = len(unknowns) if given else QUIET  # special points may show nothing new for as long
    for attempt in range(TRIES):
        try:
            path = Trajectory(system.independent, unknowns, rhs, columns, prime, seed + attempt, starts=given)
            seen = [path.node(h) for h in observables]
            heads = {x: path.node(e) for x, e in starts.items()}
            rows: list[np.ndarray] = []
            rank, quiet = -1, 0
            while path.order + 1 < min(LONGEST, len(columns) + 1 + len(given)) and quiet <= patience:
                budget.check("count of what the observables tell")
                path.advance()
                rows += [h.series[path.order][1:] for h in seen]
                if path.order * len(observables) + len(observables) < rank:
                    continue
                now = len(echelon([[int(c) for c in r] for r in rows], len(columns), prime).pivots)
                quiet = quiet + 1 if now == rank else 0
                rank = now
                if rank == len(columns):
                    break
            found = echelon([[int(c) for c in r] for r in rows], len(columns), prime)
            kernel = found.kernel()
            slopes = {x: head.series[0][1:] for x, head in heads.items()}
            drifting = [
                x for x, row in slopes.items() if any(sum(int(row[j]) * c for j, c in v.items()) % prime for v in kernel)
            ]
            return kernel, len(found.pivots), path.order, seed + attempt, drifting
        except (NoPoint, ZeroDivisionError):
            continue
    raise Unsupported("no regular point was found at which the observables have Taylor coefficients")


def _directions(
    system: ODESystem, observables: Sequence[Expr], known: Sequence[str], budget: Budget, starts: Mapping[Symbol, Expr]
) -> tuple[Generator, ...]:
    """Symmetries that hide behind the observables, of affine form; empty where the time is too short."""
    try:
        found = unidentifiable(system, observables, budget=max(0.1, budget.left))
    except (OutOfBudget, LiesymError):
        return ()
    fixed = set(known)
    free = [g for g in found.directions if not any(c != 0 and x.name in fixed for x, c in g.eta.items())]
    return tuple(g for g in free if keeps_starts(g, starts))


def _combinations(system: ODESystem, directions: Sequence[Generator]) -> tuple[Expr, ...]:
    """Invariants of the hidden directions that hold parameters alone, and more than one of them."""
    if not directions:
        return ()
    wider = directions[0].variables
    names = {p.name for p in system.parameters}
    own = [i for i, v in enumerate(wider) if v.name in names]
    moved = [i for i in own if any(g.components[i] != 0 for g in directions)]
    if not moved or any(not g.components[i].free_symbols <= {wider[k] for k in own} for g in directions for i in moved):
        return ()  # how a parameter moves depends on the states: no function of the parameters alone
    variables = (wider[0], *(wider[i] for i in moved))
    within = [Generator(variables, (Integer(0), *(g.components[i] for i in moved))) for g in directions]
    within = [g for g in within if any(c != 0 for c in g.components)]
    found = invariants(within, budget=COMBINATIONS).functions if within else ()
    return tuple(f for f in found if f != variables[0])
