"""Laws of vector fields on the coefficient field: Lie's axioms, and prolongation as a homomorphism of Lie algebras."""

from __future__ import annotations

from dataclasses import FrozenInstanceError, replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sympy import Expr, S, exp, sin, sqrt, symbols

from liesym import Generator, ODESystem
from liesym.base.jets import jet_symbol
from liesym.coefficients import Derivation, Element, Field, Space
from liesym.determine.on_solutions import OnSolutions, jet_field
from liesym.determine.verify import remainder_elements

t, x, y, k = symbols("t x y k", real=True)
POINTS = Space.of(t, (x, y), (0, 0))
JETS = Space.of(t, (x, y), (2, 2))
SHAPES = [S.Zero, S.One, t, x, t * x, x**2, x * y, k * y, sin(t), exp(-y), 1 / x, sqrt(x**2 + 1)]
NUMBERS = st.integers(min_value=-3, max_value=3)
COMPONENTS = st.tuples(st.sampled_from(SHAPES), st.sampled_from(SHAPES), NUMBERS).map(lambda c: c[0] + c[2] * c[1])
VECTORS = st.tuples(COMPONENTS, COMPONENTS, COMPONENTS)
FEW = settings(max_examples=12, derandomize=True, deadline=None)

# characteristic functions W(t, x, x') of contact transformations
p, q = jet_symbol(x, 1), jet_symbol(x, 2)
LINE = Space.of(t, (x,), (2,))
CHARACTERISTICS = st.tuples(*[st.sampled_from([S.One, t, x, p, t * p, x * p, p**2, x**2, exp(p), t * x * p])] * 2).map(sum)


def fields_on(field: Field, space: Space, *vectors: tuple[Expr, ...]) -> list[Derivation]:
    """One derivation for each tuple of components."""
    return [Derivation(field, dict(zip(space.coordinates, map(field, v), strict=False))) for v in vectors]


def points(*vectors: tuple[Expr, ...]) -> list[Derivation]:
    """Fields on (t, x, y), in a coefficient field that holds their second derivatives."""
    return fields_on(Field.build([c for v in vectors for c in v], JETS.coordinates, (k,)), POINTS, *vectors)


def vanishes(field: Derivation) -> bool:
    return not field.moved


def plus(*fields: Derivation) -> Derivation:
    coordinates = dict.fromkeys(v for f in fields for v in f.components)
    zero = fields[0].field.zero
    return Derivation(fields[0].field, {v: sum((f.components.get(v, zero) for f in fields), zero) for v in coordinates})


def jacobi(bracket, a: Derivation, b: Derivation, c: Derivation) -> bool:
    """[A, [B, C]] + [B, [C, A]] + [C, [A, B]] = 0."""
    cycles = ((a, b, c), (b, c, a), (c, a, b))
    return vanishes(plus(*(bracket(u, bracket(v, w)) for u, v, w in cycles)))


def commutes_with_brackets(prolong, a: Derivation, b: Derivation) -> bool:
    """pr[A, B] = [pr A, pr B]."""
    return prolong(a.bracket(b)) == prolong(a).bracket(prolong(b))


def prolonged(space: Space):
    return lambda field: field.prolong(Derivation.total(field.field, space), space)


@FEW
@given(VECTORS, VECTORS, VECTORS)
def test_the_bracket_is_a_lie_bracket(one, two, three) -> None:
    a, b, c = points(one, two, three)
    assert vanishes(plus(a.bracket(b), b.bracket(a)))
    assert jacobi(Derivation.bracket, a, b, c)


def test_half_a_bracket_is_no_lie_bracket() -> None:
    def half(u: Derivation, v: Derivation) -> Derivation:
        return Derivation(u.field, {s: u.apply(e) for s, e in v.components.items()})

    a, b, c = points((t * x, x**2, x), (x, t, x * y), (S.One, x * y, t))
    assert jacobi(Derivation.bracket, a, b, c)
    assert not jacobi(half, a, b, c)


