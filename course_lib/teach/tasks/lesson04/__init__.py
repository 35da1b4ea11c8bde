"""Tasks of lesson 04: the prior, the weights, the weighted loss, and priors that can't be right."""

from course_lib.teach.tasks.lesson04 import prior, rebalance, suspects, weighted_loss

TASKS = (prior.TASK, rebalance.TASK, weighted_loss.TASK, suspects.TASK)
