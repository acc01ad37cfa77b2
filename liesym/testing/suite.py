"""What a backend must do, as checks that anybody can run against their own.

from liesym.testing import assert_conforms
assert_conforms(my_backend, arrays)
"""

from __future__ import annotations

import pickle
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from types import SimpleNamespace
from typing import Any

import numpy as np
from sympy import Expr, Rational, S, atanh, diff, log, sin, sqrt

from liesym.errors import BackendError, VerificationError
from liesym.lowering.arrays import Arrays
from liesym.lowering.lower import build_program, for_backend, lower
from liesym.lowering.reference import BACKEND as REFERENCE
from liesym.lowering.registry import Backend, get_backend
from liesym.program import OPERATIONS, Node, Program, expand
from liesym.testing.cases import CASES, PARAMETER, STATE, A, Example, F, T, X, Y

TIME = 0.375
"""The time at which the cases are evaluated."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """One check and its result; `detail` says what went wrong."""

    check: str
    ok: bool
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Subject:
    """The backend under test with its arrays, and the cases that it must compute."""

    backend: Backend
    arrays: Arrays
    cases: tuple[Example, ...] = CASES

    @property
    def fine(self) -> str:
        """The finest dtype."""
        return self.arrays.dtypes[0]

    def function(self, expressions: Sequence[Expr], cases: Sequence[Example] = (), **options: Any) -> Callable[..., Any]:
        """The lowered callable of expressions in the symbols of the cases."""
        functions = dict.fromkeys((name for case in cases for name in case.calls), self.arrays.sine)
        return lower(list(expressions), STATE, backend=self.backend, t=T, functions=functions, **options)

    def supports(self, case: Example) -> bool:
        """Whether the backend claims every operation of the case; it is then not excused from it."""
        possible = expand(program_of(case), self.backend.operations)
        return not (possible.operations - self.backend.operations - {"call"})


@cache
def program_of(case: Example) -> Program:
    """The program of a case, in all operations."""
    return build_program([case.expression], STATE, t=T, functions=case.calls)


def points(case: Example, shape: tuple[int, ...], dtype: str, seed: int = 0) -> np.ndarray:
    """Random states of this batch shape where the case is defined; the same numbers in every dtype."""
    draw = np.random.default_rng(seed)
    return draw.uniform(case.low, case.high, (*shape, len(STATE))).astype("float32").astype(dtype)


def exact(expression: Expr, x: np.ndarray) -> np.ndarray:
    """The values by SymPy's arbitrary precision, a route that shares nothing with lowering."""
    concrete = expression.replace(F, sin)
    values = []
    for row in x.reshape(-1, len(STATE)):
        numbers = {s: Rational(float(v)) for s, v in zip(STATE, row, strict=True)}
        values.append(float(concrete.xreplace({**numbers, T: Rational(TIME), A: Rational(PARAMETER)}).evalf(25)))
    return np.array(values).reshape(x.shape[:-1])


def reference(expressions: Sequence[Expr], cases: Sequence[Example], x: np.ndarray) -> np.ndarray:
    """The values in double precision, by NumPy."""
    functions = dict.fromkeys((name for case in cases for name in case.calls), np.sin)
    function = lower(list(expressions), STATE, backend=REFERENCE, t=T, functions=functions)
    return function(TIME, x.astype("float64"), {"a": PARAMETER})


def distance(found: np.ndarray, wanted: np.ndarray) -> float:
    """Largest error relative to the larger of 1 and the wanted value.

    Infinite if one is NaN and the other not.
    """
    found = np.asarray(found, dtype="float64")
    if found.shape != wanted.shape or (np.isnan(found) != np.isnan(wanted)).any():
        return float("inf")
    with np.errstate(all="ignore"):
        error = np.abs(found - wanted) / np.maximum(1.0, np.abs(wanted))
    return float(np.nanmax(error, initial=0.0))


TOLERANCE = {"float64": 1e-12, "float32": 3e-5}
"""Largest error of a value, relative to the larger of 1 and the value."""


