"""prove holds only for checks that catch every mistake and mutant and pass every right answer."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis.strategies import SearchStrategy

from grader.checking import integers
from grader.checking.check import Check
from grader.engine.generation import draw_straight
from grader.engine.suites import load_suite
from grader.errors import CourseError, UsageError
from grader.language import Language, gettext, speaking
from grader.proof import false_failures
from grader.proof.candidates import Kind, right_answers
from grader.proof.examinations import Examination, examine
from grader.proof.mutants import mutants_of
from grader.proof.prove import Proof, Verdict, _conclude, _suite, prove, read_equivalents
from grader.proof.required import remember, require_proof
from grader.records import Chapter, Course, Exercise
from grader.report import proof as report

STEM = "ch98_tiny"
SOLUTION = '''
def shifted(x, by=2):
    """Add `by`."""
    # BEGIN SOLUTION
    return x + by
    # END SOLUTION
'''
STUB = '''
def shifted(x, by=2):
    """Add `by`."""
    raise NotImplementedError("shifted: write this part, then run: brick check ch98")
'''
MISTAKES = '''
def shifted__ignores_by(x, by=2):
    """The second argument is ignored."""
    return x + 2

def shifted__subtracts(x, by=2):
    """It subtracts."""
    return x - by

def shifted__twice(x, by=2):
    """It adds twice."""
    return shifted(shifted(x, by), by)

def shifted__default(x, by=1):
    """The default is 1."""
    return x + by
'''
RIGHT = '''
def shifted__other_order(x, by=2):
    """Addition commutes."""
    return by + x

def shifted__minus_minus(x, by=2):
    """Two minus make a plus."""
    return x - -by

def shifted__sum(x, by=2):
    """A sum of two."""
    return sum([x, by])
'''
CHECKS = '''
from grader.checking import check, agree, given, floats

@check("shifted")
@given(x=floats(-5, 5), by=floats(-5, 5))
def check_shifted_adds(learner, x, by):
    """It adds."""
    agree(learner.shifted(x, by), x + by)

@check("shifted")
def check_shifted_default(learner):
    """The default is 2."""
    agree(learner.shifted(3.0), 5.0)
'''


@pytest.fixture
def course(tmp_path: Path) -> Iterator[Course]:
    """A course of one tiny chapter, in a folder of its own."""
    write(tmp_path, "solutions", SOLUTION)
    write(tmp_path, "exercises", STUB)
    write(tmp_path, "solutions/mistakes", MISTAKES)
    write(tmp_path, "solutions/right", RIGHT)
    write(tmp_path, "checks", CHECKS)
    exercises = (Exercise("shifted", 1.0),)
    chapter = Chapter(STEM, "Tiny", "小", ("1",), exercises, checks=tmp_path / "checks" / f"{STEM}.py")
    yield Course(tmp_path, "", "", (chapter,))
    _suite.cache_clear()


def write(root: Path, folder: str, text: str) -> None:
    path = root / folder / f"{STEM}.py"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(textwrap.dedent(text))
    _suite.cache_clear()


def proof_of(course: Course) -> Proof:
    return prove(course, course.chapters, jobs=1)[0]


def test_a_chapter_in_order_is_proven(course: Course) -> None:
    proof = proof_of(course)

    assert proof.shortfalls == ()
    assert (proof.mistakes_caught, proof.right_passed) == (4, 3)
    assert proof.mutants == proof.killed > 0


@pytest.mark.parametrize(
    ("folder", "text", "words"),
    [
        ("checks", CHECKS.replace("by=floats(-5, 5)", "by=floats(2, 2)"), "shifted__ignores_by is not caught"),
        ("checks", CHECKS.split("@check", 2)[0] + "@check" + CHECKS.split("@check", 2)[1], "the mutant survives"),
        ("checks", CHECKS + "\n@check('shifted')\ndef check_idle(learner):\n    'Idle.'\n", "check_idle catches no"),
        ("checks", CHECKS.replace("5.0)", "5)").replace("agree(learner.shifted(3.0), 5", "agree(learner.shifted(3), 6"),
         "is right, yet check_shifted_default fails"),
        ("exercises", SOLUTION, "the stub of shifted does not say NotImplementedError"),
        ("solutions/right", RIGHT.split("def shifted__sum")[0], "has 2 right versions; it needs 3"),
        ("solutions/right", RIGHT.replace("by + x", "by * x"), "shifted__other_order is right, yet"),
        ("solutions/mistakes", MISTAKES.replace("x - by", "x + by"), "shifted__subtracts is not caught"),
    ],
)  # fmt: skip
def test_every_shortfall_is_named(course: Course, folder: str, text: str, words: str) -> None:
    write(course.root, folder, text)

    proof = proof_of(course)

    assert not proof.holds
    assert any(words in shortfall for shortfall in proof.shortfalls), proof.shortfalls


REFUSAL = """
@check("shifted")
def check_shifted_refuses(learner):
    \"\"\"It refuses what is no number.\"\"\"
    refuses(lambda: learner.shifted(None), TypeError, names="x", value=None)
