"""First-order equations beside SymPy, biological models beside symident: processor seconds, and how much each one finds.

    python tests/benchmarks/bench_first_order.py [--timeout 60] [--sample 60] [--symident PYTHON]

Each question is answered in a process of its own under a time limit, start-up not counted: liesym in a fork of one
warm process, a peer in a fresh one after its imports. SymPy's `infinitesimals` is asked for the scalar equations of
the corpus and a random sample of Kamke's first chapter; symident for the models of tests/catalogue/biology.json, where
an interpreter with it is named (also by the environment variable SYMIDENT_PYTHON). Writes
docs/results/first-order.md and first-order.json.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import random
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from bench_engine import entries as corpus_entries
from bench_kamke6 import equations
from measure import (
    PATIENCE,
    RESULTS,
    ROOT,
    ask_peer,
    asked,
    median,
    number,
    peer_version,
    table,
    versions,
    warm_up,
    write,
)

import liesym
from liesym.errors import LiesymError
from liesym.model.system import ODESystem
from liesym.symmetries.identifiability import unidentifiable
from liesym.text import read_expression

CATALOGUE = ROOT / "tests" / "catalogue"
Answer = dict[str, Any]
KEYS = ("affine", "quadratic", "hidden", "symident scalings", "symident all")


# -- the two sides -----------------------------------------------------------------------------------


def forked(work: Callable[[], Answer], timeout: float) -> Answer:
    """The answer of a fork of this process with its seconds, or what went wrong."""
    context = multiprocessing.get_context("fork")
    here, there = context.Pipe(duplex=False)
    process = context.Process(target=_send, args=(work, there))
    process.start()
    there.close()
    try:
        answer = here.recv() if here.poll(timeout + PATIENCE) else {"error": f"no answer in {timeout + PATIENCE:.0f} s"}
    except EOFError:
        answer = {"error": "the process ended without an answer"}
    process.kill()
    process.join()
    return answer


def _send(work: Callable[[], Answer], pipe: Connection) -> None:
    start, started = time.perf_counter(), time.process_time()
    try:
        answer = work()
    except LiesymError as error:
        answer = {"error": f"{type(error).__name__}: {str(error).splitlines()[0]}"}
    pipe.send(answer | {"seconds": time.perf_counter() - start, "cpu": time.process_time() - started})


def scalar(entry: Mapping[str, Any], timeout: float) -> Answer:
    """Symmetries of one equation with no ansatz given; the trivial ones are not counted."""
    system = ODESystem.parse("; ".join(entry["equations"]), independent=entry["independent"], parameters=entry["parameters"])
    result = liesym.find_symmetries(system, budget=timeout)
    return {"nontrivial": len(result.nontrivial), "completeness": result.completeness.value}


def in_form(model: Mapping[str, Any], ansatz: str, *, moving: bool, timeout: float) -> Answer:
    """All symmetries of a form."""
    system = ODESystem.parse("; ".join(model["equations"]))
    result = liesym.find_symmetries(system.with_moving_parameters() if moving else system, ansatz, budget=timeout)
    return {"found": len(result.generators), "completeness": result.completeness.value}


def hidden(model: Mapping[str, Any], timeout: float) -> Answer:
    """Independent directions behind the observables."""
    system = ODESystem.parse("; ".join(model["equations"]))
    symbols = {s.name: s for s in (*system.variables, *system.parameter_symbols)}
    seen = [read_expression(h, symbols=symbols) for h in model["observables"]]
    found = unidentifiable(system, seen, budget=timeout)
    return {"found": len(found.directions), "generators": list(map(str, found.directions))}


def question(model: Mapping[str, Any], *, reconstruct: bool) -> Answer:
    """What symident is asked; unknowns with x' = 0 are parameters to it."""
    system = ODESystem.parse("; ".join(model["equations"]))
    sides = {name: side.strip() for name, _, side in (e.partition("' = ") for e in model["equations"])}
    return {
        "names": [s.name for s in (*system.variables, *system.parameter_symbols)],
        "rates": {name: side for name, side in sides.items() if side != "0"},
        "observables": model["observables"],
        "reconstruct": reconstruct,
    }


