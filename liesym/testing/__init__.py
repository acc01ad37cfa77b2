"""Checks that we and others run.

A backend's conformance, a generator's and an integral's validity in numbers.
"""

from liesym.testing.cases import CASES as CASES
from liesym.testing.cases import REFUSED as REFUSED
from liesym.testing.cases import Case as Case
from liesym.testing.conformance import CHECKS as CHECKS
from liesym.testing.conformance import Arrays as Arrays
from liesym.testing.conformance import Outcome as Outcome
from liesym.testing.conformance import assert_conforms as assert_conforms
from liesym.testing.conformance import conformance as conformance
from liesym.testing.validity import check_generator as check_generator
from liesym.testing.validity import check_integral as check_integral
