"""Flows and invariants of every generator of the corpus, each checked by another route.

    python tests/benchmarks/bench_flows.py [--budget 2] [--jobs 1] [--only ID …] [--resume]

Writes docs/results/flows-invariants.md and flows-invariants.json: for each entry how many of its generators have
a flow in closed form, how many invariants of order 0, 1 and 2 were found of how many there are, and why not.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import random
import signal
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from measure import RESULTS, ROOT, number, table, versions, write
from mpmath import mp
from sympy import Expr, Symbol, airyai, airyaiprime, airybi, airybiprime, lambdify

from liesym.coefficients.field import Field
from liesym.coefficients.lattice import NeedsRefinement
from liesym.errors import LiesymError, OutOfBudget, Unsupported
from liesym.flow import Flow, flow, numeric_flow
from liesym.invariants import canonical_coordinates, invariants, rewritten
from liesym.model.system import ODESystem
from liesym.symmetries.generator import Generator
from liesym.text import read_expression

CORPUS = ROOT / "tests" / "catalogue" / "corpus.json"
ORDERS = (0, 1, 2)
AIRY = (airyai, airybi, airyaiprime, airybiprime)
DRAWS = 20
WANTED = 3
PATIENCE = 120.0
EPSILON = Symbol("epsilon", real=True)
NUMERIC: list[Any] = [
    {"airyaiprime": lambda x: mp.airyai(x, derivative=1), "airybiprime": lambda x: mp.airybi(x, derivative=1)},
    "mpmath",
]


def generators(entry: Mapping[str, Any]) -> tuple[ODESystem, list[Generator]]:
    """The system and the generators that the corpus lists."""
    system = ODESystem.parse("; ".join(entry["equations"]), independent=entry["independent"])
    symbols = {s.name: s for s in (*system.variables, *system.parameter_symbols)}
    return system, [
        Generator.from_mapping(system.variables, {k: read_expression(v, symbols=symbols) for k, v in g.items()})
        for g in entry["generators"]
    ]


# -- checks ----------------------------------------------------------------------------------------------


def group_law_holds(found: Flow) -> bool:
    """exp(aX) exp(bX) = exp((a + b)X) to 25 digits at random points, near the identity."""
    images, names = list(found.components), list(found.generator.variables)
    parameters = sorted({s for c in images for s in c.free_symbols} - {*names, found.epsilon}, key=str)
    function = lambdify((*names, *parameters, found.epsilon), images, NUMERIC)
    rng, passed = random.Random(0), 0
    with mp.workdps(40):
        for _ in range(DRAWS):
            point = [mp.mpf(rng.randint(30, 150)) / 101 for _ in names]
            values = [mp.mpf(rng.randint(30, 150)) / 101 for _ in parameters]
            a, b = mp.mpf(rng.randint(1, 9)) / 211, mp.mpf(rng.randint(1, 9)) / 199
            try:
                once = function(*function(*point, *values, b), *values, a)
                both = function(*point, *values, a + b)
            except (ValueError, TypeError, ZeroDivisionError, OverflowError):
                continue
            passed += all(abs(u - v) < mp.mpf(10) ** -25 for u, v in zip(once, both, strict=True))
            if passed == WANTED:
                return True
    return False


def agrees_with_integration(found: Flow) -> float | None:
    """The difference of the formula and the integrated field at ε = 1/20, the least of some points; None if undefined."""
    names = list(found.generator.variables)
    symbols = {s for c in (*found.components, *found.generator.components) for s in c.free_symbols}
    parameters = sorted(symbols - {*names, found.epsilon}, key=str)
    function = lambdify((*names, *parameters, found.epsilon), list(found.components), NUMERIC)
    rng, best = random.Random(1), None
    for _ in range(6):
        point = [rng.randint(30, 150) / 101 for _ in names]
        values = {p.name: rng.randint(30, 150) / 101 for p in parameters}
        try:
            formula = [complex(v) for v in function(*point, *values.values(), 0.05)]
            integrated = numeric_flow(found.generator, np.array(point), 0.05, parameters=values)
        except (ValueError, TypeError, ZeroDivisionError, OverflowError, LiesymError):
            continue
        gap = float(max(abs(u - v) for u, v in zip(formula, integrated, strict=True)))
        if np.isfinite(gap):
            best = gap if best is None else min(best, gap)
    return best


def annihilated(generator: Generator, function: Expr) -> bool:
    """pr X (I) = 0: exactly, or to 25 digits where the field cannot hold the functions."""
    value = generator.prolonged(function)
    try:
        return bool(Field.build([value], tuple(value.free_symbols))(value).is_zero)
    except (Unsupported, NeedsRefinement, ZeroDivisionError):
        pass
    symbols = sorted(value.free_symbols | function.free_symbols, key=str)
    compiled, rng, passed = lambdify(symbols, [value, function], NUMERIC), random.Random(2), 0
    with mp.workdps(40):
        for _ in range(DRAWS):
            try:
                result, size = compiled(*[mp.mpf(rng.randint(30, 150)) / 101 for _ in symbols])
            except (ValueError, TypeError, ZeroDivisionError, OverflowError):
                continue
            passed += abs(result) < mp.mpf(10) ** -25 * (1 + abs(size))
    return passed >= WANTED


# -- one generator, one entry -----------------------------------------------------------------------------


class Timed:
    """Runs a piece of work under a limit of processor time, so that other work on the machine does not count."""

    def __init__(self, seconds: float) -> None:
        self.seconds, self.why = seconds, ""

    def __call__(self, work: Callable[[], Any]) -> Any:
        self.why = ""
        before = signal.signal(signal.SIGPROF, _stop)
        signal.setitimer(signal.ITIMER_PROF, self.seconds, 1.0)
        try:
            return work()
        except OutOfBudget:
            self.why = f"not done in {self.seconds:g} s"
        except Unsupported as error:
            self.why = str(error).splitlines()[0]
        finally:
            signal.setitimer(signal.ITIMER_PROF, 0.0)
            signal.signal(signal.SIGPROF, before)
        return None


def _stop(number: int, frame: object) -> None:
    raise OutOfBudget("the time for it is over")


def why_no_formula(generator: Generator) -> str:
    """What the components of a generator without closed flow have that no method takes."""
    if any(c.has(*AIRY) for c in generator.components):
        return "Airy functions: their quadratures have no closed form"
    return "no chart in which it is linear, projective or a quadrature that can be inverted"


def one_generator(generator: Generator, system: ODESystem, timed: Timed) -> dict[str, Any]:
    """Flow, invariants and canonical coordinates of one generator, with their checks."""
    start = time.process_time()
    record: dict[str, Any] = {"generator": str(generator), "why": []}
    found = timed(lambda: flow(generator, EPSILON))
    if found is None:
        record |= {"flow": "time", "group law": None, "integrated": None}
        record["why"].append(f"flow {timed.why}")
    else:
        record["flow"] = "closed" if found.exact else f"series of order {found.order}"
        record["group law"] = timed(lambda: group_law_holds(found)) if found.exact else None
        record["integrated"] = timed(lambda: agrees_with_integration(found))
        if not found.exact:
            record["why"].append(f"flow: {why_no_formula(generator)}")
    record["invariants"] = [_invariants(generator, order, timed, record["why"]) for order in ORDERS]
    coordinates = timed(lambda: canonical_coordinates(generator))
    record["coordinates"] = coordinates is not None
    record["rewritten"] = coordinates is not None and timed(lambda: rewritten(system, coordinates)) is not None
    record["seconds"] = time.process_time() - start
    return record


def _invariants(generator: Generator, order: int, timed: Timed, why: list[str]) -> dict[str, Any]:
    found = timed(lambda: invariants(generator, order=order, budget=PATIENCE))
    expected = len(generator.variables) + order * (len(generator.variables) - 1) - 1
    if found is None:
        why.append(f"invariants of order {order}: {timed.why}")
        return {"found": 0, "expected": expected, "checked": 0}
    checked = sum(bool(timed(lambda f=f: annihilated(generator, f))) for f in found.functions)
    if not found.complete:
        why.append(f"invariants of order {order}: {len(found.functions)} of {found.expected}, no method gives the rest")
    return {"found": len(found.functions), "expected": found.expected, "checked": checked}


def one_entry(question: tuple[Mapping[str, Any], float]) -> dict[str, Any]:
    """All generators of an entry, and the joint invariants of the order of the system."""
    entry, budget = question
    system, fields = generators(entry)
    timed = Timed(budget)
    rows = [one_generator(g, system, timed) for g in fields]
    joint = timed(lambda: invariants(fields, order=system.order, budget=PATIENCE)) if len(fields) > 1 else None
    record: dict[str, Any] = {"id": entry["id"], "generators": rows, "joint": None}
    if len(fields) > 1:
        counts = (0, None) if joint is None else (len(joint.functions), joint.expected)
        record["joint"] = {"order": system.order, "found": counts[0], "expected": counts[1], "why": timed.why}
    return record


# -- the page ----------------------------------------------------------------------------------------------


def _cells(record: Mapping[str, Any]) -> list[str]:
    rows = record["generators"]
    closed = sum(r["flow"] == "closed" for r in rows)
    orders = [
        f"{sum(r['invariants'][k]['found'] for r in rows)}/{sum(r['invariants'][k]['expected'] for r in rows)}"
        for k in range(len(ORDERS))
    ]
    joint = record["joint"]
    shared = "–" if joint is None else f"{joint['found']}/{'?' if joint['expected'] is None else joint['expected']}"
    canonical = f"{sum(r['coordinates'] for r in rows)}, {sum(r['rewritten'] for r in rows)}"
    seconds = number(sum(r["seconds"] for r in rows), 1)
    return [record["id"], str(len(rows)), str(closed), *orders, shared, canonical, seconds]


def _reasons(done: Sequence[Mapping[str, Any]]) -> str:
    lines = []
    for record in done:
        for r in record["generators"]:
            lines += [f"* {record['id']}, `{r['generator']}`: {reason}" for reason in r["why"]]
    return "\n".join(lines) or "Nothing."


def page(done: Sequence[Mapping[str, Any]], record: Mapping[str, Any]) -> str:
    """The results page."""
    rows = [r for d in done for r in d["generators"]]
    closed = [r for r in rows if r["flow"] == "closed"]
    gaps = [r["integrated"] for r in closed if r["integrated"] is not None]
    counts = []
    for k, order in enumerate(ORDERS):
        cells = [r["invariants"][k] for r in rows]
        found, expected, checked = (sum(c[key] for c in cells) for key in ("found", "expected", "checked"))
        full = sum(c["found"] == c["expected"] for c in cells)
        counts.append([str(order), str(expected), str(found), str(checked), f"{full} of {len(rows)}"])
    joint = [d["joint"] for d in done if d["joint"] is not None]
    made = ", ".join(f"{k} {v}" for k, v in record["versions"].items())
    head = ["entry", "generators", "closed flows", "order 0", "order 1", "order 2", "joint", "coordinates, rewritten", "s"]
    return "\n\n".join(
        [
            "# Flows and invariants on the corpus",
            "Written by `tests/benchmarks/bench_flows.py`. The generators are those of the corpus, so the engine's "
            f"search plays no part. Limit {record['budget']:g} s of processor time for each piece of work. {made}.",
            (f"The run was stopped before its end: {record['left']} entries were not reached. " if record["left"] else "")
            + f"Of {len(rows)} generators of {len(done)} entries {len(closed)} have a flow in closed form; the rest have "
            f"the Lie series of order 4. The group law was confirmed to 25 digits for "
            f"{sum(bool(r['group law']) for r in closed)} of the closed forms. The integrated field was compared with "
            f"{len(gaps)} of them: largest difference {max(gaps, default=0.0):.1e}.",
            "Invariants of one generator, by the highest derivative in them; checked by substitution, pr X (I) = 0:",
            table(["order", "there are", "found", "checked", "all found"], counts),
            f"Joint invariants of the order of the system: all found for "
            f"{sum(j['found'] == j['expected'] for j in joint)} of {len(joint)} entries with several generators. "
            f"Canonical coordinates for {sum(r['coordinates'] for r in rows)} generators; the system was rewritten in "
            f"them for {sum(r['rewritten'] for r in rows)}.",
            table(head, [_cells(d) for d in done]),
            "## What is missing, and why",
            _reasons(done),
        ]
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--budget", type=float, default=2.0)
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--only", nargs="*", default=[])
    parser.add_argument("--resume", action="store_true", help="keep the entries that an earlier run wrote")
    parser.add_argument("--out", type=Path, default=RESULTS)
    options = parser.parse_args()
    corpus = json.loads(CORPUS.read_text(encoding="utf-8"))
    chosen = [e for e in corpus if e["generators"] and (not options.only or e["id"] in options.only)]
    made = versions("numpy", "mpmath")
    before = options.out / "flows-invariants.json"
    done = json.loads(before.read_text(encoding="utf-8"))["entries"] if options.resume and before.exists() else []
    chosen = [e for e in chosen if all(e["id"] != d["id"] for d in done)]
    with multiprocessing.get_context("fork").Pool(options.jobs) as pool:
        answers = pool.imap(one_entry, [(entry, options.budget) for entry in chosen])
        for left, answer in zip(reversed(range(len(chosen))), answers, strict=True):
            done.append(answer)
            print(" ".join(_cells(answer)), flush=True)
            record = {"budget": options.budget, "entries": done, "left": left, "versions": made}
            write(options.out, "flows-invariants", page(done, record), record)


if __name__ == "__main__":
    main()
