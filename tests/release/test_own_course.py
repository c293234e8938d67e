"""A course with checks of its own is made, proven, practised and graded like the twelve chapters."""

from __future__ import annotations

import ast
import json
import re
from pathlib import Path

import pytest
from commands import brick

from grader.course.config import load_course
from grader.course.paths import solution_file
from grader.course.stubs import write_stubs
from grader.course.template import template_root
from grader.course.trust import trust
from grader.engine.profile import Profile
from grader.errors import UsageError
from grader.grading.known import content_of_checks, verdict_key
from grader.grading.setup import Setup
from grader.language import Language, speaking
from grader.proof.fingerprint import fingerprint_of
from grader.proof.prove import prove
from grader.records import Limits
from grader.sandbox.levels import Level
from grader.workspace.hints import written_hints


@pytest.fixture(autouse=True)
def _own_data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))


@pytest.fixture
def made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A course that `brick new-course` made, to work in."""
    folder = tmp_path / "My Course"
    result = brick("new-course", str(folder))
    assert result.exit_code == 0, result.output
    monkeypatch.chdir(folder)
    return folder


def test_the_example_is_proven() -> None:
    trust("integration", template_root())
    course = load_course(template_root())

    [proof] = prove(course, course.chapters, seeds=10, jobs=1)

    assert proof.shortfalls == ()
    assert write_stubs(course, check=True) == ()
    assert (proof.mistakes_caught, proof.right_passed) == (8, 6)
    assert proof.killed == proof.mutants > 40


def test_a_course_made_in_chinese_has_chinese_texts_and_is_proven_as_well(tmp_path: Path) -> None:
    folder = tmp_path / "course"
    with speaking(Language.CHINESE):
        assert brick("new-course", str(folder)).exit_code == 0
    course = load_course(folder)

    [proof] = prove(course, course.chapters, seeds=10, jobs=1, mutate=False)

    assert proof.shortfalls == ()
    assert (proof.mistakes_caught, proof.right_passed) == (8, 6)
    assert write_stubs(course, check=True) == ()
    assert not (folder / "checks" / "zh").exists()
    files = [path for path in folder.rglob("*.*") if path.suffix in (".py", ".md", ".yml")]
    told = [text for path in files for text in _texts(path)]
    assert len(told) > 40
    assert [text for text in told if not re.search("[\u4e00-\u9fff]", text)] == []


def _texts(path: Path) -> list[str]:
    """What a file of a course says to people: its docstrings, hints, lesson and titles."""
    text = path.read_text(encoding="utf-8")
    if path.suffix == ".md":
        return [part for part in re.split(r"(?m)^#+ .*$", text) if part.strip()]
    if path.suffix == ".yml":
        return re.findall("title: (.*)", text)
    cells = [cell for cell in re.findall(r"(?m)^# %% \[markdown\]\n((?:#.*\n)+)", text) if cell]
    nodes = list(ast.walk(ast.parse(text)))
    documented = [node for node in nodes if isinstance(node, ast.FunctionDef | ast.Module)]
    hints = [word.value for word in nodes if isinstance(word, ast.keyword) and word.arg in ("hint", "what")]
    return [
        *cells,
        *filter(None, map(ast.get_docstring, documented)),
        *(str(hint.value) for hint in hints if isinstance(hint, ast.Constant)),
    ]


def test_a_class_is_graded_by_the_checks_of_its_course(made: Path) -> None:
    solution = solution_file(made, "quadrature").read_text(encoding="utf-8")
    learners = {
        "learner01/quadrature.py": solution,
        "learner02/exercises/quadrature.py": (made / "exercises" / "quadrature.py").read_text(
            encoding="utf-8"
        ),
        "learner03/quadrature/answer.py": solution.replace("return h * (", "return 2 * h * ("),
        # Who hands in the whole folder is judged by the work in it, not by what lies where checks lie.
        "learner04/quadrature_final.py": solution,
        "learner04/checks/quadrature.py": "raise SystemExit('taken for work')",
    }
    for name, text in learners.items():
        (made / "class" / name).parent.mkdir(parents=True)
        (made / "class" / name).write_text(text, encoding="utf-8")

    result = brick("grade", "class", "--examples", "3", "--json")

    graded = json.loads(result.stdout)["learners"]
    assert [(one["learner"], one["points"]) for one in graded] == [
        ("learner01", 10), ("learner02", 0), ("learner03", 6), ("learner04", 10),
    ]  # fmt: skip


def test_a_learner_practises_by_the_same_checks_which_do_not_lie_in_the_workspace(
    made: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    workspace = made.parent / "work"
    assert brick("init", "--course", str(made), str(workspace)).exit_code == 0
    assert sorted(path.name for path in workspace.rglob("*.*")) == [
        "AGENTS.md",
        "course.yml",
        "quadrature.py",
    ]
    monkeypatch.chdir(workspace)

    before = brick("check", "--examples", "2")
    hinted = written_hints(load_course(workspace).chapters[0])
    Path("exercises/quadrature.py").write_text(solution_file(made, "quadrature").read_text(encoding="utf-8"))
    after = brick("check", "--examples", "2", "--json")

    assert hinted.keys() == {"trapezoid", "simpson"}
    assert "0 of 10 points" in before.stdout
    [report] = json.loads(after.stdout)["reports"]
    assert report["points"] == 10
    assert brick("reset", "quadrature", "--yes").exit_code == 0
    assert "NotImplementedError" in Path("exercises/quadrature.py").read_text(encoding="utf-8")


def test_a_new_version_brings_its_chapters_and_leaves_the_work(
    made: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    workspace = made.parent / "work"
    brick("init", "--course", str(made), str(workspace))
    (workspace / "exercises" / "quadrature.py").write_text("# my work\n")
    assert brick("new", "week2_roots").exit_code == 0
    monkeypatch.chdir(workspace)

    result = brick("init", "--course", str(made), ".")

    assert result.exit_code == 0, result.output
    assert (workspace / "exercises" / "quadrature.py").read_text() == "# my work\n"
    assert [chapter.label for chapter in load_course(workspace).chapters] == ["quadrature", "week2"]
    assert (workspace / "exercises" / "week2_roots.py").is_file()


def test_another_course_is_not_written_over(made: Path) -> None:
    other = made.parent / "other"
    assert brick("new-course", str(other)).exit_code == 0

    result = brick("init", "--course", str(made), str(other))

    assert isinstance(result.exception, UsageError)
    assert "name: other" in (other / "course.yml").read_text(encoding="utf-8")


def test_a_second_chapter_needs_neither_number_nor_a_chinese_title(made: Path) -> None:
    first = brick("new", "week2_fourier")
    second = brick("new", "roots")

    assert (first.exit_code, second.exit_code) == (0, 0), first.output + second.output
    assert "brick prove week2" in first.stdout
    assert [chapter.label for chapter in load_course(made).chapters] == ["quadrature", "week2", "roots"]
    assert (made / "checks" / "roots.py").is_file()
    assert brick("stubs", "--check").exit_code == 0
    assert "0 of 10 points" in brick("check", "roots", "--examples", "2").stdout
    assert isinstance(brick("new", "week2_again").exception, UsageError)


def test_other_checks_are_another_verdict_and_another_proof(made: Path) -> None:
    course = load_course(made)
    [chapter] = course.chapters
    setup = Setup(Level.PLAIN, Limits(), Profile("grade", 3))
    before = verdict_key(chapter, "s", setup), fingerprint_of(course, chapter)
    checks = made / "checks" / "quadrature.py"
    checks.write_text(
        checks.read_text(encoding="utf-8").replace("min_size=1, max_size=12", "min_size=1, max_size=5")
    )

    content_of_checks.cache_clear()  # a process grades by one version of the checks
    after = verdict_key(chapter, "s", setup), fingerprint_of(course, chapter)

    assert before[0] != after[0]
    assert before[1] != after[1]


def test_nothing_is_written_over_and_no_folder_is_without_a_name(tmp_path: Path) -> None:
    (tmp_path / "there").mkdir()
    (tmp_path / "there" / "work.py").touch()

    taken, nameless = brick("new-course", str(tmp_path / "there")), brick("new-course", str(tmp_path / "123"))

    assert isinstance(taken.exception, UsageError)
    assert isinstance(nameless.exception, UsageError)
    assert [path.name for path in (tmp_path / "there").iterdir()] == ["work.py"]
