"""What a system with unknown functions keeps in any case, and what it keeps under relations between them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sympy import Add, Expr, S
from sympy.core.function import AppliedUndef

from liesym.base.listing import Listing
from liesym.model.reading import write_system
from liesym.model.system import ODESystem
from liesym.symmetries.generator import Generator
from liesym.text import write
from liesym.text.display import Display


@dataclass(frozen=True, slots=True)
class Option:
    """A relation between the unknown functions, and what holds under it.

    Arguments:
        relations: expressions in the unknown functions that vanish.
        system: the equations with the relations built in, whatever the functions in them are.
        functions: what each unknown function is in the new ones.
        conserved: integrals of the new system that are gained, each verified with its functions open.
        symmetries: generators that are gained, each verified.
        statements: a sentence for each function that an antiderivative stands for.
    """

    relations: tuple[Expr, ...]
    system: ODESystem
    functions: tuple[tuple[AppliedUndef, Expr], ...]
    conserved: tuple[Expr, ...]
    symmetries: tuple[Generator, ...] = ()
    statements: tuple[str, ...] = ()

    @property
    def relation(self) -> str:
        """The relations in the text grammar."""
        return "; ".join(equation(r, self.functions, write) for r in self.relations)

    @property
    def form(self) -> str:
        """The equations in the text grammar, as `HybridODE` takes them."""
        return "; ".join(write_system(self.system))

    def words(self) -> str:
        """The relations as a person writes them, functions without their arguments: f_y = g_x. One that stands with several
        lists of arguments keeps them: F(x1 - x2) = -F(x2 - x1).
        """
        applied = {f for r in self.relations for f in r.atoms(AppliedUndef)}
        often = [f.func.__name__ for f in applied]
        names = sorted(name for name in set(often) if often.count(name) == 1)
        by = Display(self.system.variables, self.system.parameter_symbols, bare=names)
        return ", ".join(equation(r, self.functions, by.write) for r in self.relations)

    def to_json(self) -> dict[str, Any]:
        """By the names of the fields, expressions in the text grammar."""
        return {
            "relation": self.relation,
            "words": self.words(),
            "conserved": [write(e) for e in self.conserved],
            "symmetries": [g.to_mapping() for g in self.symmetries],
            "form": self.form,
            "statements": list(self.statements),
            "functions": {write(f): write(e) for f, e in self.functions},
        }


@dataclass(frozen=True, slots=True)
class Constrained:
    """What holds whatever the unknown functions are, and the options under which more holds.

    Arguments:
        system: as it was given.
        always: integrals that hold for all functions, in `written`.
        symmetries: generators of the given system, for all functions.
        written: the given system, its functions replaced by their antiderivatives where an integral asks for it.
        statements: a sentence for each function that was replaced.
        left_out: integrals that hold for all functions but keep an antiderivative.
        options: relations, each with its form and what is gained.
        within: what was looked among.
        notes: how the question was read.
        stopped: True if the budget ran out.
    """

    system: ODESystem
    always: Listing[Expr]
    symmetries: tuple[Generator, ...]
    written: ODESystem
    statements: tuple[str, ...]
    left_out: tuple[Expr, ...]
    options: tuple[Option, ...]
    within: str
    notes: tuple[str, ...] = ()
    stopped: bool = False

    def __str__(self) -> str:
        by = self.system.display
        always = ", ".join(by.write(e) for e in self.always) or "nothing was found that is conserved"
        lines = [f"for every {' and '.join(unknown_names(self.system))}: {always}", *self.statements]
        for option in self.options:
            gained = ", ".join(option.system.display.write(e) for e in option.conserved) or "nothing more conserved"
            equations = "; ".join(str(option.system).splitlines())
            condition = f"if {option.words()}" if option.relations else "with no relation"
            lines.append(f"{condition}: {gained}; {equations}")
        return "\n".join(lines)

    def to_json(self) -> dict[str, Any]:
        """By the names of the fields, expressions in the text grammar."""
        return {
            "always": {
                "conserved": [write(e) for e in self.always],
                "symmetries": [g.to_mapping() for g in self.symmetries],
                "form": "; ".join(write_system(self.written)),
                "statements": list(self.statements),
                "left_out": [write(e) for e in self.left_out],
            },
            "options": [option.to_json() for option in self.options],
            "within": self.within,
            "notes": list(self.notes),
            "stopped": self.stopped,
        }


def unknown_names(system: ODESystem) -> list[str]:
    """Names of the arbitrary functions."""
    return list(dict.fromkeys(f.func.__name__ for f in system.functions))


def equation(vanishing: Expr, functions: Sequence[tuple[AppliedUndef, Expr]], writer: Any) -> str:
    """`left = right` for an expression that vanishes: the terms with the first function on the left."""
    terms = Add.make_args(vanishing.expand())
    occurring = sorted(vanishing.atoms(AppliedUndef), key=str)
    order = [f.func for f, _ in functions]
    first = min((f.func for f in occurring), key=lambda f: order.index(f) if f in order else len(order))
    left = Add(*(t for t in terms if t.has(first)))
    right = -Add(*(t for t in terms if not t.has(first)))
    alone = sorted((f for f in occurring if f.func == first), key=lambda f: (f.args[0].could_extract_minus_sign(), str(f)))
    if right == 0 and len(alone) > 1:
        left, right = Add(*(t for t in terms if t.has(alone[0]))), -Add(*(t for t in terms if not t.has(alone[0])))
    leading = left.as_ordered_terms()[0]
    if leading.could_extract_minus_sign():
        left, right = -left, -right
    return f"{writer(left)} = {writer(right if right != 0 else S.Zero)}"
