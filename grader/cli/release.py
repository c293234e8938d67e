"""`brick release`: make what learners get, or the autograder that grades them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from grader.cli.extras import needs_nbgrader, needs_notebooks
from grader.cli.files import told
from grader.cli.progress import progress_bar
from grader.course.config import find_chapter, load_course
from grader.course.paths import checks_file, pictures_folder, right_file, solution_file
from grader.course.stubs import make_stub
from grader.course.translations import localized
from grader.errors import CourseError, UsageError
from grader.language import gettext as _
from grader.proof.required import require_checkout, require_proof
from grader.records import Chapter, Course
from grader.release.classroom50 import classroom50_files, slug_of
from grader.release.gradescope import gradescope_zip
from grader.release.notebook import as_text, make_notebook, make_release
from grader.release.placing import place
from grader.release.quiz import quiz_of
from grader.workspace.questions import questions_of


class Form(StrEnum):
    """What learners, or the machine that grades them, get."""

    PY = "py"
    IPYNB = "ipynb"
    NBGRADER = "nbgrader"
    GRADESCOPE = "gradescope"
    CLASSROOM50 = "classroom50"
    QUIZ = "quiz"
    SOLUTIONS = "solutions"


# Nothing of these is judged by a check, so no proof is asked for.
_UNPROVEN = (Form.QUIZ, Form.SOLUTIONS)


def release(
    chapters: Annotated[
        list[str], typer.Argument(help="ch03, 3 or activations.", metavar="CHAPTER", show_default=False)
    ],
    to: Annotated[
        Path,
        typer.Option(
            help="The folder to write to; for nbgrader the course, for classroom50 the classroom.",
            show_default=False,
        ),
    ],
    form: Annotated[Form, typer.Option("--as", help="What is made of it.")] = Form.PY,
    replace: Annotated[bool, typer.Option("--replace", help="Write over what is there and differs.")] = False,
    unsandboxed: Annotated[
        bool,
        typer.Option(
            "--unsandboxed",
            help="For gradescope and classroom50: grade without a seal where the machine offers none.",
        ),
    ] = False,
) -> None:
    """Make what learners get, or the autograder that grades them.

    `quiz` writes the questions to predict as text2qti reads them; `solutions` what `brick show` opens, to be put
    beside the exercises.

    Only chapters whose checks are proven go out; a proof is kept until the chapter or the kit changes.
    """
    if unsandboxed and form not in (Form.GRADESCOPE, Form.CLASSROOM50):
        raise UsageError(f"--as {form} has no --unsandboxed", "--unsandboxed", "leave it out")
    course = load_course()
    if form is not Form.QUIZ:
        require_checkout(course)
    if course.name and form in (Form.GRADESCOPE, Form.CLASSROOM50):
        what = f"a course with checks of its own cannot be packed for {form} yet"
        raise UsageError(what, str(course.root), "grade what is handed in there with: brick grade")
    # A chapter named twice is released once.
    chosen = list(dict.fromkeys(find_chapter(course, word) for word in chapters))
    if form not in _UNPROVEN:
        with progress_bar(_("proving")) as advance:
            require_proof(course, chosen, announce=_announce, advance=advance)
    if form is Form.NBGRADER:
        with needs_nbgrader():
            from grader.cli.nbgrader_course import release_to_nbgrader
        sources = {chapter: _solution(course, chapter) for chapter in chosen}
        release_to_nbgrader(sources, pictures_folder(course.root), to, replace)
    else:
        _place(_files(course, chosen, form, unsandboxed), to, replace)
    _say_next(chosen, form, to, unsandboxed)


def _announce(chapter: Chapter) -> None:
    """Said before the wait, on stderr, so that nobody takes the minutes of a proof for a standstill."""
    said = _("{chapter}: proving its checks, which takes some minutes")
    typer.echo(said.format(chapter=chapter.stem), err=True)


def _files(course: Course, chapters: Sequence[Chapter], form: Form, unsandboxed: bool) -> dict[str, bytes]:
    """What is to lie in the folder, by relative name.

    Args:
        form: any but nbgrader, which makes its releases itself.
        unsandboxed: let the autograder run where no seal is offered.
    """
    files: dict[str, bytes] = {}
    for chapter in chapters:
        match form:
            case Form.PY:
                stub = make_stub(
                    _solution(course, chapter), chapter.label, where=f"solutions/{chapter.stem}.py"
                )
                files[f"{chapter.stem}.py"] = stub.encode()
            case Form.IPYNB:
                with needs_notebooks():
                    made = make_notebook(_solution(course, chapter), chapter, pictures_folder(course.root))
                    notebook = make_release(made, chapter.label)
                    files[f"{chapter.stem}.ipynb"] = as_text(notebook).encode()
            case Form.QUIZ:
                questions = questions_of(course, chapter)
                if not questions:
                    step = "see CONTRIBUTING.md for how a lesson asks one"
                    raise UsageError(f"{chapter.label} asks nothing to predict", chapter.stem, step)
                files[f"{chapter.stem}-quiz.txt"] = quiz_of(chapter, questions).encode()
            case Form.SOLUTIONS:
                files[f"solutions/{chapter.stem}.py"] = _solution(course, chapter).encode()
                right = right_file(course.root, chapter.stem)
                if right.is_file():
                    files[f"solutions/right/{chapter.stem}.py"] = right.read_bytes()
            case Form.GRADESCOPE:
                files[f"{chapter.stem}-gradescope.zip"] = gradescope_zip(
                    course, chapter, unsandboxed=unsandboxed
                )
            case Form.CLASSROOM50:
                packed = classroom50_files(course, chapter, unsandboxed=unsandboxed)
                files |= {str(name): content for name, content in packed.items()}
    return files


def _solution(course: Course, chapter: Chapter) -> str:
    """The solution, its lesson and docstrings in the language that is spoken.

    Raises:
        CourseError: it is missing, or no UTF-8.
    """
    path = solution_file(course.root, chapter.stem)
    try:
        return localized(path.read_text(encoding="utf-8"), checks_file(chapter))
    except (OSError, UnicodeDecodeError) as error:
        what = f"the solution cannot be read: {error}"
        raise CourseError(what, str(path), "write it in UTF-8, then run: brick stubs") from error


def _place(files: Mapping[str, bytes], to: Path, replace: bool) -> None:
    """Raises:
    UsageError: something else of that name is there, and `replace` is not set; nothing is written then.
    """
    for path, fate in place({to / name: content for name, content in files.items()}, replace=replace).items():
        typer.echo(told(path, fate))


# --- what comes next --------------------------------------------------------------------------------------

_HAND_OUT = "hand the files out; when they come back, run: brick grade FOLDER --chapter {label}"
_NEXT = {
    Form.PY: _HAND_OUT,
    Form.IPYNB: _HAND_OUT,
    Form.QUIZ: "make QTI of it: pip install text2qti, then text2qti {chapter}-quiz.txt, and look at it "
    "in the platform before learners do",
    Form.SOLUTIONS: "hand the folder out when the chapter is over: beside exercises/ it lets "
    "brick show open what a learner has passed",
    Form.NBGRADER: "hand it out in formgrader, or in {folder} run: nbgrader release_assignment {chapter}",
    Form.GRADESCOPE: "upload the zip under Configure Autograder, then test it with exercises/"
    "{chapter}.py (0 points) before learners do",
    Form.CLASSROOM50: "commit the folder to the classroom's repository; the assignment is called "
    '{slug}, and its runtime needs "apt": ["bubblewrap", "libseccomp2"]',
}


def _say_next(chapters: Sequence[Chapter], form: Form, to: Path, unsandboxed: bool) -> None:
    """What the instructor does now; each form comes back in its own way."""
    first = chapters[0]
    step = _(_NEXT[form]).format(label=first.label, chapter=first.stem, folder=to, slug=slug_of(first))
    typer.echo(_("next: {step}").format(step=step))
    if unsandboxed:
        typer.echo(_("NOT SEALED: where that machine offers no seal, a submission can write its own score"))
