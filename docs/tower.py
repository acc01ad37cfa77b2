"""The storeys of liesym/, what every file imports, and the picture of the tower that is drawn from it.

    python docs/tower.py        # writes docs/pictures/tower.svg

A room is a file or package directly under liesym/ (or a backend). It imports only from rooms before it in STOREYS. Every
import counts: at the top of a file, in a function, for the type checker only, within one package.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cache
from html import escape
from pathlib import Path
from typing import Literal, NamedTuple

ROOT = Path(__file__).resolve().parents[1]
PICTURE = ROOT / "docs" / "pictures" / "tower.svg"
FOLDERS = (ROOT, ROOT / "backends")
DOOR = "liesym"
"""The file of public names: it may import every room, and no file inside liesym/ imports it."""
TOPS = (DOOR, "liesym_torch", "liesym_jax")

STOREYS = (
    ("errors", "base"),
    ("coefficients", "program", "text"),
    ("model",),
    ("determine", "lowering", "residuals", "testing"),
    ("certify", "solving"),
    ("algebra", "flow"),
    ("symmetries",),
    ("variational", "conservation", "invariants", "reduction"),
    ("learn", "discovery"),
    ("liesym_torch", "liesym_jax"),
    ("app", "__main__"),
)
ORDER = tuple(room for storey in STOREYS for room in storey)


When = Literal["at once", "in a function", "for types"]


class Import(NamedTuple):
    """One import statement: the full module name, its line, and when it is done."""

    target: str
    line: int
    when: When

    @property
    def late(self) -> bool:
        """True if it stands in a function."""
        return self.when == "in a function"


def sources(folders: Iterable[Path] = FOLDERS) -> dict[str, Path]:
    """Full name of every module of liesym and the backends, and its file."""
    found = {}
    for folder in folders:
        for path in sorted(p for top in sorted(folder.glob("liesym*")) for p in top.rglob("*.py")):
            parts = path.relative_to(folder).with_suffix("").parts
            found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return found


def _statements(node: ast.AST, when: When = "at once") -> Iterator[tuple[ast.AST, When]]:
    for child in ast.iter_child_nodes(node):
        inner = when
        if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            inner = "in a function"
        elif isinstance(child, ast.If) and "TYPE_CHECKING" in ast.unparse(child.test):
            inner = "for types"
        yield child, inner
        yield from _statements(child, inner)


def _loaded_by_name(node: ast.AST) -> str | None:
    """The module of `import_module("name")`."""
    if isinstance(node, ast.Call) and ast.unparse(node.func).split(".")[-1] in ("import_module", "__import__") and node.args:
        value = getattr(node.args[0], "value", None)
        return value if isinstance(value, str) else None
    return None


def imports(module: str, source: str, known: Iterable[str], *, package: bool = False) -> list[Import]:
    """Every import of a module.

    Arguments:
        module: its full name.
        known: full names of all modules, by which `from a import b` is seen to be the module a.b.
        package: True for an `__init__.py`, where one dot is the package itself.
    """
    known, found = frozenset(known), []
    for node, when in _statements(ast.parse(source)):
        if isinstance(node, ast.Import):
            found += [Import(alias.name, node.lineno, when) for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            above = module.split(".")[: (1 if package else 0) - node.level or None] if node.level else []
            base = ".".join([*above, *([node.module] if node.module else [])])
            full = [f"{base}.{alias.name}" for alias in node.names]
            found += [Import(name if name in known else base, node.lineno, when) for name in full]
        elif name := _loaded_by_name(node):
            found.append(Import(name, getattr(node, "lineno", 0), "in a function"))
    return list(dict.fromkeys(found))


@cache
def all_imports() -> dict[str, list[Import]]:
    """Every import of every module of liesym and the backends."""
    files = sources()
    return {
        name: imports(name, path.read_text(encoding="utf-8"), files, package=path.name == "__init__.py")
        for name, path in files.items()
    }


def room(module: str) -> str:
    """The room in which a module lies; the door is none."""
    first, _, rest = module.partition(".")
    return rest.split(".")[0] or DOOR if first == DOOR else first


def inside(module: str) -> bool:
    """True for a module of liesym or a backend."""
    return module.split(".")[0] in TOPS


def arrows(found: Mapping[str, Iterable[Import]], place: Callable[[str], str] = room) -> set[tuple[str, str]]:
    """Which place imports which other: rooms, or whatever `place` makes of a module."""
    pairs = {(place(m), place(i.target)) for m, them in found.items() for i in them if inside(i.target)}
    return {(a, b) for a, b in pairs if a != b}


def shortest(pairs: set[tuple[str, str]]) -> set[tuple[str, str]]:
    """The arrows that no way over other rooms replaces."""
    below: dict[str, set[str]] = {}
    for a, b in sorted(pairs, key=lambda pair: ORDER.index(pair[0])):
        below.setdefault(a, set()).add(b)
    reach: dict[str, set[str]] = {}
    for a in sorted(below, key=ORDER.index):
        reach[a] = set().union(below[a], *(reach.get(b, set()) for b in below[a]))
    return {(a, b) for a, b in pairs if not any(b in reach.get(c, ()) for c in below[a] - {b})}


# -- the picture -----------------------------------------------------------------------------------

WIDTH, STEP, MARGIN = 980, 92, 24
HEIGHT, LETTER = 36, 8.2


def centres() -> dict[str, tuple[float, float]]:
    """The middle of each room: the first storey at the bottom."""
    found = {}
    for level, storey in enumerate(reversed(STOREYS)):
        for k, name in enumerate(storey):
            found[name] = (WIDTH * (k + 1) / (len(storey) + 1), MARGIN + STEP * level + HEIGHT / 2)
    return found


def width_of(name: str) -> float:
    """The width of a room's box."""
    return LETTER * len(name) + 28


