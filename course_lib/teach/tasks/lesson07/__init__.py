"""Tasks of lesson 07: where a row begins another clip, what it then forgets, a ConvLSTM's step, and the warp error."""

from course_lib.teach.tasks.lesson07 import conv_lstm_step, reset_flags, reset_rows, warp_error

TASKS = (reset_flags.TASK, reset_rows.TASK, conv_lstm_step.TASK, warp_error.TASK)
