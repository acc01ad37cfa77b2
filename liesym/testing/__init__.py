"""Checks that we and others run.

In: a backend with a way to make its arrays, or a generator or integral with its system. Out: an `Outcome` a check, or an
error that names what is wrong: values against exact arithmetic, gradients against the derivative of the expression.

The names are served at their first use: the engine's own looks at real points stand in this room too, and an analysis needs
neither the examples nor the reference backend.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from liesym.lowering.arrays import Arrays as Arrays
    from liesym.testing.cases import ARITHMETIC as ARITHMETIC
    from liesym.testing.cases import CASES as CASES
    from liesym.testing.cases import CHOICES as CHOICES
    from liesym.testing.cases import ELEMENTARY as ELEMENTARY
    from liesym.testing.cases import REFUSED as REFUSED
    from liesym.testing.cases import SPECIAL as SPECIAL
    from liesym.testing.cases import Example as Example
    from liesym.testing.suite import CHECKS as CHECKS
    from liesym.testing.suite import Outcome as Outcome
    from liesym.testing.suite import assert_conforms as assert_conforms
    from liesym.testing.suite import conformance as conformance
    from liesym.testing.validity import check_generator as check_generator
    from liesym.testing.validity import check_integral as check_integral

# name -> the module that holds it
_HELD = {
    "Arrays": "liesym.lowering.arrays",
    **dict.fromkeys(
        ("ARITHMETIC", "CASES", "CHOICES", "ELEMENTARY", "REFUSED", "SPECIAL", "Example"), "liesym.testing.cases"
    ),
    **dict.fromkeys(("CHECKS", "Outcome", "assert_conforms", "conformance"), "liesym.testing.suite"),
    **dict.fromkeys(("check_generator", "check_integral"), "liesym.testing.validity"),
}

__all__ = list(_HELD)  # pyright: ignore[reportUnsupportedDunderAll]


def __getattr__(name: str) -> object:
    if name not in _HELD:
        raise AttributeError(f"module 'liesym.testing' has no attribute {name!r}")
    value = getattr(import_module(_HELD[name]), name)
    globals()[name] = value
    return value
