"""The only door for user text: reading and writing expressions, systems, files, ansätze and generators.

`read_expression` and `write` are inverse to each other. The modules beside them: `equations` (systems),
`files` (TOML), `ansatz`, `vectorfields` (generators), `solved` (implicit equations), `grammar` (the grammar).
"""

from liesym.text.latex import latex as latex
from liesym.text.reader import read_expression as read_expression
from liesym.text.writer import write as write
