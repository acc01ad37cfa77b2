"""The conformance suite on every backend that is shipped and on a stranger's, and that it rejects wrong ones."""

from __future__ import annotations

import contextlib
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from runs import dealt
from toy_site import site as site

import liesym
from liesym.errors import BackendError, Unsupported, VerificationError
from liesym.lowering.reference import NumpyBackend
from liesym.lowering.registry import available_backends, get_backend
from liesym.program import Masked, Program
from liesym.testing import ARITHMETIC, CASES, CHECKS, CHOICES, ELEMENTARY, REFUSED, Arrays, assert_conforms, conformance
from liesym.testing.cases import STATE, T

FEW = tuple(c for c in ARITHMETIC if c.name in ("x + y - 3", "3", "a*sin(t)", "sqrt(2)*x", "sqrt(x)", "x**7"))
PLAIN = (*ARITHMETIC, *ELEMENTARY, *CHOICES)


assert len(FEW) == 6


def doubled(name):
    """A context in which the backend has float64."""
    if name == "jax":
        return pytest.importorskip("jax").enable_x64(True)
    pytest.importorskip(name)
    return contextlib.nullcontext()


@pytest.mark.in_ci
@pytest.mark.parametrize("name", dealt(("numpy", "torch", "jax"), late=("torch", "jax")))
def test_a_shipped_backend_conforms(name):
    with doubled(name):
        assert_conforms(name)


@pytest.mark.parametrize("name", ["torch", "jax"])
def test_a_library_conforms_on_functions_that_compile_fast(name):
    with doubled(name):
        assert_conforms(name, cases=PLAIN[::3])


def test_jax_conforms_in_single_precision():
    pytest.importorskip("jax")
    assert get_backend("jax").arrays().dtypes == ("float32",)
    assert_conforms("jax", cases=FEW)


@pytest.mark.parametrize("name", ["numpy", "torch", "jax"])
@pytest.mark.parametrize(("expression", "word"), REFUSED, ids=[word for _, word in REFUSED])
def test_what_has_no_counterpart_is_refused_by_name(name, expression, word):
    pytest.importorskip(name)
    with pytest.raises(Unsupported, match=word):
        liesym.lower([expression], STATE, backend=name, t=T, functions={"F": np.sin})


# -- a stranger ------------------------------------------------------------------------------------------


def test_a_stranger_registers_by_entry_point_and_conforms(site):
    assert "toy" in available_backends()
    assert "liesym_toy" not in sys.modules
    assert_conforms("toy")
    assert "liesym_toy" in sys.modules


def test_a_stranger_is_found_from_a_fresh_process(site):
    code = (
        "import sys, numpy as np, sympy as sp, liesym\n"
        "x = sp.Symbol('x', real=True)\n"
        "assert not {'liesym_toy', 'torch', 'jax'} & set(sys.modules)\n"
        "print(liesym.lower([sp.sinh(x)], (x,), backend='toy')(None, np.ones(1)))\n"
    )
    root = str(Path(liesym.__file__).parents[1])
    done = subprocess.run([sys.executable, "-c", code], env={"PYTHONPATH": f"{site}:{root}"}, capture_output=True, text=True)
    assert done.stdout.startswith("[1.1752"), done.stderr


def test_without_its_distribution_the_stranger_is_unknown():
    with pytest.raises(BackendError, match="no backend 'toy'"):
        get_backend("toy")


def registered(site, name, target, distribution):
    """One more distribution with a backend of this name."""
    info = site / f"{distribution}-1.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {distribution}\nVersion: 1\n", encoding="utf-8")
    (info / "entry_points.txt").write_text(f"[liesym.backends]\n{name} = {target}\n", encoding="utf-8")


def test_two_strangers_of_one_name_are_told_of(site):
    registered(site, "toy", "other_toy:BACKEND", "other")
    with pytest.raises(BackendError, match="'toy' is claimed by liesym_toy:BACKEND and other_toy:BACKEND; uninstall one"):
        get_backend("toy")


