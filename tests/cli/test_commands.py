"""The command: what is typed, what is shown, which exit code, and that nothing gets lost."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
from commands import brick, brick_process
from typer.testing import Result

from grader.course.config import packaged_course_root
from grader.errors import KitError

# Solves two exercises of chapter 2, gets one wrong and leaves two untouched.
PARTLY = """
import torch

def neuron(x, w, b):
    return ((w * x).sum() + b).clamp(min=0)

def linear(x, weight, bias):
    return x @ weight + bias

def count_parameters(sizes):
    return sum((m + 1) * n for m, n in zip(sizes, sizes[1:]))

def mlp_forward(x, layers):
    raise NotImplementedError("mlp_forward: write this part, then run: brick check ch02")

def init_linear(fan_in, fan_out, generator):
    raise NotImplementedError("init_linear: write this part, then run: brick check ch02")
"""
WHOLE = (Path(__file__).resolve().parents[2] / "solutions" / "ch02_neuron.py").read_text(encoding="utf-8")


@pytest.fixture
def workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A course folder of a learner, who stands in it."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.delenv("BRICKWORK_SECRET", raising=False)
    assert brick("init", "mine").exit_code == 0
    monkeypatch.chdir(tmp_path / "mine")
    return tmp_path / "mine"


def test_a_folder_that_takes_no_reports_is_refused_before_anything_is_graded(workspace: Path) -> None:
    write(workspace / "learner01", PARTLY)

    refused = problem("grade", "learner01", "--out", "course.yml", "--isolation", "plain", "--unsandboxed")

    assert "the reports cannot be written" in refused.what
    assert not (workspace / ".brickwork" / "results.db").exists()


def write(workspace: Path, source: str, stem: str = "ch02_neuron") -> Path:
    """Put `source` in the exercise's file."""
    path = workspace / "exercises" / f"{stem}.py"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(source, encoding="utf-8")
    return path


def problem(*words: str) -> KitError:
    """The error that a command ends with."""
    result = brick(*words)
    assert isinstance(result.exception, KitError), result.output
    return result.exception


def test_a_place_that_the_system_refuses_is_told_and_no_traceback(tmp_path: Path) -> None:
    run = brick_process("trust", "x" * 300, cwd=tmp_path)

    assert run.returncode == 2
    assert run.stderr.startswith("error: the system refuses it: File name too long")
    assert "Traceback" not in run.stderr


@pytest.mark.parametrize(
    ("words", "named"),
    [
        (("adjust", "learner01", "-c", "ch02", "-e", "", "--excuse", "-r", "ill"), "-e"),
        (("adjust", "", "-c", "ch02", "--comment", "x"), "adjust"),
        (("export", "--as", "csv", "--learner="), "--learner"),
        (("grade", " "), "grade"),
    ],
)
def test_an_empty_word_is_never_taken_for_none(words: tuple[str, ...], named: str) -> None:
    result = brick(*words)

    assert result.exit_code == 2
    assert f"'{named}' is empty" in result.stderr


# --- starting ---------------------------------------------------------------------------------------------


def test_help_imports_nothing_slow(tmp_path: Path) -> None:
    script = (
        "import sys; from typer.testing import CliRunner; from grader.cli import app;"
        "assert CliRunner().invoke(app, ['--help']).exit_code == 0;"
        "print(sorted({'torch', 'hypothesis', 'pydantic', 'yaml', 'numpy'} & set(sys.modules)))"
    )

    result = subprocess.run(
        [sys.executable, "-c", script], cwd=tmp_path, capture_output=True, text=True, check=True
    )

    assert result.stdout.strip() == "[]"


def test_every_command_has_help_in_one_line() -> None:
    text = brick("--help").stdout

    commands = [line.split()[0] for line in text.split("Commands:")[1].splitlines() if line.strip()]
    assert {"init", "check", "hint", "grade", "stubs"} <= set(commands)
    assert "..." not in text.split("Commands:")[1]


def test_an_unknown_command_gets_its_neighbour(tmp_path: Path) -> None:
    result = brick_process("chek", cwd=tmp_path)

    assert result.returncode == 2
    assert "check" in result.stderr


