"""Equations whose unknown functions are networks: values, gradients, and the laws that hold whatever the networks are."""

from __future__ import annotations

import copy
import pickle

import numpy as np
import pytest
import sympy as sp
from training_support import kit as kit
from training_support import precise, weights_of

import liesym
from liesym.base.budget import UNLIMITED
from liesym.errors import TrainingError, Unsupported
from liesym.invariants.open.laws import candidates
from liesym.invariants.open.options import option_of
from liesym.learn.fitting import Sampler, Settings
from liesym.learn.trajectories import Trajectories, simulate

CENTRAL = "x'' = -2*V'(x^2+y^2)*x; y'' = -2*V'(x^2+y^2)*y"
LAWS = ("x*y' - x'*y", "(x'^2 + y'^2)/2 + V(x^2+y^2)")
STARTS = np.array([[1.0, 0.2, -0.1, 0.8], [0.7, -0.5, 0.4, 0.6], [-0.9, 0.3, 0.2, -1.1]])
TIMES = np.linspace(0.0, 0.2, 3)


def net(kit, inputs=1, seed=0):
    found, dtype = kit
    return found.MLP((inputs, 6, 1), seed=seed, dtype=dtype)


def central(kit, seed=0):
    return kit[0].HybridODE(CENTRAL, functions={"V": net(kit, seed=seed)})


def array(kit, values):
    """In double precision."""
    return kit[0].as_tensor(np.asarray(values), None)


def numbers(values):
    return np.asarray(values.detach() if hasattr(values, "detach") else values)


def module(kit, rule):
    """A module of the library, no network, that computes rule(self, …)."""
    if kit[0].__name__.startswith("liesym_torch"):
        from torch.nn import Module

        return type("Rule", (Module,), {"forward": rule})()
    from equinox import Module

    return type(Module)("Rule", (Module,), {"__call__": rule})()


def test_the_field_is_that_of_the_formula_with_the_function_written_in(kit):
    field = kit[0].HybridODE(CENTRAL, functions={"V": module(kit, lambda self, s: s**3)})
    written = liesym.ODESystem.parse(CENTRAL.replace("V'(x^2+y^2)", "3*(x^2+y^2)^2"))
    wanted = liesym.lower(written, backend="numpy")(None, STARTS)
    assert np.abs(numbers(field(None, array(kit, STARTS))) - wanted).max() < 1e-14
    assert np.abs(numbers(field(0.0, array(kit, STARTS[0]))) - wanted[0]).max() < 1e-14


def test_gradients_reach_networks_and_parameters(kit):
    """d/d log k of Σ f² against a difference quotient; no weight is left out."""
    found, dtype = kit
    system = liesym.ODESystem.parse("x' = -k*f(x) + b*x", parameters={"k": {"positive": True}, "b": {"value": 0.3}})

    def model(k):
        return found.HybridODE(system, {"f": net(kit)}, {"k": k}, dtype=dtype)

    points, h = np.array([[0.4], [-0.2]]), 1e-5
    gradient = slopes(kit, model(2.0), points)
    above, below = ((found.evaluate_field(model(2.0 * np.exp(s * h)), 0.0, points) ** 2).sum() for s in (1, -1))
    assert abs((above - below) / (2 * h) - gradient[-1]) < 1e-8
    assert gradient.size == 6 + 6 + 6 + 1 + 1 and np.all(gradient != 0)
    assert model(2.0).values() == pytest.approx({"k": 2.0})


def test_parameters_come_from_args_then_training_then_the_declaration(kit):
    found, dtype = kit
    system = liesym.ODESystem.parse("x' = a*b*c*f(x)", parameters={"c": {"value": 5.0}})
    field = found.HybridODE(system, {"f": lambda s: s}, {"a": 2.0}, dtype=dtype)
    x = array(kit, [[1.0]])
    assert numbers(field(None, x, {"b": 3.0})).item() == 30.0
    assert numbers(field(None, x, {"b": 3.0, "a": 1.0, "c": 1.0})).item() == 3.0
    with pytest.raises(TrainingError, match="expected a mapping"):
        field(None, x, 3.0)


