"""Change the prose of a Markdown text, and leave its code alone."""

from __future__ import annotations

import re
from collections.abc import Callable

_FENCE = re.compile(r"(^```.*?^```$)", re.MULTILINE | re.DOTALL)


def outside_code(text: str, change: Callable[[str], str]) -> str:
    """What `change` makes of a text, with its fenced code left as it is."""
    parts = _FENCE.split(text)
    return "".join(part if part.startswith("```") else change(part) for part in parts)
