"""Linear algebra over the constants and over the coefficient field.

In: elements of the field, or linear forms with a span for each unknown function. Out: relations between them, nullspaces
with their pivots, vectors of infinitesimals; large systems are sampled modulo a prime first and solved exactly after.
Source: Geddes et al. 1992, chapter 9.
"""
