"""Give the readers of strangers' bytes inputs for as long as there is time; atheris leads them into new code.

python scripts/fuzz.py            every reader for 20 seconds, and the decoder of frames a million times
python scripts/fuzz.py notebook 60  one of them, for so many seconds
"""

from __future__ import annotations

import resource
import subprocess
import sys
import tempfile
from contextlib import suppress
from pathlib import Path

import atheris

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]
with atheris.instrument_imports(include=["grader"]):  # it sees which branches an input takes
    from fuzzing import GROWTH_MIB, READERS, Reader

    from grader.errors import KitError

SECONDS = "-max_total_time=20"
LONG = {"frame": "-runs=1000000"}


def fuzz(name: str, reader: Reader, limit: str) -> None:
    """Give a reader inputs; does not return: libFuzzer ends the process, with 0 if it found no fault.

    Args:
        limit: how long, as libFuzzer's option.
    """

    def read(data: bytes) -> None:
        with suppress(KitError):
            reader.read(data)

    with tempfile.TemporaryDirectory() as seeds:
        for number, sample in enumerate(reader.samples):
            (Path(seeds) / str(number)).write_bytes(sample)
            read(sample)
        now_mib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10
        most = f"-rss_limit_mb={now_mib + GROWTH_MIB}"
        atheris.Setup([name, limit, most, "-max_len=4096", "-print_final_stats=1", seeds], read)
        atheris.Fuzz()


def main() -> None:
    """One reader in this process, or each in one of its own."""
    if len(sys.argv) == 3:
        name, length = sys.argv[1:]
        fuzz(name, READERS[name], length if length.startswith("-") else f"-max_total_time={length}")
    for name in READERS:
        print(f"== {name}", flush=True)
        subprocess.run([sys.executable, __file__, name, LONG.get(name, SECONDS)], check=True)


if __name__ == "__main__":
    main()
