"""Closed forms of one-parameter groups.

Variables are taken in an order in which each depends on those before it. A group of variables is solved if
their images lie in a space that X maps to itself (a linear equation with constant coefficients along the
flow), if their field is projective or conformal, or, for one variable, by quadrature. What comes out is checked by
substitution.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from sympy import Dummy, Expr, Matrix, S, Symbol, cos, factorial, sin, tan, zeros
from sympy.core.function import AppliedUndef
from sympy.utilities.iterables import strongly_connected_components, topological_sort

from liesym.base.budget import UNLIMITED, Budget
from liesym.base.typed import powers_in, replaced, substituted
from liesym.coefficients.derivation import Derivation
from liesym.coefficients.field import FAILURES, Field
from liesym.coefficients.ring import Element
from liesym.errors import TooLarge
from liesym.flow.charts import Charted, charts, in_chart
from liesym.flow.check import composed, satisfies_flow, satisfies_flow_numerically, tidied
from liesym.flow.clock import inverted_clock
from liesym.flow.linear import conformal_in_space, with_linear_invariant
from liesym.flow.matrix import matrix_exponential
from liesym.flow.scalar import along, autonomous, conformal, projective
from liesym.model.generators import VectorField
from liesym.solving.linear.relations import relations

LONGEST_CHAIN = 6
LARGEST_RESULT = 2000
IN_CHARTS = 10_000
"""Operations in the components of generators that are written in charts, all charts of one flow together."""
SEARCH = "search for the closed form of a flow"

Attempt = Callable[[VectorField, Symbol], tuple[Expr, ...] | None]


def exact_flow(generator: VectorField, epsilon: Symbol, budget: Budget = UNLIMITED) -> tuple[Expr, ...] | None:
    """The images (t̄, x̄_1, …) in closed form, checked.

    None where no method applies; how much is tried is bounded by counts, so that it is the same on every machine.

    Raises:
        TimeIsUp: the budget ran out.
    """
    if any(c.atoms(AppliedUndef) for c in generator.components) or generator.definitions:
        return None
    algebraic = not any(c.has(sin, cos, tan) for c in generator.components)
    for attempt in (_by_parts, _as_one, _by_invariant_factor, *([_by_change_of_time] if algebraic else []), _by_elimination):
        budget.check(SEARCH)
        images = _attempted(attempt, generator, epsilon)
        if images is not None:
            return images
    try:
        return _in_some_chart(generator, epsilon, Budget(budget.until).step(IN_CHARTS), depth=2)
    except TooLarge:
        return None


def _in_some_chart(generator: VectorField, epsilon: Symbol, budget: Budget, depth: int) -> tuple[Expr, ...] | None:
    """The flow found and checked in the coordinates of a chart or of two, brought back, and checked again."""
    later: list[Charted] = []
    for chart in charts(generator):
        budget.check(SEARCH)
        budget.spend(_effort(generator), SEARCH)
        try:
            charted = in_chart(generator, chart)
        except FAILURES:
            continue
        if charted is None:
            continue
        images = _brought_back(charted, _attempted(_by_parts, charted.generator, epsilon), epsilon)
        if images is not None:
            return images
        later.append(charted)
    for charted in later if depth > 1 else ():
        images = _in_some_chart(charted.generator, epsilon, budget, depth - 1)
        back = _brought_back(charted, images, epsilon)
        if back is not None:
            return back
    return None


def _effort(generator: VectorField) -> float:
    """Operations in the components, as many times as there are in the longest exponent of parameters: each is a kernel."""
    exponents = [n.exp.count_ops() for c in generator.components for n in powers_in(c) if n.exp.free_symbols]
    return 1 + max([1, *exponents]) * sum(c.count_ops() for c in generator.components)


def _brought_back(charted: Charted, images: tuple[Expr, ...] | None, epsilon: Symbol) -> tuple[Expr, ...] | None:
    if images is None:
        return None
    back = tuple(tidied(i) for i in charted.back(images))
    return back if satisfies_flow_numerically(charted.original, back, epsilon) else None


def _attempted(attempt: Attempt, generator: VectorField, epsilon: Symbol) -> tuple[Expr, ...] | None:
    """The result of one method, if it passes the check."""
    try:
        images = attempt(generator, epsilon)
    except FAILURES:
        return None
    if images is None or sum(i.count_ops() for i in images) > LARGEST_RESULT:
        return None
    images = tuple(tidied(i) for i in images)
    return images if satisfies_flow(generator, images, epsilon) else None


# -- variable by variable --------------------------------------------------------------------------


def _by_parts(generator: VectorField, epsilon: Symbol) -> tuple[Expr, ...] | None:
    rates = dict(zip(generator.variables, generator.components, strict=True))
    solved: dict[Symbol, Expr] = {v: v for v, c in rates.items() if c == 0}
    for group in _groups(rates):
        images = _krylov(group, rates, epsilon)
        if images is None and _stands_alone(group, rates):
            images = (
                _projective(group, rates, epsilon)
                or _conformal(group, rates, epsilon)
                or conformal_in_space(group, rates, epsilon)
            )
        if images is None and len(group) == 1:
            image = _single(group[0], rates, solved, epsilon)
            images = None if image is None else [image]
        if images is None:
            return None
        solved |= zip(group, images, strict=True)
    return tuple(solved[v] for v in generator.variables)


def _as_one(generator: VectorField, epsilon: Symbol) -> tuple[Expr, ...] | None:
    """All moved variables as one group, whose field is projective though some of them move by themselves."""
    rates = dict(zip(generator.variables, generator.components, strict=True))
    group = [v for v, c in rates.items() if c != 0]
    images = _projective(group, rates, epsilon) if len(group) > 1 else None
    if images is None:
        return None
    return tuple(dict(zip(group, images, strict=True)).get(v, v) for v in generator.variables)


def _by_elimination(generator: VectorField, epsilon: Symbol) -> tuple[Expr, ...] | None:
    """One variable less, by a linear combination that the flow keeps."""
    for eliminated in with_linear_invariant(generator):
        images = _by_parts(eliminated.generator, epsilon)
        if images is not None:
            return eliminated.back(images)
    return None


def _groups(rates: dict[Symbol, Expr]) -> list[list[Symbol]]:
    """Strongly connected components of the moved variables, dependencies first."""
    moved = [v for v, c in rates.items() if c != 0]
    position = {v: i for i, v in enumerate(moved)}
    arrows = [(w, v) for v in moved for w in moved if w != v and w in rates[v].free_symbols]
    groups = [sorted(g, key=position.__getitem__) for g in strongly_connected_components((moved, arrows))]
    first = {v: group[0] for group in groups for v in group}
    between = {(first[w], first[v]) for w, v in arrows if first[w] != first[v]}
    order = topological_sort(([g[0] for g in groups], sorted(between, key=str)), key=position.__getitem__)
    members = {group[0]: group for group in groups}
    return [members[v] for v in order]


def _stands_alone(group: Sequence[Symbol], rates: dict[Symbol, Expr]) -> bool:
    others = {v for v, c in rates.items() if c != 0} - set(group)
    return not any(rates[v].free_symbols & others for v in group)


def _krylov(group: Sequence[Symbol], rates: dict[Symbol, Expr], epsilon: Symbol) -> list[Expr] | None:
    """Each v of the group with X^n v = Σ c_k X^k v.

    The orbit solves a linear equation with constant coefficients.
    """
    moving = [v for v, c in rates.items() if c != 0]
    field = Field.build(list(rates.values()), tuple(rates))
    vector = Derivation(field, {v: field(c) for v, c in rates.items()})
    images = []
    for v in group:
        image = _orbit(field(v), vector, field, moving, epsilon)
        if image is None:
            return None
        images.append(image)
    return images


def _orbit(start: Element, vector: Derivation, field: Field, moving: Sequence[Symbol], epsilon: Symbol) -> Expr | None:
    chain = [start]
    for _ in range(LONGEST_CHAIN):
        following = vector.apply(chain[-1])
        if following.is_zero:
            return sum((epsilon**k * field.to_expr(e) / factorial(k) for k, e in enumerate(chain)), start=S.Zero)
        if len(following.num) > 200:
            return None
        for relation in relations([*chain, following], field, moving):
            if len(chain) in relation:
                return _solve_orbit(chain, relation, field, epsilon)
        chain.append(following)
    return None


def _solve_orbit(chain: list[Element], relation: dict[int, Element], field: Field, epsilon: Symbol) -> Expr | None:
    """The first row of exp(εC), C the companion matrix of the relation, times the chain."""
    n = len(chain)
    companion = zeros(n, n)
    for k in range(n - 1):
        companion[k, k + 1] = 1
    for k in range(n):
        if k in relation:
            companion[n - 1, k] = field.to_expr(-relation[k] / relation[n])
    moved = matrix_exponential(companion, epsilon)
    if moved is None:
        return None
    return sum((moved[0, k] * field.to_expr(e) for k, e in enumerate(chain)), start=S.Zero)


def _projective(group: Sequence[Symbol], rates: dict[Symbol, Expr], epsilon: Symbol) -> list[Expr] | None:
    """v' = A v + b + (c·v) v for the group, coefficients free of moved variables."""
    k = len(group)
    fixed = dict.fromkeys(group, S.Zero)
    if not all(rates[v].is_polynomial(*group) for v in group):
        return None
    a = Matrix(k, k, lambda i, j: substituted(rates[group[i]].diff(group[j]), fixed))
    b = Matrix([substituted(rates[v], fixed) for v in group])
    c = Matrix([substituted(rates[v].diff(v, v), fixed) / 2 for v in group])
    form = sum((c[i] * v for i, v in enumerate(group)), start=S.Zero)
    for i, v in enumerate(group):
        linear = sum((a[i, j] * w for j, w in enumerate(group)), start=S.Zero)
        if (rates[v] - linear - b[i] - form * v).expand() != 0:
            return None
    return projective(a, b, c, list(group), epsilon)


