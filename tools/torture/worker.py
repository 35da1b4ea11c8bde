"""Does the cases of a kind in a process of its own, which may crash or hang; the process that asks never does."""

import contextlib
import importlib
import multiprocessing
import os
import random
import shutil
import signal
import tempfile
import threading
import traceback
from dataclasses import dataclass
from pathlib import Path

from tqdm import tqdm

MEMORY = 8 * 2**30  # bytes of address space: who asks for more believed a damaged number


@dataclass
class Outcome:
    """How a case ended: "worked", "refused" or "failed", and for those that failed, why."""

    case: str
    ending: str
    why: str = ""


def outcomes(kind, cases, limit=None):
    """Do cases, named by strings that decide all about them; yields an `Outcome` each.

    Parameters
    ----------
    kind : str
        Name of the module.
    cases : iterable of str
    limit : float, optional
        Seconds for a case, in place of the module's.
    """
    limit = limit or importlib.import_module(kind).LIMIT
    cases = list(cases)
    with tempfile.TemporaryDirectory(prefix="torture-") as folder:
        while cases:
            with _Worker(kind, Path(folder)) as worker:
                while cases:
                    case = cases.pop(0)
                    outcome = worker.do(case, limit)
                    yield outcome
                    if worker.gone:
                        break


class _Worker:
    """The process, and the pipe to it."""

    def __init__(self, kind, folder):
        context = multiprocessing.get_context("spawn")
        self._pipe, theirs = context.Pipe()
        self._process = context.Process(target=_serve, args=(kind, folder, theirs))
        self._process.start()
        theirs.close()
        self.gone = False
        try:
            ready = self._pipe.recv()
        except EOFError:
            ready = "it ended"
        if ready is not True:
            self.__exit__()
            raise RuntimeError(f"{kind} can't be prepared: {ready}")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if not self.gone:
            with contextlib.suppress(OSError):
                self._pipe.send(None)
            self._process.join(5)
        self.gone = True
        with contextlib.suppress(OSError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.join()
        self._pipe.close()

    def do(self, case, limit):
        """One case; the worker is `gone` after a crash or a hang."""
        self._pipe.send(case)
        try:
            if self._pipe.poll(limit):
                return Outcome(case, *self._pipe.recv())
            why = f"hangs: no end after {limit} s"
            self.gone = True
        except EOFError:
            self._process.join()
            code = self._process.exitcode
            self.gone = True
            why = f"crashed: {signal.Signals(-code).name if code < 0 else f'exit code {code}'}"
        self.__exit__()
        return Outcome(case, "failed", why)


def _serve(kind, folder, pipe):
    os.setsid()  # what a case starts ends with it
    quiet = os.open(os.devnull, os.O_WRONLY)
    os.dup2(quiet, 1)  # libraries print what they think of broken files
    os.dup2(quiet, 2)
    tqdm.set_lock(
        threading.RLock()
    )  # its own is shared between processes, and outlives those that are killed
    _limit_memory()
    try:
        module = importlib.import_module(kind)
        sound = module.prepare(_fresh(folder / "sound"))
    except Exception:
        pipe.send(traceback.format_exc()[-2000:])
        return
    pipe.send(True)
    while True:
        try:
            case = pipe.recv()
        except EOFError:
            return
        if case is None:
            return
        try:
            ending, why = module.case(sound, random.Random(case), _fresh(folder / "case")), ""
        except (Exception, SystemExit) as error:
            last = traceback.extract_tb(error.__traceback__)[-1]
            where = f"{Path(last.filename).name}:{last.lineno}"
            ending, why = "failed", f"{type(error).__name__} at {where}: {str(error)[:400]}"
        pipe.send((ending, why))


def _limit_memory():
    try:
        import resource
    except ImportError:  # Windows has none
        return
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))


def _fresh(folder):
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return folder
