"""What a build shows is in the language that is spoken: its page, its picture, and what the terminal says."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from commands import brick

from grader.build import plots
from grader.build.blocks import Block, Piece, State, put_together
from grader.build.data import Data
from grader.build.page import write_pages
from grader.build.plots import draw_picture
from grader.build.train import build
from grader.build.words import count_yours, score_words
from grader.language import Language, speaking
from grader.text import width_of

pytestmark = pytest.mark.xdist_group("build_words")  # they share two runs

TASKS = ("wave", "digits")
# What stands in a Chinese sentence as it is.
SAME = {"int8", "ONNX", "ReLU", "SGD"}
HAN = "[\u4e00-\u9fff]"
MIXED = re.compile(rf"{HAN}\s?[,;:?!(]|{HAN}\.(?=\s|$)|\){HAN}|[，。；：？！、] ")
# Every state that a piece can be in, in blocks of all three kinds.
BLOCKS = (
    Block("ch03_activations", tuple(Piece(f"piece_{i}", state) for i, state in enumerate(State))),
    Block("ch05_optimizers", (Piece("SGD", State.LENT),)),
    Block("ch08_clipping", (Piece("clip_by_norm", State.SOLVED),)),
)
NAMES = {
    Language.CHINESE: {
        "ch03_activations": "激活函数",
        "ch05_optimizers": "优化器",
        "ch08_clipping": "梯度裁剪",
    },
    Language.ENGLISH: {block.stem: block.stem[5:] for block in BLOCKS},
}


class Words(HTMLParser):
    """The words of a page: what is read, and what is read aloud; neither code nor style sheets."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[str] = []
        self.lang: str | None = None
        self._inside: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Take in what an attribute says aloud, and the language of the whole."""
        known = dict(attrs)
        self.found += [value for name in ("aria-label", "title", "alt") if (value := known.get(name))]
        if tag == "html":
            self.lang = known.get("lang")
        self._inside.append(tag)

    def handle_endtag(self, tag: str) -> None:
        """Leave an element, and whatever has no end of its own in it."""
        while self._inside and self._inside.pop() != tag:
            pass

    def handle_data(self, data: str) -> None:
        """Take in text."""
        if data.strip() and not {"code", "style"} & set(self._inside):
            self.found.append(" ".join(data.split()))


@pytest.fixture(scope="module")
def results(kits: dict[tuple[str, str], tuple[Block, ...]], data: dict[str, Data]) -> dict[str, Any]:
    """A short run of each task."""
    return {task: build(put_together(kits[task, "lent"]), task, data[task], epochs=1)[0] for task in TASKS}


def page_of(result: dict[str, Any], folder: Path, language: Language) -> Words:
    """The words of the page of a run."""
    with speaking(language):
        page, _ = write_pages(result, BLOCKS, NAMES[language], folder)
    return Words(page.read_text(encoding="utf-8"))


def english_in(text: str) -> Iterator[str]:
    """The English words of a text, without what Chinese has as well; a letter alone is a formula's."""
    return (word for word in re.findall(r"[A-Za-z][A-Za-z0-9]+", text) if word not in SAME)


@pytest.mark.parametrize("task", TASKS)
def test_a_chinese_page_has_no_english_word_and_no_english_punctuation(
    task: str, results: dict[str, Any], tmp_path: Path
) -> None:
    words = page_of(results[task], tmp_path, Language.CHINESE)

    assert words.lang == "zh"
    assert [said for said in words.found if [*english_in(said)]] == []
    assert [said for said in words.found if MIXED.search(said)] == []


@pytest.mark.parametrize("task", TASKS)
def test_an_english_page_says_as_much(task: str, results: dict[str, Any], tmp_path: Path) -> None:
    english = page_of(results[task], tmp_path, Language.ENGLISH)
    chinese = page_of(results[task], tmp_path, Language.CHINESE)

    assert english.lang == "en"
    assert not re.search(r"[\u3000-\u9fff\uff00-\uffef]", "".join(english.found))
    assert len(english.found) == len(chinese.found)


def test_numbers_of_a_page_are_those_of_the_run(results: dict[str, Any], tmp_path: Path) -> None:
    result = results["digits"]

    words = page_of(result, tmp_path, Language.CHINESE)

    told = " ".join(words.found)
    assert f"留出样本上的准确率 {score_words(result['score'])}" in told
    assert f"int8 下的准确率 {score_words(result['int8_score'])}" in told
    assert f"参数个数 {result['parameters']:,}" in told


