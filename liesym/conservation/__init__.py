"""Conserved quantities: first integrals, Noether's theorem, and the conservation laws of backpropagation.

In: a system, with a Lagrangian or with its symmetries where these are known. Out: independent conserved quantities, each
verified by its derivative along the system.
Source: Olver 1993, chapters 4 and 5; Goriely 2001, chapter 2.
"""

from liesym.conservation.antiderivatives import Rewritten as Rewritten
from liesym.conservation.antiderivatives import with_antiderivatives as with_antiderivatives
from liesym.conservation.backward import BackwardLaw as BackwardLaw
from liesym.conservation.backward import backward_conservation_laws as backward_conservation_laws
from liesym.conservation.darboux import DarbouxPair as DarbouxPair
from liesym.conservation.darboux import darboux_polynomials as darboux_polynomials
from liesym.conservation.first_integrals import first_integrals as first_integrals
from liesym.variational.noether import NoetherLaw as NoetherLaw
from liesym.variational.noether import noether as noether
