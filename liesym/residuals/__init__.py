"""Symbolic residuals: expressions that vanish where a law holds, with the symbols they are functions of.

In: a system with a generator, a first integral or a flow. Out: a `Residual`, ready to be lowered. For a known system every
true law gives a residual that is identically zero on solutions, and regularizes nothing. So the residuals here keep the
leading derivatives free: they are functions of the jet coordinates (t, x, x', ..., x^(n)), to be evaluated on data, on a
numerical solution, or on the derivatives that a learned field predicts. For a network in place of the system itself see
`field_condition` and its kin.
Source: Olver 1993, Theorem 2.31 (invariance) and section 4.3 (conservation).
"""

from liesym.lowering.target import Residual as Residual
from liesym.lowering.target import field_of as field_of
from liesym.lowering.target import jet_state as jet_state
from liesym.lowering.target import phase_state as phase_state
from liesym.residuals.laws import FlowPair as FlowPair
from liesym.residuals.laws import backward as backward
from liesym.residuals.laws import backward_law as backward_law
from liesym.residuals.laws import closed_flow as closed_flow
from liesym.residuals.laws import conservation as conservation
from liesym.residuals.laws import drift as drift
from liesym.residuals.laws import group as group
from liesym.residuals.laws import group_parameter as group_parameter
from liesym.residuals.laws import invariance as invariance
from liesym.residuals.laws import lie_series as lie_series
from liesym.residuals.laws import prolonged_flow as prolonged_flow
from liesym.residuals.learned import FieldCondition as FieldCondition
from liesym.residuals.learned import FieldMotion as FieldMotion
from liesym.residuals.learned import field_condition as field_condition
from liesym.residuals.learned import field_conservation as field_conservation
from liesym.residuals.learned import field_motion as field_motion
from liesym.residuals.learned import whole_rate as whole_rate
from liesym.residuals.scaled import standardized as standardized