def groups(subject: Subject, *, smooth: bool) -> list[tuple[Example, ...]]:
    """The supported cases, those with the same domain together: they are lowered as one program."""
    found: dict[tuple[float, float], list[Example]] = {}
    for case in subject.cases:
        if subject.supports(case) and not (smooth and (case.calls or not case.smooth)):
            found.setdefault((case.low, case.high), []).append(case)
    return [tuple(cases) for cases in found.values()]


def check_values(subject: Subject) -> None:
    """Values of every supported case agree with exact arithmetic, in every dtype, and keep shape and dtype."""
    for cases in groups(subject, smooth=False):
        function = subject.function([case.expression for case in cases], cases)
        wanted = [exact(case.expression, points(case, (2, 2), "float64")) for case in cases]
        for dtype in subject.arrays.dtypes:
            x = points(cases[0], (2, 2), dtype)
            found = subject.arrays.read(function(TIME, subject.arrays.make(x), {"a": PARAMETER}))
            if found.dtype != np.dtype(dtype) or found.shape != (2, 2, len(cases)):
                raise VerificationError(f"{found.dtype} {found.shape} instead of {dtype} (2, 2, {len(cases)})")
            for k, case in enumerate(cases):
                error = distance(found[..., k], wanted[k])
                if not error <= TOLERANCE[dtype]:
                    raise VerificationError(f"{case.name} in {dtype}: error {error:.1e}")


COARSE = 1e-3
"""Largest error of a derivative in single precision."""


def check_gradients(subject: Subject) -> None:
    """Derivatives of every smooth supported case agree with the derivative of the expression.

    The values are weighted with random numbers, brought to one size, and summed, so that one gradient checks a whole group.
    """
    if subject.arrays.gradient is None:
        return
    draw = np.random.default_rng(5)
    for cases in groups(subject, smooth=True):
        x = points(cases[0], (5,), "float64", seed=1)
        slopes = reference([diff(c.expression, s) for c in cases for s in STATE], cases, x)
        slopes = slopes.reshape(5, len(cases), len(STATE))
        weights = draw.uniform(0.5, 2.0, len(cases)) / (1.0 + np.abs(slopes).max(axis=(0, 2)))
        scale = subject.arrays.make(weights.astype(subject.fine))
        function = subject.function([case.expression for case in cases])
        found = subject.arrays.gradient(
            lambda z, f=function, w=scale: f(TIME, z, {"a": PARAMETER}) * w, x.astype(subject.fine)
        )
        error = distance(found, np.einsum("pcs,c->ps", slopes, weights))
        if not error <= max(case.accuracy if subject.fine == "float64" else COARSE for case in cases):
            names = ", ".join(c.name for c in cases)
            raise VerificationError(f"the gradient of one of {names}: error {error:.1e}")


def check_jacobian(subject: Subject) -> None:
    """The Jacobian that comes in the same pass agrees with the derivative of the expression."""
    expressions = [X**2 * sin(Y) / (1 + X), sqrt(X) * log(Y), S(2)]
    x = _plain(subject, (4,))
    result = subject.function(expressions, jacobian=True)(TIME, subject.arrays.make(x), {})
    slopes = reference([diff(e, s) for e in expressions for s in STATE], (), x).reshape(4, 3, 2)
    pairs = ((result.values, reference(expressions, (), x)), (result.jacobian, slopes))
    if any(distance(subject.arrays.read(found), wanted) > TOLERANCE[subject.fine] for found, wanted in pairs):
        raise VerificationError("values or Jacobian with jacobian=True are wrong")


def _plain(subject: Subject, shape: tuple[int, ...]) -> np.ndarray:
    """States between 0.2 and 0.9, the same numbers in every dtype."""
    drawn = np.random.default_rng(3).uniform(0.2, 0.9, (*shape, len(STATE)))
    return drawn.astype("float32").astype(subject.fine)


