"""What the experiments share: a TOML configuration, one record that grows run by run, and resuming from it."""

from __future__ import annotations

import argparse
import contextlib
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from protocol import protocol, sentence
from scipy.integrate import solve_ivp

from liesym.base.files import write_whole
from liesym.errors import DataError, TrainingError
from liesym.learn.experiment import cell, markdown_table, read_config, read_results, write_results
from liesym.learn.fitting import Sampler, settings_from, toolkit
from liesym.learn.metrics import Predict, measure
from liesym.learn.trajectories import Trajectories

HERE = Path(__file__).parent
PAGES = HERE.parents[1] / "docs" / "results"
Config = dict[str, Any]
Run = Callable[[Config, str, int], dict[str, Any]]
Invariants = Mapping[str, Callable[[np.ndarray], np.ndarray]]


def experiment(
    name: str,
    run: Run,
    page: Callable[[dict[str, Any]], str],
    *,
    doc: str | None = None,
    picture: Callable[[dict[str, Any], Path], None] | None = None,
    arguments: Sequence[str] | None = None,
) -> dict[str, Any]:
    """The command line of an experiment; returns its record.

    Each run is a variant and a seed of the configuration; what is in the record already is not run again, so a
    stopped experiment goes on where it was. The page and the picture are made from the record alone.
    """
    parser = argparse.ArgumentParser(description=(doc or "").split("\n")[0])
    parser.add_argument("--config", type=Path, default=HERE / f"{name}.toml")
    parser.add_argument("--out", type=Path, default=PAGES, help="folder of the record, the page and the picture")
    parser.add_argument("--reduced", action="store_true", help="the small sizes of the table [reduced]")
    parser.add_argument("--backend", choices=("torch", "jax"), help="instead of the one in the configuration")
    parser.add_argument("--only", nargs="+", default=None, metavar="VARIANT", help="run these variants only")
    parser.add_argument("--seeds", nargs="+", type=int, default=None, help="run these seeds only")
    parser.add_argument("--page", action="store_true", help="run nothing, write the page from the record")
    options = parser.parse_args(arguments)
    config = configuration(options.config, options.reduced, name)
    if options.backend:
        config["backend"] = options.backend
    path = options.out / f"{name}.json"
    record = _begun(path, config)
    for variant, seed in [] if options.page else list(_open(config, record, options.only, options.seeds)):
        began = time.perf_counter()
        try:
            result = dict(run(config, variant, seed))
        except TrainingError as error:
            result: dict[str, Any] = {"stopped": str(error)}
        result["total_seconds"] = time.perf_counter() - began
        record["runs"][f"{variant} | {seed}"] = result
        write_results(path, record)
        print(f"{variant}, seed {seed}: {result['total_seconds']:.0f} s", flush=True)
    record = read_results(path) | {"config": config}
    write_whole(options.out / f"{name}.md", page(record), folder=True)
    if picture is not None:
        picture(record, options.out / f"{name}.svg")
    print(f"record: {path}")
    return record


def configuration(path: Path, reduced: bool, name: str = "") -> Config:
    """The tables of a file, with those of [reduced] over them if asked for; the seeds are those of the protocol."""
    config: Config = {"seeds": list(protocol(name or path.stem).seeds)} | read_config(path)
    small = config.pop("reduced", {})
    if reduced:
        config |= small
    return config


def _begun(path: Path, config: Config) -> dict[str, Any]:
    """The record so far, or an empty one."""
    if not path.exists():
        return {"config": config, "runs": {}}
    record = read_results(path)
    asked = {name: config[name] for name in ("variants", "seeds")}  # more of either leaves what was run as it is
    if record.get("config", {}) | asked != config:
        raise DataError(f"{path} was made with another configuration; remove it or give another --out")
    return record | {"config": config}


