"""Outside the domain: what each guard promises, on numbers of every kind, in every backend, with gradients."""

from __future__ import annotations

import contextlib
from functools import cache

import numpy as np
import pytest
import sympy as sp
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

import liesym
from liesym.errors import BackendError, Unsupported
from liesym.lowering.lower import build_program
from liesym.symmetries.generator import Generator

X, Y = sp.symbols("x y", real=True)
ROWS = 6
EXPRESSIONS = {
    "elementary": (
        sp.log(X) + 1 / Y,
        sp.atanh(sp.sin(X)),
        sp.sqrt(X**2 + Y**2) ** -3,
        sp.acos(X * Y) + sp.exp(X),
        sp.tan(Y) + X**Y,
    ),
    "branches": (
        sp.Piecewise((sp.sqrt(Y) / X, Y > 0), (sp.log(1 - X), X < 1), (X**2, True)),
        sp.Abs(X) ** sp.Rational(3, 2) + sp.sqrt(X**2 + Y**2),
        sp.gamma(X) / sp.cosh(Y),
    ),
}
BOUNDED = (sp.log(X) + sp.acos(Y), X / Y, sp.atanh(X))
"""Expressions that do not grow beyond all bounds, once their operands are inside the domain."""
BACKENDS = ("numpy", "torch", "jax")
NUMBERS = st.one_of(
    st.sampled_from([0.0, -0.0, 1.0, -1.0, np.inf, -np.inf, np.nan, 1e-30, -1e-30, 1e19, -1e30, np.pi / 2, 0.5, 2.0]),
    st.floats(-3.0, 3.0, width=32),
    st.floats(width=32),
)
STATES = hnp.arrays("float32", (ROWS, 2), elements=NUMBERS)
PROPERTY = settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture]
)
SPECIAL = np.array([[0, 0], [np.nan, 1], [1, np.inf], [-1, 1], [1e30, 1e30], [0.5, 0.7]], "float32")


@pytest.fixture(params=["float64", "float32"])
def dtype(request):
    return request.param


@contextlib.contextmanager
def precise(backend):
    with pytest.importorskip("jax").enable_x64(True) if backend == "jax" else contextlib.nullcontext():
        yield


@cache
def lowered(backend, name, guard):
    function = liesym.lower(list(EXPRESSIONS.get(name, BOUNDED)), (X, Y), backend=backend, guard=guard)
    if backend == "jax":
        import jax

        return jax.jit(lambda x: function(None, x, None)) if guard != "raise" else lambda x: function(None, x, None)
    return lambda x: function(None, x, None)


@cache
def derivative(backend, name, guard):
    """x -> the gradient of the sum of all values, weighted."""
    function = lowered(backend, name, guard)
    weights = np.linspace(0.5, 1.5, len(EXPRESSIONS[name]))

    def values(result):
        return result.values if isinstance(result, tuple) else result

    if backend == "torch":
        import torch

        def gradient(x):
            data = torch.as_tensor(x).requires_grad_()
            total = (values(function(data)) * torch.as_tensor(weights).to(data)).sum()
            return torch.autograd.grad(total, data)[0].numpy()

        return gradient
    import jax
    import jax.numpy as jnp

    inner = jax.jit(jax.grad(lambda x: jnp.sum(values(function(x)) * weights.astype(x.dtype))))
    return lambda x: np.asarray(inner(jnp.asarray(x)))


def array(backend, x):
    if backend == "torch":
        return pytest.importorskip("torch").as_tensor(x)
    return pytest.importorskip("jax").numpy.asarray(x) if backend == "jax" else x


def numpy_of(values):
    return np.asarray(values.detach() if hasattr(values, "detach") else values)


@pytest.mark.slow_with("jax")
@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("name", EXPRESSIONS)
@PROPERTY
@given(drawn=STATES)
@example(drawn=SPECIAL)
def test_mask_makes_values_and_gradients_finite(backend, name, dtype, drawn):
    x = drawn.astype(dtype)
    with precise(backend):
        result = lowered(backend, name, "mask")(array(backend, x))
        values, fraction = numpy_of(result.values), float(result.fraction)
        free = numpy_of(lowered(backend, name, None)(array(backend, x)))
        assert values.dtype == np.dtype(dtype)
        assert np.isfinite(values).all()
        assert 0.0 <= fraction <= 1.0
        # A row is masked as a whole or not at all, and what is not masked is as it was.
        masked = (values == 0).all(-1) & ~(free == 0).all(-1)
        certainly = ~np.isfinite(x).all(-1) | ~np.isfinite(free).all(-1)
        assert masked[certainly].all()
        assert np.array_equal(values[~masked], free[~masked])
        assert fraction * ROWS == pytest.approx(round(fraction * ROWS), abs=1e-5)
        assert certainly.sum() <= round(fraction * ROWS) == masked.sum() or (free == 0).all(-1).any()
        if backend != "numpy":
            slope = derivative(backend, name, "mask")(x)
            assert np.isfinite(slope).all()
            assert not slope[masked].any()


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("name", EXPRESSIONS)
@PROPERTY
@given(drawn=STATES)
@example(drawn=SPECIAL)
def test_raise_raises_exactly_where_a_value_is_not_finite_or_a_condition_fails(backend, name, drawn):
    x = drawn.astype("float64")
    with precise(backend):
        free = numpy_of(lowered(backend, name, None)(array(backend, x)))
        try:
            guarded = lowered(backend, name, "raise")(array(backend, x))
        except BackendError as error:
            assert f"of {ROWS} points" in str(error)
            in_domain = np.all((x > 0.05) & (x < 0.9))
            assert not in_domain
        else:
            assert np.isfinite(free).all()
            assert np.array_equal(numpy_of(guarded), free)


