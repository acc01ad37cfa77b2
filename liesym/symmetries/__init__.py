"""The search for symmetries: an ODESystem and perhaps an ansatz come in, a `Result` goes out.

`pipeline` (find_symmetries), `engine` (its stages), `search` (strategies), `generator` (the public Generator), `results`,
`classify` (cases of parameters and functions), `classification` (all of them as one answer), `identifiability` (what
observables do not tell).

Source: Olver 1993, chapter 2; Schwarz 2008, chapters 2 and 3; Reid 1991.
"""
