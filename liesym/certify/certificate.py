"""An upper bound for the dimension of the symmetry algebra that shares nothing with the search for generators.

The infinitesimals are expanded as power series about a random point over a prime field, with random residues for the
parameters and for the values of transcendental functions, algebraic relations kept. r(d, N) is the dimension of the
projection, on Taylor coefficients of degree at most d, of the solutions truncated at degree N. Truncation and reduction can
only enlarge it. If k is the order of the determining system, d ≥ k - 1 and r(d, N) = r(d+1, N) = r(d, N+1) = r, then the
system closes to a linear connection on d-jets (first equality) whose compatibility conditions are void (second equality),
and a flat connection of rank r has r parallel sections: the dimension at a generic point is r, up to the chance of an
unlucky draw, which two draws modulo two primes make smaller than 10^-12 for systems of the size met here.

That the equations expanded are those of the ODE system is checked apart from splitting: at random points the split
equations must span what samples of the unsplit invariance conditions span. That no relation between the functions of the
system was broken by the random residues is checked with numbers: see `liesym.certify.confirm`.
Sources: Reid 1991; Reid, Lisle, Boulton and Wittkopf 1992; Seiler 2010, section 7.4.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass

from flint import fmpz
from sympy import Symbol

from liesym.base.budget import UNLIMITED, Budget, now
from liesym.certify.confirm import needs_values, objection
from liesym.certify.expansion import Expansion, NoPoint, expansion_of, prime_for
from liesym.certify.splitting import splitting_is_confirmed
from liesym.certify.structure import StructureModPrime, structure_modulo
from liesym.determine.forms import Determining
from liesym.determine.invariance import determine
from liesym.errors import OutOfBudget, TooLarge, Unsupported
from liesym.model.system import ODESystem

HIGHEST_DEGREE = 14
WITH_VALUES = ", and the functions keep these counts with their values at real points"


@dataclass(frozen=True, slots=True)
class Certificate:
    """An upper bound for the dimension, with what is needed to count again.

    Arguments:
        bound: no algebra of symmetries is larger; None if no count closed.
        exact: True if the counts also prove that the dimension is `bound` (at a generic point).
        jet_degree: d, the degree of the jets that were counted.
        truncation: N.
        primes, seeds: one for each draw.
        counts: (d, N, r) for each count that was used, of the first draw.
        structure: structure constants modulo the first prime, if asked for.
        statement: the claim, or why there is none, in one sentence.
        seconds: time taken.
    """

    bound: int | None
    exact: bool
    jet_degree: int
    truncation: int
    primes: tuple[int, ...]
    seeds: tuple[int, ...]
    counts: tuple[tuple[int, int, int], ...]
    structure: StructureModPrime | None
    statement: str
    seconds: float = 0.0

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


def certify(
    system: ODESystem,
    *,
    budget: float = 30.0,
    seed: int = 0,
    structure: bool = True,
) -> Certificate:
    """An upper bound for the dimension of the point symmetry algebra, exact where the counts close.

    Arguments:
        system: every equation of order at least 2; otherwise there is no finite bound to find.
        budget: seconds.
        seed: of the random draws.
        structure: also compute structure constants modulo the first prime.

    Returns:
        Certificate: with bound None and the reason in `statement` where time or size ran out.
    """
    return certified(system, Budget.seconds(budget), seed=seed, structure=structure)[0]


def certified(
    system: ODESystem, budget: Budget, *, seed: int = 0, structure: bool = True
) -> tuple[Certificate, OutOfBudget | None]:
    """The certificate, and what the budget ran out in if it did."""
    start = now()
    if not system.is_finite_type:
        return _none("the system has an equation of order 1: its symmetry algebra may be infinite", start), None
    try:
        return _certify(system, start, budget, seed, structure), None
    except OutOfBudget as stop:
        return _none(f"no bound: {stop.note}", start), stop if stop.ends else None
    except Unsupported as stop:
        return _none(f"no bound: {stop}", start), None
    except NoPoint:
        return _none("no bound: no regular point was found modulo the primes that were tried", start), None


def _certify(system: ODESystem, start: float, budget: Budget, seed: int, structure: bool) -> Certificate:
    determining = determine(system, budget=budget)
    seeds = (seed, seed + 1)
    primes = tuple(prime_for(determining.field, s + 17) for s in seeds)
    if not splitting_is_confirmed(determining, primes[0], seed, budget=budget):
        return _none("no bound: samples of the invariance condition contradict the split determining system", start)
    order = max((sum(i) for form in determining.equations for _, i in form), default=1)
    found, shorter, first = _close(determining, order, primes[0], seeds[0], budget)
    again, _, _ = _close(determining, order, primes[1], seeds[1], budget)
    d, n, r = found[-1]
    if again[-1][2] != r:
        return _none("no bound: two draws disagree, one of them was unlucky; use another seed", start)
    with_values = needs_values(determining)
    against = objection(system, determining, (shorter, first), d, budget) if with_values else ""
    if against:
        return _none(f"no bound: {against}", start)
    constants = structure_modulo(first, d) if structure else None
    statement = (
        f"The dimension is {r}: r({d},{n - 1}) = r({d + 1},{n - 1}) = r({d},{n}) = {r} modulo the primes "
        f"{primes[0]} and {primes[1]}, at random points{WITH_VALUES if with_values else ''}."
    )
    return Certificate(r, True, d, n, primes, seeds, tuple(found), constants, statement, now() - start)


def _close(
    determining: Determining, order: int, prime: int, seed: int, budget: Budget
) -> tuple[list[tuple[int, int, int]], Expansion, Expansion]:
    """Raise the truncation until the flatness rule holds; the three counts that prove it and the last two expansions."""
    previous: Expansion | None = None
    for degree in range(order + 1, HIGHEST_DEGREE + 1):
        current = expansion_of(determining, degree, prime, seed, budget=budget)
        if previous is not None:
            for d in range(order - 1, previous.degree):
                r = previous.counts[d]
                if r == previous.counts[d + 1] == current.counts[d]:
                    n = previous.degree
                    return [(d, n, r), (d + 1, n, r), (d, n + 1, r)], previous, current
        previous = current
    raise TooLarge(f"expansion to degree {HIGHEST_DEGREE}")


def recheck(certificate: Certificate | Mapping[str, object], system: ODESystem) -> bool:
    """Count again from the stored seeds, primes and degrees; True if every stored count comes out."""
    if isinstance(certificate, Mapping):
        certificate = Certificate.from_dict(certificate)
    large = [p for p in set(certificate.primes) if p > 2**28 and fmpz(p).is_prime()]
    if certificate.bound is None or len(large) < 2:
        return False  # no claim, or fewer draws modulo large primes than the claim speaks of
    determining = determine(system)
    order = max((sum(i) for form in determining.equations for _, i in form), default=1)
    counts = {(d, n): r for d, n, r in certificate.counts}
    d, n = certificate.jet_degree, certificate.truncation
    wanted = [(d, n - 1), (d + 1, n - 1), (d, n)]
    if d < order - 1 or any(counts.get(key) != certificate.bound for key in wanted):
        return False
    again: list[tuple[Expansion, Expansion]] = []
    for prime, seed in zip(certificate.primes, certificate.seeds, strict=True):
        if not splitting_is_confirmed(determining, prime, seed):
            return False
        pair = expansion_of(determining, n - 1, prime, seed), expansion_of(determining, n, prime, seed)
        if any(e.counts[k] != r for (k, m), r in counts.items() for e in pair if e.degree == m):
            return False
        again.append(pair)
    return not needs_values(determining) or not objection(system, determining, again[0], d, UNLIMITED)


def bound_at_parameters(
    system: ODESystem, values: Mapping[Symbol, object], *, budget: float = 20.0, seed: int = 0
) -> Certificate:
    """The same count with some parameters replaced by values or by expressions in the others."""
    return certify(system.subs(values), budget=budget, seed=seed, structure=False)


def _none(reason: str, start: float) -> Certificate:
    return Certificate(None, False, 0, 0, (), (), (), None, reason, now() - start)


def _frozen(value: object) -> object:
    if isinstance(value, Sequence) and not isinstance(value, str):
        return tuple(_frozen(v) for v in value)
    return value
