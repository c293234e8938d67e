"""Points reach a learning platform's gradebook by the protocol, for the right people, and nothing else does."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from commands import brick
from made_up import keep, made_up_class

from grader.course.config import find_chapter
from grader.errors import KitError, UsageError
from grader.export.passback import sendings
from grader.records import ClassResults, Course

jwt = pytest.importorskip("jwt", reason="PyJWT is not installed: pip install 'brickwork[lms]'")
rsa = pytest.importorskip("cryptography.hazmat.primitives.asymmetric.rsa")

from cryptography.hazmat.primitives import serialization  # noqa: E402 -- only where it is installed
from platform_endpoint import Endpoint, platform_endpoint  # noqa: E402

PRIVATE = rsa.generate_private_key(public_exponent=65537, key_size=2048)
PEM = PRIVATE.private_bytes(
    serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
).decode()
PUBLIC = (
    PRIVATE.public_key()
    .public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    .decode()
)
# learner001 by the number, learner002 by the address, learner003 by the name; learner004 is not in the course.
MEMBERS = [
    {"user_id": "u-1", "name": "One", "email": "one@example.org", "lis_person_sourcedid": "learner001"},
    {"user_id": "u-2", "name": "Two", "email": "learner002@example.org"},
    {"user_id": "u-3", "name": "learner003"},
    {"user_id": "u-9", "name": "Somebody Else", "email": "else@example.org"},
    {"name": "without an id"},
]


@pytest.fixture
def endpoint() -> Iterator[Endpoint]:
    with platform_endpoint(PUBLIC, MEMBERS) as serving:
        yield serving
        assert serving.refused == []


@pytest.fixture
def graded(tmp_path: Path, course: Course, monkeypatch: pytest.MonkeyPatch) -> ClassResults:
    """Four learners with two chapters, in a store of their own."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "course.yml").write_bytes((course.root / "course.yml").read_bytes())
    chapters = (find_chapter(course, "ch08"), find_chapter(course, "ch09"))
    here = replace(course, root=tmp_path, chapters=chapters)
    results = made_up_class(here, 4, seed=70)  # nobody late; the third learner left the second chapter out
    keep(results)
    return results


def platform_file(folder: Path, endpoint: Endpoint, **fields: str) -> Path:
    (folder / "key.pem").write_text(PEM)
    said = {
        "client_id": "tool-1",
        "token_url": f"{endpoint.address}/token",
        "line_items": f"{endpoint.address}/items?type_id=7",
        "members": f"{endpoint.address}/members",
        "key": "key.pem",
        "key_id": '"2026"',
    } | fields
    path = folder / "platform.yml"
    path.write_text("".join(f"{name}: {value}\n" for name, value in said.items() if value))
    return path


def test_scores_arrive_with_the_right_people_and_the_rest_is_named(
    graded: ClassResults, endpoint: Endpoint, tmp_path: Path
) -> None:
    path = platform_file(tmp_path, endpoint)

    result = brick("passback", "--platform", str(path), "--yes")

    assert result.exit_code == 1, result.output
    assert "not placed, and not sent: 1\n  learner004" in result.stdout
    assert [item["label"] for item in endpoint.items] == [c.title for c in graded.chapters]
    assert {user for user, _ in endpoint.scores} == {"u-1", "u-2", "u-3"}
    for place, chapter in enumerate(graded.chapters):
        for user, one in zip(("u-1", "u-2", "u-3"), graded.learners, strict=False):
            score = endpoint.scores[user, f"/items/{place}/lineitem/scores"]
            report = next((found for found in one.reports if found.chapter == chapter.stem), None)
            expected = one.points_of(report) if report else 0.0
            assert score["scoreGiven"] == pytest.approx(expected, abs=1e-3)
            assert score["scoreMaximum"] == chapter.points
            assert score["activityProgress"] == ("Completed" if report else "Initialized")


def test_a_second_run_finds_its_columns_again(
    graded: ClassResults, endpoint: Endpoint, tmp_path: Path
) -> None:
    path = platform_file(tmp_path, endpoint)

    for _ in range(2):
        brick("passback", "--platform", str(path), "--yes", "--chapter", "ch08")

    assert [item["resourceId"] for item in endpoint.items] == ["brickwork/ch08_clipping"]


def test_nothing_is_sent_that_was_not_agreed_to(
    graded: ClassResults, endpoint: Endpoint, tmp_path: Path
) -> None:
    path = platform_file(tmp_path, endpoint)

    shown = brick("passback", "--platform", str(path), "--dry-run")
    asked = brick("passback", "--platform", str(path))

    assert "ch08 -> Gradient clipping: 3 scores" in shown.stdout
    assert asked.exit_code == 1
    assert (endpoint.items, endpoint.scores) == ([], {})


