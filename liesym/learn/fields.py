"""Residuals of a learned field: what a symmetry or an integral asks of a network.

A field is any callable ``f(t, x, args)`` or ``f(t, x)``, as its signature says (a module or a function), t of shape
(...) or a number, x of shape (..., n*m) grouped by order (q, q', ...), that returns the leading derivatives (..., m)
or the whole derivative (..., n*m), whose last m components are then taken, and by `conservation_residual` all of them.
n is `order`: 1 for x' = f, 2 for an acceleration a(t, q, v).

    invariance_residual(field, generator, order=1, moving=())        -> fn(t, x, args)  -> (..., m)
    conservation_residual(field, integrals, state=..., order=1)      -> fn(t, x, args)  -> (..., k)
    group_residual(field, generator, epsilon=..., flow=..., order=1) -> fn(t, x, args)  -> (..., m)
    backward_residual(field, generator, moving=())                   -> fn(t, (x, a), args) -> (..., 1)
    backward_charge(field, generator)                                -> fn(t, (x, a), args) -> (..., 1)
    drift(integrals, state=...)                                      -> fn(t, x, args)  -> (T, ..., k) along a
    solve

All of them are pure functions of (t, x, args), for the compilers and the transformations of the library; args
goes to the field as it is, and parameters of the generator or the integral are read from it by name.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from sympy import Expr, Symbol

from liesym.errors import BackendError, Unsupported
from liesym.learn.arrays import Array, ArrayLibrary, together
from liesym.learn.calling import with_args
from liesym.learn.rollout import leading_part, pushforward
from liesym.lowering.lower import lower
from liesym.residuals import FlowPair, Residual, field_condition, field_conservation, field_motion, whole_rate
from liesym.symmetries.generator import Generator

Field = Callable[[Any, Array, Any], Array]
Integrals = Residual | Expr | Sequence[Expr] | Field


class FieldResiduals:
    """The residuals in one array library; a toolkit offers its methods as functions."""

    def __init__(self, arrays: ArrayLibrary) -> None:
        self.arrays = arrays

    def invariance_residual(
        self, field: Field, generator: Generator, *, order: int = 1, moving: Sequence[str] = (), relative: bool = False
    ) -> Field:
        """How far the field is from being invariant under the generator; zero exactly for a symmetry of the
        field.

            R_i = η_i^(n) - (ξ ∂_t + η·∂_x + … + τ·∂_θ) f_i   with x^(n) = f,

        one Jacobian-vector product of f, no solve.

        Arguments:
            field: see the head of this module.
            generator: over (t, x_1, …, x_m), and over the parameters named in `moving`.
            order: n.
            moving: parameters of the field that the generator moves; entries of the mapping args.
            relative: divide by the size of the field, see `compared`.
        Source: Olver 1993, Theorem 2.31, with the field in place of the right side.
        """
        field = with_args(field)
        condition = field_condition(generator, order, moving)
        direction = self._lower(condition.direction)
        value = self._lower(condition.value)
        m, states = condition.unknowns, condition.unknowns * order

        def residual(t: Any, x: Array, args: Any = None) -> Array:
            t, x = together(self.arrays, t, x)
            along = direction(t, x, args)
            if condition.moves_time and t is None:
                raise BackendError("the generator moves time; t is needed")
            dt = along[..., 0] if condition.moves_time else None
            dx = along[..., 1 : 1 + states]
            if condition.moving:
                leading, rate = self._with_parameters(field, condition.moving, t, x, args, dt, along[..., 1:])
            else:
                leading, rate = pushforward(self.arrays, leading_part(field, order), t, x, args, dt, dx)
            leading, rate = _last(leading, m), _last(rate, m)
            found = value(t, self._joined((x, leading)), args) - rate
            return self.compared(found, leading) if relative else found

        return residual

    def compared(self, residual: Array, rates: Array) -> Array:
        """The residual divided by the root mean square of the field over all samples, and 1 where the field is zero.

        A plain residual of a law that is linear in the field is least for f = 0, whatever the law. This one is the same for
        f and 2 f, so it asks for the law alone.
        """
        xp = self.arrays.xp
        size = (rates**2).mean()
        there = size > 0
        return xp.where(there, residual / xp.sqrt(xp.where(there, size, 1.0)), xp.ones_like(residual))

    def _with_parameters(
        self, field: Field, names: Sequence[str], t: Any, x: Array, args: Any, dt: Array | None, direction: Array
    ) -> tuple[Array, Array]:
        """The field and its derivative along (dt, dx, dθ); direction holds (dx, dθ)."""
        states, arrays = x.shape[-1], self.arrays
        given = [arrays.spread(arrays.as_array(_entry(args, name), x), x.shape[:-1]) for name in names]
        primals = (x, *given, *(() if dt is None else (t,)))
        turned = [direction[..., states + k] for k in range(len(names))]
        tangents = (direction[..., :states], *turned, *(() if dt is None else (dt,)))

        def evaluate(x: Array, *rest: Array) -> Array:
            changed = {**args, **dict(zip(names, rest, strict=False))}
            return field(t if dt is None else rest[-1], x, changed)

        return arrays.jvp(evaluate, primals, tangents)

    def conservation_residual(
        self,
        field: Field,
        integrals: Integrals,
        *,
        state: Sequence[Symbol] | None = None,
        t: Symbol | None = None,
        order: int = 1,
        relative: bool = False,
    ) -> Field:
        """The rate of change of the integrals along the field: R = ∂_t I + ∇I·f, pointwise.

        A field of order 2 and more that returns the whole derivative is taken at its word: where its first components are
        not the velocities of the state, the rate is that of what it says.

        Arguments:
            field: see the head of this module.
            integrals: expressions (then `state` names x_1 … x_m), a residual made by
                `liesym.residuals.conservation`, or a callable I(t, x, args) of shape (..., k), whose rate is then
                a Jacobian-vector product.
            state: the symbols x_1 … x_m of the expressions.
            t: the symbol of time in them; a symbol named t unless given.
            order: n.
            relative: divide by the size of the field, see `compared`.
        """
        field = with_args(field)
        if isinstance(integrals, Residual):
            law = integrals
        elif callable(integrals) and not isinstance(integrals, Expr):
            return self._rate_of(integrals, field, order, relative)
        else:
            law = field_conservation(integrals, _named(state), _time(t), order)[1]
        rate = self._lower(law)
        along = rate if order == 1 else self._lower(whole_rate(law, order))
        leading_of = leading_part(field, order)

        def residual(t: Any, x: Array, args: Any = None) -> Array:
            t, x = together(self.arrays, t, x)
            leading, m = leading_of(t, x, args), x.shape[-1] // order
            if not _is_whole(leading, x, order) or order == 1:
                found = rate(t, self._joined((x, leading)), args)
            else:
                found = along(t, self._joined((x, leading[..., -m:], leading[..., :-m])), args)
            return self.compared(found, leading) if relative else found

        return residual

    def _rate_of(self, integral: Field, field: Field, order: int, relative: bool) -> Field:
        """The derivative of a callable integral along (1, dx/dt)."""

        def residual(t: Any, x: Array, args: Any = None) -> Array:
            t, x = together(self.arrays, t if t is not None else 0.0, x)
            found, m = field(t, x, args), x.shape[-1] // order
            velocity = found if _is_whole(found, x, order) else self._joined((x[..., m:], found))
            pair = (self.arrays.xp.ones_like(t), velocity)
            rate = self.arrays.jvp(lambda when, where: integral(when, where, args), (t, x), pair)[1]
            return self.compared(rate, found) if relative else rate

        return residual

    def drift(
        self,
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
            value: Any = self._lower(integrals)
        elif callable(integrals) and not isinstance(integrals, Expr):
            value = integrals
        else:
            value = self._lower(field_conservation(integrals, _named(state), _time(t), order)[0])

        def residual(t: Any, x: Array, args: Any = None) -> Array:
            axis = time_axis % x.ndim
            if t is not None and self.arrays.as_array(t, x).ndim == 1 and x.ndim > 2:
                shape = [1] * (x.ndim - 1)
                shape[axis] = -1
                t = self.arrays.as_array(t, x).reshape(shape)
            values = value(t, x, args)
            return values - values[(*(slice(None),) * axis, slice(0, 1))]

        return residual

    def group_residual(
        self,
        field: Field,
        generator: Generator | None = None,
        *,
        epsilon: float | None = None,
        flow: FlowPair | None = None,
        variables: Sequence[Symbol] | None = None,
        parameter: Symbol | None = None,
        truncation: int | None = None,
        order: int = 1,
        relative: bool = False,
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
            relative: divide by the size of the field, see `compared`.
        """
        field = with_args(field)
        motion = field_motion(generator, order, flow=flow, variables=variables, epsilon=parameter, truncation=truncation)
        name = parameter.name if parameter is not None else "epsilon"
        defaults = {name: epsilon}
        point = self._lower(motion.point, parameters=defaults)
        value = self._lower(motion.value, parameters=defaults)
        m = motion.unknowns

        def residual(t: Any, x: Array, args: Any = None) -> Array:
            t, x = together(self.arrays, t, x)
            moved = point(t, x, args)
            leading = field(t, x, args)[..., -m:]
            there = value(t, self._joined((x, leading)), args)
            found = there - field(moved[..., 0], moved[..., 1:], args)[..., -m:]
            return self.compared(found, leading) if relative else found

        return residual

    def backward_charge(self, field: Field, generator: Generator) -> Field:
        """The quantity a·(η - ξ f) that a symmetry of x' = f conserves along backpropagation, as a function of
        (x, a)."""
        field = with_args(field)
        condition = field_condition(generator, 1)
        direction = self._lower(condition.direction)
        m = condition.unknowns

        def charge(t: Any, x: Array, args: Any = None) -> Array:
            t, x = together(self.arrays, t, x)
            state, adjoint = x[..., :m], x[..., m:]
            along = direction(t, state, args)
            characteristic = along[..., 1:]
            if condition.moves_time:
                characteristic = characteristic - along[..., :1] * field(t, state, args)
            return (adjoint * characteristic).sum(-1, keepdims=True)

        return charge

    def backward_residual(self, field: Field, generator: Generator, *, moving: Sequence[str] = ()) -> Field:
        """The rate of change of the backward conservation law of a generator along the field's own adjoint.

        d/dt [a·(η - ξ f) + a_θ·τ] along x' = f, a' = -(∂f/∂x)ᵀ a is a·R with R the invariance residual; x holds
        (x, a), of shape (..., 2m). Source: Noether's theorem for the action ∫ a·(x' - f) dt.
        """
        invariance = self.invariance_residual(field, generator, moving=moving)

        def residual(t: Any, x: Array, args: Any = None) -> Array:
            m = x.shape[-1] // 2
            return (x[..., m:] * invariance(t, x[..., :m], args)).sum(-1, keepdims=True)

        return residual

    def _lower(self, target: Any, **options: Any) -> Any:
        return lower(target, backend=self.arrays.name, **options)

    def _joined(self, parts: Sequence[Array]) -> Array:
        return self.arrays.xp.concat(parts, axis=-1)


def _is_whole(values: Array, x: Array, order: int) -> bool:
    """Whether a field gives all derivatives of the state, or the leading ones alone.

    Raises:
        BackendError: it gives neither.
    """
    given, states = values.shape[-1], x.shape[-1]
    if given == states:
        return True
    if given * order == states:
        return False
    raise BackendError(
        f"the field returns {given} components for {states} of the state; a field of order {order} returns "
        f"{states // order} or {states}"
    )


def _last(values: Array, m: int) -> Array:
    """The last m components; a slice that takes all would be differentiated all the same."""
    return values if values.shape[-1] == m else values[..., -m:]


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
