"""What an explanation holds: the stages of a symmetry analysis as records of expressions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sympy import Expr, Symbol
from sympy.core.function import AppliedUndef

from liesym.determine.forms import UnknownFunction
from liesym.model.reading import write_system
from liesym.model.system import ODESystem
from liesym.symmetries.results import Result
from liesym.text.writer import write


@dataclass(frozen=True, slots=True)
class Coefficient:
    """A determining equation, and where it comes from.

    Arguments:
        number: of the invariance condition, from 0.
        monomial: in the derivatives; its coefficient in the condition must vanish.
        equation: the coefficient, cleared of denominators and common factors; 0 for all infinitesimals.
    """

    number: int
    monomial: Expr
    equation: Expr


@dataclass(frozen=True, slots=True)
class Step:
    """One step of the solution.

    Arguments:
        rule: "zero", "polynomial", "integral", "solved", "linear equation", "derivatives", "sum", "combined", "consequence"
            or "engine".
        equations: what was solved, each to be 0; none where all that are left were combined.
        unknown, value: the function that they give, and what it is; None where nothing was solved for.
        variable: that was integrated along, None without one.
        order: of the ordinary equation, 0 without one.
        constant: True if its coefficients are free of the variable.
        infinitesimals: (ξ, η_1, …) with all that is known by then.
        satisfied: numbers, from 0, of the determining equations that these infinitesimals solve identically.
        remaining: what is left, each to be 0.
        split: variables by which it fell apart after this step, as no unknown in an equation depends on them.
    """

    rule: str
    equations: tuple[Expr, ...]
    unknown: Expr | None
    value: Expr | None
    variable: Symbol | None
    order: int
    constant: bool
    infinitesimals: tuple[Expr, ...]
    satisfied: tuple[int, ...]
    remaining: tuple[Expr, ...]
    split: tuple[Symbol, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """In texts of the grammar."""
        return {
            "rule": self.rule,
            "equations": [f"{write(e)} = 0" for e in self.equations],
            "unknown": None if self.unknown is None else write(self.unknown),
            "value": None if self.value is None else write(self.value),
            "variable": None if self.variable is None else self.variable.name,
            "infinitesimals": [write(e) for e in self.infinitesimals],
            "satisfied": list(self.satisfied),
            "remaining": [f"{write(e)} = 0" for e in self.remaining],
            "split": [v.name for v in self.split],
        }


@dataclass(frozen=True, slots=True)
class Stages:
    """The stages up to the general solution, and what was found beside it by the engine.

    Arguments:
        system: the equations.
        unknowns: ξ, η_1, … and what they depend on.
        prolonged: ((i, k, η_i^(k)), …), written out; empty where that is too long to be read.
        condition: the invariance conditions as they are before splitting, free of the leading derivatives.
        coefficients: their split; for equations of first order the conditions themselves.
        equations: the determining equations, none twice.
        steps: of the solution, in the order in which they were made.
        solution: (ξ, η_1, …) in constants and functions that stay arbitrary.
        constants: that occur in it.
        functions: that occur in it.
        by_hand: True if the steps ended with the general solution, False if the engine solved what was left.
        stopped: why the steps ended before, empty if they did not.
        conditions: on the parameters, assumed on the way.
        result: of `find_symmetries`.
        agreement: how the steps and the result were compared, in words.
    """

    system: ODESystem
    unknowns: tuple[UnknownFunction, ...]
    prolonged: tuple[tuple[int, int, Expr], ...]
    condition: tuple[Expr, ...]
    coefficients: tuple[Coefficient, ...]
    equations: tuple[Expr, ...]
    steps: tuple[Step, ...]
    solution: tuple[Expr, ...]
    constants: tuple[Symbol, ...]
    functions: tuple[AppliedUndef, ...]
    by_hand: bool
    stopped: str
    conditions: tuple[Expr, ...]
    result: Result
    agreement: str

    def to_json(self) -> dict[str, Any]:
        """In texts of the grammar, derivatives of ξ and η as D(xi(t, y), y, 2)."""
        system, result = self.system, self.result
        orders = {(i, k): write(e) for i, k, e in self.prolonged}
        return {
            "equations": list(write_system(system)),
            "independent": system.independent.name,
            "unknowns": {u.variable.name: write(u.applied) for u in self.unknowns},
            "prolongation": [{"unknown": system.unknowns[i].name, "order": k, "eta": e} for (i, k), e in orders.items()],
            "condition": [f"{write(e)} = 0" for e in self.condition],
            "split": [
                {"condition": c.number, "monomial": write(c.monomial), "equation": f"{write(c.equation)} = 0"}
                for c in self.coefficients
            ],
            "determining": [f"{write(e)} = 0" for e in self.equations],
            "steps": [s.to_json() for s in self.steps],
            "solution": {u.variable.name: write(e) for u, e in zip(self.unknowns, self.solution, strict=False)},
            "constants": [c.name for c in self.constants],
            "arbitrary": [write(f) for f in self.functions],
            "by_hand": self.by_hand,
            "stopped": self.stopped or None,
            "generators": [{**g.to_mapping(), "trivial": g.trivial} for g in result.generators],
            "families": [f.generator.to_mapping() for f in result.families],
            "dimension": result.dimension,
            "completeness": result.completeness.value,
            "conditions": [f"{write(c.args[0])} != 0" for c in self.conditions],  # pyright: ignore[reportArgumentType]
            "agreement": self.agreement,
            "notes": [*system.notes, *result.notes],
        }
