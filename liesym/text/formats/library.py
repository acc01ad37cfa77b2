"""libSBML, which is imported when a file of SBML is read or written, and the documents that it makes."""

from __future__ import annotations

import re
from importlib import import_module
from typing import Any

from liesym.errors import ParseError, Unsupported
from liesym.text.grammar import error_in_line


def libsbml() -> Any:
    """The library.

    Raises:
        Unsupported: it is not installed.
    """
    try:
        return import_module("libsbml")
    except ImportError:
        raise Unsupported(
            "SBML is read and written with python-libsbml, which is not installed; "
            "from a checkout: pip install -c constraints.txt -e '.[models]'"
        ) from None


CORE = ("l3v2extendedmath",)
"""What libSBML keeps as a package and is mathematics that we read."""


def document_of(text: str, path: str) -> Any:
    """The document of SBML text with a model in it.

    Raises:
        ParseError: it is no XML or no SBML; the line is shown.
        Unsupported: it needs a package of SBML that is not read.
    """
    library = libsbml()
    text = re.sub(r"\A\s*(?:<\?xml[^>]*\?>)?", '<?xml version="1.0" encoding="UTF-8"?>', text)
    document = library.readSBMLFromString(text)
    for i in range(document.getNumErrors()):
        error = document.getError(i)
        if error.getSeverity() >= library.LIBSBML_SEV_ERROR:
            said = " ".join(error.getMessage().split()).split(". ")[0]
            line, column = error.getLine(), error.getColumn()
            if not 0 < line <= len(text.splitlines()):
                line = column = 0
            raise error_in_line(f"{path} is not SBML: {said}", text, line, column, ())
    for i in range(document.getNumPlugins() if document.getLevel() > 2 else 0):  # before, packages are annotations
        package = document.getPlugin(i)
        if package.getPackageName() not in CORE and document.getPackageRequired(package.getURI()):
            raise Unsupported(f"{path} needs the package {package.getPackageName()} of SBML, which is not read")
    for i in range(document.getNumUnknownPackages()):
        if document.getPkgRequired(document.getUnknownPackagePrefix(i)):
            raise Unsupported(f"{path} needs the package {document.getUnknownPackagePrefix(i)} of SBML, which is not read")
    if document.getModel() is None:
        raise ParseError(f"{path} holds no model of SBML", expected=("an element <model>",))
    return document


UNDECLARED = 99_500
"""Numbers of remarks from here on say that units are not declared."""


def unit_remarks(document: Any) -> int:
    """How many units that are declared do not fit together for libSBML; they are checked and otherwise not used."""
    library = libsbml()
    if not document.getModel().getNumUnitDefinitions():
        return 0
    categories = [n for n in dir(library) if n.startswith("LIBSBML_CAT_") and n.endswith("_CONSISTENCY")]
    for name in (*categories, "LIBSBML_CAT_MODELING_PRACTICE"):
        document.setConsistencyChecks(getattr(library, name), name == "LIBSBML_CAT_UNITS_CONSISTENCY")
    before = document.getNumErrors()
    document.checkConsistency()
    found = [document.getError(i) for i in range(before, document.getNumErrors())]
    return sum(e.getCategory() == library.LIBSBML_CAT_UNITS_CONSISTENCY and e.getErrorId() < UNDECLARED for e in found)
