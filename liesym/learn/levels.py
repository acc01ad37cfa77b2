"""Level sets of integrals: the linear algebra of their gradients, and the damped way back to them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, ClassVar, NamedTuple, Self

from sympy import Add, Dummy, Expr, Integral, Symbol

from liesym.base.jets import as_expression
from liesym.base.names import by_name
from liesym.errors import Unsupported
from liesym.learn.arrays import Array, ArrayLibrary
from liesym.learn.fitting import gradients_of, time_among
from liesym.lowering.lower import lower

RETURN_STEPS = 20
"""Newton steps of a return to the level set at most; four are the rule, more are for damped ones."""


class Returning(NamedTuple):
    """Samples on their way back: the states, the next step, its square in units of 1/16 of rounding, the square of the
    distance left, the part of the step to try, and whether to go on."""

    x: Array
    step: Array
    size: Array
    left: Array
    part: Array
    again: Array


class AbstractLevelSets:
    """k functions I_j(t, x) with their gradients, and the linear algebra of their level sets, sample by
    sample.

    Gradients are orthonormalized one after the other for each sample. One that is, up to `tolerance` times
    its length, a combination of those before it is left out there: at such a point the level set has lower
    codimension, and dividing by a length near zero would make the field arbitrary.

    Arguments:
        values: (t, x, args) -> (…, k).
        gradients: (t, x, args) -> (…, k, m), the derivatives by the states.
        rates: (t, x, args) -> (…, k), the partial derivatives by t; None if t does not occur.
        tolerance: of the rank guard; by default it depends on the type.
    """

    arrays: ClassVar[ArrayLibrary]

    def __init__(
        self,
        values: Callable[..., Array],
        gradients: Callable[..., Array],
        rates: Callable[..., Array] | None = None,
        *,
        tolerance: float | None = None,
    ) -> None:
        self.values, self.gradients, self.rates, self.tolerance = values, gradients, rates, tolerance
        self.open: Any = None
        self.hybrid: Any = None
        self.bends: Bends | None = None

    @classmethod
    def from_expressions(
        cls,
        integrals: Sequence[Expr],
        states: Sequence[Symbol],
        *,
        t: Symbol | None = None,
        parameters: Sequence[Symbol] = (),
        tolerance: float | None = None,
    ) -> Self:
        """From exact expressions; values and gradients are lowered.

        Arguments:
            integrals: expressions in the states, in time and in parameters, matched by name.
            states: the symbols of the components of x, in order.
            t: the symbol of time; where one named t occurs it is that unless given.
            parameters: all symbols besides unless given.
            tolerance: of the rank guard.
        """
        k, m = len(integrals), len(states)
        integrals = by_name([as_expression(e) for e in integrals], (*parameters, *([] if t is None else [t]), *states))
        t = time_among(integrals, states) if t is None else t
        slopes, rates = gradients_of(integrals, states, t)
        options: dict[str, Any] = {"backend": cls.arrays.name, "t": t, "parameters": tuple(parameters)}
        values = Unvalued(integrals) if any(e.has(Integral) for e in integrals) else lower(integrals, states, **options)
        gradients: Any = Gradients(lower(slopes, states, **options), k, m)
        if not all(e.is_polynomial(*states) for e in slopes):
            values, gradients = guarded(cls.arrays, values, gradients)
        made = cls(values, gradients, lower(rates, states, **options) if rates else None, tolerance=tolerance)
        free = {s for e in slopes for s in e.free_symbols} <= set(states)
        made.bends = Bends(cls.arrays, tuple(slopes), tuple(states)) if free and not rates else None
        return made

    def _along_one(self, slope: Array, vector: Array | float, goal: Array | None) -> Array:
        """v + (goal - g·v)/(g·g) g, v where g is 0."""
        xp, whole = self.arrays.xp, _square(slope)
        good, part = whole > 0, _dot(slope, vector)
        part = part if goal is None else part - goal
        return vector - xp.where(good, part / xp.where(good, whole, 1.0) * slope, 0.0)

    def basis(self, t: Array, x: Array, args: Any = None) -> tuple[list[Array], list[list[Array]]]:
        """Orthonormal u_j, zero where the rank guard drops them, and the coefficients that express each
        gradient.

        g_j = Σ_{i<j} r_ji u_i + r_jj u_j, with r_jj replaced by 1 where u_j = 0.
        """
        return self.orthonormal(self.gradients(t, x, args))

    def orthonormal(self, slopes: Array) -> tuple[list[Array], list[list[Array]]]:
        """What `basis` returns, for gradients (…, k, m)."""
        xp = self.arrays.xp
        tolerance = self.tolerance or (1e-9 if self._epsilon(slopes) < 1e-12 else 1e-4)
        units: list[Array] = []
        rows: list[list[Array]] = []
        for j in range(slopes.shape[-2]):
            rest = gradient = slopes[..., j, :]
            row: list[Array] = []
            for _ in range(2 if units else 0):  # a second pass restores what rounding took from orthogonality
                for i, unit in enumerate(units):
                    part = _dot(unit, rest)
                    rest = rest - part * unit
                    row = [*row[:i], row[i] + part, *row[i + 1 :]] if i < len(row) else [*row, part]
            size = _square(rest)
            whole = _square(gradient) if units else size
            good = size > tolerance**2 * whole
            length = xp.sqrt(xp.where(good, size, 1.0))
            units.append(xp.where(good, rest / length, 0.0))
            rows.append([*row, length])
        return units, rows

    def along(
        self, t: Array, x: Array, vector: Array | float, goal: Array | None, args: Any = None, scale: Array | None = None
    ) -> Array:
        """The vector changed least such that g_j · vector = goal_j (0 if goal is None) for all j of full
        rank; changes are measured in units of `scale` where it is given.
        """
        slopes = self.gradients(t, x, args)
        slopes = slopes if scale is None else slopes * scale[..., None, :]
        vector = vector if scale is None else vector / scale
        if slopes.shape[-2] == 1:
            vector = self._along_one(slopes[..., 0, :], vector, goal)
            return vector if scale is None else vector * scale
        units, rows = self.orthonormal(slopes)
        wanted: list[Array] = []
        for j, (unit, row) in enumerate(zip(units, rows, strict=True)):
            part = _dot(unit, vector)
            if goal is None:
                vector = vector - part * unit
                continue
            target = goal[..., j : j + 1]
            for i in range(j):
                target = target - row[i] * wanted[i]
            wanted.append(target / row[j])
            vector = vector + (wanted[j] - part) * unit
        return vector if scale is None else vector * scale

    def tangent(self, t: Array, x: Array, vector: Array, args: Any = None, *, scale: Array | None = None) -> Array:
        """The field changed least such that ∂_t I_j + ∇I_j · f = 0."""
        goal = None if self.rates is None else -self.rates(t, x, args)
        return self.along(t, x, vector, goal, args, scale)

    def correction(self, t: Array, x: Array, defect: Array, args: Any = None, *, scale: Array | None = None) -> Array:
        """G⁺ d: the shortest vector with ∇I_j · vector = d_j."""
        return self.along(t, x, 0.0, defect, args, scale)

    def retract(self, t: Array, x: Array, levels: Array, args: Any = None, *, iterations: int = RETURN_STEPS) -> Array:
        """Newton steps x ← x - s G⁺ (I(t, x) - levels) back to the level set, sample by sample, until rounding.

        s is 1 as long as each step brings I nearer to its level (the defects divided by the lengths of the
        gradients, so in units of the state), is halved where one would not, and grows again afterwards: near
        equilibria, where gradients vanish, a whole step leads anywhere. Such a step is not taken. A sample is done
        when a step of the size of rounding does not help; when all are, the rest of the `iterations` is skipped.

        Source: Hairer, Lubich and Wanner 2006, algorithm IV.4.2; Nocedal and Wright 2006, section 11.2 (damping).
        """
        state, attempt = self.returning(t, x, levels, args)
        return self.arrays.repeat(lambda now, _: attempt(now), state, iterations, lambda now: now.again).x

    def _epsilon(self, x: Array) -> float:
        """The distance from 1 to the next number of x's type."""
        return float(self.arrays.xp.finfo(x.dtype).eps)

    def returning(
        self, t: Array, x: Array, levels: Array, args: Any = None
    ) -> tuple[Returning, Callable[[Returning], Returning]]:
        """Where `retract` starts, and what it does again and again."""
        xp, slopes = self.arrays.xp, self.gradients(t, x, args)
        flat = (slopes**2).sum(-1)
        lengths = xp.sqrt(xp.where(flat > 0, flat, 1.0))
        fine = (self._epsilon(x) / 16) ** 2

        def look(y: Array) -> tuple[Array, Array, Array]:
            """The step, its square in units of 1/16 of rounding, and the square of the distance left."""
            defect = self.values(t, y, args) - levels
            step = self.correction(t, y, defect, args)
            return step, _square(step) / (fine * _square(y)), _square(defect / lengths)

        def attempt(now: Returning) -> Returning:
            trial = now.x - now.part * now.step
            found = look(trial)
            nearer = now.again & (found[2] < now.left)
            x, step, size, left = (xp.where(nearer, a, b) for a, b in zip((trial, *found), now[:4], strict=True))
            grown = xp.where(now.part > 0.5, 1.0, 2 * now.part)
            again = size > xp.where(nearer, 1.0, 128.0**2)
            return Returning(x, step, size, left, xp.where(nearer, grown, now.part / 2), again)

        step, size, left = look(x)
        return Returning(x, step, size, left, self.arrays.xp.ones_like(left), size > 1.0), attempt


