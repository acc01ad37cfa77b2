"""Every function and constant of the text grammar, and the expressions of the coverage table, are lowered right."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import sympy as sp
from benchmarks.lowering_coverage import ROWS_ALL, Library, X, Y, acceptable, judged, libraries

import liesym
from liesym.coefficients.hypergeometric import HYPERGEOMETRIC
from liesym.coefficients.waves import WAVES
from liesym.errors import Unsupported
from liesym.lowering.lower import build_program
from liesym.text import read_expression
from liesym.text.functions import CONSTANTS, FUNCTIONS

ROWS = {row.name: row for row in ROWS_ALL}


def verdicts(name):
    found = {row.name: judged(row, libraries(peers=False)[name]) for row in ROWS_ALL}
    return {row.name: found[row.name] for row in ROWS_ALL if not acceptable(row, found[row.name])}


def test_the_table_is_right_in_torch():
    pytest.importorskip("torch")
    assert len(ROWS_ALL) > 55
    assert verdicts("liesym torch") == {}


@pytest.mark.slow
def test_the_table_is_right_in_jax():
    with pytest.importorskip("jax").enable_x64(True):
        assert verdicts("liesym jax") == {}


@pytest.mark.slow_with("jax")
@pytest.mark.parametrize("backend", ["numpy", "torch", "jax"])
def test_every_name_of_the_grammar_is_lowered(backend):
    """All functions and constants in one call, against arbitrary precision; a distribution has no values.

    Those that only solutions hold are evaluated in arbitrary precision alone.
    """
    pytest.importorskip(backend)
    symbols = {"x": X, "y": Y}
    inside = dict.fromkeys(("acosh", "asec", "acsc", "acoth"), "1 + u")
    inside |= {name: "1, u" for name, (_, count) in FUNCTIONS.items() if count == 2}
    alone = {f.__name__ for f in (*HYPERGEOMETRIC, *WAVES)}
    names = [name for name in FUNCTIONS if name != "diracdelta" and name not in alone]
    texts = [f"{name}({inside.get(name, 'u')})".replace("u)", "x/2 + y/3)") for name in names]
    texts += [f"{name}*x" for name in CONSTANTS]
    assert len(texts) >= 22
    expressions = [read_expression(text, symbols=symbols) for text in texts]
    function = liesym.lower(expressions, (X, Y), backend=backend)
    x = np.array([[0.5, 0.25], [0.75, 0.125]], "float32")
    found = np.asarray(function(None, array(backend, x), None))
    assert found.dtype == np.float32
    for k, expression in enumerate(expressions):
        wanted = [float(expression.xreplace({X: sp.Rational(float(u)), Y: sp.Rational(float(v))}).evalf(20)) for u, v in x]
        assert np.allclose(found[:, k], wanted, rtol=1e-5, atol=1e-6), texts[k]
    with pytest.raises(Unsupported, match="DiracDelta"):
        liesym.lower([read_expression("diracdelta(x)", symbols=symbols)], (X, Y), backend=backend)


def array(backend, x):
    if backend == "numpy":
        return x
    return pytest.importorskip("torch").as_tensor(x) if backend == "torch" else pytest.importorskip("jax").numpy.asarray(x)


# -- negative controls ------------------------------------------------------------------------------------


def plain(make):
    """A library in NumPy."""
    return Library(make, np.asarray, np.asarray, lambda f, x: np.zeros_like(x))


def right(row, dtype):
    return liesym.lower(row.expression, (X, Y), backend="numpy", functions={"F": np.sin})


FAULTS = {
    "value off": lambda row, dtype: lambda x: right(row, dtype)(None, x, None) * (1 + np.float32(1e-4)),
    "dtype float64": lambda row, dtype: lambda x: right(row, dtype)(None, x, None).astype("float64"),
    "shape": lambda row, dtype: lambda x: right(row, dtype)(None, x, None)[:1],
    "error: ZeroDivisionError": lambda row, dtype: lambda x: 1 / 0,
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_wrong_library_is_told_apart(fault):
    row = ROWS["sqrt(2)*x"]
    assert judged(row, plain(lambda row, dtype: lambda x: right(row, dtype)(None, x, None))) == "ok"
    assert judged(row, plain(FAULTS[fault])).startswith(fault)


def test_a_gradient_that_is_not_finite_is_told_apart():
    row = ROWS["sqrt(2)*x"]
    sound = plain(lambda row, dtype: lambda x: right(row, dtype)(None, x, None))
    library = replace(sound, slope=lambda f, x: np.full_like(x, np.nan))
    assert judged(row, library) == "gradient not finite in float64"
    anything = plain(lambda row, dtype: lambda x: x[:, :1])
    assert judged(ROWS["zeta(x)"], anything) == "accepted, though it has no value"


# -- what else the table stands on -------------------------------------------------------------------------


def test_no_trainable_constants():
    torch = pytest.importorskip("torch")
    function = liesym.lower([sp.sqrt(2) * X + 3], (X, Y), backend="torch")
    assert not isinstance(function, torch.nn.Module)
    assert not function(None, torch.ones(3, 2), None).requires_grad


def test_a_parameter_is_trained_where_it_is_asked_for():
    torch = pytest.importorskip("torch")
    a = sp.Symbol("a", real=True)
    weight = torch.tensor(2.0, requires_grad=True)
    liesym.lower([a * X], (X, Y), backend="torch")(None, torch.ones(3, 2), {"a": weight}).sum().backward()
    assert weight.grad == 3.0


@pytest.mark.parametrize("backend", ["torch", "jax"])
def test_a_branch_that_is_not_taken_leaves_the_gradient_finite(backend):
    pytest.importorskip(backend)
    row = ROWS["Piecewise((sqrt(y), y > 0), (0, True)), Y < 0"]
    with pytest.importorskip("jax").enable_x64(True):
        assert judged(row, libraries(peers=False)[f"liesym {backend}"]) == "ok"


def test_sums_and_products_with_numbers_as_limits_are_written_out():
    k = sp.Symbol("k", integer=True)
    x = np.array([[0.5, 2.0]])
    found = liesym.lower([sp.Sum(k * X**k, (k, 1, 4)), sp.Product(X + k, (k, 0, 2))], (X, Y), backend="numpy")(None, x)
    assert np.allclose(found, [[0.5 + 0.5 + 0.375 + 0.25, 0.5 * 1.5 * 2.5]])
    for limits in ((k, 1, Y), (k, 1, 10**6), (k, 1, sp.oo)):
        with pytest.raises(Unsupported, match="limits must be integers"):
            liesym.lower([sp.Sum(X**k, limits)], (X, Y), backend="numpy")


@pytest.mark.parametrize("backend", ["torch", "jax"])
def test_cuda_agrees_with_the_processor(backend):
    """The same numbers to the dtype, on the device of the data."""
    if backend == "torch":
        torch = pytest.importorskip("torch")
        if not torch.cuda.is_available():
            pytest.skip("no CUDA device")
        place = [torch.device("cpu"), torch.device("cuda")]
        inputs = [torch.full((4, 2), 0.5, device=d) for d in place]
    else:
        jax = pytest.importorskip("jax")
        devices = [d for d in jax.devices() if d.platform == "gpu"]
        if not devices:
            pytest.skip("no CUDA device")
        inputs = [jax.device_put(np.full((4, 2), 0.5, "float32"), d) for d in (jax.devices("cpu")[0], devices[0])]
    function = liesym.lower([sp.sin(X) / Y, sp.Integer(3), sp.atanh(sp.sin(X))], (X, Y), backend=backend, guard="mask")
    results = [function(None, x, None).values for x in inputs]
    assert results[1].device == inputs[1].device
    first, second = (np.asarray(r.cpu() if backend == "torch" else r) for r in results)
    assert np.allclose(first, second, rtol=1e-5)


# -- stable forms ------------------------------------------------------------------------------------------


def value(expression, x, backend="numpy"):
    return np.asarray(liesym.lower([expression], (X, Y), backend=backend)(None, np.asarray(x, "float64"), None))[..., 0]


STABLE = {
    "log1p": (sp.log(1 + X), [1e-18, -1e-12, 1e-5]),
    "expm1": (3 * sp.exp(X) - 3, [1e-18, -1e-12, 1e-5]),
    "hypot": (sp.sqrt(X**2 + Y**2), [1e200, 1e-200, 3.0]),
    "complement": (1 / (1 - sp.sin(X) ** 2), [float(sp.pi.evalf(20)) / 2 - 1e-9, 1.0, 1.5707]),
    "atanh of sin": (sp.atanh(sp.sin(X)), [1.5707963, float(sp.pi.evalf(20)) / 2 - 1e-9, -1.57, 1e-12, 4.7]),
    "atanh of cos": (sp.atanh(sp.cos(X)), [1e-9, -1e-7, 3.14159, 1.0]),
}


@pytest.mark.parametrize("name", STABLE)
def test_a_stable_form_is_right_where_the_plain_one_is_not(name):
    expression, places = STABLE[name]
    x = np.stack([places, places], -1)
    exact = [float(expression.xreplace({X: sp.Rational(v), Y: sp.Rational(v)}).evalf(40)) for v in map(float, places)]
    found = value(expression, x)
    assert np.allclose(found, exact, rtol=1e-6 if name in ("complement", "atanh of cos") else 1e-12, atol=0)
    with np.errstate(all="ignore"):
        plain_values = sp.lambdify((X, Y), expression, "numpy")(x[:, 0], x[:, 1])
    worst = np.nanmax(np.abs(plain_values / exact - 1)) if np.isfinite(plain_values).all() else np.inf
    assert worst > 1e-5, "the plain form would do as well here"


@pytest.mark.parametrize("backend", ["torch", "jax"])
def test_gradients_at_zero_are_finite(backend):
    pytest.importorskip(backend)
    roots = [
        sp.sqrt(X),
        sp.Abs(X),
        X ** sp.Rational(3, 2),
        sp.sqrt(X**2 + Y**2),
        X ** sp.Rational(1, 3),
        X ** sp.Rational(1, 4),
    ]
    function = liesym.lower(roots, (X, Y), backend=backend)
    if backend == "torch":
        torch = pytest.importorskip("torch")
        data = torch.zeros(1, 2, requires_grad=True)
        function(None, data, None).sum().backward()
        slope = data.grad.numpy()
    else:
        jax = pytest.importorskip("jax")
        slope = np.asarray(jax.grad(lambda z: function(None, z, None).sum())(jax.numpy.zeros((1, 2))))
    assert np.isfinite(slope).all()


@pytest.mark.slow
def test_a_program_of_ten_thousand_operations():
    """Sums of roots and quotients with large coefficients: every operation counts, nothing recursive fails."""
    from benchmarks.expressions import large

    expressions, state = large(800)
    program = build_program(expressions, state)
    assert program.size > 10_000
    x = np.random.default_rng(0).normal(size=(3, len(state)))
    found = liesym.lower(expressions, state, backend="numpy")(None, x, None)
    assert np.allclose(found[:, 0], sp.lambdify(state, expressions[0], "numpy")(*x.T), rtol=1e-9)


@pytest.mark.slow
def test_compiled_without_a_break_in_the_graph():
    torch = pytest.importorskip("torch")
    function = liesym.lower([sp.atanh(sp.sin(X)) / Y, sp.sqrt(X)], (X, Y), backend="torch", guard="mask")
    x = torch.rand(7, 2, dtype=torch.float64)
    x[0, 1] = 0.0
    found = torch.compile(lambda z: function(None, z, None), fullgraph=True, backend="aot_eager")(x)
    torch.testing.assert_close(found.values, function(None, x, None).values, rtol=1e-14, atol=0.0)
    assert float(found.fraction) == pytest.approx(1 / 7)
