"""Stand-ins for what a student defined: a test calls them as if the functions were here.

A function becomes one that sends its arguments to the student's process and gets plain data back, or an error of a
known kind; anything else becomes its value. The test meets no object of the student's making.
"""

import builtins
import re
import time

import numpy as np

from tools.grade.codec import Opaque
from tools.grade.judge import reads
from tools.grade.sandbox import Stopped

# Python's own errors, which a test may want to tell apart, where a message is all they need; others are RemoteErrors.
KNOWN_ERRORS = {
    name: kind
    for name, kind in vars(builtins).items()
    if isinstance(kind, type)
    and issubclass(kind, Exception)
    and not issubclass(kind, (Warning, UnicodeError, ExceptionGroup))
}

# Compiled under a name that is no file: a test that reports where an error came from finds no line of ours to show.
_STAND_IN = compile(
    "def make(ask):\n"
    "    def answer(*args, **kwargs):\n"
    "        value, error = ask(args, kwargs)\n"
    "        if error is not None:\n"
    "            raise error\n"
    "        return value\n"
    "    return answer\n",
    "<the student's process>",
    "exec",
)


class RemoteError(Exception):
    """An error of a kind of the student's own, or of one that no test asks for."""


class StandIns:
    """The student's names as a test cell sees them, all calls of one cell within one time limit."""

    def __init__(self, sandbox, names, why=""):
        self.sandbox, self.names, self.why = sandbox, names, why
        self.deadline = self.stopped = None
        self.missing = set()

    def bind(self, source):
        """{name: stand-in or value} for those of the names that the test cell `source` reads and that there are."""
        self.sandbox.ready()  # what has to be run again first doesn't count
        self.deadline = time.monotonic() + self.sandbox.timeout
        told = {
            name: self._asked(lambda name=name: self.sandbox.fetch(name, self.deadline))
            for name in self.names & reads(source)
        }
        self.missing = {name for name, answer in told.items() if answer.get("missing")}
        return {name: self._bound(name, answer) for name, answer in told.items() if name not in self.missing}

    def _bound(self, name, told):
        if told.get("callable"):
            return self._stand_in(name)
        if "value" in told:
            return told["value"]
        return Opaque("object that can't be read")

    def _stand_in(self, name):
        def ask(args, kwargs):
            told = self._asked(lambda: self.sandbox.call(name, list(args), kwargs, self.deadline))
            _change_arguments(args, told.get("changed"))
            return told.get("value"), _error(told["error"]) if "error" in told else None

        space = {}
        exec(_STAND_IN, space)
        function = space["make"](ask)
        function.__name__ = function.__qualname__ = name
        return function

    def _asked(self, request):
        """Ask, unless this cell's student process has been stopped: one hang costs one time limit."""
        if self.stopped is not None:
            raise self.stopped
        try:
            return request()
        except Stopped as stop:
            self.stopped = stop
            raise


def _error(told):
    """The student's error as one of ours, its message with the line it came from."""
    told = told if isinstance(told, dict) else {}
    kind, said, lines = str(told.get("type", "")), str(told.get("said", "")), told.get("lines")
    line = lines[-1] if isinstance(lines, list) and lines else None
    at = f"line {line[0]!s:.8}: {line[1]!s:.100}" if isinstance(line, tuple) and len(line) == 2 else ""
    text = "; ".join(part for part in (re.sub(r"\s+", " ", said)[:160], at) if part)
    kind = kind if kind.isidentifier() else "Error"
    return KNOWN_ERRORS.get(kind, type(kind, (RemoteError,), {}))(text)


def _change_arguments(args, changed):
    """Do to the test's own arrays what the student's function did to its copies: some checks look for that."""
    if not isinstance(changed, list):
        return
    for mine, theirs in zip(args, changed, strict=False):
        if isinstance(mine, np.ndarray) and isinstance(theirs, np.ndarray) and mine.shape == theirs.shape:
            if mine.dtype == theirs.dtype and mine.flags.writeable:
                mine[...] = theirs
        elif hasattr(mine, "copy_") and type(mine) is type(theirs) and mine.shape == theirs.shape:
            mine.copy_(theirs)
