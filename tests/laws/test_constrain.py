"""Relations between unknown functions: what is gained holds with the functions open, and the relation is what it takes."""

from __future__ import annotations

from functools import cache

import pytest
import sympy as sp
from sympy.core.function import AppliedUndef

import liesym
from liesym.base.budget import UNLIMITED
from liesym.determine.verify import is_first_integral
from liesym.errors import Unsupported
from liesym.invariants.open.conditions import NoForm, Solving
from liesym.invariants.open.laws import candidates
from liesym.invariants.open.options import imposed, option_of, options_in
from liesym.invariants.open.records import Option
from liesym.invariants.open.relations import relations
from liesym.model.reading import read_in_system
from liesym.model.vectorfields import read_generator

PLANE = "x'' = f(x,y); y'' = g(x,y)"
# system -> {relation: (form, a law)}
EXPECTED = {
    PLANE: {
        "f_y = g_x": ("x'' = -D(V(x, y), x); y'' = -D(V(x, y), y)", "x'^2/2 + y'^2/2 + V(x, y)"),
        "y*f = x*g": ("x'' = x*h(x, y); y'' = y*h(x, y)", "x*y' - x'*y"),
        "y*f = x*g, f_y = g_x": ("x'' = -2*x*V'(x^2 + y^2); y'' = -2*y*V'(x^2 + y^2)", "x*y' - x'*y"),
    },
    "x'' = b(x,y)*y'; y'' = -b(x,y)*x'": {
        "x*b_y - y*b_x = 0": ("x'' = 2*y'*V'(x^2 + y^2); y'' = -2*x'*V'(x^2 + y^2)", "x*y' - x'*y + V(x^2 + y^2)"),
    },
    "x1'' = F(x1-x2); x2'' = F(x2-x1)": {
        "F(x₁ - x₂) = -F(x₂ - x₁)": (
            "x1'' = (x1 - x2)*H'((x1 - x2)^2); x2'' = (x2 - x1)*H'((x2 - x1)^2)", "x1' + x2'",
        ),
    },
    "x'' = -f(x)*x' - g(x)": {
        "f = 0": ("x'' = -V'(x)", "x'^2/2 + V(x)"),
        "g = 0": ("x'' = -x'*V'(x)", "x' + V(x)"),
        "k*f = k^2 + g_x": ("x'' = -k*x' - k*V(x) - x'*V'(x)", "(x' + V(x))*exp(k*t)"),
    },
    "x' = f(x,y); y' = g(x,y)": {
        "f = -g": ("x' = -g(x, y); y' = g(x, y)", "x + y"),
        "f^2*g*g_xy - f^2*g_x*g_y - f*g^2*f_xy + g^2*f_x*f_y = 0": (
            "x' = -h(x, y)*B'(y); y' = h(x, y)*A'(x)", "A(x) + B(y)",
        ),
        "f_x = -g_y": ("x' = D(H(x, y), y); y' = -D(H(x, y), x)", "H(x, y)"),
    },
    "S' = -f(S,I); I' = f(S,I) - c*I": {
        "I*f_I - f = 0": ("S' = I*c/A'(S); I' = -I*c - I*c/A'(S)", "I + S + A(S)"),
    },
    "S' = -f(S,I); I' = f(S,I) - g(I); R' = g(I)": {
        "f*g_I - g*f_I = 0": ("S' = g(I)/A'(S); I' = -g(I) - g(I)/A'(S); R' = g(I)", "I + S + A(S)"),
    },
}  # fmt: skip


@cache
def options_of(text: str) -> tuple[Option, ...]:
    return tuple(options_in(liesym.ODESystem.parse(text), UNLIMITED)[0])


def same(left: str, right: str) -> bool:
    """Whether two forms are the same equations."""
    one, other = liesym.ODESystem.parse(left), liesym.ODESystem.parse(right)
    return all(sp.expand(f - g) == 0 for f, g in zip(one.rhs, other.rhs, strict=True))


def plain(words: str) -> str:
    """Words of a terminal with or without mathematical signs."""
    return words.replace("·", "*").replace("−", "-")


@pytest.mark.parametrize("text", EXPECTED)
def test_relations_their_forms_and_laws(text: str) -> None:
    options = {plain(o.words()): o for o in options_of(text)}
    for relation, (form, law) in EXPECTED[text].items():
        assert same(options[relation].form, form)
        assert law in options[relation].to_json()["conserved"]


@pytest.mark.parametrize("text", EXPECTED)
def test_forms_are_read_back_and_keep_their_laws(text: str) -> None:
    for option in options_of(text):
        read = liesym.ODESystem.parse(option.form)
        assert read.functions
        for law in option.to_json()["conserved"]:
            assert is_first_integral(read_in_system(law, read), read), (option.form, law)
        assert all(g.is_symmetry_of(option.system) for g in option.symmetries)


