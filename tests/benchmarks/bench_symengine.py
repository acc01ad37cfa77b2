"""Does SymEngine pay? Differentiation and expansion by SymPy, by SymEngine and in the coefficient field, in one run.

python tests/benchmarks/bench_symengine.py [--repeats 7] [--page]

With --page, docs/results/symengine.json and symengine.md are written. Every answer of SymEngine is compared with SymPy's.
"""

from __future__ import annotations

import argparse
import cProfile
import json
import pstats
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Any

import symengine
from measure import RESULTS, ROOT, median, number, table, versions
from sympy import Dummy, Expr, Integer, N, Rational, S, Symbol, exp, expand, sin, sqrt, symbols
from sympy.core.cache import clear_cache

from liesym import Generator, ODESystem
from liesym.base.jets import jet_symbol
from liesym.coefficients import Field
from liesym.determine.invariance import determine
from liesym.model.prolongation import LARGE, by_symengine, by_sympy

PAYS = 1.2
"""Gain, conversions counted, from which on it would be used."""

BODIES = 3
CORPUS = ROOT / "tests" / "catalogue" / "corpus.json"
t, x, y = symbols("t x y", real=True)


# -- the same work three times ------------------------------------------------------------------------


def there(expressions: Sequence[Expr], known: dict[Symbol, Symbol]) -> list[Any]:
    """Expressions for SymEngine, whose symbols have no assumptions: each symbol gets a Dummy that comes back as itself."""
    for e in expressions:
        known |= {s: Dummy() for s in e.free_symbols - known.keys() if isinstance(s, Symbol)}
    return [symengine.sympify(e.xreplace(known)) for e in expressions]


def back(expressions: Sequence[Any], known: dict[Symbol, Symbol]) -> list[Expr]:
    """Expressions of SymEngine with the symbols that they came with."""
    names = {mark: s for s, mark in known.items()}
    return [e._sympy_().xreplace(names) for e in expressions]


class Derivatives:
    """All ∂f_i/∂v, not expanded."""

    def __init__(self, name: str, functions: Sequence[Expr], variables: Sequence[Symbol]) -> None:
        self.name, self.functions, self.variables = name, list(functions), list(variables)

    def by_sympy(self) -> list[Expr]:
        return [f.diff(v) for f in self.functions for v in self.variables]

    def by_symengine(self, given: list[Any], known: dict[Symbol, Symbol]) -> list[Any]:
        marks = [symengine.sympify(known.get(v, v)) for v in self.variables]
        return [f.diff(v) for f in given for v in marks]

    def by_field(self) -> None:
        field = Field.build(self.functions, self.variables)
        for f in self.functions:
            for v in self.variables:
                field(f).diff(v)


class Expanded:
    """Expressions multiplied out."""

    def __init__(self, name: str, functions: Sequence[Expr], variables: Sequence[Symbol]) -> None:
        self.name, self.functions, self.variables = name, list(functions), list(variables)

    def by_sympy(self) -> list[Expr]:
        return [expand(f) for f in self.functions]

    def by_symengine(self, given: list[Any], known: dict[Symbol, Symbol]) -> list[Any]:
        return [symengine.expand(f) for f in given]

    def by_field(self) -> None:
        field = Field.build(self.functions, self.variables)
        for f in self.functions:
            field(f)


class Prolonged:
    """η^(k) = D_t η^(k-1) - x^(k) D_t ξ up to an order, expanded: what `Generator.prolong` gives."""

    def __init__(self, name: str, generator: Generator, order: int) -> None:
        self.name, self.generator, self.order = name, generator, order
        jets = [jet_symbol(u, k) for u in generator.variables[1:] for k in range(1, order + 1)]
        self.functions = [*generator.components, *generator.variables, *jets]

    def by_sympy(self) -> list[Expr]:
        return [e for row in by_sympy(self.generator.jets, self.generator.components, self.order) for e in row]

    def round_trip(self) -> list[Expr]:
        return [e for row in by_symengine(self.generator.jets, self.generator.components, self.order) for e in row]

    def by_symengine(self, given: list[Any], known: dict[Symbol, Symbol]) -> list[Any]:
        count = len(self.generator.variables)
        components, (time_mark, *unknowns), jets = given[:count], given[count : 2 * count], given[2 * count :]
        chains = [[u, *jets[i * self.order : (i + 1) * self.order]] for i, u in enumerate(unknowns)]

        def total(f: Any) -> Any:
            steps = (f.diff(a) * b for chain in chains for a, b in pairwise(chain))
            return f.diff(time_mark) + sum(steps, symengine.Integer(0))

        drift, found = total(components[0]), []
        for eta, chain in zip(components[1:], chains, strict=True):
            row = [eta]
            for velocity in chain[1:]:
                row.append(symengine.expand(total(row[-1]) - velocity * drift))
            found += row
        return found

    by_field = None


