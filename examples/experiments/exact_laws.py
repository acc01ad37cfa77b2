"""Lagrangian networks: do invariants as inputs keep the laws, the model's own and the true ones?

    python examples/experiments/exact_laws.py [--reduced] [--only "Kepler: rotations"] [--checkpoints FOLDER] [--units]

Setting of Müller 2023. The invariants, the true equations and the true charges come from liesym. With a folder for
checkpoints a stopped training goes on where it was, and with --units the scale of the learned momenta is added to the runs
in the record that were made without. See exact_laws.toml for the sizes.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence
from functools import partial
from itertools import accumulate
from pathlib import Path
from typing import Any

import numpy as np
from exact_systems import SYSTEMS, Physics, samples, true_states
from harness import PAGES, Config, experiment, made_with, stopped

from liesym.errors import DataError
from liesym.learn.experiment import cell, markdown_table, read_results, write_results
from liesym.lowering.lower import lower
from liesym.variational import euler_lagrange

CHUNK = 2000


# -- training --------------------------------------------------------------------------------------


def initial(layer: Any, width: int, seed: int) -> Any:
    """The network of a variant with the normal initial weights of the published setting."""
    import equinox as eqx
    import jax.numpy as jnp
    from liesym_jax.toolkit import InvariantScalar

    scalar = InvariantScalar(layer, width=width, activation="softplus", seed=seed)
    random = np.random.default_rng(seed)
    sizes = [2 / np.sqrt(width), 1 / np.sqrt(width), np.sqrt(width)]
    weights = [
        jnp.asarray(random.normal(0.0, size, w.shape), jnp.float32)
        for size, w in zip(sizes, scalar.network.weights, strict=True)
    ]
    biases = [jnp.zeros_like(b) for b in scalar.network.biases]
    return eqx.tree_at(lambda s: (s.network.weights, s.network.biases), scalar, (tuple(weights), tuple(biases)))


def phases_of(config: Config, variant: str) -> list[dict[str, Any]]:
    """The parts of the training of a variant: those of its system unless it has its own."""
    system, name = variant.split(": ")
    own = config[SYSTEMS[system](config).key]
    return own.get("others", {}).get(name, own["phases"])


def learning_rates(config: Config, phases: Sequence[dict[str, Any]]) -> Any:
    """One cosine after the other."""
    import optax

    ends = list(accumulate(phase["steps"] for phase in phases))
    parts = [optax.cosine_decay_schedule(p["learning_rate"], p["steps"], config["final_part"]) for p in phases]
    return optax.join_schedules(parts, ends[:-1])


def misfit_and_gradient(weights: Any, rest: Any, q: Any, v: Any, wanted: Any, size: float | None = None) -> tuple[Any, Any]:
    """Mean square error of the accelerations and its gradient by the weights, by implicit differentiation.

    With a `size` s each sample counts 1 / (s² + |a|²): blurred positions blur large accelerations most.

    With M a = F the gradient of the error is that of Σ λ·(F - M a) with a and λ = M⁻¹ ∂error/∂a held fixed: one second
    derivative of L along λ and (1, v, a) is differentiated by the weights instead of all of M.
    """
    import equinox as eqx
    import jax
    import jax.numpy as jnp
    from liesym_jax.toolkit import LagrangianODE

    mass, force = LagrangianODE(eqx.combine(weights, rest)).equation(0.0, q, v)
    found = jnp.linalg.solve(mass, force[..., None])[..., 0]
    error = found - wanted
    share = jnp.ones_like(error) if size is None else 1 / (size**2 + (wanted**2).sum(-1, keepdims=True))
    pull = jnp.linalg.solve(mass, (2 / error.size) * (share * error)[..., None])[..., 0]
    one, zero = jnp.ones((), q.dtype), jnp.zeros((), q.dtype)

    def contracted(weights: Any) -> Any:
        scalar = eqx.combine(weights, rest)
        slope = jax.jvp(lambda d: scalar(zero, q + d * pull, v), (zero,), (one,))[1]

        def momentum(e: Any) -> Any:
            return jax.jvp(lambda d: scalar(e, q + e * v, v + e * found + d * pull), (zero,), (one,))[1]

        return (slope - jax.jvp(momentum, (zero,), (one,))[1]).sum()

    return jnp.mean(share * error**2), jax.grad(contracted)(weights)


def train(
    config: Config, physics: Physics, scalar: Any, seed: int, phases: list[dict[str, Any]], path: Path | None
) -> tuple[Any, Any, float]:
    """The trained scalar, the mean losses of its chunks of steps, and the seconds spent."""
    import equinox as eqx
    import jax
    import jax.numpy as jnp
    import optax

    table = jnp.asarray(samples(config, physics), jnp.float32)
    optimizer = optax.adam(learning_rates(config, phases))
    weights, rest = eqx.partition(scalar, eqx.is_inexact_array)

    def drawn(key: Any, batch: int) -> Any:
        draw, blur = jax.random.split(key)
        exact = table[jax.random.randint(draw, (batch,), 0, len(table))]
        return jnp.moveaxis(exact + config["noise"] * jax.random.normal(blur, exact.shape), 1, 0)

    @partial(jax.jit, static_argnums=(2, 3))
    def steps(carry: Any, keys: Any, batch: int, size: float | None) -> Any:
        def one(carry: Any, key: Any) -> Any:
            weights, state = carry
            value, slope = misfit_and_gradient(weights, rest, *drawn(key, batch), size)
            update, state = optimizer.update(slope, state)
            return (optax.apply_updates(weights, update), state), value

        return jax.lax.scan(one, carry, keys)

    chunk = min(CHUNK, *(phase["steps"] for phase in phases))
    kinds = [(phase["batch"], phase.get("size")) for phase in phases for _ in range(phase["steps"] // chunk)]
    carry, history = (weights, optimizer.init(weights)), np.zeros(len(kinds))
    done, spent = 0, 0.0
    if path and path.exists():
        carry, history, done, spent = eqx.tree_deserialise_leaves(path, (carry, history, done, spent))
    began = time.perf_counter()
    for k in range(done, len(kinds)):
        carry, values = steps(carry, jax.random.split(jax.random.fold_in(jax.random.key(seed), k), chunk), *kinds[k])
        history[k] = float(values.mean())
        spent, began = spent + time.perf_counter() - began, time.perf_counter()
        if path and (k % 5 == 4 or k == len(kinds) - 1):
            eqx.tree_serialise_leaves(path.with_suffix(".new"), (carry, history, k + 1, spent))
            path.with_suffix(".new").replace(path)
    return eqx.combine(carry[0], rest), history, spent


# -- measures --------------------------------------------------------------------------------------


def cast(scalar: Any, kind: Any) -> Any:
    """The same weights in another type."""
    import equinox as eqx
    import jax

    return jax.tree.map(lambda a: a.astype(kind) if eqx.is_inexact_array(a) else a, scalar)


METHODS = ("rk4", "compensated rk4", "dopri8")


def rollout(config: Config, scalar: Any, start: np.ndarray, horizon: float, method: str) -> tuple[np.ndarray, np.ndarray]:
    """Times and states in the type of the weights, by steps of the published size.

    "rk4" is the published method, "compensated rk4" adds its increments without loss of digits, "dopri8" is of order 8.

    Source: Hairer, Lubich and Wanner 2006, section VIII.5 (compensated summation).
    """
    import diffrax
    import equinox as eqx
    import jax
    import jax.numpy as jnp
    from liesym_jax.toolkit import LagrangianODE, as_tensor, rk4_rollout

    times, h = np.arange(0.0, horizon + 1e-9, config["save"]), config["step"]
    substeps = round(config["save"] / h)

    def compensated(field: Any, pair: Any, _: Any) -> Any:
        x, lost = pair
        k1 = field(0.0, x)
        k2 = field(0.0, x + 0.5 * h * k1)
        k3 = field(0.0, x + 0.5 * h * k2)
        k4 = field(0.0, x + h * k3)
        wanted = h * (k1 + 2.0 * (k2 + k3) + k4) / 6.0 + lost
        moved = x + wanted
        return (moved, wanted - (moved - x)), None

    def high(field: Any, pair: Any, _: Any) -> Any:
        terms, solver = diffrax.ODETerm(lambda t, y, args: field(t, y)), diffrax.Dopri8()
        begin = solver.init(terms, 0.0, h, pair[0], None)
        return (solver.step(terms, 0.0, h, pair[0], None, begin, False)[0], pair[1]), None

    def solve(scalar: Any, x: Any, t: Any) -> Any:
        field = LagrangianODE(scalar)
        if method == "rk4":
            return rk4_rollout(field, x, t, substeps=substeps)
        one = partial(compensated if method == "compensated rk4" else high, field)

        def between(pair: Any, _: Any) -> Any:
            pair, _ = jax.lax.scan(one, pair, None, length=substeps)
            return pair, pair[0]

        _, states = jax.lax.scan(between, (x, jnp.zeros_like(x)), None, length=len(times) - 1)
        return jnp.concatenate([x[None], states])

    return times, np.asarray(eqx.filter_jit(solve)(scalar, as_tensor(start, scalar), as_tensor(times, scalar)))


def own_drifts(config: Config, physics: Physics, scalar: Any, method: str) -> dict[str, list[float | None]]:
    """Largest relative drift of the model's own charges to the last horizon and to the long time."""
    from liesym_jax.toolkit import NoetherMonitor

    times, states = rollout(config, scalar, physics.start, config["long"], method)
    ends = [config[physics.key]["horizons"][-1], config["long"]]
    record = {}
    for name, group in physics.watched.items():
        drift = NoetherMonitor(scalar, group).drift(times, states)
        size = drift.relative
        if name == "M":  # the total momentum starts at 0: in units of the true one of the first particle
            size = np.linalg.norm(drift.absolute, axis=-1) / momentum_unit(config, physics)
        record[name] = [_finite(worst(size[times <= end + 1e-6])) for end in ends]
    return record


