"""The parts of the page that other commands look for: solutions with the way to them, Noether's laws, residuals to copy."""

from __future__ import annotations

import base64
import shlex
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from sympy import Abs, Eq, Expr, Function, Integral, Symbol, exp, log, sign
from sympy.functions.elementary.hyperbolic import HyperbolicFunction, InverseHyperbolicFunction
from sympy.functions.elementary.trigonometric import InverseTrigonometricFunction, TrigonometricFunction

from liesym.app.derivations import Charges
from liesym.app.report.markup import Row, code, equation, folded, table, wide
from liesym.conservation.kinds import integral_kind
from liesym.model.reading import write_system
from liesym.reduction import Solution, Step, SystemSolution
from liesym.symmetries.results import Result
from liesym.text import write
from liesym.text.display import tidy
from liesym.text.mathml import mathml
from liesym.text.shown import field_mathml, where

PLAIN = (
    *(exp, log, Abs, sign),
    *(TrigonometricFunction, InverseTrigonometricFunction, HyperbolicFunction, InverseHyperbolicFunction),
)
LARGEST = 500_000
"""Bytes of a saved result that a page carries with it."""


@dataclass(frozen=True, slots=True)
class Further:
    """What stands on a page beside the symmetries and integrals; None for what was not looked for, or not found.

    Arguments:
        solution: of the equations.
        steps: the way to it.
        charges: Noether's laws of a Lagrangian that was found for the equations.
        saved: the JSON of `liesym analyze`.
    """

    solution: Solution | None = None
    steps: tuple[Step, ...] = ()
    charges: Charges | None = None
    saved: str | None = None


def solution_part(found: Further) -> str:
    """The solutions, each with what is positive where it holds, and the way to them."""
    solution = found.solution
    if solution is None or not (solution.found or solution.special):
        return ""
    lines = _families(solution)
    lines += [_line(e, "special") for e in solution.special]
    if isinstance(solution, SystemSolution):
        unknowns = solution.variables[1:]
        for point in solution.points:
            lines += [_line(Eq(u, v, evaluate=False), "special") for u, v in zip(unknowns, point, strict=True)]
    lines = [wide("\n".join(lines), "solutions")]
    claim = "These are all solutions." if solution.complete else "There may be more solutions."
    parts = [*lines, f"<p>{claim} Each was substituted into the equations before it was written here.</p>"]
    parts += [f"<p>{escape(note)}</p>" for note in solution.notes]
    if found.steps:
        told = "".join(f"<li>{escape(step.says)}: {_step(step)}</li>" for step in found.steps)
        parts.append(folded("the way to it, each line checked", wide(f"<ol>{told}</ol>", "steps")))
    return "\n".join(parts)


def _families(solution: Solution) -> list[str]:
    if isinstance(solution, SystemSolution):
        lines = []
        for values, on in solution.families:
            pairs = list(zip(solution.variables[1:], values, strict=True))
            holds = where(on, solution.display).strip()
            lines += [_line(Eq(u, v, evaluate=False), holds if k == len(pairs) else "") for k, (u, v) in enumerate(pairs, 1)]
        return lines + [_line(e) for e in solution.relations]
    lines = []
    for part in (solution, *solution.others):
        places = part.on if part.explicit else (part.relation_on,)
        for e, on in zip(part.equations, places or ((),) * len(part.equations), strict=False):
            lines.append(_line(e, where(on, solution.display).strip()))
        if part.parametric is not None and not part.explicit:
            lines += [_line(Eq(v, c, evaluate=False)) for v, c in zip(part.variables, part.parametric, strict=True)]
            lines.append(f"<p>along the parameter {mathml(part.parameter)}</p>")
    return lines


def _line(e: Eq, remark: str = "") -> str:
    left, right = e.args
    shown = equation(left, tidy(right))  # pyright: ignore[reportArgumentType]
    return shown.replace("</div>", f" <span class='quiet'>{escape(remark)}</span></div>") if remark else shown


def _step(step: Step) -> str:
    if step.generator is not None:
        return field_mathml(step.generator.variables, step.generator.components)
    return ", ".join(mathml(Eq(left, right, evaluate=False)) for left, right in step.pairs)


def noether_part(found: Further) -> str:
    """The Lagrangian that was found, its symmetries and what each of them conserves."""
    charges = found.charges
    if charges is None or not charges.laws:
        return ""
    rows: list[Row] = []
    for law in charges.laws:
        words = (None if charges.system is None else integral_kind(law.integral, charges.system)) or ""
        holds = where(law.on, charges.display).strip()
        field = field_mathml(law.generator.variables, law.generator.components)
        gauge = "" if law.gauge == 0 else mathml(tidy(law.gauge))
        rows.append([field, gauge, mathml(tidy(law.constant)), escape(" ".join(filter(None, (words, holds))))])
    text = "<p>The equations are those of a Lagrangian, found by the inverse problem:</p>"
    text += wide(equation(Symbol("L"), charges.lagrangian.expression), "the Lagrangian")
    return text + table(("symmetry of the action", "gauge term", "conserved", "kind"), rows, label="Noether's laws")


def residual_part(result: Result, integrals: Sequence[Expr]) -> str:
    """Commands that write residuals of the laws on this page, for a loss or a check in a training loop."""
    system = result.system
    asked = [*write_system(system)]
    given = " ".join(quoted(line) for line in asked) + f" --independent {system.independent.name}"
    laws = [f"--residual conservation --integral {quoted(write(e))}" for e in integrals if _is_plain(e)][:2]
    moving = [g for g in result.nontrivial if not g.definitions and all(map(_is_plain, g.components))][: 2 if laws else 3]
    for g in moving:
        parts = "; ".join(f"{name}: {value}" for name, value in g.to_mapping().items() if value != "0")
        laws.append(f"--residual invariance --generator {quoted(parts)}")
    if not laws:
        return ""
    lines = [
        f"liesym export {given} {law} --backend {backend} -o residual_{k}_{backend}.py"
        for backend in ("torch", "jax")
        for k, law in enumerate(laws, 1)
    ]
    use = "from residual_1_torch import residual  # or residual_1_jax\n\nloss = loss + residual(t, x, args).square().mean()"
    return (
        "<p>Each line writes a module that imports only torch or only JAX; its constant <code>STATE</code> says what "
        "<code>x</code> holds.</p>" + code("\n".join(lines)) + code(use)
    )


def _is_plain(e: Expr) -> bool:
    """True if every backend has all functions in it: elementary ones, none open, no antiderivative."""
    return not e.has(Integral) and all(isinstance(f, PLAIN) for f in e.atoms(Function))


def quoted(text: str) -> str:
    """The text as one word of a shell, in double quotes where these are enough, as primes are easier to read in them."""
    return shlex.quote(text) if set('"$`\\!') & set(text) else f'"{text}"'


def recheck_part(found: Further) -> str:
    """How the page is checked anew, with the result to save where it is small enough."""
    text = "To recheck everything: "
    if found.saved is not None and len(found.saved) <= LARGEST:
        data = base64.b64encode(found.saved.encode("utf-8")).decode("ascii")
        link = f'<a download="result.json" href="data:application/json;base64,{data}">save result.json</a>'
        return f"<p>{text}{link}, then <code>liesym verify result.json</code>.</p>"
    return f"<p>{text}save <code>liesym analyze … -o result.json</code>, then <code>liesym verify result.json</code>.</p>"
