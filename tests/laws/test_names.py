"""Names mean nothing: whatever a parameter, an unknown or the independent variable is called, the answer is the same.

The names tried are those that the source invents, read from it, so that a new one is tried too. Each engine answers for a
system, and for the same with one symbol renamed; both answers are brought to common names and compared.
"""

from __future__ import annotations

import ast
import itertools
import random
import re
import zlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from renaming import Renaming, generator_renamed, system_renamed, with_jets
from runs import dealt
from sympy import Dummy, Expr, Rational, S, Symbol
from sympy.core.function import AppliedUndef

import liesym
from liesym import Generator, ODESystem, Parameter
from liesym.algebra import LieAlgebra
from liesym.base.jets import jet_symbol
from liesym.conservation.modes import linear_integrals
from liesym.errors import LiesymError
from liesym.flow import flow
from liesym.flow.exact import exact_flow
from liesym.invariants import invariants
from liesym.reduction import canonical_forms, general_solution, linearization, reduce_order
from liesym.residuals import conservation, group, invariance
from liesym.variational.inverse import find_lagrangian
from liesym.variational.lagrangian import Lagrangian, legendre
from liesym.variational.noether import noether

SOURCE = Path(liesym.__file__).parent
MAKER = re.compile(
    r"(sp\.)?(Symbol|Dummy|Function|symbols|UnknownFunction|canonical_coordinates|.*fr(ee|esh)_(name|symbol).*)"
)
NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,8}")
READERS = ("text", "testing", "app", "learn")
"""Rooms that name what the user wrote, or write for the eye."""

# -- the names that the source invents -------------------------------------------------------------------


@cache
def invented_names() -> tuple[str, ...]:
    """Short words in functions and statements that make a symbol or a function, or look for a free name."""
    found: set[str] = set()
    for path in SOURCE.rglob("*.py"):
        if path.relative_to(SOURCE).parts[0] not in READERS:
            found |= words_of_makers(ast.parse(path.read_text()))
    return tuple(sorted(found))


def words_of_makers(tree: ast.Module) -> set[str]:
    statements = itertools.chain.from_iterable(n.body if isinstance(n, ast.ClassDef) else [n] for n in tree.body)
    return {word for s in statements if makes_names(s) for word in words(s)}


def makes_names(statement: ast.stmt) -> bool:
    calls = (n for n in ast.walk(statement) if isinstance(n, ast.Call))
    made = any(MAKER.fullmatch(ast.unparse(c.func)) for c in calls)
    return made or bool(MAKER.fullmatch(getattr(statement, "name", "")))


def words(statement: ast.stmt) -> Iterator[str]:
    """String constants that could be names; in the fields of an f-string stands a number, or the name of a variable."""
    for node in ast.walk(statement):
        if isinstance(node, ast.JoinedStr):
            texts = [
                "".join(getattr(v, "value", "") if isinstance(v, ast.Constant) else field for v in node.values)
                for field in "1x"
            ]
            texts.append(re.sub("x$", "1", texts[1]))
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            texts = (node.value,)
        else:
            continue
        yield from (text for text in texts if NAME.fullmatch(text))


# -- renaming --------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Answer:
    """What an engine said: expressions in order, the symbols that it invented in order, and plain values."""

    expressions: tuple[Expr, ...]
    invented: tuple[Symbol, ...] = ()
    values: tuple[object, ...] = ()

    def renamed(self, names: Renaming) -> Answer:
        """With the given symbols, the invented ones and the functions brought to common names."""
        common = {**names, **{s: Symbol(f"invented_{i}", real=True) for i, s in enumerate(self.invented)}}
        expressions = tuple(S(e).xreplace(with_jets(common)) for e in self.expressions)
        functions = sorted({f.func for e in expressions for f in e.atoms(AppliedUndef)}, key=str)
        for i, function in enumerate(functions):
            expressions = tuple(e.replace(function, type(function)(f"function_{i}")) for e in expressions)
        return Answer(expressions, (), self.values)


def faults(first: Answer, second: Answer) -> list[str]:
    """Where two answers differ."""
    if first.values != second.values or len(first.expressions) != len(second.expressions):
        return [f"{first.values}, {len(first.expressions)} against {second.values}, {len(second.expressions)}"]
    return [f"{a} against {b}" for a, b in zip(first.expressions, second.expressions, strict=True) if not equal(a, b)]


