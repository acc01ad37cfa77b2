"""Laws of prolongation: it is a homomorphism of Lie algebras, and it is what the characteristic says."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sympy import Expr, Function, Integral, S, exp, expand, sin, sqrt, symbols

from liesym import Generator
from liesym.base.jets import jet_symbol
from liesym.base.typed import expr
from liesym.model.prolongation import by_symengine, by_sympy, prolonged

t, x, y = symbols("t x y", real=True)
SHAPES = [S.Zero, S.One, t, x, y, t * x, x**2, t**2, x * y, sin(t), exp(-y)]
NUMBERS = st.integers(min_value=-3, max_value=3)
COMPONENTS = st.tuples(st.sampled_from(SHAPES), st.sampled_from(SHAPES), NUMBERS).map(lambda c: c[0] + c[2] * c[1])
FIELDS = st.tuples(COMPONENTS, COMPONENTS, COMPONENTS).map(lambda c: Generator((t, x, y), c))
FEW = settings(max_examples=8, derandomize=True, deadline=None)
ORDER = 2


def prolonged_components(field: Generator, order: int) -> dict:
    """Jet coordinate -> component of the prolonged field."""
    components = {t: field.xi}
    for unknown, row in zip(field.variables[1:], field.prolong(order), strict=True):
        components |= {jet_symbol(unknown, k): eta for k, eta in enumerate(row)}
    return components


def along(components: dict, expression: Expr) -> Expr:
    return sum((c * expression.diff(v) for v, c in components.items()), start=S.Zero)


def commutes_with_brackets(prolong, one: Generator, two: Generator) -> bool:
    """pr[X, Y] = [pr X, pr Y], component by component."""
    left, a, b = prolong(one.bracket(two), ORDER), prolong(one, ORDER), prolong(two, ORDER)
    return all(expand(left[v] - along(a, b[v]) + along(b, a[v])) == 0 for v in left)


@FEW
@given(FIELDS, FIELDS)
def test_prolongation_commutes_with_brackets(one: Generator, two: Generator) -> None:
    """Olver 1993, Theorem 2.39."""
    assert commutes_with_brackets(prolonged_components, one, two)


@FEW
@given(FIELDS, st.integers(1, 3))
def test_both_libraries_prolong_to_the_same_form(field: Generator, order: int) -> None:
    assert by_symengine(field.jets, field.components, order) == by_sympy(field.jets, field.components, order)


@pytest.mark.parametrize("eta", ["kept", x**y, sqrt(x**2 + 1), Function("f")(x) * x**9, Integral(exp(x**2), x)])
def test_what_only_sympy_writes_as_before_stays_with_it(eta: object, monkeypatch: pytest.MonkeyPatch) -> None:
    used: list[int] = []
    monkeypatch.setattr("liesym.model.prolongation.by_symengine", lambda *a: used.append(1) or by_symengine(*a))
    monkeypatch.setattr("liesym.model.prolongation.LARGE", 1)
    field = Generator((t, x, y), (t * x, x**2 + 1 if eta == "kept" else eta, S.Zero))  # type: ignore[arg-type]
    assert prolonged(field.jets, field.components, 1) == by_sympy(field.jets, field.components, 1)
    assert bool(used) == (eta == "kept")


def test_a_wrong_prolongation_does_not_commute_with_brackets() -> None:
    def without_drift(field: Generator, order: int) -> dict:
        components = prolonged_components(field, order)
        return components | {jet_symbol(x, 1): field.jets.total_derivative(field.eta[x])}

    one, two = Generator((t, x, y), (t * x, x**2, x)), Generator((t, x, y), (x, t, y**2))
    assert commutes_with_brackets(prolonged_components, one, two)
    assert not commutes_with_brackets(without_drift, one, two)


@FEW
@given(FIELDS)
def test_prolongation_through_the_characteristic(field: Generator) -> None:
    """η_i^(k) = D_t^k Q_i + ξ x_i^(k+1)."""
    jets = field.jets
    for unknown, q, row in zip(field.variables[1:], field.characteristic(), field.prolong(ORDER), strict=True):
        for k, eta in enumerate(row):
            assert expand(eta - q - field.xi * jet_symbol(unknown, k + 1)) == 0
            q = jets.total_derivative(q)


def test_the_first_two_coefficients_for_one_unknown() -> None:
    """Olver 1993, equations (2.45) and (2.46), with arbitrary ξ and η."""
    xi, eta = Function("xi")(t, x), Function("eta")(t, x)
    first, second = jet_symbol(x, 1), jet_symbol(x, 2)
    (row,) = Generator((t, x), (xi, eta)).prolong(2)
    assert row[0] == eta
    assert expand(row[1] - (eta.diff(t) + (eta.diff(x) - xi.diff(t)) * first - xi.diff(x) * first**2)) == 0
    expected = (
        eta.diff(t, 2)
        + (2 * eta.diff(t, x) - xi.diff(t, 2)) * first
        + (eta.diff(x, 2) - 2 * xi.diff(t, x)) * first**2
        - xi.diff(x, 2) * first**3
        + (eta.diff(x) - 2 * xi.diff(t) - 3 * xi.diff(x) * first) * second
    )
    assert expand(row[2] - expected) == 0


@pytest.mark.parametrize(
    ("components", "invariant"),
    [
        ((0, -y, x), jet_symbol(x, 1) ** 2 + jet_symbol(y, 1) ** 2),  # rotation: speed
        ((0, -y, x), x * jet_symbol(y, 2) - y * jet_symbol(x, 2)),  # rotation: torque
        ((2 * t, x, y), x * jet_symbol(x, 1)),  # scaling
        ((t, 0, y), jet_symbol(y, 1) + t * jet_symbol(x, 1)),
    ],
)
def test_known_differential_invariants(components, invariant: Expr) -> None:
    field = Generator((t, x, y), tuple(map(S, components)))
    assert expand(field.prolonged(invariant)) == 0
    assert expand(field.prolonged(invariant * jet_symbol(y, 1) ** 3 + t)) != 0


def test_curvature_is_invariant_under_the_rotation_of_the_plane() -> None:
    """(-x, t): x''/(1 + x'²)^(3/2), Olver 1993, example 2.74."""
    first, second = jet_symbol(x, 1), jet_symbol(x, 2)
    rotation = Generator((t, x), (-x, t))
    assert expr(rotation.prolonged(second**2 / (1 + first**2) ** 3).together()).expand() == 0
