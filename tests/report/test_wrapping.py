"""Tests of how grader.text breaks lines of Chinese, which has no spaces between its words, and joins them."""

from __future__ import annotations

from grader.text import unwrapped, width_of, wrap


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


def test_a_number_in_a_call_that_is_too_long_for_a_line_stays_whole() -> None:
    call = "layer_norm_backward(tensor([[-0.32]]), tensor([[0.0]]))"

    lines = wrap(call, 42, indent="          ", first="  call: ")

    assert lines == ["  call: layer_norm_backward(tensor([[", "          -0.32]]), tensor([[0.0]]))"]
    assert wrap("generator=torch.Generator().manual_seed(0))", 32) == [
        "generator=torch.Generator()",
        ".manual_seed(0))",
    ]
    assert wrap("1" * 25, 10) == ["1" * 10, "1" * 10, "1" * 5]


def test_a_line_end_inside_a_chinese_sentence_is_no_space_and_one_between_blocks_stays() -> None:
    joined = unwrapped(
        "- 要在汉字\n  之间断开，\n`x` 也一样，\nReLU 也是，\n**粗体**、\n[链接](x.md)、\n12 个也是。"
    )

    assert joined == "- 要在汉字之间断开，`x` 也一样，ReLU 也是，**粗体**、[链接](x.md)、12 个也是。"
    blocks = (
        "先写：\n- 一项\n- 两项",
        "- 一条。\n  - 里面的",
        "先写：\n* 一项\n* 两项",
        "先写：\n1. 一项\n2. 两项",
        "代码：\n```python\nx = 1\n```",
        "一段。\n\n另一段。",
        "算：\n    y = x",
    )
    for kept in (*blocks, "用 ReLU\n激活"):
        assert unwrapped(kept) == kept
