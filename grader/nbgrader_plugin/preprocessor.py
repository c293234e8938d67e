"""Put into every test cell what the exercise earned and why, in place of what running it would have shown."""

from __future__ import annotations

import os
from typing import Any

from nbgrader.preprocessors.base import NbGraderPreprocessor

from grader.course.config import COURSE_FILE
from grader.errors import KitError
from grader.language import gettext as _
from grader.language import translate
from grader.notebook.rpc import Helper, HelperFault, HelperLost, Message
from grader.release.notebook import CHECK_SUFFIX
from grader.report.html.notes import refusal_html
from grader.text import points

# One process that grades for as long as nbgrader runs. nbgrader makes a new preprocessor for every submission, so it
# cannot be kept in one; formgrader may turn to another course, so what it was told is kept beside it.
_helper: Helper | None = None
_told: Message = {}


class Grade(NbGraderPreprocessor):  # type: ignore[misc]
    """Takes the place of `Execute`; its parent is the exporter that read the submission."""

    def preprocess(self, nb: Any, resources: Any) -> Any:
        """Grade the whole submission, and show each exercise's verdict in the cell that counts.

        The cell shows a number as text, which is what nbgrader's own grading of test cells takes for the points.
        """
        from nbformat import v4

        ids = resources["nbgrader"]
        verdict = self._verdict(ids)
        total = 0.0
        for number, cell in enumerate((cell for cell in nb.cells if _is_test(cell)), start=1):
            nbgrader = cell.metadata.nbgrader
            earned, card = self._result_of(nbgrader.grade_id, verdict, ids["student"])
            earned = min(earned, float(nbgrader.points))
            total += earned
            data = {"text/plain": repr(earned), "text/html": card}
            cell.outputs = [v4.new_output("execute_result", data=data, execution_count=number)]
            cell.execution_count = number
        said = _("{student}: {points} points in {notebook}")
        self.log.info(
            "%s", said.format(student=ids["student"], points=points(total), notebook=ids["notebook"])
        )
        return nb, resources

    def _result_of(self, name: str, verdict: Message, student: str) -> tuple[float, str]:
        """Points and card of one test cell; without a verdict on it, 0 and the reason."""
        exercise = name.removesuffix(CHECK_SUFFIX)
        if "error" in verdict:
            return 0.0, verdict["error"]
        if name.endswith(CHECK_SUFFIX) and exercise in verdict["points"]:
            return float(verdict["points"][exercise]), verdict["cards"][exercise]
        said = _("{student}: the cell {name} belongs to no exercise and was not run")
        self.log.warning("%s", said.format(student=student, name=name))
        what = f"the cell {name} belongs to no exercise of the chapter, and was not run"
        return 0.0, refusal_html(KitError(what, name, "whoever added it grades it by hand"))

    def _verdict(self, ids: dict[str, str]) -> Message:
        """Points and cards by exercise; or, after a fault of the kit, why there are none."""
        path = self.parent.submitted(ids)
        chapter = self.parent.chapter_of(ids["notebook"])
        try:
            verdict = self._helper().ask(path=str(path), chapter=chapter.stem)
        except (HelperFault, HelperLost) as fault:
            said = _("{path} was not graded, and counts 0: {why}")
            self.log.error("%s", said.format(path=path, why=translate(str(fault))))
            what = "this could not be graded, for a fault of the kit"
            return {"error": refusal_html(KitError(what, ids["notebook"], "whoever grades looks into it"))}
        if verdict["problem"]:
            self.log.warning("%s: %s", path, verdict["problem"])
        return verdict

    def _helper(self) -> Helper:
        """The process that grades: one, with one warm sandbox, until another course or isolation is asked for."""
        global _helper, _told
        course = self.parent.graded_course.root.resolve()
        edition = (course / COURSE_FILE).stat().st_mtime_ns
        told = {
            "folder": os.getcwd(),  # nbgrader stands in its course folder
            "course": str(course),
            "edition": edition,
            "level": str(self.parent.level),
        }
        if _helper is None or told != _told:
            if _helper is not None:
                _helper.close()
            _helper, _told = Helper("grader.nbgrader_plugin.server", **told), told
        return _helper


def _is_test(cell: Any) -> bool:
    """Whether a cell is graded by what it shows."""
    nbgrader = cell.metadata.get("nbgrader", {})
    return bool(cell.cell_type == "code" and nbgrader.get("grade") and not nbgrader.get("solution"))
