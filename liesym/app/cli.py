"""The command line: `liesym analyze | classify | determine | verify | noether | reduce | solve | explain | …`.

Here stand the options of each command. What it does is a function of the same name in one of the modules of
`liesym.app.commands`, which is loaded when the command is called: `liesym --help` starts without them.
"""

import functools
import gc
import re
import sys
from collections.abc import Callable
from importlib import import_module
from io import TextIOWrapper
from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from liesym.app.console import guarded
from liesym.base.memory import GIGABYTES, memory_limit
from liesym.base.version import __version__
from liesym.errors import Unsupported

EXPRESSION = re.compile(r"(-(?!-)|--(?![a-z-]+(=|$))).*['^*(=]")
"""An argument that begins with a minus and is no option: -x''=x, -(x'^2+y'^2)/2."""


class Commands(TyperGroup):
    """The commands; an equation that begins with a minus is not taken for an option."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """With a space before such a minus, which the grammar does not see."""
        return super().parse_args(ctx, [f" {a}" if EXPRESSION.match(a) else a for a in args])


app = typer.Typer(
    name="liesym",
    cls=Commands,
    help="Lie point symmetries of ordinary differential equations, and networks that respect them.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)

Inputs = Annotated[
    list[str] | None,
    typer.Argument(metavar="FILE | EQUATION", help="A file (TOML, SBML and other models), or equations as text."),
]
Independent = Annotated[
    str | None, typer.Option(help="Name of the independent variable; read off the equation unless given.")
]
Ansatz = Annotated[
    str | None,
    typer.Option(help="general | affine | polynomial: 2 | separable: t(t), z(z), v(u,v) | span: 1, u, log(u)"),
]
Moving = Annotated[
    str | None,
    typer.Option(help="Parameters that the symmetries may move too: their names, such as k1,k2, or all."),
]
Budget = Annotated[float, typer.Option(help="Seconds that the search may take.")]
Memory = Annotated[float, typer.Option(help="Gigabytes that the search may take.")]
Branch = Annotated[int | None, typer.Option(help="Which solution of implicit equations to take, from 0.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="The summary in sentences alone, no progress.")]
Verbose = Annotated[bool, typer.Option("--verbose", "-v", help="The determining system too.")]
AsLatex = Annotated[bool, typer.Option("--latex", help="Print LaTeX.")]
Seed = Annotated[int, typer.Option(help="Seed of the random draws.")]


def main() -> None:
    """The entry point of the command."""
    sys.setrecursionlimit(max(sys.getrecursionlimit(), 10_000))  # long sums are deep trees in SymPy
    gc.set_threshold(50_000, 20, 50)  # expressions hold no circles: looking for them takes up to a tenth of a command
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):  # a terminal without Greek letters shows their numbers
            stream.reconfigure(errors="backslashreplace")
    app()


def loaded(module: str, extra: str = "") -> Callable[[Callable[..., None]], Callable[..., None]]:
    """A command whose work is the function of its name in a module that is imported at the call.

    Its limit of memory is set around the work.

    Arguments:
        module: its full name.
        extra: what must be installed for it beside the libraries that every command needs.
    """

    def around(declared: Callable[..., None]) -> Callable[..., None]:
        @functools.wraps(declared)
        def run(**given: Any) -> None:
            with memory_limit(given.pop("memory")):
                getattr(_module(module, extra), declared.__name__)(**given)

        return run

    return around


def _module(name: str, extra: str) -> Any:
    """The module of a command.

    Raises:
        Unsupported: a library of the extra is not installed.
    """
    try:
        return import_module(name)
    except ModuleNotFoundError as error:
        if not extra or (error.name or "").split(".")[0] == "liesym":
            raise
        where = f"in a checkout of liesym: pip install -c constraints.txt -e '.[{extra}]'"
        raise Unsupported(f"this command needs {error.name}, which is not installed; {where}") from None


def _version(asked: bool) -> None:
    if asked:
        typer.echo(f"liesym {__version__}")
        raise typer.Exit()


@app.callback()
def _options(
    version: Annotated[bool, typer.Option("--version", callback=_version, is_eager=True)] = False,
) -> None:
    """Lie point symmetries of ordinary differential equations, and networks that respect them."""


@app.command(epilog="Example: liesym analyze \"y'' + 3*y*y' + y^3 = 0\"")
@guarded
@loaded("liesym.app.commands.search")
def analyze(
    inputs: Inputs = None,
    as_json: AsJson = False,
    ansatz: Ansatz = None,
    budget: Budget = 60.0,
    memory: Memory = GIGABYTES,
    moving: Moving = None,
    independent: Independent = None,
    classify: Annotated[bool, typer.Option(help="Follow the special values of the parameters.")] = False,
    branch: Branch = None,
    integrals: Annotated[bool, typer.Option(help="Look for first integrals too.")] = True,
    seed: Seed = 0,
    output: Annotated[Path | None, typer.Option("--output", "-o", help="Write the JSON here.")] = None,
    as_latex: AsLatex = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
) -> None:
    """Symmetries, completeness, algebra, conditions and first integrals."""


@app.command(epilog="Example: liesym determine \"y'' = -y\"")
@guarded
@loaded("liesym.app.commands.search")
def determine(
    inputs: Inputs = None,
    as_json: AsJson = False,
    ansatz: Ansatz = None,
    budget: Budget = 60.0,
    memory: Memory = GIGABYTES,
    moving: Moving = None,
    independent: Independent = None,
    branch: Branch = None,
) -> None:
    """The determining system of the infinitesimals, before and after splitting."""


@app.command(epilog="Example: liesym verify \"y'' = 0\" --generator 't: t^2; y: t*y'")
@guarded
@loaded("liesym.app.commands.search")
def verify(
    inputs: Inputs = None,
    generator: Annotated[
        str | None,
        typer.Option(help='The infinitesimals, such as "t: 1; x: 0"; not named means 0, new names are arbitrary.'),
    ] = None,
    moving: Moving = None,
    independent: Independent = None,
    branch: Branch = None,
    budget: Budget = 60.0,
    memory: Memory = GIGABYTES,
) -> None:
    """Is it a symmetry? The nonzero remainder if not. Also rechecks a saved result of `analyze --json`."""


@app.command(epilog="Example: liesym classify \"y'' + k*y*y' + y^3 = 0\"")
@guarded
@loaded("liesym.app.commands.search")
def classify(
    inputs: Inputs = None,
    as_json: AsJson = False,
    budget: Budget = 60.0,
    memory: Memory = GIGABYTES,
    moving: Moving = None,
    independent: Independent = None,
    branch: Branch = None,
    depth: Annotated[int, typer.Option(min=1, max=4, help="How many conditions may be imposed together.")] = 2,
    seed: Seed = 0,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="The cases in sentences alone, no progress.")] = False,
    verbose: Annotated[bool, typer.Option("--verbose", "-v", help="The generators of each case too.")] = False,
) -> None:
    """Symmetries by the values of the parameters and the forms of the arbitrary functions."""


@app.command(epilog='Example: liesym noether "x\'^2/2 - x^2/2"')
@guarded
@loaded("liesym.app.commands.derive")
def noether(
    inputs: Annotated[list[str], typer.Argument(metavar="LAGRANGIAN | FILE | EQUATION")],
    as_json: AsJson = False,
    budget: Budget = 60.0,
    memory: Memory = GIGABYTES,
    independent: Annotated[
        str | None, typer.Option(help="Name of the independent variable; of a Lagrangian t unless given.")
    ] = None,
    branch: Branch = None,
) -> None:
    """Conserved quantities of a Lagrangian, gauge terms allowed; from equations, a Lagrangian is looked for first."""


@app.command(epilog="Example: liesym lagrangian \"m*(r'^2 + r^2*phi'^2)/2 - V(r)\" --coordinates r,phi")
@guarded
@loaded("liesym.app.commands.derive")
def lagrangian(
    text: Annotated[str, typer.Argument(metavar="LAGRANGIAN")],
    coordinates: Annotated[str | None, typer.Option(help="Names such as x,y; those with primes unless given.")] = None,
    force: Annotated[
        list[str] | None, typer.Option(help='A generalized force, such as "x: -c*x\'"; once for each coordinate.')
    ] = None,
    as_json: AsJson = False,
    budget: Budget = 60.0,
    memory: Memory = GIGABYTES,
    independent: Annotated[str | None, typer.Option(help="Name of the time; t unless given.")] = None,
) -> None:
    """Momenta, energy, equations and constants of motion that a Lagrangian shows, with forces from outside if given."""


@app.command(epilog="Example: liesym reduce \"y'' = y'^2/y\"")
@guarded
@loaded("liesym.app.commands.derive")
def reduce(
    inputs: Inputs = None,
    as_json: AsJson = False,
    budget: Budget = 60.0,
    memory: Memory = GIGABYTES,
    independent: Independent = None,
    branch: Branch = None,
) -> None:
    """Lower order by each symmetry, Lie's linearization test and canonical forms, and the general solution."""


