"""Turn course.yml into a Course; a wrong file is refused by line, field and what was expected.

The models here say what the file may contain, and nothing else of the kit sees them: `_as_record` turns them into the
plain records of `grader.records`. The file is parsed twice, for its values and for the lines that they
stand on.
"""

from __future__ import annotations

import difflib
from datetime import date, datetime
from pathlib import Path
from typing import Annotated, Any, Literal

import yaml
from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationError,
    model_validator,
)

from grader import records
from grader.course.paths import checks_folder, kit_checks_file
from grader.course.trust import home_of
from grader.errors import CourseError, UsageError, did_you_mean
from grader.language import Language, kept, learn
from grader.sandbox.operations import KERNELS, unknown

COURSE_FILE = "course.yml"

Identifier = Annotated[str, StringConstraints(pattern=r"^[A-Za-z_][A-Za-z0-9_]*$")]
Stem = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*$")]
CourseName = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_-]*$", max_length=60)]
Text = Annotated[str, StringConstraints(min_length=1)]


# --- what course.yml may say ------------------------------------------------------------------------------


class _Model(BaseModel):
    """Every field is checked strictly, no unknown field is let pass, and no number is infinite or none at all."""

    model_config = ConfigDict(extra="forbid", strict=True, allow_inf_nan=False)


class _Title(_Model):
    """A title, and the same in Chinese where there is one: the essay that the twelve chapters follow is Chinese."""

    en: Text
    zh: str = ""


def _as_title(value: object) -> object:
    """`title: Integration` says the same as `title: {en: Integration}`."""
    return {"en": value} if isinstance(value, str) else value


Title = Annotated[_Title, BeforeValidator(_as_title)]


def _all_known(words: list[str]) -> list[str]:
    """A word that stands for no operation would switch its rule off without a sign.

    Checked when the course is read, so that its author hears of it.
    """
    for word in unknown(words):
        raise ValueError(
            kept(f"operations of torch; {word} is not known as one{did_you_mean(word, KERNELS)}")
        )
    return words


class _Exercise(_Model):
    """One function or class to write; an extra is worth points of its own that never count against anybody."""

    name: Identifier
    points: Annotated[float, Field(gt=0)]
    forbidden: Annotated[list[Identifier], AfterValidator(_all_known)] = []
    extra: bool = False


# An exercise's points are found again by its name, in reports, gradebooks and exports.
def _all_different(exercises: list[_Exercise]) -> list[_Exercise]:
    if all(exercise.extra for exercise in exercises):
        raise ValueError(kept("at least one exercise that is no extra: the chapter is out of 0 points"))
    seen: set[str] = set()
    for exercise in exercises:
        if exercise.name in seen:
            raise ValueError(kept(f"each exercise once; {exercise.name} stands twice"))
        seen.add(exercise.name)
    return exercises


def _instant(value: object) -> datetime:
    """A deadline is one instant, the same for everybody: date, time and zone."""
    try:
        time = datetime.fromisoformat(value) if isinstance(value, str) else value
    except ValueError:
        time = None
    if isinstance(time, datetime) and time.tzinfo is not None:
        return time
    lack = "a zone" if isinstance(time, datetime) else kept("a date, a time and a zone")
    found = value.isoformat() if isinstance(value, date) else repr(value)
    raise ValueError(kept(f"{lack}, as in 2026-03-01T23:59:00+01:00; found {found}"))


class _Chapter(_Model):
    """One file of exercises; `minutes` is how long a learner needs, and `imports` what the file may import."""

    stem: Stem
    title: Title
    sections: list[Text] = []
    minutes: Annotated[int, Field(ge=1)] = 75
    imports: list[Identifier] = []
    deadline: Annotated[datetime, BeforeValidator(_instant)] | None = None
    exercises: Annotated[list[_Exercise], Field(min_length=1), AfterValidator(_all_different)]


