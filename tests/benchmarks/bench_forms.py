"""How long are printed answers? Equations of the textbooks, the answer of `liesym.solve` beside the book's.

python tests/benchmarks/bench_forms.py [--budget 30] [--page]

With --page, docs/results/forms.json and forms.md are written. The length of an answer is its number of names, numbers and
operators. Every textbook answer is inserted in its equation with numbers before it counts.
"""

from __future__ import annotations

import argparse
import re
import time
from typing import Any

from measure import RESULTS, number, table, versions
from measure import write as write_page
from sympy import Expr, Symbol
from textbook_answers import ANSWERS

import liesym
from liesym.base.typed import expr
from liesym.model.system import ODESystem
from liesym.reduction.checked import look_at_value
from liesym.reduction.record import Solution
from liesym.text import write

LONG = 1.5
"""Times the textbook's length up to which an answer is called short."""


def length(answer: str) -> int:
    """Names, numbers and operators; parentheses are not counted."""
    return len(re.findall(r"[A-Za-z_]\w*|\d+|[-+*/^=]", answer))


def constants_in(text: str) -> tuple[Symbol, ...]:
    """C1, C2, … as far as they occur."""
    return tuple(Symbol(name, real=True) for name in ("C1", "C2", "C3") if name in text)


def value_of(answer: str) -> Expr:
    """An answer of the table as an expression with real names."""
    return expr(ODESystem.parse(f"u' = {answer}", independent="x").rhs[0])


def shortest(found: Solution) -> str:
    """The shortest printed branch that holds all constants, else the relation or the curve, else nothing."""
    whole = [e.rhs for e in found.explicit if e.rhs.free_symbols.issuperset(found.constants)]
    if whole:
        return min((write(expr(e)) for e in whole), key=length)
    if found.equation is not None:
        return f"{write(expr(found.equation.lhs))} = 0"
    return "; ".join(write(expr(e)) for e in found.parametric or ())


def entry(equation: str, textbook: str, budget: float) -> dict[str, Any]:
    """One row: the answers, their lengths, and the processor time."""
    start = time.process_time()
    found = liesym.solve(equation, independent="x", budget=budget)
    seconds = time.process_time() - start
    system = ODESystem.parse(equation, independent="x")
    look = look_at_value(system, value_of(textbook), constants_in(textbook))
    if not look.true_on:
        raise SystemExit(f"the textbook's answer {textbook} of {equation} is not seen to be true at any place")
    printed = shortest(found)
    ratio = length(printed) / length(textbook) if printed else None
    return {"equation": equation, "textbook": textbook, "liesym": printed, "ratio": ratio, "seconds": seconds}


def page(entries: list[dict[str, Any]], budget: float) -> str:
    """The table as Markdown."""
    short = [e for e in entries if e["ratio"] is not None and e["ratio"] <= LONG]
    long = [e for e in entries if e["ratio"] is None or e["ratio"] > LONG]
    made = ", ".join(f"{k} {v}" for k, v in versions().items())
    others = f" Longer or not found: {', '.join('`' + e['equation'] + '`' for e in long)}." if long else ""
    head = (
        f"# The form of answers\n\nWritten by `tests/benchmarks/bench_forms.py`. {made}.\n\n"
        f"{len(entries)} equations whose textbook answer is short (sources in `tests/benchmarks/textbook_answers.py`), "
        f"{budget:g} s each. Length: names, numbers and operators, parentheses not counted; the textbook's, and that of the "
        "shortest branch that `liesym solve` prints with all constants. Each textbook answer was inserted in its equation "
        "with numbers; those of liesym are inserted before they are returned.\n\n"
        f"At most {LONG:g} times as long as the textbook's: **{len(short)} of {len(entries)}**.{others}\n\n"
    )
    rows = [
        [
            f"`{e['equation']}`",
            f"`{e['textbook']}`",
            f"`{e['liesym']}`" if e["liesym"] else "none",
            "–" if e["ratio"] is None else number(e["ratio"]),
            number(e["seconds"]),
        ]
        for e in entries
    ]
    return head + table(["equation", "textbook", "liesym", "ratio", "processor s"], rows) + "\n"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--budget", type=float, default=30.0)
    parser.add_argument("--page", action="store_true")
    given = parser.parse_args()
    entries = []
    for equation, textbook in ANSWERS.items():
        entries.append(entry(equation, textbook, given.budget))
        e = entries[-1]
        print(e["equation"], "|", e["textbook"], "|", e["liesym"], "|", e["ratio"], f"{e['seconds']:.1f}", flush=True)
    if given.page:
        record = {"budget": given.budget, "versions": versions(), "entries": entries}
        write_page(RESULTS, "forms", page(entries, given.budget), record)


if __name__ == "__main__":
    main()