@app.command(epilog='Example: liesym solve "y\'\' + y = 0" --at "y(0)=1, y\'(0)=0"')
@guarded
@loaded("liesym.app.commands.solve")
def solve(
    inputs: Inputs = None,
    as_json: AsJson = False,
    at: Annotated[str | None, typer.Option(help='Conditions, such as "y(0)=1, y\'(0)=0".')] = None,
    steps: Annotated[bool, typer.Option("--steps", help="The way to them too, each line checked.")] = False,
    budget: Budget = 60.0,
    memory: Memory = GIGABYTES,
    independent: Independent = None,
    branch: Branch = None,
) -> None:
    """Solutions of an equation or a system, each substituted and looked at with numbers before it is printed."""


@app.command(epilog="Example: liesym explain \"y'' = 0\" --steps")
@guarded
@loaded("liesym.app.commands.explain")
def explain(
    inputs: Inputs = None,
    steps: Annotated[bool, typer.Option("--steps", help="What is known and what is left after each step too.")] = False,
    as_json: AsJson = False,
    as_latex: AsLatex = False,
    output: Annotated[Path | None, typer.Option("--output", "-o", help="Write a page here.")] = None,
    ansatz: Ansatz = None,
    budget: Budget = 60.0,
    memory: Memory = GIGABYTES,
    independent: Independent = None,
    branch: Branch = None,
    seed: Seed = 0,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="No progress.")] = False,
) -> None:
    """The way to the symmetries as a textbook writes it: prolongation, determining equations, their solution by steps."""


