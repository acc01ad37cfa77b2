"""Fields that keep a structure for every network in them: brackets with Casimirs, friction that keeps the energy, ports.

With scalars H, E, S of the states x of shape (…, n), and matrices of given expressions in the states:

    x' = J ∇H                                        J antisymmetric, J ∇C = 0
    x' = J ∇E + |∇E|² ∇S - (∇E·∇S) ∇E                S a function of the Casimirs C
    x' = (J - L Lᵀ) ∇H + G u(t)

The first keeps H and every C. The second keeps E, as the bracket of E with itself is 0 and the friction is orthogonal to ∇E;
as J ∇S = 0, its entropy has S' = Σ_{i<j} (E_i S_j - E_j S_i)², a sum of squares (Lagrange's identity). Of the third, H
changes by H' = -|Lᵀ ∇H|² + (Gᵀ ∇H)·u: what is lost and what comes in by the ports. None of this asks for Jacobi's
identity, so brackets of nonholonomic systems are allowed. That a law holds whatever H, E, S and u are is proven by the
engine, with these as unknown functions, before a module is made.

Source: Morrison 1986; Grmela and Öttinger 1997; van der Schaft and Jeltsema 2014, sections 2.2 and 6.1.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from sympy import Expr

from liesym.determine.verify import is_first_integral
from liesym.errors import TrainingError
from liesym.learn.arrays import AbstractModule, Array, together
from liesym.learn.mechanics import check_scalar
from liesym.lowering.lower import lower
from liesym.model.system import ODESystem
from liesym.text.reader import read_expression

Rows = Sequence[Sequence[str | float]]


@dataclass(frozen=True, slots=True)
class StructureCertificate:
    """What was proven of a structure, with the networks as unknown functions.

    Arguments:
        system: the equations; besides the states it has one unknown for each balance, whose rate is what is lost or gained.
        laws: expressions that are constant along every solution for every such function.
    """

    system: ODESystem
    laws: tuple[Expr, ...]


class Structure:
    """Names of the states and what is built over them, as text.

    Arguments:
        names: of the states, in order.
        rows: the bracket J, expressions in the states.
        others: expressions whose names are taken too.

    Raises:
        TrainingError: J is not of shape (n, n).
    """

    def __init__(self, names: Sequence[str], rows: Rows, others: Sequence[Any] = ()) -> None:
        self.names = tuple(names)
        self.taken = {*self.names, *re.findall(r"[A-Za-z_]\w*", repr((rows, others)))}
        self.time = self.free("t")
        self.bracket = matrix("the bracket", rows, len(self.names))
        if len(self.bracket[0]) != len(self.names):
            raise TrainingError(f"the bracket has {len(self.bracket[0])} columns; expected {len(self.names)}")

    def free(self, name: str) -> str:
        """A name that occurs nowhere."""
        while name in self.taken:
            name += "_"
        return name

    def applied(self, function: str) -> str:
        """H(x, y, z)."""
        return f"{function}({', '.join(self.names)})"

    def slopes(self, function: str) -> list[str]:
        """∇ of an expression, component by component."""
        return [f"D({function}, {name})" for name in self.names]

    def equations(self, rates: Sequence[str], balances: Sequence[tuple[str, str]] = ()) -> ODESystem:
        """The system of these rates, with more unknowns for balances."""
        pairs = [*zip(self.names, rates, strict=True), *balances]
        text = "; ".join(f"{name}' = {rate}" for name, rate in pairs)
        return ODESystem.parse(text, independent=self.time)

    def lowered(self, entries: Sequence[str], backend: str) -> Callable[..., Array]:
        """(t, x, args) -> the values of expressions in the states on one axis."""
        system = self.equations(["0"] * len(self.names))
        return lower([_read(system, e) for e in entries], system.unknowns, backend=backend, t=system.independent)

    def proven(self, system: ODESystem, laws: Sequence[tuple[str, str]]) -> StructureCertificate:
        """The laws, given as (name, text), each proven.

        Raises:
            TrainingError: names the one that does not hold for every network.
        """
        found = []
        for name, text in laws:
            law = _read(system, text)
            if not is_first_integral(law, system):
                raise TrainingError(f"{name} is not kept for every network: {text} is not constant")
            found.append(law)
        return StructureCertificate(system, tuple(found))


def matrix(what: str, rows: Rows, count: int) -> list[list[str]]:
    """Rows as text in brackets, so that they can be put into products.

    Raises:
        TrainingError: not as many rows as states, or rows of different lengths.
    """
    if len(rows) != count or len({len(row) for row in rows}) != 1 or not len(rows[0]):
        raise TrainingError(f"{what}: rows of {[len(row) for row in rows]} entries; expected {count} rows of one length")
    return [[f"({entry})" for entry in row] for row in rows]


def product(rows: Sequence[Sequence[str]], vector: Sequence[str]) -> list[str]:
    """A matrix times a vector, as text."""
    return [" + ".join(f"{a}*{b}" for a, b in zip(row, vector, strict=True)) for row in rows]


def _read(system: ODESystem, text: str) -> Expr:
    """An expression over the variables of a system."""
    return read_expression(text, symbols={v.name: v for v in system.variables})


class AbstractPoissonODE(AbstractModule):
    """x' = J(x) ∇H of a scalar H(x): keeps H and the Casimirs, whatever H is.

    Arguments:
        hamiltonian: called as H(x), values of shape (…) or (…, 1).
        bracket: n rows of n expressions in the states, as text; names that are no states are parameters, read from args.
        names: of the states.
        casimirs: expressions C with J ∇C = 0.

    Raises:
        TrainingError: a law that does not hold for every H, as where J is not antisymmetric.
    Source: Morrison 1998, section IV.
    """

    def __init__(self, hamiltonian: Any, bracket: Rows, names: Sequence[str], casimirs: Sequence[str] = ()) -> None:
        super().__init__()
        frame = Structure(names, bracket, casimirs)
        h = frame.applied(frame.free("H"))
        system = frame.equations(product(frame.bracket, frame.slopes(h)))
        laws = [("the Hamiltonian", h), *(("the Casimir", c) for c in casimirs)]
        self.hamiltonian, self.certificate = hamiltonian, frame.proven(system, laws)
        self.entries = frame.lowered([e for row in frame.bracket for e in row], self.arrays.name)

    def forward(self, t: Any, x: Array, args: Any = None) -> Array:
        """Shape (…, n)."""
        t, x = together(self.arrays, 0.0 if t is None else t, self.received(x))
        return _times(self.entries(t, x, args), self.slopes(x))

    def energy(self, t: Any, x: Array, args: Any = None) -> Array:
        """H of shape (…, 1)."""
        return _value("the Hamiltonian", self.hamiltonian, x)[..., None]

    def slopes(self, x: Array) -> Array:
        """∇H of shape (…, n); samples do not mix, so the gradient of their sum holds that of each."""
        return self.arrays.gradient(lambda x: _value("the Hamiltonian", self.hamiltonian, x).sum(), x)[0]


class AbstractMetriplecticODE(AbstractModule):
    """x' = J ∇E + |∇E|² ∇S - (∇E·∇S) ∇E with S a function of the Casimirs: keeps E, and S never falls.

    Arguments:
        potential: the energy, called as E(x), values of shape (…) or (…, 1).
        entropy: called as S(c) with the Casimirs of shape (…, r), values of shape (…) or (…, 1).
        bracket, names, casimirs: as for a `PoissonODE`, at least one Casimir.

    Raises:
        TrainingError: no Casimir, or a law that does not hold for every E and S.
    Source: Morrison 1986; Grmela and Öttinger 1997.
    """

    def __init__(self, potential: Any, entropy: Any, bracket: Rows, names: Sequence[str], casimirs: Sequence[str]) -> None:
        super().__init__()
        if not casimirs:
            raise TrainingError("no Casimir; the entropy is a function of those, so that the bracket leaves it alone")
        frame = Structure(names, bracket, casimirs)
        e, s = frame.applied(frame.free("E")), f"{frame.free('S')}({', '.join(casimirs)})"
        along, across = frame.slopes(e), frame.slopes(s)
        size, common = (" + ".join(f"{a}*{b}" for a, b in zip(along, v, strict=True)) for v in (along, across))
        friction = [f"({size})*{b} - ({common})*{a}" for a, b in zip(along, across, strict=True)]
        rates = [f"{one} + {two}" for one, two in zip(product(frame.bracket, along), friction, strict=True)]
        pairs = [(i, j) for j in range(len(along)) for i in range(j)]
        squares = " + ".join(f"({along[i]}*{across[j]} - {along[j]}*{across[i]})^2" for i, j in pairs)
        gained = frame.free("gained")
        system = frame.equations(rates, [(gained, squares or "0")])
        laws = [("the energy", e), ("the entropy less what is gained", f"{s} - {gained}")]
        self.potential, self.entropy = potential, entropy
        self.certificate = frame.proven(system, laws)
        self.entries = frame.lowered([e for row in frame.bracket for e in row], self.arrays.name)
        self.casimirs = frame.lowered(casimirs, self.arrays.name)

    def forward(self, t: Any, x: Array, args: Any = None) -> Array:
        """Shape (…, n)."""
        t, x = together(self.arrays, 0.0 if t is None else t, self.received(x))
        along = self.arrays.gradient(lambda x: _value("the energy", self.potential, x).sum(), x)[0]
        across = self.arrays.gradient(lambda x: self._entropy(t, x, args).sum(), x)[0]
        friction = (along * along).sum(-1, keepdims=True) * across - (along * across).sum(-1, keepdims=True) * along
        return _times(self.entries(t, x, args), along) + friction

    def energy(self, t: Any, x: Array, args: Any = None) -> Array:
        """E of shape (…, 1), constant along solutions."""
        return _value("the energy", self.potential, x)[..., None]

    def growing(self, t: Any, x: Array, args: Any = None) -> Array:
        """S of shape (…, 1), which never falls along solutions."""
        t, x = together(self.arrays, 0.0 if t is None else t, x)
        return self._entropy(t, x, args)[..., None]

    def _entropy(self, t: Any, x: Array, args: Any) -> Array:
        return _value("the entropy", self.entropy, self.casimirs(t, x, args))


class AbstractPortHamiltonianODE(AbstractModule):
    """x' = (J - L Lᵀ) ∇H + G u(t): H falls by |Lᵀ ∇H|² and rises by the power (Gᵀ ∇H)·u, whatever H and u are.

    Arguments:
        hamiltonian: called as H(x), values of shape (…) or (…, 1).
        bracket, names: as for a `PoissonODE`.
        damping: L, n rows of expressions in the states; None for none.
        ports: G, n rows of expressions; None for none.
        inputs: u(t), from times of shape (…) to (…, number of columns of G); without it u = 0.

    Raises:
        TrainingError: the balance does not hold for every H and u.
    Source: van der Schaft and Jeltsema 2014, section 6.1.
    """

    def __init__(
        self,
        hamiltonian: Any,
        bracket: Rows,
        names: Sequence[str],
        *,
        damping: Rows | None = None,
        ports: Rows | None = None,
        inputs: Callable[[Array], Array] | None = None,
    ) -> None:
        super().__init__()
        frame, n = Structure(names, bracket, (damping, ports)), len(names)
        loss = matrix("the damping", [["0"]] * n if damping is None else damping, n)
        gate = matrix("the ports", [["0"]] * n if ports is None else ports, n)
        h = frame.applied(frame.free("H"))
        slopes, given = frame.slopes(h), [f"{frame.free(f'u{k + 1}')}({frame.time})" for k in range(len(gate[0]))]
        lost, power = (product(list(zip(*m, strict=True)), slopes) for m in (loss, gate))  # Lᵀ ∇H and Gᵀ ∇H
        parts = [product(frame.bracket, slopes), product(loss, [f"({v})" for v in lost]), product(gate, given)]
        rates = [f"{a} - ({b}) + {c}" for a, b, c in zip(*parts, strict=True)]
        names_of = frame.free("dissipated"), frame.free("supplied")
        flows = " + ".join(f"({v})^2" for v in lost), " + ".join(f"({v})*{u}" for v, u in zip(power, given, strict=True))
        system = frame.equations(rates, list(zip(names_of, flows, strict=True)))
        law = ("the balance of the Hamiltonian", f"{h} + {names_of[0]} - {names_of[1]}")
        self.hamiltonian, self.inputs, self.certificate = hamiltonian, inputs, frame.proven(system, [law])
        self.entries, self.damping, self.ports = (
            frame.lowered([e for row in rows for e in row], self.arrays.name) for rows in (frame.bracket, loss, gate)
        )

    def forward(self, t: Any, x: Array, args: Any = None) -> Array:
        """Shape (…, n)."""
        t, x = together(self.arrays, 0.0 if t is None else t, self.received(x))
        slopes = self.slopes(x)
        value = _times(self.entries(t, x, args), slopes)
        loss = _rows(self.damping(t, x, args), x.shape[-1])
        value = value - (loss * (loss * slopes[..., None]).sum(-2)[..., None, :]).sum(-1)
        if self.inputs is None:
            return value
        gate = _rows(self.ports(t, x, args), x.shape[-1])
        return value + (gate * self.inputs(t)[..., None, :]).sum(-1)

    def energy(self, t: Any, x: Array, args: Any = None) -> Array:
        """H of shape (…, 1)."""
        return _value("the Hamiltonian", self.hamiltonian, x)[..., None]

    def slopes(self, x: Array) -> Array:
        """∇H of shape (…, n)."""
        return self.arrays.gradient(lambda x: _value("the Hamiltonian", self.hamiltonian, x).sum(), x)[0]


def _value(name: str, scalar: Any, x: Array) -> Array:
    """The values of a scalar of one argument, of shape (…)."""
    found = scalar(x)
    return found[..., 0] if check_scalar(name, found.shape, x.shape[:-1]) else found


def _rows(entries: Array, count: int) -> Array:
    """Entries on one axis as a matrix of so many rows."""
    return entries.reshape(*entries.shape[:-1], count, entries.shape[-1] // count)


def _times(entries: Array, vector: Array) -> Array:
    """A square matrix, given by its entries on one axis, times a vector."""
    return (_rows(entries, vector.shape[-1]) * vector[..., None, :]).sum(-1)
