"""Tasks of lesson 11: a clip's PSNR from bytes, the loss of a training step, and what an ablation really says."""

from course_lib.teach.tasks.lesson11 import clip_loss, clip_psnr, parts_that_earn

TASKS = (clip_psnr.TASK, clip_loss.TASK, parts_that_earn.TASK)
