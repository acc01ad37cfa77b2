"""What a file of another program says, before a system is made of it."""

from __future__ import annotations

from dataclasses import dataclass, replace

from liesym.text.decimals import exact, is_decimal
from liesym.text.solved import SolvedForm


@dataclass(frozen=True, slots=True)
class ModelFile:
    """Equations in solved form with what stands beside them.

    Arguments:
        form: the equations; decimals stand as symbols, see `liesym.text.decimals`. Its notes say what was renamed,
            put in or left out.
        title: empty if the file gives none.
        initial: (name of an unknown or of a derivative, its value at the start).
    """

    form: SolvedForm
    title: str = ""
    initial: tuple[tuple[str, float], ...] = ()

    @property
    def exact(self) -> SolvedForm:
        """The equations with the numbers themselves, as reading the printed text gives them."""
        form = self.form
        typed = {s.name for f in form.rhs for s in f.free_symbols if is_decimal(s)}  # type: ignore[attr-defined]
        decimals = tuple(dict.fromkeys((*form.decimals, *sorted(typed))))
        return replace(form, rhs=tuple(map(exact, form.rhs)), nonzero=tuple(map(exact, form.nonzero)), decimals=decimals)