@app.command(epilog="Example: liesym identify \"S' = -b*S*I; I' = b*S*I - g*I\" --observe 'y = k*I'")
@guarded
@loaded("liesym.app.commands.observe")
def identify(
    observe: Annotated[list[str], typer.Option(help='What is measured, such as "y1 = x1 + x2"; once for each observable.')],
    inputs: Inputs = None,
    known: Annotated[str | None, typer.Option(help="Parameters and states whose values are known, such as k1,k2.")] = None,
    driven: Annotated[
        str | None, typer.Option("--input", help="Known functions of time in the equations or observables, such as u,v.")
    ] = None,
    initial: Annotated[str | None, typer.Option(help='Initial states that are given, such as "x=0, S=N-I".')] = None,
    as_json: AsJson = False,
    budget: Budget = 60.0,
    memory: Memory = GIGABYTES,
    independent: Independent = None,
    branch: Branch = None,
    seed: Seed = 0,
) -> None:
    """Which parameters and initial states the observables determine, and the symmetries that hide the others."""


@app.command(epilog="Example: liesym constrain \"x'' = f(x,y); y'' = g(x,y)\"")
@guarded
@loaded("liesym.app.commands.derive")
def constrain(
    inputs: Inputs = None,
    integral: Annotated[
        list[str] | None, typer.Option(help="A law to build in, such as 'x^2 + y^2'; once for each.")
    ] = None,
    generator: Annotated[
        list[str] | None, typer.Option(help="A symmetry to build in, such as 'x: -y; y: x'; once for each.")
    ] = None,
    as_json: AsJson = False,
    budget: Budget = 60.0,
    memory: Memory = GIGABYTES,
    independent: Independent = None,
    branch: Branch = None,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="One line a relation, no progress.")] = False,
    verbose: Annotated[bool, typer.Option("--verbose", "-v", help="What each unknown function becomes, too.")] = False,
) -> None:
    """What holds for every choice of the unknown functions, and under which relations between them more holds."""


