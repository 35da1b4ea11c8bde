"""The course's own tools. Run them from the repository's root: `python -m tools.sync 01`."""
