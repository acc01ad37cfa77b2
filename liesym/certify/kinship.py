"""Relations between kernels, found from values at random points modulo a prime.

Σ e_k log f_k is constant exactly if Σ e_k ∇f_k / f_k = 0, and Σ q_k w_k = 0 is linear already: both are
linear systems over the samples. Residues of the solution are read as fractions of small height. Signs of i
and of square roots of integers are drawn anew for each sample, so that x and sqrt(2) x do not look
dependent over Q.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from sympy import Expr, I, Integer, Mul, Pow, Rational, Symbol

from liesym.certify.evaluate import Evaluation, RootField, scatter, symbols_of
from liesym.certify.kernels import Tower
from liesym.certify.residues import Residues, inverse, row_reduce, small_fraction

Combination = list[tuple[Symbol, Any]]
"""(symbol, rational number) pairs."""

ENOUGH = 24
MOST_SAMPLES = 2**17


class Unsettled(Exception):
    """Values at random points do not decide whether a relation holds."""


class Kinship:
    """Decides whether a new base or exponent depends on the ones that a tower already has."""

    def __init__(self, tower: Tower, seed: int) -> None:
        self.tower, self.seed = tower, seed

    # -- when factorization and monomials decide ---------------------------------------------------

    def _is_plain(self, e: Expr) -> bool:
        """No root and no i: symbols of e are algebraically independent."""
        return not e.has(I) and not any(not isinstance(q.exp, Integer) for q in e.atoms(Pow))

    def _is_monomial(self, w: Expr) -> bool:
        """A product of whole powers of symbols, up to one factor i."""
        factors = [f for f in Mul.make_args(w) if f is not I]
        return all(
            isinstance(f, Symbol | Integer)
            or (isinstance(f, Pow) and isinstance(f.base, Symbol) and f.exp.is_Integer)
            for f in factors
        )

    # -- relations -------------------------------------------------------------------------------

    def additive(
        self, w: Expr, exps: Mapping[Expr, Symbol], logs: Mapping[Symbol, Symbol]
    ) -> tuple[Combination, Combination] | None:
        """w = Σ q_j w_j + Σ r_k log f_k as ([(E_j, q_j)], [(base k, r_k)]), or None if w is independent."""
        if self._is_monomial(w) and all(self._is_monomial(v) for v in exps):
            return None
        known = [*exps, *logs.values()]
        owners = [*exps.values(), *logs]

        def rows(at: Evaluation, e: Expr) -> Residues:
            return np.broadcast_to(at(e).constant, (at.ring.samples,))[None, :]

        found = self._solve(w, known, rows, gradients=False)
        if found is None:
            return None
        pairs = [(s, q) for s, q in zip(owners, found[0], strict=True) if q != 0]
        return [p for p in pairs if p[0] not in logs], [p for p in pairs if p[0] in logs]

    def multiplicative(
        self, f: Expr, bases: Mapping[Expr, Symbol]
    ) -> tuple[Combination, list[tuple[Any, Any]] | None] | None:
        """f = c Π f_k^(q_k) as ([(base k, q_k)], [(c_i, r_i)]) with c = Π c_i^(r_i), None for the latter if
        c is unknown.

        None if f is independent of the bases.
        """
        if self._is_plain(f) and all(self._is_plain(b) for b in bases):
            return None
        known = [b for b in bases if not isinstance(b, Integer)]

        def rows(at: Evaluation, e: Expr) -> Residues:
            jet, p = at(e), at.ring.prime
            at.ring.mark(jet.constant == 0)
            over = inverse(jet.constant, p)
            zero = np.zeros((1, 1), dtype=np.int64)
            slopes = [
                jet.partials.get(i, zero)[0] * over % p for i in range(len(symbols_of(self.tower.system)))
            ]
            return np.vstack([np.broadcast_to(s, (at.ring.samples,)) for s in slopes])

        found = self._solve(f, known, rows, gradients=True)
        if found is None:
            return None
        powers, at, alive = found
        pairs = [(bases[b], q) for b, q in zip(known, powers, strict=True) if q != 0]
        if any(q.q != 1 for _, q in pairs):
            return pairs, None
        return pairs, self._content(
            f, [(b, int(q)) for b, q in zip(known, powers, strict=True) if q != 0], at, alive
        )

    def _solve(
        self, new: Expr, known: list[Expr], rows, gradients: bool
    ) -> tuple[list[Any], Evaluation, Residues] | None:
        at, alive = self._samples([*known, new], rows, len(known) + ENOUGH, gradients)
        columns = [rows(at, e)[:, alive].ravel() for e in (*known, new)]
        reduced, pivots = row_reduce(np.array(columns, dtype=np.int64).T, at.ring.prime)
        if len(known) in pivots:
            return None
        if len(pivots) < len(known):
            raise self._undecided(new, known)
        powers = []
        for residue in reduced[:, len(known)]:
            fraction = small_fraction(int(residue), at.ring.prime)
            if fraction is None:
                raise self._undecided(new, known)
            powers.append(Rational(*fraction))
        return powers, at, alive

    def _undecided(self, new: Expr, known: list[Expr]) -> Unsettled:
        names = ", ".join(str(self.tower.readable(e)) for e in known)
        return Unsettled(f"whether {self.tower.readable(new)} depends on {names} over the rationals")

    def _samples(
        self, expressions: list[Expr], rows, wanted: int, gradients: bool
    ) -> tuple[Evaluation, Residues]:
        """An evaluation with enough samples at which all roots exist, and their positions."""
        samples = 4 * wanted
        while samples <= MOST_SAMPLES:
            tower = self.tower
            field = RootField.draw(self.seed + 91, tower)
            at = scatter(tower, field, self.seed + 17, samples, gradients=gradients, conjugate=True)
            for e in expressions:
                rows(at, e)
            alive = np.flatnonzero(~at.ring.invalid)
            if len(alive) >= wanted:
                return at, alive[:wanted]
            samples *= 4
        raise Unsettled(
            f"the relations of {self.tower.readable(expressions[-1])}: no points with all roots were found"
        )

    def _content(
        self, f: Expr, powers: list[tuple[Expr, int]], at: Evaluation, alive: Residues
    ) -> list[tuple[Any, Any]] | None:
        """The constant f / Π f_k^(e_k) as a root of a rational number."""
        quotient = at(Mul(f, *(b**-e for b, e in powers))).constant
        constants = np.broadcast_to(quotient, (at.ring.samples,))[alive]
        for degree in (1, 2, 4, 8):
            powered = [pow(int(c), degree, at.ring.prime) for c in constants]
            fraction = small_fraction(powered[0], at.ring.prime) if len(set(powered)) == 1 else None
            if fraction is not None:
                return [(Rational(*fraction), Rational(1, degree))]
        return None

    # -- squares in disguise -----------------------------------------------------------------------

    def check_squares(self) -> None:
        """No radicand may be a square times earlier radicands: then the sign of its root would not be free.

        Distinct irreducible polynomials over Q never are, so this samples only where roots or i occur inside.

        Raises:
            Unsettled: a radicand takes only square values (or none) where the other roots exist.
        """
        rooted = [s for s in self.tower.denominators if self.tower.kernels[s].arguments[0] != -1]
        if all(self._is_plain(self.tower.kernels[s].arguments[0]) for s in rooted):
            return
        at, _ = self._samples(list(rooted), lambda at, e: at(e), ENOUGH, False)
        field = at.field
        wide = scatter(
            self.tower, field, self.seed + 18, 4 * at.ring.samples, gradients=False, conjugate=False
        )
        for symbol in self.tower.kernels:
            if symbol in self.tower.denominators:
                wide(symbol)
        squares = [s for s, constant in wide.characters.items() if constant and not self._is_number(s)]
        if squares:
            f = self.tower.kernels[squares[0]].arguments[0]
            raise Unsettled(f"the root of {self.tower.readable(f)}, which is a square in disguise")

    def _is_number(self, symbol: Symbol) -> bool:
        return not self.tower.kernels[symbol].arguments[0].free_symbols
