"""First integrals of linear systems x' = A x + b(t) with constant A.

A left eigenvector v A = λ v gives (v·x + v·b/λ) e^{-λt}, and v·x - (v·b) t for λ = 0. For a simple root λ of the
characteristic polynomial v is a row of adj(A - λ 1), a polynomial in λ that is reduced by the factor λ is a root of. Where
a root is multiple, all are entries of e^{-At} x + ∫. For b(t), a row w(t) with w' = -w A gives w·x - ∫ w·b dt.
Sources: Gantmacher 1959, chapter V; Goriely 2001, section 2.5.
"""

from __future__ import annotations

from sympy import (
    Abs,
    Dummy,
    Expr,
    Matrix,
    Poly,
    Pow,
    S,
    Symbol,
    collect,
    cos,
    exp,
    eye,
    factor_list,
    fraction,
    sin,
    sqrt,
    together,
)
from sympy.core.function import AppliedUndef

from liesym.algebra.signs import Signs, Undecided
from liesym.base.budget import UNLIMITED, Budget
from liesym.base.factors import factored
from liesym.base.jets import jet_symbol
from liesym.base.typed import entries, expr, powers_in, substituted
from liesym.coefficients.bounded import limited
from liesym.conservation.shares import ADJUGATE
from liesym.determine.on_solutions import jet_field
from liesym.flow.matrix import matrix_exponential
from liesym.model.system import ODESystem
from liesym.solving.ode.integrate import integrate

ROOT = Dummy("lambda")
LARGEST_BLOCK = 4
"""Rows of a matrix with symbols whose characteristic polynomial is factored: the time grows exponentially with them."""


def linear_integrals(system: ODESystem, budget: Budget = UNLIMITED) -> list[Expr]:
    """All N integrals of a linear system with constant A, as far as ∫ w·b dt has a closed form.

    Empty for others, and where the characteristic polynomial has a factor of degree above 2.

    Raises:
        TimeIsUp: the budget ran out.
        TooLarge: the matrix is so large that its eigenvectors are not looked for.
    """
    first, t = system.first_order(), system.independent
    origin = dict.fromkeys(first.unknowns, S.Zero)
    if any(not f.is_polynomial(*first.unknowns) or Poly(f, *first.unknowns).total_degree() > 1 for f in first.rhs):
        return []
    a = Matrix([[f.diff(x) for x in first.unknowns] for f in first.rhs])
    b = Matrix([substituted(f, origin) for f in first.rhs])
    if a.has(t):
        return []
    jets = Matrix([jet_symbol(x, k) for x, order in zip(system.unknowns, system.orders, strict=True) for k in range(order)])
    constant = b.zeros(*b.shape) if b.has(t) else b
    budget.step(ADJUGATE).spend(a.rows**4, "eigenvectors of a matrix")
    found = _by_eigenvectors(a, constant, jets, t, budget)
    if found is None:
        budget.check("exponential of a matrix")
        found = _by_exponential(a, constant, jets, t)
    if not b.has(t):
        return found
    return [forced for i in found if (forced := _forced(i, b, jets, system, budget)) is not None]


def _forced(integral: Expr, b: Matrix, x: Matrix, system: ODESystem, budget: Budget) -> Expr | None:
    """w·x - ∫ w·b dt for the integral w·x without b; None where the integral has no closed form."""
    work = sum((integral.diff(v) * part for v, part in zip(entries(x), entries(b), strict=True)), S.Zero)
    field = limited(jet_field(system, [work]), budget)
    primitive = integrate(field(work), system.independent, field)
    return None if primitive is None else integral - field.to_expr(primitive)


def _by_exponential(a: Matrix, b: Matrix, x: Matrix, t: Symbol) -> list[Expr]:
    """The entries of e^{-At} x + ∫."""
    n = a.rows
    bordered = a.row_join(b).col_join(Matrix.zeros(1, n + 1))
    parameter = Dummy("s", real=True)
    moved = matrix_exponential(bordered, parameter)
    if moved is None:
        return []
    start = moved.subs(parameter, -t) * x.col_join(Matrix([S.One]))
    return [start[i].expand() for i in range(n)]


