"""Tasks of lesson 05: a schedule, the losses of three heads, the area under the error curve, and an interval for a share."""

from course_lib.teach.tasks.lesson05 import auc, schedule, three_losses, wilson

TASKS = (schedule.TASK, three_losses.TASK, auc.TASK, wilson.TASK)
