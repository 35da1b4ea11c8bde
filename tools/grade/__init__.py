"""Grades a folder of submissions: ``python -m tools.grade SUBMISSIONS``.

A submission's code and the tests that judge it never share a process. Who does what:

=================  ==========================================================================================
``__main__``       the command
``grading``        the whole way, submissions spread over processes
``collect``        finds each student's notebook, whatever the folder looks like
``mend``           rebuilds a notebook from its text, with the locked cells and points of the source
``course``         talks to nbgrader: gradebook, autograde, feedback
``persons``        points that a person gave, when a submission is graded again
``fingerprint``    whether everything must be graded again, and on which secret hidden data hang
``preprocessors``  the steps put into nbgrader: mend, run apart, hide the hidden tests, mark open points
``run``            one submission, run and judged
``judge``          runs a test cell here, in the trusted process
``stand_ins``      what a test finds under the student's names
``source``         what the grader knows of an exercise
``sandbox``        the grader's end of the line to the student's process: limits, restarts, replays
``keeper``         starts student processes, and ends them with everything they started
``worker``         the student's process: runs cells, answers calls
``confine``        what the worker takes from itself first: files, network, signals, memory (``kernel`` does it)
``codec``          plain data as bytes, in both directions; nothing is ever unpickled
``report``         grades.csv and the lines on the screen
``class_report``   how the class did, task by task: a table, and a notebook with pictures
``tries``          which answers were graded, however often
``variants``       each student's number, on which the data of their notebook hang
=================  ==========================================================================================
"""
