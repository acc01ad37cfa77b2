"""First-order equations to SBML Level 3: an unknown is a parameter that changes, with a rate rule.

x' = F     <rateRule variable="x"> F </rateRule>,    sign(u)     piecewise(1, u > 0, -1)
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from sympy import Abs, Add, Expr, Integer, Mul, Pow, Rational, S, Symbol, sign

from liesym.errors import Unsupported
from liesym.text.decimals import is_decimal
from liesym.text.formats.library import libsbml
from liesym.text.formats.record import ModelFile
from liesym.text.functions import NAMES
from liesym.text.writer import write

_IDENTIFIER = re.compile(r"[A-Za-z_]\w*", re.ASCII)
_HELD = {
    **{n: f"{n.upper()}" for n in ("sin", "cos", "tan", "cot", "sec", "csc", "exp")},
    **{f"{n}h": f"{n.upper()}H" for n in ("sin", "cos", "tan", "cot", "sec", "csc")},
    **{f"a{n}": f"ARC{n.upper()}" for n in ("sin", "cos", "tan", "cot", "sec", "csc")},
    **{f"a{n}h": f"ARC{n.upper()}H" for n in ("sin", "cos", "tan", "cot", "sec", "csc")},
    "log": "LN",
    "abs": "ABS",
}
"""Functions of the text grammar that SBML has too."""


def write_sbml(model: ModelFile) -> str:
    """The model in SBML, which `liesym.text.formats.sbml.read_sbml` reads back, but for what is assumed of parameters.

    Raises:
        Unsupported: an equation is of higher order, or holds a function or a name that SBML does not have.
    """
    library, form = libsbml(), model.form
    if max(form.orders) > 1:
        raise Unsupported("SBML holds equations of first order; bring the system to first order")
    document = library.SBMLDocument(3, 1)
    made = document.createModel()
    if model.title:
        made.setName(model.title)
    initial = dict(model.initial)
    for x in form.unknowns:
        _add_parameter(made, x.name, initial.get(x.name), constant=False)
    for p in form.parameters:
        _add_parameter(made, p.name, p.value, constant=True)
    tree = _Tree(library, form.independent)
    for x, rhs in zip(form.unknowns, form.rhs, strict=True):
        rule = made.createRateRule()
        rule.setVariable(x.name)
        rule.setMath(tree.of(rhs))
    return library.writeSBMLToString(document)


def _add_parameter(made: Any, name: str, value: float | None, *, constant: bool) -> None:
    if not _IDENTIFIER.fullmatch(name):
        raise Unsupported(f"{name} is no identifier of SBML: those are ASCII letters, digits and _; rename it")
    parameter = made.createParameter()
    parameter.setId(name)
    parameter.setConstant(constant)
    if value is not None:
        parameter.setValue(value)


class _Tree:
    """Expressions as trees of libSBML."""

    def __init__(self, library: Any, independent: Symbol) -> None:
        self.library, self.independent = library, independent

    def of(self, e: Expr) -> Any:
        """The tree of an expression."""
        if isinstance(e, Symbol):
            return self._symbol(e)
        if isinstance(e, Rational):
            return self._number(e)
        if e in (S.Pi, S.Exp1):
            return self._node("CONSTANT_PI" if e is S.Pi else "CONSTANT_E")
        if isinstance(e, Add | Mul):
            return self._node(
                "PLUS" if isinstance(e, Add) else "TIMES", e.as_ordered_terms() if isinstance(e, Add) else e.args
            )
        if isinstance(e, Pow):
            return self._node("POWER", e.args)
        if isinstance(e, sign):
            return self._sign(e)
        held = _HELD.get(NAMES.get(e.func, ""))
        if held is None:
            raise Unsupported(f"{write(e)} has no form in SBML")
        return self._node("FUNCTION_ABS" if isinstance(e, Abs) else f"FUNCTION_{held}", e.args)

    def _symbol(self, symbol: Symbol) -> Any:
        if is_decimal(symbol):
            node = self._node("REAL")
            node.setValue(float(symbol.name))
            return node
        if symbol == self.independent:
            node = self._node("NAME_TIME")
            node.setName(symbol.name)
            return node
        node = self._node("NAME")
        node.setName(symbol.name)
        return node

    def _number(self, value: Rational) -> Any:
        if not isinstance(value, Integer):
            if max(abs(value.p), value.q) >= 2**31:
                return self._node("DIVIDE", (Integer(value.p), Integer(value.q)))
            node = self._node("RATIONAL")
            node.setValue(int(value.p), int(value.q))
            return node
        if abs(value.p) < 2**31:
            node = self._node("INTEGER")
            node.setValue(int(value.p))
            return node
        node = self._node("REAL")
        if int(float(value.p)) != value.p:
            raise Unsupported(f"the integer {value} has too many digits for SBML")
        node.setValue(float(value.p))
        return node

    def _sign(self, e: sign) -> Any:
        positive = self._node("RELATIONAL_GT", (e.args[0], S.Zero))  # type: ignore[arg-type]
        node = self._node("FUNCTION_PIECEWISE", (S.One,))
        node.addChild(positive)
        node.addChild(self.of(S.NegativeOne))
        return node

    def _node(self, kind: str, children: Sequence[Any] = ()) -> Any:
        node = self.library.ASTNode(getattr(self.library, f"AST_{kind}"))
        for child in children:
            node.addChild(self.of(child))
        return node
