"""Which laws `liesym.discover` finds, misses and makes up: black boxes, trajectories with noise, systems without laws.

    python tests/benchmarks/bench_discover.py fields symmetries noisy nothing [--seeds 101 102] [--noise 0.01 0.05 0.1]

Every run is kept in docs/results/discover.json as soon as it is done, and is not done again; docs/results/discover.md is
written from all of them. A law counts as true if its rate along the exact field is 0 to rounding, and as false if not,
however near: 9/8 in place of 1.1234 is false. The settings were fixed before the seeds of the page were drawn.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from discovery_systems import FIELDS, NOISY, NOTHING, SYMMETRIC, Known, Symmetric
from measure import RESULTS, number, table, versions
from sympy import Expr, Symbol

import liesym
from liesym.discovery.equivariant import read_symmetries
from liesym.discovery.library import gradients
from liesym.discovery.symmetries import is_new
from liesym.learn.trajectories import simulate
from liesym.model.system import ODESystem
from liesym.text.reader import read_expression

RUNS, SAMPLES = 40, 150
BUDGET = 1000.0
"""Seconds of the clock, so many that other work on the machine stops no search; what counts is the processor's time."""
EXACT, NEAR = 1e-8, 0.03
"""Rate in parts of what the terms could make, up to which a law is true, and up to which a false one is near a law."""
DEPENDENT = 1e-6
BACKENDS = ("numpy", "torch", "jax")
PARTS = {
    "fields|numpy": "functions of NumPy",
    "fields|torch": "functions of torch",
    "fields|jax": "functions of JAX",
    "|states|": "trajectories of states",
    "|rates|": "trajectories with rates",
}
"""What a page may lack, by a part of the keys of its runs."""
Floats = np.ndarray
Answer = dict[str, Any]


def rate(law: Expr, symbols: Sequence[Symbol], x: Floats, f: Floats) -> float:
    """The root mean square of ∇I·f in parts of that of Σ |c_k ∇θ_k||f|."""
    terms = [term for term in law.expand().as_ordered_terms() if term.free_symbols]
    slopes = gradients(terms, symbols, x)
    could = (np.linalg.norm(slopes, axis=2) * np.linalg.norm(f, axis=1)[:, None]).sum(1)
    moved = (slopes.sum(1) * f).sum(1)
    good = np.isfinite(could) & np.isfinite(moved)
    return float(np.sqrt((moved[good] ** 2).mean() / (could[good] ** 2).mean()))


def rank(laws: Sequence[Expr], symbols: Sequence[Symbol], x: Floats) -> int:
    """How many are functionally independent at most of the states."""
    if not laws:
        return 0
    rows = gradients(laws, symbols, x)
    rows = rows[np.isfinite(rows).all((1, 2))]
    rows = rows / np.linalg.norm(rows, axis=2, keepdims=True).clip(1e-300)
    return int(np.median((np.linalg.svd(rows, compute_uv=False) > DEPENDENT).sum(1)))


def scored(found: liesym.Discovery, system: ODESystem, known: Known, x: Floats, seconds: float) -> Answer:
    """How many laws there are, how many of them were found, and what was claimed beside them."""
    symbols = system.unknowns
    f = np.asarray(liesym.lower(system, backend="numpy")(0.0, x, {}))
    true = [read_expression(law, symbols={s.name: s for s in symbols}) for law in known.laws]
    claimed = [law for law in found.integrals if law.grade != "approximate"]
    rates = [rate(law.expression, symbols, x, f) for law in claimed]
    held = [law.expression for law, r in zip(claimed, rates, strict=True) if r <= EXACT]
    wrong = [(str(law), r) for law, r in zip(claimed, rates, strict=True) if r > EXACT]
    return {
        "laws": rank(true, symbols, x),
        "found": rank(held, symbols, x),
        "false": [text for text, r in wrong if r > NEAR],
        "near": [text for text, r in wrong if r <= NEAR],
        "approximate": [str(law.expression) for law in found.integrals if law.grade == "approximate"],
        "stopped": found.stopped,
        "cpu": seconds,
    }


def timed(call: Callable[[], liesym.Discovery]) -> tuple[liesym.Discovery, float]:
    """The answer and its processor seconds."""
    begun = time.process_time()
    found = call()
    return found, time.process_time() - begun


def called(system: ODESystem, backend: str) -> Callable[[Any, Any], Any]:
    """The right side as a plain function of a library, which knows nothing of its expressions."""
    plain = liesym.lower(system, backend=backend)
    return lambda t, x: plain(t, x, {})


