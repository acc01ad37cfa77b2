"""Ansatz text and tables: the form that infinitesimals are sought in. The solver gives it meaning."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sympy import Expr

from liesym.errors import AnsatzError, ParseError
from liesym.model.reading import scope_of
from liesym.model.system import ODESystem
from liesym.text.functions import nearest
from liesym.text.grammar import parse
from liesym.text.reader import Reader
from liesym.text.writer import write

KINDS = ("general", "affine", "polynomial", "separable", "span")
MAX_DEGREE = 12
_HOW = "general | affine | polynomial: 2 | separable: t(t), z(z), v(u,v) | span: 1, u, log(u)"


@dataclass(frozen=True, slots=True)
class AnsatzSpec:
    """The form in which the infinitesimals ξ, η_i are sought.

    Arguments:
        kind: "general" (no restriction), "polynomial" (total degree at most `degree` in the variables),
            "separable" (each infinitesimal depends on the variables listed for it) or "span" (each one is
            a combination of `functions`).
        degree: for "polynomial".
        depends: for "separable", variable -> names of the variables its infinitesimal depends on. None
            listed, as in ``t()``, means a constant; a variable that is left out has the infinitesimal 0.
        functions: for "span", expressions in the variables and parameters.
    """

    kind: str
    degree: int | None = None
    depends: tuple[tuple[str, tuple[str, ...]], ...] = ()
    functions: tuple[Expr, ...] = ()

    def __str__(self) -> str:
        if self.kind == "polynomial":
            return f"polynomial: {self.degree}"
        if self.kind == "separable":
            return "separable: " + ", ".join(f"{v}({', '.join(on)})" for v, on in self.depends)
        if self.kind == "span":
            return "span: " + ", ".join(write(f) for f in self.functions)
        return self.kind


def parse_ansatz(text: str, system: ODESystem) -> AnsatzSpec:
    """Read ``general``, ``affine``, ``polynomial: 2``, ``separable: t(t), z(z)`` or ``span: 1, u, log(u)``.

    ``affine`` is short for ``polynomial: 1``.

    Raises:
        ParseError: the text is not in the grammar.
        AnsatzError: an unknown kind or variable, or a part that the kind needs is missing.
    """
    kind = text.partition(":")[0].strip()
    tree = parse(text, "ansatz_span" if kind == "span" and ":" in text else "ansatz")
    kind, parts = str(tree.children[0]), tree.children[1:]
    if kind == "affine":
        if parts:
            raise AnsatzError(f"the ansatz affine takes nothing after it; write one of {_HOW}")
        return _polynomial(1, "polynomial")
    _check_kind(kind)
    if tree.data == "ansatz_span":
        builder = Reader(text, scope_of(system, jets=False))
        return _span([builder.build(part) for part in parts])
    if tree.data == "ansatz_degree":
        return _polynomial(int(parts[0]), kind)
    if tree.data == "ansatz_depends":
        if kind != "separable":
            raise AnsatzError(f"the ansatz {kind} takes no list of dependences; write one of {_HOW}")
        return _separable([(str(p.children[0]), [str(c) for c in p.children[1:]]) for p in parts], system)
    if kind != "general":
        raise AnsatzError(f"the ansatz {kind} needs more after it; write one of {_HOW}")
    return AnsatzSpec("general")


def ansatz_from_table(table: Mapping[str, object], system: ODESystem) -> AnsatzSpec:
    """Read the [ansatz] table of a file: kind, and degree, depends or functions as the kind needs.

    Raises:
        ParseError: an unknown key or a value of the wrong type.
        AnsatzError: an unknown kind or variable, or a missing key.
    """
    _check_keys(table)
    kind = table.get("kind")
    if not isinstance(kind, str):
        raise AnsatzError(f"[ansatz] needs kind = one of {', '.join(KINDS)}")
    if kind == "affine" and len(table) == 1:
        return _polynomial(1, "polynomial")
    _check_kind(kind)
    needed = {"polynomial": "degree", "separable": "depends", "span": "functions"}.get(kind)
    for key in table:
        if key not in ("kind", needed):
            raise AnsatzError(f"[ansatz] of kind {kind} takes no {key}")
    if needed is None:
        return AnsatzSpec("general")
    if needed not in table:
        raise AnsatzError(f"[ansatz] of kind {kind} needs {needed}")
    value = table[needed]
    if kind == "polynomial":
        if isinstance(value, bool) or not isinstance(value, int):
            raise ParseError(f"[ansatz] degree must be a whole number, not {value!r}")
        return _polynomial(value, kind)
    if kind == "separable":
        if not isinstance(value, Mapping) or not all(_is_names(on) for on in value.values()):
            raise ParseError('[ansatz] depends must be a table of lists, such as { t = ["t"], z = ["z"] }')
        return _separable([(str(v), list(on)) for v, on in value.items()], system)
    if not _is_names(value) or not value:
        raise ParseError('[ansatz] functions must be a list of expressions as text, such as ["1", "log(u)"]')
    return _span([Reader(f, scope_of(system, jets=False)).build(parse(f, "expression")) for f in value])  # type: ignore[union-attr]


def _check_keys(table: Mapping[str, object]) -> None:
    known = ("kind", "degree", "depends", "functions")
    for key in table:
        if key not in known:
            close = nearest(key, known)
            raise ParseError(
                f"[ansatz] has an unknown key {key!r}" + (f"; did you mean {close}?" if close else ""),
                expected=known,
            )


def _check_kind(kind: str) -> None:
    if kind not in KINDS:
        close = nearest(kind, KINDS)
        raise AnsatzError(
            f"there is no ansatz {kind!r}" + (f"; did you mean {close}?" if close else "") + f" Write one of {_HOW}"
        )


def _is_names(value: object) -> bool:
    return isinstance(value, (list, tuple)) and all(isinstance(v, str) for v in value)


def _polynomial(degree: int, kind: str) -> AnsatzSpec:
    if kind != "polynomial":
        raise AnsatzError(f"the ansatz {kind} takes no degree; write one of {_HOW}")
    if not 0 <= degree <= MAX_DEGREE:
        raise AnsatzError(f"the degree of a polynomial ansatz is between 0 and {MAX_DEGREE}, not {degree}")
    return AnsatzSpec("polynomial", degree=degree)


def _separable(depends: Sequence[tuple[str, Sequence[str]]], system: ODESystem) -> AnsatzSpec:
    names = [v.name for v in system.variables]
    if not depends:
        raise AnsatzError(f"a separable ansatz names at least one variable; write one of {_HOW}")
    for variable, on in depends:
        for name in (variable, *on):
            if name not in names:
                raise AnsatzError(f"the ansatz names {name!r}, which is no variable; the variables are {', '.join(names)}")
        if len(set(on)) != len(on):
            raise AnsatzError(f"the ansatz names a variable twice in {variable}({', '.join(on)})")
    listed = [v for v, _ in depends]
    if len(set(listed)) != len(listed):
        raise AnsatzError("the ansatz gives the dependence of a variable twice")
    return AnsatzSpec("separable", depends=tuple((v, tuple(on)) for v, on in depends))


def _span(functions: Sequence[Expr]) -> AnsatzSpec:
    return AnsatzSpec("span", functions=tuple(dict.fromkeys(functions)))
