"""The independent upper bound for the dimension of the symmetry algebra.

In: a system whose equations are of order at least 2. Out: a `Certificate`, the bound with what is needed to count again,
or the reason why there is none. It counts power series modulo primes and shares nothing with the search for generators;
`certificate` says why the count is a proof.
Sources: Reid 1991; Reid, Lisle, Boulton and Wittkopf 1992; Seiler 2010, section 7.4.
"""

from liesym.certify.certificate import Certificate as Certificate
from liesym.certify.certificate import bound_at_parameters as bound_at_parameters
from liesym.certify.certificate import certified as certified
from liesym.certify.certificate import certify as certify
from liesym.certify.certificate import recheck as recheck
from liesym.certify.structure import StructureModPrime as StructureModPrime
