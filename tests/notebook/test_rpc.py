"""A process that answers questions, and what happens when it does not."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from grader.errors import KitError
from grader.notebook.rpc import Helper, HelperFault, HelperLost


@pytest.fixture
def helper() -> Iterator[Helper]:
    """A helper that was told a number."""
    helper = Helper("tests.echoing", number=7)
    yield helper
    helper.close()


def test_one_process_with_its_settings_answers_every_question(helper: Helper) -> None:
    first, second = helper.ask(do="say", say="积木 \udc80"), helper.ask(do="say", say="b")

    assert first["said"] == "积木 \udc80"
    assert first["settings"] == {"number": 7}
    assert second == first | {"said": "b"}
    assert first["pid"] != os.getpid()


def test_what_it_prints_is_no_answer_and_reaches_nobody(
    helper: Helper, capfd: pytest.CaptureFixture[str]
) -> None:
    assert helper.ask(do="shout", say="a")["said"] == "a"
    assert helper.ask(do="say", say="b")["said"] == "b"
    assert capfd.readouterr() == ("", "")


def test_after_it_was_killed_a_new_one_answers(helper: Helper) -> None:
    gone = helper.ask(do="say")["pid"]

    os.kill(gone, signal.SIGKILL)

    assert helper.ask(do="say", say="again")["said"] == "again"
    assert helper.ask(do="say")["pid"] != gone


def test_a_question_that_ends_it_is_lost_and_the_next_one_is_answered(helper: Helper) -> None:
    with pytest.raises(HelperLost, match="code 3"):
        helper.ask(do="leave")

    assert helper.ask(do="say", say="b")["said"] == "b"


def test_a_refusal_keeps_its_three_parts(helper: Helper) -> None:
    with pytest.raises(KitError) as refused:
        helper.ask(do="refuse")

    assert (refused.value.what, refused.value.where, refused.value.next_step) == ("what", "where", "next")


def test_a_fault_keeps_its_traceback(helper: Helper) -> None:
    with pytest.raises(HelperFault, match=r"(?s)Traceback.*ZeroDivisionError: of the kit"):
        helper.ask(do="fail")

    assert helper.ask(do="say")["pid"]


def test_a_process_that_does_not_start_says_why() -> None:
    with pytest.raises(HelperLost, match=r"No module named 'tests\.nowhere'"):
        Helper("tests.nowhere").ask(do="say")


def test_modules_in_the_current_folder_are_not_taken_for_pythons_own(
    helper: Helper, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "json.py").write_text("raise SystemExit('a learner has a json.py')")
    monkeypatch.chdir(tmp_path)

    assert helper.ask(do="say", say="a")["said"] == "a"
