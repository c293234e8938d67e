"""The roster says who is in the class; whoever leaves and comes back has lost nothing."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from grader.grading.roster import class_list, enter, leave, members, pseudonym
from grader.grading.store import STORE_FILE, Settings, Store
from grader.records import Member

ONE = Member("Family01, Given01", "4001", "login01@example.org", "A")
TWO = Member("Family02, Given02", "4002", "login02@example.org", "B")
THREE = Member("Family03, Given03", "4003", "login03@example.org", "B")


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    """Two learners have handed in something, one under a login and one under a name that nobody knows."""
    with Store(tmp_path / STORE_FILE) as opened:
        opened.begin_run(["ch03_activations"], ["login01", "stranger"], Settings("bwrap", None, "cpu"))
        yield opened


def test_without_a_roster_the_class_is_everybody_who_was_met(store: Store) -> None:
    assert class_list(store).learners == ("login01", "stranger")


def test_the_roster_names_who_is_silent_and_who_is_unknown(store: Store) -> None:
    enter(store, [ONE, TWO], "teacher")

    found = class_list(store)

    assert found.learners == ("4002", "login01", "stranger")
    assert found.members == {"login01": ONE, "4002": TWO}
    assert found.silent == ("4002",)
    assert [name for name, _ in found.unknown] == ["stranger"]


def test_who_leaves_is_out_of_the_class_and_comes_back_under_the_same_name(store: Store) -> None:
    enter(store, [ONE, TWO], "teacher")

    leave(store, [ONE], "teacher")
    away = class_list(store)
    came, changed = enter(store, [ONE], "teacher")

    assert "login01" not in away.learners
    assert away.left == ("login01",)
    assert (came, changed) == ([ONE], [])
    assert class_list(store).members["login01"] == ONE
    assert store.assigned_and_met()[1] == ("login01", "stranger")


def test_the_same_roster_again_writes_nothing_and_a_mended_field_is_no_newcomer(store: Store) -> None:
    enter(store, [ONE, TWO], "teacher")
    moved = Member(TWO.name, TWO.number, TWO.email, "A")

    again = enter(store, [ONE, moved, THREE], "teacher")
    twice = enter(store, [ONE, moved, THREE], "teacher")

    assert again == ([THREE], [moved])
    assert twice == ([], [])
    assert [member for member, _ in members(store)] == [ONE, moved, THREE]


def test_a_pseudonym_is_the_same_for_a_learner_and_depends_on_the_secret() -> None:
    names = {pseudonym(learner, secret) for learner in ("login01", "login02") for secret in (b"a", b"b")}

    assert len(names) == 4
    assert pseudonym("login01", b"a") == pseudonym("login01", b"a")
    assert not any("login" in name for name in names)