def curve(start: str, end: str, at: Mapping[str, tuple[float, float]]) -> str:
    """The path of one arrow; within one storey it passes below the rooms."""
    (x, y), (u, v) = at[start], at[end]
    lean = max(-0.4, min(0.4, (u - x) / WIDTH))
    x, u = x + lean * width_of(start), u - lean * width_of(end)
    y += HEIGHT / 2
    if v + HEIGHT / 2 == y:
        return f"M{x:.0f} {y:.0f} C{x:.0f} {y + 34:.0f} {u:.0f} {y + 34:.0f} {u:.0f} {y + 5:.0f}"
    v -= HEIGHT / 2 + 5
    bend = (v - y) / 2
    return f"M{x:.0f} {y:.0f} C{x:.0f} {y + bend:.0f} {u:.0f} {v - bend:.0f} {u:.0f} {v:.0f}"


def first_line(module: str, files: Mapping[str, Path]) -> str:
    """The first line of a room's docstring."""
    return (ast.get_docstring(ast.parse(files[module].read_text(encoding="utf-8"))) or module).splitlines()[0]


def picture() -> str:
    """The tower as SVG: dark arrows are needed, pale ones follow from them; a room tells its first line when pointed at."""
    files = sources()
    pairs = {(a, b) for a, b in arrows(all_imports()) if DOOR not in (a, b)}
    at, dark = centres(), shortest(pairs)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {3 * MARGIN + STEP * len(STOREYS) - STEP + HEIGHT}" '
        'font-family="sans-serif" font-size="14">',
        '<defs><marker id="tip" viewBox="0 0 6 6" refX="1" refY="3" markerWidth="6" markerHeight="6" orient="auto">'
        '<path d="M0 0L6 3L0 6z" fill="#345"/></marker></defs>',
        f'<rect width="{WIDTH}" height="100%" fill="#fff"/>',
    ]
    for level in range(len(STOREYS)):
        y = MARGIN + STEP * level - 8
        parts.append(f'<rect x="8" y="{y}" width="{WIDTH - 16}" height="{HEIGHT + 16}" rx="6" fill="#f3f5f8"/>')
    for a, b in sorted(pairs - dark):
        parts.append(f'<path d="{curve(a, b, at)}" fill="none" stroke="#9ab" stroke-opacity="0.3"/>')
    for a, b in sorted(dark):
        parts.append(f'<path d="{curve(a, b, at)}" fill="none" stroke="#345" stroke-width="1.3" marker-end="url(#tip)"/>')
    for name, (x, y) in at.items():
        wide, module = width_of(name), name if name in TOPS else f"{DOOR}.{name}"
        parts.append(
            f"<g><title>{escape(first_line(module, files))}</title>"
            f'<rect x="{x - wide / 2:.0f}" y="{y - HEIGHT / 2:.0f}" width="{wide:.0f}" height="{HEIGHT}" rx="5" '
            f'fill="{"#eef" if name in TOPS else "#fff"}" stroke="#345"/>'
            f'<text x="{x:.0f}" y="{y + 5:.0f}" text-anchor="middle" fill="#123">{name}</text></g>'
        )
    return "\n".join([*parts, "</svg>", ""])


if __name__ == "__main__":
    PICTURE.write_text(picture(), encoding="utf-8")
