"""Variational calculus for ODEs.

In: a Lagrangian L(t, q, q'), as text or as an expression, or a second-order system that one is looked for. Out: its
Euler-Lagrange equations, Hamiltonian and Poisson brackets; its variational symmetries with gauge terms and conserved
quantities, each checked by Noether's identity; or the proof that no Lagrangian of the class exists.
Source: Noether 1918; Olver 1993, chapter 4; Douglas 1941; Santilli 1978, chapter 3.
"""

from liesym.variational.inverse import InverseProblem as InverseProblem
from liesym.variational.inverse import find_lagrangian as find_lagrangian
from liesym.variational.inverse import inverse_problem as inverse_problem
from liesym.variational.inverse import lagrangian_of as lagrangian_of
from liesym.variational.lagrangian import Hamiltonian as Hamiltonian
from liesym.variational.lagrangian import Lagrangian as Lagrangian
from liesym.variational.lagrangian import euler_lagrange as euler_lagrange
from liesym.variational.lagrangian import legendre as legendre
from liesym.variational.motion import Motion as Motion
from liesym.variational.motion import motion_of as motion_of
from liesym.variational.noether import NoetherLaw as NoetherLaw
from liesym.variational.noether import noether as noether
from liesym.variational.poisson import integral_algebra as integral_algebra
from liesym.variational.poisson import poisson_bracket as poisson_bracket