class _Limits(_Model):
    """What one submission may use; below 512 MiB not even torch can be imported.

    Seconds of one call, of one check and of a whole chapter; memory counts on top of what torch takes.
    """

    call_s: Annotated[float, Field(gt=0)] = 5
    check_s: Annotated[float, Field(gt=0)] = 30
    chapter_s: Annotated[float, Field(gt=0)] = 240
    memory_mib: Annotated[int, Field(ge=512)] = 2048
    output_kib: Annotated[int, Field(ge=1)] = 64

    @model_validator(mode="after")
    def _nested(self) -> _Limits:
        """A call is part of a check and a check of a chapter: a longer one could never be reached."""
        if not self.call_s <= self.check_s <= self.chapter_s:
            found = f"{self.call_s:g}, {self.check_s:g} and {self.chapter_s:g}"
            raise ValueError(kept(f"call_s at most check_s, and check_s at most chapter_s; found {found}"))
        return self


class _Late(_Model):
    """What lateness costs; by default nothing.

    Percents are of the chapter's points, per day begun after the deadline once the grace is over; `cap_percent` is
    the most that is taken off.
    """

    grace_minutes: Annotated[float, Field(ge=0)] = 0
    percent_per_day: Annotated[float, Field(ge=0, le=100)] = 0
    cap_percent: Annotated[float, Field(ge=0, le=100)] = 100


class _Grading(_Model):
    """How work is judged: by fewer inputs while practising, when speed counts, by more when it is graded.

    `attempts` says which of several counts; the best one is chosen after lateness is taken off.
    """

    practice_examples: Annotated[int, Field(ge=1)] = 25
    grade_examples: Annotated[int, Field(ge=1)] = 100
    limits: _Limits = _Limits()
    late: _Late = _Late()
    attempts: Literal["last", "best"] = "last"


# The label, ch03, is what people type; two chapters of one label could not be told apart.
def _labels_differ(chapters: list[_Chapter]) -> list[_Chapter]:
    seen: dict[str, str] = {}
    for chapter in chapters:
        label = records.label_of(chapter.stem)
        if label in seen:
            raise ValueError(
                kept(f"each chapter number once; {seen[label]} and {chapter.stem} share {label}")
            )
        seen[label] = chapter.stem
    return chapters


class _Course(_Model):
    """The whole file. `name` is that of a course with checks of its own, by which they are found and trusted.

    `show_solutions` says when `brick show` opens a solution that was handed out. `language` is what the kit speaks in
    this folder, whatever the machine speaks; `grader.language` reads it.
    """

    title: Title
    name: CourseName | None = None
    show_solutions: Literal["never", "after_pass", "always"] = "after_pass"
    language: Literal["en", "zh"] | None = None
    grading: _Grading = _Grading()
    chapters: Annotated[list[_Chapter], Field(min_length=1), AfterValidator(_labels_differ)]


# --- reading it -------------------------------------------------------------------------------------------


def load_course(root: Path | None = None) -> records.Course:
    """Read the course in `root`; without it the nearest course.yml upward from here, else the kit's own.

    Raises:
        CourseError: for a file that is missing, is no YAML, or says what no course can mean; and for a course of
            one's own whose checks nobody let run.

    Args:
        root: the folder that holds course.yml.
    """
    folder = root if root is not None else find_course_root()
    return _as_record(_read(folder), folder)


def course_name(root: Path) -> str:
    """The name of the course in `root`, which need not be trusted; empty if it has no checks of its own.

    Raises:
        CourseError: as `load_course`.
    """
    return _read(root).name or ""


def original_root(course: records.Course) -> Path:
    """The folder that has the exercises as they were handed out, for whoever has begun to write in them."""
    return course.home or packaged_course_root()


def _read(folder: Path) -> _Course:
    """The course file of a folder.

    Raises:
        CourseError: it is missing, is no YAML, or says what no course can mean.
    """
    path = folder / COURSE_FILE
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        reason = error.strerror or kept("cannot be read")
        raise CourseError(f"no course here: {reason}", str(path), "run: brick init") from error
    except UnicodeDecodeError as error:
        raise CourseError("the course file is not UTF-8 text", str(path), "save it as UTF-8") from error
    return _parse(text, path)


