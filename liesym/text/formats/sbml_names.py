"""The identifiers of a model of SBML, and the symbols that stand for them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from sympy import Symbol

from liesym.base.names import free_name
from liesym.text.functions import FUNCTIONS

TIME = "t"


def elements(model: Any) -> dict[str, tuple[str, Any]]:
    """Identifier -> (what it is, its element), of all that mathematics may name, in the order of the file."""
    reactions = list(model.getListOfReactions())
    references = [r for reaction in reactions for r in (*reaction.getListOfReactants(), *reaction.getListOfProducts())]
    kinds: tuple[tuple[str, Iterable[Any]], ...] = (
        ("compartment", model.getListOfCompartments()),
        ("species", model.getListOfSpecies()),
        ("parameter", model.getListOfParameters()),
        ("reaction", reactions),
        ("reference", references),
    )
    return {element.getId(): (kind, element) for kind, many in kinds for element in many if element.getId()}


def symbols_of(known: Mapping[str, tuple[str, Any]]) -> tuple[dict[str, Symbol], list[str]]:
    """A symbol for each identifier, and a sentence for each that has another name in the text grammar."""
    taken = {*known, *FUNCTIONS, "pi", TIME}
    symbols: dict[str, Symbol] = {}
    notes = []
    for name, (kind, _) in known.items():
        chosen = legal(name, taken)
        if chosen != name:
            notes.append(f"the {kind} {name} is written {chosen}: {name} has another meaning in the text")
            taken.add(chosen)
        symbols[name] = Symbol(chosen, real=True, **({"positive": True} if kind == "compartment" else {}))
    return symbols, notes


def legal(name: str, taken: Iterable[str]) -> str:
    """The name itself where the text grammar has no other meaning for it."""
    return free_name(name + "_", set(taken)) if name in FUNCTIONS or name in ("pi", TIME) else name