def equal(a: Expr, b: Expr) -> bool:
    """The same expression, or the same number at places that are drawn."""
    if a == b:
        return True
    symbols = sorted((a - b).free_symbols, key=str)
    if (a - b).atoms(AppliedUndef):
        return bool((a - b).expand() == 0)
    draw, passed = random.Random(1), 0
    for _ in range(6):
        place = {s: Rational(draw.randint(20, 160), 97) for s in symbols}
        value = (a - b).xreplace(place).evalf(20)
        passed += bool(value.is_number and abs(value) < 1e-12)
    return passed >= 4


# -- the engines -----------------------------------------------------------------------------------------

T, X, Y, K = (Symbol(name, real=True) for name in ("t", "x", "y", "k"))
P = Symbol("k", real=True, positive=True)


@dataclass(frozen=True)
class Engine:
    """A question with its symbols, and how it is put.

    Arguments:
        system: what it is asked of.
        ask: (system, generators, integrals) -> answer.
        generators, integrals: over the system.
    """

    system: ODESystem
    ask: Callable[[ODESystem, Sequence[Generator], Sequence[Expr]], Answer]
    generators: tuple[Generator, ...] = ()
    integrals: tuple[Expr, ...] = ()

    def answer(self, names: Renaming) -> Answer:
        """The answer to the renamed question, in the names of the unrenamed one."""
        system = system_renamed(self.system, names)
        generators = [generator_renamed(g, names) for g in self.generators]
        found = self.ask(system, generators, [e.xreplace(with_jets(names)) for e in self.integrals])
        own = {*system.variables, *system.parameter_symbols}
        assert not any(isinstance(s, Dummy) for e in found.expressions for s in S(e).free_symbols)
        assert not {s.name for s in found.invented} & {s.name for s in own}
        return found.renamed({new: old for old, new in names.items()})

    @property
    def symbols(self) -> tuple[Symbol, ...]:
        return (*self.system.variables, *self.system.parameter_symbols)


def parsed(text: str, **options: Any) -> ODESystem:
    return ODESystem.parse(text, **options)


def fields(variables: Sequence[Symbol], *rows: Sequence[object]) -> tuple[Generator, ...]:
    return tuple(Generator(tuple(variables), tuple(S(c) for c in row)) for row in rows)


def flows(system: ODESystem, generators: Sequence[Generator], integrals: Sequence[Expr]) -> Answer:
    found = [flow(g) for g in generators]
    exact = tuple(f.exact for f in found)
    # one symbol for all: each flow is asked for by itself
    same = [c.xreplace({f.epsilon: found[0].epsilon}) for f in found for c in f.components]
    return Answer(tuple(same), (found[0].epsilon,), exact)


def reductions(system: ODESystem, generators: Sequence[Generator], integrals: Sequence[Expr]) -> Answer:
    expressions: list[Expr] = []
    for generator in generators:
        found = reduce_order(system, generator)
        invented = (*found.coordinates.new, *found.reduced.unknowns)
        stage = Answer((*found.reduced.rhs, found.slope, *found.coordinates.backward, *(found.invariants or ())), invented)
        expressions += stage.renamed({}).expressions
    return Answer(tuple(expressions))


def canonical(system: ODESystem, generators: Sequence[Generator], integrals: Sequence[Expr]) -> Answer:
    expressions: list[Expr] = []
    kinds: list[object] = []
    for form in canonical_forms(system, generators):
        symbols = dict.fromkeys((*form.coordinates.new, form.argument))
        expressions += (
            Answer((*form.equation.rhs, form.force, *form.coordinates.backward), tuple(symbols)).renamed({}).expressions
        )
        kinds.append(form.kind)
    return Answer(tuple(expressions), (), tuple(kinds))


def linear_form(system: ODESystem, generators: Sequence[Generator], integrals: Sequence[Expr]) -> Answer:
    found = linearization(system, generators)
    assert found.coordinates is not None and found.linear is not None
    shown = (*found.linear.rhs, *found.coordinates.backward, *(found.coordinates.forward or ()))
    return Answer((*shown, *found.conditions), found.coordinates.new, (found.linearizable,))


def solution(system: ODESystem, generators: Sequence[Generator], integrals: Sequence[Expr]) -> Answer:
    """What is left of the equation for the general solution: the constants may be others, and change places."""
    found = general_solution(system, generators)
    assert found is not None and found.explicit
    t, y = system.variables
    left = []
    for value in (e.rhs for e in found.explicit):
        jets = {jet_symbol(y, k): value.diff(t, k) for k in range(system.order)}
        left.append(value.diff(t, system.order) - system.rhs[0].xreplace(jets))
    return Answer(tuple(left), found.constants, (len(found.constants),))


