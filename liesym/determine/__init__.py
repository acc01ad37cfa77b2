"""The determining system: the linear PDEs whose solutions are the infinitesimals of point symmetries.

In: an `ODESystem`, and what each infinitesimal may depend on. Out: `Determining`, linear forms in the derivatives of ξ and
η_i over a coefficient field, before and after splitting by the jet coordinates; `verify` tests any generator, or any
first integral, by substitution with a prolongation of its own.
Sources: Olver 1993, Theorem 2.31; Bluman and Anco 2002, section 3.3.
"""
