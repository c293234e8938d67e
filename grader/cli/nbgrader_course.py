"""The parts of `brick release` and `brick export` that need nbgrader, which not everybody has installed.

They are a module of their own because importing it imports nbgrader; both commands import it inside
`needs_nbgrader`, so that a missing one is told in a sentence.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import typer

from grader.cli.console import say, say_list
from grader.cli.files import told
from grader.cli.progress import counted
from grader.errors import KitError, UsageError
from grader.language import Language, ngettext, speaking
from grader.language import gettext as _
from grader.nbgrader_plugin.export import Recorded, write_gradebook
from grader.nbgrader_plugin.release import (
    CONFIG_FILE,
    PLUGIN_LINE,
    folders_of,
    generate,
    new_config,
    uses_plugin,
)
from grader.records import Chapter, ClassResults
from grader.release.notebook import as_text, make_notebook
from grader.release.placing import Placed, place
from grader.submissions.reading import read_submission


def release_to_nbgrader(solutions: Mapping[Chapter, str], pictures: Path, to: Path, replace: bool) -> None:
    """Write the sources, have nbgrader make the releases, and see to it that submissions are graded by us.

    Args:
        solutions: the chapters to release, each with the source of its solution.
        pictures: the folder of the course's pictures.
        to: the folder of the nbgrader course; it gets a configuration if it has none.
        replace: write over a source that is there and differs.

    Raises:
        UsageError: an assignment of another source is in the way; nothing is written then.
    """
    if not (to / CONFIG_FILE).exists():
        place({to / CONFIG_FILE: new_config(to).encode()})
        said = _("{path}: written, with the line that has submissions graded by Brickwork")
        typer.echo(said.format(path=to / CONFIG_FILE))
    for chapter, solution in solutions.items():
        source, released = folders_of(to, chapter.stem)
        name = f"{chapter.stem}.ipynb"
        if released.exists() and not (source / name).exists() and not replace:
            what = f"an assignment {chapter.stem} of another source is there, and nothing was written"
            raise UsageError(what, str(released), "move it away, or write over it with --replace")
        text = as_text(make_notebook(solution, chapter, pictures))
        [(path, fate)] = place({source / name: text.encode()}, replace=replace).items()
        typer.echo(told(path, fate))
        # nbgrader takes seconds for each release; with the same source it would make the same one.
        if fate is Placed.UNCHANGED and (released / name).exists() and not replace:
            typer.echo(told(released / name, fate))
            continue
        generate(to, chapter.stem)
        typer.echo(_("{path}: made by nbgrader").format(path=released / name))
    if not uses_plugin(to):
        said = _("add to {path}, so that submissions are graded in a sandbox: {line}")
        typer.echo(said.format(path=to / CONFIG_FILE, line=PLUGIN_LINE))


def export_to_nbgrader(results: ClassResults, folder: Path) -> bool:
    """Write the verdicts into the gradebook of an nbgrader course, and say what came of it.

    Returns:
        Whether every verdict is there and formgrader can show it.

    Args:
        results: of the class; what the kit failed to grade is not among them.
        folder: the nbgrader course, which has a gradebook.
    """

    def fingerprint(path: Path, chapter: Chapter) -> str:
        """The hash of what lies there now: nbgrader may have a newer hand-in than the one that was graded."""
        try:
            return read_submission(path, chapter).sha256
        except KitError:
            return ""

    writing = _("writing")
    # What nbgrader shows to others stays English, whoever runs the command.
    with speaking(Language.ENGLISH):
        recorded = write_gradebook(
            results, folder, fingerprint, lambda pairs: counted(pairs, len(pairs), writing)
        )
    _show_recorded(recorded, folder)
    return not (recorded.left or recorded.unseen)


def _show_recorded(recorded: Recorded, folder: Path) -> None:
    """Say how many verdicts are written, and name each that is missing or cannot be seen."""
    said = ngettext(
        "{number} verdict in the gradebook of {folder}",
        "{number} verdicts in the gradebook of {folder}",
        recorded.written,
    )
    say(said.format(number=recorded.written, folder=folder))
    say_list(_("not written"), recorded.left)
    say_list(_("written, but formgrader cannot show the notebook"), recorded.unseen)