def test_an_error_is_three_lines_on_stderr_and_exit_code_2(tmp_path: Path) -> None:
    result = brick_process("check", "normalisation", cwd=tmp_path)

    assert result.returncode == 2
    assert result.stdout == ""
    what, where, next_step = result.stderr.splitlines()
    assert what == "error: no chapter 'normalisation'; did you mean ch11_normalization?"
    assert where.startswith("  where: ")
    assert next_step == "  next:  type one of ch01 to ch12"


# --- brick init -------------------------------------------------------------------------------------------


def test_init_copies_course_and_exercises(workspace: Path) -> None:
    theirs = sorted(path.name for path in (packaged_course_root() / "exercises").glob("*.py"))

    assert sorted(path.name for path in (workspace / "exercises").iterdir()) == theirs
    assert (workspace / "course.yml").is_file()
    assert not (workspace / "solutions").exists()


def test_init_copies_the_pictures_that_the_exercises_show(workspace: Path) -> None:
    exercises = sorted((workspace / "exercises").glob("*.py"))

    shown = {
        path.stem: re.findall(r"\]\((\.\./pictures/.*?)\)", path.read_text("utf-8")) for path in exercises
    }

    assert [stem for stem, links in shown.items() if not links] == []
    links = [link for links in shown.values() for link in links]
    assert [link for link in links if not (workspace / "exercises" / link).is_file()] == []


def test_init_never_overwrites_work(workspace: Path) -> None:
    mine = write(workspace, "# my work\n")
    (workspace / "exercises" / "ch03_activations.py").unlink()

    error = problem("init", ".")

    assert "nothing was overwritten" in error.what
    assert error.where.endswith("ch02_neuron.py")
    assert mine.read_text(encoding="utf-8") == "# my work\n"
    assert not (workspace / "exercises" / "ch03_activations.py").exists()


def test_init_twice_changes_nothing(workspace: Path) -> None:
    result = brick("init", ".")

    assert result.exit_code == 0
    assert "everything is there already" in result.stdout


