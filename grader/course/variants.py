"""Turn a file of named variants of exercises, known mistakes or right answers, into whole submissions.

A file of variants defines `softmax__no_shift`, `softmax__default_dim_0` and so on, each with a docstring that is the
mistake's name in words. Every variant becomes the chapter's solution with that one exercise replaced, since a mistake
in one exercise is met by learners who solved the others.
"""

from __future__ import annotations

import ast
import copy
import re
from collections.abc import Container, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from grader.errors import CourseError
from grader.syntax import PARSER

Definition = ast.FunctionDef | ast.ClassDef
NAME = re.compile(r"(?P<exercise>[A-Za-z][A-Za-z0-9]*(?:_[A-Za-z0-9]+)*)__(?P<slug>[A-Za-z0-9_]+)")


@dataclass(frozen=True)
class Variant:
    """The solution with one exercise replaced. `source` is a whole submission, `line` is in the variants' file.

    Args:
        slug: which mistake it is, in a word that is unique for the exercise.
        diagnosis: the mistake in words, from the docstring; what a learner who made it is told.
    """

    exercise: str
    slug: str
    diagnosis: str
    source: str
    line: int

    @property
    def name(self) -> str:
        """The name it has in its file."""
        return f"{self.exercise}__{self.slug}"


def read_variants(path: Path, solution: str) -> tuple[Variant, ...]:
    """Read the variants in `path` of the exercises that the source `solution` solves, in order of appearance.

    Args:
        path: a file of definitions called `<exercise>__<slug>`, with helpers of their own if need be.
        solution: the source of the chapter's solution.

    Raises:
        CourseError: for a file that cannot be read, a name of another form, or an exercise that is not there.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise CourseError(
            f"cannot read the variants: {error}", str(path), "write that file in UTF-8"
        ) from error
    return make_variants(text, solution, where=str(path))


def make_variants(text: str, solution: str, *, where: str = "variants") -> tuple[Variant, ...]:
    """Assemble every `<exercise>__<slug>` of `text` with `solution`.

    Args:
        text: the definitions of the variants and of their helpers.
        solution: the source of the chapter's solution.
        where: the file of `text`, for errors.

    Returns:
        One whole submission for each, in the file's order.

    Raises:
        CourseError: as `read_variants`.
    """
    ours = _Module.parse(text, where)
    theirs = _Module.parse(solution, f"the solution of {where}")
    variants: list[Variant] = []
    for name, statement in ours.definitions.items():
        match = NAME.fullmatch(name)
        if match is None:
            # A helper may have any name but one that looks like a misspelt variant.
            if "__" in name and not name.startswith("_"):
                place = f"{where}, line {statement.lineno}"
                raise CourseError(f"no variant can be called {name}", place, "write <exercise>__<slug>")
            continue
        exercise = match["exercise"]
        if not isinstance(theirs.definitions.get(exercise), Definition):
            raise CourseError(
                f"{name} is a variant of {exercise}, which the solution does not define",
                f"{where}, line {statement.lineno}",
                "name a function or class of the solution before the two underscores",
            )
        if not isinstance(statement, Definition):
            place = f"{where}, line {statement.lineno}"
            raise CourseError(f"{name} is not a function or class", place, "write it with def or class")
        diagnosis = " ".join((ast.get_docstring(statement) or "").split())
        source = _assemble(ours, theirs, exercise, name)
        variants.append(Variant(exercise, match["slug"], diagnosis, source, statement.lineno))
    return tuple(variants)


def parts_of_variants(text: str, solution: str) -> dict[str, str]:
    """All code that the variants of each exercise are made of and can reach, comments and docstrings left out.

    Args:
        text: the definitions of the variants and of their helpers.
        solution: the source of the chapter's solution.

    Returns:
        By exercise, something that is another where the code is. A variant's sentence is no part of it.

    Raises:
        CourseError: Python cannot read one of them.
    """
    ours, theirs = _Module.parse(text, "variants"), _Module.parse(solution, "the solution")
    found: dict[str, list[str]] = {}
    for name in ours.definitions:
        match = NAME.fullmatch(name)
        if match is not None:
            reached = ours.reached_from([name])
            right = theirs.reached_from({match["exercise"]}.union(*(ours.reads[item] for item in reached)))
            code = found.setdefault(match["exercise"], [])
            code += [_code_of(ours.definitions[item]) for item in sorted(reached)]
            code += [_code_of(theirs.definitions[item]) for item in sorted(right)]
    return {exercise: "\n".join(dict.fromkeys(code)) for exercise, code in found.items()}


def _code_of(statement: ast.stmt) -> str:
    """A statement without what is said about it."""
    copied = copy.deepcopy(statement)
    for node in ast.walk(copied):
        if isinstance(node, Definition) and ast.get_docstring(node) is not None:
            del node.body[0]
    return ast.dump(copied)


# --- a module's parts -------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Module:
    """Imports and named top-level statements of a file, and the names that each of them reads."""

    imports: tuple[ast.stmt, ...]
    definitions: Mapping[str, ast.stmt]
    reads: Mapping[str, frozenset[str]]

    @classmethod
    def parse(cls, text: str, where: str) -> _Module:
        """Raises:
        CourseError: Python cannot read it, or a variant is defined twice.
        """
        try:
            # Author's code, but parsed while other threads may parse too.
            with PARSER:
                body = ast.parse(text).body
        except SyntaxError as error:
            place = f"{where}, line {error.lineno}"
            raise CourseError(f"Python cannot read the file: {error.msg}", place, "fix that line") from error
        imports = tuple(node for node in body if isinstance(node, ast.Import | ast.ImportFrom))
        definitions: dict[str, ast.stmt] = {}
        for node in body:
            for name in _bound_names(node):
                if name in definitions and "__" in name:
                    place = f"{where}, line {node.lineno}"
                    raise CourseError(f"{name} is defined twice", place, "give one of them another slug")
                definitions[name] = node
        return cls(imports, definitions, {name: _names_read(node) for name, node in definitions.items()})

    def statements(self) -> list[ast.stmt]:
        """The named statements, each once, in the file's order."""
        unique = {id(node): node for node in self.definitions.values()}
        return sorted(unique.values(), key=lambda node: node.lineno)

    def reached_from(self, names: Iterable[str], *, through: Container[str] | None = None) -> set[str]:
        """The definitions among `names`, and those they refer to in turn; only those in `through` if given."""
        reached: set[str] = set()
        waiting = list(names)
        while waiting:
            name = waiting.pop()
            if name in self.definitions and name not in reached and (through is None or name in through):
                reached.add(name)
                waiting.extend(self.reads[name])
        return reached