# -- what is asked -----------------------------------------------------------------------------------


def scalar_entries(sample: int, seed: int) -> list[dict[str, Any]]:
    """Scalar equations of order 1 of the corpus, and a random sample of Kamke's chapter 1 where it is there."""
    found = [e for e in corpus_entries(CATALOGUE / "corpus.json", (), 1) if e["class"] == "scalar-1"]
    collection = CATALOGUE / "kamke1.txt"
    listed = equations(collection) if collection.exists() else []
    # SymPy has no arbitrary functions here, so equations with some are left out
    plain = [(n, e) for n, e in listed if not ODESystem.parse(e, independent="x").functions]
    chosen = sorted(random.Random(seed).sample(plain, min(sample, len(plain))), key=lambda pair: listed.index(pair))
    return found + [{"id": f"Kamke 1.{n}", "equations": [e], "independent": "x", "parameters": {}} for n, e in chosen]


def compare_scalar(entry: Mapping[str, Any], timeout: float) -> dict[str, Any]:
    """Both answers to one equation."""
    own = forked(lambda: scalar(entry, timeout), timeout)
    return {**entry, "liesym": own, "sympy": ask_peer(sys.executable, "sympy", entry, timeout)}


def compare_model(model: Mapping[str, Any], python: str | None, timeout: float) -> dict[str, Any]:
    """Everything about one model."""
    done: dict[str, Any] = {
        **model,
        "affine": forked(lambda: in_form(model, "affine", moving=True, timeout=timeout), timeout),
        "quadratic": forked(lambda: in_form(model, "polynomial: 2", moving=False, timeout=timeout), timeout),
    }
    if model["observables"]:
        done["hidden"] = forked(lambda: hidden(model, timeout), timeout)
    if python and model["observables"]:
        done["symident scalings"] = asked(python, "symident", question(model, reconstruct=False), timeout)
        done["symident all"] = asked(python, "symident", question(model, reconstruct=True), timeout)
    return done


# -- the page ----------------------------------------------------------------------------------------


def told(answer: Mapping[str, Any] | None) -> str:
    """Number and seconds in a cell."""
    if answer is None:
        return ""
    if "error" in answer:
        return str(answer["error"]).split(":")[0]
    claim = "" if answer.get("completeness") != "open" else ", open"
    found = answer["nontrivial"] if "nontrivial" in answer else answer["found"]
    return f"{found}{claim}, {number(answer['cpu'])} s"


def scalar_summary(done: Sequence[Mapping[str, Any]]) -> str:
    """How many are answered with a symmetry that is not trivial, and in what time."""
    rows = []
    for group, title in (("Kamke", "Kamke, sample"), ("", "corpus")):
        part = [e for e in done if e["id"].startswith("Kamke") == bool(group)]
        if not part:
            continue
        for peer in ("liesym", "sympy"):
            answers = [e[peer] for e in part]
            good = [a for a in answers if a.get("nontrivial")]
            trivial = sum(1 for a in answers if a.get("nontrivial") == 0)
            rows.append(
                [title, peer, str(len(part)), str(len(good)), str(trivial), str(sum("error" in a for a in answers)),
                 number(median([a["cpu"] for a in good])), str(sum(a["nontrivial"] for a in good))]
            )  # fmt: skip
    head = ["equations", "", "asked", "answered by a nontrivial symmetry", "by trivial ones or none", "no answer"]
    return table([*head, "median s of answers", "symmetries in all"], rows)


def model_row(model: Mapping[str, Any]) -> list[str]:
    """One line of the models."""
    system = ODESystem.parse("; ".join(model["equations"]))
    moving = sum(1 for f in system.rhs if f != 0)
    constants = len(system.parameters) + len(system.rhs) - moving
    cells = [told(model.get(k)) for k in KEYS]
    return [model["id"], f"{moving}, {constants}", *cells]


