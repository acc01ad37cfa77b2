"""Systems, vector fields and ansätze: what `liesym.text` read comes in, the records that all stages work on go out.

`system` (ODESystem), `generators` (VectorField), `vectorfields` (the same as text), `ansatz`, `problem` (a whole file),
`reading` (expressions in the names of a system), `names` (those that are free).

Source: Olver 1993, chapters 1 and 2.
"""
