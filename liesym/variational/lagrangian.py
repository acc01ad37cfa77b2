"""Lagrangians L(t, q, q'), their Euler-Lagrange equations and Hamiltonian form."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sympy import Expr, S, Symbol
from sympy.core.function import AppliedUndef

from liesym.base.budget import Budget
from liesym.base.jets import JetSpace, jet_symbol
from liesym.base.names import free_symbols_named, in_symbols, names_in
from liesym.base.parameters import Parameter
from liesym.base.typed import replaced
from liesym.coefficients import Definition, Derivation, Element, Field, Space
from liesym.coefficients.bounded import limited
from liesym.coefficients.joined import with_joined_roots
from liesym.errors import NotSolvable, Unsupported
from liesym.model.system import ODESystem
from liesym.text import read_expression
from liesym.text.grammar import parse
from liesym.text.parameters import check_name, read_parameter
from liesym.text.reader import walk
from liesym.variational.present import presented


@dataclass(frozen=True, slots=True)
class Lagrangian:
    """A Lagrangian of first order.

    Arguments:
        expression: L in t, q_i and the jet coordinates q_i'.
        independent: the symbol t.
        unknowns: the symbols q_i.
        parameters: everything else that occurs.

    Raises:
        Unsupported: a derivative above the first occurs.
    """

    expression: Expr
    independent: Symbol
    unknowns: tuple[Symbol, ...]
    parameters: tuple[Parameter, ...] = ()

    def __post_init__(self) -> None:
        if self.jets.order_of(self.expression) > 1:
            raise Unsupported("only Lagrangians of first order, L(t, q, q'), are handled; this one holds q'' or more")

    @staticmethod
    def parse(
        text: str,
        *,
        unknowns: Sequence[str],
        independent: str = "t",
        parameters: Mapping[str, Mapping[str, object]] | None = None,
    ) -> Lagrangian:
        """Read a Lagrangian in the text grammar, e.g. ``"(x'^2 + y'^2)/2 + mu/sqrt(x^2 + y^2)"``.

        Raises:
            ParseError: the text is not in the grammar.
            Unsupported: derivatives above the first occur.
        """
        for name, role in ((independent, "the independent variable"), *((name, "an unknown") for name in unknowns)):
            check_name(name, role)
        declared = tuple(read_parameter(name, spec) for name, spec in (parameters or {}).items())
        t = Symbol(independent, real=True)
        qs = tuple(Symbol(name, real=True) for name in unknowns)
        names = {s.name: s for s in (*(p.symbol for p in declared), t, *qs)}
        expression = read_expression(text, symbols=names, unknowns=unknowns, independent=independent)
        return Lagrangian(expression, t, qs).with_parameters(declared)

    def with_parameters(self, declared: Sequence[Parameter] = ()) -> Lagrangian:
        """The same with `parameters` filled in: the declared ones and all other symbols that occur."""
        own = {*self.variables, *self.velocities, *(p.symbol for p in declared)}
        found = sorted((s for s in self.expression.free_symbols if s not in own), key=str)
        parameters = (*declared, *(Parameter(s) for s in found if isinstance(s, Symbol)))
        return Lagrangian(self.expression, self.independent, self.unknowns, parameters)

    @property
    def jets(self) -> JetSpace:
        return JetSpace(self.independent, self.unknowns)

    @property
    def variables(self) -> tuple[Symbol, ...]:
        return (self.independent, *self.unknowns)

    @property
    def names(self) -> frozenset[str]:
        """Names that the Lagrangian uses, those of arbitrary functions among them."""
        functions = {f.func.__name__ for f in self.expression.atoms(AppliedUndef)}
        return frozenset(functions.union(names_in(self.expression, *self.variables, *(p.symbol for p in self.parameters))))

    @property
    def velocities(self) -> tuple[Symbol, ...]:
        return tuple(jet_symbol(q, 1) for q in self.unknowns)

    def space(self, order: int) -> Space:
        """(t, q, q', …) up to an order."""
        return Space.of(self.independent, self.unknowns, [order] * len(self.unknowns))

    @property
    def momenta(self) -> tuple[Expr, ...]:
        """p_i = ∂L/∂q_i'."""
        return tuple(self.expression.diff(v) for v in self.velocities)

    def field(self, extra: Sequence[Expr] = (), order: int = 1, definitions: Sequence[Definition] = ()) -> Field:
        """A coefficient field over (t, q, q', …) that holds L and `extra`."""
        jets = [jet_symbol(q, k) for k in range(1, order + 1) for q in self.unknowns]
        symbols = tuple(p.symbol for p in self.parameters)
        return Field.build([self.expression, *extra], (*self.variables, *jets), symbols, definitions)


def as_lagrangian(
    given: Lagrangian | Expr | str, unknowns: Sequence[Symbol | str] | None, independent: Symbol | str
) -> Lagrangian:
    """A Lagrangian from text or from an expression in jet symbols.

    Unknowns are those with primes unless given.
    """
    if isinstance(given, Lagrangian):
        return given
    t = independent if isinstance(independent, Symbol) else Symbol(independent, real=True)
    if isinstance(given, str):
        names = [str(u) for u in unknowns] if unknowns is not None else _some(_primed_in(given))
        return Lagrangian.parse(given, unknowns=names, independent=t.name)
    if unknowns is None:
        primed = sorted(s.name[:-1] for s in given.free_symbols if isinstance(s, Symbol) and s.name.endswith("'"))
        unknowns = _some(list(dict.fromkeys(name.rstrip("'") for name in primed)))
    symbols = tuple(u if isinstance(u, Symbol) else Symbol(u, real=True) for u in unknowns)
    jets = (*(jet_symbol(q, 1) for q in symbols), t, *symbols)
    return Lagrangian(in_symbols(given, jets), t, symbols).with_parameters()


def _some(names: list[str]) -> list[str]:
    """Raises:
    Unsupported: there are none.
    """
    if not names:
        raise Unsupported("the Lagrangian holds no velocity, a name with a prime such as x', so it has no unknown")
    return names


def _primed_in(text: str) -> list[str]:
    """Names that carry a prime, in the order of the text."""
    found = [str(n.children[0]) for n in walk(parse(text, "expression")) if n.data == "jet"]
    return list(dict.fromkeys(found))


# -- Euler and Lagrange ------------------------------------------------------------------------------


def euler_lagrange(
    lagrangian: Lagrangian | Expr | str,
    *,
    unknowns: Sequence[Symbol | str] | None = None,
    independent: Symbol | str = "t",
    forces: Sequence[Expr] = (),
    budget: float = math.inf,
) -> ODESystem:
    """The Euler-Lagrange equations, solved for the accelerations.

        d/dt ∂L/∂q_i' = ∂L/∂q_i + Q_i

    Arguments:
        lagrangian: a `Lagrangian`, an expression in jet symbols, or text.
        unknowns, independent: for an expression or text; names with primes are the unknowns unless given.
        forces: the generalized forces Q_i, one for each unknown; none act unless given.
        budget: seconds.

    Raises:
        NotSolvable: the matrix ∂²L/∂q'∂q' is singular.
        OutOfBudget: the equations were not solved in time, or are too large to be.
    Source: Goldstein 1980, equation (2-18).
    """
    given = as_lagrangian(lagrangian, unknowns, independent)
    field = limited(given.field(forces), Budget.seconds(budget))
    value = field(given.expression)
    qs, vs = given.unknowns, given.velocities
    slopes = [value.diff(v) for v in vs]
    mass = [[slope.diff(v) for v in vs] for slope in slopes]
    total = Derivation.total(field, given.space(1))
    outer = [field(q) for q in forces] or [field.zero] * len(qs)
    known = [value.diff(q) - total.apply(slope) + push for q, slope, push in zip(qs, slopes, outer, strict=True)]
    solution = solve_linear(mass, known)
    if solution is None:
        raise NotSolvable(
            "the Lagrangian is degenerate: the matrix of second derivatives by the velocities is singular, "
            "so the equations cannot be solved for the accelerations"
        )
    rhs = tuple(with_joined_roots(field.to_expr(e)) for e in solution)
    return ODESystem(given.independent, qs, (2,) * len(qs), rhs, given.parameters)


def solve_linear(matrix: Sequence[Sequence[Element]], right: Sequence[Element]) -> list[Element] | None:
    """Gauss elimination in the coefficient field; None if the matrix is singular."""
    n = len(matrix)
    rows = [[*row, b] for row, b in zip(matrix, right, strict=True)]
    for column in range(n):
        usable = [r for r in range(column, n) if not rows[r][column].is_zero]
        if not usable:
            return None
        pivot = min(usable, key=lambda r: len(rows[r][column].num) + len(rows[r][column].den))
        rows[column], rows[pivot] = rows[pivot], rows[column]
        scale = rows[column][column]
        rows[column] = [e / scale for e in rows[column]]
        for r in range(n):
            factor = rows[r][column]
            if r != column and not factor.is_zero:
                rows[r] = [a - factor * b for a, b in zip(rows[r], rows[column], strict=True)]
    return [row[n] for row in rows]


# -- Hamilton ----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Hamiltonian:
    """H(t, q, p) with its canonical equations.

    Arguments:
        expression: H.
        independent: t.
        coordinates: q_i.
        momenta: the symbols p_i.
        velocities: q_i' as functions of (t, q, p).
        parameters: of the Lagrangian.
    """

    expression: Expr
    independent: Symbol
    coordinates: tuple[Symbol, ...]
    momenta: tuple[Symbol, ...]
    velocities: tuple[Expr, ...]
    parameters: tuple[Parameter, ...]

    def equations(self) -> ODESystem:
        """q' = ∂H/∂p, p' = -∂H/∂q."""
        rhs = [self.expression.diff(p) for p in self.momenta]
        rhs += [-self.expression.diff(q) for q in self.coordinates]
        return ODESystem(
            self.independent,
            (*self.coordinates, *self.momenta),
            (1,) * len(rhs),
            tuple(rhs),
            self.parameters,
        )


def legendre(
    lagrangian: Lagrangian | Expr | str,
    *,
    unknowns: Sequence[Symbol | str] | None = None,
    independent: Symbol | str = "t",
    names: Sequence[str] | None = None,
    budget: float = math.inf,
) -> Hamiltonian:
    """The Legendre transform, for a Lagrangian quadratic in the velocities.

        H = Σ p_i q_i' - L with p_i = ∂L/∂q_i'

    Arguments:
        lagrangian: a `Lagrangian`, an expression in jet symbols, or text.
        names: of the momenta; p_q for the coordinate q unless given, with underscores after it where it is taken.
        budget: seconds.

    Raises:
        OutOfBudget: the velocities were not found in time, or are too large to be.
        Unsupported: L is not quadratic in the velocities, or a given name is taken.
        NotSolvable: the quadratic form is singular.
    Source: Goldstein 1980, section 8-1.
    """
    given = as_lagrangian(lagrangian, unknowns, independent)
    if names is None:
        momenta = free_symbols_named((f"p_{q.name}" for q in given.unknowns), given.names)
    else:
        momenta = tuple(Symbol(name, real=True) for name in names)
    taken = {*given.variables, *(p.symbol for p in given.parameters)}
    if len(set(momenta)) != len(given.unknowns) or taken & set(momenta):
        raise Unsupported("the momenta need distinct names that are not in use; give them with names=")
    vs = given.velocities
    whole = Budget.seconds(budget)
    field = Field.build([given.expression], (*given.variables, *vs, *momenta), tuple(p.symbol for p in given.parameters))
    limited(field, whole)
    value = field(given.expression)
    slopes = [value.diff(v) for v in vs]
    mass = [[slope.diff(v) for v in vs] for slope in slopes]
    if any(e.depends_on(v) for row in mass for e in row for v in vs):
        raise Unsupported("the Legendre transform is done for Lagrangians that are quadratic in the velocities")
    rest = []
    for i, (p, slope) in enumerate(zip(momenta, slopes, strict=True)):
        linear = field.zero
        for v, m in zip(vs, mass[i], strict=True):
            linear = linear + m * field(v)
        rest.append(field(p) - (slope - linear))
    solution = solve_linear(mass, rest)
    if solution is None:
        raise NotSolvable("the Lagrangian is degenerate: its momenta do not determine the velocities")
    velocities = tuple(field.to_expr(e) for e in solution)
    inserted = replaced(given.expression, dict(zip(vs, velocities, strict=True)))
    total = sum((p * v for p, v in zip(momenta, velocities, strict=True)), start=S.Zero)
    closing = Field.build([inserted, total], (*given.variables, *momenta), tuple(p.symbol for p in given.parameters))
    limited(closing, whole)
    expression = presented(closing(total) - closing(inserted), closing, momenta)
    return Hamiltonian(expression, given.independent, given.unknowns, momenta, velocities, given.parameters)
