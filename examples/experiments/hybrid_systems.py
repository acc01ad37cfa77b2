"""Equations with an unknown term as a network, against a plain network of the same size on the same noisy trajectories.

    python examples/experiments/hybrid_systems.py [--reduced] [--out results]

The ten systems are in hybrid_problems.py, the sizes in hybrid_systems.toml.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from harness import Case, Config, backend, collected, experiment, fit, made_with, noisy, reference, stopped
from hybrid_problems import PROBLEMS, Problem
from protocol import protocol

from liesym.learn.experiment import cell, markdown_table
from liesym.learn.metrics import relative_error
from liesym.learn.trajectories import Trajectories
from liesym.residuals import phase_state

CASES = ("as trained", "moved")
TEST_SEED, PLACES = 999, 40


@lru_cache
def truth_of(name: str) -> Any:
    """The true system as a prediction."""
    return reference(PROBLEMS[name].field)


def training_data(name: str, config: Config, seed: int) -> Trajectories:
    """The noisy trajectories of a seed."""
    problem = PROBLEMS[name]
    initial = problem.starts(np.random.default_rng(seed), config["trajectories"])
    times = np.arange(0.0, problem.last + problem.step / 2, problem.step)
    states = noisy(truth_of(name)(initial, times), config["noise"], seed)
    return Trajectories(np.tile(times, (len(initial), 1)), states, tuple(s.name for s in phase_state(problem.system)))


@lru_cache
def test_cases(name: str, tests: int, longest: int) -> dict[str, Case]:
    """Starts like those of the training, and the same moved by the group."""
    problem, random = PROBLEMS[name], np.random.default_rng(TEST_SEED)
    initial = problem.starts(random, tests)
    times = np.arange(0.0, longest * problem.last + problem.step / 2, problem.step)
    both = dict(zip(CASES, (initial, problem.moved(initial, random)), strict=True))
    return {case: Case(x, times, truth_of(name)(x, times)) for case, x in both.items()}


def network(kit: Any, problem: Problem, form: str, config: Config, seed: int) -> Any:
    """A plain network of all states, or the equations with a network of the same hidden layers for each function."""
    width = config["width"]
    if form == "plain":
        return kit.MLPField(len(phase_state(problem.system)), width=width, depth=2, seed=seed)
    sizes = {name: (count, width, width, 1) for name, count in problem.arities.items()}
    return kit.HybridODE(problem.system, {n: kit.MLP(s, seed=seed + k) for k, (n, s) in enumerate(sorted(sizes.items()))})


def learned_curve(kit: Any, field: Any, problem: Problem) -> list[float]:
    """What the equations determine of the function that is shown, at the places of the picture."""
    name, order, (low, high) = problem.shown
    called, places = field.callables()[name], kit.as_tensor(np.linspace(low, high, PLACES), field)
    rest = [0.0 * places] * (problem.arities[name] - 1)

    def function(s: Any) -> Any:
        return called(s, *rest)

    values = kit.ARRAYS.jvp(function, (places,), (0.0 * places + 1.0,))[1] if order else function(places)
    return kit.ARRAYS.to_numpy(values).astype(float).tolist()


def run(config: Config, variant: str, seed: int) -> dict[str, Any]:
    """Train one model of one system; its median relative errors at the horizons, in times of the training's length."""
    name, form = variant.split(": ")
    form, _, exact = form.partition(", ")
    problem, kit = PROBLEMS[name], backend(config)
    config = config | ({"noise": 0.0} if exact else {}) | {"training": config["training"] | {"seed": seed}}
    data, field = training_data(name, config, seed), network(kit, problem, form, config, seed)
    model, record = fit(kit, config, field, kit.SymmetryLoss(kit.misfit()), data, variant)
    for case, test in test_cases(name, config["tests"], max(config["horizons"])).items():
        with np.errstate(all="ignore"):
            error = relative_error(kit.evaluate(model, test.initial, test.times).astype(float), test.states)
        places = [int(np.abs(test.times - h * problem.last).argmin()) for h in config["horizons"]]
        found = [float(np.median(error[:, k])) for k in places]
        record[case] = {
            "errors": [e if np.isfinite(e) else None for e in found],
            "diverged": int((~np.isfinite(error) | (error > 1e3)).any(axis=1).sum()),
            "count": len(error),
        }
    return record | ({"curve": learned_curve(kit, kit.field_of(model), problem)} if form == "hybrid" else {})


