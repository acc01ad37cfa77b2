"""Lie algebras by structure constants, [e_i, e_j] = Σ_k c_ij^k e_k.

The constants are exact: in Q, in a field of parameters, in a number field or in a prime field.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from sympy import GF, QQ, Domain, Expr, Integer, Matrix, S, Symbol, sympify
from sympy.polys.constructor import construct_domain
from sympy.polys.matrices import DomainMatrix
from sympy.polys.polyerrors import CoercionFailed

from liesym.algebra import linear
from liesym.algebra.scaled import rescaled, scaled_rows
from liesym.base.clock import within
from liesym.base.jets import as_expression
from liesym.base.names import free_symbols_named, names_in
from liesym.errors import Unsupported, VerificationError
from liesym.model.generators import VectorField

if TYPE_CHECKING:
    from liesym.algebra.optimal import Subalgebra

SECONDS_TO_IDENTIFY = 30.0
Constants = tuple[tuple[int, int, int, Expr], ...]


@dataclass(frozen=True, slots=True)
class LieAlgebra:
    """A Lie algebra of finite dimension over the reals, given by structure constants.

        [e_i, e_j] = Σ_k c_ij^k e_k

    Arguments:
        dimension: number of basis elements.
        constants: (i, j, k, c) with i < j and c != 0, sorted.
        generators: the vector fields that are the basis, if it came from some.
        modulus: a prime if the constants are only known modulo it; then no real form can be named.
    """

    dimension: int
    constants: Constants
    generators: tuple[VectorField, ...] = field(default=(), compare=False)
    modulus: int | None = None

    @staticmethod
    def from_constants(
        dimension: int,
        brackets: Mapping[tuple[int, int], Mapping[int, object]],
        *,
        modulus: int | None = None,
    ) -> LieAlgebra:
        """From {(i, j): {k: c}}, counted from 0; [e_j, e_i] may be left out.

        Raises:
            VerificationError: not antisymmetric, or the Jacobi identity fails.
            Unsupported: an index outside the dimension.
        """
        table: dict[tuple[int, int, int], Expr] = {}
        for (i, j), row in brackets.items():
            for k, c in row.items():
                if not all(0 <= index < dimension for index in (i, j, k)):
                    raise Unsupported(f"[e{i}, e{j}] -> e{k} is outside an algebra of dimension {dimension}")
                value: Any = as_expression(c)
                if i == j and value != 0:
                    raise VerificationError(f"[e{i}, e{i}] must vanish")
                key, value = ((i, j, k), value) if i < j else ((j, i, k), -value)
                if key in table and (table[key] - value).expand() != 0:
                    raise VerificationError(f"[e{i}, e{j}] and [e{j}, e{i}] are not opposite")
                table[key] = value
        constants = tuple((*key, c) for key, c in sorted(table.items()) if c != 0)
        algebra = LieAlgebra(dimension, constants, modulus=modulus)
        if not satisfies_jacobi(algebra):
            raise VerificationError("the structure constants break the Jacobi identity")
        return algebra

    @staticmethod
    def from_generators(generators: Sequence[VectorField]) -> LieAlgebra:
        """The algebra that vector fields span; their structure constants are solved for exactly.

        Raises:
            Unsupported: the generators are dependent, or a bracket of two leaves their span.
        """
        from liesym.algebra.fields import structure_constants

        return structure_constants(tuple(generators))

    @staticmethod
    def from_json(record: Mapping[str, object], dimension: int) -> LieAlgebra:
        """From the `algebra` record of `analyze --json`."""
        from liesym.text import read_expression

        brackets: dict[tuple[int, int], dict[int, Expr]] = {}
        for i, j, row in record["commutators"]:  # type: ignore[attr-defined]
            brackets[int(i), int(j)] = {int(k): read_expression(str(c), symbols={}) for k, c in row.items()}
        return LieAlgebra.from_constants(dimension, brackets)

    # -- arithmetic ------------------------------------------------------------------------------

    @property
    def domain(self) -> Domain:
        """The field of the structure constants."""
        return _domain(self)

    @property
    def parameters(self) -> tuple[Symbol, ...]:
        found = {s for *_, c in self.constants for s in c.free_symbols if isinstance(s, Symbol)}
        return tuple(sorted(found, key=str))

    @property
    def adjoints(self) -> tuple[DomainMatrix, ...]:
        """ad e_i acting on columns, as matrices over `domain`."""
        return _adjoints(self)

    def adjoint(self, i: int) -> tuple[tuple[Expr, ...], ...]:
        """The matrix of ad e_i: column j holds the coordinates of [e_i, e_j]."""
        return to_exprs(self.adjoints[i])

    def bracket(self, u: Sequence[object], v: Sequence[object]) -> tuple[Expr, ...]:
        """[u, v] of two elements given by coordinates (expressions allowed)."""
        left: list[Any] = [as_expression(a) for a in u]
        right: list[Any] = [as_expression(a) for a in v]
        result: list[Any] = [S.Zero] * self.dimension
        for i, j, k, c in self.constants:
            result[k] += c * (left[i] * right[j] - left[j] * right[i])
        return tuple(e.expand() for e in result)

    def commutator(self, i: int, j: int) -> dict[int, Expr]:
        """{k: c_ij^k}, zeros left out."""
        if i > j:
            return {k: -c for k, c in self.commutator(j, i).items()}
        return {k: c for a, b, k, c in self.constants if (a, b) == (i, j)}

    @property
    def commutators(self) -> tuple[tuple[int, int, dict[int, Expr]], ...]:
        """(i, j, {k: c}) for every i < j with [e_i, e_j] != 0."""
        pairs = sorted({(i, j) for i, j, *_ in self.constants})
        return tuple((i, j, self.commutator(i, j)) for i, j in pairs)

    def commutator_table(self) -> tuple[tuple[Expr, ...], ...]:
        """Entry (i, j) is [e_i, e_j] as a combination of the symbols e1, …, en."""
        names = free_symbols_named((f"e{i + 1}" for i in range(self.dimension)), names_in(*self.parameters))
        return tuple(
            tuple(sum((c * names[k] for k, c in self.commutator(i, j).items()), start=S.Zero) for j in range(self.dimension))
            for i in range(self.dimension)
        )

    def transformed(self, basis: Sequence[Sequence[object]]) -> LieAlgebra:
        """The same algebra in a new basis, whose elements are the rows of `basis` in the old one.

        Raises:
            Unsupported: the rows are dependent.
        """
        entries: Any = [[as_expression(e) for e in row] for row in basis]
        if Matrix(entries).shape != (self.dimension, self.dimension):
            raise Unsupported(f"a basis of {self.dimension} rows of {self.dimension} coordinates is needed")
        parted = None if self.modulus else scaled_rows(entries)
        if parted is not None:
            scales, plain = parted
            known = _changed(self, plain)
            values = [(i, j, k, rescaled(c, scales[i], scales[j], scales[k])) for i, j, k, c in known.constants]
            if all(v is not None for *_, v in values):
                return replace(known, constants=tuple(values))  # type: ignore[arg-type]
        return _changed(self, entries)

    def subalgebra(self, rows: Sequence[Sequence[object]]) -> LieAlgebra:
        """The algebra spanned by the rows, which must be closed under the bracket.

        Raises:
            Unsupported: the rows are dependent or not closed.
        """
        from liesym.algebra.structure import restricted

        space = DomainMatrix.from_Matrix(Matrix([[as_expression(e) for e in r] for r in rows])).convert_to(self.domain)
        return restricted(self, space.to_dense())

    # -- structure -------------------------------------------------------------------------------

    @property
    def killing_form(self) -> tuple[tuple[Expr, ...], ...]:
        """K_ij = tr(ad e_i ad e_j)."""
        from liesym.algebra import structure

        return to_exprs(structure.killing(self))

    @property
    def killing_signature(self) -> tuple[int, int, int]:
        """(positive, negative, zero) squares of the Killing form.

        Raises:
            Unsupported: the signs depend on parameters, or the constants are known modulo a prime only.
        """
        from liesym.algebra.signs import Signs, inertia
        from liesym.algebra.structure import killing

        if self.modulus:
            raise Unsupported("a signature is not defined modulo a prime")
        return inertia(killing(self), Signs())

    @property
    def derived_series(self) -> tuple[int, ...]:
        """Dimensions of L, [L, L], [[L, L], [L, L]], … down to where it stops."""
        from liesym.algebra import structure

        return tuple(s.shape[0] for s in structure.derived_series(self))

    @property
    def lower_central_series(self) -> tuple[int, ...]:
        """Dimensions of L, [L, L], [L, [L, L]], …"""
        from liesym.algebra import structure

        return tuple(s.shape[0] for s in structure.lower_central_series(self))

    @property
    def center(self) -> tuple[tuple[Expr, ...], ...]:
        """A basis of {x : [x, L] = 0}, as rows of coordinates."""
        from liesym.algebra import structure

        return to_exprs(structure.center(self))

    @property
    def radical(self) -> tuple[tuple[Expr, ...], ...]:
        """A basis of the largest solvable ideal."""
        from liesym.algebra import structure

        return to_exprs(structure.radical(self))

    @property
    def nilradical(self) -> tuple[tuple[Expr, ...], ...]:
        """A basis of the largest nilpotent ideal."""
        from liesym.algebra import structure

        return to_exprs(structure.nilradical(self))

    @property
    def levi_decomposition(self) -> tuple[tuple[tuple[Expr, ...], ...], tuple[tuple[Expr, ...], ...]]:
        """(a semisimple subalgebra, the radical), as rows; L is their semidirect sum."""
        from liesym.algebra import structure

        return to_exprs(structure.levi(self)), self.radical

    @property
    def is_abelian(self) -> bool:
        return not self.constants

    @property
    def is_solvable(self) -> bool:
        return self.derived_series[-1] == 0

    @property
    def is_nilpotent(self) -> bool:
        return self.lower_central_series[-1] == 0

    @property
    def is_semisimple(self) -> bool:
        return self.dimension > 0 and not self.radical

    # -- names -----------------------------------------------------------------------------------

    def identified(self, budget: float = SECONDS_TO_IDENTIFY) -> Identification:
        """Name, other names, and the basis that shows the standard form where that is implemented.

        The name is None where none is known, where constants of subalgebras lie in fields that do not combine
        (parameters beside their roots), and where the time was over, which `open` tells; `description` then says what
        there is.

        Arguments:
            budget: seconds, at least one; kept in the main thread.
        """
        from liesym.algebra.identify import identify

        try:
            return within(budget, lambda: identify(self), Identification(None, open=True))
        except (CoercionFailed, TypeError):  # elements of different fields of SymPy's polynomials
            return Identification(None)

    @property
    def identification(self) -> Identification:
        """`identified` with the usual budget."""
        return self.identified()

    @property
    def name(self) -> str | None:
        """The isomorphism class over the reals, or None if it is not in the tables, or not found in the usual budget."""
        return self.identification.name

    @property
    def description(self) -> str:
        """The name, or else the invariants in words: dimension, Levi factor, radical, nilradical, series, centre."""
        from liesym.algebra.describe import describe

        found = self.identification
        if found.name is not None:
            return found.name
        short = f"dimension {self.dimension}"
        words = within(SECONDS_TO_IDENTIFY, lambda: describe(self), short)
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
        from liesym.algebra.optimal import optimal_system

        return optimal_system(self)

    def to_json(self) -> dict[str, object]:
        """The `algebra` record of `analyze --json`."""
        from liesym.text import write

        return {
            "commutators": [[i, j, {str(k): write(c) for k, c in row.items()}] for i, j, row in self.commutators],
            "solvable": self.is_solvable,
            "nilpotent": self.is_nilpotent,
            "semisimple": self.is_semisimple,
            "name": self.name,
            "description": self.description,
        }


@dataclass(frozen=True, slots=True)
class Identification:
    """What a Lie algebra is called.

    Arguments:
        name: the usual name, such as "sl(2,R)" or "A4,5^(1/2,1/3)", or None; where it depends on the sign of
        a
            parameter, the cases joined by "; ".
        aliases: other names of the same algebra.
        parameters: the parameters of a family, (("a", 1/2), …).
        basis: rows of the standard basis in the given one, or None where it is not implemented.
        open: True if the time was over before it was known whether there is a name.
    """

    name: str | None
    aliases: tuple[str, ...] = ()
    parameters: tuple[tuple[str, Expr], ...] = ()
    basis: tuple[tuple[Expr, ...], ...] | None = None
    open: bool = False


def _changed(algebra: LieAlgebra, entries: list[list[Any]]) -> LieAlgebra:
    """The algebra in the basis of these rows, by arithmetic in the field of all entries."""
    domain = _common_domain([*(e for row in entries for e in row), *(c for *_, c in algebra.constants)], algebra.modulus)
    new = DomainMatrix.from_Matrix(Matrix(entries)).convert_to(domain).to_dense()
    if new.rank() < algebra.dimension:
        raise Unsupported("the rows of a new basis must be independent")
    inverse, n = new.inv(), algebra.dimension
    ads = [a.convert_to(domain) for a in algebra.adjoints]
    table: dict[tuple[int, int], dict[int, Expr]] = {}
    for i in range(n):
        ad = _combination(ads, new.to_list()[i], n, domain)
        products = (new * ad.transpose() * inverse).to_list()
        for j in range(i + 1, n):
            table[i, j] = {k: domain.to_sympy(c) for k, c in enumerate(products[j]) if c}
    constants = tuple((i, j, k, c) for (i, j), row in sorted(table.items()) for k, c in sorted(row.items()))
    return LieAlgebra(n, constants, modulus=algebra.modulus)


def to_exprs(m: DomainMatrix) -> tuple[tuple[Expr, ...], ...]:
    """Rows as SymPy expressions."""
    return tuple(tuple(m.domain.to_sympy(e) for e in row) for row in m.to_list())


def _common_domain(values: Sequence[Expr], modulus: int | None) -> Domain:
    if modulus:
        return GF(modulus)
    if all(v.is_Rational for v in values):
        return QQ
    found: Any = construct_domain(list(values), field=True, extension=True)[0]
    if found.is_FractionField and (found.domain.is_ZZ or found.domain.is_QQ):
        # ZZ(w) and QQ(w) hold the same numbers, but their elements do not mix
        return QQ.frac_field(*sorted(found.symbols, key=str))
    return found


@lru_cache(maxsize=256)
def _domain(algebra: LieAlgebra) -> Domain:
    return _common_domain([c for *_, c in algebra.constants], algebra.modulus)


def convert(value: Expr, domain: Domain):
    """A structure constant as a domain element; fractions are allowed modulo a prime."""
    if domain.is_FiniteField and value.is_Rational and not value.is_Integer:
        return domain.from_sympy(Integer(value.p)) / domain.from_sympy(Integer(value.q))  # type: ignore[attr-defined]
    return domain.from_sympy(value)


@lru_cache(maxsize=256)
def _adjoints(algebra: LieAlgebra) -> tuple[DomainMatrix, ...]:
    n, domain = algebra.dimension, algebra.domain
    tables = [[[domain.zero] * n for _ in range(n)] for _ in range(n)]
    for i, j, k, c in algebra.constants:
        value = convert(c, domain)
        tables[i][k][j] = value
        tables[j][k][i] = -value
    return tuple(DomainMatrix(t, (n, n), domain).to_dense() for t in tables)


def _combination(ads: Sequence[DomainMatrix], row: Sequence, n: int, domain: Domain) -> DomainMatrix:
    total = DomainMatrix.zeros((n, n), domain).to_dense()
    for factor, a in zip(row, ads, strict=True):
        if factor:
            total = total + a.convert_to(domain).scalarmul(_into(domain, factor))
    return total


def _into(domain: Domain, element: object) -> object:
    """The element in the domain: a constant can come as a rational function over more parameters than the domain has."""
    if domain.of_type(element):
        return element
    return domain.from_sympy(element.as_expr() if hasattr(element, "as_expr") else sympify(element))


def ad(algebra: LieAlgebra, row: Sequence) -> DomainMatrix:
    """ad of an element given by domain coordinates."""
    return _combination(algebra.adjoints, row, algebra.dimension, algebra.domain)


def satisfies_jacobi(algebra: LieAlgebra) -> bool:
    """ad [e_i, e_j] = [ad e_i, ad e_j] for all i < j."""
    ads, n = algebra.adjoints, algebra.dimension
    for i in range(n):
        for j in range(i + 1, n):
            column = [row[j] for row in ads[i].to_list()]
            if ad(algebra, column) != (ads[i] * ads[j] - ads[j] * ads[i]).to_dense():
                return False
    return True


def product(algebra: LieAlgebra, u: DomainMatrix, v: DomainMatrix) -> DomainMatrix:
    """The span of all brackets of rows of u with rows of v."""
    current = linear.zero_space(algebra.dimension, algebra.domain)
    for row in u.to_list():
        current = linear.join(current, linear.span(v * ad(algebra, row).transpose()))
    return current
