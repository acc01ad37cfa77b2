"""What each step of the search may do: one table of its limits, in operations that are counted and not in seconds.

An operation is about the product of two terms of coefficients; an idle machine of today does some millions in a second.
The limits decide what is found, on every machine alike. The parts of the time at the end are safeguards: where one of them
ends a step, the result says that the budget ran out.
"""

from __future__ import annotations

SECOND = 1e7
"""Operations of one to two seconds on an idle machine where the limits were measured (5 to 15 millions in a second)."""

# -- the ladder for first-order systems ------------------------------------------------------------------

TERMS = 4000
"""Most terms of a coefficient in a rung: elements that grow beyond it never led to a symmetry that could be read."""
PLAIN = 3 * SECOND
"""A rung that has no limit of its own."""
IN_PASSING = SECOND
"""A rung of one equation of which a symmetry is known: all others are its multiples by first integrals."""
SHORT = SECOND
"""Products of functions of one variable, and polynomials of one equation beyond degree 1: settled at once or not at all."""
PATTERN = 2 * SECOND
"""A shape with unknown functions of one equation."""
RICCATI = 4 * SECOND
"""Riccati equations without names: the last methods of the solver of linear equations are slow and rarely needed."""
NAMED_RICCATI = 10 * SECOND
"""The same with names, the last resort of one equation; half of it goes to closed forms."""
HIDDEN = 6 * SECOND
"""Abel equations that hide a Riccati equation: several are tried, half of what is left goes to each."""
SYSTEM_PATTERN = 4 * SECOND
"""A shape with unknown functions of a system, and fields whose coefficients evolve."""
AFFINE = 15 * SECOND
"""Polynomials of degree 1 and 2 of a system: a large linear system, and the most useful one."""
CUBIC = 5 * SECOND
"""Polynomials of degree 3 of a system."""
KERNELS = 2 * SECOND
"""Functions that occur, times monomials, of a system."""
QUADRATURE = SECOND
"""The first integral that belongs to the symmetry of one equation."""
SUBSTITUTION = 2 * SECOND
"""Substitution of one symmetry; where one of one equation takes more, its multiples by first integrals are not tried."""

# -- orders of two and above -----------------------------------------------------------------------------

FIRST_ATTEMPT = 4 * SECOND
"""The general solution, before the spans: where it works it mostly works at once."""
PROJECTIVE = 8 * SECOND
"""Infinitesimals that are projective in the unknowns, depending on time: ordinary equations alone are left."""

# -- classification --------------------------------------------------------------------------------------

CONDITIONS = 20 * SECOND
"""Completion of the determining system for its pivots: those that come first are the ones that matter."""
CONDITION_TERMS = 5000
"""Most terms of a coefficient on the way: a larger pivot cannot be solved for a parameter."""

# -- parts of the time: safeguards, said where they end a step ---------------------------------------------

CERTIFICATE = 0.4
"""Of all the time for the upper bound: the rest must find what it counts."""
FLAT = 0.5
"""Of the time that is left for the eight symmetries of a flat structure: the spans come after it."""
SPANS = 0.6
"""Of the time that is left for the spans with functions that occur: the general solution may come once more."""
GENERAL = 0.8
"""Of the time that is left for the general solution: brackets come after it."""
GENERIC = 0.4
"""Of the time of a classification for the generic system: its cases are analysed after it."""
SPECIAL_VALUES = 0.4
"""Of the time that is left for counts at special values of parameters: the cases are analysed after them."""
LADDER = 0.9
"""Of all the time for the rungs: verification and the report come after them."""
