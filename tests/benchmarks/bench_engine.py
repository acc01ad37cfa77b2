"""Seconds by stage and peak memory for every entry of the corpus, with peers beside them.

    python tests/benchmarks/bench_engine.py [--every 1] [--no-peers]
        [--delierium PYTHON] [--cinfsymmetries PYTHON]

Each system is analyzed in a fork of one warm process. A peer answers in a process of its own under a
time-out; SymPy is asked where it applies (one equation of order 1), delierium and cinfsymmetries where an
interpreter with them is named (also by the environment variables DELIERIUM_PYTHON and
CINFSYMMETRIES_PYTHON). With --every k the peers are asked about every k-th entry, and only these entries
are taken of order 1. Writes docs/results/engine.md and engine.json.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from measure import (
    RESULTS,
    ROOT,
    STAGES,
    analyze,
    ask_peer,
    median,
    number,
    peer_version,
    table,
    versions,
    warm_up,
    write,
)

from liesym.app.batch import read_corpus

CORPUS = ROOT / "tests" / "catalogue" / "corpus.json"
CLASSES = {
    "scalar-1": "scalar equations of order 1",
    "scalar-2": "scalar equations of order 2",
    "scalar-34": "scalar equations of order 3 and 4",
    "parameter": "equations whose dimension depends on parameters",
    "system-1": "first-order systems",
    "system-2": "systems of order 2",
    "more": "not in the corpus, with a target",
}


# entries that are not in the corpus and have a target
MORE = (
    {"id": "bessel", "equations": ["y'' = -y'/x - (1 - n^2/x^2)*y"], "independent": "x"},
    {"id": "modified_emden", "equations": ["y'' = -3*y*y' - y^3"], "independent": "t"},
)
LIMIT_MINUTES, LIMIT_MIB = 8.0, 4096.0
LIMITS = {
    "kepler_3d": 3.0,
    "calogero_3": 15.0,
    "damped_oscillator_generic": 5.0,
    "airy": 5.0,
    "bessel": 5.0,
    "modified_emden": 5.0,
}


def entries(corpus: Path, only: Sequence[str], every: int) -> list[dict[str, Any]]:
    """The corpus, its parameters as assumptions, and what has a target besides."""
    orders = {e["id"]: e["order"] for e in json.loads(corpus.read_text(encoding="utf-8"))}
    found: list[dict[str, Any]] = [
        {
            "id": job.id,
            "class": job.group,
            "equations": list(job.equations),
            "independent": job.independent,
            "parameters": json.loads(job.parameters),
            "expected": job.expected,
        }
        for job in read_corpus(corpus)
    ]
    for k, entry in enumerate(found):
        entry["asked"] = k % every == 0
    found = [e for e in found if orders[e["id"]] > 1 or (e["asked"] and e["class"] == "scalar-1")]
    found += [{**e, "class": "more", "parameters": {}, "expected": 8, "asked": True} for e in MORE]
    return [e for e in found if not only or e["id"] in only]


def peers_of(options: argparse.Namespace) -> dict[str, tuple[str, str]]:
    """Peer -> (interpreter, version), for those that are there."""
    if options.no_peers:
        return {}
    wanted = {"sympy": sys.executable, "delierium": options.delierium}
    wanted["cinfsymmetries"] = options.cinfsymmetries or sys.executable
    found = {name: (python, peer_version(python, name)) for name, python in wanted.items() if python}
    return {name: (python, version) for name, (python, version) in found.items() if version}


def applies(peer: str, entry: Mapping[str, Any]) -> bool:
    """SymPy takes one equation of order 1; the others are asked where the algebra is finite-dimensional."""
    return (
        entry["asked"]
        and (peer == "sympy") == (entry["class"] == "scalar-1")
        and (peer == "sympy" or entry["class"] != "system-1")
    )


def told(peer: str, answer: Mapping[str, Any] | None) -> str:
    """A peer's answer in a cell."""
    if answer is None:
        return ""
    if "error" in answer:
        return answer["error"].split(":")[0]
    if peer == "sympy":
        return f"{answer['nontrivial']} of {answer['found']} nontrivial, {number(answer['seconds'])} s"
    if peer == "cinfsymmetries":
        return f"{answer['equations']} equations, {number(answer['seconds'])} s"
    dimension = "∞" if answer["dimension"] is None else str(answer["dimension"])
    if answer["all_seconds"] is None:
        return f"{dimension}, {number(answer['seconds'])} s; no generators in the time given"
    share = "complete" if answer["complete"] else "incomplete"
    return f"{dimension}, {number(answer['seconds'])} s; generators {share}, {number(answer['all_seconds'])} s"


