"""A system and data in, trained Neural ODEs out: with the laws of the system in the loss, and without them
beside it.

read data → find laws → fit unknown parameters → train baseline and regularized network → compare on
held-out data
"""

from __future__ import annotations

import hashlib
import io
import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
from sympy import Expr, Symbol, log

from liesym.base.files import write_whole
from liesym.conservation.first_integrals import first_integrals
from liesym.errors import DataError, TrainingError
from liesym.learn.experiment import print_table, write_results
from liesym.learn.fitting import Sampler, Settings, toolkit
from liesym.learn.matching import match_parameters
from liesym.learn.trajectories import Trajectories, read_trajectories
from liesym.learn.weights import search_weights
from liesym.lowering.lower import lower
from liesym.model.system import ODESystem
from liesym.residuals import phase_state
from liesym.symmetries.generator import Generator
from liesym.symmetries.pipeline import find_symmetries

LEAST = {"weight": 0, "search": 0, "steps": 0, "learning_rate": 0, "window": 2, "substeps": 1, "width": 1, "depth": 0}
RESIDUALS = ("auto", "conservation", "invariance", "none")
COLUMNS = ["model", "seeds", "training error", "held-out error", "law broken by", "s"]


@dataclass(frozen=True, slots=True)
class Choices:
    """What `train_problem` can be told.

    Arguments:
        residual: "conservation" (first integrals), "invariance" (symmetries), "auto" for the first of
            these that the system has, "none" for the baseline alone.
        weight: of the residual, which is scaled to be of the order of one for a field that ignores the law.
        search: number of trials in which the weight is searched on the last part of the training data; 0
            takes `weight`.
        split: fraction for training: of the times if there is one trajectory, else of the trajectories.
        seeds: one fit of each kind for each seed.
        steps, learning_rate, batch: see `Settings`.
        window: times in a window of the rollout.
        substeps: Runge-Kutta steps between two times.
        width, depth: of the network.
        positive: the states stay positive, and are compared in logarithms; None decides by the laws.
        budget: seconds for finding the laws.
        out: folder for the record, the picture and the checkpoints.
    """

    residual: str = "auto"
    weight: float = 1.0
    search: int = 0
    split: float = 0.7
    seeds: tuple[int, ...] = (0,)
    steps: int = 1000
    learning_rate: float = 5e-3
    batch: int | None = None
    window: int = 8
    substeps: int = 2
    width: int = 32
    depth: int = 2
    positive: bool | None = None
    budget: float = 30.0
    out: str = "results"

    def __post_init__(self) -> None:
        if self.residual not in RESIDUALS:
            raise DataError(f"residual {self.residual!r} is not known; take one of {', '.join(RESIDUALS)}")
        if not 0 < self.split < 1:
            raise DataError(f"split = {self.split}; expected a fraction between 0 and 1")
        for name, least in LEAST.items():
            if not least <= getattr(self, name) < math.inf:
                raise DataError(f"{name} = {getattr(self, name)!r}; expected a finite number, at least {least}")
        if not self.seeds or len(set(self.seeds)) < len(self.seeds):
            raise DataError(f"seeds = {self.seeds}; expected at least one, and none twice")


@dataclass(frozen=True, slots=True, eq=False)
class Report:
    """The comparison: rows of the table under `COLUMNS`, and the files that were written."""

    rows: tuple[tuple[Any, ...], ...]
    results: Path
    picture: Path
    record: Mapping[str, Any]


@dataclass(frozen=True, slots=True, eq=False)
class _Task:
    """Everything that the fits share."""

    kit: Any
    backend: str
    system: ODESystem
    data: Trajectories
    train: Trajectories
    test: Trajectories
    choices: Choices
    order: int
    scale: np.ndarray
    positive: bool
    values: dict[str, float]
    laws: tuple[str, ...] = ()


