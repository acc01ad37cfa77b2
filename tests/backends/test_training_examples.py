"""The examples run, and a problem is trained from its files: reduced in steps, whole in everything else."""

from __future__ import annotations

import importlib
import json
import math
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from liesym.errors import DataError, TrainingError
from liesym.learn.training import run_problem
from liesym.learn.trajectories import simulate
from liesym.model.system import ODESystem

ROOT = Path(__file__).parents[2]
EXAMPLES = ROOT / "examples"

pytestmark = pytest.mark.filterwarnings("ignore:`torch.jit.script` is deprecated:DeprecationWarning")


def run_script(name, *arguments, folder):
    environment = os.environ | {"PYTHONPATH": os.pathsep.join([str(ROOT), str(ROOT / "backends")])}
    command = [sys.executable, str(EXAMPLES / name), *map(str, arguments)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, cwd=folder)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.slow
@pytest.mark.in_ci
def test_the_demo_prints_its_tables_and_names_its_picture(tmp_path):
    out = tmp_path / "out"
    text = run_script("demo.py", "--out", out, "--seeds", 0, "--toy-steps", 40, "--steps", 30, folder=tmp_path)
    for part in ("torch: plain", "jax: with", "conservation\n", f"picture: {out / 'lynx_hare.png'}"):
        assert part in text
    assert (out / "lynx_hare.png").stat().st_size > 10_000
    records = [json.loads((out / f"demo-{backend}.json").read_text()) for backend in ("torch", "jax")]
    for record in records:
        assert {"torch", "jax", "python"} <= set(record["environment"])
        fits = record["lynx_hare"]["fits"]
        assert all(math.isfinite(fit["test"]) for group in fits.values() for fit in group)
        assert record["toy"]["fits"]["invariance"][0]["residual"] < 1e-20
    ends = [record["lynx_hare"]["fits"]["with conservation"][0]["test"] for record in records]
    assert ends[0] == pytest.approx(ends[1], rel=1e-2)


@pytest.mark.slow
@pytest.mark.parametrize("backend", ["torch", "jax"])
def test_the_toy_recovers_its_parameters(backend, monkeypatch):
    monkeypatch.syspath_prepend(str(EXAMPLES))
    import toy  # pyright: ignore[reportMissingImports]

    result = toy.run(backend, (0,), 120)
    errors = {name: max(fits[0]["error"].values()) for name, fits in result["fits"].items()}
    assert errors["plain"] < 0.03 and errors["paper, corrected"] == pytest.approx(errors["plain"], abs=5e-3)
    left = {name: fits[0]["residual"] for name, fits in result["fits"].items()}
    assert left["invariance"] < 1e-20 and left["paper, corrected"] < 1e-3 < left["paper, as printed"]


# -- a problem from its files ----------------------------------------------------------------------


@pytest.fixture
def pendulum(tmp_path):
    (tmp_path / "pendulum.toml").write_text("equations = [\"x'' = -sin(x)\"]\n", encoding="utf-8")
    times = np.linspace(0, 3, 31)
    states = simulate(lambda t, x: [x[1], -np.sin(x[0])], np.array([[0.5, 0.0], [1.0, 0.2], [1.5, -0.3]]), times)
    np.savez(tmp_path / "data.npz", t=times, x=states)
    return tmp_path


@pytest.mark.slow
@pytest.mark.parametrize("backend", ["torch", "jax"])
def test_a_second_order_problem_is_trained_with_its_energy(backend, pendulum, capsys):
    report = run_problem(
        pendulum / "pendulum.toml",
        pendulum / "data.npz",
        backend=backend,
        steps=150,
        width=8,
        out=str(pendulum / "out"),
    )
    record = json.loads(report.results.read_text())
    assert record["laws"]["kind"] == "conservation" and "cos(x)" in record["laws"]["found"][0]
    plain, lawful = record["fits"]["plain"][0], record["fits"]["with conservation"][0]
    assert lawful["broken"] < plain["broken"]
    assert report.picture.exists() and "picture:" in capsys.readouterr().out


