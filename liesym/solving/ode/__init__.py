"""Ordinary differential equations over the coefficient field.

In: a linear equation u^(n) + Σ a_k u^(k) = 0, or an integrand. Out: independent solutions, with named ones where no closed
form is found and names are allowed; integrals. Riccati and Abel equations come to linear ones.
Source: Ince 1956; van der Put and Singer 2003, chapter 4; Bronstein 2007.
"""
