"""Pictures for the page: vector fields of generators and level sets of first integrals, as inline SVG.

Parameters take the values that the system states for them, or 1; variables that are not drawn are 1.
"""

from __future__ import annotations

import io
import re
from collections.abc import Sequence
from importlib.util import find_spec
from itertools import combinations
from typing import Any

import numpy as np
from sympy import Expr, Symbol
from sympy.core.function import AppliedUndef

from liesym.base.jets import jet_symbol
from liesym.errors import LiesymError
from liesym.lowering.lower import lower
from liesym.model.system import ODESystem
from liesym.symmetries.generator import Generator
from liesym.text.display import Display

EXTENT = 2.0
COUNT = 13
FINE = 41
_DIGITS = re.compile(r"(?<!scale\()(?<![\d.])(-?\d+\.\d\d)\d+")
"""Hundredths of a point are enough for eyes, and half the size; a scale keeps its digits."""


def is_available() -> bool:
    """True if matplotlib can be imported."""
    return find_spec("matplotlib") is not None


def generator_pictures(generators: Sequence[Generator], system: ODESystem, *, limit: int = 9) -> str:
    """Arrows of each generator in a plane of two variables that it moves; '' if there are none."""
    drawn = []
    for i, generator in enumerate(generators[:limit]):
        plane = _plane(generator)
        grid = None if plane is None else _sampled(list(generator.components), system, plane)
        if grid is not None and plane is not None:
            places = [system.variables.index(v) for v in plane]
            drawn.append((f"X{i + 1}", plane, grid[..., places]))
    return _figure(drawn, _arrows) if drawn else ""


def integral_pictures(integrals: Sequence[Expr], system: ODESystem, *, limit: int = 6) -> str:
    """Level sets of the integrals that depend on two variables alone; '' if none does."""
    drawn = []
    for i, integral in enumerate(integrals[:limit]):
        moved = [v for v in system.variables if integral.has(v)]
        if len(moved) == 2 and not any(integral.has(j) for j in system.jet_coordinates):
            grid = _sampled([integral], system, (moved[0], moved[1]))
            if grid is not None:
                drawn.append((f"I{i + 1}", (moved[0], moved[1]), grid[..., 0]))
    return _figure(drawn, _levels) if drawn else ""


def portrait(system: ODESystem) -> str:
    """Stream lines in the plane of the two states of an autonomous system, (x, y) or (x, x'); '' where there is none."""
    first = system.first_order()
    if len(first.unknowns) != 2 or any(f.has(first.independent) for f in first.rhs):
        return ""
    plane = (first.unknowns[0], first.unknowns[1])
    grid = _sampled(list(first.rhs), first, plane, FINE)
    jets = [jet_symbol(x, k) for x, n in zip(system.unknowns, system.orders, strict=True) for k in range(n)]
    return "" if grid is None else _figure([("", (jets[0], jets[1]), grid)], _streams)


def _plane(generator: Generator) -> tuple[Symbol, Symbol] | None:
    """The pair of variables in which most of the generator shows."""
    moved = {v for v, c in zip(generator.variables, generator.components, strict=True) if c != 0}
    needed = {v for c in generator.components for v in generator.variables if c.has(v)}

    def worth(pair: tuple[Symbol, Symbol]) -> tuple[int, int]:
        return len(moved & set(pair)), len(needed & set(pair))

    return max(combinations(generator.variables, 2), key=worth, default=None)


def _sampled(
    expressions: list[Any], system: ODESystem, plane: tuple[Symbol, Symbol], count: int = COUNT
) -> np.ndarray | None:
    """Values on a square grid of the plane, shape (n, n, k); None where there is nothing to draw."""
    if any(e.atoms(AppliedUndef) for e in expressions):
        return None
    values: dict[str | Symbol, float | None] = {p.name: 1.0 if p.value is None else p.value for p in system.parameters}
    axis = np.linspace(-EXTENT, EXTENT, count) + 1e-3
    a, b = np.meshgrid(axis, axis)
    columns = [a if v == plane[0] else b if v == plane[1] else np.ones_like(a) for v in system.variables]
    try:
        function = lower(expressions, system.unknowns, backend="numpy", t=system.independent, parameters=values)
        with np.errstate(all="ignore"):
            sampled = np.asarray(function(columns[0], np.stack(columns[1:], axis=-1), values), dtype=float)
    except LiesymError:
        return None  # a function without a numerical form: the page shows the formula alone
    return sampled if np.isfinite(sampled).mean() > 0.2 else None


def _label(variable: Symbol) -> str:
    """θ for theta, θ' for its velocity."""
    return Display(unicode=True).name(variable.name)


def _figure(drawn: Sequence[tuple[str, tuple[Symbol, Symbol], np.ndarray]], draw: Any) -> str:
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    rows = -(-len(drawn) // 3)
    columns = min(3, len(drawn))
    with plt.rc_context({"svg.hashsalt": "liesym", "svg.fonttype": "none", "font.size": 9}):
        figure, axes = plt.subplots(rows, columns, figsize=(3.2 * columns, 3.1 * rows), squeeze=False)
        for axis in axes.flat[len(drawn) :]:
            axis.axis("off")
        for axis, (title, plane, grid) in zip(axes.flat, drawn, strict=False):
            draw(axis, grid)
            axis.set(title=title, xlabel=_label(plane[0]), ylabel=_label(plane[1]), aspect="equal")
        figure.tight_layout()
        target = io.StringIO()
        figure.savefig(target, format="svg", metadata={"Date": None})
        plt.close(figure)
    text = target.getvalue()
    return _DIGITS.sub(r"\1", text[text.index("<svg") :])


def _streams(axis: Any, grid: np.ndarray) -> None:
    places = np.linspace(-EXTENT, EXTENT, FINE)
    axis.streamplot(places, places, grid[..., 0], grid[..., 1], density=1.1, linewidth=0.8, color="#31587a")


def _axis() -> np.ndarray:
    return np.linspace(-EXTENT, EXTENT, COUNT)


def _arrows(axis: Any, grid: np.ndarray) -> None:
    """Directions of equal length, coloured by the speed."""
    speed = np.hypot(grid[..., 0], grid[..., 1])
    with np.errstate(all="ignore"):
        direction = np.where(speed[..., None] > 0, grid / speed[..., None], 0.0)
        shade = np.log1p(np.nan_to_num(speed, nan=0.0, posinf=0.0))
    axis.quiver(_axis(), _axis(), direction[..., 0], direction[..., 1], shade, cmap="viridis", pivot="mid", scale=17)


def _levels(axis: Any, grid: np.ndarray) -> None:
    shown = np.ma.masked_invalid(grid)
    axis.contour(_axis(), _axis(), shown, levels=np.unique(np.percentile(shown.compressed(), range(5, 100, 8))))
