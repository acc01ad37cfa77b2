"""Lie algebras: vector fields or structure constants come in, series, radical, Levi parts, names and optimal systems go out.

`core` (the plain record), `algebra` (the public face), `fields` (constants of vector fields), `structure` (series and
radicals), `identify` (names), `optimal` (optimal systems).

Source: de Graaf 2000; Patera and Winternitz 1977; Rand, Winternitz and Zassenhaus 1988.
"""

from liesym.algebra.algebra import LieAlgebra as LieAlgebra
from liesym.algebra.core import Identification as Identification
from liesym.algebra.core import StructureConstants as StructureConstants
from liesym.algebra.optimal import Subalgebra as Subalgebra
