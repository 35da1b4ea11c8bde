"""What a student's process may touch: its own folder, and to read, what Python needs. Nothing else.

`confine` is called in the worker before any student code and can't be undone there. Which of its layers a
machine has, `describe` says in words; the command prints them, so that nobody trusts a wall that isn't there.
"""

import os
import platform
import sys
from pathlib import Path

from tools.grade import kernel

ROOT = Path(__file__).resolve().parents[2]
MEMORY = 3 * 2**30  # bytes beyond what is mapped at the start: a lesson stays under 3 GB
FILE_SIZE = 64 * 2**20
NOBODY = 65534
SYSTEM = (
    *(
        "/usr",
        "/lib",
        "/lib64",
        "/bin",
        "/etc/ld.so.cache",
        "/etc/localtime",
        "/etc/fonts",
        "/etc/mime.types",
    ),
    *("/proc/self", "/proc/cpuinfo", "/proc/meminfo", "/proc/stat", "/sys/devices/system", "/dev/urandom"),
)


def confine(folder, memory=MEMORY):
    """Give up, in this process and all it starts, everything but `folder` and what Python reads."""
    _limits(memory)
    if platform.system() != "Linux":
        return
    kernel.give_up_new_privileges()
    if os.geteuid() == 0:
        _leave_root(folder)
    if kernel.landlock_version():
        kernel.landlock(_rules(folder))
    if kernel.seccomp_known():
        kernel.seccomp()


def end_with_parent():
    """Have this process killed when its parent ends (Linux)."""
    if platform.system() == "Linux":
        kernel.end_with_parent()


def describe():
    """The walls that this machine has, as (sentences, whether a submission is kept from your files)."""
    told = ["a process of its own, with limits on time, memory and output"]
    if platform.system() != "Linux":
        return [
            *told,
            f"NO wall around files and network on {platform.system()}: use Linux or a container",
        ], False
    version = kernel.landlock_version()
    if version:
        told.append(
            f"Landlock {version}: writes nothing but its own folder, reads Python and the course's package"
        )
    else:
        told.append("NO Landlock in this kernel: a submission can read and write whatever you can")
    if kernel.seccomp_known():
        told.append("seccomp: no network, no signals to other processes")
    else:
        told.append(
            f"NO seccomp table for {platform.machine()}: a submission can use the network and send signals"
        )
    if os.geteuid() == 0:
        told.append("not root: " + ("the user nobody" if _nobody_can_read() else "root's powers given up"))
    return told, bool(version)


def _limits(memory):
    import resource  # there is none on Windows, where this module must still be importable

    def lower(which, value):
        hard = resource.getrlimit(which)[1]
        value = value if hard == resource.RLIM_INFINITY else min(value, hard)
        resource.setrlimit(which, (value, value))

    lower(resource.RLIMIT_CORE, 0)
    lower(resource.RLIMIT_FSIZE, FILE_SIZE)
    lower(resource.RLIMIT_NOFILE, 512)
    if platform.system() == "Linux":
        mapped = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
        lower(resource.RLIMIT_AS, mapped + memory)
        lower(resource.RLIMIT_NPROC, _tasks(NOBODY if os.geteuid() == 0 else os.getuid()) + 512)


def _tasks(user):
    """How many threads `user` runs now: the kernel's process limit counts them all."""
    total = 0
    for folder in Path("/proc").iterdir():
        try:
            if folder.name.isdigit() and folder.stat().st_uid == user:
                total += sum(1 for _ in (folder / "task").iterdir())
        except OSError:  # it ended meanwhile
            continue
    return total


def _python():
    """What Python and the course's package consist of."""
    return [Path(path).resolve() for path in dict.fromkeys((sys.base_prefix, sys.prefix))]


def _nobody_can_read():
    parents = {parent for path in _python() for parent in (path, *path.parents)}
    return all(parent.stat().st_mode & 0o001 for parent in parents)


def _leave_root(folder):
    if _nobody_can_read():
        os.chown(folder, NOBODY, NOBODY)
        os.setgroups([])
        os.setgid(NOBODY)
        os.setuid(NOBODY)
    else:
        kernel.drop_capabilities()


def _rules(folder):
    package = ROOT / "course_lib"
    tasks = package / "teach" / "tasks"  # the right answers: the one part of the package that stays closed
    open_parts = [path for part in (package, package / "teach") for path in part.iterdir()]
    rules = [(path, kernel.READ) for path in (*_python(), *SYSTEM)]
    rules += [(package, kernel.READ_DIR)]
    rules += [(path, kernel.READ) for path in open_parts if path not in (tasks, tasks.parent)]
    rules += [("/dev/null", kernel.READ | kernel.WRITE_FILE)]
    return [*rules, (folder, (1 << 16) - 1 & ~(64 | 2048))]  # all but making devices
