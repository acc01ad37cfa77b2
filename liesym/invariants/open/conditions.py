"""What laws demand of unknown functions, solved: each unknown in terms of functions that nothing is demanded of.

    x' (f + V_x) + y' (g + V_y) = 0    for all x', y'      f = -V_x,  g = -V_y
    x g - y f = 0                                          f = x h,   g = y h
    y V_x - x V_y = 0                                      V(x, y) -> V(x² + y²)

The conditions are split by the variables that no function depends on, then solved one by one: an unknown that is not
differentiated is solved for, what an unknown may not depend on gives further conditions, and an equation of first order for
one function is solved by its characteristics. What none of these solves is given up, never guessed.
Source: Courant and Hilbert 1962, chapter II; Olver 1993, section 2.1.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from sympy import Add, Dummy, Expr, Function, Matrix, Poly, S, Symbol, cancel, fraction, together
from sympy.core.function import AppliedUndef
from sympy.polys.polyerrors import PolynomialError

from liesym.base.budget import Budget
from liesym.base.jets import partial_derivative
from liesym.coefficients.derivation import Derivation
from liesym.coefficients.field import Field
from liesym.invariants.open.frames import frame
from liesym.invariants.open.jets import (
    function_of,
    is_zero,
    jets_of,
    order_of,
    place_of,
    put,
    separated,
    short,
    variables_of,
)
from liesym.solving.pde.characteristics import first_integrals_of_field, primitive

MOST_STEPS = 40
LONGEST = 400
"""Operations of a condition beyond which it is not solved."""


class NoForm(Exception):
    """The conditions contradict each other, or are not solved by these means."""


@dataclass
class Solving:
    """Conditions on unknown functions as they are solved.

    Arguments:
        variables: all that the functions may depend on.
        unknowns: functions of the system that may be solved for, as they are applied in it.
        conditions: expressions that are to vanish for all values of the variables.
        budget: no step is begun after it.
        chosen: function and its value, in the order in which they are put into what comes before.
        made: functions that were made here.
    """

    variables: tuple[Symbol, ...]
    unknowns: list[AppliedUndef]
    conditions: list[Expr]
    budget: Budget
    chosen: list[tuple[AppliedUndef, Expr]] = field(default_factory=list)
    made: list[AppliedUndef] = field(default_factory=list)

    def run(self) -> None:
        """Solve all conditions.

        Raises:
            NoForm: one cannot be solved.
            TimeIsUp: the budget ran out.
        """
        for _ in range(MOST_STEPS):
            self.budget.check("solving of conditions on unknown functions")
            self._split()
            if not self.conditions:
                return
            if not any(rule() for rule in (self._vanishing, self._by_frame, self._solved, self._by_characteristics)):
                raise NoForm
        raise NoForm

    def value(self, expression: Expr) -> Expr:
        """An expression with everything that was chosen put in."""
        for function, value in self.chosen:
            expression = put(expression, function, value)
        return expression

    # -- steps -----------------------------------------------------------------------------------

    def _split(self) -> None:
        """Conditions without those that hold, split by the variables that no function depends on."""
        parts: list[Expr] = []
        held = {v for c in self.conditions for f in c.atoms(AppliedUndef) for a in f.args for v in variables_of(a)}
        free = [v for v in self.variables if v not in held]
        for condition in self.conditions:
            if condition.count_ops() > LONGEST:
                raise NoForm
            for part in separated(condition, free):
                if part == 0 or is_zero(part, self.variables):
                    continue
                if not part.atoms(AppliedUndef):
                    raise NoForm
                if part not in parts and -part not in parts:
                    parts.append(part)
        self.conditions = sorted(parts, key=lambda e: e.count_ops())

    def _choose(self, function: AppliedUndef, value: Expr) -> None:
        self.chosen.append((function, value))
        self.conditions = [put(c, function, value) for c in self.conditions]
        self.unknowns = [u for u in self.unknowns if u.func != function.func]

    def new(self, arguments: Sequence[Expr], stem: str) -> AppliedUndef:
        """A function of these arguments with a name that no other has."""
        made = Function(f"{stem}#{len(self.made)}")(*arguments)
        self.made.append(made)
        return made

    def _vanishing(self) -> bool:
        """c u = 0: u is 0. c u_x = 0: u does not depend on x."""
        for condition in self.conditions:
            replaced, jets = jets_of(condition)
            if len(jets) != 1 or replaced.xreplace(dict.fromkeys(jets, S.Zero)).expand() != 0:
                continue
            (jet,) = jets.values()
            function = function_of(jet)
            if order_of(jet) == 0:
                self._choose(function, S.Zero)
                return True
            if order_of(jet) == 1 and all(a.is_Symbol for a in function.args):
                variable = jet.variables[0]  # type: ignore[attr-defined]
                rest = [a for a in function.args if a != variable]
                if not rest and function in self.unknowns:
                    raise NoForm
                self._choose(function, self._again(function, rest) if rest else S.Zero)
                return True
            if order_of(jet) == 1 and len(function.args) == 1 and function not in self.unknowns:
                self._choose(function, S.Zero)
                return True
        return False

    def _again(self, function: AppliedUndef, arguments: Sequence[Expr]) -> AppliedUndef:
        """The same function of other arguments; it stays one that may be solved for."""
        made = self.new(arguments, function.func.__name__.split("#")[0])
        if function in self.unknowns:
            self.unknowns.append(made)
        return made

    def _solved(self) -> bool:
        """A condition in which an unknown is linear and not differentiated is solved for it."""
        candidates = [c for condition in self.conditions for c in self._linear(condition)]
        if not candidates:
            return False
        best = min(candidates, key=lambda c: c.cost)
        if not self._shared(best):
            self._solve(best)
        return True

    def _linear(self, condition: Expr) -> Iterator[_Pivot]:
        replaced, jets = jets_of(condition)
        differentiated = {function_of(j).func for j in jets.values() if order_of(j)}
        for dummy, jet in jets.items():
            if jet not in self.unknowns or function_of(jet).func in differentiated:
                continue
            slope = partial_derivative(replaced, dummy)
            if slope.has(dummy) or slope.expand() == 0:
                continue
            constant = not slope.free_symbols & {*jets, *self.variables}
            cost = (-len(variables_of(jet)), not constant, slope.count_ops(), str(jet))
            yield _Pivot(jet, slope, replaced, jets, cost)  # type: ignore[arg-type]

    def _shared(self, pivot: _Pivot) -> bool:
        """Σ c_i u_i = 0 with unknowns of the same arguments: u_1 = -Σ c_i h_i, u_i = c_1 h_i, which divides by nothing."""
        if not pivot.cost[1]:
            return False
        dummies = {d: j for d, j in pivot.jets.items() if j in self.unknowns and j.args == pivot.unknown.args}
        try:
            poly = Poly(pivot.condition, *dummies)
        except PolynomialError:
            return False
        if len(dummies) < 2 or not poly.is_homogeneous or poly.total_degree() != 1:
            return False
        slopes = {d: partial_derivative(pivot.condition, d) for d in dummies}
        foreign = [e for c in slopes.values() for e in beyond(c.xreplace(pivot.jets), pivot.unknown.args, self.variables)]
        if not all(is_zero(e, self.variables) for e in foreign):
            return False
        first = next(d for d in dummies if dummies[d] == pivot.unknown)
        others = [d for d in dummies if d != first]
        made, total = {}, S.Zero
        for d in others:
            made[d] = self.new(pivot.unknown.args, "*h")
            top, bottom = fraction(cancel(slopes[d] / slopes[first])) if len(others) == 1 else (slopes[d], slopes[first])
            self._assign(dummies[d], (bottom * made[d]).xreplace(pivot.jets))
            total -= top * made[d]
        self._assign(pivot.unknown, total.xreplace(pivot.jets))
        self.unknowns += made.values()
        return True

    def _solve(self, pivot: _Pivot) -> None:
        dummy = next(d for d, j in pivot.jets.items() if j == pivot.unknown)
        rest = pivot.condition.xreplace({dummy: S.Zero})
        self._assign(pivot.unknown, short((-rest / pivot.slope).xreplace(pivot.jets)))

    def _assign(self, function: AppliedUndef, value: Expr) -> None:
        """The value for the function, and what it means that it depends on the function's arguments alone."""
        self._choose(function, value)
        self.conditions += [e for e in beyond(value, function.args, self.variables) if e != 0]

    def _by_frame(self) -> bool:
        """a·∇u_i = Σ B_ij u_j, as many conditions as unknowns: u = Σ h_k V_k with h_k of the invariants of a."""
        rows = [row for c in self.conditions if (row := _turned(c, self.unknowns)) is not None]
        groups = [[r for r in rows if r.slopes == one.slopes and r.function.args == one.function.args] for one in rows]
        return any(self._turn(group) for group in groups)

    def _turn(self, together: Sequence[_Row]) -> bool:
        functions = [row.function for row in together]
        arguments = functions[0].args
        if len(set(functions)) != len(functions) or any(set(row.weights) - set(functions) for row in together):
            return False
        weights = [[row.weights.get(f, S.Zero) for f in functions] for row in together]
        symbols: list[Symbol] = [a for a in arguments if isinstance(a, Symbol)]
        found = frame(together[0].slopes, weights, symbols)
        invariants = invariants_of(together[0].slopes, symbols) if found else None
        if found is None or not invariants:
            return False
        made = [self.new(invariants, "*h") for _ in found]
        for place, f in enumerate(functions):
            self._choose(f, Add(*(h * vector[place] for h, vector in zip(made, found, strict=True))))
        self.unknowns += made
        return True

    def _by_characteristics(self) -> bool:
        """Σ a_i u_i = 0 for one function u: it is a function of the invariants of Σ a_i ∂_i, i counting its arguments."""
        for condition in self.conditions:
            replaced, jets = jets_of(condition)
            functions = {function_of(j) for j in jets.values()}
            if len(functions) != 1 or any(order_of(j) != 1 for j in jets.values()):
                continue
            (function,) = functions
            places = {place_of(j): partial_derivative(replaced, d) for d, j in jets.items()}
            whole = Add(*(partial_derivative(replaced, d) * d for d in jets))
            if (replaced - whole).expand() != 0 or len(places) != len(jets):
                continue
            coordinates = [a if isinstance(a, Symbol) else Dummy("a", real=True) for a in function.args]
            scale = places[min(places)]
            slopes = {coordinates[i]: cancel(c / scale) for i, c in places.items()}
            moving = {v for c in slopes.values() for v in variables_of(c)} & set(self.variables)
            if not moving <= set(coordinates):
                continue
            invariants = invariants_of(slopes, coordinates)
            if invariants is not None:
                back = dict(zip(coordinates, function.args, strict=True))
                kept = [i.xreplace(back) for i in invariants]
                self._choose(function, self._again(function, kept) if kept else S.Zero)
                return True
        return False


