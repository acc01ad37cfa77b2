"""Names and parameters that users declare, checked before anything is read with them."""

from __future__ import annotations

import re
from collections.abc import Mapping

from sympy import Symbol

from liesym.base.parameters import Parameter
from liesym.errors import ParseError
from liesym.text.functions import FUNCTIONS, nearest
from liesym.text.grammar import odd_character

ASSUMPTIONS = ("positive", "nonzero", "integer")
_NAME = re.compile(r"[^\W\d]\w*")


def check_name(name: object, role: str) -> None:
    """Refuse what is no name, or is the name of a known function or constant."""
    if not isinstance(name, str) or not _NAME.fullmatch(name) or odd_character(name) is not None:
        shown = name if isinstance(name, str) else repr(name)
        raise ParseError(
            f"{shown!r} is not a name and cannot be {role}", source=str(shown), line=1, column=1,
            expected=("a letter followed by letters, digits and _",),
        )  # fmt: skip
    if name in FUNCTIONS or name == "pi":
        raise ParseError(f"{name} has a fixed meaning and cannot be {role}; choose another name")


def read_parameter(name: str, spec: object) -> Parameter:
    """A parameter from its name and a table such as ``{positive = true, value = 1.3}``.

    Raises:
        ParseError: not a name, an unknown key, a value of the wrong type, or a value against the assumptions.
    """
    check_name(name, "a parameter")
    if not isinstance(spec, Mapping):
        raise ParseError(
            f"parameter {name}: a table is expected, not {spec!r}",
            expected=("{ positive = true, value = 1.3 }",),
        )
    known = ("real", *ASSUMPTIONS, "value")
    for key, entry in spec.items():
        if key not in known:
            close = nearest(str(key), known)
            hint = f"; did you mean {close}?" if close else ""
            raise ParseError(f"parameter {name}: unknown key {key!r}{hint}", expected=known)
        if key == "value":
            if (
                isinstance(entry, bool)
                or not isinstance(entry, (int, float))
                or entry != entry
                or abs(entry) == float("inf")
            ):
                raise ParseError(f"parameter {name}: value must be a finite number, not {entry!r}")
        elif not isinstance(entry, bool):
            raise ParseError(f"parameter {name}: {key} must be true or false, not {entry!r}")
    if spec.get("real") is False:
        raise ParseError(f"parameter {name}: only real parameters are supported")
    assumptions = tuple(a for a in ASSUMPTIONS if spec.get(a))
    value = spec.get("value")
    against = value is not None and (
        ("positive" in assumptions and value <= 0)
        or ("nonzero" in assumptions and value == 0)
        or ("integer" in assumptions and value != int(value))
    )
    if against:
        raise ParseError(f"parameter {name}: the value {value} contradicts {', '.join(assumptions)}")
    symbol = Symbol(name, real=True, **dict.fromkeys(assumptions, True))
    return Parameter(symbol, assumptions, None if value is None else float(value))
