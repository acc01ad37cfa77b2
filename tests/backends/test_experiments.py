"""The experiments run in their small sizes, go on where they were stopped, and write their pages from the record alone."""

from __future__ import annotations

import importlib
import json
from pathlib import Path

import numpy as np
import pytest

from liesym.errors import DataError
from liesym.learn.trajectories import simulate

pytest.importorskip("jax")
FOLDER = Path(__file__).parents[2] / "examples" / "experiments"


@pytest.fixture
def script(monkeypatch):
    monkeypatch.syspath_prepend(str(FOLDER))
    return importlib.import_module


@pytest.mark.slow
def test_two_bodies(script, tmp_path):
    """Whatever the network has learned in 20 steps, projection keeps energy and momentum, on turned orbits too."""
    two_body = script("two_body")
    arguments = ["--reduced", "--out", str(tmp_path)]
    two_body.main([*arguments, "--only", "plain"])
    begun = json.loads((tmp_path / "two_body.json").read_text())
    assert (
        list(begun["runs"]) == ["plain | 0"]
        and "Not run so far, seed 0: invariant" in (tmp_path / "two_body.md").read_text()
    )
    record = two_body.main(arguments)
    assert record["runs"]["plain | 0"] == begun["runs"]["plain | 0"], "a run in the record is not run again"
    plain, hard = (record["runs"][f"{name} | 0"] for name in ("plain", "invariant network + projection"))
    for case in two_body.CASES:
        assert max(hard[case]["worst_drift"].values()) < 1e-5 < 1e-2 < plain[case]["true_drift"]["energy"]
        assert hard[case]["diverged"] == 0 and len(hard[case]["errors"]) == 3
    assert hard["turned"]["errors"] == pytest.approx(hard["as trained"]["errors"], rel=1e-2)
    assert plain["turned"]["errors"] != pytest.approx(plain["as trained"]["errors"], rel=1e-2)
    text = (tmp_path / "two_body.md").read_text()
    assert "## Orbits turned" in text and "Not run" not in text and (tmp_path / "two_body.svg").stat().st_size > 5000
    assert {"jax", "python"} <= set(record["environment"])


@pytest.mark.slow
def test_two_bodies_with_less_data_and_noise(script, tmp_path):
    """Variants that name fewer orbits or noise train on those and go into a table of their own."""
    two_body, harness = script("two_body"), script("harness")
    config = harness.configuration(FOLDER / "two_body.toml", True)
    assert two_body.setting_of(config, "projection, 3 orbits, noise") == ("projection", 3, config["noise"])
    assert two_body.setting_of(config, "plain, float64") == ("plain, float64", config["orbits"], 0.0)
    config |= {"variants": ["plain", "plain, 3 orbits", "plain, noise"], "orbits": 3}
    runs = {v: two_body.run(config, v, 0) for v in config["variants"]}
    assert runs["plain"]["misfit"] == runs["plain, 3 orbits"]["misfit"] != runs["plain, noise"]["misfit"]
    record = {"config": config, "runs": {f"{v} | 0": run for v, run in runs.items()}, "environment": {}}
    first, last = two_body.page(record).split("## How much data")
    assert "noise |" not in first and f"| 3 | {config['noise']} | plain | 1 |" in last


def test_another_configuration_or_variant_is_refused(script, tmp_path):
    two_body = script("two_body")
    with pytest.raises(DataError, match="no variant magic"):
        two_body.main(["--reduced", "--out", str(tmp_path), "--only", "magic"])
    (tmp_path / "two_body.json").write_text('{"config": {}, "runs": {}}')
    with pytest.raises(DataError, match="another configuration"):
        two_body.main(["--reduced", "--out", str(tmp_path)])


