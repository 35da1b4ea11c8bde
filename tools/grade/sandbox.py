"""The grader's end of the line to a student's process: limits from outside, restarts, replays.

A process that hangs, crashes, ends or breaks the protocol is ended with all it started. The next request gets a
fresh one, in which the cells that went well before are run again.
"""

import json
import os
import secrets
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from tools.grade import codec

KEEPER = Path(__file__).with_name("keeper.py")
WHOLE = 15  # how many time limits a whole notebook may take
START_SECONDS = 120  # for imports on a slow disk; no student code runs in them


class Stopped(BaseException):
    """The student's process was stopped or ended; the message says why. Passes through `except Exception`."""


class GraderError(RuntimeError):
    """Grading itself doesn't work on this machine."""


class Keeper:
    """A running `keeper`, with `modules` loaded. Use as a context manager."""

    def __init__(self, modules=()):
        self.modules = tuple(modules)
        self._begin()

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        self.close()

    def _begin(self):
        self.home = Path(tempfile.mkdtemp(prefix="grading-"))
        self.home.chmod(0o711)  # a worker that isn't root must get to its own folder in here
        self.control, theirs = socket.socketpair()
        environment = {
            "PATH": "/usr/local/bin:/usr/bin:/bin",
            "HOME": str(self.home),
            "LANG": "C.UTF-8",
            "MPLCONFIGDIR": str(self.home),
            "MPLBACKEND": "module://matplotlib_inline.backend_inline",
            "COURSE_PROGRESS": "off",
        } | {name: os.environ[name] for name in ("OMP_NUM_THREADS",) if name in os.environ}
        command = [sys.executable, "-I", "-B", str(KEEPER), str(theirs.fileno()), *self.modules]
        with (self.home / "log").open("wb") as log:
            self.process = subprocess.Popen(
                command,
                env=environment,
                cwd=self.home,
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )
        theirs.close()
        self._told = self.control.makefile("r")
        self.control.settimeout(START_SECONDS)
        self._ready()

    def _ready(self):
        try:
            if self._told.readline() != "ready\n":
                raise GraderError(f"the keeper of student processes doesn't start\n{self.log()}")
        except TimeoutError:
            raise GraderError(f"no start of a student process in {START_SECONDS} s") from None

    def load(self, modules):
        """Load more modules, for the workers to come: those of another assignment."""
        missing = [name for name in modules if name not in self.modules]
        if missing:
            self.modules += tuple(missing)
            try:
                self.control.sendall(json.dumps({"what": "load", "modules": missing}).encode())
                self._ready()
            except (OSError, GraderError):  # the keeper was ended
                self.close()
                self._begin()

    def start(self):
        """Start a worker in an empty folder; the socket to talk to it, and the folder."""
        for _ in range(2):
            try:
                return self._start()
            except (OSError, EOFError):  # the keeper itself was ended, for want of memory perhaps
                complaint = self.log()
                self.close()
                self._begin()
        raise GraderError(f"a student process doesn't start\n{complaint}")

    def _start(self):
        folder = Path(tempfile.mkdtemp(dir=self.home))
        ours, theirs = socket.socketpair()
        with theirs:
            request = json.dumps({"what": "start", "folder": str(folder)}).encode()
            socket.send_fds(self.control, [request], [theirs.fileno()])
        codec.receive(ours, time.monotonic() + START_SECONDS)  # it says when it is ready
        return ours, folder

    def end(self, patience=0.0):
        """End the worker and all it started; in words, how it ended by itself within `patience` seconds, or ""."""
        try:
            self.control.sendall(json.dumps({"what": "end", "patience": patience}).encode())
            return json.loads(self._told.readline() or "{}").get("how", "")
        except (OSError, ValueError):
            return ""

    def log(self):
        """The end of what the keeper, and workers before their first cell, complained of."""
        return (self.home / "log").read_text(errors="replace")[-2000:].strip()

    def close(self):
        """Hang up; the keeper then ends what is left, removes the folder, and ends."""
        self._told.close()
        self.control.close()
        try:
            self.process.wait(15)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        shutil.rmtree(self.home, ignore_errors=True)


class Sandbox:
    """One submission's student process, in an empty folder. No cell and no test takes longer than `timeout`."""

    def __init__(self, keeper, timeout=20.0):
        self.keeper, self.timeout = keeper, timeout
        self.good = []  # sources of the cells that ran through, to be replayed
        self.left = WHOLE * timeout  # seconds for all cells together
        self.connection = self.folder = None

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        self.stop()

    def run(self, source):
        """Run a cell; a dict with "printed", "shown" and "error". Raises `Stopped`."""
        if self.left <= 0:
            raise Stopped(f"it was left out: the cells before took {WHOLE * self.timeout:g} s together")
        self.ready()
        answer = self._run(source)
        self.good.append(source)
        return answer

    def _run(self, source):
        began = time.monotonic()
        try:
            return self._ask(began + self.timeout, what="run", source=source)
        finally:
            self.left -= time.monotonic() - began

    def fetch(self, name, deadline):
        """What a name holds: {"missing"}, {"callable"}, {"value"} or {"error"}. Raises `Stopped`."""
        self.ready()
        return self._ask(deadline, what="fetch", name=name)

    def call(self, name, args, kwargs, deadline):
        """Call what a name holds: {"value", "changed"} or {"error"}. Raises `Stopped`."""
        self.ready()
        return self._ask(deadline, what="call", name=name, args=args, kwargs=kwargs)

    def stop(self, patience=0.0):
        """End the process with all it started and remove its folder; how it ended by itself (see `Keeper.end`)."""
        if self.connection is None:
            return ""
        self.connection.close()
        how = self.keeper.end(patience)
        shutil.rmtree(self.folder, ignore_errors=True)
        self.connection = self.folder = None
        return how

    def ready(self):
        """A process in which all good cells have run; a cell that stops it this time is good no more."""
        while self.connection is None:
            self.connection, self.folder = self.keeper.start()
            for source in list(self.good):
                try:
                    if self.left > 0:
                        self._run(source)
                except Stopped:
                    self.good.remove(source)
                    break

    def _ask(self, deadline, **request):
        ticket = secrets.token_hex(8)
        try:
            codec.send(self.connection, {"ticket": ticket, **request}, deadline)
            reply = codec.receive(self.connection, deadline)
            answer = (
                reply.get("answer") if isinstance(reply, dict) and reply.get("ticket") == ticket else None
            )
            if not isinstance(answer, dict):
                raise codec.ProtocolError("an answer to something else")
            return answer
        except TimeoutError:
            self.stop()
            raise Stopped(
                f"it ran longer than {self.timeout:g} s and was stopped: an endless loop?"
            ) from None
        except codec.ProtocolError as error:
            self.stop()
            raise Stopped(f"the Python process was stopped: it sent what is no answer ({error})") from None
        except (EOFError, OSError):
            how = self.stop(patience=0.5)
            raise Stopped(f"the Python process {how or 'closed the line'}") from None