def _by_eigenvectors(a: Matrix, b: Matrix, x: Matrix, t: Symbol, budget: Budget) -> list[Expr] | None:
    """One or two for each factor of the characteristic polynomial; None if one of them is multiple or of degree above 2."""
    adjugate = _adjugate(a, budget)
    found: list[Expr] = []
    for factor, multiplicity in spectral_factors(a):
        budget.check("eigenvectors of a matrix")
        if multiplicity > 1 or factor.degree() > 2:
            return None
        rows = ([_remainder(e, factor) for e in adjugate.row(i)] for i in range(a.rows))
        v = Matrix([_scaled(next(r for r in rows if any(r)), factor)])
        along, constant = (v * x)[0], (v * b)[0]
        if factor.nth(0).is_zero:
            whole = Poly(_primitive(along - t * constant, factor, [*entries(x), t]), ROOT)
            found.append(whole.as_expr())
        else:
            # 1/λ is a polynomial in λ modulo the factor
            inverse = -(factor.nth(2) * ROOT + factor.nth(1)) / factor.nth(0)
            whole = Poly(_primitive(along + constant * inverse, factor, entries(x)), ROOT)
            found += _of_roots(whole, factor.monic(), entries(x), t)
    return found


def _scaled(vector: list[Expr], factor: Poly) -> list[Expr]:
    """The shortest of the multiples that have a 1 in one place."""
    field = Poly(factor.as_expr(), ROOT, field=True)
    multiples = []
    for pivot in filter(None, vector):
        inverse = Poly(pivot, ROOT, field=True).invert(field).as_expr()
        multiples.append([_remainder(e * inverse, factor) for e in vector])
    return min(multiples, key=lambda m: sum(e.count_ops() for e in m))


def _of_roots(whole: Poly, factor: Poly, x: list[Expr], t: Symbol) -> list[Expr]:
    """whole(λ) e^{-λt} for each root, for complex ones the real and the imaginary part."""
    if factor.degree() == 1:
        return [whole.as_expr() * exp(factor.nth(0) * t)]
    double = -factor.nth(1).cancel()
    discriminant = factored(double**2 - 4 * factor.nth(0))
    try:
        oscillates = Signs().sign(discriminant) < 0
    except Undecided:
        oscillates = False
    r = _root(-discriminant if oscillates else discriminant)
    even, odd = _without_content(2 * whole.nth(0) + whole.nth(1) * double, whole.nth(1), r, x)
    decay = exp(-(double * t / 2).expand())
    if oscillates:
        c, s = cos(r * t / 2), sin(r * t / 2)
        return [(even * c + odd * s) * decay, (odd * c - even * s) * decay]
    return [(even + sign * odd) * decay * exp(-sign * r * t / 2) for sign in (1, -1)]


def _without_content(even: Expr, odd: Expr, r: Expr, x: list[Expr]) -> tuple[Expr, Expr]:
    """even and r·odd without what divides both; r may be a root, which no factors are looked for in."""
    mark, root = Dummy("mark"), S.One if r.has(Pow) else r
    both = Poly((even + mark * root * odd).expand(), mark, *x).primitive()[1]
    return collect(both.as_expr().subs(mark, 0), x), collect(both.as_expr().coeff(mark, 1), x) * (r / root)


def _root(square: Expr) -> Expr:
    """One of both: exchanging them exchanges the two integrals, up to their signs."""
    return expr(sqrt(square).replace(Abs, lambda e: e))


def _primitive(expression: Expr, factor: Poly, x: list[Expr]) -> Expr:
    """Modulo the factor, and without what is free of x and of the root."""
    top = fraction(together(_remainder(expression, factor)))[0]
    polynomial = Poly(top.expand(), ROOT, *x)
    return polynomial.primitive()[1].as_expr()


