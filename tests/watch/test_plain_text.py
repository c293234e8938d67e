"""The lines that the watch prints without a screen."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from grader.language import Language, speaking
from grader.watch.plain_text import verdict_line


@pytest.mark.parametrize("language", Language)
@pytest.mark.parametrize(("passed", "points"), [(True, 10.0), (False, 3.0), (False, 0.0)])
def test_a_verdict_is_parted_from_the_chapter_beside_it(
    language: Language, passed: bool, points: float
) -> None:
    chapter = SimpleNamespace(stem="ch03_activations", label="ch03", points=10.0)
    job: Any = SimpleNamespace(chapter=chapter, exercise=None)
    report: Any = SimpleNamespace(passed=passed, points=points)

    with speaking(language):
        assert " ch03_activations" in verdict_line(job, report)
