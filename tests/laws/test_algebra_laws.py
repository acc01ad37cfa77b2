"""Laws of Lie algebras: Jacobi, series, radical, Levi, the Killing form, and independence of the basis."""

from __future__ import annotations

import pytest
from algebra_examples import affine, matrix_algebra, random_basis, sl, so
from hypothesis import given, settings
from hypothesis import strategies as st
from sympy import QQ, Matrix, Rational, Symbol, cos, exp, sin, sqrt, symbols, sympify

from liesym import ODESystem, find_symmetries
from liesym.algebra import LieAlgebra, linear
from liesym.algebra.rational import rationalized
from liesym.errors import Unsupported, VerificationError
from liesym.symmetries.generator import Generator

t, x, y = symbols("t x y", real=True)


def projective() -> LieAlgebra:
    """The 8 symmetries of y'' = 0."""
    fields = [(1, 0), (0, 1), (x, 0), (y, 0), (0, x), (0, y), (x**2, x * y), (x * y, y**2)]
    return LieAlgebra.from_generators([Generator((x, y), tuple(map(sympify, f))) for f in fields])


def test_jacobi_is_demanded() -> None:
    with pytest.raises(VerificationError, match="Jacobi"):
        LieAlgebra.from_constants(3, {(0, 1): {2: 1}, (1, 2): {0: 1}, (0, 2): {2: 1}})


def test_antisymmetry_is_demanded() -> None:
    with pytest.raises(VerificationError, match="opposite"):
        LieAlgebra.from_constants(2, {(0, 1): {0: 1}, (1, 0): {0: 1}})


def test_indices_are_checked() -> None:
    with pytest.raises(Unsupported, match="outside"):
        LieAlgebra.from_constants(2, {(0, 1): {2: 1}})


def test_structure_constants_of_fields_are_those_of_their_brackets() -> None:
    algebra = projective()
    fields = algebra.generators
    for i in range(8):
        for j in range(8):
            bracket = fields[i].bracket(fields[j])
            combined = [
                sum(
                    (c * fields[k].components[a] for k, c in algebra.commutator(i, j).items()),
                    start=sympify(0),
                )
                for a in range(2)
            ]
            assert all((u - v).expand() == 0 for u, v in zip(bracket.components, combined, strict=True))


def test_dependent_fields_are_refused() -> None:
    fields = [Generator((x, y), (sympify(1), sympify(0))), Generator((x, y), (sympify(2), sympify(0)))]
    with pytest.raises(Unsupported, match="dependent"):
        LieAlgebra.from_generators(fields)


def test_fields_that_do_not_close_are_refused() -> None:
    fields = [Generator((x, y), (y, sympify(0))), Generator((x, y), (sympify(0), x**2))]
    with pytest.raises(Unsupported, match="not in their span"):
        LieAlgebra.from_generators(fields)


def test_dependence_through_identities_is_seen() -> None:
    fields = [
        Generator((x,), (sin(x) ** 2,)),
        Generator((x,), (cos(x) ** 2,)),
        Generator((x,), (sympify(1),)),
    ]
    with pytest.raises(Unsupported, match="dependent"):
        LieAlgebra.from_generators(fields)


def test_parameters_stay_symbolic() -> None:
    w = Symbol("w", positive=True)
    fields = [(1, 0), (0, sin(w * t)), (0, cos(w * t)), (0, x)]
    algebra = LieAlgebra.from_generators([Generator((t, x), tuple(map(sympify, f))) for f in fields])
    assert algebra.commutator(0, 1) == {2: w} and algebra.commutator(0, 2) == {1: -w}
    assert algebra.name == "A4,12"


def test_a_sign_that_decides_is_reported_as_cases() -> None:
    k = Symbol("k", real=True)
    algebra = LieAlgebra.from_constants(3, {(0, 1): {2: 1}, (1, 2): {0: 1}, (2, 0): {1: k}})
    assert set((algebra.name or "").split("; ")) == {"so(3) if k > 0", "sl(2,R) if k < 0"}


def test_levi_of_a_semidirect_sum() -> None:
    algebra = affine(sl(3), 3).transformed(random_basis(11, 3))
    levi, radical = algebra.levi_decomposition
    assert len(levi) == 8 and len(radical) == 3
    assert algebra.subalgebra(levi).is_semisimple
    assert Matrix([*levi, *radical]).rank() == 11


def test_nilradical_of_the_motions_of_the_plane() -> None:
    algebra = LieAlgebra.from_constants(3, {(0, 2): {1: -1}, (1, 2): {0: 1}})
    assert len(algebra.nilradical) == 2 and len(algebra.radical) == 3
    assert algebra.is_solvable and not algebra.is_nilpotent


@pytest.mark.parametrize("make", [lambda: matrix_algebra(so(3, 1)), projective, lambda: affine(so(3, 0), 3)])
def test_killing_form_is_invariant(make) -> None:
    algebra = make()
    form = Matrix(algebra.killing_form)
    for i in range(algebra.dimension):
        ad = Matrix(algebra.adjoint(i))
        assert (ad.T * form + form * ad).is_zero_matrix


