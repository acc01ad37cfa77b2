"""Other ways to write a derivative, brought to primes without moving any character: carets point where they should.

Each form is replaced by one of the same length, filled with spaces: dx/dt by x' and der(x) by x'. Only what has no other
meaning is read: a quotient of differentials where it is the whole left side, and a derivative by the independent variable.
"""

from __future__ import annotations

import re

from liesym.errors import ParseError

NAME = r"[^\W\d]\w*?"
SHORT = 3
"""Primes up to this order; more are written x^(k)."""
_COMMENT = re.compile(r"#[^\n]*")
_QUOTIENT = re.compile(
    r"(?P<before>(?:^|[;\n])[ \t]*)"
    rf"(?P<whole>d(?:\^?(?P<order>[2-9]))?(?P<of>{NAME})\s*/\s*d(?P<by>{NAME})(?:\^?(?P<again>[2-9]))?)"
    r"(?P<after>[ \t]*=)"
)
_OPERATOR = re.compile(rf"\bder\(\s*(?P<of>{NAME})\s*\)")
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
    text = _COMMENT.sub(lambda m: " " * len(m[0]), text)
    text = _QUOTIENT.sub(lambda m: _quotient(m, independent, text), text)
    text = _OPERATOR.sub(lambda m: f"{m['of']}'".ljust(len(m[0])), text)
    return _IN_PARENTHESES.sub(lambda m: f" {m['of']} {m['primes']}", text)


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
