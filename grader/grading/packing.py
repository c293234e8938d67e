"""Pack texts that are nearly alike, the submissions of a class or the reports on them, as differences from one of them.

What they have in common, a lesson's own words most of all, is kept once: packed alone it would be most of each.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable
from dataclasses import dataclass

import zstandard

_LEVEL = 9  # a millisecond a report; more takes twenty times as long for a fifth less
_LONGER = 1.1  # so much longer is what takes the place of the common text: a few times at most, however many there are
_NUMBER_BYTES = 4
_ZLIB = b"\x78"  # earlier versions packed each text alone; no number begins so below two billion


@dataclass(frozen=True)
class CommonText:
    """What texts of one kind are packed against, and the number that they name it by."""

    number: int
    text: bytes

    def pack(self, text: bytes) -> bytes:
        """The number, then what the text has that the common one has not."""
        # With a checksum: else of a text that turned bad on the disk some would unpack, with another word in it.
        compressor = zstandard.ZstdCompressor(level=_LEVEL, dict_data=self._dictionary(), write_checksum=True)
        packed = compressor.compress(text)
        return self.number.to_bytes(_NUMBER_BYTES, "big") + packed

    def unpacker(self) -> zstandard.ZstdDecompressor:
        """Turns what follows the number into the text."""
        return zstandard.ZstdDecompressor(dict_data=self._dictionary())

    def _dictionary(self) -> zstandard.ZstdCompressionDict:
        return zstandard.ZstdCompressionDict(self.text, dict_type=zstandard.DICT_TYPE_RAWCONTENT)


class Packer:
    """Packs and unpacks. Common texts are only ever added, so that whatever was packed can be read.

    Args:
        newest: finds the newest common text of a kind, None if there is none.
        find: finds one by its number.
        add: keeps another one of a kind.
    """

    def __init__(
        self,
        newest: Callable[[str], CommonText | None],
        find: Callable[[int], CommonText],
        add: Callable[[str, bytes], CommonText],
    ) -> None:
        self._newest, self._find, self._add = newest, find, add
        self._unpackers: dict[int, zstandard.ZstdDecompressor] = {}

    def pack(self, kind: str, text: bytes) -> bytes:
        """The text, packed; where it is much longer than the common text of its kind, it is that from now on."""
        common = self._newest(kind)
        if common is None or len(text) > _LONGER * len(common.text):
            common = self._add(kind, text)
        return common.pack(text)

    def unpack(self, data: bytes) -> bytes:
        """The text that was packed, by this version or by one before it.

        Raises:
            ValueError: it was packed by neither, or is damaged.
        """
        try:
            if data.startswith(_ZLIB):
                return zlib.decompress(data)
            number = int.from_bytes(data[:_NUMBER_BYTES], "big")
            if number not in self._unpackers:
                self._unpackers[number] = self._find(number).unpacker()
            # Not in one call: that believes a head which says that nothing follows.
            unpacking = self._unpackers[number].decompressobj()
            text = unpacking.decompress(data[_NUMBER_BYTES:])
        except (zlib.error, zstandard.ZstdError) as error:
            raise ValueError(f"what was packed cannot be read: {error}") from error
        if not unpacking.eof or unpacking.unused_data:
            raise ValueError("what was packed is not whole")
        return text