def _bound_names(node: ast.stmt) -> Iterator[str]:
    """The names that a top-level statement defines: a function's, a class's, or those assigned to."""
    if isinstance(node, ast.FunctionDef | ast.ClassDef):
        yield node.name
        return
    targets: list[ast.expr] = []
    if isinstance(node, ast.Assign):
        targets = node.targets
    elif isinstance(node, ast.AnnAssign):
        targets = [node.target]
    for target in targets:
        yield from (part.id for part in ast.walk(target) if isinstance(part, ast.Name))


def _names_read(node: ast.stmt) -> frozenset[str]:
    """Global names read in `node`, annotations left out: they are never evaluated."""
    names: set[str] = set()
    _Renamer({}, seen=names).visit(copy.deepcopy(node))
    return frozenset(names)


# --- renaming ---------------------------------------------------------------------------------------------


class _Renamer(ast.NodeTransformer):
    """Rename global names where they are read. Parameters, locals and annotations keep their names.

    Args:
        names: old name to new; names that are not among them stay.
        seen: takes every global name that is read, if given.
    """

    def __init__(self, names: Mapping[str, str], seen: set[str] | None = None) -> None:
        self.names = names
        self.seen = seen if seen is not None else set()
        self.local: list[set[str]] = []

    def visit_Name(self, node: ast.Name) -> ast.Name:
        """Rename, unless a function around it has bound the name itself."""
        if not any(node.id in names for names in self.local):
            self.seen.add(node.id)
            node.id = self.names.get(node.id, node.id)
        return node

    def visit_arg(self, node: ast.arg) -> ast.arg:
        return node  # without its annotation, which is never evaluated

    def visit_AnnAssign(self, node: ast.AnnAssign) -> ast.AnnAssign:
        """The value and the target, but not the annotation."""
        if node.value is not None:
            node.value = self.visit(node.value)
        node.target = self.visit(node.target)
        return node

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.FunctionDef:
        """Its body sees its own names first; decorators and defaults belong to what is around it."""
        node.decorator_list = [self.visit(item) for item in node.decorator_list]
        node.args = self.visit(node.args)  # the defaults; they are evaluated outside
        self.local.append(_locals(node))
        node.body = [self.visit(item) for item in node.body]
        self.local.pop()
        return node

    def visit_ClassDef(self, node: ast.ClassDef) -> ast.ClassDef:
        """Statements of the body see the class's names; methods do not."""
        node.bases = [self.visit(item) for item in node.bases]
        node.decorator_list = [self.visit(item) for item in node.decorator_list]
        own = {name for item in node.body for name in _bound_names(item)}
        for position, item in enumerate(node.body):
            hidden = set() if isinstance(item, Definition) else own  # methods do not see the class's names
            self.local.append(hidden)
            node.body[position] = self.visit(item)
            self.local.pop()
        return node

    def visit_Lambda(self, node: ast.Lambda) -> ast.Lambda:
        """Like a function, with its parameters as its only names."""
        node.args = self.visit(node.args)
        self.local.append(_parameters(node.args))
        node.body = self.visit(node.body)
        self.local.pop()
        return node


