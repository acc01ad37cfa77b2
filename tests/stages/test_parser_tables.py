"""The tables that the parser is loaded from are those of the grammar."""

from __future__ import annotations

import copy
import json
from collections.abc import Mapping
from typing import Any

import lark
import pytest

from liesym.text import tables
from liesym.text.tables import TABLES, from_grammar, parser, tables_of, write_tables

MADE = tables_of(from_grammar())
SAME_LARK = json.loads(TABLES.read_text(encoding="utf-8"))["lark"] == lark.__version__


def canonical(record: Mapping[str, Any]) -> str:
    """The tables with states numbered in the order in which they are met, and rules and terminals written out.

    The numbers that Lark gives depend on the order of its sets, which changes from run to run.
    """
    data, memo = record["tables"]["data"], record["tables"]["memo"]

    def written(value: Any) -> Any:
        if isinstance(value, Mapping) and set(value) == {"@"}:
            return written(memo[value["@"]])
        if isinstance(value, Mapping):
            return {str(k): written(v) for k, v in value.items()}
        return [written(v) for v in value] if isinstance(value, list | tuple) else value

    table = data["parser"]["parser"]
    names, states = table["tokens"], table["states"]
    number: dict[int, int] = {}
    pending = [table["start_states"][start] for start in sorted(table["start_states"])]
    met = []
    while pending:
        state = pending.pop(0)
        if state in number:
            continue
        number[state] = len(number)
        actions = sorted((names[token], kind, target) for token, (kind, target) in states[state].items())
        met.append(actions)
        pending += [target for _, kind, target in actions if kind == 0]
    moves = [[(n, k, written(a) if k else number[a]) for n, k, a in actions] for actions in met]
    ends = {start: number[state] for start, state in table["end_states"].items()}
    lexer = data["parser"]["lexer_conf"]
    terminals = sorted(json.dumps(written(t), sort_keys=True) for t in lexer["terminals"])
    rules = sorted(json.dumps(written(r), sort_keys=True) for r in data["rules"])
    return json.dumps([moves, ends, terminals, rules, lexer["ignore"], data["options"]], sort_keys=True)


@pytest.mark.skipif(not SAME_LARK, reason="the tables are those of another version of Lark, and are not used")
def test_the_tables_are_those_of_the_grammar() -> None:
    kept = json.loads(TABLES.read_text(encoding="utf-8"), object_hook=tables._with_numbers)
    assert canonical(kept) == canonical(MADE), f"run: {write_tables.__doc__}"


def test_a_changed_table_is_noticed() -> None:
    changed = copy.deepcopy(MADE)
    states = changed["tables"]["data"]["parser"]["parser"]["states"]
    state, actions = next((s, a) for s, a in states.items() if len(a) > 1)
    states[state] = dict(list(actions.items())[1:])
    assert canonical(changed) != canonical(MADE)


TEXTS = (
    ("equations", "x'' = -x/(x^2+y^2)^(3/2); y' = .5e3*f(t, x') + -2**-x\ny^(4) = 1"),
    ("generator", "t: 1; x: -y"),
    ("ansatz", "separable: t(t), z(z)"),
    ("ansatz_span", "span: 1, u, log(u)"),
)


@pytest.mark.parametrize(("start", "text"), TEXTS)
def test_both_parsers_make_the_same_tree(start: str, text: str) -> None:
    assert parser().parse(text, start=start) == from_grammar().parse(text, start=start)


def test_tables_of_another_version_are_not_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lark, "__version__", "0")
    monkeypatch.setattr(lark.Lark, "load", None)
    parser.cache_clear()
    try:
        assert parser().parse("x + 1", start="expression").data == "sum"
    finally:
        parser.cache_clear()
