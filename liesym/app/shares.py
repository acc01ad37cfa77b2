"""How a command divides its budget among what it looks for, and why. What is not used goes on to the next.

The budget of a command covers all of it: reading, the search and its verification, first integrals, the algebra, the report.
"""

SYMMETRIES = 0.75
"""Of the budget of `analyze`, where first integrals are looked for too: the claim is about the symmetries."""
ALONE = 0.9
"""The same where they are not: the algebra of what was found comes after."""
INTEGRALS = 0.7
"""Of what is then left, for first integrals; the rest is for the algebra and its name."""
BASIS = 0.2
"""Of what is left then, for a tidy basis of the symmetries."""
FACT = 0.5
"""Of what is left, for one fact about the algebra: each is cheap or out of reach, and the name comes last."""
PAGE = 0.7
"""Of the budget of `report`, for the analysis; solutions, Noether's laws and the pictures of the page come after."""
ANSWERS = 0.5
"""Of what is then left, for the solutions, and of what these leave for a Lagrangian and its laws."""
REDUCED = 1 / 3
"""Of the budget of `reduce`, for the symmetries that all the rest starts from."""
SOLVED = 2 / 3
"""Of what is then left, for the general solution; the linear form and the canonical ones come after."""
LOWERED = 0.2
"""Of what is then left, for the order that one symmetry lowers."""
FORMS = 0.5
"""Of what is then left, for the linear form; the canonical forms come after."""
EQUATIONS = 0.5
"""Of what the laws of `noether` leave, for the equations, and of the same again for the Hamiltonian."""
LAGRANGIAN = 0.5
"""Of the budget of `noether`, for a Lagrangian where equations are given."""
LAWS = 0.9
"""Of what is then left, for the conserved quantities; writing them and the Hamiltonian comes after."""
