"""Lowering: from expressions to a function of a numerical backend.

In: a `Residual`, an ODESystem or SymPy expressions with their state symbols. Out: a callable ``(t, x, args)`` of
NumPy, torch, JAX or a registered backend (`lowering.lower`), or the source of a module that needs the backend alone
(`lowering.export`). `lowering.reference` is the backend that the others are compared with.
"""

from liesym.lowering.arrays import Arrays as Arrays
from liesym.lowering.registry import Backend as Backend
from liesym.lowering.registry import available_backends as available_backends
from liesym.lowering.registry import get_backend as get_backend
from liesym.lowering.target import Residual as Residual
from liesym.lowering.target import field_of as field_of
from liesym.lowering.target import jet_state as jet_state
from liesym.lowering.target import phase_state as phase_state
