"""The functions that the text grammar knows by name, and how near-misses of their names are told apart."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from types import MappingProxyType
from typing import Any

import sympy as sp

from liesym.coefficients.hypergeometric import hypergeometric, kummerm, kummeru
from liesym.coefficients.waves import WAVES

# text name -> (SymPy class, number of arguments); the order is the order in messages
FUNCTIONS: Mapping[str, tuple[Any, int]] = MappingProxyType(
    {
        **{
            name: (getattr(sp, name), 1)
            for name in [
                "sin",
                "cos",
                "tan",
                "cot",
                "sec",
                "csc",
                "asin",
                "acos",
                "atan",
                "acot",
                "asec",
                "acsc",
                "sinh",
                "cosh",
                "tanh",
                "coth",
                "sech",
                "csch",
                "asinh",
                "acosh",
                "atanh",
                "acoth",
                "asech",
                "acsch",
                "exp",
                "log",
            ]
        },
        "sqrt": (sp.sqrt, 1),
        "abs": (sp.Abs, 1),
        "sign": (sp.sign, 1),
        "diracdelta": (sp.DiracDelta, 1),
        **{name: (getattr(sp, name), 1) for name in ["airyai", "airybi", "airyaiprime", "airybiprime"]},
        **{name: (getattr(sp, name), 2) for name in ["besselj", "bessely", "besseli", "besselk"]},
        **{name: (getattr(sp, name), 1) for name in ["erf", "erfc", "erfi", "fresnels", "fresnelc"]},
        "expintegral": (sp.Ei, 1),
        "logintegral": (sp.li, 1),
        "sinintegral": (sp.Si, 1),
        "cosintegral": (sp.Ci, 1),
        "lambertw": (sp.LambertW, 1),
        "gammafunction": (sp.gamma, 1),
        "polygamma": (sp.polygamma, 2),
        "kummerm": (kummerm, 3),
        "kummeru": (kummeru, 3),
        "hypergeometric": (hypergeometric, 4),
        **{function.__name__: (function, 3) for function in WAVES},
    }
)

# SymPy class -> text name, for the writer; sqrt is a power and has none
NAMES: Mapping[Any, str] = MappingProxyType({cls: name for name, (cls, _) in FUNCTIONS.items() if name != "sqrt"})

CONSTANTS: Mapping[str, sp.Expr] = MappingProxyType({"pi": sp.pi})

_PIECES = "write it with max(a, b), min(a, b) or heaviside(u), or an equation for each piece"
UNSUPPORTED: Mapping[str, str] = MappingProxyType(
    {
        **dict.fromkeys(
            ["maximum", "minimum", "fmax", "fmin", "piecewise", "ifelse", "where", "clip", "relu", "hinge"], _PIECES
        ),
        **dict.fromkeys(["unitstep", "ustep"], "write heaviside(u)"),
        **dict.fromkeys(["floor", "ceil", "ceiling", "round", "trunc", "frac", "mod", "rem", "fmod"], "it jumps"),
        **dict.fromkeys(["delay", "lag"], "equations with a delay are no ordinary differential equations"),
        **dict.fromkeys(["rand", "random", "randn", "noise"], "it has no value of its own"),
        **dict.fromkeys(["re", "im", "conjugate"], "all names stand for real numbers"),
        "factorial": "write gammafunction(n + 1)",
    }
)
"""Functions (in small letters) that are known and not read, each with the reason; never taken for arbitrary ones."""

# one argument more says which derivative: diracdelta(x, 2) is the second
ORDERED = frozenset({"diracdelta"})

# words of the grammar itself in call position
DERIVATIVES = ("D", "diff", "Derivative")
OPERATORS = (*DERIVATIVES, "at", "integral")

_MISNOMERS: Mapping[str, str] = MappingProxyType(
    {
        "ln": "log", "log10": "log(x)/log(10)", "log2": "log(x)/log(2)", "logarithm": "log",
        "arcsin": "asin", "arccos": "acos", "arctan": "atan", "arccot": "acot", "arctg": "atan",
        "arcsinh": "asinh", "arccosh": "acosh", "arctanh": "atanh",
        "arsinh": "asinh", "arcosh": "acosh", "artanh": "atanh",
        "tg": "tan", "ctg": "cot", "cosec": "csc", "sine": "sin", "cosine": "cos", "tangent": "tan",
        "sh": "sinh", "ch": "cosh", "th": "tanh", "sgn": "sign", "signum": "sign", "fabs": "abs",
        "modulus": "abs", "root": "sqrt", "cbrt": "x^(1/3)", "pow": "x^n", "power": "x^n",
        "exponential": "exp",
        "Ei": "expintegral", "Si": "sinintegral", "Ci": "cosintegral", "LambertW": "lambertw",
        "ai": "airyai", "bi": "airybi",
    }
)  # fmt: skip

# letters that are one edit away from a function but are names of their own
_LETTERS = frozenset(["tau", "eta", "chi", "psi", "phi", "rho", "iota", "zeta", "beta", "theta", "mu", "nu", "xi", "pi"])


def arity(name: str) -> int:
    """Number of arguments of a known function."""
    return FUNCTIONS[name][1]


def lookalike(name: str) -> str | None:
    """The known function that `name` was probably meant to be, or None.

    A name counts as a slip if it is a usual name of the function in another notation, if it differs in
    capitals only, or if it is one letter off a name of three letters or more.
    """
    if name in _MISNOMERS:
        return _MISNOMERS[name]
    if name.lower() in FUNCTIONS:
        return name.lower()
    if len(name) < 3 or name in _LETTERS:
        return None
    return next((known for known in FUNCTIONS if len(known) >= 3 and one_edit_apart(name, known)), None)


def one_edit_apart(a: str, b: str) -> bool:
    """True if one insertion, deletion, replacement or swap of neighbours turns a into b."""
    if abs(len(a) - len(b)) > 1 or a == b:
        return False
    start = next((i for i, (p, q) in enumerate(zip(a, b, strict=False)) if p != q), min(len(a), len(b)))
    rest_a, rest_b = a[start:], b[start:]
    if len(a) == len(b):
        swapped = rest_a[1:2] + rest_a[:1] + rest_a[2:]
        return rest_a[1:] == rest_b[1:] or swapped == rest_b
    return rest_a[1:] == rest_b or rest_a == rest_b[1:]


def nearest(name: str, known: Sequence[str]) -> str | None:
    """The entry of `known` that is closest to `name`, if any is close."""
    found = get_close_matches(name, known, n=1, cutoff=0.6)
    return found[0] if found else None
