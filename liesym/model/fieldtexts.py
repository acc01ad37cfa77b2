"""Vector fields as text alone, without a system: `x: y; y: -x`, or `y ∂x − x ∂y`, `y d/dx - x d/dy`."""

from __future__ import annotations

import re
from collections.abc import Sequence

from sympy import Expr, S, Symbol

from liesym.base.names import listed
from liesym.errors import ParseError
from liesym.model.generators import VectorField
from liesym.text.characters import in_plain_characters
from liesym.text.grammar import error_at, parse
from liesym.text.reader import Reader, Scope, walk

TIME = "t"
_NAME = r"[^\W\d]\w*"
_UNIT = re.compile(rf"(?:∂_?|\bd\s*/\s*d_?)(?P<of>{_NAME})")
_DIGITS = re.compile(r"(\d+)")


def read_fields(texts: Sequence[str], names: Sequence[str] | str | None = None) -> tuple[VectorField, ...]:
    """Vector fields over time t and the states that they name.

    Arguments:
        texts: one field each.
        names: of the states, in their order; unless given all names that occur, in the order of the alphabet and of the
            numbers in them, so that x2 comes before x10.

    Raises:
        ParseError: a text is not of one of the forms, holds a name that is no state, or gives a component twice.
    """
    if not texts:
        raise ParseError("no generator is given", expected=("text such as x: y; y: -x",))
    plain = [_in_pairs(text) if ":" not in text else text for text in texts]
    trees = [[n for n in parse(text, "generator").children if getattr(n, "data", "") == "assignment"] for text in plain]
    found = [str(n.children[0]) for pairs in trees for pair in pairs for n in walk(pair) if n.data in ("assignment", "name")]
    states = sorted(set(found) - {TIME}, key=_natural) if names is None else listed(names)
    symbols = {name: Symbol(name, real=True) for name in (TIME, *states)}
    scope = Scope(symbols, strict=True)
    return tuple(_field(pairs, text, scope) for pairs, text in zip(trees, plain, strict=True))


def _field(pairs: Sequence[object], text: str, scope: Scope) -> VectorField:
    components: dict[str, Expr] = {}
    for pair in pairs:
        name = str(pair.children[0])  # type: ignore[attr-defined]
        if name in components or name not in scope.symbols:
            what = "is given twice" if name in components else f"is none of {', '.join(scope.symbols)}"
            raise error_at(f"the component of {name} {what}", pair, text)
        components[name] = Reader(text, scope).build(pair.children[1])  # type: ignore[attr-defined]
    return VectorField(tuple(scope.symbols.values()), tuple(components.get(n, S.Zero) for n in scope.symbols))


def _in_pairs(text: str) -> str:
    """`y ∂x − x ∂y` as `x: y; y: -x`; what stands before a unit is its component."""
    plain = in_plain_characters(text).text.replace("−", "-").replace("·", "*")
    parts: dict[str, list[str]] = {}
    end = 0
    for unit in _UNIT.finditer(plain):
        size = plain[end : unit.start()].strip()
        sign, size = ("-", size[1:]) if size[:1] == "-" else ("", size.removeprefix("+"))
        size = size.strip().removesuffix("*").strip() or "1"
        if size.count("(") != size.count(")"):
            raise ParseError(f"{text!r}: {size} has a parenthesis around units", expected=("a component before each unit",))
        parts.setdefault(unit["of"], []).append(f"{sign}({size})")
        end = unit.end()
    if not parts or plain[end:].strip():
        raise ParseError(f"{text!r} is no generator", expected=("x: y; y: -x", "y d/dx - x d/dy"))
    return "; ".join(f"{name}: {' + '.join(sizes)}" for name, sizes in parts.items())


def _natural(name: str) -> list[tuple[bool, int, str]]:
    return [(part.isdigit(), int(part) if part.isdigit() else 0, part) for part in _DIGITS.split(name) if part]
