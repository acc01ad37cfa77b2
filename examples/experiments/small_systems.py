"""Six small systems learned from noisy derivatives: what do integrals, constraints and rotations add?

    python examples/experiments/small_systems.py [--reduced] [--only "spring: plain"] [--out results]

Systems, data and measure are those of Kasim and Lim 2022 (constants of motion network, COMET), whose network learns its
constants of motion from the data; here they come from the equations, by `first_integrals`, or are given, and the field
alone is learned. See small_systems.toml for the sizes.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from harness import Config, backend, collected, experiment, made_with, median, reference, stopped
from sympy import Expr, Integer, Symbol, cos, sin, sqrt

import liesym
from liesym.learn.experiment import cell, markdown_table
from liesym.learn.fitting import Sampler, settings_from
from liesym.learn.trajectories import Trajectories
from liesym.residuals import phase_state

Starts = Callable[[np.random.Generator, int], np.ndarray]
X, Y, VX, VY = (Symbol(name, real=True) for name in ("x", "y", "x'", "y'"))
FORCE = "((u-x)^2+(w-y)^2)^(3/2)"


def box(low: float, high: float, states: int) -> Starts:
    """Initial states that are uniform in a cube."""
    return lambda random, count: random.uniform(low, high, (count, states))


def near_circles(random: np.random.Generator, count: int) -> np.ndarray:
    """Two bodies opposite each other at rest in the mean, at 0.7 to 1 times the speed of a circular orbit."""
    r, angle = random.uniform(0.5, 1.5, count), random.uniform(-np.pi, np.pi, count)
    v = random.uniform(0.7, 1.0, count) * 0.5 / np.sqrt(r)
    place = np.stack([r * np.cos(angle), r * np.sin(angle)], axis=1)
    speed = np.stack([-v * np.sin(angle), v * np.cos(angle)], axis=1)
    return np.concatenate([place, -place, speed, -speed], axis=1)


@dataclass(frozen=True, slots=True)
class Small:
    """One system and what is known about it.

    Arguments:
        equations: in the coordinates in which it is solved.
        starts: initial states there.
        published: median root mean square error of the Neural ODE, the Hamiltonian network and COMET.
        above: how far the 97.5 % quantiles lie above, where they are known to us.
        rod: whether the states are the Cartesian ones of a pendulum of length 1, with the angle a solved for.
        turn: components of a rotation of all unknowns, for the invariant network.
    """

    equations: str
    starts: Starts
    published: tuple[float, float, float]
    above: tuple[float, ...] = ()
    rod: bool = False
    turn: tuple[str, ...] = ()

    @property
    def system(self) -> liesym.ODESystem:
        return liesym.ODESystem.parse(self.equations)


SYSTEMS = {
    "spring": Small("x'' = -x", box(-0.5, 0.5, 2), (0.17, 0.19, 0.10)),
    "2-D pendulum": Small("a'' = -sin(a)", box(-1, 1, 2), (0.087, 0.10, 0.18), (30.0, 13.0, 0.17), rod=True),
    "damped pendulum": Small("a'' = -sin(a) - a'", box(-1, 1, 2), (0.14, 110.0, 0.007), rod=True),
    "two-body": Small(
        f"x'' = (u-x)/{FORCE}; y'' = (w-y)/{FORCE}; u'' = (x-u)/{FORCE}; w'' = (y-w)/{FORCE}",
        near_circles,
        (460.0, 0.49, 0.42),
        (980.0, 340.0, 0.48),
        turn=("-y", "x", "-w", "u"),
    ),
    "nonlinear spring": Small("x'' = -(x^2+y^2)*x; y'' = -(x^2+y^2)*y", box(-1, 1, 4), (0.63, 0.13, 0.23), turn=("-y", "x")),
    "Lotka-Volterra": Small("x' = x - x*y; y' = -y + x*y", box(0.5, 2.0, 2), (0.12, 0.65, 0.048)),
}


@lru_cache
def coordinates(name: str) -> tuple[tuple[Expr, ...], tuple[Symbol, ...]]:
    """The states that are learned, as expressions in those that are solved for, and their symbols."""
    system = SYSTEMS[name].system
    state = phase_state(system)
    if not SYSTEMS[name].rod:
        return state, state
    place: tuple[Any, Any] = (sin(state[0]), -cos(state[0]))
    return (*place, *(system.total_derivative(c) for c in place)), (X, Y, VX, VY)


@lru_cache
def integrals(name: str) -> tuple[Expr, ...]:
    """The constants of motion in the learned states: of the rod where there is one, and those that liesym finds.

    Of two bodies without those of Laplace, Runge and Lenz, so momenta, two angular momenta and the energy.
    """
    system = SYSTEMS[name].system
    found = [i for i in liesym.first_integrals(system, budget=120.0) if not i.has(system.independent)]
    if not SYSTEMS[name].rod:
        rates = phase_state(system)[len(system.unknowns) :]
        return tuple(i for i in found if not any(i.diff(v, w).free_symbols for v in rates for w in rates))
    angle, rate = phase_state(system)
    lifted = [i.subs(rate, sqrt(VX**2 + VY**2)).subs(cos(angle), -Y) for i in found]
    rod = (X**2 + Y**2, X * VX + Y * VY)
    expressions, _ = coordinates(name)
    for integral in (*rod, *lifted):
        value: Any = integral.subs(dict(zip((X, Y, VX, VY), expressions, strict=True)), simultaneous=True)
        if system.total_derivative(value).simplify() != 0:
            raise liesym.VerificationError(f"{integral} is no constant of motion of the {name}")
    return (*rod, *lifted)


@lru_cache
def functions(name: str) -> tuple[Callable[..., Any], ...]:
    """NumPy functions of the solved states: their derivatives, the learned states, and the derivatives of these."""
    system, (expressions, _) = SYSTEMS[name].system, coordinates(name)
    state = phase_state(system)
    slopes = [system.total_derivative(e) for e in expressions]
    lowered = [liesym.lower(system, backend="numpy")]
    lowered += [liesym.lower(part, state, backend="numpy") for part in (list(expressions), slopes)]
    return tuple(lambda x, f=f: f(0.0, x, None) for f in lowered)


def trajectories(name: str, seed: int, count: int, times: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """True states and derivatives (count, K, m)."""
    field, states, slopes = functions(name)
    solved = reference(field)(SYSTEMS[name].starts(np.random.default_rng(seed), count), times)
    return states(solved), slopes(solved)


def build(kit: Any, config: Config, name: str, form: str, seed: int) -> tuple[Any, Any]:
    """The field of a variant, and the level sets that its rollouts return to."""
    state, m = coordinates(name)[1], len(coordinates(name)[1])
    size = {"width": config["width"], "activation": config["activation"], "seed": seed}
    if form == "plain" or name == "Lotka-Volterra":
        field = kit.MLPField(m, **size)
    elif "invariant" in form:
        field = kit.SecondOrderField(kit.EquivariantField.from_generators(group(name), order=2, **size))
    else:
        field = kit.SecondOrderField(kit.MLPField(m, outputs=m // 2, **size))
    if "projection" not in form:
        return field, None
    levels = kit.LevelSets.from_expressions(integrals(name), state)
    return kit.TangentProjection(field, levels), levels


def group(name: str) -> list[liesym.Generator]:
    """The rotation and, of two bodies, the translations; all are verified to be symmetries of the equations."""
    system = SYSTEMS[name].system
    names = {x.name: x for x in system.unknowns}
    rows = [[-names[c[1:]] if c[0] == "-" else names[c] for c in SYSTEMS[name].turn]]
    if name == "two-body":
        rows += [[Integer((k + j) % 2) for k in range(len(names))] for j in (0, 1)]
    found = [liesym.Generator((system.independent, *system.unknowns), (Integer(0), *row)) for row in rows]
    for generator in found:
        if not generator.is_symmetry_of(system):
            raise liesym.VerificationError(f"{generator} is no symmetry of the {name}")
    return found


def derivatives(kit: Any) -> Any:
    """Mean square of f(x) - x' where each window holds a state and its derivative, in this order."""

    def term(model: Any, batch: Any) -> Any:
        value = kit.field_of(model)(batch.times[..., 0], batch.states[..., 0, :], None)
        return ((value - batch.states[..., 1, :]) ** 2).mean()

    return term


