"""Backends by name: entry points of the group ``liesym.backends``, read lazily."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib import import_module, util
from importlib.metadata import EntryPoint, entry_points
from typing import Any, Protocol, runtime_checkable

from liesym.errors import BackendError
from liesym.program import Program

GROUP = "liesym.backends"

_OWN = {
    "numpy": "liesym.lowering.reference:BACKEND",
    "torch": "liesym_torch:BACKEND",
    "jax": "liesym_jax:BACKEND",
}
"""Shipped with this distribution; named here too, so that they are found in a source tree that is not installed."""


@runtime_checkable
class Backend(Protocol):
    """What a backend is: a name, the operations it has, and a way to make a callable of a program.

    ``lower`` gives a callable ``(t, x, args)`` as `liesym.lower` promises it. It is called only with programs
    whose operations are all in ``operations``. A backend that has an attribute ``dialect``
    (`liesym.program.Dialect`) and one named ``module`` can also be exported; see `liesym.lowering.export`.
    """

    @property
    def name(self) -> str: ...

    @property
    def operations(self) -> frozenset[str]: ...

    def lower(self, program: Program, functions: Mapping[str, Callable[..., Any]]) -> Callable[..., Any]: ...


def available_backends() -> tuple[str, ...]:
    """Names of the backends that are registered; none is imported, and any of them may still fail to load."""
    own = [name for name, target in _OWN.items() if util.find_spec(target.split(":")[0].split(".")[0]) is not None]
    return tuple(sorted({*own, *(point.name for point in entry_points(group=GROUP))}))


def get_backend(backend: str | Backend) -> Backend:
    """The backend of this name, or the object itself if it is one.

    Arguments:
        backend: "numpy", "torch", "jax", a name that an installed distribution registers, or an object.

    Raises:
        BackendError: no such backend, two distributions claim the name, it does not load, or it is no
            backend.
    """
    if isinstance(backend, str):
        return _checked(_load(backend), backend)
    return _checked(backend, repr(backend))


def _load(name: str) -> object:
    points = [p for p in entry_points(group=GROUP) if p.name == name]
    targets = {p.value for p in points}
    if name in _OWN:
        point = EntryPoint(name, _OWN[name], GROUP)
    elif len(targets) > 1:
        raise BackendError(f"the backend name {name!r} is claimed by {' and '.join(sorted(targets))}; uninstall one of them")
    elif points:
        point = points[0]
    else:
        known = ", ".join(available_backends())
        raise BackendError(f"there is no backend {name!r}; registered are {known}, and a backend object can be given itself")
    module, _, attribute = point.value.partition(":")
    try:
        found = import_module(module)
        for part in attribute.split("."):
            found = getattr(found, part)
    except Exception as error:
        hint = f"; install it with: pip install 'liesym-ode[{name}]'" if name in ("torch", "jax") else ""
        raise BackendError(
            f"the backend {name!r} ({point.value}) does not load: {type(error).__name__}: {error}{hint}"
        ) from error
    return found


def _checked(candidate: object, label: str) -> Backend:
    missing = [m for m in ("name", "operations", "lower") if not hasattr(candidate, m)]
    if missing:
        raise BackendError(
            f"{label} is no backend: it has no {', '.join(missing)}; "
            "a backend has a name, a frozenset of operations, and lower(program, functions)"
        )
    assert isinstance(candidate, Backend)
    if not isinstance(candidate.operations, (frozenset, set)) or not callable(candidate.lower):
        raise BackendError(
            f"{label} is no backend: `operations` must be a frozenset of names and `lower` a function, but they are "
            f"a {type(candidate.operations).__name__} and a {type(candidate.lower).__name__}"
        )
    return candidate
