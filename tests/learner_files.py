"""A chapter of two exercises, and files of it as learners write them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from grader.errors import SubmissionError
from grader.records import Chapter, Exercise
from grader.submissions.reading import read_submission

CHAPTER = Chapter("ch03_activations", "t", "t", ("2",), (Exercise("relu", 1.0), Exercise("tanh", 1.0)))


def refusal(path: Path) -> SubmissionError:
    with pytest.raises(SubmissionError) as caught:
        read_submission(path, CHAPTER)
    return caught.value


def notebook(*cells: dict[str, Any] | str, **more: Any) -> str:
    full = [
        {"cell_type": "code", "source": cell, "metadata": {}, "outputs": [{"anything": [1, {}]}]}
        if isinstance(cell, str)
        else cell
        for cell in cells
    ]
    return json.dumps({"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": full, **more})
