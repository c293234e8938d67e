"""Tell which exercise files were saved, by file events, and by looking where none arrive."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Iterable
from pathlib import Path

LOOK_EVERY_S = 1.0
_POLL_EVERY_S = 0.3

Stamp = tuple[int, int]


class Saves:
    """A thread that calls `tell` with the files that changed since it looked last.

    An event only wakes it; what has changed it sees by itself. So a file system without events costs a second, not
    the verdict.

    Args:
        files: gives the files to look after; asked anew each time, for files come and go.
        folders: where they lie.
        tell: called in the thread, with at least one path.
        events: whether to use file events at all.
    """

    def __init__(
        self,
        files: Callable[[], Iterable[Path]],
        folders: Iterable[Path],
        tell: Callable[[list[Path]], None],
        *,
        events: bool = True,
    ) -> None:
        self._files, self._tell, self._events = files, tell, events
        self._folders = [folder for folder in folders if folder.is_dir()]
        self._seen = self._stamps()
        self._end = threading.Event()
        self._thread = threading.Thread(target=self._run, name="saves", daemon=True)

    def start(self) -> None:
        """Begin to look."""
        self._thread.start()

    def stop(self) -> None:
        """Look no more; the thread ends within a moment."""
        self._end.set()

    def close(self) -> None:
        """Stop, and wait for the end."""
        self.stop()
        if self._thread.is_alive():
            self._thread.join(2 * LOOK_EVERY_S)

    def _run(self) -> None:
        if self._events and self._folders:
            with contextlib.suppress(Exception):  # no inotify left, a folder gone: looking always works
                self._wait_for_events()
        while not self._end.wait(_POLL_EVERY_S):
            self._look()

    def _wait_for_events(self) -> None:
        import watchfiles

        waits = watchfiles.watch(
            *self._folders,
            watch_filter=None,
            debounce=60,
            step=15,
            stop_event=self._end,
            rust_timeout=int(LOOK_EVERY_S * 1000),
            yield_on_timeout=True,
            raise_interrupt=False,
            recursive=False,
        )
        for _ in waits:
            self._look()

    def _look(self) -> None:
        stamps = self._stamps()
        changed = [path for path, stamp in stamps.items() if self._seen.get(path) != stamp]
        self._seen = stamps
        if changed:
            self._tell(changed)

    def _stamps(self) -> dict[Path, Stamp]:
        found: dict[Path, Stamp] = {}
        for path in self._files():
            try:
                status = path.stat()
            except OSError:
                continue  # between the two steps of a save it may be away
            found[path] = (status.st_mtime_ns, status.st_size)
        return found