def of_field(known: Known, backend: str, seed: int) -> Answer:
    """Discovery of a black box."""
    system = ODESystem.parse(known.equations)
    names = tuple(s.name for s in system.unknowns)
    field = called(system, backend)
    found, seconds = timed(
        lambda: liesym.discover(field, names=names, region=known.region, backend=backend, seed=seed, budget=BUDGET)
    )
    lower, upper = np.array(known.region).T
    x = np.random.default_rng(seed + 1).uniform(lower, upper, (300, len(names)))
    answer = scored(found, system, known, x, seconds)
    return {**answer, "symmetries": [str(law.generator) for law in found.generators]}


def of_symmetric(known: Symmetric, backend: str, seed: int) -> Answer:
    """How many of the known symmetries are sums of those that were found, and which of these are none.

    A sum may have the known integrals for coefficients. What was found is put into the equations and decided exactly.
    """
    system = ODESystem.parse(known.equations)
    symbols, t = system.unknowns, system.independent
    names = tuple(s.name for s in symbols)
    field = called(system, backend)
    found, seconds = timed(
        lambda: liesym.discover(field, names=names, region=known.region, backend=backend, seed=seed, budget=BUDGET)
    )
    rng = np.random.default_rng(seed + 1)
    times, x = rng.uniform(0, 1, 300), rng.uniform(*np.array(known.region).T, (300, len(names)))
    values = lambda parts: np.asarray(liesym.lower(parts, symbols, backend="numpy", t=t)(times, x, {}))  # noqa: E731
    laws = [read_expression(law, symbols={s.name: s for s in symbols}) for law in known.laws]
    constants = np.hstack([np.ones((300, 1)), *([values(laws)] if laws else [])])
    f = np.asarray(liesym.lower(system, backend="numpy")(0.0, x, {}))
    moved = lambda generator: (q := values(list(generator.components)))[:, 1:] - q[:, :1] * f  # noqa: E731
    claimed = [law.generator for law in found.generators if law.grade != "approximate"]
    held = [moved(one) for one in claimed if one.is_symmetry_of(system)]
    wanted = read_symmetries(known.generators, symbols, t)
    return {
        "symmetries": len(wanted),
        "found": sum(not is_new(moved(one), held, constants, pointwise=False) for one in wanted),
        "listed": [str(one) for one in claimed],
        "false": [str(one) for one in claimed if not one.is_symmetry_of(system)],
        "stopped": found.stopped,
        "cpu": seconds,
    }


def measured(known: Known, system: ODESystem, sigma: float, seed: int, *, rates: bool) -> tuple[liesym.Trajectories, Floats]:
    """Trajectories with noise in parts of the standard deviation of each column, and states without."""
    assert known.start is not None
    rng = np.random.default_rng(seed)
    times = np.linspace(0, known.time, SAMPLES)
    field = liesym.lower(system, backend="numpy")
    starts = np.stack([known.start(rng) for _ in range(RUNS)])
    together = lambda t, flat: np.asarray(field(t, flat.reshape(starts.shape), {})).ravel()  # noqa: E731
    exact = simulate(together, starts.ravel(), times, rtol=1e-9, atol=1e-10)[0].reshape(SAMPLES, *starts.shape)
    exact = exact.swapaxes(0, 1)
    noisy = [
        part + sigma * part.std((0, 1)) * rng.normal(size=part.shape) for part in (exact, np.asarray(field(0.0, exact, {})))
    ]
    names = tuple(s.name for s in system.unknowns)
    flat = exact.reshape(-1, len(names))
    return liesym.Trajectories(times, noisy[0], names, noisy[1] if rates else None), flat[rng.permutation(len(flat))[:300]]


def of_data(known: Known, sigma: float, seed: int, *, rates: bool) -> Answer:
    """Discovery of trajectories."""
    system = ODESystem.parse(known.equations)
    data, x = measured(known, system, sigma, seed, rates=rates)
    found, seconds = timed(lambda: liesym.discover(data, seed=seed, budget=BUDGET))
    return scored(found, system, known, x, seconds)


