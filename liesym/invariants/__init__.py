"""Invariants of groups, canonical coordinates, and systems rewritten in them."""

from liesym.invariants.coordinates import Coordinates as Coordinates
from liesym.invariants.coordinates import canonical_coordinates as canonical_coordinates
from liesym.invariants.coordinates import rewritten as rewritten
from liesym.invariants.joint import Invariants as Invariants
from liesym.invariants.joint import invariants as invariants