@app.command(epilog="Example: liesym discover trajectories.csv")
@guarded
@loaded("liesym.app.commands.observe")
def discover(
    data: Annotated[
        Path,
        typer.Argument(
            metavar="DATA", help="A .csv table (t, states, trajectory) or an .npz archive (times, states, names)."
        ),
    ],
    names: Annotated[
        str | None, typer.Option(help="Names of the states, such as x,y; those of the file unless given.")
    ] = None,
    noise: Annotated[float | None, typer.Option(help="Standard deviation of the states; estimated unless given.")] = None,
    as_json: AsJson = False,
    budget: Budget = 60.0,
    memory: Memory = GIGABYTES,
    independent: Annotated[str | None, typer.Option(help="Name of the column of times.")] = None,
    identify: Annotated[bool, typer.Option(help="Also look for equations, and prove laws and symmetries in these.")] = True,
    seed: Seed = 0,
) -> None:
    """Laws of measured trajectories, each with its grade and evidence; equations, and the symmetries of these."""


@app.command(epilog="Example: liesym convert model.xml -o model.toml")
@guarded
@loaded("liesym.app.commands.convert")
def convert(
    inputs: Inputs = None,
    source: Annotated[
        str | None,
        typer.Option(
            "--from",
            help="sbml | toml | text | pysindy | xpp | antimony | catalyst | modelingtoolkit | modelica | latex | index | "
            "matrix | definitions; told by the input unless given.",
        ),
    ] = None,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="The file to write: .toml, .txt (equations alone), .xml or .sbml.")
    ] = None,
    as_json: AsJson = False,
    memory: Memory = GIGABYTES,
    independent: Independent = None,
    branch: Branch = None,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="No remarks on the standard error.")] = False,
) -> None:
    """SBML and other models into the text format of liesym, and back where they can hold it."""


@app.command(
    epilog="Example: liesym export examples/lotka_volterra.toml --residual conservation --backend jax -o residuals.py"
)
@guarded
@loaded("liesym.app.commands.learn")
def export(
    inputs: Inputs = None,
    residual: Annotated[str, typer.Option(help="invariance | group | conservation | backward")] = "invariance",
    backend: Annotated[str, typer.Option(help="torch | jax | numpy")] = "numpy",
    output: Annotated[Path, typer.Option("--output", "-o", help="The module to write.")] = Path("residuals.py"),
    generator: Annotated[str | None, typer.Option(help='Such as "t: 1; x: 0"; found unless given.')] = None,
    integral: Annotated[str | None, typer.Option(help="A first integral; found unless given.")] = None,
    order: Annotated[int | None, typer.Option(help="Order of the Lie series for a group residual.")] = None,
    name: Annotated[str, typer.Option(help="Name of the function in the module.")] = "residual",
    ansatz: Ansatz = None,
    budget: Budget = 60.0,
    memory: Memory = GIGABYTES,
    independent: Independent = None,
    branch: Branch = None,
) -> None:
    """A residual as a stand-alone module that imports only its backend."""


