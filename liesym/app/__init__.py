"""The command line, and what it shows: reports, batches of systems, pictures.

In: arguments, files of equations and corpora. Out: text, JSON, pages and an exit status. This is the last storey, and the
one place where signals are installed: `clock` ends a command that does not look at its budget and remembers Ctrl-C.
Source: none; what is shown was found and verified in the storeys below.
"""