def train_problem(
    problem: Any,
    data_path: str | Path | Trajectories,
    *,
    backend: str,
    choices: Choices | None = None,
    show: bool = True,
    integrals: Sequence[Expr] | None = None,
) -> Report:
    """Train a baseline and a network with the laws of the system in its loss, and compare them.

    Arguments:
        problem: a `Problem`, an `ODESystem`, or the path of a problem file.
        data_path: .npz or .csv; see `read_trajectories`; or the trajectories. States are (q, q', …) as in `phase_state`.
        backend: the name of a toolkit, "torch" or "jax" or a registered one.
        choices: see `Choices`.
        show: print the table and the places of the files.
        integrals: first integrals from elsewhere, in place of those of the system.

    Returns:
        The `Report`; the record, the picture and the checkpoints are in the folder `choices.out`.

    Raises:
        DataError: data or choices that cannot be used, or a folder that cannot be written.
        TrainingError: a loss that is not finite; the message names the term and the step.
    """
    choices = choices or Choices()
    system = _system_of(problem)
    kit = toolkit(backend)
    _need_packages(choices)
    names = [str(s) for s in phase_state(system)]
    given = isinstance(data_path, Trajectories)
    data = (data_path if given else read_trajectories(data_path, names, independent=system.independent.name)).begun()
    train, test = (part.begun() for part in _split(data, choices))
    kind, laws = _laws(system, choices) if integrals is None else ("conservation" if integrals else "none", tuple(integrals))
    positive = _is_positive(laws, train, choices)
    order = system.order if len(set(system.orders)) == 1 and system.order <= 2 else 1
    scale = np.sqrt(np.nanmean(train.states**2, axis=(0, 1))) + 1e-12
    told = (kind, *(str(law) for law in laws))
    task = _Task(kit, backend, system, data, train, test, choices, order, scale, positive, {}, told)
    task = replace(task, values=_parameters(task))
    residual = _residual(task, kind, laws)
    weight = _weight(task, residual) if residual is not None else 0.0
    fits: dict[str, list[dict[str, Any]]] = {"plain": [_fit(task, seed, residual, 0.0) for seed in choices.seeds]}
    if residual is not None and weight > 0:
        fits[f"with {kind}"] = [_fit(task, seed, residual, weight) for seed in choices.seeds]
    record = {
        "backend": backend,
        "title": system.title,
        "equations": [str(e) for e in system.rhs],
        "laws": {"kind": kind, "found": [str(law) for law in laws]},
        "parameters": task.values,
        "weight": weight,
        "choices": {name: getattr(choices, name) for name in Choices.__slots__},
        "fits": fits,
    }
    return _report(task, record, kind, show)


def run_problem(
    problem: Any,
    data_path: str | Path | Trajectories,
    *,
    backend: str,
    show: bool = True,
    integrals: Sequence[Expr] | None = None,
    **choices: Any,
) -> Report:
    """`train_problem` with the choices by name. Raises DataError for one that does not exist."""
    unknown = sorted(set(choices) - set(Choices.__slots__))
    if unknown:
        raise DataError(f"unknown choice {', '.join(unknown)}; known are {', '.join(Choices.__slots__)}")
    if "seeds" in choices:
        seeds = choices["seeds"]
        choices["seeds"] = (seeds,) if isinstance(seeds, int) else tuple(seeds)
    return train_problem(problem, data_path, backend=backend, choices=Choices(**choices), show=show, integrals=integrals)


def _need_packages(choices: Choices) -> None:
    """Refuse before any training what would fail after it.

    Raises:
        TrainingError: a package that is asked for is not installed.
    """
    wanted = {"matplotlib": ("the picture", "plot"), **({"optuna": ("the search", "torch")} if choices.search else {})}
    for package, (what, extra) in wanted.items():
        if find_spec(package) is None:
            raise TrainingError(f"{what} needs {package}; install liesym-ode[{extra}]")


def _system_of(problem: Any) -> ODESystem:
    if isinstance(problem, ODESystem):
        return problem
    if isinstance(problem, (str, Path)):
        return ODESystem.from_file(str(problem))
    return problem.system


def training_count(count: int, split: float) -> int:
    """How many of several trajectories are trained on; the rest is held out."""
    return min(max(round(split * count), 1), count - 1)