def test_init_refuses_a_place_it_cannot_write_to(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")

    assert "cannot be copied" in problem("init", str(tmp_path / "file" / "mine")).what


# --- brick check ------------------------------------------------------------------------------------------


def test_check_of_an_untouched_chapter_gives_0_and_one_next_step(workspace: Path) -> None:
    result = brick("check", "ch02", "--examples", "3")

    assert result.exit_code == 1
    assert result.stdout.startswith("ch02_neuron  From a neuron to a network\n")
    assert ", 0 of 10 points\n" in result.stdout
    assert result.stdout.count("next:") == 1
    assert result.stdout.endswith(
        "next: write neuron in exercises/ch02_neuron.py, then run: brick check ch02\n"
    )


def test_check_shows_what_fails_on_the_smallest_input_and_what_to_do(workspace: Path) -> None:
    write(workspace, PARTLY)

    result = brick("check", "2")

    assert result.exit_code == 1
    assert "  ok       neuron" in result.stdout
    assert "  FAIL     linear" in result.stdout
    assert "  to do    mlp_forward" in result.stdout
    assert "call: linear(" in result.stdout
    assert "hint:" in result.stdout
    assert result.stdout.splitlines()[-1] == (
        "next: fix linear in exercises/ch02_neuron.py, then run: brick check ch02"
    )


def test_check_of_a_solution_gives_all_points_and_exit_code_0(workspace: Path) -> None:
    write(workspace, WHOLE)

    result = brick("check", "neuron", "--examples", "5")

    assert result.exit_code == 0, result.stdout
    assert "10 of 10 points" in result.stdout
    assert "next:" not in result.stdout


def test_a_bonus_may_stay_open_unless_it_is_what_was_asked_for(workspace: Path) -> None:
    write(workspace, WHOLE[: WHOLE.index("def law_linear(")])

    whole, alone = (brick("check", word, "--examples", "3") for word in ("ch02", "law_linear"))

    assert whole.exit_code == 0, whole.stdout
    assert "10 of 10 points" in whole.stdout
    assert "next: fix law_linear" in whole.stdout
    assert alone.exit_code == 1, alone.stdout


def test_check_of_one_exercise_judges_only_that(workspace: Path) -> None:
    write(workspace, PARTLY)

    result = brick("check", "--exercise", "neuron", "--examples", "3")

    assert result.exit_code == 0, result.stdout
    assert "linear" not in result.stdout


def test_check_of_a_file_elsewhere(workspace: Path, tmp_path: Path) -> None:
    path = tmp_path / "ch02_neuron.py"
    path.write_text(PARTLY, encoding="utf-8")

    result = brick("check", str(path), "-e", "count_parameters", "--examples", "3")

    assert result.exit_code == 0, result.stdout


def test_check_of_several_chapters_shows_a_line_for_each_and_one_next_step(workspace: Path) -> None:
    write(workspace, PARTLY)

    result = brick("check", "ch02", "ch03", "--examples", "2")

    lines = result.stdout.splitlines()
    assert lines[0].split()[:2] == ["FAIL", "ch02_neuron"]
    assert lines[1].split()[:3] == ["to", "do", "ch03_activations"]
    assert lines[3].startswith("0 of 2 chapters, ")
    assert result.stdout.count("next:") == 1
    assert "fix linear" in lines[-1]


def test_check_json_is_json_and_nothing_else(workspace: Path) -> None:
    write(workspace, "import torch\nprint('noise')\n" + PARTLY)

    result = brick("check", "ch02", "--json", "--examples", "3")

    data = json.loads(result.stdout)
    assert result.exit_code == 1
    assert data["schema"] == "brickwork/check/v1"
    assert [report["chapter"] for report in data["reports"]] == ["ch02_neuron"]
    assert result.stderr == ""


def test_check_of_an_unreadable_file_is_one_error_and_exit_code_2(workspace: Path) -> None:
    write(workspace, "import torch\n\ndef neuron(x, w, b:\n    return x\n")

    result = brick("check", "ch02")

    assert result.exit_code == 2
    assert result.stdout.count("error:") == 1
    assert "exercises/ch02_neuron.py, line 3" in result.stdout


def test_check_takes_the_notebook_that_is_written_and_names_the_script(workspace: Path) -> None:
    made = {"cell_type": "code", "source": PARTLY + "\ndef mlp_forward(x, layers):\n    return x\n"}
    notebook = workspace / "exercises" / "ch02_neuron.ipynb"
    notebook.write_text(json.dumps({"nbformat": 4, "cells": [made]}), encoding="utf-8")

    over_stub = json.loads(brick("check", "ch02", "-e", "neuron", "--json").stdout)["reports"][0]
    write(workspace, PARTLY)
    over_work = json.loads(brick("check", "ch02", "-e", "neuron", "--json").stdout)["reports"][0]

    assert over_stub["path"] == over_work["path"] == "exercises/ch02_neuron.ipynb"
    assert [note for note in over_stub["notes"] if note["always"]] == []
    assert over_work["notes"][0]["why"].startswith("ch02_neuron.py is not graded")


def test_check_names_every_cell_that_it_leaves_out(workspace: Path) -> None:
    cells = ["%%bash\nls", "def neuron(x, w, b:\n", "%%html\n<b>", "def neuron(x, w, b):\n    return x"]
    made = [{"cell_type": "code", "source": cell, "metadata": {}} for cell in cells]
    notebook = workspace / "exercises" / "ch02_neuron.ipynb"
    notebook.write_text(json.dumps({"nbformat": 4, "cells": made}), encoding="utf-8")

    shown = brick("check", str(notebook), "-e", "neuron").stdout

    assert [f"cell {number}, line 1 is not run" in shown for number in (1, 2, 3, 4)] == [
        True,
        True,
        True,
        False,
    ]


def test_the_same_seed_gives_the_same_report(workspace: Path) -> None:
    write(workspace, PARTLY)

    def judged(seed: str) -> list[object]:
        data = json.loads(brick("check", "ch02", "-e", "linear", "--json", "--seed", seed).stdout)
        return [(item["name"], item["seed"], item["counterexample"]) for item in data["reports"][0]["checks"]]

    first, again, other = judged("1"), judged("1"), judged("2")

    assert first == again
    assert [item[1] for item in first] != [item[1] for item in other]  # type: ignore[index]


def test_check_without_exercises_says_how_to_get_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "course.yml").write_text(
        (packaged_course_root() / "course.yml").read_text(encoding="utf-8"), "utf-8"
    )
    monkeypatch.chdir(tmp_path)

    assert "brick init" in problem("check").next_step
    assert "brick init" in problem("check", "ch01").next_step


