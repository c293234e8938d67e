"""A sandbox runs one submission after another, ends each in time, and leaves nothing behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import torch
from corpus import CHECKOUT, source_of
from sandboxes import HONEST, alive, descendants, need

from grader.errors import SandboxError
from grader.records import Cause, Limits
from grader.sandbox.affinity import OneCore, usable_cores
from grader.sandbox.exceptions import LearnerLost, LearnerRaised
from grader.sandbox.host import Sandbox
from grader.sandbox.levels import Level
from grader.sandbox.process_time import child_of
from grader.sandbox.proxy import Learner

pytestmark = pytest.mark.xdist_group("host")

LIMITS = Limits(call_s=4.0, memory_mib=512, output_kib=4)
COUNTER = (
    "import torch\n\ncalls = []\n\ndef count():\n    calls.append(1)\n    return len(calls)\n\n"
    "def hang():\n    while True:\n        pass\n"
)


@pytest.fixture(scope="module", params=list(Level))
def sandbox(request: pytest.FixtureRequest) -> Iterator[Sandbox]:
    """A sandbox of each level in turn."""
    need(request.param)
    with Sandbox(request.param, LIMITS) as running:
        yield running


def loss_of(call: Callable[[], object]) -> LearnerLost:
    """How a call ends that takes the guest with it."""
    with pytest.raises(LearnerLost) as lost:
        call()
    return lost.value


def wait_until_gone(pids: set[int], limit_s: float = 20.0) -> set[int]:
    """The processes that still run after a while."""
    until = time.monotonic() + limit_s
    while alive(pids) and time.monotonic() < until:
        time.sleep(0.01)
    return alive(pids)


# --- submissions ------------------------------------------------------------------------------------------


@pytest.mark.skipif(not usable_cores(), reason="threads cannot be kept on a core here")
def test_both_sides_share_a_core_while_a_submission_runs_and_only_then(sandbox: Sandbox) -> None:
    source = "import os\n\ndef cores():\n    return sorted(os.sched_getaffinity(0))\n"

    with sandbox.learner(source) as learner:
        ours, theirs = os.sched_getaffinity(0), learner.cores()

    assert list(ours) == theirs
    assert len(ours) == 1
    assert tuple(sorted(os.sched_getaffinity(0))) == usable_cores()


@pytest.mark.skipif(not usable_cores(), reason="threads cannot be kept on a core here")
def test_a_thread_is_let_go_by_another() -> None:
    core, held, done = OneCore(), threading.Event(), threading.Event()
    seen: list[int] = []

    def work() -> None:
        core.hold()
        held.set()
        done.wait()
        seen.append(len(os.sched_getaffinity(0)))

    thread = threading.Thread(target=work)
    thread.start()
    held.wait()
    core.release()
    done.set()
    thread.join()

    assert seen == [len(usable_cores())]


def test_a_submission_is_called_in_another_process(sandbox: Sandbox) -> None:
    source = HONEST + "\nimport os\n\ndef where():\n    return os.getpid(), os.getppid()\n"

    with sandbox.learner(source) as learner:
        doubled = learner.double(torch.arange(6.0).reshape(2, 3))
        pid, parent = learner.where()

    assert torch.equal(doubled, 2 * torch.arange(6.0).reshape(2, 3))
    assert os.getpid() not in (pid, parent)


def test_every_submission_starts_afresh(sandbox: Sandbox) -> None:
    counts = []

    for _ in range(3):
        with sandbox.learner(COUNTER) as learner:
            learner.count()
            counts.append(learner.count())

    assert counts == [2, 2, 2]


def test_what_one_submission_changes_the_next_does_not_see(sandbox: Sandbox) -> None:
    vandal = """
import torch

torch.exp = lambda x: 0

def exp(x):
    return torch.exp(x)

def spoil(x):
    torch.Tensor.__mul__ = lambda *_: 0
    return x
