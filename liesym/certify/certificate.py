"""The certificate of a dimension: made, stored, and made again."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass

from sympy import Symbol

from liesym.certify.closure import NeedsDegree, NotClosed, connect
from liesym.certify.conditions import NoPoint, Sampler
from liesym.certify.evaluate import RootField
from liesym.certify.flatness import parallel_sections
from liesym.certify.kernels import Tower
from liesym.certify.residues import BITS, has_roots
from liesym.certify.structure import StructureModPrime, structure_constants
from liesym.certify.tower import build_tower
from liesym.errors import OutOfBudget, Unsupported
from liesym.system import ODESystem

HIGHEST_DEGREE = 20
"""Series are never expanded further than this."""
LOWEST_PRIME = 2**28
DRAWS = 4
"""Two draws have to agree; so many are made at most."""
Watch = Callable[[], None]


@dataclass(frozen=True, slots=True)
class Certificate:
    """An upper bound for the dimension, with what is needed to count again.

    Arguments:
        bound: no algebra of symmetries is larger; None if no count closed.
        exact: True if the counts also prove that the dimension is `bound` (at a generic point).
        jet_degree: d, the degree of the jets that determine a symmetry.
        truncation: N, the highest order of derivatives that entered.
        degree: of the series that the conditions were expanded to.
        primes, seeds: one for each draw that was used.
        points: residues of the variables and parameters at the expansion points, one tuple for each draw.
        counts: (d, N, r) for each count of the first draw.
        structure: structure constants modulo the first prime, if asked for.
        statement: the claim, or why there is none.
        seconds: time taken.
    """

    bound: int | None
    exact: bool
    jet_degree: int
    truncation: int
    degree: int
    primes: tuple[int, ...]
    seeds: tuple[int, ...]
    points: tuple[tuple[tuple[str, int], ...], ...]
    counts: tuple[tuple[int, int, int], ...]
    structure: StructureModPrime | None
    statement: str
    seconds: float = 0.0

    @property
    def structure_constants(self) -> tuple[tuple[tuple[int, ...], ...], ...] | None:
        """c[i][j][k] with [X_i, X_j] = Σ_k c X_k modulo the first prime."""
        return None if self.structure is None else self.structure.table

    def to_dict(self) -> dict[str, object]:
        """Plain data for JSON."""
        return asdict(self)

    @staticmethod
    def from_dict(record: Mapping[str, object]) -> Certificate:
        """From `to_dict`; lists are read back as tuples."""
        data = {k: _frozen(v) for k, v in record.items()}
        structure = record.get("structure")
        if isinstance(structure, Mapping):
            data["structure"] = StructureModPrime(**{k: _frozen(v) for k, v in structure.items()})  # type: ignore[arg-type]
        return Certificate(**data)  # type: ignore[arg-type]


@dataclass(frozen=True, slots=True)
class _Count:
    """One draw: counts r_0, r_1, … and whether the last is the dimension."""

    prime: int
    seed: int
    point: tuple[tuple[str, int], ...]
    jet_degree: int
    degree: int
    counts: tuple[int, ...]
    stable: bool
    structure: StructureModPrime | None

    @property
    def triples(self) -> tuple[tuple[int, int, int], ...]:
        return tuple((self.jet_degree, self.jet_degree + 1 + g, r) for g, r in enumerate(self.counts))


def certify(
    system: ODESystem,
    *,
    budget: float = 30.0,
    seed: int = 0,
    structure: bool = True,
    progress: Callable[[str], None] | None = None,
) -> Certificate:
    """An upper bound for the dimension of the point symmetry algebra, exact where the counts close.

    Arguments:
        system: with equations of order at least 2; a first-order equation in it makes a bound unlikely, and
            a first-order system has none.
        budget: seconds.
        seed: of the random draws.
        structure: also compute structure constants modulo the first prime.
        progress: called with one line for each draw.

    Returns:
        Certificate: with bound None and the reason in `statement` where there is none.
    """
    start = time.monotonic()
    if system.is_first_order:
        return _none("no bound: a first-order system has infinitely many symmetries", start)
    found: list[_Count] = []
    reason = ""
    try:
        tower = build_tower(system)
        watch = _watch(start + budget)
        for draw in range(DRAWS):
            if progress is not None:
                progress(f"count modulo a prime, draw {draw + 1}")
            known = found[0].degree if found else None
            found.append(_count(tower, None, seed + draw, known, structure and not found, watch, found))
            agreeing = [c for c in found if c.stable and c.counts == found[-1].counts]
            if found[-1].stable and len(agreeing) == 2:
                return _conclude(agreeing, start)
        reason = "the draws disagree, some of them were unlucky; use another seed"
    except (OutOfBudget, Unsupported) as stop:
        reason = str(stop)
    except NoPoint:
        reason = "no regular point was found modulo the primes that were tried"
    except NotClosed as stop:
        reason = f"derivatives of order {stop} are still free, the algebra may be infinite"
    return _incomplete(found, reason, start)


def _watch(deadline: float) -> Watch:
    def watch() -> None:
        if time.monotonic() > deadline:
            raise OutOfBudget("the time for the count ran out")

    return watch


def _count(
    tower: Tower,
    prime: int | None,
    seed: int,
    degree: int | None,
    structure: bool,
    watch: Watch,
    partial: list[_Count] | None = None,
) -> _Count:
    """One draw; the series are lengthened until the counts are stable, unless their degree is given with
    the prime.
    """
    field = RootField.draw(seed, tower) if prime is None else RootField.of(prime, tower)
    sampler = Sampler(tower, field, seed)
    system = tower.system
    chosen = sampler.independent()
    series = degree or {2: 7, 3: 5}.get(len(system.variables), 4)
    highest = system.order + (4 if system.is_finite_type else 1)
    while True:
        try:
            connection = connect(sampler, chosen, series, highest, watch)
            sections = parallel_sections(connection, seed, watch)
            constants = None
            if structure and sections.stable:
                constants = structure_constants(connection, sections.basis)
            count = _Count(
                field.prime,
                seed,
                sampler.point,
                connection.jet_degree,
                series,
                sections.counts,
                sections.stable,
                constants,
            )
            if count.stable or prime is not None:
                return count
            if partial is not None:
                partial[:] = [*(c for c in partial if c.stable), count]
        except NeedsDegree:
            if prime is not None:
                raise
        if series >= HIGHEST_DEGREE:
            raise OutOfBudget(f"the counts are not stable at series of degree {series}")
        series += 2


def _conclude(agreeing: Sequence[_Count], start: float) -> Certificate:
    first = agreeing[0]
    d, n, r = first.triples[-1]
    primes = tuple(c.prime for c in agreeing)
    chain = f"r({d},{n})" if r == 0 else f"r({d},{n - 1}) = r({d + 1},{n - 1}) = r({d},{n})"
    statement = (
        f"The dimension is {r}: {chain} = {r} modulo {' and '.join(map(str, primes))}, at random points. "
        "A draw misleads with a chance of about D/p, D the degree of the minors that must not vanish "
        "(below 10^5), so both do with less than 10^-8."
    )
    return _certificate(agreeing, True, r, statement, start)


def _incomplete(found: Sequence[_Count], reason: str, start: float) -> Certificate:
    """What is known when no two draws agree: the best bound, or none."""
    if not found:
        return _none(f"no bound: {reason}", start)
    best = min(found, key=lambda c: c.counts[-1])
    d, n, r = best.triples[-1]
    statement = (
        f"The dimension is at most {r}, from r({d},{n}) modulo {best.prime} at a random point; "
        f"not confirmed by a second draw: {reason}."
    )
    return _certificate([best], False, r, statement, start)


def _certificate(
    draws: Sequence[_Count], exact: bool, bound: int, statement: str, start: float
) -> Certificate:
    first = draws[0]
    d, n, _ = first.triples[-1]
    return Certificate(
        bound=bound,
        exact=exact,
        jet_degree=d,
        truncation=n,
        degree=first.degree,
        primes=tuple(c.prime for c in draws),
        seeds=tuple(c.seed for c in draws),
        points=tuple(c.point for c in draws),
        counts=first.triples,
        structure=first.structure,
        statement=statement,
        seconds=time.monotonic() - start,
    )


def _none(reason: str, start: float) -> Certificate:
    return Certificate(None, False, 0, 0, 0, (), (), (), (), None, reason, time.monotonic() - start)


def recheck(
    certificate: Certificate | Mapping[str, object], system: ODESystem, *, budget: float = 60.0
) -> bool:
    """Count again from the stored primes, seeds and degree.

    Arguments:
        certificate: the record or its `to_dict`.
        system: that it is about.
        budget: seconds.

    Returns:
        True if the points, every stored count, the structure constants and the claim come out again.

    Raises:
        OutOfBudget: there was not enough time.
    """
    if isinstance(certificate, Mapping):
        certificate = Certificate.from_dict(certificate)
    tower = build_tower(system)
    if not _is_plausible(certificate, tower):
        return False
    watch = _watch(time.monotonic() + budget)
    draws = zip(certificate.primes, certificate.seeds, certificate.points, strict=True)
    for place, (prime, seed, point) in enumerate(draws):
        wanted = certificate.structure if place == 0 else None
        try:
            count = _count(tower, prime, seed, certificate.degree, wanted is not None, watch)
        except (NeedsDegree, NotClosed, NoPoint):
            return False
        if count.triples != certificate.counts or count.point != point or count.structure != wanted:
            return False
        if certificate.exact and not count.stable:
            return False
    return True


def _is_plausible(c: Certificate, tower: Tower) -> bool:
    """The claim follows from the numbers that are stored, whether or not these are right."""
    draws = len(c.primes)
    if c.bound is None or not c.counts or not draws or not draws == len(c.seeds) == len(c.points):
        return False
    if c.exact and len(set(c.primes)) < 2:
        return False
    return (
        (c.jet_degree, c.truncation, c.bound) == c.counts[-1]
        and 1 <= c.degree <= HIGHEST_DEGREE
        and all(_is_usable(p, tower) for p in c.primes)
    )


def _is_usable(prime: int, tower: Tower) -> bool:
    """A prime of the size that the claim speaks of, with the roots that the system needs."""
    return (
        isinstance(prime, int)
        and LOWEST_PRIME < prime < 2**BITS
        and has_roots(prime, unity=tower.unity, roots=tower.root_order, integers=tower.rooted_integers)
    )


def bound_at_parameters(
    system: ODESystem, values: Mapping[Symbol, object], *, budget: float = 20.0, seed: int = 0
) -> Certificate:
    """The same count with some parameters replaced by values or by expressions in the others.

    Arguments:
        values: parameter -> rational number or expression, for example a special case of a classification.

    Raises:
        Unsupported: a key is not a parameter of the system.
    """
    return certify(system.subs(values), budget=budget, seed=seed, structure=False)


def _frozen(value: object) -> object:
    if isinstance(value, Sequence) and not isinstance(value, str):
        return tuple(_frozen(v) for v in value)
    return value
