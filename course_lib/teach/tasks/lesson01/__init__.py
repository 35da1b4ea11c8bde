"""Tasks of lesson 01: the way back from Lab, normalizing and its inverse, and four broken pipelines."""

from course_lib.teach.tasks.lesson01 import diagnose, normalize, to_rgb

TASKS = (to_rgb.TASK, normalize.NORMALIZE, normalize.DENORMALIZE, diagnose.TASK)