def test_orbits_in_closed_form_are_those_of_the_field(script):
    two_body = script("two_body")
    starts = two_body.turned(two_body.starts({"eccentricity": (0.5, 0.7)}, 3, 3), 5)
    starts[0] = two_body.orbits(starts[:1], np.array([0.0, 1.3]))[0, 1]  # not in the perihelion
    starts[1, 2:] *= -1  # the other way round
    times = np.linspace(0.0, 20.0, 11)
    states = simulate(lambda t, x: np.concatenate([x[2:], -x[:2] / np.hypot(x[0], x[1]) ** 3]), starts, times)
    assert np.abs(two_body.orbits(starts, times) - states).max() < 1e-7


@pytest.mark.slow
def test_drift_and_gradient_error(script, tmp_path):
    """Both fall with the tolerance; the drift is neither the error nor independent of it."""
    pytest.importorskip("torch")
    record = script("gradient_audit").main(["--reduced", "--out", str(tmp_path)])
    for run in record["runs"].values():
        coarse, fine = run["points"]
        assert fine["drift"] < coarse["drift"] / 10 and fine["error"] < coarse["error"] / 10
        assert fine["steps"] > coarse["steps"] and run["broken"] == []
        assert all(0.1 < point["error"] / point["bar"] < 10 for point in (coarse, fine))
    assert "| all | 4 |" in (tmp_path / "gradient_audit.md").read_text()


@pytest.mark.slow
def test_hard_forms_stay_on_the_level_sets(script, tmp_path):
    record = script("hard_forms").main(["--reduced", "--out", str(tmp_path)])
    plain, hard = (record["runs"][f"rigid body: {form} | 0"]["as trained"] for form in ("plain", "projection"))
    assert max(hard["worst_drift"].values()) < 1e-4 < 1e-2 < max(plain["worst_drift"].values())
    assert "Not run." in (tmp_path / "hard_forms.md").read_text(), "the reduced run has no double pendulum"


@pytest.mark.slow
def test_a_stronger_stabilization_leaves_a_smaller_defect(script, tmp_path):
    """Alone in proportion to 1/γ whatever was learned; with projection there is nothing left to pull at."""
    stabilization = script("stabilization")
    record = stabilization.main(["--reduced", "--out", str(tmp_path)])
    alone, both = (record["runs"][f"rigid body: {form}stabilization | 0"] for form in ("", "projection + "))
    defects = [point["gamma"] * point["worst"] for point in alone["curve"]]
    assert defects[1] == pytest.approx(defects[0], rel=0.2) and not alone["reached"] and alone["taken"] == 1
    assert both["reached"] and both["taken"] == 0 and max(both["as trained"]["worst_drift"].values()) < 1e-6
    text = (tmp_path / "stabilization.md").read_text()
    assert "needs γ = " in text and (tmp_path / "stabilization.svg").stat().st_size > 5000


def test_both_experiments_of_hard_forms_train_the_same_networks(script):
    read = script("harness").configuration
    forms, pulled = (read(FOLDER / f"{name}.toml", False) for name in ("hard_forms", "stabilization"))
    shared = ("rigid body", "double pendulum", "training", "width", "window", "noise")
    assert all(forms[key] == pulled[key] for key in shared) and set(pulled["variants"]) < set(forms["variants"])


def test_the_energy_of_the_double_pendulum_is_an_integral(script):
    system, (energy,) = script("hard_forms").knowledge("double pendulum")
    q, p = system.unknowns
    for start in ((0.3, -0.4, 0.5, 0.6), (2.0, 1.0, -1.0, 0.2)):
        point = dict(zip(script("hard_forms").phase_state(system), start, strict=True))
        assert abs(system.total_derivative(energy).subs(point).evalf()) < 1e-12
        assert abs(system.total_derivative(energy + q * p).subs(point).evalf()) > 1e-3


def test_the_network_of_the_double_pendulum_does_not_see_full_turns(script):
    forms, kit = script("hard_forms"), script("harness").backend({"backend": "jax"})
    field = forms.network(kit, "double pendulum", {"width": 8, "backend": "jax"}, 0, {})
    state, t = np.array([[0.3, -0.4, 0.5, 0.6]]), np.zeros(1)
    value = kit.evaluate_field(field, t, state)
    assert value[0, :2] == pytest.approx([0.5, 0.6]) and value.shape == (1, 4)
    assert kit.evaluate_field(field, t, state + np.array([2 * np.pi, -4 * np.pi, 0, 0])) == pytest.approx(value, abs=1e-4)
    assert np.abs(kit.evaluate_field(field, t, state + np.array([1.0, 0, 0, 0])) - value).max() > 1e-2


