"""Candidates of laws: integrals with unknown functions of their own, and generators, each with its conditions.

    order 2    v_i + V,  x_i v_j - x_j v_i + V,  (v_1² + … + v_m²)/2 + V;  in the plane products of two of these;  on the
               line e^{kt} (v + V) and log(v + V) - c log(v + c V), which Liénard's equation has under Chiellini's condition
    order 1    x_i + A(x_j),  A(x_i) + B(x_j),  Σ x_i,  and H with x' = H_y/M, y' = -H_x/M
    generators ∂_t, ∂_{x_i}, x_i ∂_{x_j} - x_j ∂_{x_i}, Σ x_i ∂_{x_i}, of variables that the unknown functions hold

The leading parts are Killing vectors of flat space and products of them: where the second derivatives hold no velocities, a
polynomial of degree 1 or 2 in these that is the leading part of an integral is a combination of such.
Source: Whittaker 1937, chapter 12; Kalnins, Kress and Miller 2018, chapter 2; Goriely 2001, section 2.5.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from sympy import Add, Expr, Function, Rational, S, Symbol, exp, log
from sympy.core.function import AppliedUndef

from liesym.base.jets import jet_symbol
from liesym.base.names import free_symbols_named
from liesym.model.names import taken_names
from liesym.model.system import ODESystem
from liesym.symmetries.generator import Generator

LARGEST = 4
"""Unknowns of a system up to which pairs of them are tried."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A law with unknown functions.

    Arguments:
        law: the integral, None where it is a generator.
        functions: those that the law brings.
        conditions: must vanish for the law to hold.
        kind: "linear", "rotation", "energy" or another word: what may be imposed together.
        parameters: constants that the law brings.
        generator: the symmetry, None where it is an integral.
    """

    law: Expr | None
    functions: tuple[AppliedUndef, ...]
    conditions: tuple[Expr, ...]
    kind: str = ""
    parameters: tuple[Symbol, ...] = ()
    generator: Generator | None = None


def candidates(system: ODESystem) -> Iterator[Candidate]:
    """Laws that may hold under a relation between the unknown functions, the simple ones first."""
    if set(system.orders) == {2}:
        yield from _mechanical(system)
    elif system.is_first_order:
        yield from _first_order(system)
    yield from _generators(system)


def classes(system: ODESystem) -> str:
    """In words, what is looked among."""
    plain = (
        "translations, rotations and the scaling of all unknowns, of variables that the unknown functions hold; "
        "unknown functions that are proportional, even or odd"
    )
    if set(system.orders) == {2}:
        line = ", log(v + V) - c*log(v + c*V)" if len(system.unknowns) == 1 else ""
        return (
            "laws of degree 1 and 2 in the velocities whose leading part is a sum of squares, a momentum, an angular "
            f"momentum or in the plane a product of these, with an unknown function of the positions{line}; {plain}"
        )
    if system.is_first_order:
        return (
            "laws x_i + A(x_j) and A(x_i) + B(x_j), the sum of all states, and for two states Hamiltonians H with "
            f"M*x' = H_y, M*y' = -H_x, where M is 1 or 1/(x*y); {plain}"
        )
    return plain


# -- order 2 -----------------------------------------------------------------------------------------


def _mechanical(system: ODESystem) -> Iterator[Candidate]:
    positions = system.unknowns
    velocities = [jet_symbol(x, 1) for x in positions]
    t = system.independent
    timed = any(t in a.free_symbols for f in system.functions for a in f.args)
    arguments = (t, *positions) if timed else tuple(positions)
    taken = itertools.count()

    def with_function(leading: Expr, kind: str, *parameters: Symbol, factor: Expr = S.One) -> Candidate:
        own = Function(f"*V#c{next(taken)}")(*arguments)
        law = factor * (leading + own)
        return Candidate(law, (own,), (system.total_derivative(law) / factor,), kind, parameters)

    squares = Add(*(v**2 for v in velocities))
    yield with_function(squares / 2, "energy")
    momenta = list(velocities) if len(positions) <= LARGEST else []
    turning = [
        positions[i] * velocities[j] - positions[j] * velocities[i]
        for i, j in itertools.combinations(range(len(momenta)), 2)
    ]
    for leading in momenta:
        yield with_function(leading, "linear")
    for leading in turning:
        yield with_function(leading, "rotation")
    if len(positions) == 1:
        (k,) = free_symbols_named(("k",), taken_names(system))
        yield with_function(velocities[0], "", k, factor=exp(k * t))
        yield _of_two_lines(system, velocities[0], arguments)
        return
    (c,) = free_symbols_named(("c",), taken_names(system))
    for i, j in itertools.combinations(range(len(momenta)), 2):
        yield with_function(velocities[j] + c * velocities[i], "linear", c)
    if len(positions) == 2:
        yield with_function((velocities[0] ** 2 + c * velocities[1] ** 2) / 2, "quadratic", c)
        for left, right in itertools.combinations_with_replacement([*momenta, *turning], 2):
            yield with_function(left * right * (Rational(1, 2) if left == right else 1), "quadratic")


def _of_two_lines(system: ODESystem, v: Symbol, arguments: Sequence[Symbol]) -> Candidate:
    """log(v + V) - c log(v + c V): each of the two curves v = -V, v = -c V consists of solutions."""
    (c,) = free_symbols_named(("c",), taken_names(system))
    V = Function("*V#c")(*arguments)
    first, second = v + V, v + c * V
    condition = system.total_derivative(first) * second - c * system.total_derivative(second) * first
    return Candidate(log(first) - c * log(second), (V,), (condition,), "", (c,))


# -- order 1 -----------------------------------------------------------------------------------------


def _first_order(system: ODESystem) -> Iterator[Candidate]:
    states = system.unknowns
    taken = itertools.count()

    def own(stem: str, *arguments: Expr) -> AppliedUndef:
        return Function(f"*{stem}#c{next(taken)}")(*arguments)

    def conserved(law: Expr, *functions: AppliedUndef) -> Candidate:
        return Candidate(law, functions, (system.total_derivative(law),))

    if len(states) > 1:
        yield conserved(Add(*states))
    if len(states) == 2:
        x, y = states
        for weight in (S.One, 1 / (x * y)):
            H = own("H", x, y)
            yield Candidate(H, (H,), tuple(_hamiltonian(system, H, weight)))
    if len(states) > LARGEST:
        return
    for x, y in itertools.permutations(states, 2):
        A = own("A", y)
        yield conserved(_least_open(system, x, y) + A, A)
    for x, y in itertools.combinations(states, 2):
        A, B = own("A", x), own("B", y)
        yield conserved(A + B, A, B)


def _least_open(system: ODESystem, x: Symbol, y: Symbol) -> Expr:
    """x, x + y or x - y, which differ by a function of y: the one whose rate holds the fewest unknown functions."""
    return min((x, x + y, x - y), key=lambda e: len(system.total_derivative(e).expand().atoms(AppliedUndef)))


def _hamiltonian(system: ODESystem, H: AppliedUndef, weight: Expr) -> Sequence[Expr]:
    x, y = system.unknowns
    return weight * system.rhs[0] - H.diff(y), weight * system.rhs[1] + H.diff(x)


# -- generators --------------------------------------------------------------------------------------


def _generators(system: ODESystem) -> Iterator[Candidate]:
    inside = {s for f in system.functions for a in f.args for s in a.free_symbols}
    moved = [v for v in system.variables if v in inside]
    states = [v for v in system.unknowns if v in inside]
    fields = [({v: S.One}, "translation") for v in moved]
    if 1 < len(states) <= LARGEST:
        fields += [({x: -y, y: x}, "turning") for x, y in itertools.combinations(states, 2)]
        fields.append((dict(zip(system.unknowns, system.unknowns, strict=True)), "scaling"))
    for components, kind in fields:
        generator = Generator(system.variables, tuple(components.get(v, S.Zero) for v in system.variables))
        yield Candidate(None, (), generator.remainder(system), kind, (), generator)
