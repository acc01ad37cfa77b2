"""First integrals I(t, x, x', …), D_t I = 0 on solutions, by several methods in turn, each result verified.

method                  for                    finds
spans                   all                    combinations of functions that occur; for order 1 logarithms
of Darboux
                                               polynomials among them, for higher orders polynomials in the
                                               derivatives
Killing tensors         x'' = F(x) + A(x) x'   linear or quadratic in the velocities; all where A = 0
Killing equations       other order 2          those polynomial in the velocities, coefficients integrated
φ - t J                 free of t              φ in a span, J a known integral
linear systems          constant coefficients  e^{-At} x, first of all where t occurs
spans with angles       order 1                combinations that hold atan(y/x)
functions of time       free of t              e^{kt} P, cos νt P + sin νt Q for rates of the linear part
symmetries              N <= 4                 ratios of last multipliers, quadratures
Sources: Olver 1993, section 4.3; Goriely 2001, chapter 2; Nucci and Leach 2008.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress

from sympy import Expr, I, Symbol

from liesym.base.clock import clock
from liesym.coefficients.joined import with_joined_roots
from liesym.coefficients.lattice import NeedsRefinement
from liesym.coefficients.ring import Element
from liesym.conservation.flat import flat_integrals
from liesym.conservation.modes import linear_integrals
from liesym.conservation.multipliers import LARGEST_PHASE_SPACE, integrals_from_symmetries
from liesym.conservation.rates import angles, as_product, logarithms, time_functions
from liesym.conservation.select import Selection
from liesym.conservation.spans import (
    coefficient_functions,
    independent_span,
    integrals_in_span,
    integrals_linear_in_time,
)
from liesym.conservation.velocities import polynomial_integrals
from liesym.conservation.velocity_spans import LARGEST_SPAN, is_gyroscopic, velocity_spans
from liesym.determine.on_solutions import OnSolutions, jet_field
from liesym.determine.verify import is_first_integral
from liesym.errors import OutOfBudget, Unsupported
from liesym.model.system import ODESystem
from liesym.solving.linear.span import monomials, products
from liesym.solving.linear.vectors import normalized
from liesym.symmetries.generator import Generator
from liesym.variational.present import presented

SPAN_SHARE, GENERAL_SHARE = 0.5, 0.7
LARGEST_SPAN_WITH_TIME = 400


def first_integrals(
    system: ODESystem,
    *,
    budget: float = 30.0,
    degree: int = 2,
    generators: Sequence[Generator] | None = None,
) -> tuple[Expr, ...]:
    """First integrals of a system, each verified by exact substitution.

    Arguments:
        system: any system in solved form.
        budget: seconds.
        degree: highest total degree in the derivatives (order 2 and above), or of the polynomial part (order
        1, one more).
        generators: symmetries to make integrals from; looked for in small systems where the rest finds too
        few.

    Returns:
        Expressions in t, the unknowns and their derivatives below the order. None that is free of t is a
        polynomial in those before it; one that holds t is functionally independent of all before. Not found
        is not proven absent; N functionally independent ones are all there are.
    """
    search = _Search(system, degree, time.monotonic() + budget, generators)
    with suppress(OutOfBudget), clock(budget):  # the alarm of the clock may ring between two methods
        _run(search)
    return tuple(search.selection.kept)


def _run(search: _Search) -> None:
    for method in search.methods():
        if search.finished:
            break
        try:
            method()
        except (OutOfBudget, Unsupported, NeedsRefinement, ZeroDivisionError):
            continue  # the other methods may still find something


class _Search:
    """One search: the system, the clock, and what was kept."""

    def __init__(self, system: ODESystem, degree: int, deadline: float, generators: Sequence[Generator] | None) -> None:
        self.system, self.degree, self.deadline, self.generators = system, degree, deadline, generators
        self.selection = Selection(system)
        self.autonomous = not any(f.has(system.independent) for f in system.rhs)
        self.quadratic_complete = False

    @property
    def finished(self) -> bool:
        return self.selection.rank == self.selection.phase_dimension or time.monotonic() > self.deadline

    @property
    def all_free_of_time(self) -> bool:
        """N - 1 integrals free of t are all of them."""
        return self.autonomous and self.selection.rank == self.selection.phase_dimension - 1

    def share(self, part: float) -> float:
        """A deadline that leaves some time to the methods after this one."""
        now = time.monotonic()
        return now + part * (self.deadline - now)

    def methods(self) -> Iterator[Callable[[], None]]:
        if not self.autonomous:
            yield self.linear
        if self.system.is_first_order:
            yield self.first_order_spans
        else:
            yield self.quadratic
            yield self.derivative_spans
        second_order = min(self.system.orders) == max(self.system.orders) == 2
        if second_order and self.autonomous and not self.quadratic_complete and not self.all_free_of_time:
            yield self.killing
        if not self.system.is_first_order:
            yield self.linear_in_time if self.autonomous else self.derivative_spans_with_time
        if second_order:
            yield self.killing_with_time
        if self.autonomous:
            yield self.linear
        if self.system.is_first_order:
            yield self.angular_spans
        if self.generators is not None or self.selection.phase_dimension <= 3:
            yield self.symmetries
        if self.autonomous:
            yield self.with_time

    def offer(self, elements: Sequence[Element], on: OnSolutions, *, functional: bool) -> None:
        jets = self.system.jet_coordinates
        shown: list[Expr] = []
        for element in sorted((e for e in elements if not e.is_constant), key=lambda e: len(e.num) + len(e.den)):
            if time.monotonic() > self.deadline and (shown or self.selection.kept):
                break  # long ones take long to write
            shown.append(presented(normalized((element,), on.field)[0], on.field, jets))
        if self.system.is_first_order:
            shown = [as_product(e, self.system.independent) for e in shown]
        self.offer_expressions(shown, functional=functional)

    def offer_expressions(self, candidates: Sequence[Expr], *, functional: bool) -> None:
        """What is real and passes the check by substitution goes to the selection."""
        written = [with_joined_roots(e) for e in candidates if not e.has(I)]
        checked = [e for e in written if is_first_integral(e, self.system)]
        self.selection.offer(checked, functional=functional)

    # -- methods ---------------------------------------------------------------------------------

    def quadratic(self) -> None:
        """x'' = F(x) + A(x) x': linear or quadratic in the velocities; all of them where A = 0."""
        on = OnSolutions(self.system, jet_field(self.system))
        if is_gyroscopic(on):
            for known in flat_integrals(on, self.share(SPAN_SHARE)):
                self.offer(known.found, on, functional=False)
                self.quadratic_complete = known.complete

    def derivative_spans(self) -> None:
        on = OnSolutions(self.system, jet_field(self.system))
        deadline = self.share(SPAN_SHARE)
        lowest = 3 if self.quadratic_complete else 1
        for span in velocity_spans(self.system, on, self.degree, lowest=lowest):
            self.offer(integrals_in_span(on, span, deadline), on, functional=False)
            if self.all_free_of_time:
                return

    def first_order_spans(self) -> None:
        self._spans(OnSolutions(self.system, jet_field(self.system)), ())

    def angular_spans(self) -> None:
        """The same with angles, which jump, so that what is smooth comes before."""
        on = OnSolutions(self.system, jet_field(self.system))
        more = angles(on)
        if more:
            self._spans(on, more)

    def _spans(self, on: OnSolutions, more: Sequence[Element]) -> None:
        for span in _first_order_spans(on, self.degree + 1, self.autonomous, more):
            self.offer(integrals_in_span(on, span, self.share(SPAN_SHARE)), on, functional=True)
            if self.finished:
                return

    def linear_in_time(self) -> None:
        """φ - t J with J known."""
        on = OnSolutions(self.system, jet_field(self.system, self.selection.kept))
        known = [on.field(e) for e in self.selection.kept]
        for span in velocity_spans(self.system, on, min(self.degree, 2)):
            if len(span) > LARGEST_SPAN_WITH_TIME:
                return
            self.offer(integrals_linear_in_time(on, span, known, self.share(SPAN_SHARE)), on, functional=True)
            if self.finished:
                return

    def derivative_spans_with_time(self) -> None:
        on = OnSolutions(self.system, jet_field(self.system))
        for span in velocity_spans(self.system, on, self.degree, with_time=True):
            self.offer(integrals_in_span(on, span, self.share(SPAN_SHARE)), on, functional=True)

    def killing(self) -> None:
        """All with coefficients free of t."""
        for degree in sorted({1, self.degree}):
            if not self.all_free_of_time:
                self._killing(self.system.unknowns, degree, SPAN_SHARE, functional=False)

    def killing_with_time(self) -> None:
        """As many with t as are independent."""
        self._killing(self.system.variables, 1, GENERAL_SHARE, functional=True)
        if not self.finished and len(self.system.unknowns) <= 2 and self.degree > 1 and not self.quadratic_complete:
            self._killing(self.system.variables, self.degree, GENERAL_SHARE, functional=True)

    def _killing(self, arguments: Sequence[Symbol], degree: int, share: float, *, functional: bool) -> None:
        on = OnSolutions(self.system, jet_field(self.system))
        found = polynomial_integrals(on, arguments, degree, self.share(share))
        self.offer(found, on, functional=functional)

    def linear(self) -> None:
        self.offer_expressions(linear_integrals(self.system), functional=True)

    def symmetries(self) -> None:
        generators = self.generators
        if generators is None:
            generators = self._some_symmetries()
        if sum(self.system.orders) > LARGEST_PHASE_SPACE:
            return
        elements, on = integrals_from_symmetries(self.system, generators)
        for element in sorted(elements, key=lambda e: len(e.num) + len(e.den)):
            if not self.finished:
                self.offer([element], on, functional=True)

    def _some_symmetries(self) -> tuple[Generator, ...]:
        from liesym.symmetries.pipeline import find_symmetries

        seconds = 0.5 * max(self.deadline - time.monotonic(), 0.1)
        ansatz = "polynomial: 2" if self.system.is_first_order and self.selection.phase_dimension > 1 else None
        return find_symmetries(self.system, ansatz, budget=seconds).generators

    def with_time(self) -> None:
        """Spans times t, exponentials or circular functions of t."""
        on = OnSolutions(self.system, jet_field(self.system))
        base = _time_base(on, self.degree)
        t = on.field(self.system.independent)
        groups = [[t, t * t], *time_functions(on)]
        for group in groups:
            span = products(on.field, base, [on.field.one, *group])
            span = [e for e in span if not e.is_rational]
            if len(span) <= LARGEST_SPAN:
                self.offer(integrals_in_span(on, span, self.deadline), on, functional=True)
            if self.finished:
                return


