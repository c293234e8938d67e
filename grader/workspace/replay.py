"""Turn a counterexample card into a short script with the failing call, for a debugger to step into.

The script imports the learner's own file from where it lies, so that a breakpoint set in the editor is met.
"""

from __future__ import annotations

import ast
from pathlib import Path

from grader.course.paths import checks_file
from grader.course.writing import write_whole
from grader.errors import UsageError, did_you_mean, remedy
from grader.language import gettext as _
from grader.language import translate
from grader.records import Chapter, CheckResult, Course
from grader.submissions.reading import read_submission
from grader.syntax import PARSER
from grader.text import clean_line
from grader.workspace.progress import every_report
from grader.workspace.workspace import Workspace


def find_failure(course: Course, workspace: Workspace, name: str) -> tuple[Chapter, CheckResult]:
    """The failure that a card's ID names, among the last reports in the workspace.

    Raises:
        UsageError: no report kept here has it; after another check of the chapter an old ID is gone.
    """
    known: dict[str, tuple[Chapter, CheckResult]] = {}
    for chapter in course.chapters:
        for report in every_report(workspace, chapter):
            known |= {found.replay_id: (chapter, found) for found in report.checks if found.replay_id}
    found = known.get(name.strip().lower())
    if found is None:
        what = f"no failure '{name}' is kept here{did_you_mean(name, known)}"
        step = "run: brick check CHAPTER, and take the ID from a card"
        raise UsageError(what, str(workspace.state / "reports"), step)
    return found


def write_script(workspace: Workspace, chapter: Chapter, result: CheckResult) -> Path:
    """Write the script and say where it is.

    Raises:
        UsageError: a value of the call cannot be written as code, or the script cannot be written.
    """
    example = result.counterexample
    path = workspace.exercise_file(chapter)
    calls = [call.expression for call in example.calls] if example else []
    if example is None or not example.can_run:
        file = str(checks_file(chapter))
        module = file if chapter.checks else f"--pyargs grader.checks.{chapter.stem}"
        step = f"run: pytest {module} --submission {path} --in-process -k {result.name}"
        raise UsageError("the input cannot be written as a script", file, step)
    folder = workspace.state / "replay"
    script = folder / f"replay_{result.replay_id}.py"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        home = path.parent
        if path.suffix != ".py":
            home = folder
            _write_cells(path, chapter, folder / f"{chapter.stem}.py")
        write_whole(script, _script(chapter, result, home, calls))
    except OSError as error:
        what = f"the script cannot be written: {error.strerror}"
        raise UsageError(
            what, str(script), remedy(error, "make its folder writable, then try again")
        ) from error
    return script


def _script(chapter: Chapter, result: CheckResult, home: Path, calls: list[str]) -> str:
    title = clean_line(translate(result.title)).replace("\\", " ").replace('"', "'")
    expected = result.counterexample.expected if result.counterexample else ""
    comment = (
        "  # " + _("expected: {expected}").format(expected=clean_line(expected, 200)) if expected else ""
    )
    *before, last = calls
    shown = last if _assigns(last) else f"print({last})"
    lines = [
        f'"""brick replay {result.replay_id}: {title}"""',
        "import sys",
        "from grader.replay import *",
        f"sys.path.insert(0, {str(home)!r})",
        f"from {chapter.stem} import *",
        *before,
        shown + comment,
    ]
    return "\n".join(lines) + "\n"


def _assigns(expression: str) -> bool:
    """Whether a recorded call is a statement, `opt.lr = 0.05`, and no value to print."""
    try:
        with PARSER:
            ast.parse(expression, mode="eval")
    except SyntaxError:
        return True
    return False


def _write_cells(path: Path, chapter: Chapter, target: Path) -> None:
    """A notebook's code as a module that can be imported."""
    write_whole(target, read_submission(path, chapter).source)
