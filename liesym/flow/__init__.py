"""One-parameter groups.

In: a vector field. Out: its `Flow` exp(εX), in closed form or as a Lie series, each closed form checked by substitution;
`numeric_flow` is the flow at numbers.
Source: Olver 1993, section 1.3.
"""

from liesym.flow.group import flow as flow
from liesym.flow.numeric import numeric_flow as numeric_flow
from liesym.flow.record import Flow as Flow
from liesym.flow.record import lie_series as lie_series
