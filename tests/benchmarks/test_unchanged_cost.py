"""CPU seconds of `brick grade` on a class in which nothing, or one thing, has changed. Figures only."""

from __future__ import annotations

import os
import resource
import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from commands import brick_process
from sandboxes import CHECKOUT, need

from grader.cli.class_grading import judged_by
from grader.course.config import find_chapter, load_course
from grader.grading.known import verdict_key
from grader.grading.store import STORE_FILE, Store
from grader.records import Report
from grader.sandbox.levels import Level
from grader.serialization import from_json, report_json
from grader.submissions.reading import read_submission
from grader.workspace.workspace import lay_out, workspace_of

LEARNERS = 10_000
STEM = "ch03_activations"
SECRET = "unchanged"


def hand_in(folder: Path, number: int, remark: str = "") -> Path:
    """The work of one learner: the solution, with a line that nobody else has."""
    file = folder / "class" / f"learner{number:05}" / f"{STEM}.py"
    file.parent.mkdir(parents=True, exist_ok=True)
    source = (CHECKOUT / "solutions" / file.name).read_text(encoding="utf-8")
    file.write_text(f"{source}# {number}{remark}\n", encoding="utf-8")
    return file


def cpu_s(folder: Path) -> float:
    """CPU seconds of `brick grade` and all its processes."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = brick_process("grade", "class", cwd=folder, BRICKWORK_SECRET=SECRET)
    assert done.returncode == 0, done.stderr
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def slower(report: Report, percent: int) -> Report:
    """The report, as if every check had taken longer; as it is read back, so that its text is known."""
    checks = tuple(replace(one, seconds=round(one.seconds * (1 + percent / 100), 3)) for one in report.checks)
    return from_json(report_json(replace(report, checks=checks)))


def grade_like_the_first(folder: Path, learners: int) -> None:
    """Put a verdict on each learner's work into the store: that on the first one's, some of them slower."""
    course = load_course(folder)
    chapter = find_chapter(course, "ch03")
    with Store(workspace_of(course).state / STORE_FILE) as store:
        settings = store.last_settings()
        assert settings is not None
        setup = judged_by(course, settings)
        [(_, first)] = store.standing(["learner00000"], [STEM])
        kinds = [slower(first.report, percent) for percent in range(50)]
        with store.at_once():
            for number in range(1, learners):
                work = read_submission(hand_in(folder, number), chapter)
                kind = kinds[number % len(kinds)]
                report = replace(kind, path=str(work.path), submission_sha256=work.sha256)
                store.keep(verdict_key(chapter, work.sha256, setup), report, work)


@pytest.mark.slow
def test_cost_of_an_unchanged_class(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    need(Level.BWRAP)
    monkeypatch.setenv("BRICKWORK_SECRET", SECRET)
    lay_out(tmp_path)
    hand_in(tmp_path, 0)
    alone = cpu_s(tmp_path)
    learners = int(os.environ.get("LEARNERS", LEARNERS))
    grade_like_the_first(tmp_path, learners)

    first, unchanged = cpu_s(tmp_path), cpu_s(tmp_path)
    again = cpu_s(tmp_path)
    hand_in(tmp_path, 1, "changed")
    one_changed = cpu_s(tmp_path)
    shutil.rmtree(tmp_path / "reports")
    reports_gone = cpu_s(tmp_path)

    with capsys.disabled():
        print(f"\n{learners} learners, one chapter; CPU s of brick grade:")
        print(f"  the first learner alone         {alone:6.1f}")
        print(f"  verdicts known, nothing written {first:6.1f}")
        print(f"  nothing changed                 {unchanged:6.1f} {again:6.1f}")
        print(f"  one changed                     {one_changed:6.1f}")
        print(f"  all reports deleted             {reports_gone:6.1f}")
