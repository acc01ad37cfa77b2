"""From a program to Python source, one line a node; what a backend must supply is a table of templates."""

from __future__ import annotations

import builtins
import keyword
import linecache
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from liesym.program.called import parts
from liesym.program.fusing import fusions
from liesym.program.nodes import OPERATIONS, Node, Program, function_of

#: Templates that read the same in NumPy, torch and JAX.
COMMON: dict[str, str] = {
    "add": "{0} + {1}", "sub": "{0} - {1}", "mul": "{0} * {1}", "div": "{0} / {1}", "neg": "-{0}",
    "pow": "{0} ** {1}", "lt": "{0} < {1}", "le": "{0} <= {1}", "eq": "{0} == {1}", "and": "{0} & {1}",
    "or": "{0} | {1}", "not": "~{0}",
    "derivative": "derivatives(called[{function}], {orders}, ({all}))",
}  # fmt: skip


def calls(prefix: str, names: Mapping[str, str]) -> dict[str, str]:
    """Templates for operations that are calls: operation -> ``prefix + name({0}, …)``."""
    return {op: f"{prefix}{name}({', '.join(f'{{{i}}}' for i in range(OPERATIONS[op]))})" for op, name in names.items()}


@dataclass(frozen=True, slots=True)
class Dialect:
    """How a backend writes operations.

    Arguments:
        name: of the backend.
        templates: operation -> format string over the operands {0}, {1}, … and {value}; over {function}, {orders} and
            {all} for a derivative.
        arrays_only: operations whose operands may not be plain numbers.
        constant: format string that makes an array of a number, for those.
        component: format string for component {0} of x, or "" where `unpack` gives all at once.
        unpack: format string for all components of x, with {targets}.
        fused: sums that take a product in with them, for code that need not be read: a key of
            `liesym.program.fusing.SUMS` -> format string over what stands there.
        infinity, nan: the literals.
        imports: (import line of a stand-alone module, word that calls for it or "") in order.
    """

    name: str
    templates: Mapping[str, str]
    arrays_only: frozenset[str] = frozenset()
    constant: str = "{0}"
    component: str = "x[..., {0}]"
    unpack: str = ""
    fused: Mapping[str, str] = field(default_factory=dict)
    infinity: str = 'float("inf")'
    nan: str = 'float("nan")'
    imports: tuple[tuple[str, str], ...] = ()

    @property
    def operations(self) -> frozenset[str]:
        return frozenset(self.templates) | {"time", "state", "parameter", "constant"}


