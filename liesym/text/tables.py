"""The parser of the grammar, from tables made beforehand: to make them anew at every start takes ten times as long.

`grammar.lark` is the grammar; `grammar.json` holds the tables that Lark makes of it and is written by `write_tables`.
Another version of Lark may make other tables, and reads the grammar.
"""

from __future__ import annotations

import io
import json
import pickle
from functools import lru_cache
from pathlib import Path
from typing import Any

import lark

STARTS = ("equations", "expression", "generator", "ansatz", "ansatz_span")
HERE = Path(__file__).parent
TABLES = HERE / "grammar.json"


@lru_cache(maxsize=1)
def parser() -> lark.Lark:
    """The parser, from the tables where they are of this version of Lark."""
    kept = json.loads(TABLES.read_text(encoding="utf-8"), object_hook=_with_numbers)
    return lark.Lark.load(kept["tables"]) if kept["lark"] == lark.__version__ else from_grammar()


def from_grammar() -> lark.Lark:
    """The parser that Lark makes of the grammar."""
    text = (HERE / "grammar.lark").read_text(encoding="utf-8")
    return lark.Lark(text, parser="lalr", start=list(STARTS), propagate_positions=True, maybe_placeholders=False)


def tables_of(made: lark.Lark) -> dict[str, Any]:
    """The tables of a parser as plain data, with the version of Lark that made them."""
    buffer = io.BytesIO()
    made.save(buffer)
    return {"lark": lark.__version__, "tables": pickle.loads(buffer.getvalue())}


def write_tables(path: Path = TABLES) -> None:
    """Make the tables of the grammar anew: `python -c "from liesym.text.tables import write_tables as w; w()"`."""
    path.write_text(json.dumps(tables_of(from_grammar()), separators=(",", ":"), sort_keys=True) + "\n", encoding="utf-8")


def _with_numbers(record: dict[str, Any]) -> dict[int | str, Any]:
    """JSON knows keys of text only; those of the tables are numbers."""
    return {int(key) if key.isdigit() else key: value for key, value in record.items()}
