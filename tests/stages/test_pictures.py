"""Pictures: what the artists hold, not only that there are some."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from sympy import Symbol, symbols

from liesym import Generator, ODESystem
from liesym.algebra import LieAlgebra
from liesym.app.pictures import brackets_graph, commutator_graph, level_sets, phase_portrait
from liesym.base.jets import jet_symbol
from liesym.errors import AnsatzError

pytest.importorskip("matplotlib")

t, x, y = symbols("t x y", real=True)
OSCILLATOR = ODESystem.parse("x'' = -x")
SCALING = Generator((t, x), (t * 0, x))
SL2 = LieAlgebra.from_constants(3, {(0, 1): {0: 1}, (0, 2): {1: 2}, (1, 2): {2: 1}})


def test_a_portrait_holds_the_solution_and_its_image() -> None:
    axes = phase_portrait(OSCILLATOR, [[1.0, 0.0], [0.5, 0.2]], span=(0.0, 3.0), generator=SCALING, epsilon=0.4)
    assert len(axes.lines) == 4
    solid, dashed = (np.asarray(line.get_xydata()) for line in axes.lines[:2])
    times = np.linspace(0, 3, len(solid))
    assert np.allclose(solid, np.column_stack([np.cos(times), -np.sin(times)]), atol=1e-7)
    assert np.allclose(dashed, np.exp(0.4) * solid, atol=1e-7)
    assert axes.lines[0].get_color() == axes.lines[1].get_color()
    assert axes.lines[1].get_linestyle() == "--"
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("x", "x'")


def test_the_image_under_a_symmetry_is_a_solution_and_under_another_field_is_not() -> None:
    """Lotka-Volterra moved along its own solutions stays on its orbits; scaled it does not."""
    system = ODESystem.parse("x' = x - x*y; y' = x*y - y")
    along = Generator((t, x, y), (t * 0, x - x * y, x * y - y))
    wrong = Generator((t, x, y), (t * 0, x, y))

    def drift(generator: Generator) -> float:
        axes = phase_portrait(system, [[1.5, 0.8]], span=(0.0, 4.0), generator=generator, epsilon=0.2)
        (first, _), (a, b) = np.asarray(axes.lines[1].get_xydata())[0], np.asarray(axes.lines[1].get_xydata()).T
        level = a - np.log(a) + b - np.log(b)
        assert np.isfinite(first)
        return float(np.ptp(level))

    assert drift(along) < 1e-6 < 1e-2 < drift(wrong)


def test_a_portrait_says_what_it_needs() -> None:
    with pytest.raises(AnsatzError, match="2 values"):
        phase_portrait(OSCILLATOR, [[1.0]])
    with pytest.raises(AnsatzError, match="two of the states"):
        phase_portrait(OSCILLATOR, [[1.0, 0.0]], plane=(x, y))


def test_the_arrows_of_the_graph_are_the_brackets() -> None:
    graph = brackets_graph(SL2)
    assert set(graph.edges) == {("X1", "X1"), ("X1", "X2"), ("X3", "X2"), ("X2", "X1"), ("X2", "X3"), ("X3", "X3")}
    assert graph.edges["X1", "X2"]["pairs"] == ((2, 2),) and graph.edges["X1", "X2"]["label"] == "2*X3"
    axes = commutator_graph(SL2)
    written = [text.get_text() for text in axes.texts]
    assert {"X1", "X2", "X3", "2*X3", "-X2"} <= set(written)
    assert len(axes.patches) == len(graph.edges)


def test_level_sets_lie_on_the_levels() -> None:
    v = jet_symbol(x, 1)
    energy = v**2 / 2 + Symbol("k", real=True) * x**2 / 2
    axes = level_sets(energy, (x, v), values={"k": 4.0}, count=5)
    (contours,) = axes.collections
    checked = 0
    for level, path in zip(contours.levels, contours.get_paths(), strict=True):
        a, b = np.asarray(path.vertices).T
        assert np.allclose(b**2 / 2 + 2 * a**2, level, atol=2e-3)
        checked += len(a)
    assert checked > 100
    with pytest.raises(AnsatzError, match="give values"):
        level_sets(energy, (x, v))
    with pytest.raises(AnsatzError, match="constant"):
        level_sets(x * 0 + 1, (x, v))


def test_pictures_go_into_a_file_and_onto_given_axes(tmp_path: Path) -> None:
    from matplotlib.figure import Figure

    figure = Figure()
    left, right = figure.subplots(1, 2)
    assert commutator_graph(SL2, axes=left) is left
    assert level_sets(x**2 + y**2, (x, y), axes=right) is right
    figure.savefig(tmp_path / "two.svg")
    assert "<svg" in (tmp_path / "two.svg").read_text(encoding="utf-8")


@pytest.mark.slow
def test_the_pictures_of_the_documentation_are_made_by_their_script(tmp_path: Path) -> None:
    root = Path(__file__).parents[2]
    script = root / "examples" / "pictures.py"
    subprocess.run([sys.executable, str(script), str(tmp_path)], check=True, cwd=root, capture_output=True)
    page = (root / "docs" / "pictures.md").read_text(encoding="utf-8")
    for made in tmp_path.glob("*.svg"):
        assert f"pictures/{made.name}" in page and (root / "docs" / "pictures" / made.name).exists()
    assert len(list(tmp_path.glob("*.svg"))) == 3
