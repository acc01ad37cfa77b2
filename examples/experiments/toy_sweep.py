"""The charged particle of toy.py: parameter error against noise and number of trajectories, with each residual.

python examples/experiments/toy_sweep.py [--reduced] [--out results]
"""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from harness import Config, backend, collected, experiment, made_with, stopped

from liesym.learn.experiment import cell, markdown_table

sys.path.insert(0, str(Path(__file__).parents[1]))
import toy


@lru_cache
def prepared(name: str) -> tuple[Any, dict[str, dict[str, Any]]]:
    """The system and, for each loss, its residuals in a backend."""
    found = toy.symmetries()
    return found[0], toy.terms(backend({"backend": name}), name, found)


def run(config: Config, variant: str, seed: int) -> dict[str, Any]:
    """Fits of one loss on all the data sets of a seed."""
    system, losses = prepared(config["backend"])
    kit, fits = backend(config), []
    for noise in config["noise"]:
        for count in config["counts"]:
            data = toy.measure(system, seed, noise, count)
            found = toy.fit(kit, system, losses[variant], seed, config["steps"], data)
            error = float(np.sqrt(np.mean(np.square(list(found["error"].values())))))
            fits.append({"noise": noise, "count": count, "error": error, "residual": found["residual"]})
    return {"fits": fits}


def errors(runs: Sequence[Mapping[str, Any]], place: int) -> float:
    """Root mean square over the seeds of the parameter error on the data set at a place."""
    return float(np.sqrt(np.mean([run["fits"][place]["error"] ** 2 for run in runs])))


def page(record: dict[str, Any]) -> str:
    """The page of results."""
    c, runs = record["config"], collected(record)
    settings = [(noise, count) for noise in c["noise"] for count in c["counts"]]
    columns = ["noise", "trajectories", *runs]
    rows = [[*pair, *(cell(errors(found, k)) for found in runs.values())] for k, pair in enumerate(settings)]
    return f"""# The charged particle: noise and number of trajectories

Parameters of z' = cos(theta1·z + theta2) fitted to noisy positions, {c["steps"]} steps in float64, weight 1 for the
residual. Root mean square over {min(map(len, runs.values()))} seeds of the error of theta1 and theta2. The losses
are those of `examples/toy.py`: the misfit alone; with the residual of the flow to first order as printed in the paper that
proposed it, and corrected; with the exact invariance condition, which vanishes for every theta; and with the first
integral along the measured positions.

{markdown_table(columns, rows)}
{stopped(record)}
{made_with(record, "toy_sweep")}"""


def main(arguments: Sequence[str] | None = None) -> dict[str, Any]:
    """Run the experiment; see the head of this file."""
    return experiment("toy_sweep", run, page, doc=__doc__, arguments=arguments)


if __name__ == "__main__":
    main(sys.argv[1:])
