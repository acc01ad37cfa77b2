"""Seconds by stage and peak memory for every entry of the corpus, with peers beside them.

    python tests/benchmarks/bench_engine.py [--min-order 1] [--no-peers]
        [--delierium PYTHON] [--cinfsymmetries PYTHON]

Each system is analyzed in a fork of one warm process. A peer answers in a process of its own under a
time-out; SymPy is asked where it applies (one equation of order 1), delierium and cinfsymmetries where an
interpreter with them is named (also by the environment variables DELIERIUM_PYTHON and
CINFSYMMETRIES_PYTHON). Writes docs/results/engine.md and engine.json.
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

from liesym.batch import read_corpus

CORPUS = ROOT / "tests" / "catalogue" / "corpus.json"
STAGES = ("determine", "certify", "solve", "verify")
CLASSES = {
    "scalar-1": "scalar equations of order 1",
    "scalar-2": "scalar equations of order 2",
    "scalar-34": "scalar equations of order 3 and 4",
    "parameter": "equations whose dimension depends on parameters",
    "system-1": "first-order systems",
    "system-2": "systems of order 2",
}


def entries(corpus: Path, least: int, only: Sequence[str]) -> list[dict[str, Any]]:
    """The corpus, its parameters as assumptions; `least` is the lowest order that is taken."""
    orders = {e["id"]: e["order"] for e in json.loads(corpus.read_text(encoding="utf-8"))}
    return [
        {
            "id": job.id,
            "class": job.group,
            "equations": list(job.equations),
            "independent": job.independent,
            "parameters": json.loads(job.parameters),
            "expected": job.expected,
        }
        for job in read_corpus(corpus)
        if orders[job.id] >= least and (not only or job.id in only)
    ]


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
    return (peer == "sympy") == (entry["class"] == "scalar-1") and (peer == "sympy" or entry["class"] != "system-1")


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
        return f"{dimension}, {number(answer['seconds'])} s; generators: none"
    share = "complete" if answer["complete"] else "incomplete"
    return f"{dimension}, {number(answer['seconds'])} s; generators {share}, {number(answer['all_seconds'])} s"


def row(entry: Mapping[str, Any], peers: Sequence[str]) -> list[str]:
    """One line of the table."""
    own = entry["liesym"]
    if "error" in own:
        cells = [own["error"], "", *[""] * len(STAGES), number(own["seconds"]), ""]
    else:
        dimension = "–" if own["dimension"] is None else str(own["dimension"])
        if entry["expected"] not in (None, own["dimension"]):
            dimension += f" (corpus: {entry['expected']})"
        times = [number(own["stages"].get(stage)) for stage in STAGES]
        cells = [dimension, own["completeness"], *times, number(own["seconds"]), f"{own['peak_mib']:.0f}"]
    return [f"`{entry['id']}`", *cells, *(told(p, entry["peers"].get(p)) for p in peers)]


def summary(done: Sequence[Mapping[str, Any]]) -> str:
    """One line a class."""
    rows = []
    for key, title in CLASSES.items():
        own = [e for e in done if e["class"] == key]
        if not own:
            continue
        seconds = [e["liesym"]["seconds"] for e in own]
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


def page(done: Sequence[Mapping[str, Any]], record: Mapping[str, Any]) -> str:
    """The results page."""
    peers = list(record["peers"])
    head = ["entry", "dimension", "claim", *STAGES, "all", "peak MiB", *peers]
    made = ", ".join(f"{k} {v}" for k, v in record["versions"].items())
    beside = ", ".join(f"{name} {version}" for name, version in record["peers"].items()) or "none"
    return "\n\n".join(
        [
            "# The engine on the corpus",
            "Written by `tests/benchmarks/bench_engine.py`. Wall seconds in a fork of a warm process; "
            f"peak memory of that fork. Budget {record['budget']:.0f} s an entry. {made}. Peers: {beside}"
            + (f", {record['timeout']:.0f} s an entry, start-up not counted." if peers else "."),
            summary(done),
            "`proven` means that the verified generators are as many as the independent bound allows. "
            "Entries of order 1 have infinitely many symmetries: no dimension is stated, and the claim is "
            "about the shapes that were tried.",
            table(head, [row(e, peers) for e in done]),
        ]
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--corpus", type=Path, default=CORPUS)
    parser.add_argument("--min-order", type=int, default=2, help="lowest order of the entries that are taken")
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
    done = []
    for entry in entries(options.corpus, options.min_order, options.only):
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
        "entries": done,
    }
    write(options.out, "engine", page(done, record), record)
    print(summary(done))


if __name__ == "__main__":
    main()