"""
# Two words in a row that are no command.
ENGLISH = re.compile(r"\b(?!brick )[A-Za-z]+ [a-z]{2,}\b")


def test_no_sentence_of_a_proof_is_left_in_english(course: Course) -> None:
    """Of verdicts of every kind, made up so that everything falls short that can."""
    write(course.root, "checks", CHECKS.replace("given,", "given, refuses,") + REFUSAL)
    listed = course.root / "solutions" / "mistakes" / "equivalent.yml"
    listed.write_text(f"{STEM}:\n  'shifted: 2 => 3': changes nothing that anyone could see\n")
    exercises = (Exercise("shifted", 1.0, forbidden=("add", "sum")), Exercise("halved", 1.0))
    chapter = replace(course.chapters[0], exercises=exercises)
    solution = next(right_answers(course.root, chapter))
    wrong = [
        replace(solution, kind=kind, judges=("shifted",)) for kind in (Kind.STUB, Kind.MISTAKE, Kind.MUTANT)
    ]
    why = "under seed 3, the result has shape (2,), not (3,)"
    verdicts = [Verdict(solution, ("check_shifted_adds",), why), *(Verdict(one, ()) for one in wrong)]

    proof = _conclude(course.root, chapter, verdicts, [], seeds=200)
    without_stub = _conclude(course.root, chapter, [verdicts[0], *verdicts[2:]], [], seeds=200)

    shortfalls = {*proof.shortfalls, *without_stub.shortfalls}
    assert len(shortfalls) >= 19
    with speaking(Language.CHINESE):
        said = [*report.lines(replace(proof, shortfalls=tuple(shortfalls))), *report.summary(course, [proof])]
    assert [line for line in said if ENGLISH.search(line)] == []


def test_no_table_has_a_summary_or_a_head_in_english(course: Course) -> None:
    """Of a chapter whose only law calls once: a gate survives, and the list of gates is out of date."""
    write(course.root, "checks", CHECKS.split("@check")[0] + "@check" + CHECKS.split("@check")[2])
    listed = course.root / "solutions" / "mistakes" / "gates.yml"
    listed.write_text(f"{STEM}:\n  'shifted, x: rank 3': the text asks for numbers\n")

    tables = list(examine(course, course.chapters, Examination, jobs=1))

    assert [table.name for table in tables] == list(Examination)
    survivor = "the gate survives: shifted, the 50th call"
    assert survivor in [shortfall for table in tables for shortfall in table.shortfalls]
    with speaking(Language.CHINESE):
        heads = [gettext(head) for table in tables for head in table.columns]
        lines = [line for table in tables for line in report.table_lines(table, rows=False)]
    assert [head for head in heads if re.search("[a-df-z]", head)] == []  # as in 1e-6
    # A gate keeps its label, by which the list of gates names it.
    assert [line for line in lines if ENGLISH.search(line.replace("the 50th call", ""))] == []


def test_a_listed_mutant_that_is_killed_is_a_stale_entry(course: Course) -> None:
    listed = course.root / "solutions" / "mistakes" / "equivalent.yml"
    listed.write_text(f"{STEM}:\n  'shifted: 2 => 3': changes nothing that anyone could see\n")

    assert any("killed or gone" in shortfall for shortfall in proof_of(course).shortfalls)


def test_an_equivalent_without_a_reason_is_refused(tmp_path: Path) -> None:
    (tmp_path / "solutions" / "mistakes").mkdir(parents=True)
    (tmp_path / "solutions" / "mistakes" / "equivalent.yml").write_text("ch01_a:\n  'f: 1 => 2': ''\n")

    with pytest.raises(CourseError, match="no reason"):
        read_equivalents(tmp_path)


def test_a_mutant_that_never_ends_is_killed_by_the_clock(course: Course) -> None:
    endless = '\ndef shifted__loops(x, by=2):\n    "Loops."\n    while True:\n        x = x\n'
    write(course.root, "solutions/mistakes", MISTAKES + endless)

    proof = proof_of(course)

    assert proof.mistakes_caught == proof.mistakes == 5


@pytest.mark.nightly
def test_a_right_version_that_never_ends_is_said_to_give_no_answer(course: Course) -> None:
    endless = '\ndef shifted__loops(x, by=2):\n    "Loops."\n    while True:\n        x = x\n'
    write(course.root, "solutions/right", RIGHT + endless)

    said = "\n".join(proof_of(course).shortfalls)

    assert "shifted__loops is right, yet check_shifted_adds fails: under seed" in said
    assert said.endswith(", no answer in time")
    assert "LearnerLost" not in said


def test_prove_without_a_checkout_says_so(course: Course, tmp_path: Path) -> None:
    bare = Course(tmp_path / "elsewhere", "", "", course.chapters)

    with pytest.raises(UsageError, match="needs the solutions"):
        prove(bare, bare.chapters)


# --- right answers under many seeds -----------------------------------------------------------------------

RARELY_WRONG = """
from grader.checking import check, agree, fail, given, integers