@settings(max_examples=10, deadline=None)
@given(st.integers(0, 10**6))
def test_invariants_do_not_depend_on_the_basis(seed: int) -> None:
    algebra = affine(so(3, 0), 3)
    changed = algebra.transformed(random_basis(6, seed))
    for name in ("derived_series", "lower_central_series", "killing_signature", "name"):
        assert getattr(algebra, name) == getattr(changed, name)
    assert len(algebra.nilradical) == len(changed.nilradical) == 3


def test_modulo_a_prime_the_invariants_survive_and_no_real_form_is_named() -> None:
    prime = 1000003
    exact = projective()
    table: dict[tuple[int, int], dict[int, object]] = {}
    for i, j, k, c in exact.constants:
        table.setdefault((i, j), {})[k] = c
    modular = LieAlgebra.from_constants(8, table, modulus=prime)
    assert modular.derived_series == (8,) and modular.is_semisimple
    assert modular.name == "a real form of A2"
    with pytest.raises(Unsupported, match="prime"):
        _ = modular.killing_signature


def test_exponential_and_irrational_coefficients() -> None:
    fields = [(1, 0), (0, exp(t)), (0, exp(Rational(1, 3) * t))]
    algebra = LieAlgebra.from_generators([Generator((t, x), tuple(map(sympify, f))) for f in fields])
    assert algebra.name == "A3,5^(1/3)"


def test_constants_over_a_parameter_ring_and_its_field_combine() -> None:
    """The algebra of two Calogero particles: a subalgebra has coefficients in ZZ[w], the whole one in QQ(w)."""
    w = Symbol("w", real=True)
    fields = [
        (1, 0, 0),
        (cos(2 * w * t), -w * x * sin(2 * w * t), -w * y * sin(2 * w * t)),
        (sin(2 * w * t), w * x * cos(2 * w * t), w * y * cos(2 * w * t)),
        (0, cos(w * t), cos(w * t)),
        (0, sin(w * t), sin(w * t)),
        (0, x + y, x + y),
    ]
    algebra = LieAlgebra.from_generators([Generator((t, x, y), tuple(map(sympify, f))) for f in fields])
    assert algebra.name == "gl(2,R)⋉2A1"


def test_the_null_component_of_a_matrix_is_that_of_its_powers() -> None:
    m = linear.matrix([[*map(QQ, row)] for row in ((0, 1, 0, 0), (0, 0, 0, 0), (0, 0, 0, 1), (0, 0, 1, 0))], 4, QQ)
    assert linear.fitting_null(m) == linear.kernel(m**4)
    assert linear.fitting_null(m).shape[0] == 2


def test_roots_of_parameters_become_parameters() -> None:
    """sl(2,R) with [e1, e2] = 2 r e2, r = sqrt(k - w) sqrt(k + w): named, and the basis holds the roots again."""
    k, w = symbols("k w", real=True)
    r = sqrt(k - w) * sqrt(k + w)
    rooted = LieAlgebra.from_constants(3, {(0, 1): {1: 2 * r}, (0, 2): {2: -2 * r}, (1, 2): {0: 1}})
    plain = rationalized(rooted)
    assert plain is not None and not any(c.has(sqrt(k - w)) for *_, c in plain[0].constants)
    values = [c for *_, c in plain[0].constants]
    for root, value in plain[1]:
        values = [c.subs(root, value) for c in values]
    assert all((a - b).expand() == 0 for a, (*_, b) in zip(values, rooted.constants, strict=True))
    assert rooted.name == "sl(2,R)"
    nilpotent = LieAlgebra.from_constants(3, {(1, 2): {0: r}})
    assert nilpotent.name != "sl(2,R)"
    assert rationalized(LieAlgebra.from_constants(3, {(1, 2): {0: k}})) is None


def test_broken_powers_of_parameters_become_powers_of_parameters() -> None:
    """The eight of y'' = a y/n^(17/10), whose constants hold sqrt(a) n^(3/20)."""
    algebra = find_symmetries(ODESystem.parse("y'' = a*y/n^1.7")).algebra
    assert algebra is not None and algebra.name == "sl(3,R)"
    plain = rationalized(algebra)
    assert plain is not None and all(c.is_rational_function() for *_, c in plain[0].constants)
    assert algebra.standard_basis is not None and not any(
        e.has(*(r for r, _ in plain[1])) for e in algebra.standard_basis[1]
    )


def test_what_only_rewriting_of_expressions_would_name_is_left_open() -> None:
    """exp(k) beside sqrt(exp(k) + exp(w)): in no field of SymPy's, and no parameter makes them rational."""
    k, w = symbols("k w", real=True)
    r = sqrt(exp(k) + exp(w))
    constants = {(0, i): {i: r + i * exp(k)} for i in range(1, 5)}
    small, large = (
        LieAlgebra.from_constants(3, {(0, 1): {1: r}, (0, 2): {2: exp(k)}}),
        LieAlgebra.from_constants(8, constants),
    )
    assert small.domain.is_EX and large.domain.is_EX and rationalized(large) is None
    assert not small.identification.open
    assert large.identification.open and "not identified in time" in large.description
