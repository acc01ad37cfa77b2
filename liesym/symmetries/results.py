"""What the engine returns: generators, families, and the exact claim that is made of them."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from functools import lru_cache
from html import escape

from sympy import Eq, Expr, Symbol
from sympy.core.function import AppliedUndef

from liesym.algebra import LieAlgebra
from liesym.certify import Certificate
from liesym.coefficients.definitions import Definition
from liesym.determine.forms import DeterminingSystem
from liesym.errors import LiesymError, OutOfBudget
from liesym.model.ansatz import AnsatzSpec
from liesym.model.system import ODESystem
from liesym.symmetries.generator import Generator
from liesym.symmetries.kinds import in_words, kind
from liesym.text.mathml import mathml
from liesym.text.shown import Shown, field_mathml, field_text, where


class Completeness(StrEnum):
    """What is claimed of the list of generators."""

    PROVEN = "proven"
    WITHIN_ANSATZ = "within ansatz"
    OPEN = "open"

    @property
    def sentence(self) -> str:
        """The claim in words."""
        return {
            "proven": "The verified generators are as many as the independent upper bound allows: none is missing.",
            "within ansatz": "No symmetry of the stated form is missing; others may exist.",
            "open": "More symmetries may exist: the search stopped before the bounds met.",
        }[self.value]

    def __str__(self) -> str:
        return self.value


@dataclass(frozen=True, slots=True)
class Family:
    """A generator that holds arbitrary functions.

    Arguments:
        generator: its components contain the functions.
        arbitrary: (function as it is applied, its arguments) for each.
    """

    generator: Generator
    arbitrary: tuple[tuple[AppliedUndef, tuple[Expr, ...]], ...]

    @property
    def trivial(self) -> bool:
        return self.generator.trivial


@dataclass(frozen=True, slots=True)
class Case:
    """One branch of a classification: parameter conditions, and what holds there.

    Arguments:
        assumptions: equations and inequations between parameters.
        values: the substitution that makes the branch, parameter -> expression.
        result: the analysis of the system on this branch.
        children: branches of this branch.
    """

    assumptions: tuple[Expr, ...]
    values: tuple[tuple[Symbol, Expr], ...]
    result: Result
    children: tuple[Case, ...] = ()


@dataclass(frozen=True, slots=True, repr=False)
class Result(Shown):
    """The point symmetries of a system of ODEs, each verified by substitution.

    Arguments:
        system: the system that was analyzed.
        generators: linearly independent over the constants.
        families: generators with arbitrary functions.
        dimension: of the whole point symmetry algebra; None where it is infinite or not known.
        upper_bound: from the certificate, None without one.
        completeness: the claim.
        ansatz: the form that the generators are complete within, None if none was imposed.
        conditions: parameter expressions that were assumed to be nonzero.
        definitions: linear ODEs that define named functions in the generators.
        determining_system: before and after splitting.
        certificate: the independent count.
        seconds: (stage, seconds) in the order of work.
        notes: what was tried, and why the search stopped where it did.
        cases: branches of a classification by parameters, empty unless asked for.
        stopped: True if the budget ran out, or the user broke the search off.
    """

    system: ODESystem
    generators: tuple[Generator, ...]
    families: tuple[Family, ...]
    dimension: int | None
    upper_bound: int | None
    completeness: Completeness
    ansatz: AnsatzSpec | None
    conditions: tuple[Expr, ...]
    definitions: tuple[Definition, ...]
    determining_system: DeterminingSystem
    certificate: Certificate | None
    seconds: tuple[tuple[str, float], ...] = field(default=(), compare=False)
    notes: tuple[str, ...] = ()
    cases: tuple[Case, ...] = ()
    stopped: bool = False

    @property
    def headline(self) -> str:
        """How many symmetries there are, and what is claimed of the list."""
        count = len(self.generators)
        what = f"{count} symmetr{'y' if count == 1 else 'ies'}" if count else "no symmetry"
        if self.families:
            what += f" and {len(self.families)} famil{'y' if len(self.families) == 1 else 'ies'} with arbitrary functions"
        claim = {
            Completeness.PROVEN: "proven complete",
            Completeness.WITHIN_ANSATZ: f"complete within the {self.ansatz or 'form that was searched'}",
            Completeness.OPEN: "there may be more",
        }[self.completeness]
        return f"{what}, {claim}"

    @property
    def sentence(self) -> str:
        """The headline, and what kinds of symmetries they are."""
        by = self.system.display
        words = in_words([kind(g, by) for g in self.generators])
        return f"{self.headline}: {words}" if words else self.headline

    def __str__(self) -> str:
        by = self.system.display
        lines = [self.sentence]
        for i, g in enumerate(self.generators, 1):
            lines.append(f"  X{i} = {field_text(g.variables, g.components, by)}{where(g.on, by)}")
        for i, family in enumerate(self.families, 1):
            arbitrary = ", ".join(by.write(f) for f, _ in family.arbitrary)
            field = family.generator
            lines.append(f"  F{i} = {field_text(field.variables, field.components, by)},  {arbitrary} arbitrary")
        return "\n".join(lines)

    def to_latex(self) -> str:
        """LaTeX without delimiters: the generators, one a line."""
        fields = [*((f"X_{{{i}}}", g) for i, g in enumerate(self.generators, 1))]
        fields += [(f"F_{{{i}}}", f.generator) for i, f in enumerate(self.families, 1)]
        lines = [f"{name} &= {g.to_latex()}" for name, g in fields]
        return r"\begin{aligned} " + r" \\ ".join(lines) + r" \end{aligned}" if lines else rf"\text{{{self.headline}}}"

    def _repr_html_(self) -> str:
        """The claim, the equations and a table of the generators, with formulas that need no script."""
        fields = [*((f"X{i}", g) for i, g in enumerate(self.generators, 1))]
        fields += [(f"F{i}", f.generator) for i, f in enumerate(self.families, 1)]
        rows = "".join(
            f"<tr><td>{name}</td><td>{field_mathml(g.variables, g.components)}</td>"
            f"<td>{escape(where(g.on, self.system.display))}{' trivial' if g.trivial else ''}</td></tr>"
            for name, g in fields
        )
        equations = "<br>".join(mathml(Eq(*pair, evaluate=False)) for pair in self.system.solved.items())
        return f"<p>{equations}</p><p>{escape(self.sentence)}</p><table>{rows}</table>"

    @property
    def algebra(self) -> LieAlgebra | None:
        """The Lie algebra of the generators, None if they do not close or there are none."""
        return _algebra(self.generators)

    @property
    def domain(self) -> tuple[Expr, ...]:
        """What is positive where the whole answer holds; empty where it holds wherever the equations are real."""
        return tuple(dict.fromkeys(c for g in self.generators for c in g.on))

    @property
    def nontrivial(self) -> tuple[Generator, ...]:
        """Generators that are no multiple of ∂_t + f·∂_x."""
        return tuple(g for g in self.generators if not g.trivial)


@lru_cache(maxsize=64)
def _algebra(generators: tuple[Generator, ...]) -> LieAlgebra | None:
    if not generators:
        return None
    try:
        return LieAlgebra.from_generators(generators)
    except OutOfBudget:  # a clock outside; what it cut is not kept
        raise
    except LiesymError:
        return None