def test_without_a_font_for_chinese_the_picture_is_in_english(
    results: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    draw_picture(results["wave"], tmp_path / "english.png")
    monkeypatch.setattr(plots, "CHINESE_FONTS", ())
    with speaking(Language.CHINESE):
        draw_picture(results["wave"], tmp_path / "without.png")
    monkeypatch.setattr(plots, "CHINESE_FONTS", ("DejaVu Sans Mono",))
    with speaking(Language.CHINESE), pytest.warns(UserWarning, match="Glyph"):
        draw_picture(results["wave"], tmp_path / "with.png")

    english, without, other = (
        (tmp_path / f"{name}.png").read_bytes() for name in ("english", "without", "with")
    )
    assert without == english
    assert other != english


@pytest.mark.parametrize(
    ("score", "words"),
    [(0.99799, "0.9979"), (0.998, "0.9980"), (0.97, "0.9700"), (1.0, "1.0000"), (float("nan"), "nan")],
)
def test_a_score_that_falls_short_never_reads_as_the_goal(score: float, words: str) -> None:
    assert score_words(score) == words


def test_one_block_is_one(kits: dict[tuple[str, str], tuple[Block, ...]]) -> None:
    assert count_yours(BLOCKS) == "1 of 3 blocks is yours, 1 more in part"
    with speaking(Language.CHINESE):
        assert count_yours(BLOCKS) == "3 块积木中，1 块是你的，另有 1 块部分是你的"


# --- the terminal -----------------------------------------------------------------------------------------


def test_a_build_is_told_in_chinese(workspace: Path) -> None:
    with speaking(Language.CHINESE):
        result = brick("build", "--epochs", "1")
        drawn = brick("view", "--text").stdout

    assert drawn.splitlines()[-1] == "6 个运算；6 个权重和偏置，共 17,226 个数"
    assert "12 块积木中，0 块是你的" in result.stdout
    told = result.stdout.splitlines()
    files = [line for line in told if "build/digits/" in line]
    assert [line.split()[0] for line in files] == ["模型", "网页", "图片"]
    assert {width_of(line[: line.index("build/")]) for line in files} == {9}
    assert any(line.startswith("未通过  留出的样本上准确率是 0.") for line in told)
    for line in told:
        left = re.sub(r"build/\S+|brick \w+|--\w+|ch\d\d\b", "", line)
        assert [*english_in(left)] == [], line


@pytest.mark.nightly
def test_a_block_that_raises_is_told_in_chinese(workspace: Path) -> None:
    path = workspace / "exercises" / "ch03_activations.py"
    path.write_text("import torch\n\ndef relu(x):\n    return x.clamp(min=nothing)\n", encoding="utf-8")

    with speaking(Language.CHINESE):
        told = brick("build", "--epochs", "1").output

    assert "未通过  relu 抛出了 NameError: name 'nothing' is not defined（" in told
    assert "ch03_activations.py，第 4 行）" in told
    suspect = next(line for line in told.splitlines() if line.startswith("可疑"))
    assert re.fullmatch(r"可疑 +relu（ch03）：.*[\u4e00-\u9fff].*", suspect)


def test_a_loss_that_is_no_number_ends_training_in_words(workspace: Path) -> None:
    path = workspace / "exercises" / "ch03_activations.py"
    path.write_text("import torch\n\ndef relu(x):\n    return x * float('nan')\n", encoding="utf-8")

    english = brick("build", "--epochs", "1").output
    with speaking(Language.CHINESE):
        chinese = brick("build", "--epochs", "1").output

    assert "FAIL  training stopped: the loss is nan after 0 steps" in english
    assert "未通过  训练停了：0 步之后，损失是 nan" in chinese


@pytest.mark.nightly
def test_a_process_that_is_ended_is_told_with_its_code(workspace: Path) -> None:
    path = workspace / "exercises" / "ch03_activations.py"
    path.write_text("def relu(x):\n    raise SystemExit(3)\n", encoding="utf-8")

    with speaking(Language.CHINESE):
        told = brick("build", "--epochs", "1").output

    assert "训练停了：训练进程以退出码 3 结束" in told
