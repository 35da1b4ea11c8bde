"""Tasks of lesson 02: the best constant under each loss, a chroma measure, and a prediction to verify."""

from course_lib.teach.tasks.lesson02 import best_constant, chroma_ratio, huber_optimum, predicted

TASKS = (best_constant.TASK, huber_optimum.TASK, chroma_ratio.TASK, predicted.TASK)
