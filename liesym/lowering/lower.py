"""Lowering: symbolic expressions in, a callable ``(t, x, args)`` of a numerical backend out.

The callable
    ``fn(t, x, args)`` with t of shape (...) or a number, x of shape (..., m), args a mapping from parameter
    names to numbers or arrays that broadcast against the batch (or an object with such attributes; None where
    every parameter has a default). It returns an array of shape (..., k), the dtype and the device those of
    x, constants broadcast. It works unchanged under torch.compile, torch.func.vmap / jvp / grad, jax.jit /
    vmap / grad / jvp, and pickles. ``fn.program`` is the `Program`, ``fn.program.state`` the order of the components of x.

What can be lowered
    ``lower(residual, backend="torch")``            a `liesym.residuals.Residual`; x is residual.state
    ``lower(system, backend="torch")``              the vector field of an ODESystem in first-order form: x is
                                                    `liesym.residuals.phase_state(system)`, that is (q, q', ...)
                                                    grouped by order of derivative, and the value is dx/dt
    ``lower([e1, e2], (x, y), backend="jax")``      SymPy expressions of given state symbols
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from sympy import Basic, Expr, Symbol
from sympy.matrices import MatrixBase

from liesym.base.jets import as_expression
from liesym.base.names import by_name
from liesym.base.parameters import Parameter
from liesym.errors import BackendError, Unsupported
from liesym.lowering.registry import Backend, get_backend
from liesym.lowering.target import Residual, field_of
from liesym.model.system import ODESystem
from liesym.program import Guard, Inputs, Program, assemble, expand

Target = Residual | ODESystem | Expr | MatrixBase | Sequence[Expr]
Parameters = Sequence[Symbol | Parameter] | Mapping[Symbol | str, float | None]


def lower(
    target: Target,
    state: Sequence[Basic] | None = None,
    *,
    backend: str | Backend,
    t: Symbol | None = None,
    parameters: Parameters | None = None,
    functions: Mapping[str, Callable[..., Any]] | None = None,
    guard: Guard | None = None,
    jacobian: bool = False,
) -> Callable[..., Any]:
    """A callable ``(t, x, args)`` that computes the target in a numerical backend.

    Arguments:
        target: a residual, a system (its first-order vector field), an expression, or several.
        state: the symbols that are the components of x, in order; needed for plain expressions only.
        backend: "numpy", "torch", "jax", a registered name, or a backend object.
        t: the symbol of the independent variable; a symbol named t unless given.
        parameters: symbols, or {symbol or name: default value}; every other symbol unless given.
        functions: name -> callable, for arbitrary functions such as V in V(y) or f in f(x, y). It takes an array of the
            backend for each argument and returns an array of their shape, point by point: a function, or a module that holds
            a network. Derivatives that occur, V'(y) or V''(y) or those of a Jacobian, are taken of it exactly, in one pass
            with the value; NumPy's must bring them, as ``V.derivative(n)`` for the n-th, which splines of SciPy do.
        guard: what happens where the target is not defined (`Program.singular_set` says where that is):
            None      as in IEEE arithmetic: infinity and NaN.
            "mask"    value and derivative are 0 there, and where an input is NaN, infinite or larger than the square
                      root of the largest number; the callable returns `Masked(values, fraction)`.
            "clamp"   operands are moved to the nearest number one epsilon inside the domain, inputs to the largest
                      that can be squared; an input that is NaN stays NaN.
            "raise"   BackendError that says which condition fails at how many points.
        jacobian: also return the derivatives by x: `Derivatives(values, jacobian)`, jacobian of shape (..., k, m),
            computed in the same pass; with guard="mask" `MaskedDerivatives(values, jacobian, fraction)`.

    Returns:
        The callable described at the head of this module.

    Raises:
        Unsupported: a symbol, constant or function has no numerical meaning; it is named.
        BackendError: the backend does not exist, does not load, or lacks an operation; it is named.
    """
    chosen = get_backend(backend)
    program = build_program(target, state, t=t, parameters=parameters, functions=tuple(functions or ()),
                            guard=guard, jacobian=jacobian)  # fmt: skip
    return chosen.lower(for_backend(program, chosen), dict(functions or {}))


def build_program(
    target: Target,
    state: Sequence[Basic] | None = None,
    *,
    t: Symbol | None = None,
    parameters: Parameters | None = None,
    functions: Sequence[str] = (),
    guard: Guard | None = None,
    jacobian: bool = False,
) -> Program:
    """The straight-line program of a target; the arguments are those of `lower`."""
    if guard not in (None, "mask", "clamp", "raise"):
        raise Unsupported(f"guard={guard!r} is not known; it is None, 'mask', 'clamp' or 'raise'")
    if isinstance(target, ODESystem):
        target = field_of(target)
    if isinstance(target, Residual):
        if state is not None:
            raise Unsupported("a residual brings its own state symbols; leave out the second argument")
        own = target.inputs
        defaults = dict(own.parameters)
        if parameters is not None:
            defaults |= _given(parameters, set(defaults))
        return assemble(
            target.expressions,
            Inputs(own.state, own.time, tuple(defaults.items())),
            names=target.names,
            functions=functions,
            guard=guard,
            jacobian=jacobian,
        )
    given, symbols = _plain(target, state)
    named = [] if parameters is None else [p.symbol if isinstance(p, Parameter) else p for p in parameters]
    expressions = by_name(given, (*(p for p in named if isinstance(p, Symbol)), *([] if t is None else [t]), *symbols))
    time = t if t is not None else _time_among(expressions, symbols)
    free = {s for e in expressions for s in e.free_symbols if isinstance(s, Symbol)} - {*symbols, time}
    known = _given(parameters, free)
    _check_names(symbols, time, free, known if parameters is not None else None)
    if parameters is None:
        known = dict.fromkeys(sorted(free, key=str))
    inputs = Inputs(tuple(symbols), time, tuple(known.items()))
    return assemble(expressions, inputs, functions=functions, guard=guard, jacobian=jacobian)


def for_backend(program: Program, backend: Backend) -> Program:
    """The program in operations that the backend has; what it lacks is made of others where that is possible.

    Raises:
        BackendError: an operation is missing; the message names it.
    """
    possible = expand(program, backend.operations)
    missing = sorted(possible.operations - backend.operations - {"call"})
    if missing:
        raise BackendError(f"the backend {backend.name!r} has no counterpart for {', '.join(missing)}")
    return possible


def _plain(target: Any, state: Sequence[Basic] | None) -> tuple[list[Basic], list[Symbol]]:
    """Expressions and state symbols; a state given as x(t) or Derivative(x(t), t) becomes a symbol."""
    if state is None:
        raise Unsupported("plain expressions need their state symbols: lower([...], (x, y), backend=...)")
    many = isinstance(target, (MatrixBase, Sequence)) and not isinstance(target, (str, Basic))
    entries = list(target) if many or isinstance(target, MatrixBase) else [target]
    if any(isinstance(e, str) for e in entries):
        raise Unsupported("text is not lowered; read it first with liesym.text.read_expression")
    expressions = [as_expression(e) for e in entries]
    if not expressions:
        raise Unsupported("there is nothing to lower: the list of expressions is empty")
    replaced = {s: Symbol(str(s), real=True) for s in state if not isinstance(s, Symbol)}
    # Derivatives first: x(t) also occurs inside Derivative(x(t), t).
    for old in sorted(replaced, key=lambda s: -len(s.args)):
        expressions = [e.xreplace({old: replaced[old]}) for e in expressions]
    symbols = [replaced.get(s, s) for s in state]
    if len(set(symbols)) != len(symbols):
        raise Unsupported("a state symbol is given twice")
    return expressions, symbols  # type: ignore[return-value]


def _time_among(expressions: Sequence[Basic], symbols: Sequence[Symbol]) -> Symbol | None:
    found = {s for e in expressions for s in e.free_symbols if isinstance(s, Symbol) and s.name == "t"} - set(symbols)
    return next(iter(found), None)


def _given(parameters: Parameters | None, free: set[Symbol]) -> dict[Symbol, float | None]:
    """Symbol -> default; a name stands for the symbol of that name."""
    if parameters is None:
        return {}
    known = {s.name: s for s in free}
    if isinstance(parameters, Mapping):
        pairs = [(Symbol(k, real=True) if isinstance(k, str) else k, v) for k, v in parameters.items()]
    else:
        pairs = [(p.symbol, p.value) if isinstance(p, Parameter) else (p, None) for p in parameters]
    pairs = [(known.get(symbol.name, symbol), value) for symbol, value in pairs]
    return {symbol: None if value is None else float(value) for symbol, value in pairs}


def _check_names(
    symbols: Sequence[Symbol], time: Symbol | None, free: set[Symbol], known: Mapping[Symbol, object] | None
) -> None:
    if known is not None and free - set(known):
        unknown = ", ".join(sorted(s.name for s in free - set(known)))
        raise Unsupported(f"{unknown}: neither a state component, nor the independent variable, nor a given parameter")
    inputs = [*symbols, *([time] if time is not None else []), *sorted(free | set(known or ()), key=str)]
    names = [s.name for s in inputs]
    twice = sorted({n for n in names if names.count(n) > 1})
    if twice:
        raise Unsupported(
            f"{', '.join(twice)} names more than one of the state, the independent variable and the parameters"
        )
