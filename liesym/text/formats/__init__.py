"""Models as other programs write them: a file or text comes in, a `ModelFile` goes out, and back to text and SBML.

`sbml` reads the Systems Biology Markup Language and `sbml_writing` writes it; `written` writes our own file. Numbers with a
point stand as symbols that bear the number as their name (`decimals`), so that what is printed has them as they were given.
"""