def check_shapes(subject: Subject) -> None:
    """Time, state and parameters broadcast; constants fill the batch.

    One row alone gives what it gives in the batch.
    """
    expressions = [X + Y * T, S(3), T]
    function = subject.function([*expressions, X * A])
    make, read = subject.arrays.make, subject.arrays.read
    x = _plain(subject, (3, 1))
    t, a = np.linspace(0, 1, 4, dtype=subject.fine), np.linspace(1, 2, 4, dtype=subject.fine)
    found = read(function(make(t), make(x), {"a": make(a)}))
    if found.shape != (3, 4, 4):
        raise VerificationError(f"t (4,) and x (3, 1, 2) give {found.shape} instead of (3, 4, 4)")
    for i in range(3):
        for j in range(4):
            row = read(function(float(t[j]), make(x[i, 0]), {"a": float(a[j])}))
            if row.shape != (4,) or distance(row, found[i, j].astype("float64")) > TOLERANCE[subject.fine]:
                raise VerificationError("a row alone differs from the same row in a batch")
    if read(function(0.5, make(_plain(subject, (0,))), {"a": 1.0})).shape != (0, 4):
        raise VerificationError("an empty batch does not give an empty result")


def check_pickle(subject: Subject) -> None:
    """A lowered callable survives pickling."""
    function = subject.function([sin(X) * Y])
    again = pickle.loads(pickle.dumps(function))
    x = subject.arrays.make(_plain(subject, (3,)))
    before, after = (subject.arrays.read(f(0.0, x, {})) for f in (function, again))
    if before.dtype != after.dtype or not np.array_equal(before, after):
        raise VerificationError("the unpickled callable gives other values")


def check_mistakes(subject: Subject) -> None:
    """A wrong number of components, a missing parameter, missing time and integer data are BackendErrors."""
    make = subject.arrays.make
    function = subject.function([X * T * A])
    attempts: dict[str, Callable[[], Any]] = {
        "three components for two": lambda: function(0.0, make(np.zeros((4, 3), subject.fine)), {"a": 1.0}),
        "no value for a parameter": lambda: function(0.0, make(_plain(subject, (4,))), {}),
        "no time": lambda: function(None, make(_plain(subject, (4,))), {"a": 1.0}),
        "integers": lambda: function(0.0, make(np.ones((4, 2), dtype="int32")), {"a": 1.0}),
    }
    for what, attempt in attempts.items():
        try:
            attempt()
        except BackendError:
            continue
        raise VerificationError(f"{what}: no BackendError")


def check_guards(subject: Subject) -> None:
    """Outside the domain.

    Mask gives zeros and the fraction, clamp finite values, raise an error that says where.
    """
    expressions = [log(X) + 1 / Y, atanh(sin(X))]
    x = np.array([[0.5, 0.5], [-1.0, 0.5], [0.5, 0.0], [np.nan, 0.3]], subject.fine)
    read, make = subject.arrays.read, subject.arrays.make
    masked = subject.function(expressions, guard="mask")(0.0, make(x), {})
    values = read(masked.values)
    if abs(float(read(masked.fraction)) - 0.75) > TOLERANCE[subject.fine] or np.any(values[1:] != 0):
        raise VerificationError(f"guard='mask' gives {values.tolist()}, fraction {masked.fraction}")
    if distance(values[:1], reference(expressions, (), x[:1])) > TOLERANCE[subject.fine]:
        raise VerificationError("guard='mask' changes a value inside the domain")
    clamped = read(subject.function(expressions, guard="clamp")(0.0, make(x[:3]), {}))
    if not np.isfinite(clamped).all():
        raise VerificationError(f"guard='clamp' gives {clamped.tolist()}")
    if subject.arrays.gradient is not None:
        function = subject.function(expressions, guard="mask")
        slope = subject.arrays.gradient(lambda z: function(0.0, z, {}).values, x)
        if not np.isfinite(slope).all() or np.any(slope[1:] != 0):
            raise VerificationError(f"guard='mask' has the gradient {slope.tolist()}")
    try:
        subject.function(expressions, guard="raise")(0.0, make(x), {})
    except BackendError as error:
        if "x" not in str(error) or "of 4 points" not in str(error):
            raise VerificationError(f"guard='raise' does not say where: {error}") from error
    else:
        raise VerificationError("guard='raise' does not raise")
    careful = read(subject.function(expressions, guard="raise")(0.0, make(x[:1]), {}))
    if distance(careful, reference(expressions, (), x[:1])) > TOLERANCE[subject.fine]:
        raise VerificationError("guard='raise' changes a value inside the domain")


