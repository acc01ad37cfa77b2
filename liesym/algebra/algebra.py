"""Lie algebras as users meet them: structure constants with their series, radical, Levi decomposition and name."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sympy import Add, Expr, Matrix, Symbol
from sympy.polys.matrices import DomainMatrix

from liesym.algebra import structure
from liesym.algebra.core import Identification, StructureConstants, to_exprs
from liesym.algebra.describe import describe
from liesym.algebra.fields import structure_constants
from liesym.algebra.identify import MOST_WORK, named, simple_name, usual_name
from liesym.algebra.optimal import Subalgebra, optimal_system
from liesym.algebra.signs import Signs, inertia
from liesym.base.budget import UNLIMITED, Budget
from liesym.base.jets import as_expression
from liesym.errors import TimeIsUp, TooLarge, Unsupported
from liesym.model.generators import VectorField
from liesym.text import read_expression, write
from liesym.text.latex import latex
from liesym.text.shown import Shown

SECONDS_TO_IDENTIFY = 30.0


@dataclass(frozen=True, slots=True, repr=False)
class LieAlgebra(StructureConstants, Shown):
    """A Lie algebra of finite dimension over the reals, given by structure constants.

        [e_i, e_j] = Σ_k c_ij^k e_k

    Arguments:
        dimension: number of basis elements.
        constants: (i, j, k, c) with i < j and c != 0, sorted.
        generators: the vector fields that are the basis, if it came from some.
        modulus: a prime if the constants are only known modulo it; then no real form can be named.
    """

    @classmethod
    def of(cls, constants: StructureConstants) -> LieAlgebra:
        """The Lie algebra with these structure constants."""
        return cls(constants.dimension, constants.constants, constants.generators, constants.modulus)

    @staticmethod
    def from_generators(generators: Sequence[VectorField]) -> LieAlgebra:
        """The algebra that vector fields span; their structure constants are solved for exactly.

        Raises:
            Unsupported: the generators are dependent, or a bracket of two leaves their span.
        """
        return LieAlgebra.of(structure_constants(tuple(generators)))

    @staticmethod
    def from_json(record: Mapping[str, object], dimension: int) -> LieAlgebra:
        """From the `algebra` record of `analyze --json`."""
        brackets: dict[tuple[int, int], dict[int, Expr]] = {}
        for i, j, row in record["commutators"]:  # type: ignore[attr-defined]
            brackets[int(i), int(j)] = {int(k): read_expression(str(c), symbols={}) for k, c in row.items()}
        return LieAlgebra.from_constants(dimension, brackets)

    def subalgebra(self, rows: Sequence[Sequence[object]]) -> LieAlgebra:
        """The algebra spanned by the rows, which must be closed under the bracket.

        Raises:
            Unsupported: the rows are dependent or not closed.
        """
        space = DomainMatrix.from_Matrix(Matrix([[as_expression(e) for e in r] for r in rows])).convert_to(self.domain)
        return LieAlgebra.of(structure.restricted(self, space.to_dense()))

    # -- structure -------------------------------------------------------------------------------

    @property
    def killing_form(self) -> tuple[tuple[Expr, ...], ...]:
        """K_ij = tr(ad e_i ad e_j)."""
        return to_exprs(structure.killing(self))

    @property
    def killing_signature(self) -> tuple[int, int, int]:
        """(positive, negative, zero) squares of the Killing form.

        Raises:
            Unsupported: the signs depend on parameters, or the constants are known modulo a prime only.
        """
        if self.modulus:
            raise Unsupported("a signature is not defined modulo a prime")
        return inertia(structure.killing(self), Signs())

    @property
    def derived_series(self) -> tuple[int, ...]:
        """Dimensions of L, [L, L], [[L, L], [L, L]], … down to where it stops."""
        return tuple(s.shape[0] for s in structure.derived_series(self))

    @property
    def lower_central_series(self) -> tuple[int, ...]:
        """Dimensions of L, [L, L], [L, [L, L]], …"""
        return tuple(s.shape[0] for s in structure.lower_central_series(self))

    @property
    def center(self) -> tuple[tuple[Expr, ...], ...]:
        """A basis of {x : [x, L] = 0}, as rows of coordinates."""
        return to_exprs(structure.center(self))

    @property
    def radical(self) -> tuple[tuple[Expr, ...], ...]:
        """A basis of the largest solvable ideal."""
        return to_exprs(structure.radical(self))

    @property
    def nilradical(self) -> tuple[tuple[Expr, ...], ...]:
        """A basis of the largest nilpotent ideal."""
        return to_exprs(structure.nilradical(self))

    @property
    def levi_decomposition(self) -> tuple[tuple[tuple[Expr, ...], ...], tuple[tuple[Expr, ...], ...]]:
        """(a semisimple subalgebra, the radical), as rows; L is their semidirect sum."""
        return to_exprs(structure.levi(self)), self.radical

    @property
    def is_solvable(self) -> bool:
        return structure.is_solvable(self)

    @property
    def is_nilpotent(self) -> bool:
        return structure.is_nilpotent(self)

    @property
    def is_semisimple(self) -> bool:
        return structure.is_semisimple(self)

    # -- names -----------------------------------------------------------------------------------

    def identified(self, budget: float = SECONDS_TO_IDENTIFY) -> Identification:
        """Name, other names, and the basis that shows the standard form where that is implemented.

        The name is None where none is known, where constants of subalgebras lie in fields that do not combine
        (parameters beside their roots), and where the time was over, which `open` tells; `description` then says what
        there is.

        Arguments:
            budget: seconds, looked at between the steps of the search; the work is counted too, see `identification`.
        """
        try:
            return named(self, Budget.seconds(budget).step(MOST_WORK))
        except TimeIsUp:
            return Identification(None, open=True)

    @property
    def identification(self) -> Identification:
        """As `identified`, bounded by counted work alone: the answer does not depend on how fast the machine is."""
        return usual_name(self)

    @property
    def name(self) -> str | None:
        """The isomorphism class over the reals, or None if it is not in the tables, or too much work to find."""
        return simple_name(self) or self.identification.name

    @property
    def description(self) -> str:
        """The name, or else the invariants in words: dimension, Levi factor, radical, nilradical, series, centre."""
        if (name := self.name) is not None:
            return name
        found = self.identification
        try:
            words = describe(self, UNLIMITED.step(MOST_WORK))
        except TooLarge:
            words = f"dimension {self.dimension}"
        return f"{words}; not identified in time" if found.open else words

    @property
    def standard_basis(self) -> tuple[tuple[Expr, ...], ...] | None:
        """Rows e_1, …, e_n in the given basis with the commutators of the named standard form."""
        return self.identification.basis

    def optimal_system(self) -> tuple[Subalgebra, ...]:
        """One-dimensional subalgebras up to inner automorphisms, for dimension at most 4, in the given basis.

        Raises:
            Unsupported: larger dimension, or constants modulo a prime.
        Source: Patera and Winternitz 1977; Ovsiannikov 1982, section 14.
        """
        return optimal_system(self)

    # -- as it is shown --------------------------------------------------------------------------

    def __str__(self) -> str:
        rows = [(i, j, write(_combination(row))) for i, j, row in self.commutators]
        return "\n".join([self.description, *(f"  [X{i + 1}, X{j + 1}] = {text}" for i, j, text in rows)])

    def to_latex(self) -> str:
        """LaTeX without delimiters: the commutators that are not 0, one a line."""
        rows = [rf"[X_{{{i + 1}}}, X_{{{j + 1}}}] &= {latex(_combination(row))}" for i, j, row in self.commutators]
        if not rows:
            return rf"\text{{abelian, of dimension {self.dimension}}}"
        return r"\begin{aligned} " + r" \\ ".join(rows) + r" \end{aligned}"

    def to_json(self) -> dict[str, object]:
        """The `algebra` record of `analyze --json`."""
        return {
            "commutators": [[i, j, {str(k): write(c) for k, c in row.items()}] for i, j, row in self.commutators],
            "solvable": self.is_solvable,
            "nilpotent": self.is_nilpotent,
            "semisimple": self.is_semisimple,
            "name": self.name,
            "description": self.description,
        }


def _combination(row: Mapping[int, Expr]) -> Expr:
    """Σ c_k X_{k+1}."""
    return Add(*(c * Symbol(f"X{k + 1}") for k, c in row.items()))
