"""Lie point symmetries of ordinary differential equations, proven, and neural networks that respect them.

    >>> system = liesym.ODESystem.parse("x'' = -x/(x^2+y^2)^(3/2); y'' = -y/(x^2+y^2)^(3/2)")
    >>> result = liesym.find_symmetries(system)
    >>> print(result)
    3 symmetries, proven complete: time translation, scaling (x, y ~ t^(2/3)), rotation of x and y
      X1 = ∂t
      X2 = 3·t ∂t + 2·x ∂x + 2·y ∂y
      X3 = y ∂x − x ∂y

Generators are values: X(f), X + 2*Y, X.bracket(Y), X.flow(). `first_integrals`, `noether`, `solve` and `identify` take the
same system, and `explain` shows the way to the symmetries as a textbook writes it; `lower` makes functions for NumPy, torch
and JAX of what is found; `latex` writes all of it for a paper.

The stages behind the functions are imported at their first use; no backend is imported here.
"""

from importlib import import_module
from typing import TYPE_CHECKING

from liesym.base.version import __version__ as __version__
from liesym.errors import AnsatzError as AnsatzError
from liesym.errors import BackendError as BackendError
from liesym.errors import DataError as DataError
from liesym.errors import LiesymError as LiesymError
from liesym.errors import NotSolvable as NotSolvable
from liesym.errors import OutOfBudget as OutOfBudget
from liesym.errors import ParseError as ParseError
from liesym.errors import TrainingError as TrainingError
from liesym.errors import Unsupported as Unsupported
from liesym.errors import VerificationError as VerificationError

if TYPE_CHECKING:
    from liesym import residuals as residuals
    from liesym.base.jets import JetSpace as JetSpace
    from liesym.base.memory import memory_limit as memory_limit
    from liesym.base.parameters import Parameter as Parameter
    from liesym.conservation import backward_conservation_laws as backward_conservation_laws
    from liesym.conservation import first_integrals as first_integrals
    from liesym.conservation import noether as noether
    from liesym.discovery import Discovery as Discovery
    from liesym.discovery import Trajectories as Trajectories
    from liesym.discovery import discover as discover
    from liesym.invariants.identify import identify as identify
    from liesym.invariants.open.constrain import constrain as constrain
    from liesym.invariants.open.records import Constrained as Constrained
    from liesym.learn.identify_invariant import identify_invariants as identify_invariants
    from liesym.lowering.lower import lower as lower
    from liesym.model.system import ODESystem as ODESystem
    from liesym.reduction.solve import solve as solve
    from liesym.symmetries.classification import Classification as Classification
    from liesym.symmetries.classification import classify as classify
    from liesym.symmetries.generator import Generator as Generator
    from liesym.symmetries.identifiability import unidentifiable as unidentifiable
    from liesym.symmetries.pipeline import Result as Result
    from liesym.symmetries.pipeline import find_symmetries as find_symmetries
    from liesym.symmetries.textbook.explain import explain as explain
    from liesym.text.latex import latex as latex

# public name -> (module, name in it); '' is the module itself
_LAZY = {
    "JetSpace": ("liesym.base.jets", "JetSpace"),
    "Parameter": ("liesym.base.parameters", "Parameter"),
    "ODESystem": ("liesym.model.system", "ODESystem"),
    "Generator": ("liesym.symmetries.generator", "Generator"),
    "memory_limit": ("liesym.base.memory", "memory_limit"),
    "lower": ("liesym.lowering.lower", "lower"),
    "find_symmetries": ("liesym.symmetries.pipeline", "find_symmetries"),
    "Classification": ("liesym.symmetries.classification", "Classification"),
    "classify": ("liesym.symmetries.classification", "classify"),
    "Result": ("liesym.symmetries.pipeline", "Result"),
    "explain": ("liesym.symmetries.textbook.explain", "explain"),
    "first_integrals": ("liesym.conservation", "first_integrals"),
    "noether": ("liesym.conservation", "noether"),
    "backward_conservation_laws": ("liesym.conservation", "backward_conservation_laws"),
    "solve": ("liesym.reduction.solve", "solve"),
    "constrain": ("liesym.invariants.open.constrain", "constrain"),
    "Constrained": ("liesym.invariants.open.records", "Constrained"),
    "identify": ("liesym.invariants.identify", "identify"),
    "unidentifiable": ("liesym.symmetries.identifiability", "unidentifiable"),
    "identify_invariants": ("liesym.learn.identify_invariant", "identify_invariants"),
    "discover": ("liesym.discovery", "discover"),
    "Trajectories": ("liesym.discovery", "Trajectories"),
    "Discovery": ("liesym.discovery", "Discovery"),
    "residuals": ("liesym.residuals", ""),
    "latex": ("liesym.text.latex", "latex"),
}

_ERRORS = tuple(name for name, value in globals().items() if isinstance(value, type) and issubclass(value, LiesymError))
__all__ = sorted((*_ERRORS, *_LAZY))  # pyright: ignore[reportUnsupportedDunderAll]


def __getattr__(name: str) -> object:
    if name not in _LAZY:
        raise AttributeError(f"module 'liesym' has no attribute {name!r}")
    module, attribute = _LAZY[name]
    loaded = import_module(module)
    value = getattr(loaded, attribute) if attribute else loaded
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return [*__all__, "__all__", "__doc__", "__file__", "__name__", "__path__", "__version__"]
