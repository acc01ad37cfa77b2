"""Stand-alone modules: a lowered residual as source text that imports only its backend, or as serialized bytes.

The module defines one function ``NAME(t, x, args=None)`` with the same contract as a lowered callable, one
line an operation, and the constants STATE, PARAMETERS and VALUES that say what its arrays hold.
"""

from __future__ import annotations

import json
import keyword
from collections.abc import Callable, Mapping, Sequence
from math import isfinite
from pathlib import Path
from typing import Any

from sympy import Basic, Symbol

from liesym.base.files import write_whole
from liesym.errors import BackendError, DataError, Unsupported
from liesym.lowering.lower import Parameters, Target, build_program, for_backend, lower
from liesym.lowering.registry import Backend, get_backend
from liesym.lowering.target import Residual
from liesym.program import RESERVED, Dialect, Guard, ModuleText, Program, body, expand

WIDTH = 100
"""Prose in the written docstrings is wrapped here."""


def export(
    target: Target,
    path: str | Path | None = None,
    *,
    backend: str | Backend,
    state: Sequence[Basic] | None = None,
    t: Symbol | None = None,
    parameters: Parameters | None = None,
    functions: Sequence[str] = (),
    name: str = "residual",
    title: str = "",
) -> str:
    """The source of a stand-alone module for a residual, a system or expressions; written to `path` if given.

    Arguments:
        target, state, t, parameters: as for `liesym.lower`.
        path: the file to write; it appears whole or not at all.
        backend: "numpy", "torch", "jax", or a backend that can write source.
        functions: names of arbitrary functions, which the function in the module then takes as an argument,
            ``residual(t, x, args, functions={"V": network})``, as `liesym.lower` takes them.
        name: of the function in the module; a Python identifier.
        title: what the module is about, for its docstring.

    Returns:
        The source text.

    Raises:
        BackendError: the backend cannot write source, or lacks an operation.
        Unsupported: something in the target has no numerical meaning.
        DataError: `path` cannot be written, or `name` is no identifier or is one that every module needs itself.
    """
    check_function_name(name)
    chosen = get_backend(backend)
    dialect, text = writer_of(chosen)
    program = for_backend(build_program(target, state, t=t, parameters=parameters, functions=functions), chosen)
    program = expand(program, dialect.operations)
    missing = sorted(program.operations - dialect.operations - {"call"})
    if missing:
        raise BackendError(f"{', '.join(missing)} cannot be written in a module that imports only {chosen.name}")
    formula = target.formula if isinstance(target, Residual) else ""
    source = module_source(program, dialect, text, name=name, title=title, formula=formula)
    if path is not None:
        write_whole(Path(path), source)
    return source


def check_function_name(name: str) -> None:
    """Refuse what cannot be the name of a function of Python.

    Raises:
        DataError: no identifier, a keyword, or a name that every module needs itself.
    """
    if not name.isidentifier() or keyword.iskeyword(name) or name in RESERVED - {"residual"}:
        raise DataError(
            f"{name!r} is no name for a Python function beside those that the module uses itself; "
            "use letters, digits and underscores, as in residual_1"
        )


def serialize(
    target: Target,
    path: str | Path | None = None,
    *,
    backend: str | Backend,
    state: Sequence[Basic] | None = None,
    t: Symbol | None = None,
    parameters: Parameters | None = None,
    functions: Mapping[str, Callable[..., Any]] | None = None,
    guard: Guard | None = None,
    jacobian: bool = False,
    dtype: str = "float64",
) -> bytes:
    """A lowered target in the backend's own format, which it loads and runs without liesym.

    The program takes t of shape (n,), x of shape (n, m) and then every parameter, in the order in which the
    lowered callable's `program.parameters` names them. In torch it is loaded by `torch.export.load`, in JAX by
    `jax.export.deserialize`.

    Arguments:
        target, state, t, parameters, functions, guard, jacobian: as for `liesym.lower`.
        path: the file to write; it appears whole or not at all.
        backend: "torch", "jax", or a backend with a method `serialize(function, dtype)`.
        dtype: of all inputs and results.

    Raises:
        BackendError: the backend has no such format, or this version of its library has not.
        Unsupported: something in the target has no numerical meaning, or guard="raise", which needs Python.
        DataError: `path` cannot be written.
    """
    chosen = get_backend(backend)
    writer = getattr(chosen, "serialize", None)
    if writer is None:
        raise BackendError(f"the backend {chosen.name!r} has no serialized form: it has no method serialize")
    if guard == "raise":
        raise Unsupported("a program that raises cannot be serialized; take guard='mask', 'clamp' or None")
    function = lower(
        target, state, backend=chosen, t=t, parameters=parameters, functions=functions, guard=guard, jacobian=jacobian
    )
    data = writer(function, dtype)
    if path is not None:
        write_whole(Path(path), data)
    return data


def writer_of(backend: Backend) -> tuple[Dialect, ModuleText]:
    """What a backend needs to be written as source.

    Raises:
        BackendError: it has no such thing.
    """
    text = getattr(backend, "module", None)
    dialect = getattr(backend, "export_dialect", None) or getattr(backend, "dialect", None)
    if not isinstance(text, ModuleText) or not isinstance(dialect, Dialect):
        raise BackendError(
            f"the backend {backend.name!r} lowers but does not write source: it has no `dialect` and `module`"
        )
    return dialect, text