def of_constants(system: ODESystem, generators: Sequence[Generator], integrals: Sequence[Expr]) -> Answer:
    return Answer(tuple(linear_integrals(system)))


def joint_invariants(system: ODESystem, generators: Sequence[Generator], integrals: Sequence[Expr]) -> Answer:
    return Answer(tuple(invariants(generators, order=1).functions))


def variational(system: ODESystem, generators: Sequence[Generator], integrals: Sequence[Expr]) -> Answer:
    """Noether's laws of the Lagrangian, and its Hamiltonian."""
    lagrangian = Lagrangian(integrals[0], system.independent, system.unknowns).with_parameters(system.parameters)
    laws = noether(lagrangian)
    other = legendre(lagrangian)
    expressions = [e for law in laws for e in (*law.generator.components, law.gauge, law.integral)]
    return Answer((*expressions, other.expression), other.momenta)


def inverse(system: ODESystem, generators: Sequence[Generator], integrals: Sequence[Expr]) -> Answer:
    found = find_lagrangian(system)
    return Answer(() if found is None else (found.expression,))


def structure(system: ODESystem, generators: Sequence[Generator], integrals: Sequence[Expr]) -> Answer:
    algebra = LieAlgebra.from_generators(generators)
    lines = algebra.optimal_system()
    expressions: list[Expr] = []
    for line in lines:
        expressions += Answer(line.row, tuple(s for s, _ in line.ranges)).renamed({}).expressions
    table = [e for row in algebra.commutator_table() for e in row]
    basis = sorted({s for e in table for s in e.free_symbols} - set(algebra.parameters), key=str)
    # an algebra knows no variables: its basis may have the name of one
    expressions += Answer(tuple(table), tuple(basis)).renamed({}).expressions
    return Answer(tuple(expressions), (), (algebra.dimension, len(lines)))


def pointwise(system: ODESystem, generators: Sequence[Generator], integrals: Sequence[Expr]) -> Answer:
    """Residuals and what they are lowered to."""
    made = [invariance(generators[0], system), group(generators[0], system), conservation(integrals, system)]
    own = {*system.variables, *system.parameter_symbols}
    invented = [p.symbol for p in made[1].parameters if p.symbol not in own]
    values = []
    for residual in made:
        lowered = liesym.lower(residual, backend="numpy")
        state = np.linspace(0.7, 1.4, len(residual.state))
        given = {p.name: 0.3 if p.symbol in invented else 1.25 for p in residual.parameters}
        values.append(tuple(np.round(np.ravel(lowered(np.asarray(0.6), state, given)), 12)))
    return Answer(tuple(e for r in made for e in r.expressions), tuple(invented), tuple(values))


def symmetries(system: ODESystem, generators: Sequence[Generator], integrals: Sequence[Expr]) -> Answer:
    found = liesym.find_symmetries(system)
    vectors = [g.components for g in (*found.generators, *(f.generator for f in found.families))]
    return Answer(tuple(c for v in vectors for c in v), (), (found.dimension, found.completeness))


ERMAKOV = parsed("y'' = k*y^(-3)", independent="t")
ENGINES = {
    "flows along a time": Engine(
        parsed("x' = k*y; y' = x"), flows, fields((T, X, Y), (1, X * T * Y, K * Y), (1, K * T * (1 + X**2), 0))
    ),
    "flows in another time": Engine(parsed("x' = k*x"), flows, fields((T, X), (T * X, K * T * X))),
    "reductions": Engine(ERMAKOV, reductions, fields((T, Y), (1, 0), (2 * T, Y))),
    "canonical forms": Engine(ERMAKOV, canonical, fields((T, Y), (1, 0), (2 * T, Y))),
    "linearization": Engine(
        parsed("y'' = -3*k*y*y' - k^2*y^3", independent="t"),
        linear_form,
        fields((T, Y), (1, 0), (T, -Y), (Y, -K * Y**3), (T * Y, Y**2 - K * T * Y**3)),
    ),
    "solutions": Engine(parsed("y'' + k*y'^2 = 1", independent="t"), solution, fields((T, Y), (1, 0), (0, 1))),
    "integrals of linear systems": Engine(parsed("x' = k*x + y; y' = k*y"), of_constants),
    "invariants": Engine(parsed("x' = k*x; y' = y"), joint_invariants, fields((T, X, Y), (1, K * X, Y))),
    "Lagrangians": Engine(parsed("x'' = k/x^3"), variational, (), (jet_symbol(X, 1) ** 2 / 2 - K / (2 * X**2),)),
    "the inverse problem": Engine(parsed("x'' = -k*x"), inverse),
    "algebras": Engine(
        replace(parsed("x' = k*x; y' = y"), rhs=(P * X, Y), parameters=(Parameter(P, ("positive",)),)),
        structure,
        fields((T, X, Y), (0, 1, 0), (0, 0, 1), (0, X, (P + 1) * Y)),
    ),
    "residuals": Engine(ERMAKOV, pointwise, fields((T, Y), (2 * T, Y)), (jet_symbol(Y, 1) ** 2 / 2 + K / (2 * Y**2),)),
    "symmetries": Engine(parsed("y' = k*y/t + y^2", independent="t"), symmetries),
    "symmetries of order 2": Engine(ERMAKOV, symmetries),
}


