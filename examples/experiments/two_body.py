"""Two bodies: which use of the rotation symmetry and of the integrals helps, and on which orbits?

    python examples/experiments/two_body.py [--reduced] [--backend torch] [--out results]

The symmetries and integrals come from liesym; the network learns the acceleration. See two_body.toml for the sizes.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from harness import (
    Case,
    Config,
    backend,
    bars,
    collected,
    experiment,
    fit,
    largest,
    made_with,
    measured,
    median,
    noisy,
    precision,
    stopped,
    table,
)

import liesym
from liesym.learn.experiment import cell, markdown_table
from liesym.learn.trajectories import Trajectories
from liesym.residuals import phase_state

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
    rotation = next(g for g in liesym.find_symmetries(system).generators if g.xi == 0)
    found = [i for i in liesym.first_integrals(system) if not i.has(system.independent)]
    integrals = tuple(i for i in found if _is_known(i, system))
    if len(integrals) != 2:
        raise liesym.VerificationError(f"expected energy and angular momentum among {found}")
    return system, rotation, integrals


def _is_known(integral: Any, system: liesym.ODESystem) -> bool:
    """Whether an integral is a multiple of energy or angular momentum: seen at random states."""
    states = np.random.default_rng(1).standard_normal((6, 4)) + 2.0
    values = liesym.lower([integral], phase_state(system), backend="numpy")(0.0, states, None)[:, 0]
    ratios = [values / known(states) for known in INVARIANTS.values()]
    return any(np.ptp(ratio) < 1e-9 * np.abs(ratio).max() for ratio in ratios)


def orbits(initial: np.ndarray, times: np.ndarray) -> np.ndarray:
    """True states (n, K, 4) of bound orbits from Kepler's equation E - e sin E = M, solved by Newton's method."""
    q, v = initial[:, :2], initial[:, 2:]
    r, spin = np.linalg.norm(q, axis=1), q[:, 0] * v[:, 1] - q[:, 1] * v[:, 0]
    a = 1.0 / (2.0 / r - (v * v).sum(1))
    # the eccentricity vector points to the perihelion, the second axis is its quarter turn along the motion
    axis = np.stack([v[:, 1] * spin, -v[:, 0] * spin], axis=1) - q / r[:, None]
    e = np.linalg.norm(axis, axis=1)
    along = axis / e[:, None]
    across = np.sign(spin)[:, None] * np.stack([-along[:, 1], along[:, 0]], axis=1)
    start = np.arctan2((q * v).sum(1) / np.sqrt(a), 1 - r / a)
    mean = (start - e * np.sin(start))[:, None] + (times - times[0]) * a[:, None] ** -1.5
    e = e[:, None]
    E = mean + e * np.sin(mean)
    for _ in range(30):
        E = E - (E - e * np.sin(E) - mean) / (1 - e * np.cos(E))
    minor, rate = np.sqrt(1 - e**2), a[:, None] ** -0.5 / (1 - e * np.cos(E))
    position = a[:, None, None] * (
        (np.cos(E) - e)[..., None] * along[:, None] + (minor * np.sin(E))[..., None] * across[:, None]
    )
    speed = rate[..., None] * (-np.sin(E)[..., None] * along[:, None] + (minor * np.cos(E))[..., None] * across[:, None])
    return np.concatenate([position, speed], axis=-1)


def starts(config: Config, seed: int, count: int) -> np.ndarray:
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


def tests(config: Config) -> dict[str, Case]:
    """The test orbits, the same for every variant: like the training orbits, and turned."""
    initial = starts(config, 999, config["test_orbits"])
    times = np.arange(0.0, config["horizons"][-1] + 1e-9, config["step"])
    both = zip(CASES, (initial, turned(initial, 998)), strict=True)
    return {name: Case(states, times, orbits(states, times)) for name, states in both}


def build(kit: Any, config: Config, variant: str, seed: int, dtype: dict[str, Any]) -> tuple[Any, Any]:
    """The field of a variant and, with projection, its level sets."""
    system, rotation, integrals = knowledge()
    size = {"width": config["width"], "activation": config["activation"], "seed": seed} | dtype
    if "invariant network" in variant:
        acceleration = kit.EquivariantField.from_generators([rotation], order=2, **size)
    else:
        acceleration = kit.MLPField(4, outputs=2, **size)
    field = kit.SecondOrderField(acceleration)
    levels = kit.LevelSets.from_expressions(integrals, phase_state(system))
    if "projection" in variant:
        return kit.TangentProjection(field, levels), levels
    if "stabilization" in variant:
        return kit.Stabilization(field, levels, config["gamma"]), None
    return field, None


def loss_of(kit: Any, config: Config, variant: str) -> Any:
    """The misfit, with what the variant adds to it."""
    system, rotation, integrals = knowledge()
    turn = kit.GroupAugmentation(rotation, spread=np.pi, levels=2)
    data = kit.augmented(kit.misfit(), turn) if "augmentation" in variant else kit.misfit()
    if variant == "soft invariance":
        residual = kit.at_points(kit.invariance(rotation, order=2), moved=turn)
        return kit.SymmetryLoss(data, {"invariance": residual}, config["invariance_weight"])
    if variant == "soft conservation":
        pointwise = kit.conservation(list(integrals), system.unknowns, order=2)
        return kit.SymmetryLoss(data, {"conservation": kit.at_points(pointwise)}, config["conservation_weight"])
    return kit.SymmetryLoss(data)


def orbits_of(config: Config, variant: str) -> int:
    """The number of training orbits: the one a variant names, as in "plain, 5 orbits", or the configured one."""
    named = re.search(r", (\d+) orbits", variant)
    return int(named[1]) if named else config["orbits"]


def run(config: Config, variant: str, seed: int) -> dict[str, Any]:
    """Train one variant and measure it on both kinds of orbits."""
    kit = backend(config)
    times = np.arange(0.0, 2 * np.pi, config["step"])
    initial = starts(config, seed, orbits_of(config, variant))
    states = noisy(orbits(initial, times), config["noise"] * ("noise" in variant), seed)
    data = Trajectories(np.tile(times, (len(initial), 1)), states, ("x", "y", "vx", "vy"))
    config = config | {"training": config["training"] | {"seed": seed, "draws": 1}}
    with precision(kit, "float64" in variant) as dtype:
        field, levels = build(kit, config, variant, seed, dtype)
        model, record = fit(kit, config, field, loss_of(kit, config, variant), data, f"{variant}, seed {seed}", levels)
        imposed = () if levels is None else tuple(INVARIANTS)
        return record | measured(kit, config, model, tests(config), orbits, INVARIANTS, imposed)


def setting_of(config: Config, variant: str) -> tuple[str, int, float]:
    """Form, number of orbits and noise that a variant stands for."""
    form = re.sub(r", (\d+ orbits|noise)", "", variant)
    return form, orbits_of(config, variant), config["noise"] if "noise" in variant else 0.0


def whole_data(record: dict[str, Any]) -> dict[str, Any]:
    """The record of the variants with all orbits and no noise."""
    kept = [v for v in record["config"]["variants"] if setting_of(record["config"], v)[0] == v]
    runs = {key: found for key, found in record["runs"].items() if key.split(" | ")[0] in kept}
    return record | {"config": record["config"] | {"variants": kept}, "runs": runs}


def data_table(record: dict[str, Any]) -> str:
    """Amount of data and noise against form, empty before any such variant was run."""
    config, runs = record["config"], collected(record)
    settings = {variant: setting_of(config, variant) for variant in runs}
    forms = {form for variant, (form, _, _) in settings.items() if form != variant}
    if not forms:
        return ""
    columns = ["orbits", "noise", "variant", "seeds"]
    columns += [f"{what}, {case}" for what in ("time to error 0.5", "error at a period", "diverged") for case in CASES]
    columns.append("energy drift (worst), as trained")
    order = list(config["variants"]).index
    rows = []
    for variant in sorted(runs, key=lambda v: (-settings[v][1], settings[v][2], order(settings[v][0]))):
        (form, orbits, noise), found = settings[variant], runs[variant]
        if form not in forms:
            continue
        row: list[Any] = [orbits, noise, form, len(found)]
        row += [median(found, case, "lasting") for case in CASES]
        row += [median(found, case, "errors", 0) for case in CASES]
        row += [f"{sum(r[case]['diverged'] for r in found)} of {sum(r[case]['count'] for r in found)}" for case in CASES]
        worst = largest(found, CASES[0], ["energy"], "worst_drift")
        rows.append([*row, f"{cell(median(found, CASES[0], 'true_drift', 'energy'))} ({cell(worst)})"])
    text = (
        "## How much data, how much noise\n\nThe same training, tests and columns with fewer orbits, the first ones of the "
    )
    text += "same seed, and with normal noise on every training state. Nothing was tuned to either.\n\n"
    return text + markdown_table(columns, rows) + "\n"


def page(record: dict[str, Any]) -> str:
    """The page of results."""
    c = record["config"]
    text = f"""# Two bodies

