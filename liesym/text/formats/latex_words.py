"""Commands of LaTeX that stand for names, functions and marks, and those that are not read."""

from __future__ import annotations

import re

from liesym.text.functions import FUNCTIONS

ACCENTS = {"dot": 1, "ddot": 2, "dddot": 3}
STYLES = ("mathrm", "text", "mathit", "mathsf", "textrm", "textit", "operatorname", "mbox", "rm", "mathcal")
MARKS = ("bar", "hat", "tilde", "overline", "check", "breve")
VECTORS = "vectors are not read: write an equation for each component"
CALLS = {
    **{name: name for name in FUNCTIONS if name not in ("sqrt", "abs")},
    "ln": "log", "arcsin": "asin", "arccos": "acos", "arctan": "atan", "sgn": "sign", "max": "max", "min": "min",
    "arsinh": "asinh", "arcosh": "acosh", "artanh": "atanh", "arcsinh": "asinh", "arctanh": "atanh", "tg": "tan",
}  # fmt: skip
GREEK = frozenset(
    re.findall(
        r"\w+",
        "alpha beta gamma delta epsilon varepsilon zeta eta theta vartheta iota kappa lambda mu nu xi omicron rho varrho "
        "sigma varsigma tau upsilon phi varphi chi psi omega Gamma Delta Theta Lambda Xi Pi Sigma Upsilon Phi Psi Omega "
        "ell hbar",
    )
)
REFUSED = {
    "partial": "partial derivatives are those of partial differential equations", "int": "integrals are not read",
    "sum": "write the terms of the sum", "prod": "write the factors of the product", "pm": "write an equation for each sign",
    "mp": "write an equation for each sign", "nabla": "write an equation for each component",
    "mathbf": VECTORS, "bm": VECTORS,
    "boldsymbol": VECTORS, "vec": VECTORS,
    "lim": "limits are not read", "infty": "it is no number", "mathbb": "sets are not read",
}  # fmt: skip
