"""One question to one peer: `python peers.py NAME < question.json`, in whatever interpreter has the peer.

Knows nothing of liesym. Prints one line of JSON: what the peer found, and the processor seconds it took.
"""

from __future__ import annotations

import json
import re
import sys
import time
from importlib import import_module
from keyword import iskeyword
from typing import Any

from sympy import Eq, Function, Symbol, sympify


def sympy_equations(question: dict[str, Any]) -> tuple[Any, list[Any], list[Any]]:
    """(independent variable, functions, equations = 0) with plain symbols."""
    t = Symbol(question["independent"])
    functions = [Function(name)(t) for name in question["unknowns"]]
    equations = []
    for function, order, text in zip(functions, question["orders"], question["rhs"], strict=True):
        equations.append(function.diff(t, order) - substituted(text, question, t, functions))
    return t, functions, equations


def substituted(text: str, question: dict[str, Any], t: Any, functions: list[Any]) -> Any:
    """A right side with derivatives of functions in place of jet symbols."""
    right: Any = sympify(text)
    highest = max(question["orders"])
    jets = {t.name: t}
    for name, function in zip(question["unknowns"], functions, strict=True):
        for k in range(highest):
            jets[name + "'" * k if k <= 3 else f"{name}^({k})"] = function.diff(t, k) if k else function
    return right.xreplace({s: jets.get(s.name, Symbol(s.name)) for s in right.free_symbols})


def infinitesimals(question: dict[str, Any]) -> dict[str, Any]:
    """SymPy, scalar first-order equations only; trivial fields are told apart."""
    from sympy.solvers.ode import infinitesimals as find

    t, (y,), (equation,) = sympy_equations(question)
    right = y.diff(t) - equation
    start, started = time.process_time(), time.process_time()
    found = find(Eq(y.diff(t), right))
    seconds, cpu = time.process_time() - start, time.process_time() - started
    xi, eta = Function("xi")(t, y), Function("eta")(t, y)
    useful = [f for f in found if (f[eta] - f[xi] * right).simplify() != 0]
    return {"found": len(found), "nontrivial": len(useful), "seconds": seconds, "cpu": cpu}


def delierium(question: dict[str, Any]) -> dict[str, Any]:
    """delierium: the dimension first, then generators, each with its time."""
    lie_symmetries = import_module("delierium").lie_symmetries  # not here, where this file is checked

    t, functions, equations = sympy_equations(question)
    scalar = len(functions) == 1
    start = time.process_time()
    symmetries = lie_symmetries(equations[0] if scalar else equations, functions[0] if scalar else functions, t)
    dimension = symmetries.dimension
    counted = time.process_time() - start
    answer = {"dimension": int(dimension) if symmetries.is_finite else None, "seconds": counted}
    print(json.dumps(answer | {"complete": None, "all_seconds": None}), flush=True)
    generators = symmetries.generators()
    complete = bool(symmetries.complete(generators))
    return answer | {"complete": complete, "all_seconds": time.process_time() - start}


def cinfsymmetries(question: dict[str, Any]) -> dict[str, Any]:
    """cinfsymmetries: the number of determining equations; it does not solve them."""
    cinf = import_module("cinfsymmetries")

    if len(set(question["orders"])) > 1:
        return {"error": "equations of different orders"}
    order = question["orders"][0]
    chart = cinf.JetSpaceChart(question["independent"], question["unknowns"], order)
    time_name = question["independent"]
    t, functions, equations = sympy_equations(question)
    names = {}
    for name, function in zip(question["unknowns"], functions, strict=True):
        for k in range(order, 0, -1):
            names[function.diff(t, k)] = chart.vars[f"{name}_{time_name * k}"]
    bases = dict(zip(functions, (chart.vars[n] for n in question["unknowns"]), strict=True))
    written = [e.subs(names).subs(bases).subs(t, chart.vars[time_name]) for e in equations]
    start = time.process_time()
    conditions = cinf.get_determining_equations(written, chart)
    return {"equations": len(conditions), "seconds": time.process_time() - start}


def symident(question: dict[str, Any]) -> dict[str, Any]:
    """symident: directions of states and parameters that leave the observables alone; "reconstruct" takes all of them."""
    package = import_module("symident")
    names = {n: n + "_" for n in question["names"] if iskeyword(n)}

    def plain(text: str) -> str:
        return re.sub(r"\b[^\W\d]\w*\b", lambda m: names.get(m.group(), m.group()), text).replace("^", "**")

    model = package.Model(
        {plain(x): plain(f) for x, f in question["rates"].items()},
        {f"seen{i}": plain(h) for i, h in enumerate(question["observables"])},
    )
    options = {"reconstruct": True} if question["reconstruct"] else {"scalings_only": True}
    start, started = time.process_time(), time.process_time()
    found = package.detect(model, **options)
    seconds, cpu = time.process_time() - start, time.process_time() - started
    generators = [dict(s) for s in found.symmetries]
    return {"found": len(generators), "generators": generators, "seconds": seconds, "cpu": cpu}


PEERS = {"sympy": infinitesimals, "delierium": delierium, "cinfsymmetries": cinfsymmetries, "symident": symident}

if __name__ == "__main__":
    print(json.dumps(PEERS[sys.argv[1]](json.load(sys.stdin)), default=str))
