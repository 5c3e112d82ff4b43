"""What `manage.py serve` is made of: port, claim, children."""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from curation.core.embedded.supervised import ProcessPlan, SupervisedProcess
from curation.core.serving import forked, single_instance
from curation.core.serving.plans import plans
from curation.core.serving.port import PortUnusable, address_of, answers, bind, port_from_environment
from curation.core.serving.practice import bind_practice, forget_port, remember_port, remembered_port
from curation.core.serving.processes import Processes
from curation.core.serving.single_instance import AlreadyServed, claim, is_claimed, lock_for_children
from tests.embedded_homes import ROOT, eventually, is_alive

STUBBORN = (
    "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('up', flush=True); time.sleep(600)"
)


def one_process(
    folder: Path, program: str, patience: float = 5, say: Callable[[str], None] = str, inherits: Sequence[int] = ()
) -> Processes:
    command = [sys.executable, "-c", program]
    plan = ProcessPlan("clerk", command, os.environ, folder / "clerk.log", inherits, stop_within=patience)
    return Processes({"clerk": SupervisedProcess(plan)}, say)


def said(folder: Path) -> str:
    log = folder / "clerk.log"
    return log.read_text() if log.exists() else ""


def test_a_taken_port_is_named_with_the_way_to_another() -> None:
    with bind("127.0.0.1", 0) as holder:
        holder.listen()
        port = holder.getsockname()[1]
        assert address_of(holder) == f"http://127.0.0.1:{port}"
        with pytest.raises(PortUnusable, match=f"Port {port} is taken.*PORT={port + 1}"):
            bind("127.0.0.1", port)


def test_nobody_answers_on_a_port_that_is_only_kept() -> None:
    with bind("127.0.0.1", 0) as holder:
        assert not answers(holder)


