"""What two versions say of the same equations, side by side: nothing that was right is lost.

    PYTHONPATH=VERSION python tests/benchmarks/bench_kept.py ask OUT.json [--books FILE] [--kind branches|plain] [--for 600]
        [--sample 20 --seed 1]
    python tests/benchmarks/bench_kept.py compare OLD.json NEW.json

`ask` writes for each equation the claim, the dimension, and how many generators and first integrals were found, by the
`liesym` that is imported, through its public names alone. It goes on where it stopped, equations with roots, absolute
values, logarithms, inverse functions or fractional powers first. Budgets are seconds of the processor, so that what else
runs on the machine ends none. `compare` prints a line for each difference, and with `--page` writes the page and what
it is made from to docs/results, with the reasons that `kept_reasons.json` beside this file gives.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import random
import re
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import liesym

RESULTS = Path(__file__).resolve().parents[2] / "docs" / "results"
REASONS = Path(__file__).with_name("kept_reasons.json")
"""Why less is said of an equation, by its name."""
CATALOGUE = Path(__file__).resolve().parents[1] / "catalogue"
BRANCHES = re.compile(
    r"sqrt|abs|log|ln|sign|asin|acos|atan|acot|asec|acsc|arc|\^\(?-?[\d.]*[a-z]|\^\(-?\d+/\d+\)|\^\(?-?\d*\.\d"
)
PATIENCE = 60.0
"""Seconds on the wall after which an answer is waited for no longer; the machine may be busy with other things."""
COUNTS = ("dimension", "generators", "families", "integrals")


def entries(books: Path | None) -> Iterator[dict[str, Any]]:
    """The corpus, both chapters of the catalogue, and a file with more equations: id, independent, equations, parameters."""
    for chapter in (1, 6):
        lines = (CATALOGUE / f"kamke{chapter}.txt").read_text(encoding="utf-8").splitlines()
        for line in lines:
            if line and line[0] != "#":
                number, _, equation = line.partition(" ")
                yield {"id": f"kamke{chapter}_{number}", "independent": "x", "equations": [equation], "parameters": {}}
    for file in (CATALOGUE / "corpus.json", books):
        for entry in json.loads(file.read_text(encoding="utf-8")) if file else ():
            equations = entry.get("equations") or [entry["equation"]]
            parameters = entry.get("parameters", {})
            name = entry["id"] if file == books else f"corpus_{entry['id']}"  # some have the ids of the chapters
            yield {"id": name, "independent": entry["independent"], "equations": equations, "parameters": parameters}


def has_branches(entry: Mapping[str, Any]) -> bool:
    """True if some right side is not analytic between its poles, as far as the text shows it."""
    return bool(BRANCHES.search("; ".join(entry["equations"])))


def _answer(entry: Mapping[str, Any], budget: float, pipe: Connection) -> None:
    answer: dict[str, Any] = {}
    time.monotonic = time.process_time  # both versions look at the clock through it
    try:
        text = "; ".join(entry["equations"])
        system = liesym.ODESystem.parse(text, independent=entry["independent"], parameters=entry["parameters"])
        result = liesym.find_symmetries(system, budget=budget)
        answer = {
            "claim": result.completeness.value,
            "dimension": result.dimension,
            "generators": len(result.generators),
            "families": len(result.families),
            "notes": list(result.notes),
            "shown": [str(g.components) for g in result.generators],
        }
        found = liesym.first_integrals(system, budget=budget)
        answer |= {"integrals": len(found), "shown integrals": [str(e) for e in found]}
    except Exception as error:  # whatever it is, it is an answer to compare
        answer["error"] = f"{type(error).__name__}: {str(error).splitlines()[0] if str(error) else ''}"
    pipe.send(answer)


def sampled(chosen: list[dict[str, Any]], count: int, seed: int) -> list[dict[str, Any]]:
    """So many of each collection, drawn; all if the count is 0."""
    by_collection: dict[str, list[dict[str, Any]]] = {}
    for entry in chosen:
        by_collection.setdefault(entry["id"].partition("_")[0], []).append(entry)
    if not count:
        return chosen
    return [
        e
        for name, them in by_collection.items()
        for e in random.Random(f"{name} {seed}").sample(them, min(count, len(them)))
    ]


def asked(entry: Mapping[str, Any], budget: float) -> dict[str, Any]:
    """The answers to one equation, by a fork that is ended some seconds after its budget."""
    context = multiprocessing.get_context("fork")
    here, there = context.Pipe(duplex=False)
    process = context.Process(target=_answer, args=(entry, budget, there))
    begun = time.perf_counter()
    process.start()
    there.close()
    answer: dict[str, Any] = {"error": "no answer in time"}
    try:
        if here.poll(2 * budget + PATIENCE):
            answer = here.recv()
    except EOFError:
        answer = {"error": "the process ended without an answer"}
    process.kill()
    process.join()
    return {**answer, "seconds": round(time.perf_counter() - begun, 2)}


def ask(options: argparse.Namespace) -> None:
    """Ask what is not yet in the file, for as long as was said; a line an equation."""
    end = time.perf_counter() + options.seconds
    done: dict[str, Any] = json.loads(options.out.read_text()) if options.out.exists() else {}
    chosen = [e for e in entries(options.books) if e["id"] in options.only or not options.only]
    chosen = sampled(chosen, options.sample, options.seed)
    for entry in sorted(chosen, key=lambda e: not has_branches(e)):
        known = entry["id"] in done and not options.only
        if known or (options.kind != "all" and has_branches(entry) is not (options.kind == "branches")):
            continue
        if time.perf_counter() > end:
            return
        done[entry["id"]] = {"equations": entry["equations"], **asked(entry, options.budget)}
        options.out.write_text(json.dumps(done, indent=1, ensure_ascii=False) + "\n")


def differences(old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[str]:
    """For each equation that both were asked, what they say otherwise."""
    for name in old:
        if name not in new:
            continue
        before, after = old[name], new[name]
        told = [
            f"{k} {before.get(k)} -> {after.get(k)}" for k in ("claim", *COUNTS, "error") if before.get(k) != after.get(k)
        ]
        if told:
            yield f"{name}: {'; '.join(before['equations'])}: {', '.join(told)}"


def is_less(before: Mapping[str, Any], after: Mapping[str, Any]) -> bool:
    """True if the second answer claims or holds less than the first."""
    rank = {"proven": 2, "within ansatz": 1}
    fewer = any((before.get(k) or 0) > (after.get(k) or 0) for k in COUNTS)
    return fewer or rank.get(before.get("claim", ""), 0) > rank.get(after.get("claim", ""), 0)


def compare(options: argparse.Namespace) -> None:
    """The table of differences, losses marked, and the counts."""
    old, new = (json.loads(file.read_text()) for file in (options.old, options.new))
    both = [name for name in old if name in new]
    lost = {name for name in both if is_less(old[name], new[name])}
    lines = list(differences(old, new))
    for line in lines:
        print("LESS" if line.partition(":")[0] in lost else "    ", line)
    print(f"{len(both)} equations asked of both, {len(lines)} with another answer, {len(lost)} with a lesser one")
    if options.page:
        collections = Counter(name.partition("_")[0] for name in both)
        record = {
            "setting": options.setting,
            "collections": dict(sorted(collections.items())),
            "less": [line for line in lines if line.partition(":")[0] in lost],
            "other": [line for line in lines if line.partition(":")[0] not in lost],
        }
        RESULTS.joinpath("kept.json").write_text(json.dumps(record, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
        RESULTS.joinpath("kept.md").write_text(page(record), encoding="utf-8")


def page(record: Mapping[str, Any]) -> str:
    """The page: what was asked, each equation of which less is said with its reason, and the other differences."""
    reasons = json.loads(REASONS.read_text(encoding="utf-8"))
    asked = ", ".join(f"{count} of {name}" for name, count in record["collections"].items())
    less, other = record["less"], record["other"]
    table = [_row(line, reasons.get(line.partition(":")[0], "not explained")) for line in less]
    rest = [f"* `{line}`" for line in other]
    return "\n".join(
        [
            "# What two versions say of the same equations",
            "",
            f"{record['setting']} Asked of both: {asked}. {len(less) + len(other)} answers differ,",
            f"of {len(less)} the new one is less: a claim, or a count of generators, families or integrals.",
            "Each of these has its reason.",
            "",
            "| equation | old and new | reason |",
            "|---|---|---|",
            *table,
            "",
            "Other differences:",
            "",
            *rest,
            "",
            "Made by `tests/benchmarks/bench_kept.py` from `kept.json` beside this page and `kept_reasons.json`.",
            "",
        ]
    )


def _row(line: str, reason: str) -> str:
    name, _, rest = line.partition(": ")
    equations, _, told = rest.rpartition(": ")
    return f"| {name}: `{equations}` | {told} | {reason} |".replace("\n", " ")


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    commands = parser.add_subparsers(required=True)
    asking = commands.add_parser("ask")
    asking.add_argument("out", type=Path)
    asking.add_argument("--books", type=Path, help="more equations, as the corpus has them")
    asking.add_argument("--budget", type=float, default=10.0, help="seconds for symmetries, and as many for integrals")
    asking.add_argument("--kind", choices=("all", "branches", "plain"), default="all")
    asking.add_argument("--for", dest="seconds", type=float, default=float("inf"), help="seconds after which it stops")
    asking.add_argument("--sample", type=int, default=0, help="equations of each collection; all if left out")
    asking.add_argument("--seed", type=int, default=1, help="of the sample")
    asking.add_argument("--only", nargs="*", default=[], help="ids to ask, again if they are in the file")
    asking.set_defaults(run=ask)
    comparing = commands.add_parser("compare")
    comparing.add_argument("old", type=Path)
    comparing.add_argument("new", type=Path)
    comparing.add_argument("--page", action="store_true", help="write the page too")
    comparing.add_argument("--setting", default="", help="a sentence for the page: versions, budgets, sample")
    comparing.set_defaults(run=compare)
    options = parser.parse_args()
    options.run(options)


if __name__ == "__main__":
    main()
