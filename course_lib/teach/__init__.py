"""What makes a notebook a lesson: figures, things to play with, guesses, checks with hints, progress."""

from course_lib.teach.checks import CheckFailed, check
from course_lib.teach.guesses import predict
from course_lib.teach.machine import check_environment, speed_probe
from course_lib.teach.page import progress
from course_lib.teach.pictures import headline, show
from course_lib.teach.real_or_not import RealOrNot, Score
from course_lib.teach.real_or_not_widget import play_real_or_not
from course_lib.teach.solutions import solution
from course_lib.teach.style import COLORS, figure
from course_lib.teach.widgets import play

__all__ = [
    "COLORS",
    "CheckFailed",
    "RealOrNot",
    "Score",
    "check",
    "check_environment",
    "figure",
    "headline",
    "play",
    "play_real_or_not",
    "predict",
    "progress",
    "show",
    "solution",
    "speed_probe",
]
