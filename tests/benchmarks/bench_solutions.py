"""How many equations of the books are solved: liesym.solve and SymPy's dsolve in one run, the same check, the same limit.

    python tests/benchmarks/bench_solutions.py BOOKS.json --done ANSWERS.jsonl [--sample 40] [--peer-sample 40] [--budget 30]

The lists are chapters 1 and 6 of Kamke in tests/catalogue and those of the file of books, a list of {"id", "equation"} with
ids such as kamke2_13 or murphy1_4. Samples are seeded. Every question is asked in a process of its own; answers stand in a
file of lines as soon as they are there (--done), and a second call goes on where the first ended; --solvers says whose
turn it is. The page is written from them, with --page alone from those that are there.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import random
import resource
import sys
import time
import traceback
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from functools import partial
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from kamke import equations as kamke_equations
from measure import RESULTS, ROOT, median, number, table, versions, write
from same_check import of_curve, of_relation, of_value, with_functions
from sympy import Expr, Function, I, Integral, Symbol, dsolve
from sympy.core.function import AppliedUndef
from sympy.functions.special.bessel import AiryBase, BesselBase
from sympy.functions.special.hyper import TupleParametersBase

import liesym
import liesym.base.budget as budget_module
from liesym.coefficients.hypergeometric import HYPERGEOMETRIC
from liesym.coefficients.waves import WAVES
from liesym.errors import LiesymError
from liesym.reduction.record import Solution
from liesym.text.equations import read_residuals

SEED = 3
"""Methods are developed on equations outside of this sample."""
GRACE, CHECK = 4.0, 20.0
"""Seconds of the processor beyond the limit that an answer is waited for, and that its check may take after that."""
SLOWER = 8
"""Times that the clock may go faster than the processor works for one process."""
LISTS = {"kamke1": "Kamke 1", "kamke2": "Kamke 2", "kamke6": "Kamke 6", "murphy1": "Murphy 1", "murphy2": "Murphy 2"}
SOLVED = ("closed", "named", "implicit", "parametric")
REDUCED = "Abel or Painlevé"
"""Not solved, but called by the name of what it is or reduces to."""
OUTCOMES = (*SOLVED, "unchecked", "wrong", REDUCED, "none", "out of time", "refused", "raw error")
NAMED = (BesselBase, AiryBase, TupleParametersBase, Integral, *HYPERGEOMETRIC, *WAVES)
Answer = Mapping[str, Any]
Verdict = tuple[str, str, Sequence[Callable[[], str]]]
"""What it is, the answer as text, and a check of each of its branches."""


def questions(books: Path | None, sample: int) -> list[dict[str, str]]:
    """The sample of every list, one of each after the other, so that a run that is cut short has of all of them."""
    lists: dict[str, list[tuple[str, str]]] = {
        name: kamke_equations(ROOT / "tests" / "catalogue" / f"{name}.txt") for name in ("kamke1", "kamke6")
    }
    for entry in json.loads(books.read_text(encoding="utf-8")) if books else ():
        lists.setdefault(entry["id"].split("_")[0], []).append((entry["id"].split("_")[1], entry["equation"]))
    chosen = {n: random.Random(SEED).sample(e, len(e))[:sample] for n, e in sorted(lists.items())}
    rounds = range(max(map(len, chosen.values())))
    return [{"list": n, "number": e[k][0], "equation": e[k][1]} for k in rounds for n, e in chosen.items() if k < len(e)]


# -- one question ------------------------------------------------------------------------------------


def ours(text: str, budget: float) -> Verdict:
    """What liesym finds, and the verdict of the check on it."""
    found = liesym.solve(text, independent="x", budget=budget)
    if not found.found:
        named = next((n for n in found.notes if "Abel's equation" in n or "Painlevé's" in n), None)
        return (REDUCED, named, ()) if named else ("out of time" if found.stopped else "none", "", ())
    read = read_residuals(text, independent="x")
    x, y = read.space.independent, read.space.unknowns[0]
    residual, order = with_functions(read.expressions[0]), read.space.order_of(read.expressions[0])
    values = [e.rhs for e in found.explicit]
    shown = [(with_functions(v), on) for v, on in zip(values, found.on, strict=True)]
    checks = [partial(of_value, residual, x, y, order, v, on) for v, on in shown]
    if not values and found.parametric is not None and found.parameter is not None and found.equation is None:
        curve = tuple(map(with_functions, found.parametric))
        checks = [partial(of_curve, residual, x, y, order, curve, found.parameter, found.relation_on)]
    elif not values and found.equation is not None:
        checks = [partial(of_relation, residual, x, y, order, with_functions(found.equation.lhs), found.constants)]
    return _kind(found, values), str(found)[:300], checks


def _kind(found: Solution, values: Sequence[Expr]) -> str:
    whole = [v for v in values if v.free_symbols.issuperset(found.constants)]
    if whole:
        return "named" if all(v.has(*NAMED) for v in whole) else "closed"
    if found.equation is not None or values:
        return "implicit" if not values else "closed"
    return "parametric"


def _worst(checks: Sequence[str]) -> str:
    return next((word for word in ("wrong", "unchecked") if word in checks), "right")


def theirs(text: str, budget: float) -> Verdict:
    """The same of SymPy's dsolve; the limit is that of the process."""
    read = read_residuals(text, independent="x")
    residual, x, y = read.expressions[0], read.space.independent, read.space.unknowns[0]
    order = read.space.order_of(residual)
    plain = {s: Symbol(s.name) for s in residual.free_symbols}
    f = Function("y")(plain[x] if x in plain else Symbol("x"))
    t = f.args[0]
    jets = {read.space.coordinate(0, k): f.diff(t, k) if k else f for k in range(order, -1, -1)}
    found = dsolve(residual.xreplace({**plain, **jets}), f)
    answers = found if isinstance(found, list) else [found]
    answers = [a for a in answers if not a.has(I)] or answers
    names = {Symbol(s.name): s for s in residual.free_symbols} | {Symbol("x"): x}
    checks, kinds, open_ones = [], [], with_functions(residual)
    for answer in answers:
        left, right = (e.xreplace({f: y}).xreplace(names) for e in answer.args)
        if right.getO() is not None:
            return "none", "a power series", ()
        if left == y and not right.has(y):
            kinds.append("named" if right.has(*NAMED) else "closed")
            checks.append(partial(of_value, open_ones, x, y, order, with_functions(right)))
        else:
            kinds.append("implicit")
            constants = sorted((s for s in (left - right).free_symbols if s.name.startswith("C")), key=str)
            checks.append(partial(of_relation, open_ones, x, y, order, with_functions(left - right), constants))
    return max(kinds, key=SOLVED.index), str(answers)[:300], checks


