"""Laws from a black box or from data: what is conserved, and which symmetries a field has that can only be called.

In: a function f(t, x) of NumPy, torch or JAX, or a system of equations, with a region; or noisy trajectories. Out: a
`Discovery`, whose laws are exact expressions, each with its grade (proven, supported, approximate) and its evidence.
Methods: for a library of functions θ the null space of ∇θ·f at sampled states, its sparsest vectors, rational coefficients,
a second look at fresh states; for data the sums that are constant along trajectories within the noise, and sparse regression
in weak form for their equations, in which the engine proves laws.
Source: Liu et al. 2024 (null space); Olver 1993, Theorem 2.36 (symmetry condition).
"""

from liesym.discovery.discover import discover as discover
from liesym.discovery.records import Discovery as Discovery
from liesym.discovery.records import Evidence as Evidence
from liesym.discovery.records import Grade as Grade
from liesym.discovery.records import Integral as Integral
from liesym.discovery.records import Symmetry as Symmetry
from liesym.discovery.tracks import Trajectories as Trajectories
