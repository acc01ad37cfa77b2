"""Bad input on the command line: one clear error, exit status 2, no partial file, nothing run."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from liesym.app.cli import app

TOY = "z' = cos(theta1*z + theta2)"
INJECTION = "__import__('os').system('touch pwned')"
RUNNER = CliRunner()


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty working folder."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def assert_refused(arguments: list[str], words: str, before: set[str] | None = None) -> None:
    """Exit status 2, one error on the standard error with the words, nothing else written anywhere."""
    found = before if before is not None else set(os.listdir())
    result = RUNNER.invoke(app, arguments)
    assert result.exit_code == 2, (result.exit_code, result.stdout, result.stderr)
    assert result.stderr.count("error: ") == 1
    assert result.stderr.startswith("error: ")
    assert words in result.stderr, result.stderr
    assert "Traceback" not in result.stderr
    assert result.stdout == ""
    assert set(os.listdir()) == found


def test_the_check_notices_success(folder: Path) -> None:
    """Control: a sound call is not taken for a refused one."""
    with pytest.raises(AssertionError):
        assert_refused(["determine", "y'' = 0"], "")


EQUATIONS = [
    ("y' = 2 x", "2*x"),
    ("y' = (y", "unbalanced parenthesis"),
    ("y = 3", "no derivative"),
    ("x' = 1; x' = 2", "two equations for one unknown"),
    ("y' = sine(y)", "undefined function sine"),
    ("y' = foo(a)", "undefined function foo"),
    ("sin(y'') = t", "not polynomial"),
    ("x' + y' = 1; 2*x' + 2*y' = 3", "linearly dependent"),
    ("x' = y'", "y has none"),
    ("", "no equation"),
    (INJECTION, "unexpected"),
    (f"y' = {INJECTION}", "unexpected"),
    ("y' = 9^9^9^9", "beyond the limit"),
]
COMMANDS = {
    "analyze": [],
    "determine": [],
    "verify": ["--generator", "t: 1"],
    "export": ["-o", "out.py"],
    "report": ["-o", "out.html"],
}


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize(("text", "words"), EQUATIONS, ids=[t[:20] for t, _ in EQUATIONS])
def test_equations(command: str, text: str, words: str, folder: Path) -> None:
    assert_refused([command, text, *COMMANDS[command]], words)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (
            ["analyze", TOY, "--ansatz", "separable: t(t), q(q)"],
            "'q', which is no variable; the variables are t, z",
        ),
        (["analyze", TOY, "--ansatz", INJECTION], "unexpected"),
        (["analyze", TOY, "--ansatz", f"span: {INJECTION}"], "unexpected"),
        (["analyze", TOY, "--independent", INJECTION], "not a name"),
        (["analyze", TOY, "--budget", "-3"], "--budget"),
        (["analyze", TOY, "--budget", "nan"], "--budget"),
        (["analyze", TOY, "--branch", "4"], "no branch 4"),
        (["analyze", "nothing.toml"], "cannot be read"),
        (["analyze", TOY, "-o", "missing/out.json"], "no folder missing"),
        (["verify", TOY], "--generator"),
        (["analyze", TOY, "--moving", "theta3"], "its parameters are: theta1, theta2"),
        (["analyze", TOY, "--ansatz", "affine: 2"], "affine takes nothing after it"),
        (["verify", TOY, "--generator", "q: 1"], "q is not a variable"),
        (["verify", TOY, "--generator", f"t: {INJECTION}"], "unexpected"),
        (["verify", "nothing.json"], "cannot be read"),
        (["export", TOY, "--residual", "magic"], "--residual is one of"),
        (["export", TOY, "-o", "missing/out.py"], "no folder missing"),
        (["export", TOY, "--generator", "t: t"], "no symmetry"),
        (["export", TOY, "--residual", "conservation", "--integral", "z"], "no first integral"),
        (["export", TOY, "--residual", "conservation", "--integral", INJECTION], "unexpected"),
        (["export", TOY, "--generator", "t: 1", "--backend", "fortran", "-o", "out.py"], "fortran"),
        (["analyze", TOY, "--independent", ""], "not a name"),
        (["noether", "y'^2/2", "--independent", "1"], "not a name"),
        (["noether", "y'^2/2", "--independent", ""], "not a name"),
        (["noether", "y'^2/2", "--branch", "1"], "a Lagrangian has none"),
        (["analyze", TOY, "--moving", ""], "no parameters of the system: ''"),
        (["analyze", TOY, "-o", "x" * 300], "cannot be written"),
        (["report", TOY, "-o", "x" * 300], "cannot be written"),
        (["train", TOY, "--data", "x.csv", "-o", "x" * 300], "cannot be a folder"),
        *(
            (["export", TOY, "--generator", "t: 1", "--name", name], "no name for a Python function beside")
            for name in ("", "a b", "class", "None")
        ),
        *(
            (["export", TOY, "--generator", "t: 1", "--name", name], "no name for a Python function beside")
            for name in ("x", "np", "STATE", "typed", "float")
        ),
        *(
            (["export", TOY, "--residual", "group", "--generator", "t: 1", "--order", n], "from 1 to 20")
            for n in ("0", "-1", "100000")
        ),
        (["export", TOY, "--generator", "t: 1", "--order", "2"], "--order is for group residuals"),
        (["export", TOY, "--residual", "conservation", "--generator", "t: 1"], "--generator is not for conservation"),
        (["export", TOY, "--generator", "t: 1", "--integral", "z"], "--integral is for conservation"),
        (["export", TOY, "--residual", "conservation", "--integral", "theta1"], "constant on every curve"),
        (["train", TOY, "--data", "x.csv", "--weight", "nan"], "weight = nan"),
        (["train", TOY, "--data", "x.csv", "--weight", "inf"], "weight = inf"),
        (["train", TOY, "--data", "x.csv", "--learning-rate", "inf"], "learning_rate = inf"),
        (["train", TOY, "--data", "x.csv", "--width", "0"], "width = 0"),
        (["train", TOY, "--data", "x.csv", "--search", "-1"], "search = -1"),
        (["train", TOY, "--data", "x.csv", "--steps", "-1"], "steps = -1"),
        (["train", TOY, "--data", "x.csv", "--seeds", "1,1"], "none twice"),
        (["train", TOY, "--data", "x.csv", "--seeds", "²"], "--seeds"),
        (["report", TOY, "-o", "missing/out.html"], "no folder missing"),
        (["train", TOY, "--data", "nothing.csv"], "nothing.csv"),
        (["train", TOY, "--data", "x.csv", "--backend", "fortran"], "--backend is one of"),
        (["train", TOY, "--data", "x.csv", "--seeds", INJECTION], "--seeds"),
        (["batch", "nothing.json"], "cannot be read"),
    ],
    ids=lambda value: " ".join(value)[:60] if isinstance(value, list) else "",
)
def test_options(arguments: list[str], words: str, folder: Path) -> None:
    assert_refused(arguments, words)


def test_files(folder: Path) -> None:
    (folder / "empty.toml").write_text("")
    (folder / "key.toml").write_text('equatoins = ["y\' = y"]')
    (folder / "not.toml").write_text("y' = y")
    (folder / "sound.toml").write_text('equations = ["y\' = y"]')
    assert_refused(["analyze", "empty.toml"], "is empty")
    assert_refused(["analyze", "key.toml"], "did you mean equations")
    assert_refused(["analyze", "not.toml"], "not TOML")
    assert_refused(["analyze", "sound.toml", "x' = x"], "one file or equations")
    assert_refused(["analyze", "sound.toml", "--independent", "x"], "independent variable t")


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        ("t,z\n0,1\n,1\n2,3\n", "line 3: an empty cell in column t"),
        ("t,z\n0,1\n1,abc\n2,3\n", "line 3: 'abc', which is not a number, in column z"),
        (f't,z\n0,1\n1,"{INJECTION}"\n2,3\n', "which is not a number"),
        ("t,z\n0,1\n1\n2,3\n", "line 3"),
        ("t,q\n0,1\n", "rows"),
        ("t,z\n0,1\n0,2\n0,3\n", "increase"),
        ("0,1\n1,2\n2,3\n3,4\n", "the first row holds numbers; expected a header such as t, z"),
    ],
)
def test_data(rows: str, words: str, folder: Path) -> None:
    pytest.importorskip("liesym_torch")
    (folder / "data.csv").write_text(rows)
    assert_refused(["train", TOY, "--data", "data.csv", "--steps", "1"], words)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("{", "not JSON"),
        ("3", "list of systems"),
        ("[3]", "system 0: a table is expected"),
        ('[{"id": "a"}]', "system 0: equations must be"),
        ('[{"equations": ["y\' = y"], "parameters": 3}]', "parameters must be"),
        ('[{"id": "a", "equations": ["y\' = y"]}, {"id": "a", "equations": ["y\' = y"]}]', "more than once"),
    ],
)
def test_corpus(text: str, words: str, folder: Path) -> None:
    (folder / "corpus.json").write_text(text)
    assert_refused(["batch", "corpus.json"], words)


@pytest.mark.parametrize(
    ("record", "words"),
    [
        ({}, "not a result"),
        ({"system": 3, "generators": []}, "not a result"),
        ([], "a table is expected, not list"),
        ({"system": {}, "generators": 3}, "generators must be a list, not 3"),
        ({"system": {}, "generators": [], "dimension": "2"}, "dimension must be a whole number or null"),
        (
            {"system": {}, "generators": [], "completeness": "sure"},
            "completeness must be one of proven, within ansatz, open",
        ),
        (
            {
                "system": {"equations": [INJECTION], "independent": "t", "parameters": []},
                "generators": [],
                "completeness": "open",
            },
            "unexpected",
        ),
    ],
)
def test_saved_results(record: object, words: str, folder: Path) -> None:
    (folder / "saved.json").write_text(json.dumps(record))
    assert_refused(["verify", "saved.json"], words)


def test_a_cluster_that_is_not_there_leaves_no_file(folder: Path) -> None:
    pytest.importorskip("distributed")
    (folder / "corpus.json").write_text('[{"equations": ["y\' = y"]}]')
    assert_refused(["batch", "corpus.json", "--dask", "nowhere"], "no Dask scheduler at nowhere")


@pytest.mark.skipif(os.geteuid() == 0, reason="nothing is closed to root")
def test_closed_folder(folder: Path) -> None:
    closed = folder / "closed"
    closed.mkdir(mode=0o500)
    assert_refused(["export", TOY, "--generator", "t: 1", "-o", "closed/out.py"], "cannot be written")
    assert list(closed.iterdir()) == []


def test_folder_in_place_of_a_file(folder: Path) -> None:
    (folder / "out.py").mkdir()
    (folder / "plain").write_text("")
    assert_refused(["export", TOY, "--generator", "t: 1", "-o", "out.py"], "it is a folder")
    assert_refused(["export", TOY, "--generator", "t: 1", "-o", "plain/out.py"], "no folder plain")
    assert_refused(["train", TOY, "--data", "x.csv", "-o", "plain/deep/out"], "is a file")
    assert_refused(["train", TOY, "--data", "x.csv", "-o", "/proc/out"], "cannot be written")


def test_an_output_that_was_there_survives_a_failure(folder: Path) -> None:
    (folder / "out.py").write_text("precious")
    assert_refused(["export", TOY, "--generator", "t: t", "-o", "out.py"], "no symmetry")
    assert (folder / "out.py").read_text() == "precious"


@pytest.mark.parametrize("module", ["liesym", "liesym.app.cli"])
def test_as_a_process(module: str, folder: Path) -> None:
    """The same through a real process: status 2, the caret, no traceback."""
    command = [sys.executable, "-c", "from liesym.app.cli import main; main()"]
    if module == "liesym":
        command = [sys.executable, "-m", "liesym"]
    places = [str(p) for p in (Path(__file__).parents[2], Path(__file__).parents[2] / "backends")]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(places)}
    done = subprocess.run([*command, "determine", "y'' = 2 y"], capture_output=True, text=True, env=environment, check=False)
    assert done.returncode == 2
    assert done.stderr.splitlines()[0].startswith("error: a product needs its sign")
    assert done.stderr.splitlines()[2].strip() == "^"
    assert "Traceback" not in done.stderr
    assert done.stdout == ""


def test_equations_from_a_pipe(folder: Path) -> None:
    assert RUNNER.invoke(app, ["determine"], input="y'' = 0").exit_code == 0
    refused = RUNNER.invoke(app, ["determine"], input="y'' = 2 y")
    assert refused.exit_code == 2
    assert "2*y" in refused.stderr


def test_a_pipe_of_another_encoding(folder: Path) -> None:
    refused = RUNNER.invoke(app, ["determine"], input=b"y' = \xff*y")
    assert refused.exit_code == 2
    assert "not UTF-8 text: byte 5 is 0xff" in refused.stderr
    assert RUNNER.invoke(app, ["determine"], input="\ufeffy' = y").exit_code == 0


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no device that is always full")
@pytest.mark.parametrize("options", [[], ["--json"]])
def test_a_full_disk(options: list[str], folder: Path) -> None:
    """The standard output cannot be written: one error, not a traceback."""
    places = [str(p) for p in (Path(__file__).parents[2], Path(__file__).parents[2] / "backends")]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(places)}
    command = [sys.executable, "-m", "liesym", "determine", "y'' = 0", *options]
    with open("/dev/full", "w") as full:
        done = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, text=True, env=environment, check=False)
    assert done.returncode == 2
    assert done.stderr.splitlines() == ["error: the output cannot be written: No space left on device"]


def test_a_terminal_without_greek_letters(folder: Path) -> None:
    places = [str(p) for p in (Path(__file__).parents[2], Path(__file__).parents[2] / "backends")]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(places), "PYTHONIOENCODING": "ascii"}
    command = [sys.executable, "-m", "liesym", "determine", "θ' = θ"]
    done = subprocess.run(command, capture_output=True, text=True, env=environment, check=True)
    assert "\\u03b8' = \\u03b8" in done.stdout


def test_import_stays_light() -> None:
    """`import liesym` loads neither a backend nor the terminal nor the grammar."""
    heavy = ["torch", "jax", "typer", "rich", "lark", "matplotlib", "optuna", "dask"]
    code = f"import sys, liesym; print([m for m in {heavy!r} if m in sys.modules])"
    places = [str(p) for p in (Path(__file__).parents[2], Path(__file__).parents[2] / "backends")]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(places)}
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=environment, check=True)
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["noether", "x*t"], "holds no velocity"),
        (["identify", "x'=-k*x", "--observe", "y=abs(x)"], "abs has no rule"),
        (["analyze", "-x''=x +"], "ends too early"),
    ],
)
def test_messages_name_what_the_user_wrote(folder: Path, arguments: list[str], words: str) -> None:
    assert_refused(arguments, words)


@pytest.mark.parametrize("text", ["-x''=x", "-2*x' = x", "-(x+1)*x'=1", "-y = y'"])
def test_an_equation_may_begin_with_a_minus(text: str) -> None:
    result = RUNNER.invoke(app, ["determine", text, "--json"])
    assert result.exit_code == 0 and json.loads(result.stdout)["system"]["unknowns"], result.stderr


def test_an_option_that_is_none_is_still_refused() -> None:
    for wrong in ("-x", "--jsn", "--quite"):
        assert RUNNER.invoke(app, ["analyze", "x''=x", wrong]).exit_code == 2
