"""Sums that take a product in with them: one operation of an array library where two would be called."""

from __future__ import annotations

from collections import Counter
from collections.abc import Container
from dataclasses import dataclass

from liesym.program.nodes import Program

#: Kind of a sum -> what it computes of its operands; in a scaled one {2} is a number, all else are arrays.
SUMS: dict[str, str] = {
    "add scaled": "{0} + {2} * {1}", "sub scaled": "{0} - {2} * {1}",
    "add product": "{0} + {1} * {2}", "sub product": "{0} - {1} * {2}",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Sum:
    """A sum of which one term is a product that nothing else needs.

    Arguments:
        key: of `SUMS`.
        args: indices of {0}, {1} and {2}.
        product: index of the product, which then needs no line of its own.
    """

    key: str
    args: tuple[int, int, int]
    product: int


def fusions(program: Program, known: Container[str]) -> dict[int, Sum]:
    """Index of an addition or subtraction -> the sum that takes its place, of the kinds that are known."""
    uses = Counter(program.results)
    for node in program.nodes:
        uses.update(node.args)
    arrays = _arrays(program)
    found: dict[int, Sum] = {}
    for index, node in enumerate(program.nodes):
        pairs = {"add": (node.args, node.args[::-1]), "sub": (node.args,)}.get(node.op, ())
        choices = [_sum(program, node.op, *pair, arrays) for pair in pairs if uses[pair[1]] == 1]
        possible = [s for s in choices if s is not None and s.key in known]
        if possible:
            # A factor that is a number costs nothing to take in; of two products one stays.
            found[index] = min(possible, key=lambda s: s.key.endswith("product"))
    return found


def _sum(program: Program, op: str, other: int, product: int, arrays: list[bool]) -> Sum | None:
    node = program.nodes[product]
    if node.op != "mul" or not arrays[other]:
        return None
    first, second = node.args
    if arrays[first] and arrays[second]:
        return Sum(f"{op} product", (other, first, second), product)
    for factor, number in ((first, second), (second, first)):
        if arrays[factor] and program.nodes[number].op == "constant":
            return Sum(f"{op} scaled", (other, factor, number), product)
    return None


def _arrays(program: Program) -> list[bool]:
    """Which nodes are arrays for certain: no numbers, and nothing that a user's function returned."""
    found: list[bool] = []
    for node in program.nodes:
        given = node.op in ("state", "time", "parameter")
        made = node.op not in ("constant", "call", "derivative") and any(found[a] for a in node.args)
        found.append(given or made)
    return found
