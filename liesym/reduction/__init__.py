"""Lower order, general solutions and linear forms of scalar equations, by symmetries."""

from liesym.reduction.canonical import CanonicalForm as CanonicalForm
from liesym.reduction.canonical import LieType as LieType
from liesym.reduction.canonical import canonical_forms as canonical_forms
from liesym.reduction.linearize import Linearization as Linearization
from liesym.reduction.linearize import linearization as linearization
from liesym.reduction.order import Reduction as Reduction
from liesym.reduction.order import reduce_order as reduce_order
from liesym.reduction.solution import Solution as Solution
from liesym.reduction.solution import general_solution as general_solution
