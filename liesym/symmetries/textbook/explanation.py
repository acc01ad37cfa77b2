"""An explanation as users meet it: as text, in LaTeX, and as a page."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from liesym.symmetries.textbook.lines import Line, lines_of
from liesym.symmetries.textbook.record import Stages
from liesym.symmetries.textbook.written import AsLatex, AsMathml, AsText
from liesym.text.shown import Shown


@dataclass(frozen=True, slots=True, repr=False)
class Explanation(Stages, Shown):
    """The way to the symmetries of a system, each step verified.

    `print` shows it, a notebook too; `to_text(steps=True)` also says after each step what is known and what is left.
    """

    def lines(self, *, steps: bool = False) -> Iterator[Line]:
        """Headings, and lines of words and formulas."""
        return lines_of(self, steps=steps)

    def to_text(self, *, steps: bool = False, unicode: bool | None = None) -> str:
        """Text for a terminal, a line for each statement."""
        return "\n".join(AsText(self, unicode=unicode).lines(self.lines(steps=steps)))

    def to_latex(self, *, steps: bool = False) -> str:
        """Headings as bold words and each statement as a paragraph, for the body of a document."""
        return "\n".join(AsLatex(self).lines(self.lines(steps=steps)))

    def to_html(self, *, steps: bool = False) -> str:
        """Headings and paragraphs with formulas in MathML, for the body of a page."""
        return "\n".join(AsMathml(self).lines(self.lines(steps=steps)))

    def __str__(self) -> str:
        return self.to_text()

    def _repr_latex_(self) -> None:
        """A notebook shows the page."""

    def _repr_html_(self) -> str:
        return self.to_html()