def _split(data: Trajectories, choices: Choices) -> tuple[Trajectories, Trajectories]:
    """Training and held-out part: trajectories if there are several, else times, which share the one at
    the cut.
    """
    if data.count > 1:
        cut = training_count(data.count, choices.split)
        return data.select(range(cut)), data.select(range(cut, data.count))
    cut = min(max(round(choices.split * data.times.shape[1]), 2), data.times.shape[1] - 1)
    edge = data.times[0, cut - 1]
    return data.until(edge), data.after(edge)


def _identity(task: _Task, law: bool) -> str:
    """A mark of the problem, so that no checkpoint and no search goes on with that of another."""
    choices, train = task.choices, task.train
    told = [str(task.system.solved), train.names, task.positive, choices.substeps, choices.depth]
    mark = hashlib.sha256(json.dumps([*told, *(task.laws if law else ())]).encode())
    mark.update(np.ascontiguousarray(train.times).tobytes() + np.ascontiguousarray(train.states).tobytes())
    return mark.hexdigest()[:16]


def _laws(system: ODESystem, choices: Choices) -> tuple[str, tuple[Any, ...]]:
    """The kind of the laws, and the first integrals or the generators themselves."""
    if choices.residual in ("auto", "conservation"):
        integrals = tuple(first_integrals(system, budget=choices.budget))
        if integrals or choices.residual == "conservation":
            return "conservation", integrals
    if choices.residual in ("auto", "invariance"):
        found = find_symmetries(system, budget=choices.budget).generators
        autonomous = not any(f.has(system.independent) for f in system.rhs)
        return "invariance", tuple(g for g in found if not g.trivial and not (autonomous and _shifts_time(g)))
    return "none", ()


def _shifts_time(generator: Generator) -> bool:
    """True for ∂_t, which every field that is built without t admits."""
    return generator.xi.is_number and all(c == 0 for c in generator.components[1:])


def _is_positive(laws: Sequence[Any], train: Trajectories, choices: Choices) -> bool:
    """Whether the states live in x > 0: told, or seen from logarithms of them in the laws."""
    if choices.positive is not None:
        if choices.positive and np.nanmin(train.states) <= 0:
            raise DataError("positive = true, but the data hold a state that is not positive")
        return choices.positive
    inside = {atom.args[0] for law in laws if isinstance(law, Expr) for atom in law.atoms(log)}
    logs = {symbol.name for symbol in inside if isinstance(symbol, Symbol)}
    return bool(logs & set(train.names)) and bool(np.nanmin(train.states) > 0)


def _parameters(task: _Task) -> dict[str, float]:
    """Numbers for the parameters: as declared, or else fitted to the training data."""
    known = {p.name: float(p.value) for p in task.system.parameters if p.value is not None}
    if len(known) == len(task.system.parameters):
        return known
    choices = task.choices
    start = match_parameters(task.system, task.train, known=known, logarithmic=task.positive)
    settings = Settings(steps=choices.steps, learning_rate=0.02, final_rate=1e-3, batch=choices.batch)
    field = task.kit.SymbolicField(task.system, start, fixed=tuple(known))
    model = task.kit.NeuralODE(field, substeps=2 * choices.substeps)
    loss = task.kit.SymmetryLoss(_misfit(task))
    sampler = Sampler(_windows(task.train, choices), settings)
    return task.kit.train(model, loss, sampler, settings, label="parameters").model.field.values()


def _windows(data: Trajectories, choices: Choices) -> Trajectories:
    return data.windows(min(choices.window, data.times.shape[1]))


def _misfit(task: _Task) -> Any:
    return task.kit.misfit(logarithmic=True) if task.positive else task.kit.misfit(scale=task.scale)


def _residual(task: _Task, kind: str, laws: Sequence[Any]) -> Any:
    """The laws as one term, scaled to be of order one for a field that does not know them; None without
    laws.
    """
    if not laws:
        return None
    kit, values = task.kit, task.values
    with np.errstate(divide="ignore", invalid="ignore"):
        rates = np.gradient(task.train.states, axis=1) / np.gradient(task.train.times, axis=1)[..., None]
    rates = np.where(np.isfinite(rates), rates, np.nan)
    if kind == "conservation":
        unknowns, t = task.system.unknowns, task.system.independent
        pointwise = kit.conservation(list(laws), unknowns, t=t, order=task.order)
        sizes = _rate_scales(task, laws, rates)
        return kit.at_points(lambda f, t, x, a: pointwise(f, t, x, a) / kit.as_tensor(sizes, f), args=values)
    m = len(task.system.unknowns)
    lead = _at_least(np.sqrt(np.nanmean(rates[..., -m:] ** 2, axis=(0, 1))), _slow(task)[-m:]) + 1e-12
    parts = [(kit.invariance(g, order=task.order), lead * _amplitude(task, g)) for g in laws]

    def broken(f: Any, t: Any, x: Any, a: Any) -> Any:
        return kit.concatenate([part(f, t, x, a) / kit.as_tensor(size, f) for part, size in parts])

    return kit.at_points(broken, args=values)


