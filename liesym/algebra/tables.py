"""Standard forms of the real Lie algebras of dimension at most 4, and their names.

Source: Patera, Sharp, Winternitz and Zassenhaus 1976, table I (the numbering is Mubarakzyanov's); Bianchi 1898.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sympy import Dummy, Expr, sympify

a, b = Dummy("a"), Dummy("b")
Brackets = dict[tuple[int, int], dict[int, Expr | int]]

# counted from 1, as in print
TABLE: dict[str, Brackets] = {
    "A1": {},
    "2A1": {},
    "3A1": {},
    "4A1": {},
    "A2": {(1, 2): {2: 1}},
    "A2+A1": {(1, 2): {2: 1}},
    "A2+2A1": {(1, 2): {2: 1}},
    "2A2": {(1, 2): {2: 1}, (3, 4): {4: 1}},
    "A3,1": {(2, 3): {1: 1}},
    "A3,2": {(1, 3): {1: 1}, (2, 3): {1: 1, 2: 1}},
    "A3,3": {(1, 3): {1: 1}, (2, 3): {2: 1}},
    "A3,4": {(1, 3): {1: 1}, (2, 3): {2: -1}},
    "A3,5": {(1, 3): {1: 1}, (2, 3): {2: a}},
    "A3,6": {(1, 3): {2: -1}, (2, 3): {1: 1}},
    "A3,7": {(1, 3): {1: a, 2: -1}, (2, 3): {1: 1, 2: a}},
    "A3,8": {(1, 2): {1: 1}, (1, 3): {2: 2}, (2, 3): {3: 1}},
    "A3,9": {(1, 2): {3: 1}, (2, 3): {1: 1}, (3, 1): {2: 1}},
    "A4,1": {(2, 4): {1: 1}, (3, 4): {2: 1}},
    "A4,2": {(1, 4): {1: a}, (2, 4): {2: 1}, (3, 4): {2: 1, 3: 1}},
    "A4,3": {(1, 4): {1: 1}, (3, 4): {2: 1}},
    "A4,4": {(1, 4): {1: 1}, (2, 4): {1: 1, 2: 1}, (3, 4): {2: 1, 3: 1}},
    "A4,5": {(1, 4): {1: 1}, (2, 4): {2: a}, (3, 4): {3: b}},
    "A4,6": {(1, 4): {1: a}, (2, 4): {2: b, 3: -1}, (3, 4): {2: 1, 3: b}},
    "A4,7": {(2, 3): {1: 1}, (1, 4): {1: 2}, (2, 4): {2: 1}, (3, 4): {2: 1, 3: 1}},
    "A4,8": {(2, 3): {1: 1}, (2, 4): {2: 1}, (3, 4): {3: -1}},
    "A4,9": {(2, 3): {1: 1}, (1, 4): {1: 1 + b}, (2, 4): {2: 1}, (3, 4): {3: b}},
    "A4,10": {(2, 3): {1: 1}, (2, 4): {3: -1}, (3, 4): {2: 1}},
    "A4,11": {(2, 3): {1: 1}, (1, 4): {1: 2 * a}, (2, 4): {2: a, 3: -1}, (3, 4): {2: 1, 3: a}},
    "A4,12": {(1, 3): {1: 1}, (2, 3): {2: 1}, (1, 4): {2: -1}, (2, 4): {1: 1}},
}
for _i in range(1, 10):
    TABLE[f"A3,{_i}+A1"] = TABLE[f"A3,{_i}"]

USUAL = {
    "A3,1": "heisenberg(1)",
    "A3,4": "e(1,1)",
    "A3,6": "e(2)",
    "A3,8": "sl(2,R)",
    "A3,9": "so(3)",
    "A3,8+A1": "gl(2,R)",
    "A3,9+A1": "u(2)",
}
OTHER = {
    "A2": ("aff(1,R)",),
    "3A1": ("Bianchi I",),
    "A2+A1": ("Bianchi III",),
    "A3,1": ("Bianchi II",),
    "A3,2": ("Bianchi IV",),
    "A3,3": ("Bianchi V",),
    "A3,4": ("Bianchi VI_0",),
    "A3,5": ("Bianchi VI_h",),
    "A3,6": ("Bianchi VII_0",),
    "A3,7": ("Bianchi VII_h",),
    "A3,8": ("Bianchi VIII", "so(2,1)", "su(1,1)", "sp(2,R)"),
    "A3,9": ("Bianchi IX", "su(2)"),
    "A3,8+A1": ("sl(2,R)+A1",),
    "A3,9+A1": ("so(3)+A1",),
}


def brackets_of(family: str, parameters: Sequence[tuple[str, Expr]] = ()) -> dict[tuple[int, int], dict[int, Expr]]:
    """Commutators of a standard form, counted from 0."""
    symbols = {"a": a, "b": b}
    values: Any = {symbols[name]: value for name, value in parameters}
    return {
        (i - 1, j - 1): {k - 1: sympify(c).subs(values) for k, c in row.items()}  # type: ignore[union-attr]
        for (i, j), row in TABLE[family].items()
    }
