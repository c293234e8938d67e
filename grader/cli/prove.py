"""`brick prove`: judge the checks themselves, by known mistakes, mutants and right answers."""

from __future__ import annotations

from typing import Annotated

import typer

from grader.cli.options import AsJson
from grader.cli.progress import progress_bar
from grader.course.config import find_chapter, load_course
from grader.proof.examinations import Examination, examine
from grader.proof.prove import prove as prove_chapters
from grader.proof.required import remember
from grader.records import Chapter, Course
from grader.report import proof


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
    tables: Annotated[
        list[Examination] | None,
        typer.Option("--table", help="Examine this instead; may be given several times.", show_default=False),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Judge the checks by mistakes, mutants and right answers.

    Every known mistake and mutant must be caught, and every right answer must pass.
    Exit code 1 when anything falls short.
    """
    course = load_course()
    chosen = [find_chapter(course, word) for word in chapters or []] or list(course.chapters)
    if tables:
        _examine(course, chosen, tables, jobs, as_json=as_json)
        return
    with progress_bar("proving", quiet=as_json) as advance:
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


def _examine(
    course: Course, chapters: list[Chapter], asked: list[Examination], jobs: int, *, as_json: bool
) -> None:
    """Print tables, each as soon as it is there; as JSON all together."""
    found = []
    with progress_bar("examining", quiet=as_json) as advance:
        for table in examine(course, chapters, asked, jobs=jobs or None, advance=advance):
            found.append(table)
            if not as_json:
                typer.echo("\n".join(proof.table_lines(table)))
    if as_json:
        typer.echo(proof.tables_as_json(found), nl=False)
    if any(table.shortfalls for table in found):
        raise typer.Exit(1)