@dataclass(frozen=True)
class _Row:
    """a·∇u - Σ b_j u_j = 0, with a sign that makes one component of a positive."""

    function: AppliedUndef
    slopes: dict[Symbol, Expr]
    weights: dict[AppliedUndef, Expr]


def _turned(condition: Expr, unknowns: Sequence[AppliedUndef]) -> _Row | None:
    """A condition as such a row; None where it is none, or its coefficients hold functions or other variables."""
    replaced, jets = jets_of(condition)
    driven = {function_of(j) for j in jets.values() if order_of(j)}
    if len(driven) != 1 or any(order_of(j) > 1 or function_of(j) not in unknowns for j in jets.values()):
        return None
    (function,) = driven
    if not all(a.is_Symbol for a in function.args):
        return None
    parts = {j: partial_derivative(replaced, d) for d, j in jets.items()}
    if any(p.free_symbols & set(jets) for p in parts.values()):
        return None
    whole = Add(*(parts[j] * d for d, j in jets.items()))
    if (replaced - whole).expand() != 0:
        return None
    slopes = {j.variables[0]: p for j, p in parts.items() if order_of(j)}  # type: ignore[attr-defined]
    leading = min(slopes, key=str)
    sign = S.NegativeOne if slopes[leading].could_extract_minus_sign() else S.One
    weights = {j: -sign * p for j, p in parts.items() if not order_of(j)}
    return _Row(function, {v: sign * p for v, p in slopes.items()}, weights)  # type: ignore[arg-type]


