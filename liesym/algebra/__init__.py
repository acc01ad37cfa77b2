"""Lie algebras: structure, names, optimal systems."""

from liesym.algebra.core import Identification as Identification
from liesym.algebra.core import LieAlgebra as LieAlgebra
from liesym.algebra.optimal import Subalgebra as Subalgebra
