"""Pages for those who use the keyboard or hear them: what is moved sideways takes the focus, captions have a level."""

from __future__ import annotations

from typing import Any

from docutils import nodes
from sphinx.writers.html5 import HTML5Translator

FRAMES = {"math-wrapper", "table-wrapper"}
"""Furo's frames around formulas and tables."""


class Translator(HTML5Translator):
    """Sphinx's translator with the attributes that it leaves out."""

    def starttag(self, node: Any, tagname: str, *args: Any, **attributes: Any) -> str:
        """A caption over a part of the contents is a heading of the second level; Furo's frames take the focus."""
        if attributes.get("ROLE") == "heading":
            attributes["aria-level"] = "2"
        if isinstance(node, nodes.container) and FRAMES & set(node["classes"]):
            attributes["tabindex"] = "0"
        return super().starttag(node, tagname, *args, **attributes)

    def visit_literal_block(self, node: Any) -> None:
        """Lines of code."""
        try:
            super().visit_literal_block(node)
        except nodes.SkipNode:
            self.body[-1] = self.body[-1].replace("<pre>", '<pre tabindex="0">')
            raise


def setup(app: Any) -> dict[str, bool]:
    """For every page."""
    app.set_translator("html", Translator)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
