"""Checks that we and others run.

In: a backend with a way to make its arrays, or a generator or integral with its system. Out: an `Outcome` a check, or an
error that names what is wrong: values against exact arithmetic, gradients against the derivative of the expression.
"""

from liesym.lowering.arrays import Arrays as Arrays
from liesym.testing.cases import ARITHMETIC as ARITHMETIC
from liesym.testing.cases import CASES as CASES
from liesym.testing.cases import CHOICES as CHOICES
from liesym.testing.cases import ELEMENTARY as ELEMENTARY
from liesym.testing.cases import REFUSED as REFUSED
from liesym.testing.cases import SPECIAL as SPECIAL
from liesym.testing.cases import Example as Example
from liesym.testing.suite import CHECKS as CHECKS
from liesym.testing.suite import Outcome as Outcome
from liesym.testing.suite import assert_conforms as assert_conforms
from liesym.testing.suite import conformance as conformance
from liesym.testing.validity import check_generator as check_generator
from liesym.testing.validity import check_integral as check_integral
