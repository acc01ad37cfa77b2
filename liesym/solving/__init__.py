"""Solving the determining system: its linear algebra, ordinary and partial differential equations.

In: a split determining system over the coefficient field. Out: vectors of infinitesimals, families with arbitrary
functions, and what was assumed not to vanish (`Found`). `linear` is exact and modular linear algebra, `ode` and `pde` are
the differential equations, `algebraic` solves one equation for one name.
Sources: Olver 1993, section 2.4; Schwarz 2008.
"""
