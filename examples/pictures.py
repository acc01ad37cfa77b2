"""The pictures of docs/pictures.md: a portrait moved by a flow, a graph of commutators, level sets of an integral.

python examples/pictures.py [FOLDER]
"""

import sys
from pathlib import Path

import matplotlib
import numpy as np
from sympy import Symbol, symbols

import liesym
from liesym import Generator, ODESystem
from liesym.app.pictures import commutator_graph, level_sets, phase_portrait
from liesym.base.jets import jet_symbol

folder = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parents[1] / "docs" / "pictures"
folder.mkdir(parents=True, exist_ok=True)
matplotlib.rcParams["svg.hashsalt"] = "liesym"
t, x = symbols("t x", real=True)


def save(axes, name):
    axes.figure.savefig(folder / f"{name}.svg", metadata={"Date": None})


# x'' = -x^3 is invariant under t -> e^-ε t, x -> e^ε x: each solution goes to one of another energy
system = ODESystem.parse("x'' = -x^3")
scaling = Generator((t, x), (-t, x))
assert scaling.is_symmetry_of(system)
portrait = phase_portrait(system, [[1.0, 0.0], [1.5, 0.0]], span=(0.0, 8.0), generator=scaling, epsilon=0.25)
portrait.set_title("x'' = -x³ and its scaling")
save(portrait, "portrait")

# the same law in the picture: along a moved solution the energy is e^(4ε) times what it was
before, after = (np.asarray(line.get_xydata()) for line in portrait.lines[:2])
energy = [path[:, 1] ** 2 / 2 + path[:, 0] ** 4 / 4 for path in (before, after)]
assert np.allclose(energy[1], np.exp(1.0) * energy[0], rtol=1e-6)

result = liesym.find_symmetries(ODESystem.parse("x'' = 1/x^3"))
assert result.algebra is not None and result.algebra.name == "sl(2,R)"
graph = commutator_graph(result.algebra)
graph.set_title(f"x'' = 1/x³: {result.algebra.name}")
save(graph, "commutators")

v = jet_symbol(x, 1)
integral = v**2 / 2 + x**4 / 4 - Symbol("a") * x**2 / 2
levels = level_sets(integral, (x, v), values={"a": 1.0}, count=14)
levels.set_title("x'' = a x - x³: energy")
save(levels, "levels")

print(f"three pictures in {folder}")
