"""What discovery answers: laws, each with its grade and what speaks for it. Nothing is shown without its grade."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

from sympy import Expr, Float, Symbol, sstr

from liesym.model.system import ODESystem
from liesym.symmetries.generator import Generator
from liesym.text.display import Display, shown
from liesym.text.shown import field_text
from liesym.text.writer import write

Grade = Literal["proven", "supported", "approximate"]
"""proven: by substitution in the system that is stated with it. supported: an exact expression that no test refuted.
approximate: numbers that hold to what the evidence says."""

Figure = float | int | str


@dataclass(frozen=True, slots=True)
class Evidence:
    """What speaks for a law.

    Arguments:
        method: how it was found and tested.
        figures: (name, value), such as ("residual", 2e-13).
    """

    method: str
    figures: tuple[tuple[str, Figure], ...] = ()

    def __getitem__(self, name: str) -> Figure:
        return dict(self.figures)[name]

    def to_json(self) -> dict[str, Figure]:
        """The method and the figures by name."""
        return {"method": self.method, **dict(self.figures)}

    def __str__(self) -> str:
        shown = (f"{name} {value:.2g}" if isinstance(value, float) else f"{name} {value}" for name, value in self.figures)
        return f"{self.method}: {', '.join(shown)}"


@dataclass(frozen=True, slots=True)
class Integral:
    """An expression that is constant along every trajectory.

    Arguments:
        expression: in symbols that have the names of the states.
        grade: see `Grade`.
        evidence: what speaks for it.
    """

    expression: Expr
    grade: Grade
    evidence: Evidence

    def __str__(self) -> str:
        return self.shown()

    def shown(self, order: Sequence[Symbol] = ()) -> str:
        """For eyes, with its grade; the states in an order."""
        expression, numbers = _with_numbers(self.expression)
        others = sorted(self.expression.free_symbols - set(order), key=str) if order else []
        return f"{shown(expression, Display(order, [*numbers, *others]))}   [{self.grade}]"

    def to_json(self) -> dict[str, object]:
        """As text, with grade and evidence."""
        return {"expression": written(self.expression), "grade": self.grade, "evidence": self.evidence.to_json()}


@dataclass(frozen=True, slots=True)
class Symmetry:
    """A vector field whose flow maps trajectories to trajectories.

    Arguments:
        generator: X = ξ ∂_t + Σ η_i ∂_{x_i}.
        grade: see `Grade`.
        evidence: what speaks for it.
    """

    generator: Generator
    grade: Grade
    evidence: Evidence

    @property
    def expression(self) -> tuple[Expr, ...]:
        """(ξ, η_1, …, η_m)."""
        return self.generator.components

    def __str__(self) -> str:
        variables, pairs = self.generator.variables, [_with_numbers(part) for part in self.generator.components]
        numbers = [number for _, own in pairs for number in own]
        return f"{field_text(variables, [part for part, _ in pairs], Display(variables, numbers))}   [{self.grade}]"

    def to_json(self) -> dict[str, object]:
        """The components by the names of their variables, with grade and evidence."""
        parts = zip(self.generator.variables, self.generator.components, strict=True)
        components = {variable.name: written(part) for variable, part in parts}
        return {**components, "grade": self.grade, "evidence": self.evidence.to_json()}


@dataclass(frozen=True, slots=True)
class Hypothesis:
    """A relation between parameters of the identified equations that the data allow, under which there is more symmetry.

    Arguments:
        symbol, value: the relation symbol = value.
        deviation: how far the estimates are from it, in standard deviations.
        spread: one of these.
        generators: what the relation would bring, proven in the equations with the relation put in.
    """

    symbol: Symbol
    value: Expr
    deviation: float
    spread: float
    generators: tuple[Generator, ...]

    @property
    def relation(self) -> str:
        """The relation as text."""
        return f"{self.symbol.name} = {write(self.value)}"

    def __str__(self) -> str:
        by = Display()
        told = f"{by.name(self.symbol.name)} = {shown(self.value, by)} within the noise"
        more = ", ".join(map(str, self.generators))
        return f"{told} ({self.deviation:.2g} standard deviations off); if it holds, there is {more}   [hypothesis]"

    def to_json(self) -> dict[str, object]:
        """The relation, how it agrees with the data, and the generators by the names of their variables."""
        fields = [{v.name: write(c) for v, c in zip(g.variables, g.components, strict=True)} for g in self.generators]
        return {"relation": self.relation, "deviation": self.deviation, "spread": self.spread, "generators": fields}


@dataclass(frozen=True, slots=True)
class Discovery:
    """What was found, and what the search can say about what was not.

    Arguments:
        names: the states, in the order of the components of x.
        integrals: functionally independent, the simplest first.
        generators: symmetries that are neither trivial nor multiples of those before by integrals.
        system: the equations that `proven` refers to, None where there are none.
        notes: what was looked for and why something was left out.
        stopped: why the search ended early; empty if it did not.
        seconds: what it took.
        looked: what was looked for.
        fit: how well identified equations hold on the data, None where none were identified.
        hypotheses: relations between parameters that the data allow and that would bring more symmetries.
    """

    names: tuple[str, ...]
    integrals: tuple[Integral, ...]
    generators: tuple[Symmetry, ...]
    system: ODESystem | None = None
    notes: tuple[str, ...] = ()
    stopped: str = ""
    seconds: float = field(default=0.0, compare=False)
    looked: tuple[str, ...] = ("integrals", "symmetries")
    fit: Evidence | None = None
    hypotheses: tuple[Hypothesis, ...] = ()

    def __str__(self) -> str:
        lines = [f"integrals of ({', '.join(self.names)}):"]
        lines += [f"  {law.shown(state_symbols(self.names))}" for law in self.integrals] or ["  none found"]
        if "symmetries" in self.looked:
            lines += ["symmetries:"] + ([f"  {law}" for law in self.generators] or ["  none found"])
        if self.fit is not None:
            lines += ["equations, identified:"]
            lines += [] if self.system is None else [f"  {line}" for line in str(self.system).splitlines()]
            lines += [f"evidence for the equations: {self.fit}", *map(str, self.hypotheses)]
        return "\n".join([*lines, *(f"note: {note}" for note in self.notes)])

    def evidence(self) -> list[str]:
        """What speaks for each integral, a line each."""
        order = state_symbols(self.names)
        return [f"evidence for {law.shown(order)}: {law.evidence}" for law in self.integrals]

    def equations(self) -> list[str]:
        """The equations of the system as text."""
        system = self.system
        return [] if system is None else [f"{system.leading(i).name} = {write(f)}" for i, f in enumerate(system.rhs)]

    def to_json(self) -> dict[str, object]:
        """The record as `liesym discover --json` prints it."""
        return {
            "names": list(self.names),
            "integrals": [law.to_json() for law in self.integrals],
            "generators": [law.to_json() for law in self.generators],
            "equations": self.equations() if self.system is not None else None,
            "parameters": {} if self.system is None else {p.name: p.value for p in self.system.parameters},
            "fit": None if self.fit is None else self.fit.to_json(),
            "hypotheses": [one.to_json() for one in self.hypotheses],
            "notes": list(self.notes),
            "looked": list(self.looked),
            "stopped": self.stopped,
            "seconds": round(self.seconds, 3),
        }


def _with_numbers(expression: Expr) -> tuple[Expr, list[Symbol]]:
    """The expression with a symbol of the same look for every measured number, and these symbols."""
    numbers = {number: Symbol(sstr(abs(number), full_prec=False)) for number in expression.atoms(Float)}
    return expression.xreplace({f: s if f > 0 else -s for f, s in numbers.items()}), list(numbers.values())


def written(expression: Expr) -> str:
    """In the text grammar; measured coefficients stay decimals."""
    return str(expression).replace("**", "^") if expression.has(Float) else write(expression)


def state_symbols(names: tuple[str, ...]) -> tuple[Symbol, ...]:
    """The symbols of the states, as `ODESystem.parse` makes them."""
    return tuple(Symbol(name, real=True) for name in names)


def time_symbol(symbols: Sequence[Symbol]) -> Symbol:
    """The symbol of time beside those of the states."""
    return Symbol("time" if any(s.name == "t" for s in symbols) else "t", real=True)