def tasks() -> list[Any]:
    """Derivatives of right sides, prolongations and expansions, small and large."""
    places = [Symbol(f"q{i}", real=True) for i in range(2 * BODIES)]
    apart = [(i, j) for i in range(BODIES) for j in range(BODIES) if i != j]
    forces: list[Expr] = [S.Zero] * (2 * BODIES)
    for i, j in apart:
        difference = [places[2 * j + k] - places[2 * i + k] for k in (0, 1)]
        for k in (0, 1):
            forces[2 * i + k] += difference[k] / sqrt(difference[0] ** 2 + difference[1] ** 2) ** 3
    pendulum = ODESystem.parse(
        "a'' = (-sin(a-b)*(a'^2*cos(a-b) + b'^2) - 2*sin(a) + sin(b)*cos(a-b))/(2 - cos(a-b)^2);"
        "b'' = (sin(a-b)*(2*a'^2 + b'^2*cos(a-b)) + 2*sin(a)*cos(a-b) - 2*sin(b))/(2 - cos(a-b)^2)"
    )
    scalar = ODESystem.parse("y'' = -3*y*y' - y^3 + exp(-t)*y'^2/(1 + y^2)")
    small = Generator((t, x), (t * x, x**2 + t))
    large = Generator((t, x, y), (t**2 * x + exp(-y), x * y * sin(t) + x**3, (x + y + t) ** 4))
    power: Expr = (x + y + t + Integer(1)) ** 12
    nested: Expr = ((x + y) ** 4 + (x - t) ** 5) ** 4 * (x * y + t) ** 3
    jets = (*pendulum.variables, *pendulum.jet_coordinates)
    return [
        Derivatives("right side of a scalar equation, all derivatives", scalar.rhs, scalar.variables),
        Derivatives("double pendulum, all derivatives", pendulum.rhs, jets),
        Derivatives(f"forces of {BODIES} bodies in the plane, all derivatives", forces, places),
        Prolonged("prolongation of order 2, a small generator", small, 2),
        Prolonged("prolongation of order 4, a large generator", large, 4),
        Expanded("sum of 4 terms to the power 12, expanded", [power], (t, x, y)),
        Expanded("product of powers of sums, expanded", [nested], (t, x, y)),
    ]


# -- measuring ----------------------------------------------------------------------------------------


def seconds(work: Callable[[], Any]) -> tuple[float, Any]:
    """Processor time of a first call, SymPy's memory of former calls dropped."""
    clear_cache()
    start = time.process_time()
    answer = work()
    return time.process_time() - start, answer


def equal(one: Expr, two: Expr) -> bool:
    """The same value, to 20 digits, at a point with numbers in the order of the names."""
    point: Any = {s: Rational(7 + 3 * k, 11) for k, s in enumerate(sorted(one.free_symbols | two.free_symbols, key=str))}
    a, b = (N(e.subs(point), 30) for e in (one, two))
    return bool(abs(a - b) <= 1e-20 * max(1, abs(a)))


def round_of(task: Any) -> dict[str, float]:
    """One measurement of each way."""
    known: dict[Symbol, Symbol] = {}

    def convert() -> list[Expr]:
        known.clear()
        return back(task.by_symengine(there(task.functions, known), known), known)

    found = {}
    found["sympy"], expected = seconds(task.by_sympy)
    found["symengine, with conversions"], answer = seconds(getattr(task, "round_trip", convert))
    assert all(equal(a, b) for a, b in zip(expected, answer, strict=True) if a != b), task.name
    known.clear()
    given = there(task.functions, known)
    found["symengine alone"], _ = seconds(lambda: task.by_symengine(given, known))
    if task.by_field is not None:
        found["field"], _ = seconds(task.by_field)
    return found