def check_parameters(subject: Subject) -> None:
    """A parameter comes from a mapping, from an attribute of that name, or from its default, in that order of need."""
    function = subject.function([X * A], parameters={A: PARAMETER})
    x = _plain(subject, (3,))
    given: dict[str, tuple[Any, float]] = {
        "a mapping": ({"a": 0.5}, 0.5), "an attribute": (SimpleNamespace(a=0.5), 0.5),
        "a default, args being None": (None, PARAMETER), "a default, args being empty": ({}, PARAMETER),
    }  # fmt: skip
    for what, (args, number) in given.items():
        found = subject.arrays.read(function(0.0, subject.arrays.make(x), args))
        if distance(found, number * x[:, :1].astype("float64")) > TOLERANCE[subject.fine]:
            raise VerificationError(f"a parameter from {what} is not used")


def check_side_effects(subject: Subject) -> None:
    """A call changes neither its inputs nor what an earlier call returned, and NaN comes out where it went in."""
    function = subject.function([sqrt(X) * Y + T, Y])
    read, make = subject.arrays.read, subject.arrays.make
    data, other = _plain(subject, (4,)), 2 * _plain(subject, (4,))
    x = make(data.copy())
    first = function(0.5, x, {})
    before = np.array(read(first))
    function(0.5, make(other), {})
    if not np.array_equal(read(x), data):
        raise VerificationError("a call changes the state that it is given")
    if not np.array_equal(read(first), before):
        raise VerificationError("a call changes what the call before it returned")
    data[1, 0] = np.nan
    if np.isnan(read(function(0.5, make(data), {}))).tolist() != [[i == 1, False] for i in range(4)]:
        raise VerificationError("NaN in one component of one point does not stay there")


def check_operations(subject: Subject) -> None:
    """What the backend lists are operations, and one that it does not list, and that cannot be made of others, is
    refused by name."""
    unknown = sorted(map(str, subject.backend.operations - OPERATIONS.keys()))
    if unknown:
        raise VerificationError(f"{', '.join(unknown)} in `operations`: no program has such an operation")
    program = build_program([X + Y], STATE)
    foreign = Program((*program.nodes[:-1], Node("polygamma", (0,), 3)), (2,), program.state)
    if "polygamma" in subject.backend.operations:
        return
    try:
        for_backend(foreign, subject.backend)
    except BackendError as error:
        if "polygamma" in str(error):
            return
    raise VerificationError("a missing operation is not refused by name")


CHECKS: tuple[Callable[[Subject], None], ...] = (
    check_values,
    check_gradients,
    check_jacobian,
    check_shapes,
    check_pickle,
    check_mistakes,
    check_parameters,
    check_side_effects,
    check_guards,
    check_operations,
)


def conformance(
    backend: str | Backend, arrays: Arrays | None = None, *, cases: Sequence[Example] = CASES
) -> tuple[Outcome, ...]:
    """The result of every check.

    Arguments:
        backend: a name or an object.
        arrays: how to make and read its arrays; `backend.arrays()` unless given.
        cases: the expressions whose values and gradients are compared; fewer take less time.

    Raises:
        BackendError: the backend does not load, or nobody says how its arrays are made.
    """
    chosen = get_backend(backend)
    if arrays is None:
        offered = getattr(chosen, "arrays", None)
        if offered is None:
            raise BackendError(f"the backend {chosen.name!r} has no method arrays(); give arrays=Arrays(...)")
        arrays = offered()
    subject = Subject(chosen, arrays, tuple(cases))  # type: ignore[arg-type]
    return tuple(_outcome(check, subject) for check in CHECKS)


def _outcome(check: Callable[[Subject], None], subject: Subject) -> Outcome:
    try:
        check(subject)
    except Exception as error:  # the report names every kind of failure, a crash included
        return Outcome(check.__name__, False, f"{type(error).__name__}: {error}")
    return Outcome(check.__name__, True)


def assert_conforms(backend: str | Backend, arrays: Arrays | None = None, *, cases: Sequence[Example] = CASES) -> None:
    """Raise VerificationError with one line a failed check; the arguments are those of `conformance`.

    Raises:
        VerificationError: some check fails.
    """
    failed = [o for o in conformance(backend, arrays, cases=cases) if not o.ok]
    if failed:
        raise VerificationError("\n".join(f"{o.check}: {o.detail}" for o in failed))
