"""Abel equations of both kinds that hide a Riccati equation for x as a function of some u(x, y).

y' = P_3(y)/P_1(y), coefficients functions of x, keeps its form under w = (a y + b)/(c y + d). A particular solution y_1 goes
to w = ∞, and w' = (n_2 w² + n_1 w + n_0)/(w + l). With u = g w + h, g' = -n_2 g, h' = -g n_1 - g' l, all but the constant
of the numerator vanishes; with a second particular solution at w = 0 and u = g w, all but u; with a third one at w = 1
and u = w, all but u (u - 1). So

    dx/du = α(x) (u + R(x))/n(u),   n = 1, u or u (u - 1),

and this is a Riccati equation in z(x) exactly if R is a quadratic polynomial in s = ∫dx/α, z = s, or a combination of
e^(ks), 1 and e^(-ks), z = e^(ks): D³ R = k² D R for D = α d/dx. It may also be an Abel equation for x that hides one.
Sources: Cheb-Terrab and Roche 2003 (the classes AIR and AIA); Kamke 1977, A.4.10 and A.4.11.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence

import sympy as sp
from sympy import Dummy, Expr, S, Symbol
from sympy.core.function import AppliedUndef

from liesym.base.budget import Budget
from liesym.coefficients.definitions import Definition, derivative_expression, function_and_orders
from liesym.coefficients.field import Field
from liesym.coefficients.lattice import NeedsRefinement
from liesym.coefficients.ring import Element
from liesym.determine.on_solutions import jet_field
from liesym.errors import TooLarge, Unsupported
from liesym.model.names import taken_names
from liesym.model.system import ODESystem
from liesym.solving.found import Found, assumptions
from liesym.solving.linear.relations import split_columns
from liesym.solving.ode.by_slope import Hidden, by_slope
from liesym.solving.ode.exponents import HALF
from liesym.solving.ode.integrate import integrate
from liesym.solving.ode.ode import OdeSolver
from liesym.solving.ode.operators import depends_only_on
from liesym.solving.ode.riccati import riccati_equations, riccati_symmetries

MOST_MONOMIALS, MOST_LINES = 60, 4
Moebius = tuple[Element, Element, Element, Element]


def hidden_symmetries(system: ODESystem, budget: Budget, depth: int = 2) -> Found:
    """Symmetries of y' = f(x, y) from a Riccati equation for x as a function of u(x, y).

    Arguments:
        system: one equation of order 1.
        budget: what the search may take; half of the operations that are left go to each equation, so that one that is
            hard leaves some to the next.
        depth: how many times an Abel equation may hide another one.
    """
    equations = itertools.chain(by_slope(system), hidden_equations(system, budget))
    for number, equation in enumerate(equations):
        half = budget.part(0.5)
        try:
            found = _of_riccati(equation, taken_names(system), half)
            if not found.vectors and depth > 1:
                found = hidden_symmetries(equation.system, half, depth - 1)
        except (TooLarge, Unsupported, NeedsRefinement, ZeroDivisionError):
            continue
        if found.vectors:
            return _pulled_back(found, equation, system)
        if number > MOST_LINES**2:
            break
    return Found(complete=False)


def _of_riccati(equation: Hidden, taken: frozenset[str], budget: Budget) -> Found:
    """(0, ξ) in the variables (u, x), up to three."""
    u, x = equation.system.variables
    field = jet_field(equation.system, equation.unknowns)
    with field.within(budget):
        rate = field(equation.system.rhs[0])
        for riccati in riccati_equations(field, rate, u, x, [field(z) for z in equation.unknowns]):
            solver = OdeSolver(field, allow_names=True, taken=taken)
            found = [field.to_expr(e / riccati.slope) for e in riccati_symmetries(riccati, solver)]
            if found and not any(e.has(sp.I) for e in found):
                vectors = tuple((S.Zero, e) for e in found)
                return Found(vectors, False, assumptions(solver.pivots, field), tuple(solver.definitions))
    return Found(complete=False)


def _pulled_back(found: Found, equation: Hidden, system: ODESystem) -> Found:
    """From (u, x) to (x, y): ξ is kept, and η follows from X u; the other way round where y is kept."""
    (u, kept), (x, y) = equation.system.variables, system.variables
    gone = y if kept == x else x
    across, along = equation.u.diff(gone), equation.u.diff(kept)
    vectors = []
    for vector in found.vectors:
        first, same = (_at(component, u, equation.u) for component in vector)
        other = (first - along * same) / across
        vectors.append((same, other) if kept == x else (other, same))
    definitions = tuple(
        Definition(d.function.xreplace({d.variable: x}), d.order, d.rhs.xreplace({d.variable: x}))  # type: ignore[arg-type]
        for d in found.definitions
    )
    return Found(tuple(vectors), False, found.assumptions, definitions)


def _at(expression: Expr, u: Symbol, value: Expr) -> Expr:
    """The expression at u = value; a derivative of a named function is taken before."""
    kept: dict[Expr, Expr] = {}
    for node in sorted(expression.atoms(sp.Subs, sp.Derivative, AppliedUndef), key=sp.count_ops, reverse=True):
        if u in node.free_symbols:
            name, arguments, orders = function_and_orders(node)  # type: ignore[arg-type]
            kept[node] = derivative_expression(name, [a.subs(u, value) for a in arguments], orders)  # type: ignore[arg-type]
    marks = {node: Dummy() for node in kept}
    return expression.xreplace(marks).subs(u, value).xreplace({marks[node]: e for node, e in kept.items()})


# -- from y to u ---------------------------------------------------------------------------------------


def hidden_equations(system: ODESystem, budget: Budget) -> Iterator[Hidden]:
    """One for each choice of one to three of the particular solutions that are found, in order."""
    x, y = system.variables
    field = jet_field(system)
    with field.within(budget):
        parts = _parts(field, field(system.rhs[0]), x, y)
        if parts is None:
            return
        lines = list(itertools.islice(_particular_solutions(field, *parts, x), MOST_LINES))
    for count in (1, 2, 3):
        for chosen in itertools.permutations(lines, count):
            try:
                with field.within(budget):
                    found = _flattened(system, field, chosen)
            except (TooLarge, Unsupported, NeedsRefinement, ZeroDivisionError):
                continue
            if found is not None:
                yield found


def _parts(field: Field, rate: Element, x: Symbol, y: Symbol) -> tuple[list[Element], list[Element]] | None:
    """Coefficients of y^0 … y^3 above and of 1, y below; None if the rate is not of that form."""
    slot = field.by_symbol[y]
    if any(i != slot.index and field.depends_on(field.slots[i], y) for i in field.slots_of(rate)):
        return None
    result = []
    for poly, degree in ((rate.num, 3), (rate.den, 1)):
        powers = field.coefficients_in(field.lift(poly), slot)
        if max(powers, default=0) > degree:
            return None
        result.append([field.of_poly(powers[k]) if k in powers else field.zero for k in range(degree + 1)])
    return (result[0], result[1]) if all(depends_only_on(e, x, field) for part in result for e in part) else None


def _particular_solutions(field: Field, top: list[Element], bottom: list[Element], x: Symbol) -> Iterator[Element | None]:
    """y = 0, y = ∞ (None) and y = c m(x) with a constant c, m a product of powers of what occurs."""
    if top[0].is_zero:
        yield field.zero
    if top[3].is_zero and not bottom[1].is_zero:
        yield None
    found: list[Element] = []
    for m in _monomials(field, [*top, *bottom], x):
        slope = m.diff(x)
        columns = [top[0], top[1] * m - slope * bottom[0], (top[2] * m - slope * bottom[1]) * m, top[3] * m**3]
        for c in _common_roots(columns, field, x):
            line = m * c
            if not c.is_zero and not any((line - e).is_zero for e in found):
                found.append(line)
                yield line


def _monomials(field: Field, elements: Sequence[Element], x: Symbol) -> Iterator[Element]:
    used = {field.by_symbol[x].index}.union(*(field.slots_of(e) for e in elements))
    slots = [field.slots[i] for i in sorted(used) if field.slots[i].moving == {x}][:3]
    ranges = [range(slot.degree) if slot.kind == "root" else range(-3, 4) for slot in slots]
    for powers in sorted(itertools.product(*ranges), key=lambda p: sum(map(abs, p)))[:MOST_MONOMIALS]:
        product = field.one
        for slot, power in zip(slots, powers, strict=True):
            product = product * field.of_slot(slot) ** power
        yield product


def _common_roots(columns: list[Element], field: Field, x: Symbol) -> list[Element]:
    """The constants c, rational in the parameters, with Σ c^k columns[k] = 0."""
    c = Dummy("c")
    common = sp.Poly(0, c)
    for row in split_columns(dict(enumerate(columns)), field, [x]):
        terms = [field.poly_to_expr(poly) * c**k for k, poly in row.items()]
        common = common.gcd(sp.Poly(sp.Add(*terms), c))
        if common.degree() == 0:
            return []
    if common.is_zero:
        return []
    factors = [sp.Poly(f.as_expr(), c) for f, _ in common.factor_list()[1]]
    return [field(-f.nth(0) / f.nth(1)) for f in factors if f.degree() == 1]


def _flattened(system: ODESystem, field: Field, lines: Sequence[Element | None]) -> Hidden | None:
    """Particular solutions at w = ∞, 0 and 1, as many as there are; then w -> u."""
    x, y = system.variables
    a, b, c, d = _moebius(lines, field)
    W, U = Dummy("w", real=True), Dummy("u", real=True)
    Y = field(y)
    w = (a * Y + b) / (c * Y + d)
    rate = w.diff(x) + w.diff(y) * field(system.rhs[0])
    inverse = (field.to_expr(b) - field.to_expr(d) * W) / (field.to_expr(c) * W - field.to_expr(a))
    speed = field.to_expr(rate).subs(y, inverse)
    other = Field.build([speed], (x, W), system.parameter_symbols)
    with other.within(field.budget):
        parts = _parts(other, other(speed), x, W)
        if parts is None or parts[1][1].is_zero or not parts[0][3].is_zero:
            return None
        n0, n1, n2 = (e / parts[1][1] for e in parts[0][:3])
        low = parts[1][0] / parts[1][1]
        scaled = _scaled((n0, n1, n2, low), len(lines), other, x)
        if scaled is None:
            return None
        g, h, alpha, rest = scaled
        if alpha.is_zero or rest.diff(x).is_zero:
            return None
        unknowns = tuple(other.to_expr(z) for z in _riccati_unknowns(alpha, rest, other, x))
        right = other.to_expr(alpha) * (U + other.to_expr(rest)) / (S.One, U, U * (U - 1))[len(lines) - 1]
        hidden = ODESystem(U, (x,), (1,), (right,), system.parameters)
        return Hidden(hidden, other.to_expr(g) * field.to_expr(w) + other.to_expr(h), unknowns)


def _moebius(lines: Sequence[Element | None], field: Field) -> Moebius:
    """w = (a y + b)/(c y + d) with the first line at ∞, the second at 0, the third at 1."""
    one, zero = field.one, field.zero
    first = lines[0]
    c, d = (zero, one) if first is None else (one, -first)
    if len(lines) == 1:
        return (one, zero, c, d) if first is None else (zero, one, c, d)
    second = lines[1]
    a, b = (zero, one) if second is None else (one, -second)
    if len(lines) == 3:
        third = lines[2]
        scale = c / a if third is None else (c * third + d) / (a * third + b)
        a, b = a * scale, b * scale
    return a, b, c, d


def _scaled(coefficients: Moebius, count: int, field: Field, x: Symbol) -> Moebius | None:
    """(g, h, α, R) for w' = (n_2 w² + n_1 w + n_0)/(w + l)."""
    n0, n1, n2, low = coefficients
    if count == 3:
        return None if n2.is_zero else (field.one, field.zero, field.one / n2, low)
    exponent = integrate(-n2, x, field)
    if exponent is None:
        return None
    g = field.converter.exponential(exponent)
    slope = -(g * n2)
    if count == 2:
        speed = slope * low + g * n1
        return None if speed.is_zero else (g, field.zero, field.one / speed, g * low)
    rise = -(g * n1) - slope * low
    h = integrate(rise, x, field)
    speed = rise * low + g * n0
    return None if h is None or speed.is_zero else (g, h, field.one / (g * speed), g * low - h)


def _riccati_unknowns(alpha: Element, rest: Element, field: Field, x: Symbol) -> Iterator[Element]:
    """z(x) from D³ R = k² D R."""
    slope = alpha * rest.diff(x)
    third = alpha * (alpha * slope.diff(x)).diff(x)
    square = third / slope
    if not square.is_constant:
        return
    s = integrate(field.one / alpha, x, field)
    if s is None:
        return
    if square.is_zero:
        yield s
        return
    k = field.converter.any_root(square, HALF)
    if not field.to_expr(k).has(sp.I):
        yield field.converter.exponential(s * k)
