"""Tasks of lesson 03: encoding, decoding at a temperature, weights that stay finite, and an assert that never fails."""

from course_lib.teach.tasks.lesson03 import anneal, bad_rows, encode, safe_weights

TASKS = (encode.TASK, anneal.TASK, safe_weights.TASK, bad_rows.TASK)