@pytest.mark.parametrize(
    ("text", "target", "message"),
    [
        ("raise RuntimeError('out of order')", "broken_toy:BACKEND", "does not load: RuntimeError: out of order"),
        ("BACKEND = 1", "broken_toy:BACKEND", "is no backend: it has no name, operations, lower"),
        ("BACKEND = 1", "broken_toy:OTHER", "does not load: AttributeError"),
        ("BACKEND = 1", "absent_toy:BACKEND", "does not load: ModuleNotFoundError"),
        (
            "class B:\n    name, operations = 'b', ['add']\n    def lower(self, p, f): ...\nBACKEND = B()",
            "broken_toy:BACKEND",
            "`operations` must be a frozenset of names .* but they are a list",
        ),
    ],
)
def test_a_broken_stranger_is_listed_and_says_what_is_wrong(site, text, target, message):
    (site / "broken_toy.py").write_text(text, encoding="utf-8")
    registered(site, "broken", target, "broken")
    assert {"broken", "toy", "numpy"} <= set(available_backends())
    try:
        with pytest.raises(BackendError, match=message):
            liesym.lower([T], (), backend="broken")
    finally:
        sys.modules.pop("broken_toy", None)


def test_a_stranger_that_lacks_an_operation_refuses_it_by_name(site):
    expression = next(c.expression for c in CASES if c.name == "erf(x)")
    with pytest.raises(BackendError, match="'toy' has no counterpart for erf"):
        liesym.lower([expression], STATE, backend="toy")


# -- negative controls -----------------------------------------------------------------------------------


class Faulty(NumpyBackend):
    """The reference with one fault."""

    name = "faulty"

    def __init__(self, change=None, wrap=None):
        self.change, self.wrap = change, wrap

    def lower(self, program: Program, functions):
        function = super().lower(self.change(program) if self.change else program, functions)
        return Wrapped(function, self.wrap) if self.wrap else function


class Wrapped:
    def __init__(self, function, wrap):
        self.function, self.wrap, self.program = function, wrap, function.program

    def __call__(self, t, x, args=None):
        return self.wrap(self.function, t, x, args)

    def __reduce__(self):
        return Wrapped, (self.function, self.wrap)


def swapped(program):
    """sin computed as cos."""
    return replace(program, nodes=tuple(replace(n, op="cos") if n.op == "sin" else n for n in program.nodes))


def always_double(function, t, x, args):
    return np.asarray(function(t, x, args), "float64")


def slightly_off(function, t, x, args):
    result = function(t, x, args)
    return result * (1 + 1e-10) if isinstance(result, np.ndarray) else result


def flat(function, t, x, args):
    """Constants are not broadcast: one row too few for an empty batch, no batch for t."""
    return function(np.ravel(t)[0] if t is not None else None, x, args)


def forgetful(function, t, x, args):
    """A missing parameter counts as zero."""
    return function(t, x, dict.fromkeys(("a",), 0.0) | dict(args or {}))


def unmasked(function, t, x, args):
    result = function(t, x, args)
    return Masked(result.values, 0.0 * result.fraction) if isinstance(result, Masked) else result


def transposed(function, t, x, args):
    result = function(t, x, args)
    return result._replace(jacobian=result.jacobian[..., ::-1]) if hasattr(result, "jacobian") else result


def scribbling(function, t, x, args):
    result = function(t, x, args)
    x[...] = 0.5
    return result


class Buffered:
    """Returns the same array again and again."""

    def __init__(self):
        self.buffer = None

    def __call__(self, function, t, x, args):
        result = function(t, x, args)
        if not isinstance(result, np.ndarray):
            return result
        if self.buffer is None or (self.buffer.shape, self.buffer.dtype) != (result.shape, result.dtype):
            self.buffer = result
        self.buffer[...] = result
        return self.buffer