def _open(
    config: Config, record: dict[str, Any], only: Sequence[str] | None, seeds: Sequence[int] | None
) -> Iterator[tuple[str, int]]:
    """Variants and seeds that are not in the record."""
    unknown = sorted(set(only or ()) - set(config["variants"]))
    if unknown:
        raise DataError(f"no variant {', '.join(unknown)}; there are {', '.join(config['variants'])}")
    for seed in seeds or config["seeds"]:
        for variant in only or config["variants"]:
            if f"{variant} | {seed}" not in record["runs"]:
                yield variant, seed


# -- one run ---------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, eq=False)
class Case:
    """Test trajectories: initial states (n, m), times (K,), true states (n, K, m)."""

    initial: np.ndarray
    times: np.ndarray
    states: np.ndarray


def fit(
    kit: Any, config: Config, field: Any, loss: Any, data: Trajectories, label: str, levels: Any = None
) -> tuple[Any, dict[str, Any]]:
    """The trained model, which returns to the levels after each step where they are given, and its record."""
    settings = settings_from(config["training"], f"{label}: [training]")
    model = kit.NeuralODE(field, substeps=config["substeps"])
    result = kit.train(model, loss, Sampler(data.windows(config["window"]), settings), settings, label=label)
    final = kit.NeuralODE(kit.field_of(result.model), substeps=config["substeps"], retract=levels)
    misfit = float(result.history["data"][-50:].mean())
    return final, {"seconds": result.seconds, "misfit": misfit}


def measured(
    kit: Any,
    config: Config,
    model: Any,
    cases: Mapping[str, Case],
    truth: Predict,
    invariants: Invariants,
    imposed: Sequence[str] = (),
) -> dict[str, Any]:
    """All measures of a model on each kind of test trajectories.

    `imposed` names the invariants that the model has by construction; they are the model's own then.
    """
    record = {}
    for name, case in cases.items():
        found = measure(
            lambda x0, t: kit.evaluate(model, x0, t),
            truth,
            case.initial,
            case.times,
            horizons=config["horizons"],
            invariants=invariants,
            model_invariants={key: invariants[key] for key in imposed},
            states=case.states,
        )
        record[name] = found.to_mapping()
    return record


@contextlib.contextmanager
def precision(kit: Any, double: bool) -> Iterator[dict[str, Any]]:
    """The choice of type for new networks: of 64 bits inside, or the default of 32."""
    if not double:
        yield {}
        return
    with kit.double_precision() as dtype:
        yield {"dtype": dtype}


def backend(config: Config) -> Any:
    """The names for training of the configured backend."""
    return toolkit(config["backend"])


def noisy(states: np.ndarray, size: float, seed: int) -> np.ndarray:
    """States with independent normal noise."""
    return states + size * np.random.default_rng((seed, 77)).standard_normal(states.shape)


def reference(field: Callable[[np.ndarray], np.ndarray]) -> Predict:
    """The true autonomous system x' = field(x), x of shape (n, m), as a prediction: DOP853 for all at once."""

    known: dict[tuple[bytes, bytes], np.ndarray] = {}

    def solved(initial: np.ndarray, times: np.ndarray) -> np.ndarray:
        shape = initial.shape
        found = solve_ivp(
            lambda t, y: field(y.reshape(shape)).ravel(), (times[0], times[-1]), initial.ravel(), "DOP853",
            t_eval=times, rtol=1e-11, atol=1e-12,
        )  # fmt: skip
        return np.moveaxis(found.y.reshape(*shape, len(times)), -1, 1)

    def truth(initial: np.ndarray, times: np.ndarray) -> np.ndarray:
        key = initial.tobytes(), times.tobytes()
        if key not in known:
            known[key] = solved(initial, times)
        return known[key]

    return truth


# -- pages -----------------------------------------------------------------------------------------


def collected(record: Mapping[str, Any]) -> dict[str, list[dict[str, Any]]]:
    """Variant -> its runs that ended, in the order of the configuration."""
    found: dict[str, list[dict[str, Any]]] = {variant: [] for variant in record["config"]["variants"]}
    for key, result in record["runs"].items():
        if "stopped" not in result:
            found[key.split(" | ")[0]].append(result)
    return {variant: runs for variant, runs in found.items() if runs}