def find_course_root() -> Path:
    """The nearest folder upward that holds a course.yml, else the course that came with the kit.

    So `brick` works in every folder of a course, and outside of any with the kit's own.
    """
    here = Path.cwd()
    for folder in (here, *here.parents):
        if (folder / COURSE_FILE).is_file():
            return folder
    return packaged_course_root()


def packaged_course_root() -> Path:
    """The course inside the installed package, or the checkout around it."""
    package = Path(__file__).resolve().parents[1]
    packaged = package / "course_files"
    return packaged if (packaged / COURSE_FILE).is_file() else package.parent


def _parse(text: str, path: Path) -> _Course:
    """Read the text of a course file into its model; the first thing wrong in it is refused by line.

    Raises:
        CourseError: with the line, as far as it can be told.
    """
    try:
        node = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        where = f"{path}, line {mark.line + 1}" if mark else str(path)
        what = f"the course file is not YAML: {error.problem or error.context}"
        raise CourseError(what, where, "mend that line, then try again") from error
    except yaml.YAMLError as error:
        raise CourseError(
            f"the course file is not YAML: {error}", str(path), "mend it, then try again"
        ) from error
    if node is None:
        raise CourseError("the course file is empty", str(path), "start from the one that brick init writes")
    _refuse_repeated_keys(node, path)
    try:
        return _Course.model_validate(yaml.safe_load(text))
    except ValidationError as error:
        raise _refusal(error, node, path) from error


def _refuse_repeated_keys(node: yaml.Node, path: Path) -> None:
    """YAML keeps the last of two equal keys in silence; a lost line of points must not be silent."""
    if isinstance(node, yaml.SequenceNode):
        for item in node.value:
            _refuse_repeated_keys(item, path)
    if not isinstance(node, yaml.MappingNode):
        return
    seen: dict[str, int] = {}
    for key, value in node.value:
        line = key.start_mark.line + 1
        if key.value in seen:
            what = f"the field {key.value} stands twice, first on line {seen[key.value]}"
            raise CourseError(what, f"{path}, line {line}", "keep one of the two")
        seen[key.value] = line
        _refuse_repeated_keys(value, path)


def _refusal(error: ValidationError, node: yaml.Node, path: Path) -> CourseError:
    """Say the first problem in words: which field, on which line, what stands there, what was expected.

    Args:
        node: the composed YAML, which still knows its lines; pydantic sees values only.
    """
    # A misspelt field is missing under its right name too; the slip of the pen is what helps to mend both.
    problems = sorted(error.errors(), key=lambda problem: problem["type"] != "extra_forbidden")
    first = problems[0]
    location = tuple(part for part in first["loc"] if isinstance(part, str | int))
    line = _line_of(node, location)
    expected = _expected(dict(first), location)
    more = kept(f" ({len(problems) - 1} more to mend after this)") if len(problems) > 1 else ""
    field = _field_name(location)
    what = f"course.yml, field {field}: {expected}{more}" if field else f"course.yml: {expected}{more}"
    return CourseError(what, f"{path}, line {line}", "mend that line, then try again")


# What pydantic says of the types that there are, without its "Input should be".
_OF_PYDANTIC = (
    kept("greater than {least}"),
    kept("greater than or equal to {least}"),
    kept("less than or equal to {most}"),
    kept("a valid string"),
    kept("a valid number"),
    kept("a valid number, unable to parse string as a number"),
    kept("a valid integer"),
    kept("a valid integer, unable to parse string as an integer"),
    kept("a valid boolean"),
    kept("a valid boolean, unable to interpret input"),
    kept("a valid list"),
    kept("a valid dictionary"),
)