def _time_base(on: OnSolutions, degree: int) -> list[Element]:
    """Monomials and functions that occur, which are then multiplied by functions of t."""
    field, system = on.field, on.system
    jets = list(system.jet_coordinates)
    functions = coefficient_functions(on, jets)
    if system.is_first_order:
        base = [*monomials(field, system.unknowns, degree), *logarithms(on)]
        return independent_span([*base, *products(field, functions, monomials(field, system.unknowns, 1))], field)
    low = products(field, functions, monomials(field, system.unknowns, 2))
    high = monomials(field, [*system.unknowns, *jets], degree)
    return independent_span([*high, *low], field)


def _first_order_spans(
    on: OnSolutions, degree: int, autonomous: bool, more: Sequence[Element] = ()
) -> Iterator[list[Element]]:
    """Polynomials with logarithms and `more`, then times the functions that occur, then with t."""
    field, system = on.field, on.system
    states = list(system.unknowns) if autonomous else list(system.variables)
    small = degree if len(states) <= 6 else 2
    functions = [e for e in coefficient_functions(on, ()) if not e.is_rational]
    base = monomials(field, states, small)[1:]
    multivalued = [*logarithms(on), *more]
    plain = [*base, *multivalued]
    yield independent_span([*plain, *functions], field)
    if functions:
        mixed = products(field, functions, monomials(field, states, 2 if len(states) <= 4 else 1))
        yield independent_span([*plain, *mixed], field)
    if autonomous:
        t = field(system.independent)
        with_time = products(field, [*monomials(field, states, 2)[1:], t], [field.one, t])
        mixed = products(field, functions, products(field, monomials(field, states, 1), [field.one, t]))
        yield independent_span([*with_time, *multivalued, *mixed], field)
