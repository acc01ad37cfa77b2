"""Lynx and hare, 1900-1920: does the first integral of Lotka-Volterra help a Neural ODE to forecast?

The integral is found by liesym, the parameters in it are fitted to 1900-1914, and a network is trained on
the same years with and without the conservation residual. What counts is the error on 1915-1920, from the
state of 1914. Also shown is the Lotka-Volterra model itself. The weight of the residual was settled on after errors
on 1915-1920 had been seen, so its gain there is no clean forecast; on the training years the fit gets worse.

    python examples/lynx_hare.py [--backend torch jax] [--seeds 0 1 2] [--steps 800] [--out results]
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path
from typing import Any

import numpy as np

import liesym
from liesym.learn.experiment import print_table, write_results
from liesym.learn.fitting import Sampler, Settings, toolkit
from liesym.learn.matching import match_parameters
from liesym.learn.trajectories import Trajectories, read_trajectories
from liesym.model.problem import read_problem
from liesym.text import write

HERE = Path(__file__).parent
LAST_TRAINING_YEAR = 1914
WINDOW = 8
WEIGHTS = {"plain": 0.0, "with conservation": 10.0}
COLUMNS = [
    "model",
    "seeds",
    "1900-1914, log error",
    "1915-1920, thousands",
    "1915-1920, log error",
    "drift of I",
    "s",
]


def law() -> tuple[liesym.ODESystem, Any]:
    """The system and its first integral, as found."""
    system = read_problem(HERE / "lotka_volterra.toml").system
    found = liesym.first_integrals(system)
    if not found:
        raise liesym.VerificationError("no first integral of Lotka-Volterra was found")
    return system, found[0]


def fit_parameters(kit: Any, system: liesym.ODESystem, train: Trajectories, steps: int) -> Any:
    """Lotka-Volterra itself, fitted to the training years in logarithms."""
    settings = Settings(steps=steps, learning_rate=0.02, final_rate=1e-3)
    start = match_parameters(system, train, logarithmic=True)
    model = kit.NeuralODE(kit.SymbolicField(system, start), substeps=4)
    loss = kit.SymmetryLoss(kit.misfit(logarithmic=True))
    return kit.train(model, loss, Sampler(train.windows(WINDOW), settings), settings, label="Lotka-Volterra")


def fit_network(kit: Any, residual: Any, train: Trajectories, weight: float, seed: int, steps: int) -> Any:
    """A network for the growth rates, with the integral kept at states near the data, or not."""
    settings = Settings(steps=steps, learning_rate=5e-3, final_rate=1e-4, seed=seed, draws=2)
    model = kit.NeuralODE(kit.PositiveField(kit.MLPField(2, width=32, seed=seed)), substeps=2)
    terms = {"conservation": residual} if weight else {}
    loss = kit.SymmetryLoss(kit.misfit(logarithmic=True), terms, weight if weight else {})
    windows = Sampler(train.windows(WINDOW), settings)
    return kit.train(model, loss, windows, settings, label=f"network, seed {seed}")


def near(batch: Any) -> Any:
    """The states of the windows, each window shifted by a random factor between 1/2 and 2 per species."""
    return batch._replace(states=batch.states * 2.0 ** batch.draws[:, None, :])


def score(kit: Any, field: Any, data: Trajectories, integral: Any) -> dict[str, Any]:
    """Errors before and after 1914, the drift of the integral over the whole run, and the curves."""
    model = kit.NeuralODE(field, substeps=20)
    split = int((data.times[0] <= LAST_TRAINING_YEAR).sum())
    before = kit.evaluate(model, data.states[0, 0], data.times[0, :split])
    after = kit.evaluate(model, data.states[0, split - 1], data.times[0, split - 1 :])[1:]
    known, future = data.states[0, :split], data.states[0, split:]
    values = np.array([integral(x) for x in np.concatenate([before, after])])
    spread = np.ptp(np.array([integral(x) for x in data.states[0]]))
    return {
        "train_log": float(np.sqrt(np.mean((np.log(before) - np.log(known)) ** 2))),
        "test": float(np.sqrt(np.mean((after - future) ** 2))),
        "test_log": float(np.sqrt(np.mean((np.log(after) - np.log(future)) ** 2))),
        "drift": float(max(np.ptp(values[:split]), np.ptp(values[split:])) / spread),
        "before": before,
        "after": after,
    }


def run(backend: str, seeds: tuple[int, ...] = (0, 1, 2), steps: int = 800) -> dict[str, Any]:
    """All fits of one backend."""
    kit = toolkit(backend)
    system, integral = law()
    data = read_trajectories(HERE / "data" / "lynx_hare.csv", ("x", "y"))
    train = data.until(LAST_TRAINING_YEAR)
    fitted = fit_parameters(kit, system, train, steps)
    values = fitted.model.field.values()
    lowered = liesym.lower([integral], system.unknowns, backend="numpy")
    charge = lambda x: float(lowered(0.0, x, values)[0])  # noqa: E731
    residual = kit.at_points(kit.conservation(integral, system.unknowns), args=values, moved=near)
    fits = {"Lotka-Volterra": [score(kit, fitted.model.field, data, charge) | {"seconds": fitted.seconds}]}
    for name, weight in WEIGHTS.items():
        fits[name] = []
        for seed in seeds:
            result = fit_network(kit, residual, train, weight, seed, steps)
            last = float(result.history["data"][-1])
            scored = score(kit, result.model.field, data, charge)
            fits[name].append(scored | {"seed": seed, "loss": last, "seconds": result.seconds})
    return {
        "backend": backend,
        "integral": write(integral),
        "parameters": values,
        "fits": fits,
        "steps": steps,
    }


def rows(result: dict[str, Any]) -> list[list[Any]]:
    """The table of one backend: means over the seeds, with the spread of the forecast error."""
    table = []
    for name, fits in result["fits"].items():
        mean = {key: float(np.mean([f[key] for f in fits])) for key in ("train_log", "test_log", "drift", "seconds")}
        tests = [f["test"] for f in fits]
        spread = f"{np.mean(tests):.2f} ± {np.std(tests):.2f}" if len(tests) > 1 else f"{tests[0]:.2f}"
        label = f"{result['backend']}: {name}"
        table.append([label, len(fits), mean["train_log"], spread, mean["test_log"], mean["drift"], mean["seconds"]])
    return table


def picture(results: list[dict[str, Any]], path: Path) -> Path:
    """Data and forecasts of all fits, one panel a backend and species."""
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    data = read_trajectories(HERE / "data" / "lynx_hare.csv", ("hare", "lynx"), independent="year")
    years, split = data.times[0], LAST_TRAINING_YEAR
    figure, axes = plt.subplots(2, len(results), figsize=(6 * len(results), 6), sharex=True, squeeze=False)
    colours = {"Lotka-Volterra": "tab:gray", "plain": "tab:orange", "with conservation": "tab:blue"}
    for column, result in enumerate(results):
        for i, species in enumerate(data.names):
            axis = axes[i][column]
            for name, fits in result["fits"].items():
                for k, fit in enumerate(fits):
                    after = np.vstack([data.states[0, years == split], fit["after"]])
                    label = name if k == 0 else None
                    axis.plot(years[years <= split], np.array(fit["before"])[:, i], color=colours[name], lw=0.8)
                    axis.plot(years[years >= split], after[:, i], color=colours[name], lw=1.6, label=label)
            axis.plot(years, data.states[0, :, i], "k.", label="pelts")
            axis.axvline(split, color="k", lw=0.5, ls=":")
            axis.set_ylabel(f"{species}, thousands")
            axis.set_title(f"{result['backend']}" if i == 0 else "")
    axes[0][0].legend(fontsize=8)
    figure.tight_layout()
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=120)
    plt.close(figure)
    return path


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--backend", nargs="+", default=["torch", "jax"])
    parser.add_argument("--seeds", nargs="+", type=int, default=[0, 1, 2])
    parser.add_argument("--steps", type=int, default=800)
    parser.add_argument("--out", type=Path, default=Path("results"))
    options = parser.parse_args()
    began = time.perf_counter()
    results = [run(backend, tuple(options.seeds), options.steps) for backend in options.backend]
    print(f"first integral: {results[0]['integral']}")
    print_table("Lynx and hare", COLUMNS, [row for result in results for row in rows(result)])
    write_results(options.out / "lynx_hare.json", {"runs": results, "seconds": time.perf_counter() - began})
    print(f"picture: {picture(results, options.out / 'lynx_hare.png')}")


if __name__ == "__main__":
    main()
