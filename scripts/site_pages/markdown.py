"""Change the prose of a Markdown text, and leave its code alone."""

from __future__ import annotations

import re
from collections.abc import Callable

_CHINESE = "[\u3000-\u303f\u4e00-\u9fff\uff00-\uffef]"
_WRAPPED = re.compile(rf"(?<={_CHINESE})\n(?={_CHINESE})")
_FENCE = re.compile(r"(^```.*?^```$)", re.MULTILINE | re.DOTALL)


def outside_code(text: str, change: Callable[[str], str]) -> str:
    """What `change` makes of a text, with its fenced code left as it is."""
    parts = _FENCE.split(text)
    return "".join(part if part.startswith("```") else change(part) for part in parts)


def unwrapped(text: str) -> str:
    """Chinese without line ends inside a sentence: a browser would show each as a space."""
    return _WRAPPED.sub("", text)
