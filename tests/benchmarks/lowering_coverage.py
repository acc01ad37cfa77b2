"""Which expressions each library lowers right: shape, dtype, values, and gradients that are finite."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import sympy as sp
from sympy import Rational, Symbol

from liesym import lower
from liesym.errors import LiesymError

X, Y = (Symbol(name, real=True) for name in ("x", "y"))
K = Symbol("k", integer=True)
N = Symbol("n", integer=True, positive=True)
F = sp.Function("F")
ROWS = 5
HALF = Rational(1, 2)


@dataclass(frozen=True, slots=True)
class Row:
    """One expression in x and y, for values between 0.2 and 0.9.

    Arguments:
        refused: it has no numerical value.
        negative: y is between -0.9 and -0.2, so that a branch is not taken.
    """

    name: str
    expression: Any
    refused: bool = False
    negative: bool = False


def _rows() -> tuple[Row, ...]:
    plain = [
        X + Y - 3, X / 3, sp.sqrt(2) * X, sp.pi * X + sp.E, Rational(1, 3) * X, 10**30 * X, X**2, X**7, X**-3,
        sp.sqrt(X), X ** Rational(3, 2), 1 / sp.sqrt(X), (X**2 + Y**2) ** Rational(-3, 2), X ** Rational(1, 3), X**Y,
        2**X, sp.exp(-(X**2)), sp.log(X), sp.log(X, 2), sp.sin(X), sp.cos(X), sp.tan(X), sp.sec(X), sp.csc(X),
        sp.cot(X), sp.asin(X), sp.acos(X), sp.atan(X), sp.atan2(Y, X), sp.atan2(Y, 1), sp.sinh(X), sp.cosh(X),
        sp.tanh(X), sp.sech(X), sp.coth(X), sp.asinh(X), sp.acosh(1 + X), sp.atanh(X), sp.Abs(X - Y), sp.sign(X - HALF),
        sp.Max(X, HALF), sp.Min(X, Y, 1), sp.Heaviside(X - HALF), sp.floor(3 * X), sp.ceiling(3 * X),
        sp.Mod(X, Rational(1, 3)), sp.erf(X), sp.gamma(1 + X), sp.loggamma(1 + X), sp.besselj(0, X), sp.besselj(1, X),
        sp.Integer(3), sp.sqrt(2) * sp.pi, sp.Sum(X**K, (K, 1, 3)), F(X) * Y,
    ]  # fmt: skip
    rows = [Row(str(e), e) for e in plain]
    choice = sp.Piecewise((sp.sqrt(Y), Y > 0), (0, True))
    rows += [
        Row(f"{choice}, Y < 0", choice, negative=True),
        Row("Piecewise of constants", sp.Piecewise((1, X > HALF), (2, True))),
        Row("Matrix([x*y, sin(x)])", sp.Matrix([X * Y, sp.sin(X)])),
        Row("Derivative(F(x), (x, n))", sp.Derivative(F(X), (X, N)), refused=True),
        Row("I*x", sp.I * X, refused=True),
        Row("zeta(x)", sp.zeta(X), refused=True),
    ]
    return tuple(rows)


ROWS_ALL = _rows()


def states(row: Row, dtype: str) -> np.ndarray:
    drawn = np.random.default_rng(0).uniform(0.2, 0.9, (ROWS, 2)).astype("float32").astype(dtype)
    return drawn * np.array([1, -1], dtype) if row.negative else drawn


def entries(row: Row) -> list[Any]:
    return list(row.expression) if isinstance(row.expression, sp.MatrixBase) else [row.expression]


def exact(row: Row, x: np.ndarray) -> np.ndarray:
    """The values by arbitrary precision."""
    concrete = [sp.sympify(e).replace(F, sp.sin).doit() for e in entries(row)]
    values = [[float(e.xreplace({X: Rational(float(u)), Y: Rational(float(v))}).evalf(25)) for e in concrete] for u, v in x]
    return np.array(values)


@dataclass(frozen=True, slots=True)
class Library:
    """A way to lower: `make(row, dtype)` gives x -> (rows, k); `array` and `read` convert, `slope` differentiates."""

    make: Callable[[Row, str], Callable[[Any], Any]]
    array: Callable[[np.ndarray], Any]
    read: Callable[[Any], np.ndarray]
    slope: Callable[[Callable[[Any], Any], Any], np.ndarray]


def judged(row: Row, library: Library) -> str:
    """ "ok", "refused", or what is wrong first: error, shape, dtype, value, gradient."""
    for dtype in ("float64", "float32"):
        x = states(row, dtype)
        try:
            function = library.make(row, dtype)
            found = library.read(function(library.array(x)))
            slope = library.slope(function, library.array(x))
        except LiesymError:
            return "refused"
        except Exception as error:  # other people's code: the table says what happened
            return f"error: {type(error).__name__}"
        if row.refused:
            return "accepted, though it has no value"
        if found.shape != (ROWS, len(entries(row))):
            return f"shape {found.shape}"
        if found.dtype != np.dtype(dtype):
            return f"dtype {found.dtype} for {dtype}"
        wanted = exact(row, x)
        error = np.abs(found - wanted) / np.maximum(1, np.abs(wanted))
        if not error.max() <= (1e-12 if dtype == "float64" else 1e-5):
            return f"value off by {error.max():.0e} in {dtype}"
        if not np.isfinite(slope).all():
            return f"gradient not finite in {dtype}"
    return "ok"


def acceptable(row: Row, verdict: str) -> bool:
    return verdict == ("refused" if row.refused else "ok")


def libraries(*, peers: bool) -> Mapping[str, Library]:
    """liesym in each backend, and the others if they are asked for and installed."""
    found: dict[str, Library] = {}
    for backend, (array, read, slope, sine) in _kinds().items():

        def ours(row: Row, dtype: str, backend: str = backend, sine: Any = sine) -> Callable[[Any], Any]:
            function = lower(row.expression, (X, Y), backend=backend, functions={"F": sine})
            return lambda x: function(None, x, None)

        found[f"liesym {backend}"] = Library(ours, array, read, slope)
        if peers:
            from coverage_peers import peer_makers

            for name, make in peer_makers(backend, sine).items():
                found[name] = Library(make, array, read, slope)
    return found


def _kinds() -> dict[str, tuple[Any, Any, Any, Any]]:
    import jax
    import jax.numpy as jnp
    import torch

    def torch_slope(function: Callable[[Any], Any], x: Any) -> np.ndarray:
        data = x.clone().requires_grad_()
        total = function(data).sum()
        return torch.autograd.grad(total, data)[0].numpy() if total.requires_grad else np.zeros(x.shape)

    def jax_slope(function: Callable[[Any], Any], x: Any) -> np.ndarray:
        return np.asarray(jax.grad(lambda z: jnp.sum(function(z)))(x))

    return {
        "torch": (torch.as_tensor, lambda a: torch.as_tensor(a).detach().numpy(), torch_slope, torch.sin),
        "jax": (jnp.asarray, np.asarray, jax_slope, jnp.sin),
    }
