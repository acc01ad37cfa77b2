"""An upper bound for the dimension of the symmetry algebra, from nothing but the equations.

No splitting, no symbolic solving: the invariance conditions are sampled at random jets (`conditions`),
their coefficients are power series about a random point modulo a prime in which transcendental functions
keep their algebraic relations (`tower`), and the solutions are counted.

1. Every symmetry satisfies the sampled conditions: linear equations for the derivatives of (ξ, η), of
   order k = max n_i. Differentiating and eliminating expresses all derivatives of order d + 1 by finitely
   many w of order at most d ≥ k: ∂_i w = A_i w with side conditions C w = 0 (`closure`). So w at the point
   determines the symmetry.
2. The Taylor coefficients of these equations up to degree g restrict w at the point (`flatness`);
   derivatives of (ξ, η) of order at most N = d + 1 + g enter. Let r(d, N) be the dimension that is left:
   the projection on d-jets of the solutions truncated at degree N. Leaving equations out only enlarges it,
   so each count is an upper bound.
3. If r(d, N) = r(d+1, N) = r(d, N+1) = r, the dimension at a generic point is r: the first equality holds by
   construction (order d + 1 follows from order d) and makes the solutions the sections of a linear
   connection; the second says that the curvature and its side conditions are void on r dimensions; a flat
   connection of rank r has r parallel sections. For r = 0 the bound alone suffices.

A rank modulo p at a random point differs from the generic one only if a minor that is not zero vanishes
there. For a minor of degree D the chance is at most D/p (Schwartz and Zippel); for minors of
degree up to 10^5, more than is expected here, one draw misleads with a chance below 10^-4 and two that agree
with one below 10^-8.
Sources: Reid 1991; Reid, Lisle, Boulton and Wittkopf 1992; Seiler 2010, section 7.4; Schwarz 2008, chapter 2.
"""

from liesym.certify.certificate import Certificate as Certificate
from liesym.certify.certificate import bound_at_parameters as bound_at_parameters
from liesym.certify.certificate import certify as certify
from liesym.certify.certificate import recheck as recheck
from liesym.certify.structure import StructureModPrime as StructureModPrime
