"""The independent bound: right on known algebras, recheckable, and not to be talked into anything."""

from __future__ import annotations

from dataclasses import replace

import pytest

from liesym import ODESystem
from liesym.certify import Certificate, bound_at_parameters, certify, recheck
from liesym.certify.structure import StructureModPrime

KNOWN = {
    "free particle": ("y'' = 0", 8),
    "oscillator": ("y'' = -w^2*y", 8),
    "any linear equation": ("y'' = q(t)*y", 8),
    "any linear equation with damping and source": ("y'' = p(t)*y' + q(t)*y + r(t)", 8),
    "free particle in disguise": ("y'' = -3*y*y' - y^3", 8),
    "Ermakov": ("y'' = 1/y^3", 3),
    "curvature": ("y'' = a*(1+y'^2)^(3/2)", 3),
    "force of position": ("y'' = f(y)", 1),
    "force of velocity": ("y'' = f(y')", 2),
    "force of all": ("y'' = F(t, y, y')", 0),
    "Liouville": ("y'' = exp(y)", 2),
    "Emden-Fowler with symbolic exponents": ("y'' = t^a*y^n", 1),
    "nonlinear diffusion": ("y'' = -(K'(y)*y'^2 + t*y'/2)/K(y)", 0),
    "Painleve I": ("y'' = 6*y^2 + t", 0),
    "Painleve II": ("y'' = 2*y^3 + t*y + a", 0),
    "free, order 3": ("y''' = 0", 7),
    "Schwarzian": ("y''' = 3*y''^2/(2*y')", 6),
    "free, order 4": ("y^(4) = 0", 8),
    "Kepler plane": ("x'' = -x/(x^2+y^2)^(3/2); y'' = -y/(x^2+y^2)^(3/2)", 3),
    "two free particles": ("x'' = 0; y'' = 0", 15),
    "Henon-Heiles": ("x'' = -x-2*x*y; y'' = -y-x^2+y^2", 1),
    "orders that differ": ("x'' = 0; y''' = 0", 15),
    "sine forcing": ("y'' = -sin(y) + sin(t)", 0),
    "Airy in the coefficients": ("y'' = airyai(t)*y", 8),
}


def certificate_of(text: str, **options) -> Certificate:
    return certify(ODESystem.parse(text), **options)


@pytest.mark.parametrize("name", KNOWN)
def test_known_dimensions(name: str) -> None:
    text, dimension = KNOWN[name]
    certificate = certificate_of(text)
    assert certificate.bound == dimension and certificate.exact
    assert str(dimension) in certificate.statement


@pytest.mark.parametrize("name", ["oscillator", "Ermakov", "curvature", "Kepler plane", "Schwarzian"])
@pytest.mark.parametrize("seed", [11, 500])
def test_the_count_does_not_depend_on_the_draw(name: str, seed: int) -> None:
    text, dimension = KNOWN[name]
    assert certificate_of(text, seed=seed, structure=False).bound == dimension


def test_a_first_order_system_has_no_finite_bound() -> None:
    for text in ("y' = y^2", "x' = y; y' = -x"):
        certificate = certificate_of(text)
        assert certificate.bound is None and not certificate.exact
        assert "first-order" in certificate.statement or "order 1" in certificate.statement


def test_an_equation_of_order_one_among_others_is_not_miscounted() -> None:
    """x' = y, y'' = x is linear of order 3 in x: three solutions, the scaling and time translation; or no bound."""
    assert certificate_of("x' = y; y'' = x").bound in (5, None)


@pytest.mark.parametrize("name", ["oscillator", "force of position", "Kepler plane"])
def test_a_saved_certificate_is_counted_again(name: str) -> None:
    system = ODESystem.parse(KNOWN[name][0])
    certificate = certify(system)
    assert recheck(certificate, system)
    assert Certificate.from_dict(certificate.to_dict()) == certificate
    assert recheck(certificate.to_dict(), system)


def shifted(certificate: Certificate, by: int) -> Certificate:
    """The same with another bound and counts to match."""
    assert certificate.bound is not None
    return replace(
        certificate,
        bound=certificate.bound + by,
        counts=tuple((d, n, r + by) for d, n, r in certificate.counts),
    )


def test_a_tampered_certificate_is_rejected() -> None:
    system = ODESystem.parse("y'' = 1/y^3")
    certificate = certify(system)
    assert recheck(certificate, system)
    for wrong in (
        shifted(certificate, 1),
        shifted(certificate, -1),
        replace(certificate, bound=4),
        replace(certificate, bound=None),
        replace(certificate, jet_degree=certificate.jet_degree - 1),
        replace(certificate, truncation=certificate.truncation + 1),
        replace(certificate, counts=()),
        replace(certificate, counts=certificate.counts[:2]),
    ):
        assert not recheck(wrong, system)


