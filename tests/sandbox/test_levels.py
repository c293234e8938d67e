"""Every way out of the sandbox that anybody thought of stays shut, and a level that is not there is refused."""

from __future__ import annotations

import builtins
import os
import resource
import subprocess
import sysconfig
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from corpus import CHECKOUT, Attack, attacks, source_of
from sandboxes import HONEST, SEALED, alive, need, python_for_uid

from grader.errors import SandboxError
from grader.records import Cause, Limits
from grader.sandbox import launch, levels, lockdown, seccomp
from grader.sandbox.exceptions import LearnerLost, LearnerMisbehaved, LearnerRaised
from grader.sandbox.host import Sandbox
from grader.sandbox.levels import Level, offered, require, strongest
from grader.sandbox.mounts import bubblewrap_mounts, find_layout, landlock_paths
from grader.sandbox.proxy import Learner

pytestmark = pytest.mark.xdist_group("levels")  # they share three sandboxes

HOLES = ("network", "programs", "processes", "files_read", "files_written", "kernel")
LIMITS = Limits(call_s=4.0, memory_mib=256, output_kib=16)
# What a busy machine may take on top of a deadline.
SLACK_S = 15.0
# Walking over every file that a sandbox shows takes its time.
PATIENT = Limits(call_s=60.0, memory_mib=512)
# What never ends computes until its time is over, so it gets less of it.
SHORT = replace(LIMITS, call_s=1.0)
ENDLESS = {"endless_loop", "endless_sleep", "endless_loop_that_ignores_everything", "endless_sum"}


@pytest.fixture(scope="module", params=SEALED)
def sealed(request: pytest.FixtureRequest) -> Iterator[Sandbox]:
    """A sandbox that must hold."""
    need(request.param)
    with Sandbox(request.param, PATIENT) as sandbox:
        yield sandbox


@pytest.fixture(scope="module", params=SEALED)
def strict(request: pytest.FixtureRequest) -> Iterator[Sandbox]:
    """A sandbox with little time and memory."""
    need(request.param)
    with Sandbox(request.param, LIMITS) as sandbox:
        yield sandbox


@pytest.fixture(scope="module")
def plain() -> Iterator[Sandbox]:
    """No sandbox at all, to see that an attack is one."""
    with Sandbox(Level.PLAIN, PATIENT) as sandbox:
        yield sandbox


def still_honest(sandbox: Sandbox) -> bool:
    """Whether the sandbox serves the next learner as if nothing had been."""
    with sandbox.learner(HONEST) as learner:
        return torch.equal(learner.double(torch.arange(3.0)), torch.tensor([0.0, 2.0, 4.0]))


def outcome_of(sandbox: Sandbox, attack: Attack, limits: Limits | None = None) -> tuple[str, object]:
    """What an attack came to: a word (returned, lost, unsendable, or the exception's name) and what it returned."""
    with sandbox.learner(source_of(attack.file)) as learner:
        learner.limits = limits or sandbox.limits
        try:
            return "returned", learner.call(attack.function)
        except LearnerLost:
            return "lost", None
        except LearnerRaised as raised:
            return raised.name, None
        except LearnerMisbehaved:
            return "unsendable", None
        finally:
            assert len("".join(learner.output)) <= sandbox.limits.output_kib * 1024


def refused(outcome: str) -> bool:
    """Whether an attack ended in an error of the operating system, not in a mistake of its own."""
    kind = getattr(builtins, outcome, None)
    return outcome == "lost" or (isinstance(kind, type) and issubclass(kind, OSError))


def call_until_lost(learner: Learner, attack: str) -> LearnerLost | None:
    """Call, at most three times, until the guest is gone; why it is, None if it is not."""
    try:
        for _ in range(3):
            learner.call(attack)
    except LearnerLost as lost:
        return lost
    return None


