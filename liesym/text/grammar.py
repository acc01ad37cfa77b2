"""Text to syntax tree: the limits on text, the grammar, and the wording of what is wrong where.

Nothing here knows mathematics, and nothing here or later evaluates user text as a program.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from typing import Any

from lark.exceptions import UnexpectedCharacters, UnexpectedInput, UnexpectedToken

from liesym.errors import ParseError
from liesym.text.tables import parser

Tree = Any  # a lark Tree: rule name in .data, parts in .children, place in .meta

MAX_LENGTH = 100_000
MAX_DEPTH = 200
_WIDTH = 120

# copied text brings typographic primes and minus signs along; one character for one keeps the columns
_TYPOGRAPHY = str.maketrans({"′": "'", "’": "'", "‘": "'", "−": "-", "·": "*", "×": "*"})

_BEYOND_ASCII = re.compile(r"[^\x00-\x7f₀₁₂₃₄₅₆₇₈₉]")  # the subscripts of names such as x₁ are plain

_OPERAND = "a number, a name, a function or '('"
_WORDS = {
    "INTEGER": _OPERAND, "DECIMAL": _OPERAND, "NAME": _OPERAND, "LPAR": _OPERAND,
    "STAR": "an operator + - * / ^", "COMMA": "','", "RPAR": "')'", "EQUAL": "'='", "COLON": "':'",
    "SEMICOLON": "';'", "$END": "the end of the text",
}  # fmt: skip


def parse(text: str, start: str) -> Tree:
    """The syntax tree of `text` for one of the start symbols of the grammar.

    Raises:
        ParseError: the text is not in the grammar, is longer than MAX_LENGTH or nested deeper than MAX_DEPTH.
    """
    if not isinstance(text, str):
        raise ParseError(f"text is expected here, not {type(text).__name__}")
    if len(text) > MAX_LENGTH:
        raise ParseError(f"the text has {len(text)} characters; at most {MAX_LENGTH} are read")
    plain = text.translate(_TYPOGRAPHY)
    if start != "equations":
        plain = plain.replace("\n", " ").replace("\r", " ")
    _check_characters(plain)
    _check_parentheses(plain)
    try:
        tree = parser().parse(plain, start=start)
    except UnexpectedInput as error:
        raise _explain(error, plain) from None
    _check_depth(tree, plain)
    return tree


def position(tree: object) -> tuple[int, int]:
    """(line, column) where a node of the tree begins, counted from 1."""
    meta = getattr(tree, "meta", tree)
    return getattr(meta, "line", 1) or 1, getattr(meta, "column", 1) or 1


def error_at(message: str, tree: object, source: str, expected: tuple[str, ...] = ()) -> ParseError:
    """A ParseError whose caret stands at a node of the tree."""
    return error_in_line(message, source, *position(tree), expected)


def error_in_line(message: str, source: str, line: int, column: int, expected: tuple[str, ...]) -> ParseError:
    """A ParseError with at most a window of the line: a caret at the end of a long line helps nobody."""
    lines = source.split("\n")
    if lines and len(lines[line - 1]) > _WIDTH:
        start = max(0, min(column - _WIDTH // 2, len(lines[line - 1]) - _WIDTH))
        lines[line - 1] = lines[line - 1][start : start + _WIDTH]
        source, column = "\n".join(lines), column - start
    return ParseError(message, source=source, line=line, column=column, expected=expected)


def odd_character(text: str) -> int | None:
    """Place of a superscript, a fraction or a foreign digit: Unicode has them in words, but y² is no name."""
    for found in _BEYOND_ASCII.finditer(text):
        if unicodedata.category(found[0]) in ("No", "Nd") or _is_superscript(found[0]):
            return found.start()
    return None


def _is_superscript(character: str) -> bool:
    return unicodedata.decomposition(character).startswith("<super>")


def _check_characters(text: str) -> None:
    place = odd_character(text)
    if place is None:
        return
    character = text[place]
    power = f"^{unicodedata.normalize('NFKC', character)} for a power"
    expected = power if _is_superscript(character) else "the digits 0 to 9, and / for a fraction"
    raise _at(text, place, f"unexpected character {character!r}", (expected,))


def _check_parentheses(text: str) -> None:
    """Say which parenthesis has no partner; a parser alone would complain far behind it."""
    opened: list[int] = []
    for place, character in enumerate(text):
        if character == "(":
            opened.append(place)
        elif character == ")":
            if not opened:
                raise _at(text, place, "unbalanced parenthesis: this ) closes nothing")
            opened.pop()
        elif character in ";\n" and opened:
            break
        if len(opened) > MAX_DEPTH:
            raise _at(text, place, f"parentheses are nested more than {MAX_DEPTH} deep")
    if opened:
        raise _at(text, opened[-1], "unbalanced parenthesis: this ( is not closed before the end of the equation")


def _check_depth(tree: Tree, text: str) -> None:
    level = [tree]
    for _ in range(MAX_DEPTH):
        level = [child for node in level for child in node.children if hasattr(child, "children")]
        if not level:
            return
    raise error_at(f"the expression is nested more than {MAX_DEPTH} levels deep", level[0], text)


def _at(text: str, place: int, message: str, expected: tuple[str, ...] = ()) -> ParseError:
    before = text[:place]
    line = before.count("\n") + 1
    return error_in_line(message, text, line, place - (before.rfind("\n") + 1) + 1, expected)


def _explain(error: UnexpectedInput, text: str) -> ParseError:
    """The fault in the user's terms: where it is, and what could stand there."""
    if isinstance(error, UnexpectedCharacters):
        place = error.pos_in_stream or 0
        step = ("heaviside(a - b) for what is 1 where a > b and 0 elsewhere",) if text[place] in "<>≤≥" else ()
        return _at(text, place, f"unexpected character {text[place]!r}", step or _expected(error.allowed or ()))
    if not isinstance(error, UnexpectedToken):
        return _at(text, len(text), "the text ends too early")
    token, possible = error.token, error.accepts or error.expected
    expected = _expected(possible)
    if token.type == "$END":
        place = len(text.rstrip())
        return _at(text, place, "the text ends too early" if text.strip() else "the text is empty", expected)
    place = token.start_pos or 0
    if token.type == "_NEWLINE":
        return _at(text, place, "the equation ends too early", expected)
    product = _implicit_product(text, place, token) if "STAR" in possible else ""
    if product:
        return _at(text, place, product, ("an operator + - * / ^",))
    return _at(text, place, f"unexpected {str(token)!r}", expected)


def _implicit_product(text: str, place: int, token: str) -> str:
    """The message for `2 x` and its kin, or '' if nothing that could be a factor stands before."""
    if not re.match(r"[\w(.]", token):
        return ""
    before = re.search(r"([\w.]+'*|\))\s*\Z", text[:place])
    if not before:
        return ""
    left = before.group(1) if before.group(1) != ")" else "(…)"
    right = f"{token}…)" if token == "(" else token
    return f"a product needs its sign: write {left}*{right} instead of {text[before.start(1) : place]}{token}"


def _expected(terminals: Iterable[object]) -> tuple[str, ...]:
    """What could stand there, in words; signs and primes, which could stand almost anywhere, are left out."""
    found = {str(name) for name in terminals}
    return tuple(dict.fromkeys(words for name, words in _WORDS.items() if name in found))
