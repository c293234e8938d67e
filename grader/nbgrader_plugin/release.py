"""Write a chapter into an nbgrader course, and let nbgrader make from it what learners get."""

from __future__ import annotations

import os
import re
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from nbformat.warnings import MissingIDFieldWarning
from nbgrader.apps import NbGraderAPI
from nbgrader.coursedir import CourseDirectory
from nbgrader.preprocessors import ClearSolutions
from traitlets.config import Config
from traitlets.config.loader import PyFileConfigLoader

from grader.errors import CourseError
from grader.language import kept
from grader.nbgrader_plugin.config import READER, keep_stubs
from grader.records import label_of
from grader.release.notebook import CHECK_SUFFIX, has_marks, without_solution

CONFIG_FILE = "nbgrader_config.py"
PLUGIN_LINE = "from grader.nbgrader_plugin import configure; configure(c)"
_NEW_CONFIG = """\
c = get_config()

# The name of the course, as nbgrader shows it.
c.CourseDirectory.course_id = {name!r}

# Submissions are graded by Brickwork, in a sandbox, instead of in a kernel that may do all that you may.
{line}
"""


class ClearToStubs(ClearSolutions):  # type: ignore[misc]
    """Leaves in an exercise the stub that the course's own files have; other cells are cleared as nbgrader does."""

    def preprocess(self, nb: Any, resources: Any) -> Any:
        """Look which cells are exercises: those that have a cell to check them."""
        graded = [cell.metadata.nbgrader.grade_id for cell in nb.cells if _is(cell, "grade")]
        self._exercises = {name.removesuffix(CHECK_SUFFIX) for name in graded if name.endswith(CHECK_SUFFIX)}
        return super().preprocess(nb, resources)

    def preprocess_cell(self, cell: Any, resources: Any, cell_index: int) -> Any:
        """Take the secret parts out of one cell."""
        ours = _is(cell, "solution") and cell.metadata.nbgrader.grade_id in self._exercises
        if not ours or not has_marks(cell.source):
            return super().preprocess_cell(cell, resources, cell_index)
        label = label_of(resources["nbgrader"]["notebook"])
        cell.source = without_solution(cell.source, label)
        return cell, resources


def _is(cell: Any, kind: str) -> bool:
    return bool(cell.metadata.get("nbgrader", {}).get(kind, False))


def generate(folder: Path, assignment: str) -> None:
    """Make the release of an assignment from its source and enter it in the gradebook, by nbgrader's own API.

    Args:
        folder: the nbgrader course; its nbgrader_config.py counts.
        assignment: its name, which is the chapter's stem.

    Raises:
        CourseError: nbgrader did not make it; with its own words.
    """
    config = config_of(folder)
    keep_stubs(config)
    with _programs_found(), warnings.catch_warnings():
        # A header notebook of the course's own may be in an older format; that is no concern of a release.
        warnings.simplefilter("ignore", MissingIDFieldWarning)
        result = NbGraderAPI(config=config).generate_assignment(assignment, force=True, create=True)
    if not result["success"]:
        place = str(folders_of(folder, assignment)[0])
        reason = _reason(f"{result.get('log', '')}\n{result.get('error', '')}")
        raise CourseError(f"nbgrader made no release: {reason}", place, "mend that, then release again")


def _reason(log: str) -> str:
    """What was raised first; nbgrader's own last words only point to its log."""
    raised = re.findall(r"(?m)^\s*([\w.]*(?:Error|Exception): .+)$", log)
    lines = [line for line in log.splitlines() if line.strip()]
    return (raised or lines[-1:] or [kept("no reason given")])[0]


def folders_of(folder: Path, assignment: str) -> tuple[Path, Path]:
    """Where the course keeps an assignment's source, and where its release."""
    course = CourseDirectory(config=config_of(folder))
    steps = (course.source_directory, course.release_directory)
    source, release = (Path(course.format_path(step, ".", assignment)) for step in steps)
    return _as_typed(source, folder), _as_typed(release, folder)


def _as_typed(path: Path, folder: Path) -> Path:
    """A path in the course by the name that the course was called by."""
    root = folder.resolve()
    return folder / path.relative_to(root) if path.is_relative_to(root) else path


def config_of(folder: Path) -> Config:
    """The configuration of the nbgrader course in `folder`, quiet and rooted there.

    nbgrader would look for it in the current folder, and in the home of whoever runs it.

    Raises:
        CourseError: running nbgrader_config.py raises.
    """
    config = Config()
    if (folder / CONFIG_FILE).is_file():
        try:
            config.merge(PyFileConfigLoader(CONFIG_FILE, path=str(folder)).load_config())
        except Exception as error:
            # The file is the instructor's own program; whatever it raises is theirs to mend.
            what = f"the course's configuration cannot be read: {type(error).__name__}: {error}"
            raise CourseError(what, str(folder / CONFIG_FILE), "mend that file") from error
    config.CourseDirectory.root = str(folder.resolve())
    config.NbGraderAPI.log_level = "ERROR"
    return config


@contextmanager
def _programs_found() -> Iterator[None]:
    """nbgrader calls `alembic` by name; where no environment is activated it lies beside this Python."""
    before = os.environ.get("PATH", "")
    os.environ["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), before])
    try:
        yield
    finally:
        os.environ["PATH"] = before


def new_config(folder: Path) -> str:
    """The configuration of a course that has none."""
    return _NEW_CONFIG.format(name=folder.resolve().name, line=PLUGIN_LINE)


def uses_plugin(folder: Path) -> bool:
    """Whether the course's configuration has submissions graded by Brickwork, as nbgrader itself would load it."""
    return bool(config_of(folder).Autograde.get("exporter_class") == READER)
