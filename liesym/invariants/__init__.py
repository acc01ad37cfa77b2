"""Invariants of groups, canonical coordinates, and systems rewritten in them.

In: generators, algebras, or groups with maps such as permutations. Out: functions of time, state and derivatives that they
leave alone, each verified, with the number that there are; coordinates in which a generator is a translation.
Source: Olver 1993, sections 2.1 and 2.5; Olver 1995, chapters 5 and 8; Sturmfels 2008.
"""

from liesym.invariants.coordinates import Coordinates as Coordinates
from liesym.invariants.coordinates import canonical_coordinates as canonical_coordinates
from liesym.invariants.coordinates import rewritten as rewritten
from liesym.invariants.groups import SymmetryGroup as SymmetryGroup
from liesym.invariants.groups import as_group as as_group
from liesym.invariants.groups import permutations as permutations
from liesym.invariants.groups import rotations as rotations
from liesym.invariants.groups import stationarity as stationarity
from liesym.invariants.groups import transformed as transformed
from liesym.invariants.groups import translations as translations
from liesym.invariants.joint import Invariants as Invariants
from liesym.invariants.joint import invariants as invariants
from liesym.invariants.polynomial import InvariantBasis as InvariantBasis
from liesym.invariants.polynomial import invariant_basis as invariant_basis
