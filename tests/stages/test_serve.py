"""The report as a local app: what is asked is bounded, worked on by a process that can be stopped, and shown as text."""

from __future__ import annotations

import socket
import sys
import time
import warnings
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

import pytest
from typer.testing import CliRunner

from liesym.app.cli import app
from liesym.app.serve import desk as desks
from liesym.app.serve.desk import AT_ONCE, Desk, Question
from liesym.app.serve.pages import EXAMPLES

pytest.importorskip("starlette")
pytest.importorskip("uvicorn")
pytest.importorskip("httpx")

from liesym.app.serve.site import site

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # newer versions of Starlette advise another client
    from starlette.testclient import TestClient

HERE = "http://127.0.0.1:8000"
EVIL = "</textarea><script>alert(1)</script>"
STAND_IN = """
import sys, time
text = sys.stdin.read()
if "slow" in text:
    print("[3 s] a stage", file=sys.stderr, flush=True)
    time.sleep(60)
if "bad" in text:
    sys.exit(print("error: unexpected " + text, file=sys.stderr) or 2)
path = next(a for a in sys.argv if a.startswith("--output=")).removeprefix("--output=")
open(path, "w").write("<p>" + " ".join(sys.argv[1:3]))
"""
"""A quick program in the place of the command: it waits, refuses, or writes a page."""


