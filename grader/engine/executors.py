"""Warm sandboxes, one for each set of modules that submissions import."""

from __future__ import annotations

from grader.records import Chapter, Limits
from grader.sandbox.host import Sandbox
from grader.sandbox.levels import Level


class WarmSandboxes:
    """Sandboxes that stay: starting one costs seconds, most of them the import of torch.

    Args:
        level: how far learner code is kept from this machine.
        limits: what one submission may use.
        device: where tensors live, `cpu` or `cuda`.
    """

    def __init__(self, level: Level, limits: Limits, device: str = "cpu") -> None:
        self._level, self._limits, self._device = level, limits, device
        self._sandboxes: dict[tuple[str, ...], Sandbox] = {}

    def for_chapter(self, chapter: Chapter) -> Sandbox:
        """The sandbox in which the modules that this chapter's submissions may import are there already."""
        found = self._sandboxes.get(chapter.imports)
        if found is None:
            found = Sandbox(self._level, self._limits, self._device, imports=chapter.imports, warm_fake=True)
            self._sandboxes[chapter.imports] = found
        return found

    def close(self) -> None:
        """End them all."""
        while self._sandboxes:
            self._sandboxes.popitem()[1].close()
