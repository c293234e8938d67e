"""A notebook per chapter and language, to be opened with one click: it brings its own installation."""

from __future__ import annotations

from pathlib import Path

from nbformat import v4

from grader import __version__
from grader.course.paths import pictures_folder
from grader.records import Chapter, Course
from grader.release.notebook import as_text, make_notebook, make_release
from site_pages.sources import lesson_source

# The CPU's build of PyTorch: a quarter of the download, and the exercises need no GPU.
INSTALL = f"""\
%pip install -q "brickwork=={__version__}" --extra-index-url https://download.pytorch.org/whl/cpu
%env BRICK_LANG={{language}}
from grader import check, hint, predict, status"""

BEFORE = {
    "en": """\
**Before you begin.** Run the next cell once. It installs Brickwork {version} and the PyTorch it is made for, which
takes a few minutes; if the notebook asks to restart, do so and run the cell again. Then write an exercise, run its
cell, and run the `check` below it.

A rented machine such as Colab's has no bubblewrap, so your code runs in a process of its own and not in a sealed
sandbox: that is right for practice, and nothing here is a mark. The machine forgets everything when it stops, so save a
copy.""",
    "zh": """\
**开始之前。** 先运行下面这一格，只需一次。它会安装 Brickwork {version} 和与之配套的 PyTorch，要等几分钟；
如果提示重启，就重启一次，再运行这一格。然后写一道练习，运行它所在的格子，再运行下面的 `check`。

Colab 这类租来的机器上没有 bubblewrap，你的代码只在单独的进程里运行，没有密封的沙箱：
用来练习正合适，但这里的结果不算成绩。
机器一停，什么都不会留下，请先另存一份。""",
}


def write_notebooks(course: Course, language: str, folder: Path) -> None:
    """Write STEM.LANGUAGE.ipynb of every chapter into `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    for chapter in course.chapters:
        path = folder / f"{chapter.stem}.{language}.ipynb"
        path.write_text(practice_notebook(course, chapter, language), encoding="utf-8")


def practice_notebook(course: Course, chapter: Chapter, language: str) -> str:
    """A chapter as the file of a notebook that installs what it needs, with nothing of the solution in it."""
    source, _ = lesson_source(course, chapter, language)
    source = source.replace(".en.svg)", f".{language}.svg)")
    notebook = make_release(make_notebook(source, chapter, pictures_folder(course.root)), chapter.label)
    for cell in notebook.cells:
        cell.metadata = {}  # nobody collects it, so no cell is locked
    before = v4.new_markdown_cell(BEFORE[language].format(version=__version__), id="before")
    notebook.cells[:0] = [before, v4.new_code_cell(INSTALL.format(language=language), id="install")]
    notebook.metadata["language_info"] = {"name": "python"}
    return as_text(notebook)
