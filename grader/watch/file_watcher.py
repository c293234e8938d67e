"""Tell which exercise files were saved, came or went: by file events, and by looking where none arrive.

Editors save in many ways: into the file, into a new one that takes its place, or with the old one put aside first. So
no event is trusted to say what happened; it only wakes the thread, which compares what each file is with what it was.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from pathlib import Path

import watchfiles

from grader.course.paths import exercises_folder
from grader.watch.state import WatchState

# Even without an event each file is looked at so often: some network and container drives tell of nothing.
LOOK_EVERY_S = 1.0
_POLL_EVERY_S = 0.3
# An editor may take the old file away before it puts the new one there; so long it is not called gone.
_MAY_BE_AWAY_S = 0.15

# When it was changed, how long it is, and which file it is, for a new one may have the time of the old.
Stamp = tuple[int, int, int]


class FileWatcher:
    """A thread that calls `tell` with the files that changed since it looked last.

    An event only wakes it; what has changed it sees by itself. So a file system without events costs a second, not
    the verdict, and no event that is lost or out of order is missed.

    Args:
        paths: the files to look after, whether they are there or not.
        folders: where they lie; one that is not there is watched as soon as it is.
        tell: called in the thread, with at least one path; it may be gone by then.
        events: whether to wait for file events, or to poll only.
    """

    def __init__(
        self,
        paths: Sequence[Path],
        folders: Sequence[Path],
        tell: Callable[[list[Path]], None],
        *,
        events: bool = True,
    ) -> None:
        self._paths, self._folders = tuple(paths), tuple(folders)
        self._tell, self._polls = tell, not events
        self._seen = self._stamps()
        self._end = threading.Event()
        self._thread = threading.Thread(target=self._run, name="files", daemon=True)

    def start(self) -> None:
        """Begin to look.

        What changed since the watcher was made counts too.
        """
        self._thread.start()

    def stop(self) -> None:
        """Look no more; the thread ends within a moment.

        May be called from any thread, and more than once.
        """
        self._end.set()

    def close(self) -> None:
        """Stop, and wait for the end."""
        self.stop()
        if self._thread.is_alive():
            self._thread.join(2 * LOOK_EVERY_S)

    def _run(self) -> None:
        """Look until stopped; where events cannot be had any more, poll from then on."""
        while not self._end.is_set():
            try:
                self._watch_folders()
            except (OSError, RuntimeError):  # no more inotify watches, or a folder went while it was taken up
                self._polls = True
                self._look()
                self._end.wait(_POLL_EVERY_S)

    def _watch_folders(self) -> None:
        """Watch the folders that are there, until one of them is another: a watch on a folder ends with it."""
        watched = self._identities()
        if not watched:
            self._end.wait(_POLL_EVERY_S)
            self._look()
            return
        # A burst of events is one look; the timeout makes a look happen even if no event comes at all.
        waits = watchfiles.watch(
            *watched,
            watch_filter=None,
            debounce=60,
            step=15,
            stop_event=self._end,
            rust_timeout=int(LOOK_EVERY_S * 1000),
            yield_on_timeout=True,
            raise_interrupt=False,
            recursive=False,
            force_polling=self._polls or None,  # None leaves it to WATCHFILES_FORCE_POLLING
            poll_delay_ms=int(_POLL_EVERY_S * 1000),
        )
        for _ in waits:
            self._look()
            if self._identities() != watched:
                return

    def _identities(self) -> dict[Path, int]:
        """The folders that are there, each with its number: one made anew under the same name has another."""
        found = {}
        for folder in self._folders:
            try:
                if folder.is_dir():
                    found[folder] = folder.stat().st_ino
            except OSError:
                continue
        return found

    def _look(self) -> None:
        """Compare, and tell what has changed."""
        stamps = self._stamps()
        # A file that is gone is looked at twice, for it may be in the middle of a save.
        if any(stamp is None and self._seen[path] is not None for path, stamp in stamps.items()):
            self._end.wait(_MAY_BE_AWAY_S)
            stamps = self._stamps()
        changed = [path for path, stamp in stamps.items() if self._seen[path] != stamp]
        self._seen = stamps
        if changed:
            self._tell(changed)

    def _stamps(self) -> dict[Path, Stamp | None]:
        """What each file is now; None for one that is not there."""
        found: dict[Path, Stamp | None] = {}
        for path in self._paths:
            try:
                status = path.stat()
            except OSError:
                found[path] = None
            else:
                found[path] = (status.st_mtime_ns, status.st_size, status.st_ino)
        return found


def watch_exercises(state: WatchState, tell: Callable[[list[Path]], None], events: bool) -> FileWatcher:
    """Watch every place where the file of a chapter may be, so that one which comes later is seen too.

    Args:
        tell: called in the watcher's thread with the files that changed.
        events: whether to wait for file events, or to poll only.
    """
    root = state.workspace.root
    paths = [path for chapter in state.course.chapters for path in state.workspace.candidates(chapter)]
    return FileWatcher(paths, [exercises_folder(root), root], tell, events=events)