def tasks(options: argparse.Namespace) -> Iterator[tuple[str, Callable[[], Answer]]]:
    """(key, run) of all that is asked for."""
    if "fields" in options.parts:
        for backend in options.backends:
            for one in FIELDS:
                seed = options.seeds[0]
                yield f"fields|{backend}|{one.name}|{seed}", lambda o=one, b=backend, s=seed: of_field(o, b, s)
    if "symmetries" in options.parts:
        for backend in options.backends:
            for other in SYMMETRIC:
                seed = options.seeds[0]
                yield f"symmetries|{backend}|{other.name}|{seed}", lambda o=other, b=backend, s=seed: of_symmetric(o, b, s)
    for part, systems in (("noisy", NOISY), ("nothing", NOTHING)):
        for seed in options.seeds if part in options.parts else ():
            for sigma in options.noise:
                for rates in (False, True):
                    for one in systems:
                        key = f"{part}|{one.name}|{sigma}|{'rates' if rates else 'states'}|{seed}"
                        yield key, lambda o=one, n=sigma, s=seed, r=rates: of_data(o, n, s, rates=r)


# -- the page -----------------------------------------------------------------------------------------


def fields_table(runs: Mapping[str, Answer]) -> list[str]:
    """Black boxes, one line a system."""
    rows = []
    for one in FIELDS:
        own = {b: a for b in BACKENDS for k, a in runs.items() if k.startswith(f"fields|{b}|{one.name}|")}
        if own:
            cells = [f"{own[b]['found']} of {own[b]['laws']}" if b in own else "–" for b in BACKENDS]
            false = sum(len(a["false"]) + len(a["near"]) for a in own.values())
            rows.append([one.name, *cells, str(false), number(max(a["cpu"] for a in own.values()))])
    if not rows:
        return []
    return ["## Functions that are called, without noise", table(["system", *BACKENDS, "false", "longest, s"], rows)]


def symmetries_table(runs: Mapping[str, Answer]) -> list[str]:
    """Symmetries of black boxes, one line a system."""
    rows = []
    for one in SYMMETRIC:
        own = {b: a for b in BACKENDS for k, a in runs.items() if k.startswith(f"symmetries|{b}|{one.name}|")}
        if own:
            cells = [f"{own[b]['found']} of {own[b]['symmetries']}" if b in own else "–" for b in BACKENDS]
            listed = max(len(a["listed"]) for a in own.values())
            false = sum(len(a["false"]) for a in own.values())
            rows.append([one.name, *cells, str(listed), str(false), number(max(a["cpu"] for a in own.values()))])
    if not rows:
        return []
    told = (
        "Point symmetries in the span of the library that are neither trivial nor multiples of others by integrals. A known "
        "one is found if it is a sum of those that were listed, with numbers or integrals for coefficients; a listed one is "
        "false if substitution in the equations, which the search does not know, says so."
    )
    head = ["system", *BACKENDS, "listed", "false", "longest, s"]
    return ["## Symmetries of functions that are called", told, table(head, rows)]


def noisy_tables(runs: Mapping[str, Answer]) -> list[str]:
    """Trajectories with laws: all found, and claims beside them."""
    parts: list[str] = []
    head = sorted({k.split("|")[2] for k in runs if k.startswith("noisy|")}, key=float)
    for kind in ("states", "rates"):
        rows = []
        for one in NOISY:
            own: dict[str, list[Answer]] = {}
            for key, answer in runs.items():
                part, name, sigma, what, _ = [*key.split("|"), ""][:5]
                if (part, name, what) == ("noisy", one.name, kind):
                    own.setdefault(sigma, []).append(answer)
            if own:
                rows.append([one.name, *(_cell(own[s]) if s in own else "not run" for s in head)])
        if rows:
            told = "with rates" if kind == "rates" else "states alone"
            parts += [f"### Trajectories with noise, {told}", table(["system", *(f"σ = {s}" for s in head)], rows)]
    return ["## Trajectories with noise", *parts] if parts else []


def _cell(answers: Sequence[Answer]) -> str:
    """Runs with all laws, of how many; false and near claims; the longest time."""
    whole = sum(a["found"] == a["laws"] for a in answers)
    false, near = (sum(bool(a[k]) for a in answers) for k in ("false", "near"))
    told = [f"{whole}/{len(answers)}", *([f"{false} false"] if false else []), *([f"{near} near"] if near else [])]
    return ", ".join(told) + f" ({max(a['cpu'] for a in answers):.1f} s)"


