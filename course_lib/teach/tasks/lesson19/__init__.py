"""Tasks of lesson 19: how many frames, the frames themselves, the corners of a mel bank, and a front end that is late."""

from course_lib.teach.tasks.lesson19 import count_frames, cut_frames, late_by, mel_points

TASKS = (count_frames.TASK, cut_frames.TASK, mel_points.TASK, late_by.TASK)
