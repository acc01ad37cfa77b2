"""The residuals F, G, H, I of symmetry-regularized neural ODEs (Hao 2024) on solutions, as printed and corrected.

A residual that is to be added to a loss has to vanish where the model is right. As printed it does not; corrected it
does, but then it vanishes on the solutions of the model for every value of its parameters.

    python examples/seed_paper_residuals.py [--backends numpy torch jax] [--out docs/results]
"""

from __future__ import annotations

import argparse
from importlib import import_module
from pathlib import Path

import numpy as np
from seed_paper import PAIR, PHI, TOY, backward, c1, epsilon, forward, g, h, k2, k3, k5, t, theta1, u, v, w, z
from sympy import atanh, cos, sin, symbols

import liesym
from liesym.learn.trajectories import simulate
from liesym.residuals import group

k6 = symbols("k6", real=True)
VALUES = {"theta1": 1.3, "theta2": 0.4, "c1": 1.0, "c3": 0.0, "k2": 0.5, "k3": 0.7, "k4": 0.6, "k5": 0.3, "k6": 0.8}
ARRAYS = {"numpy": "numpy", "torch": "torch", "jax": "jax.numpy"}


def trajectory(theta: float) -> tuple[np.ndarray, np.ndarray]:
    """Times, and (z, u, v, w, z', u', v', w') along a solution of the pair."""
    times = np.linspace(0.0, 1.2, 25)
    field = liesym.lower(PAIR, backend="numpy")
    values = VALUES | {"theta1": theta}
    states = simulate(lambda s, x: field(s, x, values), np.array([[-0.8, 0.9, 0.2, -0.4]]), times)[0]
    return times, np.concatenate([states, field(times, states, values)], axis=-1)


def corrected(order: int | None) -> tuple[liesym.residuals.Residual, liesym.residuals.Residual]:
    """F of the model and (·, G, H, I) of the pair with h(s) = k6 s, by flows of the given order; exact ones for None."""
    scaling = {"t": c1 * t, "z": c1 * cos(PHI) * atanh(sin(PHI)) / theta1}
    linear = {"t": k2, "u": k3 * u, "v": k3 * v + k5, "w": k3 * w + k6 * (u - theta1 * w)}
    one, two = (liesym.Generator.from_mapping(s.variables, c) for s, c in ((TOY, scaling), (PAIR, linear)))
    return group(one, TOY, epsilon=epsilon, order=order), group(two, PAIR, epsilon=epsilon, order=order)


def sizes(residuals: dict[str, tuple], theta: float, eps: float, backend: str) -> dict[str, float]:
    """Largest absolute value of each residual along the solution for a value of theta1."""
    if backend == "jax":
        import_module("jax").config.update("jax_enable_x64", True)
    times, jets = (import_module(ARRAYS[backend]).asarray(a) for a in trajectory(theta))
    values = VALUES | {"theta1": theta, "epsilon": eps}
    found = {}
    for name, (target, state, columns) in residuals.items():
        of = liesym.lower(target, state, backend=backend)(times, jets[:, columns], values)
        found[name] = float(abs(np.asarray(of)).max())
    return found


def numbers(backends: tuple[str, ...]) -> list[list[str]]:
    """A line for each residual: its size on true solutions, with a wrong theta1, and how far the backends differ."""
    (_, F), (_, rest) = forward(), backward()
    plain = [e.subs({g(u): 0, h(u): 0}).doit() for e in rest]
    targets: dict[str, tuple] = {
        "F, printed (19)": ([F], (z,), [0]),
        "G, H, I, printed (35)": (plain, PAIR.unknowns, slice(4)),
    }
    for name, order in (("first order", 1), ("exact flow", None)):
        one, two = corrected(order)
        targets |= {f"F, {name}": (one, None, [0, 4]), f"G, H, I, {name}": (two, None, slice(8))}
    columns = []
    for theta, eps in ((VALUES["theta1"], 0.1), (VALUES["theta1"], 0.01), (1.0, 0.01)):
        columns.append(sizes(targets, theta, eps, "numpy"))
    others = [sizes(targets, VALUES["theta1"], 0.1, b) for b in backends]
    lines = []
    for name in targets:
        apart = max(abs(o[name] - columns[0][name]) for o in others)
        lines.append([name, *(power_of_ten(c[name]) for c in columns), "yes" if apart < 1e-12 else power_of_ten(apart)])
    return lines


def power_of_ten(value: float) -> str:
    """A size that a change of the machine's rounding does not change."""
    return f"{value:.0e}" if value > 1e-12 else "< 1e-12"


def page(backends: tuple[str, ...] = tuple(ARRAYS)) -> str:
    """The two tables."""
    rows = [["equation", "verdict", "evidence"], ["---"] * 3, *map(list, forward()[0] + backward()[0])]
    heads = ["largest residual on solutions", "ε = 0.1", "ε = 0.01", "ε = 0.01, theta1 = 1", f"{', '.join(backends)} agree"]
    tables = ["\n".join("| " + " | ".join(r) + " |" for r in x) for x in (rows, [heads, ["---"] * 5, *numbers(backends)])]
    return (
        "\n\n".join(
            [
                "# The charged particle, equation by equation",
                "Written by `examples/seed_paper_residuals.py`.",
                "<!-- tables -->",
                *tables,
            ]
        )
        + "\n"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--backends", nargs="+", default=list(ARRAYS), choices=list(ARRAYS))
    parser.add_argument("--out", type=Path, help="a folder for seed-paper.md")
    options = parser.parse_args()
    text = page(tuple(options.backends))
    print(text)
    if options.out:
        (options.out / "seed-paper.md").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