@cache
def plain(name: str) -> Answer:
    return ENGINES[name].answer({})


def fault_of(name: str, old: Symbol, new: str) -> str:
    """What changes when a symbol of the engine's question is called `new`; '' if nothing does."""
    engine = ENGINES[name]
    symbol = Symbol(new, **old._assumptions_orig)
    names: dict[Symbol, Symbol] = {old: symbol}
    for other in engine.symbols:
        if other.name == new and other != old:
            names[other] = Symbol("other", **other._assumptions_orig)
    try:
        found = engine.answer(names)
    except (LiesymError, AssertionError) as stop:
        return f"{type(stop).__name__}: {stop}"
    return "; ".join(faults(plain(name), found))


def changes(name: str, chosen: Iterable[tuple[Symbol, str]]) -> list[str]:
    return [f"{old} -> {new}: {fault}" for old, new in chosen if (fault := fault_of(name, old, new))]


# -- the law ---------------------------------------------------------------------------------------------

CAPTURED = [
    ("liesym.flow.exact.Dummy", "flows along a time", "s"),
    ("liesym.flow.scalar.Dummy", "flows along a time", "sigma"),
    ("liesym.solving.algebraic.Dummy", "solutions", "kernel"),
    ("liesym.conservation.modes.Dummy", "integrals of linear systems", "s"),
    ("liesym.reduction.order.taken_names", "reductions", "r"),
]
"""What keeps a name from being captured, and where it would be."""

SAMPLE = {"solutions": 1, "symmetries": 1, "flows in another time": 1, "flows along a time": 1, "linearization": 1}
"""Renamings of each symbol in the ordinary run, fewer where an answer takes long."""


def sample(name: str) -> list[tuple[Symbol, str]]:
    """Some of the names for each symbol, spread evenly over the source's."""
    chosen = []
    for symbol in ENGINES[name].symbols:
        order = sorted(invented_names(), key=lambda word: zlib.crc32(f"{name} {symbol} {word}".encode()))
        chosen += [(symbol, word) for word in order[: SAMPLE.get(name, 2)]]
    return chosen


def test_names_are_read_from_the_source() -> None:
    assert {"s", "sigma", "tau", "kernel", "root", "r", "C1", "epsilon", "psi1", "rho", "h", "xi", "a_x"} <= {
        *invented_names()
    }
    assert words_of_makers(ast.parse("def f():\n    return g(name='omega', made=Symbol('zeta'))")) == {"omega", "zeta"}


@pytest.mark.parametrize("name", dealt(ENGINES, usual=2))
def test_a_renamed_symbol_changes_nothing(name: str) -> None:
    assert changes(name, sample(name)) == []


@pytest.mark.nightly
@pytest.mark.parametrize("name", ENGINES)
def test_no_name_of_the_source_is_captured(name: str) -> None:
    assert changes(name, itertools.product(ENGINES[name].symbols, invented_names())) == []


@pytest.mark.parametrize("place, name, word", CAPTURED, ids=[f"{name}: {word}" for _, name, word in CAPTURED])
def test_an_engine_that_captures_a_name_is_caught(place: str, name: str, word: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Control: a dummy of that name replaced by the symbol, or the names that are taken forgotten."""

    def captured(name: object, **assumptions: object) -> Any:
        return Symbol(name, **assumptions) if isinstance(name, str) else frozenset()

    symbol = next(iter(ENGINES[name].system.parameter_symbols))
    # flows are kept: what was found with a fault must not be, nor what hides it
    monkeypatch.setattr(
        "liesym.flow.group._exact", lambda budget, generator, epsilon: exact_flow(generator, epsilon, budget)
    )
    assert changes(name, [(symbol, word)]) == []
    monkeypatch.setattr(place, captured)
    assert changes(name, [(symbol, word)])
