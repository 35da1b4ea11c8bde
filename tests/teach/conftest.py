"""Tests of the teaching tools: nothing here touches the reader's own progress."""

import pytest

from course_lib.teach import record


@pytest.fixture(autouse=True)
def _own_record(tmp_path, monkeypatch):
    monkeypatch.setenv("COURSE_PROGRESS", str(tmp_path / "progress.json"))
    monkeypatch.delenv("COURSE_SECRET", raising=False)
    monkeypatch.setattr(record, "_tried_here", set())


@pytest.fixture
def published(monkeypatch):
    """MIME bundles that were published, as a list of (data, metadata)."""
    from course_lib.teach import guesses, page, pictures, solutions, widgets

    bundles = []
    for module in (guesses, page, pictures, solutions, widgets):
        monkeypatch.setattr(
            module, "publish", lambda data, metadata=None: bundles.append((data, metadata or {}))
        )
    return bundles