def scalar_part(record: Mapping[str, Any]) -> list[str]:
    """The section on single equations, nothing where none was asked."""
    if not record["scalar"]:
        return []
    return [
        "## One equation",
        f"At most {record['timeout']:.0f} s of wall time an answer, on a machine with other work on it: a question without "
        "an answer may have had only a part of that as processor time.",
        scalar_summary(record["scalar"]),
        "SymPy's `infinitesimals` with all its heuristics stops at the first symmetry that it finds; liesym climbs its "
        "whole ladder. So the numbers differ in meaning: what counts is whether there is a nontrivial one. No ansatz is "
        "given.",
        table(
            ["equation", "id", "liesym: nontrivial", "SymPy: nontrivial"],
            [[f"`{e['equations'][0]}`", e["id"], told(e["liesym"]), told(e["sympy"])] for e in record["scalar"]],
        ),
    ]


def page(record: Mapping[str, Any]) -> str:
    """The results page."""
    made = ", ".join(f"{k} {v}" for k, v in record["versions"].items())
    models = [
        *("model", "unknowns, parameters", "affine, parameters moving", "quadratic in time and state"),
        *("behind the observables", "symident: scalings", "symident: all"),
    ]
    peer = f"symident {record['symident']}" if record["symident"] else "symident was not installed"
    return "\n\n".join(
        [
            "# First-order equations beside SymPy and symident",
            f"Written by `tests/benchmarks/bench_first_order.py`. {made}; {peer}. Number found, and seconds of processor "
            "time, start-up and imports not counted.",
            *scalar_part(record),
            "## Biological models",
            f"At most {record['model_timeout']:.0f} s of wall time an answer. The first two columns count generators "
            "over time, states and parameters, complete within their form. Behind the observables stand the "
            "independent directions of states and parameters that leave time and the observables alone, affine in time and "
            "states with any dependence on the parameters. symident looks for directions that leave the observables alone, "
            "for scalings only or for all; they need not be symmetries of the whole system, and it does not look at time.",
            table(models, [model_row(m) for m in record["models"]]),
        ]
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--timeout", type=float, default=60.0)
    parser.add_argument("--model-timeout", type=float, default=120.0, help="the same for the biological models")
    parser.add_argument(
        "--only", nargs="*", default=[], metavar="ID", help="scalar equations of the corpus, all unless given"
    )
    parser.add_argument("--sample", type=int, default=60, help="equations of Kamke's first chapter")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--symident", default=os.environ.get("SYMIDENT_PYTHON", sys.executable), metavar="PYTHON")
    parser.add_argument("--out", type=Path, default=RESULTS)
    options = parser.parse_args()
    version = peer_version(options.symident, "symident")
    python = options.symident if version else None
    warm_up()
    models = []
    for model in json.loads((CATALOGUE / "biology.json").read_text(encoding="utf-8")):
        models.append(compare_model(model, python, options.model_timeout))
        print(" | ".join(model_row(models[-1])), flush=True)
    record: dict[str, Any] = {
        "versions": versions(), "symident": version, "timeout": options.timeout, "model_timeout": options.model_timeout,
        "seed": options.seed, "scalar": [], "models": models,
    }  # fmt: skip
    write(options.out, "first-order", page(record), record)
    for entry in scalar_entries(options.sample, options.seed):
        if options.only and entry["id"] not in options.only and not entry["id"].startswith("Kamke"):
            continue
        record["scalar"].append(compare_scalar(entry, options.timeout))
        write(options.out, "first-order", page(record), record)  # an interrupted run keeps what it has
        last = record["scalar"][-1]
        print(entry["id"], told(last["liesym"]), "| sympy:", told(last["sympy"]), flush=True)
    print(scalar_summary(record["scalar"]))


if __name__ == "__main__":
    main()
