"""What `liesym analyze` prints for twenty systems: 80 and 120 columns, and LaTeX. Run as a program it writes the kept pages.

python tests/kept_output.py [NAME …]
"""

from __future__ import annotations

import io
import sys
from pathlib import Path

from liesym.app.inputs import load_problem
from liesym.app.report.terminal import latex_lines, show_result
from liesym.app.screen import Screen
from liesym.app.tasks import analysis

FOLDER = Path(__file__).parent / "stages" / "kept"
SYSTEMS: dict[str, tuple[str, str]] = {
    "free_particle": ("t", "y'' = 0"),
    "oscillator": ("t", "y'' = -y"),
    "pendulum": ("t", "theta'' = -g*sin(theta)/l"),
    "damped": ("t", "x'' + g*x' + w^2*x = 0"),
    "painleve_ince": ("t", "y'' + 3*y*y' + y^3 = 0"),
    "emden": ("x", "y'' = x*y^2"),
    "power": ("x", "y'' = y^n"),
    "exponential": ("x", "y'' = exp(y)"),
    "cylinder": ("x", "y'' + y'/x = exp(y)"),
    "ermakov": ("t", "y'' = 1/y^3"),
    "hydon": ("x", "y'' = y'^2/y - y^2"),
    "arbitrary": ("t", "y'' = f(y)"),
    "third_order": ("x", "y''' = 0"),
    "blasius": ("x", "y''' = -y*y''"),
    "kepler": ("t", "x'' = -x/(x^2+y^2)^(3/2); y'' = -y/(x^2+y^2)^(3/2)"),
    "two_oscillators": ("t", "x1'' = -x1; x2'' = -x2"),
    "charge": ("t", "x'' = B*y'; y'' = -B*x'"),
    "lotka_volterra": ("t", "x' = alpha*x - beta*x*y; y' = delta*x*y - gamma*y"),
    "linear_first_order": ("t", "y' = -k*y"),
    "riccati": ("x", "y' = y^2 + 1/x^2"),
}
"""Name -> independent variable, equations."""


def page(name: str) -> str:
    """All that is kept of one system; the line of seconds is left out."""
    independent, text = SYSTEMS[name]
    done = analysis(load_problem([text], independent=independent), budget=60.0)
    parts = [f"liesym analyze {text!r} --independent {independent}"]
    for width in (80, 120):
        lines = io.StringIO()
        show_result(Screen(lines, width), done.result, done.integrals, done.algebra)
        kept = [line for line in lines.getvalue().splitlines() if not line.startswith("seconds: ")]
        parts += [f"--- {width} columns", *kept]
    return "\n".join([*parts, "--- LaTeX", *latex_lines(done.result, done.integrals)]) + "\n"


def path(name: str) -> Path:
    """Where the page of a system is kept."""
    return FOLDER / f"{name}.txt"


if __name__ == "__main__":
    for chosen in sys.argv[1:] or SYSTEMS:
        path(chosen).write_text(page(chosen), encoding="utf-8")
