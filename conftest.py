"""For every test, and for the notebooks that `pytest --nbval notebooks` runs: nothing of the user's own plays a part."""

import os

import pytest
from hypothesis import settings

# before anything imports course_lib, and inherited by nbval's kernels and by xdist's workers
os.environ["COURSE_PROGRESS"] = "off"
os.environ.pop("COURSE_SECRET", None)

# a slow machine is no failure, and a failure comes again at the next run
settings.register_profile("course", deadline=None, derandomize=True, database=None)
settings.load_profile("course")


def pytest_configure(config):
    """Let matplotlib list the fonts once, before notebooks that would each store its remark about it."""
    if not hasattr(config, "workerinput"):
        import matplotlib.font_manager  # noqa: F401


@pytest.fixture(scope="module")
def one_thread():
    """So small a network only waits for its threads; the same bits also need the same number of them."""
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)
