"""Two bodies: which use of the rotation symmetry and of the integrals helps, and on which orbits?

    python examples/experiments/two_body.py [--reduced] [--backend torch] [--out results]

The symmetries and integrals come from liesym; the network learns the acceleration. See two_body.toml for
the sizes.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np
from harness import collected, experiment, median, reference

import liesym
from liesym.experiment import print_table
from liesym.fitting import Sampler, settings_from, toolkit
from liesym.metrics import measure
from liesym.residuals import phase_state
from liesym.trajectories import Trajectories

EQUATIONS = "x'' = -x/(x^2+y^2)^(3/2); y'' = -y/(x^2+y^2)^(3/2)"
CASES = ("as trained", "turned")
INVARIANTS = {
    "energy": lambda x: 0.5 * (x[..., 2] ** 2 + x[..., 3] ** 2) - 1 / np.hypot(x[..., 0], x[..., 1]),
    "momentum": lambda x: x[..., 0] * x[..., 3] - x[..., 1] * x[..., 2],
}


@lru_cache
def knowledge() -> tuple[liesym.ODESystem, liesym.Generator, tuple[Any, ...]]:
    """The system, its rotation, and energy and angular momentum, all from the engine."""
    system = liesym.ODESystem.parse(EQUATIONS)
    generators = liesym.find_symmetries(system).generators
    rotation = next(g for g in generators if g.xi == 0)
    found = [i for i in liesym.first_integrals(system) if not i.has(system.independent)]
    integrals = [i for i in found if _matches(i, system)]
    if len(integrals) != 2:
        raise liesym.VerificationError(f"expected energy and angular momentum among {found}")
    return system, rotation, tuple(integrals)


def _matches(integral: Any, system: liesym.ODESystem) -> bool:
    """Whether an integral is a multiple of energy or angular momentum: seen at random states."""
    states = np.random.default_rng(1).standard_normal((6, 4)) + 2.0
    values = liesym.lower([integral], phase_state(system), backend="numpy")(0.0, states, None)[:, 0]
    ratios = [values / known(states) for known in INVARIANTS.values()]
    return any(np.ptp(ratio) < 1e-9 * np.abs(ratio).max() for ratio in ratios)


def kepler(t: float, x: np.ndarray) -> np.ndarray:
    """The true field for the reference solution."""
    return np.concatenate([x[2:], -x[:2] / np.hypot(x[0], x[1]) ** 3])


def starts(config: dict[str, Any], seed: int, count: int) -> np.ndarray:
    """Perihelion on the positive x axis, semi-major axis 1."""
    low, high = config["eccentricity"]
    e = np.random.default_rng(seed).uniform(low, high, count)
    return np.stack([1 - e, 0 * e, 0 * e, np.sqrt((1 + e) / (1 - e))], axis=1)


def turned(states: np.ndarray, seed: int) -> np.ndarray:
    """Each state turned by a random angle of its own."""
    angle = np.random.default_rng(seed).uniform(0, 2 * np.pi, len(states))
    c, s = np.cos(angle), np.sin(angle)
    x, y, v, w = states.T
    return np.stack([c * x - s * y, s * x + c * y, c * v - s * w, s * v + c * w], axis=1)


@lru_cache
def truths(
    count: int, last: float, step: float, low: float, high: float
) -> dict[str, tuple[np.ndarray, ...]]:
    """Initial states, times and true states of the test orbits; the same for every variant."""
    initial = starts({"eccentricity": (low, high)}, 999, count)
    times = np.arange(0.0, last + 1e-9, step)
    found = {}
    for name, states in (("as trained", initial), ("turned", turned(initial, 998))):
        found[name] = (states, times, reference(kepler)(states, times))
    return found


def build(kit: Any, config: dict[str, Any], variant: str, seed: int, dtype: Any) -> tuple[Any, Any]:
    """The field of a variant and, with projection, its level sets."""
    system, rotation, integrals = knowledge()
    size = {"width": config["width"], "activation": config["activation"], "seed": seed, "dtype": dtype}
    if "invariant network" in variant:
        acceleration = kit.EquivariantField.from_generators([rotation], order=2, **size)
    else:
        acceleration = kit.MLPField(4, outputs=2, **size)
    field = kit.SecondOrderField(acceleration)
    levels = kit.LevelSets.from_expressions(integrals, phase_state(system))
    if "projection" in variant:
        return kit.TangentProjection(field, levels), levels
    if variant == "stabilization":
        return kit.Stabilization(field, levels, config["gamma"]), None
    return field, None


def loss_of(kit: Any, config: dict[str, Any], variant: str) -> Any:
    """The misfit, with what the variant adds to it."""
    system, rotation, integrals = knowledge()
    turn = kit.GroupAugmentation(rotation, spread=np.pi, levels=2)
    data = kit.augmented(kit.misfit(), turn) if "augmentation" in variant else kit.misfit()
    if variant == "soft invariance":
        residual = kit.at_points(kit.invariance(rotation, order=2), moved=turn)
        return kit.SymmetryLoss(data, {"invariance": residual}, config["invariance_weight"])
    if variant == "soft conservation":
        pointwise = kit.conservation(list(integrals), system.unknowns, order=2)
        return kit.SymmetryLoss(
            data, {"conservation": kit.at_points(pointwise)}, config["conservation_weight"]
        )
    return kit.SymmetryLoss(data)


def run(config: dict[str, Any], variant: str, seed: int) -> dict[str, Any]:
    """Train one variant and measure it on both kinds of orbits."""
    kit = toolkit(config["backend"])
    if config["double_precision"]:
        with kit.double_precision() as dtype:
            return trained(kit, config, variant, seed, dtype)
    return trained(kit, config, variant, seed, kit.single)


def trained(kit: Any, config: dict[str, Any], variant: str, seed: int, dtype: Any) -> dict[str, Any]:
    """One training and its measures in a given precision."""
    settings = settings_from(config["training"] | {"seed": seed, "draws": 1}, "[training]")
    times = np.arange(0.0, 2 * np.pi, config["step"])
    initial = starts(config, seed, config["orbits"])
    states = reference(kepler)(initial, times)
    states = states + config["noise"] * np.random.default_rng(seed + 77).standard_normal(states.shape)
    data = Trajectories(np.tile(times, (len(initial), 1)), states, ("x", "y", "vx", "vy"))
    field, levels = build(kit, config, variant, seed, dtype)
    model = kit.NeuralODE(field, substeps=config["substeps"])
    sampler = Sampler(data.windows(config["window"]), settings)
    result = kit.train(
        model, loss_of(kit, config, variant), sampler, settings, label=f"{variant}, seed {seed}"
    )
    final = kit.NeuralODE(kit.field_of(result.model), substeps=config["substeps"], retract=levels)
    record: dict[str, Any] = {"seconds": result.seconds, "loss": float(result.history["data"][-50:].mean())}
    horizons = config["horizons"]
    tests = truths(config["test_orbits"], horizons[-1], config["step"], *config["eccentricity"])
    for case, (start, clock, truth) in tests.items():
        metrics = measure(
            lambda x0, t: kit.evaluate(final, x0, t),
            reference(kepler),
            start,
            clock,
            horizons=horizons,
            invariants=INVARIANTS,
            model_invariants=INVARIANTS if levels is not None else None,
            states=truth,
        )
        record[case] = metrics.as_dict()
    return record


def show(record: dict[str, Any]) -> None:
    """One table for each kind of test orbits: medians over the seeds."""
    last = record["config"]["horizons"]
    for case in CASES:
        columns = ["variant", "seeds", "lasting", *(f"error at {h:g}" for h in last), "energy", "momentum"]
        columns += ["worst energy", "diverged", "sensitivity", "s"]
        rows = []
        for variant, runs in collected(record).items():
            errors = [median(runs, case, "errors", k) for k in range(len(last))]
            drifts = [median(runs, case, "true_drift", name) for name in INVARIANTS]
            rest = [median(runs, case, "worst_drift", "energy"), median(runs, case, "diverged")]
            rest += [median(runs, case, "sensitivity"), median(runs, "seconds")]
            rows.append([variant, len(runs), median(runs, case, "lasting"), *errors, *drifts, *rest])
        print_table(f"Two bodies, orbits {case}", columns, rows)


if __name__ == "__main__":
    experiment("two_body", __doc__, run, show)
