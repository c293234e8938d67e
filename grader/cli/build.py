"""`brick build`: train a network made of the learner's own blocks, with the missing ones lent.

Three steps: survey the learner's files block by block, train in a process of its own whose events are shown as they
come, then say what the result is worth. Where it falls short, the checks of the learner's own blocks are run, for a
block that fails its checks is the likeliest reason.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from contextlib import closing
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from grader.build.blocks import PIECES, Block, State, survey
from grader.build.page import write_pages
from grader.build.plots import picture_language
from grader.build.words import count_yours, metric_words, owner_words, score_words
from grader.build.worker import Job, start
from grader.cli import console
from grader.cli.devices import require_device
from grader.cli.options import Device, DeviceOption
from grader.cli.practice import check_targets
from grader.cli.progress import progress_bar
from grader.cli.targets import Target, shown_path
from grader.cli.view import MODEL
from grader.course.config import load_course
from grader.engine.profile import Profile
from grader.errors import KitError, UsageError, remedy
from grader.language import current, listed, ngettext, translate
from grader.language import gettext as _
from grader.records import Course, Outcome
from grader.rules import judge
from grader.submissions.reading import read_submission
from grader.text import pad, wrap
from grader.workspace.progress import report_on
from grader.workspace.workspace import Workspace, workspace_of

# What rounding to 8 bits may take from the score, and how far the exported model may be from the network.
INT8_MAY_COST = 0.02
ONNX_MAY_DIFFER = 1e-4


class Task(StrEnum):
    """What the network learns.

    The values are what the command line takes, and the names of the folders below `build/`.
    """

    WAVE = "wave"
    DIGITS = "digits"


def build(
    task: Annotated[
        Task, typer.Option(help="digits: handwritten digits. wave: the essay's function.")
    ] = Task.DIGITS,
    epochs: Annotated[
        int | None, typer.Option(min=1, help="Rounds over the data.", show_default=False)
    ] = None,
    seed: Annotated[int, typer.Option(min=0, help="The same seed gives the same result.")] = 0,
    device: DeviceOption = Device.CPU,
) -> None:
    """Train a network made of your own blocks.

    What you have not solved yet is lent. Exit code 0: it learned; 1: it did not; 2: it could not be built.
    """
    require_device(device)
    course = load_course()
    workspace = workspace_of(course)
    blocks = survey_workspace(course, workspace, task)
    typer.echo("\n".join(_block_lines(course, blocks)))
    typer.echo(f"\n{count_yours(blocks)}\n")
    folder = _result_folder(workspace, task)
    job = Job(task, tuple(blocks), folder / MODEL, epochs, seed, device)
    event = _train(start(job))
    if event["event"] == "unwritten":
        raise _cannot_write(OSError(event["number"], event["what"]), job.model)
    if event["event"] == "done":
        result = event["result"]
        problems = find_problems(result)
        try:
            lines = _result_lines(result, blocks, course, folder)
        except OSError as error:
            raise _cannot_write(error, folder) from error
        typer.echo("\n".join(lines))
    else:
        problems = [_stopped(event, blocks)]
    if not problems:
        typer.echo(_("next: look at your model with: brick view"))
        return
    typer.echo("\n" + "\n".join(_("FAIL") + f"  {problem}" for problem in problems))
    typer.echo("\n".join(_name_suspects(course, blocks, event)))
    raise typer.Exit(1)


def _result_folder(workspace: Workspace, task: Task) -> Path:
    """The folder that the run writes to, made if need be; UsageError when that is not possible.

    One folder a task, so that the two tasks do not write over each other's results.
    """
    folder = workspace.root / "build" / task
    try:
        folder.mkdir(parents=True, exist_ok=True)
        # A run that fails must not leave the model of an earlier one behind as its own.
        (folder / MODEL).unlink(missing_ok=True)
    except OSError as error:
        raise _cannot_write(error, folder) from error
    return folder


def _cannot_write(error: OSError, path: Path) -> UsageError:
    what = f"the results cannot be written: {error.strerror}"
    step = remedy(error, "move that away, or work in a folder you can write to")
    return UsageError(what, str(path), step)


def survey_workspace(course: Course, workspace: Workspace, task: Task) -> list[Block]:
    """The blocks of a task in the course's order: what lies in the workspace, judged by the rules.

    A file that cannot be read costs its blocks, not the run: they are lent, and that is said.

    Returns:
        One block a chapter that the task needs; each piece is the learner's or lent.

    Args:
        task: decides which chapters are needed; the others are left out.
    """
    blocks = []
    for chapter in course.chapters:
        if chapter.stem not in PIECES[task]:
            continue
        path = workspace.find(chapter)
        ruling, report = None, None
        if path is not None:
            try:
                submission = read_submission(path, chapter)
                ruling = judge(submission)
                report = report_on(workspace, chapter, submission.sha256)
            except KitError as error:
                typer.echo(
                    _("{what} ({where}); its blocks are lent").format(
                        what=translate(error.what), where=translate(error.where)
                    ),
                    err=True,
                )
        blocks.append(survey(chapter.stem, task, ruling, str(path or ""), report))
    return blocks


def _names(course: Course) -> dict[str, str]:
    """What a reader calls each chapter, by its stem."""
    return {chapter.stem: f"{chapter.label}  {translate(chapter.title)}" for chapter in course.chapters}


def _block_lines(course: Course, blocks: Sequence[Block]) -> list[str]:
    """One line per block: whose it is; where it is mixed, which pieces are whose."""
    # A block that is lent whole says so already; its pieces are named only where some are the learner's.
    chapters = _names(course)
    lines = []
    for block in blocks:
        lent = [piece.name for piece in block.pieces if piece.state is State.LENT]
        notes = [_("lent: {lent}").format(lent=listed(lent))] if lent and block.mine else []
        for state, words in ((State.FAILING, _("fails a check")), (State.WRITTEN, _("not checked yet"))):
            names = [piece.name for piece in block.pieces if piece.state is state]
            if names:
                some = listed(names) if len(names) < len(block.pieces) else _("all")
                notes.append(_("{state}: {names}").format(state=words, names=some))
        lead = pad(chapters[block.stem], 38)
        lines += wrap(
            _("; ").join([owner_words(block.whose), *notes]), console.columns(), indent=" " * 38, first=lead
        )
    return lines


# --- while it trains --------------------------------------------------------------------------------------


def _train(events: Iterator[dict[str, Any]]) -> dict[str, Any]:
    """Show the epochs as they come; return the last event.

    Returns:
        "done" with the result, or what stopped the training; see `grader.build.worker.start`.
    """
    event: dict[str, Any] = {"event": "lost", "code": None}
    # Closing ends the training process too: Ctrl-C must not leave one behind that goes on computing.
    with closing(events), progress_bar(_("epoch")) as advance:  # type: ignore[type-var]
        for event in events:
            if event["event"] == "epoch":
                note = _("loss {loss:.4f}  score {score:.4f}").format(
                    loss=event["loss"], score=event["metric"]
                )
                advance("", event["number"], event["epochs"], note)
                if not sys.stdout.isatty():
                    _plain_epoch(event)
    return event


def _plain_epoch(event: dict[str, Any]) -> None:
    """About ten lines in all: enough to see whether it learns, for a file or a pipe."""
    # The first and the last are always among them.
    number, epochs = event["number"], event["epochs"]
    if number == 1 or number == epochs or number % max(1, epochs // 10) == 0:
        typer.echo(
            _(
                "epoch {number:>3} of {epochs}  loss {loss:.4f}  score {score:.4f}  lr {lr:.1e}  {seconds:.0f} s"
            ).format(
                number=number,
                epochs=epochs,
                loss=event["loss"],
                score=event["metric"],
                lr=event["lr"],
                seconds=event["seconds"],
            )
        )


# --- afterwards -------------------------------------------------------------------------------------------


def find_problems(result: dict[str, Any]) -> list[str]:
    """What a finished run did not reach; written so that a NaN is a problem too.

    Args:
        result: of the training process: score and goal, the score in 8 bits, and how far the ONNX model is off.

    Returns:
        A sentence each; none if the network learned.
    """
    # `not a >= b` instead of `a < b`: every comparison with NaN is false, so a NaN ends up among the problems.
    score, int8, goal = (result[name] for name in ("score", "int8_score", "goal"))
    metric = metric_words(result["metric"])
    problems = []
    if not score >= goal:
        problems.append(
            _("{metric} is {score} on held-out samples; a right network reaches {goal}").format(
                metric=metric, score=score_words(score), goal=goal
            )
        )
    if not int8 >= score - INT8_MAY_COST:
        problems.append(
            _("int8 takes {metric} from {score} to {int8}").format(
                metric=metric, score=score_words(score), int8=score_words(int8)
            )
        )
    if not result["onnx_difference"] <= ONNX_MAY_DIFFER:
        problems.append(
            _("the ONNX model is off by {error:.2g} from the network").format(error=result["onnx_difference"])
        )
    return problems


def _result_lines(result: dict[str, Any], blocks: Sequence[Block], course: Course, folder: Path) -> list[str]:
    """Write the pages of the run, and say where each file is and what the score is."""
    page, picture = write_pages(result, blocks, _names(course), folder)
    words = "" if picture_language() is current() else _("  in English: there is no font for Chinese here")
    return [
        "\n"
        + _("{metric} {score} on held-out samples, {int8} in int8").format(
            metric=metric_words(result["metric"]),
            score=score_words(result["score"]),
            int8=score_words(result["int8_score"]),
        ),
        pad(_("model"), 9) + f"{shown_path(folder / MODEL)}",
        pad(_("page"), 9) + f"{shown_path(page)}",
        pad(_("picture"), 9) + f"{shown_path(picture)}{words}",
    ]


def _stopped(event: dict[str, Any], blocks: Sequence[Block]) -> str:
    """Why training ended early; where the learner's own code raised, with the file and the line."""
    if event["event"] != "raised":
        return _("{what}: {why}").format(what=_("training stopped"), why=_why_stopped(event))
    # Without a stem it came out of the kit, which could not use what a block returned.
    if not event["stem"]:
        return _("{what}: {why}").format(what=_("the network could not go on"), why=event["what"])
    path = next(block.path for block in blocks if block.stem == event["stem"])
    where = str(shown_path(Path(path)))
    if event["line"]:
        where = _("{path}, line {line}").format(path=where, line=event["line"])
    return _("{name} raised {error} ({where})").format(
        name=event["exercise"] or event["stem"], error=event["what"], where=where
    )


