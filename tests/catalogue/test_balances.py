"""Conserved sums of published kinetic models: as many as an independent count of ranks gives, and kept by later searches.

`models.json`: published kinetic models as text, with the number of independent linear integrals.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from runs import dealt
from sympy import Expr, Poly

from liesym import ODESystem, first_integrals
from liesym.base.budget import UNLIMITED, Budget
from liesym.conservation.balances import balances, most_balances, nonnegative_first, written_balances
from liesym.conservation.first_integrals import _Search
from liesym.determine.on_solutions import OnSolutions, jet_field
from liesym.determine.verify import is_first_integral

MODELS: list[dict[str, Any]] = json.loads((Path(__file__).parent / "models.json").read_text(encoding="utf-8"))


def _linear(found: tuple[Expr, ...], system: ODESystem) -> list[Expr]:
    """The integrals before the first that is not linear."""
    linear = []
    for integral in found:
        if not integral.is_polynomial(*system.unknowns) or Poly(integral, *system.unknowns).total_degree() != 1:
            break
        linear.append(integral)
    return linear


@pytest.mark.parametrize("model", MODELS, ids=[m["id"] for m in MODELS])
def test_as_many_sums_as_the_rank_allows(model: dict[str, Any]) -> None:
    system = ODESystem.parse("\n".join(model["equations"]))
    assert len(system.unknowns) == model["states"]
    search = _Search(system, 2, Budget.seconds(5), None)
    search.balances()
    assert len(search.selection.kept) == model["linear_integrals"] == search.selection.rank
    assert all(is_first_integral(e, system) for e in search.selection.kept)


@pytest.mark.parametrize(
    "name",
    dealt(("Bachmann_MSB2011", "Boehm_JProteomeRes2014", "Okuonghae_ChaosSolitonsFractals2020"), late=("Bachmann_MSB2011",)),
)
def test_later_searches_lose_none(name: str) -> None:
    model = next(m for m in MODELS if m["id"] == name)
    system = ODESystem.parse("\n".join(model["equations"]))
    assert len(_linear(first_integrals(system, budget=1), system)) == model["linear_integrals"]


def _cascade(length: int) -> ODESystem:
    """Enzymes E_i with two forms, each phosphorylated by the one before, with saturation: one balance for each."""
    equations = ["a0' = -k0*a0/(K0 + a0) + l0*b0", "b0' = k0*a0/(K0 + a0) - l0*b0"]
    for i in range(1, length):
        rate = f"k{i}*a{i}*b{i - 1}/(K{i} + a{i})"
        equations += [f"a{i}' = -{rate} + l{i}*b{i}", f"b{i}' = {rate} - l{i}*b{i}"]
    return ODESystem.parse("\n".join(equations))


def test_a_hundred_states() -> None:
    system = _cascade(50)
    on = OnSolutions(system, jet_field(system))
    found = balances(on, UNLIMITED)
    assert len(found) == 50
    assert {str(on.field.to_expr(e)) for e in found} == {f"a{i} + b{i}" for i in range(50)}


def test_coefficients_with_parameters_come_after_numbers() -> None:
    system = ODESystem.parse("x' = -a*x + b*y; y' = a*x - b*y; z' = c*x; w' = -d*x + t*0")
    found = _linear(first_integrals(system, budget=5), system)
    assert [str(e) for e in found[:2]] == ["x + y", "c*w + d*z"]
    assert all(is_first_integral(e, system) for e in found)


def test_sums_of_a_system_that_depends_on_time() -> None:
    system = ODESystem.parse("x' = -sin(t)*x*y; y' = -sin(t)*x*y; z' = 2*sin(t)*x*y + exp(x) - exp(x)")
    found = _linear(first_integrals(system, budget=5), system)
    assert [str(e) for e in found][:2] == ["2*x + z", "2*y + z"]


def test_nonnegative_vectors_come_first_and_span() -> None:
    # an enzyme with substrate: E + ES and S + ES + P, whose reduced basis has a difference
    assert nonnegative_first([(1, -1, 0, -1), (0, 1, 1, 1)]) == [(1, 0, 1, 0), (0, 1, 1, 1)]
    # the only sum with one sign: the other vector stays as it is
    assert nonnegative_first([(1, -1, 0), (0, 0, 1)]) == [(0, 0, 1), (1, -1, 0)]


def hill_ring(sizes: Sequence[int]) -> ODESystem:
    """Rings of states, each step with the rate k x z²/((K² + z²) (m + x)), z a state of another ring."""
    rates: dict[str, list[str]] = {}
    names = [[f"x{a}_{i}" for i in range(size)] for a, size in enumerate(sizes)]
    for a, ring in enumerate(names):
        other = names[(a + 1) % len(names)]
        for i, name in enumerate(ring):
            rate = f"k{name}*{name}*{other[i % len(other)]}^2/(K^2 + {other[i % len(other)]}^2)/(m{name} + {name})"
            rates.setdefault(name, []).append(f"-{rate}")
            rates.setdefault(ring[(i + 1) % len(ring)], []).append(f"+{rate}")
    return ODESystem.parse("; ".join(f"{name}' = {' '.join(terms)}" for name, terms in rates.items()))


def test_rational_rates_are_never_brought_over_one_denominator() -> None:
    """One sum a ring, found from the terms as they are written; the values modulo a prime say that these are all."""
    system = hill_ring((2, 3, 5, 6, 8, 12))
    sums = written_balances(system)
    assert sorted(sum(v) for v in sums) == [2, 3, 5, 6, 8, 12]
    assert {c for v in sums for c in v} == {0, 1}
    on = OnSolutions(system, jet_field(system))
    assert most_balances(on) == len(sums)


def test_numbers_in_front_of_rates_are_weights() -> None:
    """2 A -> B with the volumes 3 and 5: 3 A + 10 B is kept."""
    assert written_balances(ODESystem.parse("A' = -2*k*A^2/3; B' = k*A^2/5")) == [(3, 10)]
    assert written_balances(ODESystem.parse("x' = 0; y' = 1; z' = 2")) == [(1, 0, 0), (0, 2, -1)]
    assert written_balances(ODESystem.parse("x' = -x; y' = 2*y")) == []
