"""How much of what is left of the budget a part of the variational searches may take, and why.

These are safeguards: where one runs out, what was found by then is kept and the answer says that the search was stopped.
"""

SEARCH = 0.95
"""Of the whole budget, for finding symmetries; the rest is for their charges, each checked by Noether's identity."""
AFFINE = 0.5
"""For the affine fields in many unknowns, which are tried before the general search, and are a part of what that finds."""
GENERAL = 0.7
"""For integrating the condition itself; the symmetries of the Euler-Lagrange equations are the way out where it is cut."""
INVERSE = 0.5
"""For a Lagrangian, where equations are given and its laws are asked for."""
METRICS = 0.7
"""For the matrices g of the inverse problem; the potentials of each are quadratures and take little."""
