"""Start a sandbox's process before this one has imported torch: both then do it at the same time."""

from __future__ import annotations

import threading
from concurrent.futures import Future

from grader.records import Limits
from grader.sandbox.launch import Level, Wishes, Zygote, launch


def launch_early(limits: Limits, imports: tuple[str, ...], device: str = "cpu") -> Future[Zygote]:
    """Begin to launch the process for one's own work; its result is there when it is ready."""
    launched: Future[Zygote] = Future()
    wishes = Wishes(Level.PLAIN, limits, device, imports, warm_fake=True)

    def run() -> None:
        try:
            launched.set_result(launch(wishes)[0])
        except BaseException as error:
            launched.set_exception(error)

    threading.Thread(target=run, name="launching", daemon=True).start()
    return launched
