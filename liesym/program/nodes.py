"""The straight-line program: the one thing that backends see.

A program is a list of nodes, each an operation of a closed list applied to earlier nodes. It has no loops, no
branches (a choice is the operation ``where``), no arrays (every node is one real number per point of the
batch, or one truth value), and no names but those of its parameters.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from liesym.program.called import parts

#: Operations without operands: what enters the program.
INPUTS: dict[str, str] = {
    "time": "the independent variable t",
    "state": "component `value` of x",
    "parameter": "parameter `value` of args",
    "constant": "the number `value`, typed like x",
    "epsilon": "the distance from 1 to the next number of x's type",
    "huge": "the square root of the largest number of x's type",
}

#: Operations on real numbers, with their number of operands; `stop` is the identity, with derivative 0, and
#: `inverse_gudermann` of s = sin(a) and c = cos(a) is atanh(s), as accurate where c is small as anywhere.
ARITHMETIC: dict[str, int] = {
    "add": 2, "sub": 2, "mul": 2, "div": 2, "neg": 1, "reciprocal": 1,
    "pow": 2, "sqrt": 1, "rsqrt": 1, "hypot": 2,
    "exp": 1, "expm1": 1, "log": 1, "log1p": 1,
    "sin": 1, "cos": 1, "tan": 1, "asin": 1, "acos": 1, "atan": 1, "atan2": 2,
    "sinh": 1, "cosh": 1, "tanh": 1, "asinh": 1, "acosh": 1, "atanh": 1,
    "abs": 1, "sign": 1, "floor": 1, "ceil": 1, "mod": 2, "minimum": 2, "maximum": 2, "copysign": 2,
    "stop": 1, "erf": 1, "erfc": 1, "lgamma": 1, "digamma": 1, "polygamma": 1, "inverse_gudermann": 2,
}  # fmt: skip

#: Operations that give or take truth values.
LOGIC: dict[str, int] = {"lt": 2, "le": 2, "eq": 2, "and": 2, "or": 2, "not": 1, "isfinite": 1, "where": 3}

#: Every operation a program may hold, with its number of operands; -1 for any number.
OPERATIONS: dict[str, int] = {**dict.fromkeys(INPUTS, 0), **ARITHMETIC, **LOGIC, "call": -1, "derivative": -1}


@dataclass(frozen=True, slots=True)
class Node:
    """One operation on earlier nodes.

    Arguments:
        op: a key of `OPERATIONS`.
        args: indices of the operands, each below the node's own index.
        value: the number of a constant, the index of a state component, the name of a parameter or of a
            called function, that name with the orders of a derivative of it (`liesym.program.called.label`), the order of a
            polygamma function; None otherwise.
    """

    op: str
    args: tuple[int, ...] = ()
    value: float | int | str | None = None


def function_of(node: Node) -> str:
    """The name of the user's function that a node calls or differentiates."""
    return str(node.value) if node.op == "call" else parts(node.value)[0]


@dataclass(frozen=True, slots=True)
class Condition:
    """What an operation asks of its operand at every point: the program's domain, and so its singular set.

    Arguments:
        kind: "nonzero", "positive", "nonnegative", "within one" (|u| <= 1), "inside one" (|u| < 1),
            "at least one" or "no pole" (not 0, -1, -2, …).
        operand: index of u.
        text: u and what is asked of it, in words for people, e.g. ``x**2 + y**2 != 0``.
        scope: index of a truth value under which alone this is asked (a branch of a Piecewise), or None.
    """

    kind: str
    operand: int
    text: str
    scope: int | None = None


#: Kind of a condition -> how its failure is written after the operand.
OPPOSITE: dict[str, str] = {
    "nonzero": "= 0", "positive": "<= 0", "nonnegative": "< 0", "within one": "outside [-1, 1]",
    "inside one": "outside (-1, 1)", "at least one": "< 1", "no pole": "in {0, -1, -2, ...}",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Program:
    """A frozen straight-line program with named inputs and outputs.

    Arguments:
        nodes: the operations in an order in which they can be carried out.
        outputs: indices of the k values.
        state: names of the m components of x, in order.
        parameters: (name, default or None) of each parameter, in order.
        names: names of the k values.
        conditions: the domain, one entry an operation that is not defined everywhere.
        jacobian: k rows of m indices, the partial derivatives by the state; empty if they were not asked for.
        valid: index of the truth value "this point is inside the domain" where a guard masks; else None.
        failures: for a guard that raises, (index of the truth value "this fails here", text).
    """

    nodes: tuple[Node, ...]
    outputs: tuple[int, ...]
    state: tuple[str, ...]
    parameters: tuple[tuple[str, float | None], ...] = ()
    names: tuple[str, ...] = ()
    conditions: tuple[Condition, ...] = ()
    jacobian: tuple[tuple[int, ...], ...] = ()
    valid: int | None = None
    failures: tuple[tuple[int, str], ...] = ()

    @property
    def operations(self) -> frozenset[str]:
        """The operations that occur."""
        return frozenset(node.op for node in self.nodes)

    @property
    def calls(self) -> tuple[str, ...]:
        """Names of the user's functions that are called, or whose derivatives are."""
        return tuple(sorted({function_of(node) for node in self.nodes if node.op in ("call", "derivative")}))

    @property
    def uses_time(self) -> bool:
        return any(node.op == "time" for node in self.nodes)

    @property
    def size(self) -> int:
        """Number of operations, inputs and constants not counted."""
        return sum(node.op not in INPUTS for node in self.nodes)

    @property
    def results(self) -> tuple[int, ...]:
        """All nodes that leave the program: values, Jacobian entries, truth values of a guard."""
        extra = () if self.valid is None else (self.valid,)
        return (
            *self.outputs,
            *(j for row in self.jacobian for j in row),
            *extra,
            *(i for i, _ in self.failures),
        )

    @property
    def singular_set(self) -> tuple[str, ...]:
        """Where the program is not defined, as text, each condition once."""
        return tuple(dict.fromkeys(f"{c.text} {OPPOSITE[c.kind]}" for c in self.conditions))


def pruned(nodes: list[Node], roots: Iterable[int]) -> tuple[tuple[Node, ...], dict[int, int]]:
    """The nodes that the roots need, renumbered in order, and the map from old to new indices."""
    needed = [False] * len(nodes)
    pending = list(roots)
    while pending:
        index = pending.pop()
        if not needed[index]:
            needed[index] = True
            pending.extend(nodes[index].args)
    renumber: dict[int, int] = {}
    kept: list[Node] = []
    for index, node in enumerate(nodes):
        if needed[index]:
            renumber[index] = len(kept)
            kept.append(Node(node.op, tuple(renumber[a] for a in node.args), node.value))
    return tuple(kept), renumber
