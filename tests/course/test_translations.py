"""Tests of grader.course.translations: texts are found by their English, and take its place to the letter."""

from __future__ import annotations

import ast
from textwrap import dedent

from grader.course.translations import marked, read_translations, texts_of, translate_chapter

SOURCE = dedent('''\
    # %% [markdown]
    # # A lesson
    #
    #     y = 2 x

    # %%
    import torch


    # %%
    class Pair:
        """Two numbers."""

        def both(self, x: float) -> float:
            """Add them.

            Args:
                x: one.
            """
            raise NotImplementedError("Pair.both: write this part, then run: brick check ch01")
    ''')


def test_lesson_and_docstrings_are_found_in_their_order() -> None:
    assert [(text.name, text.english.splitlines()[0]) for text in texts_of(SOURCE)] == [
        ("lesson, cell 1", "# A lesson"),
        ("docstring of Pair", "Two numbers."),
        ("docstring of Pair.both", "Add them."),
    ]


def test_english_put_in_its_own_place_changes_nothing() -> None:
    assert translate_chapter(SOURCE, {text.key: text.english for text in texts_of(SOURCE)}) == SOURCE


def test_what_is_translated_takes_the_place_of_the_english_and_code_stays() -> None:
    chinese = ["# 一课\n\n    y = 2 x", "两个数。", "相加。\n\nArgs:\n    x: 其中一个。"]
    made = translate_chapter(SOURCE, dict(zip([text.key for text in texts_of(SOURCE)], chinese, strict=True)))
    assert [text.english for text in texts_of(made)] == chinese
    assert "# # 一课\n#\n#     y = 2 x\n\n# %%\nimport torch\n" in made
    assert '    """两个数。"""\n' in made
    without = ast.parse(made), ast.parse(SOURCE)
    for tree in without:
        for node in ast.walk(tree):
            if isinstance(node, ast.ClassDef | ast.FunctionDef):
                del node.body[0]
    assert ast.dump(without[0]) == ast.dump(without[1])


def test_a_text_that_is_missing_or_still_english_stays_english() -> None:
    lesson, pair, both = texts_of(SOURCE)
    file = f"<!-- from {lesson.key}: lesson -->\n\n# 一课\n\n<!-- from {pair.key}: Pair -->\n\nTwo numbers.\n"
    assert [name for _, name, _ in marked(file)] == ["lesson", "Pair"]
    assert read_translations(file) == {lesson.key: "# 一课"}
    made = translate_chapter(SOURCE, read_translations(file))
    assert "# # 一课\n\n# %%" in made
    assert pair.english in made
    assert both.english.splitlines()[0] in made