def measured(repeats: int) -> dict[str, Any]:
    """The record of the run: per task the medians of the seconds and of the gains over SymPy within a round."""
    entries = []
    for task in tasks():
        rounds = [round_of(task) for _ in range(repeats)]
        ways = rounds[0].keys()
        entries.append(
            {
                "task": task.name,
                "seconds": {way: median([r[way] for r in rounds]) for way in ways},
                "gain": {way: median([r["sympy"] / max(r[way], 1e-9) for r in rounds]) for way in ways if way != "sympy"},
            }
        )
        print(task.name, {way: f"{gain:.2f}" for way, gain in entries[-1]["gain"].items()}, flush=True)
    share, systems = share_of_sympy()
    found = {"versions": versions(), "repeats": repeats, "entries": entries}
    return found | {"loading": median([loading() for _ in range(repeats)]), "share": share, "systems": systems}


def loading() -> float:
    """Seconds that a fresh process takes to load SymEngine after SymPy."""
    code = "import sympy, time; s = time.process_time(); import symengine; print(time.process_time() - s)"
    return float(subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout)


def share_of_sympy() -> tuple[float, int]:
    """(part of the time of `determine` that SymPy's diff and expand take over the corpus, number of systems)."""
    entries = json.loads(CORPUS.read_text(encoding="utf-8"))
    systems = [ODESystem.parse("; ".join(e["equations"]), independent=e.get("independent", "t")) for e in entries]
    profile = cProfile.Profile()
    profile.runcall(lambda: [determine(s) for s in systems])
    stats: Any = pstats.Stats(profile)
    inside = [
        v[3] for (file, _, name), v in stats.stats.items() if file.endswith("core/expr.py") and name in ("diff", "expand")
    ]
    return sum(inside) / stats.total_tt, len(systems)


def page(record: dict[str, Any]) -> str:
    """docs/results/symengine.md."""
    rows, made = [], ", ".join(f"{k} {v}" for k, v in record["versions"].items())
    for entry in record["entries"]:
        gain = entry["gain"]
        cells = [gain.get(way) for way in ("symengine alone", "symengine, with conversions", "field")]
        rows.append([entry["task"], number(1000 * entry["seconds"]["sympy"]), *(number(c) for c in cells)])
    both = [e for e in record["entries"] if "field" in e["gain"]]
    field_wins = [e for e in both if e["gain"]["field"] >= e["gain"]["symengine, with conversions"]]
    pays = [e["task"] for e in record["entries"] if e["gain"]["symengine, with conversions"] >= PAYS]
    listed = "; ".join(pays) or "none"
    return "\n\n".join(
        [
            "# Does SymEngine pay?",
            f"Written by `tests/benchmarks/bench_symengine.py`. {made}.",
            "Derivatives and expansions by SymPy, and how many times as fast the other ways are (processor time, medians of "
            f"{record['repeats']} rounds in which all ways take turns, ratios within a round, SymPy's cache dropped before "
            "each). SymEngine alone starts from and ends with its own expressions; with conversions it starts from and ends "
            "with SymPy's, its symbols replaced on both ways because they carry no assumptions. The field converts the "
            "expressions once and differentiates in it: that is what the determining system is made of, its answers are in "
            "normal form. Each answer of SymEngine was compared with SymPy's.",
            table(["task", "SymPy, ms", "SymEngine alone", "SymEngine, with conversions", "field"], rows),
            f"With conversions it gains {PAYS} times or more in {len(pays)} of {len(record['entries'])} tasks: {listed}. "
            f"The field is at least as fast as that in {len(field_wins)} of {len(both)}.",
            f"Loading SymEngine takes {number(1000 * record['loading'], 0)} ms. While the determining systems of "
            f"{record['systems']} equations of the corpus are set up, SymPy's `diff` and `expand` take "
            f"{number(100 * record['share'], 1)} % of the time.",
            VERDICT,
        ]
    )


VERDICT = f"""## What follows

SymEngine prolongs generators (`liesym/model/prolongation.py`) from {LARGE} nodes times the order on, where both libraries
write the same form: SymPy's `expand` ends the work, and the two are compared in the tests. Below that loading it costs more
than it gains. It is not used elsewhere. No step of the determining system and none of a program's derivatives is SymPy's:
the former works on polynomials of FLINT in the coefficient field, the latter on the nodes of a straight-line program.
SymEngine could only come in between, at the price of two conversions, and has no integrals and no assumptions."""


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--repeats", type=int, default=7)
    parser.add_argument("--page", action="store_true", help="write docs/results/symengine.json and symengine.md")
    options = parser.parse_args()
    record = measured(options.repeats)
    if options.page:
        (RESULTS / "symengine.json").write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")
        (RESULTS / "symengine.md").write_text(page(record) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
