"""What the experiment scripts share: a TOML configuration, one record that grows run by run, and resuming
from it.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from liesym.errors import DataError, TrainingError
from liesym.experiment import read_config, read_results, write_results
from liesym.trajectories import simulate

HERE = Path(__file__).parent
Run = Callable[[dict[str, Any], str, int], dict[str, Any]]


def experiment(name: str, doc: str | None, run: Run, show: Callable[[dict[str, Any]], None]) -> None:
    """The command line of an experiment.

    Each run is a variant and a seed of the configuration; what is in the record already is not run again,
    so a stopped experiment goes on where it was. `--reduced` takes the small sizes of the table [reduced].
    """
    parser = argparse.ArgumentParser(description=(doc or "").split("\n")[0])
    parser.add_argument("--config", type=Path, default=HERE / f"{name}.toml")
    parser.add_argument("--out", type=Path, default=Path("results"))
    parser.add_argument("--reduced", action="store_true", help="small sizes, as in the tests")
    parser.add_argument("--backend", choices=("torch", "jax"), help="instead of the one in the configuration")
    parser.add_argument("--only", nargs="+", help="run these variants only")
    options = parser.parse_args()
    config = read_config(options.config)
    reduced = config.pop("reduced", {})
    if options.reduced:
        config |= reduced
    if options.backend:
        config["backend"] = options.backend
    suffix = "-reduced" if options.reduced else ""
    path = options.out / f"{name}{suffix}.json"
    record = _begun(path, config)
    for variant, seed in _open(config, record, options.only):
        began = time.perf_counter()
        try:
            result = dict(run(config, variant, seed))
        except TrainingError as error:
            result: dict[str, Any] = {"stopped": str(error)}
        result["total_seconds"] = time.perf_counter() - began
        record["runs"][f"{variant} | {seed}"] = result
        write_results(path, record)
        print(f"{variant}, seed {seed}: {result['total_seconds']:.0f} s", flush=True)
    show(record)
    print(f"record: {path}")


def _begun(path: Path, config: dict[str, Any]) -> dict[str, Any]:
    """The record so far, or an empty one."""
    if not path.exists():
        return {"config": config, "runs": {}}
    record = read_results(path)
    if record.get("config") != config:
        raise DataError(f"{path} was made with another configuration; remove it or give another --out")
    return record


def _open(
    config: dict[str, Any], record: dict[str, Any], only: Sequence[str] | None
) -> Iterator[tuple[str, int]]:
    variants = config["variants"] if only is None else only
    for seed in config["seeds"]:
        for variant in variants:
            if f"{variant} | {seed}" not in record["runs"]:
                yield variant, seed


def collected(record: dict[str, Any]) -> dict[str, list[dict[str, Any]]]:
    """Variant -> its runs that ended."""
    found: dict[str, list[dict[str, Any]]] = {}
    for key, result in record["runs"].items():
        if "stopped" not in result:
            found.setdefault(key.split(" | ")[0], []).append(result)
    return found


def median(runs: Sequence[dict[str, Any]], *keys: Any) -> float | None:
    """The median over the runs of an entry deep in their records; None counts as infinite."""
    values = []
    for result in runs:
        entry: Any = result
        for key in keys:
            entry = entry[key]
        values.append(np.inf if entry is None else float(entry))
    return float(np.median(values)) if values else None


def reference(field: Callable[..., Any]) -> Callable[[np.ndarray, np.ndarray], np.ndarray]:
    """The true system as a prediction: DOP853 at tight tolerances."""
    return lambda initial, times: simulate(field, initial, times)
