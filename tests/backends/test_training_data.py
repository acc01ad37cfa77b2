"""Files of trajectories: what is read, and what is refused with the place of the fault."""

from __future__ import annotations

import numpy as np
import pytest

from liesym.errors import DataError
from liesym.learn.trajectories import Trajectories, read_trajectories, simulate
from liesym.model.system import ODESystem


def write(path, text):
    path.write_text(text, encoding="utf-8")
    return path


def test_csv_columns_by_name_and_by_place(tmp_path):
    named = read_trajectories(write(tmp_path / "a.csv", "y,t,x\n1,0,2\n3,1,4\n"), ("x", "y"))
    assert named.states.tolist() == [[[2, 1], [4, 3]]] and named.times.tolist() == [[0, 1]]
    placed = read_trajectories(write(tmp_path / "b.csv", "year,hare,lynx\n0,2,1\n1,4,3\n"), ("x", "y"))
    assert np.array_equal(placed.states, named.states)


def test_csv_with_a_byte_order_mark_and_other_line_ends(tmp_path):
    text = "\ufeffx,t,y\r\n2,0,1\r\n4,1,3\r\n"
    read = read_trajectories(write(tmp_path / "a.csv", text), ("x", "y"))
    assert read.states.tolist() == [[[2, 1], [4, 3]]] and read.times.tolist() == [[0, 1]]


def test_csv_with_several_trajectories(tmp_path):
    text = "trajectory,t,x\n1,0,2\n1,1,4\n2,0,5\n2,1,6\n"
    assert read_trajectories(write(tmp_path / "a.csv", text), ("x",)).states[:, :, 0].tolist() == [
        [2, 4],
        [5, 6],
    ]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("t,x,y\n0,1,2\n,1,3\n", r"line 3: an empty cell in column t"),
        ("t,x,y\n0,1,2\n1,two,3\n", r"line 3: 'two', which is not a number, in column x"),
        ("t,x,y\n0,1,2\n1,inf,3\n", r"line 3: inf in column x"),
        ("t,x,y\n0,1,2\nnan,1,3\n", r"line 3: nan in column t"),
        ("t,x,y\n0,1,2\n1,3\n", r"line 3: 2 cells under 3 columns"),
        ("t,x,y\n0,1,2\n", r"at least two rows"),
        ("", r"at least two rows"),
        ("t,x,z\n0,1,2\n1,2,3\n", r"no column y"),
        ("time,a\n0,1\n1,2\n", r"expected t, x, y"),
        ("t,x,x\n0,1,2\n1,2,3\n", r"occurs twice"),
        ("0,1,2\n1,2,3\n2,3,4\n", r"the first row holds numbers; expected a header such as t, x, y"),
        ("t,x,y\n1,1,2\n0,2,3\n", r"times must increase; in trajectory 0, 0.0 follows 1.0"),
        ("trajectory,t,x,y\n1,0,1,2\n1,1,2,3\n2,0,,\n", r"trajectory 1 holds no number"),
    ],
)
def test_a_faulty_csv_is_refused_with_its_place(tmp_path, text, message):
    with pytest.raises(DataError, match=message):
        read_trajectories(write(tmp_path / "a.csv", text), ("x", "y"))


def test_files_that_are_not_there_or_of_another_kind(tmp_path):
    with pytest.raises(DataError, match="no data file"):
        read_trajectories(tmp_path / "no.csv", ("x",))
    with pytest.raises(DataError, match=r"\.txt"):
        read_trajectories(write(tmp_path / "a.txt", "1"), ("x",))
    with pytest.raises(DataError, match="not a readable"):
        read_trajectories(write(tmp_path / "a.npz", "not an archive"), ("x",))
    np.savez(tmp_path / "whole.npz", t=np.arange(3.0), x=np.ones((3, 1)))
    (tmp_path / "cut.npz").write_bytes((tmp_path / "whole.npz").read_bytes()[:200])
    with pytest.raises(DataError, match="not a readable"):
        read_trajectories(tmp_path / "cut.npz", ("x",))
    (tmp_path / "b.csv").write_bytes(b"t,x\n\xff\xfe,1\n")
    with pytest.raises(DataError, match="not readable"):
        read_trajectories(tmp_path / "b.csv", ("x",))


def test_npz_round_trip_and_faults(tmp_path):
    times, states = np.array([0.0, 1.0]), np.array([[1.0, 2.0], [3.0, 4.0]])
    np.savez(tmp_path / "a.npz", t=times, x=states)
    read = read_trajectories(tmp_path / "a.npz", ("x", "y"))
    assert np.array_equal(read.states[0], states) and read.times.shape == (1, 2)
    with pytest.raises(DataError, match=r"expected \(n, K, 1\)"):
        read_trajectories(tmp_path / "a.npz", ("x",))
    np.savez(tmp_path / "b.npz", t=times)
    with pytest.raises(DataError, match="must hold t and x"):
        read_trajectories(tmp_path / "b.npz", ("x", "y"))
    np.savez(tmp_path / "c.npz", t=times, x=states * np.nan)
    with pytest.raises(DataError, match="holds no number"):
        read_trajectories(tmp_path / "c.npz", ("x", "y"))
    np.savez(tmp_path / "e.npz", t=times, x=states * np.inf)
    with pytest.raises(DataError, match="not finite"):
        read_trajectories(tmp_path / "e.npz", ("x", "y"))
    np.savez(tmp_path / "d.npz", t=times, x=np.array([object()]))
    with pytest.raises(DataError, match="not a readable"):
        read_trajectories(tmp_path / "d.npz", ("x",))