def nothing_table(runs: Mapping[str, Answer]) -> list[str]:
    """Systems without laws: runs with a claim."""
    rows = []
    for one in NOTHING:
        own = [a for k, a in runs.items() if k.startswith(f"nothing|{one.name}|")]
        claims = [text for a in own for text in (*a["false"], *a["near"])]
        if own:
            claimed = sum(bool(a["false"] or a["near"]) for a in own)
            rows.append([one.name, f"{claimed} of {len(own)}", "; ".join(claims[:2]), number(max(a["cpu"] for a in own))])
    if not rows:
        return []
    return ["## Where there is no law", table(["system", "runs with a claim", "claims", "longest, s"], rows)]


def summary(runs: Mapping[str, Answer]) -> str:
    """The sentences at the head of the page."""
    noisy = {k: a for k, a in runs.items() if k.startswith("noisy|")}
    nothing = [a for k, a in runs.items() if k.startswith("nothing|")]
    claims = sum(bool(a["false"] or a["near"]) for a in nothing)
    lines = []
    for sigma in sorted({k.split("|")[2] for k in noisy}, key=float):
        own = [a for k, a in noisy.items() if k.split("|")[2] == sigma]
        whole = sum(a["found"] == a["laws"] for a in own)
        false, near = (sum(bool(a[k]) for a in own) for k in ("false", "near"))
        lines.append(
            f"Noise {sigma}: all laws in {whole} of {len(own)} runs; "
            f"a false claim in {false}, a law with a wrong number in {near}."
        )
    if nothing:
        lines.append(f"Systems without laws: a claim in {claims} of {len(nothing)} runs.")
    return " ".join(lines)


def page(record: Mapping[str, Any]) -> str:
    """The results page."""
    runs = record["runs"]
    seeds = sorted({int(k.rsplit("|", 1)[1]) for k in runs})
    made = ", ".join(f"{k} {v}" for k, v in record["versions"].items())
    missing = [told for part, told in PARTS.items() if not any(k.startswith(part) or part in k for k in runs)]
    paragraphs = [
        "# What discovery finds, misses and makes up",
        f"Written by `tests/benchmarks/bench_discover.py`. {made}. Seeds {', '.join(map(str, seeds))}, none looked "
        f"at while limits were chosen. {RUNS} trajectories of {SAMPLES} samples; noise in parts of the standard deviation "
        "of each column, unknown to the search. Settings of the works named are theirs where they could be read, else ours: "
        "time spans, starts and parameters stand in `discovery_systems.py`. Seconds of one processor.",
        "A claim is a law of grade `supported` or `proven`. It is true if its rate along the exact field is 0 to rounding, "
        f"near if below {NEAR:.0%} of what its terms could make (a law with a wrong number), and false otherwise. "
        "`approximate` laws are counted nowhere.",
        f"{summary(runs)} In all {len(runs)} runs." + (f" Not run: {'; '.join(missing)}." if missing else ""),
        *fields_table(runs),
        *symmetries_table(runs),
        *noisy_tables(runs),
        *nothing_table(runs),
    ]
    return "\n\n".join(paragraphs) + "\n"


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("parts", nargs="*", choices=("fields", "symmetries", "noisy", "nothing", []), default=[])
    parser.add_argument("--seeds", nargs="+", type=int, default=[101, 102])
    parser.add_argument("--noise", nargs="+", type=float, default=[0.01, 0.05, 0.1])
    parser.add_argument("--backends", nargs="+", choices=BACKENDS, default=["numpy"])
    parser.add_argument("--only", default="", help="part of the name of the systems")
    parser.add_argument("--seconds", type=float, default=float("inf"), help="no run begins after so many")
    parser.add_argument("--out", type=Path, default=RESULTS)
    options = parser.parse_args()
    if "jax" in options.backends:
        import jax

        jax.config.update("jax_enable_x64", True)
    file = options.out / "discover.json"
    runs = json.loads(file.read_text(encoding="utf-8"))["runs"] if file.exists() else {}
    begun = time.monotonic()
    for key, run in tasks(options):
        if key in runs or options.only not in key or time.monotonic() - begun > options.seconds:
            continue
        runs[key] = run()
        told = {
            k: v
            for k, v in runs[key].items()
            if k in ("laws", "symmetries", "found", "false", "near", "stopped") and v != []
        }
        print(f"{key}: {told}, {runs[key]['cpu']:.1f} s", flush=True)
        record = {"versions": versions(), "runs": runs}
        options.out.mkdir(parents=True, exist_ok=True)
        file.write_text(json.dumps(record, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    record = {"versions": versions(), "runs": runs}
    (options.out / "discover.md").write_text(page(record), encoding="utf-8")
    print(summary(runs))


if __name__ == "__main__":
    main()
