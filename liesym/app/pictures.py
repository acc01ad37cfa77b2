"""Pictures: a phase portrait moved by a flow, the graph of commutators, level sets of an integral.

Each function draws on the axes that it is given, or on new ones, and returns them. Needs matplotlib.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from sympy import Expr, S, Symbol, lambdify

from liesym.algebra import LieAlgebra
from liesym.base.jets import jet_symbol
from liesym.errors import AnsatzError
from liesym.flow import numeric_flow
from liesym.model.system import ODESystem
from liesym.symmetries.generator import Generator
from liesym.text import write

if TYPE_CHECKING:
    from matplotlib.axes import Axes

POINTS = 101
TIMES = 121


def phase_portrait(
    system: ODESystem,
    starts: Sequence[Sequence[float]],
    *,
    span: tuple[float, float] = (0.0, 10.0),
    plane: tuple[Symbol, Symbol] | None = None,
    generator: Generator | None = None,
    epsilon: float = 0.3,
    parameters: Mapping[str, float] | None = None,
    axes: Axes | None = None,
) -> Axes:
    """Solutions in a plane of states, and beside each its image under exp(εX), dashed.

        dx̄/dt̄ = f(t̄, x̄) holds on the image as well, if X is a symmetry

    Arguments:
        system: of any orders; its states are (x_1, x_1', …, x_2, …).
        starts: initial states at the first time of the span.
        span: the first and the last time.
        plane: two of the states; the first two unless given.
        generator: X, over the variables of the system.
        epsilon: the group parameter.
        parameters: name -> value.
        axes: where to draw.

    Returns:
        The axes; one solid line a solution, and a dashed one of the same colour for its image.

    Raises:
        AnsatzError: a start of the wrong length, or a plane that is not of two states.
        Unsupported: a solution or an image leaves the domain of the functions.
    Source: Olver 1993, section 2.2: a symmetry group maps solutions to solutions.
    """
    states = [jet_symbol(x, k) for x, n in zip(system.unknowns, system.orders, strict=True) for k in range(n)]
    shown = plane or tuple(states[:2])
    if len(shown) != 2 or any(s not in states for s in shown):
        raise AnsatzError(f"a plane needs two of the states {', '.join(map(str, states))}")
    if any(len(start) != len(states) for start in starts):
        raise AnsatzError(f"a start needs {len(states)} values, for {', '.join(map(str, states))}")
    values = dict(parameters or {})
    target = _axes(axes)
    places = [states.index(s) for s in shown]
    times, paths = _solutions(system, starts, span, values)
    for path in paths:
        (line,) = target.plot(path[:, places[0]], path[:, places[1]])
        if generator is not None:
            moved = _moved(generator, system, times, path, epsilon, values)
            target.plot(moved[:, places[0]], moved[:, places[1]], linestyle="--", color=line.get_color())
    target.set(xlabel=str(shown[0]), ylabel=str(shown[1]))
    return target


def _solutions(
    system: ODESystem, starts: Sequence[Sequence[float]], span: tuple[float, float], parameters: Mapping[str, float]
) -> tuple[np.ndarray, np.ndarray]:
    """Times, and the states of all solutions, by the flow of ∂_t + f ∂_x of the first-order form."""
    first = system.first_order()
    field = Generator(first.variables, (S.One, *first.rhs))
    times = np.linspace(*span, TIMES)
    points = np.array([[span[0], *start] for start in starts], dtype=float)
    rows = [points]
    for step in np.diff(times):
        rows.append(numeric_flow(field, rows[-1], float(step), parameters=parameters))
    return times, np.array(rows).swapaxes(0, 1)[..., 1:]


def _moved(
    generator: Generator,
    system: ODESystem,
    times: np.ndarray,
    path: np.ndarray,
    epsilon: float,
    parameters: Mapping[str, float],
) -> np.ndarray:
    """The states along a path under the prolonged flow."""
    coordinates = {generator.variables[0]: generator.xi}
    for x, n, row in zip(system.unknowns, system.orders, generator.prolong(system.order - 1), strict=True):
        coordinates |= {jet_symbol(x, k): row[k] for k in range(n)}
    prolonged = Generator(tuple(coordinates), tuple(coordinates.values()))
    return numeric_flow(prolonged, np.column_stack([times, path]), epsilon, parameters=parameters)[:, 1:]


def commutator_graph(algebra: LieAlgebra, *, axes: Axes | None = None) -> Axes:
    """The nonzero brackets as arrows: X_i -> X_k, labelled by the X_j with [X_i, X_j] = … + c X_k.

    Arguments:
        algebra: with its basis X1, …, Xn.
        axes: where to draw.

    Returns:
        The axes: a circle of names, one arrow for each pair (i, k) that is joined.
    """
    import networkx as nx

    target, graph = _axes(axes), brackets_graph(algebra)
    places = nx.circular_layout(graph)
    loops = [(u, v) for u, v in graph.edges if u == v]
    arrows = [(u, v) for u, v in graph.edges if u != v]
    nx.draw_networkx_nodes(graph, places, ax=target, node_color="#d9e6f2", node_size=700, edgecolors="#31587a")
    nx.draw_networkx_labels(graph, places, ax=target, font_size=9)
    nx.draw_networkx_edges(graph, places, arrows, ax=target, node_size=700, connectionstyle="arc3,rad=0.12")
    nx.draw_networkx_edges(graph, places, loops, ax=target, node_size=700)
    for (u, v), label in nx.get_edge_attributes(graph, "label").items():
        # near the start of the arrow, so that the labels of both directions are apart
        outward = 1.25 if u == v else 1.0
        x, y = outward * (0.65 * places[u] + 0.35 * places[v])
        target.text(x, y, label, fontsize=7, ha="center", va="center", bbox={"fc": "white", "ec": "none", "pad": 0.5})
    target.set_axis_off()
    return target


def brackets_graph(algebra: LieAlgebra) -> Any:
    """The networkx.DiGraph of `commutator_graph`: an edge X_i -> X_k holds its pairs (j, c) and their label."""
    import networkx as nx

    graph = nx.DiGraph()
    graph.add_nodes_from(f"X{i + 1}" for i in range(algebra.dimension))
    for i in range(algebra.dimension):
        for j in range(algebra.dimension):
            for k, c in algebra.commutator(i, j).items():
                edge = f"X{i + 1}", f"X{k + 1}"
                pairs = (*(graph.edges[edge]["pairs"] if graph.has_edge(*edge) else ()), (j, c))
                graph.add_edge(*edge, pairs=pairs, label=", ".join(_weighted(c, j) for j, c in pairs))
    return graph


def _weighted(c: Expr, j: int) -> str:
    name = f"X{j + 1}"
    if c in (1, -1):
        return name if c == 1 else f"-{name}"
    return f"{c}*{name}" if c.is_Integer else f"({write(c)})*{name}"


def level_sets(
    integral: Expr,
    plane: tuple[Symbol, Symbol],
    *,
    limits: tuple[tuple[float, float], tuple[float, float]] = ((-2.0, 2.0), (-2.0, 2.0)),
    values: Mapping[str, float] | None = None,
    count: int = 12,
    axes: Axes | None = None,
) -> Axes:
    """Curves I = constant in a plane.

    Arguments:
        integral: I, a function of the two symbols, and of others that have values.
        plane: the symbols of the axes.
        limits: of the first and the second symbol.
        values: name -> value of every other symbol in I.
        count: how many curves, at quantiles of I on the plane.
        axes: where to draw.

    Returns:
        The axes, with one set of contours.

    Raises:
        AnsatzError: a symbol without a value, or I is not defined or constant on the plane.
    """
    given = dict(values or {})
    others = sorted(integral.free_symbols - set(plane), key=str)
    missing = [str(s) for s in others if str(s) not in given]
    if missing:
        raise AnsatzError(f"the integral holds {', '.join(missing)}: give values")
    a, b = np.meshgrid(*(np.linspace(*limit, POINTS) for limit in limits))
    function = lambdify([*plane, *others], integral, "numpy")
    with np.errstate(all="ignore"):
        grid = np.asarray(function(a, b, *(given[str(s)] for s in others)), dtype=float) * np.ones_like(a)
    grid = np.ma.masked_invalid(grid)
    levels = np.unique(np.quantile(grid.compressed(), np.linspace(0.04, 0.96, count))) if grid.count() else np.array([])
    if len(levels) < 2:
        raise AnsatzError("the integral is not defined, or constant, on this part of the plane")
    target = _axes(axes)
    target.contour(a, b, grid, levels=levels)
    target.set(xlabel=str(plane[0]), ylabel=str(plane[1]))
    return target


def _axes(axes: Axes | None) -> Axes:
    if axes is not None:
        return axes
    from matplotlib.figure import Figure

    return Figure(figsize=(4.5, 4.0), layout="constrained").subplots()
