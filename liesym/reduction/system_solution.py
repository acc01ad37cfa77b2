"""The solutions of a system as a record that shows itself, can be called, and is fitted to conditions."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sympy import Eq, Expr, Symbol

from liesym.base.typed import equation, expr
from liesym.errors import Unsupported
from liesym.lowering.registry import Backend
from liesym.model.system import ODESystem
from liesym.reduction.conditions import SAID, Condition, decided, fits, meets
from liesym.reduction.record import Solution, evaluated, names_of
from liesym.reduction.systems import Found
from liesym.text.shown import equations_latex, where

Values = tuple[Expr, ...]


@dataclass(frozen=True, slots=True, repr=False)
class SystemSolution(Solution):
    """Solutions of a system: `explicit` and `on` are those of the first family, an equation for each unknown.

    Arguments:
        families: values of the unknowns in their order, with what is positive where they hold.
        points: constant solutions; those that hold constants are curves of them.
        relations: I_k = C_k where there is no family.
    """

    families: tuple[tuple[Values, tuple[Expr, ...]], ...] = ()
    points: tuple[Values, ...] = ()
    relations: tuple[Eq, ...] = ()

    @property
    def found(self) -> bool:
        """True if there is a family, or there are as many relations as constants."""
        return bool(self.families) or (bool(self.relations) and len(self.relations) == len(self.constants))

    def _parameters(self) -> set[Symbol]:
        values = [v for values in (*(v for v, _ in self.families), *self.points) for v in values]
        return names_of(*values, *self.relations) - {*self.variables, *self.constants}

    def __str__(self) -> str:
        by = self.display
        names = [by.write(v) for v in self.variables[1:]]
        lines = []
        for values, on in self.families:
            *most, last = [f"{n} = {by.write(v)}" for n, v in zip(names, values, strict=True)]
            lines += [*most, f"{last}{where(on, by)}"]
        lines += [f"{by.write(expr(e.args[0]))} = {by.write(expr(e.args[1]))}" for e in self.relations]
        for point in self.points:
            lines.append(f"{', '.join(f'{n} = {by.write(v)}' for n, v in zip(names, point, strict=True))}   (special)")
        return "\n".join(lines or [self.empty])

    def to_latex(self) -> str:
        unknowns = self.variables[1:]
        pairs: list[tuple[Any, Any, Sequence[Expr]]] = []
        for values, on in self.families:
            pairs += [(u, v, on) for u, v in zip(unknowns, values, strict=True)]
        pairs += [(*e.args, ()) for e in self.relations]
        pairs += [(u, v, ()) for point in self.points for u, v in zip(unknowns, point, strict=True)]
        return equations_latex(pairs) if pairs else rf"\text{{{self.empty}}}"

    def __call__(self, place: Any, *, branch: int = 0, backend: str | Backend | None = None, **values: Any) -> Any:
        """The unknowns at places of the independent variable, in a numerical backend.

        Arguments:
            place: t, a number or an array of shape (...).
            branch: which of `families`.
            backend: "numpy", "torch", "jax" or a backend object; that of `place` if None.
            values: of every constant and parameter, by name.

        Returns:
            The unknowns, of shape (..., m); nan where the family is not said to hold.

        Raises:
            Unsupported: there is no such family, a value is missing, or the backend computes no integrals.
        """
        if not 0 <= branch < len(self.families):
            raise Unsupported(f"there are {len(self.families)} families, so none of number {branch}")
        family, on = self.families[branch]
        return evaluated(family, self.variables[0], place, backend, values, on)

    @property
    def names(self) -> tuple[tuple[Symbol, ...], tuple[int, ...], tuple[Symbol, ...]]:
        """As for one equation; any derivative of an unknown may be given that the number of constants leaves room for."""
        values = [e for family in (*(f for f, _ in self.families), *self.points) for e in family]
        held = {s for e in (*values, *self.relations) for s in e.free_symbols if isinstance(s, Symbol)}
        parameters = sorted(held - {*self.variables, *self.constants}, key=str)
        free = len(self.constants) - len(self.variables) + 2
        return self.variables, (free,) * (len(self.variables) - 1), tuple(parameters)

    def fitted(self, conditions: Sequence[Condition]) -> SystemSolution:
        return _fitted(self, conditions)

    def over(self, write: Callable[[Expr], Expr]) -> SystemSolution:
        """With another form of every expression."""
        families = tuple((tuple(map(write, v)), tuple(map(write, on))) for v, on in self.families)
        relations = tuple(equation(write(expr(e.args[0])), expr(e.args[1])) for e in self.relations)
        points = tuple(tuple(map(write, p)) for p in self.points)
        claims = tuple(step.written(write) for step in self.claims)
        return with_first(replace(self, families=families, relations=relations, points=points, claims=claims))


def with_first(found: SystemSolution) -> SystemSolution:
    """`explicit` and `on` as the families say."""
    if not found.families:
        return replace(found, explicit=(), on=())
    values, on = found.families[0]
    explicit = tuple(equation(u, v) for u, v in zip(found.variables[1:], values, strict=True))
    return replace(found, explicit=explicit, on=(on,) * len(explicit))


def system_solution(system: ODESystem, found: Found) -> SystemSolution:
    """The record of what was found."""
    plain = SystemSolution(
        None, (), None, None, found.constants, (), system.variables,
        complete=found.complete, notes=found.notes, stopped=found.stopped, claims=found.claims, looked=found.looked,
        families=found.families, points=found.points, relations=found.relations,
    )  # fmt: skip
    return with_first(plain)


def _fitted(found: SystemSolution, conditions: Sequence[Condition]) -> SystemSolution:
    """The families and constant solutions that meet the conditions, their constants as these say."""
    t, *unknowns = found.variables
    kept: dict[Values, tuple[Expr, ...]] = {}
    for values, on in found.families:
        for fit in fits(dict(zip(unknowns, values, strict=True)), t, conditions, found.constants):
            sides = decided([expr(a.subs(fit)) for a in on], t, [c.place for c in conditions])
            if sides is not None:
                kept.setdefault(tuple(expr(v.subs(fit)) for v in values), sides)
    for point in found.points:
        if meets(dict(zip(unknowns, point, strict=True)), t, conditions):
            kept.setdefault(point, ())
    relations = () if kept else _fitted_relations(found, conditions)
    left = {s for values in kept for v in values for s in v.free_symbols}
    constants = tuple(c for c in found.constants if c in left)
    return with_first(
        replace(
            found,
            families=tuple(kept.items()),
            points=(),
            relations=relations,
            constants=constants,
            complete=found.complete and len(kept) == 1 and not constants,
            notes=found.notes if kept or relations else (*found.notes, SAID),
        )
    )


def _fitted_relations(found: SystemSolution, conditions: Sequence[Condition]) -> tuple[Eq, ...]:
    """I_k(t, x) = I_k(t_0, x_0) where all unknowns of a system of first order are given at one place."""
    t, *unknowns = found.variables
    given = {c.unknown: c.value for c in conditions if c.order == 0}
    places = {c.place for c in conditions}
    if len(places) != 1 or set(given) != set(unknowns) or len(conditions) != len(unknowns):
        return ()
    at = {t: places.pop(), **given}
    return tuple(equation(expr(e.args[0]), expr(expr(e.args[0]).subs(at))) for e in found.relations)
