"""How much of what is left of the budget one method of the search for first integrals may take, and why.

These are safeguards: where one runs out the method is cut, the next goes on, and the list says that it was stopped. What a
step may do is bounded by the counts below, which do not depend on the machine.
"""

SEARCH = 0.95
"""Of the whole budget, for the methods; the rest is for writing and substituting what the last of them found."""
SPAN = 0.5
"""For one span: the later methods find other kinds of integrals, and each halving leaves them the larger part."""
DECIMALS = 0.5
"""For the system with parameters in place of its decimals: what holds for their values alone is left to the rest."""
KILLING = 0.5
"""For the Killing equations free of t: those with t, which come after, give the ones that the equations lack."""
KILLING_WITH_TIME = 0.7
"""For the Killing equations with t, after which only methods come that are short or rarely needed."""
SYMMETRIES = 0.5
"""For a search of symmetries where none are given: what they are for, the quadratures, takes as long again."""

DARBOUX = 30_000_000
"""Operations, as the field counts them, of the search for Darboux polynomials that several methods ask for."""
ADJUGATE = 40_000
"""Products of entries of matrices for the eigenvectors of a linear system: SymPy's, each a hundred times a number's."""
