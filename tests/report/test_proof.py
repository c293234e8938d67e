"""What `brick prove` prints stands in columns in either language, and its JSON is the same in both."""

from __future__ import annotations

import json
import re
from dataclasses import replace

import pytest

from grader.language import Language, speaking
from grader.proof.prove import Proof
from grader.proof.tables import Table
from grader.records import Course
from grader.report import proof as report
from grader.text import width_of

WEAK = Proof(
    chapter="ch03_activations",
    mistakes=5,
    mistakes_caught=4,
    mutants=9,
    killed=6,
    equivalent=1,
    right=3,
    right_passed=3,
    seeds=200,
    survivors=("solutions/ch03.py:12: relu: x > 0 => x >= 0",),
    shortfalls=(
        "the mutant survives: solutions/ch03.py:12: relu: x > 0 => x >= 0",
        "right.py:3: relu__clamped is right, yet check_relu fails: under seed 7, the file does not define relu",
    ),
    kills={"check_relu": 10},
    caught_by={"relu__leaky": ("check_relu",)},
)
TABLE = Table(
    "ch03_activations",
    "barred",
    "3 finished functions give an answer, 1 of them are open, 1 are tools",
    ("exercise", "finished function", "called with"),
    (("relu", "torch.nn.functional.relu", "the tensors, turned round"), ("mean", "torch.mean", "with 0")),
    ("relu: torch.nn.functional.relu gives the answer and is not barred",),
    worded=("called with",),
)


def test_a_proof_is_read_in_chinese(course: Course) -> None:
    with speaking(Language.CHINESE):
        lines = [*report.lines(WEAK), *report.summary(course, [WEAK])]

    assert lines == [
        "未通过  ch03_activations       错误 4/5  变体 6/8（另有 1 个等价）  正确写法 3/3",
        "      没有抓住这个变体：solutions/ch03.py:12: relu: x > 0 => x >= 0",
        "      right.py:3：relu__clamped 是对的，check_relu 却没有通过：种子 7 时，文件里没有定义 relu",
        "",
        "5 个错误中抓住了 4 个，9 个变体中抓住了 6 个，1 个等价，3 个正确写法中有 3 个在 200 个种子下都通过",
        "下一步：改好 grader/checks/ch03_activations.py，再运行：brick prove ch03",
    ]


@pytest.mark.parametrize("language", Language)
def test_cells_stand_below_their_heads(language: Language) -> None:
    with speaking(language):
        _summary, *lines, _shortfall = report.table_lines(TABLE)

    starts = [
        [width_of(line[: found.start()]) for found in re.finditer(r"(?<=  )\S", line)] for line in lines
    ]
    assert len(starts[0]) == len(TABLE.columns)
    assert all(start == starts[0] for start in starts)


@pytest.mark.parametrize("language", Language)
def test_chapters_stand_below_each_other_whatever_the_verdict(language: Language) -> None:
    with speaking(language):
        lines = [next(report.lines(one)) for one in (WEAK, replace(WEAK, shortfalls=()))]
        lines.append(next(report.table_lines(TABLE)))

    assert len({width_of(line[: line.index("ch03")]) for line in lines}) == 1


@pytest.mark.parametrize(
    ("language", "said"),
    [
        (Language.ENGLISH, "      gates.yml lists 'relu, x: rank 3', which is killed or gone"),
        (Language.CHINESE, "      gates.yml 里列出的 'relu, x: rank 3' 已经被抓住，或者已经不存在"),
    ],
)
def test_a_table_says_what_falls_short_though_no_row_does(language: Language, said: str) -> None:
    stale = replace(
        TABLE, name="gates", shortfalls=("gates.yml lists 'relu, x: rank 3', which is killed or gone",)
    )
    with speaking(language):
        *_rows, last = report.table_lines(stale)

    assert last == said


def test_names_in_a_table_stay_though_they_are_english_words_too() -> None:
    with speaking(Language.CHINESE):
        text = "\n".join(report.table_lines(TABLE))

    assert "mean" in text
    assert "with 0" not in text


def test_programs_read_english_whoever_asks(course: Course) -> None:
    english = report.as_json([WEAK], [TABLE])

    with speaking(Language.CHINESE):
        assert report.as_json([WEAK], [TABLE]) == english
    assert json.loads(english)["chapters"][0]["shortfalls"] == list(WEAK.shortfalls)