def test_output_is_plain_when_piped_and_fits_a_narrow_terminal(workspace: Path) -> None:
    write(workspace, PARTLY)

    result = brick_process("check", "ch02", "--examples", "3", cwd=workspace, COLUMNS="60")

    assert "\x1b" not in result.stdout + result.stderr
    assert max(map(len, result.stdout.splitlines())) <= 60


# --- brick hint -------------------------------------------------------------------------------------------


def test_hints_open_one_by_one_and_only_after_a_changed_attempt(workspace: Path) -> None:
    write(workspace, PARTLY)
    unchecked = brick("hint", "ch02", "linear").stdout
    brick("check", "ch02", "--exercise", "linear", "--examples", "3")
    first = brick("hint", "ch02", "linear").stdout
    asked_again = brick("hint", "ch02", "linear").stdout
    write(workspace, "# a comment is no attempt\n" + PARTLY)
    after_a_comment = brick("hint", "ch02", "linear").stdout
    write(workspace, PARTLY.replace("x @ weight +", "weight @ x +"))
    after_an_attempt = brick("hint", "linear").stdout
    write(workspace, PARTLY.replace("x @ weight +", "x * weight +"))
    after_another = brick("hint", "linear").stdout
    write(workspace, PARTLY.replace("x @ weight +", "x - weight +"))
    after_the_last = brick("hint", "linear").stdout

    assert "was not checked yet" in unchecked
    assert "where to look: A layer is x times weight" in first
    assert "has changed since" not in first
    assert "the idea:" not in first
    assert asked_again == first
    assert "the idea:" not in after_a_comment
    assert "The file has changed since it was checked" in after_a_comment
    assert "the idea:" in after_an_attempt
    assert "the steps:" not in after_an_attempt
    assert "the steps:" in after_another
    assert "a worked step:" not in after_another
    assert "a worked step:" in after_the_last


def test_a_hint_imports_nothing_slow(workspace: Path) -> None:
    brick("check", "ch02", "--examples", "1")
    script = (
        "import sys; from typer.testing import CliRunner; from grader.cli import app;"
        "print(CliRunner().invoke(app, ['hint', 'ch02', 'linear']).output);"
        "print(sorted({'torch', 'hypothesis', 'numpy', 'textual'} & set(sys.modules)))"
    )

    said = subprocess.run([sys.executable, "-c", script], cwd=workspace, capture_output=True, text=True)

    assert "where to look:" in said.stdout, said.stderr
    assert said.stdout.endswith("[]\n")


def test_a_solved_exercise_needs_no_hint(workspace: Path) -> None:
    write(workspace, PARTLY)
    brick("check", "neuron", "--examples", "3")

    assert "passes every check" in brick("hint", "ch02", "neuron").stdout
    write(workspace, PARTLY + "x = 1\n")
    assert "passed every check, and the file has changed since" in brick("hint", "ch02", "neuron").stdout


def test_a_hint_for_what_the_rules_refuse_is_their_reason(workspace: Path) -> None:
    write(workspace, PARTLY.replace("x @ weight + bias", "torch.nn.functional.linear(x, weight, bias)"))

    brick("check", "ch02", "--examples", "3")
    text = " ".join(brick("hint", "linear").stdout.split())

    assert "where to look: torch.nn.functional.linear may not be used here" in text


def test_check_of_a_notebook_names_cells(workspace: Path) -> None:
    (workspace / "exercises" / "ch02_neuron.py").unlink()
    cells = [
        "%matplotlib inline",
        "import torch\ntorch.manual_seed(0)",
        PARTLY.replace("x @ weight", "eval('x')"),
    ]
    notebook = {
        "nbformat": 4,
        "cells": [{"cell_type": "code", "source": cell.strip("\n"), "metadata": {}} for cell in cells],
    }
    (workspace / "exercises" / "ch02_neuron.ipynb").write_text(json.dumps(notebook), encoding="utf-8")

    text = " ".join(brick("check", "ch02", "--examples", "2").stdout.split())

    assert "cell 3, line 7: eval may not be used here" in text
    assert "note: cell 2, line 2 is not run" in text
    assert "write linear without eval in exercises/ch02_neuron.ipynb, then run: brick check ch02" in text


