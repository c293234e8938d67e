"""Options and arguments that several commands share, so that a word means the same in each."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer


class Device(StrEnum):
    """Where tensors live while a submission is checked.

    The values are torch's own names of devices.
    """

    CPU = "cpu"
    CUDA = "cuda"


class Isolation(StrEnum):
    """How far submissions are kept from this machine; the levels themselves are in `grader.sandbox.levels`.

    `strongest` is no level: it asks for the best one that this machine offers.
    """

    STRONGEST = "strongest"
    BWRAP = "bwrap"
    UID = "uid"
    PLAIN = "plain"


DeviceOption = Annotated[Device, typer.Option("--device", help="Where the tensors live.")]
Examples = Annotated[
    int | None,
    typer.Option(
        "--examples",
        min=1,
        help="Inputs per check; the course says how many by default.",
        show_default=False,
    ),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON and nothing else.")]
OnlyChapters = Annotated[
    list[str] | None, typer.Option("--chapter", "-c", help="These chapters only.", show_default=False)
]
Anonymous = Annotated[
    bool,
    typer.Option("--anonymous", help="Under pseudonyms; brick roster reveal leads back from them."),
]
Unsandboxed = Annotated[
    bool, typer.Option("--unsandboxed", help="Accept no seal at all: the code can do what you can do.")
]
Jobs = Annotated[
    int, typer.Option("--jobs", min=0, help="Grade this many at once; 0 means as many as pay off.")
]
Scheduler = Annotated[
    str,
    typer.Option(
        "--scheduler",
        metavar="ADDRESS",
        help="Grade on the workers of this Dask scheduler, see docs/cluster.md.",
        show_default=False,
    ),
]
