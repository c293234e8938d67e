"""Measure both errors of the search for similar files: copies that are not found, and independent answers that are.

    python tests/similarity/measuring.py

Independent answers are put together from `solutions/right`, whose versions of an exercise were written to differ in
their way. Copies are these files after what people do to hide a copy. The thresholds were chosen on the odd chapters;
the even ones are what the documentation reports.
"""

from __future__ import annotations

import ast
import random
from collections import defaultdict
from collections.abc import Callable, Iterator
from pathlib import Path

from grader.course.config import load_course
from grader.course.paths import exercise_file, right_file, solution_file
from grader.course.variants import read_variants
from grader.records import Chapter
from grader.similarity.comparing import THRESHOLD, document, hashes_of_given, is_comparable, similar_pairs

CHECKOUT = Path(__file__).resolve().parents[2]
PAIRS, COPIES = 100, 20  # of each chapter: independent ones, and files that are copied in every way


# --- independent answers ----------------------------------------------------------------------------------


def versions(chapter: Chapter) -> dict[str, list[str]]:
    """Right versions of each exercise, each with its helpers and imports, as the source of a part of a file."""
    solution = solution_file(CHECKOUT, chapter.stem).read_text(encoding="utf-8")
    given = {ast.dump(node) for node in ast.parse(solution).body}
    found: dict[str, list[str]] = defaultdict(list)
    for variant in read_variants(right_file(CHECKOUT, chapter.stem), solution):
        fresh = [node for node in ast.parse(variant.source).body if ast.dump(node) not in given]
        found[variant.exercise].append("\n\n".join(ast.unparse(node) for node in fresh))
    return found


def independent_pairs(chapter: Chapter, pairs: int, seed: int) -> Iterator[tuple[list[str], list[str]]]:
    """Two files at a time, exercise by exercise, that have no version of any exercise in common."""
    parts, drawn = versions(chapter), random.Random(seed)
    for _ in range(pairs):
        chosen = [drawn.sample(parts[exercise.name], 2) for exercise in chapter.exercises]
        yield [one for one, _ in chosen], [other for _, other in chosen]


def file_of(parts: list[str]) -> str:
    """The parts as one file."""
    return "\n\n\n".join(parts)


# --- copies -----------------------------------------------------------------------------------------------


class _Renamed(ast.NodeTransformer):
    """Every name that the file gives itself is another one."""

    def __init__(self, tree: ast.Module, keep: frozenset[str]) -> None:
        names = {
            node.id
            for node in ast.walk(tree)
            if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)
        }
        names |= {node.arg for node in ast.walk(tree) if isinstance(node, ast.arg)}
        names |= {
            node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef) and node.name[0] == "_"
        }
        self.names = {
            name: f"other_{number}" for number, name in enumerate(sorted(names - keep - {"self", "cls"}))
        }

    def visit_Name(self, node: ast.Name) -> ast.Name:
        node.id = self.names.get(node.id, node.id)
        return node

    def visit_arg(self, node: ast.arg) -> ast.arg:
        node.arg = self.names.get(node.arg, node.arg)
        return node

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.FunctionDef:
        node.name = self.names.get(node.name, node.name)
        self.generic_visit(node)
        return node


class _OtherConstants(ast.NodeTransformer):
    def visit_Constant(self, node: ast.Constant) -> ast.Constant:
        if isinstance(node.value, int | float) and not isinstance(node.value, bool):
            return ast.Constant(node.value + 1)
        return node


class _Padded(ast.NodeTransformer):
    """A statement without effect stands after every third."""

    def __init__(self) -> None:
        self.count = 0

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.FunctionDef:
        body: list[ast.stmt] = []
        for statement in node.body[:-1]:
            body.append(statement)
            self.count += 1
            if self.count % 3 == 0:
                body.append(ast.parse(f"spare_{self.count} = None").body[0])
        node.body = [*body, node.body[-1]]
        self.generic_visit(node)
        return node


