"""Residuals of a learned field in JAX: what a symmetry or an integral asks of a network.

A field is any callable ``f(t, x, args)`` (pytree or function), t of shape (...) or a number, x of shape (...,
n*m) grouped by order (q, q', ...), that returns the leading derivatives (..., m) or the whole derivative
(..., n*m), whose last m components are then taken. n is `order`: 1 for x' = f, 2 for an acceleration a(t, q,
v).

    invariance_residual(field, generator, order=1, moving=())        -> fn(t, x, args)  -> (..., m)
    conservation_residual(field, integrals, state=..., order=1)      -> fn(t, x, args)  -> (..., k)
    group_residual(field, generator, epsilon=..., flow=..., order=1) -> fn(t, x, args)  -> (..., m)
    backward_residual(field, generator, moving=())                   -> fn(t, (x, a), args) -> (..., 1)
    backward_charge(field, generator)                                -> fn(t, (x, a), args) -> (..., 1)
    drift(integrals, state=...)                                      -> fn(t, x, args)  -> (T, ..., k) along a
    solve

All of them are pure functions of (t, x, args) for jax.jit, vmap, grad and jvp; args goes to the
field as it is, and parameters of the generator or the integral are read from it by name.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import jax
import jax.numpy as jnp
from jax import Array
from sympy import Expr, Symbol

from liesym.errors import BackendError, Unsupported
from liesym.lowering.lower import lower
from liesym.residuals import FlowPair, Residual, field_condition, field_conservation, field_motion
from liesym.symmetries.generator import Generator

Field = Callable[[Any, Array, Any], Array]
Integrals = Residual | Expr | Sequence[Expr] | Field


def invariance_residual(field: Field, generator: Generator, *, order: int = 1, moving: Sequence[str] = ()) -> Field:
    """How far the field is from being invariant under the generator; zero exactly for a symmetry of the
    field.

        R_i = η_i^(n) - (ξ ∂_t + η·∂_x + … + τ·∂_θ) f_i   with x^(n) = f,

    one Jacobian-vector product of f, no solve.

    Arguments:
        field: see the head of this module.
        generator: over (t, x_1, …, x_m), and over the parameters named in `moving`.
        order: n.
        moving: parameters of the field that the generator moves; entries of the mapping args.
    Source: Olver 1993, Theorem 2.31, with the field in place of the right side.
    """
    condition = field_condition(generator, order, moving)
    direction = lower(condition.direction, backend="jax")
    value = lower(condition.value, backend="jax")
    m, states = condition.unknowns, condition.unknowns * order

    def residual(t: Any, x: Array, args: Any = None) -> Array:
        t, x = _together(t, x)
        along = direction(t, x, args)
        primals: list[Any] = [x]
        tangents: list[Any] = [along[..., 1 : 1 + states]]
        if condition.moves_time:
            if t is None:
                raise BackendError("the generator moves time; t is needed")
            primals.append(t)
            tangents.append(along[..., 0])
        for k, name in enumerate(condition.moving):
            parameter = jnp.broadcast_to(jnp.asarray(_entry(args, name), x.dtype), along.shape[:-1])
            primals.append(parameter)
            tangents.append(along[..., 1 + states + k])

        def evaluate(x: Array, *rest: Array) -> Array:
            when = rest[0] if condition.moves_time else t
            moved = rest[1 if condition.moves_time else 0 :]
            changed = {**args, **dict(zip(condition.moving, moved, strict=True))} if condition.moving else args
            return field(when, x, changed)[..., -m:]

        leading, rate = jax.jvp(evaluate, tuple(primals), tuple(tangents))
        return value(t, jnp.concatenate((x, leading), -1), args) - rate

    return residual


def conservation_residual(
    field: Field,
    integrals: Integrals,
    *,
    state: Sequence[Symbol] | None = None,
    t: Symbol | None = None,
    order: int = 1,
) -> Field:
    """The rate of change of the integrals along the field: R = ∂_t I + ∇I·f, pointwise.

    Arguments:
        field: see the head of this module.
        integrals: expressions (then `state` names x_1 … x_m), a residual made by
            `liesym.residuals.conservation`, or a callable I(t, x, args) of shape (..., k), whose rate is then
            a Jacobian-vector product.
        state: the symbols x_1 … x_m of the expressions.
        t: the symbol of time in them; a symbol named t unless given.
        order: n.
    """
    if isinstance(integrals, Residual):
        rate = lower(integrals, backend="jax")
    elif callable(integrals) and not isinstance(integrals, Expr):
        return _rate_of(integrals, field, order)
    else:
        rate = lower(field_conservation(integrals, _named(state), _time(t), order)[1], backend="jax")

    def residual(t: Any, x: Array, args: Any = None) -> Array:
        t, x = _together(t, x)
        leading = field(t, x, args)
        return rate(t, jnp.concatenate((x, leading[..., -(x.shape[-1] // order) :]), -1), args)

    return residual


def _rate_of(integral: Field, field: Field, order: int) -> Field:
    """The derivative of a callable integral along (1, dx/dt)."""

    def residual(t: Any, x: Array, args: Any = None) -> Array:
        t, x = _together(t if t is not None else 0.0, x)
        m = x.shape[-1] // order
        velocity = jnp.concatenate((x[..., m:], field(t, x, args)[..., -m:]), -1)
        pair = (jnp.ones_like(t), velocity)
        return jax.jvp(lambda when, where: integral(when, where, args), (t, x), pair)[1]

    return residual


def drift(
    integrals: Integrals,
    *,
    state: Sequence[Symbol] | None = None,
    t: Symbol | None = None,
    order: int = 1,
    time_axis: int = 0,
) -> Field:
    """The change of the integrals along a solve: I(t, x(t)) - I(t_0, x(t_0)) for x of shape (T, ..., n*m).

    Arguments:
        integrals: expressions, a residual made by `liesym.residuals.drift`, or a callable I(t, x, args).
        time_axis: the axis of x along which time runs; t has shape (T,) or broadcasts against the batch of x.
    """
    if isinstance(integrals, Residual):
        value: Any = lower(integrals, backend="jax")
    elif callable(integrals) and not isinstance(integrals, Expr):
        value = integrals
    else:
        value = lower(field_conservation(integrals, _named(state), _time(t), order)[0], backend="jax")

    def residual(t: Any, x: Array, args: Any = None) -> Array:
        axis = time_axis % x.ndim
        if t is not None and jnp.ndim(t) == 1 and x.ndim > 2:
            shape = [1] * (x.ndim - 1)
            shape[axis] = len(t)
            t = jnp.reshape(t, shape)
        values = value(t, x, args)
        return values - jax.lax.slice_in_dim(values, 0, 1, axis=axis)

    return residual


def group_residual(
    field: Field,
    generator: Generator | None = None,
    *,
    epsilon: float | None = None,
    flow: FlowPair | None = None,
    variables: Sequence[Symbol] | None = None,
    parameter: Symbol | None = None,
    truncation: int | None = None,
    order: int = 1,
) -> Field:
    """How far the field at the moved point is from the moved field: R = x̄^(n) - f(t̄, x̄, …) with x^(n) =
    f(t, x, …).

    Zero for every ε exactly if the flow is a symmetry group of the field. Two evaluations of the field.

    Arguments:
        generator: over (t, x_1, …, x_m); not needed if flow and variables are given.
        epsilon: the group parameter; if None, it is read from args by its name (epsilon unless `parameter`
            says).
        flow: (t̄, (x̄_1, …)) in closed form, in the variables and the symbol `parameter`.
        truncation: use the Lie series up to this order; the residual then measures the truncation too.
        order: n.
    """
    motion = field_motion(generator, order, flow=flow, variables=variables, epsilon=parameter, truncation=truncation)
    name = parameter.name if parameter is not None else "epsilon"
    defaults = {name: epsilon}
    point = lower(motion.point, backend="jax", parameters=defaults)
    value = lower(motion.value, backend="jax", parameters=defaults)
    m = motion.unknowns

    def residual(t: Any, x: Array, args: Any = None) -> Array:
        t, x = _together(t, x)
        moved = point(t, x, args)
        leading = field(t, x, args)[..., -m:]
        there = value(t, jnp.concatenate((x, leading), -1), args)
        return there - field(moved[..., 0], moved[..., 1:], args)[..., -m:]

    return residual


def backward_charge(field: Field, generator: Generator) -> Field:
    """The quantity a·(η - ξ f) that a symmetry of x' = f conserves along backpropagation, as a function of
    (x, a)."""
    condition = field_condition(generator, 1)
    direction = lower(condition.direction, backend="jax")
    m = condition.unknowns

    def charge(t: Any, x: Array, args: Any = None) -> Array:
        t, x = _together(t, x)
        state, adjoint = x[..., :m], x[..., m:]
        along = direction(t, state, args)
        characteristic = along[..., 1:]
        if condition.moves_time:
            characteristic = characteristic - along[..., :1] * field(t, state, args)
        return (adjoint * characteristic).sum(-1, keepdims=True)

    return charge


def backward_residual(field: Field, generator: Generator, *, moving: Sequence[str] = ()) -> Field:
    """The rate of change of the backward conservation law of a generator along the field's own adjoint.

    d/dt [a·(η - ξ f) + a_θ·τ] along x' = f, a' = -(∂f/∂x)ᵀ a is a·R with R the invariance residual; x holds
    (x, a), of shape (..., 2m). Source: Noether's theorem for the action ∫ a·(x' - f) dt.
    """
    invariance = invariance_residual(field, generator, moving=moving)

    def residual(t: Any, x: Array, args: Any = None) -> Array:
        m = x.shape[-1] // 2
        return (x[..., m:] * invariance(t, x[..., :m], args)).sum(-1, keepdims=True)

    return residual


def _together(t: Any, x: Array) -> tuple[Any, Array]:
    """Time and state broadcast to one batch."""
    x = jnp.asarray(x)
    if t is None:
        return None, x
    t = jnp.asarray(t, x.dtype)
    batch = jnp.broadcast_shapes(t.shape, x.shape[:-1])
    return jnp.broadcast_to(t, batch), jnp.broadcast_to(x, (*batch, x.shape[-1]))


def _entry(args: Any, name: str) -> Any:
    if not isinstance(args, Mapping) or name not in args:
        raise BackendError(f"the generator moves the parameter {name!r}; args must be a mapping that holds it")
    return args[name]


def _named(state: Sequence[Symbol] | None) -> Sequence[Symbol]:
    if state is None:
        raise Unsupported("integrals given as expressions need their symbols: state=(x, y, ...)")
    return state


def _time(t: Symbol | None) -> Symbol:
    return t if t is not None else Symbol("t", real=True)
