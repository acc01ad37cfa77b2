"""What a search lists, together with what can be said of the list."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeVar

from sympy import Expr, latex

Item = TypeVar("Item", covariant=True)


class Listing(tuple[Item, ...]):
    """A tuple of what was found that also says within what was looked, and whether time ended the search.

    It equals the plain tuple of its items, and is shown like it.

    Arguments:
        items: what was found.
        within: in words, what was looked through and what was left out.
        stopped: True if the budget ran out, or a share of it that one method may take: a larger one may find more.
        on: for each item the expressions that are positive where it holds, none where that is everywhere.
        notes: how the question was read, where that may be another way than it was meant.
    """

    within: str
    stopped: bool
    on: tuple[tuple[Expr, ...], ...]
    notes: tuple[str, ...]

    def __new__(
        cls,
        items: Iterable[Item] = (),
        within: str = "",
        stopped: bool = False,
        on: Iterable[tuple[Expr, ...]] | None = None,
        notes: Iterable[str] = (),
    ) -> Listing[Item]:
        made = super().__new__(cls, items)
        made.within, made.stopped = within, stopped
        made.on = ((),) * len(made) if on is None else tuple(on)
        made.notes = tuple(notes)
        return made

    def _repr_latex_(self) -> str:
        """The items one a line, as a notebook shows them."""
        lines = r" \\ ".join(f"{i}.\\quad & {latex(item)}" for i, item in enumerate(self, 1))
        return rf"$\displaystyle \begin{{aligned}} {lines} \end{{aligned}}$" if lines else r"$\text{nothing was found}$"
