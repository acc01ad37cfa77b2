"""First integrals I(t, x, x', …), D_t I = 0 on solutions, by several methods in turn, each result verified.

    method                  for                    finds
    balances                order 1                linear combinations of the states, all of them
    spans                   all                    combinations of functions that occur; for order 1 logarithms of Darboux
                                                   polynomials among them, for higher orders polynomials in the derivatives
    mechanics               q' = c p, p' = F(q)    those linear or quadratic in the momenta
    high polynomials        order 1                polynomials of one degree more than the right sides
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

from collections.abc import Callable, Iterator, Sequence
from math import comb

from sympy import Add, Expr, I, Symbol, log

from liesym.base.budget import Budget, in_time
from liesym.base.doors import door, errors_of_ours
from liesym.base.listing import Listing
from liesym.coefficients.bounded import limited
from liesym.coefficients.joined import with_joined_roots
from liesym.coefficients.ring import Element
from liesym.coefficients.zero_divisors import ZeroDivisor
from liesym.conservation.balances import balances, most_balances, written_balances
from liesym.conservation.flat import flat_integrals
from liesym.conservation.mechanical import mechanics_of, polynomial_degree
from liesym.conservation.modes import linear_integrals
from liesym.conservation.multipliers import LARGEST_PHASE_SPACE, integrals_from_symmetries
from liesym.conservation.rates import angles, as_product, logarithms, time_functions
from liesym.conservation.select import Selection
from liesym.conservation.shares import DECIMALS, KILLING, KILLING_WITH_TIME, SEARCH, SPAN, SYMMETRIES
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
from liesym.model.measured import with_parameters_for_decimals
from liesym.model.reading import Given, read_given
from liesym.model.system import ODESystem
from liesym.solving.linear.span import monomials, products
from liesym.solving.linear.vectors import normalized
from liesym.symmetries.generator import Generator
from liesym.symmetries.pipeline import find_symmetries
from liesym.testing.second_look import fixed_on, has_root_of_signs, on_main_side, place_integral
from liesym.text.writer import write
from liesym.variational.present import presented

LARGEST_SPAN_WITH_TIME = 400


@door("the search for first integrals", ends=True)
def first_integrals(
    system: Given,
    *,
    independent: str | None = None,
    budget: float = 30.0,
    degree: int = 2,
    generators: Sequence[Generator] | None = None,
) -> Listing[Expr]:
    """First integrals of a system, each verified by exact substitution.

    Arguments:
        system: any system, its equations as text, or SymPy equations.
        independent: name of the independent variable; read off the text if None, and `notes` says how.
        budget: seconds.
        degree: highest total degree in the derivatives (order 2 and above), or of the polynomial part (order 1, one more).
        generators: symmetries to make integrals from; looked for in small systems where the rest finds too few.

    Returns:
        Expressions in t, the unknowns and their derivatives below the order. None that is free of t is a
        polynomial in those before it; one that holds t is functionally independent of all before. Not found
        is not proven absent; N functionally independent ones are all there are. `within` says which methods
        looked, and which did not go to their ends and why, `stopped` whether time cut one of them, `on` for each
        integral what is positive where it holds: each is looked at with numbers on every side of its branches, and
        where solutions cross them.
    """
    limit = Budget.seconds(budget)
    system, notes = read_given(system, independent)
    known = None if generators is None else [g.over(system.variables, system.parameter_symbols) for g in generators]
    search = _Search(system, degree, limit, known)
    search.run()
    if search.met_zero_divisors or any(has_root_of_signs(e) for e in search.selection.kept):
        found = _on_one_side(system, degree, limit, search)
    else:
        found = _placed(search.selection.kept, system, search.within, search.stopped)
    return Listing(found, found.within, found.stopped, found.on, (*notes, *system.notes))


def _placed(
    kept: Sequence[Expr], system: ODESystem, within: str, stopped: bool, where: tuple[Expr, ...] = ()
) -> Listing[Expr]:
    """The integrals in a form that is real and true on every side of the branches, or with the side on which they are."""
    placed = [in_time(lambda e=e: place_integral(e, system), None) for e in kept]
    unseen = placed.count(None)
    true = [p for p in placed if p is not None and p.true]
    on = [tuple(dict.fromkeys((*where, *p.on))) for p in true]
    told = f"{within}; {unseen} left out that there was no time to look at with numbers" if unseen else within
    return Listing([p.components[0] for p in true], told, stopped or bool(unseen), on)


def _on_one_side(system: ODESystem, degree: int, budget: Budget, search: _Search) -> Listing[Expr]:
    """The search again with absolute values as they are on one side: roots of their signs are real on no other.

    What the first search found without such roots stays, and comes first.
    """
    whole = [e for e in search.selection.kept if not has_root_of_signs(e)]
    first = _placed(whole, system, search.within, search.stopped)
    side = on_main_side(system)
    if side is None:
        return first
    again = _Search(side[0], degree, budget, None)
    again.run()
    joint = Selection(side[0], budget)
    cut, stopped = "", search.stopped or again.stopped
    try:
        joint.offer([fixed_on(e, side[1]) for e in first])
        known = len(joint.kept)
        joint.offer(again.selection.kept)
    except (OutOfBudget, Unsupported) as stop:
        known = len(joint.kept)
        cut = "; what was found there could not be told from these and is left out"
        stopped |= isinstance(stop, OutOfBudget) and stop.ends
    second = _placed(joint.kept[known:], side[0], again.within, again.stopped, side[1])
    within = f"{search.within}; where {', '.join(f'{write(c)} > 0' for c in side[1])}: {again.within}{cut}"
    return Listing((*first, *second), within, stopped, (*first.on, *second.on))


def _log_of_primitive(argument: Expr) -> Expr:
    """log(u) up to a constant: without a number as a factor, and of -u where all coefficients of u are negative."""
    polynomial = argument.as_poly(*argument.free_symbols) if argument.free_symbols else None
    if polynomial is not None:
        _, primitive = polynomial.primitive()
        argument = -primitive.as_expr() if all(c < 0 for c in primitive.coeffs()) else primitive.as_expr()
    return log(argument)


class _Search:
    """One search: the system, its budget, what was kept, and what was cut."""

    def __init__(self, system: ODESystem, degree: int, budget: Budget, generators: Sequence[Generator] | None) -> None:
        self.system, self.degree, self.generators = system, degree, generators
        self.whole, self.budget = budget, budget.share(SEARCH)
        self.selection = Selection(system, self.whole)
        self.autonomous = not any(f.has(system.independent) for f in system.rhs)
        self.quadratic_complete = False
        self.looked: list[str] = []
        self.cut: list[str] = []
        self.stopped = self.met_zero_divisors = False

    def run(self) -> None:
        """One method after the other, until as many are known as there are; a method that is cut does not end the rest."""
        for method in self.methods():
            if self.all_known:
                return
            name = method.__name__.replace("_", " ")
            if self.budget.over:
                self.note_cut(name)
                continue
            self.looked.append(name)
            try:
                with errors_of_ours(name):
                    method()
            except Unsupported as stop:
                self.met_zero_divisors |= isinstance(stop, ZeroDivisor)
                self.note_cut(name, f"not readable: {stop}")
            except OutOfBudget as stop:
                self.stopped |= stop.ends
                self.note_cut(name, stop.reason if stop.ends else f"{stop.reason}: {stop}")

    def note_cut(self, name: str, why: str | None = None) -> None:
        """Of a method that did not go to its end; by time unless another reason is given."""
        self.stopped |= why is None
        self.cut.append(f"{name} ({why or 'the budget ran out'})")

    def not_for_this(self) -> None:
        """The method that runs has nothing to do with this system."""
        self.looked.pop()

    @property
    def within(self) -> str:
        """The methods that looked, and those of them, and of the ones after them, that were cut."""
        told = f"degree at most {self.degree}; methods: {', '.join(self.looked)}"
        if self.all_known:
            return f"{told}; as many as there are"
        return f"{told}; {'cut short: ' + ', '.join(self.cut) if self.cut else 'each of them went to its end'}"

    @property
    def all_known(self) -> bool:
        """As many as there are."""
        return self.selection.rank == self.selection.phase_dimension

    @property
    def finished(self) -> bool:
        """Nothing is left to find, or no time to find it in."""
        if not self.all_known:
            self.budget.check("search for first integrals")
        return self.all_known

    @property
    def all_free_of_time(self) -> bool:
        """N - 1 integrals free of t are all of them."""
        return self.autonomous and self.selection.rank == self.selection.phase_dimension - 1

    def on(self, extra: Sequence[Expr] = ()) -> OnSolutions:
        """D_t on solutions in a field under the budget, a new one for each method: it holds what that method needs."""
        return self._on(self.system, extra)

    def _on(self, system: ODESystem, extra: Sequence[Expr] = ()) -> OnSolutions:
        return OnSolutions(system, limited(jet_field(system, extra), self.budget))

    def methods(self) -> Iterator[Callable[[], None]]:
        if self.system.is_first_order:
            yield self.balances
        yield self.decimals_as_parameters
        if not self.autonomous:
            yield self.linear
        if self.system.is_first_order:
            yield self.first_order_spans
            if not self.all_free_of_time:
                yield self.mechanics
                yield self.high_polynomials
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
        limited(on.field, self.whole)
        try:
            for element in sorted((e for e in elements if not e.is_constant), key=lambda e: len(e.num) + len(e.den)):
                shown.append(presented(normalized((element,), on.field)[0], on.field, jets))
                self.whole.check("writing of first integrals")  # long ones take long to write, and come last
        finally:
            limited(on.field, self.budget)
            if self.system.is_first_order:
                shown = [as_product(e, self.system.independent) for e in shown]
            self.offer_expressions(shown, functional=functional)

    def offer_expressions(self, candidates: Sequence[Expr], *, functional: bool) -> None:
        """What is real and passes the check by substitution goes to the selection."""
        written = [with_joined_roots(e) for e in candidates if not e.has(I)]
        checked = [e for e in written if is_first_integral(e, self.system, self.whole)]
        self.selection.offer(checked, functional=functional)

    # -- methods ---------------------------------------------------------------------------------

    def balances(self) -> None:
        """Conserved sums, before anything else: they cost little, whatever the rest does."""
        states = self.system.unknowns
        written = [Add(*(c * x for c, x in zip(v, states, strict=True))) for v in written_balances(self.system)]
        self.selection.keep_linear(written)
        on = self.on()
        if most_balances(on) == len(written):
            return
        found = [e for e in balances(on, self.budget.share(SPAN)) if on.rate(e).is_zero]
        shown = [presented(normalized((e,), on.field)[0], on.field, ()) for e in found]
        self.selection = Selection(self.system, self.whole)
        self.selection.keep_linear([as_product(e, self.system.independent) for e in shown])

    def decimals_as_parameters(self) -> None:
        """What holds whatever the measured numbers are, at their values."""
        general, values = with_parameters_for_decimals(self.system)
        if not values:
            self.not_for_this()
            return
        inner = _Search(general, self.degree, self.budget.share(DECIMALS), None)
        inner.run()
        found = [e.xreplace(values) for e in inner.selection.kept]
        self.offer_expressions([e.replace(log, _log_of_primitive) for e in found], functional=False)

    def quadratic(self) -> None:
        """x'' = F(x) + A(x) x': linear or quadratic in the velocities; all of them where A = 0."""
        on = self.on()
        if is_gyroscopic(on):
            for known in flat_integrals(on, self.budget.share(SPAN)):
                self.offer(known.found, on, functional=False)
                self.quadratic_complete = known.complete

    def derivative_spans(self) -> None:
        on = self.on()
        budget = self.budget.share(SPAN)
        lowest = 3 if self.quadratic_complete else 1
        for span in velocity_spans(self.system, on, self.degree, lowest=lowest):
            self.offer(integrals_in_span(on, span, budget), on, functional=False)
            if self.all_free_of_time:
                return

    def first_order_spans(self) -> None:
        self._spans(self.on(), ())

    def mechanics(self) -> None:
        """q' = c p, p' = F + A p: integrals of q'' = c F + A q', quadratic in the momenta whatever the degree of F."""
        disguise = mechanics_of(self.system)
        if disguise is None or not is_gyroscopic(on := self._on(disguise.system)):
            self.not_for_this()
            return
        jets = disguise.system.jet_coordinates
        for known in flat_integrals(on, self.budget.share(SPAN)):
            shown = [presented(normalized((e,), on.field)[0], on.field, jets) for e in known.found if not e.is_constant]
            self.offer_expressions([disguise.in_states(e) for e in shown], functional=True)

    def high_polynomials(self) -> None:
        """Polynomials of one degree more than the right sides have, as the energy of a Hamiltonian system is."""
        on, states = self.on(), self.system.unknowns
        degree = polynomial_degree(on) + 1
        if degree <= self.degree + 1 or comb(len(states) + degree, degree) > LARGEST_SPAN_WITH_TIME:
            self.not_for_this()
            return
        self.looked[-1] = f"polynomials of degree {degree}"
        span = monomials(on.field, states, degree)[1:]
        self.offer(integrals_in_span(on, span, self.budget.share(SPAN)), on, functional=True)

    def angular_spans(self) -> None:
        """The same with angles, which jump, so that what is smooth comes before."""
        on = self.on()
        more = angles(on)
        if more:
            self._spans(on, more)

    def _spans(self, on: OnSolutions, more: Sequence[Element]) -> None:
        for span in _first_order_spans(on, self.degree + 1, self.autonomous, more, self.budget):
            self.offer(integrals_in_span(on, span, self.budget.share(SPAN)), on, functional=True)
            if self.finished:
                return

    def linear_in_time(self) -> None:
        """φ - t J with J known."""
        on = self.on(self.selection.kept)
        known = [on.field(e) for e in self.selection.kept]
        for span in velocity_spans(self.system, on, min(self.degree, 2)):
            if len(span) > LARGEST_SPAN_WITH_TIME:
                return
            self.offer(integrals_linear_in_time(on, span, known, self.budget.share(SPAN)), on, functional=True)
            if self.finished:
                return

    def derivative_spans_with_time(self) -> None:
        on = self.on()
        for span in velocity_spans(self.system, on, self.degree, with_time=True):
            self.offer(integrals_in_span(on, span, self.budget.share(SPAN)), on, functional=True)

    def killing(self) -> None:
        """All with coefficients free of t."""
        for degree in sorted({1, self.degree}):
            if not self.all_free_of_time:
                self._killing(self.system.unknowns, degree, KILLING, functional=False)

    def killing_with_time(self) -> None:
        """As many with t as are independent."""
        self._killing(self.system.variables, 1, KILLING_WITH_TIME, functional=True)
        if not self.finished and len(self.system.unknowns) <= 2 and self.degree > 1 and not self.quadratic_complete:
            self._killing(self.system.variables, self.degree, KILLING_WITH_TIME, functional=True)

    def _killing(self, arguments: Sequence[Symbol], degree: int, share: float, *, functional: bool) -> None:
        on = self.on()
        found, stopped = polynomial_integrals(on, arguments, degree, self.budget.share(share))
        if stopped:
            self.note_cut(f"Killing equations of degree {degree}")
        self.offer(found, on, functional=functional)

    def linear(self) -> None:
        self.offer_expressions(linear_integrals(self.system, self.budget), functional=True)

    def symmetries(self) -> None:
        generators = self.generators
        if generators is None:
            generators = self._some_symmetries()
        if sum(self.system.orders) > LARGEST_PHASE_SPACE:
            return
        elements, on = integrals_from_symmetries(self.system, generators, self.budget)
        for element in sorted(elements, key=lambda e: len(e.num) + len(e.den)):
            if not self.finished:
                self.offer([element], on, functional=True)

    def _some_symmetries(self) -> tuple[Generator, ...]:
        ansatz = "polynomial: 2" if self.system.is_first_order and self.selection.phase_dimension > 1 else None
        found = find_symmetries(self.system, ansatz, budget=SYMMETRIES * self.budget.left)
        if found.stopped:
            self.note_cut("search for symmetries")
        return found.generators

    def with_time(self) -> None:
        """Spans times t, exponentials or circular functions of t."""
        on = self.on()
        base = _time_base(on, self.degree, self.budget)
        t = on.field(self.system.independent)
        groups = [[t, t * t], *time_functions(on)]
        for group in groups:
            span = products(on.field, base, [on.field.one, *group])
            span = [e for e in span if not e.is_rational]
            if len(span) <= LARGEST_SPAN:
                self.offer(integrals_in_span(on, span, self.budget), on, functional=True)
            if self.finished:
                return


def _time_base(on: OnSolutions, degree: int, budget: Budget) -> list[Element]:
    """Monomials and functions that occur, which are then multiplied by functions of t."""
    field, system = on.field, on.system
    jets = list(system.jet_coordinates)
    functions = coefficient_functions(on, jets)
    if system.is_first_order:
        base = [*monomials(field, system.unknowns, degree), *logarithms(on, budget)]
        return independent_span([*base, *products(field, functions, monomials(field, system.unknowns, 1))], field)
    low = products(field, functions, monomials(field, system.unknowns, 2))
    high = monomials(field, [*system.unknowns, *jets], degree)
    return independent_span([*high, *low], field)


def _first_order_spans(
    on: OnSolutions, degree: int, autonomous: bool, more: Sequence[Element], budget: Budget
) -> Iterator[list[Element]]:
    """Polynomials with logarithms and `more`, then times the functions that occur, then with t."""
    field, system = on.field, on.system
    states = list(system.unknowns) if autonomous else list(system.variables)
    small = degree if len(states) <= 6 else 2
    functions = [e for e in coefficient_functions(on, ()) if not e.is_rational]
    base = monomials(field, states, small)[1:]
    multivalued = [*logarithms(on, budget), *more]
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
