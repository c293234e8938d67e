"""Exports of Gradescope, and its autograder's own folder: metadata beside the files says whose and when.

The export's folders are called `submission_7`, which says nothing; its metadata says the rest. A group's work is one
folder with several submitters, and counts for each of them.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path

import yaml

from grader.errors import KitError
from grader.submissions.contents import bytes_of
from grader.submissions.files import File
from grader.submissions.times import read_time

METADATA = "submission_metadata.yml"
_METADATA_BYTES = 64 << 20  # it holds every test of every attempt


@dataclass(frozen=True)
class Export:
    """What an export's metadata says of each folder: whose it is, a group's members or one, and when it came."""

    entries: dict[str, tuple[tuple[str, ...], float | None]] = field(default_factory=dict)

    def learners(self, folder: str) -> tuple[str, ...]:
        """Whose work lies in this folder; the folder's own name if the metadata does not know it."""
        return self.entries.get(folder, ((), None))[0] or (folder,)

    def time_of(self, folder: str) -> float | None:
        """When it was handed in; None if the metadata does not say."""
        return self.entries.get(folder, ((), None))[1]


def read_export(file: File | None) -> Export:
    """Read submission_metadata.yml; an empty export where there is none, or it cannot be read."""
    if file is None:
        return Export()
    try:
        # Every value as the text it is: YAML's own dates end the reading of the file where one of them is none.
        data = yaml.load(file.read(_METADATA_BYTES), Loader=getattr(yaml, "CBaseLoader", yaml.BaseLoader))
    except (KitError, yaml.YAMLError, ValueError, RecursionError):
        return Export()
    entries = {}
    for folder, about in (data if isinstance(data, dict) else {}).items():
        people = about.get(":submitters") if isinstance(about, dict) else None
        if isinstance(folder, str) and isinstance(people, list):
            names = [_first_of(person, (":email", ":sid", ":name")) for person in people]
            entries[folder] = (
                tuple(name for name in names if name),
                read_time(str(about.get(":created_at", ""))),
            )
    return Export(entries)


def _first_of(person: object, keys: tuple[str, ...]) -> str:
    """The first of these facts that the metadata has on a person: an e-mail address is unique, a name is not."""
    values = (person.get(key) for key in keys) if isinstance(person, dict) else ()
    return next((str(value) for value in values if value), "")


def time_in_autograder(folder: Path) -> float | None:
    """On Gradescope itself the folder `submission` lies beside a file that says when it was made.

    Args:
        folder: the whole path of the folder that is graded.
    """
    path = folder.parent / "submission_metadata.json"
    if folder.name != "submission" or not path.is_file():
        return None
    try:
        data = json.loads(bytes_of(path, path.parent, _METADATA_BYTES))
        return read_time(str(data["created_at"]))
    except (KitError, ValueError, KeyError, TypeError, RecursionError):
        return None
