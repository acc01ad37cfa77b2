"""Equations as a textbook spells them: dy/dx, y'(x), and decimals, brought to the text grammar.

    dy/dx, d^2y/dx^2, y(x), y'(x)     y', y'', y, y' with the independent variable x
    0.123                             a positive name, whose value is put back at the end: measured numbers never become
                                      exponents of a large degree

Without such a hint the independent variable is t, or x where x is no unknown and t does not occur.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from sympy import Rational

from liesym.base.names import free_name
from liesym.errors import ParseError
from liesym.text import arithmetic
from liesym.text.characters import in_plain_characters
from liesym.text.forms import without_quotients
from liesym.text.grammar import parse
from liesym.text.names import unknown_names
from liesym.text.reader import walk

DEFAULT = "t"
VARIABLES = frozenset(("x", "y", "z", "s", "X", "T", "theta", "phi", "tau", "xi"))
"""Names that may stand below a derivative, as in dy/ds."""
ALONE = "x"
"""The name that is the independent variable without being called so; tau, theta and s are parameters at least as often."""
LONGEST = 40
"""Characters of a decimal that is shown as it was written."""
SMALL = 12
"""Decimals with a smaller denominator, such as 0.5, are numbers like any other."""

_QUOTIENT = re.compile(r"\bd(?:\^?(\d+))?([^\W\d]\w*)\s*/\s*d([^\W\d]\w*?)(?:(\^)?(\d+))?(?!\w)")
_APPLIED = re.compile(r"\b([^\W\d]\w*)('*)\(\s*([^\W\d]\w*)\s*\)")
_DECIMAL = re.compile(r"(?<![\w.])(?:\d+\.\d*|\.\d+)(?:[eE][+-]?\d+)?(?!\w)|(?<![\w.])\d+[eE][+-]?\d+(?!\w)")
_NAME = re.compile(r"[^\W\d]\w*")


@dataclass(frozen=True, slots=True)
class Spelled:
    """Equations in the text grammar, and how they were read.

    Arguments:
        text: the equations.
        independent: name of the independent variable.
        notes: what was taken for granted, in sentences.
        decimals: (name that stands for it, the decimal as it was written).
    """

    text: str
    independent: str
    notes: tuple[str, ...] = ()
    decimals: tuple[tuple[str, str], ...] = ()

    @property
    def values(self) -> dict[str, Rational]:
        """The decimals as exact numbers, by the names that stand for them."""
        return {name: Rational(written) for name, written in self.decimals}


def spelled(text: str, independent: str | None = None) -> Spelled:
    """Equations with their independent variable, as they are written or as it can be told.

    Arguments:
        text: equations, one a line or separated by `;`.
        independent: its name; read off the equations if None.

    Raises:
        ParseError: the text is not in the grammar, or it names two independent variables.
    """
    plain, named = _in_primes(without_quotients(in_plain_characters(text).text, independent or DEFAULT))
    if independent is not None and named not in (None, independent):
        raise ParseError(f"the equations have the independent variable {named}; {independent} differs")
    chosen, notes = named if independent is None else independent, ()
    if chosen is None:
        chosen, notes = _chosen(plain)
    return Spelled(plain, chosen, notes)


def with_names_for_decimals(given: Spelled) -> Spelled:
    """The same with a name for every decimal."""
    taken = set(_NAME.findall(given.text))
    names: dict[str, str] = {}

    def named(match: re.Match[str]) -> str:
        written = match.group()
        value = Rational(written)
        if value.q <= SMALL:
            return written
        if written not in names:
            names[written] = free_name(f"decimal{len(names) + 1}", taken)
            taken.add(names[written])
        return names[written]

    text = _DECIMAL.sub(named, given.text)
    return Spelled(text, given.independent, given.notes, tuple((name, written) for written, name in names.items()))


def decimals_in(text: str) -> tuple[str, ...]:
    """The decimals of a text as they are written, without those that are whole."""
    found = dict.fromkeys(m.group() for m in _DECIMAL.finditer(text) if len(m.group()) <= LONGEST)
    return tuple(d for d in found if _is_fraction(d))


def _is_fraction(written: str) -> bool:
    try:
        return not arithmetic.number(written).is_integer
    except arithmetic.NumberTooLarge:  # in a remark: as a number of the equations it is refused
        return False


def _in_primes(text: str) -> tuple[str, str | None]:
    """dy/dx and y'(x) as y', and the independent variable that they name."""
    along: dict[str, None] = {}

    def derivative(match: re.Match[str]) -> str:
        upper, name, variable, caret, lower = match.groups()
        if lower and not caret and upper != lower:
            return match.group()  # dx/dt2 by a variable t2
        if variable != DEFAULT and variable not in VARIABLES:
            return match.group()  # a quotient of names that begin with d
        if (upper or "1") != (lower or "1"):
            raise ParseError(f"{match.group()} has two orders: write d^2{name}/d{variable}^2")
        along[variable] = None
        order = int(upper or 1)
        return name + "'" * order if order <= 3 else f"D({name}, {order})"

    text = _QUOTIENT.sub(derivative, text)
    primed = set(re.findall(r"([^\W\d]\w*)'", text))
    bare = {name for name in primed if re.search(rf"(?<!\w){name}'*(?!\w|'|\s*\()", text)}
    if bare and len(primed) > len([part for part in re.split(r"[;\n]", text) if part.strip()]):
        primed = (
            bare  # more derivatives than equations: what is applied throughout, as in f'(x)*y, is a function that is open
        )

    def applied(match: re.Match[str]) -> str:
        name, primes, variable = match.groups()
        if name not in primed or variable in primed:
            return match.group()
        along[variable] = None
        return name + primes

    text = _APPLIED.sub(applied, text)
    if len(along) > 1:
        raise ParseError(f"the equations name {len(along)} independent variables: {', '.join(along)}; there is one")
    return text, next(iter(along), None)


def _chosen(text: str) -> tuple[str, tuple[str, ...]]:
    """t, or where it does not occur x if that is no unknown, with a sentence that says so."""
    equations = [e for e in parse(text, "equations").children if e is not None]
    unknowns = unknown_names(equations, DEFAULT, text)
    plain = {str(n.children[0]) for e in equations for n in walk(e) if n.data == "name"}
    if DEFAULT in plain or DEFAULT in unknowns or ALONE not in plain or ALONE in unknowns:
        return DEFAULT, ()
    alone = plain <= {ALONE, *unknowns}
    return ALONE, (
        f"the independent variable is {ALONE}, {'the one name that can be it' if alone else 'as t does not occur'}",
    )
