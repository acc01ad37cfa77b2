"""Derivatives at a random value of functions that are known by a law: an equation they solve, or none at all.

An arbitrary function has independent random derivatives at each value of its arguments; a solution of a
linear equation of order two has a random value and slope. Draws depend on the name and the values of the
arguments alone, so equal arguments give equal values wherever they occur.
"""

from __future__ import annotations

from collections.abc import Callable
from zlib import crc32

import numpy as np

from liesym.certify.residues import Residues, draw, inverse

Law = Callable[[int, int, tuple[Residues, ...], int], list[Residues]]


def number_of(label: str) -> int:
    """A number for a name, the same in every process."""
    return crc32(label.encode())


def derivatives(
    label: str,
    prime: int,
    seed: int,
    values: tuple[Residues, ...],
    index: tuple[int, ...],
    count: int,
    argument: int,
) -> list[Residues]:
    """Derivatives of orders index + k e_argument, k = 0 … count, at the values of the arguments.

    Functions with a law are differentiated with respect to their last argument only.
    """
    law = _LAWS.get(label)
    if law is not None:
        return law(prime, seed, values, index[-1] + count)[index[-1] :]
    found = []
    for k in range(count + 1):
        orders = [n + k * (i == argument) for i, n in enumerate(index)]
        found.append(np.atleast_1d(draw(prime, seed, number_of(label), *orders, *values)))
    return found


def constant_orders(label: str) -> bool:
    """True if only the last argument may vary."""
    return label in _LAWS


def _free(prime: int, seed: int, name: str, *values: Residues) -> Residues:
    return np.atleast_1d(draw(prime, seed, number_of(name), *values))


def _airy(first: bool) -> Law:
    def law(p: int, seed: int, values: tuple[Residues, ...], highest: int) -> list[Residues]:
        u = values[-1]
        f, slope = _free(p, seed, "airy value", u), _free(p, seed, "airy slope", u)
        if not first:  # Ai Bi' - Ai' Bi = 1/pi, and 1/pi comes as the first argument
            g = _free(p, seed, "airy other", u)
            f, slope = g, (values[0] + slope * g) % p * inverse(f, p) % p
        found = [f, slope]
        for k in range(highest - 1):
            found.append((u * found[k] + (k * found[k - 1] if k else 0)) % p)
        return found

    return law


def _bessel(kind: str) -> Law:
    """J, Y (order, argument, Y with 2/pi before) and I, K: u² f'' + u f' ± (u² ∓ ν²) f = 0, Wronskians
    kept.
    """
    turns = 1 if kind in "JY" else -1

    def law(p: int, seed: int, values: tuple[Residues, ...], highest: int) -> list[Residues]:
        nu, u = values[-2], values[-1]
        pair = "bessel JY" if kind in "JY" else "bessel IK"
        f, slope = _free(p, seed, pair, nu, u), _free(p, seed, pair + "'", nu, u)
        if kind in "YK":
            wronskian = (values[0] if kind == "Y" else np.array([p - 1])) * inverse(u, p) % p
            g = _free(p, seed, pair + " other", nu, u)
            f, slope = g, (wronskian + slope * g) % p * inverse(f, p) % p
        found = [f, slope]
        square, nu2 = u * u % p, nu * nu % p
        over = inverse(square, p)
        for k in range(highest - 1):
            total = (2 * k + 1) * u % p * found[k + 1] % p + (k * k + turns * square - nu2) % p * found[k] % p
            if k:
                total += turns * (2 * k) * u % p * found[k - 1] % p
            if k > 1:
                total += turns * k * (k - 1) * found[k - 2] % p
            found.append((-total % p) * over % p)
        return found

    return law


def _lambert(p: int, seed: int, values: tuple[Residues, ...], highest: int) -> list[Residues]:
    """W e^W = u, so (v + h) d/dh (W + W²/2) = W along u = v + h."""
    v = values[-1]
    w = [_free(p, seed, "lambert", v)]
    over_v, over = inverse(v, p), inverse((1 + w[0]) % p, p)
    half = (p + 1) // 2
    g = [np.zeros_like(v)]
    for k in range(highest):
        g.append((w[k] - k * g[k]) % p * over_v % p * pow(k + 1, -1, p) % p)
        inner = sum((w[i] * w[k + 1 - i] % p for i in range(1, k + 1)), start=np.zeros_like(v))
        w.append((g[k + 1] - half * (inner % p)) % p * over % p)
    found, factorial = [], 1
    for k, c in enumerate(w):
        factorial = factorial * max(k, 1) % p
        found.append(c * factorial % p)
    return found


_LAWS: dict[str, Law] = {
    "airyai": _airy(True),
    "airybi": _airy(False),
    "besselj": _bessel("J"),
    "bessely": _bessel("Y"),
    "besseli": _bessel("I"),
    "besselk": _bessel("K"),
    "LambertW": _lambert,
}