def test_hint_before_any_check_says_what_to_do(workspace: Path) -> None:
    assert "brick check" in problem("hint").next_step


def test_hint_of_an_unknown_exercise_gets_its_neighbour(workspace: Path) -> None:
    assert "did you mean linear" in problem("hint", "ch02", "liner").what


# --- brick grade ------------------------------------------------------------------------------------------


@pytest.fixture
def class_folder(workspace: Path) -> Path:
    """Three learners: whole, broken, with a file of another name and chapter; and one who handed in nothing."""
    folder = workspace / "class"
    for name, files in {
        "learner01": {"ch02_neuron.py": PARTLY},
        "learner02": {"ch02_neuron.py": "def neuron(:\n", "ch77_unknown.py": "", "notes.txt": "hello"},
        "learner03": {},
    }.items():
        (folder / name).mkdir(parents=True)
        for file, text in files.items():
            (folder / name / file).write_text(text, encoding="utf-8")
    return folder


def grade(*words: str) -> Result:
    """Grade without a seal and with few examples; sealed grading is tested on the sample class."""
    return brick("grade", *words, "--isolation", "plain", "--unsandboxed", "--examples", "3", "--jobs", "1")


def test_grade_shows_a_row_per_learner_and_writes_a_report_for_each(class_folder: Path) -> None:
    result = grade(str(class_folder), "--out", "out")

    assert result.exit_code == 1, result.output
    lines = result.stdout.splitlines()
    assert lines[0].split() == ["learner", "ch02", "points", "of"]
    assert lines[1].split()[0] == "learner01"
    assert lines[2].split() == ["learner02", "0!", "0", "10"]
    assert lines[3].split() == ["learner03", "-", "0", "10"]
    assert any(line.startswith("! learner02 ch02: ") for line in lines)
    assert "ch77_unknown.py: the course has no chapter ch77" in " ".join(result.stdout.split())
    assert lines[-2:] == ["3 reports in out/", "next: run: brick report"]
    files = [".made", "checks", "class.txt", "learner01.json", "learner02.json", "learner03.json"]
    assert sorted(path.name for path in Path("out").iterdir()) == files
    learner01 = json.loads(Path("out/learner01.json").read_text(encoding="utf-8"))
    assert learner01["reports"][0]["profile"] == "grade"
    assert learner01["reports"][0]["isolation"] == "plain"


def test_a_class_of_300_is_a_summary_of_one_screen_and_whole_in_a_file(class_folder: Path) -> None:
    for number in range(300):
        work = class_folder / f"learner{number:03}" / "ch02_neuron.py"
        work.parent.mkdir()
        work.write_text(PARTLY, encoding="utf-8")

    result = grade(str(class_folder), "--out", "out")

    lines = result.stdout.splitlines()
    assert len(lines) <= 24
    assert max(map(len, lines)) <= 80
    assert "303 learners" in result.stdout
    assert "1 group with the very same file" in result.stdout
    assert f"passed over: {Path('out/class.txt')}" in result.stdout
    whole = Path("out/class.txt").read_text(encoding="utf-8")
    assert sum(line.startswith("learner") for line in whole.splitlines()) == 304  # and the header
    assert "ch77_unknown.py: the course has no chapter ch77" in whole


def test_grade_json_is_json_and_nothing_else(class_folder: Path) -> None:
    data = json.loads(grade(str(class_folder), "--json").stdout)

    assert data["schema"] == "brickwork/class/v1"
    assert [learner["learner"] for learner in data["learners"]] == ["learner01", "learner02", "learner03"]