def _parameters(arguments: ast.arguments) -> set[str]:
    """The names of all parameters, those of `*args` and `**kwargs` too."""
    return {node.arg for node in ast.walk(arguments) if isinstance(node, ast.arg)}


def _locals(function: ast.FunctionDef) -> set[str]:
    """Names a function binds itself: parameters, assignments, definitions inside it."""
    names = _parameters(function.args)
    waiting: list[ast.AST] = list(function.body)
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            names.add(node.name)
        elif not isinstance(node, ast.Lambda):
            if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
                names.add(node.id)
            elif isinstance(node, ast.ExceptHandler) and node.name:
                names.add(node.name)
            waiting.extend(ast.iter_child_nodes(node))
    return names


def _renamed(node: ast.stmt, names: Mapping[str, str]) -> ast.stmt:
    """A copy of `node` that is called, and calls, by the new names."""
    renamed = copy.deepcopy(node)
    if isinstance(renamed, Definition):
        renamed.name = names.get(renamed.name, renamed.name)
    result: ast.stmt = _Renamer(names).visit(renamed)
    return result


# --- assembling -------------------------------------------------------------------------------------------


def _assemble(ours: _Module, theirs: _Module, exercise: str, name: str) -> str:
    """The solution with `exercise` replaced by the variant `name`.

    What the variant calls must be the right version: the exercise itself, and every definition of the solution
    that leads back to it, are there a second time, called `_right_<name>`.

    Args:
        ours: the file of variants.
        theirs: the solution.
        exercise: what is replaced.
        name: by what.

    Returns:
        Source that reads like a submission: the variant has the exercise's name.
    """
    # What a variant may bring along: private helpers, and what the solution does not have at all.
    private = {item for item in ours.definitions if item.startswith("_") or item not in theirs.definitions}
    used = ours.reached_from([name], through=private)
    helpers = used - {name}
    needed = theirs.reached_from(set().union(*(ours.reads[item] for item in used)) - helpers)
    right = {item: f"_right_{item}" for item in needed if exercise in theirs.reached_from([item])}
    # A helper that has the name of one of the solution's must not replace it for the other exercises.
    ours_now = {helper: f"_variant{helper}" for helper in helpers if helper in theirs.definitions}
    names = {**right, **ours_now, name: exercise}

    body: list[ast.stmt] = []
    for statement in theirs.statements():
        bound = set(_bound_names(statement))
        if bound & right.keys():
            body.append(_renamed(statement, right))
        if exercise in bound:
            body += [_renamed(node, names) for node in ours.statements() if helpers & set(_bound_names(node))]
            body.append(_renamed(ours.definitions[name], names))
        else:
            body.append(statement)
    return "\n\n".join((_import_block((*theirs.imports, *ours.imports)), *map(ast.unparse, body))) + "\n"


def _import_block(imports: Iterable[ast.stmt]) -> str:
    """All imports, each once, below the one that Python wants first."""
    lines = dict.fromkeys(["from __future__ import annotations", *map(ast.unparse, imports)])
    return "\n".join(lines)
