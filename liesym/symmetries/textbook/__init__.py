"""A symmetry analysis as a textbook writes it: prolongation, invariance condition, split, and the solution step by step.

In: a system. Out: an `Explanation`, every step of it verified, which ends in the generators of `find_symmetries` and shows
itself as text, in LaTeX and as a page. Sources: Olver 1993, section 2.4; Hydon 2000, chapter 3; Ibragimov 1999, chapter 9.
"""
