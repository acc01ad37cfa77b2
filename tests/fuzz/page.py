"""The page of the fuzzer's runs: `python tests/fuzz/page.py [RECORD …]`, with tests/ on the path.

    record.jsonl of a run (`make fuzz RECORD=…`) -> docs/results/fuzz.json (one entry a run) -> docs/results/fuzz.md

Runs add up. A part, by its seed and the commit that it tried, counts once; so a record may be given again when it grew.
"""

from __future__ import annotations

import argparse
import json
import platform
import subprocess
from collections import Counter
from collections.abc import Mapping, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

from fuzz.run import SEEDS, Part, recorded

ROOT = Path(__file__).resolve().parents[2]
STORE, PAGE = ROOT / "docs/results/fuzz.json", ROOT / "docs/results/fuzz.md"
ORACLES = ("raw", "over", "false")
PACKAGES = ("sympy", "python-flint", "mpmath", "hypothesis", "numpy")
Entry = dict[str, Any]
HEAD = """# The fuzzer

Random systems as text, TOML, equations of SymPy and Lagrangians, by Hypothesis, through the doors of Python and one
command each, and a corpus of inputs that once were answered wrongly. An offence is an error that is none of ours (*raw*), a
door that takes longer than its budget, a tenth and a second, in seconds of the process (*over*), or a generator, an
integral, a solution or a value that is false at a real point, by an evaluator of its own with 50 digits (*false*).
Statements of which no point says anything are counted apart. Budgets are 0.3 s for three inputs of four and 1 s for the
fourth.

"""


def now() -> Entry:
    """What the inputs are tried on: commit and versions."""
    told = subprocess.run(["git", "rev-parse", "--short", "HEAD"], cwd=ROOT, capture_output=True, text=True, check=True)
    return {"commit": told.stdout.strip(), "python": platform.python_version()} | {p: version(p) for p in PACKAGES}


def added(entries: Sequence[Entry], parts: Sequence[Part], tried: Mapping[str, str]) -> list[Entry]:
    """The entries with the parts of a run that they do not hold."""
    known = {(e["commit"], seed) for e in entries for seed in e["parts"]}
    new = sorted((p for p in parts if (tried["commit"], p.seed) not in known), key=lambda p: p.seed)
    if not new:
        return list(entries)
    undecided: Counter[str] = Counter()
    for p in new:
        undecided.update(dict(p.undecided))
    made = {
        **tried,
        "parts": [p.seed for p in new],
        "inputs": sum(p.inputs for p in new),
        "read": sum(p.read for p in new),
        "decided": sum(p.decided for p in new),
        "undecided": dict(undecided.most_common()),
        "seconds": round(sum(p.seconds for p in new), 1),
        "offences": [list(o) for p in new for o in p.offences],
    }
    return [*entries, made]


def read(file: Path = STORE) -> list[Entry]:
    """The entries of the store; none if there is none."""
    return json.loads(file.read_text(encoding="utf-8")) if file.exists() else []


def write(entries: Sequence[Entry], file: Path = STORE) -> None:
    """Keep the entries, one a line."""
    lines = ",\n".join(json.dumps(e, ensure_ascii=False) for e in entries)
    file.write_text(f"[\n{lines}\n]\n", encoding="utf-8")


def _counts(offences: Sequence[Sequence[str]]) -> str:
    counted = Counter(o[0] for o in offences)
    return ", ".join(f"{counted[o]} {o}" for o in ORACLES)


def _seeds(parts: Sequence[int]) -> str:
    """The seeds of the command line: part n·SEEDS + k is the k-th of the run with the seed n, and 0 the corpus."""
    drawn = Counter(p // SEEDS for p in parts if p)
    told = [f"{seed} ({count} parts)" for seed, count in sorted(drawn.items())]
    return ", ".join([*told, *(["corpus"] if 0 in parts else [])])


def _quoted(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")


def page(entries: Sequence[Entry]) -> str:
    """The page, all runs together and one by one."""
    offences = [o for e in entries for o in e["offences"]]
    undecided: Counter[str] = Counter()
    for e in entries:
        undecided.update(e["undecided"])
    total = {k: sum(e[k] for e in entries) for k in ("inputs", "read", "decided", "seconds")}
    lines = [
        f"In all: {total['inputs']} inputs, {total['read']} of them read as systems, {total['decided']} statements decided, "
        f"{undecided.total()} without a verdict, {total['seconds'] / 3600:.2f} hours of processor time; "
        f"{_counts(offences)}.",
        "",
        "| commit | seeds | inputs | read | decided | no verdict | hours | offences |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for e in entries:
        none, hours = sum(e["undecided"].values()), e["seconds"] / 3600
        row = [e["commit"], _seeds(e["parts"]), e["inputs"], e["read"], e["decided"], none, f"{hours:.2f}"]
        lines.append(f"| {' | '.join(map(str, row))} | {_counts(e['offences'])} |")
    if undecided:
        lines += ["", "Why statements have no verdict:", ""]
        lines += [f"* {count}: {_quoted(reason)}" for reason, count in undecided.most_common(12)]
    if offences:
        lines += ["", "| offence | door | input | what | commit |", "|---|---|---|---|---|"]
        lines += [
            f"| {o[0]} | {o[1]} | `{_quoted(o[2])}` | {_quoted(o[3])[:120]} | {e['commit']} |"
            for e in entries
            for o in e["offences"]
        ]
    versions = sorted({", ".join(f"{k} {e[k]}" for k in ("python", *PACKAGES) if k in e) for e in entries})
    lines += ["", f"Made by `tests/fuzz/page.py` from `fuzz.json` beside this page ({'; '.join(versions)})."]
    return HEAD + "\n".join(lines) + "\n"


def main() -> None:
    """Add the records that are named, and write the page."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("records", type=Path, nargs="*")
    parser.add_argument("--commit", help="that was tried, if it is not the present one")
    asked = parser.parse_args()
    entries, tried = read(), now()
    if asked.commit:
        tried = tried | {"commit": asked.commit}
    for record in asked.records:
        entries = added(entries, recorded(record), tried)
    write(entries)
    PAGE.write_text(page(entries), encoding="utf-8")


if __name__ == "__main__":
    main()
