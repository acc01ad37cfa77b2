"""Taylor coefficients along a trajectory modulo a prime, with their derivatives by initial states and parameters.

In: right sides and observables of a first-order system. Out: the coefficients of each observable in time, and their
gradients, at a random point of a prime field. Each number is a row (value, gradient), each series a stack of rows; the
coefficients are made one order after the other, for all nodes of the expressions at once (online multiplication).
Values of transcendental functions are random residues that keep exp(2 a) = exp(a)^2, (a b)^n = a^n b^n, log(a b) =
log a + log b and sin^2 + cos^2 = 1; other relations among such values would be broken, so a full rank is a proof for
rational systems and for those whose functions have no further relation. Source: Sedoglavic 2002; Karlsson, Anguelova and
Jirstrand 2012.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from math import gcd, lcm

import numpy as np
from sympy import Add, Basic, Expr, Integer, Mul, Pow, Rational, Symbol, cos, exp, log, prevprime, sin
from sympy.core.function import AppliedUndef

from liesym.base.typed import arguments_of
from liesym.errors import Unsupported
from liesym.text.functions import NAMES

Row = np.ndarray
"""(value, gradient) as residues, shape (1 + number of directions,)."""


class NoPoint(ArithmeticError):
    """The random point is singular: draw another one."""


@dataclass(eq=False)
class Node:
    """One operation: `step(n)` makes its coefficient of order n from those of its arguments."""

    step: Callable[[int], Row]
    series: list[Row] = field(default_factory=list)

    def upto(self, n: int) -> np.ndarray:
        """Coefficients of order 0 to n, shape (n + 1, 1 + directions)."""
        return np.stack(self.series[: n + 1])


class Trajectory:
    """A solution of x' = f(t, x, p) through a random point of a prime field, with its sensitivities.

    Arguments:
        unknowns, rhs: the system.
        directions: the symbols (initial states, parameters) by which derivatives are taken.
        prime: below 2^31, so that products of residues are machine numbers.
        seed: of the point.
        values: residues of some of the symbols, and Taylor coefficients of inputs, instead of random ones.
        starts: initial states that are functions of the symbols, of the other states among them.

    Raises:
        Unsupported: a function that has no rule here, by name.
        NoPoint: a singular point was drawn.
    """

    def __init__(
        self,
        independent: Symbol,
        unknowns: Sequence[Symbol],
        rhs: Sequence[Expr],
        directions: Sequence[Symbol],
        prime: int,
        seed: int,
        *,
        values: Mapping[Basic, Sequence[int]] | None = None,
        starts: Mapping[Symbol, Expr] | None = None,
    ) -> None:
        self.prime, self.width = prime, 1 + len(directions)
        self.values, self.starts = dict(values or {}), dict(starts or {})
        self.source = random.Random(seed)
        self.places = {s: 1 + i for i, s in enumerate(directions)}
        self.independent = independent
        self.nodes: list[Node] = []
        self.memo: dict[Basic, Node] = {}
        self.grains = dict(grains_of(rhs))
        # those that start from the others come after them
        first = sorted(unknowns, key=lambda x: x in self.starts)
        self.states = {x: self._known(x) for x in first}
        self.rates = {x: self.node(f) for x, f in zip(unknowns, rhs, strict=True)}
        self.order = -1

    # -- residues ------------------------------------------------------------------------------------

    def zero(self) -> Row:
        return np.zeros(self.width, dtype=np.int64)

    def constant(self, value: int) -> Row:
        row = self.zero()
        row[0] = value % self.prime
        return row

    def draw(self) -> int:
        return self.source.randrange(2, self.prime - 1)

    def _drawn(self, symbol: Basic) -> int:
        """The residue that is given for a symbol, or a random one."""
        return self.values[symbol][0] if symbol in self.values else self.draw()

    def times(self, a: Row, b: Row) -> Row:
        """The product rule on (value, gradient); a and b may be stacks."""
        result = (a[..., :1] * b) % self.prime
        result[..., 1:] = (result[..., 1:] + (b[..., :1] * a[..., 1:]) % self.prime) % self.prime
        return result

    def over(self, a: Row, b: Row) -> Row:
        """a / b."""
        if b[0] == 0:
            raise NoPoint
        inverse = self.zero()
        inverse[0] = pow(int(b[0]), -1, self.prime)
        square = int(inverse[0]) * int(inverse[0]) % self.prime
        inverse[1:] = (-b[1:] * square) % self.prime
        return self.times(a, inverse)

    def convolved(self, a: Node, b: Node, n: int, first: int = 0) -> Row:
        """Σ_{i=first}^{n} a_i b_{n-i}."""
        if first > n:
            return self.zero()
        return self.times(a.upto(n)[first:], b.upto(n - first)[::-1]).sum(axis=0) % self.prime

    # -- nodes ---------------------------------------------------------------------------------------

    def advance(self) -> None:
        """One order more of everything."""
        self.order += 1
        n = self.order
        for node in self.nodes:
            node.series.append(node.step(n))

    def node(self, e: Expr) -> Node:
        found = self.memo.get(e)
        if found is None:
            found = self.memo[e] = self._made(e)
        return found

    def _add(self, step: Callable[[int], Row]) -> Node:
        node = Node(step)
        self.nodes.append(node)
        return node

    def _known(self, symbol: Symbol) -> Node:
        """A state: its start is drawn, its next coefficient is that of its rate over n."""
        start = self.zero()
        start[0] = self._drawn(symbol)
        if symbol in self.places:
            start[self.places[symbol]] = 1
        source = self.node(self.starts[symbol]) if symbol in self.starts else None

        def step(n: int) -> Row:
            if n == 0:
                return start if source is None else source.series[0]
            return (self.rates[symbol].series[n - 1] * pow(n, -1, self.prime)) % self.prime

        node = self.memo[symbol] = self._add(step)
        return node

    def _fixed(self, row: Row) -> Node:
        nothing = self.zero()
        return self._add(lambda n: row if n == 0 else nothing)

    def _made(self, e: Expr) -> Node:
        if isinstance(e, Symbol):
            return self._symbol(e)
        if isinstance(e, Rational):
            return self._fixed(self.constant(int(e.p) * pow(int(e.q), -1, self.prime)))
        if isinstance(e, Add):
            parts = [self.node(a) for a in arguments_of(e)]
            return self._add(lambda n: sum((p.series[n] for p in parts), start=self.zero()) % self.prime)
        if isinstance(e, Mul):
            return self._product([self.node(a) for a in arguments_of(e)])
        if isinstance(e, Pow):
            return self._power(e.base, e.exp)
        if isinstance(e, AppliedUndef):
            if e.args != (self.independent,):
                raise Unsupported(f"{e}: a function of the states is not known along a trajectory")
            given = self.values.get(e)
            residues = [self.draw() for _ in range(LONGEST)] if given is None else given
            rows = [self.constant(c) for c in residues]  # an input: known, without sensitivity
            return self._add(lambda n: rows[n])
        rule = {exp: self._exponential, log: self._logarithm, sin: self._sine, cos: self._cosine}.get(e.func)
        if rule is not None:
            return rule(arguments_of(e)[0])
        if not e.args:
            return self._fixed(self.constant(self.draw()))  # pi, a transcendental number
        name = NAMES.get(e.func, e.func.__name__)
        told = "write it as it is on one side" if name in ("abs", "sign") else "exp, log, sin, cos and powers have one"
        raise Unsupported(f"{name} has no rule for Taylor coefficients modulo a prime; {told}")

    def _symbol(self, e: Symbol) -> Node:
        row = self.constant(self._drawn(e))
        if e == self.independent:
            nothing, one = self.zero(), self.constant(1)
            return self._add(lambda n: (row, one)[n] if n < 2 else nothing)
        if e in self.places:
            row[self.places[e]] = 1
        return self._fixed(row)

    def _product(self, factors: list[Node]) -> Node:
        result = factors[0]
        for factor in factors[1:]:
            left, right = result, factor
            result = self._add(lambda n, left=left, right=right: self.convolved(left, right, n))
        return result

    def _quotient(self, top: Node, bottom: Node) -> Node:
        def step(n: int) -> Row:
            rest = top.series[n] if n == 0 else (top.series[n] - self.convolved(bottom, node, n, 1)) % self.prime
            return self.over(rest, bottom.series[0])

        node = self._add(step)
        return node

    def _power(self, base: Expr, exponent: Expr) -> Node:
        if isinstance(exponent, Integer):
            k = int(exponent)
            if k < 0:
                return self._quotient(self._fixed(self.constant(1)), self.node(base**-k))
            half = self.node(base ** (k // 2)) if k > 3 else None
            if half is not None:
                squared = self._product([half, half])
                return self._product([squared, self.node(base)]) if k % 2 else squared
            return self._product([self.node(base)] * k)
        if base.is_Mul:
            return self._product([self._power(a, exponent) for a in arguments_of(base)])
        if isinstance(base, Pow):
            return self._power(base.base, base.exp * exponent)
        if exponent.is_Add:
            return self._product([self._power(base, a) for a in arguments_of(exponent)])
        whole, rest = exponent.as_coeff_Mul()
        if isinstance(whole, Integer) and whole != 1 and rest != 1:
            return self._integer(self._power(base, rest), int(whole))
        key = Pow(base, exponent)
        if key not in self.memo:
            self.memo[key] = (
                self._rational(base, exponent) if isinstance(exponent, Rational) else self._general(base, exponent)
            )
        return self.memo[key]

    def _integer(self, node: Node, k: int) -> Node:
        result = self._product([node] * abs(k))
        return result if k > 0 else self._quotient(self._fixed(self.constant(1)), result)

    def _rational(self, base: Expr, exponent: Rational) -> Node:
        """u^(a/b): the start is a root modulo the prime where there is one; then y' u = (a/b) u' y."""
        u = self.node(base)
        c = int(exponent.p) * pow(int(exponent.q), -1, self.prime) % self.prime

        def start() -> Row:
            root = _root(int(u.series[0][0]), int(exponent.q), self.prime)
            if root is None:
                raise NoPoint
            value = self.constant(pow(root, int(exponent.p), self.prime))
            slope = self.over(u.series[0], self.constant(int(u.series[0][0])))
            value[1:] = (slope[1:] * c % self.prime) * value[0] % self.prime
            return value

        exponent_row = self.constant(c)
        return self._by_slope(u, start, lambda n: exponent_row if n == 0 else self.zero())

    def _general(self, base: Expr, exponent: Expr) -> Node:
        """u^w = exp(w log u) with a random start."""
        return self._exponential(exponent * log(base))

    def _by_slope(self, u: Node, start: Callable[[], Row], w: Callable[[int], Row]) -> Node:
        """y with y' u = w u' y for a constant w: n u_0 y_n = Σ_{i=1}^{n} (w i - (n - i)) u_i y_{n-i}."""

        def step(n: int) -> Row:
            if n == 0:
                return start()
            exponent = w(0)
            total = self.zero()
            for i in range(1, n + 1):
                factor = (exponent * i) % self.prime
                factor[0] = (factor[0] - (n - i)) % self.prime
                total = (total + self.times(factor, self.times(u.series[i], node.series[n - i]))) % self.prime
            return self.over(total, (u.series[0] * n) % self.prime)

        node = self._add(step)
        return node

    def _exponential(self, argument: Expr) -> Node:
        """exp(u), u split so that rational multiples of one term share a random value."""
        factors = []
        for term in Add.make_args(argument.expand()):
            c, rest = term.as_coeff_Mul()
            logs = [a for a in Mul.make_args(rest) if isinstance(a, log)]
            if rest == 1:
                rest, c = Integer(1), Rational(c)
            if len(logs) == 1 and rest == logs[0]:
                factors.append(self._power(arguments_of(logs[0])[0], c))
                continue
            grain = self.grains.setdefault(rest, 1)
            count = c * grain
            if not isinstance(count, Integer):
                raise Unsupported(f"exp({term}) beside exp({rest}): write all with the same fraction")
            factors.append(self._integer(self._primitive(rest / grain), int(count)))
        return self._product(factors) if factors else self._fixed(self.constant(1))

    def _primitive(self, argument: Expr) -> Node:
        key = exp(argument, evaluate=False)
        if key not in self.memo:
            u, value = self.node(argument), self.draw()

            def step(n: int) -> Row:
                if n == 0:
                    row = (u.series[0] * value) % self.prime
                    row[0] = value
                    return row
                return self._slope_times(u, node, n)

            node = self.memo[key] = self._add(step)
        return self.memo[key]

    def _slope_times(self, u: Node, y: Node, n: int) -> Row:
        """(1/n) Σ i u_i y_{n-i}: the coefficient of ∫ u' y."""
        counts = np.arange(1, n + 1, dtype=np.int64)[:, None]
        slopes = (u.upto(n)[1:] * counts) % self.prime
        total = self.times(slopes, y.upto(n - 1)[::-1]).sum(axis=0) % self.prime
        return (total * pow(n, -1, self.prime)) % self.prime

    def _logarithm(self, argument: Expr) -> Node:
        if argument.is_Mul:
            parts = [self._logarithm(a) for a in arguments_of(argument)]
            return self._add(lambda n: sum((p.series[n] for p in parts), start=self.zero()) % self.prime)
        if isinstance(argument, Pow):
            return self._product([self.node(argument.exp), self._logarithm(argument.base)])
        u, value = self.node(argument), self.draw()

        def step(n: int) -> Row:
            if n == 0:
                row = self.over(u.series[0], self.constant(int(u.series[0][0])))
                row[0] = value
                return row
            # n u_0 y_n = n u_n - Σ_{i=1}^{n-1} i y_i u_{n-i}
            total = (u.series[n] * n) % self.prime
            for i in range(1, n):
                total = (total - self.times((node.series[i] * i) % self.prime, u.series[n - i])) % self.prime
            return self.over(total, (u.series[0] * n) % self.prime)

        node = self._add(step)
        return node

    def _sine(self, argument: Expr) -> Node:
        return self._circle(argument)[0]

    def _cosine(self, argument: Expr) -> Node:
        return self._circle(argument)[1]

    def _circle(self, argument: Expr) -> tuple[Node, Node]:
        """sin u and cos u through a random point of the circle."""
        keys = sin(argument, evaluate=False), cos(argument, evaluate=False)
        if keys[0] not in self.memo:
            u, k = self.node(argument), self.draw()
            below = pow(1 + k * k, -1, self.prime)
            s0, c0 = 2 * k * below % self.prime, (1 - k * k) * below % self.prime

            def sine_step(n: int) -> Row:
                if n == 0:
                    row = (u.series[0] * c0) % self.prime
                    row[0] = s0
                    return row
                return self._slope_times(u, cosine, n)

            def cosine_step(n: int) -> Row:
                if n == 0:
                    row = (-u.series[0] * s0) % self.prime
                    row[0] = c0
                    return row
                return -self._slope_times(u, sine, n) % self.prime

            sine, cosine = self._add(sine_step), self._add(cosine_step)
            self.memo[keys[0]], self.memo[keys[1]] = sine, cosine
        return self.memo[keys[0]], self.memo[keys[1]]


