"""Noether's theorem with gauge terms: what the damped oscillator keeps, and the geodesics of Schwarzschild.

python examples/noether.py
"""

from __future__ import annotations

from sympy import S, Symbol, simplify

import liesym
from liesym.determine.verify import is_first_integral
from liesym.text import write
from liesym.variational import euler_lagrange

DAMPED = "exp(g*t)*(x'^2 - w^2*x^2)/2"
SCHWARZSCHILD = "-(1-2*m/r)*t'^2/2 + r'^2/(1-2*m/r)/2 + r^2*p'^2/2 + r^2*sin(p)^2*q'^2/2"


def main() -> None:
    g, t, x = (Symbol(name, real=True) for name in "gtx")
    shifted = liesym.Generator((t, x), (S.One, -g * x / 2))  # a later time and a smaller amplitude
    (law,) = liesym.noether(DAMPED, generators=[shifted])
    print("damped oscillator, along t: 1, x: -g*x/2:", write(law.integral))
    assert is_first_integral(law.integral, euler_lagrange(DAMPED))
    assert liesym.noether(DAMPED, generators=[liesym.Generator((t, x), (S.One, S.Zero))]) == ()  # time alone is none

    geodesics = euler_lagrange(SCHWARZSCHILD, independent="s")
    laws = liesym.noether(SCHWARZSCHILD, independent="s")
    print("geodesics of Schwarzschild: the metric, energy and angular momentum")
    for found in laws:
        print("  ", write(simplify(found.integral)))
        assert is_first_integral(found.integral, geodesics)
    assert len(laws) == 5


if __name__ == "__main__":
    main()
