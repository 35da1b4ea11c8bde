"""Tasks of lesson 12: the error inside a mask, a memory read by segments, and a background with what hides it."""

from course_lib.teach.tasks.lesson12 import background, error_inside, masked_read

TASKS = (error_inside.TASK, masked_read.TASK, background.TASK)
