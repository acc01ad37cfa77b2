"""Lower order, general solutions and linear forms of scalar equations, by symmetries.

In: an equation or a system, and its symmetries where these are known. Out: equations of lower order with the way back, the
verdict of Lie's linearization test with the map, Lie's canonical forms, and a general solution checked by substitution.
Source: Olver 1993, section 2.5; Stephani 1989, chapters 5 to 7; Bluman and Anco 2002, section 3.3; Lie 1883.
"""

from liesym.reduction.canonical import CanonicalForm as CanonicalForm
from liesym.reduction.canonical import LieType as LieType
from liesym.reduction.canonical import canonical_forms as canonical_forms
from liesym.reduction.explicit import general_solution as general_solution
from liesym.reduction.linearize import Linearization as Linearization
from liesym.reduction.linearize import linearization as linearization
from liesym.reduction.order import Reduction as Reduction
from liesym.reduction.order import reduce_order as reduce_order
from liesym.reduction.record import Solution as Solution
from liesym.reduction.steps import Step as Step
from liesym.reduction.system_solution import SystemSolution as SystemSolution
