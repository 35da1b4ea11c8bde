"""Runs a test cell here, where the tests are, with this process's own `check`, NumPy and builtins.

A test cell is trusted code from exercises/source. It runs unchanged: every name that the source's solution cells
define is bound to a stand-in for the student's version (see `stand_ins`). What comes of it is a `Verdict`.
"""

import ast
import contextlib
import io
import warnings
from dataclasses import dataclass

import numpy as np

from tools.grade.sandbox import Stopped

BEGIN, END = "BEGIN HIDDEN TESTS", "END HIDDEN TESTS"


@dataclass(frozen=True)
class Verdict:
    """How a test cell went. `share` is the part of the points, `mistake` a short name, `hint` for the student."""

    share: float
    status: str = "passed"  # passed, partly, failed, stopped, not defined
    mistake: str = ""
    hint: str = ""
    printed: str = ""


def segments(source):
    """A test cell as [(code, hidden)]: its visible and its hidden parts, each at its own line numbers.

    >>> segments("a\\n### BEGIN HIDDEN TESTS\\nb\\n### END HIDDEN TESTS")
    [('a\\n', False), ('\\n\\nb\\n', True)]
    """
    parts, hidden, start = [], False, 0
    lines = source.splitlines(keepends=True)
    for number, line in enumerate([*lines, END]):
        if BEGIN in line or END in line:
            body = "".join(lines[start:number])
            if body.strip():
                parts.append(("\n" * start + body, hidden))
            hidden, start = BEGIN in line, number + 1
    return parts


def without_hidden(source, instead=()):
    """A test cell without its hidden parts, the lines `instead` in their place."""
    kept, hidden = [], False
    for line in source.split("\n"):
        if BEGIN in line:
            kept, hidden = [*kept, *instead], True
        elif END in line:
            hidden = False
        elif not hidden:
            kept.append(line)
    return "\n".join(kept)


def reads(source):
    """Names that a cell reads.

    >>> sorted(reads("check(key, answer, variant=VARIANT)"))
    ['VARIANT', 'answer', 'check', 'key']
    """
    return {node.id for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Name)}


def has_hidden(source):
    """Whether a test cell has a hidden part."""
    return any(hidden for _, hidden in segments(source))


def judge(source, namespace, stand_ins=None, points=1.0, visible=False):
    """Run a test cell (`visible`: only those parts) in a copy of `namespace`; a `Verdict`.

    The student's names are bound to `stand_ins`.
    """
    space, printed, share, hidden = dict(namespace), io.StringIO(), 1.0, False
    try:
        if stand_ins is not None:
            space |= stand_ins.bind(source)
        with _quiet(printed):
            for code, hidden in segments(source):
                if hidden and visible:
                    continue
                share = _share(_execute(code, space), points)
    except Stopped as stop:
        return Verdict(0.0, "stopped", "stopped", str(stop), printed.getvalue())
    except (Exception, SystemExit) as error:
        if isinstance(error, NameError) and stand_ins is not None and error.name in stand_ins.missing:
            hint = f"`{error.name}` isn't defined{stand_ins.why and ': ' + stand_ins.why}"
            mistake = "not implemented" if "NotImplementedError" in stand_ins.why else "not defined"
            return Verdict(0.0, "not defined", mistake, hint, printed.getvalue())
        mistake = getattr(error, "mistake", type(error).__name__)
        hint = _hint(error, hidden)
        return Verdict(
            0.0, "failed", mistake, f"On other data: {hint}" if hidden else hint, printed.getvalue()
        )
    return Verdict(share, "passed" if share == 1 else "partly", printed=printed.getvalue())


@contextlib.contextmanager
def _quiet(printed):
    """What is printed goes to `printed`; warnings, which nbgrader would take for a failed test, go nowhere."""
    redirected = contextlib.redirect_stdout(printed), contextlib.redirect_stderr(io.StringIO())
    with redirected[0], redirected[1], np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def _hint(error, hidden):
    """What the student reads of a test's error; of a hidden one, which may hold its data, only what `check` says."""
    kind, said = type(error).__name__, str(error)
    if hasattr(error, "mistake"):
        return said
    if hidden or not said:
        return f"the test raised {kind}"
    return said if isinstance(error, AssertionError) else f"{kind}: {said}"


def _execute(code, space):
    """Execute code; the value of its last expression, None where it ends otherwise."""
    body = ast.parse(code, "<test>").body
    last = body.pop() if body and isinstance(body[-1], ast.Expr) else None
    exec(compile(ast.Module(body, []), "<test>", "exec"), space)
    return eval(compile(ast.Expression(last.value), "<test>", "eval"), space) if last else None


def _share(value, points):
    """Part of the points: as nbgrader has it, a test cell that ends in a number gives that many points."""
    if isinstance(value, (bool, np.bool_)) or not isinstance(value, (int, float, np.number)):
        return 1.0
    return min(max(float(value) / points, 0.0), 1.0) if points and np.isfinite(value) else 0.0
