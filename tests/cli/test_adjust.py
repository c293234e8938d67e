"""`brick adjust` keeps what a person decides, says what it changes, and refuses what nobody could have meant."""

from __future__ import annotations

import csv
import io
import json
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest
from commands import brick
from stored import judged_chapter, publish

from grader.course.config import load_course
from grader.errors import UsageError
from grader.grading.store import STORE_FILE, Collected, Settings, Store
from grader.language import Language, speaking

CH03 = "  - stem: ch03_activations\n"
DEADLINE = "2026-03-01T12:00:00+01:00"


@pytest.fixture(autouse=True)
def workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Two learners with ch02 and ch03, and one without; learner02 fails in relu and is a day and a half late."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("BRICKWORK_SECRET", "decisions")
    monkeypatch.setenv("LOGNAME", "teacher")
    course_yml = (Path(__file__).parents[2] / "course.yml").read_text(encoding="utf-8")
    assert CH03 in course_yml
    (tmp_path / "course.yml").write_text(
        course_yml.replace(CH03, f"{CH03}    deadline: {DEADLINE}\n"), encoding="utf-8"
    )
    course = load_course(tmp_path)
    ch02, ch03 = course.chapters[1:3]
    late = datetime.fromisoformat(DEADLINE) + timedelta(days=1.5)
    with Store(tmp_path / ".brickwork" / STORE_FILE) as store:
        for learner in ("learner01", "learner02"):
            publish(store, judged_chapter(ch02), learner)
        publish(store, judged_chapter(ch03), "learner01")
        publish(store, judged_chapter(ch03, "relu"), "learner02", late, late_s=129_600.0, deducted=2.0)
    return tmp_path


def refused(*words: str) -> UsageError:
    """The error that the command ends with."""
    error = brick("adjust", *words).exception
    assert isinstance(error, UsageError), error
    return error


def grades() -> dict[tuple[str, str], tuple[str, str, str]]:
    """Score, maximum and remark by learner and chapter, as the CSV has them."""
    assert brick("export", "--as", "csv").exit_code == 0
    text = Path("brickwork-grades.csv").read_text(encoding="utf-8-sig")
    return {
        (row["student_id"], row["assignment"][:4]): (row["score"], row["max_score"], row["remark"])
        for row in csv.DictReader(io.StringIO(text))
    }


def test_a_score_is_set_with_who_and_why_and_is_in_every_page_and_export() -> None:
    result = brick("adjust", "learner02", "-c", "3", "--score", "9", "-r", "oral exam")
    report = brick("report")

    assert (result.exit_code, report.exit_code) == (0, 0)
    assert "learner02 ch03: 9 of 10, was 7.75 of 10" in result.stdout
    score, most, remark = grades()["learner02", "ch03"]
    assert (score, most) == ("9", "10")
    said = "points set to 9, the checks give 7.75 (teacher, "
    assert said in remark
    for page in ("class.html", "feedback/learner02.html"):
        html = (Path("reports") / page).read_text(encoding="utf-8")
        assert "points set to 9, the checks give 7.75" in html
        assert "oral exam" in html
    assert "oral exam" not in Path("reports/feedback/learner01.html").read_text(encoding="utf-8")


def test_what_cannot_be_meant_together_or_kept_whole_is_refused() -> None:
    both = refused("learner02", "-c", "ch03", "--score", "9", "--excuse", "-r", "ill")
    long = refused("learner02", "-c", "ch03", "--comment", "word " * 1000)
    twice = brick("adjust", "learner02", "learner02", "-c", "ch03", "--comment", "Well done.")

    assert both.what == "--excuse and --score exclude each other"
    assert (long.where, long.what[:16]) == ("--comment", "5,000 characters")
    assert twice.exit_code == 0
    assert twice.stdout.count("Well done.") == 1


