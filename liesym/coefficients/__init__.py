"""The differential field of coefficients: rational functions in variables, parameters and kernels, with exact zero test.

In: SymPy expressions, the variables that have derivations, parameters, linear equations that define named functions.
Out: `Field`, its elements in normal form with arithmetic and derivatives; `Derivation`, a vector field on it over a
`Space` of jets; images and row reduction modulo a prime (`images`, `modular`).

From the inside out: `ring` holds slots, fractions and their relations, `kernels` the book of what was made, one file for
each family of conversion rules (`roots`, `exponentials`, `trigonometric`, `special`, `arbitrary`), `convert` joins them.
Sources: Bronstein 2005, chapters 3 and 9; Geddes, Czapor and Labahn 1992, section 7.4.
"""

from liesym.coefficients.definitions import Definition as Definition
from liesym.coefficients.derivation import Derivation as Derivation
from liesym.coefficients.derivation import Space as Space
from liesym.coefficients.field import Field as Field
from liesym.coefficients.lattice import NeedsRefinement as NeedsRefinement
from liesym.coefficients.ring import Element as Element
