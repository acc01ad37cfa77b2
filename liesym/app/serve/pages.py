"""What the app shows, as trees of elements: the library that writes them escapes every text and every attribute.

The pages work without a script: one that waits loads itself anew. With a script it changes in place.
"""

from __future__ import annotations

from xml.etree.ElementTree import Element, SubElement, tostring

from liesym.app.report.markup import document
from liesym.app.serve.desk import LONGEST, Answer, Question

EXAMPLES = (
    ("oscillator", "y'' = -y"),
    ("pendulum", "theta'' = -g*sin(theta)/l"),
    ("Painlevé-Ince", "y'' + 3*y*y' + y^3 = 0"),
    ("Emden-Fowler", "y'' = x*y^2"),
    ("an arbitrary force", "y'' = f(y)"),
    ("Kepler's problem", "x'' = -x/(x^2+y^2)^(3/2)\ny'' = -y/(x^2+y^2)^(3/2)"),
    ("predator and prey", "x' = a*x - b*x*y\ny' = d*x*y - c*y"),
    ("damped oscillator", "x'' + g*x' + w^2*x = 0"),
)
"""What to click: name, equations."""
SCRIPT = """
const note = document.getElementById("stage");
const bar = document.querySelector("progress");
const look = async () => {
  const told = await (await fetch(location.pathname + "/state")).json();
  if (!told.running) { location.reload(); return; }
  note.textContent = told.seconds + " s: " + told.stage;
  bar.value = told.seconds;
  setTimeout(look, 700);
};
if (note) { setTimeout(look, 300); }
"""
"""Asks how far the work is, and loads the page anew at its end. It writes text, never markup."""
SHEET = """
textarea, input, button, .button { font: inherit; color: inherit; border: 1px solid #8c959f; border-radius: 6px; }
textarea, input { padding: .4rem .6rem; background: transparent; box-sizing: border-box; }
textarea { width: 100%; font-family: ui-monospace, monospace; }
button, .button { padding: .35rem .8rem; background: #8c959f22; cursor: pointer; }
.button { text-decoration: none; display: inline-block; }
.go { background: #1f6feb; border-color: #1f6feb; color: #ffffff; } label { display: block; margin-top: .7rem; }
.row { display: flex; flex-wrap: wrap; gap: .6rem; align-items: end; margin: .7rem 0; } input { width: 8rem; }
.fault { border-left: 4px solid #cf222e; padding: .6rem .9rem; white-space: pre-wrap; overflow-x: auto; }
iframe { width: 100%; height: 75vh; border: 1px solid #8c959f; border-radius: 6px; background: transparent; }
:focus-visible { outline: 3px solid #1f6feb; outline-offset: 2px; }
"""


def form(question: Question | None = None, error: str = "", most: float = 60.0) -> str:
    """The form, with what was typed, and what is wrong with it.

    Arguments:
        question: what was typed.
        error: why it is not answered.
        most: seconds that a question may take.
    """
    asked = question or Question("", seconds=min(20.0, most))
    body = Element("div")
    _say(body, "p", "Type an equation or a system, one equation a line; liesym finds its symmetries and proves what it can.")
    if error:
        _say(body, "pre", error, {"class": "fault", "role": "alert"})
    fields = SubElement(body, "form", {"method": "post", "action": "/ask"})
    _say(fields, "label", "Equations", {"for": "equations"})
    given = {"name": "equations", "id": "equations", "rows": "4", "maxlength": str(LONGEST), "required": "required"}
    # a line break directly after the tag is not part of the text
    _say(fields, "textarea", "\n" + asked.equations, given | {"spellcheck": "false", "autofocus": "autofocus"})
    row = SubElement(fields, "div", {"class": "row"})
    _field(
        row, "independent", "Independent variable", {"maxlength": "40", "placeholder": "found", "value": asked.independent}
    )
    limits = {"type": "number", "min": "1", "max": f"{most:g}", "step": "any", "value": f"{asked.seconds:g}"}
    _field(row, "seconds", "Seconds at most", limits)
    _say(row, "button", "Analyze", {"class": "go"})
    _say(body, "h2", "Examples")
    row = SubElement(body, "div", {"class": "row"})
    for name, equations in EXAMPLES:
        fields = SubElement(row, "form", {"method": "post", "action": "/ask"})
        SubElement(fields, "input", {"type": "hidden", "name": "equations", "value": equations})
        SubElement(fields, "input", {"type": "hidden", "name": "seconds", "value": f"{asked.seconds:g}"})
        _say(fields, "button", name, {"title": equations})
    return _page("liesym", body)


def waiting(answer: Answer) -> str:
    """What is shown while a question is worked on."""
    body = Element("div")
    _say(body, "pre", answer.question.equations)
    stage = f"{answer.seconds:.0f} s: {answer.stage}"
    _say(body, "p", stage, {"id": "stage", "class": "claim", "role": "status", "aria-live": "polite"})
    progress = {"max": f"{answer.question.seconds:g}", "value": f"{answer.seconds:.1f}", "aria-label": "time"}
    SubElement(body, "progress", progress)
    fields = SubElement(body, "form", {"method": "post", "action": f"/asked/{answer.key}/stop"})
    _say(fields, "button", "Stop")
    SubElement(SubElement(body, "noscript"), "meta", {"http-equiv": "refresh", "content": "1"})
    SubElement(body, "script", {"src": "/progress.js"})
    return _page("At work", body)


def answered(answer: Answer) -> str:
    """The report, with what can be done with it."""
    body, place = Element("div"), f"/asked/{answer.key}"
    row = SubElement(body, "nav", {"class": "row", "aria-label": "report"})
    _say(row, "a", "Another equation", {"href": "/", "class": "button go"})
    _say(row, "a", "Download the page", {"href": f"{place}/report.html?download=1", "class": "button"})
    _say(row, "a", "The page alone", {"href": f"{place}/report.html", "class": "button"})
    _say(row, "span", f"{answer.seconds:.0f} s")
    _say(body, "iframe", "", {"src": f"{place}/report.html", "title": "report", "sandbox": "allow-downloads"})
    return _page("liesym", body)


def missing() -> str:
    """For an address that leads nowhere."""
    body = Element("div")
    _say(body, "p", "There is no such page; only the last answers are kept.")
    _say(body, "a", "Ask again", {"href": "/", "class": "button go"})
    return _page("Not found", body)


def _field(parent: Element, name: str, words: str, more: dict[str, str]) -> None:
    place = SubElement(parent, "div")
    _say(place, "label", words, {"for": name})
    SubElement(place, "input", {"name": name, "id": name, **more})


def _say(parent: Element, tag: str, text: str, attributes: dict[str, str] | None = None) -> None:
    SubElement(parent, tag, attributes or {}).text = text


def _page(title: str, body: Element) -> str:
    return document(title, tostring(body, encoding="unicode", method="html"), style=SHEET)
