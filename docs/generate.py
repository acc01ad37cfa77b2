"""Pages made from the code, without importing it: the interface of each module, and the list of sources.

Docstrings here are plain text with formulas laid out by hand, so they are shown as they stand.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

Documented = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef
ROOTS = ("liesym", "backends/liesym_torch", "backends/liesym_jax")


def signature(node: Documented) -> str:
    """The head of a definition, as Python writes it, without its body."""
    if isinstance(node, ast.ClassDef):
        fields = [ast.unparse(s) for s in node.body if isinstance(s, ast.AnnAssign)]
        public = [f"    {f}" for f in fields if not f.startswith("_")]
        bases = ", ".join(map(ast.unparse, node.bases))
        return "\n".join([f"class {node.name}{f'({bases})' if bases else ''}:", *public])
    returns = f" -> {ast.unparse(node.returns)}" if node.returns else ""
    plain = f"def {node.name}({ast.unparse(node.args)}){returns}"
    if len(plain) <= 100:
        return plain
    given = ast.unparse(node.args)
    return f"def {node.name}(\n    " + ",\n    ".join(arguments(given)) + f",\n){returns}"


def arguments(text: str) -> list[str]:
    """A list of arguments, split at the commas that are in no bracket."""
    parts, depth = [""], 0
    for letter in text:
        depth += (letter in "([{") - (letter in ")]}")
        if letter == "," and depth == 0:
            parts.append("")
        else:
            parts[-1] += letter
    return [p.strip() for p in parts]


def public(body: list[ast.stmt]) -> Iterator[Documented]:
    """Documented definitions whose name is public."""
    for node in body:
        if isinstance(node, Documented) and not node.name.startswith("_") and ast.get_docstring(node):
            yield node


def block(text: str, language: str) -> str:
    """A fenced block that no fence inside can end."""
    return f"````{language}\n{text}\n````"


def module_page(name: str, source: str) -> str | None:
    """The page of one module, None if it has nothing public."""
    tree = ast.parse(source)
    found = list(public(tree.body))
    summary = ast.get_docstring(tree)
    if not found or not summary:
        return None
    parts = [f"# {name}", block(summary, "text")]
    for node in found:
        parts += [
            f"## {node.name}",
            block(signature(node), "python"),
            block(ast.get_docstring(node) or "", "text"),
        ]
        for method in public(node.body) if isinstance(node, ast.ClassDef) else ():
            parts += [block(signature(method), "python"), block(ast.get_docstring(method) or "", "text")]
    return "\n\n".join(parts) + "\n"


def write_if_new(path: Path, text: str) -> None:
    """Leave a file that is the same alone, so that Sphinx need not read it again."""
    if not path.exists() or path.read_text(encoding="utf-8") != text:
        path.write_text(text, encoding="utf-8")


def write_interface(root: Path, folder: Path) -> None:
    """A page for every module with public names, and an index of them; pages of modules that went go too."""
    folder.mkdir(exist_ok=True)
    written = []
    for base in ROOTS:
        for path in sorted((root / base).rglob("*.py")):
            parts = path.relative_to(root / base).with_suffix("").parts
            kept = [p for p in parts if p != "__init__"]
            if any(p.startswith("__") for p in kept):
                continue
            name = ".".join([Path(base).name, *kept])
            page = module_page(name, path.read_text(encoding="utf-8"))
            if page is not None:
                write_if_new(folder / f"{name}.md", page)
                written.append(name)
    head = "# Interface\n\nEvery public name of every module, from its docstring."
    index = "\n".join([head, "", "```{toctree}", ":maxdepth: 1", "", *written, "```", ""])
    write_if_new(folder / "index.md", index)
    for path in folder.glob("liesym*.md"):
        if path.stem not in written:
            path.unlink()


def entries(text: str) -> list[tuple[str, dict[str, str]]]:
    """(key, fields) of each entry of a bibliography with one entry a line."""
    found = []
    for line in text.splitlines():
        head = re.match(r"@\w+\{(\w+),", line)
        if head:
            fields = re.findall(r"(\w+)=\{((?:[^{}]|\{[^{}]*\})*)\}", line)
            found.append((head.group(1), {k: plain(v) for k, v in fields}))
    return found


def plain(text: str) -> str:
    """LaTeX accents and braces as letters."""
    accents = {r"\'": "\u0301", r"\`": "\u0300", r"\"": "\u0308"}
    text = text.replace(r"{\o}", "ø")
    for mark, combining in accents.items():
        text = re.sub(re.escape(mark) + r"(\w)", lambda m, c=combining: m.group(1) + c, text)
    return re.sub(r"[{}]", "", text)


def write_references(bibliography: Path, page: Path) -> None:
    """The list of sources, in the order of their keys."""
    lines = ["# References", "", "Cited in docstrings by author and year.", ""]
    for _, field in sorted(entries(bibliography.read_text(encoding="utf-8"))):
        authors = field["author"].replace(" and ", "; ")
        where = [field[k] for k in ("journal", "booktitle", "publisher", "note", "howpublished") if k in field]
        if "volume" in field:
            where[0] += f" {field['volume']}"
        lines.append(f"* {authors} ({field['year']}): *{field['title']}*. {', '.join(where)}.")
    write_if_new(page, "\n".join(lines) + "\n")
