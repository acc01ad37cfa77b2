"""Sphinx configuration; the pages of the interface and of the sources are made from the code."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
from gallery import write_gallery
from generate import write_interface, write_references

project = "liesym"
author = "the liesym contributors"
release = "0.1.0"
extensions = ["myst_parser", "mathml", "reachable"]
html_math_renderer = "mathml"
myst_enable_extensions = ["dollarmath", "colon_fence"]
myst_heading_anchors = 3
html_theme = "furo"
html_title = "liesym"
html_show_copyright = False  # the licence says it
exclude_patterns = ["_build"]
suppress_warnings = ["misc.highlighting_failure"]  # grammar text and shell sessions in one block


def setup(app: object) -> None:
    """Write the generated pages before Sphinx looks for sources."""
    here = Path(__file__).parent
    write_interface(here.parent, here / "api")
    write_gallery(here.parent, here / "api" / "gallery.md")
    write_references(here / "references.bib", here / "api" / "references.md")
