"""Straight-line programs: what an expression becomes before a backend sees it."""

from liesym.program.assemble import assemble as assemble
from liesym.program.builder import Builder as Builder
from liesym.program.emit import COMMON as COMMON
from liesym.program.emit import Dialect as Dialect
from liesym.program.emit import body as body
from liesym.program.emit import calls as calls
from liesym.program.emit import compile_function as compile_function
from liesym.program.nodes import OPERATIONS as OPERATIONS
from liesym.program.nodes import Condition as Condition
from liesym.program.nodes import Node as Node
from liesym.program.nodes import Program as Program
