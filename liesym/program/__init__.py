"""Straight-line programs: what an expression becomes before a backend sees it.

In: SymPy expressions and the symbols that are their inputs. Out: a `Program`, a list of operations without branches from a
closed list, with the conditions under which it is defined and, where asked for, the Jacobian; `expand` writes it in fewer
operations, `body` as source text of a `Dialect`.
Sources: Rajski and Vasudevamurthy 1992 (shared products and sums); Goldberg 1991 (forms that lose nothing); Clenshaw 1955
(series).
"""

from liesym.program.assemble import Guard as Guard
from liesym.program.assemble import Inputs as Inputs
from liesym.program.assemble import assemble as assemble
from liesym.program.builder import Builder as Builder
from liesym.program.emit import COMMON as COMMON
from liesym.program.emit import RESERVED as RESERVED
from liesym.program.emit import Dialect as Dialect
from liesym.program.emit import ModuleText as ModuleText
from liesym.program.emit import body as body
from liesym.program.emit import calls as calls
from liesym.program.emit import compile_function as compile_function
from liesym.program.expand import expand as expand
from liesym.program.nodes import OPERATIONS as OPERATIONS
from liesym.program.nodes import Condition as Condition
from liesym.program.nodes import Node as Node
from liesym.program.nodes import Program as Program
from liesym.program.nodes import function_of as function_of
from liesym.program.results import Derivatives as Derivatives
from liesym.program.results import Masked as Masked
from liesym.program.results import MaskedDerivatives as MaskedDerivatives
from liesym.program.results import failed as failed
from liesym.program.results import packed as packed