LONGEST = 400
"""Coefficients at most."""


def _root(value: int, degree: int, prime: int) -> int | None:
    """The degree-th root among the residues whose order is prime to the degree; None if the value is not one of them.

    There it is unique, and roots keep the relations of positive numbers: the cube of the sixth root is the square root.
    """
    rest = prime - 1
    while (common := gcd(degree, rest)) > 1:
        rest //= common
    return pow(value, pow(degree, -1, rest), prime) if pow(value, rest, prime) == 1 else None


def primes_for(expressions: Sequence[Expr], count: int = 2) -> tuple[int, ...]:
    """The largest primes below 2^31 modulo which half of all residues have the roots that occur, and each has one.

    They are 3 modulo 4, for square roots, and p - 1 has no factor of an odd root.
    """
    degrees = [int(e.exp.q) for f in expressions for e in f.atoms(Pow) if isinstance(e.exp, Rational)]
    odd = lcm(*degrees) if degrees else 1
    while odd % 2 == 0:
        odd //= 2
    found: list[int] = []
    prime = 2**31
    while len(found) < count:
        prime = prevprime(prime)
        if prime % 4 == 3 and gcd(odd, prime - 1) == 1:
            found.append(prime)
    return tuple(found)


def grains_of(expressions: Sequence[Expr]) -> Mapping[Expr, int]:
    """Common denominators of the rational factors with which each term occurs in exponents."""
    found: dict[Expr, int] = {}
    for e in expressions:
        for power in e.atoms(exp):
            for term in Add.make_args(arguments_of(power)[0].expand()):
                c, rest = term.as_coeff_Mul()
                if isinstance(c, Rational):
                    found[rest] = int(np.lcm(found.get(rest, 1), int(c.q)))
    return found
