"""The name of a Lie algebra over the reals: direct sums and semidirect products of named parts."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache

from sympy import Expr, sstr
from sympy.polys.matrices import DomainMatrix
from sympy.polys.polyerrors import CoercionFailed

from liesym.algebra import linear, small, structure, tables
from liesym.algebra.action import Vector, combine
from liesym.algebra.chevalley import special_linear_basis
from liesym.algebra.core import Identification, StructureConstants, ad, bracket_span, pay
from liesym.algebra.forms import shows, standard_form
from liesym.algebra.motions import galilean_motions, linear_motions
from liesym.algebra.rational import Back, rationalized
from liesym.algebra.signs import Signs, Undecided, possible
from liesym.algebra.simple import cartan_rank, complex_type, simple_names
from liesym.algebra.sums import centroid, summands
from liesym.base.budget import UNLIMITED, Budget
from liesym.base.doors import door
from liesym.errors import TooLarge, Unsupported

MOST_CASES = 8
MOST_WORK = 1e10
"""Digits of constants that may be multiplied in naming one algebra, as `work` counts them."""


@door("the naming of an algebra")
def named(algebra: StructureConstants, budget: Budget) -> Identification:
    """What `identify` finds; open where it was too much work.

    Raises:
        TimeIsUp: the seconds are over.
    """
    try:
        return identify(algebra, budget)
    except TooLarge:
        return Identification(None, open=True)
    except (CoercionFailed, TypeError):  # elements of different fields of SymPy's polynomials
        return Identification(None)


@lru_cache(maxsize=256)
def usual_name(algebra: StructureConstants) -> Identification:
    """What is found by the usual counted work; it is the same on every machine, so that it can be kept."""
    return named(algebra, UNLIMITED.step(MOST_WORK))


@lru_cache(maxsize=256)
def simple_name(algebra: StructureConstants) -> str | None:
    """The usual name of a simple algebra with rational constants, found without its basis; None for all others."""
    if algebra.modulus or not algebra.domain.is_QQ or algebra.dimension <= 4 or not structure.is_semisimple(algebra):
        return None
    try:
        pay(algebra, UNLIMITED.step(MOST_WORK))
        names = simple_names(algebra, Signs({})) if len(summands(algebra)) == 1 else []
    except (Undecided, Unsupported, TooLarge, CoercionFailed, TypeError):
        return None
    return names[0][0] if len(names) == 1 else None


def identify(algebra: StructureConstants, budget: Budget) -> Identification:
    """Name, aliases, parameters and standard basis; see `LieAlgebra.identification`.

    Raises:
        OutOfBudget: the seconds or the counted work are over.
    """
    if algebra.modulus:
        return _modular(algebra)
    if (plain := rationalized(algebra)) is not None:
        found = identify(plain[0], budget)
        if found.name is not None and not any(str(root) in found.name for root, _ in plain[1]):
            return _put_back(found, plain[1])
    cases: list[tuple[dict[Expr, int], Identification]] = []
    open_cases: list[dict[Expr, int]] = [{}]
    while open_cases and len(cases) + len(open_cases) <= MOST_CASES:
        assumed = open_cases.pop()
        if not possible(assumed):
            continue
        try:
            found = _identify(algebra, Signs(dict(assumed)), budget)
            # of several cases the bases are not returned
            cases.append((assumed, found if assumed else _checked(algebra, found, budget)))
        except Undecided as question:
            open_cases += [{**assumed, question.factor: -1}, {**assumed, question.factor: 1}]
        except Unsupported:
            return Identification(None)
    if open_cases:
        return Identification(None)
    if len({i.name for _, i in cases}) == 1:
        return cases[0][1] if len(cases) == 1 else Identification(cases[0][1].name, cases[0][1].aliases)
    named = [f"{i.name} if {_conditions(assumed)}" for assumed, i in cases]
    return Identification("; ".join(named))


def _put_back(found: Identification, back: Back) -> Identification:
    """The same name; in the basis the parameters that replaced roots are those roots again."""
    if found.basis is None:
        return found
    rows = []
    for row in found.basis:
        for root, value in back:
            row = tuple(c.subs(root, value) for c in row)
        rows.append(row)
    return replace(found, basis=tuple(rows))


def _conditions(assumed: dict[Expr, int]) -> str:
    return " and ".join(f"{sstr(f)} {'>' if s > 0 else '<'} 0" for f, s in assumed.items())


def _identify(algebra: StructureConstants, signs: Signs, budget: Budget) -> Identification:
    pay(algebra, budget)
    if algebra.dimension == 0:
        return Identification("0", basis=())
    if algebra.dimension <= 4:
        return _small(algebra, signs)
    parts = summands(algebra)
    if len(parts) > 1:
        return _direct_sum(algebra, parts, signs, budget)
    pay(algebra, budget)
    if structure.is_semisimple(algebra):
        names = simple_names(algebra, signs)
        if len(names) == 1:
            return Identification(names[0][0], names[0][1:], basis=_simple_basis(algebra, names[0][0], budget))
        return _joined([Identification(n[0], n[1:]) for n in names])
    if structure.is_nilpotent(algebra):
        return _nilpotent(algebra)
    return _semidirect(algebra, signs, budget)


def _small(algebra: StructureConstants, signs: Signs) -> Identification:
    found = small.classify(algebra, signs)
    values = ",".join(sstr(v).replace(" ", "") for _, v in found.parameters)
    head, plus, center = found.family.partition("+")
    table_name = head + (f"^({values})" if values else "") + plus + center
    aliases = tables.OTHER.get(found.family, ())
    usual = tables.USUAL.get(found.family)
    if usual is None and head in tables.USUAL:
        usual = tables.USUAL[head] + plus + center
    if usual is None:
        return Identification(table_name, aliases, found.parameters, found.rows)
    return Identification(usual, (table_name, *aliases), found.parameters, found.rows)


def _simple_basis(algebra: StructureConstants, name: str, budget: Budget) -> tuple[Vector, ...] | None:
    """The matrix units of sl(n,R); other simple algebras are named only."""
    match = re.fullmatch(r"sl\((\d+),R\)", name)
    return special_linear_basis(algebra, int(match.group(1)), budget) if match else None


def _checked(algebra: StructureConstants, found: Identification, budget: Budget) -> Identification:
    """A basis is kept only if it shows the constants of the standard form of the name."""
    pay(algebra, budget)
    form = None if found.basis is None or found.name is None else standard_form(found.name)
    if form is None or found.basis is None or shows(algebra, found.basis, form):
        return found
    return replace(found, basis=None)


# -- direct sums -----------------------------------------------------------------------------------


def _direct_sum(algebra: StructureConstants, parts: Sequence[DomainMatrix], signs: Signs, budget: Budget) -> Identification:
    found = []
    for rows in parts:
        inner = _identify(structure.restricted(algebra, rows), signs, budget)
        basis = None
        if inner.basis is not None:
            given = [tuple(rows.domain.to_sympy(e) for e in row) for row in rows.to_list()]
            basis = tuple(combine(*zip(line, given, strict=True)) for line in inner.basis)
        found.append(Identification(inner.name, inner.aliases, inner.parameters, basis))
    return _joined(found)


def _rank_of_name(part: Identification) -> tuple:
    name = part.name or "~"
    kind = 2 if name == "A1" else 1 if name.startswith(("A", "heisenberg", "e(1,1)", "e(2)")) else 0
    return kind, name


PAIRS = {
    ("so(3)", "so(3)"): ("so(4)",),
    ("sl(2,R)", "sl(2,R)"): ("so(2,2)",),
    ("so(3)", "sl(2,R)"): ("so*(4)",),
}


def _joined(parts: Sequence[Identification]) -> Identification:
    """ "sl(2,R)+so(3)", "so(3)+A2", "2A2", "gl(3,R)"; simple parts first, the centre last."""
    if any(p.name is None for p in parts):
        return Identification(None)
    ordered = sorted(parts, key=_rank_of_name)
    names = [p.name or "" for p in ordered]
    plain = "+".join(_counted(names))
    aliases = PAIRS.get(tuple(sorted(names, key=lambda n: n != "so(3)")), ())  # type: ignore[arg-type]
    rows: list[Vector] | None = []
    for part in ordered:
        rows = None if rows is None or part.basis is None else [*rows, *part.basis]
    basis = None if rows is None else tuple(rows)
    parameters = tuple(p for part in ordered for p in part.parameters)
    if len(names) == 2 and names[1] == "A1" and names[0].startswith("sl(") and names[0].endswith(",R)"):
        return Identification("g" + names[0][1:], (plain,), parameters, basis)
    return Identification(plain, aliases, parameters, basis)


def _counted(names: Sequence[str]) -> list[str]:
    """Equal names of the tables are counted (2A1, 3A2), others repeated."""
    result: list[str] = []
    for name in dict.fromkeys(names):
        times = list(names).count(name)
        if name in ("A1", "A2") and times > 1:
            result.append(f"{times}{name}")
        else:
            result += [name] * times
    return result


# -- one summand of dimension above 4 -----------------------------------------------------------------


def _nilpotent(algebra: StructureConstants) -> Identification:
    """heisenberg(n): [p_i, q_i] = z, rows (z, p_1, q_1, …); other nilpotent algebras have no name here."""
    z = structure.center(algebra)
    if z.shape[0] != 1 or structure.derived(algebra).shape[0] != 1:
        return Identification(None)
    domain = algebra.domain
    line = z.to_list()[0]
    place = next(i for i, e in enumerate(line) if e)
    left = linear.complement(z).to_list()
    rows = [line]
    while left:
        p = left.pop(0)
        values = [_image(algebra, p, q)[place] / line[place] for q in left]
        index = next(i for i, v in enumerate(values) if v)
        q = [e / values[index] for e in left.pop(index)]
        rows += [p, q]
        left = [_orthogonal(algebra, v, p, q, place, line[place]) for v in left]
    half = (algebra.dimension - 1) // 2
    basis = tuple(tuple(domain.to_sympy(e) for e in row) for row in rows)
    return Identification(f"heisenberg({half})", basis=basis)


def _image(algebra: StructureConstants, u: Sequence, v: Sequence) -> list:
    row = linear.matrix([v], algebra.dimension, algebra.domain)
    return (row * ad(algebra, u).transpose()).to_list()[0]


def _orthogonal(algebra: StructureConstants, v: Sequence, p: Sequence, q: Sequence, place: int, unit) -> list:
    """v minus its symplectic projection on <p, q>."""
    along_q = _image(algebra, p, v)[place] / unit
    along_p = _image(algebra, v, q)[place] / unit
    return [a - along_p * b - along_q * c for a, b, c in zip(v, p, q, strict=True)]


def _semidirect(algebra: StructureConstants, signs: Signs, budget: Budget) -> Identification:
    """H⋉N with N the nilradical and H = S + abelian, where such a complement H is found."""
    nil = structure.nilradical(algebra)
    pay(algebra, budget)
    levi = structure.levi(algebra)
    flat = _abelian_complement(algebra, levi, nil)
    if flat is None:
        return Identification(None)
    inner = structure.restricted(algebra, nil)
    pay(algebra, budget)
    if levi.shape[0] and inner.is_abelian:
        special = linear_motions(algebra, levi, flat, nil, signs)
    else:
        special = galilean_motions(algebra, levi, flat, nil, signs)
        special = special if special is not None and _checked(algebra, special, budget).basis is not None else None
    if special is not None:
        return special
    acting = _identify(structure.restricted(algebra, linear.join(levi, flat)), signs, budget)
    moved = _identify(inner, signs, budget)
    if acting.name is None or moved.name is None:
        return Identification(None)
    left, right = (f"({n})" if "+" in n or "⋉" in n else n for n in (acting.name, moved.name))
    return Identification(f"{left}⋉{right}")


def _abelian_complement(algebra: StructureConstants, levi: DomainMatrix, nil: DomainMatrix) -> DomainMatrix | None:
    """An abelian subalgebra of the radical that commutes with the Levi part and complements the nilradical.

    If there is one, a Cartan subalgebra of the centralizer of the Levi part in the radical holds one; it is
    taken as the Fitting null component of a generic element.
    """
    r = structure.radical(algebra)
    if r.shape[0] == nil.shape[0]:
        return linear.zero_space(algebra.dimension, algebra.domain)
    commuting = linear.meet(r, structure.centralizer(algebra, levi)) if levi.shape[0] else r
    generic = [
        sum((e * (7 * i + 3) for i, e in enumerate(column)), start=algebra.domain.zero)
        for column in zip(*commuting.to_list(), strict=True)
    ]
    cartan = linear.meet(commuting, linear.fitting_null(ad(algebra, generic)))
    outer = linear.complement(linear.meet(cartan, nil), cartan)
    if outer.shape[0] != r.shape[0] - nil.shape[0]:
        return None
    closed = bracket_span(algebra, outer, outer).shape[0] == 0
    return outer if closed else None


def _modular(algebra: StructureConstants) -> Identification:
    """Modulo a prime only the complex type of a simple algebra can be told."""
    if not structure.is_semisimple(algebra) or len(centroid(algebra)) > 1:
        return Identification(None)
    try:
        letter, rank = complex_type(algebra, algebra.dimension, cartan_rank(algebra))
    except Unsupported:
        return Identification(None)
    return Identification(f"a real form of {letter}{rank}")