def test_time_inputs_and_functions_of_two_arguments(kit):
    """x' = u(t) g(x, y), y' = u'(t) with u = t² given and g(a, b) = a - 2 b as a module of two arguments."""
    found, _ = kit
    field = found.HybridODE(
        "x' = u(t)*g(x, y); y' = u'(t)", {"g": module(kit, lambda self, a, b: a - 2 * b)}, inputs={"u": lambda t: t**2}
    )
    rate = numbers(field(array(kit, [2.0, 3.0]), array(kit, [[5.0, 1.0], [7.0, 2.0]])))
    assert rate.tolist() == [[12.0, 4.0], [27.0, 6.0]]
    stacked = found.HybridODE("x' = g(x, y); y' = 0", {"g": net(kit, inputs=2)})
    assert numbers(stacked(None, array(kit, [[0.5, 0.1]]))).shape == (1, 2)


def test_what_is_missing_or_foreign_is_named(kit):
    found, _ = kit
    with pytest.raises(TrainingError, match=r"V: no network is given; write functions=\{'V': module\}"):
        found.HybridODE(CENTRAL)
    with pytest.raises(TrainingError, match="W: no such functions; the system has V"):
        found.HybridODE(CENTRAL, {"V": net(kit), "W": net(kit)})
    with pytest.raises(TrainingError, match="k: no such parameters"):
        found.HybridODE(CENTRAL, {"V": net(kit)}, {"k": 1.0})
    with pytest.raises(TrainingError, match="no function of t alone"):
        found.HybridODE("x' = f(x)", inputs={"f": lambda t: t})
    with pytest.raises(TrainingError, match="given as a function and as an input"):
        found.HybridODE("x' = u(t)", {"u": net(kit)}, inputs={"u": lambda t: t})
    with pytest.raises(TrainingError, match="V has values of shape"):
        found.HybridODE(CENTRAL, {"V": found.MLP((1, 4, 2), dtype=kit[1])})(None, array(kit, STARTS))


def test_what_is_no_mapping_callable_or_number_is_named(kit):
    found, _ = kit
    text = "x' = -k*f(x) + u(t)"
    for functions, parameters, inputs, said in (
        ({"f": 3}, None, {"u": abs}, "f = 3; expected a module or another callable"),
        ({"f": abs}, None, {"u": None}, "u = None; expected"),
        ([abs], None, None, "functions is a mapping from names, not list"),
        ({"f": abs}, ["k"], {"u": abs}, "parameters is a mapping from names, not list"),
        ({"f": abs}, {"k": "a"}, {"u": abs}, "k = 'a'; expected a finite number"),
        ({"f": abs}, {"k": [1, 2]}, {"u": abs}, "expected a finite number"),
        ({"f": abs}, {"k": np.nan}, {"u": abs}, "k = nan; expected a finite number"),
    ):
        with pytest.raises(TrainingError, match=said):
            found.HybridODE(text, functions, parameters, inputs=inputs)