# -- the page --------------------------------------------------------------------------------------


def errors(runs: Sequence[Mapping[str, Any]], case: str) -> np.ndarray:
    """The errors at the longest horizon, seed by seed; infinite where the states are not finite."""
    return np.array([np.inf if (e := run[case]["errors"][-1]) is None else e for run in runs])


def compared(runs: Mapping[str, Any], case: str) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """System -> (errors of the plain networks, errors of the hybrids)."""
    names = [name for name in PROBLEMS if {f"{name}: plain", f"{name}: hybrid"} <= set(runs)]
    return {n: (errors(runs[f"{n}: plain"], case), errors(runs[f"{n}: hybrid"], case)) for n in names}


def times_smaller(pair: tuple[np.ndarray, np.ndarray]) -> float:
    """The ratio of the medians over the seeds."""
    return float(np.median(pair[0]) / np.median(pair[1]))


def spread(values: np.ndarray) -> str:
    """The median, and the least and largest."""
    middle, least, most = ("∞" if np.isinf(v) else cell(float(v)) for v in (np.median(values), values.min(), values.max()))
    return f"{middle} ({least} to {most})"


def comparison(record: Mapping[str, Any], case: str) -> str:
    """The table of one kind of starts, and in how many systems the limit is met."""
    runs, asked = collected(record), protocol("hybrid_systems").limit(case)
    pairs, rows = compared(runs, case), []
    for name, pair in pairs.items():
        ratio = times_smaller(pair)
        lost = [sum(run[case]["diverged"] for run in runs[f"{name}: {form}"]) for form in ("plain", "hybrid")]
        tests = sum(run[case]["count"] for run in runs[f"{name}: plain"])
        times = "∞" if np.isinf(ratio) else f"{ratio:.3g}"
        rows.append([name, spread(pair[0]), spread(pair[1]), times, f"{lost[0]} and {lost[1]} of {tests}"])
    good = sum(times_smaller(pair) >= asked for pair in pairs.values())
    columns = ["system", "plain", "hybrid", "times smaller", "diverged, plain and hybrid"]
    return f"""## {case.capitalize()}

{markdown_table(columns, rows)}

At least {asked:g} times smaller in {good} of {len(pairs)} systems.

"""


def met(name: str, config: Config) -> tuple[float, float]:
    """The range of the argument of the function that is shown, in the training of the first seed."""
    values = PROBLEMS[name].argument(training_data(name, config, config["seeds"][0]).states)
    return float(values.min()), float(values.max())


def beyond(name: str, config: Config) -> str:
    """The share of the true test states at which that argument is outside of what the training met."""
    low, high = met(name, config)
    values = PROBLEMS[name].argument(test_cases(name, config["tests"], max(config["horizons"]))["as trained"].states)
    return f"{100 * ((values < low) | (values > high)).any(axis=0).mean():.1f} %"


def without_noise(record: Mapping[str, Any]) -> str:
    """The hybrids that were trained on exact trajectories too, beside those of the same seeds with noise."""
    runs, rows = record["runs"], []
    for name in PROBLEMS:
        exact = {key.split(" | ")[1]: run for key, run in runs.items() if key.startswith(f"{name}: hybrid, ")}
        for case in CASES if exact else ():
            same = [runs[f"{name}: hybrid | {seed}"] for seed in exact]
            found = [errors(part, case) for part in (same, list(exact.values()))]
            both = [cell(float(np.median(e))) for e in found]
            rows.append([name, case, ", ".join(sorted(exact)), *both, beyond(name, record["config"])])
    if not rows:
        return ""
    return f"""## What the noise costs

The hybrids of systems that miss a limit, trained on the same trajectories without noise. Where that changes little, noise
is not the cause of the miss. The last column has the share of the states of the true tests at which the argument of the
function is one that the short training trajectories did not meet. Where neither is large the cause is in the fit, and has
not been looked for further: the hybrid's error grows with the time, while that of the plain network levels off at the size
of the motion where this is bounded.

{markdown_table(["system", "starts", "seeds", "noise as above", "no noise", "not met"], rows)}

"""


