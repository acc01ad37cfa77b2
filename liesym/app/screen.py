"""The standard output as commands write to it: how wide it is, and lines as they are, bold where that is shown."""

from __future__ import annotations

import shutil
import sys
from dataclasses import dataclass
from typing import TextIO

import typer

WIDTH_IN_A_PIPE = 160


@dataclass(frozen=True, slots=True)
class Screen:
    """Where lines go.

    Arguments:
        file: a stream of text.
        width: columns.
    """

    file: TextIO
    width: int

    def say(self, text: str = "", style: str = "") -> None:
        """A line as it is; the style "bold" shows on terminals alone."""
        typer.echo(typer.style(text, bold=True) if style == "bold" and text else text, file=self.file)


def standard_output() -> Screen:
    """Standard output; wide when it is not a terminal, so that expressions are not broken."""
    wide = shutil.get_terminal_size((80, 24)).columns if sys.stdout.isatty() else WIDTH_IN_A_PIPE
    return Screen(sys.stdout, wide)
