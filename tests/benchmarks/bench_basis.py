"""Printed bases of symmetries beside published ones, by their length.

    python tests/benchmarks/bench_basis.py [--budget 20]

Writes docs/results/basis.md and basis.json. The systems are the first sixty of the catalogue of order two and above whose
whole basis was published and is not empty. Both bases are shown by the same display; counted are words, numbers and signs.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
from pathlib import Path
from typing import Any

from measure import RESULTS, ROOT, table, versions, write

sys.path.insert(0, str(ROOT / "tests"))
from symmetry_examples import field_from_text

import liesym
from liesym import Generator, ODESystem
from liesym.base.budget import Budget
from liesym.symmetries.tidy import in_tidy_basis
from liesym.text.display import Display
from liesym.text.shown import field_text

CORPUS = ROOT / "tests" / "catalogue" / "corpus.json"
COUNT = 60
TIDY = 5.0
"""Seconds for the tidy basis."""
WORDS = f"""# How long the printed bases are

Written by `tests/benchmarks/bench_basis.py`. The first {COUNT} systems of the catalogue of order two and above whose whole
basis was published and is not empty: words, numbers and signs of the basis that liesym prints, and of the published one.
Both are shown by the same display, so what differs is the choice of the basis alone."""


def chosen() -> list[dict[str, Any]]:
    """The systems, in the order of the catalogue."""
    entries = json.loads(CORPUS.read_text(encoding="utf-8"))
    entries = [e for e in entries if e["order"] >= 2 and e["basis"] == "full"]
    return [e for e in entries if len(e["generators"]) == e["dimension"] > 0][:COUNT]


def length(generators: list[Generator], display: Display) -> int:
    """Tokens of the fields as they are shown."""
    shown = (field_text(g.variables, g.components, display) for g in generators)
    return sum(len(re.findall(r"\w+|[^\s\w]", line)) for line in shown)


def measured(entry: dict[str, Any], budget: float) -> dict[str, Any]:
    """Both lengths; None where the search did not prove the whole basis in its budget."""
    system = ODESystem.parse("; ".join(entry["equations"]), independent=entry["independent"])
    result = in_tidy_basis(liesym.find_symmetries(system, budget=budget), Budget.seconds(TIDY))
    display = Display(system.variables, system.parameter_symbols, unicode=True)
    published = [field_from_text(g, system) for g in entry["generators"]]
    ours = list(result.generators) if len(result.generators) == entry["dimension"] else None
    return {
        "id": entry["id"],
        "dimension": entry["dimension"],
        "printed": None if ours is None else length(ours, display),
        "published": length(published, display),
    }


def page(rows: list[dict[str, Any]], known: dict[str, str]) -> str:
    """The results as Markdown."""
    found = [r for r in rows if r["printed"] is not None]
    shorter = sum(r["printed"] < r["published"] for r in found)
    equal = sum(r["printed"] == r["published"] for r in found)
    longer = [r for r in found if r["printed"] > r["published"]]
    said = f"Shorter {shorter}, equal {equal}, longer {len(longer)}, not found in the budget {len(rows) - len(found)}. "
    said += f"All together {sum(r['printed'] for r in found)} against {sum(r['published'] for r in found)}."
    cells = [
        [r["id"], str(r["dimension"]), "not found" if r["printed"] is None else str(r["printed"]), str(r["published"])]
        for r in rows
    ]
    whole = table(["system", "dimension", "printed", "published"], cells)
    return "\n\n".join([WORDS, said, whole, ", ".join(f"{k} {v}" for k, v in known.items())])


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--budget", type=float, default=20.0)
    parser.add_argument("--out", type=Path, default=RESULTS)
    options = parser.parse_args()
    rows = []
    for entry in chosen():
        rows.append(measured(entry, options.budget))
        print(*rows[-1].values(), flush=True)
    known = versions()
    write(options.out, "basis", page(rows, known), {"versions": known, "budget": options.budget, "systems": rows})


if __name__ == "__main__":
    main()
