"""Tasks of lesson 08: padding for two strides, attention over channels, matches that hold both ways, layers that never learned."""

from course_lib.teach.tasks.lesson08 import channel_attention, matches, never_learned, two_grids

TASKS = (two_grids.TASK, channel_attention.TASK, matches.TASK, never_learned.TASK)
