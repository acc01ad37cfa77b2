"""What is settled before an experiment is run: seeds, budgets, how a model is chosen, and the limits it is held against.

Every experiment reads its entry here, by way of `harness.configuration`; what an entry says is frozen before a test set is
read, so a change of it belongs into a commit of its own, before that of the results. Seeds: at least five, or three
where one run takes more than twenty minutes of processor time, which the entry says. Budgets are steps of the optimizer, the
same for all variants of a comparison, and stand in the TOML file of the experiment; wall time is only reported.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from liesym.errors import DataError

LEAST_SEEDS, LEAST_SEEDS_OF_LONG_RUNS = 5, 3
FIVE = (0, 1, 2, 3, 4)


@dataclass(frozen=True, slots=True)
class Protocol:
    """What one experiment is held to.

    Arguments:
        selection: what is chosen among trained models or settings, and on which data; never the test set.
        seeds: of the runs. More may be run, fewer are named on the page.
        limits: name -> number that a result is held against.
        long: why three seeds are enough; empty where they are not.
        trains: whether there are weights, and so a number of steps.
    """

    selection: str
    seeds: tuple[int, ...] = FIVE
    limits: tuple[tuple[str, float], ...] = ()
    long: str = ""
    trains: bool = True

    def __post_init__(self) -> None:
        least = LEAST_SEEDS_OF_LONG_RUNS if self.long else LEAST_SEEDS
        if len(set(self.seeds)) < least:
            raise DataError(f"{len(set(self.seeds))} seeds; at least {least} are asked for")

    def limit(self, name: str) -> float:
        """The number of that name."""
        return dict(self.limits)[name]


NOTHING = "nothing is chosen: every variant is trained once for each seed with the settings of the file"
PROTOCOLS: Mapping[str, Protocol] = {
    "adjoint_laws": Protocol("nothing is chosen and nothing is trained", trains=False),
    "contrastive": Protocol(
        "settings by the misfit and the ratios on held-out trajectories of seed 0",
        limits=(("ratio", 0.02), ("rank share", 0.95), ("worst trajectory", 0.01)),
    ),
    "exact_laws": Protocol(
        NOTHING, seeds=(214127, 775411, 15173), long="a run of the largest takes more than twenty minutes of a core"
    ),
    "gradient_audit": Protocol(
        "nothing is chosen and nothing is trained",
        seeds=(0, 1, 2, 3, 4, 5),
        limits=(("missed: reported", 1e-3), ("missed: error", 1e-2), ("error over bar, 95 %", 10.0)),
        trains=False,
    ),
    "hamiltonian_network": Protocol("the number of steps, by the misfit on trajectories held out of the training"),
    "hard_forms": Protocol(NOTHING),
    "hybrid_systems": Protocol(
        NOTHING, seeds=(0, 1, 2), limits=(("as trained", 30.0), ("moved", 100.0)), long="there are ten systems"
    ),
    "lagrangian_network": Protocol(NOTHING),
    "small_systems": Protocol("the form of each system, by the error of the derivatives on trajectories held out"),
    "stabilization": Protocol("γ, by the defects from validation starts", limits=(("defect", 5e-5),)),
    "toy_sweep": Protocol(NOTHING),
    "two_body": Protocol(NOTHING),
}


def protocol(name: str) -> Protocol:
    """The entry of an experiment.

    Raises:
        DataError: it has none, so nothing was settled.
    """
    if name not in PROTOCOLS:
        raise DataError(f"no protocol for {name}; write one in protocol.py before the experiment is run")
    return PROTOCOLS[name]


def budgets(config: Mapping[str, Any], place: str = "") -> Iterator[tuple[str, int]]:
    """Every number of optimizer steps in a configuration, with its place; the largest where several are tried."""
    for key, value in config.items():
        name = f"{place}.{key}" if place else key
        if key == "steps":
            yield name, max(value) if isinstance(value, list) else value
        for part in value if isinstance(value, list) else [value]:
            if isinstance(part, Mapping):
                yield from budgets(part, name)


def sentence(name: str, record: Mapping[str, Any]) -> str:
    """What the page of an experiment says of its protocol, and which seeds it lacks."""
    entry, runs, seeds = protocol(name), record["runs"], tuple(record["config"]["seeds"])
    if seeds != entry.seeds:
        text = "* Small sizes: the protocol is not kept.\n"
    else:
        text = f"* Protocol: {len(seeds)} seeds{', as ' + entry.long if entry.long else ''}; {entry.selection}.\n"
    short: dict[tuple[int, ...], list[str]] = {}
    for variant in record["config"]["variants"]:
        lacking = tuple(seed for seed in seeds if f"{variant} | {seed}" not in runs)
        if lacking:
            short.setdefault(lacking, []).append(variant)
    for lacking, variants in short.items():
        who = "every variant" if len(variants) == len(record["config"]["variants"]) else "; ".join(variants)
        text += f"* Not run so far, seed{'s' * (len(lacking) > 1)} {', '.join(map(str, lacking))}: {who}.\n"
    return text