def _rate_scales(task: _Task, laws: Sequence[Expr], rates: np.ndarray) -> np.ndarray:
    """For each integral the root mean square of Σ_i |∂_i I| |x_i'| over the training data."""
    states = phase_state(task.system)
    slopes = lower([law.diff(s) for law in laws for s in states], states, backend="numpy", t=task.system.independent)(
        task.train.times, task.train.states, task.values
    )
    slopes = np.abs(slopes.reshape(*rates.shape[:2], len(laws), len(states)))

    def size(speeds: np.ndarray) -> np.ndarray:
        return np.sqrt(np.nanmean((slopes * speeds).sum(-1) ** 2, axis=(0, 1)))

    return _at_least(size(np.abs(rates)[:, :, None, :]), size(_slow(task))) + 1e-12


def _slow(task: _Task) -> np.ndarray:
    """The rate of each state that moves by its own size once in the data: what stands for one that rests."""
    return task.scale / np.ptp(task.train.times)


def _at_least(sizes: np.ndarray, natural: np.ndarray) -> np.ndarray:
    """Sizes that vanish beside the natural ones, as those of a constant column do, replaced by these."""
    return np.where(sizes > 1e-6 * natural, sizes, natural)


def _amplitude(task: _Task, generator: Generator) -> float:
    """How far the generator moves the training data, in units of their size."""
    unknowns = task.system.unknowns
    moved = lower(list(generator.components), unknowns, backend="numpy", t=task.system.independent)(
        task.train.times, task.train.states[..., : len(unknowns)], task.values
    )
    units = np.concatenate([[np.ptp(task.train.times)], task.scale[: len(unknowns)]])
    return float(np.sqrt(np.nanmean((moved / units) ** 2))) + 1e-12


