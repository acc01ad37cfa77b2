"""What a generator is, in words: translation, scaling with its weights, rotation, Galilean boost, projective, superposition.

The kind is read off the components alone. With J = ∂(ξ, η)/∂(t, x) and b = (ξ, η) at the origin:

    J = 0                                   translation along b
    J = diag(a), b = 0                      scaling, v_i -> λ^{a_i} v_i
    J antisymmetric, b = 0                  rotation
    η_i = k_i t, ξ = 0                      Galilean boost
    η_i = φ_i(t), ξ = 0                     superposition, a solution is added
    (ξ, η)_i = v_i ℓ(v) + affine, ℓ linear  projective

Source: Olver 1993, sections 2.4 and 3.2.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sympy import Expr, S, Symbol
from sympy.core.function import AppliedUndef

from liesym.base.jets import partial_derivative
from liesym.model.generators import VectorField
from liesym.text.display import Display

LISTED = 4
"""Generators that are named one by one; more are counted by their kind."""

TIMES = ("t", "tau", "T", "time")
"""Names of an independent variable that is time; a translation of another one is called by its name."""

PLURALS = {
    "translation": "translations",
    "scaling": "scalings",
    "rotation": "rotations",
    "Galilean boost": "Galilean boosts",
    "superposition": "superpositions",
    "projective": "projective ones",
    "linear": "linear ones",
    "affine": "affine ones",
    "trivial": "along the solutions themselves",
    "other": "others",
}


@dataclass(frozen=True, slots=True)
class Kind:
    """What a generator is.

    Arguments:
        name: one of the keys of `PLURALS`.
        words: the same with what it acts on.
    """

    name: str
    words: str


def kind(field: VectorField, display: Display | None = None) -> Kind:
    """The kind of a generator, "other" where it is none of those above."""
    variables = field.variables
    by = display or Display(variables)
    if field.trivial:
        return Kind("trivial", "along the solutions themselves")
    components = [c.expand() for c in field.components]
    slopes = [[partial_derivative(c, v).expand() for v in variables] for c in components]
    constant = [c.subs(dict.fromkeys(variables, 0)) for c in components] if _free(slopes, variables) else []
    if not constant:
        return _curved(components, slopes, variables, by)
    moved = [v for v, c in zip(variables, components, strict=True) if c != 0]
    names = together([by.name(v.name) for v in moved])
    if not any(any(row) for row in slopes):
        is_time = moved == [variables[0]] and variables[0].name in TIMES
        return Kind("translation", "time translation" if is_time else f"translation of {names}")
    if components[0] == 0 and _free([components], variables[1:]):
        return Kind("Galilean boost", f"Galilean boost of {names}")
    size = range(len(variables))
    if any(constant):
        return Kind("affine", "affine map")
    if all(slopes[i][j] == 0 for i in size for j in size if i != j):
        return Kind("scaling", _scaling(variables, [slopes[i][i] for i in size], by))
    if all(slopes[i][j] == -slopes[j][i] for i in size for j in size):
        return Kind("rotation", f"rotation of {names}")
    return Kind("linear", "linear map")


def _free(rows: Iterable[Iterable[Expr]], variables: Sequence[Symbol]) -> bool:
    """True if no entry depends on the variables, directly or through a function."""
    return not any(e.has(v) for row in rows for e in row for v in variables)


def _curved(components: Sequence[Expr], slopes: Sequence[Sequence[Expr]], variables: Sequence[Symbol], by: Display) -> Kind:
    """The kinds that are not affine."""
    names = together([by.name(v.name) for v, c in zip(variables, components, strict=True) if c != 0])
    if components[0] == 0 and _free([components], variables[1:]):
        return Kind("superposition", f"superposition (a solution is added to {names})")
    if _is_projective(components, slopes, variables):
        return Kind("projective", "projective")
    if components[0] == 0 and not any(c.atoms(AppliedUndef) for c in components):
        inner = [[slopes[i][j] for j in range(1, len(variables))] for i in range(1, len(variables))]
        if _free(inner, variables[1:]):
            return Kind("linear", "linear map that changes with time")
    return Kind("other", "another")


def _is_projective(components: Sequence[Expr], slopes: Sequence[Sequence[Expr]], variables: Sequence[Symbol]) -> bool:
    """True if the second derivatives are those of v_i ℓ(v): c_i,jk = δ_ij ℓ_k + δ_ik ℓ_j, constant, ℓ not 0."""
    size = range(len(variables))
    second = [[[partial_derivative(slopes[i][j], v).expand() for v in variables] for j in size] for i in size]
    if not _free((row for matrix in second for row in matrix), variables):
        return False
    form = [second[i][i][i] / 2 for i in size]
    wanted = (int(i == j) * form[k] + int(i == k) * form[j] - second[i][j][k] for i in size for j in size for k in size)
    return any(form) and all(S(rest).expand() == 0 for rest in wanted)


def _scaling(variables: Sequence[Symbol], weights: Sequence[Expr], by: Display) -> str:
    """x, y ~ t^(2/3) where t is scaled too and the others have one weight, else each weight by itself."""
    time, *others = weights
    names = [by.name(v.name) for v in variables]
    scaled = [(n, w) for n, w in zip(names[1:], others, strict=True) if w != 0]
    if not scaled:
        return f"scaling of {names[0]}"
    same = len({w for _, w in scaled}) == 1
    if time == 0 and same:
        return f"scaling of {together([n for n, _ in scaled])}"
    if time != 0 and same:
        return f"scaling ({', '.join(n for n, _ in scaled)} ~ {by.write(variables[0] ** (scaled[0][1] / time))})"
    told = [(n, w) for n, w in zip(names, weights, strict=True) if w != 0]
    return f"scaling with weights {', '.join(f'{n}: {by.write(w)}' for n, w in told)}"


def in_words(kinds: Sequence[Kind]) -> str:
    """time translation, rotation of x and y; more than a few are counted: 2 translations. '' without a known kind."""
    known = [k for k in kinds if k.name != "other"]
    rest = len(kinds) - len(known)
    counts = Counter(k.name for k in known)
    parts = [k.words for k in known]
    if len(kinds) > LISTED:
        words = {k.name: k.words for k in reversed(known)}
        parts = [f"{n} {PLURALS[name]}" if n > 1 else words[name] for name, n in counts.items()]
    return ", ".join([*parts, *([f"{rest} of no common kind"] if rest else [])]) if parts else ""


def together(names: Sequence[str]) -> str:
    """x, y and z."""
    return " and ".join([*([", ".join(names[:-1])] if len(names) > 1 else []), *names[-1:]])
