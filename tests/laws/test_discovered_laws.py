"""Laws of fields that can only be called: what is found holds, what does not hold is not found."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pytest
from sympy import Expr, Matrix, Symbol, cancel, cos, log, sqrt

import liesym
from liesym import ODESystem, discover
from liesym.discovery import Discovery

x, y, u, v = (Symbol(name, real=True) for name in "xyuv")
PLANE = ((-2, 2), (-2, 2))
ORBITS = ((0.5, 2), (-2, -0.4), (-1, 1), (-1, 1))


def field(*components: Callable[..., Any]) -> Callable[[Any, np.ndarray], np.ndarray]:
    """f(t, x) of one component after the other, each a function of the states."""
    return lambda _, z: np.stack([c(*np.moveaxis(z, -1, 0)) for c in components], -1)


FIELDS = {
    "oscillator": (field(lambda x, y: y, lambda x, y: -x), "xy", PLANE, [x**2 + y**2]),
    "Duffing": (field(lambda x, y: y, lambda x, y: x - x**3), "xy", PLANE, [2 * y**2 - 2 * x**2 + x**4]),
    "pendulum": (field(lambda x, y: y, lambda x, y: -1.5 * np.sin(x)), "xy", PLANE, [y**2 - 3 * cos(x)]),
    "Lotka-Volterra": (
        field(lambda x, y: x * (2 / 3 - 4 / 3 * y), lambda x, y: y * (x - 1)),
        *("xy", ((0.3, 3), (0.3, 3))),
        [x - log(x) + 4 * y / 3 - 2 * log(y) / 3],
    ),
    "SIR": (
        field(lambda x, y, u: -0.5 * x * y, lambda x, y, u: 0.5 * x * y - 0.25 * y, lambda x, y, u: 0.25 * y),
        *("xyu", ((0.1, 1),) * 3),
        [x + y + u, x + y - log(x) / 2],
    ),
    "rigid body": (
        field(lambda x, y, u: y * u / 2, lambda x, y, u: -2 * x * u / 3, lambda x, y, u: x * y / 5),
        *("xyu", ((-2, 2),) * 3),
        [4 * x**2 + 3 * y**2, 2 * x**2 - 5 * u**2],
    ),
    "Kepler": (
        field(
            *(lambda x, y, u, v: u, lambda x, y, u, v: v),
            *(lambda x, y, u, v: -x / (x**2 + y**2) ** 1.5, lambda x, y, u, v: -y / (x**2 + y**2) ** 1.5),
        ),
        *("xyuv", ORBITS),
        [x * v - y * u, u**2 + v**2 - 2 / sqrt(x**2 + y**2), v * (x * v - y * u) - x / sqrt(x**2 + y**2)],
    ),
}


def of_rank(expressions: Sequence[Expr], names: str) -> int:
    """How many of the expressions are functionally independent."""
    symbols = [Symbol(name, real=True) for name in names]
    at = dict(zip(symbols, (0.71, -0.43, 0.37, 0.59) if "v" in names else (0.71, 0.43, 0.37), strict=False))
    slopes = Matrix([[e.diff(s).subs(at).evalf() for s in symbols] for e in expressions])
    return int(np.linalg.matrix_rank(np.array(slopes.tolist(), float), tol=1e-8))


@pytest.mark.parametrize("name", FIELDS)
def test_all_integrals_and_nothing_else(name: str) -> None:
    called, names, region, known = FIELDS[name]
    found = discover(called, names=names, region=region)
    expressions = [law.expression for law in found.integrals]
    assert len(expressions) == len(known) == of_rank(known, names)
    assert of_rank([*known, *expressions], names) == len(known)
    assert {law.grade for law in found.integrals} == {"supported"}


NOTHING = {
    "van der Pol": (field(lambda x, y: y, lambda x, y: (1 - x**2) * y - x), "xy", PLANE),
    "damped pendulum": (field(lambda x, y: y, lambda x, y: -np.sin(x) - 0.1 * y), "xy", PLANE),
    "Lorenz": (
        field(lambda x, y, u: 10 * (y - x), lambda x, y, u: x * (28 - u) - y, lambda x, y, u: x * y - 8 / 3 * u),
        *("xyu", ((-9, 9),) * 3),
    ),
}


@pytest.mark.parametrize("name", NOTHING)
def test_no_integral_where_there_is_none(name: str) -> None:
    called, names, region = NOTHING[name]
    found = discover(called, names=names, region=region)
    assert found.integrals == ()
    assert "monomials of degree 6" in found.notes[0] and "none found" in str(found)


def test_symmetries_of_kepler() -> None:
    called, names, region, _ = FIELDS["Kepler"]
    found = discover(called, names=names, region=region)
    t = found.generators[0].generator.variables[0]
    known = {(1, 0, 0, 0, 0), (0, -y, x, -v, u), (-3 * t, -2 * x, -2 * y, u, v)}
    assert {law.expression for law in found.generators} == known


def test_symmetries_of_a_limit_cycle() -> None:
    turning = field(lambda x, y: -y + x * (1 - x**2 - y**2), lambda x, y: x + y * (1 - x**2 - y**2))
    found = discover(turning, names="xy", region=PLANE)
    assert [law.expression for law in found.generators] == [(1, 0, 0), (0, -y, x)] and not found.integrals


def test_a_multiple_by_an_integral_is_left_out() -> None:
    called, names, region, _ = FIELDS["SIR"]
    components = [law.expression for law in discover(called, names=names, region=region).generators]
    assert components == [(1, 0, 0, 0), (0, 0, 0, 1)]


def test_a_system_proves() -> None:
    system = ODESystem.parse("x' = y; y' = x - x^3")
    found = discover(system, region=PLANE)
    assert [law.grade for law in found.integrals] == ["proven"] and found.system == system
    assert all(law.grade == "proven" and law.generator.is_symmetry_of(system) for law in found.generators)


def test_decimals_are_not_called_exact() -> None:
    odd = field(lambda x, y: y, lambda x, y: -np.exp(0.1234567) * x)
    (law,) = discover(odd, names="xy", region=PLANE).integrals
    assert law.grade == "approximate" and float(law.evidence["residual"]) < 1e-9
    assert "." in str(law) and "[approximate]" in str(law)


def test_a_law_that_holds_nearly_is_not_found() -> None:
    nearly = field(lambda x, y: y, lambda x, y: -x - 1e-6 * y)
    assert discover(nearly, names="xy", region=PLANE).integrals == ()


def test_one_state_at_a_time_and_a_field_that_knows_the_time() -> None:
    found = discover(lambda t, z: [z[1], -z[0]], names="xy", region=PLANE)
    assert [law.expression for law in found.integrals] == [x**2 + y**2]
    driven = discover(lambda t, z: [z[1] * np.cos(t), -z[0] * np.cos(t)], names="xy", region=PLANE)
    assert [law.expression for law in driven.integrals] == [x**2 + y**2]
    assert (1, 0, 0) not in [law.expression for law in driven.generators]


def graded(found: Discovery) -> list[str]:
    """The printed laws."""
    return [line for line in str(found).splitlines() if line.startswith("  ") and "none found" not in line]


def test_nothing_is_printed_without_its_grade() -> None:
    found = discover(FIELDS["oscillator"][0], names="xy", region=PLANE)
    assert len(graded(found)) == 3 and all("[supported]" in line for line in graded(found))
    assert found.to_json()["integrals"][0]["grade"] == "supported"  # pyright: ignore[reportIndexIssue]
    assert "residual" in str(found.integrals[0].evidence)


def test_a_torch_module() -> None:
    torch = pytest.importorskip("torch")

    class Pendulum(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.rate = torch.nn.Parameter(torch.tensor(1.5, dtype=torch.float64))

        def forward(self, t: Any, z: Any) -> Any:
            return torch.stack([z[..., 1], -self.rate * torch.sin(z[..., 0])], -1)

    (law,) = discover(Pendulum(), names="xy", region=PLANE).integrals
    assert of_rank([law.expression, y**2 - 3 * cos(x)], "xy") == 1 and law.grade == "supported"


def test_a_jax_function() -> None:
    jnp = pytest.importorskip("jax.numpy")

    found = discover(lambda t, z: jnp.stack([z[..., 1], -z[..., 0]], -1), names="xy", region=PLANE)
    assert [law.expression for law in found.integrals] == [x**2 + y**2]


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"region": ((-1, 1),)}, "one pair"),
        ({"region": ((1, -1), (0, 1))}, "least, largest"),
        ({"names": ("x", "x")}, "name of its own"),
        ({"names": ("x", "2y")}, "not a name"),
        ({"backend": "cobol"}, "not known"),
    ],
)
def test_bad_settings_are_told(change: dict[str, Any], told: str) -> None:
    with pytest.raises(liesym.DataError, match=told):
        discover(FIELDS["oscillator"][0], **{"names": ("x", "y"), "region": PLANE} | change)


def test_bad_fields_are_told() -> None:
    with pytest.raises(liesym.DataError, match="shape"):
        discover(lambda t, z: z[..., 0], names="xy", region=PLANE)
    with pytest.raises(liesym.DataError, match="cannot be called"):
        discover(lambda z: z, names="xy", region=PLANE)
    with pytest.raises(liesym.DataError, match="finite at"):
        discover(lambda t, z: np.log(-(z**2)), names="xy", region=PLANE)
    with pytest.raises(liesym.Unsupported, match="first-order"):
        discover(ODESystem.parse("x'' = -x"), region=PLANE)


@pytest.mark.parametrize(
    "term", ["x^6/3", Symbol("x") ** 6 / 3, Symbol("x", real=True) ** 6 / 3, Symbol("x", positive=True) ** 6 / 3]
)
def test_given_terms_are_matched_by_name(term) -> None:
    """x'' = -x^5 with y = x': a degree that the library reaches late, given as text or in any kind of symbol."""
    found = liesym.discover(
        lambda t, s: np.stack([s[..., 1], -(s[..., 0] ** 5)], -1), names=("x", "y"), region=((-2, 2), (-2, 2)), terms=(term,)
    )
    (law,) = found.integrals
    ratio = cancel(law.expression / (x**6 + 3 * y**2))
    assert ratio.is_number and ratio != 0


@pytest.mark.parametrize(("term", "message"), [("z*x", "holds z"), (Symbol("a") * Symbol("x"), "holds a")])
def test_a_term_of_something_else_is_refused(term, message: str) -> None:
    with pytest.raises(liesym.LiesymError, match=message):
        liesym.discover(lambda t, s: -s, names=("x",), region=((-2, 2),), terms=(term,))
