"""What does it buy to keep the conservation laws of the backward solve of an adjoint gradient?

    python examples/experiments/adjoint_laws.py [--reduced] [--out results]

`odeint_adjoint` of liesym_torch with and without the laws of the symmetries, and with more restarts from states of the solve
forward, against direct differentiation of a solve at a tolerance of 1e-10, all in float64.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import torch
from gradient_audit import begun, gradient, loss
from harness import Config, collected, experiment, made_with, stopped
from liesym_torch.adjoint import odeint_adjoint
from sympy import Integer, Symbol

import liesym
from liesym.errors import TrainingError
from liesym.learn.audit import time_translation
from liesym.learn.experiment import cell, markdown_table

LIMIT = 1e3
"""A relative error above this counts as this in means of logarithms, as a gradient that broke down does."""


def symmetries(name: str) -> list[liesym.Generator]:
    """Time translation, and the rotation where there is one."""
    if name != "two bodies":
        return [time_translation(2)]
    symbols = tuple(Symbol(s, real=True) for s in ("t", "x", "y", "u", "v"))
    _, x, y, u, v = symbols
    return [time_translation(4), liesym.Generator(symbols, (Integer(0), -y, x, -v, u))]


class Counted(torch.nn.Module):
    """A field in torchdiffeq's form that counts its calls."""

    def __init__(self, field: Any) -> None:
        super().__init__()
        self.field, self.calls = field, 0

    def forward(self, t: torch.Tensor, x: torch.Tensor) -> torch.Tensor:
        """f(t, x)."""
        self.calls += 1
        return self.field(t.expand(x.shape[:-1]), x, None)


def run(config: Config, variant: str, seed: int) -> dict[str, Any]:
    """Error and calls of the field of every form, at every tolerance, for one start of one system."""
    kit, field, x0, times = begun(config, variant, seed)
    exact = gradient(kit.NeuralODE(field, solver="dopri8", rtol=1e-10, atol=1e-11), x0, times, loss)
    points = []
    for exponent in config["exponents"]:
        for restarts in config["restarts"]:
            for kept in (False, True):
                counted, start = Counted(field), x0.clone().requires_grad_(True)
                options: dict[str, Any] = {"generators": symmetries(variant) if kept else (), "restarts": restarts}
                point = {"exponent": exponent, "restarts": restarts, "kept": kept}
                try:
                    states = odeint_adjoint(counted, start, times, rtol=10.0**-exponent, atol=10.0**-exponent, **options)
                    parts = torch.autograd.grad(loss(states), [start, *field.parameters()])
                except TrainingError:
                    points.append(point | {"error": None, "calls": counted.calls})
                    continue
                found = parts[0].flatten(), torch.cat([part.flatten() for part in parts[1:]])
                error = max(float((one - two).norm() / two.norm()) for one, two in zip(found, exact, strict=True))
                points.append(point | {"error": error, "calls": counted.calls})
    return {"points": points}


def rows(record: Mapping[str, Any]) -> list[list[Any]]:
    """One row for each system, tolerance and number of restarts."""
    table, config = [], record["config"]
    for name, runs in collected(record).items():
        for exponent in config["exponents"]:
            for restarts in config["restarts"]:
                pairs = [_pair(run["points"], exponent, restarts) for run in runs]
                plain, kept, calls, more = np.array(pairs).T
                ratio = np.exp(np.mean(np.log(plain) - np.log(kept)))
                better = f"{int(np.sum(kept < plain))} of {len(pairs)}"
                row = [name, f"1e-{exponent}", restarts, len(pairs), np.median(plain), np.median(kept), ratio, better]
                work = float(np.mean(calls)), float(np.mean(more / calls))
                table.append([*(float(v) if isinstance(v, np.floating) else v for v in row), *work])
    return table


def _pair(points: Sequence[Mapping[str, Any]], exponent: int, restarts: int) -> tuple[float, float, int, int]:
    """Errors without and with the laws, and the calls of the field."""
    own = {p["kept"]: p for p in points if (p["exponent"], p["restarts"]) == (exponent, restarts)}
    plain, kept = (LIMIT if own[k]["error"] is None else min(own[k]["error"], LIMIT) for k in (False, True))
    return plain, kept, own[False]["calls"], own[True]["calls"]


def saved(record: Mapping[str, Any]) -> str:
    """What the laws save at equal error: the factor of calls of the field that the same fall of the error costs without."""
    found = []
    for name, runs in collected(record).items():
        for restarts in record["config"]["restarts"]:
            first, last = record["config"]["exponents"][0], record["config"]["exponents"][-1]
            ends = np.array([[_pair(run["points"], e, restarts) for run in runs] for e in (first, last)])
            fall = np.mean(np.log(ends[0, :, 0]) - np.log(ends[1, :, 0]))
            cost = np.mean(np.log(ends[1, :, 2]) - np.log(ends[0, :, 2]))
            gain = np.mean(np.log(ends[:, :, 0]) - np.log(ends[:, :, 1]))
            extra = np.mean(np.log(ends[:, :, 3]) - np.log(ends[:, :, 2]))
            if fall > 0:
                factor = cell(float(np.exp(gain * cost / fall - extra)))
                found.append(f"{name}, {restarts} restart{'s' * (restarts > 1)}: {factor}")
    return "; ".join(found) or "not measured"


def page(record: dict[str, Any]) -> str:
    """The page of results."""
    c = record["config"]
    columns = ["system", "rtol = atol", "restarts", "starts", "error without (median)", "error with (median)"]
    columns += ["without / with (geometric mean)", "smaller with", "calls without", "calls with / without"]
    return f"""# Keeping the laws of the backward solve

`liesym_torch.adjoint.odeint_adjoint` puts the adjoint back on the laws a·(η - ξ f) of the symmetries wherever the
solve backward is restarted from a state of the solve forward: time translation, and for the two bodies the rotation.
Relative error of the gradient, the larger of start and parameters, dopri5, {c["observations"]} observations, float64;
"restarts" are the parts between two observations. A gradient that broke down, or whose error is above {LIMIT:g},
counts as {LIMIT:g}.

{markdown_table(columns, rows(record))}
At equal error, the factor by which calls of the field fall (from the error against the calls of the plain form between the
coarsest and the finest tolerance; below 1 they rise): {saved(record)}.

The law sees one direction of the error for each symmetry and holds no better than the states of the solve forward. It
makes a solve backward that runs away from them less wrong, and saves little or no work at equal error. More restarts
keep the solve near those states without any symmetry, at the price of their storage: with {c["restarts"][-1]} the
steps are bounded by the restarts, and the error hardly depends on the tolerance any more.

{stopped(record)}
{made_with(record, "adjoint_laws")}"""


def main(arguments: Sequence[str] | None = None) -> dict[str, Any]:
    """Run the experiment; see the head of this file."""
    return experiment("adjoint_laws", run, page, doc=__doc__, arguments=arguments)


if __name__ == "__main__":
    main(sys.argv[1:])