def _remainder(expression: Expr, factor: Poly) -> Expr:
    """Modulo the factor, as a polynomial in its root with coefficients in lowest terms."""
    rest = Poly(expression, ROOT).rem(Poly(factor.as_expr(), ROOT))
    return sum((c.cancel() * ROOT ** m[0] for m, c in rest.terms()), S.Zero)


def _adjugate(a: Matrix, budget: Budget) -> Matrix:
    """adj(A - λ 1) up to its sign, by the recursion of Faddeev and Le Verrier."""
    n = a.rows
    power, total = eye(n), eye(n) * ROOT ** (n - 1)
    for k in range(1, n):
        budget.check("eigenvectors of a matrix")
        product = (a * power).applyfunc(lambda e: e.expand())
        power = product - eye(n) * (product.trace() / k)
        total += power * ROOT ** (n - 1 - k)
    return total


def spectral_factors(m: Matrix) -> list[tuple[Poly, int]]:
    """The irreducible factors of the characteristic polynomial in λ, with their multiplicities."""
    # SymPy sorts factors by their coefficients, which roots of parameters do not allow, and takes no roots of π: they are
    # named meanwhile
    roots = {power: Dummy() for power in powers_in(m) if not power.exp.is_Integer and not power.is_algebraic}
    named = {name: power for power, name in roots.items()}
    factors = factor_list(m.xreplace(roots).charpoly(ROOT).as_expr(ROOT), ROOT)[1]
    return [(Poly(f.as_expr().xreplace(named), ROOT), k) for f, k in factors]


def eigenvalues_of(m: Matrix) -> list[Expr]:
    """Those of linear and quadratic factors of the characteristic polynomial."""
    found: list[Expr] = []
    for factor, _ in spectral_factors(m):
        coefficients = factor.all_coeffs()
        if len(coefficients) == 2:
            found.append((-coefficients[1] / coefficients[0]).cancel())
        elif len(coefficients) == 3:
            a, b, c = coefficients
            root = sqrt(factored(b**2 - 4 * a * c))
            found += [(-b + root) / (2 * a), (-b - root) / (2 * a)]
    return found


def _strong_blocks(m: Matrix) -> list[Matrix]:
    """The diagonal blocks of a block triangular form: together they have the characteristic polynomial of the whole.

    Without those that are too large to be factored while they hold symbols.
    """
    import networkx as nx

    links = nx.DiGraph()
    links.add_nodes_from(range(m.rows))
    links.add_edges_from((i, j) for i in range(m.rows) for j in range(m.rows) if m[i, j] != 0)
    blocks = sorted(sorted(block) for block in nx.strongly_connected_components(links))
    taken = [m.extract(block, block) for block in blocks]
    return [block for block in taken if block.rows <= LARGEST_BLOCK or not block.free_symbols]


def linear_rates(system: ODESystem) -> list[Expr]:
    """Distinct nonzero rates up to sign."""
    first = system.first_order()
    origin = dict.fromkeys(first.unknowns, S.Zero)
    try:
        jacobian = Matrix([[substituted(f.diff(x), origin) for x in first.unknowns] for f in first.rhs])
    except (TypeError, ValueError):
        return []
    if jacobian.has(S.NaN, S.ComplexInfinity, S.Infinity) or jacobian.has(system.independent):
        return []
    if jacobian.has(AppliedUndef) or any(power.base.is_zero for power in powers_in(jacobian)):
        return []  # no number at the origin: f(0), or 0^n with a parameter n
    eigenvalues = [rate for block in _strong_blocks(jacobian) for rate in eigenvalues_of(block)]
    rates = [*eigenvalues, *(jacobian[i, i] for i in range(jacobian.rows))]
    rates += [a + b for i, a in enumerate(eigenvalues) for b in eigenvalues[i:]]
    distinct: dict[Expr, None] = {}
    for rate in (r.expand() for r in rates):
        if rate != 0 and -rate not in distinct:
            distinct[rate] = None
    return list(distinct)
