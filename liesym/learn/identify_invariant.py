"""What a learned invariant is: a sparse exact expression with the same level sets, verified on the equations.

A network H that is constant along trajectories is an invariant only up to a function of it, so values say little and the
directions of gradients everything: I is a function of H_1 … H_m exactly if ∇I lies in the span of the ∇H_j. For a library
of terms θ_k the combinations I = Σ c_k θ_k with that property are the null vectors of

    A c = λ B c,    A = Σ_s w_s J_s P_s J_sᵀ,    B = Σ_s w_s J_s J_sᵀ,

J_s the gradients of the terms at the state s, P_s the projection away from the learned gradients there, λ the mean of
sin² of the angle between ∇I and their span. Terms are taken away one by one where λ grows least; on what is left the
engine determines the coefficients for which D_t I = 0 exactly, and these must fit the network as well.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import combinations_with_replacement
from typing import Any

import numpy as np
from sympy import Expr, I, Mul, Pow, Rational, S, Symbol, log

from liesym.base.budget import Budget
from liesym.coefficients.lattice import NeedsRefinement
from liesym.conservation.rates import logarithms
from liesym.conservation.spans import coefficient_functions, conserved_combinations, independent_span
from liesym.determine.on_solutions import OnSolutions, jet_field
from liesym.determine.verify import total_rate
from liesym.errors import DataError, OutOfBudget
from liesym.lowering.lower import lower
from liesym.model.system import ODESystem
from liesym.residuals import phase_state

MOST_SAMPLES = 2000
MOST_TERMS = 60
LARGEST_DENOMINATOR = 12
Floats = np.ndarray


@dataclass(frozen=True, slots=True)
class IdentifiedInvariant:
    """An exact expression for what was learned.

    Arguments:
        expression: in the states of the system.
        verified: whether D_t of it is 0 on solutions, decided exactly.
        remainder: D_t of it on solutions; 0 if verified.
        misfit: mean of sin² of the angle between its gradient and the span of the learned ones, from 0 to 1.
        fitted: the terms with the coefficients that fit the network best, the largest 1.
    """

    expression: Expr
    verified: bool
    remainder: Expr
    misfit: float
    fitted: tuple[tuple[Expr, float], ...]


@dataclass(frozen=True, slots=True)
class Identification:
    """What was found for a learned function.

    Arguments:
        found: verified invariants, functionally independent on the samples, the simplest first; m at most.
        alternatives: further verified invariants that fit too. There are more than m then, which cannot all be functions of
            m components: the samples do not tell them apart, for example because the gradients of energy and momentum are
            nearly parallel on nearly circular orbits.
        unverified: expressions that fit the network but are not conserved by the system: it has learned something else.
        wanted: m, the number of components of the network.
        best_misfit: of any combination of all terms.
        terms: the library.
    """

    found: tuple[IdentifiedInvariant, ...]
    alternatives: tuple[IdentifiedInvariant, ...]
    unverified: tuple[IdentifiedInvariant, ...]
    wanted: int
    best_misfit: float
    terms: tuple[Expr, ...]

    @property
    def identified(self) -> bool:
        """True if every component of the network is accounted for, in one way only."""
        return len(self.found) == self.wanted and not self.alternatives

    @property
    def reason(self) -> str:
        """Why something is missing; empty if nothing is."""
        if self.identified:
            return ""
        if self.alternatives:
            shown = ", ".join(str(i.expression) for i in (*self.found, *self.alternatives))
            return (
                f"more invariants fit than the {self.wanted} that there can be: {shown}; the samples do not tell them apart"
            )
        head = f"{len(self.found)} of {self.wanted} invariants identified: "
        if self.unverified:
            shown = ", ".join(str(u.expression) for u in self.unverified)
            return head + f"the network follows {shown}, which the system does not conserve"
        return (
            head
            + f"no combination of the {len(self.terms)} terms fits (best misfit {self.best_misfit:.2g}) and is conserved"
        )


def identify_invariants(
    system: ODESystem,
    states: Floats,
    gradients: Floats,
    *,
    terms: Sequence[Expr] | None = None,
    degree: int = 2,
    parameters: Mapping[str, float] | None = None,
    largest_misfit: float = 0.05,
    budget: float = 20.0,
) -> Identification:
    """Exact expressions with the level sets of a learned invariant.

    Arguments:
        system: the equations, known or assumed.
        states: samples, shape (…, n), in the order of `liesym.residuals.phase_state`.
        gradients: of the learned invariants by the states, shape (…, m, n).
        terms: the library; by default monomials of the states and functions that the equations hold.
        degree: of the monomials.
        parameters: values of the system's parameters, where it has them.
        largest_misfit: what `misfit` may be at most. A random function of n states gives about 1 - m/n.
        budget: seconds.

    Returns:
        An `Identification`; nothing is in `found` that was not verified by exact substitution.

    Raises:
        DataError: shapes that do not go together, fewer samples than terms.
        Unsupported: a term with a function that the engine has no rule for.
    """
    limit = Budget.seconds(budget)
    symbols = phase_state(system)
    x, g = _samples(states, gradients, len(symbols))
    library = tuple(terms) if terms is not None else library_of(system, degree)
    values = {p.name: p.value for p in system.parameters if p.value is not None} | dict(parameters or {})
    pencil = _pencil(library, symbols, x, g, values)
    search = _Search(system, pencil, values, largest_misfit, limit)
    search.run()
    wanted = g.shape[-2]
    kept = sorted(sorted(range(len(search.found)), key=lambda k: search.found[k].misfit)[:wanted])
    return Identification(
        found=tuple(search.found[k] for k in kept),
        alternatives=tuple(one for k, one in enumerate(search.found) if k not in kept),
        unverified=tuple(search.unverified),
        wanted=wanted,
        best_misfit=float(pencil.lowest(range(len(pencil.terms)))[0]),
        terms=pencil.terms,
    )


def library_of(system: ODESystem, degree: int = 2) -> tuple[Expr, ...]:
    """Monomials of the states up to the degree, and functions that occur in the equations: their kernels, denominators
    and potentials, for first-order equations logarithms of what stays positive.
    """
    states = phase_state(system)
    found: list[Expr] = [
        Mul(*chosen) for k in range(1, degree + 1) for chosen in combinations_with_replacement(states, k)
    ]  # fmt: skip
    on = OnSolutions(system, jet_field(system))
    away = () if system.is_first_order else tuple(system.jet_coordinates)
    others = [*coefficient_functions(on, away), *(logarithms(on) if system.is_first_order else [])]
    shown = [on.field.to_expr(e) for e in independent_span(others, on.field) if not e.is_constant]
    for expression in shown:
        real = not expression.has(system.independent, I) and not any(p.is_number for p in expression.atoms(Pow))
        if real and not expression.is_polynomial(*states):
            found.append(expression)
    return tuple(found[:MOST_TERMS])


def _samples(states: Floats, gradients: Floats, n: int) -> tuple[Floats, Floats]:
    """Finite samples (S, n) and (S, m, n), at most `MOST_SAMPLES` of them, evenly chosen."""
    states, gradients = np.asarray(states, np.float64), np.asarray(gradients, np.float64)
    if states.shape[-1:] != (n,) or gradients.ndim != states.ndim + 1 or gradients.shape[:-2] != states.shape[:-1]:
        raise DataError(
            f"states of shape {states.shape} and gradients of shape {gradients.shape}; expected (…, {n}) and (…, m, {n})"
        )
    x, g = states.reshape(-1, n), gradients.reshape(-1, *gradients.shape[-2:])
    good = np.isfinite(x).all(1) & np.isfinite(g).all((1, 2)) & ((g**2).sum((1, 2)) > 0)
    chosen = np.flatnonzero(good)
    if len(chosen) > MOST_SAMPLES:
        chosen = chosen[np.linspace(0, len(chosen) - 1, MOST_SAMPLES).astype(int)]
    return x[chosen], g[chosen]


@dataclass(frozen=True, slots=True, eq=False)
class _Pencil:
    """The matrices A and B over terms of unit length, with what is needed to judge one expression."""

    terms: tuple[Expr, ...]
    sizes: Floats
    a: Floats
    b: Floats
    slopes: Floats
    weights: Floats

    def lowest(self, support: Sequence[int] | range) -> tuple[float, Floats]:
        """(λ, c) of the best combination of the terms on the support, c for terms of unit length."""
        from scipy.linalg import eigh

        place = np.ix_(list(support), list(support))
        b = self.b[place]
        ridge = 1e-9 * np.eye(len(b))
        value, vector = eigh(self.a[place] + ridge, b + ridge, subset_by_index=[0, 0])
        return float(value[0]), vector[:, 0]

    def misfit(self, support: Sequence[int], coefficients: Floats) -> float:
        """λ of one combination."""
        place, c = np.ix_(list(support), list(support)), coefficients
        return float(c @ self.a[place] @ c / (c @ self.b[place] @ c))


def _pencil(library: Sequence[Expr], symbols: Sequence[Symbol], x: Floats, g: Floats, values: Mapping[str, Any]) -> _Pencil:
    """A and B from the samples; all gradients are by the states in units of their size."""
    slopes, kept = _slopes(library, symbols, x, values)
    if len(x) < 2 * max(len(kept), 1) or not kept:
        raise DataError(f"{len(x)} usable samples for {len(kept)} terms; take at least twice as many samples as terms")
    scale = np.sqrt((x**2).mean(0)) + 1e-300
    slopes, g = slopes * scale, g * scale
    sizes = np.sqrt((slopes**2).sum(2).mean(0))
    slopes = slopes / sizes[:, None]
    weights = 1.0 / (slopes**2).sum(2).mean(1)
    weighted = np.sqrt(np.einsum("s,skn->k", weights, slopes**2) / len(x))
    slopes, sizes = slopes / weighted[:, None], sizes * weighted
    _, singular, right = np.linalg.svd(g / np.linalg.norm(g, axis=2, keepdims=True).clip(1e-300), full_matrices=False)
    span = right * (singular > 1e-3)[..., None]
    away = slopes - np.einsum("skm,smn->skn", np.einsum("skn,smn->skm", slopes, span), span)
    a, b = (np.einsum("s,skn,sln->kl", weights, one, slopes) / len(x) for one in (away, slopes))
    return _Pencil(tuple(library[k] for k in kept), sizes, (a + a.T) / 2, b, slopes, weights)


def _slopes(
    library: Sequence[Expr], symbols: Sequence[Symbol], x: Floats, values: Mapping[str, Any]
) -> tuple[Floats, list[int]]:
    """Gradients (S, K, n) of the terms that have finite ones at all samples and are not constant, and their places."""
    names = sorted({s for term in library for s in term.free_symbols} - set(symbols), key=str)
    missing = [s.name for s in names if s.name not in values]
    if missing:
        raise DataError(f"no value for {', '.join(missing)}; give parameters={{name: number}}")
    flat: list[Any] = [term.diff(s) for term in library for s in symbols]
    with np.errstate(all="ignore"):
        found = lower(flat, tuple(symbols), backend="numpy", parameters=tuple(names))(0.0, x, dict(values))
    slopes = np.asarray(found, np.float64).reshape(len(x), len(library), len(symbols))
    kept = [k for k in range(len(library)) if np.isfinite(slopes[:, k]).all() and (slopes[:, k] != 0).any()]
    return slopes[:, kept], kept


class _Search:
    """Sparse combinations one after the other, each checked by the engine."""

    def __init__(
        self, system: ODESystem, pencil: _Pencil, values: Mapping[str, Any], largest: float, budget: Budget
    ) -> None:
        self.system, self.pencil, self.values = system, pencil, values
        self.largest, self.budget = largest, budget
        self.candidates: dict[Expr, tuple[tuple[int, ...], Floats]] = {}
        self.found: list[IdentifiedInvariant] = []
        self.unverified: list[IdentifiedInvariant] = []
        self.gradients: list[Floats] = []

    def run(self) -> None:
        """Look among all terms, then without each of the terms of what was found."""
        waiting: list[frozenset[int]] = [frozenset()]
        seen: set[frozenset[int]] = set()
        while waiting and not self.budget.over:
            without = waiting.pop(0)
            if without in seen or len(without) > 3:
                continue
            seen.add(without)
            support = self.look(without)
            waiting += [without | {k} for k in support]
        self.select()

    def select(self) -> None:
        """The simplest candidates that are independent of those before."""
        for expression, (support, c) in sorted(self.candidates.items(), key=lambda item: simplicity(item[0])):
            if self.is_new(support, c):
                misfit = self.pencil.misfit(support, c)
                self.found.append(IdentifiedInvariant(expression, True, S.Zero, misfit, self.fitted(support)))

    def look(self, without: frozenset[int]) -> tuple[int, ...]:
        """Find one combination without some terms; returns its terms, none if nothing was found."""
        path = list(self.path(without))
        for support, value in path:
            if value > self.largest or self.budget.over:
                continue
            exact = self.exact(support)
            if exact is not None:
                return exact
        fitting = [(support, value) for support, value in path if value <= self.largest]
        if fitting and not self.candidates and not self.unverified:
            self.report(fitting[0][0])
        return ()

    def path(self, without: frozenset[int]) -> Iterator[tuple[tuple[int, ...], float]]:
        """Supports from one term on, each the one before and the term that was taken away last."""
        support = [k for k in range(len(self.pencil.terms)) if k not in without]
        steps: list[tuple[tuple[int, ...], float]] = []
        while support:
            value, _ = self.pencil.lowest(support)
            steps.append((tuple(support), value))
            rest = [[k for k in support if k != out] for out in support] if len(support) > 1 else []
            if not rest or value > self.largest:
                break
            support = min(rest, key=lambda chosen: self.pencil.lowest(chosen)[0])
        yield from reversed(steps)

    def exact(self, support: tuple[int, ...]) -> tuple[int, ...] | None:
        """Keep the integrals among exact combinations of the terms that fit the network; the terms of the first."""
        chosen = [self.pencil.terms[k] for k in support]
        first = None
        for expression, coefficients in exact_combinations(self.system, chosen, self.values, self.budget):
            places = [i for i, value in enumerate(coefficients) if value != 0]
            used = tuple(support[i] for i in places)
            c = coefficients[places] * self.pencil.sizes[list(used)]
            if self.pencil.misfit(used, c) <= self.largest:
                first = first or used
                self.candidates[expression] = used, c
        return first

    def is_new(self, support: Sequence[int], c: Floats) -> bool:
        """Whether the gradient is independent of those found before, at most of the samples; notes it if so."""
        gradient = np.einsum("skn,k->sn", self.pencil.slopes[:, list(support)], c)
        rows = np.stack([*self.gradients, gradient / np.linalg.norm(gradient, axis=1, keepdims=True).clip(1e-300)], 1)
        if rows.shape[1] > rows.shape[2]:
            return False
        new = float((np.linalg.svd(rows, compute_uv=False)[:, -1] > 1e-6).mean()) > 0.5
        if new:
            self.gradients.append(rows[:, -1])
        return new

    def fitted(self, support: Sequence[int]) -> tuple[tuple[Expr, float], ...]:
        """The coefficients on the support that fit the network best, the largest made 1."""
        c = self.pencil.lowest(support)[1] / self.pencil.sizes[list(support)]
        c = c / c[np.abs(c).argmax()]
        return tuple((self.pencil.terms[k], float(v)) for k, v in zip(support, c, strict=True))

    def report(self, support: tuple[int, ...]) -> None:
        """Note the sparse fit that the system does not conserve, its coefficients made rational."""
        fitted = self.fitted(support)
        expression = sum((rational(v) * term for term, v in fitted), start=S.Zero)
        left = total_rate(expression, self.system)
        self.unverified.append(IdentifiedInvariant(expression, left == 0, left, self.pencil.lowest(support)[0], fitted))


def simplicity(expression: Expr) -> tuple[bool, int, int, str]:
    """Short sums of short terms first, logarithms last."""
    return expression.has(log), len(expression.as_ordered_terms()), int(expression.count_ops()), str(expression)


def rational(value: float) -> Rational:
    """The nearest fraction with a small denominator."""
    near = Fraction(value).limit_denominator(LARGEST_DENOMINATOR)
    return Rational(near.numerator, near.denominator)


def exact_combinations(
    system: ODESystem, terms: Sequence[Expr], values: Mapping[str, Any], budget: Budget
) -> list[tuple[Expr, Floats]]:
    """A basis of the constant combinations of the terms with D_t = 0 on solutions, the first coefficient 1, and their
    coefficients as numbers at the given values of parameters; each is checked once more by substitution.
    """
    field = jet_field(system, terms)
    try:
        vectors = conserved_combinations(OnSolutions(system, field), [field(term) for term in terms], budget)
    except (OutOfBudget, NeedsRefinement):
        return []
    found = []
    for vector in vectors:
        first = vector[min(vector)]
        exact = {k: field.to_expr(c / first) for k, c in sorted(vector.items())}
        expression = sum((c * terms[k] for k, c in exact.items()), start=S.Zero)
        numbers = np.zeros(len(terms))
        for k, c in exact.items():
            numbers[k] = float(c.subs({s: values[s.name] for s in c.free_symbols}))
        if total_rate(expression, system) == 0:
            found.append((expression, numbers))
    return found
