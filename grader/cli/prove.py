"""`brick prove`: judge the checks themselves, by known mistakes, mutants and right answers.

With `--table` only the named tables are made, and all their rows are printed, then what falls short; otherwise every
chapter is proven, the result is kept for `brick release`, and of the tables only what falls short is printed.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated

import typer

from grader.cli.options import AsJson
from grader.cli.progress import progress_bar
from grader.course.config import find_chapter, load_course
from grader.language import gettext as _
from grader.proof.examinations import Examination, examine
from grader.proof.prove import prove as prove_chapters
from grader.proof.required import remember
from grader.proof.tables import Table
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
        typer.Option(
            "--table", help="Print this table instead; may be given several times.", show_default=False
        ),
    ] = None,
    examined: Annotated[
        bool, typer.Option("--tables/--no-tables", help="Ask what the tables ask too.")
    ] = True,
    as_json: AsJson = False,
) -> None:
    """Judge the checks by mistakes, mutants and right answers.

    Every known mistake and mutant must be caught, and every right answer must pass. Points must follow closeness, no
    region of the inputs may be left out, and no finished function of torch may give an answer.
    Exit code 1 when anything falls short.
    """
    course = load_course()
    # A proof of everything takes many minutes; an author names the chapter that was changed.
    chosen = [find_chapter(course, word) for word in chapters or []] or list(course.chapters)
    if tables:
        found = _tables(course, chosen, tables, jobs, quiet=as_json, rows=True)
        if as_json:
            typer.echo(proof.as_json((), found), nl=False)
        if any(table.shortfalls for table in found):
            raise typer.Exit(1)
        return
    with progress_bar(_("proving"), quiet=as_json) as advance:
        proofs = prove_chapters(
            course, chosen, seeds=seeds, jobs=jobs or None, advance=advance, mutate=mutants, thorough=thorough
        )
    remember(course, proofs)
    if not as_json:
        for one in proofs:
            typer.echo("\n".join(proof.lines(one, matrix=matrix)))
    found = _tables(course, chosen, _BY_DEFAULT, jobs, quiet=as_json, rows=False) if examined else []
    if as_json:
        typer.echo(proof.as_json(proofs, found), nl=False)
    else:
        typer.echo("\n".join(proof.summary(course, proofs, found)))
    if not all(one.holds for one in proofs) or any(table.shortfalls for table in found):
        raise typer.Exit(1)


# The table of inputs judges nothing, and what the wording lacks stands in the proof.
_BY_DEFAULT = (Examination.BARRED, Examination.FAIRNESS, Examination.GATES, Examination.NAMES)


def _tables(
    course: Course,
    chapters: list[Chapter],
    asked: Iterable[Examination],
    jobs: int,
    *,
    quiet: bool,
    rows: bool,
) -> list[Table]:
    """Make tables, and print each as soon as it is there, with all its rows or only with what falls short.

    Args:
        jobs: processes at once; 0 means one per core.
        quiet: print nothing and show no bar, for `--json`.
        rows: print every row, not only what falls short.
    """
    found = []
    with progress_bar(_("examining"), quiet=quiet) as advance:
        for table in examine(course, chapters, asked, jobs=jobs or None, advance=advance):
            found.append(table)
            if not quiet:
                typer.echo("\n".join(proof.table_lines(table, rows=rows)))
    return found
