"""Invariants learned by contrast and imposed by projection, on four systems, with the plain network beside.

    python examples/experiments/contrastive.py [--reduced] [--only spring] [--out results] [--judge | --decoded]

With --decoded the runs of the record get the model that keeps the decoded sum, where they have none.
With --judge the invariants of the runs in the record are learned again and judged by what the guard has measured since.
Spring, chemical reaction, Kepler and heat equation after Zhang et al. 2023 (section 4); what differs from that paper is in
contrastive.toml and on the page.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache, partial
from pathlib import Path
from typing import Any

import numpy as np
from contrastive_page import page
from contrastive_systems import RATES, TASKS, Task, trajectories, truth
from harness import PAGES, Config, backend, experiment

import liesym
from liesym.errors import DataError
from liesym.learn.contrastive import independent_share
from liesym.learn.experiment import read_results, write_results
from liesym.learn.fitting import settings_from
from liesym.residuals import phase_state
from liesym.text import write


@dataclass(frozen=True, slots=True, eq=False)
class Learned:
    """The invariant of one run and what it was learned from; latent states and rates with an autoencoder."""

    size: Config
    task: Task
    coder: Any
    states: np.ndarray
    rates: np.ndarray
    scale: tuple[float, ...]
    held: np.ndarray
    seen: np.ndarray
    invariant: Any
    losses: np.ndarray


def prepared(config: Config, variant: str, seed: int) -> Learned:
    """Data and learned invariant of a run, the same whenever it is asked for."""
    size = config["defaults"] | config[variant]
    task = TASKS[size["task"]]
    states, rates = trajectories(task, size["trajectories"], size["noise"], seed)
    held, _ = trajectories(task, size["held_out"], 0.0, 1000 + seed)
    coder, seen = None, held
    if size["turned"]:
        states, rates = turned(states, rates, size["turned"], seed)
    if "autoencoder" in size:
        coder = fitted_coder(size, states, seed)
        states, rates = pushed(coder, states, rates)
        seen = np.asarray(coder.encode(held.astype(np.float32)))
    scale = size_of(states, size)
    return Learned(size, task, coder, states, rates, scale, held, seen, *learned(size, states, scale, seed))


def run(config: Config, variant: str, seed: int) -> dict[str, Any]:
    """Learn the invariants of one system, then the fields, and measure them on new trajectories."""
    found = prepared(config, variant, seed)
    size, task, coder = found.size, found.task, found.coder
    named = identified(found.invariant, task, found.held)
    record: dict[str, Any] = {"invariant": described(found, named) | {"loss": float(found.losses[-100:].mean())}}
    if coder is not None:
        record["reconstruction"] = float(np.sqrt(np.mean((recoded(coder, found.held) - found.held) ** 2)))
    models = {
        "plain": None,
        "projected": found.invariant,
        "identified": named_levels(task, named),
        "exact": exact_levels(size["task"]),
        "decoded sum": None if coder is None else decoded_sum(coder),
    }
    for name, imposed in models.items():
        if imposed is not None or name == "plain":
            record[name] = fitted_and_measured(found, imposed, seed)
    return record


def fitted_and_measured(found: Learned, imposed: Any, seed: int) -> dict[str, Any]:
    """A field with what is imposed on it, trained, and its measures on new trajectories."""
    import jax

    test = found.task.starts(np.random.default_rng((seed, 5)), found.size["tests"], True)
    field, misfit = fitted_field(found.size, found.states, found.rates, levels_of(imposed), found.scale, seed)
    record = {"misfit": misfit} | ({} if imposed is None else residual(field, levels_of(imposed), found.seen))
    with jax.enable_x64(True):
        return record | measured(found.task, found.size, field, imposed, found.coder, test)


def decoded_sum(coder: Any) -> Any:
    """z ↦ 1ᵀD(z) with its level sets: the sum of what is decoded, which is the sum that the heat equation conserves."""
    import equinox as eqx
    import jax
    import jax.numpy as jnp

    class DecodedSum(eqx.Module):
        coder: Any
        of_the_decoded: bool = eqx.field(static=True, default=True)

        def __call__(self, z: Any) -> Any:
            return self.coder.decode(z).sum(-1, keepdims=True)

        def level_sets(self) -> Any:
            slope = jnp.vectorize(jax.grad(lambda z: self(z)[0]), signature="(m)->(m)")
            levels = backend({"backend": "jax"}).LevelSets
            return levels(lambda t, z, args=None: self(z), lambda t, z, args=None: slope(z)[..., None, :])

    return DecodedSum(coder)


def decoded(path: Path) -> None:
    """Add the model that keeps the decoded sum to the runs of a record that have none; the coder is made once more."""
    record = read_results(path)
    for key, result in record["runs"].items():
        if "reconstruction" not in result or "decoded sum" in result:
            continue
        variant, seed = key.rsplit(" | ", 1)
        found = prepared(record["config"], variant, int(seed))
        again = float(np.sqrt(np.mean((recoded(found.coder, found.held) - found.held) ** 2)))
        if not np.isclose(again, result["reconstruction"], rtol=0.02):
            raise DataError(f"{key}: the coder loses {again} and not {result['reconstruction']} as in the record")
        result["decoded sum"] = fitted_and_measured(found, decoded_sum(found.coder), int(seed))
        write_results(path, record)
        print(f"{key}: {result['decoded sum']}", flush=True)


def judged(path: Path) -> None:
    """Learn the invariants of the runs in the record again that were judged without the worst trajectory, and add it."""
    record = read_results(path)
    for key, result in record["runs"].items():
        if "worst" in result["invariant"]:
            continue
        variant, seed = key.rsplit(" | ", 1)
        found = prepared(record["config"], variant, int(seed))
        again = trusted(found)
        if not np.allclose(again["ratios"], result["invariant"]["ratios"], rtol=0.02):
            raise DataError(f"{key}: the ratios are {again['ratios']} and not those of the record")
        result["invariant"] |= {name: value for name, value in again.items() if name not in ("ratios", "rank_share")}
        write_results(path, record)
        print(f"{key}: {again}", flush=True)


def turned(states: np.ndarray, rates: np.ndarray, copies: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Every state of the plane and its rate once more for each copy, turned by an angle of its own, in its trajectory."""
    random = np.random.default_rng((seed, 6))
    angles = [np.zeros(states.shape[:2]), *(random.uniform(0, 2 * np.pi, states.shape[:2]) for _ in range(copies))]

    def turn(values: np.ndarray, angle: np.ndarray) -> np.ndarray:
        pairs = values.reshape(*values.shape[:-1], -1, 2)
        c, s = np.cos(angle)[..., None], np.sin(angle)[..., None]
        moved = np.stack([c * pairs[..., 0] - s * pairs[..., 1], s * pairs[..., 0] + c * pairs[..., 1]], -1)
        return moved.reshape(values.shape)

    return tuple(np.concatenate([turn(v, a) for a in angles], 1) for v in (states, rates))  # pyright: ignore[reportReturnType]


