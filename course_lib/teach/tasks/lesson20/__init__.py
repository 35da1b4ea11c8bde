"""Tasks of lesson 20: two rates of false alarms, an operating point, a night in numbers, and who the false alarms are."""

from course_lib.teach.tasks.lesson20 import breakdown, false_alarm_rates, night, operating_point

TASKS = (false_alarm_rates.TASK, operating_point.TASK, breakdown.TASK, night.TASK)