def test_a_certificate_without_draws_proves_nothing() -> None:
    system = ODESystem.parse("y'' = 1/y^3")
    certificate = certify(system)
    assert not recheck(replace(certificate, primes=(), seeds=()), system)
    small = replace(certificate, primes=(7, 11))
    assert not recheck(small, system)
    assert not recheck(replace(certificate, primes=(2**30, 2**30 + 2)), system)


def test_a_certificate_of_another_system_is_rejected() -> None:
    certificate = certificate_of("y'' = 1/y^3")
    assert not recheck(certificate, ODESystem.parse("y'' = 1/y^2"))
    assert not recheck(certificate, ODESystem.parse("y'' = 0"))


def structure_of(text: str) -> StructureModPrime:
    structure = certificate_of(text).structure
    assert structure is not None
    return structure


@pytest.mark.parametrize(
    ("text", "killing_rank", "derived", "centre"),
    [
        ("y'' = 0", 8, (8, 8), 0),  # sl(3)
        ("y'' = q(t)*y", 8, (8, 8), 0),
        ("y'' = 1/y^3", 3, (3, 3), 0),  # sl(2)
        ("y'' = a*(1+y'^2)^(3/2)", 1, (3, 2, 0), 0),  # e(2)
        ("y'' = exp(y)", 1, (2, 1, 0), 0),  # the affine algebra of the line
        ("y'' = f(y')", 0, (2, 0), 2),  # two translations
        ("y''' = 3*y''^2/(2*y')", 6, (6, 6), 0),  # sl(2) + sl(2)
        ("x'' = 0; y'' = 0", 15, (15, 15), 0),  # sl(4)
    ],
)
def test_structure_before_any_generator_is_known(
    text: str, killing_rank: int, derived: tuple[int, ...], centre: int
) -> None:
    """Reid 1991; the algebras are those of Olver 1993, examples 2.26 and 2.74, and of Lie's list."""
    structure = structure_of(text)
    assert (structure.killing_rank, structure.centre) == (killing_rank, centre)
    assert list(dict.fromkeys(structure.derived)) == list(dict.fromkeys(derived))
    assert structure.solvable == (derived[-1] == 0)
    assert structure.semisimple == (killing_rank == derived[0])


def test_structure_constants_obey_jacobi() -> None:
    structure = structure_of("x'' = -x/(x^2+y^2)^(3/2); y'' = -y/(x^2+y^2)^(3/2)")
    n, p = structure.dimension, structure.prime
    c = [[[0] * n for _ in range(n)] for _ in range(n)]
    for i, j, k, value in structure.constants:
        c[i][j][k], c[j][i][k] = value, -value % p

    def jacobi(i: int, j: int, k: int, target: int) -> int:
        cyclic = ((i, j, k), (j, k, i), (k, i, j))
        return sum(c[u][v][s] * c[s][w][target] for u, v, w in cyclic for s in range(n)) % p

    assert not any(jacobi(i, j, k, m) for i in range(n) for j in range(n) for k in range(n) for m in range(n))


def test_special_values_of_parameters_raise_the_dimension() -> None:
    """y'' + k y y' + y³ = 0: 2, and 8 at k = ±3 (Mahomed and Leach 1985)."""
    system = ODESystem.parse("y'' = -k*y*y' - y^3")
    (k,) = system.parameter_symbols
    assert certify(system).bound == 2
    assert bound_at_parameters(system, {k: 3}).bound == bound_at_parameters(system, {k: -3}).bound == 8
    assert bound_at_parameters(system, {k: 2}).bound == 2


def test_two_bodies_in_the_plane() -> None:
    """Eleven, counted independently by LIEPDE: generic mass ratio."""
    text = "; ".join(
        f"{u}{i}'' = {sign}*({u}1-{u}2)/((x1-x2)^2+(y1-y2)^2)^(3/2)" for u in "xy" for i, sign in ((1, "-m"), (2, "1"))
    )
    assert certificate_of(text, structure=False).bound == 11


def test_no_bound_is_given_when_the_time_is_over() -> None:
    certificate = certificate_of(KNOWN["Kepler plane"][0], budget=0.0)
    assert certificate.bound is None and "no bound" in certificate.statement


def test_irrational_constants_need_primes_modulo_which_they_exist() -> None:
    """sqrt(2), sqrt(3) and the imaginary unit have residues modulo one prime in eight; the count waits for such a prime."""
    text = "x'' = sqrt(2)*sqrt(-x')*x + sqrt(3)*x'"
    certificate = certify(ODESystem.parse(text), budget=30)
    assert certificate.bound == 1 and recheck(certificate, ODESystem.parse(text))
