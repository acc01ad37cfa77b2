"""Models of other programs, and systems, in each other's form."""

from __future__ import annotations

from liesym.base.jets import jet_symbol
from liesym.model.system import ODESystem
from liesym.text.formats.record import ModelFile
from liesym.text.solved import SolvedForm


def first_order_model(model: ModelFile) -> ModelFile:
    """The same model with an unknown x_k for each derivative x^(k), and its values at the start."""
    if max(model.form.orders) == 1:
        return model
    system = ODESystem.from_solved(model.form).first_order()
    given = [(x, k) for x, n in zip(model.form.unknowns, model.form.orders, strict=True) for k in range(n)]
    names = {jet_symbol(x, k).name: y.name for (x, k), y in zip(given, system.unknowns, strict=True)}
    form = SolvedForm(system.independent, system.unknowns, system.orders, system.rhs, system.parameters, model.form.notes)
    return ModelFile(form, model.title, tuple((names[name], value) for name, value in model.initial))
