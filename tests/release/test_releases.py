"""What is released holds the lessons and the stubs, and nothing of a solution."""

from __future__ import annotations

import ast
import base64
import io
import json
import os
import re
import shutil
import subprocess
import zipfile
from dataclasses import replace
from pathlib import Path

import nbformat
import pytest
from nbgrader.api import Gradebook
from nbgrader.nbgraderformat import MetadataValidator
from nbgrader.utils import compute_checksum
from typer.testing import CliRunner, Result

from grader.cli import app
from grader.course.config import find_chapter, load_course
from grader.course.paths import pictures_folder
from grader.course.stubs import make_stub
from grader.course.template import template_files
from grader.engine.pipeline import grade_path
from grader.engine.profile import Profile
from grader.errors import CourseError, UsageError
from grader.proof.fingerprint import fingerprint_of
from grader.proof.required import NOTE, require_proof
from grader.records import Chapter, Course, Exercise, Limits
from grader.release.classroom50 import classroom50_files
from grader.release.gradescope import gradescope_zip
from grader.release.notebook import as_text, make_notebook, make_release
from grader.release.packing import kit_archive
from grader.release.placing import Placed, place
from grader.sandbox.host import Sandbox
from grader.sandbox.levels import Level
from grader.submissions.reading import read_submission
from grader.workspace.workspace import lay_out, workspace_of

pytestmark = pytest.mark.xdist_group("releases")

CHECKOUT = Path(__file__).resolve().parents[2]
STEMS = [chapter.stem for chapter in load_course(CHECKOUT).chapters]


def solution_of(stem: str) -> str:
    return (CHECKOUT / "solutions" / f"{stem}.py").read_text(encoding="utf-8")


def secret_lines(stem: str) -> set[str]:
    """The lines, of some length, that stand between the marks and nowhere in the stub."""
    shown = {line.strip() for line in make_stub(solution_of(stem), stem[:4]).split("\n")}
    parts = re.findall(r"# BEGIN SOLUTION\n(.*?)# END SOLUTION", solution_of(stem), re.DOTALL)
    lines = {line.strip() for part in parts for line in part.split("\n")}
    return {line for line in lines - shown if len(line) > 8}


def variants_of(stem: str) -> list[str]:
    """The names of the known mistakes and of the right answers."""
    files = [CHECKOUT / folder / f"{stem}.py" for folder in ("solutions/mistakes", "solutions/right")]
    return [name for path in files for name in re.findall(r"\w+__\w+", path.read_text(encoding="utf-8"))]


def leaks(text: str, stem: str) -> list[str]:
    """What of a solution stands in a text."""
    lines = {line.strip() for line in text.split("\n")}
    return sorted(secret_lines(stem) & lines) + re.findall(r"(?:BEGIN|END) SOLUTION", text)


def sources(notebook: nbformat.NotebookNode) -> str:
    return "\n".join(cell.source for cell in notebook.cells)


def tree(node: str) -> str:
    return ast.dump(ast.parse(node))