def _why_stopped(event: dict[str, Any]) -> str:
    """Why training ended without an error of anybody's: by its loss, or because its process was ended."""
    if event["event"] == "diverged":
        said = ngettext(
            "the loss is {loss} after {number} step",
            "the loss is {loss} after {number} steps",
            event["steps"],
        )
        return said.format(loss=event["loss"], number=event["steps"])
    if event["code"] is None:
        return _("the training process said nothing")
    return _("the training process ended with code {code}").format(code=event["code"])


def _name_suspects(course: Course, blocks: Sequence[Block], event: dict[str, Any]) -> list[str]:
    """Run the checks of the learner's blocks, and say which fail: the likeliest reason not to learn.

    Returns:
        Lines to print; the last is the next step.
    """
    chapters = {chapter.stem: chapter for chapter in course.chapters}
    suspects = [block for block in blocks if block.mine]
    if not suspects:
        return [_("every block is lent"), _("next: train for longer with --epochs, or with another --seed")]
    typer.echo(_("checking your blocks to find out why"))
    # As many examples as `brick check` takes: what is found here is found there again by the step that is printed.
    targets = [Target(chapters[block.stem], Path(block.path)) for block in suspects]
    reports = check_targets(targets, course, Profile(examples=course.practice_examples))
    lines, steps = [], []
    for block, report in zip(suspects, reports, strict=True):
        for name in block.mine:
            failed = [c for c in report.checks if c.exercise == name and c.outcome is not Outcome.PASSED]
            if failed:
                label = chapters[block.stem].label
                lines.append(
                    _("suspect  {name} ({label}): {law}").format(
                        name=name, label=label, law=translate(failed[0].title)
                    )
                )
                steps.append(_("next: brick check {label} --exercise {name}").format(label=label, name=name))
    if not lines:
        raised = event["exercise"] if event["event"] == "raised" else ""
        # All checks pass, so it is either a call that the checks do not make, or too little training.
        last = (
            _("look at {raised} again").format(raised=raised)
            if raised
            else _("train for longer with --epochs, or with another --seed")
        )
        return [_("your blocks pass their checks"), _("next: {last}").format(last=last)]
    return [*lines, steps[0]]