def module_source(
    program: Program, dialect: Dialect, text: ModuleText, *, name: str, title: str = "", formula: str = ""
) -> str:
    """The text of a module that holds the program as one function."""
    written = body(program, dialect, parameter=lambda k, key: f"typed(parameter(args, {_quoted(key)}), x)", readable=True)
    called = [source for word, source in text.functions if any(f"{word}(" in line for line in written.lines)]
    taken = ", functions: Mapping[str, Callable[..., Any]] | None = None" if program.calls else ""
    values = ", ".join(written.results) + ("," if len(written.results) == 1 else "")
    lines = [
        *_documentation(program, dialect, title, formula),
        "",
        "from __future__ import annotations",
        "",
        *_imports(dialect, written.lines, bool(program.calls)),
        "",
        f"STATE = {_tuple(program.state)}",
        f"PARAMETERS: dict[str, float | None] = {_table(program.parameters)}",
        f"VALUES = {_tuple(program.names or tuple(f'value {i + 1}' for i in range(len(program.outputs))))}",
        *([f"FUNCTIONS = {_tuple(program.calls)}"] if program.calls else []),
        "",
        "",
        *text.decorator,
        f"def {name}(t: Any, x: {text.array}, args: Mapping[str, Any] | None = None{taken}) -> {text.array}:",
        f'    """The values {_prose(_limited(program.names))} at each point of the batch."""',
        *(f"    {line}" for line in (*text.opening, *(OPEN_FUNCTIONS if program.calls else ()))),
        *(f"    {line}" for line in written.lines),
        f"    return stack(({values}), batch, x)",
        "",
        "",
        PARAMETER_HELPER,
        *(f"\n\n{helper.rstrip()}" for helper in (*text.helpers, *called)),
    ]
    return "\n".join(line.rstrip() for line in lines).rstrip() + "\n"


OPEN_FUNCTIONS = (
    "if functions is None or not set(FUNCTIONS) <= set(functions):",
    '    raise ValueError(f"functions must hold a callable for each of {FUNCTIONS}")',
    "called = [functions[name] for name in FUNCTIONS]",
)

PARAMETER_HELPER = '''def parameter(args: Mapping[str, Any] | None, name: str) -> Any:
    """The value given for a parameter, or its default."""
    value = PARAMETERS[name] if args is None else args.get(name, PARAMETERS[name])
    if value is None:
        raise ValueError(f"the parameter {name!r} has no value: give it in args")
    return value'''


def _imports(dialect: Dialect, lines: Sequence[str], calls: bool) -> list[str]:
    """Import lines: the standard library first, then the backend; none that is not used."""
    text = "\n".join(lines)
    needed = dict.fromkeys(line for line, word in dialect.imports if not word or word in text)
    standard = [line for line in needed if line in ("import math", "from dataclasses import dataclass")]
    containers = "Callable, Mapping, Sequence" if "derivatives(" in text else "Callable, Mapping" if calls else "Mapping"
    ours = [f"from collections.abc import {containers}", *standard, "from typing import Any", ""]
    return [
        *sorted(ours[:-1], key=lambda line: line.startswith("from")),
        "",
        *(line for line in needed if line not in standard),
    ]


def _documentation(program: Program, dialect: Dialect, title: str, formula: str) -> list[str]:
    shape = f"x has shape (..., {len(program.state)}) and holds {', '.join(program.state)}"
    takes = ", ".join(k if v is None else f"{k} (default {v!r})" for k, v in program.parameters)
    singular = "; ".join(program.singular_set)
    called = f"functions holds a callable for each of {', '.join(program.calls)}, point by point. " if program.calls else ""
    paragraphs = [
        title or f"A residual of an ordinary differential equation, for {dialect.name}.",
        f"It computes {formula}." if formula else "",
        f"{shape}; t has shape (...) or is a number. args holds {takes or 'nothing'}. "
        f"{called}The result has shape (..., {len(program.outputs)}), with the dtype and the device of x.",
        f"Not defined where {singular}." if singular else "",
        f"Written by liesym; imports only {dialect.name}.",
    ]
    wrapped: list[str] = []
    for paragraph in filter(None, paragraphs):
        wrapped += ["", *_wrapped(_prose(paragraph))]
    wrapped = wrapped[1:]
    return [f'"""{wrapped[0]}', *wrapped[1:], '"""']


def _wrapped(text: str) -> list[str]:
    lines, line = [], ""
    for word in text.split():
        if line and len(line) + 1 + len(word) > WIDTH:
            lines.append(line)
            line = word
        else:
            line = f"{line} {word}".strip()
    return [*lines, line]


def _prose(text: str) -> str:
    """Text that can stand in a docstring: nothing in it ends the docstring or escapes from it."""
    plain = text.replace("\\", "/").replace('"', "'")
    return " ".join("".join(c if c.isprintable() else " " for c in plain).split())


def _limited(names: Sequence[str], most: int = 6) -> str:
    shown = ", ".join(names[:most])
    return shown + (", ..." if len(names) > most else "") if names else "of the residual"


def _tuple(names: Sequence[str]) -> str:
    return "(" + ", ".join(map(_quoted, names)) + ("," if len(names) == 1 else "") + ")"


def _table(defaults: Sequence[tuple[str, float | None]]) -> str:
    numbers = [repr(v) if v is None or isfinite(v) else f"float({_quoted(repr(v))})" for _, v in defaults]
    return "{" + ", ".join(f"{_quoted(k)}: {v}" for (k, _), v in zip(defaults, numbers, strict=True)) + "}"


def _quoted(name: str) -> str:
    """A Python string literal in double quotes."""
    return json.dumps(name)
