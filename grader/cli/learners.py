"""Who is meant: the learner by whatever name they are known, and the person who types."""

from __future__ import annotations

import getpass
from collections.abc import Sequence

from grader.errors import UsageError, did_you_mean
from grader.grading.roster import pseudonym
from grader.records import Course, LearnerResult
from grader.text import clean_line
from grader.workspace.workspace import workspace_of


def find_learner(learners: Sequence[LearnerResult], word: str, course: Course) -> str:
    """The name under which the learner's work is kept.

    Args:
        learners: everybody in the class.
        word: that name, the roster's name, id or address, or the pseudonym.
        course: has the secret that pseudonyms are made with.

    Raises:
        UsageError: nobody is called so, or more than one.
    """
    exact = [one.learner for one in learners if one.learner == word]
    if exact:
        return exact[0]
    wanted = word.strip().casefold()
    found = [
        one.learner
        for one in learners
        if one.member is not None and wanted in (name.casefold() for name in one.member.names)
    ]
    if not found and wanted.startswith("anon-"):
        secret = workspace_of(course).secret()
        found = [one.learner for one in learners if pseudonym(one.learner, secret) == wanted]
    if len(found) == 1:
        return found[0]
    if found:
        raise UsageError(f"'{clean_line(word)}' could be {', '.join(found)}", "LEARNER", "type one of them")
    near = did_you_mean(word, [one.learner for one in learners])
    step = (
        "brick roster lists everybody"
        if learners
        else "first run: brick roster read FILE, or brick grade FOLDER"
    )
    raise UsageError(f"nobody in the class is called '{clean_line(word)}'{near}", "LEARNER", step)


def login_name() -> str:
    """The name of the account that the command runs in; UsageError where the system has none."""
    try:
        return getpass.getuser()
    except (OSError, KeyError) as error:  # a container's user may have no name
        raise UsageError("who are you?", "--by", "add --by NAME") from error
