"""Read the published attacks of `tests/cheats/`: functions that a sandbox calls, and files that are handed in.

By hand, the table in SECURITY.md and in its Chinese page anew: python tests/corpus.py
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cache
from itertools import cycle
from pathlib import Path
from typing import Any

import yaml
from sandboxes import CHECKOUT

from grader.course.config import find_chapter, load_course
from grader.records import Chapter, Course, Submission
from grader.rules import judge

CHEATS = Path(__file__).resolve().parent / "cheats"


@dataclass(frozen=True)
class Attack:
    """A function that a submission calls in the sandbox.

    Args:
        file: the submission it is in, a stem of `cheats/`.
        must: how the call ends: "refused" (an error of the operating system, or the process is ended), "lost" (it is
            ended), "unsendable" (the answer is), "returned", or the exception's name.
        is_open_unsealed: whether it may be tried without a sandbox, and then succeeds.
    """

    file: str
    function: str
    kind: str
    must: str
    is_open_unsealed: bool


@dataclass(frozen=True)
class Cheat:
    """A file that is handed in to get points that were not earned.

    Args:
        chapter: its label.
        source: put before the untouched stub, or in place of the exercise where it stands beside the solution.
        must: "earn nothing", or "lose a check".
        is_beside_torch: whether only the rules can see it.
        is_open_unsealed: whether it gains at the level `plain`, once the rules let it pass.
        is_beside_solution: whether everything else in the file is solved.
    """

    kind: str
    name: str
    tries: str
    chapter: str
    exercise: str
    source: str
    must: str
    is_beside_torch: bool = False
    is_open_unsealed: bool = False
    is_beside_solution: bool = False


# --- functions that are called ----------------------------------------------------------------------------


def source_of(file: str) -> str:
    """The source of one submission of attacks."""
    return (CHEATS / f"{file}.py").read_text(encoding="utf-8").replace("@CHECKOUT@", str(CHECKOUT))


def attacks(*files: str) -> list[Attack]:
    """The attacks of these submissions; of all without a name."""
    return [
        attack for file in files or sorted(CHEATS.glob("*.py")) for attack in _attacks_of(Path(file).stem)
    ]


def _attacks_of(file: str) -> Iterator[Attack]:
    tree = ast.parse(source_of(file))
    facts = {
        ast.unparse(node.targets[0]): ast.literal_eval(node.value)
        for node in tree.body
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) in ("KIND", "MUST", "WORKS_UNSEALED")
    }
    must, unsealed = facts.get("MUST", "refused"), facts.get("WORKS_UNSEALED", ())
    for node in tree.body:
        if isinstance(node, ast.FunctionDef) and not node.name.startswith("_"):
            ends = must[node.name] if isinstance(must, dict) else must
            yield Attack(file, node.name, facts["KIND"], ends, node.name in unsealed)


def is_refused(attack: Attack, chapter: Chapter) -> bool:
    """Whether the rules keep an exercise from running that calls the attack."""
    source = f"{source_of(attack.file)}\n\ndef relu(x):\n    return {attack.function}()\n"
    return "relu" in judge(Submission(chapter, source, Path("attack.py"), "")).barred()


# --- files that are handed in -----------------------------------------------------------------------------


def cheats(*, thorough: bool = False) -> list[Cheat]:
    """Every file that is handed in.

    Args:
        thorough: with each function of torch's that may be carried over; otherwise each way meets one of them.
    """
    return [cheat for file in sorted(CHEATS.glob("*.yml")) for cheat in _cheats_of(file, thorough)]


def _cheats_of(file: Path, thorough: bool) -> Iterator[Cheat]:
    content = yaml.safe_load(file.read_text(encoding="utf-8"))
    listed, loot = content.pop("cheats"), content.pop("loot", {})
    in_turn = cycle(loot.items())
    for given in listed:
        fields = content | given
        if "exercise" in fields:
            yield _cheat(fields)
            continue
        for name, carried in loot.items() if thorough else [next(in_turn)]:
            source = fields["source"].replace("FUNCTION", carried["function"])
            source = source.replace("CALL", carried["call"]).replace("EXERCISE", carried["exercise"])
            more = {"name": f"{fields['name']}, {name}", "exercise": carried["exercise"], "source": source}
            yield _cheat(fields | more)


def _cheat(fields: dict[str, Any]) -> Cheat:
    return Cheat(
        *(fields[name] for name in ("kind", "name", "tries", "chapter", "exercise", "source", "must")),
        is_beside_torch=fields.get("beside_torch", False),
        is_open_unsealed=fields.get("open_unsealed", False),
        is_beside_solution=fields.get("beside") == "solution",
    )


def handed_in(cheat: Cheat, course: Course) -> Submission:
    """The file that is handed in; none of those beside the solution.

    Its chapter is `cheat.chapter`, whole.
    """
    chapter = find_chapter(course, cheat.chapter)
    stub = (CHECKOUT / "exercises" / f"{chapter.stem}.py").read_text(encoding="utf-8")
    return Submission(chapter, f"import torch\n{cheat.source}\n{stub}", Path(f"{chapter.stem}.py"), "")


def is_barred(cheat: Cheat, course: Course) -> bool:
    """Whether the rules do not let the exercise run at all."""
    return not cheat.is_beside_solution and cheat.exercise in judge(handed_in(cheat, course)).barred()


def without_stub(cheat: Cheat, course: Course) -> Submission:
    """The same without the stub, as if the rules had dropped what it does not need."""
    return replace(handed_in(cheat, course), source=f"import torch\n{cheat.source}")


# --- the table in SECURITY.md and in its Chinese page ------------------------------------------------------


@dataclass(frozen=True)
class Table:
    """The words of the table of attacks on a page.

    Args:
        kinds: by the names of the corpus; none where the page has these names too.
        of: how many attacks `plain` stops, of how many that can be tried there.
    """

    head: str
    of: str
    not_tried: str
    kinds: dict[str, str] | None = None


TABLES = {
    "SECURITY.md": Table(
        "| kind | attacks | rules | `bwrap` | `uid` | `plain` |", "{held} of {tried}", "not tried"
    ),
    "docs/zh/sandbox.md": Table(
        "| 种类 | 攻击 | 规则 | `bwrap` | `uid` | `plain` |",
        "{tried} 种中的 {held} 种",
        "没有试",
        {
            "borrowing the answer": "借用现成的答案",
            "carrying functions over": "从别的练习带来函数",
            "escaping": "逃出沙箱",
            "exhausting": "耗尽资源",
            "forging": "伪造结果",
            "hard-coding": "写死答案",
            "reading": "偷看",
            "recognising the grader": "认出评分程序",
        },
    ),
}
_SEPARATOR = "| --- | --- | --- | --- | --- | --- |\n"


def with_table(text: str, table: Table) -> str:
    """A page with its table of attacks as the corpus has it now."""
    before, head, after = text.partition(f"{table.head}\n{_SEPARATOR}")
    return before + head + _rows(table) + after[after.index("\n\n") + 1 :]


def _rows(table: Table) -> str:
    """A line per kind: how many attacks each lock stops alone, and of how many where not all can be tried."""
    lines = []
    for kind, count, ruled, sealed, held, tried in _counted():
        name = table.kinds[kind] if table.kinds else kind
        plain = table.of.format(held=held, tried=tried) if tried else table.not_tried
        lines.append(f"| {name} | {count} | {ruled} | {sealed} | {sealed} | {plain} |\n")
    return "".join(lines)


@cache
def _counted() -> list[tuple[str, int, int, int, int, int]]:
    """Of each kind how many there are, and how many the rules, a sandbox and `plain` stop, of those tried there.

    What the sandbox stops is what the corpus says that it must; the tests hold each attack to that.
    """
    course = load_course(CHECKOUT)
    called, files = attacks(), cheats()
    counted = []
    for kind in sorted({one.kind for one in (*called, *files)}):
        calls = [one for one in called if one.kind == kind]
        handed = [one for one in files if one.kind == kind]
        ruled = sum(is_refused(one, find_chapter(course, "ch03")) for one in calls)
        ruled += sum(is_barred(one, course) for one in handed)
        held = sum(not one.is_beside_torch for one in handed)
        unsealed = sum(not (one.is_beside_torch or one.is_open_unsealed) for one in handed)
        tried = len(handed) + sum(one.is_open_unsealed for one in calls)
        counted.append((kind, len(calls) + len(handed), ruled, len(calls) + held, unsealed, tried))
    return counted


if __name__ == "__main__":
    for page, table in TABLES.items():
        place = CHECKOUT / page
        place.write_text(with_table(place.read_text(encoding="utf-8"), table), encoding="utf-8")