def test_what_does_not_fit_is_one_error_of_ours(kit):
    """The size of a network's input, dtypes by name, classes for modules, and the shapes of states, times and args."""
    found, dtype = kit
    x = array(kit, [[1.0], [2.0], [3.0]])
    field = found.HybridODE("x' = k*u(t)*f(x)", {"f": net(kit)}, inputs={"u": lambda t: t}, dtype=dtype)
    wide = found.HybridODE("x' = f(x)", {"f": net(kit, inputs=2)})
    for call, said in (
        (lambda: wide(None, x), "f: the module is called with an array with 1 on its last axis"),
        (lambda: found.HybridODE("x' = f(x)", {"f": found.MLP}), "f = MLP is a class; give one that is made"),
        (
            lambda: found.HybridODE("x' = k*f(x)", {"f": abs}, {"k": 1.0}, dtype="float65"),
            "dtype = 'float65'; expected a real",
        ),
        (lambda: found.HybridODE("x' = k*f(x)", {"f": abs}, {"k": 1.0}, dtype=int), "expected a real dtype"),
        (
            lambda: field(1.0, x, {"k": array(kit, np.ones(5))}),
            r"k has shape \(5,\); expected a number, or the shape \(3,\)",
        ),
        (lambda: field(array(kit, np.ones(5)), x, {"k": 1.0}), r"t has shape \(5,\)"),
        (lambda: field(1.0, x, {"k": "one"}), "k = 'one'; expected numbers"),
        (lambda: field(1.0, x, {"k": None}), "k = None; expected numbers"),
        (lambda: field(1.0, "one", {"k": 1.0}), "x = 'one'; expected numbers"),
    ):
        with pytest.raises(TrainingError, match=said):
            call()
    assert found.HybridODE("x' = k*f(x)", {"f": abs}, {"k": 1.0}, dtype="float64").values() == {"k": 1.0}


def test_in_torch_a_foreign_state_and_another_dtype_are_named():
    torch, found = pytest.importorskip("torch"), pytest.importorskip("liesym_torch")
    field = found.HybridODE("x' = f(x)", {"f": found.MLP((1, 4, 1))})
    with pytest.raises(TrainingError, match="f: its weights are float32 and the state is float64; give both one dtype"):
        field(None, torch.ones(2, 1, dtype=torch.float64))
    assert field.double()(None, torch.ones(2, 1, dtype=torch.float64)).shape == (2, 1)
    for other in (found.HybridODE("x' = f(x)", {"f": found.MLP((1, 5, 1))}).state_dict(), {"k": 1.0}, [1]):
        with pytest.raises(TrainingError, match="the state is not that of this HybridODE"):
            field.load_state_dict(other)


def test_names_of_methods_of_torch_are_named():
    torch, found = pytest.importorskip("torch"), pytest.importorskip("liesym_torch")
    with pytest.raises(TrainingError, match="half: containers of torch have a method of that name"):
        found.HybridODE("x' = half(x)", {"half": torch.nn.Linear(1, 1)})
    with pytest.raises(TrainingError, match="items: containers of torch"):
        found.HybridODE("x' = items*f(x)", {"f": abs}, {"items": 1.0})


def test_the_laws_proven_with_the_function_open_hold_for_every_network(kit):
    """∇I·f = 0 for the integrals that the engine finds, and along a solve that is put back on their level set."""
    found, _ = kit
    field = central(kit)
    integrals = field.first_integrals()
    assert len(integrals) == 2
    residual = found.conservation_residual(field, field.law(integrals))
    assert np.abs(numbers(residual(None, array(kit, STARTS)))).max() < 1e-14
    model = found.NeuralODE(field, retract=field.levels(integrals))
    assert np.abs(defects(kit, model, field.law(integrals))).max() < 1e-14


def defects(kit, model, law, args=None):
    states = model(array(kit, STARTS), array(kit, TIMES), args)
    return numbers(kit[0].drift(law, time_axis=1)(array(kit, np.tile(TIMES, (3, 1))), states, args))


def test_the_form_of_a_relation_keeps_its_laws_for_every_network(kit):
    """x g = y f and f_y = g_x built in: whatever V is, both laws have rate 0 along the field."""
    system = liesym.ODESystem.parse("x'' = f(x,y); y'' = g(x,y)")
    plain = [c for c in candidates(system) if c.kind in ("energy", "rotation")]
    option = option_of(system, plain, UNLIMITED)
    assert option is not None and len(option.conserved) == 2
    found, _ = kit
    field = found.HybridODE(option.form, functions={"V": net(kit)})
    rates = found.conservation_residual(field, field.law(option.to_json()["conserved"]))(None, array(kit, STARTS))
    assert rates.shape == (3, 2) and np.abs(numbers(rates)).max() < 1e-12