@pytest.mark.slow
def test_small_systems_keep_the_constants_they_are_given(script, tmp_path):
    record = script("small_systems").main(["--reduced", "--out", str(tmp_path)])
    plain, hard = (record["runs"][f"nonlinear spring: {f} | 0"] for f in ("plain", "invariant network + projection"))
    assert hard["drift"] < 1e-5 < 1e-2 < plain["drift"] and hard["rmse"] < plain["rmse"]
    text = (tmp_path / "small_systems.md").read_text()
    assert "published: COMET" in text and "## Nonlinear spring" in text and "## Two-body" not in text


def test_data_of_the_small_systems_fit_together(script):
    """The derivatives are those of the states, and the constants of motion are constant on them, others are not."""
    small = script("small_systems")
    times = np.linspace(0.0, 3.0, 3001)
    for name in ("spring", "2-D pendulum", "damped pendulum", "nonlinear spring", "Lotka-Volterra"):
        states, slopes = small.trajectories(name, 1, 2, times)
        assert np.abs(np.gradient(states, times, axis=1) - slopes)[:, 1:-1].max() < 1e-5
        assert small.drifts(name, states)["drift"] < 1e-9
        assert small.drifts(name, states * np.linspace(1.0, 1.1, len(times))[:, None])["drift"] > 1e-2
    assert len(small.integrals("2-D pendulum")) == 3
    assert [str(i) for i in small.integrals("damped pendulum")] == ["x**2 + y**2", "x*x' + y*y'"]


@pytest.mark.slow
def test_the_toy_against_noise_and_sample_count(script, tmp_path):
    record = script("toy_sweep").main(["--reduced", "--out", str(tmp_path)])
    errors = [run["fits"][0]["error"] for run in record["runs"].values()]
    assert len(errors) == 2 and all(0 < error < 0.3 for error in errors)
    assert "| 0.05 | 4 |" in (tmp_path / "toy_sweep.md").read_text()


@pytest.mark.slow
def test_the_gradient_of_accelerations_by_implicit_differentiation(script):
    """One contracted second derivative instead of all of the mass matrix: the same gradient."""
    import equinox as eqx
    import jax
    import jax.numpy as jnp
    from liesym_jax.toolkit import InvariantScalar, LagrangianODE

    from liesym.invariants import rotations

    exact_laws = script("exact_laws")
    with jax.enable_x64(True):
        scalar = InvariantScalar(rotations([("x", "y", "z")]), width=8, dtype=jnp.float64)
        q, v, a = jnp.asarray(np.random.default_rng(0).standard_normal((3, 6, 3)))
        weights, rest = eqx.partition(scalar, eqx.is_inexact_array)

        def direct(weights):
            return jnp.mean((LagrangianODE(eqx.combine(weights, rest)).acceleration(0.0, q, v) - a) ** 2)

        value, slope = jax.jit(jax.value_and_grad(direct))(weights)
        ours, found = jax.jit(lambda w: exact_laws.misfit_and_gradient(w, rest, q, v, a))(weights)
        wanted, found = (np.concatenate([np.ravel(leaf) for leaf in jax.tree.leaves(tree)]) for tree in (slope, found))
        assert float(ours) == pytest.approx(float(value))
        assert np.abs(found - wanted).max() < 1e-9 * np.abs(wanted).max()
        assert np.abs(found - wanted[::-1]).max() > 0.1 * np.abs(wanted).max()


