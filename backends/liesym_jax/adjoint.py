"""An adjoint class for diffrax that keeps the conservation laws of the backward solve.

`diffrax.BacksolveAdjoint` solves x, a and a_θ backward from each time asked for to the one before. For a symmetry
ξ ∂_t + η·∂_x of the field the number a·(η - ξ f) is constant on the way and known at its start, so that at its end, with
rows Q_i = η_i - ξ_i f and known values c_i, the smallest correction that restores all laws is

    a ← a + Q⁺ (c - Q a).

The states at both ends are those of the solve forward. What this takes away is what the solve backward did wrong along the
Q_i, and nothing else of the error of the gradient (`audit_gradient` measures the whole of it).

Source: Chen et al. 2018 for the adjoint equations; Noether's theorem for ∫ a·(x' - f) dt.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import diffrax
import equinox as eqx
import jax
import jax.numpy as jnp
from jax import Array

from liesym.errors import TrainingError
from liesym.learn.audit import charge_programs
from liesym.symmetries.generator import Generator
from liesym_jax.models import invariance_residual


class LawfulAdjoint(diffrax.AbstractAdjoint):
    """`diffeqsolve(…, adjoint=LawfulAdjoint([generator]))`: the adjoint equations, solved backward with their laws.

    With no generator it is `diffrax.BacksolveAdjoint`. More times in `SaveAt(ts=…)` keep the solve backward from running
    away from the states of the one forward.

    Arguments:
        generators: symmetries of the vector field over (t, x_1 … x_m). That they are is tested at the states in the solve
            backward, where a compiled program can raise no error of ours: equinox raises its EquinoxRuntimeError.
        options: of the solves backward, as `diffrax.diffeqsolve` takes them; the solver and the control of the steps of
            the solve forward unless given.

    Raises:
        AnsatzError: when solved: a generator that is not over time and the states.
        TrainingError: when solved: saves other than `SaveAt(ts, t0, t1)`, states that are no array, events, or terms other
            than an ODETerm.
    Source: the head of this module.
    """

    generators: tuple[Generator, ...] = eqx.field(static=True)
    options: dict[str, Any]

    def __init__(self, generators: Generator | Sequence[Generator] = (), **options: Any) -> None:
        self.generators = (generators,) if isinstance(generators, Generator) else tuple(generators)
        self.options = options

    def loop(self, *, args: Any, terms: Any, saveat: Any, init_state: Any, **rest: Any) -> Any:
        """See `diffrax.AbstractAdjoint`."""
        term, way = getattr(terms, "term", terms), getattr(terms, "direction", 1)  # diffrax solves forward in way * t
        _check(term, saveat, init_state.y, rest["event"])
        programs = tuple(charge_programs(self.generators, init_state.y.shape[-1], "jax"))
        still = jax.lax.stop_gradient
        final, statistics = diffrax.RecursiveCheckpointAdjoint().loop(
            args=_still(args), terms=_still(terms), saveat=saveat, init_state=_still(init_state), **rest
        )
        saved = final.save_state
        times = jnp.concatenate([jnp.atleast_1d(rest["t0"]), saved.ts]) * way
        settings = {name: rest[name] for name in ("solver", "stepsize_controller", "max_steps", "throw")}
        dt0 = None if rest["dt0"] is None else -rest["dt0"] * way
        held = (still(times), still(saved.ys), {"dt0": dt0} | settings | self.options)
        states = _states((init_state.y, args, term), held, (self.generators, programs))
        return eqx.tree_at(lambda s: s.save_state.ys, final, states), statistics


def _still(tree: Any) -> Any:
    """The same without derivatives."""
    arrays, rest = eqx.partition(tree, eqx.is_inexact_array)
    return eqx.combine(jax.lax.stop_gradient(arrays), rest)


def _check(terms: Any, saveat: Any, y: Any, event: Any) -> None:
    subs = saveat.subs
    whole = diffrax.SubSaveAt(t1=True).fn
    plain = isinstance(subs, diffrax.SubSaveAt) and not (subs.steps or saveat.dense) and subs.fn is whole
    for good, said in (
        (plain, "states are saved by SaveAt(ts=…), t0 and t1 alone"),
        (event is None, "there are no events"),
        (isinstance(terms, diffrax.ODETerm), "the terms are one ODETerm"),
        (eqx.is_array(y) and y.ndim, "the state is one array (…, m)"),
    ):
        if not good:
            raise TrainingError(
                f"LawfulAdjoint: expected that {said}; diffrax.RecursiveCheckpointAdjoint takes other solves"
            )


@eqx.filter_custom_vjp
def _states(given: Any, held: Any, laws: Any) -> Array:
    """The saved states, which the solve forward has found already, as a function of (start, args, terms)."""
    return held[1]


@_states.def_fwd
def _(perturbed: Any, given: Any, held: Any, laws: Any) -> tuple[Array, None]:
    return held[1], None


@_states.def_bwd
def _(residuals: None, pulls: Array, perturbed: Any, given: Any, held: Any, laws: Any) -> Any:
    (start, args, terms), (times, saved, settings) = given, held
    states = jnp.concatenate([start[None], saved])
    pulls = jnp.zeros_like(saved) if pulls is None else pulls
    rows = _Rows(terms, args, *laws)
    states = rows.checked(times, states)
    trained, fixed = eqx.partition((args, terms), eqx.is_inexact_array)

    def rates(t: Any, parts: Any, _: Any) -> Any:
        def field(x: Array, trained: Any) -> Array:
            args, terms = eqx.combine(trained, fixed)
            return terms.vf(t, x, args)

        value, pull = jax.vjp(field, parts[0], trained)
        return value, *jax.tree.map(jnp.negative, pull(parts[1]))

    def back(state: Any, ends: Any) -> Any:
        adjoint, rest = state
        (late, y1, given), (early, y0) = ends
        adjoint = adjoint + given
        known = rows.values(late, y1, adjoint) if rows.programs else None
        solution = diffrax.diffeqsolve(
            diffrax.ODETerm(rates), t0=late, t1=early, y0=(y1, adjoint, rest), **settings,
            saveat=diffrax.SaveAt(t1=True), adjoint=diffrax.DirectAdjoint(),
        )  # fmt: skip
        _, adjoint, rest = jax.tree.map(lambda part: part[0], solution.ys)
        return (adjoint if known is None else rows.restored(early, y0, adjoint, known), rest), None

    begun = (jnp.zeros_like(start), jax.tree.map(jnp.zeros_like, trained))
    intervals = ((times[1:], states[1:], pulls), (times[:-1], states[:-1]))
    (adjoint, rest), _ = jax.lax.scan(back, begun, intervals, reverse=True)
    return adjoint, *rest


class _Rows:
    """The rows Q_i = η_i - ξ_i f of symmetries of a field."""

    def __init__(self, terms: Any, args: Any, generators: Sequence[Generator], programs: Sequence[Any]) -> None:
        self.terms, self.args, self.generators, self.programs = terms, args, generators, programs

    def at(self, t: Any, x: Array) -> Array:
        """Shape (…, k, m)."""
        charges = jnp.stack([program(t, x, None) for program in self.programs], -2)
        return charges[..., 1:] - charges[..., :1] * self.terms.vf(t, x, self.args)[..., None, :]

    def values(self, t: Any, x: Array, adjoint: Array) -> Array:
        """Q a of shape (…, k)."""
        return jnp.einsum("...km,...m->...k", self.at(t, x), adjoint)

    def restored(self, t: Any, x: Array, adjoint: Array, known: Array) -> Array:
        """The nearest adjoint with the known values; dependent rows count once."""
        inverse = jnp.linalg.pinv(self.at(t, x), rtol=float(jnp.finfo(x.dtype).eps) ** 0.5)
        return adjoint + jnp.einsum("...mk,...k->...m", inverse, known - self.values(t, x, adjoint))

    def checked(self, times: Array, states: Array) -> Array:
        """The states, if the generators are symmetries there."""

        def field(t: Any, x: Array, args: Any = None) -> Array:
            return self.terms.vf(t, x, self.args)

        def worst(t: Any, x: Array) -> Array:
            alone = x.reshape(-1, x.shape[-1])
            every = [invariance_residual(field, g, relative=True) for g in self.generators]
            return jnp.stack([jnp.abs(jax.vmap(residual, (None, 0))(t, alone)).max() for residual in every])

        if not self.generators:
            return states
        found = jax.vmap(worst)(times, states).max(axis=0)
        for k, generator in enumerate(self.generators):
            off = ~(found[k] < 100 * float(jnp.finfo(states.dtype).eps) ** 0.5)
            states = eqx.error_if(states, off, f"{generator} is no symmetry of the field at the states of the solve")
        return states
