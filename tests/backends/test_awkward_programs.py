"""Programs of expressions and points that are awkward.

Numbers among the operands, branches that overflow, poles, misleading assumptions, names that Python uses itself.
"""

from __future__ import annotations

import contextlib

import numpy as np
import pytest
import sympy as sp
from sympy import Piecewise, Rational

import liesym
from liesym.errors import DataError, Unsupported
from liesym.lowering.export import export
from liesym.lowering.lower import build_program
from liesym.lowering.reference import BACKEND, DIALECT, NumpyBackend
from liesym.program import expand
from liesym.program.builder import Builder
from liesym.program.factoring import factored_out

X, Y, A = sp.symbols("x y a", real=True)
P = sp.Symbol("p", positive=True)


@pytest.fixture(params=["numpy", "torch", "jax"])
def backend(request):
    """The name of a backend, in double precision."""
    pytest.importorskip(request.param)
    wide = pytest.importorskip("jax").enable_x64(True) if request.param == "jax" else contextlib.nullcontext()
    with wide:
        yield request.param


def array(backend, x, dtype="float64"):
    x = np.asarray(x, dtype)
    if backend == "torch":
        return pytest.importorskip("torch").as_tensor(x)
    return pytest.importorskip("jax").numpy.asarray(x) if backend == "jax" else x


def value(backend, expression, x, state=(X, Y), dtype="float64", **options):
    """The value of one expression at one point, a number."""
    return np.asarray(liesym.lower([expression], state, backend=backend, **options)(0.0, array(backend, x, dtype))).item()


def slope(backend, expression, x, state=(X, Y), dtype="float32", guard=None):
    """Value and gradient of one expression at one point, in single precision unless asked."""
    function = liesym.lower([expression], state, backend=backend, guard=guard)
    pick = (lambda r: r.values) if guard == "mask" else (lambda r: r)
    if backend == "torch":
        torch = pytest.importorskip("torch")
        z = array(backend, x, dtype).requires_grad_()
        found = pick(function(0.0, z)).sum()
        return found.item(), torch.autograd.grad(found, z)[0].numpy()
    jax = pytest.importorskip("jax")
    z = array(backend, x, dtype)
    found, gradient = jax.value_and_grad(lambda z: pick(function(0.0, z)).sum())(z)
    return float(found), np.asarray(gradient)


DIFFERENTIABLE = ("torch", "jax")


@pytest.mark.parametrize(
    ("expression", "x", "wanted"),
    [
        (Rational(3) ** X, [2.0, 0.0], 9.0),
        (Piecewise((Y, X < 0), (sp.Float("0.1"), True)) ** X + sp.atan2(10, X), [2.0, 1.0], 0.01 + np.arctan2(10, 2.0)),
        (sp.Integer(2) ** X * Piecewise((1, sp.Xor(X > 0, Y > 0)), (2, True)), [1.0, 1.0], 4.0),
        (sp.Mod(7, X), [3.0, 0.0], 1.0),
    ],
    ids=["a number to a power", "angle of a number", "truths", "remainder of a number"],
)
def test_operations_on_numbers_alone(backend, expression, x, wanted):
    assert value(backend, expression, x) == pytest.approx(wanted, rel=1e-12)


def test_a_negative_number_to_a_power_is_not_a_number(backend):
    """(-4)**x is not real but at integers, and no backend has an operation for those alone."""
    assert np.isnan(value(backend, sp.Integer(-4) ** X, [0.5, 0.0]))


def test_numbers_are_computed_once_and_for_all():
    b = Builder()
    two, zero, x = b.constant(2.0), b.constant(0.0), b.node("state", value=0)
    truth = b.node("lt", zero, two)
    assert b.value_of(truth) == 1.0 and b.value_of(b.node("not", truth)) == 0.0
    assert b.node("and", truth, b.node("lt", zero, x)) == b.node("lt", zero, x)
    assert b.value_of(b.node("or", truth, b.node("lt", zero, x))) == 1.0
    assert b.node("where", truth, x, two) == x and b.value_of(b.node("sqrt", two)) == 2.0**0.5
    assert b.value_of(b.node("log", zero)) is None  # left to the backend, which has the infinities
    assert b.value_of(b.node("add", x, two)) is None


def test_sums_of_numbers_are_literals():
    """(e^3 - 1) x² is a product with a number that happens to be a sum."""
    number = sp.exp(3) - 1
    expressions = [P**3 * number / sp.GoldenRatio, X**2 * number * (X + P) + Y]
    found = factored_out([*expressions, Y * number * X**2], distribute=True)
    assert found is not None
    outputs, definitions = found
    for output, wanted in zip(outputs, expressions, strict=False):
        while held := definitions.keys() & output.free_symbols:
            output = output.xreplace({s: definitions[s] for s in held})
        assert sp.expand(output - wanted) == 0


