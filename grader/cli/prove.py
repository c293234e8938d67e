"""The author's commands: new, stubs, prove."""

from __future__ import annotations

from typing import Annotated

import typer

from grader.cli import console
from grader.course.paths import is_checkout
from grader.errors import CourseError


def register(app: typer.Typer) -> None:
    """Add these commands to `brick`."""
    app.command()(new)
    app.command()(stubs)
    app.command()(prove)


def new(
    stem: Annotated[str, typer.Argument(help="chNN_name, such as ch13_attention.", metavar="CHAPTER")],
) -> None:
    """Lay out the files of a new chapter, and its entry in course.yml."""
    from grader.course.config import load_course
    from grader.course.stubs import write_stubs
    from grader.release.scaffold import lay_out_chapter

    course = load_course()
    for path in lay_out_chapter(course, stem):
        typer.echo(f"{path.relative_to(course.root)}: written")
    for name in write_stubs(load_course(course.root)):
        typer.echo(f"{name}: written")
    typer.echo(f"next: fill the places marked TODO, then run: brick stubs && brick prove {stem[:4]}")


def stubs(
    check: Annotated[
        bool, typer.Option("--check", help="Write nothing; exit code 1 if a file is out of date.")
    ] = False,
) -> None:
    """Make the exercises from the solutions."""
    from grader.course.config import load_course
    from grader.course.stubs import write_stubs

    course = load_course()
    if not is_checkout(course.root):
        step = "run it in a checkout of the course"
        raise CourseError("stubs are made from solutions, and there are none here", str(course.root), step)
    stale = write_stubs(course, check=check)
    for path in stale:
        typer.echo(f"{path}: {'out of date' if check else 'written'}")
    if not stale:
        typer.echo(f"{len(course.chapters)} exercise files are up to date")
    elif check:
        typer.echo("next: run: brick stubs")
        raise typer.Exit(1)


def prove(
    chapters: Annotated[
        list[str] | None,
        typer.Argument(
            help="ch03, 3 or activations; all if left out.", metavar="CHAPTER", show_default=False
        ),
    ] = None,
    seeds: Annotated[int, typer.Option(min=1, help="Try right answers under this many seeds.")] = 200,
    thorough: Annotated[
        bool,
        typer.Option("--thorough", help="Let them meet every check under every seed, even the slow ones."),
    ] = False,
    jobs: Annotated[int, typer.Option(min=0, help="Judge this many at once; 0 means one per core.")] = 0,
    mutants: Annotated[bool, typer.Option(help="Make mechanical mutants of the solutions too.")] = True,
    matrix: Annotated[bool, typer.Option("--matrix", help="Show which check catches which mistake.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON and nothing else.")] = False,
) -> None:
    """Judge the checks by mistakes, mutants and right answers.

    Every known mistake and mutant must be caught, and every right answer must pass.
    Exit code 1 when anything falls short.
    """
    from grader.course.config import find_chapter, load_course
    from grader.proof.prove import prove as prove_chapters
    from grader.proof.required import remember
    from grader.report import proof

    course = load_course()
    chosen = [find_chapter(course, word) for word in chapters or []] or list(course.chapters)
    with console.counter("proving", quiet=as_json) as advance:
        proofs = prove_chapters(
            course, chosen, seeds=seeds, jobs=jobs or None, advance=advance, mutate=mutants, thorough=thorough
        )
    remember(course, proofs)
    if as_json:
        typer.echo(proof.as_json(proofs), nl=False)
    else:
        for one in proofs:
            typer.echo("\n".join(proof.lines(one, matrix=matrix)))
        typer.echo("\n".join(proof.summary(proofs)))
    if not all(one.holds for one in proofs):
        raise typer.Exit(1)
