"""Models in SBML to first-order equations.

A species S of amount A in a compartment of size V, with stoichiometries n_r and rates v_r of the reactions r:

    S = A,      S' = c Σ n_r v_r                      where it has only substance units,
    S = A / V,  S' = (c/V) Σ n_r v_r - S V'/V         else;

c is its conversion factor. What a rule assigns is put in wherever it is named; what nothing changes is a parameter.
Source: Hucka et al. 2019, sections 3.4 and 4.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from math import isfinite
from pathlib import Path
from typing import Any

from sympy import Expr, Integer, S, Symbol

from liesym.base.doors import door
from liesym.base.jets import partial_derivative
from liesym.base.parameters import Parameter
from liesym.errors import NotSolvable, Unsupported
from liesym.text.decimals import decimal_of, exact, is_decimal
from liesym.text.files import text_of
from liesym.text.formats.library import document_of, libsbml, unit_remarks
from liesym.text.formats.record import ModelFile
from liesym.text.formats.sbml_math import MathReader
from liesym.text.formats.sbml_names import TIME, elements, legal, symbols_of
from liesym.text.reader import counted
from liesym.text.solved import SolvedForm

MAX_BYTES = 50_000_000
SUFFIXES = (".xml", ".sbml")


def is_sbml(path: str | Path) -> bool:
    """True for the name of a file of SBML."""
    return str(path).lower().endswith(SUFFIXES)


@door("the reading of the model")
def read_sbml(source: str | Path) -> ModelFile:
    """The equations of a model in SBML.

    Arguments:
        source: the path of a file, or the text itself.

    Raises:
        DataError: the file cannot be read.
        ParseError: it is not SBML.
        Unsupported: it holds an event, a delay, an algebraic rule, a fast reaction, or mathematics that is no analytic
            right side; the element is named.
        NotSolvable: nothing in the model changes.
    """
    given = isinstance(source, str) and source.lstrip().startswith("<")
    text, path = (str(source), "the text") if given else (text_of(Path(source), most=MAX_BYTES), str(source))
    document = document_of(text, path)
    return SbmlModel(document, path).read()


class SbmlModel:
    """One model: what its identifiers mean, how they change, and what they are at the start."""

    def __init__(self, document: Any, path: str) -> None:
        self.library, self.model, self.document, self.path = libsbml(), document.getModel(), document, path
        self._refuse()
        self.known = elements(self.model)
        self.symbols, self.notes = symbols_of(self.known)
        self.time = Symbol(TIME, real=True)
        self.assigned, self.driven = self._rules()
        self.starts = {e.getSymbol(): e for e in self.model.getListOfInitialAssignments()}
        self.functions = {f.getId(): f.getMath() for f in self.model.getListOfFunctionDefinitions()}
        self.local: dict[Symbol, float | None] = {}
        self._found: dict[tuple[str, str], Expr] = {}
        self._open: list[tuple[str, str]] = []

    # -- what is refused -------------------------------------------------------------------------

    def _refuse(self) -> None:
        for event in self.model.getListOfEvents():
            raise Unsupported(f"{self._place('event', event)} changes values at once; equations with events are not read")
        for rule in self.model.getListOfRules():
            if rule.isAlgebraic():
                raise Unsupported(
                    f"{self._place('algebraic rule', rule)} is an equation without a derivative; solve it first"
                )
        for reaction in self.model.getListOfReactions():
            if reaction.isSetFast() and reaction.getFast():
                raise Unsupported(f"{self._place('fast reaction', reaction)} is an equilibrium; fast reactions are not read")

    def _place(self, kind: str, element: Any) -> str:
        name = element.getId() or element.getName()
        return f"{self.path}, line {element.getLine()}: the {kind}{' ' + name if name else ''}"

    def _rules(self) -> tuple[dict[str, Any], dict[str, Any]]:
        """The rules that assign values, and those that give rates, by what they are for."""
        assigned: dict[str, Any] = {}
        driven: dict[str, Any] = {}
        for rule in self.model.getListOfRules():
            name = rule.getVariable()
            if name not in self.known or self.known[name][0] == "reaction":
                raise Unsupported(f"{self._place('rule', rule)} is for {name}, which is no variable of the model")
            if name in assigned or name in driven:
                raise Unsupported(f"{self._place('rule', rule)} is the second one for {name}")
            (driven if rule.isRate() else assigned)[name] = rule
        return assigned, driven

    # -- what a name means -----------------------------------------------------------------------

    def meaning(self, name: str) -> Expr:
        """What an identifier stands for in mathematics."""
        return self._once("value", name)

    def rate(self, name: str) -> Expr:
        """The rate of change of what an identifier stands for."""
        return self._once("rate of change", name)

    def _once(self, what: str, name: str) -> Expr:
        """Found once; a value that depends on itself is refused."""
        key = (what, name)
        if key in self._open:
            round_trip = ", ".join(n for _, n in self._open[self._open.index(key) :])
            raise Unsupported(f"{self.path}: the {what} of {name} depends on itself (over {round_trip})")
        if key not in self._found:
            self._open.append(key)
            try:
                self._found[key] = self._meaning(name) if what == "value" else self._rate(name)
            finally:
                self._open.pop()
        return self._found[key]

    def _meaning(self, name: str) -> Expr:
        if name not in self.known:
            raise Unsupported(f"{self.path}: {name} is not defined in the model")
        kind, element = self.known[name]
        if name in self.assigned:
            return self._math(self.assigned[name], f"the rule for {name}")
        if name in self.driven:
            return self.symbols[name]
        if kind == "reaction":
            return self._kinetics(element)
        if kind == "reference":
            return self.symbols[name] if name in self.starts else self._number_of(element)
        if kind == "compartment" and self._size(name) == 1:
            return S.One
        return self.symbols[name]

    def _math(self, element: Any, where: str, bound: dict[str, Expr] | None = None) -> Expr:
        math = element.getMath()
        if math is None:
            raise Unsupported(f"{self._place(element.getElementName(), element)} has no mathematics")
        told = f"{self.path}, line {element.getLine()}: {where}"
        reader = MathReader(self.library, self.meaning, self.rate, self.functions, self.time, told, bound or {})
        return reader.read(math)

    def _kinetics(self, reaction: Any) -> Expr:
        law = reaction.getKineticLaw()
        if law is None:
            raise Unsupported(f"{self._place('reaction', reaction)} has no kinetic law, and so no rate")
        return self._math(law, f"the rate of {reaction.getId()}", self._locals(reaction, law))

    def _locals(self, reaction: Any, law: Any) -> dict[str, Expr]:
        """The parameters of one reaction: under their own names where nothing else has them."""
        found: dict[str, Expr] = {}
        for parameter in (law.getParameter(i) for i in range(law.getNumParameters())):
            name = parameter.getId()
            taken = {*self.known, *(s.name for s in (*self.local, *self.symbols.values()))}
            others = [r for r in self.model.getListOfReactions() if r.getId() != reaction.getId()]
            shared = any(r.getKineticLaw() and r.getKineticLaw().getParameter(name) for r in others)
            stem = f"{reaction.getId()}_{name}" if shared or name in taken else name
            while stem in taken:
                stem += "_"
            symbol = Symbol(legal(stem, taken), real=True)
            if symbol.name != name:
                self.notes.append(f"the parameter {name} of the reaction {reaction.getId()} is written {symbol.name}")
            value = parameter.getValue()
            self.local[symbol] = value if parameter.isSetValue() and isfinite(value) else None
            found[name] = symbol
        return found

    # -- stoichiometry and sizes -----------------------------------------------------------------

    def _stoichiometry(self, reference: Any) -> Expr:
        name = reference.getId()
        if name and name in (*self.starts, *self.assigned, *self.driven):
            return self.meaning(name)
        if reference.isSetStoichiometryMath():
            return self._math(reference.getStoichiometryMath(), f"the stoichiometry of {reference.getSpecies()}")
        return self._number_of(reference)

    def _number_of(self, reference: Any) -> Expr:
        value = reference.getStoichiometry()
        if value != value:
            raise Unsupported(f"{self._place('reference', reference)} of {reference.getSpecies()} has no stoichiometry")
        return decimal_of(value) / reference.getDenominator()

    def _size(self, compartment: str) -> float | None:
        element = self.known[compartment][1]
        if compartment in self.starts or compartment in self.assigned or compartment in self.driven:
            return None
        return element.getSize() if element.isSetSize() or self.model.getLevel() == 1 else None

    def _is_amount(self, species: Any) -> bool:
        compartment = self.known.get(species.getCompartment(), ("", None))[1]
        if compartment is None:
            raise Unsupported(f"{self._place('species', species)} is in no compartment of the model")
        return species.getHasOnlySubstanceUnits() or compartment.getSpatialDimensionsAsDouble() == 0

    def _factor(self, species: Any) -> Expr:
        name = species.getConversionFactor() or self.model.getConversionFactor()
        return self.meaning(name) if name else S.One

    # -- rates of change -------------------------------------------------------------------------

    @cached_property
    def flows(self) -> dict[str, list[tuple[int, Any, Any]]]:
        """Species -> (sign, reference, reaction) of the reactions that change it."""
        found: dict[str, list[tuple[int, Any, Any]]] = {}
        for reaction in self.model.getListOfReactions():
            for sign, references in ((-1, reaction.getListOfReactants()), (1, reaction.getListOfProducts())):
                for reference in references:
                    found.setdefault(reference.getSpecies(), []).append((sign, reference, reaction))
        for name, many in found.items():
            if self.known.get(name, ("", None))[0] != "species":
                raise Unsupported(f"{self._place('reaction', many[0][2])} is of {name}, which is no species of the model")
        return {n: many for n, many in found.items() if not self.known[n][1].getBoundaryCondition()}

    @cached_property
    def states(self) -> list[str]:
        """What has a rate of change of its own, in the order of the file, species first."""
        rank = {"species": 0, "parameter": 1, "compartment": 2, "reference": 3}
        names = [n for n, (kind, _) in self.known.items() if kind in rank and self._changes(n, kind)]
        return sorted(names, key=lambda n: rank[self.known[n][0]])

    def _changes(self, name: str, kind: str) -> bool:
        element = self.known[name][1]
        if name in self.flows and (name in self.driven or name in self.assigned or element.getConstant()):
            why = "is constant" if element.getConstant() else "has a rule"
            raise Unsupported(
                f"{self._place('species', element)} {why} and is changed by reactions; make it a boundary species"
            )
        if name in self.driven or name in self.flows:
            return True
        if name in self.assigned or kind != "species" or element.getConstant() or self._is_amount(element):
            return False
        return element.getCompartment() in (*self.assigned, *self.driven)

    def _rate(self, name: str) -> Expr:
        kind, element = self.known.get(name, ("", None))
        if name in self.driven:
            return self._math(self.driven[name], f"the rate rule for {name}")
        if kind == "species" and name in self.states:
            return self._flow(name, element)
        return self._along(self.meaning(name))

    def _flow(self, name: str, species: Any) -> Expr:
        terms = [
            sign * self._stoichiometry(reference) * self.meaning(reaction.getId())
            for sign, reference, reaction in self.flows.get(name, ())
        ]
        total = self._factor(species) * sum(terms, start=S.Zero)
        if self._is_amount(species):
            return total
        compartment = species.getCompartment()
        volume = self.meaning(compartment)
        dilution = self.symbols[name] * self.rate(compartment) / volume
        return sum((term / volume for term in total.as_ordered_terms()), start=S.Zero) - dilution

    def _along(self, value: Expr) -> Expr:
        """The rate of what other quantities determine."""
        names = {self.symbols[n]: n for n in self.states}
        moved = [s for s in value.free_symbols if s in names]
        changes = (partial_derivative(value, s) * self.rate(names[s]) for s in moved)  # type: ignore[arg-type, index]
        return sum(changes, start=partial_derivative(value, self.time))

    # -- what things are at the start ------------------------------------------------------------

    def start(self, name: str) -> float | None:
        """The value at time 0, None where the model does not say it."""
        value = self._start(name)
        return None if value is None or not isfinite(value) else float(value)

    def _start(self, name: str) -> float | None:
        if name in self.starts:
            return self._at_start(self._math(self.starts[name], f"the initial assignment of {name}"), name)
        if name in self.assigned:
            return self._at_start(self.meaning(name), name)
        kind, element = self.known[name]
        if kind == "species":
            return self._start_of_species(element)
        if kind == "compartment":
            return element.getSize() if element.isSetSize() or self.model.getLevel() == 1 else None
        if kind == "reference":
            return element.getStoichiometry()
        return element.getValue() if element.isSetValue() else None

    def _start_of_species(self, species: Any) -> float | None:
        amount = species.isSetInitialAmount()
        if not amount and not species.isSetInitialConcentration():
            return None
        value = species.getInitialAmount() if amount else species.getInitialConcentration()
        if amount == self._is_amount(species):
            return value
        size = self.start(species.getCompartment())
        if not size:
            return None
        return value / size if amount else value * size

    def _at_start(self, value: Expr, name: str) -> float | None:
        key = ("initial value", name)
        if key in self._open:
            raise Unsupported(f"{self.path}: the initial value of {name} depends on itself")
        self._open.append(key)
        try:
            names = {s: n for n, s in self.symbols.items()}
            found: dict[Any, Any] = {self.time: Integer(0)}
            for symbol in (s for s in value.free_symbols if s in names):
                begun = self.start(names[symbol])  # type: ignore[index]
                if begun is None:
                    return None
                found[symbol] = decimal_of(begun)
            number = exact(exact(value).xreplace(found)).evalf(17)
        finally:
            self._open.pop()
        return float(number) if number.is_Float or number.is_Rational else None

    # -- the whole -------------------------------------------------------------------------------

    def read(self) -> ModelFile:
        """The equations, parameters with their values, and the values at the start."""
        if not self.states:
            raise NotSolvable(f"{self.path}: nothing in the model changes; there are no reactions and no rate rules")
        unknowns = tuple(Symbol(self.symbols[n].name, real=True) for n in self.states)
        plain = {self.symbols[n]: x for n, x in zip(self.states, unknowns, strict=True)}
        rhs = tuple(self.rate(n).xreplace(plain) for n in self.states)
        parameters = tuple(self._parameters(rhs, {self.time, *unknowns}))
        starts = ((x.name, self.start(n)) for n, x in zip(self.states, unknowns, strict=True))
        initial = tuple((name, value) for name, value in starts if value is not None)
        notes = (*self.notes, *self._remarks())
        form = SolvedForm(self.time, unknowns, (1,) * len(unknowns), rhs, parameters, notes)
        return ModelFile(form, self.model.getName() or self.model.getId(), initial)

    def _parameters(self, rhs: tuple[Expr, ...], variables: set[Symbol]) -> Iterator[Parameter]:
        names = {s: n for n, s in self.symbols.items()}
        free = {s for e in rhs for s in e.free_symbols if isinstance(s, Symbol) and not is_decimal(s)} - variables
        order = [*self.symbols.values(), *self.local]
        for symbol in sorted(free, key=order.index):
            value = self.local[symbol] if symbol in self.local else self.start(names[symbol])
            if symbol.is_positive and value is not None and value <= 0:
                raise Unsupported(f"{self.path}: the compartment {symbol.name} has the size {value:g}")
            yield Parameter(symbol, ("positive",) if symbol.is_positive else (), value)

    def _remarks(self) -> Iterator[str]:
        """What was put in or left out, in sentences."""
        ones = [n for n, (kind, _) in self.known.items() if kind == "compartment" and self.meaning(n) == 1]
        if ones:
            yield f"compartments of size 1 are written as 1: {', '.join(ones)}"
        amounts = [n for n in self.states if self.known[n][0] == "species" and self._is_amount(self.known[n][1])]
        if amounts:
            yield f"amounts, not concentrations: {', '.join(amounts)}"
        still = [n for n, (kind, _) in self.known.items() if kind == "species" and n not in (*self.states, *self.assigned)]
        if still:
            yield f"species that nothing changes are parameters: {', '.join(still)}"
        if self.assigned:
            yield f"what rules assign is put in where it is named: {', '.join(self.assigned)}"
        for name, element in self.starts.items():
            if name in self.known and name not in self.states:
                yield f"{name} starts as {self.library.formulaToL3String(element.getMath())} and is a parameter of its own"
        if self.model.getNumConstraints():
            yield f"left out: {self.model.getNumConstraints()} constraints, which warn and change nothing"
        remarks = unit_remarks(self.document)
        if remarks:
            yield f"units do not fit in {counted(remarks, 'place')} (libSBML's check); they are not used"
