"""Toolkits by name: those of this project, every public name of them, and a stranger's that trains with NumPy alone."""

from __future__ import annotations

import importlib
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import sympy as sp
from toy_site import site as site
from training_support import pendulum, precise

import liesym
from liesym.errors import BackendError
from liesym.learn.fitting import Sampler, Settings
from liesym.learn.toolkits import NAMES, available_toolkits, toolkit
from liesym.learn.training import Choices, train_problem
from liesym.learn.trajectories import Trajectories, simulate
from liesym.symmetries.generator import Generator

T, X, Y = sp.symbols("t x y", real=True)
TIMES = np.linspace(0.0, 2.0, 9)
ENERGY = Y**2 / 2 - sp.cos(X)


@pytest.mark.parametrize("name", ["torch", "jax"])
def test_every_public_name_is_there_at_its_first_use(name):
    pytest.importorskip(name)
    package = importlib.import_module(f"liesym_{name}")
    assert set(package.__all__) == {"BACKEND", *NAMES} == set(dir(package))
    found = toolkit(name)
    for public in NAMES:
        assert getattr(package, public) is getattr(found, public)
    with pytest.raises(AttributeError, match=f"module 'liesym_{name}' has no attribute 'Absent'"):
        _ = package.Absent


def test_a_package_is_imported_without_its_library():
    code = "import sys, liesym_torch, liesym_jax; dir(liesym_jax); assert not {'torch', 'jax', 'equinox'} & set(sys.modules)"
    root = Path(liesym.__file__).parents[1]
    environment = {"PYTHONPATH": f"{root}:{root / 'backends'}"}
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_an_unknown_toolkit_is_refused_by_name():
    with pytest.raises(BackendError, match="no training backend 'toy'; there are torch, jax"):
        toolkit("toy")


def test_two_toolkits_of_one_name_are_told_of(site):
    info = site / "other-1.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: other\nVersion: 1\n", encoding="utf-8")
    (info / "entry_points.txt").write_text("[liesym.toolkits]\ntoy = other_toy\nlost = absent_toy\n", encoding="utf-8")
    with pytest.raises(BackendError, match=r"'toy' is claimed by liesym_toy\.toolkit and other_toy; uninstall one"):
        toolkit("toy")
    with pytest.raises(BackendError, match="backend lost needs absent_toy; install what its distribution asks for"):
        toolkit("lost")


@pytest.fixture
def toy(site):
    assert "toy" in available_toolkits() and "liesym_toy" not in sys.modules
    return toolkit("toy")


def swings(count=3):
    """Trajectories of the pendulum."""
    starts = np.stack([np.linspace(0.5, 1.5, count), np.zeros(count)], -1)
    return Trajectories(np.tile(TIMES, (count, 1)), simulate(pendulum, starts, TIMES), ("x", "y"))


def test_the_neutral_half_gives_a_stranger_the_numbers_of_torch(toy):
    """Losses, residuals and projections of one network; difference quotients in place of derivatives in the residual."""
    torch_kit, dtype, _ = precise("torch")
    data = swings()
    bent = Generator((T, X, Y), (T * X, X * Y + T**2, sp.sin(X) - Y))
    found = []
    for kit, kind in ((torch_kit, dtype), (toy, np.float64)):
        field = kit.MLPField(2, width=5, time=True, scale=(1.0, 2.0), seed=3, dtype=kind)
        t, x = (kit.as_tensor(part, field) for part in (data.times, data.states))
        levels = kit.LevelSets.from_expressions([ENERGY], (X, Y))
        terms = [
            kit.misfit(scale=(1.0, 2.0))(kit.NeuralODE(field, substeps=2), _Windows(t, x)),
            kit.conservation([ENERGY], (X, Y))(field, t, x),
            kit.TangentProjection(field, levels)(t, x),
            levels.retract(t, x + 0.01, levels.values(t, x)),
            kit.invariance_residual(field, bent)(t, x),
            kit.ScalarNetwork(1, width=4, angles=(0,), kinetic=1.0, dtype=kind)(t, x[..., :1], x[..., 1:]),
        ]
        found.append([np.asarray(a.detach() if hasattr(a, "detach") else a) for a in terms])
    for k, (theirs, own) in enumerate(zip(*found, strict=True)):
        assert theirs == pytest.approx(own, rel=1e-7 if k == 4 else 1e-12, abs=1e-9 if k == 4 else 1e-12), k


class _Windows:
    def __init__(self, times, states):
        self.times, self.states = times, states


def test_a_stranger_fits_a_parameter(toy):
    system = liesym.ODESystem.parse("x' = y; y' = -k*sin(x)")
    settings = Settings(steps=20)
    model = toy.NeuralODE(toy.SymbolicField(system, {"k": 0.4}), substeps=2)
    run = toy.train(model, toy.SymmetryLoss(toy.misfit()), Sampler(swings().windows(5), settings), settings)
    assert run.model.field.values()["k"] == pytest.approx(1.0, rel=1e-4)
    assert run.history["data"][-1] < 1e-9


def test_a_stranger_trains_a_network_with_and_without_the_laws(toy, tmp_path):
    """The whole comparison, by the same function as for torch and JAX; the law in the loss is kept better."""
    pytest.importorskip("matplotlib")
    data = swings()
    np.savez(tmp_path / "data.npz", t=data.times, x=data.states)
    system = liesym.ODESystem.parse("x' = y; y' = -sin(x)")
    choices = Choices(residual="conservation", steps=25, width=3, depth=1, window=5, substeps=1, out=str(tmp_path / "out"))
    report = train_problem(system, tmp_path / "data.npz", backend="toy", choices=choices, show=False)
    assert [row[0] for row in report.rows] == ["plain", "with conservation"]
    plain, law = (fits[0]["broken"] for fits in report.record["fits"].values())
    assert law < plain and report.picture.is_file()