#: Names that generated code uses itself; an input of such a name gets a neutral one.
RESERVED = frozenset(
    {
        *dir(builtins),
        "t", "x", "args", "batch", "np", "jnp", "lax", "torch", "math", "special", "functions", "typed",
        "parameter", "stack", "residual", "elementwise", "inverse_gudermann", "jax", "Tensor", "Array", "Any", "Mapping",
        "STATE", "PARAMETERS", "VALUES", "FUNCTIONS", "_", "derivatives", "called", "Callable", "Sequence", "Slopes",
    }
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class ModuleText:
    """What a stand-alone module needs beside the operations.

    Arguments:
        array: name of the array type.
        opening: lines at the head of the function that check x and make `t` an array and `batch` a shape.
        helpers: source of the functions ``typed(value, x)`` and ``stack(values, batch, x)``.
        decorator: lines above the function.
        functions: (name, source) of functions that stand for operations, for modules that call them.
    """

    array: str
    opening: tuple[str, ...]
    helpers: tuple[str, ...]
    decorator: tuple[str, ...] = ()
    functions: tuple[tuple[str, str], ...] = ()


@dataclass(slots=True)
class Body:
    """The lines of a function's body, and the names of its results."""

    lines: list[str]
    results: list[str]
    components: list[str] = field(default_factory=list)


def literal(value: float, dialect: Dialect) -> str:
    """The shortest literal that reads back as the same double."""
    if value != value:
        return dialect.nan
    if value in (float("inf"), float("-inf")):
        return dialect.infinity if value > 0 else f"-{dialect.infinity}"
    text = repr(value)
    return f"({text})" if value < 0 else text


def body(program: Program, dialect: Dialect, *, parameter: Callable[[int, str], str], readable: bool) -> Body:
    """Source lines for a program.

    Arguments:
        parameter: (position, name) -> source text that reads the parameter.
        readable: every node keeps a name of its own, inputs theirs; otherwise a name is used again as soon as
            its value is no longer needed, so that its memory is free.
    """
    writer = _Writer(program, dialect, readable)
    return writer.write(parameter)


class _Writer:
    def __init__(self, program: Program, dialect: Dialect, readable: bool) -> None:
        self.program, self.dialect, self.readable = program, dialect, readable
        self.text: list[str] = [""] * len(program.nodes)
        self.lines: list[str] = []
        self.free: list[str] = []
        self.made = 0
        self.taken = set(RESERVED)
        self.sums = {} if readable else fusions(program, dialect.fused)
        self.absorbed = {s.product for s in self.sums.values()}
        self.passes = _passes(program)
        self.last = self._last_uses()

    def _last_uses(self) -> list[int]:
        last = list(range(len(self.program.nodes)))
        for index, node in enumerate(self.program.nodes):
            if index not in self.absorbed and self.passes.get(index, (index,))[0] == index:
                for a in self._operands(index, node):
                    last[a] = index
        for index in self.program.results:
            last[index] = len(self.program.nodes)
        return last

    def _operands(self, index: int, node: Node) -> tuple[int, ...]:
        return self.sums[index].args if index in self.sums else node.args

    def write(self, parameter: Callable[[int, str], str]) -> Body:
        components = self._read_state()
        positions = {name: i for i, (name, _) in enumerate(self.program.parameters)}
        for index, node in enumerate(self.program.nodes):
            if node.op == "state" or index in self.absorbed:
                continue
            if node.op == "constant":
                self.text[index] = literal(float(node.value or 0.0), self.dialect)
            elif node.op == "time":
                self.text[index] = "t"
            elif node.op == "parameter":
                name = self._name_for(str(node.value), "p")
                self.lines.append(f"{name} = {parameter(positions[str(node.value)], str(node.value))}")
                self.text[index] = name
            elif index not in self.passes:
                self._operation(index, node)
            elif self.passes[index][0] == index:
                self._one_pass(self.passes[index])
        return Body(self.lines, [self.text[i] for i in self.program.results], components)

    def _read_state(self) -> list[str]:
        used = {int(node.value or 0): i for i, node in enumerate(self.program.nodes) if node.op == "state"}
        targets = [self._name_for(name, "x") if i in used else "_" for i, name in enumerate(self.program.state)]
        for component, index in used.items():
            self.text[index] = targets[component]
        if used and self.dialect.unpack:
            self.lines.append(self.dialect.unpack.format(targets=", ".join(targets) + ("," if len(targets) == 1 else "")))
        else:
            for component in sorted(used):
                self.lines.append(f"{targets[component]} = {self.dialect.component.format(component)}")
        return targets

    def _name_for(self, wanted: str, letter: str) -> str:
        """A Python name for an input: the user's where it is one and readable code is wanted, else a neutral one."""
        plain = wanted.replace("'", "_dot")
        usable = plain.isascii() and plain.isidentifier() and not keyword.iskeyword(plain)
        if self.readable and usable and plain not in self.taken and not _is_generated(plain):
            self.taken.add(plain)
            return plain
        count = 0
        while f"{letter}{count}" in self.taken:
            count += 1
        self.taken.add(f"{letter}{count}")
        return f"{letter}{count}"

    def _operation(self, index: int, node: Node) -> None:
        arguments = self._operands(index, node)
        operands = [self.text[a] for a in arguments]
        constants = [self.program.nodes[a].op == "constant" for a in arguments]
        if index in self.sums:
            right = self.dialect.fused[self.sums[index].key].format(*operands)
        else:
            right = self._call(node, operands, constants)
        self._release(index, arguments)
        self.text[index] = name = self.free.pop() if self.free else self._fresh()
        self.lines.append(f"{name} = {right}")

    def _one_pass(self, members: tuple[int, ...]) -> None:
        """One line for all derivatives of a function at the same arguments, and its value."""
        nodes = [self.program.nodes[i] for i in members]
        arguments = nodes[0].args
        numbers = [self.program.nodes[a].op == "constant" for a in arguments]
        operands = [self.text[a] for a in arguments]
        arrays = [self.dialect.constant.format(o) if c else o for o, c in zip(operands, numbers, strict=True)]
        orders = [parts(n.value)[1] if n.op == "derivative" else (0,) * len(arguments) for n in nodes]
        function = self.program.calls.index(function_of(nodes[0]))
        self._release(members[0], arguments)
        for i in members:
            self.text[i] = self.free.pop() if self.free else self._fresh()
        targets = "".join(f"{self.text[i]}, " for i in members).rstrip()
        template = self.dialect.templates["derivative"]
        self.lines.append(f"{targets} = {template.format(function=function, orders=orders, all=', '.join(arrays) + ',')}")

    def _release(self, index: int, arguments: tuple[int, ...]) -> None:
        """Names of operands that are not needed after this node are free."""
        if not self.readable:
            for a in set(arguments):
                if self.last[a] == index and self.program.nodes[a].op not in ("time", "parameter", "state", "constant"):
                    self.free.append(self.text[a])

    def _call(self, node: Node, operands: list[str], constants: list[bool]) -> str:
        """The right side of an operation."""
        numbers_only = bool(constants) and all(constants[1:] if node.op == "where" else constants)
        if node.op in self.dialect.arrays_only or (numbers_only and node.op != "call"):
            operands = [self.dialect.constant.format(o) if c else o for o, c in zip(operands, constants, strict=True)]
        if node.op == "call":
            template = "called[{value}]({all})"
            return template.format(value=self.program.calls.index(str(node.value)), all=", ".join(operands))
        return self.dialect.templates[node.op].format(*operands, value=node.value)

    def _fresh(self) -> str:
        self.made += 1
        return f"v{self.made}"


def _passes(program: Program) -> dict[int, tuple[int, ...]]:
    """Node -> the nodes computed with it in one pass: derivatives of a function, and its value, at the same arguments."""
    groups: dict[tuple[str, tuple[int, ...]], list[int]] = {}
    for index, node in enumerate(program.nodes):
        if node.op in ("call", "derivative"):
            groups.setdefault((function_of(node), node.args), []).append(index)
    differentiated = [g for g in groups.values() if any(program.nodes[i].op == "derivative" for i in g)]
    return {i: tuple(group) for group in differentiated for i in group}


def _is_generated(name: str) -> bool:
    return name.startswith("_") or (name[0] in "vpx" and name[1:].isdigit())


def compile_function(source: str, name: str, namespace: dict[str, object]) -> Callable[..., object]:
    """The function `name` that a source text of our own making defines; its lines show in tracebacks.

    The text holds names, numbers and operations that this module wrote; nothing that a user typed reaches it.
    """
    label = f"<liesym program {abs(hash(source)):x}>"
    linecache.cache[label] = (len(source), None, source.splitlines(keepends=True), label)
    exec(compile(source, label, "exec"), namespace)
    function = namespace[name]
    assert callable(function)
    return function
