"""How much the backends say twice: lines that are equal in files of the same name but for the library's names."""

from __future__ import annotations

import re
from difflib import SequenceMatcher
from pathlib import Path

BACKENDS = Path(__file__).resolve().parents[2] / "backends"
MOST_LINES, MOST_TWINS = 3000, 150
NAMES = re.compile(r"\b(?:torch\.func|torch\.linalg|torch|jax\.numpy|jax|jnp|lax|JAX|PyTorch|Torch|Jax)\b")
ARRAYS = re.compile(r"\b(?:Tensor|Array)\b")


def normalized(text: str) -> list[str]:
    """The lines that say something, with one name for both libraries and for their arrays."""
    text = re.sub(r"liesym_(?:torch|jax)|Torch(?=[A-Z])|Jax(?=[A-Z])", "own", text)
    lines = [ARRAYS.sub("Array", NAMES.sub("xp", line)).strip() for line in text.splitlines()]
    return [line for line in lines if line]


def twins(first: str, second: str) -> int:
    """How many lines of two texts are equal, in the same order."""
    blocks = SequenceMatcher(None, normalized(first), normalized(second), autojunk=False).get_matching_blocks()
    return sum(block.size for block in blocks)


def counted() -> dict[str, int]:
    """Equal lines of each pair of files."""
    pairs = [(path, BACKENDS / "liesym_jax" / path.name) for path in sorted((BACKENDS / "liesym_torch").glob("*.py"))]
    return {a.name: twins(a.read_text("utf-8"), b.read_text("utf-8")) for a, b in pairs if b.exists()}


def test_the_backends_say_little_twice() -> None:
    found = counted()
    assert sum(found.values()) < MOST_TWINS, found


def test_the_backends_stay_small() -> None:
    assert sum(len(p.read_text("utf-8").splitlines()) for p in BACKENDS.rglob("*.py")) <= MOST_LINES


def test_a_twin_is_noticed() -> None:
    torch = "def f(x: Tensor) -> Tensor:\n    return torch.sin(x)\n\n    # own\n"
    assert twins(torch, "def f(x: Array) -> Array:\n\n    return jnp.sin(x)\n    # other\n") == 2
    assert twins(torch, "def g(x: Array) -> Array:\n    return jnp.cos(x)\n") == 0