class Gradients:
    """k gradients of m components each, from a callable that lists all of them on one axis."""

    def __init__(self, listed: Callable[..., Array], laws: int, states: int) -> None:
        self.listed, self.laws, self.states = listed, laws, states

    def __call__(self, t: Any, x: Array, args: Any = None) -> Array:
        found = self.listed(t, x, args)
        return found.reshape(*found.shape[:-1], self.laws, self.states)


class Bends:
    """Σ_ji w_ji ∂²I_j/∂x_i∂x, by which a reverse pass through the gradients goes; lowered when first called for.

    Arguments:
        arrays: the library.
        slopes: the gradients as expressions of the states alone, row after row.
        states: the symbols of the components of x, in order.
    """

    def __init__(self, arrays: ArrayLibrary, slopes: tuple[Expr, ...], states: tuple[Symbol, ...]) -> None:
        self.arrays, self.slopes, self.states = arrays, slopes, states
        self.lowered: Any = None

    def __call__(self, x: Array, weights: Sequence[Array]) -> Array:
        """Shape (…, m).

        Arguments:
            x: shape (…, m).
            weights: one of shape (…, m) for each gradient.
        """
        if self.lowered is None:
            given = [Dummy(f"w{n}") for n in range(len(self.slopes))]
            sums = [Add(*(w * e.diff(s) for w, e in zip(given, self.slopes, strict=True))) for s in self.states]
            self.lowered = lower(sums, (*self.states, *given), backend=self.arrays.name)
        return self.lowered(None, self.arrays.xp.concat((x, *weights), axis=-1), None)


