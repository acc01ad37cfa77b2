"""Imports point one way, in no circle, and `import liesym` is light.

Every import counts: in functions, for the type checker, within one package. The storeys stand in docs/tower.py. Of these
rules import-linter knows the first, and agrees on it; late imports, imports by name and circles between the parts of one
package it does not see, so all are asked here, each with planted offenders.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path

import networkx as nx
import pytest

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "docs"))

from tower import DOOR, ORDER, PICTURE, Import, all_imports, arrows, imports, inside, picture, room, shortest  # noqa: E402

PACKAGE = ROOT / "liesym"
HEAVY = {"matplotlib", "optuna", "dask", "distributed", "scipy", "rich", "lark", "networkx", "symengine", "libsbml"}
"""Outside libraries that liesym/ may import in functions; libsbml is of an extra, and only files of SBML need it."""
LATE = HEAVY - {"lark", "rich"}
"""Those of them that an analysis of an equation does not need: never at the top of a file."""
NEVER = {"torch", "jax", "jaxlib", "torchdiffeq", "diffrax", "equinox", "optax", "liesym_torch", "liesym_jax"}
"""What liesym/ imports nowhere."""
Found = Mapping[str, Iterable[Import]]


# -- the rules, each a list of offenders -----------------------------------------------------------


def each(found: Found) -> Iterable[tuple[str, Import]]:
    """Every import of a file that is not the door itself."""
    return ((module, i) for module, them in found.items() if module != DOOR for i in them)


def upward(found: Found) -> list[str]:
    """Imports from rooms that come later, and rooms without a place in the order."""
    lost = sorted({room(m) for m in found} - {DOOR, *ORDER})
    against = [
        f"{m}:{i.line} imports {i.target}"
        for m, i in each(found)
        if inside(i.target)
        and {room(m), room(i.target)} <= set(ORDER)
        and ORDER.index(room(i.target)) > ORDER.index(room(m))
    ]
    return [*(f"{name} has no place in STOREYS" for name in lost), *against]


def through_the_door(found: Found) -> list[str]:
    """`import liesym` and `from liesym import name` inside liesym/."""
    return [f"{m}:{i.line}" for m, i in each(found) if m.startswith(DOOR + ".") and i.target == DOOR]


def late(found: Found) -> list[str]:
    """Imports in functions of liesym/ that are not of heavy outside libraries."""
    return [
        f"{m}:{i.line} imports {i.target}"
        for m, i in each(found)
        if i.late and m.startswith(DOOR + ".") and i.target.split(".")[0] not in HEAVY
    ]


def circles(pairs: Iterable[tuple[str, str]]) -> list[list[str]]:
    """Places that import each other, directly or round about."""
    return sorted(sorted(c) for c in nx.strongly_connected_components(nx.DiGraph(sorted(pairs))) if len(c) > 1)


def file_circles(found: Found) -> list[list[str]]:
    """Circles between files."""
    return circles(arrows(found, lambda module: module))


def package_circles(found: Found) -> list[list[str]]:
    """Circles between packages and files that lie in one folder, each with all that is in it."""
    offenders = []
    for package in sorted({m[:k] for m in found for k, letter in enumerate(m) if letter == "."} - {DOOR}):
        prefix = package + "."
        inner = {m: [i for i in them if i.target.startswith(prefix)] for m, them in found.items() if m.startswith(prefix)}
        offenders += circles(arrows(inner, lambda m, prefix=prefix: prefix + m.removeprefix(prefix).split(".")[0]))
    return offenders


RULES = (upward, through_the_door, late, file_circles, package_circles)
MODULES = ("model.system", "model.reading", "text.reader", "text", "solving.ode.abel", "solving.pde.general")
BROKEN = {
    upward: [
        {"text.reader": "from liesym.model.system import ODESystem"},
        {"text.reader": "if TYPE_CHECKING:\n    from liesym.model.system import ODESystem"},
        {"text.reader": "from liesym.model import system"},
        {"attic.old": "import re"},
    ],
    through_the_door: [{"model.system": "import liesym"}, {"model.system": "from liesym import lower"}],
    late: [
        {"model.system": "def f():\n    from liesym.text.reader import read"},
        {"model.system": "def f():\n    import sympy"},
        {"model.system": "class A:\n    def f(self):\n        return import_module('liesym.text.reader')"},
    ],
    file_circles: [
        {"model.system": "from liesym.model import reading", "model.reading": "from liesym.model.system import ODESystem"},
        {
            "model.system": "from .reading import a",
            "model.reading": "def f():\n    from liesym.model.system import ODESystem",
        },
        {"text": "from liesym.text.reader import read", "text.reader": "from liesym.text import NAMES"},
    ],
    package_circles: [
        {
            "solving.ode.abel": "from liesym.solving.pde.general import a",
            "solving.pde.involutive": "from liesym.solving.ode.riccati import b",
        }
    ],
}
FINE = {
    "model.system": "from liesym.text.reader import read\nfrom liesym.model.reading import b",
    "text": "from liesym.text.reader import read",
    "text.reader": "import liesym.errors\ndef f():\n    import matplotlib.pyplot",
    "solving.ode.abel": "from liesym.solving.pde.general import a",
    "solving.pde.involutive": "from liesym.solving.pde.general import b",
}


def read(texts: Mapping[str, str]) -> Found:
    """The imports of made-up modules below liesym."""
    known = {f"liesym.{name}" for name in (*MODULES, *texts)}
    return {f"liesym.{name}": imports(f"liesym.{name}", text, known) for name, text in texts.items()}


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_the_tower_stands(rule) -> None:
    assert rule(all_imports()) == []


@pytest.mark.parametrize(("rule", "texts"), [(rule, texts) for rule, many in BROKEN.items() for texts in many])
def test_what_breaks_a_rule_is_noticed(rule, texts) -> None:
    assert rule(read(texts))
    assert not rule(read(FINE))


def test_the_picture_of_the_tower_is_of_these_imports() -> None:
    assert PICTURE.read_text(encoding="utf-8") == picture(), "run python docs/tower.py"


def test_an_arrow_that_others_replace_is_not_dark() -> None:
    assert shortest({("app", "learn"), ("learn", "base"), ("app", "base")}) == {("app", "learn"), ("learn", "base")}


# -- sizes -----------------------------------------------------------------------------------------


def lines(path: Path) -> int:
    """Lines of a file."""
    return len(path.read_text(encoding="utf-8").splitlines())


def test_the_top_of_the_package_is_a_list_of_rooms() -> None:
    top = [p for p in PACKAGE.iterdir() if p.name != "__pycache__"]
    assert len(top) <= 26
    assert len([p for p in top if p.suffix == ".py"]) <= 4


def test_no_file_is_too_long_to_read() -> None:
    assert {str(p.relative_to(ROOT)): n for p in PACKAGE.rglob("*.py") if (n := lines(p)) > 500} == {}


def test_backends_hold_only_what_differs() -> None:
    assert sum(lines(p) for p in (ROOT / "backends").rglob("*.py")) <= 3000


# -- heavy libraries -------------------------------------------------------------------------------


def test_no_backend_is_imported_anywhere_and_no_heavy_library_early() -> None:
    mine = [(m, i) for m, them in all_imports().items() if m.split(".")[0] == DOOR for i in them]
    assert [(m, i) for m, i in mine if i.target.split(".")[0] in NEVER] == []
    assert [(m, i) for m, i in mine if i.target.split(".")[0] in LATE and i.when == "at once"] == []


def test_a_backend_in_a_function_is_noticed() -> None:
    assert imports("liesym.a", "def f():\n    import torch.nn", ()) == [Import("torch.nn", 2, "in a function")]
    assert imports("liesym.a", "import torch.nn", ()) == [Import("torch.nn", 1, "at once")]


def loaded_after(statement: str) -> set[str]:
    """Top-level modules in `sys.modules` of a fresh process."""
    code = f"import sys\n{statement}\nprint(*{{m.split('.')[0] for m in sys.modules}})"
    paths = [str(ROOT), str(ROOT / "backends")]
    code = f"import sys; sys.path[:0] = {paths!r}\n{code}"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return set(done.stdout.split())


def test_importing_liesym_loads_no_backend() -> None:
    assert loaded_after("import liesym") & (NEVER | LATE) == set()


def test_a_loaded_backend_is_noticed() -> None:
    assert "liesym_torch" in loaded_after("import liesym, liesym_torch")


def test_looking_at_backends_loads_none() -> None:
    names = "set(liesym.lowering.registry.available_backends())"
    statement = f"import liesym.lowering.registry; assert {{'numpy', 'torch', 'jax'}} <= {names}"
    assert loaded_after(statement) & NEVER == set()
