"""What the source may not contain: bare exceptions, answers of `solve` and `dsolve`, missing docstrings."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
CORE = sorted((ROOT / "liesym").rglob("*.py"))
SOURCES = [*CORE, *sorted((ROOT / "backends").rglob("*.py"))]
BARE = {
    *("BaseException", "Exception", "ValueError", "RuntimeError", "KeyError", "IndexError", "LookupError"),
    *("NotImplementedError", "AssertionError", "OSError"),
}
UNDECIDED = {"simplify", "nsimplify", "solve", "solveset", "dsolve", "pdsolve", "linsolve", "nonlinsolve"}


def label(path: Path) -> str:
    return str(path.relative_to(ROOT))


def bare_raises(tree: ast.AST, caught: frozenset[str] = frozenset()) -> list[int]:
    """Lines that raise a general exception which the same function does not catch itself."""
    lines: list[int] = []
    for node in ast.iter_child_nodes(tree):
        inside = caught
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda | ast.ClassDef):
            inside = frozenset()
        if isinstance(node, ast.Try):
            handled = {n.id for h in node.handlers if h.type for n in ast.walk(h.type) if isinstance(n, ast.Name)}
            for part in node.body:
                lines += bare_raises(ast.Module([part], []), caught | handled)
            rest = [*node.handlers, *node.orelse, *node.finalbody]
            lines += bare_raises(ast.Module(rest, []), caught)  # type: ignore[arg-type]
            continue
        if isinstance(node, ast.Raise) and node.exc is not None:
            error = node.exc.func if isinstance(node.exc, ast.Call) else node.exc
            if isinstance(error, ast.Name) and error.id in BARE - caught:
                lines.append(node.lineno)
        lines += bare_raises(node, inside)
    return lines


def swallowed(tree: ast.AST) -> list[int]:
    """Lines of handlers that catch everything and do nothing."""
    return [
        node.lineno
        for node in ast.walk(tree)
        if isinstance(node, ast.ExceptHandler)
        and (node.type is None or ast.unparse(node.type) in ("Exception", "BaseException"))
        and all(isinstance(s, ast.Pass) for s in node.body)
    ]


def undecided_calls(tree: ast.AST) -> list[int]:
    """Lines that call one of SymPy's general solvers or simplifiers, as a function or as a method."""
    lines = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            called = node.func
            name = called.id if isinstance(called, ast.Name) else getattr(called, "attr", "")
            if name in UNDECIDED:
                lines.append(node.lineno)
    return lines


def undocumented(tree: ast.Module) -> list[str]:
    """Public classes and functions of a module, and the module, without a docstring."""
    missing = [] if ast.get_docstring(tree) or not tree.body else ["the module"]
    for node in tree.body:
        if (
            isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)
            and not node.name.startswith("_")
            and not ast.get_docstring(node)
        ):
            missing.append(node.name)
    return missing


@pytest.mark.parametrize("path", CORE, ids=label)
def test_errors_come_from_the_tree(path: Path) -> None:
    assert bare_raises(ast.parse(path.read_text(encoding="utf-8"))) == []


def test_a_bare_raise_is_noticed() -> None:
    assert bare_raises(ast.parse("def f():\n    raise ValueError('no')")) == [2]
    assert bare_raises(ast.parse("try:\n    raise KeyError\nexcept ValueError:\n    pass")) == [2]
    assert bare_raises(ast.parse("try:\n    g()\nexcept ValueError:\n    raise RuntimeError from None")) == [4]
    assert bare_raises(ast.parse("try:\n    raise ValueError\nexcept ValueError as e:\n    raise Mine from e")) == []
    assert bare_raises(ast.parse("raise ParseError('no')")) == []


@pytest.mark.parametrize("path", SOURCES, ids=label)
def test_no_error_is_swallowed(path: Path) -> None:
    assert swallowed(ast.parse(path.read_text(encoding="utf-8"))) == []


def test_a_swallowed_error_is_noticed() -> None:
    assert swallowed(ast.parse("try:\n    f()\nexcept Exception:\n    pass")) == [3]
    assert swallowed(ast.parse("try:\n    f()\nexcept OSError:\n    pass")) == []


EXACT = [p for p in CORE if p.name == "split.py" or "solving" in p.parts]


@pytest.mark.parametrize("path", EXACT, ids=label)
def test_splitting_and_solving_decide_by_exact_algebra(path: Path) -> None:
    assert undecided_calls(ast.parse(path.read_text(encoding="utf-8"))) == []


def test_a_general_solver_is_noticed() -> None:
    assert len(EXACT) > 10
    assert undecided_calls(ast.parse("x = sympy.simplify(y)\nz = y.simplify()\nw = solve(y)")) == [1, 2, 3]
    assert undecided_calls(ast.parse("solution = solve_in_span(system)")) == []


@pytest.mark.parametrize("path", SOURCES, ids=label)
def test_public_objects_have_docstrings(path: Path) -> None:
    assert undocumented(ast.parse(path.read_text(encoding="utf-8"))) == []


def test_a_missing_docstring_is_noticed() -> None:
    assert undocumented(ast.parse("def f(): pass\ndef _g(): pass\nclass C: pass")) == ["the module", "f", "C"]
    assert undocumented(ast.parse('"""M."""\ndef f():\n    """F."""')) == []
