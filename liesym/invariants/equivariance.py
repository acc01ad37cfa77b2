"""Joint invariants and equivariant frames of a group on phase space, for networks that cannot break a symmetry.

    f = V_0 + Σ_j c_j(I_1, …, I_r) V_j

is carried into itself by the group whatever the functions c_j are. Where the group leaves time alone, V_0 = 0, X(I_i) = 0
and [X, V_j] = 0 for every generator X; invariants and fields are found among polynomials by exact linear algebra. Where
that gives none, differential invariants that are linear in the leading derivatives are solved for these, else an open field
is made invariant by what `liesym.constrain` solves with. The certificate is the same: the equations with all c_j open admit
the generators.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations_with_replacement
from random import Random
from typing import Any

from sympy import Add, Derivative, Dummy, Expr, Function, Integer, Matrix, Poly, Rational, S, Symbol
from sympy.core.function import AppliedUndef
from sympy.polys.matrices import DomainMatrix

from liesym.base.budget import UNLIMITED
from liesym.base.jets import jet_symbol
from liesym.base.parameters import Parameter
from liesym.errors import AnsatzError, Unsupported, VerificationError
from liesym.invariants.joint import invariants
from liesym.invariants.open.options import imposed
from liesym.model.system import ODESystem
from liesym.symmetries.generator import Generator

SEARCH = 5.0
"""Seconds for the invariants of each order."""


@dataclass(frozen=True, slots=True)
class EquivariantFrame:
    """Joint invariants and the fields that commute with the group.

    Arguments:
        state: the symbols of phase space, (q, q', …).
        invariants: functionally independent I_i.
        frame: fields V_j by their components: m for an acceleration (`order` 2), else one per state.
        certificate: what was proven of them.
        base: V_0, empty where it is 0.
    """

    state: tuple[Symbol, ...]
    invariants: tuple[Expr, ...]
    frame: tuple[tuple[Expr, ...], ...]
    certificate: Certificate
    base: tuple[Expr, ...] = ()


@dataclass(frozen=True, slots=True)
class Certificate:
    """That equations have laws whatever the functions in them are.

    Arguments:
        generators: symmetries of the system, each verified by substitution with the functions open.
        system: the equations; a network stands in the place of each function.
        substitution: the right side that was given, a function of everything, and what was put in its place.
    """

    generators: tuple[Generator, ...]
    system: ODESystem
    substitution: tuple[tuple[AppliedUndef, Expr], ...]

    def holds(self) -> bool:
        """The proof once more: all generators admitted, decided exactly."""
        return all(g.is_symmetry_of(self.system) for g in self.generators)

    def __str__(self) -> str:
        by = self.system.display
        put = [f"{by.write(f)} = {by.write(e)}" for f, e in self.substitution]
        names = ", ".join(f.func.__name__ for f in self.system.functions)
        return "\n".join([*map(str, self.generators), f"hold for every {names}:", *put])


def equivariant_frame(
    generators: Sequence[Generator], *, order: int = 1, degree: int = 2, frame_degree: int = 2
) -> EquivariantFrame:
    """Joint invariants and frame fields of a group, and the proof that they are.

    Arguments:
        generators: over (t, x_1, …, x_m).
        order: 1 for x' = f(x); 2 for x'' = a(x, x'), with the prolonged group and a frame of
            accelerations.
        degree: of the invariants, at most.
        frame_degree: of the frame fields, at most; no more than is needed is used.

    Returns:
        As many functionally independent invariants as there are up to the degree, low degrees first, and
        frame fields that are linearly independent at a generic point, one for each unknown or state. Where there are none
        among polynomials, or the group moves time, those of the most general invariant field that was found.

    Raises:
        Unsupported: neither was found.
        AnsatzError: what is given is no generator.
        VerificationError: what was found does not hold; it is not handed out.
    Source: Olver 1993, sections 2.1 and 2.3.
    """
    if not generators:
        raise Unsupported("an invariant network needs at least one generator")
    for generator in generators:
        if not isinstance(generator, Generator):
            raise AnsatzError(f"{generator!r} is no generator; write liesym.Generator((t, x, …), (ξ, η, …))")
    try:
        return _polynomial(generators, order, degree, frame_degree)
    except Unsupported as plain:
        found = _by_derivatives(generators, order) or _solved(generators, order)
        if found is None:
            raise plain
        return found


def _polynomial(generators: Sequence[Generator], order: int, degree: int, frame_degree: int) -> EquivariantFrame:
    unknowns = generators[0].variables[1:]
    state = tuple(jet_symbol(x, k) for k in range(order) for x in unknowns)
    fields = [_on_phase_space(g, state, order) for g in generators]
    functions = _independent(_invariants(fields, state, degree), state)
    frame: tuple[tuple[Expr, ...], ...] = ()
    for highest in range(1, frame_degree + 1):
        if len(frame) < len(unknowns):
            frame = _generic(_frame(fields, state, order, highest), state)
    if not functions and invariants(_group(generators), order=order - 1, budget=SEARCH).expected == 0:
        functions = (S.One,)  # the coefficients are constants
    if not functions or len(frame) < len(unknowns):
        raise Unsupported(
            f"{len(functions)} invariants up to degree {degree}, {len(frame)} independent frame fields "
            f"up to degree {frame_degree} for {len(unknowns)} unknowns; raise the degrees"
        )
    return _certified(generators, order, state, functions, frame)


def _certified(
    generators: Sequence[Generator],
    order: int,
    state: tuple[Symbol, ...],
    joint: tuple[Expr, ...],
    frame: tuple[tuple[Expr, ...], ...],
    base: tuple[Expr, ...] = (),
) -> EquivariantFrame:
    """With the proof: the equations whose right side is V_0 + Σ c_j(I) V_j, c_j open, admit the generators."""
    time, *unknowns = generators[0].variables
    width = len(frame[0])
    chosen = [Function(f"c{j + 1}")(*joint) for j in range(len(frame))]
    rhs = [Add(*([base[i]] if base else []), *(c * v[i] for c, v in zip(chosen, frame, strict=True))) for i in range(width)]
    inside = (time, *state) if any(e.has(time) for e in (*joint, *rhs)) else state
    given = [Function(f"f{i + 1}")(*inside) for i in range(width)]
    declared = {s for e in (*joint, *base, *(c for v in frame for c in v)) for s in e.free_symbols} - {time, *state}
    parameters = tuple(Parameter(s) for s in sorted(declared, key=str) if isinstance(s, Symbol))
    system = ODESystem(time, tuple(unknowns), (order,) * len(unknowns), tuple(rhs), parameters)
    made = Certificate(tuple(generators), system, tuple(zip(given, rhs, strict=True)))  # type: ignore[arg-type]
    if not made.holds():
        raise VerificationError(
            f"an invariant field of {', '.join(map(str, generators))} did not verify; nothing is returned"
        )
    return EquivariantFrame(state, joint, frame, made, base)


def _by_derivatives(generators: Sequence[Generator], order: int) -> EquivariantFrame | None:
    """x^(n) = A⁻¹ (J - b) from differential invariants J = A x^(n) + b; None where there are not enough of that form.

    Without invariants of lower order the coefficients are constants, functions of 1.
    """
    unknowns = generators[0].variables[1:]
    state = tuple(jet_symbol(x, k) for k in range(order) for x in unknowns)
    known, every = (invariants(_group(generators), order=k, budget=SEARCH) for k in (order - 1, order))
    leading = [jet_symbol(x, order) for x in unknowns]
    if not known.complete:
        return None
    rows, rest = [], []
    for J in every.functions:
        slopes = [J.diff(v) for v in leading]
        if any(slopes) and not any(s.has(*leading) for s in slopes) and Matrix([*rows, slopes]).rank() > len(rows):
            rows.append(slopes)
            rest.append(J.subs(dict.fromkeys(leading, S.Zero)))
    if len(rows) < len(leading):
        return None
    inverse = Matrix(rows).inv()
    frame = tuple(tuple(inverse[i, j].cancel() for i in range(len(leading))) for j in range(len(leading)))
    base = tuple((-e).cancel() for e in inverse * Matrix(rest))
    return _certified(generators, order, state, known.functions or (S.One,), frame, base if any(base) else ())


def _group(generators: Sequence[Generator]) -> list[Generator]:
    """With the translation of time where the generators do not ask for a field that depends on it."""
    variables = generators[0].variables
    still = Generator(variables, tuple(S.One if k == 0 else S.Zero for k in range(len(variables))))
    return [*generators] if _is_timed(generators) else [*generators, still]


def _is_timed(generators: Sequence[Generator]) -> bool:
    time = generators[0].variables[0]
    return any(not g.xi.is_number or any(c.has(time) for c in g.components) for g in generators)


def _solved(generators: Sequence[Generator], order: int) -> EquivariantFrame | None:
    """From the conditions on an open right side; None where they are not solved, or not by functions of one list of
    arguments in which the right side is linear."""
    time, *unknowns = generators[0].variables
    state = tuple(jet_symbol(x, k) for k in range(order) for x in unknowns)
    inside = (time, *state) if _is_timed(generators) else state
    open_sides = tuple(Function(f"f{i + 1}")(*inside) for i in range(len(unknowns)))
    system = ODESystem(time, tuple(unknowns), (order,) * len(unknowns), open_sides)
    try:
        form = imposed(system, (), generators, UNLIMITED).system
    except Unsupported:
        return None
    arguments = {f.args for f in form.functions}
    if len(arguments) != 1:
        return None
    dummies = {f: Dummy("c", real=True) for f in form.functions}
    rhs = [e.xreplace(dummies) for e in form.rhs]
    frame = tuple(tuple(e.diff(d) for e in rhs) for d in dummies.values())
    base = tuple(e.subs(dict.fromkeys(dummies.values(), S.Zero)) for e in rhs)
    if any(c.has(*dummies.values()) or c.atoms(AppliedUndef, Derivative) for v in frame for c in v):
        return None
    return _certified(generators, order, state, arguments.pop(), frame, base if any(base) else ())  # type: ignore[arg-type]


def _on_phase_space(generator: Generator, state: tuple[Symbol, ...], order: int) -> dict[Symbol, Expr]:
    """State symbol -> component of the prolonged generator; time translations drop out."""
    time = generator.variables[0]
    if not generator.xi.is_number or any(c.has(time) for c in generator.components):
        raise Unsupported(f"{generator.components}: an invariant network needs generators that leave time alone")
    rows = generator.prolong(order - 1)
    components = [rows[i][k].expand() for k in range(order) for i in range(len(rows))]
    for component in components:
        if not component.is_polynomial(*state):
            raise Unsupported(f"{component}: only polynomial generators have polynomial invariants to look for")
    return dict(zip(state, components, strict=True))


def _monomials(state: Sequence[Symbol], low: int, high: int) -> list[Expr]:
    products = []
    for degree in range(low, high + 1):
        for factors in combinations_with_replacement(state, degree):
            product: Expr = S.One
            for factor in factors:
                product *= factor
            products.append(product)
    return products


def _invariants(fields: Sequence[dict[Symbol, Expr]], state: tuple[Symbol, ...], degree: int) -> list[Expr]:
    """A basis of the polynomials I without constant term with X(I) = 0 for all fields."""
    basis = _monomials(state, 1, degree)
    images = [[_apply(field, monomial) for field in fields] for monomial in basis]
    return [_combined(basis, vector) for vector in _kernel(images, state)]


def _frame(
    fields: Sequence[dict[Symbol, Expr]], state: tuple[Symbol, ...], order: int, degree: int
) -> list[tuple[Expr, ...]]:
    """A basis of the fields V on the last components of phase space with [X, V] = 0 for all X."""
    places = state[len(state) - len(state) // order :]
    basis = [(monomial, place) for monomial in _monomials(state, 0, degree) for place in places]
    images = []
    for monomial, place in basis:
        image = []
        for field in fields:
            slopes = [monomial * field[target].diff(place) for target in places]
            along = _apply(field, monomial)
            image += [(along if target == place else S.Zero) - slope for target, slope in zip(places, slopes, strict=True)]
        images.append(image)
    found = []
    for vector in _kernel(images, state):
        parts: dict[Symbol, Any] = dict.fromkeys(places, S.Zero)
        for (monomial, place), number in zip(basis, vector, strict=True):
            parts[place] += number * monomial
        found.append(tuple(parts[place] for place in places))
    return found


def _apply(field: dict[Symbol, Expr], expression: Expr) -> Expr:
    return sum((c * expression.diff(s) for s, c in field.items() if c != 0), start=S.Zero)


def _combined(basis: Sequence[Expr], vector: Sequence[Expr]) -> Expr:
    return sum((number * monomial for monomial, number in zip(basis, vector, strict=True)), start=S.Zero)


def _kernel(images: Sequence[Sequence[Expr]], state: tuple[Symbol, ...]) -> list[list[Expr]]:
    """Vectors c with Σ_j c_j images[j] = 0 identically, scaled to be free of denominators where possible."""
    rows: dict[tuple[int, tuple[int, ...]], dict[int, Expr]] = {}
    for j, image in enumerate(images):
        for place, expression in enumerate(image):
            for powers, number in Poly(expression, *state).terms():
                if number != 0:
                    rows.setdefault((place, powers), {})[j] = number
    if not rows:
        return [[Integer(i == j) for j in range(len(images))] for i in range(len(images))]
    matrix = Matrix([[row.get(j, S.Zero) for j in range(len(images))] for row in rows.values()])
    domain = DomainMatrix.from_Matrix(matrix)
    kernel = domain.to_field().nullspace().to_Matrix()
    return [[_tidy(kernel.row(i))[j] for j in range(len(images))] for i in range(kernel.rows)]


def _tidy(row: Matrix) -> list[Expr]:
    """The row divided by its first entry that is not zero."""
    entries = row.flat()
    lead = next(e for e in entries if e != 0)
    return [(e / lead).cancel() for e in entries]


def _independent(functions: Sequence[Expr], state: tuple[Symbol, ...]) -> tuple[Expr, ...]:
    """Those that raise the rank of the Jacobian at a random point, in their order."""
    point = _random_point(state, functions)
    chosen: list[Expr] = []
    rows: list[list[Expr]] = []
    for function in functions:
        row = [function.diff(s).subs(point) for s in state]
        if Matrix([*rows, row]).rank() > len(rows):
            chosen.append(function)
            rows.append(row)
    return tuple(chosen)


def _generic(fields: Sequence[tuple[Expr, ...]], state: tuple[Symbol, ...]) -> tuple[tuple[Expr, ...], ...]:
    """Those that are linearly independent at a random point, in their order."""
    point = _random_point(state, [e for field in fields for e in field])
    chosen: list[tuple[Expr, ...]] = []
    rows: list[list[Expr]] = []
    for field in fields:
        row = [component.subs(point) for component in field]
        if Matrix([*rows, row]).rank() > len(rows):
            chosen.append(field)
            rows.append(row)
    return tuple(chosen)


def _random_point(state: Sequence[Symbol], expressions: Sequence[Expr]) -> dict[Any, Any]:
    """Distinct random fractions for all symbols; a fixed seed makes the choice repeatable."""
    random = Random(7)
    others = sorted({s for e in expressions for s in e.free_symbols} - set(state), key=str)
    return {s: Rational(random.randint(2, 999), random.randint(2, 999)) for s in [*state, *others]}
