"""What the installed wheel must be, seen from outside the source tree: `python -I probe.py`."""

import sys
from importlib.metadata import distribution

import liesym

PACKAGES = {"liesym", "liesym_torch", "liesym_jax"}
BACKENDS = {"torch", "jax"}

loaded = {"torch", "jax", "liesym_torch", "liesym_jax"} & set(sys.modules)
assert not loaded, f"import liesym loads {sorted(loaded)}"
assert "site-packages" in (liesym.__file__ or ""), f"not the installed package: {liesym.__file__}"

files = distribution("liesym-ode").files or []
names = {f.parts[0] for f in files if f.suffix == ".py" and ".." not in f.parts}
assert names == PACKAGES, f"top-level packages {sorted(names)}, not {sorted(PACKAGES)}"
assert any(f.name == "grammar.lark" for f in files), "the grammar is not in the wheel"
assert any(f.name == "py.typed" for f in files), "the marker of typed packages is not in the wheel"

points = {p.name for p in distribution("liesym-ode").entry_points if p.group == "liesym.backends"}
assert points == BACKENDS, f"entry points {sorted(points)}, not {sorted(BACKENDS)}"

result = liesym.find_symmetries(liesym.ODESystem.parse("y'' = 0"))
assert (result.dimension, str(result.completeness)) == (8, "proven"), result
version = distribution("liesym-ode").version
print(f"liesym-ode {version}: {', '.join(sorted(names))}; backends {', '.join(sorted(points))}")
