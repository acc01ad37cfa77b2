"""The charged particle z' = cos(theta1*z + theta2): recover theta1, theta2 from noisy positions, with and
without residuals.

The symmetries are found by liesym with T(t), Z(z). Compared are
* plain: the misfit alone;
* paper, as printed: the residual of the flow to first order, without the division by dt̄/dt;
* paper, corrected: the same with the division; it is O(ε²) for every theta, so it can say little;
* invariance: the exact condition; it is zero for every theta, so it says nothing;
* conservation on data: the quotient of two characteristics is a first integral I, and (I(t, z) - I(0, z0))
/ I_z, to
  first order the error of z, must vanish along what was measured. This one depends on theta and on the data.

    python examples/toy.py [--backend torch jax] [--seeds 0 1 2] [--steps 200] [--out results]
"""

from __future__ import annotations

import argparse
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from sympy import Expr, Symbol

import liesym
from liesym.learn.experiment import print_table, write_results
from liesym.learn.fitting import Sampler, Settings, toolkit
from liesym.learn.trajectories import Trajectories, simulate
from liesym.model.problem import read_problem
from liesym.residuals import group
from liesym.text import write

HERE = Path(__file__).parent
NOISE, COUNT, EPSILON = 0.05, 16, 0.1
TIMES = np.linspace(0.0, 2.4, 13)
COLUMNS = ["loss", "seeds", "error of theta1", "error of theta2", "residual at the end", "s"]


def symmetries() -> tuple[liesym.ODESystem, liesym.Generator, liesym.Generator, Expr]:
    """The system, the generator that scales time, the one that does not involve it, and their first integral.

    Of a scalar equation the quotient of two characteristics η - ξ f is a first integral (Olver 1993,
    section 2.5).
    """
    problem = read_problem(HERE / "toy.toml")
    system = problem.system
    found = liesym.find_symmetries(system, ansatz=problem.ansatz).generators
    t = system.independent
    scaling = next(g for g in found if g.xi.has(t))
    # two that move time alike, one of them along the solutions: their difference does not move it
    one, two = (g for g in found if g.xi == 1)
    along = replace(
        one,
        components=tuple(a - b for a, b in zip(one.components, two.components, strict=True)),
        trivial=False,
    )
    integral = ((scaling.components[1] - scaling.xi * system.rhs[0]) / along.components[1]).cancel()
    if system.total_derivative(integral).simplify() != 0:
        raise liesym.VerificationError(f"{write(integral)} is not constant along solutions")
    return system, scaling, along, integral


def measure(system: liesym.ODESystem, seed: int, noise: float = NOISE, count: int = COUNT) -> Trajectories:
    """Positions of particles with exact starts and noise on the rest."""
    field = liesym.lower(system, backend="numpy", parameters={p.name: p.value for p in system.parameters})
    random = np.random.default_rng(seed)
    starts = random.uniform(-2.0, 0.8, (count, 1))
    states = simulate(lambda t, x: field(t, x, None), starts, TIMES)
    states[:, 1:] += noise * random.standard_normal(states[:, 1:].shape)
    return Trajectories(np.tile(TIMES, (count, 1)), states, ("z",))


