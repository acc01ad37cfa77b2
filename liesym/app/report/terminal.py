"""Results as tables and lines on a terminal or in a pipe."""

from __future__ import annotations

import re
from collections.abc import Sequence

from sympy import Add, Derivative, Expr, Mul, Pow, Symbol
from sympy.core.function import AppliedUndef
from sympy.core.relational import Ne, Relational

from liesym.app.report.algebra import AlgebraFacts
from liesym.app.report.sentence import sentences
from liesym.app.screen import Screen
from liesym.base.listing import Listing
from liesym.coefficients.joined import joined
from liesym.conservation.kinds import integral_kind
from liesym.determine.forms import DeterminingSystem
from liesym.model.system import ODESystem
from liesym.symmetries.generator import Generator
from liesym.symmetries.kinds import kind
from liesym.symmetries.results import Case, Result
from liesym.text import write
from liesym.text.display import Display, shown, tidy
from liesym.text.shown import equations_latex, field_text, where
from liesym.text.writer import is_negative

_BREAK = re.compile(r" (?=[-+−=] )|(?<=[,;]) | (?= \()")


def show_system(screen: Screen, system: ODESystem) -> None:
    """How the names were read, in one line, with remarks; title and equations."""
    screen.say(names_as_read(system))
    for note in system.notes:
        screen.say(f"  note: {note}")
    if system.title:
        screen.say(system.title, "bold")
    for line in str(system).splitlines():
        tell(screen, f"  {line}", "    ")


def names_as_read(system: ODESystem) -> str:
    """What each name of the equations is taken for."""
    parts = [
        f"independent variable {system.independent.name}",
        f"unknowns {', '.join(x.name for x in system.unknowns)}",
    ]
    if system.parameters:
        parts.append(f"parameters {', '.join(p.name for p in system.parameters)}")
    functions = dict.fromkeys(write(f) for f in system.functions)
    if functions:
        parts.append(f"arbitrary functions {', '.join(functions)}")
    return "; ".join(parts)


def tell(screen: Screen, text: str, indent: str = "", style: str = "") -> None:
    """A line that is broken between terms where it is wider than the terminal, the rest indented."""
    for line in fitted(text, screen.width, indent):
        screen.say(line, style)


def fitted(text: str, width: int, indent: str = "") -> list[str]:
    """The text in lines of at most this width: broken before a sign or after a comma or semicolon, else at a space.

    Never in a name. A place outside all parentheses is preferred to one inside, if it does not leave most of the line empty.
    """
    lines, rest, front = [], text, ""
    while len(front) + len(rest) > width:
        room = max(width - len(front), 1)
        places = [m.start() for m in _BREAK.finditer(rest, 1, room + 1) if rest[: m.start()].strip()]
        outer = [p for p in places if 3 * p > room and rest.count("(", 0, p) == rest.count(")", 0, p)]
        places = outer or places or [m.start() for m in re.finditer(r"(?<=\S) ", rest[: room + 1])]
        if not places:
            break
        lines.append(front + rest[: places[-1]].rstrip())
        rest, front = rest[places[-1] :].lstrip(), indent
    return [*lines, front + rest]


def show_result(
    screen: Screen,
    result: Result,
    integrals: Sequence[Expr] | None,
    algebra: AlgebraFacts | None,
    *,
    verbose: bool = False,
) -> None:
    """Everything that was found and what is claimed of it: a summary in sentences, then the parts."""
    show_system(screen, result.system)
    screen.say()
    for sentence in sentences(result, integrals, algebra):
        tell(screen, sentence, style="bold")
    screen.say()
    _generators(screen, result)
    _claim(screen, result)
    if result.conditions:
        tell(screen, "conditions: " + ", ".join(shown_condition(c, result.system.display) for c in result.conditions), "  ")
    _algebra(screen, algebra, result.system.display)
    if integrals is not None:
        _integrals(screen, result, integrals)
    for case in result.cases:
        _case(screen, case, 0, result.system.display)
    for note in result.notes:
        tell(screen, f"note: {note}", "  ")
    if verbose:
        screen.say("determining system:")
        for line in result.determining_system.equations:
            tell(screen, f"  {write(line)} = 0", "    ")
    screen.say("seconds: " + ", ".join(f"{stage} {spent:.2f}" for stage, spent in result.seconds))


def show_summary(screen: Screen, result: Result, integrals: Sequence[Expr] | None, algebra: AlgebraFacts | None) -> None:
    """The summary in sentences alone."""
    for sentence in sentences(result, integrals, algebra):
        tell(screen, sentence)


def latex_lines(result: Result, integrals: Sequence[Expr] | None) -> list[str]:
    """Equations, generators and first integrals as displayed formulas of LaTeX."""
    formulas = [result.system.to_latex(), result.to_latex()]
    if integrals:
        pairs = zip(integrals, _places(integrals), strict=True)
        formulas.append(equations_latex([(Symbol(f"I_{i}"), tidy(e), on) for i, (e, on) in enumerate(pairs, 1)]))
    return [rf"\[ {formula} \]" for formula in formulas]


def _places(integrals: Sequence[Expr]) -> Sequence[tuple[Expr, ...]]:
    """What is positive where each of the integrals holds."""
    return integrals.on if isinstance(integrals, Listing) else ((),) * len(integrals)


def _integrals(screen: Screen, result: Result, integrals: Sequence[Expr]) -> None:
    screen.say("first integrals:" if integrals else "first integrals: none found")
    by = result.system.display
    for integral, on in zip(integrals, _places(integrals), strict=True):
        words = integral_kind(integral, result.system)
        tell(screen, f"  {shown(integral, by)}{where(on, by)}{f'   ({words})' if words else ''}", "    ")


