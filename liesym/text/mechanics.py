"""Equations of motion that SymPy's mechanics sets up, and others in mass-matrix form, as equations of SymPy.

Kane: M(x) x' = F with x = (q, u)        Lagrange: the equations in q''        mass matrix: M(t, x) x' = f(t, x)
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from sympy import Basic, Matrix
from sympy.core.function import AppliedUndef

from liesym.base.doors import door
from liesym.errors import NotSolvable, Unsupported
from liesym.text.from_sympy import equations_from_sympy
from liesym.text.solved import SolvedForm


@door("the reading of the equations of motion")
def motion(method: Any) -> SolvedForm:
    """The equations of a KanesMethod or LagrangesMethod, solved, with the unknowns in its order.

    Raises:
        Unsupported: as `equations_of_motion` says.
        NotSolvable: the equations cannot be solved for the accelerations.
    """
    form = equations_from_sympy(equations_of_motion(method))
    return _in_order(form, [*method.q, *([] if hasattr(method, "form_lagranges_equations") else method.u)])


@door("the reading of the mass matrix")
def solved_mass_matrix(mass: Any, forcing: Any, states: Sequence[Any]) -> SolvedForm:
    """M x' = f, solved, with the unknowns in the order of the states.

    Raises:
        NotSolvable: as `mass_matrix_equations` says, or M has no inverse.
    """
    return _in_order(equations_from_sympy(mass_matrix_equations(mass, forcing, states)), states)


def _in_order(form: SolvedForm, states: Sequence[Any]) -> SolvedForm:
    names = [x.name for x in form.unknowns]
    order = [names.index(s.func.__name__) for s in states]
    unknowns, orders, rhs = (tuple(many[i] for i in order) for many in (form.unknowns, form.orders, form.rhs))
    return replace(form, unknowns=unknowns, orders=orders, rhs=rhs)


def equations_of_motion(method: Any) -> list[Basic]:
    """The equations of a KanesMethod or LagrangesMethod, each an expression that is zero.

    Raises:
        Unsupported: it is neither, its equations are not formed, or it has constraints with multipliers.
    """
    kind = type(method).__name__
    if hasattr(method, "form_lagranges_equations"):
        equations = list(method.form_lagranges_equations())
        if getattr(method, "lam_vec", None):
            raise Unsupported("a LagrangesMethod with constraints has multipliers: choose coordinates without constraints")
        return equations
    if not all(hasattr(method, name) for name in ("kanes_equations", "q", "u")):
        raise Unsupported(f"{kind} is no KanesMethod or LagrangesMethod of sympy.physics.mechanics")
    try:
        mass, forcing = method.mass_matrix_full, method.forcing_full
    except (ValueError, AttributeError, TypeError) as error:
        raise Unsupported(f"{kind}: call kanes_equations(…) first, which forms the equations") from error
    return mass_matrix_equations(mass, forcing, [*method.q, *method.u])


def mass_matrix_equations(mass: Any, forcing: Any, states: Sequence[Any]) -> list[Basic]:
    """M x' - f, one expression for each row.

    Raises:
        NotSolvable: the sizes differ, or the states are no functions of one variable.
    """
    m, f = Matrix(mass), Matrix(forcing)
    n = len(states)
    if m.shape != (n, n) or f.shape not in ((n, 1), (1, n)):
        raise NotSolvable(f"a mass matrix of shape {m.shape} and a right side of shape {f.shape} do not fit {n} states")
    wrong = [s for s in states if not isinstance(s, AppliedUndef) or len(s.args) != 1]
    if wrong:
        raise NotSolvable(f"{wrong[0]} is no function of one variable such as x(t)")
    rates = Matrix([s.diff(s.args[0]) for s in states])
    return list(m * rates - f.reshape(n, 1))