@dataclass(frozen=True)
class _Pivot:
    """An unknown that a condition is linear in: slope * unknown + rest = 0."""

    unknown: AppliedUndef
    slope: Expr
    condition: Expr
    jets: dict[Dummy, Expr]
    cost: tuple[int, bool, int, str]


def invariants_of(slopes: dict[Symbol, Expr], arguments: Sequence[Symbol]) -> tuple[Expr, ...] | None:
    """Functions of the arguments that Σ slope ∂ leaves alone, as many as there are; None where they are not found."""
    coefficients = Field.build(list(slopes.values()), tuple(arguments))
    vector = Derivation(coefficients, {v: coefficients(slopes.get(v, S.Zero)) for v in arguments})
    found = first_integrals_of_field(coefficients, vector, len(arguments) - 1)
    return None if found is None else tuple(coefficients.to_expr(primitive(i), factor=False) for i in found)


def beyond(value: Expr, arguments: Sequence[Expr], variables: Sequence[Symbol]) -> list[Expr]:
    """Derivatives of a value along the directions that leave the arguments alone: 0 where it depends on them alone."""
    inside = set().union(*map(variables_of, arguments))
    moving = [v for v in variables if v in variables_of(value) | inside]
    if all(a.is_Symbol for a in arguments):
        return [partial_derivative(value, v) for v in moving if v not in inside]
    slopes = Matrix([[partial_derivative(a, v) for v in moving] for a in arguments])
    found = []
    for direction in slopes.nullspace():
        along = sum((c * partial_derivative(value, v) for c, v in zip(direction, moving, strict=True)), start=S.Zero)
        found.append(fraction(together(along))[0])
    return found
