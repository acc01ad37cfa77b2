"""Expressions as a person writes them: symbols for names, an order of terms and factors, short equal forms.

    θ₁·z + 2·x·y'      where the text grammar has      2*x*y' + theta1*z

This is for eyes alone: what is computed with, and what JSON holds, is the text grammar of `liesym.text.writer`. Dots for
products and the long minus sign are read back all the same. Where the terminal has no such characters, there is ASCII.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable, Sequence
from functools import lru_cache
from math import prod
from typing import Any

from sympy import Add, Derivative, Expr, Mul, Pow, Rational, S, Symbol, cos, exp, factor, factor_terms, powsimp, sin
from sympy.core.function import AppliedUndef
from sympy.polys.polyerrors import PolynomialError
from sympy.simplify.fu import TR8

from liesym.coefficients import Field
from liesym.coefficients.lattice import NeedsRefinement
from liesym.errors import Unsupported
from liesym.text.spelling import SMALL
from liesym.text.writer import ATOM, SUM, Writer, is_negative, positive_first

_LETTERS = """alpha α beta β gamma γ delta δ epsilon ε zeta ζ eta η theta θ iota ι kappa κ lambda λ mu μ nu ν xi ξ rho ρ
sigma σ tau τ upsilon υ phi φ chi χ psi ψ omega ω Gamma Γ Delta Δ Theta Θ Lambda Λ Xi Ξ Sigma Σ Phi Φ Psi Ψ Omega Ω"""
GREEK = dict(zip(_LETTERS.split()[::2], _LETTERS.split()[1::2], strict=True))
SUBSCRIPTS = str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉")
SAMPLE = "∂ξ₁η−·ψ²"
"""What a terminal must be able to show for symbols to be used."""

MOST_PLACES = 30
"""Digits behind the point that are written out, at most."""
LONGEST_TO_TIDY = 150
"""Operations in an expression beyond which it is shown as it is."""
LONGEST_TO_FACTOR = 60
LARGEST_SPREAD = 400
"""Terms times symbols of a sum over one denominator that is still factored for eyes."""

_JET = re.compile(r"(?P<name>.+?)(?P<mark>'+|\^\(\d+\))")
_PARTS = re.compile(r"(?P<head>[^\W\d_]+)(?P<digits>\d*)(?P<rest>(?:_\w*)?)")


def unicode_here(stream: Any = None) -> bool:
    """True if a stream, the standard output unless given, can show mathematical symbols."""
    encoding = getattr(stream or sys.stdout, "encoding", None)
    if encoding is None:  # text that is kept in memory holds every character
        return True
    try:
        SAMPLE.encode(encoding)
    except (UnicodeEncodeError, LookupError):
        return False
    return True


def symbol_name(name: str) -> str:
    """theta1 as θ₁, eta_x as η_x, psi as ψ, x1 as x₁; a word such as mass1 stays."""
    found = _PARTS.fullmatch(name)
    if found is None:
        return name
    head, digits, rest = found["head"], found["digits"], found["rest"]
    letter = GREEK.get(head, head)
    if len(letter) == 1:
        digits = digits.translate(SUBSCRIPTS)
    elif head not in GREEK:
        return name
    return letter + digits + ("_" + symbol_name(rest[1:]) if len(rest) > 1 else rest)


class Display(Writer):
    """A writer for eyes.

    Arguments:
        order: symbols in the order in which the user named them: parameters, the independent variable, the unknowns.
        parameters: those among them that do not count in the degree of a term.
        unicode: symbols, else ASCII alone; None asks the standard output.
        bare: names of functions that are shown without their arguments, their derivatives by subscripts: ξ_ty.
        decimals: numbers as they were typed, "0.0456"; these, and others with finitely many digits, are shown so.
    """

    def __init__(
        self,
        order: Iterable[Symbol] = (),
        parameters: Iterable[Symbol] = (),
        *,
        unicode: bool | None = None,
        bare: Iterable[str] = (),
        decimals: Iterable[str] = (),
    ) -> None:
        self.unicode = unicode_here() if unicode is None else unicode
        self.times, self.minus = ("·", "−") if self.unicode else ("*", "-")
        self.parameters = {p.name for p in parameters}
        names = list(dict.fromkeys([*(p.name for p in parameters), *(s.name for s in order)]))
        self.rank = {name: i for i, name in enumerate(names)}
        self.bare = frozenset(bare)
        self.decimals = {Rational(d): d for d in reversed(tuple(decimals))}
        shown = [symbol_name(n) for n in names]
        self.kept = {n for n, s in zip(names, shown, strict=True) if shown.count(s) > 1}

    def name(self, name: str) -> str:
        """The symbol for a name, with primes as they are; a name that would look like another one stays."""
        if not self.unicode:
            return name
        jet = _JET.fullmatch(name)
        plain, mark = (jet["name"], jet["mark"]) if jet else (name, "")
        return (plain if plain in self.kept else symbol_name(plain)) + mark

    def place(self, symbol: Any) -> tuple[int, int, str]:
        """(order of the derivative, place in the user's order, name)."""
        jet = _JET.fullmatch(symbol.name)
        if jet is None:
            return 0, self.rank.get(symbol.name, len(self.rank)), symbol.name
        mark = jet["mark"]
        order = len(mark) if mark[0] == "'" else int(mark[2:-1])
        return order, self.rank.get(jet["name"], len(self.rank)), jet["name"]

    def terms(self, e: Any) -> list[Any]:
        """By degree in the variables and their derivatives, then in the derivatives, then in the user's order."""
        plain = e.as_ordered_terms()
        return positive_first(sorted(plain, key=self._degrees))

    def _degrees(self, term: Any) -> tuple[Any, ...]:
        powers: dict[tuple[int, int, str], Any] = {}
        for part in Mul.make_args(term):
            base, exponent = part.as_base_exp()
            if isinstance(base, Symbol) and exponent.is_Rational and base.name not in self.parameters:
                powers[self.place(base)] = exponent
        moving = sum(k * order for (order, _, _), k in powers.items())
        leading = [(rank, order, name, -k) for (order, rank, name), k in sorted(powers.items(), key=lambda p: p[0][1:])]
        return -sum(powers.values()), -moving, leading

    def factors(self, e: Any) -> Sequence[Any]:
        """Parameters, then variables in the user's order, then derivatives, then everything else."""
        return sorted(super().factors(e), key=self._factor_place)

    def _factor_place(self, part: Any) -> tuple[Any, ...]:
        base, exponent = part.as_base_exp() if isinstance(part, Pow) else (part, S.One)
        if part.is_number:
            return -1, 0, 0, ""
        if isinstance(base, Symbol) and exponent.is_Rational:
            order, rank, name = self.place(base)
            return (0 if base.name in self.parameters else 1), order, rank, name
        return 2, isinstance(base, AppliedUndef | Derivative), 0, ""

    # -- numbers ---------------------------------------------------------------------------------

    def _number(self, e: Any) -> tuple[str, int]:
        text = self._decimal(abs(e)) if isinstance(e, Rational) else None
        if text is None:
            return super()._number(e)
        return (self.minus + text, SUM) if e.is_negative else (text, ATOM)

    def _coefficient(self, number: Any) -> tuple[list[str], list[str]]:
        text = self._decimal(number)
        return super()._coefficient(number) if text is None else ([text], [])

    def _decimal(self, number: Any) -> str | None:
        """A positive number as it was typed, or with all its digits where decimals were typed and it has few."""
        if number in self.decimals:
            return self.decimals[number]
        if not self.decimals or number.q <= SMALL:
            return None
        for places in range(1, MOST_PLACES):
            if 10**places % number.q == 0:
                digits = str(number.p * 10**places // number.q).rjust(places + 1, "0")
                return f"{digits[:-places]}.{digits[-places:]}"
        return None

    # -- functions without their arguments -------------------------------------------------------

    def _call(self, e: Any) -> str:
        if isinstance(e, AppliedUndef) and e.func.__name__ in self.bare:
            return self.name(e.func.__name__)
        try:
            return super()._call(e)
        except Unsupported:  # what is only looked at needs no word of the grammar
            return str(e)

    def _derivative(self, e: Any) -> str:
        if not isinstance(e.expr, AppliedUndef) or e.expr.func.__name__ not in self.bare:
            return super()._derivative(e)
        name = self.name(e.expr.func.__name__)
        along = [self.name(v.name) for v, n in e.variable_count for _ in range(int(n))]
        if "_" not in name:
            return f"{name}_{('' if all(len(a) == 1 for a in along) else ',').join(along)}"
        if not self.unicode:
            return super()._derivative(e).replace(f"({self._arguments(e.expr.args)})", "")
        upper = "" if len(along) == 1 else _raised(len(along))
        parts = (f"∂{self.name(v.name)}{'' if n == 1 else _raised(int(n))}" for v, n in e.variable_count)
        return f"∂{upper}{name}/{''.join(parts)}"


def _raised(number: int) -> str:
    return str(number).translate(str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹"))


def shown(expression: Expr, writer: Writer | None = None) -> str:
    """The shortest equal form as text for eyes."""
    by = writer or Display()
    return by.write(tidy(expression, by))


def tidy(expression: Expr, writer: Writer | None = None) -> Expr:
    """The shortest of several forms that are proven equal to the expression: factored, exponentials and circles joined.

    e^(at) e^(bt) = e^((a + b) t);    a/6 + b/3 = (a + 2 b)/6;    x² + 2 x y + y² = (x + y)²;    2 cos² t − 1 = cos 2t
    """
    if not isinstance(expression, Expr) or expression.is_Atom or expression.count_ops() > LONGEST_TO_TIDY:
        return expression
    by = writer or Display(unicode=True)
    best, length = expression, len(by.write(expression))
    turned = _signs_turned(expression)
    if turned != expression and len(text := by.write(turned)) <= length:
        best, length = turned, len(text)
    for form in _forms(best):
        if form != best and len(text := by.write(form)) < length and same(form, expression):
            best, length = form, len(text)
    return best


def _signs_turned(e: Expr) -> Expr:
    """l/(a + b) for -l/(-a - b), also inside of functions: (-s)^n = -s^n for an odd n."""
    turned = {p: -Pow(-p.base, p.exp) for p in e.atoms(Pow) if p.exp.is_Integer and p.exp % 2 and _is_behind_minus(p.base)}
    return e.xreplace(turned) if turned else e


def _is_behind_minus(e: Expr) -> bool:
    return isinstance(e, Add) and all(map(is_negative, e.args))


def _forms(e: Expr) -> Iterable[Expr]:
    joined = powsimp(e, combine="exp") if sum(1 for _ in e.atoms(exp)) > 1 else e
    yield joined
    if e.atoms(Derivative):
        return
    if any(n.exp.is_Integer for n in e.atoms(Pow) if isinstance(n.base, sin | cos)) or (e.has(sin) and e.has(cos)):
        yield TR8(joined).expand()
    yield factor_terms(joined)
    if e.count_ops() <= LONGEST_TO_FACTOR and _spread(e) <= LARGEST_SPREAD:
        yield joined.expand(power_exp=False, power_base=False, log=False)  # m r'²/2 − k/r for (m r r'² − 2 k)/(2 r)
    if e.count_ops() <= LONGEST_TO_FACTOR and _spread(e) <= LARGEST_SPREAD and not e.has(exp):
        try:
            yield factor(joined)
        except (PolynomialError, NotImplementedError):
            return


def _spread(e: Expr) -> int:
    """Terms over one denominator, at most, times symbols: what factoring in SymPy takes grows with both."""
    sums = e.atoms(Add) - {e}
    return len(Add.make_args(e)) * prod(len(a.args) for a in sums) * len(e.free_symbols)


@lru_cache(maxsize=512)
def same(a: Expr, b: Expr) -> bool:
    """True if two expressions are proven equal, by expansion or in the coefficient field; False if that is not seen."""
    rest = (a - b).expand()
    if rest == 0:
        return True
    try:
        variables = sorted((s for s in rest.free_symbols if isinstance(s, Symbol)), key=lambda s: s.name)
        return Field.build([rest], variables)(rest).is_zero
    except (Unsupported, NeedsRefinement, ZeroDivisionError):
        return False