def _expected(problem: dict[str, Any], location: tuple[str | int, ...]) -> str:
    """One of pydantic's problems in the words of somebody who writes YAML, with the nearest known name for a slip.

    Args:
        problem: pydantic's description, whose `type` decides; its message is only shown.
        location: field names and positions from the top of the file.
    """
    kind, message = problem["type"], str(problem["msg"])
    if kind == "missing":
        return kept("it is missing")
    if kind == "extra_forbidden":
        return kept(f"no such field{did_you_mean(str(location[-1]), _known_fields(location))}")
    if kind == "value_error":
        return kept(f"expected {message.removeprefix('Value error, ')}")
    expected = message.removeprefix("Input should ").removeprefix("be ")
    if kind == "model_type":
        expected = kept("fields, each a name and a value")
    if kind == "string_pattern_mismatch":
        expected = kept("a name of letters, digits and _")
        if location[-1] == "stem":
            expected = kept("a name of small letters, digits and _, such as ch03_activations or week1")
    return kept(f"expected {expected}, found {problem['input']!r}")


def _known_fields(location: tuple[str | int, ...]) -> list[str]:
    """The field names that were possible where `location` ends."""
    model: type[BaseModel] = _Course
    models: tuple[type[BaseModel], ...] = (_Title, _Grading, _Limits, _Late, _Chapter, _Exercise)
    steps = dict(zip(("title", "grading", "limits", "late", "chapters", "exercises"), models, strict=True))
    for part in location[:-1]:
        model = steps.get(str(part), model)
    return list(model.model_fields)


def _field_name(location: tuple[str | int, ...]) -> str:
    """A place as a person would write it: chapters[3].exercises[1].points, counted from 1."""
    name = ""
    for part in location:
        name += f"[{part + 1}]" if isinstance(part, int) else (f".{part}" if name else part)
    return name


def _line_of(node: yaml.Node, location: tuple[str | int, ...]) -> int:
    """The line of the deepest part of `location` that is there; a key's line for a field.

    For a field that is missing that is the line of what it is missing in.
    """
    line = node.start_mark.line + 1
    for part in location:
        if isinstance(node, yaml.MappingNode):
            entry = next(((key, value) for key, value in node.value if key.value == part), None)
            if entry is None:
                return line
            key, node = entry
            line = key.start_mark.line + 1
        elif isinstance(node, yaml.SequenceNode) and isinstance(part, int) and part < len(node.value):
            node = node.value[part]
            line = node.start_mark.line + 1
        else:
            return line
    return line


def _as_record(course: _Course, root: Path) -> records.Course:
    """The model as the record that the rest of the kit knows."""
    limits, late = records.Limits(**course.grading.limits.model_dump()), course.grading.late
    home = home_of(course.name, root, root / COURSE_FILE) if course.name else None
    titles = {
        title.en: title.zh for title in (course.title, *(one.title for one in course.chapters)) if title.zh
    }
    learn(titles, Language.CHINESE, checks_folder(home) if home else None)
    return records.Course(
        root=root,
        name=course.name or "",
        home=home,
        title=course.title.en,
        title_zh=course.title.zh,
        chapters=tuple(_chapter_record(chapter, home) for chapter in course.chapters),
        practice_examples=course.grading.practice_examples,
        grade_examples=course.grading.grade_examples,
        limits=limits,
        late=records.LatePolicy(late.grace_minutes, late.percent_per_day, late.cap_percent),
        counts=records.Counts(course.grading.attempts),
        show_solutions=records.ShowSolutions(course.show_solutions),
    )


def _chapter_record(chapter: _Chapter, home: Path | None) -> records.Chapter:
    """One chapter's model as its record.

    Args:
        home: where a course of one's own has its checks. For a chapter of the kit it may leave them to the kit.
    """
    own = checks_folder(home) / f"{chapter.stem}.py" if home else None
    if own is not None and not own.is_file() and kit_checks_file(chapter.stem).is_file():
        own = None
    exercises = tuple(
        records.Exercise(e.name, e.points, tuple(e.forbidden), e.extra) for e in chapter.exercises
    )
    return records.Chapter(
        stem=chapter.stem,
        title=chapter.title.en,
        title_zh=chapter.title.zh,
        sections=tuple(chapter.sections),
        exercises=exercises,
        imports=tuple(chapter.imports),
        minutes=chapter.minutes,
        deadline=chapter.deadline,
        checks=own,
    )


