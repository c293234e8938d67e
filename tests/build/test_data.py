"""The data of `brick build`: the pictures are those of the source, and every call gives the same split."""

from __future__ import annotations

import hashlib

import torch

from grader.build.data import DIGITS_FILE, load_data

# How often each digit stands in the test part, by the data set's own description.
SHOWN = (178, 182, 177, 183, 181, 182, 181, 179, 174, 180)


def test_the_digits_are_those_of_the_source() -> None:
    data = load_data("digits")

    labels = [int(label) for _, label in data.train] + data.y_test.tolist()
    pixels = [features for features, _ in data.train] + data.x_test.tolist()
    assert torch.bincount(torch.tensor(labels)).tolist() == list(SHOWN)
    assert {len(features) for features in pixels} == {64}
    assert {value * 16 for features in pixels for value in features} == set(range(17))


def test_the_split_is_the_same_at_every_call() -> None:
    data = load_data("digits")

    # Of pixels and labels as scikit-learn's load_digits gave them, split by the same seed.
    assert len(data.train) == 1438
    assert hashlib.sha256(data.x_test.numpy().tobytes()).hexdigest().startswith("a060e738859eaddf")
    assert hashlib.sha256(data.y_test.numpy().tobytes()).hexdigest().startswith("133d3bd6fbbb9ed4")


def test_the_file_names_its_source_and_licence() -> None:
    head = DIGITS_FILE.read_text(encoding="utf-8")[:600]

    assert "https://doi.org/10.24432/C50P49" in head
    assert "CC BY 4.0" in head
