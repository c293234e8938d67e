"""Judge a submission by its syntax tree, before any of it runs: what may run, what is held back, and why.

What the rules do not allow is a breach. It is taken out together with everything that reaches it by name, and costs
the exercises among that; the rest is graded.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable

from grader.errors import SubmissionError, did_you_mean
from grader.records import Breach, Chapter, Exercise, Ruling, Submission
from grader.rules import allowlist
from grader.rules.analyzer import Finding, Names, Use, read_statement
from grader.rules.dependencies import Reach
from grader.rules.imports import Imports, settle_imports
from grader.rules.rewriting import Edit, without
from grader.rules.toplevel import Part, Sorted, sort_file
from grader.syntax import Unreadable, parse

MAX_BREACHES_PER_EXERCISE = 10
MAX_SUGGESTIONS = 10
MAX_STATEMENTS = 5_000
MAX_NOTES = 40


def judge(submission: Submission | str, chapter: Chapter | None = None) -> Ruling:
    """Judge a submission, or the bare source of one, by the rules of its chapter.

    Imports, definitions and constants are kept; other statements of the top level are dropped, for they are scratch
    work. Lines of `Ruling.source` are lines of the submission: what is held back leaves empty lines.

    Raises:
        SubmissionError: Python cannot read the source.
    """
    if isinstance(submission, Submission):
        source, chapter = submission.source, chapter or submission.chapter
    else:
        source = submission.replace("\r\n", "\n").replace("\r", "\n")
    if chapter is None:
        raise TypeError("a bare source is judged by the rules of a chapter: judge(source, chapter)")
    try:
        return _rule(source, parse(source), chapter)
    except Unreadable as error:
        where = submission.place(error.line) if isinstance(submission, Submission) else f"line {error.line}"
        step = f"fix that line, then run: brick check {chapter.label}"
        raise SubmissionError(f"Python cannot read the file: {error.reason}", where, step) from error


def _rule(source: str, tree: ast.Module, chapter: Chapter) -> Ruling:
    if len(tree.body) > MAX_STATEMENTS:
        raise Unreadable(f"there are more than {MAX_STATEMENTS:,} statements outside of functions")
    file = sort_file(tree)
    modules = allowlist.modules_for(chapter.imports)
    definitions = frozenset(name for part in file.parts if part.is_definition for name in part.names)
    exercises = frozenset(exercise.name for exercise in chapter.exercises)
    imports = settle_imports(file.aliases, definitions, exercises, modules)
    _drop_constants_named_like_imports(file, definitions)
    _read(file, imports, chapter)
    _drop_unused_calls(file, chapter)
    reach = Reach(file.parts)
    breaches, offending = _breaches(reach, chapter)
    breaches += _imported_exercises(file, reach, chapter)
    barred = {name for breach in breaches for name in breach.exercises}
    _hold_back(file, reach, offending, barred, chapter)
    _note_refused_imports(file, imports, breaches)
    edits = [*imports.edits, *(Edit(node) for node in tree.body if node in file.removed)]
    kept = [part for part in file.parts if part.node not in file.removed]
    return Ruling(
        source=without(source, tree, edits, add_future=file.add_future),
        breaches=tuple(sorted(breaches, key=lambda breach: (breach.line, breach.name))),
        dropped=tuple(sorted(file.dropped)[:MAX_NOTES]),
        defined=tuple(dict.fromkeys(name for part in kept for name in part.names)),
    )


# --- reading ----------------------------------------------------------------------------------------------


def _drop_constants_named_like_imports(file: Sorted, definitions: frozenset[str]) -> None:
    imported = {alias.local for alias in file.aliases} - definitions
    for part in list(file.parts):
        if not part.is_definition and (clash := imported.intersection(part.names)):
            file.drop(part.node, f"{min(clash)} is the name of an import")
            file.parts.remove(part)


def _read(file: Sorted, imports: Imports, chapter: Chapter) -> None:
    """Read every part, then settle the attributes that only the file as a whole can explain."""
    classes = [part.names[0] for part in file.parts if isinstance(part.node, ast.ClassDef)]
    others = {name for part in file.parts if not isinstance(part.node, ast.ClassDef) for name in part.names}
    names = Names(
        modules=imports.modules,
        imported=imports.names,
        refused={local: item.origin for local, item in imports.refused.items()},
        own=frozenset(classes) | others,
        classes=frozenset(classes) - others,
        star=file.star,
        later_annotations=file.future,
    )
    modules, attributes = allowlist.modules_for(chapter.imports), allowlist.attributes_for(chapter.imports)
    for part in file.parts:
        part.reading = read_statement(part.node, names, modules, attributes)
        part.findings = list(part.reading.findings)
    own = {name for part in file.parts for name in part.reading.defines}
    if any(part.reading.unknown for part in file.parts):
        own -= allowlist.taken_attributes()
    suggestions = 0
    for part in file.parts:
        for line, name in part.reading.unknown:
            if name not in own:
                suggest = did_you_mean(name, attributes | own) if suggestions < MAX_SUGGESTIONS else ""
                suggestions += 1
                reason = allowlist.why_not(name, f"it is not among the operations of this course{suggest}")
                part.findings.append(Finding(line, name, reason))


def _drop_unused_calls(file: Sorted, chapter: Chapter) -> None:
    """A constant that calls something and that nothing reads is scratch work: `x = torch.randn(3)`."""
    exercises = {exercise.name for exercise in chapter.exercises}
    while True:
        read = exercises.union(*(part.reading.reads for part in file.parts))
        unused = [
            part
            for part in file.parts
            if not part.is_definition
            and not read.intersection(part.names)
            and (part.findings or any(isinstance(node, ast.Call) for node in ast.walk(part.node)))
        ]
        if not unused:
            return
        for part in unused:
            file.drop(part.node, "no function uses it")
            file.parts.remove(part)


# --- breaches ---------------------------------------------------------------------------------------------


def _breaches(reach: Reach, chapter: Chapter) -> tuple[list[Breach], set[Part]]:
    """What the exercises may not do, and the parts that do it."""
    costs: dict[Finding, dict[str, None]] = {}
    offending = {part for part in reach.parts if part.findings}
    for exercise in chapter.exercises:
        found = [(part, finding) for part in reach.of(exercise.name) for finding in part.findings]
        if exercise.forbidden:
            found += [
                (part, _answer(use))
                for part in reach.handed_to(exercise.name)
                for use in part.reading.uses
                if _is_forbidden(use, exercise)
            ]
        offending.update(part for part, _ in found)
        for finding in _worth_telling(finding for _, finding in found):
            costs.setdefault(finding, {})[exercise.name] = None
    return [Breach(*finding, exercises=tuple(names)) for finding, names in costs.items()], offending


def _is_forbidden(use: Use, exercise: Exercise) -> bool:
    return use.name in exercise.forbidden or use.name.rstrip("_") in exercise.forbidden


def _answer(use: Use) -> Finding:
    return Finding(use.line, use.shown, allowlist.why_not(use.name, "it is the answer itself here"))


def _worth_telling(findings: Iterable[Finding]) -> list[Finding]:
    """Each name once, at its first line, and not hundreds of them."""
    first: dict[str, Finding] = {}
    for finding in sorted(findings):
        first.setdefault(finding.name, finding)
    return list(first.values())[:MAX_BREACHES_PER_EXERCISE]


def _imported_exercises(file: Sorted, reach: Reach, chapter: Chapter) -> list[Breach]:
    """`from torch import tanh` is no answer to the exercise tanh."""
    exercises = {exercise.name for exercise in chapter.exercises} - reach.named.keys()
    return [
        Breach(item.statement.lineno, item.origin, f"{item.local} is yours to write, with def", (item.local,))
        for item in {item.local: item for item in file.aliases}.values()
        if item.local in exercises
    ]


# --- holding back -----------------------------------------------------------------------------------------


def _hold_back(file: Sorted, reach: Reach, offending: set[Part], barred: set[str], chapter: Chapter) -> None:
    """Take out what is in breach and all that leads there, apart from what a graded exercise needs.

    What offends only as one exercise's answer may be an honest part of another.
    """
    reached = {exercise.name: reach.of(exercise.name) for exercise in chapter.exercises}
    needed = {part for name, parts in reached.items() if name not in barred for part in parts}
    explained = {part for parts in reached.values() for part in parts}
    offending = offending.union(*(reach.named.get(name, ()) for name in barred))
    for part in reach.towards(offending) - needed:
        if part.findings and part not in explained:
            finding = min(part.findings)
            file.drop(part.node, f"it uses {finding.name}: {finding.reason}")
        file.removed.add(part.node)


def _note_refused_imports(file: Sorted, imports: Imports, breaches: list[Breach]) -> None:
    told = tuple(breach.name for breach in breaches)
    for item in imports.refused.values():
        if not any(name == item.origin or name.startswith(f"{item.origin}.") for name in told):
            file.dropped.append((item.statement.lineno, f"{item.origin} may not be imported"))
