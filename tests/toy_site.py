"""The toy distribution under tests/backends/toy, installed as an installer would."""

from __future__ import annotations

import sys
import tomllib
from pathlib import Path

import pytest

TOY = Path(__file__).parent / "backends" / "toy"


@pytest.fixture
def site(tmp_path, monkeypatch):
    """A folder on the path into which the toy distribution is installed as an installer would: its package,
    and a dist-info folder with the metadata and the entry points that its pyproject.toml declares."""
    project = tomllib.loads((TOY / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    info = tmp_path / f"{project['name'].replace('-', '_')}-{project['version']}.dist-info"
    info.mkdir()
    head = f"Metadata-Version: 2.1\nName: {project['name']}\nVersion: {project['version']}\n"
    (info / "METADATA").write_text(head, encoding="utf-8")
    lines = []
    for group, points in project["entry-points"].items():
        lines += [f"[{group}]", *(f"{name} = {target}" for name, target in points.items())]
    (info / "entry_points.txt").write_text("\n".join(lines) + "\n", encoding="utf-8")
    (tmp_path / "liesym_toy").symlink_to(TOY / "liesym_toy")
    monkeypatch.syspath_prepend(str(tmp_path))
    yield tmp_path
    for name in [name for name in sys.modules if name.split(".")[0] == "liesym_toy"]:
        del sys.modules[name]
