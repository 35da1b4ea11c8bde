"""Tasks of lesson 10: a window at the border, the softmax's scale, what looking costs, and how far a window reaches."""

from course_lib.teach.tasks.lesson10 import attention_weights, fastest, multiplications, window_places

TASKS = (window_places.TASK, attention_weights.TASK, multiplications.TASK, fastest.TASK)
