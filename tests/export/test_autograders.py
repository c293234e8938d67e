"""The autograders run where the platforms put them, and whatever happens they leave a result."""

from __future__ import annotations

import io
import json
import os
import shlex
import shutil
import subprocess
import sys
import zipfile
from datetime import datetime
from pathlib import Path

import pytest

from grader.course.config import find_chapter
from grader.records import Chapter, Course
from grader.release.classroom50 import classroom50_files
from grader.release.gradescope import gradescope_zip
from grader.release.notebook import as_text, make_notebook
from grader.release.placing import place
from grader.sandbox.levels import Level
from tests.sandboxes import need

pytestmark = pytest.mark.xdist_group("autograders")

CHECKOUT = Path(__file__).resolve().parents[2]
VENV = Path(sys.executable).parent.parent
HANDED_IN = "2026-11-02T14:22:32.365935-07:00"


@pytest.fixture(scope="module")
def chapter(course: Course) -> Chapter:
    return find_chapter(course, "ch08")


@pytest.fixture(scope="module")
def archive(course: Course, chapter: Chapter) -> bytes:
    return gradescope_zip(course, chapter)


@pytest.fixture
def solved(chapter: Chapter) -> bytes:
    """The chapter's notebook with every answer right."""
    solution = (CHECKOUT / "solutions" / f"{chapter.stem}.py").read_text(encoding="utf-8")
    return as_text(make_notebook(solution, chapter)).encode()


def lay_out(root: Path, archive: bytes, submission: dict[str, bytes]) -> Path:
    """The folders as Gradescope documents them, with what setup.sh would have installed left to this environment."""
    source = root / "source"
    with zipfile.ZipFile(io.BytesIO(archive)) as packed:
        packed.extractall(source)
    few_examples(source / "course.yml")
    with zipfile.ZipFile(source / "brickwork.zip") as kit:
        kit.extractall(root / "installed")
    shutil.copy(source / "run_autograder", root)
    (root / "run_autograder").chmod(0o755)
    (root / "results").mkdir()
    (root / "submission").mkdir()
    for name, content in submission.items():
        place({root / "submission" / name: content})
    (root / "submission_metadata.json").write_text(json.dumps({"created_at": HANDED_IN}))
    return root


def few_examples(course_file: Path) -> None:
    """Enough to run every check, not to be sure of anything."""
    text = course_file.read_text(encoding="utf-8")
    assert "grade_examples: 100" in text
    course_file.write_text(text.replace("grade_examples: 100", "grade_examples: 5"), encoding="utf-8")


def run_autograder(root: Path, **environment: str) -> tuple[dict, str]:
    """What results.json holds afterwards, and what was printed for the instructor."""
    given = os.environ | {
        "AUTOGRADER_ROOT": str(root),
        "BRICKWORK_VENV": str(VENV),
        "PYTHONPATH": str(root / "installed" / "brickwork"),  # the kit in the zip, not this checkout
    }
    run = subprocess.run(
        [str(root / "run_autograder")], cwd=root, env=given | environment,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=600,
    )  # fmt: skip
    assert run.returncode == 0, run.stdout
    return json.loads((root / "results" / "results.json").read_text()), run.stdout


# --- Gradescope -------------------------------------------------------------------------------------------


def test_a_right_notebook_gets_full_marks_sealed(
    archive: bytes, solved: bytes, chapter: Chapter, tmp_path: Path
) -> None:
    need(Level.BWRAP)
    root = lay_out(tmp_path, archive, {f"{chapter.stem}.ipynb": solved})

    results, printed = run_autograder(root)

    assert results["score"] == chapter.points, printed
    assert [test["status"] for test in results["tests"]] == ["passed"] * len(chapter.exercises)
    counted = [test for test in results["tests"] if "max_score" in test]
    assert [test["score"] == test["max_score"] for test in counted] == [True, True]
    assert results["extra_data"]["isolation"] == ["bwrap"]
    assert results["stdout_visibility"] == "hidden"
    handed_in = (root / "submission" / f"{chapter.stem}.ipynb").stat().st_mtime
    assert handed_in == pytest.approx(datetime.fromisoformat(HANDED_IN).timestamp(), abs=1)


def test_a_file_by_another_name_is_not_graded_and_the_name_is_told(archive: bytes, tmp_path: Path) -> None:
    root = lay_out(tmp_path, archive, {"homework.py": b"x = 1", "deep/ch08.txt": b""})
    (root / "submission" / "elsewhere").symlink_to(root / "installed" / "brickwork" / "exercises")

    results, _ = run_autograder(root)

    assert results["score"] == 0
    assert "no ch08_clipping.py or ch08_clipping.ipynb" in results["output"]
    assert "What came is: deep, elsewhere, homework.py." in results["output"]


def test_an_autograder_that_breaks_down_leaves_a_score_of_nothing_and_a_word(
    archive: bytes, tmp_path: Path
) -> None:
    root = lay_out(tmp_path, archive, {"ch08_clipping.py": b"x = 1"})

    results, printed = run_autograder(root, BRICKWORK_VENV=str(tmp_path / "missing"))

    assert results["score"] == 0
    assert "The autograder broke down" in results["output"]
    assert "FileNotFoundError" in printed
    assert str(tmp_path) not in results["output"]


