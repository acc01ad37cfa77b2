"""From the sampled determining equations to a linear connection: every derivative in terms of finitely many.

State: every derivative of the infinitesimals up to order q is a combination, with power series as
    coefficients, of the
parametric ones w. Differentiating the combinations gives those of order q + 1; where one derivative is
reached in two ways the difference is a condition. Conditions are solved for the highest derivatives that
they hold. As soon as no derivative of order q + 1 is left parametric,

    ∂_i w = A_i w,   C w = 0,

and a symmetry is determined by w at the point: the length of w is a first upper bound.
Source: Seiler 2010, chapter 7; Reid, Wittkopf and Boulton 1996.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from liesym.certify.conditions import Column, Sampler, columns_up_to, rank
from liesym.certify.matrices import derivative, multiply, solve
from liesym.certify.residues import Residues, independent_rows, matmul, row_reduce
from liesym.certify.truncated import Monomials, monomials


class NeedsDegree(Exception):
    """The series are too short to go on."""


class NotClosed(Exception):
    """Derivatives of every order stay parametric."""


@dataclass(frozen=True, eq=False)
class Connection:
    """∂_i w = A_i w with C w = 0 for the parametric derivatives w of the infinitesimals.

    Arguments:
        jet_degree: d, the highest order of a derivative in w; those of order d + 1 follow from w.
        degree: to which the series are known.
        transport: A, (monomials, variables, R, R).
        constraints: C, (monomials, number, R).
        jets: derivative -> its combination of w at the point, up to order d + 1.
        parametric: the derivatives in w.
    """

    prime: int
    jet_degree: int
    degree: int
    table: Monomials
    transport: Residues
    constraints: Residues
    jets: dict[Column, Residues]
    parametric: tuple[Column, ...]


@dataclass(frozen=True, eq=False)
class Solved:
    """Conditions solved: [leads] = combination @ [rest] for columns `leads` and `rest`."""

    leads: list[int]
    rest: list[int]
    combination: Residues


def solve_conditions(conditions: Residues, table: Monomials, degree: int, prime: int) -> Solved:
    """Solve homogeneous linear conditions for their first columns; the rank at the point is taken for the
    rank.
    """
    kept = independent_rows(conditions[0], prime)
    chosen = conditions[:, kept]
    leads = row_reduce(chosen[0], prime)[1]
    rest = [j for j in range(conditions.shape[2]) if j not in set(leads)]
    combination = -solve(chosen[:, :, leads], chosen[:, :, rest], table, degree, prime) % prime
    return Solved(leads, rest, combination)


def connect(
    sampler: Sampler, chosen: list[tuple[int, int]], degree: int, highest: int, watch: Callable[[], None]
) -> Connection:
    """Close the conditions of a system to a connection.

    Arguments:
        chosen: the independent conditions.
        degree: of the series that the conditions are expanded to.
        highest: give up once derivatives of this order are parametric.
        watch: called now and then; it may raise.

    Raises:
        NeedsDegree: expand further; NotClosed: no connection up to order `highest`.
    """
    variables = len(sampler.system.variables)
    table, prime = monomials(variables, degree), sampler.field.prime
    conditions = sampler.rows(chosen, degree)
    watch()
    solved = solve_conditions(conditions, table, degree, prime)
    state = _State.start(sampler.columns, solved, table, degree, prime, sampler.system.order)
    while True:
        if state.degree < 1:
            raise NeedsDegree
        watch()
        step = state.differentiate()
        if step.closes:
            return step.connection()
        state = step.project() if step.constrains else step.extend()
        if state.order > highest:
            raise NotClosed(state.order)


@dataclass(frozen=True, eq=False)
class _State:
    """Derivatives up to `order` in terms of the parametric ones: combination[:, column] over `parametric`."""

    order: int
    degree: int
    prime: int
    table: Monomials
    columns: list[Column]
    parametric: list[Column]
    combination: Residues

    @staticmethod
    def start(
        columns: list[Column], solved: Solved, table: Monomials, degree: int, prime: int, order: int
    ) -> _State:
        combination = np.zeros((table.below(degree), len(columns), len(solved.rest)), dtype=np.int64)
        combination[:, solved.leads] = solved.combination
        combination[0, solved.rest, np.arange(len(solved.rest))] = 1
        return _State(order, degree, prime, table, columns, [columns[j] for j in solved.rest], combination)

    def differentiate(self) -> _Step:
        return _Step(self)


class _Step:
    """One differentiation of a state."""

    def __init__(self, state: _State) -> None:
        self.state = state
        self.degree, self.size = state.degree - 1, state.table.below(state.degree - 1)
        self.place = {c: i for i, c in enumerate(state.columns)}
        self.known = state.combination[: self.size]
        parametric = set(state.parametric)
        self.principal = [c for c in state.columns if c not in parametric]
        self.top = [j for j, c in enumerate(state.parametric) if sum(c[1]) == state.order]
        self.low = [j for j, c in enumerate(state.parametric) if sum(c[1]) < state.order]
        self.variables = state.table.variables
        reached = {
            raise_(c, i) for c in self.principal if sum(c[1]) == state.order for i in range(self.variables)
        }
        targets = {raise_(state.parametric[j], i) for j in self.top for i in range(self.variables)}
        self.free = sorted(targets - reached, key=rank, reverse=True)
        self.rests = [self._rest(i) for i in range(self.variables)]
        self.targets = self._targets(targets)
        self.rows = [self._rows(i) for i in range(self.variables)]
        self.references, conditions = self._conditions()
        self.solved = solve_conditions(conditions, state.table, self.degree, state.prime)

    # -- differentiated combinations, over [free | parametric] -------------------------------------

    def _rest(self, i: int) -> Residues:
        """∂_i of all combinations, the part that needs no derivative of order q + 1."""
        s = self.state
        result = derivative(s.combination, i, s.table, self.degree, s.prime)
        if self.low:
            lower = self.known[:, [self.place[raise_(s.parametric[j], i)] for j in self.low]]
            result = result + multiply(self.known[:, :, self.low], lower, s.table, self.degree, s.prime)
        return result % s.prime

    def _targets(self, targets: set[Column]) -> dict[Column, Residues]:
        """∂_i of the parametric derivatives of order q, lowest first, so that each needs only earlier
        ones.
        """
        s = self.state
        width = len(self.free) + len(s.parametric)
        source = {}
        for c in self.principal:
            if sum(c[1]) == s.order:
                for i in range(self.variables):
                    source.setdefault(raise_(c, i), (c, i))
        found: dict[Column, Residues] = {}
        for target in sorted(targets, key=rank):
            row = np.zeros((self.size, width), dtype=np.int64)
            if target in source:
                c, i = source[target]
                row[:, len(self.free) :] = self.rests[i][:, self.place[c]]
                needed = [j for j in self.top if self.known[:, self.place[c], j].any()]
                if needed:
                    following = np.stack([found[raise_(s.parametric[j], i)] for j in needed], axis=1)
                    factors = self.known[:, [self.place[c]]][:, :, needed]
                    row += multiply(factors, following, s.table, self.degree, s.prime)[:, 0]
                row %= s.prime
            else:
                row[0, self.free.index(target)] = 1
            found[target] = row
        return found

    def _rows(self, i: int) -> Residues:
        """∂_i of every derivative up to order q, over [free | parametric]."""
        s = self.state
        result = np.zeros((self.size, len(s.columns), len(self.free) + len(s.parametric)), dtype=np.int64)
        result[:, :, len(self.free) :] = self.rests[i]
        if self.top:
            following = np.stack([self.targets[raise_(s.parametric[j], i)] for j in self.top], axis=1)
            result += multiply(self.known[:, :, self.top], following, s.table, self.degree, s.prime)
        return result % s.prime

    def _conditions(self) -> tuple[dict[Column, Residues], Residues]:
        """One combination for each derivative of order q + 1, and all differences between two ways to one."""
        s = self.state
        references: dict[Column, Residues] = {}
        differences: list[Residues] = []
        for i in range(self.variables):
            for c in s.columns:
                target, row = raise_(c, i), self.rows[i][:, self.place[c]]
                if target in self.place:
                    known = np.zeros_like(row)
                    known[:, len(self.free) :] = self.known[:, self.place[target]]
                    references.setdefault(target, known)
                if target not in references:
                    references[target] = row
                else:
                    difference = (row - references[target]) % s.prime
                    if difference.any():
                        differences.append(difference)
        width = len(self.free) + len(s.parametric)
        conditions = (
            np.stack(differences, axis=1) if differences else np.zeros((self.size, 0, width), dtype=np.int64)
        )
        return references, conditions

    # -- what follows ----------------------------------------------------------------------------

    @property
    def closes(self) -> bool:
        """No derivative of order q + 1 is left free."""
        return sum(j < len(self.free) for j in self.solved.leads) == len(self.free)

    @property
    def constrains(self) -> bool:
        """Some condition has order q or less."""
        return any(j >= len(self.free) for j in self.solved.leads)

    def _substituted(self, rows: Residues, keep: list[int]) -> Residues:
        """Rows over [free | parametric] after the solved columns outside `keep` are replaced; columns
        `keep`.
        """
        s, solved = self.state, self.solved
        gone = [k for k, j in enumerate(solved.leads) if j not in set(keep)]
        result = rows[:, :, keep]
        if gone:
            combination = np.zeros((self.size, len(gone), len(keep)), dtype=np.int64)
            position = {j: k for k, j in enumerate(keep)}
            places = [position[j] for j in solved.rest]
            combination[:, :, places] = solved.combination[:, gone]
            leads = [solved.leads[k] for k in gone]
            result = result + multiply(rows[:, :, leads], combination, s.table, self.degree, s.prime)
        return result % s.prime

    def project(self) -> _State:
        """The state with the conditions of order at most q solved; the order stays."""
        s, offset = self.state, len(self.free)
        low = [k for k, j in enumerate(self.solved.leads) if j >= offset]
        leads = [self.solved.leads[k] - offset for k in low]
        keep = [j for j in range(len(s.parametric)) if j not in set(leads)]
        inside = [k for k, j in enumerate(self.solved.rest) if j >= offset]
        combination = self.solved.combination[:, low][
            :, :, inside
        ]  # free columns cannot occur below the lead
        known = self.known[:, :, keep] + multiply(
            self.known[:, :, leads], combination, s.table, self.degree, s.prime
        )
        parametric = [s.parametric[j] for j in keep]
        return _State(s.order, self.degree, s.prime, s.table, s.columns, parametric, known % s.prime)

    def extend(self) -> _State:
        """The state one order higher."""
        s = self.state
        columns = columns_up_to(self.variables, self.variables, s.order + 1)
        rows = np.stack([self._reference(c) for c in columns], axis=1)
        keep = self.solved.rest
        names = [*self.free, *s.parametric]
        combination = self._substituted(rows, keep)
        return _State(
            s.order + 1, self.degree, s.prime, s.table, columns, [names[j] for j in keep], combination
        )

    def _reference(self, column: Column) -> Residues:
        if column in self.references and column not in self.place:
            return self.references[column]
        row = np.zeros((self.size, len(self.free) + len(self.state.parametric)), dtype=np.int64)
        row[:, len(self.free) :] = self.known[:, self.place[column]]
        return row

    def connection(self) -> Connection:
        s, offset = self.state, len(self.free)
        keep = list(range(offset, offset + len(s.parametric)))
        transport = np.zeros((self.size, self.variables, len(keep), len(keep)), dtype=np.int64)
        places = [self.place[c] for c in s.parametric]
        for i in range(self.variables):
            transport[:, i] = self._substituted(self.rows[i][:, places], keep)
        low = [k for k, j in enumerate(self.solved.leads) if j >= offset]
        constraints = np.zeros((self.size, len(low), len(keep)), dtype=np.int64)
        constraints[:, :, [j - offset for j in self.solved.rest]] = -self.solved.combination[:, low] % s.prime
        for row, k in enumerate(low):
            constraints[0, row, self.solved.leads[k] - offset] = 1
        columns = columns_up_to(self.variables, self.variables, s.order + 1)
        rows = np.stack([self._reference(c) for c in columns], axis=1)[:1]
        jets = self._at_point(rows[0], keep)
        return Connection(
            s.prime, s.order, self.degree, s.table, transport, constraints,
            {c: jets[i] for i, c in enumerate(columns)}, tuple(s.parametric),
        )  # fmt: skip

    def _at_point(self, rows: Residues, keep: list[int]) -> Residues:
        """Like `_substituted`, of constant terms only."""
        solved, prime = self.solved, self.state.prime
        gone = [k for k, j in enumerate(solved.leads) if j not in set(keep)]
        combination = np.zeros((len(gone), len(keep)), dtype=np.int64)
        position = {j: k for k, j in enumerate(keep)}
        combination[:, [position[j] for j in solved.rest]] = solved.combination[0, gone]
        return (rows[:, keep] + matmul(rows[:, [solved.leads[k] for k in gone]], combination, prime)) % prime


def raise_(column: Column, variable: int) -> Column:
    """∂_variable of a derivative."""
    unknown, index = column
    return unknown, (*index[:variable], index[variable] + 1, *index[variable + 1 :])
