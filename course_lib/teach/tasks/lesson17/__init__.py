"""Tasks of lesson 17: classes from scores, a balanced sample, F1 by class, and how much of a test leaked."""

from course_lib.teach.tasks.lesson17 import balance, f1_by_class, leaked, relabel

TASKS = (relabel.TASK, balance.TASK, f1_by_class.TASK, leaked.TASK)