def run(config: Config, variant: str, seed: int) -> dict[str, Any]:
    """Train one variant of one system on states with noisy derivatives, and predict to time 100 from new states."""
    name, form = variant.split(": ")
    kit = backend(config)
    times = np.linspace(0.0, config["last"], config["samples"])
    states, slopes = trajectories(name, seed, config["trajectories"], times)
    noise = config["noise"] * np.random.default_rng((seed, 7)).standard_normal(slopes.shape)
    kept = config["trained"]
    names = tuple(s.name for s in coordinates(name)[1])
    pairs = np.stack([states[:kept], slopes[:kept] + noise[:kept]], axis=2).reshape(-1, 2, len(names))
    data = Trajectories(np.tile([0.0, 1.0], (len(pairs), 1)), pairs, names)
    settings = settings_from(config["training"] | {"seed": seed}, "[training]")
    field, levels = build(kit, config, name, form, seed)
    loss = kit.SymmetryLoss(derivatives(kit))
    result = kit.train(kit.NeuralODE(field), loss, Sampler(data, settings), settings, label=variant)
    field = kit.field_of(result.model)
    held = states[kept:].reshape(-1, len(names))
    wrong = kit.evaluate_field(field, np.zeros(len(held)), held) - slopes[kept:].reshape(held.shape)
    model = kit.NeuralODE(field, substeps=config["substeps"], retract=levels)
    clock = np.linspace(0.0, config["horizon"], round(10 * config["horizon"]))
    truth = trajectories(name, 10_000, config["tests"], clock)[0]
    found = kit.evaluate(model, truth[:, 0], clock).astype(float)
    record = errors(found, truth) | drifts(name, found)
    return record | {"seconds": result.seconds, "held_out": float(np.sqrt(np.mean(wrong**2)))}


