"""No bytes of a stranger end a reader in anything but a message, and none makes it grow."""

from __future__ import annotations

import csv
import io
import json
import resource
from contextlib import suppress

import pytest
from fuzzing import GROWTH_MIB, READERS, Reader
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from grader.errors import KitError

EXAMPLES = 100


@st.composite
def mutated(draw: st.DrawFn, reader: Reader) -> bytes:
    """A right input in which a few pieces are replaced."""
    data = draw(st.sampled_from(reader.samples))
    pieces = st.binary(max_size=8) | st.sampled_from(reader.words or ("",)).map(str.encode)
    for piece in draw(st.lists(pieces, min_size=1, max_size=4)):
        at = draw(st.integers(0, len(data)))
        data = data[:at] + piece + data[at + draw(st.integers(0, 12)) :]
    return data


def structured(reader: Reader) -> st.SearchStrategy[bytes]:
    """A tree or a table of the words that the reader looks for, in JSON (which is YAML too) or CSV."""
    text = st.sampled_from(reader.words) | st.text(max_size=6)
    leaves = st.none() | st.booleans() | st.integers() | st.floats() | text
    trees = st.recursive(
        leaves,
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(text, inner, max_size=4),
        max_leaves=12,
    )
    tables = st.lists(st.lists(text, min_size=1, max_size=4), min_size=1, max_size=4)
    return trees.map(lambda tree: json.dumps(tree).encode()) | tables.map(as_csv)


def as_csv(rows: list[list[str]]) -> bytes:
    file = io.StringIO()
    csv.writer(file).writerows(rows)
    return file.getvalue().encode(errors="surrogatepass")


def growth_by(reader: Reader, data: bytes) -> int:
    """KiB by which the process was never so large before."""
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with suppress(KitError):
        reader.read(data)
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before


@pytest.mark.parametrize("name", READERS)
def test_a_reader_ends_in_a_message_whatever_it_is_given(name: str) -> None:
    reader = READERS[name]
    inputs, grown = st.binary(max_size=200) | mutated(reader), 0

    @settings(max_examples=EXAMPLES, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    @given(inputs | structured(reader) if reader.words else inputs)
    def feed(data: bytes) -> None:
        nonlocal grown
        grown += growth_by(reader, data)

    for sample in reader.samples:
        reader.read(sample)
    feed()
    assert grown <= GROWTH_MIB << 10
