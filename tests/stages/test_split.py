"""Splitting: the parts vanish exactly where the whole vanishes for every value of the jet coordinates."""

from __future__ import annotations

from dataclasses import replace

import pytest
from runs import dealt
from symmetry_examples import analyzed, is_spanned
from sympy import Expr, Matrix, S, Symbol, cos, exp, log, sin, sqrt, symbols

from liesym import Generator, ODESystem
from liesym.base.jets import jet_symbol
from liesym.base.typed import substituted
from liesym.certify.expansion import draw_prime
from liesym.certify.splitting import splitting_is_confirmed
from liesym.coefficients import Field
from liesym.determine.forms import apply_form
from liesym.determine.invariance import determine, invariance_forms
from liesym.determine.split import split

x, y, a = symbols("x y a", real=True)
p, q = symbols("p q", real=True)


def number_of_conditions(coefficients: list[Expr]) -> int:
    """The rank over functions of (x, y) of what Σ c_i u_i(x, y) = 0 for all p, q says of the u_i."""
    field = Field.build(coefficients, (x, y, p, q), (a,), upper=(p, q))
    form = {(i, (0, 0)): field(c) for i, c in enumerate(coefficients)}
    parts = split([form], field, (p, q))
    assert not any(c.depends_on(v) for part in parts for c in part.values() for v in (p, q))
    rows = [[part.get((i, (0, 0)), field.zero) for i in range(len(coefficients))] for part in parts]
    return Matrix([[field.to_expr(c) for c in row] for row in rows]).rank(simplify=True)


@pytest.mark.parametrize(
    ("coefficients", "conditions"),
    [
        ([p, p**2, x * p], 2),
        ([sqrt(1 + p**2), 1 + p**2, p], 3),
        ([sqrt(1 + p**2) ** 3, sqrt(1 + p**2), 1 + p**2, S.One], 4),
        ([sqrt(1 + p**2) ** 2, p**2, x], 2),  # not three: sqrt(1 + p²)² = 1 + p²
        ([1 / p, p, x * y], 3),
        ([exp(p), exp(2 * p), exp(-p) * y], 3),
        ([exp(p + x), exp(p) * y], 1),  # exp(p + x) = exp(x) exp(p)
        ([exp(p + x), exp(p + y), exp(p + 2 * x - y)], 1),
        ([exp(x - y), exp(q + x), exp(q + y)], 2),
        ([exp(p + a), exp(p)], 1),
        ([sin(p + x), cos(p), sin(p)], 2),
        ([sin(p + x), sin(p + y), cos(p - x)], 2),
        ([(x * p) ** a, p**a], 1),
        ([sin(p) ** 2, cos(p) ** 2, x], 2),  # not three: sin² + cos² = 1
        ([sin(2 * p), sin(p) * cos(p)], 1),
        ([log(x * p), log(p)], 2),
        ([log(x * p), log(p), log(x)], 2),
        ([exp(a * p), exp(p)], 2),
        ([p**a, p ** (a + 2), p**2], 3),
        ([1 / (1 + p), p / (1 + p), x], 2),
        ([(1 + p) ** 2, 1 + 2 * p + p**2, (1 + p) ** 3], 2),
        ([p * q, q * p * x, p + q], 2),
        ([sqrt(x * p), sqrt(p), p], 2),
    ],
)
def test_dependent_functions_of_the_velocities_are_recognised(coefficients: list[Expr], conditions: int) -> None:
    assert number_of_conditions(coefficients) == conditions


def test_functions_of_the_variables_hidden_in_quotients_of_kernels() -> None:
    """w = v + exp(x - u) carries w'' = 0 into the second equation: (v + exp(x - u)) ∂_v must not be lost."""
    plain = analyzed("u'' = exp(u'+u); w'' = 0", "x")
    hidden = analyzed("u'' = exp(u'+u); v'' = exp(u'+x) - (1-u')^2*exp(x-u)", "x")
    assert hidden.dimension == plain.dimension == 4
    s, u, v = hidden.system.variables
    assert is_spanned(Generator((s, u, v), (S.Zero, S.Zero, v + exp(s - u))), hidden.generators, hidden.system)


TRAPS = [
    "y'' = a*(1+y'^2)^(3/2)",
    "y'' = exp(y')*y + exp(2*y')",
    "y'' = 1/y' + y/y'^2",
    "y'' = y*(sin(y')^2+cos(y')^2) + x*sin(2*y')",
    "y'' = sqrt(1+y'^2)*sqrt(x^2+y^2)",
    "y'' = y'^a*y",
    "y'' = f(y') + g(x,y)",
    "y''' = y''^(3/2)/(y'+y)",
    "x'' = y'/sqrt(x'^2+y'^2); y'' = -x'/sqrt(x'^2+y'^2)",
]


def read(text: str) -> ODESystem:
    return ODESystem.parse(text, independent="t" if "x''" in text else "x")


@pytest.mark.parametrize("text", TRAPS)
def test_samples_of_the_condition_span_what_the_split_equations_span(text: str) -> None:
    assert splitting_is_confirmed(determine(read(text)), draw_prime(1), 5)