def test_the_systems_of_the_exact_laws(script):
    """The orbits are those published: the radii of the geodesic, a total momentum of zero, the Kepler orbit."""
    from liesym.learn.experiment import read_config

    systems = script("exact_systems")
    config = read_config(FOLDER / "exact_laws.toml")
    config["schwarzschild"]["span"], config["kepler"]["samples"] = 300.0, 50
    table = systems.samples(config, systems.schwarzschild(config))
    radii = np.linalg.norm(table[:, 0, 1:], axis=1)
    assert radii.min() == pytest.approx(1.0, abs=1e-3) and radii.max() == pytest.approx(3.735, abs=1e-3)
    length = -(1 - 0.1 / radii) * table[:, 1, 0] ** 2 + (table[:, 1, 1:] ** 2).sum(1)
    length += (table[:, 0, 1:] * table[:, 1, 1:]).sum(1) ** 2 * 0.1 / (radii**2 * (radii - 0.1))
    assert np.abs(length + 1).max() < 1e-10, "proper time"
    q, v, a = np.moveaxis(systems.samples(config, systems.kepler(config)), 1, 0)
    assert np.abs(a + q / np.linalg.norm(q, axis=1, keepdims=True) ** 3).max() < 1e-12
    assert np.cross(q, v)[:, 2] == pytest.approx(1.0)
    start = systems.particles(config).start
    assert np.abs(1.0 * start[8:12] + 0.8 * start[12:]).max() < 1e-12


def test_a_drift_of_the_own_momentum_does_not_depend_on_the_scale_of_the_lagrangian(script):
    import equinox as eqx

    from liesym.learn.experiment import read_config

    exact_laws = script("exact_laws")
    config = read_config(FOLDER / "exact_laws.toml")
    physics, scalar, _ = exact_laws.begun("two particles: translations", config | {"width": 8}, 1, None)
    larger = eqx.tree_at(lambda s: s.network.weights[-1], scalar, 10 * scalar.network.weights[-1])
    runs = [{"momenta": exact_laws.momenta(config, physics, s)} for s in (scalar, larger)]
    assert runs[0]["momenta"]["true"] == runs[1]["momenta"]["true"] == pytest.approx(np.linalg.norm(physics.start[8:12]))
    ours, same = (exact_laws.own_units(run, "M", [drift, None]) for run, drift in zip(runs, (1e-3, 1e-2), strict=True))
    assert ours[0] == pytest.approx(same[0], rel=1e-5) and ours[0] != pytest.approx(1e-3, rel=1e-2) and ours[1] is None
    assert exact_laws.own_units(runs[0], "L", [1e-3]) == [1e-3]


@pytest.mark.nightly
def test_exact_laws(script, tmp_path):
    """With invariants the model's own charge stays to rounding, the true one better than without; training resumes."""
    exact_laws = script("exact_laws")
    places = ["--reduced", "--out", str(tmp_path), "--checkpoints", str(tmp_path / "weights")]
    record = exact_laws.main(places)
    free, kept = (record["runs"][f"Kepler: {name} | 214127"] for name in ("free", "rotations"))
    single, summed, double, high = (kept["own"][kind]["L"][1] for kind in exact_laws.KINDS)
    assert high < 1e-13 < double < 1e-8 and max(summed, single) < 2e-5
    assert free["own"]["float32"]["L"][0] > 1e-2 and free["true"]["L"][0] > 10 * kept["true"]["L"][0]
    text = (tmp_path / "exact_laws.md").read_text()
    assert "x*x' + y*y' + z*z'" in text and "| free | 6 |" in text
    (tmp_path / "exact_laws.json").unlink()
    again = exact_laws.main([*places, "--only", "Kepler: rotations"])
    assert again["runs"]["Kepler: rotations | 214127"]["own"] == kept["own"], "from the checkpoint"


