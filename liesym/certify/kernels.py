"""The elements of a tower of kernels, and the tower itself."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

from sympy import Function, Integer, S, Symbol, exp, log

from liesym.certify.named import Term
from liesym.system import ODESystem


@dataclass(frozen=True, slots=True)
class Kernel:
    """One element of the tower.

    Arguments:
        symbol: how it occurs in later expressions.
        kind: exp, base, log, rate, function.
        label: names the function, so that equal functions of equal values get equal draws.
        arguments: exp: (w,); base and log: (f,); rate: (rate, u) for dK = rate du; function: its arguments.
        index: function: how often it is differentiated with respect to each argument.
    """

    symbol: Symbol
    kind: str
    arguments: tuple[Term, ...]
    label: str = ""
    index: tuple[int, ...] = ()

    @property
    def written(self) -> Term:
        """The kernel as a function of its arguments, for messages."""
        if self.kind == "base":
            return self.arguments[0]
        if self.kind in ("exp", "log"):
            return (exp if self.kind == "exp" else log)(self.arguments[0])
        return Function(self.label.lstrip("?"))(*self.arguments)  # type: ignore[return-value]


@dataclass
class Tower:
    """The right sides of a system over kernels.

    Arguments:
        kernels: symbol -> kernel, inner ones first.
        rhs: rhs[i][k] is x_i^(n_i + k) on solutions, up to the highest order of the system; rational
            expressions in variables, jet coordinates, parameters and (fractional powers of) kernels.
        denominators: symbol of a base -> lcm of the orders of its roots.
        exponents: lcm of the orders of the roots of exponential kernels.
    """

    system: ODESystem
    kernels: dict[Symbol, Kernel] = field(default_factory=dict)
    rhs: tuple[tuple[Term, ...], ...] = ()
    denominators: dict[Symbol, int] = field(default_factory=dict)
    exponents: int = 1

    @property
    def unity(self) -> int:
        """The order of the roots of unity that occur."""
        return 2 * math.lcm(
            *(d for s, d in self.denominators.items() if self.kernels[s].arguments == (S.NegativeOne,))
        )

    @property
    def root_order(self) -> int:
        """A common multiple of the orders of all roots."""
        return math.lcm(self.exponents, *self.denominators.values())

    @property
    def rooted_integers(self) -> tuple[int, ...]:
        """Primes of which roots are taken that need not exist modulo a prime."""
        found = ((self.kernels[s].arguments[0], d) for s, d in self.denominators.items())
        return tuple(
            int(f) for f, d in found if isinstance(f, Integer) and f > 1 and math.gcd(d, self.unity) > 1
        )

    def readable(self, e: Term) -> Term:
        """The expression with kernels written out, for messages."""
        for symbol, kernel in reversed(self.kernels.items()):
            if e.has(symbol):
                e = e.xreplace({symbol: kernel.written})
        return e