@check("shifted")
@given(x=integers(0, 99))
def check_shifted_adds(learner, x):
    \"\"\"It adds.\"\"\"
    agree(learner.shifted(x), x + 2 if x != 77 else 0)
"""
COUNTING = """
from grader.checking import check, given, integers

CALLS = []

@check("shifted")
@given(x=integers(0, 99))
def check_with_all_examples(learner, x):
    \"\"\"All.\"\"\"
    CALLS.append("all")

@check("shifted", examples=4)
@given(x=integers(0, 99))
def check_with_four_examples(learner, x):
    \"\"\"Four.\"\"\"
    CALLS.append("four")

@check("shifted")
def check_without_inputs(learner):
    \"\"\"Once.\"\"\"
    CALLS.append("once")
"""


def test_a_check_that_is_seldom_wrong_is_found_under_many_seeds(course: Course) -> None:
    write(course.root, "checks", RARELY_WRONG)

    [proof] = prove(course, course.chapters, seeds=1000, jobs=1, mutate=False)

    wrong = [
        words for words in proof.shortfalls if "is right, yet check_shifted_adds fails: under seed" in words
    ]
    assert len(wrong) == 4
    assert (proof.right_passed, proof.seeds) == (0, 1000)


@pytest.mark.parametrize(("thorough", "turns"), [(False, 4 + 3), (True, 4 + 99)])
def test_a_check_with_few_examples_runs_under_fewer_seeds(course: Course, thorough: bool, turns: int) -> None:
    write(course.root, "checks", COUNTING)
    answers = list(right_answers(course.root, course.chapters[0]))[:1]

    for task in false_failures.tasks_of(course.chapters[0], answers, 100, thorough=thorough):
        assert not false_failures.find_false_failures(task).failures

    calls = load_suite(course.chapters[0]).checks[0].body.__globals__["CALLS"]  # type: ignore[attr-defined]
    assert [calls.count(word) for word in ("all", "four", "once")] == [25 + 99, turns, 1]


def drawn(inputs: SearchStrategy[Any], seed: int, examples: int = 20) -> list[Any]:
    check = Check("check_x", "x", "It holds.", lambda learner, x: None, {"x": inputs})
    return [found["x"] for found in draw_straight(check, seed, examples)]


def test_inputs_drawn_straight_are_their_seeds_own_and_keep_their_conditions() -> None:
    odd = integers(0, 10**6).filter(lambda x: x % 2 == 1)

    assert drawn(odd, 1) == drawn(odd, 1) != drawn(odd, 2)
    assert all(x % 2 == 1 for x in drawn(odd, 3))
    assert len(set(drawn(odd, 4))) > 15


def test_inputs_that_never_keep_their_conditions_are_told() -> None:
    with pytest.raises(TypeError, match="check_x: its inputs cannot be drawn"):
        drawn(integers(0, 9).filter(lambda x: x > 9), 0)


# --- mutants ----------------------------------------------------------------------------------------------


def labels(source: str) -> set[str]:
    return {mutant.label for mutant in mutants_of(source)}


@pytest.mark.parametrize(
    ("line", "label"),
    [
        ("return x + y", "f: x + y => x - y"),
        ("return x - y", "f: x - y => y - x"),
        ("return x < y", "f: x < y => x <= y"),
        ("return x and y", "f: x and y => x or y"),
        ("return -x", "f: -x => x"),
        ("return x[1]", "f: 1 => 2"),
        ("return g(x, y)", "f: g(x, y) => g(y, x)"),
        ("return g(x, dim=y)", "f: g(x, dim=y) => g(x)"),
        ("return True", "f: True => False"),
        ("if x: return y", "f: if x: => if not x:"),
        ("x += y", "f: x += y => pass"),
        ("x.add_(y)", "f: x.add_(y) => pass"),
        ("return [a for a in x if a]", "f: a => not a"),
        ("return x if y else 3", "f: x if y else 3 => 3 if y else x"),
    ],
)
def test_each_kind_of_slip_makes_its_mutant(line: str, label: str) -> None:
    assert label in labels(f"def f(x, y):\n    {line}\n")


def test_defaults_are_mutated_and_texts_and_types_are_not() -> None:
    source = 'def f(x: "int | 3", eps=1e-5):\n    """Adds 1."""\n    raise ValueError(f"x is {x + 1}")\n'

    found = labels(source)

    assert "f: 1e-05 => 2e-05" in found
    assert not any("x + 1" in label and "raise" not in label for label in found)


def test_every_mutant_is_one_program_apart_from_the_solution() -> None:
    source = "def f(x):\n    return (x + 1) * (x + 1)\n"

    mutants = mutants_of(source)

    assert (
        len({mutant.source for mutant in mutants})
        == len({mutant.label for mutant in mutants})
        == len(mutants)
    )
    for mutant in mutants:
        compile(mutant.source, "mutant", "exec")


def test_the_stub_of_this_chapter_is_loaded_afresh(course: Course) -> None:
    assert [check.name for check in load_suite(course.chapters[0]).checks] == [
        "check_shifted_adds",
        "check_shifted_default",
    ]


# --- what a release remembers -----------------------------------------------------------------------------


def asked_for(course: Course) -> list[str]:
    """The chapters that a release would have to prove now."""
    asked: list[str] = []
    require_proof(course, course.chapters, announce=lambda chapter: asked.append(chapter.stem))
    return asked


def test_a_release_does_not_prove_again_what_was_proven(course: Course) -> None:
    remember(course, prove(course, course.chapters, jobs=1))
    before = asked_for(course)
    write(course.root, "solutions/right", RIGHT + "\nunused = 1\n")

    assert (before, asked_for(course), asked_for(course)) == ([], [STEM], [])


@pytest.mark.parametrize("less", [{"seeds": 25}, {"mutate": False}])
def test_a_smaller_proof_is_not_enough_for_a_release(course: Course, less: dict[str, Any]) -> None:
    remember(course, prove(course, course.chapters, jobs=1, **less))

    assert asked_for(course) == [STEM]


def test_a_proof_that_does_not_hold_takes_back_the_one_before(course: Course) -> None:
    [proof] = prove(course, course.chapters, jobs=1)
    remember(course, [proof])

    remember(course, [replace(proof, shortfalls=("under seed 999 it fails",))])

    assert asked_for(course) == [STEM]