def momentum_unit(config: Config, physics: Physics) -> float:
    """The momentum of the first particle at the start; the total momentum is 0."""
    return float(config["particles"]["masses"][0] * np.linalg.norm(physics.start[8:12]))


def momenta(config: Config, physics: Physics, scalar: Any) -> dict[str, float]:
    """Size of the momentum of the first particle at the start: the true one, and ∂L/∂v of the learned L.

    Accelerations determine a Lagrangian up to a factor, so its charges have a unit of their own.
    """
    import jax.numpy as jnp
    from liesym_jax.toolkit import LagrangianODE, as_tensor

    learned = LagrangianODE(scalar).momentum(jnp.zeros(()), as_tensor(physics.start, scalar), None)
    return {"true": momentum_unit(config, physics), "own": float(np.linalg.norm(learned[:4]))}


def worst(values: np.ndarray) -> float:
    return float(np.where(np.isfinite(values), values, np.inf).max())


def true_errors(config: Config, physics: Physics, scalar: Any) -> dict[str, Any]:
    """True charges along the model's solution, position errors, and the growth of a perturbed start."""
    from liesym.learn.charges import drift_of, symbolic_charges
    from liesym.residuals import phase_state

    horizons = config[physics.key]["horizons"]
    times, states = rollout(config, scalar, physics.start, horizons[-1], "rk4")
    substeps = 4 * round(config["save"] / config["step"])
    moved = physics.start + config["perturbation"] * np.random.default_rng(0).standard_normal(len(physics.start))
    truth, near = (true_states(physics, start, times, substeps) for start in (physics.start, moved))
    ends = [int(np.argmin(abs(times - h))) for h in horizons]
    places = list(physics.places)
    record: dict[str, Any] = {
        "position": [_finite(np.linalg.norm((states - truth)[k, places])) for k in ends],
        "position_largest": _finite(worst(np.linalg.norm((states - truth)[:, places], axis=-1))),
        "perturbed": [float(np.linalg.norm((near - truth)[k, places])) for k in ends],
        "true": {},
    }
    system = euler_lagrange(physics.lagrangian)
    for name, group in physics.watched.items():
        exact = list(symbolic_charges(physics.lagrangian, group))
        values = lower(exact, phase_state(system), backend="numpy")(0.0, states.astype(np.float64), None)
        found = drift_of(values)
        if name == "M":
            relative = np.linalg.norm(found.absolute, axis=-1) / momentum_unit(config, physics)
        else:
            relative = found.relative
        record["true"][name] = [_finite(worst(relative[: k + 1])) for k in ends]
    return record