def test_windows_and_splits():
    data = Trajectories(np.arange(5.0)[None], np.arange(10.0).reshape(1, 5, 2), ("x", "y"))
    windows = data.windows(3)
    assert windows.times.tolist() == [[0, 1, 2], [1, 2, 3], [2, 3, 4]]
    assert windows.states[1, 0].tolist() == [2, 3]
    assert data.until(2).times.tolist() == [[0, 1, 2]] and data.after(3).times.tolist() == [[3, 4]]
    with pytest.raises(DataError, match="window of 6"):
        data.windows(6)


def test_runs_of_any_lengths_and_cells_that_are_missing(tmp_path):
    """Shorter runs end in NaN at their last time, in files of both kinds; windows begin where all states are."""
    nan = np.nan
    text = "trajectory,t,x,y\n1,0,1,2\n1,1,,3\n1,2,3,4\n1,3,5,6\n2,0,,1\n2,1,7,8\n2,2,9,NaN\n"
    read = read_trajectories(write(tmp_path / "a.csv", text), ("x", "y"))
    assert read.times.tolist() == [[0, 1, 2, 3], [0, 1, 2, 2]]
    wanted = [[[1, 2], [nan, 3], [3, 4], [5, 6]], [[nan, 1], [7, 8], [9, nan], [nan, nan]]]
    assert np.array_equal(read.states, wanted, equal_nan=True)
    np.savez(tmp_path / "a.npz", t=np.array([[0, 1, 2, 3], [0, 1, 2, nan]]), x=np.array(wanted))
    again = read_trajectories(tmp_path / "a.npz", ("x", "y"))
    assert np.array_equal(again.times, read.times) and np.array_equal(again.states, read.states, equal_nan=True)
    assert read.windows(3).states[:, 0].tolist() == [[1, 2], [7, 8]]
    later = read.begun()
    assert later.states[1, 0].tolist() == [7, 8] and later.times[1].tolist() == [1, 2, 2, 2]
    assert later.windows(2).states[:, 0].tolist() == [[1, 2], [3, 4], [7, 8]]


def test_runs_without_a_start_are_named():
    nan = np.nan
    times = np.arange(3.0)[None]
    never = Trajectories(times, np.array([[[1, nan], [2, nan], [3, nan]]]), ("x", "x'"))
    with pytest.raises(DataError, match="trajectory 0 has no row with all states to start from: x' was never measured"):
        never.begun()
    apart = Trajectories(times, np.array([[[1, nan], [nan, 2], [3, nan]]]), ("x", "y"))
    with pytest.raises(DataError, match="never measured together"):
        apart.begun()
    with pytest.raises(DataError, match="no window begins"):
        apart.windows(2)
    with pytest.raises(DataError, match=r"2.0 follows 2.0"):
        Trajectories(np.array([[1.0, 2.0, 2.0]]), np.array([[[1.0], [nan], [1.0]]]), ("x",))


@pytest.mark.parametrize("residual", [pytest.param("conservation", marks=pytest.mark.slow), "invariance"])
def test_training_takes_what_was_measured(tmp_path, residual):
    """Runs of an oscillator of two lengths, a fifth of the numbers missing, an unknown frequency: the fit and the errors
    are numbers, and the frequency is found."""
    pytest.importorskip("torch")
    from liesym_torch import train_problem

    draw, times = np.random.default_rng(0), np.linspace(0.0, 1.5, 16)
    runs = [np.stack([np.cos(2 * times + a), -2 * np.sin(2 * times + a)], -1) for a in (0.0, 1.0, 2.0)]
    for run in runs:
        run[1:][draw.uniform(size=(15, 2)) < 0.2] = np.nan
    data = Trajectories.padded([times, times[:9], times], [runs[0], runs[1][:9], runs[2]], ("x", "x'"))
    system = ODESystem.parse("x'' = -k*x", parameters={"k": {"positive": True}})
    report = train_problem(
        system, data, residual=residual, steps=6, window=4, width=4, depth=1, out=str(tmp_path), show=False
    )
    numbers = [value for row in report.rows for value in row[1:] if value is not None]
    assert np.isfinite(numbers).all() and len(report.rows) == 2
    assert report.record["parameters"]["k"] == pytest.approx(4.0, rel=0.05)


def test_the_reference_solution_says_where_it_stops():
    with pytest.raises(DataError, match="stops"), np.errstate(all="ignore"):
        simulate(lambda t, x: x**2, np.array([[1.0]]), np.array([0.0, 2.0]))