def test_laws_are_read_as_text_and_matched_by_name(kit):
    field = central(kit)
    x, y, u, v = sp.symbols("x y x' y'")
    given = field.law([LAWS[0], x * v - u * y])(None, array(kit, STARTS))
    assert np.ptp(numbers(given), axis=-1).max() == 0.0
    with pytest.raises(Unsupported, match="antiderivative"):
        field.law("integral(V(x), x)")


def test_projections_use_the_networks_of_the_field_and_hold_them_once(kit):
    """Its own laws leave the field as it is, before and after all weights are changed."""
    found, _ = kit
    field = central(kit)
    levels = field.levels(LAWS)
    model = found.NeuralODE(found.Stabilization(found.TangentProjection(field, levels), levels), retract=levels)
    assert weights_of(found, model).size == weights_of(found, field).size == 6 + 6 + 6 + 1
    changed = doubled(kit, model)
    projection = changed.field.inner
    x = array(kit, STARTS)
    assert np.abs(numbers(projection(None, x)) - numbers(projection.inner(None, x))).max() < 1e-14
    assert np.abs(numbers(projection(None, x)) - numbers(field(None, x))).max() > 0.01
    levels = changed.held or changed.retract.of(projection.inner)
    assert np.array_equal(numbers(levels.values(None, x)), numbers(projection.inner.law(LAWS)(None, x)))


def slopes(kit, model, x):
    """The gradient of Σ f(x)² by all weights."""
    if kit[0].__name__.startswith("liesym_torch"):
        import torch

        (model(None, array(kit, x)) ** 2).sum().backward()
        found = [torch.zeros_like(weight) if weight.grad is None else weight.grad for weight in model.parameters()]
        return np.concatenate([slope.numpy().ravel() for slope in found])
    import equinox as eqx
    import jax

    gradient = eqx.filter_jit(eqx.filter_grad(lambda m: (m(None, array(kit, x)) ** 2).sum()))(model)
    return np.concatenate([np.asarray(g).ravel() for g in jax.tree.leaves(gradient)])


def doubled(kit, model):
    """A copy whose weights are twice as large."""
    if kit[0].__name__.startswith("liesym_torch"):
        import torch

        model = copy.deepcopy(model)
        with torch.no_grad():
            for weight in model.parameters():
                weight.mul_(2.0)
        return model
    import equinox as eqx
    import jax

    return jax.tree.map(lambda a: 2.0 * a if eqx.is_inexact_array(a) else a, model)


def test_a_plain_network_on_the_level_sets_of_a_hybrid_trains_both(kit):
    """A plain field keeps the energy with an unknown V: V becomes a part of the model and has a gradient."""
    found, dtype = kit
    field = central(kit)
    plain = found.MLPField(4, width=5, depth=1, dtype=dtype)
    model = found.TangentProjection(plain, field.levels(LAWS[1]))
    gradient = slopes(kit, model, STARTS)
    count = sum(a * b + b for a, b in ((4, 5), (5, 4), (1, 6), (6, 1)))
    assert gradient.size == count and np.count_nonzero(gradient) == count - 1  # a constant of V moves nothing
    rate = found.conservation_residual(model, field.law(LAWS[1]))
    assert np.abs(numbers(rate(None, array(kit, STARTS)))).max() < 1e-14


def test_a_law_with_time_is_kept_without_naming_t(kit):
    """I = e^t x is constant for x' = -x; x' = 5 projected on its level sets is -x again."""
    found, _ = kit
    t, x = sp.symbols("t x", real=True)
    levels = found.LevelSets.from_expressions([sp.exp(t) * x], (x,))
    field = found.TangentProjection(lambda when, state, args=None: 5.0 + 0 * state, levels)
    state = array(kit, [[0.5], [2.0]])
    assert np.abs(numbers(field(array(kit, [0.3, 0.7]), state)) + numbers(state)).max() < 1e-14
    hybrid = found.HybridODE("x' = -x*f'(t)", {"f": net(kit)})
    again = found.TangentProjection(lambda when, state, args=None: 5.0 + 0 * state, hybrid.levels("exp(f(t))*x"))
    clock = array(kit, [0.3, 0.7])
    assert np.abs(numbers(again(clock, state)) - numbers(hybrid(clock, state))).max() < 1e-14


