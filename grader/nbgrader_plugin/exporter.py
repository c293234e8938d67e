"""Read what learners handed in so that nothing in it can stop nbgrader, and nothing in it is believed."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path
from typing import Any, cast

from nbconvert.exporters import NotebookExporter
from nbgrader.api import Gradebook
from nbgrader.converters.base import NbGraderException
from traitlets import Bool, Unicode

from grader.course.config import find_course_root, load_course
from grader.errors import KitError, SubmissionError, UsageError
from grader.language import gettext as _
from grader.language import translate
from grader.nbgrader_plugin.config import GRADER, name_of
from grader.nbgrader_plugin.released_cells import changes, master_cells, restored
from grader.records import Chapter, Course
from grader.sandbox.levels import Level, require
from grader.submissions.notebooks import NotebookCell, read_cells


class Brickwork(NotebookExporter):
    """The exporter of nbgrader's autograde: the notebooks of learners pass through here first.

    nbgrader makes one per run and gives it as parent to the preprocessors; so `Grade` finds course and level.
    Its name is the section of nbgrader_config.py in which the two settings below are made.
    """

    course = Unicode(
        help="The folder with course.yml; by default the nearest one upward, else the course of the kit."
    ).tag(config=True)
    unsandboxed = Bool(
        False, help="Accept no seal where the machine offers none: the submissions can do what you can do."
    ).tag(config=True)

    def __init__(self, *args: Any, **settings: Any) -> None:
        super().__init__(*args, **settings)  # type: ignore[no-untyped-call]
        self._converter = cast(Any, self.parent)
        self.level: Level | None = None
        if any(name_of(one) == GRADER for one in self._converter.autograde_preprocessors):
            self.level = self._strongest_level()

    def _strongest_level(self) -> Level:
        """How submissions are sealed off; without any seal nothing is begun, and nothing that is there removed."""
        try:
            return require(None, self.unsandboxed)
        except KitError as error:
            step = _("set c.Brickwork.unsandboxed = True in nbgrader_config.py")
            self.log.error("%s", translate(str(error)).replace(_("add --unsandboxed"), step))
            raise NbGraderException(error.what) from error

    @cached_property
    def graded_course(self) -> Course:
        """The course whose chapters are graded."""
        return load_course(Path(self.course) if self.course else find_course_root())

    def chapter_of(self, notebook: str) -> Chapter:
        """The chapter that a notebook is; UsageError for one that no release of the kit has made."""
        for chapter in self.graded_course.chapters:
            if notebook == chapter.stem:
                return chapter
        raise UsageError(
            f"the notebook {notebook} is no chapter of this course, so it was not graded, and not executed either",
            str(self.graded_course.root),
            "name notebooks as brick release does, or take the plugin out of nbgrader_config.py for this one",
        )

    def submitted(self, ids: dict[str, str]) -> Path:
        """The file that was handed in."""
        return self._file(self._converter.coursedir.submitted_directory, ids)

    def _file(self, step: str, ids: dict[str, str]) -> Path:
        """A notebook in one of the folders of nbgrader's steps, wherever the course's configuration puts them."""
        folder = self._converter.coursedir.format_path(step, ids["student"], ids["assignment"])
        return Path(folder) / f"{ids['notebook']}.ipynb"

    def from_filename(self, filename: str, resources: Any = None, **settings: Any) -> Any:
        """Read a notebook: what was written here before as it is, and any other anew from the gradebook's cells.

        Raises:
            UsageError: it is no chapter of the course. Nothing is executed instead: that would be without a sandbox.
        """
        ids = resources["nbgrader"]
        if Path(filename) == self._file(self._converter.coursedir.autograded_directory, ids):
            return super().from_filename(filename, resources=resources, **settings)
        self.chapter_of(ids["notebook"])
        with Gradebook(ids["db_url"]) as gradebook:
            masters = master_cells(gradebook.find_notebook(ids["notebook"], ids["assignment"]))
        try:
            cells = read_cells(Path(filename))
        except SubmissionError as error:  # the verdict, 0 and why, is made where the others are
            cells = (
                NotebookCell(
                    "raw", _("This notebook cannot be read: {what}").format(what=translate(error.what))
                ),
            )
        else:
            for change in changes(cells, masters):
                said = _("{student}: {change}; it counts as it was released")
                self.log.warning("%s", said.format(student=ids["student"], change=translate(change)))
        resources["metadata"] = {"name": ids["notebook"], "path": str(Path(filename).parent)}
        notebook: Any = restored(cells, masters)
        return self.from_notebook_node(notebook, resources=resources, **settings)  # type: ignore[no-untyped-call]