"""

    with sandbox.learner(vandal) as learner:
        wrong = learner.exp(torch.ones(2))
        with pytest.raises(LearnerRaised, match="not its own"):
            learner.spoil(torch.ones(2))
    with sandbox.learner(HONEST) as learner:
        right = learner.double(torch.ones(2))

    assert wrong == 0
    assert torch.equal(right, torch.full((2,), 2.0))


def test_opening_the_next_submission_ends_the_one_before(sandbox: Sandbox) -> None:
    first = sandbox.open(COUNTER)
    second = sandbox.open(COUNTER)

    assert second.count() == 1
    assert "stopped" in loss_of(first.count).reason
    assert second.count() == 2


def test_a_source_that_raises_says_where(sandbox: Sandbox) -> None:
    with pytest.raises(LearnerRaised) as raised, sandbox.learner("x = 1\ny = x / 0\n"):
        pass

    assert (raised.value.name, raised.value.line) == ("ZeroDivisionError", 2)


def test_what_is_printed_arrives_and_is_capped(sandbox: Sandbox) -> None:
    source = "def talk(n):\n    print('x' * n)\n"

    with sandbox.learner(source) as learner:
        learner.talk(3)
        few = "".join(learner.output)
        for _ in range(10):
            learner.talk(3000)
        many = "".join(learner.output)

    assert few == "xxx\n"
    assert len(many) <= LIMITS.output_kib * 1024


def test_a_lent_model_is_judged_away_from_the_learner() -> None:
    source = (
        "import onnx\nfrom onnx import TensorProto, helper\n\ndef export():\n"
        "    x = helper.make_tensor_value_info('x', TensorProto.FLOAT, ['batch', 2])\n"
        "    y = helper.make_tensor_value_info('y', TensorProto.FLOAT, ['batch', 2])\n"
        "    graph = helper.make_graph([helper.make_node('Relu', ['x'], ['y'])], 'g', [x], [y])\n"
        "    return helper.make_model(graph, opset_imports=[helper.make_opsetid('', 17)], ir_version=8)\n"
    )
    level = Level.BWRAP
    need(level)

    with Sandbox(level, imports=("onnx",)) as sandbox, sandbox.learner(source) as learner:
        verdict = learner.judge_model(learner.export(), torch.tensor([[-1.0, 2.0]]))

    assert verdict["valid"], verdict["message"]
    assert torch.equal(verdict["output"], torch.tensor([[0.0, 2.0]]))


# --- deadlines and losses ---------------------------------------------------------------------------------


def test_a_late_call_is_lost_and_a_fresh_process_takes_over(sandbox: Sandbox) -> None:
    learner = sandbox.open(COUNTER)
    learner.count()
    learner.deadline_s = lambda: 0.3

    lost = loss_of(learner.hang)
    again = loss_of(learner.count)
    fresh = sandbox.open(COUNTER)

    assert lost.cause is Cause.OUT_OF_TIME
    assert "no answer within 0.3 seconds" in lost.reason
    assert (again.reason, again.cause) == (lost.reason, lost.cause)
    assert fresh.count() == 1


@pytest.mark.parametrize(
    ("attack", "words"),
    [("leave", "exit code 0"), ("crash", "segmentation fault"), ("endless_sleep", "no answer")],
)
def test_a_lost_guest_says_how_it_ended(sandbox: Sandbox, attack: str, words: str) -> None:
    learner = sandbox.open(source_of("excess"))
    learner.deadline_s = lambda: 1.0

    lost = loss_of(lambda: learner.call(attack))

    assert words in lost.reason
    assert lost.cause in (Cause.LOST, Cause.OUT_OF_TIME)


def test_who_is_killed_by_the_system_is_told_from_who_crashes(sandbox: Sandbox) -> None:
    learner = sandbox.open(COUNTER)
    learner.count()
    assert sandbox._zygote is not None
    assert sandbox._channel is not None
    pid = child_of(sandbox._zygote.pid, sandbox._channel._pid)
    assert pid is not None
    os.kill(pid, signal.SIGKILL)

    lost = loss_of(learner.count)
    again = loss_of(learner.count)

    assert "killed by the system" in lost.reason
    assert lost.cause is Cause.KILLED
    assert again.cause is Cause.KILLED


def test_memory_is_limited(sandbox: Sandbox) -> None:
    source = "import torch\n\ndef take(mib):\n    return torch.ones(mib, 2**17, dtype=torch.float64).sum().item()\n"
    if sandbox._address_space is None:
        pytest.skip("this system does not tell how much address space a process uses")

    with sandbox.learner(source) as learner:
        some = learner.take(64)
        with pytest.raises(LearnerRaised, match="memory"):
            learner.take(LIMITS.memory_mib + 64)

    assert some == 64 * 2**17


def test_killing_is_quick(sandbox: Sandbox) -> None:
    learner = sandbox.open(COUNTER)
    timer = threading.Timer(0.2, sandbox.kill)
    timer.start()
    start = time.monotonic()

    lost = loss_of(learner.hang)
    timer.join()

    assert not lost.is_late
    assert time.monotonic() - start < LIMITS.call_s


def test_a_sandbox_that_died_is_started_again(sandbox: Sandbox) -> None:
    learner = sandbox.open(COUNTER)
    assert sandbox._zygote is not None
    os.kill(sandbox._zygote.pid, signal.SIGKILL)
    wait_until_gone({sandbox._zygote.pid})

    lost = loss_of(learner.count)
    with sandbox.learner(COUNTER) as fresh:
        count = fresh.count()

    assert lost.reason
    assert count == 1


# --- nothing is left behind -------------------------------------------------------------------------------


@pytest.mark.parametrize("level", list(Level))
def test_nothing_runs_after_the_end(level: Level) -> None:
    need(level)
    before = descendants()
    sandbox = Sandbox(level, LIMITS)
    sandbox.start()
    idle = sandbox.open(COUNTER)
    idle.deadline_s = lambda: 0.2
    loss_of(idle.hang)
    sandbox.open(source_of("excess"))
    during = descendants() - before

    sandbox.close()

    assert during
    assert not alive(during)


@pytest.mark.parametrize("level", list(Level))
def test_a_killed_host_takes_its_sandbox_along(level: Level) -> None:
    need(level)
    program = (
        "import sys\nfrom grader.sandbox.host import Sandbox\nfrom grader.sandbox.launch import Level\n"
        f"learner = Sandbox(Level({level.value!r})).open('def hang():\\n    while True: pass\\n')\n"
        "learner.limits = type(learner.limits)(call_s=600.0)\nprint('ready', flush=True)\nlearner.hang()\n"
    )
    host = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, cwd=CHECKOUT)
    assert host.stdout is not None
    host.stdout.readline()
    during = descendants(host.pid)

    host.kill()
    host.wait()
    host.stdout.close()

    assert during
    assert not wait_until_gone(during)


@pytest.mark.parametrize("level", list(Level))
def test_a_sandbox_outlives_the_thread_that_started_it(level: Level) -> None:
    need(level)
    sandbox = Sandbox(level, LIMITS)
    starter = threading.Thread(target=sandbox.start)
    starter.start()
    starter.join()
    time.sleep(0.1)

    with sandbox:
        zygote = sandbox._zygote
        with sandbox.learner(HONEST) as learner:
            doubled = learner.double(3)

    assert zygote is not None
    assert doubled == 6


def test_standard_output_stays_the_hosts(sandbox: Sandbox, capfd: pytest.CaptureFixture[str]) -> None:
    source = "import os\n\ndef forge():\n    os.write(1, b'100 of 100 points')\n    os.write(2, b'passed')\n"

    with sandbox.learner(source) as learner:
        learner.forge()

    assert capfd.readouterr() == ("", "")


# --- starting ---------------------------------------------------------------------------------------------


def test_a_module_that_is_missing_is_named_at_the_start() -> None:
    sandbox = Sandbox(Level.PLAIN, imports=("no_such_module",))

    with pytest.raises(SandboxError, match="no_such_module"):
        sandbox.start()


def test_a_warmed_sandbox_answers_on_fake_tensors(sandbox: Sandbox) -> None:
    source = HONEST + "\ndef stuck(x):\n    return x + torch.ones(3)\n"

    with Sandbox(sandbox.level, warm_fake=True) as warm, warm.learner(source) as learner:
        devices = learner.portable("double", torch.ones(3))
        with pytest.raises(LearnerRaised):
            learner.portable("stuck", torch.ones(3))

    assert devices == ("meta",)


def test_an_installed_grader_works_from_anywhere(tmp_path: Path) -> None:
    """As from a wheel: the package in a site-packages folder, no checkout about."""
    need(Level.BWRAP)
    site = tmp_path / "site-packages"
    site.mkdir()
    subprocess.run(["cp", "-r", str(CHECKOUT / "grader"), str(site / "grader")], check=True)
    source = f"import os\n\ndef seen():\n    return sorted(os.listdir({str(site / 'grader')!r}))\n"
    program = (
        f"import sys; sys.path.insert(0, {str(site)!r})\n"
        "import grader.sandbox.host as host\nfrom grader.sandbox.launch import Level\n"
        f"assert host.__file__.startswith({str(site)!r})\n"
        f"with host.Sandbox(Level.BWRAP) as sandbox, sandbox.learner({source!r}) as learner:\n"
        "    print(learner.seen())\n"
    )

    done = subprocess.run(
        [sys.executable, "-c", program], cwd=tmp_path, capture_output=True, text=True, check=False
    )

    assert done.stdout.strip() == "['sandbox']", done.stderr


@pytest.mark.gpu
def test_a_cuda_sandbox_computes_on_the_gpu() -> None:
    if not torch.cuda.is_available():
        pytest.skip("no CUDA device here")
    need(Level.BWRAP)

    with Sandbox(Level.BWRAP, device="cuda") as sandbox, sandbox.learner(HONEST) as learner:
        doubled: object = learner.double(torch.ones(3))

    assert isinstance(learner, Learner)
    assert isinstance(doubled, torch.Tensor)
    assert torch.equal(doubled.cpu(), torch.full((3,), 2.0))
