"""The page docs/results/lowering.md, made from the numbers in lowering.json."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from measure import number, table

HAND, OURS = "hand", "liesym"
LARGEST = 1_000_000


def page(record: Mapping[str, Any]) -> str:
    """The whole page; a section that was not measured is left out."""
    versions = ", ".join(f"{k} {v}" for k, v in record["versions"].items())
    parts = [
        "# What lowered callables cost",
        f"Written by `tests/benchmarks/bench_lowering.py`. {versions}.",
        "Times are processor time on one thread, medians of rounds in which all methods take turns in an order drawn "
        "anew; ratios are medians of the ratios within a round; memory once taken stays with the process, so that new "
        "pages are not timed. E1: the residuals of Hao 2024 with a flow of first "
        "order; E2: rates of energy, angular momentum and Laplace-Runge-Lenz vector of the Kepler problem along a field; "
        "E3: Euler-Lagrange expressions of the double pendulum and the rate of its energy, expanded. The gradient is "
        "that of the mean square of all values. The hand-written E1 takes atanh(sin a) as it stands; liesym takes a form "
        "that stays accurate near the poles.",
    ]
    sections = (
        ("throughput", verdict), ("throughput", throughput), ("memory", memory), ("overhead", overhead),
        ("lowering", lowering), ("residuals", residuals), ("residuals", training),
    )  # fmt: skip
    parts += [make(record[name]) for name, make in sections if record.get(name)]
    return "\n\n".join(parts)


def rows_of(part: Mapping[str, Any]) -> list[tuple[list[str], Mapping[str, Any]]]:
    return [(key.split("|"), value) for key, value in sorted(part.items())]


def closest_peer(found: Mapping[str, Any]) -> tuple[str, list[float]] | None:
    """The method, neither ours nor written by hand, against which we do worst, and the quartiles of our time by its."""
    peers = {n: v["liesym"] for n, v in found.items() if n not in (HAND, OURS) and "liesym" in v}
    return max(peers.items(), key=lambda item: item[1][1]) if peers else None


def spread(quartiles: Sequence[float]) -> str:
    """The median, and the quartiles about it."""
    low, middle, high = quartiles
    return f"{middle:.2f} ({low:.2f} to {high:.2f})"


def verdict(part: Mapping[str, Any]) -> str:
    """What the tables below say, counted."""
    lines = ["## In short"]
    largest = [(k, v) for k, v in rows_of(part) if int(k[3]) == LARGEST and k[0] in ("torch, compiled", "jax, jit")]
    above = [(k, v) for k, v in largest if v[OURS]["ratio"] > 1.1]
    if largest:
        worst = max(v[OURS]["ratio"] for _, v in largest)
        lines.append(
            f"Compiled, batch 1e6: {len(largest) - len(above)} of {len(largest)} within 10 % of the hand-written version "
            f"by the same compiler; the worst ratio is {worst:.2f}."
        )
        lines += [f"* above: {', '.join(k)}: {spread(v[HAND]['liesym'])}" for k, v in above]
    peers = [(k, *peer) for k, v in rows_of(part) if (peer := closest_peer(v)) is not None]
    faster = [row for row in peers if row[2][2] < 1]
    slower = [row for row in peers if row[2][0] > 1]
    lines.append(
        "Against the fastest peer of the same library and mode, by the quartiles over the rounds of our time divided by "
        f"its time in the same round: faster, all three below 1, in {len(faster)} of {len(peers)} rows; slower, all three "
        f"above 1, in {len(slower)}; in the other {len(peers) - len(faster) - len(slower)} the quartiles enclose 1 and the "
        "two are equal within the noise of the measurement."
    )
    lines += [f"* slower: {', '.join(k)}: {spread(found)} times {name}" for k, name, found in slower]
    return "\n".join(lines)


def throughput(part: Mapping[str, Any]) -> str:
    """One table a library and mode: milliseconds by hand, then the other methods relative to it."""
    parts = ["## Throughput", "Milliseconds by hand; the other columns are multiples of that, the last one "
             "that of the fastest peer, with quartiles."]  # fmt: skip
    head = ["", "dtype", "batch", "task", "hand, ms"]
    for mode in sorted({k[0] for k, _ in rows_of(part)}):
        chosen = [(k[1:], v) for k, v in rows_of(part) if k[0] == mode]
        methods = list(dict.fromkeys(m for _, v in chosen for m in (HAND, OURS, *sorted(v))))
        cells = []
        for key, found in sorted(chosen, key=lambda item: (item[0][0], item[0][1], int(item[0][2]), item[0][3])):
            times = [number(found[HAND]["ms"], 4 if found[HAND]["ms"] < 1 else 1)]
            times += [number(found.get(m, {}).get("ratio")) for m in methods[1:]]
            peer = closest_peer(found)
            times.append(spread(peer[1]) if peer else "–")
            cells.append([*key, *times])
        parts += [f"### {mode}", table([*head, *methods[1:], "liesym by the fastest peer"], cells)]
    wrong = {(k[0], m) for k, v in rows_of(part) if k[2] == "float64" for m, x in v.items() if x.get("error", 0) > 1e-10}
    named = "; ".join(f"{m} ({k})" for k, m in sorted(wrong)) or "none"
    parts.append(f"Results off by more than 1e-10 in float64: {named}.")
    return "\n\n".join(parts)


def memory(part: Mapping[str, Any]) -> str:
    head = ["", "", HAND, OURS, "lambdify, cse"]
    cells = [[*key, *(number(found[m], 0) for m in head[2:])] for key, found in rows_of(part)]
    words = (
        "MiB by which the peak resident memory of a process grows during one gradient at batch 1e6 in float64, all "
        "intermediate values and the result counted and the data not: VmHWM of Linux, reset before the call, less VmRSS. "
        "It is the second call, so that compilation is not counted."
    )
    return "\n\n".join(["## Peak memory", words, table(head, cells)])


def overhead(part: Mapping[str, Any]) -> str:
    cells = [[*key, *(number(found.get(k), 1) for k in ("torch", "jax"))] for key, found in rows_of(part)]
    words = (
        "Microseconds a call: in torch, eager, beyond the same tensor operations without checks and packing; in JAX, "
        "called directly, beyond the dispatch of a jitted function."
    )
    return "\n\n".join(["## Overhead", words, table(["", "batch", "torch", "jax"], cells)])


def lowering(part: Mapping[str, Any]) -> str:
    cells = [
        [name, str(f["operations"]), number(f["lower"], 3), number(f["lower, wall"], 3), number(f.get("compile"), 1),
         f"{f['error']:.0e}" if "error" in f else ""]
        for name, f in part.items()
    ]  # fmt: skip
    head = ["", "operations", "lowering, s", "the same by the clock, s", "compilation, s", "error, compiled"]
    return "\n\n".join(["## Lowering", table(head, cells)])


def residuals(part: Mapping[str, Any]) -> str:
    """Residuals of a network with two hidden layers of 64, in evaluations of it."""
    chosen = [(k, v) for k, v in rows_of(part) if k[1].startswith("residual")]
    head = ["invariance", "invariance, time moved", "conservation", "group"]
    cells = [
        [k[0], k[1].removeprefix("residual, "), k[2], number(v["ms"], 3), *(number(v[h]) for h in head)] for k, v in chosen
    ]
    words = (
        "An acceleration field, two hidden layers of 64, float32, no gradients: multiples of one evaluation of the field."
    )
    return "\n\n".join(["## Residuals of a learned field", words, table(["", "", "batch", "field, ms", *head], cells)])


def training(part: Mapping[str, Any]) -> str:
    chosen = [(k, v) for k, v in rows_of(part) if k[1] == "training"]
    head = ["all states", "one state a window"]
    cells = [
        [k[0], k[2], number(v["ms"]), *(number(v[h]) for h in head)]
        for k, v in sorted(chosen, key=lambda i: (i[0][0], int(i[0][2])))
    ]
    words = (
        "Loss and gradient of a Neural ODE on Kepler orbits, 256 windows a batch, one RK4 step between samples, the same "
        "network: the time with the invariance residual as a multiple of the time without, the residual being taken at all "
        "states of each window or at its first (`at_points(..., per_window=1)`)."
    )
    return "\n\n".join(["## A training step", words, table(["", "samples a window", "plain, ms", *head], cells)])
