"""How much of what is left of the budget a part of the search for a general solution may take, and why.

These are safeguards: where one runs out, what was found by then is kept and the next method goes on.
"""

SYMMETRIES = 0.5
"""For the symmetries where none are given: every method but the elimination of derivatives starts from them."""
INTEGRALS = 0.5
"""For first integrals, after which the derivatives are eliminated or a quadrature is left."""
