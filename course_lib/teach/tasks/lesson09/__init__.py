"""Tasks of lesson 09: reading a memory, usage, prototypes, and which frames are held when."""

from course_lib.teach.tasks.lesson09 import consolidate, held_frames, read_memory, usage

TASKS = (read_memory.TASK, usage.TASK, consolidate.TASK, held_frames.TASK)