@pytest.mark.slow
def test_learned_invariants(script, tmp_path):
    """Each model of each system is measured, and what is projected keeps its invariant whether it is right or not."""
    contrastive = script("contrastive")
    record = contrastive.main(["--reduced", "--out", str(tmp_path)])
    spring, heat = record["runs"]["spring | 0"], record["runs"]["heat | 0"]
    assert spring["projected"]["drift"] < 1e-5 and heat["projected"]["drift"] < 1e-5
    assert spring["exact"]["violation"]["worst"] < 1e-12 < spring["plain"]["violation"]["mean"]
    assert spring["projected"]["residual"] < 1e-6 < 1e-3 < spring["projected"]["residual_before"]
    assert "exact" not in heat and heat["reconstruction"] < 0.1
    text = (tmp_path / "contrastive.md").read_text()
    assert "| heat | projected |" in text and "0.178" in text and "Not run" not in text


@pytest.mark.slow
def test_the_lagrangian_network_keeps_its_own_energy(script, tmp_path):
    """After few steps the true energy is wrong, and the learned one is kept all the same."""
    record = script("lagrangian_network").main(["--reduced", "--out", str(tmp_path)])
    found = record["runs"]["Lagrangian, 1/8 | 0"]
    assert found["own"] < 0.1 < 1 < found["last"] and found["samples"] == 500 * 64
    text = (tmp_path / "lagrangian_network.md").read_text()
    assert "| plain, 1/8 | 1 |" in text and (tmp_path / "lagrangian_network.svg").stat().st_size > 3000


@pytest.mark.slow
def test_the_exact_lagrangian_has_no_energy_error(script):
    """What is measured is the network: the known Lagrangian in its place has none, another gravity has much."""
    module = script("lagrangian_network")
    kit, config = module.toolkit("jax"), script("harness").configuration(FOLDER / "lagrangian_network.toml", True)
    for text, low, high in ((module.DOUBLE_PENDULUM, 0.0, 0.01), (module.DOUBLE_PENDULUM.replace("49/5", "5"), 1.0, 100.0)):
        known = module.Lagrangian.parse(text, unknowns=("q", "p"))
        found = module.measured(kit, config, kit.LagrangianODE(kit.symbolic_scalar(known)))
        assert low <= found["worst"] < high and found["lost"] == 0


@pytest.mark.slow
def test_hamiltonian_networks(script, tmp_path):
    module = script("hamiltonian_network")
    for name, system in module.SYSTEMS.items():
        x = np.random.default_rng(2).standard_normal((5, 8 if name == "two bodies" else 2))
        step = 1e-6 * system.field(x)
        assert np.abs(system.energy(x + step) - system.energy(x - step)).max() < 1e-11, "the energy is conserved"
        assert np.abs(system.energy(x + step[::-1]) - system.energy(x - step[::-1])).max() > 1e-8
    record = module.main(["--reduced", "--out", str(tmp_path)])
    learned, plain = (record["runs"][f"spring: {kind} | 0"] for kind in ("Hamiltonian", "plain"))
    assert learned["energy"] < 1e-2 < plain["energy"] and learned["steps"] in record["config"]["spring"]["steps"]
    assert "| spring: Hamiltonian | 1 |" in (tmp_path / "hamiltonian_network.md").read_text()


def test_every_experiment_has_a_protocol_and_reads_it(script):
    """Seeds stand in one place; whatever trains has a budget of steps; limits are those of the code."""
    protocol, harness = script("protocol"), script("harness")
    named = {
        path.stem for path in FOLDER.glob("*.py") if "experiment(\n" in (text := path.read_text()) or 'experiment("' in text
    }
    assert named - {"harness"} == set(protocol.PROTOCOLS) == {path.stem for path in FOLDER.glob("*.toml")}
    for name, entry in protocol.PROTOCOLS.items():
        assert "seeds" not in harness.read_config(FOLDER / f"{name}.toml"), "the seeds are those of the protocol"
        config = harness.configuration(FOLDER / f"{name}.toml", False)
        assert config["seeds"] == list(entry.seeds) and entry.selection
        steps = dict(protocol.budgets(config))
        assert bool(steps) == entry.trains and all(count > 0 for count in steps.values())
    for seeds in ((0, 1, 2), (0, 0, 1, 2, 3)):
        with pytest.raises(DataError, match="at least 5"):
            protocol.Protocol("nothing", seeds=seeds)
    with pytest.raises(DataError, match="no protocol for magic"):
        harness.configuration(Path("magic.toml"), False)


