"""A hybrid is a plain module of its library: what users do with modules gives the same numbers, or one error of ours."""

from __future__ import annotations

import copy
import io
import pickle

import numpy as np
import pytest
from training_support import kit as kit
from training_support import precise

from liesym.errors import TrainingError

FORCE = "x'' = -2*k*V'(x^2+y^2)*x; y'' = -2*k*V'(x^2+y^2)*y"
LAWS = ("x*y' - x'*y", "(x'^2 + y'^2)/2 + k*V(x^2+y^2)")
STATES = np.array([[1.0, 0.2, -0.1, 0.8], [0.7, -0.5, 0.4, 0.6], [-0.9, 0.3, 0.2, -1.1]])


def made(toolkit, dtype, seed=0, sizes=(1, 6, 1)):
    """With k as a parameter beside the network."""
    network = toolkit.MLP(sizes, seed=seed, dtype=dtype)
    return toolkit.HybridODE(FORCE, {"V": network}, {"k": 1.5 + seed}, dtype=dtype)


def forms(toolkit, field):
    """The field by itself, in projections on laws without and with its network, and its flow."""
    states = toolkit.as_tensor(STATES, None)
    yield field, (None, states)
    for law in LAWS:
        yield toolkit.TangentProjection(field, field.levels(law)), (None, states)
    yield toolkit.NeuralODE(field), (states, toolkit.as_tensor(np.linspace(0.0, 0.2, 3), None))


def numbers(values):
    return np.asarray(values.detach() if hasattr(values, "detach") else values)


NAMES = ("float64", "float32")
GIVEN = {"name": str, "class of NumPy": lambda n: getattr(np, n), "dtype of NumPy": np.dtype}


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("given", GIVEN.values(), ids=GIVEN)
def test_a_dtype_is_given_as_users_have_it(kit, given, name):
    toolkit, _ = kit
    field = made(toolkit, given(name))
    value = field(None, toolkit.as_tensor(STATES.astype(name), None))
    assert str(value.dtype).endswith(name) and field.values() == {"k": 1.5}
    for wrong in ("flaot", np.dtype("int64"), "complex64"):
        with pytest.raises(TrainingError, match="expected a real dtype"):
            made(toolkit, wrong)


def test_a_network_of_another_size_is_one_error_of_ours(kit):
    toolkit, dtype = kit
    states = toolkit.as_tensor(STATES, None)
    with pytest.raises(TrainingError, match="V: the module is called with an array with 1 on its last axis"):
        made(toolkit, dtype, sizes=(2, 6, 1))(None, states)
    with pytest.raises(TrainingError, match="V has values of shape"):
        made(toolkit, dtype, sizes=(1, 6, 2))(None, states)


def test_copies_and_pickles_are_the_same_model(kit):
    toolkit, dtype = kit
    for model, given in forms(toolkit, made(toolkit, dtype)):
        for other in (copy.deepcopy(model), pickle.loads(pickle.dumps(model))):
            assert np.array_equal(numbers(other(*given)), numbers(model(*given)))


def test_in_torch_weights_move_between_dtypes_and_are_saved():
    torch = pytest.importorskip("torch")
    toolkit, dtype, _ = precise("torch")
    field, states = made(toolkit, dtype), torch.as_tensor(STATES)
    value = field(None, states)
    for moved in (copy.deepcopy(field).float(), copy.deepcopy(field).to(torch.float32)):
        assert torch.allclose(moved(None, states.float()), value.float(), rtol=1e-5)
        assert torch.allclose(moved.double()(None, states), value, rtol=1e-5)
        for mixed in ((field, states.float()), (copy.deepcopy(moved).float(), states)):
            with pytest.raises(TrainingError, match="give both one dtype"):
                mixed[0](None, mixed[1])
    buffer = io.BytesIO()
    torch.save(field, buffer)
    buffer.seek(0)
    assert torch.equal(torch.load(buffer, weights_only=False)(None, states), value)
    other = made(toolkit, dtype, seed=1)
    other.load_state_dict(field.state_dict())
    assert torch.equal(other(None, states), value)
    with pytest.raises(TrainingError, match=r"the state is not that of this HybridODE: .*size mismatch"):
        made(toolkit, dtype, sizes=(1, 9, 1)).load_state_dict(field.state_dict())


def test_in_torch_ensembles_are_made_by_stacking_and_vmap():
    """Values of all members at once, and the gradients of each by its own weights."""
    torch = pytest.importorskip("torch")
    toolkit, dtype, _ = precise("torch")
    members = [list(forms(toolkit, made(toolkit, dtype, seed))) for seed in range(3)]
    for alike in zip(*members, strict=True):
        models, given = [model for model, _ in alike], alike[0][1]
        weights, _ = torch.func.stack_module_state(models)

        def value(own, base=models[0], given=given):
            return torch.func.functional_call(base, own, given)

        wanted = torch.stack([model(*given) for model in models])
        torch.testing.assert_close(torch.func.vmap(value)(weights), wanted, rtol=1e-12, atol=1e-12)
        (wanted**2).sum().backward()
        found = torch.func.vmap(torch.func.grad(lambda own, value=value: (value(own) ** 2).sum()))(weights)
        for name, slopes in found.items():
            each = (model.get_parameter(name) for model in models)  # no force depends on the last bias of V
            own = torch.stack([torch.zeros_like(p) if p.grad is None else p.grad for p in each])
            torch.testing.assert_close(slopes, own, rtol=1e-9, atol=1e-12)
        for model in models:
            model.zero_grad()


def test_in_torch_it_is_one_graph_for_the_compiler():
    torch = pytest.importorskip("torch")
    toolkit, dtype, _ = precise("torch")
    for model, given in list(forms(toolkit, made(toolkit, dtype)))[:3]:
        whole = torch.compile(model, backend="eager", fullgraph=True)
        torch.testing.assert_close(whole(*given), model(*given))


@pytest.mark.slow
def test_in_jax_models_are_compiled_stacked_and_saved(tmp_path):
    jax = pytest.importorskip("jax")
    import equinox as eqx
    import jax.numpy as jnp

    toolkit, dtype, context = precise("jax")
    with context:
        members = [list(forms(toolkit, made(toolkit, dtype, seed))) for seed in range(2)]
        for each in zip(*members, strict=True):
            models, given = [model for model, _ in each], each[0][1]
            wanted = np.stack([model(*given) for model in models])
            assert np.allclose(eqx.filter_jit(models[0])(*given), wanted[0], rtol=1e-12)
            stacked = jax.tree.map(lambda *a: jnp.stack(a) if eqx.is_array(a[0]) else a[0], *models)
            found = eqx.filter_vmap(lambda model, given=given: model(*given))(stacked)
            assert np.allclose(found, wanted, rtol=1e-12)
            eqx.tree_serialise_leaves(tmp_path / "model.eqx", models[0])
            read = eqx.tree_deserialise_leaves(tmp_path / "model.eqx", models[1])
            assert np.array_equal(read(*given), models[0](*given))