@pytest.mark.slow
def test_parameters_are_fitted_and_weights_searched(tmp_path):
    report = run_problem(
        EXAMPLES / "lotka_volterra.toml",
        EXAMPLES / "data" / "lynx_hare.csv",
        backend="jax",
        steps=20,
        search=2,
        width=8,
        out=str(tmp_path),
        show=False,
    )
    values = report.record["parameters"]
    assert set(values) == {"alpha", "beta", "gamma", "delta"} and all(0 < v < 2 for v in values.values())
    assert report.record["weight"] != 1.0 and (tmp_path / "weights-jax.journal").exists()


def test_invariance_and_no_law(pendulum):
    options = {"backend": "torch", "steps": 5, "width": 8, "out": str(pendulum / "out"), "show": False}
    system = ODESystem.parse("x'' = -x")
    both = run_problem(system, pendulum / "data.npz", residual="invariance", **options)
    assert both.record["laws"]["kind"] == "invariance" and len(both.rows) == 2
    alone = run_problem(system, pendulum / "data.npz", residual="none", **options)
    assert len(alone.rows) == 1


@pytest.mark.parametrize(
    ("choices", "message"),
    [
        ({"residual": "magic"}, "auto, conservation, invariance, none"),
        ({"split": 1.5}, "between 0 and 1"),
        ({"colour": 1}, "unknown choice colour"),
        ({"window": 1}, "window"),
        ({"steps": -1}, "steps = -1"),
        ({"positive": True}, "not positive"),
    ],
)
def test_choices_that_cannot_be_are_refused(pendulum, choices, message):
    with pytest.raises(DataError, match=message):
        run_problem(
            pendulum / "pendulum.toml",
            pendulum / "data.npz",
            backend="torch",
            **({"residual": "none", "out": str(pendulum / "out")} | choices),
        )


@pytest.mark.slow_with("jax")
@pytest.mark.parametrize("backend", ["torch", "jax"])
def test_a_checkpoint_of_other_laws_or_equations_is_not_taken(pendulum, backend):
    """The same data, network and settings: only the laws tell the runs apart."""
    options = {"backend": backend, "steps": 3, "width": 4, "out": str(pendulum / "out"), "show": False}
    system, other, data = ODESystem.parse("x'' = -x"), ODESystem.parse("x'' = -2*x"), pendulum / "data.npz"
    first, again = (run_problem(system, data, residual="conservation", **options) for _ in range(2))
    assert (
        first.record["fits"]["with conservation"][0]["held_out"] == again.record["fits"]["with conservation"][0]["held_out"]
    )
    for name in ("plain", "conservation"):
        with pytest.raises(DataError, match=f"{name}-0.ckpt is the checkpoint of another run"):
            run_problem(other, data, residual="conservation", **options)
        (pendulum / "out" / f"{backend}-{name}-0.ckpt").unlink()
    run_problem(other, data, residual="conservation", **options)


@pytest.mark.parametrize(("package", "choices"), [("matplotlib", {}), ("optuna", {"search": 2})])
def test_a_package_that_is_missing_is_told_before_training(pendulum, package, choices, monkeypatch):
    monkeypatch.setattr("liesym.learn.training.find_spec", lambda name: None if name == package else object())
    with pytest.raises(TrainingError, match=f"needs {package}; install liesym-ode"):
        run_problem(
            ODESystem.parse("x'' = -x"), pendulum / "data.npz", backend="torch", out=str(pendulum / "out"), **choices
        )
    assert not (pendulum / "out").exists()


def test_a_constant_column_is_no_blow_up(tmp_path):
    """A state that rests in the data is conserved by them; the size of the law is then that of the state."""
    times = np.linspace(0, 3, 20)
    np.savez(tmp_path / "data.npz", t=times, x=np.stack([np.ones(20), np.exp(-0.3 * times)], -1))
    system = ODESystem.parse("x' = 0; y' = -3*y/10")
    options = {"steps": 20, "width": 8, "out": str(tmp_path / "out"), "show": False}
    record = run_problem(system, tmp_path / "data.npz", backend="torch", residual="conservation", **options).record
    assert all(math.isfinite(f["held_out"]) and f["broken"] < 100 for fits in record["fits"].values() for f in fits)