@lru_cache
def exact_levels(name: str) -> Any:
    """The level sets of the integrals that the engine finds for the equations; None for the heat equation."""
    if not TASKS[name].equations:
        return None
    system = liesym.ODESystem.parse(TASKS[name].equations)
    found = [i for i in liesym.first_integrals(system) if not i.has(system.independent)]
    chosen = sorted(found, key=lambda i: i.count_ops())[: len(TASKS[name].invariants)]
    return backend({"backend": "jax"}).LevelSets.from_expressions(chosen, phase_state(system))


def identified(invariant: Any, task: Task, held: np.ndarray) -> Any:
    """What the gradients of H on held-out states say that it is; None for the heat equation."""
    if not task.equations:
        return None
    system = liesym.ODESystem.parse(task.equations)
    slopes = np.asarray(invariant.gradients(held.astype(np.float32)))
    values = dict(zip(("k1", "k2"), RATES, strict=True))
    return liesym.identify_invariants(system, held, slopes, parameters=values)


def named_levels(task: Task, named: Any) -> Any:
    """The level sets of the expressions that H was identified with; None where it was not."""
    if named is None or named.reason or not named.found:
        return None
    chosen = [i.expression for i in named.found]
    return backend({"backend": "jax"}).LevelSets.from_expressions(
        chosen, phase_state(liesym.ODESystem.parse(task.equations))
    )


