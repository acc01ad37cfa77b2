"""Formulas of the pages in MathML, which browsers show without a script and without a network; docutils translates them."""

from __future__ import annotations

from typing import Any

from docutils import nodes
from docutils.utils.math import MathError
from docutils.utils.math.latex2mathml import tex2mathml


def as_mathml(text: str, block: bool = False) -> str:
    """A `<math>` element for a formula in LaTeX; one that docutils does not know is refused with the reason.

    Raises:
        ValueError: a macro without a translation.
    """
    try:
        return tex2mathml(text, as_block=block)
    except MathError as error:
        raise ValueError(f"{text!r} has no MathML: {error}") from None


def _inline(writer: Any, node: nodes.math) -> None:
    writer.body.append(f'<span class="math notranslate nohighlight">{as_mathml(node.astext())}</span>')
    raise nodes.SkipNode


def _display(writer: Any, node: nodes.math_block) -> None:
    writer.body.append(f'<div class="math notranslate nohighlight">{as_mathml(node.astext(), block=True)}</div>')
    raise nodes.SkipNode


def setup(app: Any) -> dict[str, bool]:
    """The renderer by its name; `html_math_renderer = "mathml"` chooses it."""
    app.add_html_math_renderer("mathml", (_inline, None), (_display, None))
    return {"parallel_read_safe": True, "parallel_write_safe": True}