@pytest.fixture(scope="module")
def nbgrader_course(course: Course, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An nbgrader course with every chapter, its releases made by nbgrader."""
    from grader.nbgrader_plugin.release import folders_of, generate

    folder = tmp_path_factory.mktemp("nbgrader") / "course"
    for chapter in course.chapters:
        source, _ = folders_of(folder, chapter.stem)
        text = as_text(make_notebook(solution_of(chapter.stem), chapter))
        place({source / f"{chapter.stem}.ipynb": text.encode()})
        generate(folder, chapter.stem)
    return folder


def read_release(course: Path, stem: str) -> nbformat.NotebookNode:
    notebook: nbformat.NotebookNode = nbformat.read(course / "release" / stem / f"{stem}.ipynb", as_version=4)
    return notebook


# --- notebooks --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("stem", STEMS)
def test_nothing_of_a_solution_survives_in_a_notebook(stem: str, course: Course) -> None:
    chapter = find_chapter(course, stem)
    instructors = make_notebook(solution_of(stem), chapter)

    text = as_text(make_release(instructors, chapter.label))

    released = nbformat.reads(text, as_version=4)
    assert len(secret_lines(stem)) > 3
    assert secret_lines(stem) <= {line.strip() for line in sources(instructors).split("\n")}
    assert leaks(sources(released), stem) == []
    assert [name for name in variants_of(stem) if name in text] == []
    assert set(released.metadata) == {"kernelspec", "language_info"}
    assert {key for cell in released.cells for key in cell.metadata} == {"nbgrader", "deletable", "editable"}
    assert [cell for cell in released.cells if cell.get("outputs") or cell.get("execution_count")] == []


@pytest.mark.parametrize("stem", STEMS)
def test_nbgraders_own_release_is_ours_and_verifies(stem: str, course: Course, nbgrader_course: Path) -> None:
    chapter = find_chapter(course, stem)

    released = read_release(nbgrader_course, stem)

    assert released == make_release(make_notebook(solution_of(stem), chapter), chapter.label)
    nbformat.validate(released)
    MetadataValidator().validate_nb(released)
    assert [c for c in released.cells if compute_checksum(c) != c.metadata.nbgrader.checksum] == []


@pytest.mark.parametrize("stem", STEMS)
def test_a_released_notebook_reads_back_as_the_stub(stem: str, course: Course, nbgrader_course: Path) -> None:
    chapter = find_chapter(course, stem)

    submission = read_submission(nbgrader_course / "release" / stem / f"{stem}.ipynb", chapter)

    assert tree(submission.source) == tree(make_stub(solution_of(stem), chapter.label))


def test_each_exercise_has_a_cell_and_a_check_worth_its_points(course: Course) -> None:
    for chapter in course.chapters:
        cells = make_notebook(solution_of(chapter.stem), chapter).cells

        places = {cell.id: place for place, cell in enumerate(cells)}
        for exercise in chapter.exercises:
            answer, check = cells[places[exercise.name]], cells[places[exercise.name] + 1]
            assert f" {exercise.name}(" in answer.source or f"class {exercise.name}:" in answer.source
            assert (answer.metadata.nbgrader.solution, answer.metadata.nbgrader.locked) == (True, False)
            assert check.metadata.nbgrader.grade_id == f"{exercise.name}-check"
            assert check.metadata.nbgrader.points == exercise.worth
            assert check.source == f'from grader import check\ncheck("{exercise.name}")'
        others = [cell for cell in cells if cell.id.startswith("lesson-")]
        assert len(others) + 2 * len(chapter.exercises) == len(cells)
        assert [cell for cell in others if not cell.metadata.nbgrader.locked] == []


def test_a_notebook_made_twice_is_the_same_file(course: Course) -> None:
    chapter = find_chapter(course, "ch10")

    first, second = (as_text(make_notebook(solution_of(chapter.stem), chapter)) for _ in range(2))

    assert first == second


def test_a_notebook_holds_its_pictures_with_their_texts(course: Course) -> None:
    chapter = find_chapter(course, "ch03")
    source = solution_of(chapter.stem)

    notebook = make_notebook(source, chapter, pictures_folder(course.root))

    text = sources(notebook)
    shown = re.findall(r'<img alt="([^"]*)" src="data:image/svg\+xml;base64,([^"]*)">', text)
    assert "](../pictures/" not in text
    assert len(shown) == source.count("](../pictures/") > 0
    for alt, packed in shown:
        svg = base64.b64decode(packed).decode()
        assert f"<title>{alt}</title>" in svg


def test_a_picture_that_is_not_there_stays_a_link(course: Course, tmp_path: Path) -> None:
    chapter = find_chapter(course, "ch03")

    notebook = make_notebook(solution_of(chapter.stem), chapter, tmp_path)

    assert notebook == make_notebook(solution_of(chapter.stem), chapter)


def test_an_exercise_file_gives_the_notebook_that_its_solution_gives(course: Course) -> None:
    chapter = find_chapter(course, "ch04")  # one of its cells is secret as a whole
    stub = make_stub(solution_of(chapter.stem), chapter.label)

    from_stub, from_solution = (
        make_release(make_notebook(source, chapter), chapter.label)
        for source in (stub, solution_of(chapter.stem))
    )

    assert from_stub == from_solution


SECRETS_LAST = '''# %%
def area(side):
    """Give the area of a square."""
    # BEGIN SOLUTION
    return _square(side)
    # END SOLUTION


# %% [markdown]
# The end.

# %%
# BEGIN SOLUTION
def _square(x):
    return x * x
# END SOLUTION
'''


def test_a_secret_cell_with_no_exercise_after_it_goes_to_the_last_one() -> None:
    chapter = Chapter("ch20_areas", "Areas", "", ("1",), (Exercise("area", 2.0),))

    notebook = make_notebook(SECRETS_LAST, chapter)

    assert [cell.id for cell in notebook.cells] == ["area", "area-check", "lesson-1"]
    assert "def _square" in notebook.cells[0].source
    assert "_square" not in as_text(make_release(notebook, "ch20"))


def test_a_release_scores_nothing_and_the_solution_everything(course: Course, tmp_path: Path) -> None:
    chapter = find_chapter(course, "ch08")
    instructors = make_notebook(solution_of(chapter.stem), chapter)
    notebooks = {"released": make_release(instructors, chapter.label), "solved": instructors}
    points = {}

    with Sandbox(Level.PLAIN, Limits(call_s=60, check_s=120), warm_fake=True) as sandbox:
        for name, notebook in notebooks.items():
            path = tmp_path / name / f"{chapter.stem}.ipynb"
            place({path: as_text(notebook).encode()})
            points[name] = grade_path(path, chapter, sandbox, Profile("grade", examples=5)).points

    assert points == {"released": 0.0, "solved": chapter.points}


# --- nbgrader ---------------------------------------------------------------------------------------------


def test_nbgraders_gradebook_knows_every_exercise_with_its_points(
    course: Course, nbgrader_course: Path
) -> None:
    with Gradebook(f"sqlite:///{nbgrader_course / 'gradebook.db'}") as gradebook:
        worth = {found.name: found.max_score for found in gradebook.assignments}

    assert worth == {chapter.stem: pytest.approx(chapter.points) for chapter in course.chapters}


def test_the_instructors_own_cells_are_cleared_as_nbgrader_clears_them(
    course: Course, nbgrader_course: Path
) -> None:
    from grader.nbgrader_plugin.release import generate

    chapter = find_chapter(course, "ch08")
    notebook = make_notebook(solution_of(chapter.stem), chapter)
    answer = next(cell for cell in notebook.cells if cell.id == "clip_by_norm")
    answer.source = answer.source.replace("### BEGIN SOLUTION", "").replace("### END SOLUTION", "")
    path = nbgrader_course / "source" / "own" / f"{chapter.stem}.ipynb"
    place({path: as_text(notebook).encode()})

    generate(nbgrader_course, "own")

    released = nbformat.read(nbgrader_course / "release" / "own" / path.name, as_version=4)
    cleared = next(cell for cell in released.cells if cell.id == "clip_by_norm")
    assert cleared.source == "# YOUR CODE HERE\nraise NotImplementedError()"


def test_what_nbgrader_refuses_is_said_in_its_words(course: Course, nbgrader_course: Path) -> None:
    from grader.nbgrader_plugin.release import generate

    chapter = find_chapter(course, "ch08")
    notebook = make_notebook(solution_of(chapter.stem), chapter)
    notebook.cells[0].source += "\n### BEGIN SOLUTION\nan answer\n### END SOLUTION"
    path = nbgrader_course / "source" / "refused" / f"{chapter.stem}.ipynb"
    place({path: as_text(notebook).encode()})

    with pytest.raises(CourseError, match=r"nbgrader made no release: .*[Ss]olution") as refusal:
        generate(nbgrader_course, "refused")

    assert refusal.value.where == str(path.parent)


def test_a_course_with_a_broken_configuration_is_named(tmp_path: Path) -> None:
    from grader.nbgrader_plugin.release import folders_of

    (tmp_path / "nbgrader_config.py").write_text("c = get_config()\n1 / 0\n")

    with pytest.raises(CourseError, match="ZeroDivisionError"):
        folders_of(tmp_path, "ch03_activations")


# --- archives ---------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def kit(course: Course) -> dict[str, str]:
    """The texts in the archive of the kit."""
    with zipfile.ZipFile(io.BytesIO(kit_archive(course))) as packed:
        return {name: packed.read(name).decode() for name in packed.namelist()}


def test_the_kit_goes_out_with_stubs_and_without_solutions_mistakes_and_secrets(
    kit: dict[str, str], course: Course
) -> None:
    outside = {name: text for name, text in kit.items() if not name.startswith("brickwork/grader/")}
    package = {name.removeprefix("brickwork/") for name in kit.keys() - outside.keys()}
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "grader"],
        cwd=CHECKOUT, capture_output=True, text=True, check=True,
    )  # fmt: skip

    # What `brick new-course` copies is an author's to have, and about none of these chapters.
    template = {f"brickwork/{path.relative_to(CHECKOUT).as_posix()}" for path in template_files()}
    assert outside.keys() - template == {
        f"brickwork/{name}"
        for name in ["pyproject.toml", "README.md", "LICENSE", "constraints.txt", "course.yml"]
        + [f"exercises/{chapter.stem}.py" for chapter in course.chapters]
        + [path.relative_to(CHECKOUT).as_posix() for path in CHECKOUT.glob("pictures/*/*.svg")]
    }
    assert package <= set(listed.stdout.split("\n"))
    for chapter in course.chapters:
        text = outside[f"brickwork/exercises/{chapter.stem}.py"]
        assert (text, leaks(text, chapter.stem)) == (make_stub(solution_of(chapter.stem), chapter.label), [])


def test_an_autograder_holds_its_scripts_the_kit_and_the_course(course: Course) -> None:
    chapter = find_chapter(course, "ch08")
    common = {"release.json", "grading.py", "brickwork.zip", "constraints.txt", "course.yml"}

    with zipfile.ZipFile(io.BytesIO(gradescope_zip(course, chapter))) as packed:
        rights = {entry.filename: entry.external_attr >> 16 & 0o777 for entry in packed.infolist()}
        release = json.loads(packed.read("release.json"))
    folder = {str(path) for path in classroom50_files(course, chapter)}

    assert rights.keys() == common | {"setup.sh", "run_autograder"}
    assert (rights["setup.sh"], rights["run_autograder"], rights["course.yml"]) == (0o755, 0o755, 0o644)
    assert release == {"chapter": chapter.stem, "unsandboxed": False}
    assert folder == {f"autograders/ch08-clipping/{name}" for name in common | {"autograder.py"}}


def test_an_autograder_made_twice_is_the_same_file(course: Course) -> None:
    chapter = find_chapter(course, "ch08")

    assert gradescope_zip(course, chapter) == gradescope_zip(course, chapter)


def test_a_kit_from_elsewhere_is_not_packed(course: Course, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="not the one of this checkout"):
        kit_archive(replace(course, root=tmp_path))


# --- files that are there ---------------------------------------------------------------------------------


def test_nothing_is_written_over_in_silence(tmp_path: Path) -> None:
    mine, new = tmp_path / "a" / "mine.py", tmp_path / "b" / "new.py"
    place({mine: b"mine"})

    with pytest.raises(UsageError, match="nothing was written") as refusal:
        place({new: b"new", mine: b"theirs"})

    assert (mine.read_bytes(), new.exists(), refusal.value.where) == (b"mine", False, str(mine))
    assert place({mine: b"mine", new: b"new"}) == {mine: Placed.UNCHANGED, new: Placed.WRITTEN}
    assert place({mine: b"theirs"}, replace=True) == {mine: Placed.REPLACED}
    assert mine.read_bytes() == b"theirs"


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()

    with pytest.raises(UsageError, match="cannot be written"):
        place({tmp_path / "file" / "new.py": b"new"})


# --- proofs and the command -------------------------------------------------------------------------------

TINY = """
title: {en: Tiny, zh: 小}
chapters:
  - stem: ch08_clipping
    title: {en: Clipping, zh: 裁剪}
    sections: ["1"]
    exercises:
      - {name: clip_by_value, points: 3}
"""


WRONG = """# %%
def clip_by_value(grads, limit):
    # BEGIN SOLUTION
    raise ValueError("wrong")
    # END SOLUTION
"""


@pytest.fixture
def checkout(tmp_path: Path) -> Course:
    """A checkout of its own, with one chapter."""
    for folder in ("solutions", "exercises"):
        (tmp_path / folder).mkdir()
        shutil.copy(CHECKOUT / folder / "ch08_clipping.py", tmp_path / folder)
    (tmp_path / "course.yml").write_text(TINY)
    return load_course(tmp_path)


def brick(course: Course, *words: str) -> Result:
    """Run the command in a course; a KitError is the result's exception."""
    before = Path.cwd()
    os.chdir(course.root)
    try:
        return CliRunner().invoke(app, words)
    finally:
        os.chdir(before)


def believe(course: Course) -> None:
    """Note that the chapters are proven as they are."""
    notes = {chapter.stem: fingerprint_of(course, chapter) for chapter in course.chapters}
    workspace_of(course).write_note(NOTE, notes)


def test_a_release_needs_a_checkout(tmp_path: Path) -> None:
    lay_out(tmp_path)

    result = brick(load_course(tmp_path), "release", "ch03", "--to", "out")

    assert isinstance(result.exception, UsageError)
    assert result.exception.next_step == "run it in a checkout of the course"
    assert not (tmp_path / "out").exists()


def test_a_chapter_without_a_proof_does_not_go_out(checkout: Course) -> None:
    (checkout.root / "solutions" / "ch08_clipping.py").write_text(WRONG)

    result = brick(checkout, "release", "ch08", "--to", "out")

    assert isinstance(result.exception, CourseError)
    assert "the checks of ch08_clipping are not proven" in result.exception.what
    assert "brick prove ch08" in result.exception.next_step
    assert not (checkout.root / "out").exists()
    assert workspace_of(checkout).read_note(NOTE) == {}


def test_a_proof_is_of_one_content(checkout: Course) -> None:
    [chapter] = checkout.chapters
    believe(checkout)
    asked: list[str] = []

    require_proof(checkout, [chapter], announce=lambda one: asked.append(one.stem))
    fingerprints = {fingerprint_of(checkout, chapter)}
    for name in ("solutions", "exercises", "solutions/mistakes", "solutions/right"):
        path = checkout.root / name / "ch08_clipping.py"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text((path.read_text() if path.exists() else "") + "\nchanged = True\n")
        fingerprints.add(fingerprint_of(checkout, chapter))
    [exercise] = chapter.exercises
    harder = replace(chapter, exercises=(replace(exercise, forbidden=("clamp",)),))
    fingerprints.add(fingerprint_of(checkout, harder))

    assert asked == []
    assert len(fingerprints) == 6


def test_a_proven_chapter_goes_out_as_a_file_and_as_a_notebook(checkout: Course) -> None:
    believe(checkout)
    out = checkout.root / "out"

    as_file = brick(checkout, "release", "ch08", "--to", "out")
    as_notebook = brick(checkout, "release", "ch08", "--to", "out", "--as", "ipynb")

    assert (as_file.exit_code, as_notebook.exit_code) == (0, 0)
    assert (out / "ch08_clipping.py").read_text() == make_stub(solution_of("ch08_clipping"), "ch08")
    assert leaks(sources(nbformat.read(out / "ch08_clipping.ipynb", as_version=4)), "ch08_clipping") == []
    assert "out/ch08_clipping.py: written" in as_file.stdout
    assert "next: " in as_notebook.stdout


def test_a_second_release_for_nbgrader_keeps_what_the_instructor_changed(checkout: Course) -> None:
    believe(checkout)
    words = ("release", "ch08", "--to", "class", "--as", "nbgrader")
    source = checkout.root / "class" / "source" / "ch08_clipping" / "ch08_clipping.ipynb"
    released = checkout.root / "class" / "release" / "ch08_clipping" / "ch08_clipping.ipynb"
    first = brick(checkout, *words)
    made = released.stat().st_mtime_ns

    again = brick(checkout, *words)
    unchanged = released.stat().st_mtime_ns == made
    source.write_text(source.read_text().replace("# Chapter 8", "# My chapter 8"))
    changed = brick(checkout, *words)
    kept = "My chapter 8" in source.read_text()
    replaced = brick(checkout, *words, "--replace")

    assert first.exit_code == 0
    assert "configure(c)" in (checkout.root / "class" / "nbgrader_config.py").read_text()
    assert (again.exit_code, unchanged) == (0, True)
    assert isinstance(changed.exception, UsageError)
    assert ("--replace" in changed.exception.next_step, kept) == (True, True)
    assert (replaced.exit_code, "My chapter 8" in source.read_text()) == (0, False)
    assert "made by nbgrader" in replaced.stdout


def test_a_released_assignment_of_another_source_is_not_written_over(checkout: Course) -> None:
    believe(checkout)
    theirs = checkout.root / "class" / "release" / "ch08_clipping" / "handmade.ipynb"
    place({theirs: b"{}"})

    result = brick(checkout, "release", "ch08", "--to", "class", "--as", "nbgrader")

    assert isinstance(result.exception, UsageError)
    assert result.exception.where == str(Path("class") / "release" / "ch08_clipping")
    assert theirs.read_bytes() == b"{}"
