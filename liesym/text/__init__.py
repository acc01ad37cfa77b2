"""The only door for user text: expressions, equations and files come in, SymPy expressions and a `SolvedForm` go out.

`read_expression` and `write` are inverse to each other. The modules beside them: `equations` and `from_sympy`, `files`
(TOML), `solved` (implicit equations), `grammar` (the grammar). What systems, ansätze and generators are is known in
`liesym.model` alone.

Source: the grammar is our own; solving for the highest derivatives is linear algebra and factoring.
"""

from liesym.text.latex import latex as latex
from liesym.text.reader import read_expression as read_expression
from liesym.text.writer import write as write
