"""Tasks of lesson 14: what keyframes cost, a rule for scene cuts, and how much flicker is in the switches."""

from course_lib.teach.tasks.lesson14 import amortized, cut_frames, switch_share

TASKS = (amortized.TASK, cut_frames.TASK, switch_share.TASK)
