"""The wheel holds the course and the kit, never a solution; and it works away from the checkout."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from grader import __version__
from grader.records import Course

pytestmark = pytest.mark.xdist_group("packaging")

CHECKOUT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel that this checkout builds."""
    out = tmp_path_factory.mktemp("wheel")
    command = [
        sys.executable,
        "-m",
        "build",
        "--wheel",
        "--no-isolation",
        "--outdir",
        str(out),
        str(CHECKOUT),
    ]
    subprocess.run(command, check=True, capture_output=True, text=True)
    [path] = out.glob("brickwork-*.whl")
    return path


@pytest.fixture(scope="module")
def names(wheel: Path) -> list[str]:
    """The files in the wheel."""
    with zipfile.ZipFile(wheel) as archive:
        return archive.namelist()


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that the wheel was installed into; its packages come from this environment."""
    target = tmp_path_factory.mktemp("installed")
    pip = [
        sys.executable,
        "-m",
        "pip",
        "install",
        "--quiet",
        "--no-deps",
        "--target",
        str(target),
        str(wheel),
    ]
    subprocess.run(pip, check=True, capture_output=True, text=True)
    return target


def brick(installed: Path, cwd: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """Run the installed command in `cwd`."""
    environment = os.environ | {"PYTHONPATH": str(installed), "COLUMNS": "80"}
    environment.pop("BRICKWORK_SECRET", None)
    command = [sys.executable, "-c", "from grader.cli import main; main()", *words]
    return subprocess.run(command, cwd=cwd, env=environment, capture_output=True, text=True, timeout=300)


def test_the_wheel_holds_course_exercises_and_checks(names: list[str], course: Course) -> None:
    stems = [chapter.stem for chapter in course.chapters]
    exercises = [stem for stem in stems if f"grader/course_files/exercises/{stem}.py" in names]

    assert "grader/course_files/course.yml" in names
    assert "grader/py.typed" in names
    assert exercises == [stem for stem in stems if (CHECKOUT / "exercises" / f"{stem}.py").is_file()]
    assert [stem for stem in exercises if f"grader/checks/{stem}.py" not in names] == []
    assert [stem for stem in exercises if f"grader/checks/hints/{stem}.md" not in names] == []
    shown = [stem for stem in stems if any(f"course_files/pictures/{stem}/" in name for name in names)]
    assert shown == stems
    assert [stem for stem in exercises if f"grader/checks/mistakes/{stem}.json" not in names] == []


def test_the_wheel_holds_what_its_pages_are_made_of(names: list[str]) -> None:
    folder = CHECKOUT / "grader" / "report" / "html" / "templates"
    templates = [f"grader/report/html/templates/{path.name}" for path in folder.iterdir()]

    assert templates
    assert [name for name in templates if name not in names] == []


def test_the_wheel_holds_no_solution_and_no_known_mistake(wheel: Path, names: list[str]) -> None:
    with zipfile.ZipFile(wheel) as archive:
        texts = {name: archive.read(name).decode("utf-8", "replace") for name in names}

    # The course that authors begin from is theirs, solution and all; it has no chapter of the twelve.
    template = [name for name in names if name.startswith("grader/course_template/")]
    assert "grader/course_template/checks/quadrature.py" in template
    assert "grader/course_template/checks/hints/quadrature.md" in template
    assert [name for name in template if "quadrature" not in name and not name.endswith("course.yml")] == []
    others = [name for name in names if name not in template]
    assert [n for n in others if "solutions/" in n or n.startswith("tests/")] == []
    # Of the mistakes there is what they answer, and no line of theirs.
    answers = [n for n in others if "mistakes/" in n]
    assert {Path(name).suffix for name in answers} == {".json"}
    assert [n for n in answers if "def " in texts[n] or "torch.where(" in texts[n]] == []
    assert [
        n for n, text in texts.items() if n.startswith("grader/course_files") and "BEGIN SOLUTION" in text
    ] == []
    assert [name for name in names if not name.startswith(("grader/", "brickwork-"))] == []


def test_every_packaged_exercise_is_a_stub(installed: Path, course: Course) -> None:
    folder = installed / "grader" / "course_files" / "exercises"

    for chapter in course.chapters:
        path = folder / f"{chapter.stem}.py"
        if path.is_file():
            text = path.read_text(encoding="utf-8")
            missing = [e.name for e in chapter.exercises if f'NotImplementedError("{e.name}' not in text]
            assert missing == [], path.name


def test_a_learner_starts_from_the_wheel_away_from_the_checkout(installed: Path, tmp_path: Path) -> None:
    first = brick(installed, tmp_path, "init", "course")
    workspace = tmp_path / "course"

    check = brick(installed, workspace, "check", "ch03", "--examples", "2")

    assert (first.returncode, first.stderr) == (0, "")
    assert "next: cd course" in first.stdout
    assert check.returncode == 1, check.stderr
    assert "0 of 10 points" in check.stdout
    assert check.stdout.splitlines()[-1].endswith("then run: brick check ch03")


def test_a_mistake_has_its_name_away_from_the_checkout(installed: Path, tmp_path: Path) -> None:
    brick(installed, tmp_path, "init", "course")
    file = tmp_path / "course" / "exercises" / "ch03_activations.py"
    file.write_text("def relu_backward(grad_out, x):\n    return grad_out * (x >= 0)\n", encoding="utf-8")

    check = brick(installed, tmp_path / "course", "check", "relu_backward", "--examples", "25")

    said = " ".join(check.stdout.split())
    assert "same result as: At exactly 0 the slope counts as 0; x >= 0 makes it 1." in said


def test_a_course_of_ones_own_starts_from_the_wheel(
    installed: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    made = brick(installed, tmp_path, "new-course", "integration")
    folder = tmp_path / "integration"

    solved = brick(installed, folder, "check", "solutions/quadrature.py", "--examples", "2")
    added = brick(installed, folder, "new", "week2_roots")

    assert (made.returncode, added.returncode) == (0, 0), made.stderr + added.stderr
    assert "6 of 6 checks, 10 of 10 points" in solved.stdout
    assert (folder / "checks" / "week2_roots.py").is_file()


def test_authors_commands_say_that_they_need_a_checkout(installed: Path, tmp_path: Path) -> None:
    result = brick(installed, tmp_path, "stubs")

    assert result.returncode == 2
    assert "next:  run it in a checkout of the course" in result.stderr


def test_the_version_stands_in_one_place(wheel: Path) -> None:
    assert wheel.name == f"brickwork-{__version__}-py3-none-any.whl"


def test_the_oldest_allowed_versions_are_known_of_every_direct_dependency() -> None:
    script = CHECKOUT / "scripts" / "oldest_dependencies.py"

    listed = subprocess.run([sys.executable, str(script), "dev"], check=True, capture_output=True, text=True)

    names = {line.partition("==")[0] for line in listed.stdout.splitlines()}
    assert {"torch", "pytest", "nbgrader", "PyJWT", "onnxruntime", "distributed"} <= names
