"""Stand-alone modules and serialized programs: the same numbers in a fresh process that cannot import liesym."""

from __future__ import annotations

import contextlib
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import sympy as sp

import liesym
from liesym.errors import BackendError, DataError, Unsupported
from liesym.lowering.export import export, serialize

X, Y, T, A = sp.symbols("x y t a", real=True)
KEPLER = liesym.ODESystem.parse("x'' = -k*x/(x^2+y^2)^(3/2); y'' = -k*y/(x^2+y^2)^(3/2)")
EXPRESSIONS = [sp.atanh(sp.sin(A * X)) / Y, sp.Integer(3), sp.Piecewise((sp.sqrt(Y), Y > 0), (T, True))]
DATA = np.random.default_rng(0).uniform(0.2, 0.9, (5, 2))
TIMES = np.linspace(0.0, 1.0, 5)
FENCE = "import sys; sys.modules['liesym'] = None\n"
READ = "import numpy as np; d = np.load('data.npz'); t, x = d['t'], d['x']\n"
BACKENDS = ("numpy", "torch", "jax")


def doubled(backend):
    return pytest.importorskip("jax").enable_x64(True) if backend == "jax" else contextlib.nullcontext()


def fresh(folder: Path, code: str) -> str:
    """What the code prints in a new process that cannot import liesym and lives in the folder."""
    np.savez(folder / "data.npz", t=TIMES, x=DATA)
    done = subprocess.run(
        [sys.executable, "-I", "-c", FENCE + "sys.path.insert(0, '.')\n" + READ + code],
        cwd=folder, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout


def wanted(target=EXPRESSIONS, **options):
    return liesym.lower(target, (X, Y), backend="numpy", t=T, **options)(TIMES, DATA, {"a": 1.5})


CONVERT = {
    "numpy": "",
    "torch": "import torch; t, x = torch.as_tensor(t), torch.as_tensor(x)\n",
    "jax": "import jax; jax.config.update('jax_enable_x64', True); t, x = jax.numpy.asarray(t), jax.numpy.asarray(x)\n",
}


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_module_gives_the_same_numbers_without_liesym(backend, tmp_path):
    pytest.importorskip(backend)
    text = export(EXPRESSIONS, tmp_path / "residuals.py", backend=backend, state=(X, Y), t=T)
    assert (tmp_path / "residuals.py").read_text(encoding="utf-8") == text
    code = CONVERT[backend] + (
        "import residuals\n"
        "y = np.asarray(residuals.residual(t, x, {'a': 1.5}))\n"
        "assert residuals.STATE == ('x', 'y') and residuals.PARAMETERS == {'a': None}\n"
        "assert y.dtype == np.float64\n"
        "np.save('y.npy', y)\n"
        f"print(sorted({{'torch', 'jax'}} - {{'{backend}'}} & set(sys.modules)))"
    )
    assert fresh(tmp_path, code).strip() == "[]"
    assert np.abs(np.load(tmp_path / "y.npy") - wanted()).max() < 1e-13


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_module_is_typed_and_documented(backend, tmp_path):
    """Annotations on every function, a docstring that names state, parameters and the singular set; it compiles."""
    import ast

    text = export(KEPLER, backend=backend, name="field", title="Planets")
    tree = ast.parse(text)
    head = ast.get_docstring(tree) or ""
    assert head.startswith("Planets")
    assert "Not defined where x**2 + y**2 = 0" in head and "args holds k" in head
    for node in tree.body:
        if isinstance(node, ast.FunctionDef):
            assert ast.get_docstring(node) and node.returns is not None
            assert all(argument.annotation is not None for argument in node.args.args)
    imported = {a.name.split(".")[0] for n in ast.walk(tree) if isinstance(n, ast.Import) for a in n.names}
    imported |= {n.module.split(".")[0] for n in ast.walk(tree) if isinstance(n, ast.ImportFrom) and n.module}
    assert imported <= {"__future__", "collections", "typing", "math", backend}


@pytest.mark.slow
def test_a_torch_program_is_loaded_without_liesym(tmp_path):
    pytest.importorskip("torch")
    data = serialize(EXPRESSIONS, tmp_path / "program.pt2", backend="torch", state=(X, Y), t=T)
    assert (tmp_path / "program.pt2").read_bytes() == data
    code = CONVERT["torch"] + (
        "run = torch.export.load('program.pt2').module()\n"
        "np.save('y.npy', run(t, x, torch.tensor(1.5, dtype=torch.float64)).numpy())\n"
        "assert run(t[:3], x[:3], torch.tensor(1.5, dtype=torch.float64)).shape == (3, 3)\n"
    )
    fresh(tmp_path, code)
    assert np.abs(np.load(tmp_path / "y.npy") - wanted()).max() < 1e-13


def test_a_jax_program_is_loaded_without_liesym(tmp_path):
    pytest.importorskip("jax")
    with doubled("jax"):
        serialize(EXPRESSIONS, tmp_path / "program.bin", backend="jax", state=(X, Y), t=T, guard="mask", jacobian=True)
    code = CONVERT["jax"] + (
        "from jax import export\n"
        "run = export.deserialize(bytearray(open('program.bin', 'rb').read())).call\n"
        "values, slopes, fraction = run(t, x, 1.5 + 0 * t[0])\n"
        "assert float(fraction) == 0.0 and slopes.shape == (5, 3, 2)\n"
        "assert np.isfinite(jax.grad(lambda z: run(t[:1], z, 1.5 + 0 * t[0])[0].sum())(x[:1])).all()\n"
        "np.save('y.npy', np.asarray(values))\n"
    )
    fresh(tmp_path, code)
    assert np.abs(np.load(tmp_path / "y.npy") - wanted()).max() < 1e-13


def test_the_fence_keeps_liesym_out(tmp_path):
    """Negative control of the fresh process."""
    assert fresh(tmp_path, "try:\n    import liesym\nexcept ImportError:\n    print('fenced')").strip() == "fenced"


def test_what_cannot_be_exported_is_refused(tmp_path):
    with pytest.raises(BackendError, match="'numpy' has no serialized form"):
        serialize(EXPRESSIONS, backend="numpy", state=(X, Y), t=T)
    pytest.importorskip("torch")
    with pytest.raises(Unsupported, match="that raises cannot be serialized"):
        serialize(EXPRESSIONS, backend="torch", state=(X, Y), t=T, guard="raise")
    with pytest.raises(BackendError, match="polygamma cannot be written"):
        export([sp.polygamma(2, X)], backend="numpy", state=(X,))
    with pytest.raises(DataError, match="no name for a Python function"):
        export([X], backend="numpy", state=(X,), name="a b")
    with pytest.raises(DataError, match="cannot be written"):
        export([X], tmp_path / "nowhere" / "m.py", backend="numpy", state=(X,))


def test_float64_is_refused_where_jax_has_none():
    pytest.importorskip("jax")
    with pytest.raises(BackendError, match="float64 is off in JAX"), pytest.warns(UserWarning):
        serialize(EXPRESSIONS, backend="jax", state=(X, Y), t=T)


OPEN = {
    "numpy": "class Wave:\n    def __call__(self, s): return np.sin(s)\n    def derivative(self, n): return np.cos\n",
    "torch": "class Wave(torch.nn.Module):\n    def forward(self, s): return torch.sin(s)\n",
    "jax": "Wave = lambda: jax.numpy.sin\n",
}


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_module_takes_the_functions_that_are_left_open(backend, tmp_path):
    """V'(x y) + x V(x y) with V = sin, without liesym; called without V it says what is needed."""
    pytest.importorskip(backend)
    V = sp.Function("V")
    expression = sp.Subs(V(A).diff(A), A, X * Y) + X * V(X * Y)
    export(expression, tmp_path / "residuals.py", backend=backend, state=(X, Y), functions=("V",))
    code = (
        CONVERT[backend]
        + OPEN[backend]
        + (
            "import residuals\n"
            "np.save('y.npy', np.asarray(residuals.residual(None, x, functions={'V': Wave()})))\n"
            "try: residuals.residual(None, x)\n"
            "except ValueError as error: print(residuals.FUNCTIONS, error)"
        )
    )
    assert fresh(tmp_path, code).strip() == "('V',) functions must hold a callable for each of ('V',)"
    x, y = DATA.T
    assert np.abs(np.load(tmp_path / "y.npy")[:, 0] - (np.cos(x * y) + x * np.sin(x * y))).max() < 1e-13
