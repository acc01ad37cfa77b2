"""The solutions of one equation as a record that shows itself, tells its way, can be called, and is fitted to conditions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from sympy import Dummy, Eq, Expr, Integral, S, Symbol

from liesym.base.budget import UNLIMITED, Budget
from liesym.base.names import names_in
from liesym.base.typed import equation, expr
from liesym.errors import Unsupported
from liesym.lowering.lower import lower
from liesym.lowering.registry import Backend
from liesym.reduction.conditions import NONE, SAID, Condition, decided, fits, read_conditions, roots
from liesym.reduction.existence import Interval
from liesym.reduction.steps import Step, named
from liesym.text.display import Display, shown
from liesym.text.shown import Shown, equations_latex, where

ARRAYS = {"torch": "torch", "jax": "jax", "jaxlib": "jax"}
"""Backends of arrays, by the package that they are from."""


def names_of(*parts: Eq | Expr) -> set[Symbol]:
    """All symbols in equations and expressions."""
    return {s for e in parts for s in e.free_symbols if isinstance(s, Symbol)}


@dataclass(frozen=True, slots=True, repr=False)
class Solution(Shown):
    """The general solution of a scalar equation.

    Arguments:
        equation: the relation between t, y and the constants, or None for a parametric solution.
        explicit: branches y = …, where the relation was solved; each was checked by substitution.
        parametric: (t, y) as functions of a parameter and the constants, checked by substitution, or None.
        parameter: its symbol.
        constants: C1, C2, ….
        integrals: I_k with I_k = C_k on solutions.
        variables: t, y.
        on: for each of `explicit` what is positive where it holds; empty where it holds wherever it is real.
        relation_on: the same for the relation, or for the curve where there is none.
        special: solutions y = … that the family does not hold, without constants but where y = C1 is one for every C1.
        complete: True if it is proven that there are no others, on each interval on which the equation is regular.
        notes: what was assumed when the equation was read, in sentences.
        stopped: True if the budget ran out.
        others: of an equation with several branches, those after the first that have a relation or a curve.
        claims: the way to it, not yet checked; `steps` are those of them that hold.
        looked: the methods that were tried, in words.
        intervals: of solutions through given places, where each of `explicit` is regular around the first of them.
        unique: of solutions through given values, whether there is exactly one near the place; None where that is open.
    """

    equation: Eq | None
    explicit: tuple[Eq, ...]
    parametric: tuple[Expr, Expr] | None
    parameter: Symbol | None
    constants: tuple[Symbol, ...]
    integrals: tuple[Expr, ...]
    variables: tuple[Symbol, ...] = ()
    on: tuple[tuple[Expr, ...], ...] = ()
    relation_on: tuple[Expr, ...] = ()
    special: tuple[Eq, ...] = ()
    complete: bool = False
    notes: tuple[str, ...] = ()
    stopped: bool = False
    others: tuple[Solution, ...] = ()
    claims: tuple[Step, ...] = ()
    looked: tuple[str, ...] = ()
    intervals: tuple[Interval, ...] = ()
    unique: bool | None = None

    @property
    def steps(self) -> tuple[Step, ...]:
        """The way to it, each line checked exactly before it is told, and at real points where it has numbers."""
        return self.steps_within(UNLIMITED)

    def steps_within(self, budget: Budget) -> tuple[Step, ...]:
        """As many of the steps as are checked in time."""
        answers = {e.rhs for e in self.explicit}
        told: list[Step] = []
        for step in dict.fromkeys(self.claims):
            if budget.over:
                break
            if not (self.variables[1:] == (step.left,) and step.right in answers) and step.holds:
                told.append(step)
        return named(told, names_in(*self.variables, *self.constants))

    @property
    def found(self) -> bool:
        """True if there is a family: a branch, a relation or a curve."""
        return bool(self.explicit or self.equation is not None or self.parametric is not None)

    @property
    def display(self) -> Display:
        """How expressions in it are written: constants and parameters before the variables."""
        return Display(self.variables, [*self.constants, *sorted(self._parameters(), key=str)])

    def _parameters(self) -> set[Symbol]:
        """The names that are neither variables nor constants."""
        parts = [e for part in (self, *self.others) for e in (*part.equations, *(part.parametric or ()))]
        held = names_of(*parts, *self.special)
        return held - {*self.variables, *self.constants, *(part.parameter for part in (self, *self.others))}

    def __str__(self) -> str:
        by = self.display
        lines = [line for part in (self, *self.others) for line in part._family(by, self.is_special(part))]
        lines += [f"{by.write(e.args[0])} = {shown(expr(e.args[1]), by)}   (special)" for e in self.special]
        return "\n".join(lines or [self.empty])

    @property
    def empty(self) -> str:
        """What is said where there is nothing."""
        return next((n for n in self.notes if n in (NONE, SAID)), "no family of solutions was found")

    def is_special(self, part: Solution) -> bool:
        """True of an envelope: a part without constants beside a family."""
        return bool(self.constants) and not part.constants and part.parametric is not None

    def _family(self, by: Display, special: bool) -> list[str]:
        """The branches, the relation or the curve, each with what is positive where it holds."""
        pairs = zip(self.equations, self._places, strict=True)
        lines = [f"{by.write(e.args[0])} = {shown(expr(e.args[1]), by)}{where(on, by)}" for e, on in pairs]
        if self.parametric is not None and not self.explicit:
            lines += [f"{v.name} = {shown(c, by)}" for v, c in zip(self.variables, self.parametric, strict=True)]
            lines[-1] += "" if self.equation is not None else where(self.relation_on, by)
            lines[-1] += "   (special)" if special else ""
        return lines

    @property
    def equations(self) -> tuple[Eq, ...]:
        """The branches y = …, or else the relation."""
        return self.explicit or (() if self.equation is None else (self.equation,))

    @property
    def _places(self) -> tuple[tuple[Expr, ...], ...]:
        """What is positive where each of `equations` holds."""
        if self.explicit:
            return self.on or ((),) * len(self.explicit)
        return () if self.equation is None else (self.relation_on,)

    def to_latex(self) -> str:
        """LaTeX without delimiters, one equation a line."""
        pairs: list[tuple[Any, Any, Sequence[Expr]]] = []
        for part in (self, *self.others):
            pairs += [(*e.args, on) for e, on in zip(part.equations, part._places, strict=True)]
            if part.parametric is not None and not part.explicit:
                on = () if part.equation is not None else part.relation_on
                pairs += [(v, c, on) for v, c in zip(part.variables, part.parametric, strict=True)]
        pairs += [(*e.args, ()) for e in self.special]
        return equations_latex(pairs) if pairs else rf"\text{{{self.empty}}}"

    @property
    def within(self) -> str:
        """What was looked among, and whether the search ended before the budget did."""
        tried = ", ".join(self.looked) or "nothing"
        return f"{tried}; the budget ran out" if self.stopped else tried

    def fit(self, conditions: str | Sequence[str]) -> Solution:
        """The branches and special solutions that meet conditions, their constants as these say.

        Arguments:
            conditions: for example ``"y(0) = 1, y'(0) = 0"``, or one text for each.

        Raises:
            ParseError: a condition is not of this form, or of an order that the equation determines.
        """
        return self.fitted(read_conditions(conditions, *self.names))

    @property
    def names(self) -> tuple[tuple[Symbol, ...], tuple[int, ...], tuple[Symbol, ...]]:
        """The variables, the number of free derivatives of each unknown, and the parameters, for conditions."""
        held = names_of(*self.equations, *self.special)
        parameters = sorted(held - {*self.variables, *self.constants}, key=str)
        return self.variables, (len(self.constants),), tuple(parameters)

    def fitted(self, conditions: Sequence[Condition]) -> Solution:
        """The same for conditions that were read."""
        return _fitted(self, conditions)

    def __call__(self, place: Any, *, branch: int = 0, backend: str | Backend | None = None, **values: Any) -> Any:
        """y at places of the independent variable, in a numerical backend.

        Arguments:
            place: t, a number or an array of shape (...).
            branch: which of `explicit`.
            backend: "numpy", "torch", "jax" or a backend object; that of `place` if None.
            values: of every constant and parameter, by name.

        Returns:
            y, of the shape of `place`; nan where the branch is not said to hold (`on`). Integrals from a fixed place are
            computed by quadrature, in NumPy alone.

        Raises:
            Unsupported: there is no such explicit branch, a value is missing, or the backend computes no integrals.
        """
        if not 0 <= branch < len(self.explicit):
            raise Unsupported(f"there are {len(self.explicit)} explicit branches, so none of number {branch}")
        on = self.on[branch] if branch < len(self.on) else ()
        return evaluated([expr(self.explicit[branch].rhs)], self.variables[0], place, backend, values, on)[..., 0]


def evaluated(
    expressions: Sequence[Expr],
    t: Symbol,
    place: Any,
    backend: str | Backend | None,
    values: dict[str, Any],
    on: Sequence[Expr] = (),
) -> Any:
    """Expressions at places of t, of shape (..., k), nan where something in `on` is negative.

    Raises:
        Unsupported: a value is missing or has the name of nothing, or the backend computes no integrals.
    """
    sides = [c for c in on if names_in(c) <= {t.name, *names_in(*expressions)} and not c.has(Integral)]
    found = _evaluated([*expressions, *sides], t, place, backend, values)
    held: Any = 1.0
    for k in range(len(expressions), found.shape[-1]):
        held = held * ((found[..., k] >= 0) * 1.0)
    if not sides:
        return found
    with np.errstate(invalid="ignore"):
        return found[..., : len(expressions)] + (0.0 * held / held)[..., None]  # 0/0 is nan in every library


def _evaluated(
    expressions: Sequence[Expr], t: Symbol, place: Any, backend: str | Backend | None, values: dict[str, Any]
) -> Any:
    wanted = names_in(*expressions) - {t.name}
    if wanted != set(values):
        missing, more = sorted(wanted - set(values)), sorted(set(values) - wanted)
        said = [f"values are missing for {', '.join(missing)}"] if missing else []
        said += [f"{', '.join(more)} does not occur"] if more else []
        raise Unsupported("; ".join(said))
    backend = backend or ARRAYS.get(type(place).__module__.partition(".")[0], "numpy")
    at = place if hasattr(place, "shape") else np.asarray(place, dtype=float)
    integrals = sorted({n for e in expressions for n in e.atoms(Integral)}, key=str)
    if not integrals:
        return lower(list(expressions), (t,), backend=backend, t=Dummy("time"))(0.0, at[..., None], values)
    if backend != "numpy":
        raise Unsupported("the solution holds an integral, which is computed in NumPy alone")
    names = {n: Dummy(f"q{k}", real=True) for k, n in enumerate(integrals)}
    rows = np.stack([at, *(_quadrature(n, t, at, values) for n in integrals)], axis=-1)
    plain = [expr(e.xreplace(names)) for e in expressions]
    return lower(plain, (t, *names.values()), backend=backend, t=Dummy("time"))(0.0, rows, values)


def _quadrature(integral: Integral, t: Symbol, place: Any, values: dict[str, Any]) -> Any:
    """∫ from a fixed place up to every place.

    Raises:
        Unsupported: it holds another integral, or depends on t in its integrand.
    """
    from scipy.integrate import quad

    inner, *limits = integral.limits[0]
    if integral.function.has(Integral) or len(integral.limits) != 1 or len(limits) != 2 or integral.function.has(t):
        raise Unsupported(f"{integral} is no integral from a fixed place of a function without integrals")
    computed = lower([integral.function, *limits], (inner, t), backend="numpy", t=Dummy("time"))

    def up_to(x: float) -> float:
        lower_limit, upper_limit = computed(0.0, np.array([x, x]), values)[1:]
        return quad(
            lambda s: computed(0.0, np.array([s, x]), values)[0], lower_limit, upper_limit, epsabs=1e-12, epsrel=1e-12
        )[0]

    return np.reshape(np.array([up_to(x) for x in np.ravel(place)]), np.shape(place))


# -- conditions ---------------------------------------------------------------------------------------


def _fitted(found: Solution, conditions: Sequence[Condition]) -> Solution:
    """The branches and special solutions that meet the conditions, their constants as these say; relations of each part."""
    t, y = found.variables
    kept: dict[Expr, tuple[Expr, ...]] = {}
    for branch, on in zip(found.explicit, found.on, strict=True):
        for values in fits({y: expr(branch.rhs)}, t, conditions, found.constants):
            sides = decided([expr(a.subs(values)) for a in on], t, [c.place for c in conditions])
            if sides is not None:
                kept.setdefault(expr(branch.rhs.subs(values)), sides)
    for special in found.special:
        for values in fits({y: expr(special.rhs)}, t, conditions, found.constants):
            kept.setdefault(expr(special.rhs.subs(values)), ())
    others = tuple(o for o in (_fitted_part(part, conditions) for part in found.others) if o is not None)
    relation = None if kept else _relation_at(found, conditions)
    left = {s for v in kept for s in v.free_symbols} | (set() if relation is None else relation.free_symbols)
    return replace(
        found,
        explicit=tuple(equation(y, v) for v in kept),
        on=tuple(kept.values()),
        equation=None if relation is None else equation(relation),
        parametric=None,
        parameter=None,
        special=(),
        others=others,
        constants=tuple(c for c in found.constants if c in left),
        complete=found.complete and len(kept) == 1 and not others and not any(c in left for c in found.constants),
        notes=found.notes if kept or others or relation is not None else (*found.notes, SAID),
    )


def _fitted_part(part: Solution, conditions: Sequence[Condition]) -> Solution | None:
    """The relation of another branch through the place; None of a curve, whose constants are not fitted here."""
    relation = _relation_at(part, conditions)
    return (
        None
        if relation is None
        else replace(part, equation=equation(relation), parametric=None, parameter=None, constants=())
    )


def _relation_at(found: Solution, conditions: Sequence[Condition]) -> Expr | None:
    """R(t, y, C1) = 0 through the place of one condition."""
    t, y = found.variables
    if len(conditions) != 1 or conditions[0].order or len(found.constants) != 1 or found.equation is None:
        return None
    relation, constant = expr(found.equation.lhs), found.constants[0]
    at_place = expr(relation.subs({t: conditions[0].place, y: conditions[0].value}))
    values = [v for v in roots(at_place, constant) if not v.has(S.NaN, S.ComplexInfinity, S.ImaginaryUnit)]
    return expr(relation.subs(constant, values[0])) if values else None
