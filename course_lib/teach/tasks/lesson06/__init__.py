"""Tasks of lesson 06: a picture in its box, a frame's place, what a chunk costs, and what a killed job still has to make."""

from course_lib.teach.tasks.lesson06 import fit_box, frames_unpacked, locate, to_make

TASKS = (fit_box.TASK, locate.TASK, frames_unpacked.TASK, to_make.TASK)
