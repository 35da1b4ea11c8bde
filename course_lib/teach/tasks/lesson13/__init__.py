"""Tasks of lesson 13: means over windows, a window's line, which edges it keeps, and color for a large picture."""

from course_lib.teach.tasks.lesson13 import edge_kept, line, upsample_color, window_means

TASKS = (window_means.TASK, line.TASK, edge_kept.TASK, upsample_color.TASK)