def _on_processor_time() -> None:
    """Budgets of this process in seconds of the processor: what else runs on the machine ends none."""
    clock = budget_module.now
    for module in list(sys.modules.values()):
        if getattr(module, "now", None) is clock:
            module.now = time.process_time  # type: ignore[attr-defined]


def _answer(solver: Callable[[str, float], Verdict], text: str, budget: float, pipe: Connection) -> None:
    _on_processor_time()
    begun = time.process_time()
    limit, checks = round(begun + budget + GRACE), ()
    resource.setrlimit(resource.RLIMIT_CPU, (limit, round(limit + CHECK)))
    try:
        kind, shown, checks = solver(text, budget)
    except (LiesymError, NotImplementedError) as error:
        kind, shown = "refused", f"{type(error).__name__}: {str(error).splitlines()[0]}"
    except Exception as error:
        where = traceback.extract_tb(error.__traceback__)[-1]
        kind, shown = "raw error", f"{type(error).__name__}: {str(error)[:100]} ({where.name})"
    spent = time.process_time() - begun
    outcome = "unchecked" if kind in SOLVED else kind
    pipe.send({"outcome": outcome, "kind": kind, "answer": shown, "seconds": spent})
    if kind in SOLVED:
        resource.setrlimit(resource.RLIMIT_CPU, (round(begun + spent + CHECK), round(limit + CHECK)))
        pipe.send(_worst([check() for check in checks]))


def asked(solver: Callable[[str, float], Verdict], text: str, budget: float) -> dict[str, Any]:
    """One question in a fork of this warm process, killed some seconds of the processor after its limit."""
    context = multiprocessing.get_context("fork")
    here, there = context.Pipe(duplex=False)
    process = context.Process(target=_answer, args=(solver, text, budget, there))
    process.start()
    there.close()
    limit = budget + GRACE
    answer = {"outcome": "out of time", "kind": "out of time", "answer": "", "seconds": limit}
    with suppress(EOFError):  # the system ended it at its limit
        if here.poll(SLOWER * limit):
            answer = here.recv()
            if answer["outcome"] == "unchecked" and here.poll(SLOWER * CHECK):
                check = here.recv()
                answer["outcome"] = answer["kind"] if check == "right" else check
    process.kill()
    process.join()
    return answer


SOLVERS = {"liesym": ours, "sympy": theirs}

# -- the page ----------------------------------------------------------------------------------------


def has_open_function(text: str) -> bool:
    """True of an equation with f(x), g(y), …; False also of one that is refused."""
    try:
        return any(e.has(AppliedUndef) for e in read_residuals(text, independent="x").expressions)
    except LiesymError:
        return False