class Unvalued:
    """What stands for the values of integrals of which only the derivatives are written without an antiderivative."""

    def __init__(self, integrals: Sequence[Expr]) -> None:
        self.integrals = tuple(integrals)

    def __call__(self, t: Any, x: Array, args: Any = None) -> Array:
        raise Unsupported(
            f"{', '.join(map(str, self.integrals))}: an antiderivative has no numerical value here; a TangentProjection "
            "needs none. For an unknown function, liesym.conservation.with_antiderivatives has it as a network"
        )


# -- integrals that have no gradient at a point ------------------------------------------------------

ELSEWHERE = (0.6180339887, 0.7548776662, 0.4142135624, 0.3028277500, 0.8793852416)
"""A way from a point where a law is undefined; numbers in no simple relation, so that it does not lead to another one."""


def guarded(arrays: ArrayLibrary, values: Any, gradients: Any) -> tuple[Guarded, Guarded]:
    """Values and gradients whose own derivatives are finite where a law has no gradient, as sqrt(x² + y²) at the origin.

    There the gradient of the law is 0, so that it imposes nothing, and all are constants for derivatives.
    """
    return Guarded(arrays, values, gradients), Guarded(arrays, gradients, gradients)


class Guarded:
    """A function of (t, x, args), computed elsewhere where a law has no gradient, so that no NaN enters what is
    differentiated; NaN of its values there is 0."""

    def __init__(self, arrays: ArrayLibrary, function: Any, gradients: Any) -> None:
        self.arrays, self.function, self.gradients = arrays, function, gradients

    def __call__(self, t: Any, x: Array, args: Any = None) -> Array:
        xp, fixed = self.arrays.xp, self.arrays.fixed
        x = self.arrays.as_array(x)
        if self.arrays.is_known(x):
            found = self.gradients(t, x, args)
            if self.arrays.is_known(found) and bool(xp.isfinite(found).all()):
                return found if self.function is self.gradients else self.function(t, x, args)
        still = fixed(x)
        found = fixed(self.gradients(t, still, args))
        bad = ~xp.isfinite(found).all(-1).all(-1)[..., None]
        aside = self.arrays.as_array([ELSEWHERE[i % 5] for i in range(x.shape[-1])], x)
        value = self.function(t, xp.where(bad, still + aside, x), args)
        there = found if self.function is self.gradients else fixed(self.function(t, still, args))
        plain = xp.where(xp.isfinite(there), there, xp.zeros_like(there))
        return xp.where(bad[..., None] if value.ndim > bad.ndim else bad, plain, value)


# -- level sets that hold the networks of a hybrid -------------------------------------------------


def opened(levels: Any, field: Any) -> tuple[Any, Any]:
    """(what a model keeps of level sets, the hybrid that it keeps beside them) for level sets that meet a field.

    Those that hold networks keep their programs alone where the field holds the same networks, so that there is one copy of
    them to be trained; elsewhere their hybrid becomes a part of the model.
    """
    if getattr(levels, "open", None) is None:
        return levels, None
    return levels.open, None if _hybrid_in(field) is levels.hybrid else levels.hybrid


def closed(levels: Any, held: Any, field: Any) -> Any:
    """The level sets of what `opened` kept, with the networks as they are now."""
    of = getattr(levels, "of", None)
    return levels if of is None else of(_hybrid_in(field) if held is None else held)


def _hybrid_in(field: Any) -> Any:
    """The field, or the one inside projections and other wrappers, that holds networks for open functions."""
    while field is not None and not hasattr(field, "holding"):
        field = getattr(field, "inner", None) or getattr(field, "field", None)
    return field


def _dot(a: Array, b: Array) -> Array:
    """Σ_i a_i b_i over the last axis, which stays, of length 1."""
    return (a * b).sum(-1, keepdims=True)


def _square(a: Array) -> Array:
    """Σ_i a_i² over the last axis, which stays, of length 1."""
    return (a * a).sum(-1, keepdims=True)
