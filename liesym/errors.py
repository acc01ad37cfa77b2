"""One tree of errors. Each message says what was given, what was expected, and what to write instead."""


class LiesymError(Exception):
    """Base of every error that liesym raises on purpose."""


class ParseError(LiesymError, ValueError):
    """User text that is not in the grammar: shows the line, a caret, and what was expected there."""

    def __init__(
        self, message: str, *, source: str = "", line: int = 0, column: int = 0, expected: tuple[str, ...] = ()
    ) -> None:
        self.message, self.source, self.line, self.column = message, source, line, column
        self.expected = expected
        super().__init__(self._render())

    def _render(self) -> str:
        parts = [self.message]
        if self.line and self.source:
            lines = self.source.splitlines() or [self.source]
            text = lines[min(self.line, len(lines)) - 1]
            parts += [f"  line {self.line}: {text}", " " * (len(f"  line {self.line}: ") + max(self.column - 1, 0)) + "^"]
        if self.expected:
            parts.append("  expected " + ", ".join(self.expected))
        return "\n".join(parts)


class NotSolvable(LiesymError, ValueError):
    """A system that cannot be brought to the solved form x_i^(n_i) = F_i."""


class AnsatzError(LiesymError, ValueError):
    """An ansatz that names unknown variables or is malformed."""


class Unsupported(LiesymError, ValueError):
    """A function or construct outside what the named stage handles."""


class DataError(LiesymError, ValueError):
    """A file of data or settings that is missing, malformed or cannot be written."""


class BackendError(LiesymError, ValueError):
    """A backend that is missing, or an operation or function that it has no counterpart for."""


class VerificationError(LiesymError):
    """A result that failed its check by substitution: never returned, always reported."""


class TrainingError(LiesymError):
    """Training that cannot go on, for example because a named term of the loss is not finite."""


class OutOfBudget(LiesymError):
    """Time or size ran out in a stage; what was verified so far is kept by the caller. Raised as one of the two below."""

    ends = False
    """True if a limit that the user may raise ended the work, so that more of it may find more."""

    @property
    def note(self) -> str:
        """What happened, as it stands in the notes of a result."""
        return str(self)

    @property
    def reason(self) -> str:
        """The same in short, as it stands behind the name of the work."""
        return "too large"


class TimeIsUp(OutOfBudget):
    """The seconds of the budget are over: said to the user as "the budget ran out". The text names the work."""

    ends = True

    @property
    def note(self) -> str:
        return f"time ran out during the {self}"

    @property
    def reason(self) -> str:
        return "the budget ran out"


class TooLarge(OutOfBudget):
    """A step that would take more operations, terms or columns than it may, however fast the machine is."""

    @property
    def note(self) -> str:
        return f"the {self} is larger than this step may be"


class OutOfMemory(TooLarge):
    """The memory that the work may take is full. The text names the work.

    Arguments:
        what: the work.
        gigabytes: the limit.
    """

    ends = True

    def __init__(self, what: str, gigabytes: float) -> None:
        self.gigabytes = gigabytes
        super().__init__(what, gigabytes)

    def __str__(self) -> str:
        return str(self.args[0])

    @property
    def note(self) -> str:
        return f"the memory limit of {self.gigabytes:g} GB was reached during the {self}"

    @property
    def reason(self) -> str:
        return f"the memory limit of {self.gigabytes:g} GB was reached"
