"""Symmetry-regularized neural ODEs (Hao 2024), equation by equation: what holds, what does not, and what is right.

The model is z' = cos(theta1*z + theta2) with the adjoints u, v, w of z, theta1, theta2. Each row of the table is
decided by exact substitution. seed_paper_residuals.py evaluates the residuals, printed and corrected, on solutions.

    python examples/seed_paper.py
"""

from __future__ import annotations

from sympy import Expr, Function, S, atanh, cos, log, sin, symbols, tan

import liesym
from liesym.determine.on_solutions import jet_field
from liesym.text import write

t, z, u, v, w, theta1, theta2, epsilon = symbols("t z u v w theta1 theta2 epsilon", real=True)
c1, c2, c3, k1, k2, k3, k4, k5 = symbols("c1 c2 c3 k1 k2 k3 k4 k5", real=True)
g, h = Function("g"), Function("h")
TOY = liesym.ODESystem.parse("z' = cos(theta1*z + theta2)")
PAIR = TOY.adjoint({"z": "u", "theta1": "v", "theta2": "w"})
PHI = theta1 * z + theta2
Row = tuple[str, str, str]


def reduced(expression: Expr) -> Expr:
    """The expression in normal form; 0 exactly if it vanishes identically."""
    field = jet_field(PAIR, (expression,))
    value = field(expression)
    return S.Zero if value.is_zero else field.to_expr(value)


def remainders(system: liesym.ODESystem, **components: Expr) -> dict[str, Expr]:
    """What is left of the symmetry condition of each equation, where it does not vanish."""
    left = liesym.Generator.from_mapping(system.variables, components).remainder(system)
    return {x.name + "'": r for x, r in zip(system.unknowns, left, strict=True) if r != 0}


def told(left: dict[str, Expr]) -> str:
    """Remainders in a cell of the table."""
    return "; ".join(f"`{name}: {write(r)}`" for name, r in left.items()) or "every remainder vanishes"


def row(equation: str, holds: bool, otherwise: str, evidence: str) -> Row:
    """A verdict that follows from what was computed."""
    return equation, "right" if holds else otherwise, evidence


def listed(result: liesym.symmetries.results.Result) -> str:
    """What the search found, with its claim."""
    shown = (*result.generators, *(f.generator for f in result.families))
    return f"found, {result.completeness}: " + "; ".join(f"`[{', '.join(map(write, x.components))}]`" for x in shown)


def forward() -> tuple[list[Row], Expr]:
    """Equations (14) to (19), and the residual (19) as it is printed."""
    T, Z = (Function(n) for n in ("T", "Z"))
    (condition,) = liesym.Generator(TOY.variables, (T(t), Z(z))).remainder(TOY)
    printed15 = (Z(z).diff(z) - T(t).diff(t)) * cos(PHI) + theta1 * Z(z) * sin(PHI)
    solution = c1 * cos(PHI) * atanh(sin(PHI)) / theta1 + c3 * cos(PHI)
    left = remainders(TOY, t=c1 * t + c2, z=solution)
    moved = z + epsilon * solution.subs(c3, 0) + c3 * cos(PHI)  # (18): ε is missing at c3
    start = moved.subs(epsilon, 0) - z
    speed = moved.diff(z) * cos(PHI)
    printed = speed - cos(theta1 * moved + theta2)
    first, divided = (
        reduced(e.subs(c3, 0).diff(epsilon).subs(epsilon, 0))
        for e in (printed, printed + (1 / (1 + c1 * epsilon) - 1) * speed)
    )
    return [
        row("(14), (15)", reduced(condition - printed15) == 0, "wrong", f"`{write(condition)}`"),
        row(
            "(16), (17)", not left, "wrong", f"{told(left)}; {listed(liesym.find_symmetries(TOY, 'separable: t(t), z(z)'))}"
        ),
        row("(18)", start == 0, "c3 lost its ε; the rest is of first order in ε", f"z̄ - z at ε = 0: `{write(start)}`"),
        row("(19)", first == 0, "not divided by dt̄/dt", f"coefficient of ε on solutions, c3 = 0: `{write(first)}`"),
        row("(19) / (1 + c1 ε)", divided == 0, "wrong", f"coefficient of ε on solutions, c3 = 0: `{write(divided)}`"),
    ], printed


