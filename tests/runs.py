"""Cases of one law dealt to the three runs of the suite, so that each is asked in one of them.

`make test` has a share that is spread over the list and short, `make slow` (in CI) more or all of the rest, `make nightly`
what is left.
"""

from __future__ import annotations

from collections.abc import Container, Iterable
from typing import Any

import pytest


def dealt(cases: Iterable[Any], usual: int = 1, slow: int = 1, late: Container[Any] = ()) -> list[Any]:
    """The cases as parameters of a test, with the marks of the runs they belong to.

    Arguments:
        cases: values, or tuples of several parameters.
        usual: the first case and each usual-th after it are in every run, unless they are late.
        slow: of the others the first and each slow-th are slow runs; what is left is for the night.
        late: cases that take too long for every run.
    """
    marked, others = [], 0
    for i, case in enumerate(cases):
        marks = []
        if i % usual or case in late:
            marks = [pytest.mark.nightly if others % slow else pytest.mark.slow]
            others += 1
        marked.append(pytest.param(*(case if isinstance(case, tuple) else (case,)), marks=marks))
    return marked