def test_every_form_of_export_has_the_points_that_a_person_set(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("CLASSROOM", "ASSIGNMENT", "SUBMISSION_TAG", "COMMIT_URL", "RELEASE_URL"):
        monkeypatch.setenv(name, "x")
    brick("adjust", "learner02", "-c", "ch03", "--score", "9", "-r", "oral exam")
    brick("adjust", "learner02", "-c", "ch02", "-e", "neuron", "--excuse", "-r", "ill")

    def exported(form: str, file: str) -> str:
        result = brick("export", "--as", form, "--learner", "learner02")
        assert result.exit_code == 0, result.exception
        return Path(file).read_text(encoding="utf-8-sig")

    gradescope = json.loads(exported("gradescope", "results.json"))
    classroom50 = json.loads(exported("classroom50", "result.json"))
    texts = [exported("junit", "brickwork-junit.xml"), exported("csv", "brickwork-grades.csv")]

    # 8 of 8 and 9 of 10; Gradescope's total is 20 for everybody.
    assert gradescope["score"] == pytest.approx(17 / 18 * 20, abs=1e-4)
    assert (classroom50["score"], classroom50["max-score"]) == (1700, 1800)
    assert sum(test["points"] for test in classroom50["tests"] if "bonus" not in test) == pytest.approx(17)
    for text in (gradescope["output"], json.dumps(classroom50), *texts):
        assert "points set to 9" in text
        assert "oral exam" in text
    assert '<property name="points" value="9"' in texts[0]


def test_a_second_score_says_what_it_replaces_and_undoing_it_brings_the_first_back() -> None:
    brick("adjust", "learner01", "-c", "ch03", "--score", "8", "-r", "copied", "--by", "assistant")

    second = brick("adjust", "learner01", "-c", "ch03", "--score", "10", "-r", "it was not")
    replaced = grades()["learner01", "ch03"][0]
    undone = brick("adjust", "--undo", "2", "-r", "it was")

    assert "instead of entry 1, learner01: points set to 8" in second.stdout
    assert "assistant" in second.stdout
    assert undone.exit_code == 0
    assert (replaced, grades()["learner01", "ch03"][0]) == ("10", "8")


def test_what_waits_for_a_verdict_was_no_0(workspace: Path) -> None:
    with Store(workspace / ".brickwork" / STORE_FILE) as store:
        waits = Collected("learner02", "ch03_activations", "newer", "", None)
        store.begin_run(["ch03_activations"], ["learner02"], Settings("bwrap", None, "cpu"), [waits])

    excused = brick("adjust", "learner02", "-c", "ch03", "--excuse", "-r", "ill").stdout
    neuron = brick("adjust", "learner02", "-c", "ch02", "-e", "neuron", "--excuse", "-r", "ill").stdout

    assert "learner02 ch03: excused, was not graded yet" in excused
    assert "8 of 8, was 10 of 10" in neuron


def test_what_is_excused_for_everybody_counts_for_nobody() -> None:
    result = brick("adjust", "--all", "-c", "ch03", "-e", "relu", "--excuse", "-r", "the lesson was wrong")

    assert "learner02 ch03: " in result.stdout
    found = grades()
    assert found["learner01", "ch03"][:2] == ("9.5", "9.5")
    assert found["learner01", "ch02"][:2] == ("10", "10")


def test_a_check_is_excused_by_its_law() -> None:
    result = brick(
        "adjust", "learner02", "-c", "ch03", "-e", "relu", "--check", "law a", "--excuse", "-r", "too strict"
    )

    assert "relu, a: excused" in result.stdout
    assert "8 of 10, was 7.75 of 10" in result.stdout


@pytest.mark.parametrize(
    ("until", "expected"),
    [
        ("+1d", "8.75"),  # a day begun instead of two: 1 of 10 points instead of 2
        ("2026-03-02T12:00", "8.75"),
        ("2026-03-02T11:00+00:00", "8.75"),
        ("2026-03-02", "9.75"),  # that day's end, and what is over lies within the grace
    ],
)
def test_an_extension_moves_the_deadline_in_its_own_time_zone(until: str, expected: str) -> None:
    result = brick("adjust", "learner02", "-c", "ch03", "--extend", until, "-r", "ill")

    assert "deadline moved to 2026-03-02" in result.stdout
    assert grades()["learner02", "ch03"][0] == expected


def test_one_comment_goes_to_all_who_made_a_mistake_and_not_to_the_others() -> None:
    result = brick("adjust", "--mistake", "relu", "--comment", "Look at 0.")
    brick("report")

    assert "it reaches 1 learner: learner02" in result.stdout
    pages = {n: Path(f"reports/feedback/learner0{n}.html").read_text(encoding="utf-8") for n in (1, 2)}
    assert "Look at 0." in pages[2]
    assert "Look at 0." not in pages[1]
    assert "Look at 0." in Path("reports/class.html").read_text(encoding="utf-8")


def test_the_list_has_every_entry_with_who_when_and_why_undone_ones_too() -> None:
    brick("adjust", "learner01", "-c", "ch03", "--comment", "Well done.")
    brick("adjust", "learner02", "-c", "ch03", "--excuse", "-r", "ill")
    brick("adjust", "--undo", "2", "-r", "was not ill")

    shown = brick("adjust", "--list").stdout
    mine = brick("adjust", "learner01", "--list", "--json").stdout

    table = [line.split(maxsplit=3) for line in shown.splitlines()]
    assert [row[0] for row in table] == ["no.", "1", "2", "3"]
    assert {row[2] for row in table[1:]} == {"teacher"}
    assert [" ".join(row[3].split()) for row in table[1:]] == [
        "learner01 ch03 Well done.",
        "learner02 ch03 (undone by 3) excused; ill",
        "entry 2 undone; was not ill",
    ]
    entries = json.loads(mine)["adjustments"]
    assert [(one["number"], one["kind"], one["in_force"]) for one in entries] == [
        (1, "comment", True),
        (3, "undo", True),
    ]


def test_an_extension_may_come_before_anything_is_handed_in(tmp_path: Path) -> None:
    (tmp_path / ".brickwork" / STORE_FILE).unlink()

    nobody = refused("learner09", "-c", "ch03", "--extend", "+3d", "-r", "ill")
    everybody = brick("adjust", "--all", "-c", "ch03", "--extend", "+3d", "-r", "strike")

    assert "brick roster read FILE" in nobody.next_step
    assert everybody.exit_code == 0


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("learner01 -c ch03 --score 8", "why?"),
        ("learner01 -c ch03 --score 80 -r x", "worth 0 to 10 points"),
        ("learner01 -c ch03 -e relu --score 0.6 -r x", "relu is worth 0 to 0.5 points"),
        ("learner01 -c ch03 --score nan -r x", "worth 0 to 10 points"),
        ("learner01 -c ch03 -r x", "what is to be adjusted?"),
        ("learner01 --score 8 -r x", "which chapter is it about?"),
        ("-c ch03 --score 8 -r x", "whom is it about?"),
        ("learner01 --all -c ch03 --excuse -r x", "whom is it about?"),
        ("--all -c ch03 --score 8 -r x", "one score for everybody is no score"),
        ("learner1 -c ch03 --score 8 -r x", "did you mean learner01?"),
        ("learner01 -c ch03 -e rely --score 0 -r x", "did you mean relu?"),
        ("learner01 -c ch03 --check a --excuse -r x", "a of relu"),
        ("learner01 -c ch03 --check law --comment x", "a check is excused, and nothing else"),
        ("learner01 -c ch02 --extend +1d -r x", "ch02_neuron has no deadline"),
        ("learner01 -c ch03 --extend tomorrow -r x", "'tomorrow' is no time"),
        ("learner01 -c ch03 --extend 2026-02-01 -r x", "the deadline is 2026-03-01 12:00"),
        ("--mistake nonsense --comment x", "nobody made a mistake 'nonsense'"),
        ("--mistake relu --score 3 -r x", "to a mistake there is only a comment"),
        ("--undo 1 -r x", "there is no entry 1"),
        ("--undo 1 --comment x -r x", "--undo and a decision exclude each other"),
        ("learner01 --undo 1 -r x", "--undo is about no learner"),
        ("learner01 --list --score 3", "--list and a decision exclude each other"),
    ],
)
def test_what_nobody_could_have_meant_is_refused_and_nothing_is_written(words: str, said: str) -> None:
    error = refused(*words.split())

    assert said in error.what
    assert brick("adjust", "--list").stdout == "nothing was adjusted\n"


def test_a_deadline_is_told_in_the_zone_of_the_chapter() -> None:
    brick("adjust", "learner01", "-c", "ch03", "--extend", "+1d", "-r", "ill")

    [entry] = json.loads(brick("adjust", "--list", "--json").stdout)["adjustments"]

    expected = datetime(2026, 3, 2, 12, tzinfo=timezone(timedelta(hours=1)))
    assert datetime.fromisoformat(entry["deadline"]) == expected


def test_what_was_decided_is_punctuated_as_chinese_is() -> None:
    with speaking(Language.CHINESE):
        told = brick("adjust", "learner02", "-c", "ch03", "--score", "7", "-r", "看了草稿").stdout
        kept = brick("adjust", "--list").stdout

    assert "learner02 ch03：" in told
    assert "；看了草稿" in kept
    assert not [mark for mark in (": ", "; ", " (") if mark in told + kept]