def levels_of(imposed: Any) -> Any:
    """The level sets of what is imposed."""
    return imposed.level_sets() if hasattr(imposed, "level_sets") else imposed


def size_of(states: np.ndarray, size: Config) -> tuple[float, ...]:
    """Typical size of each state."""
    if not size["scaled"]:
        return (1.0,) * states.shape[-1]
    return tuple(float(s) for s in np.sqrt((states**2).mean((0, 1))))


# -- training --------------------------------------------------------------------------------------


def learned(size: Config, states: np.ndarray, scale: tuple[float, ...], seed: int) -> tuple[Any, np.ndarray]:
    """The invariant, trained on the noisy trajectories."""
    kit, c = backend(size), size["contrast"]
    start = kit.ContrastiveInvariant(
        states.shape[-1],
        components=size["components"],
        width=size["width"],
        activation=size["activation"],
        scale=scale,
        normalization=c["normalization"],
        linear=size["linear"],
        seed=seed,
    )
    settings = settings_from(c["training"] | {"seed": seed}, "[contrast.training]")
    return kit.train_invariant(start, states, settings, kind=c["kind"], independence=c["independence"])


def skip_field(size: Config, states: int, scale: tuple[float, ...], seed: int) -> Any:
    """s (A x/s + MLP(x/s)), the linear part only where it is configured."""
    import equinox as eqx
    import jax.numpy as jnp

    kit = backend(size)

    class Skip(eqx.Module):
        inner: Any
        slope: Any

        def __call__(self, t: Any, x: Any, args: Any = None) -> Any:
            s = jnp.asarray(scale, x.dtype)
            return self.inner(t, x, args) + (x / s) @ self.slope.T * s

    inner = kit.MLPField(states, width=size["width"], activation=size["activation"], scale=scale, seed=100 + seed)
    return Skip(inner, jnp.zeros((states, states))) if size["linear"] else inner


def fitted_field(
    size: Config, states: np.ndarray, rates: np.ndarray, levels: Any, scale: tuple[float, ...], seed: int
) -> tuple[Any, float]:
    """The field trained on states and rates, projected while it is trained where levels are given."""
    import equinox as eqx
    import jax
    import jax.numpy as jnp
    import optax
    from liesym_jax.training import optimizer_of

    n = states.shape[-1]
    x, dx = (jnp.asarray(a.reshape(-1, n), jnp.float32) for a in (states, rates))
    units = jnp.zeros((len(x), 1, n)) if levels is None else jnp.stack(levels.basis(jnp.zeros(len(x)), x)[0], 1)
    speed = jnp.sum(dx**2, -1)
    weight = 1.0 / (speed + jnp.median(speed)) if size["relative"] else jnp.full(len(x), 1.0 / jnp.mean(speed))
    settings = settings_from(size["training"] | {"seed": seed}, "[training]")
    arrays, rest = eqx.partition(skip_field(size, n, scale, seed), eqx.is_inexact_array)
    optimizer = optimizer_of(settings)

    def objective(arrays: Any, i: Any) -> Any:
        f = eqx.combine(arrays, rest)(0.0, x[i])
        f = f - jnp.einsum("bk,bkn->bn", jnp.einsum("bkn,bn->bk", units[i], f), units[i])
        return jnp.mean(weight[i] * jnp.sum((f - dx[i]) ** 2, -1))

    def step(state: Any, i: Any) -> tuple[Any, Any]:
        value, gradient = jax.value_and_grad(objective)(state[0], i)
        updates, memory = optimizer.update(gradient, state[1], state[0])
        return (optax.apply_updates(state[0], updates), memory), value

    places = np.random.default_rng((seed, 3)).integers(0, len(x), (settings.steps, size["training"]["batch"]))
    (arrays, _), losses = jax.jit(partial(jax.lax.scan, step))((arrays, optimizer.init(arrays)), jnp.asarray(places))
    return eqx.combine(arrays, rest), float(losses[-200:].mean())


