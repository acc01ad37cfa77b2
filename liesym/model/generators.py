"""Vector fields X = ξ ∂_t + Σ η_i ∂_{x_i} on the space of (t, x), as plain records."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Self

from sympy import Expr, S, Symbol

from liesym.base.jets import JetSpace, as_expression, jet_symbol, partial_derivative
from liesym.base.names import free_symbols_named, in_symbols
from liesym.base.scales import Numbers, moved, read_scales
from liesym.coefficients.definitions import Definition
from liesym.errors import AnsatzError, Unsupported
from liesym.model.prolongation import prolonged
from liesym.text.display import Display, same
from liesym.text.shown import Shown, field_latex, field_text, where, where_latex
from liesym.text.writer import write

HIGHEST_NAMED = 4
"""Derivatives up to this one are matched by name where a user's symbols are not ours."""


@dataclass(frozen=True, slots=True, repr=False)
class VectorField(Shown):
    """A vector field on the space of (t, x): ξ = components[0], η_i = components[i].

    What is made of a field by its methods is of its own class: the bracket of two generators is a generator.
    Fields are added and multiplied by numbers and expressions, X + 2*Y, and act on functions, X(f).

    Arguments:
        variables: (t, x_1, …, x_m).
        components: (ξ, η_1, …, η_m), numbers or expressions in the variables, which are matched by name, and parameters.
        trivial: True for ρ(t,x)(∂_t + f·∂_x) of a first-order system x' = f.
        definitions: linear ODEs that define functions which occur in the components, such as psi1(t).
        on: expressions that are positive where the field is what it is said to be; empty where that is everywhere.
    """

    variables: tuple[Symbol, ...]
    components: tuple[Expr, ...]
    trivial: bool = False
    definitions: tuple[Definition, ...] = ()
    on: tuple[Expr, ...] = field(default=(), compare=False)

    def __post_init__(self) -> None:
        if len(self.components) != len(self.variables):
            raise AnsatzError(
                f"{len(self.components)} components for {len(self.variables)} variables; one of each is needed"
            )
        matched = tuple(in_symbols(as_expression(c), self.variables) for c in self.components)
        object.__setattr__(self, "components", matched)

    @classmethod
    def from_mapping(cls, variables: tuple[Symbol, ...], components: Mapping[str, object], *, trivial: bool = False) -> Self:
        """From {variable name: infinitesimal}; a missing variable means 0.

        Raises:
            AnsatzError: a name is not one of the variables.
            ParseError: an infinitesimal is no expression; text is read by `liesym.model.vectorfields`.
        """
        names = [v.name for v in variables]
        for key in components:
            if str(key) not in names:
                raise AnsatzError(f"{key!r} is not a variable here; the variables are {', '.join(names)}")
        given = {str(k): as_expression(v) for k, v in components.items()}
        return cls(variables, tuple(given.get(n, S.Zero) for n in names), trivial)

    def over(self, variables: Sequence[Symbol], parameters: Iterable[Symbol] = ()) -> Self:
        """The field over these variables and in these parameters, matched by name.

        Raises:
            AnsatzError: it is over variables of other names.
        """
        own, given = ([v.name for v in every] for every in (self.variables, variables))
        if own != given:
            raise AnsatzError(
                f"the generator is over ({', '.join(own)}), not ({', '.join(given)}); give it all of them, in that order"
            )
        known = (*parameters, *variables)
        components = tuple(in_symbols(c, known) for c in self.components)
        if (self.variables, self.components) == (tuple(variables), components):
            return self
        on = tuple(in_symbols(c, known) for c in self.on)
        return replace(self, variables=tuple(variables), components=components, on=on)

    @property
    def xi(self) -> Expr:
        """ξ, the component along the independent variable."""
        return self.components[0]

    @property
    def eta(self) -> dict[Symbol, Expr]:
        """Unknown -> η_i."""
        return dict(zip(self.variables[1:], self.components[1:], strict=True))

    @property
    def jets(self) -> JetSpace:
        return JetSpace(self.variables[0], self.variables[1:])

    def characteristic(self) -> tuple[Expr, ...]:
        """Q_i = η_i - ξ x_i' (Olver 1993, equation (2.48))."""
        return tuple(
            eta - self.xi * jet_symbol(x, 1) for x, eta in zip(self.variables[1:], self.components[1:], strict=True)
        )

    def apply(self, expression: Expr) -> Expr:
        """X(f) = ξ ∂f/∂t + Σ η_i ∂f/∂x_i, for f on the space of (t, x), its symbols matched by name."""
        expression = in_symbols(expression, self.variables)
        rates = zip(self.variables, self.components, strict=True)
        return sum((c * partial_derivative(expression, v) for v, c in rates if c != 0), start=S.Zero)

    def prolong(self, order: int) -> tuple[tuple[Expr, ...], ...]:
        """((η_i^(0), …, η_i^(order)) for each i), η_i^(k) = D_t η_i^(k-1) - x_i^(k) D_t ξ.

        Source: Olver 1993, Theorem 2.36 and equation (2.44).
        """
        return prolong(self, order)

    def prolonged(self, expression: Expr) -> Expr:
        """X^(k)(f) for a function f on jet space, with k the order of f, its symbols matched by name."""
        jets = self.jets
        primed = [jet_symbol(x, k) for x in self.variables[1:] for k in range(1, HIGHEST_NAMED + 1)]
        expression = in_symbols(expression, (*primed, *self.variables))
        order = jets.order_of(expression)
        result = self.xi * partial_derivative(expression, self.variables[0])
        for x, row in zip(self.variables[1:], self.prolong(order), strict=True):
            for k, eta in enumerate(row):
                partial = partial_derivative(expression, jet_symbol(x, k))
                if partial != 0:
                    result += eta * partial
        return result

    def bracket(self, other: VectorField) -> Self:
        """The Lie bracket [X, Y], with components X(Y^a) - Y(X^a)."""
        other = other.over(self.variables)
        return type(self)(
            self.variables,
            tuple((self.apply(b) - other.apply(a)).expand() for a, b in zip(self.components, other.components, strict=True)),
            definitions=tuple(dict.fromkeys((*self.definitions, *other.definitions))),
        )

    def subs(self, values: Mapping[Symbol, object]) -> Self:
        """Parameters (or arbitrary functions) replaced in every component."""
        return replace(self, components=tuple(c.subs(dict(values)) for c in self.components))

    def standardized(self, mean: Numbers, std: Numbers) -> Self:
        """The same field in z_i = (x_i - μ_i)/σ_i, named as x_i: ξ/σ_t ∂_t + Σ η_i(t, μ + σ z)/σ_i ∂_{z_i}.

        Arguments:
            mean, std: μ and σ of each x_i, in their order or by name; by name also of t.

        Raises:
            DataError: numbers that are not one for each x_i, a foreign name, or a deviation that is not positive.
            Unsupported: time is scaled and the components hold functions of it that are defined by equations.
        """
        time = self.variables[0]
        scales = read_scales(self.variables[1:], mean, std, (time,))
        if self.definitions and scales[time] != (0, 1):
            raise Unsupported(f"{time} is scaled, but the field holds functions of it that are defined by equations")
        parts = zip(self.variables, self.components, strict=True)
        components = tuple((moved(c, scales) / scales[v][1]).expand() for v, c in parts)
        return replace(self, components=components, on=tuple(moved(e, scales) for e in self.on))

    def first_order(self, order: int = 2) -> Self:
        """The prolonged field on (x, x_1, …), x_k in the place of the k-th derivatives, for states (q, q', …) that stand by
        themselves: each may have a mean and a deviation of its own, see `standardized`.

        Arguments:
            order: of the equations; derivatives below it are states.
        """
        known = [v.name for v in self.variables]
        states, names = list(self.variables[1:]), {}
        for k in range(1, order):
            new = free_symbols_named((f"{x.name}_{k}" for x in self.variables[1:]), known)
            names |= {jet_symbol(x, k): s for x, s in zip(self.variables[1:], new, strict=True)}
            states += new
        rows = self.prolong(order - 1)
        components = (self.xi, *(row[k].xreplace(names) for k in range(order) for row in rows))
        return replace(self, variables=(self.variables[0], *states), components=components)

    def to_mapping(self) -> dict[str, str]:
        """{variable name: infinitesimal in the text grammar}."""
        return {v.name: write(c) for v, c in zip(self.variables, self.components, strict=True)}

    # -- as values -------------------------------------------------------------------------------

    def __call__(self, expression: Expr) -> Expr:
        """X(f), prolonged as far as the derivatives in f need it."""
        return self.prolonged(as_expression(expression))

    def __iter__(self) -> Iterator[Expr]:
        """ξ, η_1, …, η_m."""
        return iter(self.components)

    def __getitem__(self, variable: Symbol | str) -> Expr:
        """The component along a variable, given as a symbol or by its name.

        Raises:
            AnsatzError: there is no such variable.
        """
        for v, component in zip(self.variables, self.components, strict=True):
            if variable in (v, v.name):
                return component
        raise AnsatzError(
            f"{variable} is not a variable here; the variables are {', '.join(v.name for v in self.variables)}"
        )

    def __add__(self, other: VectorField) -> Self:
        if not isinstance(other, VectorField):
            return NotImplemented
        other = other.over(self.variables)
        return type(self)(
            self.variables,
            tuple(a + b for a, b in zip(self.components, other.components, strict=True)),
            self.trivial and other.trivial,
            tuple(dict.fromkeys((*self.definitions, *other.definitions))),
            tuple(dict.fromkeys((*self.on, *other.on))),
        )

    def __mul__(self, factor: object) -> Self:
        if isinstance(factor, VectorField):
            raise AnsatzError("a product of two vector fields is none; the bracket is X.bracket(Y)")
        value = as_expression(factor)
        return replace(self, components=tuple((value * c).expand() for c in self.components))

    __rmul__ = __mul__

    def __truediv__(self, divisor: object) -> Self:
        return self * (1 / as_expression(divisor))

    def __neg__(self) -> Self:
        return self * -1

    def __sub__(self, other: VectorField) -> Self:
        return self + other * -1 if isinstance(other, VectorField) else NotImplemented

    def equals(self, other: VectorField) -> bool:
        """True if both are proven to be the same field, however their components are written; == compares the forms."""
        pairs = zip(self.components, other.components, strict=False)
        return self.variables == other.variables and all(a == b or same(a, b) for a, b in pairs)

    def __str__(self) -> str:
        return field_text(self.variables, self.components) + where(self.on, Display(self.variables))

    def __repr__(self) -> str:
        return str(self)

    def to_latex(self) -> str:
        """LaTeX without delimiters."""
        return field_latex(self.variables, self.components) + where_latex(self.on)

    def to_text(self, *, unicode: bool = True) -> str:
        """In ∂ notation, or in ASCII alone."""
        return field_text(self.variables, self.components, Display(self.variables, unicode=unicode))


def components_on_jets(generator: VectorField, order: int) -> dict[Symbol, Expr]:
    """Coordinate of (t, x, x', …, x^(order)) -> component of the prolonged generator, in that order."""
    rows = generator.prolong(order)
    components = dict(zip(generator.variables, generator.components, strict=True))
    for k in range(1, order + 1):
        components |= {jet_symbol(x, k): row[k] for x, row in zip(generator.variables[1:], rows, strict=True)}
    return components


def prolong(generator: VectorField, order: int) -> tuple[tuple[Expr, ...], ...]:
    """((η_i^(0), …, η_i^(order)) for each unknown i), with η_i^(k) = D_t η_i^(k-1) - x_i^(k) D_t ξ.

    Arguments:
        generator: X = ξ ∂_t + Σ η_i ∂_{x_i}, its components functions of (t, x).
        order: highest derivative wanted, 0 or more.

    Source: Olver 1993, equation (2.44).
    """
    return prolonged(generator.jets, generator.components, order)