@pytest.mark.parametrize("text", TRAPS)
def test_the_check_by_samples_rejects_a_lost_and_an_invented_equation(text: str) -> None:
    determining = determine(read(text))
    origin = (0,) * len(determining.variables)
    invented = {(0, origin): determining.field.one}
    more = replace(determining, equations=(*determining.equations, invented))
    assert not splitting_is_confirmed(more, draw_prime(1), 5)
    rejected = []
    for i in range(len(determining.equations)):
        fewer = replace(determining, equations=determining.equations[:i] + determining.equations[i + 1 :])
        rejected.append(not splitting_is_confirmed(fewer, draw_prime(1), 5))
    assert any(rejected)  # a single one may follow from the others


def test_split_equations_hold_no_jet_coordinate() -> None:
    for text in TRAPS:
        system = read(text)
        public = determine(system).public()
        jets = {jet_symbol(u, k) for u, n in zip(system.unknowns, system.orders, strict=True) for k in range(1, n + 2)}
        assert not jets & set().union(*(e.free_symbols for e in public.equations))
        assert jets & set().union(*(e.free_symbols for e in public.conditions))


@pytest.mark.parametrize("text", TRAPS[:4])
def test_the_whole_vanishes_exactly_with_its_parts(text: str) -> None:
    """For fields in a small span: the condition is zero if and only if every split equation is."""
    system = read(text)
    determining = determine(system)
    field, t = determining.field, system.independent
    u = system.unknowns[0]
    shapes = [field(e) for e in (0, 1, t, u, -u, t * u)]
    agreed = 0
    for xi in shapes:
        for eta in shapes:
            values = [xi, eta]
            forms = invariance_forms(system, determining.unknowns, field)
            whole = all(apply_form(f, values, system.variables, field).is_zero for f in forms)
            parts = all(apply_form(f, values, system.variables, field).is_zero for f in determining.equations)
            assert whole == parts
            agreed += whole
    assert agreed  # ξ = η = 0 at least


def test_the_rotation_of_constant_curvature_is_not_lost() -> None:
    """A wrong independence assumption on √(1+y'²) loses (-y, x): Kamke 6.63."""
    result = analyzed("y'' = a*(1+y'^2)^(3/2)", "x")
    assert result.dimension == 3
    s, u = result.system.variables
    assert is_spanned(Generator((s, u), (-u, s)), result.generators, result.system)
    assert not is_spanned(Generator((s, u), (u, s)), result.generators, result.system)


RENAMED = [
    ("y'' = k*y'^2/y + w*y", {"k": "xi", "w": "eta"}),
    ("y'' = k*y^3 + w*y'", {"k": "xi_0_1", "w": "C1"}),
    ("y'' = k*(1+y'^2)^(3/2) + w", {"k": "epsilon", "w": "h"}),
    ("y'' = -2*k*y' - w*y", {"k": "psi1", "w": "psi2"}),
    ("z' = cos(k*z + w)", {"k": "xi", "w": "g0"}),
]


@pytest.mark.parametrize(("text", "names"), dealt(RENAMED[::-1], usual=2))
def test_parameters_with_the_names_of_inventions_give_the_renamed_result(text: str, names: dict[str, str]) -> None:
    """No name is captured: the analysis commutes with renaming the parameters."""
    renamed_text = text
    for old, new in names.items():
        renamed_text = renamed_text.replace(f"{old}*", f"{new}*").replace(f"+ {old}", f"+ {new}")
    one, two = analyzed(text), analyzed(renamed_text)
    assert {s.name for s in two.system.parameter_symbols} == set(names.values())
    back = {Symbol(new, real=True): Symbol(old, real=True) for old, new in names.items()}
    assert (two.dimension, two.completeness) == (one.dimension, one.completeness)
    assert len(two.generators) == len(one.generators) and len(two.families) == len(one.families)
    assert {c.xreplace(back) for c in two.conditions} == set(one.conditions)
    if one.definitions or two.definitions:
        assert [d.order for d in one.definitions] == [d.order for d in two.definitions]
        return
    for generator in two.generators:
        assert is_spanned(generator.subs(back), one.generators, one.system)


def test_unknowns_with_the_names_of_inventions() -> None:
    one, two = analyzed("y'' = y^2"), analyzed("xi'' = xi^2", "eta")
    assert one.dimension == two.dimension == 2
    back = dict(zip(two.system.variables, one.system.variables, strict=True))
    for generator in two.generators:
        moved = Generator(one.system.variables, tuple(substituted(c, back) for c in generator.components))
        assert is_spanned(moved, one.generators, one.system)


def test_arbitrary_functions_with_the_names_of_inventions() -> None:
    for name in ("xi", "eta_y", "psi1", "h"):
        result = analyzed(f"y'' = {name}(x)*y", "x")
        assert result.dimension == 8 and str(result.completeness) == "proven"
        assert name not in {d.name for d in result.definitions}
