"""Structure constants as plain records, [e_i, e_j] = Σ_k c_ij^k e_k.

The constants are exact: in Q, in a field of parameters, in a number field or in a prime field.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Any, Self, TypeVar

from sympy import GF, QQ, Domain, Expr, Integer, Matrix, S, Symbol, sympify
from sympy.polys.constructor import construct_domain
from sympy.polys.matrices import DomainMatrix

from liesym.algebra import linear
from liesym.algebra.scaled import rescaled, scaled_rows
from liesym.base.budget import Budget
from liesym.base.jets import as_expression
from liesym.base.names import free_symbols_named, names_in
from liesym.errors import Unsupported, VerificationError
from liesym.model.generators import VectorField

NAMING = "naming of the Lie algebra"
REWRITING = 2e5
"""Digits that could be multiplied in the time in which an expression is brought to its normal form."""
Constants = tuple[tuple[int, int, int, Expr], ...]


@dataclass(frozen=True, slots=True)
class StructureConstants:
    """The structure constants of a Lie algebra of finite dimension over the reals.

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

    @classmethod
    def from_constants(
        cls,
        dimension: int,
        brackets: Mapping[tuple[int, int], Mapping[int, object]],
        *,
        modulus: int | None = None,
    ) -> Self:
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
        algebra = cls(dimension, constants, modulus=modulus)
        if not satisfies_jacobi(algebra):
            raise VerificationError("the structure constants break the Jacobi identity")
        return algebra

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

    def transformed(self, basis: Sequence[Sequence[object]]) -> Self:
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

    @property
    def is_abelian(self) -> bool:
        return not self.constants


Algebra = TypeVar("Algebra", bound=StructureConstants)


@dataclass(frozen=True, slots=True)
class Identification:
    """What a Lie algebra is called.

    Arguments:
        name: the usual name, such as "sl(2,R)" or "A4,5^(1/2,1/3)", or None; where it depends on the sign of a
            parameter, the cases joined by "; ".
        aliases: other names of the same algebra.
        parameters: the parameters of a family, (("a", 1/2), …).
        basis: rows of the standard basis in the given one, or None where it is not implemented.
        open: True if the seconds or the counted work were over before it was known whether there is a name.
    """

    name: str | None
    aliases: tuple[str, ...] = ()
    parameters: tuple[tuple[str, Expr], ...] = ()
    basis: tuple[tuple[Expr, ...], ...] | None = None
    open: bool = False


def _changed(algebra: Algebra, entries: list[list[Any]]) -> Algebra:
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
    return type(algebra)(n, constants, modulus=algebra.modulus)


@lru_cache(maxsize=256)
def work(algebra: StructureConstants) -> float:
    """What one step of linear algebra with the adjoints takes: n² operations on each digit of each constant.

    Where the constants lie in no field with an arithmetic of its own, each of the n⁶ operations of an elimination of n²
    columns rewrites expressions.
    """
    if algebra.domain.is_EX:
        return REWRITING * algebra.dimension**6
    digits = 1
    for *_, c in algebra.constants:
        digits += c.p.bit_length() + c.q.bit_length() if c.is_Rational else 64 * (1 + c.count_ops())
    return float(algebra.dimension**2 * digits)


def pay(algebra: StructureConstants, budget: Budget) -> None:
    """Go on with a step of linear algebra only if the budget allows it.

    Raises:
        OutOfBudget: the seconds or the counted work are over.
    """
    budget.check(NAMING)
    budget.spend(work(algebra), NAMING)


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
def _domain(algebra: StructureConstants) -> Domain:
    return _common_domain([c for *_, c in algebra.constants], algebra.modulus)


def convert(value: Expr, domain: Domain):
    """A structure constant as a domain element; fractions are allowed modulo a prime."""
    if domain.is_FiniteField and value.is_Rational and not value.is_Integer:
        return domain.from_sympy(Integer(value.p)) / domain.from_sympy(Integer(value.q))  # type: ignore[attr-defined]
    return domain.from_sympy(value)


@lru_cache(maxsize=256)
def _adjoints(algebra: StructureConstants) -> tuple[DomainMatrix, ...]:
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


def ad(algebra: StructureConstants, row: Sequence, domain: Domain | None = None) -> DomainMatrix:
    """ad of an element given by coordinates in the algebra's own domain, or in a larger one."""
    return _combination(algebra.adjoints, row, algebra.dimension, domain or algebra.domain)


def satisfies_jacobi(algebra: StructureConstants) -> bool:
    """ad [e_i, e_j] = [ad e_i, ad e_j] for all i < j."""
    ads, n = algebra.adjoints, algebra.dimension
    for i in range(n):
        for j in range(i + 1, n):
            column = [row[j] for row in ads[i].to_list()]
            if ad(algebra, column) != (ads[i] * ads[j] - ads[j] * ads[i]).to_dense():
                return False
    return True


def bracket_span(algebra: StructureConstants, u: DomainMatrix, v: DomainMatrix) -> DomainMatrix:
    """The span of all brackets of rows of u with rows of v."""
    current = linear.zero_space(algebra.dimension, algebra.domain)
    for row in u.to_list():
        current = linear.join(current, linear.span(v * ad(algebra, row).transpose()))
    return current
