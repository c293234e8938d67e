"""Start a sandbox, and run one submission after another in it.

A sandbox is a zygote, a process that has torch imported, and a fork of it for every submission. Forking takes
milliseconds where an import takes a second, and no submission meets anything of another.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from concurrent.futures import Future
from typing import Any

import torch

from grader.errors import SandboxError
from grader.records import Limits
from grader.sandbox.affinity import OneCore
from grader.sandbox.channel import GuestChannel
from grader.sandbox.launch import LaunchError, Level, Wishes, Zygote, launch, launch_in_thread
from grader.sandbox.proxy import Learner


class Sandbox:
    """A place where submissions run, one at a time, each in a fresh process that torch is already imported in.

    Args:
        level: how far the processes are kept from this machine (see levels.py).
        limits: what one submission may use.
        device: "cpu", or "cuda" for a sandbox that sees the GPU.
        imports: modules to import beforehand, such as "onnx" for a chapter that needs it.
        warm_fake: prepare for `Learner.portable`, which costs a second at the start and saves one per submission.
    """

    def __init__(
        self,
        level: Level = Level.PLAIN,
        limits: Limits | None = None,
        device: str = "cpu",
        *,
        imports: tuple[str, ...] = (),
        warm_fake: bool = False,
    ) -> None:
        self.level, self.limits, self.device = level, limits or Limits(), device
        self._wishes = Wishes(level, self.limits, device, imports, warm_fake)
        self._zygote: Zygote | None = None
        self._address_space: int | None = None
        self._channel: GuestChannel | None = None
        self._judge: GuestChannel | None = None
        self._core = OneCore()
        self._source = ""
        self._distrusted: str | None = None  # the source whose process broke the protocol here
        self._spare: Future[Zygote] | None = None

    def __enter__(self) -> Sandbox:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def start(self) -> None:
        """Start the sandbox if it does not run; about a second, most of it the import of torch.

        Raises:
            SandboxError: it does not start, with what can be done about it.
        """
        if self._zygote is not None:
            return
        try:
            spare, self._spare = self._spare, None
            self._zygote = self._launch(self._wishes) if spare is None else spare.result()
            used = self._zygote.address_space()
        except (LaunchError, OSError) as error:
            self.close()
            raise SandboxError(
                f"the sandbox did not start: {error}",
                f"isolation level {self.level}, device {self.device}",
                "mend that, or choose another isolation level",
            ) from None
        # A GPU's driver maps hundreds of gigabytes of addresses, so there the limit would mean nothing.
        bounded = used is not None and self.device == "cpu"
        self._address_space = used + self.limits.memory_mib * 2**20 if bounded and used is not None else None

    def _launch(self, wishes: Wishes) -> Zygote:
        """A method, so that a warm sandbox may use a process that was started ahead."""
        zygote, _ = launch(wishes)
        return zygote

    def close(self) -> None:
        """End the sandbox and every process in it.

        It may be started again.
        """
        zygote, self._zygote = self._zygote, None
        spare, self._spare = self._spare, None
        self._channel = self._judge = self._distrusted = None
        self._core.release()
        if zygote is not None:
            zygote.close()
        if spare is not None:
            with contextlib.suppress(LaunchError, OSError):
                spare.result().close()

    # --- one submission ---

    def open(self, source: str) -> Learner:
        """Load a submission's source into a fresh process; the learner before is gone.

        LearnerRaised when the source raises, LearnerLost when it does not come to an end.

        Args:
            source: Python that the rules have let through.
        """
        self._end_guests()
        if self._distrusted is not None and self._distrusted != source:
            self._replace()
        self._source = source
        self._channel = self._new_guest()
        learner = Learner(self._channel, self.limits, self.device, judge=self._judge_model)
        learner.load(source)
        return learner

    @contextlib.contextmanager
    def learner(self, source: str) -> Iterator[Learner]:
        """As `open`, for as long as the context lasts.

        Args:
            source: as for `open`.
        """
        try:
            yield self.open(source)
        finally:
            self._end_guests()

    def kill(self) -> None:
        """End the learner's process now; the next call raises LearnerLost.

        May be called from another thread than the one that waits for an answer.
        """
        if self._channel is not None:
            self._channel.close()

    def _new_guest(self) -> GuestChannel:
        """Raises:
        LaunchError: a new sandbox cannot make one either.
        """
        try:
            return self._fork_guest()
        except LaunchError:
            self.close()  # a zygote that is gone took its guests along; try once with a new one
        return self._fork_guest()

    def _fork_guest(self) -> GuestChannel:
        """One process from the zygote, started if need be."""
        self.start()
        assert self._zygote is not None
        # Threads of a GPU's driver would have to share the core.
        core = self._core.hold() if self.device == "cpu" else None
        return GuestChannel(self._zygote, self._address_space, core)

    def _end_guests(self) -> None:
        """End the processes.

        After any sign of an attack the sandbox serves this submission and no other. Its own processes cannot reach
        the zygote, so a fresh fork does for the rest of its checks; the next learner gets a sandbox that was started
        meanwhile.
        """
        guests = [guest for guest in (self._channel, self._judge) if guest is not None]
        self._channel = self._judge = None
        for guest in guests:
            guest.close()
        self._core.release()
        if self._distrusted is None and any(guest.suspect for guest in guests):
            self._distrusted = self._source
            if (
                self.level is not Level.PLAIN
            ):  # a fork of this process is made at once, and not beside its threads
                self._spare = launch_in_thread(self._wishes)

    def _replace(self) -> None:
        """Go on in the spare sandbox, or in a new one, and end this one."""
        zygote, self._zygote, self._distrusted = self._zygote, None, None
        if zygote is not None:
            zygote.close()

    # --- models ---

    def _judge_model(self, data: bytes, x: torch.Tensor) -> dict[str, Any]:
        """Evaluate a learner's serialised model in a process of its own that never ran learner code.

        Reading a model means running protobuf and onnx on bytes that a learner made, which the grader's own process
        must not; and the learner's process could answer what it likes.

        Args:
            data: at most as many bytes as a frame holds.
            x: the input, float32.
        """
        if self._judge is None:
            self._judge = self._new_guest()
        return Learner(self._judge, self.limits, self.device).evaluate_model(data, x)
