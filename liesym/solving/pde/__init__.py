"""Linear systems of partial differential equations: the determining systems.

In: linear forms in unknown functions. Out: their involutive completion, and the general solution by integration, by
characteristics and by elimination, with arbitrary functions where there are some.
Sources: Schwarz 2008, chapters 2 and 3; Reid 1991.
"""