# --- ways out ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("file", HOLES)
def test_every_hole_stays_closed(sealed: Sandbox, file: str) -> None:
    zygote, open_holes = sealed._zygote, {}

    for attack in attacks(file):
        outcome, gained = outcome_of(sealed, attack)
        if not refused(outcome) or not still_honest(sealed):
            open_holes[attack.function] = outcome, gained

    assert open_holes == {}
    assert sealed._zygote is zygote


@pytest.mark.parametrize("attack", [one for one in attacks(*HOLES) if one.is_open_unsealed])
def test_a_hole_is_open_without_a_sandbox(plain: Sandbox, attack: Attack) -> None:
    """Otherwise the test above would prove nothing."""
    outcome, gained = outcome_of(plain, attack)

    if refused(outcome):
        pytest.skip(f"this machine refuses it to everybody: {outcome}")
    assert gained


@pytest.mark.slow
@pytest.mark.parametrize(
    ("files", "tests"),
    [
        (["test_levels"], "uid and (hole or excess or host_survives)"),
        pytest.param(["test_levels", "test_host", "test_cheats"], "uid", marks=pytest.mark.nightly),
    ],
)
def test_the_level_uid_holds_where_root_brings_a_python_for_all(files: list[str], tests: str) -> None:
    """The tests above once more, by the system's own Python: root's lies where the level's nobody may not look."""
    if offered()[Level.UID] is None:
        pytest.skip("this Python was tried above")
    places = [sysconfig.get_path("purelib"), str(CHECKOUT)]

    done = subprocess.run(
        [python_for_uid(), "-m", "pytest", "-q", "-p", "no:cacheprovider", "-m", "", "-k", tests]
        + [f"tests/sandbox/{file}.py" for file in files],
        cwd=CHECKOUT,
        env=os.environ | {"PYTHONPATH": os.pathsep.join(places)},
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stdout
    assert "does not offer uid" not in done.stdout


def test_nothing_of_the_host_is_in_the_environment(sealed: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BRICKWORK_SECRET", "42")
    source = "import os\n\ndef environment():\n    return dict(os.environ)\n"

    with Sandbox(sealed.level) as sandbox, sandbox.learner(source) as learner:
        environment = learner.environment()

    assert environment.keys() <= {*launch._environment("cpu"), "LC_CTYPE", "PWD"}


def test_a_learner_is_nobody(sealed: Sandbox) -> None:
    source = "import os\n\ndef who():\n    return [*os.getresuid(), *os.getresgid(), *os.getgroups()]\n"

    with sealed.learner(source) as learner:
        who = learner.who()

    assert 0 not in who


# --- the wire ---------------------------------------------------------------------------------------------


def test_the_host_survives_what_a_guest_writes(strict: Sandbox) -> None:
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    outlived = []

    # One submission after the first of them: it is served by forks, so the sandbox is started anew but once.
    for attack in attacks("wire"):
        with strict.learner(source_of("wire")) as learner:
            if not call_until_lost(learner, attack.function):
                outlived.append(attack)

    assert outlived == []
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 200 * 1024
    assert still_honest(strict)


@pytest.mark.parametrize("attack", ["junk", "two_answers"])
def test_after_a_broken_answer_nobody_else_gets_this_sandbox(strict: Sandbox, attack: str) -> None:
    strict.start()
    zygote = strict._zygote

    with strict.learner(source_of("wire")) as learner:
        lost = call_until_lost(learner, attack)
    with strict.learner(source_of("wire")):
        again = strict._zygote

    assert lost is not None
    assert "not an answer" in lost.reason
    assert again is zygote  # a fork for the same submission, and no second start
    assert still_honest(strict)
    assert strict._zygote is not zygote
    assert not alive({zygote.pid})


def test_the_next_sandbox_is_started_while_the_distrusted_one_is_still_used(strict: Sandbox) -> None:
    with strict.learner(source_of("wire")) as learner:
        call_until_lost(learner, "junk")
    with strict.learner(source_of("wire")):
        spare = strict._spare
        assert spare is not None
        ready = spare.result()

    assert still_honest(strict)
    assert strict._zygote is ready


def test_the_deadline_covers_sending(strict: Sandbox) -> None:
    source = (
        "import sys, time\n\n"
        "def stop_reading():\n    sys.modules['grader.sandbox.protocol'].read_frame = lambda sock: time.sleep(60)\n"
    )
    start = time.monotonic()

    with strict.learner(source) as learner:
        learner.stop_reading()
        with pytest.raises(LearnerLost, match="no answer within") as lost:
            learner.call("anything", torch.zeros(4_000_000, dtype=torch.float64))

    assert lost.value.cause is Cause.OUT_OF_TIME
    assert time.monotonic() - start < LIMITS.call_s + SLACK_S


# --- excess -----------------------------------------------------------------------------------------------


def test_every_excess_is_contained(strict: Sandbox, capfd: pytest.CaptureFixture[str]) -> None:
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    ends = {}

    for attack in attacks("excess"):
        ends[attack.function], _ = outcome_of(strict, attack, SHORT if attack.function in ENDLESS else LIMITS)
        assert still_honest(strict), attack

    assert ends == {attack.function: attack.must for attack in attacks("excess")}
    assert capfd.readouterr() == ("", "")
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 200 * 1024


def test_bottomless_recursion_ends_at_the_deadline(strict: Sandbox) -> None:
    roomy = Limits(call_s=1.0, memory_mib=8192)  # far more memory than a second of recursion fills

    with Sandbox(strict.level, roomy) as sandbox:
        with sandbox.learner(source_of("recursion")) as learner:
            lost = call_until_lost(learner, "bottomless_recursion")
        assert lost is not None
        assert "no answer within 1 seconds" in lost.reason
        assert still_honest(sandbox)


def test_bottomless_recursion_ends_when_memory_does(strict: Sandbox) -> None:
    patient = Limits(call_s=60.0, memory_mib=256)

    with Sandbox(strict.level, patient) as sandbox:
        [attack] = attacks("recursion")
        outcome, _ = outcome_of(sandbox, attack)
        # CPython 3.11 has no memory left for the MemoryError and raises SystemError instead.
        assert outcome in ("MemoryError", "SystemError")
        assert still_honest(sandbox)


def test_processor_time_is_limited(strict: Sandbox) -> None:
    limits = Limits(call_s=20.0, chapter_s=1.0)

    with Sandbox(strict.level, limits) as sandbox, sandbox.learner(source_of("excess")) as learner:
        lost = call_until_lost(learner, "endless_loop")

    assert lost is not None
    assert "it used up its processor time" in lost.reason
    assert lost.cause is Cause.LOST  # its own doing: whoever is killed may have been somebody else's victim


def test_loading_is_limited_too(strict: Sandbox) -> None:
    with pytest.raises(LearnerLost, match="no answer within"), strict.learner("while True:\n    pass\n"):
        pass

    assert still_honest(strict)


# --- levels -----------------------------------------------------------------------------------------------


def test_every_level_is_offered_or_says_why_not() -> None:
    levels = offered()

    assert set(levels) == set(Level)
    assert all(reason is None or reason for reason in levels.values())
    assert levels[strongest()] is None


def test_plain_is_refused_for_other_peoples_code() -> None:
    with pytest.raises(SandboxError, match="plain") as refused:
        require(Level.PLAIN, unsandboxed=False)

    assert "--unsandboxed" in refused.value.next_step
    assert require(Level.PLAIN, unsandboxed=True) is Level.PLAIN


def test_without_a_level_the_strongest_is_taken() -> None:
    if strongest() is Level.PLAIN:
        with pytest.raises(SandboxError):
            require(None, unsandboxed=False)
    else:
        assert require(None, unsandboxed=False) is strongest()


def test_a_missing_bubblewrap_is_named_with_the_way_to_get_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    levels._missing.cache_clear()

    try:
        with pytest.raises(SandboxError, match="bubblewrap") as refused:
            require(Level.BWRAP, unsandboxed=True)
    finally:
        levels._missing.cache_clear()

    assert "apt install bubblewrap" in refused.value.next_step


def test_a_bubblewrap_that_cannot_is_quoted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    need(Level.BWRAP)
    broken = tmp_path / "bwrap"
    broken.write_text(
        "#!/bin/sh\necho 'bwrap: Creating new namespace failed' >&2\nexit 1\n", encoding="utf-8"
    )
    broken.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    levels._missing.cache_clear()

    try:
        with pytest.raises(SandboxError, match="bwrap: Creating new namespace failed") as refused:
            require(Level.BWRAP, unsandboxed=True)
    finally:
        levels._missing.cache_clear()

    assert "allow user namespaces" in refused.value.next_step


def test_a_sandbox_that_leaks_is_not_offered(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A bwrap that seals nothing starts well; the probe finds the doors open."""
    need(Level.BWRAP)
    leaky = tmp_path / "bwrap"
    leaky.write_text('#!/bin/sh\nwhile [ "$1" != -- ]; do shift; done\nshift\nexec "$@"\n', encoding="utf-8")
    leaky.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    levels._missing.cache_clear()

    try:
        reason = offered()[Level.BWRAP]
    finally:
        levels._missing.cache_clear()

    assert reason is not None


# --- what a sandbox shows ---------------------------------------------------------------------------------


def test_only_the_sandbox_folder_of_the_grader_is_shown() -> None:
    layout = find_layout()
    package = CHECKOUT / "grader"

    shown = [path for path in layout.readable if package in path.parents or path == package]

    assert shown == [package / "sandbox"]
    assert not any(path in CHECKOUT.parents or path == CHECKOUT for path in layout.readable)


def test_an_installed_package_is_covered_and_its_sandbox_shown_on_top(tmp_path: Path) -> None:
    site = tmp_path / "site-packages"
    folder = site / "grader" / "sandbox"
    folder.mkdir(parents=True)
    (site / "torch").mkdir()
    layout = launch.Layout(
        interpreter=Path("/usr/bin/python3"),
        search_path=(site,),
        folder=folder,
        readable=(site, folder),
        links=(),
        hidden=(site / "grader",),
    )

    mounts = bubblewrap_mounts(layout)
    _, files = landlock_paths(layout)

    order = [mounts.index(str(path)) for path in (site, site / "grader", folder)]
    assert order == sorted(order)
    assert mounts[mounts.index(str(site / "grader")) - 1] == "--tmpfs"
    assert mounts.count("--remount-ro") == 2
    assert set(files) == {str(site / "torch"), str(folder), "/dev/urandom"}


def test_bubblewrap_gets_no_writable_path_and_no_proc() -> None:
    need(Level.BWRAP)

    command = launch.bubblewrap(find_layout())

    assert "--bind" not in command
    assert "--proc" not in command
    assert command.count("--dev-bind") == 2
    assert {"--unshare-net", "--unshare-pid", "--unshare-ipc", "--clearenv", "--die-with-parent"} <= {
        *command
    }


def test_the_filter_is_refused_where_the_library_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "pyseccomp", None)
    seccomp.build_filter.cache_clear()

    with pytest.raises(seccomp.FilterUnavailable, match="pyseccomp"):
        seccomp.build_filter()


@pytest.mark.skipif(not lockdown.LINUX, reason="capabilities are Linux's")
def test_capabilities_are_read_from_the_kernel() -> None:
    status = Path("/proc/self/status").read_text(encoding="ascii")
    permitted = next(line for line in status.splitlines() if line.startswith("CapPrm"))

    assert lockdown.held_capabilities() & int(permitted.split()[1], 16) == int(permitted.split()[1], 16)
