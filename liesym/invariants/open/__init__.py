"""Systems with unknown functions: what holds for every such function, and under which relations between them more holds.

In: a system whose equations hold arbitrary functions. Out: the laws that are proven with the functions open, and options: a
relation, the system written so that the relation is built in, and the laws and symmetries that are gained by it.

`laws` writes down candidates (a law with unknown functions of its own, a generator), `conditions` solves what they demand of
the unknown functions, `relations` eliminates the functions of the law from it, `options` builds a relation in and verifies,
`constrain` is the door.
Source: Ovsiannikov 1982, section 14; Whittaker 1937, chapter 12; Olver 1993, section 2.3.
"""