def _generators(screen: Screen, result: Result) -> None:
    by = result.system.display
    named: list[tuple[str, Generator, str]] = []
    for i, g in enumerate(result.generators, 1):
        words = kind(g, by)
        remark = "trivial" if g.trivial else words.words if words.name != "other" else ""
        named.append((f"X{i}", g, (f"   ({remark})" if remark else "") + where(g.on, by)))
    for i, family in enumerate(result.families, 1):
        free = ", ".join(by.name(f.func.__name__) for f, _ in family.arbitrary)
        remark = f"   ({free} arbitrary{', trivial' if family.trivial else ''})"
        named.append((f"F{i}", family.generator, remark + where(family.generator.on, by)))
    for name, g, remark in named:
        tell(screen, f"  {name} = {field_text(g.variables, g.components, by)}{remark}", "       ")
    for definition in result.definitions:
        f = by.write(definition.function)
        primes = Derivative(definition.function, (definition.variable, definition.order))
        tell(screen, f"  {f} solves {by.write(primes)} = {by.write(definition.rhs)}", "    ")


def _claim(screen: Screen, result: Result) -> None:
    dimension = "unknown or infinite" if result.dimension is None else str(result.dimension)
    bound = "" if result.upper_bound is None else f", upper bound {result.upper_bound}"
    screen.say(f"dimension: {dimension}{bound}")
    form = "" if result.ansatz is None else f" ({result.ansatz})"
    tell(screen, f"completeness: {result.completeness.value}{form}. {result.completeness.sentence}", "  ")


def shown_condition(expression: Expr, by: Display) -> str:
    """A relation in symbols; an expression alone is one that must not vanish."""
    if isinstance(expression, Ne) and expression.rhs == 0:
        expression = expression.lhs  # type: ignore[assignment]
    if isinstance(expression, Pow) and expression.exp.is_positive:  # a root vanishes where what stands under it does
        expression = expression.base  # type: ignore[assignment]
    if not isinstance(expression, Relational):
        return f"{shown(expression, by)} {'≠' if by.unicode else '!='} 0"
    sign = {"!=": "≠"}.get(expression.rel_op, expression.rel_op) if by.unicode else expression.rel_op
    left, right = expression.args
    return f"{shown(left, by)} {'=' if sign == '==' else sign} {shown(right, by)}"  # type: ignore[arg-type]


def _combination(row: Sequence[tuple[int, Expr]], by: Display) -> str:
    """Σ c_k X_k."""
    text = ""
    for k, c in row:
        size = tidy(joined(c), by)
        negative = all(map(is_negative, Add.make_args(size)))
        size = -size if negative else size
        text += (f" {by.minus} " if text else by.minus) if negative else (" + " if text else "")
        factor = by.write(size)
        text += "" if size == 1 else (f"({factor})" if isinstance(size, Add) else factor) + by.times
        text += f"X{k + 1}"
    return text or "0"


def _algebra(screen: Screen, algebra: AlgebraFacts | None, by: Display) -> None:
    if algebra is None:
        return
    words = [
        word
        for word, holds in (
            ("abelian", algebra.abelian),
            ("nilpotent", algebra.nilpotent),
            ("solvable", algebra.solvable),
            ("semisimple", algebra.semisimple),
        )
        if holds
    ]
    screen.say(
        f"algebra: {algebra.name or algebra.description or 'not named'}" + (f" ({', '.join(words)})" if words else ""),
    )
    for i, j, row in algebra.commutators:
        tell(screen, f"  [X{i + 1}, X{j + 1}] = {_combination(row, by)}", "    ")


def _case(screen: Screen, case: Case, depth: int, by: Display) -> None:
    told = ", ".join(shown_condition(a, by) for a in case.assumptions) or "generic"
    dimension = "unknown or infinite" if case.result.dimension is None else case.result.dimension
    screen.say("  " * depth + f"case {told}: dimension {dimension}, {case.result.completeness.value}")
    for child in case.children:
        _case(screen, child, depth + 1, by)


def collected(form: Expr, by: Display) -> Expr:
    """A linear form with short coefficients."""
    terms = []
    for term in Add.make_args(form):
        unknown = [f for f in Mul.make_args(term) if isinstance(f, Derivative | AppliedUndef)]
        rest = [f for f in Mul.make_args(term) if f not in unknown]
        terms.append(Mul(tidy(Mul(*rest), by), *unknown))
    return Add(*terms)


def show_determining(screen: Screen, system: ODESystem, found: DeterminingSystem) -> None:
    """The determining system before and after splitting."""
    show_system(screen, system)
    plain = system.display
    names = ", ".join(f"{plain.write(u.applied)} for {plain.name(u.variable.name)}" for u in found.unknowns)
    screen.say("")
    tell(screen, f"infinitesimals: {names}; derivatives by subscripts", "  ")
    by = Display(system.variables, system.parameter_symbols, bare=[u.name for u in found.unknowns])
    screen.say("\nbefore splitting, for all values of the derivatives:", "bold")
    for line in found.conditions:
        tell(screen, f"  {by.write(collected(line, by))} = 0", "    ")
    count = len(found.equations)
    screen.say(f"\nafter splitting, {count} equation{'' if count == 1 else 's'}:", "bold")
    for line in found.equations:
        tell(screen, f"  {by.write(collected(line, by))} = 0", "    ")
