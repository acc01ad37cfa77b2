"""Solutions Π p^e exp(polynomial) times a polynomial, for rational coefficients.

Source: van der Put and Singer 2003, section 4.1.
"""

from __future__ import annotations

import itertools

from flint import fmpz_mpoly
from sympy import Symbol

from liesym.coefficients.ring import Element
from liesym.solving.ode.exponents import HALF, roots
from liesym.solving.ode.integrate import _slots_along, integrate, quadratic
from liesym.solving.ode.operators import (
    Coefficients,
    exponential_parts,
    independent,
    indicial,
    shifted_operator,
    singular_factors,
    value_at,
)
from liesym.solving.ode.spans import slot_span, span_solutions
from liesym.solving.ode.workspace import Workspace


def by_local_exponents(work: Workspace, a: Coefficients, v: Symbol) -> list[Element]:
    """Π p^e exp(polynomial) times a polynomial, for rational coefficients (van der Put and Singer 2003, section 4.1)."""
    field = work.field
    if any(s.kind != "variable" for c in a for s in _slots_along(c, v, field)):
        return []
    choices = [_local_rates(work, a, v, p) for p in singular_factors(a, v, field)]
    parts = [field.zero, *(p.diff(v) for p in exponential_parts(a, v, field))]
    found: list[Element] = []
    for combination in itertools.islice(itertools.product(*choices), 24):
        for part in parts[:4]:
            work.check_budget()
            rate = part
            for local in combination:
                rate = rate + local
            if rate.is_zero:
                continue
            gauged = shifted_operator(a, rate, v)
            inner = span_solutions(work, gauged, v, list(slot_span(work, gauged, v, field.one)))
            exponent = integrate(rate, v, field) if inner else None
            if exponent is None:
                continue
            factor = field.converter.exponential(exponent)
            found = independent([*found, *(factor * w for w in inner)], field, v)
            if len(found) >= len(a):
                return found
    return found


def _local_rates(work: Workspace, a: Coefficients, v: Symbol, p: fmpz_mpoly) -> list[Element]:
    """u'/u for the local behaviours (v - v_0)^e at the roots of p, e modulo the integers; always with 0.

    For a quadratic p = αv² + βv + γ with conjugate roots and exponents r ± i s the behaviour is
    p^r exp(2 s arctan …), with u'/u = (2αrv + rβ ∓ s√(-D))/p, D = β² - 4αγ.
    """
    field, n = work.field, len(a)
    base = field.of_poly(p)
    slope = base.diff(v)
    parts = None
    if slope.depends_on(v):
        parts = quadratic(p, v, field)
        if parts is None:
            return [field.zero]
        root = field.converter.any_root(parts[1] * parts[1] - parts[0] * parts[2] * 4, HALF)
        point, slope = (root - parts[1]) / (parts[0] * 2), root
    else:
        point = field(v) - base / slope
    values = [value_at(c * base ** (n - k), v, point, field) for k, c in enumerate(a)]
    if any(value is None for value in values):
        return [field.zero]
    exponents = roots(indicial([*(c for c in values if c is not None), field.one], slope, field), field)
    rates = [field.zero]
    seen = [field.zero]
    for e in exponents or ():
        if e.imaginary is None and not any(_integer_difference(e.real, r) for r in seen):
            seen.append(e.real)
            rates.append(e.real * base.diff(v) / base)
        elif e.imaginary is not None and parts is not None:
            alpha, beta, _ = parts
            width = field.converter.any_root(parts[0] * parts[2] * 4 - beta * beta, HALF)
            middle = e.real * (alpha * field(v) * 2 + beta)
            rates += [(middle - e.imaginary * width) / base, (middle + e.imaginary * width) / base]
    return rates


def _integer_difference(a: Element, b: Element) -> bool:
    difference = a - b
    return difference.is_rational and difference.as_fraction().denominator == 1
