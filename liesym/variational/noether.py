"""Noether's theorem: variational symmetries with gauge terms, and their conserved quantities."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

from sympy import Add, Eq, Expr, S, Symbol

from liesym.base.budget import Budget
from liesym.base.doors import door
from liesym.base.jets import jet_symbol
from liesym.base.listing import Listing
from liesym.base.names import listed
from liesym.coefficients import Definition, Derivation, Element, Field
from liesym.coefficients.bounded import limited
from liesym.coefficients.joined import joined, with_joined_roots
from liesym.coefficients.lattice import NeedsRefinement
from liesym.coefficients.parts import in_classes
from liesym.determine.forms import Determining, LinearForm, UnknownFunction, add_to
from liesym.determine.split import split
from liesym.errors import NotSolvable, OutOfBudget, TimeIsUp, Unsupported, VerificationError
from liesym.model.reading import read_given
from liesym.model.system import ODESystem
from liesym.solving.linear.vectors import constant_relations, linear_combination, normalized
from liesym.solving.ode.integrate import integrate
from liesym.solving.pde.general import solve_general
from liesym.symmetries.generator import Generator
from liesym.symmetries.pipeline import find_symmetries
from liesym.testing.second_look import has_branches, place_charge, place_generator
from liesym.text.display import Display, shown
from liesym.text.formats.recognized import is_path
from liesym.text.latex import latex
from liesym.text.shown import Shown, field_latex, field_text, where, where_latex
from liesym.variational.inverse import lagrangian_of
from liesym.variational.lagrangian import Lagrangian, as_lagrangian, euler_lagrange
from liesym.variational.present import number_factor, presented, with_positive_speeds
from liesym.variational.shares import AFFINE, GENERAL, INVERSE, SEARCH
from liesym.variational.through import branches_of, has_sides, without_jumps
from liesym.variational.turned import roots_of_parameters, turned

OTHER_SIGN = "charges for the other sign of what stands under a root"
MANY = 5
"""Unknowns from which the affine fields are tried beside the general search."""


@dataclass(frozen=True, slots=True, repr=False)
class NoetherLaw(Shown):
    """A variational symmetry X with X^(1) L + L D_t ξ = D_t B, and I = ξ L + Σ Q_i ∂L/∂q_i' - B.

    Arguments:
        generator: X; its definitions hold the linear ODEs of functions that have no closed form.
        gauge: B(t, q).
        integral: I(t, q, q'), constant on solutions of the Euler-Lagrange equations.
        on: expressions that are positive where I is constant: it may be so on one side of a branch, or jump at it. Empty
            where that is wherever the equations are real.
    """

    generator: Generator
    gauge: Expr
    integral: Expr
    on: tuple[Expr, ...] = ()

    @property
    def constant(self) -> Expr:
        """I or -I, whichever people write: the energy and not its negative."""
        return with_positive_speeds(self.integral, [jet_symbol(q, 1) for q in self.generator.variables[1:]])

    def __str__(self) -> str:
        by = Display(self.generator.variables)
        field = field_text(self.generator.variables, self.generator.components, by)
        return f"{field}:  I = {shown(self.constant, by)}{where(self.on, by)}"

    def to_latex(self) -> str:
        """LaTeX without delimiters."""
        field = field_latex(self.generator.variables, self.generator.components)
        return rf"{field}:\quad I = {latex(self.constant)}{where_latex(self.on)}"


@door("the search for Noether's laws", ends=True)
def noether(
    lagrangian: Lagrangian | Expr | str | ODESystem | Path | Eq,
    *,
    unknowns: Sequence[Symbol | str] | str | None = None,
    independent: Symbol | str = "t",
    generators: Sequence[Generator] | None = None,
    budget: float = 60.0,
) -> Listing[NoetherLaw]:
    """The variational point symmetries of L(t, q, q'), gauge terms B(t, q) allowed, with their conserved quantities.

    The condition X^(1) L + L D_t ξ = D_t B, split by the velocities, is a linear PDE system for ξ, η_i and
    B, which the general solver integrates. Where it stops early, the symmetries of the Euler-Lagrange equations
    are searched instead, and their combinations that are variational are taken; in many unknowns also those of the affine
    group and of t² ∂_t + t q ∂_q.

    Arguments:
        lagrangian: a `Lagrangian`, an expression in jet symbols, or text; L may depend on t. Of a system, of equations and
            of a file of a model a Lagrangian is looked for first.
        unknowns, independent: for an expression or text; names with primes are the unknowns unless given.
        generators: look only among their linear combinations.
        budget: seconds.

    Returns:
        One law for each independent symmetry, and where these hold a root of parameters that may be negative, such as
        sqrt(b^2 - 4*w^2), those for the other sign too. Each is verified: D_t I = -Σ Q_i E_i(L) holds identically, and
        where there are branches it is looked at with numbers on every side. `within` says which fields were looked through
        and what was left out, `stopped` whether time cut the search, `on` for each law what is positive where it holds.
    Source: Noether 1918; Olver 1993, Theorem 4.29 and section 5.4.
    """
    whole = Budget.seconds(budget)
    given = _given(lagrangian, unknowns, independent, whole)
    if generators is not None:
        generators = [g.over(given.variables, [p.symbol for p in given.parameters]) for g in generators]
    search = _Search(given, whole.share(SEARCH))
    if generators is not None:
        search.attempt("combinations of the given generators", lambda limit: _among(given, generators, limit), 1.0)
    else:
        if len(given.unknowns) >= MANY:
            search.attempt("affine fields", lambda limit: _among(given, affine_fields(given), limit), AFFINE)
        search.attempt("point symmetries", search.all_variational, 1.0)
        if not search.found[0] and len(given.unknowns) < MANY:  # a degenerate L has infinitely many, some of them simple
            search.attempt("affine fields", lambda limit: _among(given, affine_fields(given), limit), 1.0)
    return search.laws(whole.extended(), both=generators is None)


def _given(
    lagrangian: Lagrangian | Expr | str | ODESystem | Path | Eq,
    unknowns: Sequence[Symbol | str] | str | None,
    independent: Symbol | str,
    budget: Budget,
) -> Lagrangian:
    """The Lagrangian that is meant, or one of the equations that are."""
    equations = isinstance(lagrangian, ODESystem | Path | Eq)
    if isinstance(lagrangian, str):
        equations = "=" in lagrangian or is_path(lagrangian)
    if not equations:
        names = listed(unknowns) if isinstance(unknowns, str) else unknowns
        return as_lagrangian(lagrangian, names, independent)  # type: ignore[arg-type]
    name = None if str(independent) == "t" else str(independent)
    system, _ = read_given(lagrangian, name)  # type: ignore[arg-type]
    return lagrangian_of(system, budget=budget.share(INVERSE).left)


Vector = tuple[Element, ...]  # (ξ, η_1, …, η_m, B)
Variational = tuple[list[Vector], Field, tuple[Definition, ...]]


class _Search:
    """One search: the Lagrangian, its budget, the most that was found, and what was cut."""

    def __init__(self, lagrangian: Lagrangian, budget: Budget) -> None:
        self.lagrangian, self.budget = lagrangian, budget
        self.found: Variational = ([], lagrangian.field(), ())
        self.looked: list[str] = []
        self.cut: list[str] = []
        self.stopped = False

    def attempt(self, name: str, search: Callable[[Budget], Variational], part: float) -> None:
        """What a search finds in its part of the budget, kept if it is no less than what is known."""
        self.looked.append(name)
        try:
            found = search(self.budget.share(part))
        except OutOfBudget as stop:
            self.note_cut(name, stop)
        else:
            if len(found[0]) >= len(self.found[0]):
                self.found = found

    def note_cut(self, name: str, stop: OutOfBudget | None) -> None:
        """Of a search that did not go to its end, with what stopped it, None if it knew no further step."""
        self.stopped |= stop is not None and stop.ends
        self.cut.append(f"{name} ({'not all solutions found' if stop is None else stop.reason})")

    def laws(self, budget: Budget, *, both: bool) -> Listing[NoetherLaw]:
        """The charges of what was found, as far as they are written in time; with `both` for either sign under a root."""
        vectors, field, definitions = self.found
        charged: list[NoetherLaw] = []
        try:
            for vector in vectors:
                charged.append(_law(self.lagrangian, vector, field, definitions, budget))
        except OutOfBudget as stop:
            self.note_cut("charges", stop)
        made, false, unseen = self._seen(charged, budget)
        twins = self._of_the_other_sign(charged, budget) if both and not unseen else []
        self.stopped |= bool(unseen)
        told = f"{', '.join(self.looked)}, with gauge terms B(t, q)"
        told += f"; {self._completeness()}"
        told += "; for either sign of what stands under a root of parameters" if twins else ""
        told += f"; {false} that failed at real points left out" if false else ""
        told += f"; {unseen} of these not looked at with numbers for lack of time" if unseen else ""
        return Listing((*made, *twins), told, self.stopped, [law.on for law in (*made, *twins)])

    def _completeness(self) -> str:
        """What was cut; with signs in L each side has its own equations, and a side may have laws that the other lacks."""
        if self.cut:
            return f"cut short: {', '.join(self.cut)}"
        if has_sides(self.lagrangian):
            return "on one side of the signs in L there may be more"
        return "all of that form found"

    def _of_the_other_sign(self, charged: Sequence[NoetherLaw], budget: Budget) -> list[NoetherLaw]:
        """The laws where D is negative, each with its side; what time leaves unseen has none and is left out."""
        try:
            made, _, unseen = self._seen(self._turned(charged, budget), budget)
        except OutOfBudget as stop:
            self.note_cut(OTHER_SIGN, stop)
            return []
        if unseen:
            self.note_cut(OTHER_SIGN, TimeIsUp(OTHER_SIGN))
        return [law for law in made if law.on]

    def _turned(self, charged: Sequence[NoetherLaw], budget: Budget) -> list[NoetherLaw]:
        """The laws where D is negative of those that hold √D, D of the parameters."""
        made: list[NoetherLaw] = []
        seen: set[tuple[Expr, ...]] = set()
        symbols = [p.symbol for p in self.lagrangian.parameters]
        for law in charged:
            given = (*law.generator.components, law.gauge)
            roots = roots_of_parameters(given, symbols)
            if len(roots) != 1 or law.generator.definitions:
                continue
            for part in turned(given, roots[0]):
                budget.check(OTHER_SIGN)
                if part in seen:
                    continue
                seen |= {part, tuple((-e).expand() for e in part)}
                field = limited(self.lagrangian.field(part), budget)
                with suppress(Unsupported, NeedsRefinement, VerificationError):
                    made.append(_law(self.lagrangian, tuple(field(e) for e in part), field, (), budget))
        return made

    def _seen(self, charged: Sequence[NoetherLaw], budget: Budget) -> tuple[list[NoetherLaw], int, int]:
        """The laws with the sides on which they hold; how many hold on none, and how many time left unseen.

        A degenerate Lagrangian has no equations along whose solutions to look: a side of each branch is named.
        """
        branched = [law for law in charged if _has_branches(law, self.lagrangian)]
        if not branched or budget.over:
            return list(charged), 0, len(branched)
        try:
            equations = euler_lagrange(self.lagrangian, budget=budget.left)
        except NotSolvable:
            return [on_one_side(law, self.lagrangian) for law in charged], 0, 0
        except OutOfBudget:
            return list(charged), 0, len(branched)
        made: list[NoetherLaw] = []
        false = unseen = 0
        for law in charged:
            seen: NoetherLaw | None = law
            try:
                if law in branched:
                    budget.check("the look at the charges with numbers")
                    seen = placed(law, equations)
            except OutOfBudget:  # also by the clock of a command, which stops what does not look at it
                unseen += 1
            if seen is None:
                false += 1
            else:
                made.append(seen)
        return self._through(made, equations, budget), false, unseen

    def _through(self, laws: list[NoetherLaw], equations: ODESystem, budget: Budget) -> list[NoetherLaw]:
        """The laws; where some hold on a side and a combination through the branches, this in place of one of them."""
        sided = [k for k, law in enumerate(laws) if law.on and not law.generator.definitions]
        if len(sided) < 2:
            return laws
        made = list(laws)
        with suppress(Unsupported, NeedsRefinement, VerificationError, OutOfBudget):
            relations, field = without_jumps([laws[k].integral for k in sided], self.lagrangian)
            for relation in relations:
                own = next((k for k in relation if not any(k in r for r in relations if r is not relation)), None)
                law = None if own is None else self._combined([laws[k] for k in sided], relation, field, budget)
                whole = None if law is None else placed(law, equations)
                if own is not None and whole is not None and not whole.on:
                    made[sided[own]] = whole
        return made

    def _combined(
        self, laws: Sequence[NoetherLaw], relation: dict[int, Element], field: Field, budget: Budget
    ) -> NoetherLaw:
        """Σ c_k X_k with its charge."""
        parts = [(*law.generator.components, law.gauge) for law in laws]
        weights = {k: field.to_expr(c) for k, c in relation.items()}
        vector = [Add(*(c * parts[k][i] for k, c in weights.items())) for i in range(len(parts[0]))]
        wide = limited(self.lagrangian.field(vector), budget)
        return _law(self.lagrangian, tuple(normalized(tuple(wide(e) for e in vector), wide)), wide, (), budget)

    def all_variational(self, budget: Budget) -> Variational:
        """The general solution of the condition; where it is not complete, what the equations' symmetries give if more."""
        lagrangian, field = self.lagrangian, limited(self.lagrangian.field(), budget)
        variables = lagrangian.variables
        names = ["xi", *(f"eta_{q.name}" for q in lagrangian.unknowns), "gauge"]
        along = [variables[0], *lagrangian.unknowns, variables[0]]
        unknowns = tuple(UnknownFunction(n, v, variables) for n, v in zip(names, along, strict=True))
        form = _condition(lagrangian, field)
        equations = split((form,), field, lagrangian.velocities)
        determining = Determining(field, variables, unknowns, (form,), equations)
        solution = solve_general(determining, budget=budget.share(GENERAL), taken=lagrangian.names)
        moving = [v for v in solution.vectors if not all(e.is_zero for e in v[:-1])]
        if not solution.complete:
            self.note_cut("integration of the condition", solution.stop)
            symmetries = _of_the_equations(lagrangian, budget)
            if len(symmetries) > len(moving):
                return _among(lagrangian, symmetries, budget)
        return [normalized(v, field) for v in moving], field, solution.definitions


def affine_fields(lagrangian: Lagrangian) -> list[Generator]:
    """1, t and each q, times the translation of t or of one q; t² ∂_t + t q ∂_q."""
    variables = lagrangian.variables
    t, *places = variables
    shifts = [(k, w) for k in range(len(variables)) for w in (S.One, *((t,) if k == 0 else variables))]
    rows = [tuple(w if j == k else S.Zero for j in range(len(variables))) for k, w in shifts]
    return [Generator(variables, row) for row in (*rows, (t**2, *(t * q for q in places)))]


def _of_the_equations(lagrangian: Lagrangian, budget: Budget) -> tuple[Generator, ...]:
    """Symmetries of the Euler-Lagrange equations: every variational symmetry is one of them (Olver 1993, Theorem 4.14)."""
    try:
        system = euler_lagrange(lagrangian, budget=budget.left)
    except NotSolvable:  # a degenerate Lagrangian has no equations solved for the accelerations
        return ()
    return find_symmetries(system, budget=budget.left).generators


def _has_branches(law: NoetherLaw, lagrangian: Lagrangian) -> bool:
    """False where there is nothing to look at; named solutions of equations have no values."""
    expressions = (lagrangian.expression, law.integral, *law.generator.components)
    return not law.generator.definitions and has_branches(expressions)


def placed(law: NoetherLaw, equations: ODESystem) -> NoetherLaw | None:
    """The law with the side of the branches on which its symmetry and its charge hold; None if they hold on none.

    Arguments:
        equations: of Euler and Lagrange.
    """
    charge = place_charge(law.integral, equations)
    symmetry = place_generator(law.generator.components, equations, rewritten=False)
    if not (charge.true and symmetry.true):
        return None
    on = tuple(dict.fromkeys((*charge.on, *symmetry.on)))
    return replace(law, generator=replace(law.generator, on=on), on=on)


def on_one_side(law: NoetherLaw, lagrangian: Lagrangian) -> NoetherLaw:
    """The law with a side of every branch of its charge, where it was not looked at whether this jumps there."""
    on = law.on or branches_of(law.integral, lagrangian)
    return replace(law, generator=replace(law.generator, on=on), on=on) if on else law


def _condition(lagrangian: Lagrangian, field: Field) -> LinearForm:
    """ξ L_t + Σ η_i L_{q_i} + Σ (D_t η_i - q_i' D_t ξ) L_{q_i'} + L D_t ξ - D_t B as a linear form."""
    value = field(lagrangian.expression)
    m = len(lagrangian.unknowns)
    origin = (0,) * (m + 1)
    speeds = [field.one, *(field(v) for v in lagrangian.velocities)]
    form: LinearForm = {}
    add_to(form, (0, origin), value.diff(lagrangian.independent))
    time_weight = value
    for i, (q, v) in enumerate(zip(lagrangian.unknowns, lagrangian.velocities, strict=True)):
        momentum = value.diff(v)
        add_to(form, (i + 1, origin), value.diff(q))
        time_weight = time_weight - field(v) * momentum
        _add_rate(form, i + 1, momentum, speeds)
    _add_rate(form, 0, time_weight, speeds)
    _add_rate(form, m + 1, -field.one, speeds)
    return form


def _add_rate(form: LinearForm, unknown: int, weight: Element, speeds: Sequence[Element]) -> None:
    """form += weight * D_t u."""
    for place, speed in enumerate(speeds):
        index = tuple(int(p == place) for p in range(len(speeds)))
        add_to(form, (unknown, index), weight * speed)


def _among(lagrangian: Lagrangian, generators: Sequence[Generator], budget: Budget) -> Variational:
    """Combinations for which W = X^(1) L + L D_t ξ has vanishing Euler operators.

    The gauge by integration.
    """
    components = [c for g in generators for c in g.components]
    if any(g.variables != lagrangian.variables for g in generators):
        raise Unsupported(f"the generators must be over {', '.join(v.name for v in lagrangian.variables)}")
    definitions = tuple(dict.fromkeys(d for g in generators for d in g.definitions))
    field = limited(lagrangian.field(components, order=2, definitions=definitions), budget)
    vectors = [tuple(field(c) for c in g.components) for g in generators]
    total = Derivation.total(field, lagrangian.space(2))
    classes = _classes(lagrangian, field)
    sources = [_variations(lagrangian, classes, v, total) for v in vectors]
    conditions = [tuple(e for w in source for e in _euler(lagrangian, w, total)) for source in sources]
    result = []
    for relation in constant_relations(conditions, field):
        vector = linear_combination(vectors, relation, field)
        gauges = (_potential(lagrangian, w, total, field) for w in linear_combination(sources, relation, field))
        result.append((*vector, sum(gauges, start=field.zero)))
    return [normalized(v, field) for v in result], field, definitions


def _classes(lagrangian: Lagrangian, field: Field) -> list[Element]:
    """Summands of L that derivations do not mix, each smaller than L over one denominator."""
    variables = (*lagrangian.variables, *lagrangian.velocities)
    return [part for (part,) in in_classes([field(lagrangian.expression)], variables, field)]


def _variations(
    lagrangian: Lagrangian, summands: Sequence[Element], vector: Sequence[Element], total: Derivation
) -> tuple[Element, ...]:
    """X^(1) of each summand of L, plus the summand times D_t ξ."""
    field = Derivation(total.field, dict(zip(lagrangian.variables, vector, strict=True)))
    prolonged = field.prolong(total, lagrangian.space(1))
    drift = total.apply(vector[0])
    return tuple(prolonged.apply(value) + value * drift for value in summands)


def _euler(lagrangian: Lagrangian, element: Element, total: Derivation) -> list[Element]:
    """E_i = ∂/∂q_i - D_t ∂/∂q_i'."""
    pairs = zip(lagrangian.unknowns, lagrangian.velocities, strict=True)
    return [element.diff(q) - total.apply(element.diff(v)) for q, v in pairs]


def _potential(lagrangian: Lagrangian, source: Element, total: Derivation, field: Field) -> Element:
    """B with D_t B = source, which is affine in the velocities and closed."""
    gauge = field.zero
    rest = source
    for q, v in zip(lagrangian.unknowns, lagrangian.velocities, strict=True):
        part = rest.diff(v)
        if part.is_zero:
            continue
        step = _integral(part, q, field)
        gauge = gauge + step
        rest = rest - total.apply(step)
    return gauge if rest.is_zero else gauge + _integral(rest, lagrangian.independent, field)


def _integral(element: Element, variable: Symbol, field: Field) -> Element:
    try:
        found = integrate(element, variable, field)
    except NeedsRefinement:
        found = None
    if found is None:
        raise Unsupported(f"the gauge term needs the integral of {element} along {variable}, which was not found")
    return found


def _law(
    lagrangian: Lagrangian, vector: Vector, field: Field, definitions: tuple[Definition, ...], budget: Budget
) -> NoetherLaw:
    """The charge of one symmetry, checked by Noether's identity in a field that holds q''."""
    limited(field, budget)
    written = [joined(field.to_expr(e)) for e in vector]
    factor = number_factor(written[:-1])
    *components, gauge = (e / factor for e in written) if factor != 1 else written
    used = tuple(d for d in definitions if any(e.has(d.function.func) for e in (*components, gauge)))
    wide = limited(lagrangian.field([*components, gauge], order=2, definitions=used), budget)
    xi, *etas = (wide(c) for c in components)
    charges = [-wide(gauge)]
    total = Derivation.total(wide, lagrangian.space(2))
    defect = total.apply(charges[0])
    for value in _classes(lagrangian, wide):
        charge, change = xi * value, wide.zero
        equations = _euler(lagrangian, value, total)
        for eta, v, equation in zip(etas, lagrangian.velocities, equations, strict=True):
            q = eta - xi * wide(v)
            charge = charge + q * value.diff(v)
            change = change + q * equation
        charges.append(charge)
        defect = defect + (total.apply(charge) + change)
    if not defect.is_zero:
        raise VerificationError("a Noether charge failed its check by substitution")
    generator = Generator(lagrangian.variables, tuple(components), definitions=used)
    return NoetherLaw(generator, gauge, _written(charges, wide, lagrangian))


def _written(charges: Sequence[Element], field: Field, lagrangian: Lagrangian) -> Expr:
    """The sum of the charges of the summands of L; those free of roots together."""
    plain = [c for c in charges if all(field.slots[i].kind != "root" for i in field.slots_of(c))]
    rooted = [c for c in charges if c not in plain]
    total = sum(plain, start=field.zero)
    if len(rooted) == 1:
        total, rooted = total + rooted[0], []
    return Add(*(with_joined_roots(presented(c, field, lagrangian.velocities)) for c in (total, *rooted)))
