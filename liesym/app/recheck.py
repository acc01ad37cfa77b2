"""A saved result read back and checked again, from the equations alone."""

from __future__ import annotations

from pathlib import Path

from sympy import Expr, S

from liesym.algebra import LieAlgebra
from liesym.app.report.json import Saved, read_result
from liesym.certify import recheck
from liesym.determine.on_solutions import jet_field
from liesym.determine.verify import is_first_integral, is_trivial
from liesym.errors import DataError, LiesymError, Unsupported
from liesym.model.reading import read_in_system
from liesym.solving.linear.vectors import independent_vectors


def recheck_saved(path: str | Path, *, budget: float = 60.0) -> tuple[list[str], bool]:
    """Check what a saved result claims, from nothing but its equations.

    That is: generators, families and first integrals by substitution; which generators are trivial; that they are
    independent, and as many as a proven dimension says; the count behind an upper bound; commutators and the
    properties of the algebra. The conditions and the names of the algebra are not decided again.

    Returns:
        One line a check, and whether all held.

    Raises:
        DataError, ParseError: the file is no such result.
    """
    saved = read_result(path)
    lines: list[str] = []
    sound = _recheck_generators(saved, lines)
    if len(saved.integrals) != len(saved.integrals_on):
        raise DataError("first_integrals and first_integrals_on must be of one length")
    for i, (integral, on) in enumerate(zip(saved.integrals, saved.integrals_on, strict=True)):
        sound &= _line(lines, f"first integral {i + 1}", is_first_integral(integral, saved.system, on=on))
    sound &= _recheck_count(saved, lines)
    sound &= _recheck_certificate(saved, lines)
    sound &= _recheck_algebra(saved, lines)
    lines.append("all checks hold" if sound else "NOT all checks hold")
    return lines, sound


def _line(lines: list[str], what: str, holds: bool) -> bool:
    lines.append(f"{what}: {'holds' if holds else 'DOES NOT HOLD'}")
    return holds


def _recheck_generators(saved: Saved, lines: list[str]) -> bool:
    sound = True
    for label, generators in (("X", saved.generators), ("F", saved.families)):
        for i, generator in enumerate(generators):
            sound &= _line(lines, f"{label}{i + 1} = {generator}", generator.is_symmetry_of(saved.system))
            trivial = saved.system.is_first_order and is_trivial(generator, saved.system)
            if trivial != generator.trivial:
                what = "is trivial" if generator.trivial else "is not trivial"
                sound = _line(lines, f"{label}{i + 1} {what}", False)
    return sound


def _recheck_count(saved: Saved, lines: list[str]) -> bool:
    """Independence of the generators, and that a proven dimension is their number and the bound."""
    if not saved.generators:
        return True
    components = [c for g in saved.generators for c in g.components]
    definitions = tuple({d.name: d for g in saved.generators for d in g.definitions}.values())
    field = jet_field(saved.system, components, definitions)
    vectors = [tuple(field(c) for c in g.components) for g in saved.generators]
    count = len(independent_vectors(vectors, field))
    sound = _line(lines, f"{len(vectors)} generators linearly independent", count == len(vectors))
    if saved.completeness == "proven":
        met = count == saved.dimension == saved.upper_bound
        sound &= _line(lines, f"their number is the dimension {saved.dimension} and the upper bound", met)
    return sound


def _recheck_algebra(saved: Saved, lines: list[str]) -> bool:
    """Every commutator that is stated, and that those left out vanish; solvable, nilpotent and semisimple."""
    if saved.algebra is None:
        return True
    stated = _stated_constants(saved)
    try:
        own = LieAlgebra.from_generators(saved.generators)
    except Unsupported:  # dependent, or not closed
        return _line(lines, "commutators", False)
    found = {(i, j, k): c for i, j, row in own.commutators for k, c in row.items()}
    pairs = [(found.get(key, S.Zero), stated.get(key, S.Zero)) for key in {*found, *stated}]
    field = jet_field(saved.system, [c for pair in pairs for c in pair])
    sound = _line(lines, "commutators", all((field(a) - field(b)).is_zero for a, b in pairs))
    for name in ("solvable", "nilpotent", "semisimple"):
        told = saved.algebra.get(name)
        if told is not None:
            sound &= _line(lines, f"{'' if told else 'not '}{name}", getattr(own, f"is_{name}") is bool(told))
    return sound


def _stated_constants(saved: Saved) -> dict[tuple[int, int, int], Expr]:
    assert saved.algebra is not None
    try:
        rows = [(int(i), int(j), dict(row)) for i, j, row in saved.algebra["commutators"]]
        return {(i, j, int(k)): read_in_system(c, saved.system) for i, j, row in rows for k, c in row.items()}
    except LiesymError:
        raise
    except (KeyError, TypeError, ValueError):
        raise DataError('the algebra is malformed: commutators must be a list such as [[0, 1, {"2": "1"}]]') from None


def _recheck_certificate(saved: Saved, lines: list[str]) -> bool:
    claim = "certificate of a proven dimension" if saved.completeness == "proven" else "count behind the dimension"
    if saved.certificate is None or saved.certificate.bound is None:
        claimed = saved.completeness == "proven" or saved.dimension is not None or saved.upper_bound is not None
        return not claimed or _line(lines, claim, False)
    if saved.dimension not in (None, saved.certificate.bound):
        return _line(lines, claim, False)
    try:
        again = saved.certificate.bound == saved.upper_bound and recheck(saved.certificate, saved.system)
    except (TypeError, ValueError, LookupError) as error:  # numbers that no count could have been made with
        raise DataError(f"the certificate is malformed: {error}") from None
    return _line(lines, f"certificate of the upper bound {saved.upper_bound}", again)
