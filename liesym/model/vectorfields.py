"""Vector fields as text: ``t: 1; x: -y; y: x``, or a mapping from variable to infinitesimal."""

from __future__ import annotations

from collections.abc import Mapping

from sympy import Expr
from sympy.core.function import AppliedUndef

from liesym.errors import AnsatzError, ParseError
from liesym.model.generators import VectorField
from liesym.model.reading import scope_of
from liesym.model.system import ODESystem
from liesym.text.grammar import error_at, parse
from liesym.text.reader import Reader
from liesym.text.writer import write


def read_generator(text: str, system: ODESystem, *, constants: bool = False) -> VectorField:
    """Read ``variable: infinitesimal`` pairs separated by `;`; a variable that is left out has 0.

    Arguments:
        constants: take names that the system does not have as arbitrary constants, such as the k of
            ``t: k*t``, instead of refusing them.

    Raises:
        ParseError: the text is not in the grammar, holds unknown names, or gives a variable twice.
        AnsatzError: a name before a colon is not a variable of the system.
    """
    pairs = [node for node in parse(text, "generator").children if getattr(node, "data", "") == "assignment"]
    if not pairs:
        raise ParseError("the generator is empty", expected=("pairs such as t: 1; x: 0",))
    builder = Reader(text, scope_of(system, jets=False, strict=not constants))
    components: dict[str, Expr] = {}
    for pair in pairs:
        name = str(pair.children[0])
        if name in components:
            raise error_at(f"the infinitesimal of {name} is given twice", pair, text)
        _check_variable(name, system)
        components[name] = builder.build(pair.children[1])
    return VectorField.from_mapping(system.variables, components)


def invented_names(generator: VectorField, system: ODESystem) -> tuple[str, ...]:
    """Constants and applied functions in a generator that the system does not have, as text, sorted."""
    symbols = {s for c in generator.components for s in c.free_symbols} - {*system.variables, *system.parameter_symbols}
    functions = {f for c in generator.components for f in c.atoms(AppliedUndef)}
    known = {f.func for f in system.functions}
    return (*sorted(map(str, symbols)), *sorted(write(f) for f in functions if f.func not in known))


def generator_from_texts(components: Mapping[str, object], system: ODESystem, *, trivial: bool = False) -> VectorField:
    """A vector field from {variable: infinitesimal as text}; a missing variable means 0.

    Raises:
        ParseError: a component is no text of the grammar or holds unknown names.
        AnsatzError: a key is not a variable of the system.
    """
    scope = scope_of(system, jets=False)
    read: dict[str, Expr] = {}
    for name, text in components.items():
        _check_variable(name, system)
        if not isinstance(text, str):
            raise ParseError(f"the infinitesimal of {name} must be text, not {text!r}")
        read[name] = Reader(text, scope).build(parse(text, "expression"))
    return VectorField.from_mapping(system.variables, read, trivial=trivial)


def _check_variable(name: str, system: ODESystem) -> None:
    names = [v.name for v in system.variables]
    if name not in names:
        raise AnsatzError(f"{name} is not a variable here; the variables are {', '.join(names)}")
