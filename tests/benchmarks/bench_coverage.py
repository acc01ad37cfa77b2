"""Which expressions liesym and others lower right, in float32 and float64.

    python tests/benchmarks/bench_coverage.py

Writes docs/results/coverage.md and coverage.json. An expression counts if the result has the shape of the
batch, the dtype of the data, the values of arbitrary precision (1e-12 in float64, 1e-5 in float32), and a
finite gradient, branches that are not taken included; what has no numerical value counts if it is refused.
Peers that are not installed (extra `bench`) are left out.
"""

from __future__ import annotations

import jax
from lowering_coverage import ROWS_ALL, acceptable, judged, libraries
from measure import RESULTS, table, versions, write

WORDS = """# Coverage

Written by `tests/benchmarks/bench_coverage.py`. An expression counts where the result has the shape of the batch, the
dtype of the data, the values of arbitrary precision (1e-12 in float64, 1e-5 in float32) and a finite gradient, branches
that are not taken included. What has no numerical value counts where it is refused when it is lowered, by name."""


def main() -> None:
    jax.config.update("jax_enable_x64", True)
    found = {name: {row.name: judged(row, library) for row in ROWS_ALL} for name, library in libraries(peers=True).items()}
    right = {name: sum(acceptable(row, v[row.name]) for row in ROWS_ALL) for name, v in found.items()}
    cells = [[row.name, *(found[name][row.name] for name in found)] for row in ROWS_ALL]
    head = [[f"right, of {len(ROWS_ALL)}", *(str(n) for n in right.values())]]
    known = versions("torch", "jax", "sympytorch", "sympy2jax")
    page = "\n\n".join([WORDS, table(["", *found], head + cells), ", ".join(f"{k} {v}" for k, v in known.items())])
    write(RESULTS, "coverage", page, {"versions": known, "right": right, "verdicts": found})
    print(right)


if __name__ == "__main__":
    main()
