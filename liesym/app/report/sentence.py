"""What was found in a few sentences, before any table: how many symmetries, of which kinds, what is conserved."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from sympy import Expr

from liesym.app.report.algebra import AlgebraFacts
from liesym.conservation.kinds import integral_kind
from liesym.symmetries.results import Completeness, Result


def sentences(result: Result, integrals: Sequence[Expr] | None, algebra: AlgebraFacts | None) -> Iterator[str]:
    """The summary, a sentence each.

    Arguments:
        result: of `find_symmetries`.
        integrals: first integrals, None if they were not looked for.
        algebra: what was found out about the Lie algebra.
    """
    first = result.sentence
    yield f"{first[0].upper()}{first[1:]}."
    if integrals:
        yield f"Conserved: {_conserved(integrals, result)}."
    if algebra is not None and algebra.dimension > 1:
        yield f"Algebra: {algebra.name or algebra.description or 'not named'}."
    if not result.generators and not result.families:
        yield from _nothing(result, integrals)


def _conserved(integrals: Sequence[Expr], result: Result) -> str:
    """The kinds of the integrals; those of no known kind are counted."""
    kinds = [integral_kind(i, result.system) for i in integrals]
    known = list(dict.fromkeys(k for k in kinds if k is not None))
    named = [k if (n := kinds.count(k)) == 1 else f"{n} {_plural(k)}" for k in known]
    rest = kinds.count(None)
    if not named:
        return f"{rest} first integral{'' if rest == 1 else 's'}"
    return ", ".join([*named, *([f"{rest} more"] if rest else [])])


def _plural(kind: str) -> str:
    """components of the Runge-Lenz vector, angular momenta, balances."""
    head, *tail = kind.split(" of ", 1)
    plural = {"angular momentum": "angular momenta", "momentum": "momenta", "energy": "energies"}.get(head, f"{head}s")
    return " of ".join([plural, *tail])


def _nothing(result: Result, integrals: Sequence[Expr] | None) -> Iterator[str]:
    """What it means that no symmetry was found, and what to try."""
    if result.completeness is Completeness.PROVEN:
        yield "That is proven: no point symmetry exists for these equations with general parameters."
        tries = ["special values of the parameters (--classify)", "symmetries that move parameters too (--moving all)"]
        tries = tries if result.system.parameters else []
    elif result.completeness is Completeness.WITHIN_ANSATZ:
        yield "There is none of the stated form; others may exist."
        tries = ["a wider --ansatz", "no --ansatz at all"]
    else:
        yield "That is not proven: the search ended before it could tell."
        tries = ["more time (--budget)", "a form to look for, such as --ansatz 'polynomial: 2'"]
    if not integrals:
        tries.append("liesym solve or reduce, which use other methods too")
    if tries:
        yield f"To try: {'; '.join(tries)}."