def row(entry: Mapping[str, Any], peers: Sequence[str]) -> list[str]:
    """One line of the table."""
    own = entry["liesym"]
    if "error" in own:
        cells = [own["error"], "", *[""] * len(STAGES), "", number(own["seconds"]), ""]
    else:
        dimension = "–" if own["dimension"] is None else str(own["dimension"])
        if entry["expected"] not in (None, own["dimension"]):
            dimension += f" (corpus: {entry['expected']})"
        times = [number(own["stages_cpu"].get(stage)) for stage in STAGES]
        spent = [number(own["cpu"]), number(own["seconds"]), f"{own['peak_mib']:.0f}"]
        cells = [dimension, own["completeness"], *times, *spent]
    return [f"`{entry['id']}`", *cells, *(told(p, entry["peers"].get(p)) for p in peers)]


def summary(done: Sequence[Mapping[str, Any]]) -> str:
    """One line a class."""
    rows = []
    for key, title in CLASSES.items():
        own = [e for e in done if e["class"] == key]
        if not own:
            continue
        seconds = [e["liesym"].get("cpu", e["liesym"]["seconds"]) for e in own]
        stated = [e for e in own if e["expected"] is not None]
        right = sum(e["liesym"].get("dimension") == e["expected"] for e in stated)
        proven = sum(e["liesym"].get("completeness") == "proven" for e in own)
        peak = max(e["liesym"].get("peak_mib", 0.0) for e in own)
        rows.append(
            [title, str(len(own)), f"{right} of {len(stated)}", str(proven), number(median(seconds)),
             number(max(seconds)), number(sum(seconds), 1), f"{peak:.0f}"]
        )  # fmt: skip
    head = ["class", "entries", "dimension as stated", "proven", "median s", "longest s", "sum s", "peak MiB"]
    return table(head, rows)


def targets(done: Sequence[Mapping[str, Any]]) -> str:
    """What was aimed at, and what came out, in processor and in wall seconds."""
    own = {e["id"]: e["liesym"] for e in done}
    higher = [e["liesym"] for e in done if e["class"] not in ("scalar-1", "more")]
    scalar = [e["liesym"] for e in done if e["class"] == "scalar-2"]
    rows = []

    def judge(what: str, cpu: float, wall: float, limit: float, unit: str = "s", ok: bool = True) -> None:
        verdict = "met" if ok and wall < limit else "met in processor time" if ok and cpu < limit else "missed"
        rows.append([what, f"{limit:g} {unit}", number(cpu), number(wall), verdict])

    if scalar:
        spent = [median([o.get(k, o["seconds"]) for o in scalar]) for k in ("cpu", "seconds")]
        judge("median scalar equation of order 2", *spent, 0.5)
    for id_, limit in LIMITS.items():
        if id_ in own:
            o = own[id_]
            judge(f"`{id_}`, proven", o.get("cpu", o["seconds"]), o["seconds"], limit, ok=o.get("completeness") == "proven")
    minutes = [sum(o.get(k, o["seconds"]) for o in higher) / 60 for k in ("cpu", "seconds")]
    judge("all entries of order 2 and above, one process", *minutes, LIMIT_MINUTES, "min")
    peak = max((o.get("peak_mib", 0.0) for o in own.values()), default=0.0)
    judge("largest peak memory", peak, peak, LIMIT_MIB, "MiB")
    return table(["target", "limit", "processor", "wall", ""], rows)


