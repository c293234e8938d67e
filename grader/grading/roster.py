"""Say who is in the class: the roster that an instructor keeps, held against who handed in work.

The store keeps every arrival and departure as an entry of its own, so whoever leaves and comes back has all that was
theirs. Without a roster the class is everybody who ever handed in something.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field

import msgspec

from grader.grading.matching import Person, place
from grader.grading.store import Store
from grader.records import Member
from grader.serialization import sealed, unsealed

_PSEUDONYM_LETTERS = 8  # 32 bits: two of 300 learners would get the same one in a course of 100,000


@dataclass(frozen=True)
class ClassList:
    """The roster beside the names under which work was handed in.

    Args:
        learners: who is in the class, sorted: for whoever handed in nothing the name is made from the roster.
        members: whom the roster knows, by the learner's name; those who left among them.
        silent: learners in the roster from whom nothing ever came.
        unknown: learners who handed in something and are not in the roster, and why they were not found there.
        left: learners who left the class.
    """

    learners: tuple[str, ...]
    members: Mapping[str, Member] = field(default_factory=dict)
    silent: tuple[str, ...] = ()
    unknown: tuple[tuple[str, str], ...] = ()
    left: tuple[str, ...] = ()


def class_list(store: Store) -> ClassList:
    """Who is in the class now; everybody ever met where there is no roster."""
    met = store.assigned_and_met()[1]
    everybody = members(store)
    if not everybody:
        return ClassList(met)
    people = [_person(row, member) for row, (member, _) in enumerate(everybody)]
    placed, unknown = place(met, people)
    learner_of = {person.row: learner for learner, person in placed.items()}
    known, silent, left = {}, [], []
    for row, (member, active) in enumerate(everybody):
        learner = learner_of.get(row) or name_of(member)
        known[learner] = member
        if not active:
            left.append(learner)
        elif row not in learner_of:
            silent.append(learner)
    learners = sorted({*met, *known} - set(left))
    # Who only left makes no roster: then nobody is unknown.
    strangers = sorted(unknown.items()) if any(active for _, active in everybody) else []
    return ClassList(tuple(learners), known, tuple(silent), tuple(strangers), tuple(sorted(left)))


def name_of(member: Member) -> str:
    """What a member is called who handed in nothing: as a platform would name their work, as far as that is known."""
    return next(iter(member.names), "")


def _person(row: int, member: Member) -> Person:
    return Person(row, _keys(member.number, member.login), _keys(member.email, member.login), member.name)


def _keys(*texts: str) -> frozenset[str]:
    return frozenset(text.strip().casefold() for text in texts) - {""}


# --- in the store -----------------------------------------------------------------------------------------


def members(store: Store) -> list[tuple[Member, bool]]:
    """Everybody who ever was in the roster, in the order of arrival, and whether they are in it now."""
    found: dict[str, tuple[Member, bool]] = {}
    for member, active in store.all_rows("members", _member):
        found[member.key] = (member, active)
    return list(found.values())


def _member(_number: int, _made: float, _by: str, active: int, packed: str) -> tuple[Member, bool]:
    return msgspec.convert(unsealed(json.loads(packed)), Member), bool(active)


def enter(store: Store, newcomers: Iterable[Member], by: str) -> tuple[list[Member], list[Member]]:
    """Let members be in the class from now on.

    Returns:
        Who came or came back, and whose entry changed; for the others nothing is written.
    """
    before = {member.key: (member, active) for member, active in members(store)}
    came: list[Member] = []
    changed: list[Member] = []
    with store.at_once():
        for member in newcomers:
            old, active = before.get(member.key, (None, False))
            if active and old == member:
                continue
            (changed if active else came).append(member)
            _append(store, member, by, active=True)
    return came, changed


def leave(store: Store, leavers: Iterable[Member], by: str) -> None:
    """Let members be in the class no longer; all that they handed in stays in the store."""
    with store.at_once():
        for member in leavers:
            _append(store, member, by, active=False)


def _append(store: Store, member: Member, by: str, *, active: bool) -> None:
    store.append("members", made_by=by, active=int(active), member=json.dumps(sealed(asdict(member))))


# --- without names ----------------------------------------------------------------------------------------


def pseudonym(learner: str, secret: bytes) -> str:
    """A name for a learner that only a holder of the course's secret can lead back to them."""
    digest = hmac.new(secret, f"pseudonym\n{learner}".encode("utf-8", "surrogatepass"), hashlib.sha256)
    return f"anon-{digest.hexdigest()[:_PSEUDONYM_LETTERS]}"
