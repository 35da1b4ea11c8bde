"""Tasks of lesson 15: which engine lies, which axes are open, what times say, and the largest weight that fits."""

from course_lib.teach.tasks.lesson15 import largest_weight, liars, open_axes, summarize

TASKS = (liars.TASK, open_axes.TASK, summarize.TASK, largest_weight.TASK)
