"""Records are values: frozen, with slots, hashable, equal when their parts are."""

from __future__ import annotations

import ast
import dataclasses
import importlib
import inspect
from dataclasses import dataclass
from types import ModuleType
from typing import Any

import pytest

import liesym

EXPORTING = (
    *("liesym", "liesym.symmetries.results", "liesym.certify", "liesym.conservation", "liesym.algebra", "liesym.flow"),
    *(
        "liesym.text.files",
        "liesym.model.ansatz",
        "liesym.model.problem",
        "liesym.residuals",
        "liesym.program.nodes",
        "liesym.learn.trajectories",
    ),
    *("liesym.learn.fitting", "liesym.app.batch", "liesym.discovery"),
)


def exported_names(module: ModuleType) -> set[str]:
    """Names that a module defines, or passes on as ``import X as X``."""
    tree = ast.parse(inspect.getsource(module))
    passed = [a for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) for a in node.names]
    defined = {name for name, value in vars(module).items() if getattr(value, "__module__", "") == module.__name__}
    return {n for n in defined | {a.name for a in passed if a.asname == a.name} if not n.startswith("_")}


def exported_records() -> list[type]:
    """Every public dataclass of the modules that users meet."""
    found: dict[str, type] = {}
    for module in map(importlib.import_module, EXPORTING):
        for name in exported_names(module):
            value = getattr(module, name, None)
            if inspect.isclass(value) and dataclasses.is_dataclass(value):
                found[f"{value.__module__}.{value.__qualname__}"] = value
    return [found[name] for name in sorted(found)]


def faults_of_record(record: Any) -> list[str]:
    """What keeps a dataclass from being a value."""
    faults = [] if record.__dataclass_params__.frozen else ["not frozen"]
    if "__slots__" not in vars(record):
        faults.append("no slots")
    if record.__hash__ is None:
        faults.append("not hashable")
    return faults


def inner_records(value: object) -> list[Any]:
    """The records inside a record, itself included."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        inside = [getattr(value, f.name) for f in dataclasses.fields(value)]
        return [value, *(r for part in inside for r in inner_records(part))]
    if isinstance(value, tuple):
        return [r for part in value for r in inner_records(part)]
    return []


@pytest.mark.parametrize("record", exported_records(), ids=lambda r: f"{r.__module__}.{r.__qualname__}")
def test_exported_records_are_values(record: type) -> None:
    assert faults_of_record(record) == []


def test_a_mutable_record_is_noticed() -> None:
    @dataclass
    class Loose:
        x: int = 0

    assert faults_of_record(Loose) == ["not frozen", "no slots", "not hashable"]


def test_results_hash_and_stages_repeat() -> None:
    system = liesym.ODESystem.parse("y'' = a/y^3 - y")
    first, second = liesym.find_symmetries(system), liesym.find_symmetries(system)
    assert first.generators == second.generators
    assert first.determining_system == second.determining_system
    records = inner_records(first)
    assert {type(r).__name__ for r in records} >= {"Result", "Generator", "ODESystem", "Certificate"}
    for record in records:
        copy = dataclasses.replace(record)
        assert copy == record
        assert hash(copy) == hash(record)


def test_public_names_are_there() -> None:
    missing = [name for name in dir(liesym) if not name.startswith("_") and not hasattr(liesym, name)]
    assert missing == []