@pytest.mark.parametrize("text", EXPECTED)
def test_the_relation_holds_in_the_form_and_is_needed(text: str) -> None:
    """Put into the relation, what the functions become gives 0; in the given system the law holds for no open functions."""
    given = liesym.ODESystem.parse(text)
    for option in options_of(text):
        values = dict(option.functions)
        for relation in option.relations:
            assert sp.cancel(relation.subs(values).doit()) == 0, (option.form, relation)
        assert not any(is_first_integral(law, given) for law in option.conserved)


def test_what_holds_for_every_function_needs_no_relation() -> None:
    """x'' = f(x), y'' = g(y): both energies always hold, and are no option."""
    options = options_of("x'' = f(x); y'' = g(y)")
    assert not any("x'^2/2 + V(x)" in o.to_json()["conserved"] for o in options)


def test_a_pair_force_that_is_odd_keeps_the_momentum_and_the_energy() -> None:
    """Three bodies on a line and one unknown F(x_i - x_j): F(-s) = -F(s) gives the momentum, the centre of mass and an
    energy with the antiderivative of F; the pair force of two laws, F(x1 - x2) and G(x2 - x1), G(-s) = -F(s)."""
    three = "; ".join(f"x{i}'' = " + " + ".join(f"F(x{i}-x{j})" for j in (1, 2, 3) if j != i) for i in (1, 2, 3))
    (odd,) = (o for o in options_of(three) if o.relation.startswith("F(x1 - x2) = -F"))
    first, second, third = odd.conserved
    H = next(iter(second.atoms(AppliedUndef))).func
    assert {str(first), str(third.subs(sp.Symbol("t", real=True), 0))} == {"x1' + x2' + x3'", "x1 + x2 + x3"}
    assert "H is an antiderivative, H'(s) = h(s)" in odd.statements[0] and H.__name__ == "H"
    two = options_of("x1'' = F(x1-x2); x2'' = G(x2-x1)")
    (action,) = (o for o in two if "x1' + x2'" in o.to_json()["conserved"])
    assert plain(action.words()) == "G = -F" and len(action.conserved) == 3


def test_mirrored_arguments_of_two_variables() -> None:
    """f(x, y) and f(y, x): with f(y, x) = -f(x, y) the sum of x and y is kept, which no open f keeps."""
    options = options_of("x' = f(x, y); y' = f(y, x)")
    (odd,) = (o for o in options if o.relation == "f(x, y) = -f(y, x)")
    assert odd.conserved == (sp.Symbol("x", real=True) + sp.Symbol("y", real=True),)
    assert same(
        odd.form, "x' = h(x, y) - h(y, x); y' = h(y, x) - h(x, y)".replace("h", odd.system.functions[0].func.__name__)
    )


def test_chiellini() -> None:
    """x'' = -f x' - g with (g/f)' = k f: two curves v = -V and v = -c V of solutions, and one integral of both."""
    (option,) = (o for o in options_of("x'' = -f(x)*x' - g(x)") if "log" in o.to_json()["conserved"][0])
    assert same(option.form, "x'' = -(1 + c)*V'(x)*x' - c*V(x)*V'(x)")
    x, f, g, c = sp.Symbol("x", real=True), sp.Function("f"), sp.Function("g"), option.system.parameters[0].symbol
    (relation,) = option.relations
    quotient = sp.together((g(x) / f(x)).diff(x) - c * f(x) / (1 + c) ** 2)
    assert sp.cancel(relation / sp.fraction(quotient)[0]).is_number
    assert "log(x' + V(x)) - c*log(c*V(x) + x')" in option.to_json()["conserved"]


def test_conditions_that_contradict_each_other_have_no_form() -> None:
    system = liesym.ODESystem.parse("x'' = f(x) - c*x'")
    energy = next(c for c in candidates(system) if c.kind == "energy")
    solving = Solving(system.variables + system.jet_coordinates, list(system.functions), list(energy.conditions), UNLIMITED)
    with pytest.raises(NoForm):
        solving.run()


def test_elimination_of_a_potential() -> None:
    x, y = sp.symbols("x y", real=True)
    f, g, V = (sp.Function(n)(x, y) for n in ("f", "g", "V"))
    assert relations([f + V.diff(x), g + V.diff(y)], [V], (x, y)) in [(f.diff(y) - g.diff(x),), (g.diff(x) - f.diff(y),)]


def test_unknowns_with_factors() -> None:
    """x'' = -f x, y'' = -g y keeps x y' - x' y where f = g, and an energy where x f_y = y g_x."""
    system = liesym.ODESystem.parse("x'' = -f(x,y)*x; y'' = -g(x,y)*y")
    words = {}
    for candidate in candidates(system):
        if candidate.kind in ("energy", "rotation"):
            option = option_of(system, [candidate], UNLIMITED)
            assert option is not None
            words[candidate.kind] = plain(option.words())
    assert words == {"energy": "x*f_y = y*g_x", "rotation": "f = g"}


