"""What Linux offers a process to give up rights for good, called through ctypes.

Landlock (files, TCP, signals; Linux 5.13, more with later ones), seccomp (system calls), capabilities.
Each function works on the calling thread and its later children, and can't be undone.
Sources: Documentation/userspace-api/landlock.rst and seccomp_filter.rst, capabilities(7).
"""

import ctypes
import os
import platform
import stat
import struct
from pathlib import Path

EXECUTE, WRITE_FILE, READ_FILE, READ_DIR, TRUNCATE = 1, 2, 4, 8, 1 << 14
READ = EXECUTE | READ_FILE | READ_DIR
ON_FILES = EXECUTE | WRITE_FILE | READ_FILE | TRUNCATE | 1 << 15  # rights that a single file may be given
FILE_RIGHTS = {1: 13, 2: 14, 3: 15, 4: 15, 5: 16}  # how many bits each version of Landlock knows

_libc = ctypes.CDLL(None, use_errno=True) if platform.system() == "Linux" else None
_CREATE, _ADD_RULE, _RESTRICT = 444, 445, 446  # the same numbers on every architecture

# seccomp: numbers by architecture, as (audit architecture, {call: number})
_CALLS = {
    "x86_64": (
        0xC000003E,
        dict(socket=41, ptrace=101, process_vm_readv=310, process_vm_writev=311, io_uring_setup=425,
             tkill=200, rt_sigqueueinfo=129, rt_tgsigqueueinfo=297, pidfd_send_signal=424,
             kill=62, tgkill=234, prlimit64=302),
    ),
    "aarch64": (
        0xC00000B7,
        dict(socket=198, ptrace=117, process_vm_readv=270, process_vm_writev=271, io_uring_setup=425,
             tkill=130, rt_sigqueueinfo=138, rt_tgsigqueueinfo=240, pidfd_send_signal=424,
             kill=129, tgkill=131, prlimit64=261),
    ),
}  # fmt: skip
_ON_ITSELF = ("kill", "tgkill", "prlimit64")  # allowed when the first argument is the caller's own pid, or 0


def _call(function, *arguments):
    result = function(*arguments)
    if result < 0:
        code = ctypes.get_errno()
        raise OSError(code, os.strerror(code))
    return result


def _prctl(option, argument, *rest):
    longs = [ctypes.c_ulong(value) for value in (argument, *rest, 0, 0, 0)[:4]]
    return _call(_libc.prctl, option, *longs)


def landlock_version():
    """Which version of Landlock the running kernel offers; 0 where there is none."""
    if platform.system() != "Linux":
        return 0
    return max(0, _libc.syscall(_CREATE, None, ctypes.c_size_t(0), ctypes.c_uint32(1)))


def give_up_new_privileges():
    """No program started from here on gains rights by being executed (needed before the other two)."""
    _prctl(38, 1)  # PR_SET_NO_NEW_PRIVS


def become_subreaper():
    """Orphans among the caller's descendants become its children, so that none escapes it."""
    _prctl(36, 1)  # PR_SET_CHILD_SUBREAPER


def end_with_parent():
    """Have the caller killed when its parent ends."""
    _prctl(1, 9)  # PR_SET_PDEATHSIG, SIGKILL


def landlock(rules):
    """Allow files only by `rules`, a list of (path, rights); no TCP and no signals to others where known."""
    version = landlock_version()
    known = (1 << FILE_RIGHTS[min(version, 5)]) - 1
    parts = [known, *([3] if version >= 4 else []), *([3] if version >= 6 else [])]  # files, TCP, scopes
    attributes = struct.pack(f"={len(parts)}Q", *parts)
    ruleset = _call(_libc.syscall, _CREATE, attributes, ctypes.c_size_t(len(attributes)), ctypes.c_uint32(0))
    try:
        for path, rights in rules:
            _landlock_rule(ruleset, Path(path), rights & known)
        _call(_libc.syscall, _RESTRICT, ruleset, ctypes.c_uint32(0))
    finally:
        os.close(ruleset)


def _landlock_rule(ruleset, path, rights):
    try:
        opened = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except (FileNotFoundError, NotADirectoryError):
        return
    try:
        if not stat.S_ISDIR(os.fstat(opened).st_mode):
            rights &= ON_FILES
        _call(_libc.syscall, _ADD_RULE, ruleset, 1, struct.pack("=Qi", rights, opened), ctypes.c_uint32(0))
    finally:
        os.close(opened)


def seccomp_known():
    """Whether the table of system calls covers this machine."""
    return platform.system() == "Linux" and platform.machine() in _CALLS


def seccomp():
    """Refuse (EPERM) sockets, tracing, and signals to or limits of any process but the caller itself."""
    architecture, calls = _CALLS[platform.machine()]
    refuse, allow = 0x00050000 | 1, 0x7FFF0000
    load, equal, at_least, give = 0x20, 0x15, 0x35, 0x06
    program = [(load, 0, 0, 4), (equal, 1, 0, architecture), (give, 0, 0, refuse), (load, 0, 0, 0)]
    program += [(at_least, 0, 1, 0x40000000), (give, 0, 0, refuse)]  # the x32 calls, which have other numbers
    for name, number in calls.items():
        if name in _ON_ITSELF:
            # not this call: skip six; else the first argument must be 0 (prlimit64 only) or the own pid
            zero = 0 if name == "prlimit64" else os.getpid()
            program += [(equal, 0, 5, number), (load, 0, 0, 16), (equal, 2, 0, zero)]
            program += [(equal, 1, 0, os.getpid()), (give, 0, 0, refuse), (give, 0, 0, allow)]
        else:
            program += [(equal, 0, 1, number), (give, 0, 0, refuse)]
    program.append((give, 0, 0, allow))
    code = ctypes.create_string_buffer(b"".join(struct.pack("=HBBI", *line) for line in program))
    described = ctypes.create_string_buffer(struct.pack("@HP", len(program), ctypes.addressof(code)))
    _prctl(22, 2, ctypes.addressof(described))  # PR_SET_SECCOMP, a filter


def drop_capabilities():
    """Give up every capability of root; being root alone then means no more than owning root's files."""
    header = ctypes.create_string_buffer(struct.pack("=Ii", 0x20080522, 0))
    _call(_libc.capset, header, ctypes.create_string_buffer(bytes(24)))
