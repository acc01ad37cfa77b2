"""Reactions as text, `2 A + B -> C`, to rates of change: S' = Σ n_r v_r."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from liesym.text.formats.tokens import Formulas, Token, arguments

NOTHING = ("0", "∅", "Ø")


@dataclass(frozen=True, slots=True)
class Amount:
    """n S on one side of a reaction; n is text."""

    count: str
    species: str
    fixed: bool = False


def side(tokens: Sequence[Token], formulas: Formulas) -> tuple[Amount, ...]:
    """What stands on one side: `2 A + $B`, `0` and nothing for no species.

    Raises:
        ParseError: a term is no species with a number before it.
    """
    if not tokens or (len(tokens) == 1 and tokens[0].text in NOTHING):
        return ()
    return tuple(_amount(term, tokens[0], formulas) for term in arguments(tokens, "+"))


def _amount(term: Sequence[Token], begin: Token, formulas: Formulas) -> Amount:
    fixed = any(t.text == "$" for t in term)
    plain = [t for t in term if t.text != "$"]
    if not plain or plain[-1].kind != "name":
        place = (plain or list(term) or [begin])[0].place
        raise formulas.source.error("a reaction has species with numbers before them", place, ("2 A + B -> C",))
    count = [t for t in plain[:-1] if t.text != "*" or t is not plain[-2]]
    return Amount(f"({formulas.write(count)})" if count else "1", plain[-1].text, fixed)


@dataclass(slots=True)
class Network:
    """The reactions met so far: species -> (count, rate, line)."""

    changes: dict[str, list[tuple[str, str, int]]] = field(default_factory=dict)

    def add(self, used: Sequence[Amount], made: Sequence[Amount], rate: str, line: int) -> None:
        """One reaction with its rate."""
        for sign, many in (("-", used), ("", made)):
            for amount in many:
                if not amount.fixed:
                    self.changes.setdefault(amount.species, []).append((sign + amount.count, rate, line))

    def lines(self, sizes: dict[str, str] | None = None, without: Sequence[str] = ()) -> Iterator[tuple[str, int]]:
        """S' = Σ n v, divided by the size of the compartment where one is given, with the line of the first reaction."""
        for species, many in self.changes.items():
            if species in without:
                continue
            size = (sizes or {}).get(species)
            terms = [f"({n})*({v})" + (f"/{size}" if size else "") for n, v, _ in many]
            yield f"{species}' = {' + '.join(terms)}", many[0][2]