def fitted_coder(size: Config, states: np.ndarray, seed: int) -> Any:
    """The autoencoder, trained on the noisy states."""
    import equinox as eqx
    import jax
    import jax.numpy as jnp
    import optax
    from liesym_jax.training import optimizer_of

    c = size["autoencoder"]
    settings = settings_from(c["training"] | {"seed": seed}, "[autoencoder.training]")
    x = jnp.asarray(states.reshape(-1, states.shape[-1]), jnp.float32)
    arrays, rest = eqx.partition(backend(size).Autoencoder(c["sizes"], seed=seed), eqx.is_inexact_array)
    optimizer = optimizer_of(settings)

    def step(state: Any, i: Any) -> tuple[Any, Any]:
        gradient = jax.grad(lambda a: eqx.combine(a, rest).loss(x[i]))(state[0])
        updates, memory = optimizer.update(gradient, state[1], state[0])
        return (optax.apply_updates(state[0], updates), memory), None

    places = np.random.default_rng((seed, 4)).integers(0, len(x), (settings.steps, c["training"]["batch"]))
    (arrays, _), _ = jax.jit(partial(jax.lax.scan, step))((arrays, optimizer.init(arrays)), jnp.asarray(places))
    return eqx.combine(arrays, rest)


def recoded(coder: Any, states: np.ndarray) -> np.ndarray:
    """D(E(x))."""
    return np.asarray(coder.decode(coder.encode(states.astype(np.float32))))


