"""What `liesym analyze` shows for twenty systems: 80 and 120 columns, LaTeX, the page; what other commands say for a few.

Run as a program it writes the kept pages: python tests/kept_output.py [NAME …]
"""

from __future__ import annotations

import io
import sys
from collections.abc import Iterable
from itertools import takewhile
from pathlib import Path
from unittest.mock import patch

from page_text import as_lines

from liesym.app.derivations import charges_of, reductions_of
from liesym.app.inputs import load_problem
from liesym.app.report.derivations import charge_lines, motion_lines, reduction_lines
from liesym.app.report.html import page as html_page
from liesym.app.report.terminal import latex_lines, show_determining, show_result, tell
from liesym.app.screen import Screen
from liesym.app.solutions import for_eyes, solution_lines, solution_record
from liesym.app.tasks import analysis, determining_of
from liesym.reduction.solve import solve
from liesym.variational.lagrangian import as_lagrangian
from liesym.variational.motion import motion_of

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


DOORS: dict[str, tuple[str, str, str]] = {
    "noether_pendulum": ("noether", "t", "m*l^2*theta'^2/2 + m*g*l*cos(theta)"),
    "noether_fall": ("noether", "t", "m*(x'^2 + z'^2)/2 - m*g*z"),
    "lagrangian_central": ("lagrangian", "t", "m*(r'^2 + r^2*phi'^2)/2 - V(r)"),
    "determine_pendulum": ("determine", "t", "theta'' = -g*sin(theta)/l"),
    "determine_kepler": ("determine", "t", SYSTEMS["kepler"][1]),
    "reduce_growth": ("reduce", "t", "y'' = y'^2/y"),
    "reduce_blasius": ("reduce", "x", "y''' = -y*y''"),
    "solve_spring": ("solve", "t", "x'' = -k*x/m"),
    "solve_logistic": ("solve", "t", "N' = r*N*(1 - N/K)"),
    "solve_pendulum": ("solve", "t", "theta'' = -g*sin(theta)/l"),
    "solve_pair": ("solve", "t", "x' = x + y; y' = 4*x + y"),
}
"""Name -> command, independent variable, what it is asked."""
WIDTHS = (80, 120)


def lines_of(door: str, independent: str, text: str) -> Iterable[str]:
    """What one of the other commands says."""
    if door == "noether":
        return charge_lines(charges_of(as_lagrangian(text, None, independent), budget=60.0))
    if door == "lagrangian":
        return motion_lines(motion_of(text, independent=independent))
    if door == "reduce":
        return reduction_lines(reductions_of(load_problem([text], independent=independent).system, budget=60.0))
    found = solve(text, independent=independent)
    return solution_lines(solution_record(found, tell=for_eyes(found)))


def door_page(name: str) -> str:
    """All that is kept of one of them."""
    kept = io.StringIO()
    if DOORS[name][0] == "determine":
        return f"liesym {' '.join(DOORS[name])}\n{_determined(*DOORS[name][1:])}"
    told = list(lines_of(*DOORS[name]))
    for width in WIDTHS:
        screen = Screen(kept, width)
        screen.say(f"--- {width} columns")
        for line in told:
            tell(screen, line, " " * (len(line) - len(line.lstrip()) + 2))
    return f"liesym {' '.join(DOORS[name])}\n{kept.getvalue()}"


def _determined(independent: str, text: str) -> str:
    """The determining system at both widths."""
    kept = io.StringIO()
    system = load_problem([text], independent=independent).system
    found = determining_of(system)
    for width in WIDTHS:
        screen = Screen(kept, width)
        screen.say(f"--- {width} columns")
        show_determining(screen, system, found)
    return kept.getvalue()


def page(name: str) -> str:
    """All that is kept of one system; the line of seconds and the lower half of the page are left out."""
    independent, text = SYSTEMS[name]
    done = analysis(load_problem([text], independent=independent), budget=60.0)
    parts = [f"liesym analyze {text!r} --independent {independent}"]
    for width in WIDTHS:
        lines = io.StringIO()
        show_result(Screen(lines, width), done.result, done.integrals, done.algebra)
        kept = [line for line in lines.getvalue().splitlines() if not line.startswith("seconds: ")]
        parts += [f"--- {width} columns", *kept]
    parts += ["--- LaTeX", *latex_lines(done.result, done.integrals), "--- HTML"]
    with patch("liesym.app.report.pictures.is_available", return_value=False):
        lines = as_lines(html_page(done.result, done.integrals or (), done.algebra))
    return "\n".join([*parts, *takewhile(lambda line: line != "## Residuals for training", lines)]) + "\n"


def path(name: str) -> Path:
    """Where the page of a system is kept."""
    return FOLDER / f"{name}.txt"


if __name__ == "__main__":
    for chosen in sys.argv[1:] or (*SYSTEMS, *DOORS):
        path(chosen).write_text((door_page if chosen in DOORS else page)(chosen), encoding="utf-8")