def counted(done: Sequence[Answer], solver: str, name: str) -> list[str]:
    """One row: how many of each outcome, and seconds."""
    answers = [e for e in done if e["solver"] == solver and e["list"] == name]
    outcomes = Counter(e["outcome"] for e in answers)
    solved = sum(outcomes[o] for o in SOLVED)
    definite = [e["outcome"] in SOLVED for e in answers if not has_open_function(e["equation"])]
    shares = f"{solved} of {len(answers)}", f"{sum(definite)} of {len(definite)}"
    seconds = number(median([e["seconds"] for e in answers]), 1)
    return [LISTS[name], solver, *shares, *(str(outcomes[o]) for o in OUTCOMES), seconds]


def page(done: Sequence[Answer], record: Mapping[str, Any]) -> str:
    """The results as Markdown."""
    made = ", ".join(f"{k} {v}" for k, v in record["versions"].items())
    sizes = {(e["solver"], e["list"]) for e in done}
    rows = [counted(done, s, n) for n in LISTS for s in SOLVERS if (s, n) in sizes]
    both = [e for e in done if e["solver"] == "sympy"]
    keys = {(e["list"], e["number"]) for e in both}
    same = [e for e in done if e["solver"] == "liesym" and (e["list"], e["number"]) in keys]
    shares = [sum(e["outcome"] in SOLVED for e in part) for part in (same, both)]
    head = (
        "# Equations of the books, solved\n\nWritten by `tests/benchmarks/bench_solutions.py`. "
        f"{made}.\n\nSamples drawn with seed {SEED} from chapters 1, 2 and 6 of Kamke and parts 1 and 2 of Murphy; "
        f"{record['budget']:g} seconds of the processor an equation for both solvers. Every answer was "
        "inserted in its equation with numbers at random places, by a check that shares nothing with those of liesym: an "
        "answer counts as solved if all its branches are right there. Closed: `y = …` in elementary functions; named: "
        "with special functions or integrals; unchecked: no real place was found in the time of the check. Open functions "
        "are made definite ones for the check. Abel or Painlevé: not solved, but found to be, or to be reduced by a "
        "symmetry to, an equation of that name, which in general has no solution by quadratures. Methods were developed "
        "on equations outside of this sample, which was asked once, of one state of the code; SymPy was asked fewer, as "
        "time allowed.\n\n"
        f"Of the {len(both)} equations that both were asked, liesym solved **{shares[0]}** and SymPy **{shares[1]}**.\n\n"
    )
    head += table(["list", "solver", "solved", "without open functions", *OUTCOMES, "median s"], rows)
    shown = [
        [f"{e['list']} {e['number']}", e["solver"], f"`{e['equation']}`", e["outcome"], number(e["seconds"], 1)]
        for e in done
    ]
    return head + "\n\n" + table(["", "solver", "equation", "outcome", "s"], sorted(shown)) + "\n"


def main() -> None:
    """Ask what is not there yet, then write the page."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("books", type=Path, nargs="?", help="A JSON list of equations with ids.")
    parser.add_argument("--sample", type=int, default=40)
    parser.add_argument("--peer-sample", type=int, default=40)
    parser.add_argument("--budget", type=float, default=30.0)
    parser.add_argument("--cpu", type=float, default=7200.0, help="Processor seconds after which no question is begun.")
    parser.add_argument("--solvers", nargs="+", choices=[*SOLVERS], default=[*SOLVERS], help="Who is asked.")
    parser.add_argument("--done", type=Path, required=True, help="The file of answers, one a line.")
    parser.add_argument("--page", action="store_true", help="Ask nothing.")
    parser.add_argument("--out", type=Path, default=RESULTS)
    given = parser.parse_args()
    lines = given.done.read_text(encoding="utf-8").splitlines() if given.done.exists() else []
    done = [json.loads(line) for line in lines]
    known = {(e["solver"], e["list"], e["number"]) for e in done}
    if not given.page:
        liesym.solve("y'' + y = x", independent="x")
        spent, counts = sum(e["seconds"] for e in done), Counter((e["solver"], e["list"]) for e in done)
        for question in questions(given.books, given.sample):
            for name in given.solvers:
                solver = SOLVERS[name]
                key = (name, question["list"], question["number"])
                full = name == "sympy" and counts[name, question["list"]] >= given.peer_sample
                if key in known or full or spent > given.cpu:
                    continue
                answer = {"solver": name, **question, **asked(solver, question["equation"], given.budget)}
                done.append(answer)
                counts[name, question["list"]] += 1
                spent += answer["seconds"]
                with given.done.open("a", encoding="utf-8") as file:
                    file.write(json.dumps(answer, ensure_ascii=False) + "\n")
                print(*key, answer["outcome"], f"{answer['seconds']:.1f}", answer["answer"].splitlines()[:1], flush=True)
    record = {"versions": versions(), "seed": SEED, "budget": given.budget, "answers": done}
    write(given.out, "solutions", page(done, record), record)


if __name__ == "__main__":
    main()
