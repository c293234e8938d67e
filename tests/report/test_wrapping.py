"""Tests of grader.text.wrap on Chinese, which has no spaces between its words."""

from __future__ import annotations

from grader.text import width_of, wrap


def test_chinese_is_broken_between_characters_and_never_before_punctuation() -> None:
    text = "结果在下标 (0, 1) 处是 2，应为 1；这一行很长，（带括号的）要在汉字之间断开，“引号”也一样。"
    for width in range(16, 60):
        lines = wrap(text, width, indent="      ", first="提示：")
        assert all(width_of(line) <= width for line in lines)
        assert not [line for line in lines if line.lstrip()[:1] in "，。；：）”"]
        assert not [line for line in lines if line[-1:] in "（“"]
        assert "".join(lines).replace(" ", "") == f"提示：{text}".replace(" ", "")
    [_, path, _] = wrap("修改 /home/学生/练习/ch02_neuron.py 里的 neuron", 24, cut=False)
    assert path == "/home/学生/练习/ch02_neuron.py"
