"""Seconds that `import liesym` takes beyond `import sympy`: medians over fresh processes, taken in turn.

python tests/benchmarks/bench_import.py [--repeats 7]
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys

TIMED = "import time; s = time.perf_counter(); import {0}; print(time.perf_counter() - s)"


def seconds(module: str) -> float:
    """The time of one import in a fresh process."""
    done = subprocess.run([sys.executable, "-c", TIMED.format(module)], capture_output=True, text=True, check=True)
    return float(done.stdout)


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--repeats", type=int, default=7)
    options = parser.parse_args()
    taken: dict[str, list[float]] = {"sympy": [], "liesym": []}
    for _ in range(options.repeats):
        for module, times in taken.items():
            times.append(seconds(module))
    middle = {module: statistics.median(times) for module, times in taken.items()}
    print(", ".join(f"import {module}: {value:.3f} s" for module, value in middle.items()))
    print(f"beyond sympy: {middle['liesym'] - middle['sympy']:.3f} s")


if __name__ == "__main__":
    main()