def test_one_refusal_does_not_stop_the_others(graded: ClassResults, tmp_path: Path) -> None:
    with platform_endpoint(PUBLIC, MEMBERS) as endpoint:
        endpoint.refuse_users = {"u-2"}
        path = platform_file(tmp_path, endpoint)

        result = brick("passback", "--platform", str(path), "--yes", "--chapter", "ch08")

        assert "learner002 ch08: the platform answers 422: this user gets no score" in result.stdout
        assert {user for user, _ in endpoint.scores} == {"u-1", "u-3"}
        assert "2 scores sent" in result.stdout


def test_users_may_be_given_in_a_file(graded: ClassResults, endpoint: Endpoint, tmp_path: Path) -> None:
    (tmp_path / "users.csv").write_text("learner,user_id\nlearner004,u-9\n")
    path = platform_file(tmp_path, endpoint, members="", users="users.csv")

    brick("passback", "--platform", str(path), "--yes", "--chapter", "ch08")

    assert {user for user, _ in endpoint.scores} == {"u-9"}


def test_a_column_out_of_other_points_is_refused(
    graded: ClassResults, endpoint: Endpoint, tmp_path: Path
) -> None:
    path = platform_file(tmp_path, endpoint)
    item = {"id": f"{endpoint.address}/items/0/lineitem?type_id=7", "label": "Clipping", "scoreMaximum": 100}
    endpoint.items.append(item | {"resourceId": "brickwork/ch08_clipping"})

    result = brick("passback", "--platform", str(path), "--yes", "--chapter", "ch08")

    assert isinstance(result.exception, KitError)
    assert "out of 100 points there, and out of 10 here" in result.exception.what
    assert endpoint.scores == {}


def test_a_token_goes_to_no_other_server(graded: ClassResults, endpoint: Endpoint, tmp_path: Path) -> None:
    with platform_endpoint(PUBLIC, MEMBERS) as other:
        endpoint.redirect_to = f"{other.address}/members"
        path = platform_file(tmp_path, endpoint)
        redirected = brick("passback", "--platform", str(path), "--yes")
        endpoint.redirect_to = ""
        item = {"id": f"{other.address}/items/0/lineitem", "label": "x", "scoreMaximum": 10}
        endpoint.items.append(item | {"resourceId": "brickwork/ch08_clipping"})
        led_away = brick("passback", "--platform", str(path), "--yes", "--chapter", "ch08")

        assert "302" in str(redirected.exception)
        assert "another server" in str(led_away.exception)
        assert other.refused == []
        assert other.scores == {}


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"token_url": "http://lms.example.org/token"}, "https"),
        ({"client_id": ""}, "client_id"),
        ({"members": ""}, "members or users"),
        ({"keyid": "x"}, "did you mean key_id"),
        ({"key": "nowhere.pem"}, "private key"),
        ({"key": "platform.yml"}, "the private key cannot be used"),
        ({"token_url": "https://127.0.0.1:1/token"}, "the platform cannot be reached: Connection refused"),
    ],
)
def test_a_wrong_file_is_refused_before_anything_is_asked(
    graded: ClassResults, endpoint: Endpoint, tmp_path: Path, fields: dict[str, str], words: str
) -> None:
    path = platform_file(tmp_path, endpoint, **fields)

    result = brick("passback", "--platform", str(path), "--yes")

    assert isinstance(result.exception, KitError)
    assert words in str(result.exception)
    assert endpoint.tokens == {}


def test_a_wrong_key_is_told_as_such(graded: ClassResults, tmp_path: Path) -> None:
    stranger = rsa.generate_private_key(public_exponent=65537, key_size=2048).public_key()
    form = serialization.PublicFormat.SubjectPublicKeyInfo
    public = stranger.public_bytes(serialization.Encoding.PEM, form).decode()
    with platform_endpoint(public, MEMBERS) as endpoint:
        result = brick("passback", "--platform", str(platform_file(tmp_path, endpoint)), "--yes")

        assert "invalid_client" in str(result.exception)
        assert endpoint.tokens == {}


def test_work_without_a_verdict_is_never_sent_as_a_zero(
    graded: ClassResults, endpoint: Endpoint, tmp_path: Path
) -> None:
    keep(made_up_class(graded.course, 6, seed=1), stop_after=1)

    result = brick("passback", "--platform", str(platform_file(tmp_path, endpoint)), "--yes")

    assert isinstance(result.exception, UsageError)
    assert "not graded yet" in result.exception.what
    assert endpoint.tokens == {}


def test_what_is_excused_is_not_sent(graded: ClassResults) -> None:
    first, *others = graded.learners
    excused = replace(first, excused=(graded.chapters[0].stem,), reports=first.reports[1:])
    results = replace(graded, learners=(excused, *others))

    planned = sendings(results, {first.learner: "u-1"})

    assert [one.chapter.label for one in planned] == ["ch09"]
