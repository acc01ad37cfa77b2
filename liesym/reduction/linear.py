"""Linear equations of order 2 and above: y = y_0 + Σ C_k φ_k, without a search for symmetries.

The functions φ_k are those of the solver of linear equations (`solving.ode`), else Kummer's and Gauss's after the first
derivative was taken out,

    y = e^(-∫p/2) w,    w'' = (p²/4 + p'/2 - q) w    for y'' + p y' + q y = 0,

and y_0 is a combination of what the force holds, else Σ φ_k ∫ c_k dt. Where φ_k hold √D for a D of the parameters that may
be negative, a real form is given for either sign. Nothing here is checked.
Source: Ince 1956, chapters 5 to 7; DLMF, chapters 13 and 15.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from sympy import (
    Abs,
    Basic,
    Dummy,
    Expr,
    Function,
    I,
    Integer,
    Integral,
    Mul,
    Poly,
    Pow,
    S,
    Symbol,
    cos,
    exp,
    factor_list,
    log,
    powdenest,
    powsimp,
    sin,
    sqrt,
    trigsimp,
)
from sympy.functions.special.bessel import BesselBase

from liesym.base.budget import Budget
from liesym.base.jets import jet_symbol
from liesym.base.typed import expr, over_one_denominator, powers_in, replaced
from liesym.coefficients import Field
from liesym.coefficients.bounded import limited
from liesym.coefficients.hypergeometric import HYPERGEOMETRIC
from liesym.coefficients.lattice import NeedsRefinement
from liesym.coefficients.waves import WAVES
from liesym.errors import TooLarge, Unsupported
from liesym.model.names import taken_names
from liesym.model.system import ODESystem
from liesym.reduction.bessel_forms import folded
from liesym.reduction.checked import look_at_value
from liesym.reduction.elementary import Family, Value, exponential, powers_of
from liesym.reduction.higher_steps import normal_form_steps, riccati_by_linear_step, superposition_steps
from liesym.reduction.linear_variable import in_exponential, of_constant_coefficients
from liesym.reduction.quadrature import antiderivative, constants_for
from liesym.reduction.solution import solves
from liesym.reduction.superposition import by_variation
from liesym.solving.ode.hypergeometric import hypergeometric_solutions
from liesym.solving.ode.ode import OdeSolver
from liesym.testing.values import NoValue, value_at

SOME = 0.37
"""The value of a parameter where only the sign of something is asked for."""
NAMED = (*HYPERGEOMETRIC, *WAVES, BesselBase)
LARGEST = 240
"""Operations of a solution of a Riccati equation that is checked."""
FAILURES = (TooLarge, Unsupported, NeedsRefinement, ZeroDivisionError)


def linear_families(system: ODESystem, budget: Budget) -> Iterator[Family]:
    """General solutions, the most telling first.

    Arguments:
        system: one linear equation.
        budget: of the solver.

    Raises:
        OutOfBudget: the time is over.
    """
    slopes, force = _coefficients(system)
    x = system.independent
    field = limited(Field.build([*slopes, force], (x,), system.parameter_symbols), budget)
    solver = OdeSolver(field, taken=taken_names(system))
    coefficients = tuple(field(-a) for a in slopes)
    try:
        found = solver.fundamental_solutions(coefficients, x)
    except FAILURES:
        found = None
    if found is not None:
        basis = [_plain(folded(field.to_expr(e))) for e in found]
        start = _start(system, basis, force, solver, found)
        family = None if start is None else _family(system, basis, start)
        if family is not None and not any(v.expression.has(I) for v in family.values):
            yield family
            return
    if system.order == 2 and force == 0:
        each = [_family(system, pair, S.Zero) for pair in of_constant_coefficients(system, -slopes[1], -slopes[0])]
        if each:  # one for each sign of what is under the root
            yield Family(tuple(v for family in each for v in family.values), steps=each[0].steps)
    normal = _normal_form(system, slopes) if system.order == 2 and force == 0 else None
    if normal is not None:
        yield from _of_normal_form(system, normal, budget)
    moved = in_exponential(system) if system.order == 2 else None
    if moved is not None:
        inner, z = moved
        back = dict(zip(constants_for(inner, 2), constants_for(system, 2), strict=True)) | {inner.independent: z}
        for family in linear_families(inner, budget):
            yield Family(
                tuple(Value(replaced(v.expression, back), tuple(replaced(a, back) for a in v.on)) for v in family.values)
            )


def _of_normal_form(system: ODESystem, normal: tuple[Expr, Expr], budget: Budget) -> Iterator[Family]:
    """By functions of constant coefficients, Kummer's and Gauss's functions."""
    (front, r), x = normal, system.independent
    if not r.has(x):
        yield _family(system, [front * exp(sqrt(r) * x), front * exp(-sqrt(r) * x)], S.Zero)
        return
    one, two = constants_for(system, 2)
    for sides in hypergeometric_solutions(r, x):
        budget.check("hypergeometric functions")
        values = []
        for side in sides:
            first, second = (_gathered(front * e, x) for e in (side.first, side.second))
            value = one * first + two * second
            if value.has(Integral) or look_at_value(system, value, (one, two)).true_on:  # the exact check takes longer
                values.append(Value(value, side.on))
        if values:
            pair = sides[0].first, sides[0].second
            steps = normal_form_steps(system, front, r, pair, Dummy("w", real=True)) if len(sides) == 1 else ()
            yield Family(tuple(values), steps=steps)


def riccati_families(system: ODESystem, budget: Budget) -> Iterator[Family]:
    """y' = a y² + b y + c by y = -u'/(a u), u'' = (b + a'/a) u' - a c u, with u = u_1 + C u_2.

    Raises:
        OutOfBudget: the time is over.
    """
    powers = powers_of(system)
    if powers is None or not set(powers) <= {S.Zero, S.One, Integer(2)} or not {S.Zero, Integer(2)} <= set(powers):
        return
    a, b, c = (powers.get(Integer(n), S.Zero) for n in (2, 1, 0))
    x, (constant,) = system.independent, constants_for(system, 1)
    u = Dummy("u", real=True)
    rate = (b + a.diff(x) / a) * jet_symbol(u, 1) - a * c * u
    linear = ODESystem(x, (u,), (2,), (rate,), system.parameters)
    begun = riccati_by_linear_step(system, linear, -jet_symbol(u, 1) / (a * u))
    for family in linear_families(linear, budget):
        first, second = constants_for(linear, 2)
        for value in family.values:
            inner = replaced(value.expression, {first: S.One, second: constant})
            lost = replaced(value.expression, {first: S.Zero, second: S.One})
            shown, other = (folded(expr((-e.diff(x) / (a * e)).together())) for e in (inner, lost))
            if shown.count_ops() > LARGEST:
                continue
            short = not _roots_of(x, shown) or _is_elementary(shown)
            # y = -u'/(a u) solves Riccati's equation if u solves the linear one, where substitution takes less
            if short or solves(linear, value.expression, (first, second)):
                steps = (*begun, *family.steps[1:])
                yield Family((Value(shown, value.on),), lost=(other,), steps=steps, proven=not short)


def _roots_of(x: Symbol, value: Expr) -> bool:
    """True if it holds a fractional power of an expression of x."""
    return any(not n.exp.is_Integer and n.base.has(x) for n in powers_in(value) if n.base is not S.Exp1)


def _is_elementary(value: Expr) -> bool:
    """True without named functions, whose field over roots takes longer to substitute in than symmetries take to find."""
    return all(isinstance(f, (exp, log, sin, cos)) for f in value.atoms(Function))


def _coefficients(system: ODESystem) -> tuple[list[Expr], Expr]:
    """a_k and f of y^(n) = Σ a_k y^(k) + f."""
    jets = [jet_symbol(system.unknowns[0], k) for k in range(system.order)]
    poly = Poly(system.rhs[0], *jets)
    return [expr(poly.coeff_monomial(j)) for j in jets], expr(poly.coeff_monomial(1))


def _plain(value: Expr) -> Expr:
    """Powers joined, no leading minus, no denominator of numbers."""
    joined = powsimp(value)
    shorter = min((value, expr(joined)), key=lambda e: e.count_ops())
    front = shorter.as_coeff_Mul()
    return expr(front[1])


def _start(system: ODESystem, basis: Sequence[Expr], force: Expr, solver: OdeSolver, found: Sequence[object]) -> Expr | None:
    """A solution of the inhomogeneous equation."""
    if force == 0:
        return S.Zero
    field, x = solver.field, system.independent
    slopes, _ = _coefficients(system)
    try:
        start = solver.particular_solution(tuple(field(-a) for a in slopes), found, field(force), x)  # type: ignore[arg-type]
    except FAILURES:
        start = None
    return by_variation(basis, force, system) if start is None else field.to_expr(start)


def _family(system: ODESystem, basis: Sequence[Expr], start: Expr) -> Family:
    """The family, twice where the sign of something under a root is not known: once for each."""
    constants, x = constants_for(system, system.order), system.independent
    joined = [_with_one_root(e, x) for e in basis]
    under = _unsigned(joined, x)
    pairs = [] if under is None or start.has(sqrt(under)) else [(s, _real_pair(joined, under, s, x)) for s in (1, -1)]
    steps = superposition_steps(system, basis, start)
    if under is None or not pairs or any(pair is None for _, pair in pairs):
        return Family((Value(_combined(basis, start, constants)),), whole=True, steps=steps)
    values = [Value(_combined(pair, start, constants), (s * under,)) for s, pair in pairs if pair is not None]
    return Family(tuple(values), steps=steps if not any(e.has(I) for e in basis) else ())


def _combined(basis: Sequence[Expr], start: Expr, constants: Sequence[Symbol]) -> Expr:
    return start + sum((c * e for c, e in zip(constants, basis, strict=True)), start=S.Zero)


def _with_one_root(value: Expr, x: Symbol) -> Expr:
    """sqrt(a/b) for sqrt(a)/sqrt(b), of parameters: what is shown is checked on the side on which it is real."""

    def is_root(factor: Basic) -> bool:
        half = isinstance(factor, Pow) and factor.exp in (S.Half, -S.Half)
        return half and not factor.base.has(x) and bool(factor.base.free_symbols)

    def joined(product: Mul) -> Expr:
        inside = Mul(*(f.base ** (2 * f.exp) for f in product.args if is_root(f)))  # type: ignore[attr-defined]
        return Mul(*(f for f in product.args if not is_root(f))) * sqrt(inside)  # type: ignore[arg-type]

    return expr(value.replace(lambda e: e.is_Mul and sum(map(is_root, e.args)) > 1, joined))


def _unsigned(basis: Sequence[Expr], x: Symbol) -> Expr | None:
    """The one expression of parameters under square roots whose sign is not known."""
    roots = {n.base for e in basis for n in powers_in(e) if n.exp in (S.Half, -S.Half) and not n.base.has(x)}
    unsigned = [b for b in roots if b.free_symbols and b.is_nonnegative is not True]
    return expr(unsigned[0]) if len(unsigned) == 1 and len(basis) == 2 else None


def _real_pair(basis: Sequence[Expr], under: Expr, sign: int, x: Symbol) -> list[Expr] | None:
    """The two functions where sign D > 0; real and imaginary part of the first where √D = i √(-D) makes them complex."""
    size, place = Dummy("size", positive=True), Dummy("place", positive=True)
    root = size if sign == 1 else I * size
    inserted = [replaced(e, {n: root ** (2 * n.exp) for n in powers_in(e) if n.base == under}) for e in basis]
    if not any(e.has(I) for e in inserted):
        return [replaced(e, {size: sqrt(sign * under)}) for e in inserted]
    first = replaced(inserted[0], {x: place})
    powers = {n: exp(n.exp * log(n.base)) for n in powers_in(first) if n.exp.has(size) and n.base is not S.Exp1}
    parts = replaced(first, powers).expand(complex=True).as_real_imag()
    found = [_plain(replaced(expr(p), {size: sqrt(sign * under), place: x})) for p in parts]
    return None if any(e == 0 or e.has(I) or "re" in {f.func.__name__ for f in e.atoms()} for e in found) else found


def _normal_form(system: ODESystem, slopes: Sequence[Expr]) -> tuple[Expr, Expr] | None:
    """e^(-∫p/2) and r."""
    x, (q, p) = system.independent, slopes
    damping = antiderivative(p / 2, x, ())
    if damping.has(Integral):
        return None
    return exponential(damping), expr((p**2 / 4 - p.diff(x) / 2 + q).together().cancel())


def _gathered(value: Expr, x: Symbol) -> Expr:
    """Powers of one base joined, each base with the sign that it has where the functions are regular, constants dropped."""
    place = _regular_place(value, x)
    powers: dict[Expr, Expr] = {}
    rest: Expr = S.One
    for factor in Mul.make_args(powdenest(value)):
        base, exponent = factor.as_base_exp()
        if base is S.Exp1 or isinstance(factor, NAMED) or factor.has(Abs, Integral) or not base.has(x):
            rest *= factor
            continue
        shorter = expr(trigsimp(base)) if base.has(sin, cos) else base
        for part, sign in zip(over_one_denominator(shorter), (1, -1), strict=True):
            for inner, multiplicity in factor_list(part)[1]:
                powers[inner] = powers.get(inner, S.Zero) + sign * multiplicity * exponent
    for base, exponent in powers.items():
        here = _number(base, {x: place}) if place is not None else None
        rest *= (-base if here is not None and here < 0 else base) ** expr(exponent.expand())
    return rest


def _regular_place(value: Expr, x: Symbol) -> float | None:
    """Where the last argument of a function in it is between 0 and 1, parameters having some value."""
    inside = [f.args[-1] for f in value.atoms(*NAMED)]
    for place in (0.5, -0.5, 1.6, -1.6, 0.1, 3.3, -3.3, 0.9):
        seen = [_number(expr(e), {x: place}) for e in inside]
        if seen and all(v is not None and 0 < v < 1 for v in seen):
            return place
    return None


def _number(value: Expr, place: dict[Symbol, float]) -> float | None:
    others = {s: SOME for s in value.free_symbols if isinstance(s, Symbol) and s not in place}
    try:
        return float(value_at(value, {**others, **place}))
    except NoValue:
        return None
