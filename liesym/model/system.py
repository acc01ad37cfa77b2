"""ODE systems in solved form x_i^(n_i) = F_i(t, x, lower derivatives; θ)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from sympy import Basic, Expr, Symbol, sympify
from sympy.core.function import AppliedUndef

from liesym.base.jets import JetSpace, as_expression, jet_symbol
from liesym.base.names import free_symbols_named, names_in
from liesym.base.parameters import Parameter
from liesym.base.scales import Numbers, moved, read_scales
from liesym.errors import NotSolvable, Unsupported
from liesym.text.display import Display
from liesym.text.equations import read_equations
from liesym.text.files import read_file
from liesym.text.formats.recognized import checked_form, form_of_text, is_path, read_model, read_model_file
from liesym.text.formats.sbml import read_sbml
from liesym.text.from_sympy import equations_from_sympy
from liesym.text.mechanics import motion, solved_mass_matrix
from liesym.text.parameters import check_name
from liesym.text.shown import Shown, equations_latex
from liesym.text.solved import SolvedForm
from liesym.text.spelling import spelled


@dataclass(frozen=True, slots=True, repr=False)
class ODESystem(Shown):
    """A system x_i^(n_i) = F_i of any order and any number of unknowns; the orders n_i may differ.

    Arguments:
        independent: the symbol t.
        unknowns: symbols x_1 … x_m.
        orders: n_1 … n_m, each at least 1.
        rhs: F_1 … F_m in t, the jet coordinates x_j^(k) with k < n_j, and parameters.
        parameters: everything else that occurs.
        nonzero: expressions that were divided by to reach the solved form.
        decimals: numbers as they were typed, which are exact in F and are shown so again.

    Raises:
        NotSolvable: lengths differ, or a right side holds a derivative of order n_j or more.
    """

    independent: Symbol
    unknowns: tuple[Symbol, ...]
    orders: tuple[int, ...]
    rhs: tuple[Expr, ...]
    parameters: tuple[Parameter, ...] = ()
    title: str = ""
    notes: tuple[str, ...] = field(default=(), compare=False)
    nonzero: tuple[Expr, ...] = field(default=(), compare=False)
    decimals: tuple[str, ...] = field(default=(), compare=False)

    def __post_init__(self) -> None:
        if not (len(self.unknowns) == len(self.orders) == len(self.rhs)) or not self.unknowns:
            raise NotSolvable(
                f"{len(self.unknowns)} unknowns, {len(self.orders)} orders and {len(self.rhs)} right sides; "
                "one of each per equation is needed"
            )
        for i, rhs in enumerate(self.rhs):
            for symbol in rhs.free_symbols:
                place = self.jets.locate(symbol) if isinstance(symbol, Symbol) else None
                if place and place[1] >= self.orders[place[0]] and place[1] > 0:
                    raise NotSolvable(
                        f"the right side for {self.leading(i).name} holds {symbol.name}, "
                        f"which is not below the order {self.orders[place[0]]} of {self.unknowns[place[0]].name}; "
                        "solve the system for its highest derivatives first"
                    )

    # -- reading ---------------------------------------------------------------------------------

    @staticmethod
    def from_solved(form: SolvedForm, title: str = "") -> ODESystem:
        """From equations in solved form, as `liesym.text` reads them."""
        return ODESystem(
            form.independent, form.unknowns, form.orders, form.rhs, form.parameters, title, form.notes, form.nonzero,
            form.decimals,
        )  # fmt: skip

    @staticmethod
    def parse(
        text: str,
        *,
        independent: str = "t",
        parameters: Mapping[str, Mapping[str, object]] | None = None,
        branch: int | None = None,
    ) -> ODESystem:
        """Read equations in the text grammar, one a line or separated by `;`.

        Arguments:
            text: for example ``"x'' = -x/(x^2+y^2)^(3/2); y'' = -y/(x^2+y^2)^(3/2)"``.
            independent: name of the independent variable.
            parameters: name -> {positive, nonzero, integer, value}.
            branch: which solution to take where an implicit equation has several.

        Raises:
            ParseError: the text is not in the grammar.
            NotSolvable: the equations cannot be solved for their highest derivatives.
        """
        return ODESystem.from_solved(
            read_equations(text, independent=independent, parameters=parameters or {}, branch=branch)
        )

    @staticmethod
    def from_sympy(equations: Sequence[Basic], *, independent: Symbol | None = None, branch: int | None = None) -> ODESystem:
        """From SymPy equations in Functions of one variable, e.g. ``Eq(x(t).diff(t, 2), -x(t))``.

        Raises:
            NotSolvable: not solvable for the highest derivatives, or no derivative occurs.
            Unsupported: more than one independent variable.
        """
        return ODESystem.from_solved(equations_from_sympy(equations, independent=independent, branch=branch))

    @staticmethod
    def from_file(path: str | Path) -> ODESystem:
        """The system of a TOML file; `liesym.model.problem.read_problem` reads the ansatz beside it too.

        Raises:
            DataError: the file cannot be read.
            ParseError: it is no TOML, has an unknown key, a value of the wrong type, or a faulty equation.
            NotSolvable: the equations cannot be solved for their highest derivatives.
        """
        file = read_file(path)
        return ODESystem.from_solved(file.form, file.title)

    @staticmethod
    def from_sbml(source: str | Path) -> ODESystem:
        """From a model in SBML, a path or the text itself; `liesym.text.formats.sbml` says how it is read.

        Raises:
            DataError: the file cannot be read.
            ParseError: it is not SBML.
            Unsupported: python-libsbml is not installed, or there are events, delays, algebraic rules or fast reactions.
            NotSolvable: nothing in the model changes.
        """
        model = read_sbml(source)
        return ODESystem.from_solved(model.exact, model.title)

    @staticmethod
    def from_model(source: str | Path, form: str | None = None) -> ODESystem:
        """From a model in any form that is read: SBML, PySINDy, XPP, Antimony, Catalyst, Modelica, LaTeX and more.

        Arguments:
            source: a path, or text.
            form: one of `liesym.text.formats.recognized.NAMES`; told by the source if None.

        Raises:
            DataError: the file cannot be read.
            ParseError: the text is not in the form.
            Unsupported: it holds a construct that is not read.
            NotSolvable: the equations cannot be solved for their highest derivatives.
        """
        if is_path(source):
            model = read_model_file(source, form)
        elif (form_of_text(str(source)) if form is None else checked_form(form)) == "text":
            plain = spelled(str(source))
            read = ODESystem.parse(plain.text, independent=plain.independent)
            return replace(read, notes=(*plain.notes, *read.notes))
        else:
            model = read_model(str(source), form)
        return ODESystem.from_solved(model.exact, model.title)

    @staticmethod
    def from_mechanics(method: object) -> ODESystem:
        """From a KanesMethod or LagrangesMethod of sympy.physics.mechanics whose equations are formed.

        Raises:
            Unsupported: it is neither, its equations are not formed, or it has constraints with multipliers.
            NotSolvable: the equations cannot be solved for the accelerations.
        """
        return ODESystem.from_solved(motion(method))

    @staticmethod
    def from_mass_matrix(mass: object, forcing: object, states: Sequence[Basic]) -> ODESystem:
        """From M(t, x) x' = f(t, x), matrices of SymPy or nested lists.

        Arguments:
            states: the x as functions, such as x(t).

        Raises:
            NotSolvable: the sizes do not fit, or M has no inverse.
        """
        return ODESystem.from_solved(solved_mass_matrix(mass, forcing, states))

    # -- shape -----------------------------------------------------------------------------------

    @property
    def jets(self) -> JetSpace:
        return JetSpace(self.independent, self.unknowns)

    @property
    def variables(self) -> tuple[Symbol, ...]:
        """(t, x_1, …, x_m): the coordinates that a point symmetry acts on."""
        return (self.independent, *self.unknowns)

    @property
    def order(self) -> int:
        return max(self.orders)

    @property
    def is_first_order(self) -> bool:
        return self.order == 1

    @property
    def is_finite_type(self) -> bool:
        """True if every order is at least 2: then the point symmetry algebra has finite dimension."""
        return min(self.orders) >= 2

    @property
    def parameter_symbols(self) -> tuple[Symbol, ...]:
        return tuple(p.symbol for p in self.parameters)

    @property
    def functions(self) -> tuple[AppliedUndef, ...]:
        """Arbitrary functions that occur, applied to their arguments, in a fixed order."""
        found = {f for rhs in self.rhs for f in rhs.atoms(AppliedUndef)}
        return tuple(sorted(found, key=str))

    def leading(self, i: int) -> Symbol:
        """The jet coordinate x_i^(n_i)."""
        return jet_symbol(self.unknowns[i], self.orders[i])

    @property
    def solved(self) -> dict[Symbol, Expr]:
        """Leading jet coordinate -> right side."""
        return {self.leading(i): rhs for i, rhs in enumerate(self.rhs)}

    @property
    def jet_coordinates(self) -> tuple[Symbol, ...]:
        """The free jet coordinates above order 0: x_i', …, x_i^(n_i - 1)."""
        return tuple(jet_symbol(x, k) for x, n in zip(self.unknowns, self.orders, strict=True) for k in range(1, n))

    def total_derivative(self, expression: Expr) -> Expr:
        """D_t on solutions: leading derivatives are replaced by the right sides."""
        return self.jets.total_derivative(expression, self.solved)

    # -- as it is shown --------------------------------------------------------------------------

    @property
    def display(self) -> Display:
        """How expressions in this system are written: its names in the order in which the user gave them."""
        return Display(self.variables, self.parameter_symbols, decimals=self.decimals)

    def __str__(self) -> str:
        write = self.display.write
        return "\n".join(f"{write(self.leading(i))} = {write(f)}" for i, f in enumerate(self.rhs))

    def to_latex(self) -> str:
        """LaTeX without delimiters, one equation a line."""
        return equations_latex([(left, right, ()) for left, right in self.solved.items()])

    # -- new systems from old --------------------------------------------------------------------

    def subs(self, values: Mapping[Symbol, object]) -> ODESystem:
        """The system with parameters replaced by values or expressions in other parameters.

        Raises:
            Unsupported: a key is no parameter.
            NotSolvable: the solved form was reached by dividing by an expression that is zero for these values.
            ParseError: a value is no number or expression.
        """
        known = set(self.parameter_symbols)
        for key in values:
            if key not in known:
                raise Unsupported(f"{key} is not a parameter of the system; its parameters are {sorted(map(str, known))}")
        given = {k: as_expression(v) for k, v in values.items()}
        rhs = tuple(e.subs(given) for e in self.rhs)
        nonzero = tuple(e.subs(given) for e in self.nonzero)
        for before, after in zip(self.nonzero, nonzero, strict=True):
            if after.is_zero or after.expand().is_zero:
                raise NotSolvable(
                    f"the equations were solved for their highest derivatives by dividing by {before}, which is zero for "
                    f"{', '.join(f'{k} = {v}' for k, v in given.items())}; give the equations with these values"
                )
        occurring = {s for e in rhs for s in e.free_symbols}
        kept = tuple(p for p in self.parameters if p.symbol not in values)
        reserved = set(self.variables) | set(self.jet_coordinates) | {p.symbol for p in kept}
        new = tuple(Parameter(s) for s in sorted(occurring - reserved, key=str) if isinstance(s, Symbol))
        return replace(self, rhs=rhs, parameters=kept + new, nonzero=nonzero)

    def first_order(self) -> ODESystem:
        """The equivalent first-order system: x_i^(k) becomes an unknown x_i_k, with x_i_k' = x_i_(k+1).

        Names that are taken get trailing underscores. Parameters are kept.
        """
        taken = names_in(*self.variables, *self.parameter_symbols) | {f.func.__name__ for f in self.functions}
        names: dict[Symbol, Symbol] = {}
        for x, n in zip(self.unknowns, self.orders, strict=True):
            for k in range(1, n):
                (names[jet_symbol(x, k)],) = free_symbols_named((f"{x.name}_{k}",), taken)
                taken.add(names[jet_symbol(x, k)].name)
        unknowns: list[Symbol] = []
        rhs: list[Expr] = []
        for x, n, f in zip(self.unknowns, self.orders, self.rhs, strict=True):
            chain = [x, *(names[jet_symbol(x, k)] for k in range(1, n))]
            unknowns += chain
            rhs += [*chain[1:], f.xreplace(names)]
        return replace(self, unknowns=tuple(unknowns), orders=(1,) * len(unknowns), rhs=tuple(rhs))

    def standardized(self, mean: Numbers, std: Numbers) -> ODESystem:
        """For x_i = μ_i + σ_i z_i, z_i named as x_i: z_i^(n) = σ_t^n/σ_i F_i(μ_t + σ_t s, μ + σ z, …).

        Arguments:
            mean, std: μ and σ of each unknown, in their order or by name; by name also of the independent variable.
                Derivatives follow: x' is σ_i/σ_t z', so it has no mean and no deviation of its own.

        Raises:
            DataError: numbers that are not one for each unknown, a foreign name, or a deviation that is not positive.
        """
        hint = "" if self.is_first_order else "; velocities follow their positions, or stand alone in first_order()"
        scales = read_scales(self.unknowns, mean, std, (self.independent,), hint)
        pace = scales[self.independent][1]
        for x, n in zip(self.unknowns, self.orders, strict=True):
            scales |= {jet_symbol(x, k): (sympify(0), scales[x][1] / pace**k) for k in range(1, n)}
        sizes = [scales[x][1] / pace**n for x, n in zip(self.unknowns, self.orders, strict=True)]
        rhs = tuple((moved(f, scales) / size).expand() for f, size in zip(self.rhs, sizes, strict=True))
        return replace(self, rhs=rhs, nonzero=tuple(moved(e, scales) for e in self.nonzero))

    def adjoint(self, names: Mapping[str, str] | None = None, *, parameters: bool = True) -> ODESystem:
        """The forward-backward pair of backpropagation (first-order systems).

            x' = f(t, x, θ),   a' = -(∂f/∂x)ᵀ a,   a_θ' = -(∂f/∂θ)ᵀ a.

        Arguments:
            names: name of the adjoint of each unknown or parameter, e.g. ``{"z": "u", "theta1": "v"}``;
                the default for z is a_z, with underscores where that is taken.
            parameters: also append the parameter adjoints.

        Raises:
            Unsupported: the system is not of first order.
            NotSolvable: a given name is taken, or given for what is no unknown or parameter.
            ParseError: a given name is no name of the text grammar.
        Source: Pontryagin et al. 1962; Chen et al. 2018, equations (4) and (51).
        """
        if not self.is_first_order:
            raise Unsupported("adjoint() needs a first-order system; call first_order() before it")
        names = dict(names or {})
        moved = [*self.unknowns, *(self.parameter_symbols if parameters else ())]
        unknown_keys = set(names) - {s.name for s in moved}
        if unknown_keys:
            raise NotSolvable(f"adjoint names given for {sorted(unknown_keys)}, which are not unknowns or parameters here")
        for name in names.values():
            check_name(name, "an adjoint")
        taken = names_in(*self.variables, *self.parameter_symbols)
        for name in names.values():
            if name in taken or [*names.values()].count(name) > 1:
                raise NotSolvable(f"the name {name} of an adjoint is taken; give others with names=")
        invented = free_symbols_named((f"a_{s.name}" for s in moved if s.name not in names), taken.union(names.values()))
        rest = iter(invented)
        costates = [Symbol(names[s.name], real=True) if s.name in names else next(rest) for s in moved]
        states = costates[: len(self.unknowns)]
        backward = tuple(
            -sum((a * f.diff(s) for a, f in zip(states, self.rhs, strict=True)), start=sympify(0)) for s in moved
        )
        return replace(
            self,
            unknowns=self.unknowns + tuple(costates),
            orders=self.orders + (1,) * len(costates),
            rhs=self.rhs + backward,
        )

    def with_moving_parameters(self, names: Sequence[str] | None = None) -> ODESystem:
        """The parameters joined to the unknowns with θ' = 0: its symmetries are equivalence transformations.

        Arguments:
            names: of the parameters that join; all of them if None.

        Raises:
            Unsupported: a name is no parameter of the system.
        Source: Ovsiannikov 1982, section 6.
        """
        chosen = [p for p in self.parameters if names is None or p.name in names]
        missing = set(names or ()) - {p.name for p in chosen}
        if missing:
            known = ", ".join(p.name for p in self.parameters) or "none"
            raise Unsupported(
                f"no parameters of the system: {', '.join(sorted(map(repr, missing)))}; its parameters are: {known}"
            )
        symbols = tuple(p.symbol for p in chosen)
        return replace(
            self,
            unknowns=self.unknowns + symbols,
            orders=self.orders + (1,) * len(symbols),
            rhs=self.rhs + (sympify(0),) * len(symbols),
            parameters=tuple(p for p in self.parameters if p not in chosen),
        )