@pytest.mark.parametrize("value", ["x", "0", "-1", "65536", "8000.5", "٨٠٠٠"])
def test_a_port_that_is_none_is_refused(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    monkeypatch.setenv("PORT", value)
    with pytest.raises(PortUnusable, match="is not a port"):
        port_from_environment()


def test_the_port_is_8000_unless_told_otherwise(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PORT", raising=False)
    assert port_from_environment() == 8000
    monkeypatch.setenv("PORT", "8123")
    assert port_from_environment() == 8123


def test_the_second_to_serve_a_home_learns_who_was_first(tmp_path: Path) -> None:
    first = claim(tmp_path, "http://127.0.0.1:8000")
    with pytest.raises(AlreadyServed, match=f"process {os.getpid()} on http://127.0.0.1:8000"):
        claim(tmp_path, "http://127.0.0.1:8001")
    os.close(first)
    os.close(claim(tmp_path, "http://127.0.0.1:8001"))
    assert is_claimed(tmp_path)


def test_parts_of_a_home_are_served_apart_and_each_once(tmp_path: Path) -> None:
    claims = [claim(tmp_path, "here", part) for part in ("web", "worker")]
    locks = [lock_for_children(tmp_path, str, part) for part in ("web", "worker")]
    with pytest.raises(AlreadyServed):
        claim(tmp_path, "here", "worker")
    for lock in (*claims, *locks):
        os.close(lock)


def served(command: Sequence[str]) -> set[str]:
    return set(command[command.index("--queues") + 1].split(","))


def test_an_import_or_a_build_has_no_worker_in_common_with_an_expiry_or_a_score(tmp_path: Path) -> None:
    found = {plan.name: plan for plan in plans(tmp_path, 3, [], verbose=False)}
    assert set(found) == {"beat", "web", "bulk", "judging", "worker"}
    assert served(found["worker"].command) == {"human", "scoring", "webhooks"}
    assert served(found["bulk"].command) == {"bulk", "build", "publishing"}
    assert served(found["judging"].command) == {"judging"}


@pytest.mark.skipif(not forked.IS_POSSIBLE, reason="elsewhere a worker's children have loaded nothing in common")
def test_what_a_fit_or_a_build_has_loaded_is_not_kept_by_every_child_of_its_worker(tmp_path: Path) -> None:
    limits = {plan.name: "--max-memory-per-child" in plan.command for plan in plans(tmp_path, None, [], verbose=False)}
    assert limits == {"beat": False, "bulk": True, "judging": False, "worker": False}


def test_who_waits_for_a_page_comes_before_the_workers(tmp_path: Path) -> None:
    steps = {plan.name: plan.niceness for plan in plans(tmp_path, 3, [], verbose=False)}
    assert steps["web"] == steps["beat"] == 0
    assert 0 < steps["worker"] == steps["judging"] == steps["bulk"]


def test_a_child_gets_less_of_the_processor_where_its_plan_says_so(tmp_path: Path) -> None:
    # How the kernel shares among sessions can be read only where it does.
    sessions = Path("/proc/self/autogroup")
    program = f"import os; print(os.nice(0), open('{sessions}').read() if {sessions.exists()} else 'nice 3')"
    command = [sys.executable, "-c", program]
    plan = ProcessPlan("clerk", command, os.environ, tmp_path / "clerk.log", [], stop_within=5, niceness=3)
    processes = Processes({"clerk": SupervisedProcess(plan)}, str)
    processes.keep_up()
    eventually(lambda: said(tmp_path).strip())
    processes.stop(is_urgent=lambda: False)
    assert said(tmp_path).startswith(f"{os.nice(0) + 3} ")
    assert said(tmp_path).rstrip().endswith("nice 3")


def test_a_demonstration_has_the_practice_model_beside_it_which_ends_after_all_who_ask_it(tmp_path: Path) -> None:
    *_others, last = plans(tmp_path, 3, [5], verbose=False, practice=7)
    assert last.command[-3:] == ["curation.demo.practice_model", "--descriptor", "7"]
    assert last.inherits == (5, 7)


def test_the_practice_model_is_at_the_same_port_in_every_run(tmp_path: Path) -> None:
    assert remembered_port(tmp_path) == 0
    with bind_practice(tmp_path) as first:
        first.listen()
        remember_port(tmp_path, port := first.getsockname()[1])
        with bind_practice(tmp_path) as beside:
            assert beside.getsockname()[1] != port
    with bind_practice(tmp_path) as again:
        assert again.getsockname()[1] == remembered_port(tmp_path) == port
    forget_port(tmp_path)
    assert remembered_port(tmp_path) == 0


def test_a_host_runs_one_part_or_some_queues_alone(tmp_path: Path) -> None:
    for part, names in (("web", {"web"}), ("beat", {"beat"}), ("worker", {"worker", "judging", "bulk"})):
        assert {plan.name for plan in plans(tmp_path, 3, [], verbose=False, parts=[part])} == names
    (only,) = plans(tmp_path, None, [], verbose=False, parts=["worker"], queues=["build"])
    assert served(only.command) == {"build"}


def test_a_child_that_dies_is_started_again(tmp_path: Path) -> None:
    told: list[str] = []
    program = "import os; print('pid', os.getpid(), flush=True); raise SystemExit(3)"
    processes = one_process(tmp_path, program, say=told.append)

    def died_twice() -> bool:
        processes.keep_up()
        return processes["clerk"].failures >= 2

    eventually(died_twice)
    assert len(set(said(tmp_path).splitlines())) >= 2
    processes.stop(is_urgent=lambda: True)
    assert told[0] == f"clerk ended with 3 and is started again; see {tmp_path / 'clerk.log'}"


def test_a_child_that_will_not_stop_is_ended_in_time(tmp_path: Path) -> None:
    processes = one_process(tmp_path, STUBBORN, patience=0.3)
    processes.keep_up()
    eventually(lambda: "up" in said(tmp_path))
    started = time.monotonic()
    pid = processes["clerk"].pid
    processes.stop(is_urgent=lambda: False)
    assert not is_alive(pid)
    assert time.monotonic() - started < 5


def test_a_second_ctrl_c_waits_for_nobody(tmp_path: Path) -> None:
    processes = one_process(tmp_path, STUBBORN, patience=600)
    processes.keep_up()
    eventually(lambda: "up" in said(tmp_path))
    pid = processes["clerk"].pid
    processes.stop(is_urgent=lambda: True)
    assert not is_alive(pid)


PARENT = """
import sys, time
from pathlib import Path
from curation.core.serving.single_instance import lock_for_children
from tests.unit.test_embedded_serving import one_process
folder = Path(sys.argv[1])
one_process(folder, sys.argv[2], inherits=[lock_for_children(folder, str)]).keep_up()
time.sleep(600)
"""


@pytest.mark.parametrize("manners", ["", STUBBORN.partition("print")[0]])
def test_children_of_a_killed_parent_are_gone_when_the_next_begins(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, manners: str
) -> None:
    monkeypatch.setattr(single_instance, "PATIENCE", 0.3)
    program = f"{manners}\nimport os, time; print(os.getpid(), flush=True); time.sleep(600)"
    with subprocess.Popen([sys.executable, "-c", PARENT, str(tmp_path), program], cwd=ROOT) as process:
        eventually(lambda: said(tmp_path))
        process.kill()
    child = int(said(tmp_path))
    if not manners and sys.platform == "linux":
        eventually(lambda: not is_alive(child))
    os.close(lock_for_children(tmp_path, str))
    eventually(lambda: not is_alive(child))


FORKING = """
import os, signal, sys, time
from pathlib import Path
from curation.core.embedded.supervised import ProcessPlan
from curation.core.serving.forked import Fork, ForkedProcess
folder = Path(sys.argv[1])
sys.path.insert(0, str(folder))
signal.signal(signal.SIGTERM, lambda *_: None)
kept, ours = os.open(folder, os.O_RDONLY), os.open(folder, os.O_RDONLY)
command = [sys.executable, "-m", "clerk", "two words", str(kept), str(ours)]
plan = ProcessPlan("clerk", command, {**os.environ, "WORD": "given"}, folder / "clerk.log", [kept], 5, niceness=3)
process = ForkedProcess(plan, ours=[kept, ours])
while (status := process.keep_up()) is None:
    time.sleep(0.01)
print(status, process.failures, os.fstat(ours).st_size > 0)
failing = Fork(lambda: sys.exit("It cannot be done."))
while failing.poll() is None:
    time.sleep(0.01)
print(failing.poll())
"""
CLERK = """
import os, signal, sys
def is_open(number):
    try:
        return bool(os.fstat(number))
    except OSError:
        return False
_, words, *descriptors = sys.argv
print(words, os.environ["WORD"], *(is_open(int(number)) for number in descriptors))
print(open("/proc/self/cmdline").read().partition(chr(0))[0])
print(os.nice(0))
print(os.getsid(0) == os.getpid(), signal.getsignal(signal.SIGTERM) is signal.SIG_DFL, sys.stdin.read() == "")
raise SystemExit(7)
"""


@pytest.mark.skipif(not forked.IS_POSSIBLE, reason="processes are not forked here")
def test_a_forked_process_is_like_one_that_was_started(tmp_path: Path) -> None:
    (tmp_path / "clerk.py").write_text(CLERK)
    ran = subprocess.run([sys.executable, "-c", FORKING, tmp_path], cwd=ROOT, capture_output=True, text=True)
    assert (ran.stdout, ran.stderr) == ("7 1 True\n1\n", "It cannot be done.\n")
    assert said(tmp_path) == f"two words given True False\nexempla: clerk\n{os.nice(0) + 3}\nTrue True True\n"
