"""Noether's laws of Lagrangians with many unknowns, by the affine fields beside the general search.

Source: Goldstein 1980, section 3.12; Olver 1993, section 5.4.
"""

from __future__ import annotations

import pytest

from liesym import noether
from liesym.conservation.select import gradient_rank
from liesym.determine.on_solutions import jet_field
from liesym.determine.verify import is_first_integral
from liesym.variational import euler_lagrange

PAIRS = ((1, 2), (1, 3), (2, 3))


def lagrangian(masses: tuple[str, str, str], force: str) -> str:
    kinetic = "+".join(f"{m}*(x{i}'^2+y{i}'^2)/2" for i, m in enumerate(masses, 1))
    distance = "((x{i}-x{j})^2+(y{i}-y{j})^2)"
    potential = "+".join(force.format(d=distance.format(i=i, j=j), i=masses[i - 1], j=masses[j - 1]) for i, j in PAIRS)
    return f"{kinetic} + {potential}"


@pytest.mark.slow
def test_three_bodies() -> None:
    """Energy, momenta, centre of mass, angular momentum."""
    text = lagrangian(("m1", "m2", "m3"), "{i}*{j}/sqrt({d})")
    laws = noether(text, budget=8)
    system = euler_lagrange(text)
    found = [law.integral for law in laws]
    assert len(laws) >= 6 and all(is_first_integral(i, system) for i in found)
    assert all(len(str(i)) < 500 for i in found)
    field = jet_field(system, found)
    assert gradient_rank([field(i) for i in found], field) == 6


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_a_budget_is_kept_where_the_affine_fields_take_long() -> None:
    """Rational pair potentials over one denominator: what is found in time is returned, or nothing."""
    assert isinstance(noether(lagrangian(("1", "1", "1"), "1/{d}"), budget=2), tuple)
