"""Tasks of lesson 23: a budget of seconds, a device under three limits, and a decision table read with care."""

from course_lib.teach.tasks.lesson23 import choose_device, smallest_k, unproven

TASKS = (smallest_k.TASK, choose_device.TASK, unproven.TASK)
