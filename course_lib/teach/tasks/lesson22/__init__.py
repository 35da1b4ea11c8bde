"""Tasks of lesson 22: k of n, hysteresis, and a filter chosen by what its errors cost."""

from course_lib.teach.tasks.lesson22 import choose_filter, hysteresis, k_of_n

TASKS = (k_of_n.TASK, hysteresis.TASK, choose_filter.TASK)
