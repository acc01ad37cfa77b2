"""Equations of the textbooks by their symmetries: linearized, reduced to quadratures, or lowered in order.

python examples/quadratures.py
"""

from __future__ import annotations

from liesym import ODESystem, find_symmetries
from liesym.reduction import canonical_forms, general_solution, linearization, reduce_order
from liesym.reduction.quadrature import follows_curve
from liesym.text import write


def main() -> None:
    # eight symmetries: linear in other variables, and solved in closed form
    system = ODESystem.parse("y'' = -3*y*y' - y^3")
    assert linearization(system).linearizable
    solution = general_solution(system)
    assert solution is not None and solution.explicit
    print("modified Emden:", *(f"y = {write(branch.rhs)}" for branch in solution.explicit))

    # two symmetries: one of Lie's four canonical forms, which is solved by two integrals
    system = ODESystem.parse("y'' = -2*y'/t - y^5")
    solution = general_solution(system)
    assert solution is not None and solution.parametric is not None and solution.parameter is not None
    print("Lane-Emden, index 5: t, y =", *(write(e) for e in solution.parametric), sep="\n  ")
    assert follows_curve(system, *solution.parametric, solution.parameter, solution.constants)
    system = ODESystem.parse("y'' = y^n")
    form = next(canonical_forms(system, find_symmetries(system).generators))
    print(f"y'' = y^n: type {form.kind.name}, {form.equation.rhs[0]}")

    # two symmetries of an equation of order three bring it down to order one
    blasius = ODESystem.parse("y''' = -y*y''/2")
    translation, scaling = find_symmetries(blasius).generators
    first = reduce_order(blasius, translation)
    second = reduce_order(first.reduced, first.induced(scaling), names=("u", "s", "v"))
    print("Blasius:", write(second.reduced.rhs[0]))
    assert second.reduced.order == 1
    assert general_solution(blasius, budget=10) is None  # and no further


if __name__ == "__main__":
    main()
