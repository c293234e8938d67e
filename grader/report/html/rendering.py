"""Turn values into HTML by the package's templates: every text is cleaned and escaped on its way in."""

from __future__ import annotations

import base64
import hashlib
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from grader.language import current, gettext, listed, ngettext, translate
from grader.text import clean, clean_line, points

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
        extensions=["jinja2.ext.i18n"],
    )
    # Asked at every rendering, for the language may change between two pages.
    made.install_gettext_callables(gettext, ngettext, newstyle=True)  # type: ignore[attr-defined]
    made.policies["ext.i18n.trimmed"] = True
    made.globals["language"] = current
    made.globals["between"] = lambda: listed(["", ""])  # what stands between two names
    made.filters |= {
        "kept": translate,
        "say": gettext,
        "points": points,
        "line": clean_line,
        "percent": percent,
        "correlation": correlation,
        "seconds": seconds,
    }
    return made


def _cleaned(value: Any) -> Any:
    return clean(value) if isinstance(value, str) and not isinstance(value, Markup) else value


def cut(text: str, limit: int) -> str:
    """The beginning of a text of several lines, with an ellipsis where something was cut."""
    text = clean(text[: 20 * limit]).strip()
    return text if len(text) <= limit else text[: limit - 1] + "…"


def percent(share: float) -> str:
    """A share in whole percent; what is not all never reads as all, nor what is not nothing as nothing."""
    rounded = round(100 * share)
    if 0 < share < 1:
        rounded = min(99, max(1, rounded))
    return f"{rounded} %"


def correlation(value: float | None) -> str:
    """A correlation with two decimals; a dash where there is none."""
    return "–" if value is None else f"{value:.2f}".replace("-", "−")


def seconds(value: float) -> str:
    """A time in three digits or so."""
    said = gettext("{seconds:.2f} s") if value < 9.995 else gettext("{seconds:.0f} s")
    return said.format(seconds=value)


def fill(template: str, **values: Any) -> Markup:
    """A template filled with values.

    Args:
        template: the name of a file in `templates/`.
        values: by the names that the template uses; a name it uses and does not get is an error.
    """
    return Markup(environment().get_template(template).render(**values).strip())


def page(template: str, script: str = "", **values: Any) -> str:
    """A whole page by a template that extends page.html, under a policy that allows its own style and no more.

    A page is one file: it asks for nothing from anywhere, so it can be sent and kept. It runs no script but the one
    that is given here.

    Args:
        template: the name of a file in `templates/`.
        script: of the package's own; it must not hold the end of a script's tag.
        values: by the names that the template uses.
    """
    style = stylesheet("page.css", "brick.css")
    allowed = policy(style, script)
    return fill(template, style=style, script=Markup(script), policy=allowed, **values) + "\n"


def script(name: str) -> str:
    """A script of the package, to be given to `page`."""
    return (_FOLDER / name).read_text(encoding="utf-8")


@cache
def stylesheet(*names: str) -> Markup:
    """These style sheets as one, ready to stand between style tags."""
    return Markup("".join((_FOLDER / name).read_text(encoding="utf-8") for name in names))


@cache
def policy(style: str, script: str = "") -> str:
    """A content security policy that allows this style sheet, this script if there is one, and nothing else."""
    scripts = f"script-src '{_digest(script)}'; " if script else ""
    return f"default-src 'none'; style-src '{_digest(style)}'; {scripts}base-uri 'none'; form-action 'none'"


def _digest(text: str) -> str:
    """What stands in a policy for a text between tags."""
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}"
