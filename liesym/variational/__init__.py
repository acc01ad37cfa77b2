"""Variational calculus for ODEs.

Euler-Lagrange equations, Legendre transform, Noether, the inverse problem.
"""

from liesym.variational.inverse import InverseProblem as InverseProblem
from liesym.variational.inverse import find_lagrangian as find_lagrangian
from liesym.variational.inverse import inverse_problem as inverse_problem
from liesym.variational.lagrangian import Hamiltonian as Hamiltonian
from liesym.variational.lagrangian import Lagrangian as Lagrangian
from liesym.variational.lagrangian import euler_lagrange as euler_lagrange
from liesym.variational.lagrangian import legendre as legendre
from liesym.variational.noether import NoetherLaw as NoetherLaw
from liesym.variational.noether import noether as noether
from liesym.variational.poisson import integral_algebra as integral_algebra
from liesym.variational.poisson import poisson_bracket as poisson_bracket
