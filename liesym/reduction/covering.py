"""Whether a family holds every solution: through all values at which the equation is smooth passes one of its members.

    y^(n) = F(x, y, …, y^(n-1)),   y = Φ(x, C)

The constants are solved for from Φ^(k)(x, C) = b_k, k < n. Where they and Φ are real, that holds and Φ^(n) = F, a member
passes through (x, b), and by uniqueness no other solution does. This is so beyond the zeros of what is divided by, and on
the sides of what stands under a root, in a logarithm or in an absolute value; all sides have to be met by one branch or
another, and on the zeros, which are surfaces b_j = h(x, b), again all values by members or special solutions. Last, numbers
drawn at random must find their member: a look that shares nothing with the proof but the constants.
Source: Hartman 1964, chapter II (Picard and Lindelöf's theorem); Ince 1956, section 3.2.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any

import mpmath
from sympy import (
    Abs,
    Basic,
    Eq,
    Expr,
    I,
    Integral,
    Matrix,
    Mul,
    Poly,
    PolynomialError,
    Pow,
    S,
    Symbol,
    acos,
    acosh,
    asin,
    asinh,
    atan,
    atanh,
    cos,
    cosh,
    cot,
    csc,
    exp,
    log,
    sec,
    sign,
    sin,
    sinh,
    tan,
    tanh,
)  # fmt: skip
from sympy.core.function import AppliedUndef

from liesym.base.budget import Budget
from liesym.base.factors import factored
from liesym.base.jets import jet_symbol, partial_derivative
from liesym.base.typed import argument, expr, over_one_denominator, replaced
from liesym.coefficients import Field
from liesym.coefficients.field import FAILURES
from liesym.model.system import ODESystem
from liesym.reduction.conditions import roots
from liesym.testing.values import NoValue, value_at

SMOOTH = exp, sin, cos, sinh, cosh, tanh, atan, asinh
"""Functions that are real and smooth at all real numbers."""
DIVIDED = {tan: cos, sec: cos, cot: sin, csc: sin}
"""Functions with poles at the zeros of another one."""
BOUNDED: dict[type[Basic], Callable[[Expr], Expr]] = {
    asin: lambda u: expr(1 - u**2), acos: lambda u: expr(1 - u**2), atanh: lambda u: expr(1 - u**2),
    acosh: lambda u: expr(u - 1), log: lambda u: u,
}  # fmt: skip
"""Functions that are real and smooth where an expression in their argument is positive."""
MOST_SIDES, LARGEST, MOST_WAYS = 5, 120, 12
"""Factors whose signs are told apart, operations of a branch, ways to solve for the constants, that are looked at."""
MOST_FUNCTIONS = 3
"""Of a superposition whose Wronskian is looked at."""
DRAWS, NEEDED, CLOSE = 160, 12, 1e-15
"""Numbers drawn at most, how many of them have to be where the equation is smooth, and how close values are there."""


class Open(Exception):
    """It is not decided whether every solution is a member."""


@dataclass(frozen=True, slots=True)
class Needs:
    """What makes expressions real and smooth: factors that are not zero, and products of factors that are positive."""

    nonzero: frozenset[Expr] = frozenset()
    positive: frozenset[tuple[int, frozenset[Expr]]] = frozenset()

    def __or__(self, other: Needs) -> Needs:
        return Needs(self.nonzero | other.nonzero, self.positive | other.positive)

    @property
    def sides(self) -> set[Expr]:
        """The factors whose signs matter."""
        return {f for _, factors in self.positive for f in factors}

    def allow(self, signs: Mapping[Expr, int]) -> bool:
        """True if what has to be positive is so, with these signs of the factors."""
        return all(s * _sign_of(factors, signs) > 0 for s, factors in self.positive)


@dataclass(frozen=True, slots=True)
class Member:
    """The constants of a member through given values: what they need, and what vanishes where it does pass through."""

    value: Expr
    constants: Mapping[Symbol, Expr]
    needs: Needs
    defects: tuple[Expr, ...]

    def passes(self, signs: Mapping[Expr, int], symbols: Sequence[Symbol]) -> bool:
        """True if it is real where the factors have these signs, and meets the values."""
        return self.needs.allow(signs) and all(_is_zero(_with_signs(d, signs), symbols) for d in self.defects)


def holds_every_solution(
    system: ODESystem,
    branches: Sequence[tuple[Expr, tuple[Expr, ...]]],
    special: Sequence[Expr],
    constants: Sequence[Symbol],
    budget: Budget,
) -> bool:
    """True if each solution is, near each of its places where the equation is smooth, one of these; False if that is open.

    Arguments:
        system: one equation, y^(n) = F, without arbitrary functions.
        branches: values Φ(x, C), with what is positive where they hold.
        special: further values, with constants or without.
        constants: the names of constants.
        budget: looked at between the steps.

    Raises:
        OutOfBudget: it is over.
    """
    families = [*branches, *((v, ()) for v in special)]
    rates = system.rhs[0]
    if any(v.has(AppliedUndef, Integral, I) or v.count_ops() > LARGEST for v in (rates, *(v for v, _ in families))):
        return False
    jets = tuple(jet_symbol(system.unknowns[0], k) for k in range(system.order))
    try:
        smooth = _needs([rates, *(expr(partial_derivative(rates, b)) for b in jets)])
        search = _Search(system, families, constants, jets, smooth, budget)
        members = search.cover({b: b for b in jets})
        return search.every_draw_has_one(members)
    except (Open, *FAILURES):
        return False


@dataclass(frozen=True, slots=True)
class _Search:
    system: ODESystem
    families: Sequence[tuple[Expr, tuple[Expr, ...]]]
    constants: Sequence[Symbol]
    jets: tuple[Symbol, ...]
    smooth: Needs
    budget: Budget

    def cover(self, at: Mapping[Symbol, Expr]) -> list[Member]:
        """The members that together pass through all values b_k = at[b_k] where the equation is smooth.

        Raises:
            Open: there may be values that none passes through.
        """
        smooth = self._smooth_at(at)
        if smooth is None:
            return []
        members = [m for value, on in self.families for m in self._members(value, on, at)]
        symbols = (self.system.independent, *self.jets)
        factors = sorted(smooth.sides.union(*(m.needs.sides for m in members), *map(_signed, members)), key=str)
        if not members or len(factors) > MOST_SIDES:
            raise Open
        used: list[Member] = []
        for chosen in product((1, -1), repeat=len(factors)):
            signs = dict(zip(factors, chosen, strict=True))
            if smooth.allow(signs):
                self.budget.check("whether these are all solutions")
                used.append(next((m for m in members if m.passes(signs, symbols)), None) or _open())
        zeros = {f for m in used for f in m.needs.nonzero} | {*factors}
        for surface in (s for f in sorted(zeros - smooth.nonzero, key=str) for s in self._surfaces(f, smooth)):
            self.cover({b: replaced(v, surface) for b, v in {**at, **surface}.items()})
        return members

    def _smooth_at(self, at: Mapping[Symbol, Expr]) -> Needs | None:
        """What makes the equation smooth at the values; None if it is so at none of them."""
        if all(b == v for b, v in at.items()):
            return self.smooth
        if any(_is_zero(replaced(f, at), self.jets) for f in self.smooth.nonzero | self.smooth.sides):
            return None
        found = Needs()
        for f in self.smooth.nonzero:
            found |= _nonzero(replaced(f, at))
        for s, factors in self.smooth.positive:
            found |= _positive(expr(s * Mul(*(replaced(f, at) for f in factors))))
        return found

    def _members(self, value: Expr, on: tuple[Expr, ...], at: Mapping[Symbol, Expr]) -> Iterator[Member]:
        x, constants = self.system.independent, [c for c in self.constants if value.has(c)]
        values = [value]
        while len(values) <= len(self.jets):
            values.append(partial_derivative(values[-1], x))
        wanted = [*(at[b] for b in self.jets), replaced(self.system.rhs[0], at)]
        for known in _solved([expr(v - b) for v, b in zip(values[:-1], wanted, strict=False)], constants):
            if {*known} != {*constants} or any(v.has(*constants, I, S.NaN, S.ComplexInfinity) for v in known.values()):
                continue
            here = [_inserted(v, known) for v in values]
            needs = _needs([*known.values(), *here])
            for condition in on:
                needs |= _positive(_inserted(condition, known))
            yield Member(value, known, needs, tuple(expr(v - b) for v, b in zip(here, wanted, strict=True)))

    def _surfaces(self, factor: Expr, smooth: Needs) -> Iterator[dict[Symbol, Expr]]:
        """The zeros of a factor as b_j = h(x, b), the highest first; nothing where it vanishes nowhere.

        Raises:
            Open: the zeros are not known.
        """
        jets = [b for b in reversed(self.jets) if factor.has(b)]
        if not jets and not factor.has(self.system.independent):
            return  # a relation between parameters, which the answer names where it divides by it
        for jet in jets:
            if factor.is_polynomial(jet) and Poly(factor, jet).degree() == 1:
                leading = expr(factor.diff(jet))
                if _never_zero(leading) or _nonzero(leading).nonzero <= smooth.nonzero:
                    yield {jet: expr((-factor.subs(jet, 0) / leading).cancel())}
                    return
        raise Open

    def every_draw_has_one(self, members: Sequence[Member]) -> bool:
        """True if through numbers drawn at random, where the equation has a value, passes a member, by numbers alone."""
        rng, seen = random.Random(11), 0
        x = self.system.independent
        symbols = sorted({x, *self.jets, *self.system.parameter_symbols}, key=str)
        for _ in range(DRAWS):
            self.budget.check("whether these are all solutions")
            place = {s: mpmath.mpf(rng.choice((1, -1)) * rng.uniform(0.1, 2.5)) for s in symbols}
            place |= {s: abs(v) for s, v in place.items() if s.is_positive}
            try:
                with mpmath.workdps(30):
                    value_at(self.system.rhs[0], place)
            except NoValue:
                continue
            if not any(self._passes(m, place) for m in members):
                return False
            seen += 1
            if seen >= 4 * NEEDED:
                break
        return seen >= NEEDED

    def _passes(self, member: Member, place: Mapping[Symbol, Any]) -> bool:
        value, x = member.value, self.system.independent
        with mpmath.workdps(30):
            try:
                there = {**place, **{c: value_at(v, place) for c, v in member.constants.items()}}
                for b in self.jets:
                    if abs(value_at(value, there) - place[b]) > CLOSE * (1 + abs(place[b])):
                        return False
                    value = partial_derivative(value, x)
            except NoValue:
                return False
        return True


def _open() -> Member:
    raise Open


def _solved(defects: Sequence[Expr], constants: Sequence[Symbol]) -> list[dict[Symbol, Expr]]:
    """Values of the constants at which the defects vanish, one solved for after the other; the rest is not looked at."""
    ways: list[dict[Symbol, Expr]] = []
    todo: list[tuple[list[Expr], dict[Symbol, Expr]]] = [([*defects], {})]
    while todo:
        rest, known = todo.pop(0)
        open_ones = [d for d in rest if d.has(*constants)] if constants else []
        if not open_ones:
            ways.append(known)
        elif len(todo) + len(ways) <= MOST_WAYS:
            first = min(open_ones, key=lambda d: (sum(d.has(c) for c in constants), d.count_ops()))
            constant = min((c for c in constants if first.has(c)), key=lambda c: (first.diff(c).has(c), str(c)))
            for root in roots(first, constant):
                inserted = {c: _inserted(v, {constant: root}) for c, v in known.items()}
                todo.append((
                    [_inserted(d, {constant: root}) for d in rest if d is not first], {**inserted, constant: root}
                ))  # fmt: skip
    return ways


def _inserted(value: Expr, known: Mapping[Symbol, Expr]) -> Expr:
    """With the values for the constants, over one denominator, factors apart: a square leaves its root then."""
    return _tidy(value.xreplace(dict(known)))


def _tidy(node: Basic) -> Expr:
    if not node.args:
        return expr(node)
    plain = expr(node.func(*(_tidy(a) for a in node.args)))
    return factored(plain) if plain.is_Add else plain


# -- what an expression needs to be real and smooth ----------------------------------------------------


def _needs(values: Iterable[Expr]) -> Needs:
    found = Needs()
    for node in {n for v in values for n in _nodes(v)}:
        if isinstance(node, Pow) and node.exp.is_Integer:
            found |= _nonzero(node.base) if node.exp.is_negative else Needs()
        elif isinstance(node, Pow):
            found |= Needs() if node.base.is_positive else _positive(expr(node.base))
        elif isinstance(node, (Abs, sign)):
            found |= _nonzero(argument(node))
        elif node.func in BOUNDED:
            found |= _positive(BOUNDED[node.func](argument(node)))
        elif node.func in DIVIDED:
            found |= _nonzero(expr(DIVIDED[node.func](argument(node))))
        elif node.is_Function and not isinstance(node, SMOOTH):
            raise Open
    return found


def _nodes(value: Basic) -> Iterator[Expr]:
    if isinstance(value, Expr) and value.free_symbols:
        yield value
        for a in value.args:
            yield from _nodes(a)


def _parts(value: Expr) -> tuple[int, list[tuple[Expr, int]]]:
    """A number's sign, and the factors of numerator and denominator, the denominator's with negative powers."""
    found: list[tuple[Expr, int]] = []
    whole = 1
    above, below = over_one_denominator(value)
    for side, power in ((above, 1), (below, -1)):
        for factor in Mul.make_args(factored(side)):
            base, k = (factor.base, int(factor.exp)) if isinstance(factor, Pow) and factor.exp.is_Integer else (factor, 1)
            if isinstance(base, Abs):  # as the square of what stands in it: of no sign, and zero with it
                found += [(f, 2 * n * k * power) for f, n in _parts(argument(base))[1]]
            elif base.is_number:
                if not base.is_nonzero:
                    raise Open
                whole *= 1 if base.is_positive or k % 2 == 0 else -1
            else:
                found.append((expr(base), k * power))
    return whole, found


def _nonzero(value: Expr) -> Needs:
    """The factors that may vanish."""
    _, found = _parts(value)
    return Needs(frozenset(_one_sign(f)[1] for f, _ in found if not _never_zero(f)))


def _positive(value: Expr) -> Needs:
    """What the factors must be for a positive product."""
    whole, found = _parts(value)
    zeros: set[Expr] = set()
    signed: set[Expr] = set()
    for factor, k in found:
        known = _sign(factor)
        if known:
            whole *= known if k % 2 else 1
            continue
        turned, base = _one_sign(factor)
        zeros.add(base)
        if k % 2:
            whole *= turned
            signed ^= {base}
    positive = frozenset({(whole, frozenset(signed))})
    return Needs(frozenset(zeros), positive)


def _one_sign(value: Expr) -> tuple[int, Expr]:
    """The one of ±value that is written first, with the sign."""
    return (-1, expr(-value)) if value.could_extract_minus_sign() else (1, value)


def _never_zero(value: Expr) -> bool:
    return bool(value.is_nonzero) or _sign(value) != 0


def _sign(value: Expr) -> int:
    """1 or -1 where an expression has this sign at all real numbers; 0 if that is not known."""
    if value.is_positive or value.is_negative:
        return 1 if value.is_positive else -1
    if len(value.free_symbols) == 1:
        try:
            polynomial = Poly(value, *value.free_symbols)
        except PolynomialError:
            return 0
        if polynomial.domain.is_ZZ or polynomial.domain.is_QQ:
            return 0 if polynomial.count_roots() else (1 if expr(polynomial.eval(0)).is_positive else -1)
    return 0


def _sign_of(factors: Iterable[Expr], signs: Mapping[Expr, int]) -> int:
    found = 1
    for f in factors:
        found *= signs[f]
    return found


def _signed(member: Member) -> set[Expr]:
    """The factors that stand in absolute values and signs."""
    inside = {argument(n) for d in member.defects for n in d.atoms(Abs, sign)}
    return {_one_sign(f)[1] for u in inside for f, _ in _parts(u)[1] if not _sign(f)}


def _with_signs(value: Expr, signs: Mapping[Expr, int]) -> Expr:
    """|u| as u or -u."""
    rule: dict[Basic, Expr] = {}
    for node in value.atoms(Abs, sign):
        whole, found = _parts(argument(node))
        for factor, k in found:
            turned, base = _one_sign(factor)
            side = _sign(factor) or turned * signs[base]
            whole *= side if k % 2 else 1
        rule[node] = expr(whole * argument(node)) if isinstance(node, Abs) else expr(S(whole))
    return replaced(value, rule)


def _is_zero(value: Expr, symbols: Sequence[Symbol]) -> bool:
    """Exactly."""
    if value.is_number or not value.free_symbols:
        return bool(value.expand() == 0)
    names = [s for s in symbols if value.has(s)]
    field = Field.build([value], names, [s for s in value.free_symbols if isinstance(s, Symbol) and s not in names])
    return bool(field(value).is_zero)


def values_of(equations: Sequence[object]) -> list[Expr]:
    """The right sides of y = v; a special solution may be a plain False."""
    return [expr(e.rhs) for e in equations if isinstance(e, Eq)]


def divisors(values: Iterable[Expr], parameters: Iterable[Symbol]) -> list[Expr]:
    """The factors of parameters alone that values divide by, in roots and exponents too, but those that never vanish."""
    allowed, found = {*parameters}, dict[Expr, None]()
    for node in {n for v in values for n in v.atoms(Pow)}:
        base = expr(node.base)
        if node.exp.could_extract_minus_sign() and base.free_symbols and base.free_symbols <= allowed:
            found |= dict.fromkeys(_nonzero(base).nonzero)
    return sorted(found, key=str)


def lost_at(constants: Sequence[Symbol], values: Sequence[Expr], system: ODESystem) -> list[Expr]:
    """The factors of parameters alone in the Wronskian of a superposition, where its functions depend on each other.

    Arguments:
        constants: of the superposition.
        values: the superposition alone; of several branches nothing is told.
        system: one equation.
    """
    if len(values) != 1 or not 1 <= len(constants) <= MOST_FUNCTIONS or values[0].count_ops() > LARGEST:
        return []
    basis = [expr(values[0].diff(c)) for c in constants]
    if any(b.has(*constants, Integral, AppliedUndef) for b in basis):
        return []
    x = system.independent
    rows = [basis]
    while len(rows) < len(basis):
        rows.append([partial_derivative(b, x) for b in rows[-1]])
    whole = expr(Matrix(rows).det(method="berkowitz"))
    try:
        field = Field.build([whole], (x,), system.parameter_symbols)
        shown = over_one_denominator(field.to_expr(field(whole)))[0]
        factors = _nonzero(shown).nonzero
    except (Open, *FAILURES):
        return []
    return sorted((f for f in factors if f.free_symbols <= {*system.parameter_symbols}), key=str)