class Page(HTMLParser):
    """Elements of a page with their attributes, and its text."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.words = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.words += data

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.elements if name == tag]


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    (tmp_path / "stand_in.py").write_text(STAND_IN)
    made = Desk(30.0, 1.0, (sys.executable, "-S", str(tmp_path / "stand_in.py")))
    yield made
    made.close()


@pytest.fixture
def client(desk: Desk) -> TestClient:
    return TestClient(site(desk), base_url=HERE, follow_redirects=False)


def asked(client: TestClient, equations: str, **more: str) -> str:
    """The address of a question that was taken."""
    answer = client.post("/ask", data={"equations": equations, **more})
    assert answer.status_code == 303, answer.text
    return answer.headers["location"]


def finished(client: TestClient, place: str) -> Page:
    """The page of a question once its process has ended."""
    for _ in range(500):
        if not client.get(place + "/state").json()["running"]:
            return Page(client.get(place).text)
        time.sleep(0.01)
    raise AssertionError("the process did not end")


def test_the_form_has_one_field_and_examples(client: TestClient) -> None:
    answer = client.get("/")
    page = Page(answer.text)
    assert len(page.all("textarea")) == 1 and page.all("script") == []
    assert {b["title"] for b in page.all("button") if "title" in b} == {equations for _, equations in EXAMPLES}
    named = {label["for"] for label in page.all("label")}
    assert named == {"equations", "independent", "seconds"} <= {e.get("id") for _, e in page.elements}
    assert "default-src 'none'" in answer.headers["content-security-policy"]


def test_a_question_becomes_a_page_to_keep(client: TestClient) -> None:
    place = asked(client, "y'' = -y", seconds="7", independent="x")
    page = finished(client, place)
    assert [f["src"] for f in page.all("iframe")] == [f"{place}/report.html"]
    kept = client.get(f"{place}/report.html?download=1")
    assert "attachment" in kept.headers["content-disposition"] and kept.text == "<p>--budget=7 --memory=1"


def test_what_users_write_stays_text(client: TestClient, desk: Desk) -> None:
    """In the form, on the page that waits, and in the message of an error."""
    refused = Page(client.post("/ask", data={"equations": EVIL, "seconds": "1e9"}).text)
    waits = asked(client, f"slow {EVIL}")
    waiting, bad = Page(client.get(waits).text), finished(client, asked(client, f"bad {EVIL}"))
    assert f"unexpected bad {EVIL}" in bad.words
    for page in (refused, waiting, bad):
        assert EVIL in page.words
        assert [s.get("src") for s in page.all("script")] in ([], ["/progress.js"])


def test_a_page_that_waits_says_how_far_it_is_and_can_be_stopped(client: TestClient, desk: Desk) -> None:
    place = asked(client, "slow")
    process = desk.answers[place.split("/")[-1]].process
    for _ in range(500):
        if client.get(place + "/state").json()["stage"] == "a stage":
            break
        time.sleep(0.01)
    assert "a stage" in Page(client.get(place).text).words
    assert client.get(place + "/report.html").status_code == 404
    assert client.post(place + "/stop").status_code == 303
    assert process.poll() is not None
    assert "it was stopped" in finished(client, place).words


def test_a_process_that_is_overdue_is_ended(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(desks, "PATIENCE", 0.2)
    assert "longer than it may" in finished(client, asked(client, "slow", seconds="0.1")).words


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"equations": "  "}, "is empty"),
        ({"equations": '<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/hosts">]><sbml>&b;</sbml>'}, "in XML"),
        ({"equations": "y" * 5000}, "5000 characters"),
        ({"equations": "y" * 100_000}, "bytes"),
        ({"equations": "y' = y", "seconds": "1e9"}, "up to 30"),
        ({"equations": "y' = y", "seconds": "nan"}, "up to 30"),
        ({"equations": "y' = y", "seconds": "soon"}, "cannot be read"),
        ({"equations": "y' = y", "independent": "--output=x"}, "no name"),
        ({str(k): "1" for k in range(50)}, "cannot be read"),
    ],
)
def test_inputs_are_bounded(client: TestClient, desk: Desk, fields: dict[str, str], words: str) -> None:
    answer = client.post("/ask", data=fields)
    assert answer.status_code == 400 and words in Page(answer.text).words
    assert not desk.answers


def test_only_so_many_at_once_and_so_many_kept(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    places = [asked(client, "slow") for _ in range(AT_ONCE)]
    answer = client.post("/ask", data={"equations": "y' = y"})
    assert answer.status_code == 503 and "wait for one" in Page(answer.text).words
    client.post(places[0] + "/stop")
    monkeypatch.setattr(desks, "KEPT", AT_ONCE)
    finished(client, asked(client, "y' = y"))
    assert client.get(places[0]).status_code == 404 and client.get(places[1]).status_code == 200


@pytest.mark.parametrize(
    ("headers", "status"),
    [({"host": "evil.example"}, 400), ({"origin": "https://evil.example"}, 403), ({"origin": HERE}, 303), ({}, 303)],
)
def test_no_other_site_may_ask(client: TestClient, headers: dict[str, str], status: int) -> None:
    assert client.post("/ask", data={"equations": "y' = y"}, headers=headers).status_code == status


def test_a_browser_may_name_the_own_site(client: TestClient) -> None:
    """Where a page forbids every referrer, a browser sends Origin: null with its forms, and they would be refused."""
    assert client.get("/").headers["referrer-policy"] == "same-origin"
    assert client.post("/ask", data={"equations": "y' = y"}, headers={"origin": "null"}).status_code == 403


def test_an_address_that_leads_nowhere(client: TestClient) -> None:
    for place in ("/nowhere", "/asked/guess", "/asked/guess/report.html", "/asked/guess/state", "/asked/../../etc/passwd"):
        assert client.get(place).status_code == 404


def test_processes_end_with_the_app(desk: Desk) -> None:
    with TestClient(site(desk), base_url=HERE, follow_redirects=False) as client:
        asked(client, "slow")
        (answer,) = desk.answers.values()
    assert answer.process.poll() is not None and not answer.folder.exists()


def test_a_port_that_is_taken_or_none() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        result = CliRunner().invoke(app, ["serve", "--port", str(taken.getsockname()[1])])
    assert result.exit_code == 2 and "cannot be had" in result.stderr and "--port 0" in result.stderr
    assert CliRunner().invoke(app, ["serve", "--port", "70000"]).exit_code == 2


def test_without_the_library_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [n for n in sys.modules if n.split(".")[0] in ("starlette", "uvicorn")]:
        monkeypatch.delitem(sys.modules, name)
    for name in ("liesym.app.commands.serve", "liesym.app.serve.site"):
        monkeypatch.delitem(sys.modules, name, raising=False)
    monkeypatch.setitem(sys.modules, "starlette", None)
    result = CliRunner().invoke(app, ["serve"])
    assert result.exit_code == 2 and "pip install -c constraints.txt -e '.[serve]'" in result.stderr


@pytest.mark.slow
def test_the_command_itself_answers_and_reads_no_file(tmp_path: Path) -> None:
    (tmp_path / "secret.toml").write_text("equations = [\"y'' = 0\"]")
    desk = Desk(30.0)
    try:
        with TestClient(site(desk), base_url=HERE, follow_redirects=False) as client:
            for text in ("y'' = 0", str(tmp_path / "secret.toml")):
                answer = desk.ask(Question(text, "t", 20.0))
                answer.process.wait()
                page = Page(client.get(f"/asked/{answer.key}").text)
                assert bool(page.all("iframe")) == (text == "y'' = 0")
    finally:
        desk.close()