def _model(task: _Task, seed: int) -> Any:
    """A network of the shape that the system asks for."""
    kit, choices, m = task.kit, task.choices, task.data.states.shape[-1]
    size: dict[str, Any] = {"width": choices.width, "depth": choices.depth, "seed": seed}
    size["time"] = any(f.has(task.system.independent) for f in task.system.rhs)
    if task.positive:
        field = kit.PositiveField(kit.MLPField(m, **size))
    elif task.order == 2:
        field = kit.SecondOrderField(kit.MLPField(m, outputs=m // 2, scale=task.scale, **size))
    else:
        field = kit.MLPField(m, scale=task.scale, **size)
    return kit.NeuralODE(field, substeps=choices.substeps)


def _train(task: _Task, data: Trajectories, seed: int, residual: Any, weight: float, file: Path | None) -> Any:
    choices = task.choices
    settings = Settings(
        steps=choices.steps,
        batch=choices.batch,
        learning_rate=choices.learning_rate,
        final_rate=1e-4,
        seed=seed,
    )
    terms = {} if residual is None else {"law": residual}
    loss = task.kit.SymmetryLoss(_misfit(task), terms, {} if residual is None else weight)
    sampler = Sampler(_windows(data, choices), settings)
    label = f"{'plain' if residual is None else 'with the law'}, seed {seed}"
    model = _model(task, seed)
    identity = _identity(task, residual is not None)
    return task.kit.train(model, loss, sampler, settings, checkpoint=file, label=label, identity=identity)


def _weight(task: _Task, residual: Any) -> float:
    """The weight that was given, or the best one on the last fifth of the training data."""
    choices = task.choices
    if not choices.search:
        return choices.weight
    fit, hold = _split(task.train, replace(choices, split=0.8))

    def held_out(weights: dict[str, float]) -> float:
        model = _train(task, fit, choices.seeds[0], residual, weights["law"], None).model
        return _error(task, model, hold)

    storage = Path(choices.out) / f"weights-{task.backend}.journal"
    found = search_weights(
        held_out, {"law": (1e-4, 1e3)}, trials=choices.search, storage=storage, study=_identity(task, True)
    )
    return dict(found.weights)["law"]


def _error(task: _Task, model: Any, data: Trajectories) -> float:
    """Root mean square of the relative, or logarithmic, difference along the trajectories from their first
    state.
    """
    predicted = task.kit.evaluate(model, data.states[:, 0], data.times)
    with np.errstate(all="ignore"):
        relative = (predicted - data.states) / task.scale
        difference = np.log(predicted) - np.log(data.states) if task.positive else relative
        measured = np.isfinite(data.states[:, 1:])
        return float(np.sqrt(np.mean(difference[:, 1:][measured] ** 2))) if measured.any() else math.nan


def _fit(task: _Task, seed: int, residual: Any, weight: float) -> dict[str, Any]:
    """One training with its scores and curves; with weight 0 the residual is measured only."""
    name = f"{task.backend}-{task.laws[0] if weight else 'plain'}-{seed}.ckpt"
    run = _train(task, task.train, seed, residual if weight else None, weight, Path(task.choices.out) / name)
    sample = (task.test.times, task.test.states, np.zeros((task.test.count, 0)))
    broken = None if residual is None else task.kit.term_value(residual, run.model, sample) ** 0.5
    return {
        "seed": seed,
        "training": _error(task, run.model, task.train),
        "held_out": _error(task, run.model, task.test),
        "broken": broken,
        "loss": float(run.history["data"][-1]) if len(run.history["data"]) else None,
        "seconds": run.seconds,
        "curve": task.kit.evaluate(run.model, task.test.states[:1, 0], task.test.times[:1])[0],
    }


def _report(task: _Task, record: dict[str, Any], kind: str, show: bool) -> Report:
    rows = []
    for name, fits in record["fits"].items():
        means = [_mean([fit[key] for fit in fits]) for key in ("training", "held_out", "broken", "seconds")]
        rows.append((name, len(fits), *means))
    folder = Path(task.choices.out)
    results = write_results(folder / f"train-{task.backend}.json", record)
    picture = _picture(task, record["fits"], folder / f"train-{task.backend}.png")
    if show:
        if kind != "none" and not record["laws"]["found"]:
            print(f"no law of the kind {kind} was found; the baseline is alone")
        for law in record["laws"]["found"]:
            print(f"{kind}: {law}")
        print_table(task.system.title or "Neural ODE", COLUMNS, rows)
        print(f"results: {results}\npicture: {picture}")
    return Report(tuple(rows), results, picture, record)


def _mean(values: Sequence[float | None]) -> float | None:
    known = [v for v in values if v is not None]
    return float(np.mean(known)) if known else None


def _picture(task: _Task, fits: Mapping[str, Sequence[Mapping[str, Any]]], path: Path) -> Path:
    """The first held-out trajectory and what each network makes of it."""
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    names = task.data.names
    figure, axes = plt.subplots(len(names), 1, figsize=(8, 2.4 * len(names)), sharex=True, squeeze=False)
    for i, (axis, name) in enumerate(zip(axes[:, 0], names, strict=True)):
        axis.plot(task.test.times[0], task.test.states[0, :, i], "k.", ms=4, label="data")
        for k, (label, group) in enumerate(fits.items()):
            for j, fit in enumerate(group):
                curve = np.asarray(fit["curve"])[:, i]
                axis.plot(task.test.times[0], curve, color=f"C{k}", lw=1.2, label=label if j == 0 else None)
        axis.set_ylabel(name)
    axes[0, 0].legend(fontsize=8)
    axes[-1, 0].set_xlabel(task.system.independent.name)
    figure.tight_layout()
    drawn = io.BytesIO()
    figure.savefig(drawn, dpi=110)
    plt.close(figure)
    return write_whole(path, drawn.getvalue(), folder=True)