def test_parameters_of_a_law_are_given_to_a_projection_in_args(kit):
    """I = x² + k y² with k in args."""
    found, _ = kit
    x, y, k = sp.symbols("x y k", real=True)
    levels = found.LevelSets.from_expressions([x**2 + k * y**2], (x, y), parameters=(k,))
    field = found.TangentProjection(lambda t, state, args=None: state, levels)
    state = array(kit, [[1.0, 2.0]])
    rate = numbers(field(None, state, {"k": 3.0}))
    assert abs(rate @ np.array([1.0, 3.0 * 2.0])) < 1e-14


def test_a_hybrid_is_trained_by_the_usual_loop(kit):
    found, _ = kit

    def oscillator(t, x):
        return np.array([x[1], -x[0]])

    starts = np.array([[1.0, 0.0], [0.5, 0.5]])
    data = Trajectories(np.tile(TIMES, (2, 1)), simulate(oscillator, starts, TIMES), ("x", "x'"))
    model = found.NeuralODE(found.HybridODE("x'' = -V'(x)", {"V": net(kit)}))
    settings = Settings(steps=12, learning_rate=0.05, checkpoint_every=12)
    run = found.train(model, found.SymmetryLoss(found.misfit()), Sampler(data, settings), settings)
    assert run.history["data"][-1] < 0.5 * run.history["data"][0]


def test_in_torch_it_is_saved_loaded_and_copied(tmp_path):
    torch = pytest.importorskip("torch")
    found = precise("torch")[:2]
    x = torch.as_tensor(STARTS)
    field, other = central(found), central(found, seed=3)
    projected = found[0].TangentProjection(field, field.levels(LAWS))
    other.load_state_dict(field.state_dict())
    assert next(iter(field.state_dict())) == "functions.V.weights.0"
    torch.save(projected, tmp_path / "field.pt")
    loaded = torch.load(tmp_path / "field.pt", weights_only=False)
    for same in (other, copy.deepcopy(field), pickle.loads(pickle.dumps(field)), loaded):
        assert torch.allclose(same(None, x), field(None, x), rtol=1e-13)
    assert next(central(found).float().parameters()).dtype == torch.float32


@pytest.mark.slow
def test_in_torch_it_is_compiled_as_one_graph():
    torch = pytest.importorskip("torch")
    field, x = central(precise("torch")[:2]), torch.as_tensor(STARTS)
    assert torch.allclose(torch.compile(field, fullgraph=True)(None, x), field(None, x), rtol=1e-13)


def test_in_jax_ensembles_are_made_by_vmap_and_by_stacking():
    jax = pytest.importorskip("jax")
    import equinox as eqx
    import jax.numpy as jnp

    toolkit, _, context = precise("jax")
    with context:

        def make(key):
            single = eqx.nn.MLP(1, 1, 5, 1, activation=jnp.tanh, key=key)
            return toolkit.HybridODE(CENTRAL, {"V": single})

        keys = jax.random.split(jax.random.key(0), 3)
        x = jnp.asarray(STARTS)
        members = [make(key) for key in keys]
        stacked = jax.tree.map(lambda *a: jnp.stack(a) if eqx.is_array(a[0]) else a[0], *members)
        every = eqx.filter_jit(eqx.filter_vmap(lambda field: field(None, x)))
        wanted = np.stack([member(None, x) for member in members])
        assert np.allclose(every(stacked), wanted, rtol=1e-12)
        assert np.allclose(every(eqx.filter_vmap(make)(keys)), wanted, rtol=1e-12)
        scalar = eqx.nn.MLP("scalar", "scalar", 5, 1, activation=jnp.tanh, key=keys[0])
        assert toolkit.HybridODE(CENTRAL, {"V": scalar})(None, x).shape == x.shape