def test_grade_takes_one_learners_folder_or_a_file(class_folder: Path) -> None:
    one_folder = grade(str(class_folder / "learner01"), "--json")
    one_file = grade(str(class_folder / "learner01" / "ch02_neuron.py"), "--json")

    assert [item["learner"] for item in json.loads(one_folder.stdout)["learners"]] == ["learner01"]
    assert (
        json.loads(one_folder.stdout)["learners"][0]["points"]
        == json.loads(one_file.stdout)["learners"][0]["points"]
    )


def test_a_missing_chapter_of_the_assignment_counts_as_0(class_folder: Path) -> None:
    data = json.loads(
        grade(str(class_folder / "learner01"), "--chapter", "ch02", "--chapter", "ch03", "--json").stdout
    )

    [learner01] = data["learners"]
    assert (learner01["missing"], learner01["max_points"]) == (["ch03_activations"], 20.0)


def test_grade_takes_times_from_a_file_and_refuses_a_mistyped_one(class_folder: Path) -> None:
    times = class_folder.parent / "times.csv"
    times.write_text("learner,chapter,time\nlearner01,ch02,2026-03-01T13:00:00+01:00\n", encoding="utf-8")

    data = json.loads(grade(str(class_folder / "learner01"), "--times", str(times), "--json").stdout)
    times.write_text("learner,time\nlearner01,soon\n", encoding="utf-8")

    [hand_in] = data["learners"][0]["hand_ins"]
    assert hand_in["time"] == "2026-03-01T12:00:00+00:00"
    assert "times.csv, line 2" in problem("grade", str(class_folder), "--times", str(times)).where


def test_grade_twice_gives_the_same_scores_and_inputs(class_folder: Path) -> None:
    def judged() -> object:
        learners = json.loads(grade(str(class_folder), "--json").stdout)["learners"]
        return [
            [(c["name"], c["outcome"], c["seed"]) for report in one["reports"] for c in report["checks"]]
            for one in learners
        ]

    assert judged() == judged()
    assert (Path(".brickwork/secret").stat().st_mode & 0o077) == 0


def test_the_secret_of_the_course_decides_the_inputs(
    class_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def seeds(secret: str) -> list[int]:
        monkeypatch.setenv("BRICKWORK_SECRET", secret)
        data = json.loads(grade(str(class_folder / "learner01"), "--json", "--again").stdout)
        return [check["seed"] for check in data["learners"][0]["reports"][0]["checks"]]

    assert seeds("one") != seeds("two")
    monkeypatch.setenv("BRICKWORK_SECRET", "three")
    error = problem("grade", str(class_folder), "--isolation", "plain", "--unsandboxed")
    assert "the secret is another than that of the last run" in error.what
    assert "--again" in error.next_step
    assert "the secret is another" in problem("regrade", "--unsandboxed").what


def test_plain_is_refused_for_other_peoples_code(class_folder: Path) -> None:
    error = problem("grade", str(class_folder), "--isolation", "plain")

    assert "--unsandboxed" in error.next_step


def test_grade_of_nothing_says_so(workspace: Path) -> None:
    assert "nothing here to grade" in problem("grade", "no/such/folder").what


def test_a_fault_of_the_kit_stops_nobody_else_and_is_exit_code_2(
    class_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from grader.engine import pipeline

    honest = pipeline.judge

    def faulty_for_one(submission: object) -> object:
        if "learner01" in str(submission.path):  # type: ignore[attr-defined]
            raise RuntimeError("a bug in the kit")
        return honest(submission)  # type: ignore[arg-type]

    monkeypatch.setattr(pipeline, "judge", faulty_for_one)
    (class_folder / "learner03" / "ch02_neuron.py").write_text(PARTLY, encoding="utf-8")

    result = grade(str(class_folder), "--out", "out")

    assert result.exit_code == 2
    assert "! learner01 ch02: a fault of the kit" in result.stdout
    assert "RuntimeError: a bug in the kit" in Path("out/learner01.json").read_text(encoding="utf-8")
    assert json.loads(Path("out/learner03.json").read_text(encoding="utf-8"))["points"] > 0


# --- brick stubs ------------------------------------------------------------------------------------------


def test_stubs_of_this_checkout_are_up_to_date(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(Path(__file__).resolve().parents[2])

    result = brick("stubs", "--check")

    assert result.exit_code == 0, result.stdout
