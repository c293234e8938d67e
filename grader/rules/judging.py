"""Judge a submission by its syntax tree, before any of it runs: what may run, what is held back, and why.

What the rules do not allow is a breach. It is taken out together with everything that reaches it by name, and costs
the exercises among that; the rest is graded.
"""

from __future__ import annotations

import ast
import builtins
from collections import Counter
from collections.abc import Iterable

from grader.errors import SubmissionError
from grader.language import kept
from grader.records import Breach, Chapter, Exercise, Refusal, Ruling, Submission
from grader.rules import allowlist
from grader.rules.analyzer import read_statement
from grader.rules.dependencies import Reach
from grader.rules.imports import Alias, Imports, Modules, edits_inside, resolve, settle_imports, star_names
from grader.rules.leftovers import replace_leftovers
from grader.rules.reading import Finding, Names, Use
from grader.rules.refusals import refusal_of_attribute
from grader.rules.rewriting import Edit, without
from grader.rules.scopes import AnyFunction, Kind, Meaning
from grader.rules.toplevel import Part, TopLevel, divide, loose_names, names_needed_at_once, want_future
from grader.syntax import Definition, Unreadable, parse

MAX_BREACHES_PER_EXERCISE = 10
MAX_STATEMENTS = 5_000
MAX_NOTES = 40