# --- finding a chapter or an exercise by what was typed ---------------------------------------------------


def find_chapter(course: records.Course, text: str) -> records.Chapter:
    """The chapter meant by a label (ch03, 3), a stem, a file's path, or a part that only one stem has.

    Raises:
        UsageError: if no chapter, or more than one, could be meant; a near miss gets the nearest name.

    Args:
        text: what somebody typed; it may be a path, of which the last part counts.
    """
    wanted = Path(text.strip()).name.lower().removesuffix(".ipynb").removesuffix(".py")
    number = wanted.removeprefix("ch")
    if number.isdecimal():
        wanted = f"ch{int(number):02}"
    for chapter in course.chapters:
        if wanted in (chapter.stem, chapter.label):
            return chapter
    matches = [chapter for chapter in course.chapters if wanted and wanted in chapter.stem]
    if len(matches) == 1:
        return matches[0]
    if matches:
        names = ", ".join(chapter.stem for chapter in matches)
        raise UsageError(f"'{text}' could be any of {names}", "chapter", "type one of them")
    labels = [chapter.label for chapter in course.chapters]
    raise UsageError(
        f"no chapter '{text}'{_nearest_chapter(course, wanted)}",
        str(course.root / COURSE_FILE),
        f"type one of {', '.join(labels)}" if len(labels) < 6 else f"type one of {labels[0]} to {labels[-1]}",
    )


def _nearest_chapter(course: records.Course, wanted: str) -> str:
    """Compare with whole stems and with the word after the number: normalisation is near normalization."""
    words = {
        chapter.stem.partition("_")[2]: chapter.stem for chapter in course.chapters if "_" in chapter.stem
    }
    words |= {chapter.stem: chapter.stem for chapter in course.chapters}
    words |= {chapter.label: chapter.stem for chapter in course.chapters}
    nearest = difflib.get_close_matches(wanted, words, n=1, cutoff=0.5)
    return f"; did you mean {words[nearest[0]]}?" if nearest else ""


def find_exercise(chapter: records.Chapter, name: str) -> records.Exercise:
    """The exercise called `name`, in any case of letters.

    Raises:
        UsageError: if the chapter has none of that name.
    """
    by_name = {exercise.name.lower(): exercise for exercise in chapter.exercises}
    found = by_name.get(name.lower())
    if found is not None:
        return found
    known = [exercise.name for exercise in chapter.exercises]
    raise UsageError(
        f"no exercise '{name}' in {chapter.stem}{did_you_mean(name, known)}",
        chapter.stem,
        f"type one of {', '.join(known)}",
    )


def find_by_name(course: records.Course, text: str) -> tuple[tuple[records.Chapter, records.Exercise], ...]:
    """The exercises meant by `softmax` or `ch03/softmax`; more than one where chapters share a name.

    Returns:
        At least one pair of a chapter and an exercise of it.

    Raises:
        UsageError: if no chapter has an exercise of that name.

    Args:
        text: the name alone, or after a chapter and a slash.
    """
    label, slash, name = text.rpartition("/")
    if slash:
        chapter = find_chapter(course, label)
        return ((chapter, find_exercise(chapter, name)),)
    pairs = [(chapter, exercise) for chapter in course.chapters for exercise in chapter.exercises]
    found = tuple(pair for pair in pairs if pair[1].name.lower() == name.lower())
    if not found:
        near = did_you_mean(name, [exercise.name for _, exercise in pairs])
        where = str(course.root / COURSE_FILE)
        raise UsageError(
            f"no exercise '{name}'{near}", where, "type the name of a function or class to write"
        )
    return found
