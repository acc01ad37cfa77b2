"""How much the backends say twice: lines of code that are equal in files of one name but for the library's names."""

from __future__ import annotations

import ast
import re
from difflib import SequenceMatcher
from pathlib import Path

BACKENDS = Path(__file__).resolve().parents[2] / "backends"
MOST_LINES, MOST_TWINS = 3000, 150
OWN = re.compile(r"liesym_(?:torch|jax)|\b(?:Torch|Jax)(?=[A-Z])")
LIBRARY = re.compile(r"\b(?:torch\.func|torch\.linalg|torch|jax\.numpy|jax|jnp|lax)\b")
ARRAY = re.compile(r"\b(?:Tensor|Array)\b")


def code(source: str) -> list[str]:
    """The lines that do something, with one name for both libraries: no imports, docstrings, comments or lone brackets."""
    silent: set[int] = set()
    for node in ast.walk(ast.parse(source)):
        told = isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)
        if told or isinstance(node, ast.Import | ast.ImportFrom):
            silent |= set(range(node.lineno, (node.end_lineno or node.lineno) + 1))
    lines = [line.strip() for k, line in enumerate(source.splitlines(), 1) if k not in silent]
    spoken = [line for line in lines if re.search(r"\w", line) and not line.startswith("#")]
    return [ARRAY.sub("Array", LIBRARY.sub("xp", OWN.sub("own", line))) for line in spoken]


def twins(first: str, second: str) -> int:
    """How many lines of two sources are equal, in the same order."""
    blocks = SequenceMatcher(None, code(first), code(second), autojunk=False).get_matching_blocks()
    return sum(block.size for block in blocks)


def counted() -> dict[str, int]:
    """Equal lines of each pair of files."""
    pairs = [(path, BACKENDS / "liesym_jax" / path.name) for path in sorted((BACKENDS / "liesym_torch").glob("*.py"))]
    return {a.name: twins(a.read_text("utf-8"), b.read_text("utf-8")) for a, b in pairs if b.exists()}


def test_the_backends_say_little_twice() -> None:
    found = counted()
    assert len(found) > 5 and sum(found.values()) < MOST_TWINS, found


def test_the_backends_stay_small() -> None:
    assert sum(len(p.read_text("utf-8").splitlines()) for p in BACKENDS.rglob("*.py")) <= MOST_LINES


def test_a_twin_is_noticed() -> None:
    torch = '"""M."""\nimport torch\n\n\ndef f(x: Tensor) -> Tensor:\n    return torch.sin(x)  # own\n'
    assert twins(torch, '"""M."""\nimport jax\n\n\ndef f(x: Array) -> Array:\n    return jnp.sin(x)  # own\n') == 2
    assert twins(torch, "def g(x: Array) -> Array:\n    return jnp.cos(x)\n") == 0
