"""Starts student processes and ends them with all they started. Itself trusted: it runs no student code.

A process of its own with a bare environment (so that no secret is in its memory or a child's), which imports
what the assignment imports once, so that each student process is a fork of a hundredth of a second. On Linux it
adopts orphans, so that a child that left its session is still found and ended.

Requests come on a socket: a line of JSON, with the worker's own socket beside it where one is started.
"""

import contextlib
import json
import os
import platform
import shutil
import signal
import socket
import sys
import time
import traceback
from pathlib import Path

NAMES = {int(kind): kind.name for kind in signal.Signals}


def main(control_number, *modules):
    """Serve requests on the socket with this file number until the grader hangs up."""
    control = socket.socket(fileno=int(control_number))
    if platform.system() == "Linux":
        from tools.grade import kernel

        kernel.become_subreaper()
    _preload(modules)
    control.sendall(b"ready\n")
    worker = None
    while True:
        line, files, _, _ = socket.recv_fds(control, 65536, 1)
        if not line:
            _end_all(worker)
            shutil.rmtree(os.environ["HOME"], ignore_errors=True)
            return
        request = json.loads(line)
        if request["what"] == "start":
            worker = _start(control, files[0], request)
        elif request["what"] == "load":
            _preload(request["modules"])
            control.sendall(b"ready\n")
        else:
            how = _how_it_ended(worker, request["patience"])
            _end_all(worker)
            control.sendall(json.dumps({"how": how}).encode() + b"\n")
            worker = None


def _preload(modules):
    import importlib

    if platform.system() != "Linux":  # elsewhere a fork after heavy imports isn't safe
        return
    for name in ("IPython.core.interactiveshell", "tools.grade.worker", *modules):
        try:
            importlib.import_module(name)
        except Exception as error:  # the cell that imports it will say so where it is seen
            print(f"{name} isn't there to be loaded: {error}", file=sys.stderr)


def _start(control, connection_number, request):
    pid = os.fork()
    if pid:
        os.close(connection_number)
        return pid
    try:
        control.close()
        os.setsid()
        from tools.grade.worker import serve

        serve(socket.socket(fileno=connection_number), request["folder"])
    except BaseException:
        traceback.print_exc()
        os._exit(1)
    os._exit(0)


def _how_it_ended(worker, patience):
    """In words, how the worker ended by itself within `patience` seconds; "" where it didn't."""
    until = time.monotonic() + patience
    while worker is not None and time.monotonic() < until:
        try:
            pid, status = os.waitpid(worker, os.WNOHANG)
        except ChildProcessError:
            return "ended"
        if pid:
            code = os.waitstatus_to_exitcode(status)
            return f"ended with exit code {code}" if code >= 0 else f"was ended by {NAMES.get(-code, -code)}"
        time.sleep(0.01)
    return ""


def _end_all(worker):
    """Kill the worker's group, then every descendant that is left, until none is."""
    if worker is None:
        return
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(worker, signal.SIGKILL)
    until = time.monotonic() + 10
    while time.monotonic() < until:
        for pid in _descendants():
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                continue
        try:
            while os.waitpid(-1, os.WNOHANG)[0]:
                pass
        except ChildProcessError:  # none left
            return
        time.sleep(0.005)


def _descendants():
    """Every process below this one, by what /proc says (Linux); the group's kill must do elsewhere."""
    parents = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            state, parent = stat.read_text(errors="replace").rpartition(")")[2].split()[:2]
        except OSError:
            continue
        if state != "Z":
            parents[int(stat.parent.name)] = int(parent)
    found = {os.getpid()}
    while grown := {pid for pid, parent in parents.items() if parent in found} - found:
        found |= grown
    return found - {os.getpid()}


if __name__ == "__main__":
    # run as a file, isolated (-I): nothing on the path but Python's own, so the course's root is added here
    sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
    main(*sys.argv[1:])