def test_a_folder_that_cannot_be_written_is_refused(pendulum):
    (pendulum / "file").write_text("in the way")
    with pytest.raises(DataError, match="cannot be written"):
        run_problem(
            pendulum / "pendulum.toml",
            pendulum / "data.npz",
            backend="torch",
            residual="none",
            steps=1,
            out=str(pendulum / "file"),
        )


@pytest.mark.slow
@pytest.mark.parametrize("backend", ["torch", "jax"])
def test_five_lines_bring_a_symmetry_into_an_existing_loop(backend, monkeypatch):
    """The sector of the data is learned either way; all around, the five lines halve the error at least."""
    lines = (EXAMPLES / f"existing_loop_{backend}.py").read_text().splitlines()
    assert 1 <= sum(line.endswith("# +") for line in lines) <= 5
    rest = [line for line in lines if not line.endswith("# +")]
    assert not any("liesym" in line or "sympy" in line for line in rest), "a line is not marked"
    monkeypatch.syspath_prepend(str(EXAMPLES))
    found = importlib.import_module(f"existing_loop_{backend}").main(150)
    (plain_here, plain_around), (here, around) = found["without symmetry"], found["with symmetry"]
    assert plain_here < 0.1 and here < 0.1 and around < plain_around / 2


@pytest.mark.slow
@pytest.mark.parametrize("backend", ["torch", "jax"])
def test_five_lines_build_a_symmetry_into_an_existing_loop(backend, monkeypatch):
    """All around, the field that turns with the plane is as good as in the sector of the data; the plain one is not."""
    lines = (EXAMPLES / f"hard_loop_{backend}.py").read_text().splitlines()
    assert 1 <= sum(line.endswith("# +") for line in lines) <= 6
    rest = [line for line in lines if not line.endswith("# +")]
    assert not any("liesym" in line or "sympy" in line for line in rest if "python examples" not in line)
    monkeypatch.syspath_prepend(str(EXAMPLES))
    found = importlib.import_module(f"hard_loop_{backend}").main(120, (0,))
    ((_, plain),), ((here, around),) = found["without symmetry"], found["with symmetry"]
    assert around < plain / 5 and around < 3 * here + 0.01


@pytest.mark.slow
def test_a_lagrangian_of_invariants_conserves_its_charge(tmp_path):
    """The inputs are those of the skewed metric, which nobody typed in; the script asserts the drifts."""
    pytest.importorskip("torch")
    text = run_script("exact_charges.py", folder=tmp_path)
    assert "symmetry: (x + 2·y) ∂x − (2·x + y) ∂y" in text and "x**2 + x*y + y**2" in text
    assert len((EXAMPLES / "exact_charges.py").read_text().splitlines()) < 60


@pytest.mark.slow
def test_a_lagrangian_network_keeps_the_energy_of_the_pendulum(monkeypatch):
    monkeypatch.syspath_prepend(str(EXAMPLES))
    found = importlib.import_module("learn_lagrangian").main("jax", 400)
    assert found["Lagrangian"] < 0.05 < 0.5 < found["plain"]


@pytest.mark.slow
@pytest.mark.parametrize("backend", ["torch", "jax"])
def test_a_hamiltonian_network_is_trained_by_either_gradient(backend, monkeypatch):
    monkeypatch.syspath_prepend(str(EXAMPLES))
    found = importlib.import_module("learn_hamiltonian").main(backend, 50)
    assert found["direct"] < 0.5 and found["adjoint"] == pytest.approx(found["direct"], rel=1e-2)


@pytest.mark.slow
@pytest.mark.parametrize("backend", ["torch", "jax"])
def test_an_unknown_force_as_a_network_keeps_the_angular_momentum(backend, monkeypatch):
    monkeypatch.syspath_prepend(str(EXAMPLES))
    import hybrid  # pyright: ignore[reportMissingImports]

    found = hybrid.main(backend, steps=60)
    assert found["V as a network"][1] < 1e-4 < found["plain network"][1]