def median(runs: Sequence[Mapping[str, Any]], *keys: Any) -> float | None:
    """The median over the runs of an entry deep in their records; None counts as infinite."""
    values = []
    for result in runs:
        entry: Any = result
        for key in keys:
            entry = entry[key]
        values.append(np.inf if entry is None else float(entry))
    return float(np.median(values)) if values else None


def largest(runs: Sequence[Mapping[str, Any]], case: str, names: Sequence[str], entry: str) -> float | None:
    """The largest over the runs of the worst drift of the named invariants; None where one has no value."""
    values = [run[case][entry][name] for run in runs for name in names]
    return None if not values or None in values else float(max(values))


def table(record: Mapping[str, Any], case: str) -> str:
    """The measures on one kind of test trajectories: medians over the seeds, drifts also at their worst."""
    runs = collected(record)
    first = next(iter(runs.values()))[0][case]
    names, horizons = list(first["true_drift"]), first["horizons"]
    columns = ["variant", "seeds", "time to error 0.5", *(f"error at {h:g}" for h in horizons)]
    columns += [f"{name} drift (worst)" for name in names] + ["own drift", "sensitivity (true)", "diverged", "training s"]
    rows = []
    for variant, found in runs.items():
        row: list[Any] = [variant, len(found), median(found, case, "lasting")]
        row += [median(found, case, "errors", k) for k in range(len(horizons))]
        for name in names:
            worst = largest(found, case, [name], "worst_drift")
            row.append(f"{cell(median(found, case, 'true_drift', name))} ({cell(worst)})")
        own = list(found[0][case]["model_drift"])
        row.append(largest(found, case, own, "model_drift"))
        growth = [cell(median(found, case, key)) for key in ("sensitivity", "true_sensitivity")]
        lost, count = (sum(run[case][key] for run in found) for key in ("diverged", "count"))
        row += [f"{growth[0]} ({growth[1]})", f"{lost} of {count}", round(median(found, "seconds") or 0.0)]
        rows.append(row)
    return markdown_table(columns, rows)


def stopped(record: Mapping[str, Any]) -> str:
    """A sentence on each of the runs that ended in an error, empty if there are none."""
    lines = [f"* {key} stopped: {found['stopped']}" for key, found in record["runs"].items() if "stopped" in found]
    return "\n".join(lines) + "\n" if lines else ""


def made_with(record: Mapping[str, Any], script: str) -> str:
    """What the experiment was held to, and where its page comes from."""
    versions = ", ".join(f"{name} {version}" for name, version in record["environment"].items() if name != "liesym-ode")
    place = f"`examples/experiments/{script}.py` from `{script}.json` beside this page"
    return f"{sentence(script, record)}\nMade by {place} ({versions}).\n"


def bars(record: Mapping[str, Any], cases: Sequence[str], path: Path, title: str) -> None:
    """Time to relative error 0.5 of each variant and kind of test trajectories: median over seeds, dots the seeds."""
    import matplotlib

    matplotlib.use("Agg")
    matplotlib.rcParams["svg.hashsalt"] = title
    from matplotlib import pyplot

    runs = collected(record)
    figure, axis = pyplot.subplots(figsize=(7.5, 0.6 + 0.45 * len(runs)), layout="constrained")
    height = 0.8 / len(cases)
    for j, case in enumerate(cases):
        places = np.arange(len(runs)) + (j - (len(cases) - 1) / 2) * height
        axis.barh(places, [median(found, case, "lasting") or 0.0 for found in runs.values()], height, label=case)
        for place, found in zip(places, runs.values(), strict=True):
            axis.plot([run[case]["lasting"] for run in found], [place] * len(found), "k.", markersize=3)
    axis.set_yticks(range(len(runs)), list(runs))
    axis.invert_yaxis()
    axis.set_xscale("log")
    axis.set_xlabel("time to relative error 0.5")
    axis.set_title(title)
    axis.legend()
    figure.savefig(path, metadata={"Date": None})
    pyplot.close(figure)