def test_frozen_limits_are_those_of_the_code(script):
    from liesym.learn import trust

    limits = script("protocol").protocol("contrastive").limit
    assert limits("ratio") == trust.LARGEST_RATIO and limits("rank share") == trust.LEAST_RANK_SHARE
    assert limits("worst trajectory") == trust.LARGEST_WORST
    pull = script("harness").configuration(FOLDER / "stabilization.toml", False)["pull"]
    assert script("protocol").protocol("stabilization").limit("defect") == pull["target"]


def test_the_form_of_a_small_system_is_not_chosen_by_the_tests(script):
    small = script("small_systems")
    runs = {"a: right": [{"rmse": 2.0, "held_out": 0.1}], "a: lucky": [{"rmse": 1.0, "held_out": 0.3}]}
    assert small.chosen(runs) == "a: right"


def test_corrections_are_those_of_the_records(script, tmp_path):
    """The page in the documentation is the one that the records give today, and says each claim with its page."""
    pytest.importorskip("torch")
    corrections = script("corrections")
    text = corrections.main(["--out", str(tmp_path)])
    kept = (FOLDER.parents[1] / "docs" / "results" / "corrections.md").read_text()
    assert text == kept, "run examples/experiments/corrections.py"
    assert text.count("*Stood*") == text.count("*Holds*") == len(corrections.CORRECTIONS) and "nan" not in text


@pytest.mark.slow
def test_laws_kept_in_the_solve_backward(script, tmp_path):
    pytest.importorskip("torch")
    record = script("adjoint_laws").main(["--reduced", "--out", str(tmp_path)])
    plain, kept = record["runs"]["Lotka-Volterra | 0"]["points"]
    assert not plain["kept"] and kept["kept"] and plain["calls"] < kept["calls"] < 1.5 * plain["calls"]
    assert 0 < kept["error"] < 1 and 0 < plain["error"] < 1 and kept["error"] != plain["error"]
    assert "| Lotka-Volterra | 1e-3 | 1 | 1 |" in (tmp_path / "adjoint_laws.md").read_text()


def test_the_groups_of_the_ten_systems_are_symmetries(script):
    """f(g x) = dg f(x) for each element that is drawn; a boost moves the rates of the positions by its speed too."""
    problems = script("hybrid_problems").PROBLEMS
    for name, problem in problems.items():
        x = problem.starts(np.random.default_rng(0), 20)
        rates, moved = problem.field(x), problem.moved(x, np.random.default_rng(1))
        along = problem.moved(x + rates, np.random.default_rng(1)) - moved
        if name in ("two bodies", "three bodies on a line"):
            half = x.shape[1] // 2
            along[:, :half] += (moved - x)[:, half:]
        assert np.allclose(problem.field(moved), along, atol=1e-12), name
        assert np.abs(moved - x).max() > 1, name


@pytest.mark.slow
def test_a_hybrid_is_as_good_on_moved_starts_and_a_plain_network_is_not(script, tmp_path):
    hybrid_systems = script("hybrid_systems")
    record = hybrid_systems.main(["--reduced", "--out", str(tmp_path)])
    plain, hybrid = (record["runs"][f"spiral to a cycle: {form} | 0"] for form in ("plain", "hybrid"))
    assert hybrid["moved"]["errors"] == pytest.approx(hybrid["as trained"]["errors"], rel=1e-3)
    assert plain["moved"]["errors"] != pytest.approx(plain["as trained"]["errors"], rel=1e-2)
    assert len(hybrid["curve"]) == hybrid_systems.PLACES and "curve" not in plain
    text = (tmp_path / "hybrid_systems.md").read_text()
    assert "of 1 systems" in text and (tmp_path / "hybrid_systems.svg").stat().st_size > 5000
