"""Both runs that a reader can repeat, in both backends at once: the charged particle, and lynx and hare.

    python examples/demo.py [--out results] [--seeds 0 1 2] [--toy-steps 200] [--steps 800]

Prints one table each and says where the picture and the records are. Each backend is a process of its own
with one thread, so two cores are enough for both.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import time
from pathlib import Path

import lynx_hare
import toy

from liesym.errors import TrainingError
from liesym.learn.experiment import print_table, read_results, write_results
from liesym.lowering.export import export as write_module
from liesym.residuals import conservation

BACKENDS = ("torch", "jax")
ONE_THREAD = {
    "OMP_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "XLA_FLAGS": "--xla_cpu_multi_thread_eigen=false",
}


def work(backend: str, options: argparse.Namespace) -> None:
    """Both runs of one backend, written to one record."""
    seeds = tuple(options.seeds)
    record = {
        "export": export(backend, options.out),
        "toy": toy.run(backend, seeds, options.toy_steps),
        "lynx_hare": lynx_hare.run(backend, seeds, options.steps),
    }
    write_results(options.out / f"demo-{backend}.json", record)


def export(backend: str, folder: Path) -> str:
    """The conservation residual of Lotka-Volterra as a stand-alone module of the backend."""
    system, integral = lynx_hare.law()
    path = folder / f"lotka_volterra_{backend}.py"
    write_module(conservation(integral, system), path, backend=backend, title=system.title)
    return str(path)


def start(backend: str, options: argparse.Namespace) -> subprocess.Popen[bytes]:
    """The process of one backend."""
    command = [sys.executable, __file__, "--only", backend, "--out", str(options.out)]
    command += ["--toy-steps", str(options.toy_steps), "--steps", str(options.steps)]
    command += ["--seeds", *map(str, options.seeds)]
    return subprocess.Popen(command, env=os.environ | ONE_THREAD)


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--out", type=Path, default=Path("results"))
    parser.add_argument("--seeds", nargs="+", type=int, default=[0, 1, 2])
    parser.add_argument("--toy-steps", type=int, default=200)
    parser.add_argument("--steps", type=int, default=800)
    parser.add_argument("--only", choices=BACKENDS, help=argparse.SUPPRESS)
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    if options.only:
        work(options.only, options)
        return
    began = time.perf_counter()
    running = {backend: start(backend, options) for backend in BACKENDS}
    for backend, process in running.items():
        if process.wait():
            raise TrainingError(f"the run of {backend} stopped with exit status {process.returncode}; see above")
    records = [read_results(options.out / f"demo-{backend}.json") for backend in BACKENDS]
    toys, lynxes = [r["toy"] for r in records], [r["lynx_hare"] for r in records]
    for generator in toys[0]["generators"]:
        print("symmetry of z' = cos(theta1*z + theta2):", generator)
    print_table("Charged particle", toy.COLUMNS, [row for result in toys for row in toy.rows(result)])
    print("first integral of Lotka-Volterra:", lynxes[0]["integral"])
    print_table("Lynx and hare", lynx_hare.COLUMNS, [row for r in lynxes for row in lynx_hare.rows(r)])
    path = lynx_hare.picture(lynxes, options.out / "lynx_hare.png")
    print(f"exported modules: {', '.join(r['export'] for r in records)}")
    print(f"records: {options.out / 'demo-torch.json'}, {options.out / 'demo-jax.json'}")
    print(f"picture: {path}")
    print(f"{time.perf_counter() - began:.0f} seconds")


if __name__ == "__main__":
    main()
