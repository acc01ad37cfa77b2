"""The text of an explanation, free of how it is written: headings, and lines of words and formulas."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from sympy import Add, Derivative, Expr, Mul, S, Symbol
from sympy.core.function import AppliedUndef

from liesym.base.jets import jet_symbol
from liesym.symmetries.generator import Generator
from liesym.symmetries.textbook.record import Coefficient, Stages, Step

LISTED = 10
"""Equations that are listed after a step where not every step is asked for in full."""


@dataclass(frozen=True, slots=True)
class Equality:
    """left = right, either a sum or an expression."""

    left: Expr | Sum
    right: Expr | Sum


@dataclass(frozen=True, slots=True)
class Sum:
    """Σ coefficient * monomial, in this order.

    Arguments:
        terms: (coefficient, monomial).
        whole: each product is written as one expression.
    """

    terms: tuple[tuple[Expr | Sum, Expr], ...]
    whole: bool = False


@dataclass(frozen=True, slots=True)
class Field:
    """X = Σ components ∂_v."""

    name: str
    generator: Generator


Part = str | Expr | Equality | Sum | Field


@dataclass(frozen=True, slots=True)
class Line:
    """Words and formulas, one after the other.

    Arguments:
        parts: what it says.
        depth: how far it is indented; 0 is a heading.
        new: names of functions that are shown with their arguments, as they stand here for the first time.
    """

    parts: tuple[Part, ...]
    depth: int = 1
    new: frozenset[str] = frozenset()


def lines_of(stages: Stages, *, steps: bool = False) -> Iterator[Line]:
    """The whole explanation.

    Arguments:
        steps: after each step also what the infinitesimals are by then, and the equations that are left.
    """
    yield from _setting(stages)
    yield from _prolongation(stages)
    yield from _split(stages)
    yield from _solution(stages, steps)
    yield from _end(stages)


def _heading(text: str) -> Line:
    return Line((text,), 0)


def _setting(stages: Stages) -> Iterator[Line]:
    system = stages.system
    yield _heading("The equation" if len(system.rhs) == 1 else "The equations")
    yield from (Line((Equality(left, right),)) for left, right in system.solved.items())
    yield from (Line((note,)) for note in system.notes)
    yield _heading("The infinitesimals")
    names = frozenset(u.name for u in stages.unknowns)
    components = tuple(u.applied if u.arguments else Symbol(u.name, real=True) for u in stages.unknowns)
    field = Field("X", Generator(system.variables, components))
    told = "a symmetry maps solutions to solutions; its generator is"
    yield Line((told, field), 1, names)


def prolonged_name(stages: Stages, i: int, k: int) -> Symbol:
    """η^(k) of unknown i, or η_i itself for k = 0."""
    name = stages.unknowns[i + 1].name
    return Symbol(f"{name}^({k})" if k else name, real=True)


def _prolongation(stages: Stages) -> Iterator[Line]:
    system = stages.system
    t = system.independent.name
    yield _heading("Prolongation")
    several = len(system.unknowns) > 1
    x = "u" if "u" not in {v.name for v in system.variables} else "w"
    rule = f"each derivative moves by η^(k) = D_{t} η^(k−1) − {x}^(k) D_{t} ξ, with {x} for each unknown"
    single = f"the derivatives move by η^(k) = D_{t} η^(k−1) − {system.unknowns[0].name}^(k) D_{t} ξ"
    yield Line((rule if several else single,))
    jets = system.jet_coordinates
    leading = tuple(jet_symbol(u, n) for u, n in zip(system.unknowns, system.orders, strict=True))
    for i, k, value in stages.prolonged:
        yield Line((Equality(prolonged_name(stages, i, k), _collected(value, (*jets, *leading), stages)),), 2)


def _split(stages: Stages) -> Iterator[Line]:
    system = stages.system
    yield _heading("Invariance condition")
    yield Line(("where the equation holds," if len(system.rhs) == 1 else "where the equations hold,",))
    for i in range(len(system.rhs)):
        yield Line((Equality(prolonged_name(stages, i, system.orders[i]), _moved(stages, i)),), 2)
    if stages.condition:
        yield Line(("that is, written out,",))
        for form in stages.condition:
            yield Line((Equality(_collected(form, system.jet_coordinates, stages), S.Zero),), 2)
    yield _heading("Determining equations")
    if not system.jet_coordinates:
        yield Line(("no derivative is left that could be split off; the conditions are the determining equations",))
    else:
        yield Line((f"the functions are free of {_list(system.jet_coordinates)}, so each coefficient vanishes by itself",))
    numbers = {e: n for n, e in enumerate(stages.equations, 1)}
    told: set[Expr] = set()
    for c in stages.coefficients:
        if c.equation in told:
            continue
        told.add(c.equation)
        head = (f"({numbers.get(c.equation, len(numbers) + 1)})", _vanishing(c.equation, stages))
        yield Line((*head, *_source(c, stages)), 2)


def _source(c: Coefficient, stages: Stages) -> tuple[Part, ...]:
    if not stages.system.jet_coordinates:
        return ()
    if c.monomial == 1:
        return ("   from the terms free of derivatives",)
    return ("   from", c.monomial)


def _moved(stages: Stages, i: int) -> Sum | Expr:
    """X F_i = ξ ∂F/∂t + Σ η_j^(k) ∂F/∂x_j^(k)."""
    system, f = stages.system, stages.system.rhs[i]
    terms: list[tuple[Expr, Expr]] = []
    pairs = [(system.independent, Symbol(stages.unknowns[0].name, real=True))]
    for j, (x, n) in enumerate(zip(system.unknowns, system.orders, strict=True)):
        pairs += [(jet_symbol(x, k), prolonged_name(stages, j, k)) for k in range(n)]
    for variable, name in pairs:
        slope = f.diff(variable)
        if slope != 0:
            terms.append((slope, name))
    return Sum(tuple(terms)) if terms else S.Zero


def _solution(stages: Stages, every: bool) -> Iterator[Line]:
    yield _heading("Solution of the determining equations")
    numbers = {e: n for n, e in enumerate(stages.equations, 1)}
    known = {u.name for u in stages.unknowns}
    for number, step in enumerate(stages.steps, 1):
        yield Line((f"Step {number}:", *_reason(step, numbers, stages)))
        if step.unknown is not None and step.value is not None and step.rule != "zero":
            new = frozenset(f.func.__name__ for f in step.value.atoms(AppliedUndef)) - known
            yield Line((Equality(step.unknown, step.value),), 2, new)
            known |= new
        if step.rule in ("combined", "engine"):
            listed = step.remaining if step.rule == "combined" else step.equations
            yield from (Line((_vanishing(e, stages),), 2) for e in listed)
            continue
        if every:
            yield from _state(step, stages)
        elif step.split and 0 < len(step.remaining) <= LISTED:
            yield Line(("put into the others, where the coefficients of different functions of", *step.split, "vanish:"), 2)
            yield from (Line((_vanishing(e, stages),), 3) for e in step.remaining)
    if not stages.steps:
        yield Line(("nothing is left to solve: every function of that form is a solution",))


def _state(step: Step, stages: Stages) -> Iterator[Line]:
    """The infinitesimals by now, and what is left."""
    for u, value in zip(stages.unknowns, step.infinitesimals, strict=True):
        name = Symbol(u.name, real=True)
        if value not in (u.applied, name):
            yield Line(("so far", Equality(name, value)), 3)
    solved = [str(i + 1) for i in step.satisfied]
    if solved:
        yield Line((f"which solves {', '.join(f'({n})' for n in solved)}",), 3)
    if step.remaining:
        split = ("left, after the coefficients of different functions of", *step.split, "are taken apart:")
        yield Line(split if step.split else ("left:",), 3)
        yield from (Line((_vanishing(e, stages),), 4) for e in step.remaining)


def _reason(step: Step, numbers: dict[Expr, int], stages: Stages) -> tuple[Part, ...]:
    """What is done, and why it may be done."""
    if step.rule == "combined":
        return ("the equations that are left are differentiated and combined, until nothing new comes out:",)
    if step.rule == "engine":
        why = f" ({stages.stopped})" if stages.stopped else ""
        if stages.system.is_first_order:
            why = " (fewer equations than functions have infinitely many solutions)"
        return (f"the rest is solved by the engine of liesym, not step by step{why}:",)
    (equation,) = step.equations
    place = f"({numbers[equation]})" if equation in numbers else ""
    head: tuple[Part, ...] = (f"from {place}" if place else "from", _vanishing(equation, stages))
    if step.rule == "consequence":
        head = ("the equations that are left have the consequence", _vanishing(equation, stages))
    return (*head, *_why(step))


def _why(step: Step) -> tuple[Part, ...]:
    u, v = _bare(step.unknown), step.variable
    if step.rule == "zero":
        return ()
    if step.rule == "solved":
        return (", solved for", u)
    if step.rule == "sum":
        return (":", u, "is a sum of functions, each free of one of the variables")
    if v is None:
        return ()
    if step.rule == "polynomial":
        told = {1: "does not depend on", 2: "is linear in", 3: "is quadratic in", 4: "is cubic in"}
        return (":", u, told.get(step.order, f"is a polynomial of degree {step.order - 1} in"), v)
    if step.rule == "integral":
        return (", integrated", *_often(step.order), "with respect to", v)
    if step.rule == "derivatives":
        return (": all terms are derivatives with respect to", v, "; integrated")
    how = "with constant coefficients" if step.constant else f"of order {step.order}"
    if step.order == 1:
        how = "of first order"
    return (": a linear equation in", v, how)


def _often(order: int) -> tuple[str, ...]:
    return ({2: "twice"}.get(order, f"{order} times"),) if order > 1 else ()


def _bare(unknown: Expr | None) -> Expr:
    name = unknown.func.__name__ if isinstance(unknown, AppliedUndef) else str(unknown)
    return Symbol(name, real=True)


def _end(stages: Stages) -> Iterator[Line]:
    result = stages.result
    yield _heading("General solution" if stages.by_hand else "Solutions that were found")
    for u, value in zip(stages.unknowns, stages.solution, strict=False):
        combined = by_constants(value, stages)
        yield Line((Equality(Symbol(u.name, real=True), combined),), 1, frozenset(f.func.__name__ for f in stages.functions))
    if stages.conditions:
        inner: list[Part] = ["assumed on the way:"]
        for c in stages.conditions:
            inner += [c.args[0], "≠ 0;"]  # type: ignore[list-item]
        yield Line((*inner[:-1], "≠ 0"))
    yield _heading("Generators")
    if not result.generators and not result.families:
        yield Line(("there is none" if result.completeness.value != "open" else "none was found",))
    for i, g in enumerate(result.generators, 1):
        trivial = ("   (trivial: it moves along the solutions)",) if g.trivial else ()
        yield Line((Field(f"X{i}", g), *trivial, *_where(g)))
    for i, family in enumerate(result.families, 1):
        names = [Symbol(f.func.__name__) for f, _ in family.arbitrary]
        yield Line(
            (Field(f"F{i}", family.generator), "   with", *names, "arbitrary", *_where(family.generator)),
            1,
            frozenset(n.name for n in names),
        )
    yield Line((f"{result.headline}; {stages.agreement}",))


def _where(generator: Generator) -> tuple[Part, ...]:
    """What is positive where it is a symmetry."""
    parts: list[Part] = []
    for e in generator.on:
        parts += ["," if parts else "   where", e, "> 0"]
    return tuple(parts)


def by_constants(value: Expr, stages: Stages) -> Sum | Expr:
    """Σ C_i * coefficient, the constants in their order, then what is free of them."""
    expanded = value.expand()
    terms = [(c, expanded.coeff(c)) for c in stages.constants]
    rest = (value - Add(*(c * e for c, e in terms))).expand()
    pairs = [(e, c) for c, e in terms if e != 0] + ([(rest, S.One)] if rest != 0 else [])
    return Sum(tuple(pairs), whole=True) if len(pairs) > 1 else value


def _list(symbols: Sequence[Symbol]) -> str:
    return ", ".join(s.name for s in symbols)


def _vanishing(equation: Expr, stages: Stages) -> Equality:
    """A linear equation as Σ coefficient * function = 0."""
    return Equality(_in_functions(equation, stages), S.Zero)


def _in_functions(expression: Expr, stages: Stages) -> Sum:
    """A linear form as Σ coefficient * (function, its derivative, or constant of integration), high derivatives first."""
    own = {f.func for f in stages.system.functions}
    groups: dict[Expr, list[Expr]] = {}
    for term in Add.make_args(expression.expand()):
        factors = list(Mul.make_args(term))
        carrier = next((f for f in factors if _is_unknown(f, own)), S.One)
        if carrier in factors:
            factors.remove(carrier)
        groups.setdefault(carrier, []).append(Mul(*factors))
    ordered = sorted(groups, key=lambda c: (-_derivatives(c), str(c)))
    terms = [(Add(*groups[c]), c) for c in ordered]
    first = next((i for i, (e, _) in enumerate(terms) if not e.could_extract_minus_sign()), 0)
    return Sum((terms[first], *terms[:first], *terms[first + 1 :]))


def _is_unknown(factor: Expr, own: set) -> bool:
    """True for a function that is looked for, its derivatives, and C1, C2, … as they are named here."""
    if isinstance(factor, Symbol):
        return factor.name[0] == "C" and factor.name[1:].rstrip("_").isdigit()
    inner = factor.expr if isinstance(factor, Derivative) else factor
    return isinstance(inner, AppliedUndef) and inner.func not in own


def _derivatives(carrier: Expr) -> int:
    return sum(int(n) for _, n in carrier.variable_count) if isinstance(carrier, Derivative) else 0


def _collected(expression: Expr, jets: Sequence[Symbol], stages: Stages) -> Sum:
    """A polynomial in the derivatives as Σ coefficient * monomial, low degrees first."""
    groups: dict[Expr, list[Expr]] = {}
    inside = set(jets)
    for term in Add.make_args(expression.expand()):
        monomial, rest = [], []
        for factor in Mul.make_args(term):
            (monomial if factor.free_symbols & inside else rest).append(factor)
        groups.setdefault(Mul(*monomial), []).append(Mul(*rest))
    degree = {m: (sum(e for b, e in m.as_powers_dict().items() if b in inside), str(m)) for m in groups}
    ordered = sorted(groups, key=lambda m: degree[m])
    return Sum(tuple((_in_functions(Add(*groups[m]), stages), m) for m in ordered))
