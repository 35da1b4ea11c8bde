"""`python -m course_lib.teach`: the progress page in a terminal, and where the record lies."""

import io
import sys

from course_lib.teach import progress, record


def main() -> None:
    """Print the page without its picture."""
    if isinstance(sys.stdout, io.TextIOWrapper):  # a console that lacks a sign shows "?" instead of failing
        sys.stdout.reconfigure(errors="replace")
    progress(picture=False)
    path = record.record_path()
    print(f"Your record: {path}" if path else "Nothing is recorded: COURSE_PROGRESS is off.")


if __name__ == "__main__":
    main()
