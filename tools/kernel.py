"""The kernel that lessons are executed in: its environment, and a client that doesn't sleep through its answers.

A widget makes nbclient write to the shell channel while it waits for a message there. The write can eat the wake-up of a
message that has just come, and the wait then lasts until the cell's time-out (of sixty cells with `interact`, three on
average). So the channel here looks again every fifth of a second.
"""

import os
from queue import Empty
from time import monotonic

from jupyter_client.asynchronous.client import AsyncKernelClient
from jupyter_client.channels import AsyncZMQSocketChannel
from jupyter_client.manager import AsyncKernelManager
from traitlets import Type

LOOK_AGAIN = 0.2  # seconds
NOT_FOR_LESSONS = ("COURSE_DATA_DIR", "COURSE_SECRET")  # a stored output must not depend on them


class _Channel(AsyncZMQSocketChannel):
    async def get_msg(self, timeout: float | None = None) -> dict:
        deadline = float("inf") if timeout is None else monotonic() + timeout
        while True:
            left = deadline - monotonic()
            try:
                return await super().get_msg(timeout=max(0.0, min(left, LOOK_AGAIN)))
            except Empty:
                if left <= LOOK_AGAIN:
                    raise


class _Client(AsyncKernelClient):
    shell_channel_class = Type(_Channel)


class KernelManager(AsyncKernelManager):
    """Starts lesson kernels; for nbclient's and papermill's `kernel_manager_class`."""

    client_class = f"{__name__}._Client"
    client_factory = Type(klass="jupyter_client.KernelClient", default_value=_Client)

    async def start_kernel(self, *, extra_arguments: list[str] = (), **options) -> None:
        """Start the kernel without the user's progress, data and secret, and without its advice on transports."""
        kept = {key: value for key, value in os.environ.items() if key not in NOT_FOR_LESSONS}
        options["env"] = kept | {"COURSE_PROGRESS": "off"}
        await super().start_kernel(extra_arguments=["--log-level=40", *extra_arguments], **options)
