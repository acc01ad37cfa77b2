"""New coordinates (u, q) = (u(t), m(t) x) in which exponentials and circular functions of one variable are algebraic.

Linear equations with constant coefficients have their symmetries here as projective fields: with u = tan ωt
and q = x/cos ωt those of x'' = -ω² x become those of q'' = 0.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from sympy import (
    Dummy,
    Expr,
    Pow,
    Rational,
    S,
    Symbol,
    asin,
    atan,
    atanh,
    cos,
    exp,
    log,
    sin,
    sqrt,
    tan,
    tanh,
)

from liesym.base.typed import argument, denominator_of, replaced, substituted
from liesym.coefficients.field import Field
from liesym.flow.check import tidied
from liesym.model.generators import VectorField

MOST_CHARTS = 40


@dataclass(frozen=True, slots=True)
class Chart:
    """The coordinates u(t) and q_i = m x_i.

    Arguments:
        variable: t.
        forward: u as a function of t.
        backward: t as a function of u (one branch).
        weight: m as a function of u.
        image: (ū, u) -> t̄, equal to t where they agree.
    """

    variable: Symbol
    forward: Expr
    backward: Callable[[Expr], Expr]
    weight: Callable[[Expr], Expr]
    image: Callable[[Expr, Expr], Expr]


def charts(generator: VectorField) -> Iterator[Chart]:
    """Candidates from the functions of one variable that occur."""
    count = 0
    for v in generator.variables:
        for chart in _charts_of(generator, v):
            count += 1
            if count > MOST_CHARTS:
                return
            yield chart


def _charts_of(generator: VectorField, v: Symbol) -> Iterator[Chart]:
    for family in (_gudermann, _logarithmic, _power, _circular, _exponential):
        yield from family(generator, v)


def _plain(u: Expr) -> Expr:
    """The weight of a chart that leaves the other variables alone."""
    return S.One


def _logarithmic(generator: VectorField, v: Symbol) -> list[Chart]:
    if not any(node.args[0] == v for c in generator.components for node in c.atoms(log)):
        return []
    return [Chart(v, log(v), lambda u: exp(u), _plain, lambda moved, u: exp(moved))]


def _power(generator: VectorField, v: Symbol) -> list[Chart]:
    """u = v^m, m the least step between the exponents of v, up to sign."""
    steps: dict[Expr, None] = {}
    for c in generator.components:
        for node in c.atoms(Pow):
            if node.base == v and not node.exp.is_Integer and not node.exp.has(v):
                steps[1 - node.exp if node.exp.is_Rational else node.exp] = None
                if node.exp.is_Rational:
                    steps[Rational(1, denominator_of(node.exp))] = None
    exponents = [m for s in steps for m in (s, -s) if m != 0]
    return [
        Chart(
            v,
            v**m,
            lambda u, m=m: u ** (1 / m),
            _plain,
            lambda moved, u, m=m: v * (moved / u).expand() ** (1 / m),
        )
        for m in dict.fromkeys(exponents)
    ]


def _rates(generator: VectorField, v: Symbol, kinds: tuple) -> list[Expr]:
    """Constants k with a function of k v + … among the components."""
    found: dict[Expr, None] = {}
    for c in generator.components:
        for node in c.atoms(*kinds):
            k = argument(node).diff(v)
            if k != 0 and not k.free_symbols & set(generator.variables):
                found.setdefault(-k if k.could_extract_minus_sign() else k)
    return sorted(found, key=lambda k: (k.count_ops(), str(k)))


def _circular(generator: VectorField, v: Symbol) -> list[Chart]:
    result = []
    rates = _rates(generator, v, (sin, cos, tan))
    for k in dict.fromkeys([*(k / 2 for k in rates), *rates]):
        for weight in (_plain, lambda u: sqrt(1 + u**2), lambda u: 1 + u**2):
            result.append(
                Chart(
                    v,
                    tan(k * v),
                    lambda u, k=k: atan(u) / k,
                    weight,
                    lambda moved, u, k=k: v + atan((moved - u) / (1 + moved * u)) / k,
                )
            )
    return result


def _gudermann(generator: VectorField, v: Symbol) -> list[Chart]:
    """u = atanh(sin φ) with φ = k v + …, the inverse of the Gudermann function (DLMF 4.23.41)."""
    result = []
    for c in generator.components:
        for node in c.atoms(atanh):
            angle = argument(node.args[0]) if isinstance(node.args[0], sin) else None
            if angle is None or not angle.has(v):
                continue
            k = angle.diff(v)
            if k.free_symbols & set(generator.variables):
                continue
            rest = (angle - k * v).expand()
            result.append(
                Chart(
                    v,
                    node,
                    lambda u, k=k, rest=rest: (asin(tanh(u)) - rest) / k,
                    _plain,
                    lambda moved, u, k=k: v + (asin(tanh(moved)) - asin(tanh(u))) / k,
                )
            )
    return result


def _exponential(generator: VectorField, v: Symbol) -> list[Chart]:
    result = []
    rates = _rates(generator, v, (exp,))
    sums = [a + b for i, a in enumerate(rates) for b in rates[i:]]
    differences = [a - b for i, a in enumerate(rates) for b in rates[:i]]
    scales = [k for k in dict.fromkeys([*rates, *differences, *sums]) if k != 0]
    for k in scales:
        for weight in dict.fromkeys([S.Zero, *scales, *(-s for s in scales), k / 2, -k / 2]):
            result.append(
                Chart(
                    v,
                    exp(k * v),
                    lambda u, k=k: log(u) / k,
                    lambda u, r=weight / k: Pow(u, r),
                    lambda moved, u, k=k: v + log((moved / u).cancel()) / k,
                )
            )
    return result


@dataclass(frozen=True, slots=True)
class Charted:
    """A generator in a chart: over (u, q_1, …) in the place of (t, x_1, …)."""

    generator: VectorField
    chart: Chart
    original: VectorField

    @property
    def place(self) -> int:
        return self.original.variables.index(self.chart.variable)

    @property
    def forward(self) -> dict[Symbol, Expr]:
        """u and q_i as functions of (t, x)."""
        weight = self.chart.weight(self.chart.forward)
        return {
            q: self.chart.forward if i == self.place else weight * x
            for i, (q, x) in enumerate(zip(self.generator.variables, self.original.variables, strict=True))
        }

    def old(self, values: Sequence[Expr]) -> tuple[Expr, ...]:
        """(t, x) for given values of (u, q)."""
        weight = self.chart.weight(values[self.place])
        return tuple(tidied(self.chart.backward(v) if i == self.place else v / weight) for i, v in enumerate(values))

    def back(self, images: tuple[Expr, ...]) -> tuple[Expr, ...]:
        """Images of (u, q) as images of (t, x), by x̄ = q̄/m(ū)."""
        place, u = self.place, self.chart.forward
        moved = [replaced(image, self.forward) for image in images]
        weight = self.chart.weight(moved[place])
        return tuple(self.chart.image(moved[place], u) if i == place else image / weight for i, image in enumerate(moved))


def in_chart(generator: VectorField, chart: Chart) -> Charted | None:
    """The generator in the coordinates of a chart, None if it is not algebraic there."""
    place = generator.variables.index(chart.variable)
    new = tuple(
        Dummy("u" if i == place else f"q{i}", positive=True if i == place else v.is_positive, real=True)
        for i, v in enumerate(generator.variables)
    )
    u = new[place]
    weight = chart.weight(u)
    old = {chart.variable: chart.backward(u)}
    old |= {x: q / weight for i, (x, q) in enumerate(zip(generator.variables, new, strict=True)) if i != place}
    moved = [tidied(substituted(c, old)) for c in generator.components]
    rate = tidied(chart.forward.diff(chart.variable).subs(chart.variable, chart.backward(u))) * moved[place]
    components = [
        rate if i == place else weight * c + q * weight.diff(u) / weight * rate
        for i, (c, q) in enumerate(zip(moved, new, strict=True))
    ]
    field = Field.build(components, new)
    simple = tuple(field.to_expr(field(c)) for c in components)
    if any(c.has(sin, cos, tan, exp, log, atan, asin, atanh) for c in simple):
        return None
    return Charted(VectorField(new, simple), chart, generator)