@FEW
@given(VECTORS, COMPONENTS, COMPONENTS)
def test_a_field_is_a_derivation_that_kills_constants(vector, f, g) -> None:
    field = Field.build([*vector, f, g, k], POINTS.coordinates)
    (a,) = fields_on(field, POINTS, vector)
    u, v = field(f), field(g)
    assert a.apply(u * v) == a.apply(u) * v + u * a.apply(v)
    assert a.apply(u + v) == a.apply(u) + a.apply(v)
    assert a.apply(field(k)).is_zero
    assert a.apply(u) == field(sum(c * f.diff(s) for s, c in zip(POINTS.coordinates, vector, strict=True)))


@FEW
@given(VECTORS, VECTORS)
def test_prolongation_commutes_with_brackets(one, two) -> None:
    """Olver 1993, Theorem 2.39."""
    a, b = points(one, two)
    assert commutes_with_brackets(prolonged(JETS), a, b)


def test_a_prolongation_without_drift_does_not_commute_with_brackets() -> None:
    def without_drift(field: Derivation) -> Derivation:
        still = Derivation(field.field, {**field.components, t: field.field.zero})
        return Derivation(field.field, {**prolonged(JETS)(still).components, t: field.components[t]})

    a, b = points((t * x, x**2, x), (x, t, y**2))
    assert commutes_with_brackets(prolonged(JETS), a, b)
    assert not commutes_with_brackets(without_drift, a, b)


@FEW
@given(VECTORS)
def test_prolongation_is_that_of_the_generator(vector) -> None:
    (a,) = points(vector)
    rows = Generator((t, x, y), vector).prolong(2)
    expected = {jet_symbol(u, n): e for u, row in zip((x, y), rows, strict=True) for n, e in enumerate(row)}
    found = prolonged(JETS)(a)
    assert list(found.components) == list(JETS.coordinates)
    assert all(found[v] == found.field(e) for v, e in expected.items())


@FEW
@given(CHARACTERISTICS, CHARACTERISTICS)
def test_contact_fields_prolong_too(one, two) -> None:
    """Components on (t, x, x') that come from W: ξ = -W_p, η = W - p W_p, η^(1) = W_t + p W_x (Olver 1993, section 5.2)."""
    field = Field.build([one, two], LINE.coordinates)
    fields = [(-w.diff(p), w - p * w.diff(p), w.diff(t) + p * w.diff(x)) for w in (one, two)]
    a, b = fields_on(field, LINE, *fields)
    assert commutes_with_brackets(prolonged(LINE), a, b)
    assert prolonged(LINE)(a)[p] == a[p]


@pytest.mark.parametrize("text", ["x'' = -x; y'' = y*x'", "x'' = x'^2 + t; y' = x*y", "x' = y^2; y' = exp(x)*t"])
def test_on_solutions_it_agrees_with_the_independent_check(text: str) -> None:
    """η_i^(n_i) by `Derivation.prolong` less X F_i is the remainder of `verify`, which has a formula of its own."""
    system = ODESystem.parse(text)
    components: tuple[Expr, ...] = (t * x, x**2 + t, x * y + sin(t))
    field = jet_field(system, components)
    on = OnSolutions(system, field)
    elements = [field(c) for c in components]
    space = Space.of(system.independent, system.unknowns, system.orders)
    total = Derivation.total(field, on.space, on.rhs)
    found = Derivation(field, dict(zip(system.variables, elements, strict=True))).prolong(total, space)
    tops = [chain[-1] for chain in space.chains]
    below = Derivation(field, {v: e for v, e in found.components.items() if v not in tops})
    remainders: list[Element] = [found[v] - below.apply(f) for v, f in zip(tops, on.rhs, strict=True)]
    assert remainders == remainder_elements(elements, system, field)
    assert any(not r.is_zero for r in remainders)


def test_a_derivation_is_a_value() -> None:
    (a,) = points((t, x, y))
    assert a == replace(a) and hash(a) == hash(replace(a))
    with pytest.raises(FrozenInstanceError):
        a.field = a.field  # type: ignore[misc]
    with pytest.raises(TypeError):
        a.components[t] = a.field.one  # type: ignore[index]
