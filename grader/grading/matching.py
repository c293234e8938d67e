"""Find whose row it is: match the names under which work was handed in with the people of a table."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from grader.language import kept
from grader.records import LearnerResult

_DOWNLOADED = re.compile(r"(.*)_(\d+)")


@dataclass(frozen=True)
class Person:
    """One row of the export and who it is about.

    Args:
        row: its place below the header, from 0.
        ids: numbers of the platform or the school, lower case.
        logins: user names and e-mail addresses, lower case.
        name: as the export writes it, "Given Family" or "Family, Given".
        locked: why its grade is not to be touched; empty if it may be.
    """

    row: int
    ids: frozenset[str]
    logins: frozenset[str]
    name: str
    locked: str = ""


# People by one kind of key: an id, a login, a mailbox or a name. A key that two people share finds both.
_Book = dict[str, list[Person]]


def place(learners: Iterable[str], people: Sequence[Person]) -> tuple[dict[str, Person], dict[str, str]]:
    """The row of each learner, and why the others have none.

    Ids come first, then logins and e-mail addresses, then names; where two fit, neither is taken. Where two learners
    claim one row, the one with the better kind of key has it: an id beats a name.

    Args:
        learners: names of folders or files, as the platform or a person gave them.
        people: the rows to choose from.
    """
    claims: dict[int, list[tuple[int, str]]] = {}
    found: dict[str, Person] = {}
    unplaced: dict[str, str] = {}
    books = _books(people)
    for learner in learners:
        rank, fitting = _fitting(learner, books)
        if not fitting:
            unplaced[learner] = kept("no row has this id, login, e-mail or name")
        elif len(fitting) > 1:
            rows = ", ".join(str(person.row + 2) for person in fitting)
            unplaced[learner] = kept(f"more than one row fits: {rows}")
        else:
            found[learner] = fitting[0]
            claims.setdefault(fitting[0].row, []).append((rank, learner))
    for row, claimants in claims.items():
        best = min(rank for rank, _ in claimants)
        first = [learner for rank, learner in claimants if rank == best]
        for _, learner in claimants:
            if first != [learner]:
                others = ", ".join(other for _, other in claimants if other != learner)
                unplaced[learner] = kept(f"row {row + 2} fits {others} as well")
    return {learner: person for learner, person in found.items() if learner not in unplaced}, unplaced


def place_learners(
    learners: Sequence[LearnerResult], people: Sequence[Person]
) -> tuple[dict[str, Person], dict[str, str]]:
    """The row of each learner, also by what the roster knows of them, and why the others have none.

    Work may be handed in under a name that the table does not have. Then the roster's id, login, address and name are
    tried, in this order, for a row that nobody else has.
    """
    found, unplaced = place([one.learner for one in learners], people)
    taken = {person.row for person in found.values()}
    for one in learners:
        if one.learner not in unplaced or one.member is None:
            continue
        member = one.member
        for key in filter(None, (member.number, member.login, member.email, member.name)):
            person = place([key], people)[0].get(key)
            if person is not None and person.row not in taken:
                found[one.learner] = person
                taken.add(person.row)
                del unplaced[one.learner]
                break
    return {one.learner: found[one.learner] for one in learners if one.learner in found}, unplaced


def _books(people: Sequence[Person]) -> tuple[_Book, ...]:
    """The people by id, by login, by the part of an e-mail address before the @, and by name."""
    return (
        _book(people, lambda person: person.ids),
        _book(people, lambda person: person.logins),
        _book(people, lambda person: {login.partition("@")[0] for login in person.logins}),
        _book(people, lambda person: _name_keys(person.name)),
    )


def _book(people: Sequence[Person], keys: Callable[[Person], Iterable[str]]) -> _Book:
    """The people by the keys that a function gives for each."""
    book: _Book = {}
    for person in people:
        for key in keys(person):
            book.setdefault(key, []).append(person)
    return book


def _fitting(learner: str, books: tuple[_Book, ...]) -> tuple[int, list[Person]]:
    """The people whom the first book that knows the learner has, and which book it was.

    A download names folders `Name_12345`, with the platform's id. The id is believed only beside a name that fits.
    """
    by_id, by_login, by_mailbox, by_name = books
    whole = learner.strip().casefold()
    downloaded = _DOWNLOADED.fullmatch(learner)
    name, number = downloaded.groups() if downloaded else (learner, "")
    named = {person.row: person for key in _name_keys(name) for person in by_name.get(key, [])}
    answers = (
        by_id.get(whole, []) + [one for one in by_id.get(number, []) if _share_a_name(name, one.name)],
        by_login.get(whole, []),
        by_mailbox.get(whole, []),
        list(named.values()),
    )
    return next(((rank, found) for rank, found in enumerate(answers) if found), (len(answers), []))


def _share_a_name(downloaded: str, name: str) -> bool:
    """Whether the name before a number could be the row's: `learner_12` may be a folder's plain name.

    Downloads drop signs and letters of a name, so one word in common will do, and so will no name at all.
    """
    mine, theirs = "".join(_words(downloaded)), _words(name)
    return not mine or not theirs or mine == "".join(theirs) or any(len(w) > 1 and w in mine for w in theirs)


def _name_keys(name: str) -> set[str]:
    """What a name is found by: its words in any order, and run together in the two usual orders.

    Platforms write "Family, Given" in one file and "givenfamily" in the name of another.
    """
    family, _, given = name.partition(",")
    words = _words(name)
    return {" ".join(sorted(words)), "".join(words), "".join(_words(f"{given} {family}"))} - {""}


def _words(name: str) -> list[str]:
    """The words of a name without case, accents and signs, which downloads drop or change."""
    plain = "".join(c for c in unicodedata.normalize("NFKD", name) if not unicodedata.combining(c))
    return re.findall(r"[^\W_]+", plain.casefold())
