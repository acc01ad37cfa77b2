"""Flows of the generators of the catalogue: most have a closed form.

And every closed form passes its check.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from runs import dealt
from sympy import Symbol

from liesym.flow import flow
from liesym.flow.check import satisfies_flow
from liesym.model.system import ODESystem
from liesym.symmetries.generator import Generator
from liesym.text import read_expression

CORPUS = json.loads((Path(__file__).parent / "corpus.json").read_text(encoding="utf-8"))
QUICK = (
    "harmonic_oscillator",
    "kepler_3d",
    "blasius",
    "calogero_2",
    "magnetic_2d",
    "kamke6_117",
    "kamke1_122",
)
ε = Symbol("epsilon", real=True)


def generators(entry: dict) -> list[Generator]:
    system = ODESystem.parse("; ".join(entry["equations"]), independent=entry["independent"])
    symbols = {s.name: s for s in (*system.variables, *system.parameter_symbols)}
    return [
        Generator.from_mapping(system.variables, {k: read_expression(v, symbols=symbols) for k, v in g.items()})
        for g in entry["generators"]
    ]


@pytest.mark.parametrize("name", dealt(QUICK, late=("calogero_2", "magnetic_2d")))
def test_closed_forms_of_well_known_groups(name: str) -> None:
    found = [flow(g, ε) for entry in CORPUS if entry["id"] == name for g in generators(entry)]
    exact = [f for f in found if f.exact]
    assert all(satisfies_flow(f.generator, f.components, ε) for f in exact)
    assert len(exact) >= len(found) - 3
    assert all(f.order == 4 for f in found if not f.exact)


@pytest.mark.parametrize(
    ("every", "share"), [pytest.param(3, 0.87, marks=pytest.mark.slow), pytest.param(1, 0.9, marks=pytest.mark.nightly)]
)
def test_most_generators_of_the_catalogue_have_a_closed_form(every: int, share: float) -> None:
    """The rest hold Airy functions, or are projective in coordinates that the methods do not find."""
    found = [flow(g, ε).exact for entry in CORPUS[::every] for g in generators(entry)]
    assert sum(found) >= share * len(found)
