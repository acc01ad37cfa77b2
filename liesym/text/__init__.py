"""The only door for user text: reading and writing expressions, systems, files, ansätze and generators."""

from liesym.text.latex import latex as latex
from liesym.text.reader import read_expression as read_expression
from liesym.text.writer import write as write