def page(record: dict[str, Any]) -> str:
    """The page of results."""
    c, runs = record["config"], collected(record)
    every = {form: [r["seconds"] for n, rs in runs.items() if n.endswith(form) for r in rs] for form in ("plain", "hybrid")}
    plain, hybrid = (f"{np.median(taken):.0f} s" for taken in every.values())
    return f"""# Ten systems with an unknown term

The equations are known but for a term: a force, a response, a friction. The **hybrid** has a network for each open
function and the rest as it is known; the **plain** network learns the whole field, from all states to all rates. Both
have hidden layers of {c["width"]} and {c["width"]} units, see the same {c["trajectories"]} trajectories, with noise of
{c["noise"]:g} on every state, and take {c["training"]["steps"]} steps of the optimizer on windows of {c["window"]} states.
Systems, truth and groups are in `examples/experiments/hybrid_problems.py`; the trajectories are as long as those of the
example [of hybrids](../your-loop.md), a third of a turn or less. Nothing was chosen by the tests; the lengths of windows,
training and trajectories were chosen by hand on another seed and other tests, as trajectories of a whole turn and more
made the plain network's error level off at the size of the motion. That favours the hybrid:
on such longer trajectories, on the one seed tried, it was not better than the plain network on the spiral.

Relative error of the state at {max(c["horizons"])} times the length of the trajectories, the median of {c["tests"]} tests;
of these the median of the seeds, and their range. **Moved**: the same starts moved by the group (turned, shifted, boosted,
scaled at random).

{comparison(record, "as trained")}{comparison(record, "moved")}{without_noise(record)}## What was learned

![The functions that were learned](hybrid_systems.svg)

The function that was learned, one line a seed, over the true one (dashed), with what the training trajectories met in
grey. Of a potential it is the derivative that the equations determine.

Training takes {plain} for a plain network and {hybrid} for a hybrid, in the median, on one core that others used too.

{stopped(record)}
{made_with(record, "hybrid_systems")}"""


def picture(record: dict[str, Any], path: Path) -> None:
    """The functions that were learned beside the true ones."""
    import matplotlib

    matplotlib.use("Agg")
    matplotlib.rcParams["svg.hashsalt"] = "hybrid systems"
    from matplotlib import pyplot

    runs = collected(record)
    names = [name for name in PROBLEMS if f"{name}: hybrid" in runs]
    figure, axes = pyplot.subplots(
        -(-len(names) // 5), min(5, len(names)), figsize=(13, 5), layout="constrained", squeeze=False
    )
    for axis, name in zip(axes.flat, names, strict=False):
        problem = PROBLEMS[name]
        function, order, (low, high) = problem.shown
        places = np.linspace(low, high, PLACES)
        for found in runs[f"{name}: hybrid"]:
            axis.plot(places, found["curve"], "C0", linewidth=1)
        axis.plot(places, problem.curve(places), "k--", linewidth=1)
        axis.axvspan(*met(name, record["config"]), color="0.9")
        axis.set_title(name, fontsize=9)
        axis.set_xlabel(f"{problem.arguments}", fontsize=8)
        axis.set_ylabel(function + "'" * order, fontsize=8)
        axis.tick_params(labelsize=7)
    figure.savefig(path, metadata={"Date": None})
    pyplot.close(figure)


def main(arguments: Sequence[str] | None = None) -> dict[str, Any]:
    """Run the experiment; see the head of this file."""
    return experiment("hybrid_systems", run, page, doc=__doc__, picture=picture, arguments=arguments)


if __name__ == "__main__":
    main(sys.argv[1:])
