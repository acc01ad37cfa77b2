"""Equations with unknown functions, each of which is a network; and their laws, which hold whatever the networks are.

    x'' = -V'(r) x/r,  y'' = -V'(r) y/r,  V a network:      x y' - x' y  and  (x'² + y'²)/2 + V(r)  are constant

An integral that is proven with V open holds for the trained model as it holds for any V; the networks in its expression are
those of the equations. Derivatives of the networks are exact (`liesym.lowering.slopes`).

Source: Rackauckas et al. 2020 (differential equations with networks in place of unknown terms).
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, ClassVar

import numpy as np
from sympy import Expr, Integral

from liesym.base.listing import Listing
from liesym.conservation.first_integrals import first_integrals
from liesym.errors import BackendError, TrainingError, Unsupported
from liesym.learn.arrays import AbstractModule, Array
from liesym.learn.fitting import gradients_of, parameter_values
from liesym.learn.levels import AbstractLevelSets, Gradients, Unvalued, guarded
from liesym.lowering.lower import lower
from liesym.lowering.target import phase_state
from liesym.model.reading import Given, in_names_of, read_given, read_in_system
from liesym.model.system import ODESystem

Laws = Expr | str | Sequence[Expr | str]


class AbstractHybridODE(AbstractModule):
    """The vector field of a system whose arbitrary functions are networks and whose parameters can be trained.

    It is called as field(t, x, args), x being (q, q', …) as in `liesym.residuals.phase_state`, and solved, trained and
    measured like any other field.

    Arguments:
        system: text, a file of a model or a system, of any order; time may occur.
        functions: name -> what stands for the arbitrary function of that name. A module of the library is given the
            function's n arguments on a last axis, (…, n), and returns (…, 1) or (…); one that takes n ≥ 2 arguments is given
            each by itself. In JAX a module is called for one sample at a time. Any other callable is given an array for each
            argument and returns one of their shape; what is inside it is not trained.
        parameters: name -> first value of what is trained; a positive parameter is kept as its logarithm. The others
            have the value declared in the system, or are given in args, which come before all others.
        inputs: name -> callable of t, for known functions of time such as an interpolant of measurements; not trained.
        dtype: of the parameters, single precision unless given.

    Raises:
        TrainingError: a function or parameter that the system does not have, a function without a network or with what is no
            callable, a parameter that starts at no number, or a positive one that starts at what is not. In torch also one
            whose name is that of a method of its containers.
    """

    levels_class: ClassVar[type[AbstractLevelSets]]
    keep: Callable[[dict[str, Any], dict[str, Any]], None]
    store: Callable[[dict[str, float], Any], None]
    callables: Callable[[], dict[str, Callable[..., Array]]]
    parameters_by_name: Callable[[], dict[str, Any]]
    system: ODESystem
    function: Any
    positive: frozenset[str]
    separate: frozenset[str]

    def __init__(
        self,
        system: Given,
        functions: Mapping[str, Any] | None = None,
        parameters: Mapping[str, float] | None = None,
        *,
        inputs: Mapping[str, Callable[..., Any]] | None = None,
        dtype: Any = None,
    ) -> None:
        super().__init__()
        check_given(functions, parameters, inputs)
        self.system = read_given(system)[0]
        arities = checked_functions(self.system, functions or {}, inputs or {})
        start = parameter_values(self.system, parameters or {}, ())
        self.positive = frozenset(p.name for p in self.system.parameters if "positive" in p.assumptions)
        self.separate = frozenset(n for n, f in (functions or {}).items() if takes_each(f, arities[n]))
        self.function = _lowered(self.system, self.arrays.name)
        self.keep(dict(functions or {}), dict(inputs or {}))
        chosen = {n: start[n] for n in parameters or {}}
        self.store({n: float(np.log(v)) if n in self.positive else v for n, v in chosen.items()}, dtype)

    def forward(self, t: Any, x: Array, args: Any = None) -> Array:
        """Shape (…, m)."""
        return self.holding(self.function, t, x, args)

    def holding(self, function: Any, t: Any, x: Array, args: Any) -> Array:
        """A lowered program with these networks and parameters."""
        args = self.checked(t, x, args)
        held = self.callables()
        called = [held[name] for name in function.program.calls]
        return function.holding(called, t, x, {**self.parameters_by_name(), **args})

    def checked(self, t: Any, x: Any, args: Any) -> dict[str, Any]:
        """The entries of args that are parameters of the system, as arrays that fit the states.

        Raises:
            TrainingError: args is no mapping; what is given is no array; the shapes are no batch together.
        """
        if args is not None and not isinstance(args, Mapping):
            raise TrainingError(f"args = {args!r}; expected a mapping from names of parameters to numbers, or None")
        given = {p.name: args[p.name] for p in self.system.parameters if p.name in args} if args else {}
        read = {name: self._array(name, value) for name, value in given.items()}
        whole = tuple(x.shape if hasattr(x, "shape") else self._array("x", x).shape)
        batch = whole[:-1]
        for name, value in {**read, "t": t}.items():
            shape = tuple(getattr(value, "shape", ()))
            if any(a != b and 1 not in (a, b) for a, b in zip(reversed(shape), reversed(batch), strict=False)):
                raise TrainingError(
                    f"{name} has shape {shape}; expected a number, or the shape {batch} of the batch of x, which is {whole}"
                )
        return read

    def _array(self, name: str, value: Any) -> Array:
        try:
            return self.arrays.as_array(value)
        except (TypeError, ValueError, RuntimeError):
            raise TrainingError(f"{name} = {value!r}; expected numbers or an array of them") from None

    def values(self) -> dict[str, float]:
        """The trained parameters as numbers."""
        return {name: float(self.arrays.to_numpy(value)) for name, value in self.parameters_by_name().items()}

    # -- laws ----------------------------------------------------------------------------------------

    def first_integrals(self, *, budget: float = 30.0) -> Listing[Expr]:
        """Integrals that hold whatever the networks are, proven with the functions open; see `liesym.first_integrals`."""
        return first_integrals(self.system, budget=budget)

    def law(self, expressions: Laws) -> Law:
        """Expressions in the names of the system, as a callable (t, x, args) -> (…, k) that holds the networks.

        Arguments:
            expressions: text or SymPy, one or several: an integral, a charge of Noether's theorem, any observable.

        Raises:
            Unsupported: an antiderivative of a function occurs: see `liesym.conservation.with_antiderivatives`.
        """
        return Law(self, self._lower(_valued(self._read(expressions))))

    def levels(self, integrals: Laws, *, tolerance: float | None = None) -> Any:
        """The level sets of integrals, for `TangentProjection`, `Stabilization` and `retract`.

        Where they meet the field that they come from, they use its networks, which are trained once; elsewhere they bring
        their own, which are trained as part of the model.
        """
        expressions = self._read(integrals)
        state = phase_state(self.system)
        slopes, rates = gradients_of(expressions, state, self.system.independent)
        values = Unvalued(expressions) if any(e.has(Integral) for e in expressions) else self._lower(expressions)
        slope, rate = (self._lower(_valued(e)) if e else None for e in (slopes, rates))
        whole = all(e.is_polynomial(*state) for e in slopes)
        return OpenLevels(self.levels_class, values, slope, rate, len(expressions), len(state), tolerance, whole).of(self)

    def _read(self, expressions: Laws) -> list[Expr]:
        """Expressions whose symbols are those of the system, matched by name."""
        entries = [expressions] if isinstance(expressions, (str, Expr)) else list(expressions)
        read = []
        for entry in entries:
            read.append(read_in_system(entry, self.system) if isinstance(entry, str) else in_names_of(self.system, entry))
        return read

    def _lower(self, expressions: Sequence[Expr]) -> Any:
        return _lowered_laws(tuple(expressions), self.system, self.arrays.name)


def _valued(expressions: list[Expr]) -> list[Expr]:
    """The same, if each has a value once its functions are given.

    Raises:
        Unsupported: an antiderivative occurs.
    """
    for e in expressions:
        if e.has(Integral):
            raise Unsupported(
                f"{e} holds an antiderivative; liesym.conservation.with_antiderivatives writes the system so that the "
                "network is the antiderivative"
            )
    return expressions


class Law:
    """A lowered expression with the networks of a hybrid: (t, x, args) -> (…, k).

    In JAX the networks are those of the moment when it was made; ask a trained field for its laws again.
    """

    def __init__(self, hybrid: AbstractHybridODE, function: Any) -> None:
        self.hybrid, self.function = hybrid, function

    def __call__(self, t: Any, x: Array, args: Any = None) -> Array:
        return self.hybrid.holding(self.function, t, x, args)


@dataclass(frozen=True, slots=True)
class OpenLevels:
    """Level sets whose functions are open: programs of k laws, their gradients by the m states and their rates.

    Arguments:
        whole: True if the gradients are defined everywhere.
    """

    sets: type[AbstractLevelSets]
    values: Any
    slopes: Any
    rates: Any
    laws: int
    states: int
    tolerance: float | None
    whole: bool

    def of(self, hybrid: AbstractHybridODE) -> AbstractLevelSets:
        """With the networks of a hybrid."""
        gradients: Any = Gradients(Law(hybrid, self.slopes), self.laws, self.states)
        values: Any = self.values if isinstance(self.values, Unvalued) else Law(hybrid, self.values)
        rates = None if self.rates is None else Law(hybrid, self.rates)
        if not self.whole:
            values, gradients = guarded(hybrid.arrays, values, gradients)
        made = self.sets(values, gradients, rates, tolerance=self.tolerance)
        made.open, made.hybrid = self, hybrid
        return made


def check_given(functions: Any, parameters: Any, inputs: Any) -> None:
    """Mappings, to callables where they name functions.

    Raises:
        TrainingError: one is something else.
    """
    for what, given in (("functions", functions), ("parameters", parameters), ("inputs", inputs)):
        if given is not None and not isinstance(given, Mapping):
            raise TrainingError(f"{what} is a mapping from names, not {type(given).__name__}")
    for name, function in {**(functions or {}), **(inputs or {})}.items():
        if isinstance(function, type):
            raise TrainingError(f"{name} = {function.__name__} is a class; give one that is made, {function.__name__}(…)")
        if not callable(function):
            raise TrainingError(f"{name} = {function!r}; expected a module or another callable")


def checked_functions(system: ODESystem, functions: Mapping[str, Any], inputs: Mapping[str, Any]) -> dict[str, int]:
    """Number of arguments of each arbitrary function of the system, if each has been given.

    Raises:
        TrainingError: one is missing, one is too many or given twice, or an input is no function of time alone.
    """
    arities = {f.func.__name__: len(f.args) for f in system.functions}
    given = {**functions, **inputs}
    missing, foreign = sorted(set(arities) - set(given)), sorted(set(given) - set(arities))
    if missing:
        raise TrainingError(f"{', '.join(missing)}: no network is given; write functions={{{missing[0]!r}: module}}")
    if foreign:
        raise TrainingError(f"{', '.join(foreign)}: no such functions; the system has {', '.join(arities) or 'none'}")
    if set(functions) & set(inputs):
        raise TrainingError(f"{', '.join(sorted(set(functions) & set(inputs)))}: given as a function and as an input")
    for f in system.functions:
        if f.func.__name__ in inputs and f.args != (system.independent,):
            raise TrainingError(f"{f} is no function of {system.independent} alone; give it among functions")
    return arities


def takes_each(function: Any, arity: int) -> bool:
    """Whether a module asks for its two or more arguments one by one, as its `forward` or `__call__` says."""
    try:
        asked = inspect.signature(getattr(function, "forward", function)).parameters.values()
    except (TypeError, ValueError):
        return False
    needed = [p for p in asked if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD) and p.default is p.empty]
    return arity > 1 and len(needed) == arity


def refused(name: str, inputs: Sequence[Any], error: Exception, weights: Any = None) -> TrainingError:
    """What is said of a module that fails on the arguments that the equations give it.

    Arguments:
        name: of the function that it stands for.
        inputs: what it was called with.
        error: of the library.
        weights: their dtype, where that may be the reason.
    """
    given = ", ".join(f"{tuple(i.shape)} of {_plain(i.dtype)}" for i in inputs)
    one = inputs[0]
    if weights is not None and weights != one.dtype:
        return TrainingError(
            f"{name}: its weights are {_plain(weights)} and the state is {_plain(one.dtype)}; give both one dtype, such as "
            "field.double() or x.float()"
        )
    last = one.shape[-1] if one.ndim else 1
    size = f"{len(inputs)} arguments" if len(inputs) > 1 else f"an array with {last} on its last axis"
    said = " ".join(str(error).split())[:200]
    return TrainingError(f"{name}: the module is called with {size} ({given}) and fails: {type(error).__name__}: {said}")


def _plain(dtype: Any) -> str:
    return str(dtype).removeprefix("torch.")


def _unset(system: ODESystem) -> dict[str, Callable[..., Any]]:
    return {f.func.__name__: _no_network for f in system.functions}


def _no_network(*_: Any) -> Any:
    raise BackendError("a program whose functions are open was called without them")


@lru_cache(maxsize=64)
def _lowered(system: ODESystem, backend: str) -> Any:
    """One program for all hybrids of a system, so that they have one structure and can be stacked."""
    return lower(system, backend=backend, functions=_unset(system))


@lru_cache(maxsize=256)
def _lowered_laws(expressions: tuple[Expr, ...], system: ODESystem, backend: str) -> Any:
    """One program for the same laws of all hybrids of a system, for the same reason."""
    return lower(
        list(expressions),
        phase_state(system),
        backend=backend,
        t=system.independent,
        parameters={p.symbol: p.value for p in system.parameters},
        functions=_unset(system),
    )
