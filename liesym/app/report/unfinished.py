"""What `--json` prints of a command whose budget ran out before there was anything to tell: its keys, nothing in them."""

from __future__ import annotations

import json
from typing import Any

_LISTS = {
    "analyze": ("generators", "families", "conditions", "domain", "first_integrals", "definitions", "cases", "notes"),
    "classify": ("relations", "generators", "families", "conditions", "cases", "undecided"),
    "determine": ("before", "after"),
    "noether": ("equations", "laws"),
    "reduce": ("equations", "reductions", "canonical_forms"),
    "solve": (
        "explicit",
        "constants",
        "special",
        "steps",
        "on",
        "relation_on",
        "others",
        "families",
        "relations",
        "intervals",
    ),
    "explain": (
        *("equations", "prolongation", "condition", "split", "determining", "steps", "constants", "arbitrary"),
        *("generators", "families", "conditions"),
    ),
    "identify": ("hidden", "combinations", "directions"),
    "constrain": ("always", "options"),
    "discover": ("integrals", "generators"),
}
_OTHERS: dict[str, dict[str, Any]] = {
    "analyze": {
        **dict.fromkeys(("system", "dimension", "upper_bound", "ansatz", "algebra", "certificate")),
        "completeness": "open",
        "seconds": {},
    },
    "classify": {"dimension": None, "completeness": "open"},
    "solve": {"independent": None, "relation": None, "parametric": None, "complete": False, "named": {}},
    "explain": {"dimension": None, "completeness": "open"},
    "identify": {"parameters": {}, "states": {}, "proven": False},
    "discover": {"equations": None},
}


def unfinished(command: str, why: str) -> str:
    """The JSON of a command that found nothing in time.

    Arguments:
        command: its name on the command line.
        why: what the time ran out in.
    """
    nothing = {key: [] for key in _LISTS.get(command, ())}
    return json.dumps(
        {
            **nothing,
            **_OTHERS.get(command, {}),
            "stopped": True,
            "within": f"cut short: the budget ran out during the {why}",
        },
        indent=1,
    )