{c["orbits"]} training orbits with eccentricities in [{c["eccentricity"][0]}, {c["eccentricity"][1]}], all with the
perihelion on the positive x axis, one period each, a state every {c["step"]}. The network
({c["width"]} {c["activation"]} units in each of two layers) learns the acceleration from windows of {c["window"]} states,
{c["training"]["steps"]} steps of {c["training"]["batch"]} windows, the same for all variants. Test: {c["test_orbits"]} other
orbits, to time {c["horizons"][-1]:g} (the period is 6.28), like the training orbits and turned by random angles. Training
and rollouts in float32 unless a row says float64.
Setting after White et al. 2023, with smaller networks and fewer steps.

Medians over test orbits, then over seeds; worst: the worst orbit of the worst seed. Drifts are relative to the initial
value, or to its median over the orbits where that is larger. *Own drift* is that of invariants the model has by
construction. *Sensitivity*: growth of a distance of 0.001 to the last time, the true system's in brackets. *Diverged*:
relative error above 1000 or not finite.

![time to relative error 0.5](two_body.svg)

"""
    main = whole_data(record)
    for case in CASES:
        text += f"## Orbits {case}\n\n{table(main, case)}\n"
    text += data_table(record)
    earlier = sorted({key.split(" | ")[0] for key, found in record["runs"].items() if found.get("earlier")})
    if earlier:
        text += "* Run before the return was damped and drifts were relative to the median where that is larger (two whole "
        text += f"Newton steps; each orbit's own initial value): {', '.join(earlier)}\n"
    return text + stopped(record) + "\n" + made_with(record, "two_body")


def main(arguments: Sequence[str] | None = None) -> dict[str, Any]:
    """Run the experiment; see the head of this file."""

    def picture(record: dict[str, Any], path: Path) -> None:
        bars(whole_data(record), CASES, path, "Two bodies")

    return experiment("two_body", run, page, doc=__doc__, picture=picture, arguments=arguments)


if __name__ == "__main__":
    main(sys.argv[1:])
