"""Which backends a run of the suite is about: LIESYM_TEST_BACKENDS=numpy,torch,jax names those that must run.

A named backend that is missing ends the run. One that is not named counts as not installed, so that its tests are skipped
with the reason. Without the variable, what is installed runs.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from importlib.machinery import ModuleSpec
from importlib.util import find_spec

import pytest

VARIABLE = "LIESYM_TEST_BACKENDS"
LIBRARIES = {"numpy": "numpy", "torch": "torch", "jax": "jax"}
"""What must be importable for a backend."""


def named_backends() -> tuple[str, ...] | None:
    """The backends that must run; None where the variable is not set.

    Raises:
        UsageError: one of them is unknown or not installed.
    """
    text = os.environ.get(VARIABLE)
    if text is None:
        return None
    names = tuple(name.strip() for name in text.split(",") if name.strip())
    if unknown := [name for name in names if name not in LIBRARIES]:
        raise pytest.UsageError(f"{VARIABLE} names {', '.join(unknown)}; there are {', '.join(LIBRARIES)}")
    if missing := [name for name in names if find_spec(LIBRARIES[name]) is None]:
        raise pytest.UsageError(f"{VARIABLE} names {', '.join(missing)}, which cannot be imported here")
    return names


class NotNamed(ModuleNotFoundError):
    """The library of a backend that is not named, so that the test which asked for it is skipped."""


def asks_for_unnamed(error: BaseException | None) -> NotNamed | None:
    """The refusal that an exception comes from."""
    while error is not None and not isinstance(error, NotNamed):
        error = error.__cause__ or error.__context__
    return error


class Unnamed:
    """A finder before all others that finds no library of a backend that is not named."""

    def __init__(self, libraries: Sequence[str]) -> None:
        self.libraries = frozenset(libraries)

    def find_spec(self, fullname: str, path: object = None, target: object = None) -> ModuleSpec | None:
        """Nothing for other modules.

        Raises:
            NotNamed: the library of an unnamed backend.
        """
        if fullname in self.libraries:
            raise NotNamed(f"{fullname} is not named in {VARIABLE}", name=fullname)
        return None


def refuse_unnamed(named: Sequence[str] | None) -> None:
    """From here on, libraries of backends that are not named cannot be imported."""
    if named is not None:
        sys.meta_path.insert(0, Unnamed([library for name, library in LIBRARIES.items() if name not in named]))
