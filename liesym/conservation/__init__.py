"""Conserved quantities: first integrals, Noether's theorem, and the conservation laws of backpropagation."""

from liesym.conservation.backward import BackwardLaw as BackwardLaw
from liesym.conservation.backward import backward_conservation_laws as backward_conservation_laws
from liesym.conservation.darboux import DarbouxPair as DarbouxPair
from liesym.conservation.darboux import darboux_polynomials as darboux_polynomials
from liesym.conservation.first_integrals import first_integrals as first_integrals
from liesym.variational.noether import NoetherLaw as NoetherLaw
from liesym.variational.noether import noether as noether
