"""Imports point one way, and `import liesym` is light."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "liesym"
NEVER = {"torch", "jax", "jaxlib", "torchdiffeq", "diffrax", "equinox", "optax", "liesym_torch", "liesym_jax"}
LATE = {"matplotlib", "optuna", "dask", "distributed", "scipy", "symengine"}

LAYERS = (
    "errors files clock jets coefficients system generators prolong",
    "program registry reference residuals lower export",
    "text determine split verify results",
    "certify solve algebra flow variational conservation invariants reduction charges equivariance audit classify pipeline",
    "identifiability identify_invariant trajectories weights fitting contrastive objectives levels mechanics",
    "matching metrics experiment training testing",
    "pictures report tasks derivations worker batch console cli __main__",
)
ORDER = [name for layer in LAYERS for name in layer.split()]
"""A module imports at its top only from those before it (and from its own package)."""


def module_name(path: Path, base: Path) -> str:
    """The first part of a module's name below the package."""
    return path.relative_to(base).parts[0].removesuffix(".py")


def imported(tree: ast.AST, *, late: bool) -> list[str]:
    """Full names that a module imports: at import time, or with `late` anywhere at all."""
    names: list[str] = []
    waiting = list(ast.iter_child_nodes(tree))
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            names.append(node.module or "")
        if not late and isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            continue
        if not late and isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
            waiting += node.orelse
            continue
        waiting += ast.iter_child_nodes(node)
    return names


def upward(name: str, source: str, order: list[str]) -> list[str]:
    """Imports of the module `name` from modules that come after it."""
    found = []
    for full in imported(ast.parse(source), late=False):
        parts = full.split(".")
        if parts[0] == "liesym" and len(parts) > 1 and parts[1] != name and order.index(parts[1]) > order.index(name):
            found.append(full)
    return found


SOURCES = sorted(PACKAGE.rglob("*.py"))


@pytest.mark.parametrize("path", SOURCES, ids=lambda p: str(p.relative_to(PACKAGE)))
def test_imports_point_one_way(path: Path) -> None:
    name = module_name(path, PACKAGE)
    if name == "__init__":
        return
    assert name in ORDER, f"liesym.{name} has no place in the order of modules; give it one in this file"
    assert upward(name, path.read_text(encoding="utf-8"), ORDER) == []


def test_an_upward_import_is_noticed() -> None:
    assert upward("jets", "from liesym.symmetries.pipeline import Result", ORDER) == ["liesym.symmetries.pipeline"]
    assert upward("jets", "if True:\n    import liesym.model.system.x", ORDER) == ["liesym.model.system.x"]
    assert upward("jets", "def f():\n    from liesym.symmetries.pipeline import Result", ORDER) == []
    assert upward("jets", "if TYPE_CHECKING:\n    from liesym.symmetries.pipeline import Result", ORDER) == []
    assert upward("pipeline", "from liesym.base.jets import JetSpace", ORDER) == []


@pytest.mark.parametrize("path", SOURCES, ids=lambda p: str(p.relative_to(PACKAGE)))
def test_no_backend_is_imported_anywhere_and_no_heavy_library_early(path: Path) -> None:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    assert {n.split(".")[0] for n in imported(tree, late=True)} & NEVER == set()
    assert {n.split(".")[0] for n in imported(tree, late=False)} & LATE == set()


def test_a_backend_in_a_function_is_noticed() -> None:
    tree = ast.parse("def f():\n    import torch.nn")
    assert imported(tree, late=True) == ["torch.nn"]
    assert imported(tree, late=False) == []


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