def tidy(function, t, x, args):
    """NaN is put in order."""
    return function(t, np.nan_to_num(x) if np.asarray(x).dtype.kind == "f" else x, args)


def anxious(function, t, x, args):
    """Raises on every point where there is anything to raise."""
    if function.program.failures:
        raise BackendError("x is not defined at 4 of 4 points")
    return function(t, x, args)


def mapping_only(function, t, x, args):
    return function(t, x, args if isinstance(args, dict) else {})


def without_default(function, t, x, args):
    return function(t, x, {"a": 1.0, **args} if isinstance(args, dict) and function.program.parameters else args)


class Misspelt(NumpyBackend):
    name, operations = "misspelt", NumpyBackend.operations | {"arcsin"}


class Careless(NumpyBackend):
    """Its list of operations hides what is missing."""

    name = "careless"

    class Endless(frozenset):
        def __rsub__(self, other):
            return frozenset()

        def __contains__(self, item):
            return item != "polygamma"

    operations = Endless(NumpyBackend.operations - {"polygamma"})


FAULTS = {
    "check_parameters": [Faulty(wrap=mapping_only), Faulty(wrap=without_default)],
    "check_side_effects": [Faulty(wrap=scribbling), Faulty(wrap=Buffered()), Faulty(wrap=tidy)],
    "check_operations": [Misspelt(), Careless()],
    "check_values": [Faulty(swapped), Faulty(wrap=always_double), Faulty(wrap=slightly_off)],
    "check_jacobian": [Faulty(wrap=transposed)],
    "check_shapes": [Faulty(wrap=flat)],
    "check_pickle": [Faulty(wrap=lambda f, t, x, args: f(t, x, args))],
    "check_mistakes": [Faulty(wrap=forgetful)],
    "check_guards": [Faulty(wrap=unmasked), Faulty(wrap=anxious)],
}
FAULTY = [(check, backend) for check, backends in FAULTS.items() for backend in backends]


@pytest.mark.parametrize(("check", "backend"), FAULTY, ids=[f"{c}-{i}" for i, (c, _) in enumerate(FAULTY)])
def test_the_suite_names_the_fault(check, backend):
    outcomes = {o.check: o for o in conformance(backend, cases=FEW)}
    assert not outcomes[check].ok
    assert outcomes[check].detail


def test_every_check_has_a_fault_that_it_names():
    assert {check.__name__ for check in CHECKS} == {*FAULTS, "check_gradients"}  # gradients below, where there are any


def test_the_suite_notices_a_wrong_gradient():
    pytest.importorskip("torch")
    right = get_backend("torch").arrays()

    def gradient(function, x):
        return right.gradient(function, x) * (1 + 1e-8)

    outcomes = {o.check: o.ok for o in conformance("torch", replace(right, gradient=gradient), cases=FEW)}
    assert not outcomes.pop("check_gradients")
    assert all(outcomes.values())


def test_a_failed_suite_says_which_check():
    with pytest.raises(VerificationError, match=r"check_values: .*float32"):
        assert_conforms(Faulty(wrap=always_double), cases=FEW)


def test_a_backend_without_arrays_must_be_given_some():
    class Silent:
        name, operations = "silent", frozenset()

        def lower(self, program, functions):
            raise AssertionError

    with pytest.raises(BackendError, match="no method arrays"):
        conformance(Silent())


def test_an_operation_that_is_promised_but_missing_is_a_failure():
    """A backend that lists what it does not have is not excused from it."""

    class Boastful(NumpyBackend):
        name = "boastful"

        def lower(self, program, functions):
            if "erf" in program.operations:
                raise KeyError("erf")
            return super().lower(program, functions)

    cases = tuple(c for c in CASES if c.name == "erf(x)")
    assert not conformance(Boastful(), cases=cases)[0].ok
    assert isinstance(Boastful().arrays(), Arrays)
