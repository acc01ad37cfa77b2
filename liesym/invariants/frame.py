"""Moving frames of one-parameter groups: the time at which an orbit meets a slice, solved for in closed form.

Where the slice v_j = c is met at ε = ε(v), the other coordinates there are invariants, and -ε(v) is a
function s with X s = 1.
Source: Fels and Olver 1999; Olver 1995, chapter 8.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from sympy import Dummy, Expr, S, Symbol, atan, cos, exp, log, sin, sqrt

from liesym.base.typed import argument, coefficients_in, expr, over_one_denominator
from liesym.coefficients.field import Field
from liesym.coefficients.lattice import NeedsRefinement
from liesym.errors import Unsupported
from liesym.flow import Flow
from liesym.flow.check import tidied

LARGEST_EQUATION = 400
"""Operations in an equation for the crossing time that is still worth solving."""


@dataclass(frozen=True, slots=True)
class Frame:
    """The slice v_place = value and the time to reach it.

    Arguments:
        flow: exact flow of the group.
        place: index of the normalised variable.
        value: its value on the slice.
        time: ε(v) with v̄_place(ε(v), v) = value.
    """

    flow: Flow
    place: int
    value: Expr
    time: Expr

    def normalized(self, expression: Expr) -> Expr:
        """A function of ε and the variables at ε = ε(v)."""
        return tidied(expression.subs(self.flow.epsilon, self.time))


def frames(flow: Flow, places: Sequence[int] | None = None) -> Iterator[Frame]:
    """Frames of an exact flow, one for each variable and value that can be solved for, simple ones first."""
    found: list[Frame] = []
    variables = flow.generator.variables
    for place in range(len(variables)) if places is None else places:
        image = flow.components[place]
        if not image.has(flow.epsilon):
            continue
        for value in (S.Zero, S.One):
            if flow.generator.components[place].subs(variables[place], value) == 0:
                continue  # the slice is not transversal
            found += [
                Frame(flow, place, value, time) for time in crossing_times(image, value, flow.epsilon) if _is_finite(time)
            ]
    yield from sorted(found, key=lambda f: f.time.count_ops())


def _is_finite(time: Expr) -> bool:
    return not time.has(S.NaN, S.ComplexInfinity, S.Infinity, S.NegativeInfinity)


def crossing_times(image: Expr, value: Expr, epsilon: Symbol) -> list[Expr]:
    """Solutions ε of image(ε) = value, a linear or quadratic equation for ε, e^{kε} or tan qε."""
    image = image.expand(power_exp=True)
    circular = {argument(n) for n in image.atoms(cos, sin) if n.has(epsilon)}
    if circular:
        return _circular_times(image, value, epsilon, circular)
    rates = {argument(n).diff(epsilon) for n in image.atoms(exp) if n.has(epsilon)}
    if not rates:
        return _roots(image - value, epsilon)
    k = min(rates, key=lambda r: (r.count_ops(), str(r)))
    if any(not (r / k).is_Integer for r in rates):
        return []
    u = Dummy("u", positive=True)
    written = image.xreplace(
        {
            n: u ** (argument(n).diff(epsilon) / k) * exp(argument(n).subs(epsilon, 0))
            for n in image.atoms(exp)
            if n.has(epsilon)
        }
    )
    return [] if written.has(epsilon) else [log(root) / k for root in _roots(written - value, u)]


def _roots(equation: Expr, unknown: Symbol) -> list[Expr]:
    """Roots of a rational equation of degree 1 or 2; none looked for if it is large."""
    if equation.count_ops() > LARGEST_EQUATION:
        return []
    numerator = over_one_denominator(equation)[0].expand()
    if not numerator.is_polynomial(unknown):
        return []
    coefficients = coefficients_in(numerator, unknown) if numerator.has(unknown) else []
    if len(coefficients) == 2:
        return [(-coefficients[1] / coefficients[0]).factor()]
    if len(coefficients) == 3:
        a, b, c = coefficients
        root = sqrt((b**2 - 4 * a * c).factor())
        return [(-b + root) / (2 * a), (-b - root) / (2 * a)]
    return []


def _circular_times(image: Expr, value: Expr, epsilon: Symbol, angles: set[Expr]) -> list[Expr]:
    """a cos qε + b sin qε = 0 at ε = -atan(a/b)/q."""
    if value != 0 or len(angles) != 1:
        return []
    (angle,) = angles
    a, b = expr(image.coeff(cos(angle))), expr(image.coeff(sin(angle)))
    rest = (image - a * cos(angle) - b * sin(angle)).expand()
    if rest != 0 or a.has(epsilon) or b.has(epsilon) or angle.subs(epsilon, 0) != 0:
        return []
    q: Expr = angle.diff(epsilon)
    return [] if b == 0 else [-atan(a / b) / q]


def is_invariant(function: Expr, components: dict[Symbol, Expr]) -> bool:
    """X(f) = 0 for X with the given components, decided exactly."""
    value = sum((c * function.diff(v) for v, c in components.items() if c != 0), start=S.Zero)
    try:
        return Field.build([value], tuple(components))(value).is_zero
    except (Unsupported, NeedsRefinement, ZeroDivisionError):
        return False