def test_without_a_seal_nothing_is_graded(archive: bytes, tmp_path: Path) -> None:
    root = lay_out(tmp_path, archive, {"ch08_clipping.py": b"x = 1"})

    results, printed = run_autograder(root, BRICKWORK_VENV=str(without_seal(tmp_path)))

    assert results["score"] == 0
    assert "The submission could not be graded" in results["output"]
    assert "cannot seal a submission" in printed


def test_without_a_seal_the_instructor_may_choose_to_grade_and_everybody_is_told(
    course: Course, chapter: Chapter, solved: bytes, tmp_path: Path
) -> None:
    archive = gradescope_zip(course, chapter, unsandboxed=True)
    root = lay_out(tmp_path, archive, {f"{chapter.stem}.ipynb": solved})

    results, printed = run_autograder(root, BRICKWORK_VENV=str(without_seal(tmp_path)))

    assert results["score"] == chapter.points, printed
    assert results["output"].startswith("GRADED WITHOUT A SEAL")
    assert results["extra_data"]["isolation"] == ["plain"]


def without_seal(folder: Path) -> Path:
    """An environment whose `brick` finds no bubblewrap and does not run as root."""
    as_somebody = []
    if os.geteuid() == 0:
        need(Level.BWRAP)  # it says whether there may be user namespaces
        as_somebody = [shutil.which("unshare") or "unshare", "--user", "--map-user=1000"]
    command = [*as_somebody, sys.executable, "-c", "from grader.cli import main; main()"]
    brick = folder / "venv" / "bin" / "brick"
    place({brick: f'#!/bin/sh\nPATH= exec {shlex.join(command)} "$@"\n'.encode()})
    brick.chmod(0o755)
    return folder / "venv"


def test_the_scripts_for_the_image_are_well_formed(archive: bytes, tmp_path: Path) -> None:
    root = lay_out(tmp_path, archive, {})

    run = subprocess.run(["bash", "-n", str(root / "source" / "setup.sh")], capture_output=True, text=True)

    assert (run.returncode, run.stderr) == (0, "")


# --- Classroom 50 -----------------------------------------------------------------------------------------


def commit(checkout: Path) -> None:
    for words in (["init", "-q"], ["add", "."], ["commit", "-q", "-m", "work", "--date", HANDED_IN]):
        identity = ["-c", "user.name=learner01", "-c", "user.email=learner01@example.org"]
        environment = os.environ | {"GIT_COMMITTER_DATE": HANDED_IN}
        subprocess.run(["git", *identity, *words], cwd=checkout, env=environment, check=True)


def test_a_checkout_is_graded_for_classroom_50(
    course: Course, chapter: Chapter, solved: bytes, tmp_path: Path
) -> None:
    need(Level.BWRAP)
    files = classroom50_files(course, chapter)
    place({tmp_path / "classroom" / name: content for name, content in files.items()})
    entry = tmp_path / "classroom" / "autograders" / "ch08-clipping" / "autograder.py"
    few_examples(entry.with_name("course.yml"))
    checkout = tmp_path / "checkout"
    place({checkout / f"{chapter.stem}.ipynb": solved, checkout / "notes" / "ch02.py": b""})
    commit(checkout)
    tag = "submit/2026-11-02T21-22-32Z-a1b2c3d"
    runner = {
        "CLASSROOM": "blocks", "ASSIGNMENT": "ch08-clipping", "SUBMISSION_TAG": tag,
        "COMMIT_URL": "https://example.org/c", "RELEASE_URL": "https://example.org/r",
        "BRICKWORK_VENV": str(VENV),
    }  # fmt: skip

    run = subprocess.run(
        [sys.executable, str(entry)], cwd=checkout, env=os.environ | runner,
        capture_output=True, text=True, timeout=600,
    )  # fmt: skip

    assert run.returncode == 0, run.stdout + run.stderr
    result = json.loads((checkout / "result.json").read_text())
    assert result["score"] == result["max-score"] == 100 * chapter.points
    assert (result["schema"], result["submission"]) == ("classroom50/result/v1", tag)
    assert result["datetime"] == "2026-11-02T21:22:32Z"


def test_a_checkout_without_the_file_is_an_error_of_the_run(
    course: Course, chapter: Chapter, tmp_path: Path
) -> None:
    files = classroom50_files(course, chapter)
    place({tmp_path / "classroom" / name: content for name, content in files.items()})
    (tmp_path / "checkout").mkdir()
    entry = tmp_path / "classroom" / "autograders" / "ch08-clipping" / "autograder.py"

    run = subprocess.run(
        [sys.executable, str(entry)], cwd=tmp_path / "checkout", capture_output=True, text=True
    )

    assert run.returncode == 1
    assert "::error::there is no ch08_clipping.py" in run.stdout
