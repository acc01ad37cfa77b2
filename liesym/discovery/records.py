"""What discovery answers: laws, each with its grade and what speaks for it. Nothing is shown without its grade."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from sympy import Expr, Float, Symbol

from liesym.model.system import ODESystem
from liesym.symmetries.generator import Generator
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
        return f"{written(self.expression)}   [{self.grade}]"

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
        parts = zip(self.generator.variables, self.generator.components, strict=True)
        return f"{' + '.join(f'({written(p)})*d/d{v.name}' for v, p in parts if p != 0)}   [{self.grade}]"

    def to_json(self) -> dict[str, object]:
        """The components by the names of their variables, with grade and evidence."""
        parts = zip(self.generator.variables, self.generator.components, strict=True)
        components = {variable.name: written(part) for variable, part in parts}
        return {**components, "grade": self.grade, "evidence": self.evidence.to_json()}


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

    def __str__(self) -> str:
        lines = [f"integrals of ({', '.join(self.names)}):"]
        lines += [f"  {law}" for law in self.integrals] or ["  none found"]
        if "symmetries" in self.looked:
            lines += ["symmetries:"] + ([f"  {law}" for law in self.generators] or ["  none found"])
        if self.fit is not None:
            lines += ["equations, identified:", *(f"  {line}" for line in self.equations())]
            lines += [f"evidence for the equations: {self.fit}"]
        return "\n".join([*lines, *(f"note: {note}" for note in self.notes)])

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
            "notes": list(self.notes),
            "looked": list(self.looked),
            "stopped": self.stopped,
            "seconds": round(self.seconds, 3),
        }


def written(expression: Expr) -> str:
    """In the text grammar; measured coefficients stay decimals."""
    return str(expression).replace("**", "^") if expression.has(Float) else write(expression)


def state_symbols(names: tuple[str, ...]) -> tuple[Symbol, ...]:
    """The symbols of the states, as `ODESystem.parse` makes them."""
    return tuple(Symbol(name, real=True) for name in names)
