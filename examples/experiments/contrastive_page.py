"""The page of the experiment with learned invariants, made from its record."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from harness import collected, made_with, stopped

from liesym.learn.contrastive import InvariantTrust
from liesym.learn.experiment import cell, markdown_table

PUBLISHED = {
    "spring": (0.209, 0.096, 0.076, 0.002),
    "chemical": (0.064, 0.025, 0.031, 0.003),
    "Kepler": (0.854, 0.060, 0.328, 0.009),
    "heat": (0.133, 0.686, 0.098, 0.178),
}
"""Mean square error and violation: plain network, then ConCerNet (Zhang et al. 2023, table 1)."""

TOLD = {
    "plain": "noisy data",
    "projected": "noisy data, number of invariants",
    "identified": "noisy data, number of invariants, the exact equations, held-out trajectories without noise",
    "exact": "noisy data, the exact equations",
    "decoded sum": "noisy data, that the sum of the states is conserved",
}
"""What each model is told."""


def page(record: dict[str, Any]) -> str:
    """The page of results."""
    c = record["config"]
    text = f"""# Invariants learned by contrast

A network H is trained so that states of one trajectory agree and different trajectories differ; a second network learns
the field from states and rates with noise {c["defaults"]["noise"]:g}: as it is; projected on the level sets of H; projected
on those of the expressions that H is identified with, where `identify_invariants` names as many as H has components; and on
those of the exact integrals that the engine finds from the equations. Setting after Zhang et al. 2023 (ConCerNet); what the
classes do, and when it fails, is on the page [Invariants learned by contrast](../contrastive-invariants.md).

{c["defaults"]["tests"]} new initial states for each seed instead of 10, 1001 times, Dormand and Prince 8(7) in float64 with
tolerance 1e-8. Mean square error of the states over times and components; violation is the mean of (I(found) - I(true))²,
over all invariants of the system. Each entry is the mean over the initial states, in brackets the median, then averaged over
the seeds; every seed was given its own data, networks and initial states.

**What each side is told.** ConCerNet has noisy data and the number of invariants that is asked for, and so have the rows
"projected"; only these and "plain" have a published figure beside them. "Identified" is told the exact equations, from
which the candidates come and in which they are verified, and reads the gradients of H on trajectories without noise;
"exact" is told the equations. In "turned data" and "two invariants" every model is told the rotational symmetry. These
rows say what such knowledge is worth and are not held against figures of methods that have none of it. "Decoded sum"
is told that the sum of the states is conserved: the latent field is projected on the gradient of z ↦ 1ᵀD(z), and the
encoded start goes to the level of the sum of the start itself.

{compared(record)}
{invariants_table(record)}
## What differs from the published setting

* Adam with a cosine schedule in place of a constant rate; sizes of steps and batches are in `contrastive.toml`.
* States are divided by their root mean square before both networks.
* Kepler: the squared error of a rate is divided by |rate|² plus its median square, for both fields; accelerations range over
  two orders of magnitude. In "turned data" and "two invariants" each state and rate enters
  {c["Kepler, turned data"]["turned"]} more times, turned by random angles, for H and for all fields: a symmetry is given.
* Two invariants are whitened together instead of being normalized one by one.
* Chemical reaction: silu with a linear part and weight decay {c["chemical"]["training"]["weight_decay"]:g} in place of
  ReLU, for all networks, as the tests go to twice the amounts of the data.
* The spring has the softmax loss of the paper's equation (4), the other systems the ratio of squares of its published code.
* The guard is asked and not obeyed, so that the table shows what it would have prevented. Its limits for the worst
  trajectory and for independence were set after the runs of seeds 0 to 2, which therefore are no test of them; they
  are frozen since (`protocol.py`), and later seeds are.
* Settings were chosen on the misfit and the ratios of held-out trajectories of seed 0; early runs of that seed also showed
  test figures. Seeds 1 and 2 were not looked at before.

"""
    return text + stopped(record) + "\n" + made_with(record, "contrastive")


def compared(record: dict[str, Any]) -> str:
    """Errors and violations of all models beside the published ones."""
    columns = [
        "system",
        "model",
        "told",
        "seeds",
        "mean square error",
        "violation",
        "published error",
        "published violation",
    ]
    rows = []
    for variant, runs in collected(record).items():
        known = PUBLISHED[record["config"][variant]["task"]]
        turned = bool(record["config"][variant].get("turned"))
        for model, published in (
            ("plain", known[:2]), ("projected", known[2:]), ("identified", (None, None)), ("exact", (None, None)),
            ("decoded sum", (None, None)),
        ):  # fmt: skip
            if all(model in run for run in runs):
                both = [
                    f"{over(runs, model, key, 'mean')} ({over(runs, model, key, 'median')})" for key in ("mse", "violation")
                ]
                told = TOLD[model] + ", the rotations" * turned
                rows.append([variant, model, told, len(runs), *both, *((None, None) if turned else published)])
    return markdown_table(columns, rows)


def both(runs: Sequence[Any], model: str, key: str) -> str:
    """Mean and, in brackets, median."""
    return f"{over(runs, model, key, 'mean')} ({over(runs, model, key, 'median')})"


def over(runs: Sequence[Any], model: str, key: str, entry: str) -> str:
    """The mean over the seeds as text; a run with a failed trajectory has none."""
    values = [run[model][key][entry] for run in runs]
    return cell(None if None in values else float(np.mean(values)))


def invariants_table(record: dict[str, Any]) -> str:
    """What was learned: held-out ratios, R², residual of the projection, drift, and what the engine makes of it."""
    columns = [
        "system", "seed", "variance within trajectories (worst)", "independent gradients", "guard", "R² (degree 4)",
        "largest projection residual (before)", "drift of H", "identified, misfit",
    ]  # fmt: skip
    rows = []
    for variant, runs in collected(record).items():
        for seed, found in zip(record["config"]["seeds"], runs, strict=False):
            h, p = found["invariant"], found["projected"]
            named = ", ".join(f"`{i['expression']}` {cell(i['misfit'])}" for i in h.get("identified", []))
            r2 = ", ".join(f"{name} {cell(r['degree 4'])}" for name, r in h["r2"].items())
            trust = InvariantTrust(tuple(h["ratios"]), h["rank_share"], tuple(h["worst"]))
            ratios = ", ".join(f"{cell(r)} ({cell(w)})" for r, w in zip(h["ratios"], h["worst"], strict=True))
            left = f"{cell(p['residual'])} ({cell(p['residual_before'])})"
            guard = "passed" if trust.ok else "refused"
            share = cell(h["rank_share"]) + (f" ({cell(h['exact_rank_share'])})" if len(h["ratios"]) > 1 else "")
            rows.append([variant, seed, ratios, share, guard, r2, left, p["drift"], named or "–"])
    head = """## What was learned

On held-out trajectories without noise: variance of each component of H within trajectories over its whole variance, in
brackets that of the trajectory along which it varies most; share of states at which the gradients are independent, in
brackets the same for the gradients of the exact pair; what the guard says; R² of the true invariants as polynomials of
degree 4 in the learned ones. Projection residual: the largest |∇H_j · f̃| / (|∇H_j| |f|) of any held-out state and
component in float32, and of the same field before projection. Drift of H: the largest change along any solve of the tests
(H has variance 1). Identified: what `identify_invariants` finds from the gradients of H, verified by substitution, with the
mean sin² of the angle; more expressions than components mean that the orbits do not tell them apart.

"""
    return head + markdown_table(columns, rows)
