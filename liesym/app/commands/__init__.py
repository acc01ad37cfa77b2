"""What the commands of the command line do, a module for those that need the same rooms; see `liesym.app.cli`.

The options of a command come in, already checked for their type; text on the standard output, files and an exit status
go out. Each command works inside one clock, which covers all that it does.
"""
