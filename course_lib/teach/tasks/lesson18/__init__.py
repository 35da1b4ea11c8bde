"""Tasks of lesson 18: the nearest pixel, which drift it is, batch normalization folded, and a parity test that fails when it should."""

from course_lib.teach.tasks.lesson18 import diagnose, fold, nearest_exact, parity

TASKS = (nearest_exact.TASK, diagnose.TASK, fold.TASK, parity.TASK)
