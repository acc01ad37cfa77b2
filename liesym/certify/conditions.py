"""The invariance conditions at one point (t, x), sampled over the jet coordinates and never split.

With x_i^(k) = x_i^(n_i) and beyond replaced on solutions,

    η_i^(n_i) - Σ_(j, k < n_j) η_j^(k) ∂F_i/∂x_j^(k) - ξ ∂F_i/∂t = 0,
    η^(k) = D_t^k η - Σ_(l = 1..k) C(k, l) x^(k-l+1) D_t^l ξ,
    D_t^l u = Σ_α (l!/α!) [τ^l] (Δz)^α ∂^α u,   Δz = (τ, Σ_k x_j^(k) τ^k/k!, …).

Each random choice of (x', x'', …) gives one linear equation for the derivatives of (ξ, η) with
coefficients that are power series in (t, x). They hold for every symmetry, so any number of them is sound;
they are complete once a fresh sample adds nothing.
Source: Olver 1993, Theorem 2.36.
"""

from __future__ import annotations

from itertools import product
from math import comb, factorial, prod

import numpy as np

from liesym.certify.evaluate import Evaluation, RootField, scatter
from liesym.certify.kernels import Tower
from liesym.certify.residues import Residues, draw, independent_rows
from liesym.certify.truncated import Ring
from liesym.jets import jet_symbol

Column = tuple[int, tuple[int, ...]]


class NoPoint(Exception):
    """No regular point at which all roots exist was found."""


def columns_up_to(unknowns: int, variables: int, order: int) -> list[Column]:
    """Derivatives ∂^α u_a up to an order, highest first, in a ranking that differentiation respects."""
    indices = [a for a in product(range(order + 1), repeat=variables) if sum(a) <= order]
    return sorted(((a, i) for i in indices for a in range(unknowns)), key=rank, reverse=True)


def rank(column: Column) -> tuple:
    """Order first, then the multi-index, then the unknown."""
    return sum(column[1]), column[1], column[0]


