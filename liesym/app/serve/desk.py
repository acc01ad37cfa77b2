"""Questions that are being worked on: each in a process of its own, which is ended when its time is over or on demand.

The process is `liesym report` with the equations on its standard input, so that no input names a file of this machine.
"""

from __future__ import annotations

import os
import re
import secrets
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from liesym.app.console import BAD_INPUT, OUT_OF_BUDGET
from liesym.errors import DataError, ParseError

PATIENCE = 20.0
"""Seconds beyond its budget after which a process is killed: its start, its pictures and its own alarm fit in."""
AT_ONCE = 2
"""Processes that may run together."""
KEPT = 20
"""Answers that are kept; the oldest of them goes when there is one more."""
LONGEST = 4000
"""Characters of a question."""
REPORT = (sys.executable, "-m", "liesym", "report")
ASKED, SAID, PAGE = "asked.txt", "said.txt", "report.html"
"""Files of a question: its text, what the process says, and what it writes."""
NAME = re.compile(r"[^\W\d]\w{0,40}")
_STAGE = re.compile(r"\[\d+ s\] (.*)")


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked.

    Arguments:
        equations: as text.
        independent: a name, "" where it is read off the equations.
        seconds: that the answer may take.
    """

    equations: str
    independent: str = ""
    seconds: float = 20.0

    def checked(self, most: float) -> Question:
        """The question itself.

        Arguments:
            most: seconds that a question may ask for.

        Raises:
            ParseError: it is empty, too long or a file in XML, names no variable, or asks for too much time.
        """
        if not self.equations.strip():
            raise ParseError("the field for the equation is empty", expected=("y'' = -y",))
        if self.equations.lstrip().startswith("<"):
            raise ParseError("equations are asked for here; a model in XML is read by `liesym report MODEL.xml`")
        if len(self.equations) > LONGEST:
            raise ParseError(f"the equations have {len(self.equations)} characters; {LONGEST} are read here")
        if self.independent and not NAME.fullmatch(self.independent):
            raise ParseError(f"{self.independent[:60]!r} is no name of a variable", expected=("x",))
        if not 0 < self.seconds <= most:
            raise ParseError(f"the time is a number of seconds above 0 and up to {most:g}, not {self.seconds:g}")
        return self


@dataclass(slots=True)
class Answer:
    """A question that is worked on, or its answer.

    Arguments:
        key: a name that cannot be guessed.
        question: what was asked.
        folder: where the process writes.
        process: what works on it.
        alarm: what kills the process when it is overdue.
        begun: value of the clock when it began.
        ended: the same when it was seen to have ended, None before.
        stopped: why it was killed, "" if it was not.
    """

    key: str
    question: Question
    folder: Path
    process: subprocess.Popen[bytes]
    alarm: threading.Timer
    begun: float = field(default_factory=time.monotonic)
    ended: float | None = None
    stopped: str = ""

    @property
    def running(self) -> bool:
        """True while the process works."""
        if self.process.poll() is None:
            return True
        if self.ended is None:
            self.ended = time.monotonic()
            self.alarm.cancel()
        return False

    @property
    def seconds(self) -> float:
        """That it took so far."""
        return (time.monotonic() if self.running or self.ended is None else self.ended) - self.begun

    @property
    def page(self) -> Path | None:
        """The report; None where there is none."""
        path = self.folder / PAGE
        return path if not self.running and self.process.returncode in (0, OUT_OF_BUDGET) and path.is_file() else None

    @property
    def stage(self) -> str:
        """What is being done now, in words of the command."""
        found = _STAGE.findall(self._said())
        return found[-1] if found else "starting"

    @property
    def error(self) -> str:
        """Why there is no report, "" if there is one."""
        if self.running or self.page is not None:
            return ""
        if self.stopped:
            return self.stopped
        said = self._said()
        if self.process.returncode in (BAD_INPUT, OUT_OF_BUDGET) and "error: " in said:
            return said[said.index("error: ") + len("error: ") :].strip()
        status = self.process.returncode
        return f"the process ended with status {status}: this is a fault of liesym; please report the equations"

    def _said(self) -> str:
        return (self.folder / SAID).read_text(encoding="utf-8", errors="replace")

    def stop(self, why: str) -> None:
        """End the process at once."""
        self.alarm.cancel()
        if self.running:
            self.stopped = why
            self.process.kill()
            self.process.wait()


class Desk:
    """All questions, newest last.

    Arguments:
        most: seconds that one question may take.
        gigabytes: that one process may take.
        command: what writes a report of the equations on its standard input.
    """

    def __init__(self, most: float = 60.0, gigabytes: float = 2.0, command: Sequence[str] = REPORT) -> None:
        self.most, self.gigabytes, self.command = most, gigabytes, command
        self.answers: dict[str, Answer] = {}
        self._folder = Path(tempfile.mkdtemp(prefix="liesym-"))

    def ask(self, question: Question) -> Answer:
        """Begin to work on a question.

        Raises:
            ParseError: the question is out of bounds.
            DataError: as many processes as may be are at work.
        """
        question = question.checked(self.most)
        if sum(a.running for a in self.answers.values()) >= AT_ONCE:
            raise DataError(f"{AT_ONCE} questions are being worked on; wait for one of them, or stop it")
        while len(self.answers) >= KEPT:
            oldest = next(key for key, a in self.answers.items() if not a.running)
            shutil.rmtree(self.answers.pop(oldest).folder, ignore_errors=True)
        key = secrets.token_urlsafe(9)
        folder = self._folder / key
        folder.mkdir()
        options = [f"--budget={question.seconds:g}", f"--memory={self.gigabytes:g}", f"--output={folder / PAGE}"]
        options += [f"--independent={question.independent}"] if question.independent else []
        process = _begun([*self.command, *options], question.equations, folder)
        alarm = threading.Timer(question.seconds + PATIENCE, lambda: self.answers[key].stop("it took longer than it may"))
        alarm.daemon = True
        answer = self.answers[key] = Answer(key, question, folder, process, alarm)
        alarm.start()
        return answer

    def close(self) -> None:
        """End all processes, and remove what they wrote."""
        for answer in self.answers.values():
            answer.stop("the app was closed")
        shutil.rmtree(self._folder, ignore_errors=True)


def _begun(command: Sequence[str], text: str, folder: Path) -> subprocess.Popen[bytes]:
    """A process that reads the text, and says on its standard error what it does."""
    (folder / ASKED).write_text(text, encoding="utf-8")
    with (folder / ASKED).open("rb") as asked, (folder / SAID).open("wb") as said:
        return subprocess.Popen(
            command,
            stdin=asked,
            stdout=subprocess.DEVNULL,
            stderr=said,
            start_new_session=True,  # Ctrl-C is for the app, which ends its processes itself
            env={**os.environ, "PYTHONPATH": os.pathsep.join(p for p in sys.path if p)},
        )