def test_sums_too_long_for_common_sums_keep_their_value():
    """The tables of products follow each replacement cube by cube; exact values tell."""
    draw = np.random.default_rng(1)
    powers = draw.integers(0, 7, (2, 60, 2)).tolist()
    sums = [sp.Add(*(int(draw.integers(1, 50)) * X**p * P**q for p, q in rows)) for rows in powers]
    found = factored_out(sums, distribute=False)
    assert found is not None
    outputs, definitions = found
    numbers: dict = {X: Rational(1, 3), P: Rational(2, 5)}
    for symbol, definition in reversed(definitions.items()):
        for held in [symbol, *definition.free_symbols]:
            numbers.setdefault(held, None)
    while None in numbers.values():
        for symbol, definition in definitions.items():
            if numbers[symbol] is None and all(numbers[s] is not None for s in definition.free_symbols):
                numbers[symbol] = definition.xreplace(numbers)
    assert [o.xreplace(numbers) for o in outputs] == [s.xreplace(numbers) for s in sums]
    before, after = (sum(sp.count_ops(e) for e in es) for es in (sums, [*outputs, *definitions.values()]))
    assert after < 0.8 * before


SPECIAL = (
    (sp.besselj(0, X), 300.0), (sp.besselj(Rational(1, 3), X), 3e3), (sp.bessely(0, X), 300.0), (sp.airyai(X), 300.0),
    (sp.airybi(X), -3e3), (sp.fresnelc(X), 30.0), (sp.fresnelc(X), 1e-6), (sp.fresnels(X), 1e20), (sp.Si(X), 1e-6),
    (sp.Si(X), 3e3), (sp.Ci(X), 1e-6), (sp.Ei(X), -300.0), (sp.besselk(0, X), 3e3), (sp.airyaiprime(X), -300.0),
)  # fmt: skip


@pytest.mark.slow_with("jax")
@pytest.mark.parametrize("backend", DIFFERENTIABLE)
def test_special_functions_have_derivatives_in_single_precision_at_any_size(backend):
    """The branch of a template that is not taken overflows there: a polynomial for small arguments, at large ones."""
    pytest.importorskip(backend)
    for expression, at in SPECIAL if backend == "torch" else SPECIAL[5:6]:  # each compiles for seconds in JAX
        found, gradient = slope(backend, expression, [at, 0.0])
        wanted, rate = (float(e.subs(X, sp.Float(at, 40)).evalf(15)) for e in (expression, expression.diff(X)))
        scale = 3e-4 * (1 + abs(at) if abs(at) < 1e6 else 1)
        assert abs(found - wanted) <= scale * max(1.0, abs(wanted)), (expression, at)
        if at != 1e20:
            assert abs(gradient[0] - rate) <= scale * max(1.0, abs(rate)), (expression, at)
        assert np.isfinite(gradient).all()


BRANCHES = (
    (Piecewise((X**20, X < 1), (Y, True)), 1e3), (Piecewise((2**X, X < 10), (Y, True)), 200.0),
    (Piecewise((sp.gamma(X**2 + 1), X < 3), (Y, True)), 50.0), (Piecewise((X ** Rational(7, 3), X < 1), (Y, True)), 1e30),
    (Piecewise((sp.Mod(Y, X), sp.Ne(X, 0)), (Y, True)), 0.0), (Piecewise((sp.atan2(Y - 1, X), X > 0), (Y, True)), 0.0),
    (Piecewise((1 / (X**2 + 1) ** 9, X < 1), (Y, True)), 1e7), (Piecewise((X**Y, X < 9), (Y, True)), 1e39),
)  # fmt: skip


@pytest.mark.parametrize("backend", DIFFERENTIABLE)
@pytest.mark.parametrize(("expression", "at"), BRANCHES, ids=lambda v: str(v) if isinstance(v, float) else str(v.args[0][0]))
def test_a_branch_that_would_overflow_leaves_the_gradient_alone(backend, expression, at):
    pytest.importorskip(backend)
    found, gradient = slope(backend, expression, [min(at, 3e38), 1.0])
    assert found == 1.0 and gradient.tolist() == [0.0, 1.0]


@pytest.mark.parametrize("backend", DIFFERENTIABLE)
def test_outside_a_branch_the_overflow_is_felt(backend):
    """Negative control: the same power with no choice about it."""
    pytest.importorskip(backend)
    assert not np.isfinite(slope(backend, X**20 + Y, [1e3, 1.0])[1]).all()


