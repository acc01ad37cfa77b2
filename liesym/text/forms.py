"""Other ways to write a derivative, brought to primes without moving any character: carets point where they should.

Each form is replaced by one of the same length, filled with spaces: dx/dt by x', der(x), Derivative(x(t), t), x_dot and dxdt
too. Only what has no other meaning is read: a quotient of differentials where it is the whole left side, a derivative by the
independent variable, x_dot where it is a whole left side.
"""

from __future__ import annotations

import re
from functools import lru_cache

from liesym.errors import ParseError

NAME = r"[^\W\d]\w*?"
SHORT = 3
"""Primes up to this order; more are written x^(k)."""
_COMMENT = re.compile(r"(?:#|//|%)[^\n]*")
_QUOTIENT = re.compile(
    r"(?P<before>(?:^|[;\n])[ \t]*)"
    rf"(?P<whole>d(?:\^?(?P<order>[2-9]))?(?P<of>{NAME})\s*/\s*d(?P<by>{NAME})(?:\^?(?P<again>[2-9]))?)"
    r"(?P<after>[ \t]*=)"
)
_OPERATOR = re.compile(rf"\bder\(\s*(?P<of>{NAME}'*)\s*\)")
_DOTTED = re.compile(rf"(?:^|[;\n])[ \t]*(?:(?P<of>{NAME})_?(?P<dots>d+)ot|d(?P<by_t>{NAME})_?dt)[ \t]*=", re.MULTILINE)
_CONCENTRATION = re.compile(rf"\bd\[[ \t]*(?P<under>{NAME})[ \t]*\](?=\s*/\s*d)|(?<![\w)\]'])\[(?P<of>[ \t]*{NAME}[ \t]*)\]")
_IN_PARENTHESES = re.compile(rf"(?<![\w)])\((?P<of>{NAME})\)(?P<primes>'+)")


def in_primes(text: str, independent: str) -> str:
    """The text of equations with every form that is read replaced by primes, character for character.

    Arguments:
        text: equations as people write them.
        independent: name of the independent variable.

    Raises:
        ParseError: a left side is a derivative by another variable, or its two orders differ.
    """
    if not isinstance(text, str):  # the parser says what is wrong
        return text
    text = without_quotients(text, independent)
    return _QUOTIENT.sub(lambda m: _quotient(m, independent, text), text)


def without_quotients(text: str, independent: str) -> str:
    """The same but for dx/dt, which says itself what the independent variable is."""
    text = _COMMENT.sub(lambda m: " " * len(m[0]), text)
    if re.search(r"\bd\[[^\]\n]*\]\s*/\s*d", text):  # [A] is the concentration of A
        text = _CONCENTRATION.sub(lambda m: f"d{m['under']}".ljust(len(m[0])) if m["under"] else f" {m['of']} ", text)
    text = re.sub(rf"(?<=[\w'])\[{re.escape(independent)}\]", f"({independent})", text)  # x'[t] of Mathematica
    text = _called(independent).sub(_primes, text)
    while (inner := _OPERATOR.sub(lambda m: f"{m['of']}'".ljust(len(m[0])), text)) != text:
        text = inner
    text = _without_dots(text)
    return _IN_PARENTHESES.sub(lambda m: f" {m['of']} {m['primes']}", text)


@lru_cache(maxsize=8)
def _called(t: str) -> re.Pattern[str]:
    """Derivative(x(t), t), Derivative(x(t), (t, 2)) as SymPy writes it, and diff(x(t), t, 2)."""
    t = re.escape(t)
    order = rf"{t}\s*,\s*(?P<plain>\d)|\(\s*{t}\s*,\s*(?P<pair>\d)\s*\)|{t}"
    return re.compile(rf"\b(?:Derivative|diff|D)\(\s*(?P<of>{NAME})\(\s*{t}\s*\)\s*,\s*(?:{order})\s*\)")


def _primes(found: re.Match[str]) -> str:
    order = int(found["plain"] or found["pair"] or 1)
    written = found["of"] + ("'" * order if order <= SHORT else f"^({order})")
    return written.ljust(len(found[0]))


def _without_dots(text: str) -> str:
    """x' for x_dot, xdot and dxdt, x'' for x_ddot, where one of a name is a whole left side and has no derivative itself."""
    for found in list(_DOTTED.finditer(text)):
        name = found["of"] or found["by_t"]
        forms = (
            (rf"{name}_?(?P<dots>d{{1,3}})ot", lambda m: len(m["dots"])) if found["of"] else (rf"d{name}_?dt", lambda m: 1)
        )
        pattern = re.compile(rf"(?<!\w){forms[0]}(?!\w)")
        if not re.search(pattern.pattern + "'", text):
            text = pattern.sub(lambda m, n=name, count=forms[1]: (n + "'" * count(m)).ljust(len(m[0])), text)
    return text


def _quotient(found: re.Match[str], independent: str, text: str) -> str:
    """x' for dx/dt, x'' for d2x/dt2 and d^2x/dt^2."""
    place = found.start("whole")
    line = text.count("\n", 0, place) + 1
    column = place - text.rfind("\n", 0, place)
    if found["order"] != found["again"]:
        raise ParseError(
            f"{found['whole']} has two different orders", source=text, line=line, column=column,
            expected=(f"d{found['order'] or ''}{found['of']}/d{found['by']}{found['order'] or ''}",),
        )  # fmt: skip
    if found["by"] != independent:
        raise ParseError(
            f"{found['whole']} is a derivative by {found['by']}, and the independent variable is {independent}",
            source=text, line=line, column=column, expected=(f"{found['by']} as the independent variable",),
        )  # fmt: skip
    order = int(found["order"] or 1)
    written = found["of"] + ("'" * order if order <= SHORT else f"^({order})")
    return found["before"] + written.ljust(len(found["whole"])) + found["after"]