def errors(found: np.ndarray, truth: np.ndarray) -> dict[str, Any]:
    """Root mean square error over times and states of each trajectory: median, and how far 95 % lie from it."""
    with np.errstate(all="ignore"):
        each = np.sqrt(np.mean((found - truth) ** 2, axis=(1, 2)))
    each = np.where(np.isfinite(each), each, np.inf)
    low, middle, high = np.quantile(each, [0.025, 0.5, 0.975], method="nearest")
    spread = {"above": high - middle, "below": middle - low}
    return {"rmse": middle} | spread | {"lost": int((each > 1e3).sum()), "count": len(each)}


def drifts(name: str, found: np.ndarray) -> dict[str, Any]:
    """The median over the tests of the largest change of any constant of motion."""
    known, state = integrals(name), coordinates(name)[1]
    with np.errstate(all="ignore"):
        values = liesym.lower(list(known), state, backend="numpy")(0.0, found, None)
        change = np.abs(values - values[:, :1]).max(axis=(1, 2))
    return {"integrals": [str(i) for i in known], "drift": float(np.median(np.where(np.isnan(change), np.inf, change)))}


# -- the page --------------------------------------------------------------------------------------

HEAD = """# Six small systems

Spring, pendulum in the plane, damped pendulum, two bodies, nonlinear spring and Lotka-Volterra in the setting of Kasim and
Lim 2022 (COMET, arXiv 2208.10387) and of its public code: {trajectories} trajectories to time {last:g}, {samples} states of
each, {trained} of them for training; exact states with derivatives that have normal noise of {noise}. Initial states are
drawn from the same distributions with other random numbers. Measure: the root mean square error over times and states up
to time {horizon:g}, for {tests} new initial states; the median, and in brackets how far above it the 97.5 % quantile lies.
Ours: medians over the seeds of both, and the worst seed's median. Networks have {width} {activation} units in each of two
layers and {steps} steps of {batch} samples, set once and not tuned; the published have three layers of 250, 1000 epochs of
batches of 32.

**What the forms know that COMET does not.** COMET is told the number of constants of motion and learns them. Here *second
order* knows that positions change by the velocities. *Projection* knows this and the constants of motion, which
liesym finds from the exact equations (of the pendulums: the length of the rod and the velocity along it, which are given,
and the energy; the damped one keeps the rod only). *Invariant network* knows the rotation (of two bodies also
the translations), verified on the exact equations; *plain* knows nothing. Published figures and these forms therefore
answer different questions: the forms show what such knowledge is worth, not that learning constants of motion is inferior.

The form that stands for a system in the last paragraph is the one with the least error of the derivatives on the
trajectories held out (the exact derivatives there; median over the seeds), not the one with the least error in the tests.

"""