def terms(kit: Any, backend: str, found: Any) -> dict[str, dict[str, Any]]:
    """Loss -> its residuals, each a term of `SymmetryLoss`."""
    system, scaling, along, integral = found
    generator = replace(scaling, components=tuple(a + b for a, b in zip(scaling.components, along.components, strict=True)))
    epsilon = Symbol("epsilon", real=True)
    corrected = liesym.lower(group(generator, system, epsilon=epsilon, order=1), backend=backend)
    moved = generator.variables[1] + epsilon * generator.components[1]
    rate = moved.diff(generator.variables[1]) * system.rhs[0]
    printed = liesym.lower([rate - system.rhs[0].subs(generator.variables[1], moved)], system.unknowns, backend=backend)
    options: dict[str, Any] = {"backend": backend, "t": system.independent}
    constant = liesym.lower([integral], system.unknowns, **options)
    slope = liesym.lower([1 / integral.diff(system.unknowns[0]).simplify()], system.unknowns, **options)
    drift = kit.data_drift(constant, args=lambda model: parameters(model))
    exact = kit.invariance(generator)

    def parameters(model: Any) -> dict[str, Any]:
        return model.field.parameters_by_name() | {"epsilon": EPSILON}

    def at_model(function: Any, *, derivative: bool) -> Any:
        def term(model: Any, batch: Any) -> Any:
            states = model(batch.states[..., 0, :], batch.times)
            inputs = kit.concatenate([states, model.field(batch.times, states)]) if derivative else states
            return function(batch.times, inputs, parameters(model))

        return term

    def relative_drift(model: Any, batch: Any) -> Any:
        return drift(model, batch) * slope(batch.times, batch.states, parameters(model))[..., 1:, :]

    return {
        "plain": {},
        "paper, as printed": {"printed": at_model(printed, derivative=False)},
        "paper, corrected": {"corrected": at_model(corrected, derivative=True)},
        "invariance": {"invariance": kit.at_points(exact, args=parameters)},
        "conservation on data": {"conservation": relative_drift},
    }


def fit(
    kit: Any, system: liesym.ODESystem, residuals: dict[str, Any], seed: int, steps: int, data: Trajectories | None = None
) -> dict[str, Any]:
    """One recovery of the parameters, in float64: the residuals have poles not far from the data."""
    data = measure(system, seed) if data is None else data
    true = {p.name: float(p.value or 0) for p in system.parameters}
    settings = Settings(steps=steps, learning_rate=0.05, final_rate=1e-3, seed=seed)
    with kit.double_precision() as dtype:
        model = kit.NeuralODE(kit.SymbolicField(system, {"theta1": 1.0, "theta2": 0.0}, dtype=dtype))
        loss = kit.SymmetryLoss(kit.misfit(), residuals)
        result = kit.train(model, loss, Sampler(data, settings), settings, label=f"seed {seed}")
        values = result.model.field.values()
    error = {key: abs(values[key] - true[key]) for key in true}
    last = float(result.history[next(iter(residuals))][-1]) if residuals else None
    return {"seed": seed, "error": error, "residual": last, "seconds": result.seconds}


def run(backend: str, seeds: tuple[int, ...] = (0, 1, 2), steps: int = 200) -> dict[str, Any]:
    """All fits of one backend."""
    kit = toolkit(backend)
    found = symmetries()
    losses = terms(kit, backend, found)
    fits = {name: [fit(kit, found[0], losses[name], seed, steps) for seed in seeds] for name in losses}
    generators = [str(g) for g in found[1:3]]
    return {
        "backend": backend,
        "generators": generators,
        "integral": write(found[3]),
        "fits": fits,
        "steps": steps,
    }


def rows(result: dict[str, Any]) -> list[list[Any]]:
    """The table of one backend: root mean squares over the seeds."""
    table = []
    for name, fits in result["fits"].items():
        error = {k: float(np.sqrt(np.mean([f["error"][k] ** 2 for f in fits]))) for k in ("theta1", "theta2")}
        residual = None if fits[0]["residual"] is None else float(np.mean([f["residual"] for f in fits]))
        seconds = float(np.mean([f["seconds"] for f in fits]))
        label = f"{result['backend']}: {name}"
        table.append([label, len(fits), error["theta1"], error["theta2"], residual, seconds])
    return table


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--backend", nargs="+", default=["torch", "jax"])
    parser.add_argument("--seeds", nargs="+", type=int, default=[0, 1, 2])
    parser.add_argument("--steps", type=int, default=200)
    parser.add_argument("--out", type=Path, default=Path("results"))
    options = parser.parse_args()
    began = time.perf_counter()
    results = [run(backend, tuple(options.seeds), options.steps) for backend in options.backend]
    for generator in results[0]["generators"]:
        print("symmetry:", generator)
    print("first integral:", results[0]["integral"])
    print_table("Charged particle", COLUMNS, [row for result in results for row in rows(result)])
    path = write_results(options.out / "toy.json", {"runs": results, "seconds": time.perf_counter() - began})
    print(f"results: {path}")


if __name__ == "__main__":
    main()