def _finite(value: Any) -> float | None:
    return float(value) if np.isfinite(value) else None


def begun(variant: str, config: Config, seed: int, folder: Path | None) -> tuple[Physics, Any, Path | None]:
    """The system of a variant, its network before training, and the file of its checkpoints."""
    from liesym_jax.toolkit import InvariantLayer

    system, name = variant.split(": ")
    physics = SYSTEMS[system](config)
    start = initial(InvariantLayer(physics.groups[name.split(",")[0]]), config["width"], seed)
    path = folder / f"{variant} {seed}.eqx".replace(" ", "_").replace(":", "").replace(",", "") if folder else None
    return physics, start, path


def run(config: Config, variant: str, seed: int, folder: Path | None = None) -> dict[str, Any]:
    """Train one variant and measure it."""
    import jax
    import jax.numpy as jnp

    physics, start, path = begun(variant, config, seed, folder)
    scalar, history, seconds = train(config, physics, start, seed, phases_of(config, variant), path)
    record: dict[str, Any] = {
        "invariants": [str(i) for i in start.layer.basis.functions],
        "losses": [float(v) for v in history[:: max(1, len(history) // 10)]] + [float(history[-1])],
        "seconds": seconds,
        "phases": phases_of(config, variant),
    }
    if "M" in physics.watched:
        record["momenta"] = momenta(config, physics, scalar)
    own = record["own"] = {"float32": own_drifts(config, physics, scalar, "rk4")}
    if variant.split(": ")[1].split(",")[0] != "free":
        own["float32, compensated"] = own_drifts(config, physics, scalar, "compensated rk4")
        with jax.enable_x64(True):
            double = cast(scalar, jnp.float64)
            own["float64"] = own_drifts(config, physics, double, "rk4")
            own["float64, order 8"] = own_drifts(config, physics, double, "dopri8")
    return record | true_errors(config, physics, scalar)


def with_units(path: Path, folder: Path) -> None:
    """Add the momenta to the runs in the record that have none, from the checkpoints of finished trainings."""
    record = read_results(path)
    for key, found in record["runs"].items():
        variant, seed = key.rsplit(" | ", 1)
        physics, start, file = begun(variant, record["config"], int(seed), folder)
        if "momenta" in found or "M" not in physics.watched or file is None or not file.exists():
            continue
        scalar, history, _ = train(record["config"], physics, start, int(seed), found["phases"], file)
        if float(history[-1]) != found["losses"][-1]:
            raise DataError(f"{file} is not the training of the record: its last loss is {float(history[-1])!r}")
        found["momenta"] = momenta(record["config"], physics, scalar)
    write_results(path, record)


# -- page ------------------------------------------------------------------------------------------

PUBLISHED = {
    "Kepler": """Published: own drift 1.6e-6 to T = 128 with rotations, divergence without; true drift 6.0e-4 with rotations,
0.65 at 50 and divergence without; position error at most 0.074 with rotations, 0.66 at 50 without.""",
    "Schwarzschild": """The free network had too few steps to come down to the noise, see its loss: the rows do not
compare at equal fit.

Published weights, run again: own drift 2.0e-5 in float32 and 5.0e-14 in float64 with rotations, 5.2
without; true drift 1.4e-3 with rotations, 0.21 without; position error 1.4e-3, 0.042, 0.16 at 10, 100, 1000 with
rotations, 0.011, 0.75, 1.9 without.""",
    "two particles": """Weighted loss. A first training with another start and no weights never left the plateau where
its loss began, and was replaced by this one. A learned Lagrangian has a scale of its own, so its own M is
measured in units of its own momentum of the first particle. Models with rotations or translations alone leave the numbers
before time 1000 and have no drift there.

Published (free, translations, rotations, both; another start): own drift of L to T = 8 0.99, 1.8,
1.8e-6, 7.0e-7; true drift of L 0.45, 0.28, 0.018, 0.0086 and of M 0.13, 0.11, 0.086, 0.019; position error at 8 1.60, 1.32,
1.89, 1.95.""",
}


FIGURES = {
    "Kepler: rotations": (1.6e-6, 6.0e-4, None, 7.4e-2),
    "Kepler: rotations, weighted": (1.6e-6, 6.0e-4, None, 7.4e-2),
    "Schwarzschild: rotations": (2.0e-5, 1.4e-3, 0.16, None),
    "two particles: translations": (1.8, 0.28, 1.32, None),
    "two particles: rotations": (1.8e-6, 1.8e-2, 1.89, None),
    "two particles: rotations and translations": (7.0e-7, 8.6e-3, 1.95, None),
}
"""Published, or from the published weights: own drift of L in float32 and true drift of L to the last time, position error
there, largest position error."""


def compared(runs: dict[str, dict[str, Any]]) -> str:
    """Ours beside the published figures, the worst of the seeds, and which are above them."""
    names = ("own drift of L", "true drift of L", "position error at the end", "largest position error")
    rows, missed = [], []
    for variant, published in FIGURES.items():
        found = [r for k, r in runs.items() if k.rsplit(" | ", 1)[0] == variant and "stopped" not in r]
        if not found:
            continue
        each = [(r["own"]["float32"]["L"][0], max(r["true"]["L"]), r["position"][-1], r["position_largest"]) for r in found]
        ours = [max(np.inf if v is None else v for v in values) for values in zip(*each, strict=True)]
        pairs = list(zip(names, ours, published, strict=True))
        rows.append([variant, len(found), *("–" if p is None else f"{cell(o)} ({cell(p)})" for _, o, p in pairs)])
        missed += [f"{variant}, {n}: {o / p:.2g} times" for n, o, p in pairs if p is not None and not o <= p]
    text = "Ours, in brackets the published figure; of several seeds the worst.\n\n" + markdown_table(
        ["variant", "seeds", *names], rows
    )
    return "## Beside the published figures\n\n" + text + f"\nAbove the published: {'; '.join(missed) or 'none'}.\n\n"


def page(record: dict[str, Any]) -> str:
    """The page of results."""
    c = record["config"]
    text = f"""# Exact conservation laws of Lagrangian networks

A network is the Lagrangian; its Euler-Lagrange equations are integrated. *Free*: it sees all of q and q'. The other
variants: it sees the joint invariants of a group, which the engine computes from the generators, so by Noether's theorem
the model has conserved charges, whatever its weights are. Every variant is stationary. *Weighted*: each sample counts
1 / (s² + |q''|²) in the loss, because noise in the position blurs large accelerations most.

Systems, networks (two layers of {c["width"]} softplus units), noise ({c["noise"]} on q, q' and q'') and step ({c["step"]})
are those of Müller 2023, who trained with 250000 steps of 128 samples. The steps here are in the tables. They were
not chosen blindly: the second part of a training, and the weights, were added after the drift of the true charge with the
first part alone had been seen on this orbit. The free networks have fewer steps, see the tables.

*Own drift*: the largest relative drift of the charges J = η·∂L/∂q' of the learned Lagrangian, as a vector, to the last
time of the system and to {c["long"]:g}. The charge is exact for exact solutions, so what drifts is the solver. *RK4*, the
classical Runge-Kutta method: in float32, as published; the same with compensated summation of the steps; in float64 with the
same weights, where what is left is the truncation of the method. *Order 8*: the method of Dormand and Prince in float64 with
the same step, where what is left is rounding; this is the figure for float64. *True drift*: that of the charges of the true
Lagrangian along the model's solution in float32, the largest up to the times given. L: angular momentum. M: total momentum,
which is 0, relative to that of the first particle. *Perturbed*: how far the true solution from a start perturbed by
{c["perturbation"]} N(0, 1) is away at these times. A dash: not finite.

"""
    for system in SYSTEMS:
        found = {k.split(" | ")[0]: r for k, r in record["runs"].items() if k.startswith(system) and "stopped" not in r}
        if found:
            text += _section(c, system, found)
    return text + compared(record["runs"]) + stopped(record) + "\n" + made_with(record, "exact_laws")


KINDS = ("float32", "float32, compensated", "float64", "float64, order 8")


def _section(config: Config, system: str, found: dict[str, dict[str, Any]]) -> str:
    """The tables of one system."""
    own = config[SYSTEMS[system](config).key]
    ends = ", ".join(f"{h:g}" for h in own["horizons"])
    last, rows, errors = own["horizons"][-1], [], []
    for variant, run in found.items():
        name = variant.split(": ")[1]
        for charge in run["true"]:
            drifts = [own_units(run, charge, run["own"].get(kind, {}).get(charge)) for kind in KINDS]
            label = name if len(run["true"]) == 1 else f"{name}: {charge}"
            rows.append([label, *(_list(pair) if pair else "not run" for pair in drifts), _list(run["true"][charge])])
        position = [_list(run["position"]), cell(run["position_largest"]), _list(run["perturbed"])]
        steps = ", ".join(f"{p['steps']} x {p['batch']}" for p in run["phases"])
        errors.append([name, len(run["invariants"]), steps, cell(run["losses"][-1]), *position, round(run["seconds"])])
    shown = ("float32, RK4", "float32, RK4 compensated", "float64, RK4", "float64, order 8")
    kinds = [f"own drift to {last:g}, {config['long']:g}: {kind}" for kind in shown]
    first = markdown_table(["variant", *kinds, f"true drift to {ends}"], rows)
    columns = [
        "variant",
        "inputs",
        "steps x samples",
        "loss at the end",
        f"position error at {ends}",
        "largest",
        "perturbed",
    ]
    second = markdown_table([*columns, "training s"], errors)
    shown = "\n".join(f"* {v.split(': ')[1]}: `{', '.join(r['invariants'])}`" for v, r in found.items() if "free" not in v)
    title = system[0].upper() + system[1:]
    return f"## {title}\n\n{first}\n{second}\n{PUBLISHED[system]}\n\nInputs that the engine found:\n\n{shown}\n\n"


def own_units(run: dict[str, Any], charge: str, drifts: list[float | None] | None) -> list[float | None] | None:
    """Drifts of M in units of the model's own momentum of the first particle; those of L are relative to itself."""
    if charge != "M" or drifts is None:
        return drifts
    unit = run["momenta"]["true"] / run["momenta"]["own"]
    return [None if d is None else d * unit for d in drifts]


def _list(values: Sequence[float | None]) -> str:
    return ", ".join(cell(v) for v in values)


def main(arguments: Sequence[str] | None = None) -> dict[str, Any]:
    """Run the experiment; see the head of this file."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    folder = None
    if "--checkpoints" in given:
        place = given.index("--checkpoints")
        if place + 1 == len(given):
            raise DataError("--checkpoints needs a folder")
        folder = Path(given[place + 1])
        folder.mkdir(parents=True, exist_ok=True)
        del given[place : place + 2]
    if "--units" in given:
        if folder is None:
            raise DataError("--units needs the trained networks: --checkpoints FOLDER")
        out = Path(given[given.index("--out") + 1]) if "--out" in given else PAGES
        with_units(out / "exact_laws.json", folder)
        given[given.index("--units")] = "--page"

    def one(config: Config, variant: str, seed: int) -> dict[str, Any]:
        return run(config, variant, seed, folder)

    return experiment("exact_laws", one, page, doc=__doc__, arguments=given)


if __name__ == "__main__":
    main()
