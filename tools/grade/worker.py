"""The student's process: runs cells as a notebook would, and calls what they defined. Nothing in it is trusted.

It knows a folder, a socket and three requests: run a cell, tell what a name holds, call a name with arguments.
It never sees a test. Whatever it answers, the grader treats as data.
"""

import contextlib
import io
import linecache
import os
import sys
import warnings

from tools.grade import codec
from tools.grade.confine import confine, end_with_parent

TEXT_LIMIT = 20_000  # characters of printed text kept of a cell
DISPLAY_LIMIT = 8  # pictures and other outputs kept of a cell
FORMATS = ("image/png", "image/jpeg", "text/markdown", "text/plain")  # not HTML: it could hold a script


class Capped(io.TextIOBase):
    """A text stream that keeps its beginning and forgets the rest."""

    def __init__(self):
        self.kept, self.room = [], TEXT_LIMIT

    def writable(self):
        return True

    def write(self, text):
        if self.room > 0:
            self.kept.append(text[: self.room])
            self.room -= len(text)
            if self.room <= 0:
                self.kept.append("\n… the rest of the output was left out\n")
        return len(text)

    def text(self):
        return "".join(self.kept)


class Notebook:
    """An IPython shell without a terminal or a kernel, whose outputs are collected."""

    def __init__(self):
        from IPython.core.displaypub import CapturingDisplayPublisher
        from IPython.core.interactiveshell import InteractiveShell
        from traitlets.config import Config

        quiet = Config(HistoryManager={"enabled": False}, InteractiveShell={"cache_size": 0})
        self.shell = InteractiveShell.instance(config=quiet)
        self.shell.display_pub = CapturingDisplayPublisher(parent=self.shell)
        self.shell.displayhook.write_output_prompt = lambda: None
        self.shell.displayhook.write_format_data = self._show
        self.shell.showtraceback = self.shell.showsyntaxerror = lambda *args, **kwargs: None
        self.shell.ask_exit = self._exit
        self.shell.enable_gui = lambda gui=None: None  # %matplotlib inline is on already
        self.shell.system = self.shell.system_raw  # the other way asks for a terminal
        warnings.filterwarnings("ignore", module="IPython")

    @staticmethod
    def _exit():
        raise SystemExit("exit() has no effect while grading")

    def _show(self, data, metadata=None):
        self.shell.display_pub.publish(data, metadata or {})

    def run(self, source):
        """Run one cell; its outputs and its error as plain data."""
        printed = Capped()
        self.shell.display_pub.outputs.clear()
        with contextlib.redirect_stdout(printed), contextlib.redirect_stderr(printed):
            result = self.shell.run_cell(source, store_history=False)
        error = result.error_before_exec or result.error_in_exec
        shown = [
            {key: shown["data"][key] for key in FORMATS if key in shown["data"]}
            for shown in self.shell.display_pub.outputs[:DISPLAY_LIMIT]
        ]
        return {"printed": printed.text(), "shown": shown, "error": error and describe(error)}

    def fetch(self, name):
        """What a name holds: missing, something to call, or a value."""
        if name not in self.shell.user_ns:
            return {"missing": True}
        value = self.shell.user_ns[name]
        return {"callable": True} if callable(value) else {"value": value}

    def call(self, name, args, kwargs):
        """Call what a name holds; its result, or its error, and the arguments where it changed them."""
        before = codec.pack(args)
        with contextlib.redirect_stdout(Capped()), contextlib.redirect_stderr(Capped()):
            try:
                result = {"value": self.shell.user_ns[name](*args, **kwargs)}
            except BaseException as error:
                return {"error": describe(error)}
        return result | ({"changed": args} if codec.pack(args) != before else {})


def describe(error):
    """An exception as plain data: its type's name, its message, the lines of the student's cells it came through."""
    try:
        said = error.msg if isinstance(error, SyntaxError) else str(error)
    except BaseException:
        said = "(its message can't be shown)"
    lines, trace = [], error.__traceback__
    while trace is not None and len(lines) < 10:
        file, number = trace.tb_frame.f_code.co_filename, trace.tb_lineno
        if file.startswith("<ipython-input"):  # frames of libraries would only show this machine's paths
            lines.append((number, linecache.getline(file, number).strip()[:200]))
        trace = trace.tb_next
    if isinstance(error, SyntaxError):
        lines.append((error.lineno or 0, (error.text or "").strip()[:200]))
    return {"type": type(error).__name__[:80], "said": str(said)[:2000], "lines": lines}


def serve(connection, folder):
    """Confine this process to `folder`, then answer requests until the grader hangs up."""
    os.chdir(folder)
    os.environ.update(HOME=folder, TMPDIR=folder, IPYTHONDIR=f"{folder}/.ipython")
    confine(folder)
    end_with_parent()
    notebook = Notebook()
    _quiet_teaching()
    codec.send(connection, {"ready": True})
    nowhere = os.open(os.devnull, os.O_RDWR)
    for standard in (0, 1, 2):  # what is printed past Python's own streams is lost
        os.dup2(nowhere, standard)
    while True:
        try:
            request = codec.receive(connection)
        except (EOFError, OSError):
            return
        ticket, what = request.pop("ticket"), request.pop("what")
        try:
            answer = getattr(notebook, what)(**request)
            frame = codec.pack({"ticket": ticket, "answer": answer})
        except BaseException as error:  # a value beyond the limits, or a student's object that resists
            frame = codec.pack({"ticket": ticket, "answer": {"error": describe(error)}})
        connection.settimeout(None)
        connection.sendall(frame)


def _quiet_teaching():
    """Checks and solutions that a student's own cells ask for only say that they are left out."""
    teach = sys.modules.get("course_lib.teach")
    if teach is not None:
        teach.check = teach.solution = lambda key, *args, **kwargs: print(f"{key}: left out while grading")
