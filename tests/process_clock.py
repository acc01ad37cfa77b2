"""Budgets of the fuzzer are seconds of its process: what else runs on the machine ends none, and hides no overrun.

To be imported before modules that take `now` from the budget's. Under pytest the clock is that of conftest.py.
"""

from __future__ import annotations

import sys
import time

import liesym.base.budget

if "pytest" not in sys.modules:
    liesym.base.budget.now = time.process_time