def pushed(coder: Any, states: np.ndarray, rates: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Latent states and their rates."""
    found = coder.push(states.astype(np.float32), rates.astype(np.float32))
    return np.asarray(found[0]), np.asarray(found[1])


# -- measures --------------------------------------------------------------------------------------


@lru_cache
def solver(last: float, exact: Any) -> Any:
    """The compiled solve of one field, projected where levels are given: states at 1001 times, NaN where it fails."""
    import diffrax
    import equinox as eqx
    import jax
    import jax.numpy as jnp

    def rate(t: Any, x: Any, pair: Any) -> Any:
        field, invariant = pair
        levels = exact if invariant is None else invariant.level_sets()
        return field(t, x) if levels is None else levels.tangent(t, x, field(t, x))

    def one(start: Any, pair: Any) -> Any:
        solution = diffrax.diffeqsolve(
            diffrax.ODETerm(rate), diffrax.Dopri8(), 0.0, last, None, start, pair,
            saveat=diffrax.SaveAt(ts=jnp.linspace(0.0, last, 1001)), max_steps=20_000, throw=False,
            stepsize_controller=diffrax.PIDController(rtol=1e-8, atol=1e-8),
        )  # fmt: skip
        return jnp.where(jnp.isfinite(solution.ys), solution.ys, jnp.nan)

    return eqx.filter_jit(jax.vmap(one, in_axes=(0, None)))


def residual(field: Any, levels: Any, states: np.ndarray) -> dict[str, float]:
    """Largest |∇H_j · f̃| / (|∇H_j| |f|) over states and j, in float32: of the projected field, and of the field itself."""
    import jax.numpy as jnp

    x = jnp.asarray(states.reshape(-1, states.shape[-1]), jnp.float32)
    t = jnp.zeros(len(x))
    plain = field(t, x)
    slopes = np.asarray(levels.gradients(t, x, None), np.float64)
    sizes = np.linalg.norm(slopes, axis=-1) * np.linalg.norm(np.asarray(plain, np.float64), axis=-1)[:, None]
    found = {"residual": levels.tangent(t, x, plain), "residual_before": plain}
    return {
        name: float((np.abs(np.einsum("smn,sn->sm", slopes, np.asarray(f, np.float64))) / sizes).max())
        for name, f in found.items()
    }


def in_double(tree: Any) -> Any:
    """The same with weights of 64 bits."""
    import equinox as eqx
    import jax
    import jax.numpy as jnp

    return jax.tree.map(lambda a: jnp.asarray(a, jnp.float64) if eqx.is_inexact_array(a) else a, tree)


def measured(task: Task, size: Config, field: Any, imposed: Any, coder: Any, test: np.ndarray) -> dict[str, Any]:
    """Errors of states and violation of each true invariant, over initial states; drift of what is imposed."""
    field, coder = in_double((field, coder))
    exact = None if hasattr(imposed, "level_sets") else imposed
    invariant = None if imposed is exact else in_double(imposed)
    times = np.linspace(0.0, task.horizon, 1001)
    states = truth(task, test, times)
    starts = test if coder is None else coder.encode(test)
    if invariant is not None and hasattr(invariant, "of_the_decoded"):
        starts = invariant.level_sets().retract(np.zeros(len(test)), starts, test.sum(-1, keepdims=True))
    latent = solver(task.horizon, exact)(starts, (field, invariant))
    found = np.asarray(latent if coder is None else coder.decode(latent))
    with np.errstate(all="ignore"):
        mse = ((found - states) ** 2).mean((1, 2))
        broken = [((f(found) - f(states)) ** 2).mean(1) for _, f in task.invariants]
    record = {
        "mse": summary(mse),
        "violation": summary(np.mean(broken, 0)),
        "violations": {name: summary(b) for (name, _), b in zip(task.invariants, broken, strict=True)},
        "failed": int((~np.isfinite(found).all((1, 2))).sum()),
    }
    if invariant is not None:
        values = np.asarray(invariant(latent))
        record["drift"] = float(np.nanmax(np.abs(values - values[:, :1])))
    return record


def summary(values: np.ndarray) -> dict[str, float]:
    """Mean and median over initial states; a run that failed counts as infinite."""
    values = np.where(np.isfinite(values), values, np.inf)
    return {"mean": float(values.mean()), "median": float(np.median(values)), "worst": float(values.max())}


def trusted(found: Learned) -> dict[str, Any]:
    """What the guard measures on the held-out trajectories; of the exact integrals the independence, where there are two."""
    trust = found.invariant.trust(found.seen)
    record: dict[str, Any] = {"ratios": trust.ratios, "worst": trust.worst, "rank_share": trust.rank_share}
    record["doubts"] = trust.doubts
    if len(found.task.invariants) > 1:
        exact = exact_levels(found.size["task"]).gradients(np.zeros(found.held.shape[:-1]), found.held, None)
        record["exact_rank_share"] = independent_share(np.asarray(exact) * np.asarray(found.scale))
    return record


def described(found: Learned, named: Any) -> dict[str, Any]:
    """What held-out trajectories without noise say: trust, R² of the true invariants as functions of the learned ones."""
    record = trusted(found)
    values = np.asarray(found.invariant(found.seen.astype(np.float32)), np.float64).reshape(-1, len(record["ratios"]))
    record["r2"] = {name: determined(values, f(found.held).ravel()) for name, f in found.task.invariants}
    if named is not None:
        listed = (*named.found, *named.alternatives)
        record["identified"] = [{"expression": write(i.expression), "misfit": i.misfit} for i in listed]
        record["reason"] = named.reason
    return record


def determined(values: np.ndarray, target: np.ndarray) -> dict[str, float]:
    """R² of the target as a linear function of the learned values, and as a polynomial of degree 4 in them."""
    powers = [values.prod(-1)[:, None] * 0 + 1, values]
    m = values.shape[1]
    for degree in range(2, 5):
        powers.append(
            np.stack([values[:, 0] ** (degree - k) * values[:, -1] ** k for k in range(degree + 1 if m > 1 else 1)], 1)
        )
    rows = {}
    for name, table in (("linear", powers[:2]), ("degree 4", powers)):
        a = np.concatenate(table, 1)
        rest = target - a @ np.linalg.lstsq(a, target, rcond=None)[0]
        rows[name] = float(1 - (rest**2).mean() / target.var())
    return rows


def main(arguments: Sequence[str] | None = None) -> dict[str, Any]:
    """Run the experiment; see the head of this file."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    if "--decoded" in given:
        decoded((Path(given[given.index("--out") + 1]) if "--out" in given else PAGES) / "contrastive.json")
        given[given.index("--decoded")] = "--page"
    if "--judge" in given:
        judged((Path(given[given.index("--out") + 1]) if "--out" in given else PAGES) / "contrastive.json")
        given[given.index("--judge")] = "--page"
    return experiment("contrastive", run, page, doc=__doc__, arguments=given)


if __name__ == "__main__":
    main(sys.argv[1:])
