"""Values of expressions over a tower of kernels, as truncated power series modulo a prime."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from sympy import Add, Expr, I, Integer, Mul, Pow, Rational, Symbol

from liesym.certify.kernels import Kernel, Tower
from liesym.certify.laws import constant_orders, derivatives, number_of
from liesym.certify.residues import Residues, cofactor_for, draw, draw_prime, power, primitive_root_of_unity
from liesym.certify.truncated import Jet, Ring
from liesym.errors import Unsupported
from liesym.system import ODESystem


@dataclass(frozen=True, slots=True)
class RootField:
    """A prime with what is needed to take roots.

    Arguments:
        order: h, the order of the subgroup H in which roots are unique; p - 1 = cofactor * h.
        zeta: a primitive root of unity of order `unity`.
    """

    prime: int
    unity: int
    cofactor: int
    order: int
    zeta: int

    @staticmethod
    def draw(seed: int, tower: Tower) -> RootField:
        """A prime for the roots of a tower."""
        prime = draw_prime(seed, unity=tower.unity, roots=tower.root_order, integers=tower.rooted_integers)
        return RootField.of(prime, tower)

    @staticmethod
    def of(prime: int, tower: Tower) -> RootField:
        """The record for a prime that has these roots."""
        w = cofactor_for(tower.unity, tower.rooted_integers)
        zeta = primitive_root_of_unity(prime, tower.unity)
        return RootField(prime, tower.unity, w, (prime - 1) // w, zeta)

    def exponent(self, ratio: Any) -> int:
        """n with x^n = x^ratio for x in H; for every x if the root is unique in the whole field."""
        group = self.order if math.gcd(int(ratio.q), self.cofactor) > 1 else self.prime - 1
        return int(ratio.p) * pow(int(ratio.q), -1, group) % group

    def holds_root_of(self, q: int) -> bool:
        """True if the square root of the prime q is a sum of the roots of unity."""
        if q == 2:
            return self.unity % 8 == 0
        return self.unity % q == 0 and (q % 4 == 1 or self.unity % 4 == 0)

    def needs_subgroup(self, denominator: int) -> bool:
        """True if such roots exist uniquely only in H."""
        return math.gcd(denominator, self.cofactor) > 1


class Evaluation:
    """Evaluates expressions over a tower, with values of kernels drawn once and for all.

    Arguments:
        tower: kernels by symbol.
        field: the prime.
        ring: the series.
        coordinates: Jet of each variable, jet coordinate and parameter.
        sheet: number of the point; an array, one for each sample, if every sample is a point of its own.
        names: numbers of the samples, where `sheet` is one point.
        conjugate: draw the signs of i and of roots of integers anew for each sample.
    """

    def __init__(
        self,
        tower: Tower,
        field: RootField,
        ring: Ring,
        coordinates: Mapping[Symbol, Jet],
        seed: int,
        sheet: int | Residues,
        *,
        names: Residues | None = None,
        conjugate: bool = False,
    ) -> None:
        self.tower, self.field, self.ring, self.seed, self.sheet = tower, field, ring, seed, sheet
        self.names, self.conjugate = names, conjugate
        self._memo: dict[Any, Jet] = {**coordinates}
        self._places = {s: i for i, s in enumerate(tower.kernels)}
        self.characters: dict[Symbol, bool] = {}

    def __call__(self, e: Expr) -> Jet:
        found = self._memo.get(e)
        if found is None:
            found = self._memo[e] = self._evaluate(e)
        return found

    def _evaluate(self, e: Expr) -> Jet:
        ring = self.ring
        if isinstance(e, Rational):
            return ring.number(int(e.p) * pow(int(e.q), -1, ring.prime))
        if e is I:
            return self._unity(Rational(1, 2))
        if isinstance(e, Add):
            total = self(e.args[0])
            for a in e.args[1:]:
                total = ring.add(total, self(a))
            return total
        if isinstance(e, Mul):
            return self._product(e)
        if isinstance(e, Pow):
            return self._power(e)
        if isinstance(e, Symbol) and e in self._places:
            return self._kernel(e)
        raise Unsupported(f"the certificate has no value for {e}")

    def _product(self, e: Mul) -> Jet:
        """Cheap factors first: numbers and what lives on one axis only."""
        factors = sorted((self(a) for a in e.args), key=lambda f: (f.value.size, len(f.partials)))
        total = factors[0]
        for f in factors[1:]:
            total = self.ring.multiply(total, f)
        return total

    def _power(self, e: Pow) -> Jet:
        base: Any = e.base
        exponent = e.exp
        if isinstance(exponent, Integer):
            return self.ring.whole_power(self(base), int(exponent))
        if not isinstance(exponent, Rational) or base not in self._places:
            raise Unsupported(f"the certificate has no value for {e}")
        kernel = self.tower.kernels[base]
        if kernel.arguments == (Integer(-1),):
            return self._unity(exponent)
        ring, inner = self.ring, self(base)
        start = power(inner.constant, self.field.exponent(exponent), ring.prime)
        start = self._conjugated(start, kernel, exponent)
        value = ring.power(inner.value, start, (int(exponent.p), int(exponent.q)))
        if not inner.partials:
            return Jet(value, {})
        ratio = int(exponent.p) * pow(int(exponent.q), -1, ring.prime) % ring.prime
        below = start * ring.inverse_constant(inner) % ring.prime
        rate = ring.power(inner.value, below, (int(exponent.p - exponent.q), int(exponent.q)))
        return ring.chain(value, rate * ratio % ring.prime, inner)

    # -- roots -----------------------------------------------------------------------------------

    def _unity(self, ratio: Any) -> Jet:
        """(-1)^ratio, a primitive root of unity; its conjugates for the samples if they are asked for."""
        p, unity = self.ring.prime, self.field.unity
        exponent = int(ratio.p) * (unity // 2) // int(ratio.q)
        roots = np.array([pow(self.field.zeta, exponent, p)], dtype=np.int64)
        if self.conjugate:
            units = [u for u in range(1, unity, 2) if math.gcd(u, unity) == 1]
            chosen = draw(p, self.seed, 5, self.sheet) % len(units)
            roots = np.array([pow(self.field.zeta, exponent * u, p) for u in units], dtype=np.int64)[chosen]
        return Jet(np.atleast_1d(roots)[None, :], {})

    def _conjugated(self, start: Residues, kernel: Kernel, exponent: Any) -> Residues:
        """The root of an integer with the sign that fits the roots of unity, or a free one."""
        f, p = kernel.arguments[0], self.ring.prime
        if not isinstance(f, Integer) or exponent.q % 2:
            return start
        denominator, fixed = self.tower.denominators.get(kernel.symbol, 1), self.field.holds_root_of(int(f))
        if fixed and denominator % 4 != 2:
            raise Unsupported(
                f"roots of {f} of order {denominator} beside roots of unity of order {self.field.unity}"
            )
        if fixed:
            root = power(np.array([int(f)], dtype=np.int64), self.field.exponent(Rational(1, 2)), p)
            return np.where(self._quadratic_root(int(f)) == root, start, p - start)
        if not self.conjugate or denominator % 4 != 2:
            return start
        signs = 1 - 2 * (draw(p, self.seed, 6, int(f), self.sheet) % 2)
        return start * signs % p

    def _quadratic_root(self, q: int) -> Residues:
        """sqrt(q) as a sum of roots of unity (Gauss), for a prime q."""
        p = self.ring.prime
        if q == 2:
            return (self._unity(Rational(1, 4)).constant + self._unity(Rational(-1, 4)).constant) % p
        total = np.zeros(1, dtype=np.int64)
        for a in range(1, q):
            total = (
                total + (1 if pow(a, (q - 1) // 2, q) == 1 else -1) * self._unity(Rational(2 * a, q)).constant
            )
        return total % p if q % 4 == 1 else -total % p * self._unity(Rational(1, 2)).constant % p

    def _base(self, symbol: Symbol, f: Expr) -> Jet:
        """The value of a base; samples without the roots that are taken of it are marked."""
        ring, value = self.ring, self(f)
        ring.mark(value.constant == 0)
        if self.field.needs_subgroup(self.tower.denominators.get(symbol, 1)) and f != -1:
            outside = power(value.constant, self.field.order, ring.prime) != 1
            alive = ~ring.invalid
            symbols = np.broadcast_to(power(value.constant, (ring.prime - 1) // 2, ring.prime), alive.shape)[
                alive
            ]
            self.characters[symbol] = len(symbols) >= 24 and len(np.unique(symbols)) == 1
            ring.mark(outside)
        return value

    # -- kernels ---------------------------------------------------------------------------------

    def _kernel(self, symbol: Symbol) -> Jet:
        kernel = self.tower.kernels[symbol]
        ring = self.ring
        if kernel.kind == "base":
            return self._base(symbol, kernel.arguments[0])
        if kernel.kind == "function":
            return self._function(kernel)
        inner = self(kernel.arguments[-1])
        if kernel.kind == "exp":
            start = power(self._fresh(self._places[symbol], inner), self.field.cofactor, ring.prime)
            value = ring.exp(inner.value, start)
            return ring.chain(value, value, inner)
        if kernel.kind == "log":
            rate = ring.reciprocal(Jet(inner.value, {})).value
            start = self._fresh(self._places[symbol], inner)
        else:
            rate = self(kernel.arguments[0]).value
            start = draw(ring.prime, self.seed, number_of(kernel.label), inner.constant)
        return ring.chain(ring.integral(rate, inner.value, np.atleast_1d(start)), rate, inner)

    def _fresh(self, place: int, like: Jet) -> Residues:
        """A random value: one for the point, or one for each sample where the argument varies with the
        sample.
        """
        p = self.ring.prime
        if self.names is not None and like.value.shape[1] > 1:
            return draw(p, self.seed, 1000 + place, self.sheet, self.names)
        return np.atleast_1d(draw(p, self.seed, 1000 + place, self.sheet))

    def _function(self, kernel: Kernel) -> Jet:
        arguments = [self(a) for a in kernel.arguments]
        last = len(arguments) - 1
        if constant_orders(kernel.label) and any(len(a.value) > 1 or a.partials for a in arguments[:last]):
            raise Unsupported(f"the certificate needs a constant order in {kernel.label}")
        values = tuple(a.constant for a in arguments)
        ring = self.ring
        moving = [i for i, a in enumerate(arguments) if len(a.value) > 1]

        def table(index: tuple[int, ...], argument: int) -> list[Residues]:
            return derivatives(
                kernel.label, ring.prime, self.seed, values, index, ring.table.degree, argument
            )

        value = self._compose(table, kernel.index, moving, arguments)
        partials: dict[int, Residues] = {}
        total = Jet(value, partials)
        for i, a in enumerate(arguments):
            if a.partials:
                raised = tuple(n + (j == i) for j, n in enumerate(kernel.index))
                rate = self._compose(table, raised, moving, arguments)
                total = ring.add(
                    total, Jet(np.zeros((1, 1), dtype=np.int64), ring.chain(value, rate, a).partials)
                )
        return total

    def _compose(
        self,
        table: Callable[[tuple[int, ...], int], list[Residues]],
        index: tuple[int, ...],
        moving: list[int],
        arguments: list[Jet],
    ) -> Residues:
        """Taylor's formula in those arguments that vary with (t, x), one after the other."""
        ring = self.ring
        if not moving:
            return table(index, len(index) - 1)[0][None, :]
        i, rest = moving[0], moving[1:]
        if not rest:
            return ring.compose([d[None, :] for d in table(index, i)], arguments[i].value)
        raised = [tuple(n + k * (j == i) for j, n in enumerate(index)) for k in range(ring.table.degree + 1)]
        return ring.compose([self._compose(table, r, rest, arguments) for r in raised], arguments[i].value)


def scatter(
    tower: Tower, field: RootField, seed: int, samples: int, *, gradients: bool, conjugate: bool
) -> Evaluation:
    """An evaluation at independent random points, as series of degree 0; with gradients in all coordinates
    if asked for.
    """
    ring = Ring(field.prime, 0, 0, samples)
    points = np.arange(1, samples + 1)
    coordinates = {
        s: ring.sampled(draw(field.prime, seed, i, points), i if gradients else None)
        for i, s in enumerate(symbols_of(tower.system))
    }
    return Evaluation(tower, field, ring, coordinates, seed, points, conjugate=conjugate)


def symbols_of(system: ODESystem) -> list[Symbol]:
    """Variables, jet coordinates and parameters in a fixed order."""
    return [*system.variables, *system.jet_coordinates, *system.parameter_symbols]