def judge(submission: Submission | str, chapter: Chapter | None = None) -> Ruling:
    """Judge a submission, or the bare source of one, by the rules of its chapter.

    Imports, definitions and constants are kept; other statements of the top level are dropped, for they are scratch
    work. Lines of `Ruling.source` are lines of the submission: what is held back leaves empty lines.

    Args:
        submission: what was read of a file, or the bare source.
        chapter: whose rules count; may be left out where the submission names its chapter.

    Returns:
        The source that may run, the breaches with the exercises they cost, what was left out and why, and the names
        that are defined in what may run.

    Raises:
        TypeError: a bare source came without a chapter.
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
    """Judge a tree. The order matters: each step sees what the ones before it left.

    First what could never run here is replaced, then the top level is divided and the imports get their meanings;
    only then can a statement be read, for what a name in it means depends on all of them. Who reaches whom comes last,
    since it follows the names that the reading found.
    """
    if len(tree.body) > MAX_STATEMENTS:
        raise Unreadable(f"there are more than {MAX_STATEMENTS:,} statements outside of functions")
    modules = allowlist.modules_for(chapter.imports)
    exercises = frozenset(exercise.name for exercise in chapter.exercises)
    edits, replaced = replace_leftovers(tree, modules)
    file = divide(tree, exercises, modules)
    file.dropped += replaced
    definitions = frozenset(name for part in file.parts if part.is_definition for name in part.names)
    imports = settle_imports(file.aliases, definitions, exercises, modules, frozenset(file.nested))
    _expand_stars(tree, file, imports, modules)
    _drop_constants_named_like_imports(file, definitions)
    if _has_foreign_annotation(file, imports):
        want_future(tree, file)
    _read(file, imports, chapter)
    _drop_scratch(file, imports, exercises)
    _drop_undefined(file, imports)
    reach = Reach(file.parts)
    breaches, offending = _breaches(reach, chapter)
    breaches += _imported_exercises(file, reach, chapter)
    barred = {name for breach in breaches for name in breach.exercises}
    _hold_back(file, reach, offending, barred, chapter)
    _note_refused_imports(file, imports, breaches)
    definitions_left = [part.node for part in file.parts if part.node not in file.removed]
    edits += [*imports.edits, *edits_inside(_functions_in(definitions_left), modules)]
    edits += [Edit(node) for node in tree.body if node in file.removed]
    kept = [part for part in file.parts if part.node not in file.removed]
    return Ruling(
        source=without(source, tree, edits, add_future=file.add_future),
        breaches=tuple(sorted(breaches, key=lambda breach: (breach.line, breach.name))),
        dropped=tuple(sorted(file.dropped)[:MAX_NOTES]),
        defined=tuple(dict.fromkeys(name for part in kept for name in part.names)),
    )


def _functions_in(statements: Iterable[ast.stmt]) -> list[ast.stmt]:
    """The functions among the statements and in their `if` and `try`; a class counts with its methods."""
    found: list[ast.stmt] = []
    waiting = list(statements)
    while waiting:
        node = waiting.pop()
        if isinstance(node, Definition):
            found.append(node)
        elif isinstance(node, ast.If | ast.Try):
            waiting += [part for part in ast.iter_child_nodes(node) if isinstance(part, ast.stmt)]
            waiting += [part for handler in getattr(node, "handlers", ()) for part in handler.body]
    return found


# --- reading ----------------------------------------------------------------------------------------------


def _expand_stars(tree: ast.Module, file: TopLevel, imports: Imports, modules: Modules) -> None:
    """`from math import *` becomes an import of what the file uses of it, so that every name has one meaning."""
    used = _names_not_pythons(tree) if file.stars else set()
    own = {name for part in file.parts for name in part.names}
    for statement in file.stars:
        if statement.module not in modules or statement.level:
            file.drop(statement, f"{statement.module or '.'} may not be imported")
            continue
        wanted = star_names(statement, used - own - imports.meanings.keys())
        alias = ast.alias("*")
        for name in wanted:
            origin = f"{statement.module}.{name}"
            kind = resolve(origin, modules)
            imports.meanings[name] = Meaning(kind, origin)
            if kind is Kind.REFUSED:
                imports.refused[name] = Alias(statement, alias, name, origin)
        allowed = [name for name in wanted if name not in imports.refused]
        text = f"from {statement.module} import {', '.join(allowed)}" if allowed else ""
        imports.edits.append(Edit(statement, text or ("pass" if statement in file.nested else "")))


def _names_not_pythons(tree: ast.Module) -> set[str]:
    """Names that a star import may give a meaning.

    `from torch import *` takes float, range and max from whoever does not know. What Python has a name for is
    Python's here, unless it is called as only torch's can be.
    """
    used = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
    calls = [
        node for node in ast.walk(tree) if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
    ]
    with_dim = {
        node.func.id
        for node in calls
        if isinstance(node.func, ast.Name)
        and {"dim", "keepdim"}.intersection(k.arg or "" for k in node.keywords)
    }
    return {name for name in used if name in with_dim or not hasattr(builtins, name)}


def _drop_constants_named_like_imports(file: TopLevel, definitions: frozenset[str]) -> None:
    """A name with two meanings would make every use of it doubtful; the import is kept."""
    imported = {alias.local for alias in file.aliases} - definitions
    for part in list(file.parts):
        if not part.is_definition and (clash := imported.intersection(part.names)):
            file.drop_part(part, f"{min(clash)} is the name of an import")


def _has_foreign_annotation(file: TopLevel, imports: Imports) -> bool:
    """Whether an annotation asks for something that may not be imported: `x: np.ndarray`."""
    if not imports.refused:
        return False
    annotations = [
        note
        for part in file.parts
        for node in ast.walk(part.node)
        if isinstance(node, ast.arg | ast.AnnAssign | ast.FunctionDef | ast.AsyncFunctionDef)
        if (note := node.returns if isinstance(node, AnyFunction) else node.annotation) is not None
    ]
    return any(
        isinstance(item, ast.Name) and item.id in imports.refused
        for note in annotations
        for item in ast.walk(note)
    )


def _names(file: TopLevel, imports: Imports) -> Names:
    """What the names of the file mean.

    Args:
        file: its parts, as far as they are kept by now.
        imports: the meanings of imported names.
    """
    bound = [name for part in file.parts for name in part.names]
    once = {name for name, count in Counter(bound).items() if count == 1}
    classes = {part.names[0] for part in file.parts if isinstance(part.node, ast.ClassDef)}
    others = {
        name
        for part in file.parts
        for name in (part.names if not isinstance(part.node, ast.ClassDef) else part.names[1:])
    }
    values = {part.names[0]: part.node.value for part in file.parts if _is_single(part)}  # type: ignore[attr-defined]
    records = {
        name
        for name, value in values.items()
        if name in once and isinstance(value, ast.Call) and _makes_record(value, imports)
    }
    functions = {part.names[0] for part in file.parts if isinstance(part.node, AnyFunction)}
    made = {name for name, value in values.items() if isinstance(value, ast.Call | ast.Lambda)}
    return Names(
        imports=imports.meanings,
        own=frozenset(bound),
        classes=frozenset((classes - others) | records),
        shared=frozenset(classes | functions | made),
        texts={
            name: value.value
            for name, value in values.items()
            if name in once and isinstance(value, ast.Constant) and isinstance(value.value, str)
        },
        later_annotations=file.future,
    )


def _is_single(part: Part) -> bool:
    """Whether the part is a constant with one name and a value."""
    return isinstance(part.node, ast.Assign | ast.AnnAssign) and len(part.names) == 1 and not part.changes


def _makes_record(call: ast.Call, imports: Imports) -> bool:
    """Whether a call makes a class with named fields, as namedtuple does."""
    head = call.func.value if isinstance(call.func, ast.Attribute) else call.func
    if not isinstance(head, ast.Name) or head.id not in imports.meanings:
        return False
    origin = imports.meanings[head.id].origin
    if isinstance(call.func, ast.Attribute):
        origin = f"{origin}.{call.func.attr}"
    return origin in allowlist.RECORD_MAKERS


def _read(file: TopLevel, imports: Imports, chapter: Chapter) -> None:
    """Read every part, then settle the attributes that only the file as a whole can explain."""
    names = _names(file, imports)
    modules, attributes = allowlist.modules_for(chapter.imports), allowlist.attributes_for(chapter.imports)
    for part in file.parts:
        part.reading = read_statement(part.node, names, modules, attributes)
        part.findings = list(part.reading.findings)
    own = {name for part in file.parts for name in part.reading.defines}
    for part in file.parts:
        asked = [(line, name) for line in part.reading.by_position for name in own - attributes]
        for line, name in part.reading.unknown + asked:
            if not _is_open_attribute(name, own):
                part.findings.append(Finding(line, name, refusal_of_attribute(name)))


def _is_open_attribute(name: str, own: set[str]) -> bool:
    """Whether an attribute that is not listed may be asked for: the file's own, or nobody's.

    Of nobody's Python says that it is not there. But objects hide more than their classes show, and what begins with
    an underscore is nothing to ask others for.
    """
    if name in allowlist.taken_attributes():
        return name in own and allowlist.may_be_own(name)
    return name in own or not name.startswith("_")


def _drop_scratch(file: TopLevel, imports: Imports, exercises: frozenset[str]) -> None:
    """Drop constants that no function needs, or that are made of what has been dropped.

    A constant that calls something and that nothing reads is scratch work: `x = torch.randn(3)`; and so is `y = x`
    after it.

    Repeated until nothing changes, for each constant that goes may have been the only reader of another.
    """
    while True:
        read = exercises.union(*(part.reading.reads - _own_names_of(part) for part in file.parts))
        bound = {name for part in file.parts for name in part.names} | imports.meanings.keys()
        dropped = [(part, reason) for part in file.parts if (reason := _why_scratch(part, read, bound))]
        if not dropped:
            return
        for part, reason in dropped:
            file.drop_part(part, reason)


def _own_names_of(part: Part) -> frozenset[str]:
    """Names whose being read by the part itself makes nobody need them: `TABLE["a"] = 1` reads TABLE."""
    return frozenset() if part.is_definition else frozenset(part.names)


def _why_scratch(part: Part, read: set[str] | frozenset[str], bound: set[str]) -> str:
    """Why a part that is no definition should not run; empty if it should.

    Args:
        read: names that some function reads, and the exercises.
        bound: names that are defined at all by what is kept so far.
    """
    if part.is_definition:
        return ""
    runs = part.changes or any(isinstance(node, ast.Call) for node in ast.walk(part.node))
    if not read.intersection(part.names) and (part.findings or runs):
        return kept("no function uses it")
    missing = sorted(name for name in loose_names(part.node) - bound if not hasattr(builtins, name))
    return kept(f"it is made of {missing[0]}, which is left out") if missing and not part.changes else ""


def _drop_undefined(file: TopLevel, imports: Imports) -> None:
    """A decorator or default that is not defined costs what stands under it, and not the whole file."""
    bound = {name for part in file.parts for name in part.names} | imports.meanings.keys()
    for part in list(file.parts):
        missing = sorted(
            name for name in names_needed_at_once(part.node) - bound if not hasattr(builtins, name)
        )
        if missing:
            file.drop_part(part, f"it needs {missing[0]}, which is not defined")


# --- breaches ---------------------------------------------------------------------------------------------


def _breaches(reach: Reach, chapter: Chapter) -> tuple[list[Breach], set[Part]]:
    """What the exercises may not do, and the parts that do it.

    Returns:
        One breach for each finding, with all the exercises it costs, and the parts to be held back. A part whose
        finding no exercise reaches is held back as well, but costs nothing.
    """
    costs: dict[Finding, dict[str, None]] = {}
    offending = {part for part in reach.parts if part.findings}
    for exercise in chapter.exercises:
        reached = reach.of(exercise.name)
        found = [(part, finding) for part in reached for finding in part.findings]
        if exercise.forbidden:
            found += [
                (part, Finding(use.line, use.origin, Refusal.ANSWER))
                for part in reach.handed_to(exercise.name)
                for use in part.reading.uses
                if _is_forbidden(use, exercise) and (part in reached or not _is_seen_by_the_sandbox(use))
            ]
        offending.update(part for part, _ in found)
        for finding in _worth_telling(finding for _, finding in found):
            costs.setdefault(finding, {})[exercise.name] = None
    return [
        Breach(finding.line, finding.name, finding.refusal, tuple(names), near=finding.near)
        for finding, names in costs.items()
    ], offending


def _is_forbidden(use: Use, exercise: Exercise) -> bool:
    """In place or not: `clamp_` is barred with `clamp`."""
    return use.name in exercise.forbidden or use.name.rstrip("_") in exercise.forbidden


def _is_seen_by_the_sandbox(use: Use) -> bool:
    """Whether the operation is torch's: then it is barred where it runs, by whatever road it was handed over.

    A function of `math` is not, so what could have left it in something shared counts as well.
    """
    return use.origin.split(".")[0] == "torch"


def _worth_telling(findings: Iterable[Finding]) -> list[Finding]:
    """Each name once, at its first line, and not hundreds of them."""
    first: dict[str, Finding] = {}
    for finding in sorted(findings):
        first.setdefault(finding.name, finding)
    return list(first.values())[:MAX_BREACHES_PER_EXERCISE]


def _imported_exercises(file: TopLevel, reach: Reach, chapter: Chapter) -> list[Breach]:
    """`from torch import tanh` is no answer to the exercise tanh."""
    exercises = {exercise.name for exercise in chapter.exercises} - reach.named.keys()
    return [
        Breach(item.statement.lineno, item.origin, Refusal.IMPORTED_EXERCISE, (item.local,))
        for item in {item.local: item for item in file.aliases}.values()
        if item.local in exercises
    ]


# --- holding back -----------------------------------------------------------------------------------------


def _hold_back(
    file: TopLevel, reach: Reach, offending: set[Part], barred: set[str], chapter: Chapter
) -> None:
    """Take out what is in breach and all that leads there, apart from what a graded exercise needs.

    What offends only as one exercise's answer may be an honest part of another.

    Args:
        offending: parts with a finding, or with a use that is some exercise's answer.
        barred: exercises that score 0.
    """
    reached = {exercise.name: reach.of(exercise.name) for exercise in chapter.exercises}
    needed = {part for name, parts in reached.items() if name not in barred for part in parts}
    explained = {part for parts in reached.values() for part in parts}
    offending = offending.union(*(reach.named.get(name, ()) for name in barred))
    for part in reach.towards(offending) - needed:
        if part.findings and part not in explained:
            file.drop(part.node, f"it uses {min(part.findings).name}, which may not be used here")
        file.removed.add(part.node)


def _note_refused_imports(file: TopLevel, imports: Imports, breaches: list[Breach]) -> None:
    """Name the imports that went without costing anybody anything; the others stand among the breaches."""
    told = tuple(breach.name for breach in breaches)
    for item in imports.refused.values():
        if not any(name == item.origin or name.startswith(f"{item.origin}.") for name in told):
            file.dropped.append((item.statement.lineno, kept(f"{item.origin} may not be imported")))