def backward() -> tuple[list[Row], tuple[Expr, ...]]:
    """Equations (21) to (35), and the residuals (35) as they are printed."""
    rates = dict(zip(PAIR.unknowns, PAIR.rhs, strict=True))
    same = all(reduced(rates[x] - f * sin(PHI)) == 0 for x, f in ((u, u * theta1), (v, u * z), (w, u)))
    weight = liesym.Generator.from_mapping(PAIR.variables, {"z": S.One}).remainder(PAIR)[1]
    growth = k3 + k4 * theta1 * log(u)
    printed = {"t": k2, "z": k4 * tan(PHI), "u": u * growth, "v": growth * v + g(u), "w": growth * w + h(u)}
    corrected = {"t": k2, "u": k3 * u, "v": k3 * v + k5, "w": k3 * w + h(u - theta1 * w)}
    of28, of32, right = (
        remainders(TOY, t=k1 * t + k2, z=printed["z"]),
        remainders(PAIR, **printed),
        remainders(PAIR, **corrected),
    )
    start = 1 + k4 * theta1 * log(u)  # (33): ū/u at ε = 0, where ε is missing at k4
    scale, shifted = 1 + epsilon * growth, PHI + k4 * theta1 * epsilon * tan(PHI)
    G = sin(PHI) - sin(shifted)
    H = (theta1 * epsilon * g(u).diff(u) * u + k4 * theta1**2 * epsilon * v + u * z * scale) * sin(PHI)
    H -= u * scale * (z + k4 * epsilon * tan(PHI)) * sin(shifted)
    I = (theta1 * epsilon * h(u).diff(u) * u + k4 * theta1**2 * epsilon * w + u * scale) * sin(PHI) - u * scale * sin(
        shifted
    )
    first = [reduced(e.diff(epsilon).subs(epsilon, 0).doit()) for e in (G, H, I)]
    found = liesym.find_symmetries(PAIR, "separable: t(t), z(z), u(u), v(u,v), w(u,w)")
    return [
        row("(21)", same, "wrong", "the adjoint system of the model"),
        row(
            "(25)",
            weight == -u * theta2**2 * cos(PHI),
            "θ2² should be θ1²",
            f"factor of Z in the condition for u: `{write(weight)}`",
        ),
        row("(28)", not of28, "k4 = 0 is forced, not only k1 = 0", told(of28)),
        row(
            "(29)-(32)",
            not of32,
            "no symmetry unless k4 = 0, g' = 0, h' = 0: terms with Z, V_u u', W_u u' were left out",
            told(of32),
        ),
        row("(33)", start == 1, "k4 lost its ε", f"ū/u at ε = 0: `{write(start)}`"),
        row(
            "(34)",
            reduced(rates[v] - v * z * sin(PHI)) == 0,
            "v̄, w̄ stand where (21) has ū; (35) has ū",
            f"`v' = {write(rates[v])}`",
        ),
        row(
            "(35)",
            not any(first),
            "not zero on solutions",
            "coefficients of ε: " + ", ".join(f"`{write(e)}`" for e in first),
        ),
        row(
            "(32) corrected",
            not right,
            "wrong",
            f"`[{', '.join(map(write, corrected.values()))}]`: {told(right)}; {listed(found)}",
        ),
    ], (G, H, I)


def main() -> None:
    for equation, verdict, evidence in forward()[0] + backward()[0]:
        print(f"{equation}: {verdict}\n    {evidence}")


if __name__ == "__main__":
    main()
