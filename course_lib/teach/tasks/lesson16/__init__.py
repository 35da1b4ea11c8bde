"""Tasks of lesson 16: the earth mover's distance, mean and spread, what a constant scores, and an error on another scale."""

from course_lib.teach.tasks.lesson16 import constant_row, distance, mean_and_spread, rescaled_mse

TASKS = (distance.TASK, mean_and_spread.TASK, constant_row.TASK, rescaled_mse.TASK)