class Sampler:
    """Invariance conditions of one system about one random point modulo one prime."""

    def __init__(self, tower: Tower, field: RootField, seed: int) -> None:
        self.tower, self.field, self.seed = tower, field, seed
        self.system = tower.system
        self.columns = columns_up_to(
            len(self.system.variables), len(self.system.variables), self.system.order
        )
        self.sheet = self._regular_point()

    # -- the point -------------------------------------------------------------------------------

    def _regular_point(self) -> int:
        """The first of many random points at which all right sides are regular and all roots exist."""
        samples = 8
        while samples <= 2**17:
            at = scatter(self.tower, self.field, self.seed, samples, gradients=False, conjugate=False)
            for row in self.tower.rhs:
                for f in row:
                    at(f)
            good = np.flatnonzero(~at.ring.invalid)
            if len(good):
                return int(good[0]) + 1
            samples *= 16
        raise NoPoint

    @property
    def point(self) -> tuple[tuple[str, int], ...]:
        """Residues of the variables and parameters at the point."""
        system = self.system
        start = len(system.variables) + len(system.jet_coordinates)
        places = [*range(len(system.variables)), *range(start, start + len(system.parameters))]
        names = [s.name for s in (*system.variables, *system.parameter_symbols)]
        return tuple((name, self._at(place)) for name, place in zip(names, places, strict=True))

    def _at(self, place: int) -> int:
        return int(draw(self.field.prime, self.seed, place, self.sheet))

    def _evaluation(self, degree: int, samples: Residues) -> Evaluation:
        """Series in (t, x) to this degree, jet coordinates drawn for each sample."""
        system, p = self.system, self.field.prime
        ring = Ring(p, len(system.variables), degree, len(samples))
        coordinates = {}
        for i, v in enumerate(system.variables):
            coordinates[v] = ring.variable(i, self._at(i))
        start = len(system.variables)
        for i, s in enumerate(system.jet_coordinates):
            values = draw(p, self.seed, start + i, self.sheet, samples)
            coordinates[s] = ring.sampled(values, i)
        start += len(system.jet_coordinates)
        for i, s in enumerate(system.parameter_symbols):
            coordinates[s] = ring.number(self._at(start + i))
        return Evaluation(self.tower, self.field, ring, coordinates, self.seed, self.sheet, names=samples)

    # -- the conditions --------------------------------------------------------------------------

    def independent(self) -> list[tuple[int, int]]:
        """(sample, equation) pairs whose conditions are independent at the point and span what all samples
        span.
        """
        columns, m = len(self.columns), len(self.system.unknowns)
        count = columns // m + 3
        while True:
            values, names = self.conditions(0, np.arange(1, count + 1))
            rows = values[0].reshape(len(names) * m, columns)
            chosen = independent_rows(rows, self.field.prime)
            # the last two samples add nothing: rows of a generic sample lie in the span
            if not chosen or chosen[-1] < (len(names) - 2) * m:
                return [(int(names[r // m]), r % m) for r in chosen]
            count *= 2

    def rows(self, chosen: list[tuple[int, int]], degree: int) -> Residues:
        """The chosen conditions as series: (monomials, conditions, columns)."""
        samples = sorted({s for s, _ in chosen})
        values, names = self.conditions(degree, np.array(samples, dtype=np.int64))
        place = {int(s): i for i, s in enumerate(names)}
        return np.stack([values[:, place[s], i] for s, i in chosen], axis=1) if chosen else values[:, :0, 0]

    def conditions(self, degree: int, samples: Residues) -> tuple[Residues, Residues]:
        """All conditions at samples: (monomials, valid samples, equations, columns), and the valid
        samples.
        """
        at = self._evaluation(degree + 1, samples)
        ring, system = at.ring, self.system
        towards = [[at(f) for f in row] for row in self.tower.rhs]
        size = ring.table.below(degree)
        good = np.flatnonzero(~ring.invalid)
        result = np.zeros((size, len(samples), len(system.unknowns), len(self.columns)), dtype=np.int64)
        flow = self._flow(ring, at, [[f.value for f in row] for row in towards])
        for i in range(len(system.unknowns)):
            self._condition(i, ring, towards[i][0], flow, result[:, :, i])
        return result[:, good], samples[good]

    def _flow(self, ring: Ring, at: Evaluation, towards: list[list[Residues]]) -> _Flow:
        curve = []
        for j, x in enumerate(self.system.unknowns):
            n = self.system.orders[j]
            low = [at(jet_symbol(x, k)).value for k in range(1, n)]
            curve.append([np.zeros((1, 1), dtype=np.int64), *low, *towards[j]])
        return _Flow(ring, curve, self.system.order)

    def _condition(self, i: int, ring: Ring, f, flow: _Flow, out: Residues) -> None:
        """Condition i into `out` (monomials, samples, columns)."""
        system, p = self.system, ring.prime
        size = out.shape[0]
        place = {c: k for k, c in enumerate(self.columns)}

        def put(unknown: int, factor: Residues, derivative: int) -> None:
            for alpha, coefficient in flow.total[derivative].items():
                target = out[:, :, place[unknown, alpha]]
                term = ring.mul(factor, coefficient)
                if len(term) == 1:
                    target[0] = (target[0] + term[0]) % p
                else:
                    target[:] = (target + term[:size]) % p

        put(0, -ring.derivative(f.value, 0) % p, 0)
        jets = iter(range(len(system.jet_coordinates)))
        for j, n in enumerate(system.orders):
            slopes = [ring.derivative(f.value, j + 1)] + [
                f.partials.get(d) for d in (next(jets) for _ in range(1, n))
            ]
            factors = [(k, -s % p) for k, s in enumerate(slopes) if s is not None and s.any()]
            if j == i:
                factors.append((n, np.ones((1, 1), dtype=np.int64)))
            for k, factor in factors:
                put(j + 1, factor, k)
                for order in range(1, k + 1):
                    weight = -comb(k, order) * flow.curve[j][k - order + 1] % p
                    put(0, ring.mul(factor, weight), order)


class _Flow:
    """D_t^l as an operator on functions of (t, x): total[l] maps α to the coefficient of ∂^α."""

    def __init__(self, ring: Ring, curve: list[list[Residues]], highest: int) -> None:
        self.curve = curve
        self._ring, self._highest = ring, highest
        variables = len(curve) + 1
        self.total: list[dict[tuple[int, ...], Residues]] = [{} for _ in range(highest + 1)]
        one = {0: np.ones((1, 1), dtype=np.int64)}
        self._extend((0,) * variables, one, 0)

    def _extend(self, alpha: tuple[int, ...], powers: dict[int, Residues], start: int) -> None:
        """Record (Δz)^α and multiply on by each later variable; `powers` maps l to its τ^l coefficient."""
        p = self._ring.prime
        for order, c in powers.items():
            scale = factorial(order) * pow(prod(map(factorial, alpha)), -1, p) % p
            self.total[order][alpha] = c * scale % p
        for i in range(start, len(alpha)):
            following = self._times(powers, i)
            if following:
                self._extend((*alpha[:i], alpha[i] + 1, *alpha[i + 1 :]), following, i)

    def _times(self, powers: dict[int, Residues], i: int) -> dict[int, Residues]:
        if i == 0:
            return {k + 1: c for k, c in powers.items() if k < self._highest}
        p, ring, result = self._ring.prime, self._ring, {}
        for k, c in powers.items():
            for order in range(1, self._highest - k + 1):
                step = ring.mul(c, self.curve[i - 1][order]) * pow(factorial(order), -1, p) % p
                known = result.get(k + order)
                result[k + order] = step if known is None else ring.plus(known, step)
        return result
