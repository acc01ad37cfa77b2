"""Small models in SBML, built from lists of what they hold; mathematics is given in the infix form of SBML Level 3."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pytest

libsbml: Any = pytest.importorskip("libsbml")

PLACE = {"c": 1.0}


def math(formula: str) -> str:
    """A <math> element."""
    tree = libsbml.parseL3Formula(formula)
    assert tree is not None, libsbml.getLastParseL3Error()
    return libsbml.writeMathMLToString(tree).split("?>", 1)[1]


def attributes(given: Mapping[str, object]) -> str:
    """XML attributes."""
    return " ".join(f'{name}="{str(value).lower() if isinstance(value, bool) else value}"' for name, value in given.items())


def species(name: str, compartment: str = "c", **given: object) -> str:
    """A species that reactions change, a concentration unless more is said."""
    usual = {"hasOnlySubstanceUnits": False, "boundaryCondition": False, "constant": False}
    return f"<species {attributes({'id': name, 'compartment': compartment, **usual, **given})}/>"


def parameter(name: str, value: float | None = None, **given: object) -> str:
    """A constant parameter."""
    start = {} if value is None else {"value": value}
    return f"<parameter {attributes({'id': name, **start, 'constant': True, **given})}/>"


def compartment(name: str, size: float | None = None, **given: object) -> str:
    """A constant compartment of three dimensions."""
    told = {} if size is None else {"size": size}
    return f"<compartment {attributes({'id': name, 'spatialDimensions': 3, **told, 'constant': True, **given})}/>"


def reference(species: str, stoichiometry: float | None = 1, **given: object) -> str:
    """A reference to a species that is used up or made."""
    count = {} if stoichiometry is None else {"stoichiometry": stoichiometry}
    return f"<speciesReference {attributes({'species': species, **count, 'constant': True, **given})}/>"


def reaction(
    name: str, used: Sequence[str], made: Sequence[str], rate: str, local: str = "", fast: bool = False, level: int = 3
) -> str:
    """A reaction with its kinetic law; `local` holds its own parameters."""
    many = "listOfLocalParameters" if level == 3 else "listOfParameters"
    inner = f"<{many}>{local}</{many}>" if local else ""
    return (
        f'<reaction id="{name}" reversible="false" fast="{str(fast).lower()}">'
        + (f"<listOfReactants>{''.join(used)}</listOfReactants>" if used else "")
        + (f"<listOfProducts>{''.join(made)}</listOfProducts>" if made else "")
        + f"<kineticLaw>{math(rate)}{inner}</kineticLaw></reaction>"
    )


def assignment(name: str, formula: str) -> str:
    """A rule that assigns."""
    return f'<assignmentRule variable="{name}">{math(formula)}</assignmentRule>'


def rate(name: str, formula: str) -> str:
    """A rule that gives a rate of change."""
    return f'<rateRule variable="{name}">{math(formula)}</rateRule>'


def start(name: str, formula: str) -> str:
    """An initial assignment."""
    return f'<initialAssignment symbol="{name}">{math(formula)}</initialAssignment>'


def function(name: str, formula: str) -> str:
    """A function definition, the formula as lambda(x, …)."""
    return f'<functionDefinition id="{name}">{math(formula)}</functionDefinition>'


LISTS = {
    "functions": "FunctionDefinitions",
    "compartments": "Compartments",
    "species": "Species",
    "parameters": "Parameters",
    "starts": "InitialAssignments",
    "rules": "Rules",
    "constraints": "Constraints",
    "reactions": "Reactions",
    "events": "Events",
}


def sbml(version: tuple[int, int] = (3, 1), name: str = "", **lists: Sequence[str]) -> str:
    """A whole model; where nothing is said of compartments there is one of size 1."""
    lists = {"compartments": [compartment("c", 1)], **lists}
    body = "".join(f"<listOf{LISTS[k]}>{''.join(lists[k])}</listOf{LISTS[k]}>" for k in LISTS if lists.get(k))
    level = f"level{version[0]}/version{version[1]}" + ("/core" if version[0] == 3 else "")
    where = f"http://www.sbml.org/sbml/{level if version != (2, 1) else 'level2'}"
    title = f' name="{name}"' if name else ""
    return (
        f'<?xml version="1.0" encoding="UTF-8"?><sbml xmlns="{where}" level="{version[0]}" version="{version[1]}">'
        f'<model id="m"{title}>{body}</model></sbml>'
    )