def test_a_central_field_in_space() -> None:
    """Three angular momenta and the energy leave one function of x² + y² + z²."""
    system = liesym.ODESystem.parse("x'' = f(x,y,z); y'' = g(x,y,z); z'' = p(x,y,z)")
    laws = [c for c in candidates(system) if c.kind in ("energy", "rotation") and c.generator is None]
    central = option_of(system, laws, UNLIMITED)
    assert central is not None and len(central.conserved) == 4
    assert same(central.form, "; ".join(f"{u}'' = -2*{u}*V'(x^2+y^2+z^2)" for u in "xyz"))


SPHERE = "x' = f(x,y,z); y' = g(x,y,z); z' = p(x,y,z)"
PLANAR = "x' = f(x,y); y' = g(x,y)"
# what is imposed -> the form, in the functions that are left
IMPOSED = [
    (SPHERE, ["x^2+y^2+z^2"], [], "x' = -2*y*h(x,y,z) - 2*z*k(x,y,z); y' = 2*x*h(x,y,z); z' = 2*x*k(x,y,z)"),
    (SPHERE, ["x^2+y^2+z^2", "x+y"], [], "x' = -z*h(x,y,z); y' = z*h(x,y,z); z' = (x-y)*h(x,y,z)"),
    (SPHERE, ["x^2+y^2+z^2"], ["x: -y; y: x"],
     "x' = x*z*k(z,x^2+y^2) - y*h(z,x^2+y^2); y' = x*h(z,x^2+y^2) + y*z*k(z,x^2+y^2); z' = -(x^2+y^2)*k(z,x^2+y^2)"),
    (PLANAR, [], ["x: x; y: 2*y"], "x' = x*h(y/x^2); y' = y*k(y/x^2)"),
    (PLANAR, [], ["x: 1; y: y"], "x' = h(y*exp(-x)); y' = y*k(y*exp(-x))"),
    ("x' = f(t,x)", [], ["t: 1; x: x"], "x' = x*h(x*exp(-t))"),
    (PLANE, ["x*y' - y*x'"], ["x: x; y: y"], "x'' = x*h(y/x); y'' = y*h(y/x)"),
    ("x'' = f(x,y,x',y'); y'' = g(x,y,x',y')", ["x*y' - y*x'"], [], "x'' = x*h(x,y,x',y'); y'' = y*h(x,y,x',y')"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "integrals", "generators", "form"), IMPOSED)
def test_laws_that_are_imposed(text: str, integrals: list[str], generators: list[str], form: str) -> None:
    """The equations with integrals and generators built in; all hold whatever the functions are."""
    system = liesym.ODESystem.parse(text)
    laws = [read_in_system(e, system) for e in integrals]
    fields = [liesym.Generator.of(read_generator(g, system)) for g in generators]
    option = imposed(system, laws, fields, UNLIMITED)
    assert same(option.form, form), option.form
    assert all(is_first_integral(e, option.system) for e in laws)
    assert all(g.is_symmetry_of(option.system) for g in fields)


def test_what_cannot_be_imposed_is_said() -> None:
    with pytest.raises(Unsupported, match="no form of the equations was found in which these hold"):
        liesym.constrain("x' = f(t,x)", integrals=["x*exp(t)"], budget=10.0)
    with pytest.raises(Unsupported, match="constant on every curve"):
        liesym.constrain("x' = f(t,x)", integrals=["3"], budget=10.0)


def test_what_holds_anyway_restricts_nothing() -> None:
    system = liesym.ODESystem.parse("x' = f(x,y); y' = -f(x,y)")
    option = imposed(system, [read_in_system("x + y", system)], [], UNLIMITED)
    assert option.relations == () and option.words() == "" and option.form == "x' = f(x, y); y' = -f(x, y)"


def test_the_whole_answer() -> None:
    found = liesym.constrain("x'' = f(t,x)", budget=20.0)
    assert not found.always and not found.stopped
    option = next(o for o in found.options if plain(o.words()) == "f_t = 0")
    assert [str(g) for g in option.symmetries] == ["∂t"] and option.form == "x'' = -V'(x)"
    assert "not excluded" in found.within


def test_an_antiderivative_is_the_function() -> None:
    found = liesym.constrain("x'' = f(x)", budget=10.0)
    assert found.to_json()["always"]["form"] == "x'' = F'(x)"
    assert found.statements[0].startswith("F is an antiderivative")


def test_without_an_unknown_function_there_is_nothing_to_relate() -> None:
    with pytest.raises(Unsupported, match="no unknown function"):
        liesym.constrain("x'' = -k*x")