def page(done: Sequence[Mapping[str, Any]], record: Mapping[str, Any]) -> str:
    """The results page."""
    peers = list(record["peers"])
    head = ["entry", "dimension", "claim", *STAGES, "all", "wall", "peak MiB", *peers]
    made = ", ".join(f"{k} {v}" for k, v in record["versions"].items())
    beside = ", ".join(f"{name} {version}" for name, version in record["peers"].items()) or "none"
    free = min(1.0, (os.cpu_count() or 1) / max(1.0, *record["load"]))
    share = f"start-up included, at that load some {free * record['timeout']:.0f} s of a processor"
    which = "" if record["every"] == 1 else f", asked about every {record['every']}. entry to keep the run short"
    return "\n\n".join(
        [
            "# The engine on the corpus",
            "Written by `tests/benchmarks/bench_engine.py`. Processor seconds of a fork of a warm process, by stage "
            "and in all (every process here has one thread), wall seconds, peak memory of that fork. "
            f"Budget {record['budget']:.0f} s an entry. {made}. The load average of the machine was "
            f"{record['load'][0]:.1f} at the start and {record['load'][1]:.1f} at the end; above the number of cores, wall "
            "seconds say more about the others than about the engine.",
            f"Peers: {beside}"
            + (f"; {record['timeout']:.0f} s of wall time an entry, {share}{which}." if peers else ".")
            + " Where a cell is empty the peer does not apply or was not asked. CONTRIBUTING.md says how to make the "
            "environments of the peers.",
            "## Targets",
            targets(done),
            "## Classes",
            summary(done),
            "`proven` means that the verified generators are as many as the independent bound allows. "
            "Entries of order 1 have infinitely many symmetries: no dimension is stated, and the claim is "
            "about the shapes that were tried.",
            "## Entries",
            table(head, [row(e, peers) for e in done]),
        ]
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--corpus", type=Path, default=CORPUS)
    parser.add_argument("--every", type=int, default=1, help="ask the peers about every k-th entry")
    parser.add_argument("--budget", type=float, default=60.0)
    parser.add_argument("--timeout", type=float, default=60.0, help="seconds for a peer's answer")
    parser.add_argument("--delierium", default=os.environ.get("DELIERIUM_PYTHON"), metavar="PYTHON")
    parser.add_argument("--cinfsymmetries", default=os.environ.get("CINFSYMMETRIES_PYTHON"), metavar="PYTHON")
    parser.add_argument("--no-peers", action="store_true")
    parser.add_argument("--only", nargs="*", default=[], metavar="ID")
    parser.add_argument("--out", type=Path, default=RESULTS)
    options = parser.parse_args()
    peers = peers_of(options)
    warm_up()
    done, load = [], os.getloadavg()[0]
    for entry in entries(options.corpus, options.only, max(1, options.every)):
        own = analyze(entry, options.budget)
        asked = [(name, python) for name, (python, _) in peers.items() if applies(name, entry)]
        answers = {name: ask_peer(python, name, entry, options.timeout) for name, python in asked}
        done.append({**entry, "liesym": own, "peers": answers})
        said = "; ".join(f"{name}: {told(name, answer)}" for name, answer in answers.items())
        print(
            f"{entry['id']}: {own.get('completeness', own.get('error'))}, {own['seconds']:.2f} s  {said}",
            flush=True,
        )
    record = {
        "versions": versions(),
        "peers": {name: version for name, (_, version) in peers.items()},
        "budget": options.budget,
        "timeout": options.timeout,
        "every": options.every,
        "load": [load, os.getloadavg()[0]],
        "entries": done,
    }
    write(options.out, "engine", page(done, record), record)
    print(summary(done))


if __name__ == "__main__":
    main()