@app.command(epilog="Example: liesym train examples/lotka_volterra.toml --data data.csv --backend torch")
@guarded
@loaded("liesym.app.commands.learn")
def train(
    data: Annotated[Path, typer.Option(help="Trajectories, .npz or .csv.")],
    inputs: Annotated[
        list[str] | None,
        typer.Argument(metavar="FILE", help="A file (TOML, SBML and other models), or equations; none with --discover."),
    ] = None,
    discover: Annotated[
        bool, typer.Option("--discover", help="Take the laws from the data: no equations are needed.")
    ] = False,
    backend: Annotated[str, typer.Option(help="torch | jax")] = "torch",
    residual: Annotated[str, typer.Option(help="auto | conservation | invariance | none")] = "auto",
    weight: Annotated[float, typer.Option(help="Weight of the residual.")] = 1.0,
    search: Annotated[int, typer.Option(help="Trials of a search for the weight; 0 takes --weight.")] = 0,
    split: Annotated[float, typer.Option(help="Fraction of the data to train on.")] = 0.7,
    seeds: Annotated[str, typer.Option(help="Seeds, such as 0,1,2.")] = "0",
    steps: Annotated[int, typer.Option(help="Optimizer steps.")] = 1000,
    learning_rate: Annotated[float, typer.Option(help="Learning rate at the first step.")] = 5e-3,
    window: Annotated[int, typer.Option(help="Times in a window of the rollout.")] = 8,
    width: Annotated[int, typer.Option(help="Width of the network.")] = 32,
    out: Annotated[Path, typer.Option("--out", "-o", help="Folder for results.")] = Path("results"),
    budget: Annotated[float, typer.Option(help="Seconds for finding the laws.")] = 30.0,
    memory: Memory = GIGABYTES,
    independent: Independent = None,
    branch: Branch = None,
) -> None:
    """A Neural ODE with the laws of the system in its loss, and the same network without them beside it."""


@app.command(epilog="Example: liesym report \"y'' = -sin(y)\" -o report.html")
@guarded
@loaded("liesym.app.commands.many")
def report(
    inputs: Inputs = None,
    output: Annotated[Path, typer.Option("--output", "-o", help="The page to write.")] = Path("report.html"),
    ansatz: Ansatz = None,
    budget: Budget = 60.0,
    memory: Memory = GIGABYTES,
    independent: Independent = None,
    branch: Branch = None,
    seed: Seed = 0,
) -> None:
    """One self-contained page: equations, symmetries, algebra, certificate, pictures."""


@app.command(epilog="Example: liesym serve --port 8000")
@guarded
@loaded("liesym.app.commands.serve", "serve")
def serve(
    port: Annotated[int, typer.Option(help="Port of 127.0.0.1; 0 takes a free one.")] = 8000,
    budget: Annotated[float, typer.Option(help="Seconds that one question may take at most.")] = 60.0,
    memory: Memory = GIGABYTES,
) -> None:
    """The report as a local app in a browser: one field for the equation, on this machine alone."""


@app.command(epilog="Example: liesym batch corpus.json -o batch.jsonl")
@guarded
@loaded("liesym.app.commands.many")
def batch(
    corpus: Annotated[Path, typer.Argument(metavar="CORPUS.json", help="A list of systems.")],
    output: Annotated[Path, typer.Option("--output", "-o", help="One line of JSON a system.")] = Path("batch.jsonl"),
    workers: Annotated[int, typer.Option(help="Processes on this machine; 0 takes all cores.")] = 0,
    dask: Annotated[str | None, typer.Option(help="Address of a Dask scheduler.")] = None,
    budget: Annotated[float, typer.Option(help="Seconds for each system.")] = 60.0,
    memory: Memory = GIGABYTES,
    only: Annotated[str | None, typer.Option(help="Take the systems whose id or class holds this.")] = None,
    seed: Seed = 0,
) -> None:
    """Many systems at once, on processes or a Dask cluster; a second call goes on where the first ended."""