def page(record: dict[str, Any]) -> str:
    """The page of results."""
    config = record["config"]
    text = HEAD.format(**config | config["training"])
    runs = collected(record)
    reached: dict[str, list[str]] = {"in the median over the seeds": [], "with the worst seed": []}
    for name, small in SYSTEMS.items():
        rows: list[list[Any]] = []
        for variant, found in runs.items():
            if variant.startswith(f"{name}: "):
                rows.append(row(variant.split(": ")[1], found))
        if not rows:
            continue
        for k, who in enumerate(("Neural ODE", "Hamiltonian network", "COMET")):
            above = f" (+{cell(small.above[k])})" if small.above else ""
            rows.append([f"published: {who}", None, cell(small.published[k]) + above])
        bounded = {v: found for v, found in runs.items() if v.startswith(f"{name}: ")}
        for how, names in reached.items():
            best = chosen(bounded)
            if judged(bounded[best], how) <= small.published[2]:
                names.append(f"{name} ({best.split(': ')[1]})")
        columns = ["form", "seeds", "error to the horizon", "worst seed", "held-out error"]
        columns += ["largest change of a constant", "lost", "training s"]
        filled = [r + [None] * (len(columns) - len(r)) for r in rows]
        known = next(found[0]["integrals"] for v, found in runs.items() if v.startswith(f"{name}: "))
        text += f"## {name[0].upper()}{name[1:]}\n\nConstants of motion: {', '.join(f'`{i}`' for i in known)}.\n\n"
        text += markdown_table(columns, filled) + "\n"
    for how, names in reached.items():
        text += f"At or below COMET's published median {how}: {', '.join(names) or 'none'}.\n\n"
    return text + stopped(record) + "\n" + made_with(record, "small_systems")


def chosen(variants: Mapping[str, Sequence[dict[str, Any]]]) -> str:
    """The variant with the least error on held-out trajectories, in the median over the seeds."""
    return min(variants, key=lambda variant: median(variants[variant], "held_out") or np.inf)


def judged(found: Sequence[dict[str, Any]], how: str) -> float:
    """The error of a variant over its seeds: the median, or the largest."""
    each = [np.inf if run["rmse"] is None else run["rmse"] for run in found]
    return float(max(each) if how == "with the worst seed" else np.median(each))


def row(form: str, found: Sequence[dict[str, Any]]) -> list[Any]:
    """The cells of one variant: medians over the seeds."""
    each = [run["rmse"] for run in found]
    worst = None if None in each else float(max(each))
    error = f"{cell(median(found, 'rmse'))} (+{cell(median(found, 'above'))})"
    lost = f"{sum(run['lost'] for run in found)} of {sum(run['count'] for run in found)}"
    middle = [median(found, key) for key in ("held_out", "drift")]
    return [form, len(found), error, worst, *middle, lost, round(median(found, "seconds") or 0.0)]


def main(arguments: Sequence[str] | None = None) -> dict[str, Any]:
    """Run the experiment; see the head of this file."""
    return experiment("small_systems", run, page, doc=__doc__, arguments=arguments)


if __name__ == "__main__":
    main(sys.argv[1:])
