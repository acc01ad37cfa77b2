"""The differential field of coefficients: rational functions in variables, parameters and kernels, with exact zero test."""

from liesym.coefficients.definitions import Definition as Definition
from liesym.coefficients.derivation import Derivation as Derivation
from liesym.coefficients.derivation import Space as Space
from liesym.coefficients.field import Field as Field
from liesym.coefficients.lattice import NeedsRefinement as NeedsRefinement
from liesym.coefficients.ring import Element as Element