def reformatted(source: str, chapter: Chapter) -> str:
    """Other blank lines, no comments, long lines joined."""
    return "# mine\n" + ast.unparse(ast.parse(source)).replace("\n", "\n\n").replace(" = ", "  =  ")


def renamed(source: str, chapter: Chapter) -> str:
    tree = ast.parse(source)
    keep = frozenset(exercise.name for exercise in chapter.exercises)
    return ast.unparse(_Renamed(tree, keep).visit(tree))


def reordered(source: str, chapter: Chapter) -> str:
    """The definitions the other way round."""
    tree = ast.parse(source)
    tree.body.reverse()
    return ast.unparse(tree)


def other_constants(source: str, chapter: Chapter) -> str:
    return ast.unparse(ast.fix_missing_locations(_OtherConstants().visit(ast.parse(source))))


def padded(source: str, chapter: Chapter) -> str:
    return ast.unparse(ast.fix_missing_locations(_Padded().visit(ast.parse(source))))


def all_of_it(source: str, chapter: Chapter) -> str:
    for disguise in (renamed, reordered, other_constants, reformatted):
        source = disguise(source, chapter)
    return source


def all_and_padded(source: str, chapter: Chapter) -> str:
    return padded(all_of_it(source, chapter), chapter)


DISGUISES: tuple[Callable[[str, Chapter], str], ...] = (
    reformatted, renamed, reordered, other_constants, all_of_it, padded, all_and_padded,
)  # fmt: skip


# --- the figures ------------------------------------------------------------------------------------------


def share_of(left: str, right: str, chapter: Chapter, given: frozenset[int]) -> float | None:
    """How much two files share; None if one of them holds too little of its own."""
    both = [document(name, chapter.stem, "", text, given) for name, text in (("a", left), ("b", right))]
    if not all(map(is_comparable, both)):
        return None
    pairs = similar_pairs(both, threshold=0.0)
    return pairs[0].share if pairs else 0.0


def measure(
    chapter: Chapter, pairs: int = PAIRS, copies: int = COPIES, seed: int = 0
) -> dict[str, list[float | None]]:
    """The shares of independent pairs, and of copies by disguise; the last has every second exercise only."""
    files = (exercise_file(CHECKOUT, chapter.stem), solution_file(CHECKOUT, chapter.stem))
    given = hashes_of_given(file.read_text(encoding="utf-8") for file in files)
    found: dict[str, list[float | None]] = defaultdict(list)
    for number, (left, right) in enumerate(independent_pairs(chapter, pairs, seed)):
        original = file_of(left)
        found["independent"].append(share_of(original, file_of(right), chapter, given))
        if number < copies:
            for disguise in DISGUISES:
                copy = disguise(original, chapter)
                found[disguise.__name__].append(share_of(original, copy, chapter, given))
            half = [(left if place % 2 else right)[place] for place in range(len(left))]
            copy = all_of_it(file_of(half), chapter)
            found["half_of_it"].append(share_of(original, copy, chapter, given))
    return found


def main() -> None:
    """Print how many pairs of each kind are shown, of the chapters that chose the thresholds and of the others."""
    chapters = load_course(CHECKOUT).chapters
    for title, some in (("odd chapters", chapters[::2]), ("even chapters", chapters[1::2])):
        shares: dict[str, list[float | None]] = defaultdict(list)
        for chapter in some:
            for kind, found in measure(chapter).items():
                shares[kind] += found
        print(title)
        for kind, found in shares.items():
            compared = sorted(share for share in found if share is not None)
            shown = sum(share >= THRESHOLD for share in compared)
            little = len(found) - len(compared)
            print(
                f"  {kind:16} {shown} of {len(compared)} shown, {little} not compared, "
                f"shares {compared[0]:.2f} to {compared[-1]:.2f}"
            )


if __name__ == "__main__":
    main()