def _conformal(group: Sequence[Symbol], rates: dict[Symbol, Expr], epsilon: Symbol) -> list[Expr] | None:
    """z' = p + q z + r z² for z = a + i b with complex constants.

    Two variables that obey Cauchy and Riemann.
    """
    if len(group) != 2:
        return None
    for a, b in (group, group[::-1]):
        f, g = rates[a], rates[b]
        if not (f.is_polynomial(a, b) and g.is_polynomial(a, b)):
            return None
        if (f.diff(a) - g.diff(b)).expand() != 0 or (f.diff(b) + g.diff(a)).expand() != 0:
            continue
        found = conformal(a, b, f, g, epsilon)
        if found is not None:
            return list(found if (a, b) == tuple(group) else found[::-1])
    return None


def _single(x: Symbol, rates: dict[Symbol, Expr], solved: dict[Symbol, Expr], epsilon: Symbol) -> Expr | None:
    """One variable, all others known: autonomous, along another autonomous variable, or along ε."""
    f = rates[x]
    moving = [v for v in solved if rates[v] != 0 and v in f.free_symbols]
    if not moving:
        return autonomous(x, f, epsilon)
    if len(moving) == 1 and not (rates[moving[0]].free_symbols & {v for v, c in rates.items() if c != 0}) - {moving[0]}:
        z = moving[0]
        found = along(x, f / rates[z], z, z, solved[z])
        if found is not None:
            return found
    s = Dummy("s", real=True)
    moved = {v: replaced(solved[v], {epsilon: s}) for v in moving}
    return along(x, composed(f, moved), s, S.Zero, epsilon)


