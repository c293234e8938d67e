"""Run a build in a process of its own, and tell the parent how it goes: one JSON line per event.

A process of its own, because the learner's code may end it, and because Ctrl-C has to end it at once. It is no
sandbox: what runs is the learner's own code on the learner's own machine.
"""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from grader.build.blocks import Block, BlockRaised, Piece, State, blamed, put_together
from grader.build.data import load_data
from grader.build.train import Diverged, build
from grader.course.writing import write_whole


@dataclass(frozen=True)
class Job:
    """What to build, out of what, and where the model goes.

    Args:
        task: wave or digits.
        blocks: of all chapters that the task needs.
        model: the ONNX file to write.
        epochs: instead of the plan's.
        seed: of the weights, of dropout, and of the order of the samples.
        device: where it is computed.
    """

    task: str
    blocks: tuple[Block, ...]
    model: Path
    epochs: int | None = None
    seed: int = 0
    device: str = "cpu"


def start(job: Job) -> Iterator[dict[str, Any]]:
    """Build in a child process and pass its events on.

    The learner's prints go to stderr. Closing the iterator ends the child.

    Args:
        job: what to build.

    Yields:
        Plain values with their kind under "event": `epoch` (the fields of train.Epoch), and last `done` (with the
        result), `raised` (with what, stem, exercise and line), `diverged` (with loss and steps), `lost` (with the
        code that the child ended with), `unwritten` (with what the system says of the model's file, and its number).
    """
    message = json.dumps(asdict(job) | {"model": str(job.model)})
    # One thread: sums in another order would give another result, and tiny products are faster so.
    environment = os.environ | {"OMP_NUM_THREADS": "1", "PYTHONHASHSEED": "0"}
    child = subprocess.Popen(
        [sys.executable, "-m", "grader.build.worker"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env=environment,
        text=True,
        encoding="utf-8",
    )
    assert child.stdin is not None
    assert child.stdout is not None
    last = ""
    try:
        with contextlib.suppress(BrokenPipeError):
            child.stdin.write(message)
            child.stdin.close()
        for line in child.stdout:
            event = json.loads(line)
            last = event["event"]
            yield event
        if child.wait() != 0 or last in ("", "epoch"):
            yield {"event": "lost", "code": child.returncode}
    finally:
        child.kill()
        child.wait()
        child.stdout.close()


# --- inside the child -------------------------------------------------------------------------------------


def main() -> None:
    """Read a job from stdin, build, and write events to what was stdout."""
    with os.fdopen(os.dup(1), "w", encoding="utf-8") as events:
        os.dup2(2, 1)  # what the learner prints must not mix with the events

        def tell(event: str, **about: Any) -> None:
            events.write(json.dumps({"event": event, **about}) + "\n")
            events.flush()

        _run(json.load(sys.stdin), tell)


def _run(job: dict[str, Any], tell: Any) -> None:
    """Build, and tell how it ended; what is the kit's own fault keeps its traceback and ends the process."""
    blocks = [_block(about) for about in job["blocks"]]
    data = load_data(job["task"])
    try:
        result, model = build(
            put_together(blocks),
            job["task"],
            data,
            epochs=job["epochs"],
            seed=job["seed"],
            device=job["device"],
            tell=lambda epoch: tell("epoch", **asdict(epoch)),
        )
    except Diverged as error:
        tell("diverged", loss=error.loss, steps=error.steps)
    except BlockRaised as error:
        tell("raised", what=str(error), stem=error.stem, exercise=error.exercise, line=error.line)
    except Exception as error:
        _tell_whose(error, blocks, tell)
    else:
        try:
            write_whole(Path(job["model"]), model)
        except OSError as error:
            tell("unwritten", number=error.errno, what=error.strerror)
        else:
            tell("done", result=result)


def _tell_whose(error: Exception, blocks: Sequence[Block], tell: Any) -> None:
    """Name the learner's exercise that an exception came out of; without the learner's code it is the kit's own."""
    found = blamed(error, blocks)
    if found:
        tell("raised", what=str(found), stem=found.stem, exercise=found.exercise, line=found.line)
    elif any(block.mine for block in blocks):
        # A block returned something that the network cannot go on with.
        tell("raised", what=f"{type(error).__name__}: {error}", stem="", exercise="", line=0)
    else:
        raise error


def _block(about: dict[str, Any]) -> Block:
    """A block as it was before it travelled as JSON."""
    pieces = tuple(Piece(piece["name"], State(piece["state"])) for piece in about["pieces"])
    return Block(about["stem"], pieces, about["source"], about["path"])


if __name__ == "__main__":
    main()
