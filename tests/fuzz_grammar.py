"""Random text, TOML and SymPy input for the fuzzer: mostly in the grammar, some of it broken."""

from __future__ import annotations

from typing import Any

import sympy as sp
from hypothesis import strategies as st

from liesym.text.functions import FUNCTIONS

ONE_ARGUMENT = tuple(name for name, (_, arguments) in FUNCTIONS.items() if arguments == 1 and name != "diracdelta")
OFTEN = ("sin", "cos", "exp", "log", "sqrt", "abs", "atan", "acot", "tanh", "sign")
PARAMETERS = ("a", "k", "E", "b")
NUMBERS = ("0", "1", "2", "3", "1/2", "-1", "1.5", "-0.333333333333333", "pi", "7", "250")
BROKEN = ("(", ")", "''", "^", ";", "=", "~", "max(", "D(", "..", "é", "floor(y)", "y(t-1)", "_", ",")


def expressions(names: tuple[str, ...]) -> st.SearchStrategy[str]:
    """Expressions of the grammar in the given names, parameters and numbers."""
    leaves = st.one_of(st.sampled_from(names), st.sampled_from(names), st.sampled_from(NUMBERS), st.sampled_from(PARAMETERS))

    def larger(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
        functions = st.one_of(st.sampled_from(OFTEN), st.sampled_from(ONE_ARGUMENT))
        return st.one_of(
            st.builds("({}) {} ({})".format, inner, st.sampled_from("+-*/"), inner),
            st.builds("({})^({})".format, inner, st.one_of(st.sampled_from(NUMBERS), st.sampled_from(PARAMETERS))),
            st.builds("{}({})".format, functions, inner),
            st.builds("sqrt(({})^2)".format, inner),
            st.builds("F({})".format, inner),
        )

    return st.recursive(leaves, larger, max_leaves=5)


@st.composite
def texts(draw: st.DrawFn) -> str:
    """Systems of one or two equations of order 1 to 3; one in eight is implicit, one in eight is broken."""
    unknowns = draw(st.sampled_from((("y",), ("y",), ("x", "y"))))
    order = draw(st.sampled_from((1, 2, 2, 3)))
    names = tuple(x + "'" * k for x in unknowns for k in range(order)) + draw(st.sampled_from(((), ("t",))))
    rates = [draw(expressions(names)) for _ in unknowns]
    written = [f"{x}{chr(39) * order} = {f}" for x, f in zip(unknowns, rates, strict=True)]
    kind = draw(st.integers(0, 7))
    if kind == 0:
        written[0] = f"({draw(expressions(names))})*{unknowns[0]}{chr(39) * order} + {rates[0]} = 1"
    text = "; ".join(written)
    if kind == 1:
        place = draw(st.integers(0, len(text)))
        text = text[:place] + draw(st.sampled_from(BROKEN)) + text[place:]
    return text


@st.composite
def tables(draw: st.DrawFn) -> str:
    """The text of a TOML file with a system; keys and values are wrong now and then."""
    lines = [
        f"equations = {[draw(texts())]!r}".replace('"', "'''")
        if draw(st.booleans())
        else f"equations = '''{draw(texts())}'''"
    ]
    extra = ("title = 'drawn'", "independent = 't'", "independent = 3", "[parameters]\na = {positive = true}",
             "[parameters]\na = {value = 'x'}", "ansatz = 'polynomial: 2'", "ansatz = 5", "unknown = 1", "[[[")  # fmt: skip
    lines += draw(st.lists(st.sampled_from(extra), max_size=2))
    return "\n".join(lines)


@st.composite
def sympy_equations(draw: st.DrawFn) -> list[Any]:
    """Equations of SymPy in x(t) and y(t), some of kinds that are no ordinary differential equations."""
    t, a = sp.Symbol("t"), sp.Symbol("a")
    y, x = sp.Function("y"), sp.Function("x")
    places = [y(t), y(t).diff(t), t, a, x(t), sp.Integer(2), sp.pi, sp.Rational(-1, 2)]
    rare = [y(t - 1), sp.Piecewise((y(t), t > 0), (0, True)), sp.Max(y(t), 0), sp.Heaviside(y(t)), sp.I, sp.zoo, sp.floor(t)]
    functions = [sp.sin, sp.exp, sp.log, sp.Abs, sp.sqrt, sp.acot, sp.asin, sp.sign, sp.gamma]

    def drawn(depth: int) -> Any:
        kind = draw(st.integers(0, 9))
        if depth == 0 or kind < 3:
            return draw(st.sampled_from(rare if kind == 0 and draw(st.integers(0, 3)) == 0 else places))
        if kind < 6:
            return draw(st.sampled_from(functions))(drawn(depth - 1))
        one, other = drawn(depth - 1), drawn(depth - 1)
        return one + other if kind == 6 else one**other if kind == 7 else one * other

    order = draw(st.sampled_from((1, 2)))
    equations = [sp.Eq(y(t).diff(t, order), drawn(2), evaluate=False)]
    if any(e.has(x) for e in equations):
        equations.append(sp.Eq(x(t).diff(t, order), drawn(1), evaluate=False))
    return equations