# -- changes of time --------------------------------------------------------------------------------


def _common_factors(generator: VectorField) -> list[Expr]:
    """The greatest common factor of the components, and the components themselves."""
    variables = generator.variables
    field = Field.build(generator.components, variables)
    nonzero = [field(c) for c in generator.components if c != 0]
    top, bottom = nonzero[0].num, nonzero[0].den
    for e in nonzero[1:]:
        top, bottom = top.gcd(e.num), bottom * (e.den / bottom.gcd(e.den))
    factors = [field.to_expr(field.fraction(top, bottom)), *(field.to_expr(e) for e in nonzero)]
    return [f for f in dict.fromkeys(factors) if f.free_symbols & set(variables)]


def _divided(generator: VectorField, factor: Expr) -> VectorField:
    return VectorField(generator.variables, tuple((c / factor).cancel() for c in generator.components))


def _by_invariant_factor(generator: VectorField, epsilon: Symbol) -> tuple[Expr, ...] | None:
    """X = φ Y with Y(φ) = 0: the flow of Y after the time φ ε."""
    for factor in _common_factors(generator):
        inner = _divided(generator, factor)
        slope = inner.apply(factor)
        if not Field.build([slope], generator.variables)(slope).is_zero:
            continue
        images = _by_parts(inner, epsilon)
        if images is not None:
            return tuple(i.subs(epsilon, factor * epsilon) for i in images)
    return None


def _by_change_of_time(generator: VectorField, epsilon: Symbol) -> tuple[Expr, ...] | None:
    """X = φ Y: along the flow of Y, ε = ∫ dτ/φ.

    Inverted where τ or e^{kτ} solves a linear or quadratic equation.
    """
    τ = Dummy("tau", real=True)
    for factor in _common_factors(generator):
        images = _by_parts(_divided(generator, factor), τ)
        if images is None:
            continue
        speed = composed(factor, dict(zip(generator.variables, images, strict=True)))
        time = inverted_clock(speed, τ, epsilon, generator.variables)
        if time is not None:
            return tuple(i.subs(τ, time) for i in images)
    return None
