"""What counts as handled: a whole answer, or a refusal in words."""

import contextlib
import io

WORKED, REFUSED = "worked", "refused"


class Failed(Exception):
    """A case was not handled; says how."""


def attempt(work, *names):
    """Call `work`.

    Returns
    -------
    (str, object)
        "worked" and its answer, or "refused" and None where it raised an error that names one of `names`.

    Raises
    ------
    Failed
        An error of a kind that says nothing to a user, or that names none of them.
    """
    try:
        return WORKED, work()
    except (ValueError, RuntimeError, OSError) as error:
        if isinstance(error, RecursionError | NotImplementedError):
            raise
        if not any(name in str(error) for name in names):
            raise Failed(f"{type(error).__name__} without {' or '.join(names)}: {error}") from error
        return REFUSED, None


def command(main, arguments, *names):
    """Run a command's `main` as if it were called with these arguments.

    Returns
    -------
    (str, str)
        "worked" or "refused", by its exit code, and what it printed.

    Raises
    ------
    Failed
        It ended badly without a message that holds one of `names`, or with a traceback.
    """
    out, said = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(said):
        try:
            code = main([str(argument) for argument in arguments]) or 0
        except SystemExit as end:
            code = end.code or 0
    said = said.getvalue()
    if "Traceback" in said:
        raise Failed(f"a traceback: {said[-300:]}")
    if code and not any(name in said for name in names):
        raise Failed(f"exit code {code} without {' or '.join(names)}: {said[-300:]!r}")
    return (REFUSED if code else WORKED), out.getvalue()


def only(folder, *expected):
    """Raise `Failed` where `folder` holds another file than those expected, such as half of one."""
    found = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
    more = sorted(found - set(expected))
    if more:
        raise Failed(f"left behind: {', '.join(more)}")
