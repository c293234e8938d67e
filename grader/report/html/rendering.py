"""Turn values into HTML by the package's templates: every text is cleaned and escaped on its way in."""

from __future__ import annotations

import base64
import hashlib
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from grader.report.text import clean, clean_line, points

_FOLDER = Path(__file__).parent / "templates"


@cache
def environment() -> Environment:
    """The templates, read once."""
    made = Environment(
        loader=PackageLoader("grader.report.html"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        # A template cannot forget to clean: whatever text it shows passes here, and then the escaping.
        finalize=_cleaned,
    )
    made.filters |= {"points": points, "line": clean_line, "cut": cut}
    return made


def _cleaned(value: Any) -> Any:
    return clean(value) if isinstance(value, str) and not isinstance(value, Markup) else value


def cut(text: str, limit: int) -> str:
    """The beginning of a text of several lines, with an ellipsis where something was cut."""
    text = clean(text).strip()
    return text if len(text) <= limit else text[: limit - 1] + "…"


def fill(template: str, **values: Any) -> Markup:
    """A template filled with values."""
    return Markup(environment().get_template(template).render(**values).strip())


@cache
def stylesheet(*names: str) -> Markup:
    """These style sheets as one, ready to stand between style tags."""
    return Markup("".join((_FOLDER / name).read_text(encoding="utf-8") for name in names))


@cache
def policy(style: str) -> str:
    """A content security policy that allows this style sheet and nothing else."""
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    return f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
