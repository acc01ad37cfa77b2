"""The JSON of `analyze`: a result written down, and read back to be checked from nothing."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from sympy import Expr, Ne
from sympy.core.relational import Relational

from liesym.app.report.algebra import AlgebraFacts
from liesym.base.listing import Listing
from liesym.base.version import __version__
from liesym.certify import Certificate
from liesym.coefficients import Definition
from liesym.determine.forms import DeterminingSystem
from liesym.errors import DataError, LiesymError
from liesym.model.reading import read_in_system, write_system
from liesym.model.system import ODESystem
from liesym.model.vectorfields import generator_from_texts
from liesym.symmetries.generator import Generator
from liesym.symmetries.results import Case, Completeness, Family, Result
from liesym.text import write


def result_record(
    result: Result,
    integrals: Sequence[Expr] | None = None,
    algebra: AlgebraFacts | None = None,
    seconds: Mapping[str, float] | None = None,
) -> dict[str, Any]:
    """The record of a result, ready for `json.dumps`.

    Arguments:
        result: of `find_symmetries`.
        integrals: first integrals, None if they were not looked for.
        algebra: what was found out about the Lie algebra of the generators.
        seconds: stages that are not in the result.

    Raises:
        Unsupported: an expression has no form in the text grammar.
    """
    return {
        "system": system_record(result.system),
        "generators": [generator_record(g) for g in result.generators],
        "families": [family_record(f) for f in result.families],
        "dimension": result.dimension,
        "upper_bound": result.upper_bound,
        "completeness": result.completeness.value,
        "ansatz": None if result.ansatz is None else str(result.ansatz),
        "conditions": [condition(c) for c in result.conditions],
        "domain": [inequality(c) for c in result.domain],
        "algebra": None if algebra is None else algebra.to_json(),
        "first_integrals": None if integrals is None else [write(i) for i in integrals],
        **_where(integrals),
        "definitions": [definition_record(d) for d in result.definitions],
        "cases": [case_record(c) for c in result.cases],
        "certificate": None if result.certificate is None else result.certificate.to_dict(),
        "seconds": {k: round(v, 4) for k, v in {**dict(result.seconds), **(seconds or {})}.items()},
        "notes": [*result.system.notes, *result.notes],
        "liesym": __version__,
    }


def generator_record(generator: Generator) -> dict[str, Any]:
    """Infinitesimals by variable, and the inequalities on which they are a symmetry where that is not everywhere."""
    record: dict[str, Any] = {**generator.to_mapping(), "trivial": generator.trivial}
    if generator.on:
        record["on"] = [inequality(c) for c in generator.on]
    return record


def _where(integrals: Sequence[Expr] | None) -> dict[str, Any]:
    """For each integral the inequalities on which it holds, if one of them does not hold everywhere."""
    if not isinstance(integrals, Listing) or not any(integrals.on):
        return {}
    return {"first_integrals_on": [[inequality(c) for c in on] for on in integrals.on]}


def inequality(expression: Expr) -> str:
    """`expression > 0` in the text grammar."""
    return f"{write(expression)} > 0"


def system_record(system: ODESystem) -> dict[str, Any]:
    """The system by names, orders and solved equations."""
    record: dict[str, Any] = {
        "independent": system.independent.name,
        "unknowns": [x.name for x in system.unknowns],
        "orders": list(system.orders),
        "parameters": [p.name for p in system.parameters],
        "equations": list(write_system(system)),
    }
    assumed: dict[str, dict[str, Any]] = {
        p.name: dict.fromkeys(p.assumptions, True) for p in system.parameters if p.assumptions
    }
    values = {p.name: p.value for p in system.parameters if p.value is not None}
    for name, value in values.items():
        assumed.setdefault(name, {})["value"] = value
    if assumed:
        record["assumptions"] = assumed
    if system.title:
        record["title"] = system.title
    return record


def family_record(family: Family) -> dict[str, Any]:
    """A generator with arbitrary functions: infinitesimals, and the arguments of each function."""
    arguments = {f.func.__name__: [write(a) for a in given] for f, given in family.arbitrary}
    return {**generator_record(family.generator), "arbitrary": arguments}


def definition_record(definition: Definition) -> dict[str, Any]:
    """A named function and the linear ODE that it solves."""
    return {"function": write(definition.function), "order": definition.order, "rhs": write(definition.rhs)}


def case_record(case: Case) -> dict[str, Any]:
    """One branch of a classification."""
    return {
        "assumptions": [condition(a) for a in case.assumptions],
        "values": {s.name: write(v) for s, v in case.values},
        "dimension": case.result.dimension,
        "completeness": case.result.completeness.value,
        "generators": [generator_record(g) for g in case.result.generators],
        "cases": [case_record(c) for c in case.children],
    }


def determining_record(system: ODESystem, found: DeterminingSystem) -> dict[str, Any]:
    """The determining system; each expression is to vanish."""
    return {
        "system": system_record(system),
        "unknowns": {u.variable.name: write(u.applied) for u in found.unknowns},
        "before": [write(e) for e in found.conditions],
        "after": [write(e) for e in found.equations],
    }


def condition(expression: Any) -> str:
    """A relation in words of the grammar; an expression alone is one that must not vanish."""
    relation: Any = expression
    if not isinstance(expression, Relational):
        return f"{write(relation)} != 0"
    sign = "!=" if isinstance(relation, Ne) else "=" if relation.rel_op == "==" else relation.rel_op
    left: Any = relation.lhs
    right: Any = relation.rhs
    return f"{write(left)} {sign} {write(right)}"


def to_text(record: Mapping[str, Any]) -> str:
    """The record as JSON text: a line for each key, and for each entry of a list of tables."""
    lines = []
    for key, value in record.items():
        if isinstance(value, list) and value and isinstance(value[0], (dict, list)):
            entries = ",\n".join(f"  {json.dumps(entry, ensure_ascii=False)}" for entry in value)
            lines.append(f' "{key}": [\n{entries}\n ]')
        else:
            lines.append(f' "{key}": {json.dumps(value, ensure_ascii=False)}')
    return "{\n" + ",\n".join(lines) + "\n}\n"


# -- reading back --------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Saved:
    """A result that was read back: nothing in it is believed before it is checked.

    Arguments:
        system: read from its equations.
        generators: those without arbitrary functions.
        families: those with.
        integrals: first integrals.
        integrals_on: for each, what is positive where it holds.
        certificate: the independent count, None without one.
        dimension, upper_bound, completeness: the claim.
        algebra: the record of the Lie algebra, None without one.
    """

    system: ODESystem
    generators: tuple[Generator, ...]
    families: tuple[Generator, ...]
    integrals: tuple[Expr, ...]
    integrals_on: tuple[tuple[Expr, ...], ...]
    certificate: Certificate | None
    dimension: int | None
    upper_bound: int | None
    completeness: str
    algebra: Mapping[str, Any] | None = None


def read_result(path: str | Path) -> Saved:
    """Read the JSON that `analyze --json` printed.

    Raises:
        DataError: the file cannot be read or is no such JSON.
        ParseError: an expression in it is not in the text grammar.
    """
    try:
        record = json.loads(Path(path).read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise DataError(f"{path} cannot be read: {error.strerror or error}") from None
    except (ValueError, RecursionError) as error:
        raise DataError(f"{path} is not JSON: {error}") from None
    fault = _fault(record)
    if fault:
        raise DataError(f"{path} is not a result of `liesym analyze --json`: {fault}")
    try:
        return _saved(record)
    except LiesymError:
        raise
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        raise DataError(f"{path} is not a result of `liesym analyze --json`: {type(error).__name__} at {error}") from None


_SHAPE: dict[str, tuple[type, str, bool]] = {
    "system": (dict, "a table", True), "generators": (list, "a list", True), "families": (list, "a list", False),
    "definitions": (list, "a list", False), "first_integrals": (list, "a list or null", False),
    "certificate": (dict, "a table or null", False), "algebra": (dict, "a table or null", False),
    "dimension": (int, "a whole number or null", False), "upper_bound": (int, "a whole number or null", False),
}  # fmt: skip
"""Key -> type, the type in words, whether it must be there."""


def _fault(record: object) -> str:
    """What is wrong with the shape of a record, or ''."""
    if not isinstance(record, Mapping):
        return f"a table is expected, not {type(record).__name__}"
    for key, (kind, words, needed) in _SHAPE.items():
        value = record.get(key)
        if value is None and not needed and (key not in record or "null" in words):
            continue
        if not isinstance(value, kind) or isinstance(value, bool):
            return f"{key} must be {words}, not {json.dumps(value)[:60] if key in record else 'left out'}"
    claims = [c.value for c in Completeness]
    if record.get("completeness") not in claims:
        return f"completeness must be one of {', '.join(claims)}, not {json.dumps(record.get('completeness'))[:60]}"
    return ""


def _saved(record: Mapping[str, Any]) -> Saved:
    told = record["system"]
    assumed = told.get("assumptions", {})
    read = ODESystem.parse(
        "\n".join(told["equations"]),
        independent=told["independent"],
        parameters={name: assumed.get(name, {}) for name in told["parameters"]},
    )
    system = replace(read, title=told.get("title", ""))
    if [x.name for x in system.unknowns] != told["unknowns"] or list(system.orders) != told["orders"]:
        raise DataError("the unknowns or orders of the saved result do not fit its equations")
    told_count = record.get("certificate")
    definitions = tuple(_definition(d, system) for d in record.get("definitions", ()))
    integrals = tuple(read_in_system(i, system) for i in record.get("first_integrals") or ())
    places = record.get("first_integrals_on") or [()] * len(integrals)
    return Saved(
        system,
        tuple(_generator(g, system, definitions) for g in record["generators"]),
        tuple(_generator(g, system, definitions) for g in record.get("families", ())),
        integrals,
        tuple(_positive(on, system) for on in places),
        None if told_count is None else Certificate.from_dict(told_count),
        record.get("dimension"),
        record.get("upper_bound"),
        record["completeness"],
        record.get("algebra"),
    )


def _definition(record: Mapping[str, Any], system: ODESystem) -> Definition:
    function, rhs = (read_in_system(record[key], system) for key in ("function", "rhs"))
    return Definition(function, int(record["order"]), rhs)  # type: ignore[arg-type]


def _generator(record: Mapping[str, Any], system: ODESystem, definitions: tuple[Definition, ...]) -> Generator:
    texts = {k: v for k, v in record.items() if k not in ("trivial", "arbitrary", "on")}
    read = generator_from_texts(texts, system, trivial=bool(record.get("trivial", False)))
    used = tuple(d for d in definitions if any(c.has(d.function.func) for c in read.components))
    return Generator(read.variables, read.components, read.trivial, used, _positive(record.get("on", ()), system))


def _positive(inequalities: Sequence[str], system: ODESystem) -> tuple[Expr, ...]:
    """What `inequality` has written."""
    return tuple(read_in_system(text.removesuffix(" > 0"), system) for text in inequalities)
