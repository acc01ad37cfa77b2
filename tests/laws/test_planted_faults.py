"""A fault planted in one stage never yields a wrong proof: the other stages see it.

Proven means that verified generators are as many as an independent bound. So under any fault the claim is
either not proven, or it is right; and no generator leaves that fails substitution when the fault is gone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache

import pytest
from runs import dealt
from symmetry_examples import rank

import liesym.certify
import liesym.determine.invariance
import liesym.solving.linear.span
import liesym.solving.ode.integrate
from liesym import Generator, ODESystem, VerificationError, find_symmetries
from liesym.solving.linear.linear import Nullspace
from liesym.solving.ode import bessel, elementary, local_exponents, workspace
from liesym.solving.ode.ode import OdeSolver
from liesym.solving.pde.involutive import Basis
from liesym.symmetries.results import Completeness, Result

# those that take part in every run
FAST = ("y'' = 1/y^3", "y'' = exp(y)", "y'' = y'^2/y + y*log(y)", "y'' = t*y")
SYSTEMS = {
    "y'' = 1/y^3": 3,
    "y'' = exp(y)": 2,
    "y'' = 6*y^2 + t": 0,
    "y'' = a*(1+y'^2)^(3/2)": 3,
    "y'' = y'^2/y + y*log(y)": 8,
    "y'' = -3*y*y' - y^3": 8,
    "y'' = t*y": 8,
    "y''' = 3*y''^2/(2*y')": 6,
    "x'' = -x/(x^2+y^2)^(3/2); y'' = -y/(x^2+y^2)^(3/2)": 3,
}

Fired = list[int]
Fault = Callable[[pytest.MonkeyPatch, Fired], None]


def assert_honest(result: Result, dimension: int) -> None:
    """Proven only with the right count; every generator passes substitution."""
    assert all(g.is_symmetry_of(result.system) for g in result.generators)
    if result.completeness is Completeness.PROVEN:
        assert result.dimension == dimension == rank(result.generators, result.system)


@cache
def analyzed_with(name: str, text: str) -> tuple[Result | None, Fired]:
    """The analysis under a fault, None after a VerificationError; an entry for each time it strikes."""
    fired: Fired = []
    system = ODESystem.parse(text)
    with pytest.MonkeyPatch.context() as patch:
        FAULTS[name](patch, fired)
        try:
            return find_symmetries(system, budget=1), fired
        except VerificationError:
            return None, fired


# -- the faults --------------------------------------------------------------------------------------


def split_loses(position: int) -> Fault:
    def fault(patch: pytest.MonkeyPatch, fired: Fired) -> None:
        right = liesym.determine.invariance.split

        def wrong(forms, field, away):
            parts = right(forms, field, away)
            fired.append(1)
            return tuple(p for i, p in enumerate(parts) if i != position % len(parts))

        patch.setattr(liesym.determine.invariance, "split", wrong)

    return fault


def split_invents(term: tuple[int, int]) -> Fault:
    """u_a = 0 (order 0) or ∂_t u_a = 0 (order 1) besides."""

    def fault(patch: pytest.MonkeyPatch, fired: Fired) -> None:
        right = liesym.determine.invariance.split

        def wrong(forms, field, away):
            parts = right(forms, field, away)
            fired.append(1)
            a, order = term
            length = len(next(iter(parts[0]))[1])
            return (*parts, {(a, (order, *(0,) * (length - 1))): field.one})

        patch.setattr(liesym.determine.invariance, "split", wrong)

    return fault


def completion_drops_conditions(patch: pytest.MonkeyPatch, fired: Fired) -> None:
    patch.setattr(Basis, "_integrability", lambda self, one, two, top: fired.append(1))


def completion_drops_terms(patch: pytest.MonkeyPatch, fired: Fired) -> None:
    right = Basis.normal_form

    def wrong(self, form):
        reduced = right(self, form)
        if len(reduced) < 2:
            return reduced
        fired.append(1)
        return dict(list(reduced.items())[:-1])

    patch.setattr(Basis, "normal_form", wrong)


def completion_invents_a_condition(patch: pytest.MonkeyPatch, fired: Fired) -> None:
    right = Basis.complete

    def wrong(self):
        fired.append(1)
        self.add([{(0, (0,) * len(self.where.variables)): self.field.one}])
        right(self)

    patch.setattr(Basis, "complete", wrong)


def integration_is_wrong(patch: pytest.MonkeyPatch, fired: Fired) -> None:
    right = liesym.solving.ode.integrate.integrate

    def wrong(element, variable, field):
        found = right(element, variable, field)
        fired.append(1)
        return None if found is None else found * 2 + field(variable)

    for user in (workspace, elementary, local_exponents, bessel):
        patch.setattr(user, "integrate", wrong)


def solutions_are_missing(patch: pytest.MonkeyPatch, fired: Fired) -> None:
    right = OdeSolver.fundamental_solutions

    def wrong(self, coefficients, variable):
        found = right(self, coefficients, variable)
        fired.append(1)
        return found[:-1] if found else found

    patch.setattr(OdeSolver, "fundamental_solutions", wrong)


def solutions_are_wrong(patch: pytest.MonkeyPatch, fired: Fired) -> None:
    right = OdeSolver.fundamental_solutions

    def wrong(self, coefficients, variable):
        found = right(self, coefficients, variable)
        fired.append(1)
        return found and [u * self.field(variable) for u in found]

    patch.setattr(OdeSolver, "fundamental_solutions", wrong)


def solutions_are_repeated(patch: pytest.MonkeyPatch, fired: Fired) -> None:
    right = OdeSolver.fundamental_solutions

    def wrong(self, coefficients, variable):
        found = right(self, coefficients, variable)
        fired.append(1)
        return found and [found[0]] * len(found)

    patch.setattr(OdeSolver, "fundamental_solutions", wrong)


def nullspace_with(change: Callable) -> Fault:
    def fault(patch: pytest.MonkeyPatch, fired: Fired) -> None:
        right = liesym.solving.linear.span.nullspace

        def wrong(rows, columns, field):
            found = right(rows, columns, field)
            fired.append(1)
            return Nullspace(change(found.vectors, columns, field), found.pivots)

        patch.setattr(liesym.solving.linear.span, "nullspace", wrong)

    return fault


FAULTS: dict[str, Fault] = {
    "splitting loses the first equation": split_loses(0),
    "splitting loses a middle equation": split_loses(2),
    "splitting loses the last equation": split_loses(-1),
    "splitting invents ξ = 0": split_invents((0, 0)),
    "splitting invents ∂_t η = 0": split_invents((1, 1)),
    "completion drops integrability conditions": completion_drops_conditions,
    "completion drops terms": completion_drops_terms,
    "completion invents ξ = 0": completion_invents_a_condition,
    "integration is wrong": integration_is_wrong,
    "ODE solutions are missing": solutions_are_missing,
    "ODE solutions are wrong": solutions_are_wrong,
    "ODE solutions are repeated": solutions_are_repeated,
    "nullspace loses a vector": nullspace_with(lambda v, n, f: type(v)(v[:-1])),
    "nullspace repeats vectors": nullspace_with(lambda v, n, f: type(v)([*v, *v])),
    "nullspace invents a vector": nullspace_with(lambda v, n, f: type(v)([*v, {n - 1: f.one}])),
}


@pytest.mark.parametrize("text", dealt(SYSTEMS, slow=2, late=set(SYSTEMS) - set(FAST)))
@pytest.mark.parametrize("name", FAULTS)
def test_no_fault_leads_to_a_wrong_proof(name: str, text: str) -> None:
    result, _ = analyzed_with(name, text)
    if result is not None:
        assert_honest(result, SYSTEMS[text])


@pytest.mark.parametrize("name", FAULTS)
def test_the_fault_strikes_somewhere(name: str) -> None:
    """A planted fault that no system reaches would test nothing."""
    assert any(analyzed_with(name, text)[1] for text in FAST)


@pytest.mark.parametrize("name", [n for n in FAULTS if n.startswith("splitting")])
def test_a_wrong_splitting_is_never_proven(name: str) -> None:
    """Samples of the unsplit conditions contradict it, unless the lost equation follows from the others."""
    for text in FAST:
        result, _ = analyzed_with(name, text)
        if result is not None and result.completeness is Completeness.PROVEN:
            assert result.dimension == SYSTEMS[text]
    invented = name.startswith("splitting invents")
    result, _ = analyzed_with(name, "y'' = 1/y^3")
    assert not invented or result is None or result.completeness is not Completeness.PROVEN


@contextmanager
def bound_shifted(by: int) -> Iterator[None]:
    """The certificate claims a bound that is off."""
    from dataclasses import replace

    import liesym.symmetries.engine as engine

    right = engine.certified

    def wrong(*arguments, **options):
        certificate, stop = right(*arguments, **options)
        return (certificate if certificate.bound is None else replace(certificate, bound=certificate.bound + by)), stop

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(engine, "certified", wrong)
        yield


def test_a_bound_that_is_too_large_leaves_the_claim_open() -> None:
    with bound_shifted(1):
        result = find_symmetries(ODESystem.parse("y'' = 1/y^3"), budget=2)
    assert result.completeness is Completeness.OPEN and len(result.generators) == 3


def test_a_bound_that_is_too_small_is_reported_as_a_contradiction() -> None:
    with bound_shifted(-1), pytest.raises(VerificationError, match="upper bound"):
        find_symmetries(ODESystem.parse("y'' = 0"), budget=2)


def test_the_check_for_honesty_rejects_a_wrong_result() -> None:
    from dataclasses import replace

    result = find_symmetries(ODESystem.parse("y'' = 1/y^3"))
    assert_honest(result, 3)
    t, y = result.system.variables
    with pytest.raises(AssertionError):
        assert_honest(replace(result, generators=result.generators[:2]), 3)
    with pytest.raises(AssertionError):
        assert_honest(replace(result, generators=(*result.generators[:2], Generator((t, y), (y, t)))), 3)
