"""Ways of writing one exercise, for tests: each is put into the chapter's solution."""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass
from pathlib import Path

from sandboxes import CHECKOUT

from grader.course.config import find_chapter, load_course
from grader.course.paths import solution_file
from grader.records import Chapter, Submission

COURSE = load_course(CHECKOUT)
HEADING = re.compile(
    r"^#@ (?P<label>ch\d\d) (?P<exercise>\w+) (?P<verdict>right|wrong|any)( (?P<title>.+))?$"
)


@dataclass(frozen=True)
class Way:
    """One way of writing an exercise; `top` goes before everything else in the file."""

    chapter: Chapter
    exercise: str
    verdict: str
    title: str
    code: str
    top: str

    def submission(self) -> Submission:
        """The solution of the chapter with this way of writing in the place of what it defines."""
        tree = ast.parse(solution_file(COURSE.root, self.chapter.stem).read_text(encoding="utf-8"))
        mine = ast.parse(self.code).body
        names = {name for node in mine for name in _bound(node)}
        kept = [node for node in tree.body if not names.intersection(_bound(node))]
        future = 1 + next(i for i, node in enumerate(kept) if isinstance(node, ast.ImportFrom))
        tree.body = [*kept[:future], *ast.parse(self.top).body, *kept[future:], *mine]
        return Submission(self.chapter, ast.unparse(tree), Path(f"{self.chapter.stem}.py"), self.title)


def _bound(node: ast.stmt) -> set[str]:
    """The names that a statement defines."""
    if isinstance(node, ast.FunctionDef | ast.ClassDef):
        return {node.name}
    if isinstance(node, ast.Assign):
        return {target.id for target in node.targets if isinstance(target, ast.Name)}
    return set()


def read_ways(file: Path) -> list[Way]:
    """All ways in a file: each begins with a line such as `#@ ch03 softmax right by hand`."""
    ways, lines = [], file.read_text(encoding="utf-8").splitlines()
    starts = [number for number, line in enumerate(lines) if line.startswith("#@ ")]
    for start, end in zip(starts, [*starts[1:], len(lines)], strict=True):
        match = HEADING.match(lines[start])
        assert match is not None, lines[start]
        body = lines[start + 1 : end]
        top = [line.removeprefix("#top ") for line in body if line.startswith("#top ")]
        code = [line for line in body if not line.startswith("#top ")]
        chapter = find_chapter(COURSE, match["label"])
        ways.append(
            Way(
                chapter,
                match["exercise"],
                match["verdict"],
                match["title"] or "",
                "\n".join(code),
                "\n".join(top),
            )
        )
    return ways