@pytest.mark.parametrize("backend", BACKENDS)
@PROPERTY
@given(drawn=STATES)
@example(drawn=SPECIAL)
def test_clamp_keeps_logarithms_and_quotients_finite(backend, dtype, drawn):
    """Clamped values are finite for all numbers; NaN stays NaN."""
    x = drawn.astype(dtype)
    with precise(backend):
        values = numpy_of(lowered(backend, "bounded", "clamp")(array(backend, x)))
        unknown = np.isnan(x).any(-1)
        assert np.isfinite(values[~unknown]).all()
        assert np.isnan(values[unknown]).any(-1).all()


@pytest.mark.parametrize("backend", ["torch", "jax"])
def test_without_a_guard_the_gradient_is_not_finite(backend):
    """Negative control: the same data spoil the gradient of the unguarded expressions, even of valid rows' sum."""
    with precise(backend):
        slope = derivative(backend, "elementary", None)(SPECIAL.astype("float64"))
    assert not np.isfinite(slope).all()


@pytest.mark.parametrize("backend", BACKENDS)
def test_raise_says_which_condition_fails_and_where(backend):
    with precise(backend):
        function = liesym.lower([sp.log(X) / Y], (X, Y), backend=backend, guard="raise")
        with pytest.raises(BackendError, match=r"x <= 0 at 2 of 4 points; y = 0 at 1 of 4 points; value 1 .*at 3 of 4"):
            function(None, array(backend, np.array([[1.0, 1.0], [-1.0, 1.0], [-2.0, 1.0], [1.0, 0.0]])), None)
        with pytest.raises(BackendError, match=r"an input is not finite at 1 of 1 points"):
            function(None, array(backend, np.array([[np.nan, 1.0]])), None)


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_mask_returns_derivatives_too(backend):
    with precise(backend):
        function = liesym.lower([sp.log(X) * Y], (X, Y), backend=backend, guard="mask", jacobian=True)
        result = function(None, array(backend, np.array([[2.0, 3.0], [-1.0, 1.0]])), None)
        assert np.allclose(numpy_of(result.jacobian), [[[1.5, np.log(2.0)]], [[0.0, 0.0]]])
        assert float(result.fraction) == 0.5


@pytest.mark.parametrize("backend", BACKENDS)
def test_nothing_of_a_constant_is_masked(backend):
    with precise(backend):
        function = liesym.lower([sp.Integer(3)], (X, Y), backend=backend, guard="mask")
        result = function(None, array(backend, np.array([[np.nan, 0.0]])), None)
        assert (float(result.fraction), float(result.values[0, 0])) == (0.0, 3.0)


def test_a_residual_reports_its_singular_set():
    """Each with all its conditions, in the symbols of the user, and none for what is defined everywhere."""
    kepler = liesym.ODESystem.parse("x'' = -x/(x^2+y^2)^(3/2); y'' = -y/(x^2+y^2)^(3/2)")
    t, (x, y) = kepler.independent, kepler.unknowns
    rotation = Generator((t, x, y), (sp.S.Zero, -y, x))
    assert liesym.residuals.invariance(rotation, kepler).singular_set == ("x**2 + y**2 = 0",)
    toy = liesym.ODESystem.parse("z' = cos(z)")
    (z,) = toy.unknowns
    bent = Generator((toy.independent, z), (sp.S.Zero, sp.cos(z) * sp.atanh(sp.sin(z)) + sp.log(z)))
    assert set(liesym.residuals.invariance(bent, toy).singular_set) == {
        *("cos(z) = 0", "1 - sin(z)**2 = 0", "z <= 0", "z = 0"),
    }
    assert liesym.residuals.field_of(toy).singular_set == ()


def test_the_tangent_keeps_its_condition_beside_one_on_its_argument():
    for expressions in ([1 / X, sp.tan(X)], [sp.tan(X), 1 / X]):
        assert set(build_program(expressions, (X,)).singular_set) == {"x = 0", "cos(x) = 0"}


def test_the_singular_set_of_a_factored_expression_is_in_the_users_symbols():
    a, b = sp.symbols("a b", real=True)
    program = build_program([sp.tan(X * Y + X * a * b + X * b), X * Y + X * a * b], (X, Y, a, b))
    (text,) = program.singular_set
    assert sp.expand(sp.sympify(text.removesuffix(" = 0")).args[0]) == sp.sympify("x*y + x*a*b + x*b")


def test_an_empty_domain_cannot_be_masked():
    with pytest.raises(Unsupported, match="no point was found"):
        liesym.lower([sp.log(-1 - X**2)], (X,), backend="numpy", guard="mask")
    with pytest.raises(Unsupported, match="guard='ignore' is not known"):
        liesym.lower([X], (X,), backend="numpy", guard="ignore")
