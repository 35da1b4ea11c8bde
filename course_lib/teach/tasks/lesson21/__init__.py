"""Tasks of lesson 21: a grid for a range, what it can be off by, and the gradient through it."""

from course_lib.teach.tasks.lesson21 import error_bound, grid, straight_through

TASKS = (grid.TASK, error_bound.TASK, straight_through.TASK)