def test_points_where_remainders_and_angles_are_not_defined_are_named_and_masked(backend):
    program = build_program([sp.Mod(X, Y), sp.atan2(Y, X)], (X, Y))
    assert program.singular_set == ("y = 0", "x**2 + y**2 = 0")
    function = liesym.lower([sp.Mod(X, Y), sp.atan2(Y, X)], (X, Y), backend=backend, guard="mask")
    found = function(0.0, array(backend, [[1.0, 0.0], [0.0, 0.0], [3.0, 2.0]]))
    assert float(found.fraction) == pytest.approx(2 / 3)
    assert np.asarray(found.values)[:2].tolist() == [[0.0, 0.0]] * 2


@pytest.mark.parametrize("backend", DIFFERENTIABLE)
def test_a_guard_does_not_take_assumptions_on_trust(backend):
    """Numbers that are not positive, in a symbol that is assumed to be."""
    pytest.importorskip(backend)
    for expression, at in (
        (P ** Rational(3, 2) / 3, 0.0),
        (sp.log(P), -1.0),
        (P**X, 0.0),
        (1 / P, 0.0),
        (P ** Rational(2, 3), 0.0),
    ):
        found, gradient = slope(backend, expression, [at, 0.5], state=(P, X), guard="mask")
        assert found == 0.0 and np.isfinite(gradient).all(), expression
    with pytest.raises(liesym.errors.BackendError, match="p <= 0 at 1 of 1 points"):
        liesym.lower([sp.log(P)], (P,), backend=backend, guard="raise")(0.0, array(backend, [[-1.0]]))
    assert "log" in build_program([sp.log(P)], (P,)).operations
    assert not build_program([sp.log(P)], (P,)).conditions  # without a guard they are


def test_what_is_not_a_number_has_no_sign(backend):
    """torch has sign(NaN) = 0, which would hide that something is not defined."""
    assert np.isnan(value(backend, sp.sign(sp.acos(X)), [3.0, 0.0]))
    assert [value(backend, sp.sign(X), [u, 0.0]) for u in (-2.0, 0.0, 0.5)] == [-1.0, 0.0, 1.0]


def test_recipes_keep_what_is_not_a_number():
    """Signs and extremes made of comparisons, for a backend that has nothing else."""

    class Narrow(NumpyBackend):
        operations = DIALECT.operations - {"sign", "minimum", "maximum"}

    function = liesym.lower([sp.sign(X), sp.Max(X, Y), sp.Min(X, Y)], (X, Y), backend=Narrow())
    assert not {"sign", "maximum"} & function.program.operations
    assert np.isnan(function(0.0, np.array([np.nan, 1.0]))).all()
    assert function(0.0, np.array([-2.0, 1.0])).tolist() == [-1.0, 1.0, -2.0]
    assert expand(function.program, BACKEND.operations) is function.program


def test_the_logarithm_of_gamma_at_its_poles_and_beyond_all_numbers(tmp_path):
    x = np.array([[0.0], [-1.0], [1e306], [2.5]])
    found = liesym.lower([sp.loggamma(X)], (X,), backend="numpy")(0.0, x)
    assert np.isinf(found[:3]).all() and found[3, 0] == pytest.approx(0.2846828704729192, rel=1e-14)
    space: dict = {}
    exec(compile(export([sp.loggamma(X)], backend="numpy", state=(X,)), "module", "exec"), space)
    assert np.array_equal(space["residual"](0.0, x), found)


def test_a_number_too_long_to_print_is_refused_all_the_same():
    with pytest.raises(Unsupported, match="of 6001 digits"):
        build_program([sp.Integer(10) ** 6000 * X], (X,))


@pytest.mark.parametrize(
    "names", [("len", "float"), ("ValueError", "tuple"), ("lambda", "torch"), ("x0", "np"), ("x'", "Any")]
)
def test_a_module_survives_inputs_called_like_what_it_uses(backend, names):
    state = [sp.Symbol(name, real=True) for name in names]
    expression = Piecewise((sp.oo, state[0] > 100), (state[0] * state[1], True))
    space: dict = {}
    exec(compile(export([expression], backend=backend, state=state, name="f"), "module", "exec"), space)
    assert np.asarray(space["f"](0.0, array(backend, [[2.0, 3.0]]))).tolist() == [[6.0]]
    with pytest.raises(ValueError, match="its last axis must hold"):
        space["f"](0.0, array(backend, [[2.0, 3.0, 4.0]]))


@pytest.mark.parametrize("name", ["lambda", "torch", "np", "STATE", "typed", "len", "t"])
def test_a_function_is_not_called_like_what_its_module_uses(name):
    with pytest.raises(DataError, match="is no name for a Python function"):
        export([X], backend="numpy", state=(X,), name=name)


def test_a_default_may_be_infinite():
    space: dict = {}
    exec(compile(export([X / A], backend="numpy", state=(X,), parameters={A: float("inf")}), "module", "exec"), space)
    assert space["residual"](0.0, np.array([[2.0]])).tolist() == [[0.0]]
