"""`brick roster`: who is in the class, who is missing, and who is unknown.

Whoever leaves stays in the store with all that they handed in, and is in no page and no export until they come back.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from grader.cli.console import say, style
from grader.cli.learners import login_name
from grader.cli.options import AsJson
from grader.course.config import load_course
from grader.errors import UsageError, did_you_mean
from grader.export.rosters import read_members
from grader.grading.roster import ClassList, class_list, enter, leave, members, pseudonym
from grader.grading.store import STORE_FILE, Store
from grader.language import gettext as _
from grader.language import ngettext, translate
from grader.records import Course, Member
from grader.report.terminal import table
from grader.serialization import dumps
from grader.text import clean_line
from grader.workspace.workspace import workspace_of

_SHOWN = 12


class Action(StrEnum):
    """What is done with the roster."""

    LIST = "list"
    READ = "read"
    ADD = "add"
    DROP = "drop"
    REVEAL = "reveal"


def roster(
    action: Annotated[
        Action,
        typer.Argument(help="list; read FILE; add NAME; drop LEARNER; reveal PSEUDONYM.", metavar="ACTION"),
    ] = Action.LIST,
    words: Annotated[
        list[str] | None,
        typer.Argument(help="A file for read, names for the others.", metavar="WORD", show_default=False),
    ] = None,
    number: Annotated[str, typer.Option("--id", help="With add: the id.", show_default=False)] = "",
    email: Annotated[str, typer.Option("--email", help="With add: the address.", show_default=False)] = "",
    section: Annotated[str, typer.Option("--section", help="With add: the group.", show_default=False)] = "",
    drop: Annotated[
        bool, typer.Option("--drop", help="With read: who is not in the file leaves the class.")
    ] = False,
    by: Annotated[
        str, typer.Option("--by", help="Who says so; your login name by default.", show_default=False)
    ] = "",
    as_json: AsJson = False,
) -> None:
    """Say who is in the class; see who is missing and who is unknown.

    `read` takes a CSV with the columns name, id, email and section, or what Canvas or Moodle exported.
    """
    course = load_course()
    words = words or []
    _refuse_wrong_words(action, words, drop, bool(number or email or section))
    to_read = action in (Action.LIST, Action.REVEAL)
    with Store(workspace_of(course).state / STORE_FILE, to_read=to_read) as store:
        if action is Action.LIST:
            _show(store, as_json)
            return
        if action is Action.REVEAL:
            _reveal(store, course, words)
            return
        who = clean_line(by) or login_name()
        if action is Action.READ:
            _read(store, Path(words[0]), who, drop)
        elif action is Action.ADD:
            _add(store, words, Member("", number.strip(), email.strip(), section.strip()), who)
        else:
            _drop(store, words, who)


def _refuse_wrong_words(action: Action, words: Sequence[str], drop: bool, described: bool) -> None:
    """Raise UsageError where words or options are missing, or would be ignored."""
    if action is Action.LIST and words:
        raise UsageError("list takes no words", "brick roster", "run: brick roster")
    if action is Action.READ and len(words) != 1:
        raise UsageError("which file is to be read?", "brick roster read", "run: brick roster read FILE")
    if action not in (Action.LIST, Action.READ) and not words:
        raise UsageError("who is meant?", f"brick roster {action}", f"run: brick roster {action} NAME")
    if drop and action is not Action.READ:
        raise UsageError("--drop goes with read", "--drop", "run: brick roster drop LEARNER")
    if described and (action is not Action.ADD or len(words) != 1):
        raise UsageError("--id, --email and --section describe one who is added", "brick roster",
                         "add one at a time, or use brick roster read FILE")  # fmt: skip


# --- what is changed --------------------------------------------------------------------------------------


def _read(store: Store, path: Path, by: str, drop: bool) -> None:
    """Take everybody of a file into the class; whoever is not in it leaves only where that is asked for."""
    try:
        data = path.read_bytes()
    except OSError as error:
        step = "name a CSV, or what Canvas or Moodle exported"
        raise UsageError(f"the roster cannot be read: {error.strerror}", str(path), step) from error
    found = read_members(data, str(path))
    before = [member for member, active in members(store) if active]
    came, changed = enter(store, found, by)
    keys = {member.key for member in found}
    absent = [member for member in before if member.key not in keys]
    read = ngettext(
        "{number} member in {file}: {new} new, {changed} changed",
        "{number} members in {file}: {new} new, {changed} changed",
        len(found),
    )
    say(read.format(number=len(found), file=path.name, new=len(came), changed=len(changed)))
    names = _some([_title(member) for member in absent])
    if absent and drop:
        leave(store, absent, by)
        say(_("left: {names}").format(names=names))
    elif absent:
        say(_("in the roster and not in this file: {names}").format(names=names))
        say(_("they stay; to let them leave, run the same command with --drop"))
    _tell_of_work(class_list(store))


def _add(store: Store, words: Sequence[str], described: Member, by: str) -> None:
    """Take people into the class by hand; one who was in it comes back as who they were."""
    newcomers = []
    for word in words:
        old = _called(word, [member for member, _active in members(store)], class_list(store))
        if len(old) > 1:
            raise UsageError(f"more than one is called {clean_line(word)}", "NAME", "type the id")
        fresh = Member(clean_line(word), described.number, described.email, described.section)
        newcomers.append(old[0] if old and described == Member() else fresh)
    came, _changed = enter(store, newcomers, by)
    if came:
        say(_("{number} came: {names}").format(number=len(came), names=_some([_title(m) for m in came])))
    else:
        say(_("they are in the class already"))


def _drop(store: Store, words: Sequence[str], by: str) -> None:
    """Let people leave the class; who was never in a roster is known by the name of their work."""
    known = class_list(store)
    active = [member for member, is_active in members(store) if is_active]
    leavers = []
    for word in words:
        found = _called(word, active, known)
        if not found and word in known.learners:
            found = [Member(login=word)]
        if len(found) != 1:
            called = clean_line(word)
            near = "" if found else did_you_mean(word, [*map(_title, active), *known.learners])
            what = f"nobody in the class is called '{called}'{near}"
            if found:
                what = f"more than one is called '{called}'"
            raise UsageError(what, "LEARNER", "brick roster lists everybody")
        leavers += found
    leave(store, leavers, by)
    names = _some([_title(member) for member in leavers])
    say(_("{number} left: {names}").format(number=len(leavers), names=names))
    say(_("what they handed in is kept; brick roster add NAME brings them back"))


def _called(word: str, people: Sequence[Member], known: ClassList) -> list[Member]:
    """Those whose work is kept under this name, or one of whose names it is."""
    wanted = word.strip().casefold()
    owner = known.members.get(word)
    return [m for m in people if m == owner or wanted in (name.casefold() for name in m.names)]


def _reveal(store: Store, course: Course, words: Sequence[str]) -> None:
    """Say who stands behind pseudonyms."""
    secret = workspace_of(course).secret()
    found = class_list(store)
    everybody = {pseudonym(name, secret): name for name in (*found.learners, *found.left)}
    for word in words:
        if word not in everybody:
            step = "the secret of the course may be another than when it was made"
            raise UsageError(f"nobody stands behind '{clean_line(word)}'", "PSEUDONYM", step)
        name = everybody[word]
        member = found.members.get(name)
        called = member.name if member is not None else ""
        say(word + _(": ") + _(", ").join(filter(None, (name, called))))


# --- what is said -----------------------------------------------------------------------------------------


def _show(store: Store, as_json: bool) -> None:
    """Everybody with what is known of them; then who is missing and who is unknown."""
    found = class_list(store)
    if as_json:
        typer.echo(dumps(_plain(found)), nl=False)
        return
    if not found.members:
        number = len(found.learners)
        said = ngettext(
            "there is no roster; {number} learner handed in something",
            "there is no roster; {number} learners handed in something",
            number,
        )
        say(said.format(number=number))
        say(
            _(
                "next: brick roster read FILE, a CSV with name,id,email,section"
                " or what Canvas or Moodle exported"
            )
        )
        return
    rows = [
        (member.name or learner, learner, member.number, member.email, member.section, _state(found, learner))
        for learner, member in sorted(found.members.items(), key=lambda pair: pair[1].name or pair[0])
    ]
    # One sentence: an `id` or a `name` alone would also be found where a kept sentence means the key.
    header = _("name | learner | id | e-mail | section").split(" | ")
    for line in table((*header, ""), rows, style().width):
        typer.echo(line)
    say("")
    _tell_of_work(found)


def _state(found: ClassList, learner: str) -> str:
    if learner in found.left:
        return _("left")
    return _("nothing yet") if learner in found.silent else ""


def _tell_of_work(found: ClassList) -> None:
    """Say who handed in nothing, and whose work is of nobody in the roster."""
    if found.silent:
        names = [found.members[learner].name or learner for learner in found.silent]
        say(_("nothing handed in yet: {number}: {names}").format(number=len(names), names=_some(names)))
    tell_of_strangers(found)


def tell_of_strangers(found: ClassList) -> None:
    """Say whose work is of nobody in the roster, and why they were not found there."""
    by_reason: dict[str, list[str]] = {}
    for learner, why in found.unknown:
        by_reason.setdefault(why, []).append(learner)
    for why, names in by_reason.items():
        say(
            _("handed in, but not in the roster ({why}): {number}: {names}").format(
                why=translate(why), number=len(names), names=_some(names)
            )
        )


def tell_of_leavers(found: ClassList, learners: Sequence[str]) -> None:
    """Say whose work was collected although they left the class: it is kept for when they come back."""
    back = [learner for learner in learners if learner in found.left]
    if back:
        said = _("left the class: {number}: {names}; their work is graded and kept, and in no table")
        say(said.format(number=len(back), names=_some(back)))


def _plain(found: ClassList) -> dict[str, object]:
    everybody: Callable[[str], dict[str, object]] = lambda learner: {
        "learner": learner,
        "name": found.members[learner].name,
        "id": found.members[learner].number,
        "email": found.members[learner].email,
        "section": found.members[learner].section,
        "left": learner in found.left,
        "handed_in": learner not in found.silent,
    }
    return {
        "schema": "brickwork/roster/v1",
        "members": [everybody(learner) for learner in sorted(found.members)],
        "unknown": [{"learner": learner, "why": why} for learner, why in found.unknown],
    }


def _title(member: Member) -> str:
    """What a member is called in a list."""
    return member.name or next(iter(member.names), "")


def _some(names: Sequence[str]) -> str:
    """The first names of a list, and how many more there are."""
    shown = _("; ").join(names[:_SHOWN])
    if len(names) <= _SHOWN:
        return shown
    return _("{names} and {number} more").format(names=shown, number=len(names) - _SHOWN)
