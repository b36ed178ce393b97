"""Starting, reading and stopping."""

from __future__ import annotations

import json
import os
import select
import shutil
import signal
import socket
import subprocess
import sys
import textwrap
import threading
from pathlib import Path

import pytest

from sdrbot_skills.errors import ConfigurationError
from sdrbot_skills.sandbox import Line, SandboxProcess, bubblewrap, launch
from tests.sandbox.conftest import DEADLINE, Room

STOPS_POLITELY = """
    import signal, sys, time
    def stop(*_):
        print("checkpoint", flush=True)
        sys.exit(75)
    signal.signal(signal.SIGTERM, stop)
    print("ready", flush=True)
    time.sleep(60)
    """
IGNORES_STOP = """
    import signal, time
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    print("ready", flush=True)
    time.sleep(60)
    """


def first_line(process: SandboxProcess) -> str:
    return next(process.lines()).text


def test_exit_code_arguments_and_environment(room: Room) -> None:
    script = """
        import json, os, sys
        print(json.dumps([sys.argv[1:], os.getcwd(), dict(os.environ), __name__]))
        sys.exit(7)
        """
    outcome, lines = room.run(script, arguments=("a", "b c"), environment={"CRM_MIGRATE_RUN": "r1"})
    arguments, directory, environment, name = json.loads(lines[0])
    assert (outcome.exit_code, outcome.signal, outcome.killed_by) == (7, None, None)
    assert (arguments, directory, name) == (["a", "b c"], "/work", "__main__")
    assert environment["CRM_MIGRATE_BROKER"] == "/broker/broker.sock"
    assert environment["CRM_MIGRATE_RUN"] == "r1"


def test_the_environment_of_the_host_stays_outside(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HUBSPOT_ACCESS_TOKEN", "secret")
    monkeypatch.setenv("PYTHONPATH", "/somewhere")
    _, lines = room.run("import os; print(sorted(os.environ))")
    assert "HUBSPOT" not in lines[0]
    assert "PYTHONPATH" not in lines[0]


def test_the_package_and_its_libraries_can_be_imported(room: Room) -> None:
    _, lines = room.run(
        "import sdrbot_skills.errors, httpx, orjson, pydantic, simple_salesforce, phonenumbers; print('imported')"
    )
    assert lines == ["imported"]


def test_threads_and_a_database_work(room: Room) -> None:
    script = """
        import sqlite3, threading
        def write():
            with sqlite3.connect("/work/journal.db") as journal:
                journal.execute("pragma journal_mode=wal")
                journal.execute("pragma synchronous=full")
                journal.execute("create table fate (id)")
        thread = threading.Thread(target=write); thread.start(); thread.join()
        """
    outcome, lines = room.run(script)
    assert outcome.ok, lines
    assert (room.work / "journal.db").exists()


def test_the_broker_s_socket_can_be_reached(room: Room) -> None:
    with socket.socket(socket.AF_UNIX) as broker:
        broker.bind(str(room.path / "broker" / "broker.sock"))
        broker.listen()
        process = room.start(
            """
            import os, socket
            with socket.socket(socket.AF_UNIX) as client:
                client.connect(os.environ["CRM_MIGRATE_BROKER"])
                client.sendall(b"hello")
            """
        )
        connection, _ = broker.accept()
        with connection:
            assert connection.recv(5) == b"hello"
        assert process.wait(DEADLINE).ok


def test_sealed_and_further_folders_are_read_only(room: Room) -> None:
    (room.path / "sealed" / "plan.yaml").write_text("the plan")
    files = room.path / "files"
    files.mkdir()
    (files / "contacts.csv").write_text("a,b")
    script = """
        print(open("/sealed/plan.yaml").read(), open("/files/contacts.csv").read())
        for path in ("/sealed/plan.yaml", "/files/contacts.csv"):
            try: open(path, "w")
            except OSError as error: print(error.errno)
        """
    _, lines = room.run(script, extra_read_only={"/files": files})
    assert lines == ["the plan a,b", "30", "30"]


def test_the_bytes_given_are_the_bytes_that_run(room: Room) -> None:
    """The script is sealed: no path of the host leads to what runs."""
    _, lines = room.run("print(open(__file__).read())\nprint('é')")
    assert lines[0] == "print(open(__file__).read())"
    assert lines[-1] == "é"


def test_output_is_made_safe(room: Room) -> None:
    _, lines = room.run(r"print('\x1b[31mred\x1b[0m\x07 \u202ekcab'); print('x' * 100_000)")
    assert lines[0] == "red kcab"
    assert len(lines[1]) < 10_000


def test_lines_go_to_a_callback(room: Room) -> None:
    got: list[Line] = []
    process = launch(room.request("import sys\nprint('out')\nprint('err', file=sys.stderr)"), got.append)
    process.wait(DEADLINE)
    assert sorted(got) == [Line("stderr", "err"), Line("stdout", "out")]


def test_a_callback_that_fails_does_not_hold_the_script_up(room: Room) -> None:
    def fail(_line: Line) -> None:
        raise LookupError("the callback's own fault")

    process = launch(
        room.request("for n in range(50_000): print('a line of some length', n)\nopen('/work/done', 'w').close()"), fail
    )
    with pytest.raises(LookupError):
        process.wait(DEADLINE)
    assert (room.work / "done").exists()


def test_nobody_reading_does_not_hold_the_script_up(room: Room) -> None:
    process = room.start("for n in range(50_000): print('a line of some length', n)")
    assert process.wait(DEADLINE).ok
    lines = [line.text for line in process.lines()]
    assert "left out" in lines[0]
    assert lines[-1].endswith("49999")


def test_graceful_stop(room: Room) -> None:
    process = room.start(STOPS_POLITELY)
    lines = process.lines()
    assert next(lines).text == "ready"
    outcome = process.stop(grace=DEADLINE)
    assert (outcome.exit_code, outcome.killed_by) == (75, None)
    assert next(lines).text == "checkpoint"


def test_stop_without_a_handler(room: Room) -> None:
    process = room.start("import time\nprint('ready', flush=True)\ntime.sleep(60)")
    first_line(process)
    assert process.stop(grace=DEADLINE).signal == signal.SIGTERM


def test_stop_of_a_script_that_does_not_listen(room: Room) -> None:
    process = room.start(IGNORES_STOP)
    first_line(process)
    outcome = process.stop(grace=0.2)
    assert (outcome.signal, outcome.killed_by) == (signal.SIGKILL, "stop")


def test_wait_times_out(room: Room) -> None:
    process = room.start("import time\ntime.sleep(60)")
    with pytest.raises(TimeoutError):
        process.wait(0.05)


def test_the_thread_that_launched_may_end(room: Room) -> None:
    """The kernel ties a process to the thread that started it; a thread of the caller must not be that thread."""
    started: list[SandboxProcess] = []
    os.mkfifo(room.work / "wait")
    thread = threading.Thread(target=lambda: started.append(room.start("open('/work/wait').read()\nprint('alive')")))
    thread.start()
    thread.join()
    (room.work / "wait").write_text("go")
    assert started[0].wait(DEADLINE).ok


def test_the_sandbox_dies_with_its_launcher(room: Room) -> None:
    launcher = f"""
        from pathlib import Path
        from sdrbot_skills.sandbox import SandboxRequest, launch
        room = Path({str(room.path)!r})
        process = launch(SandboxRequest(b"import time; time.sleep(60)", room / "broker", room / "work"))
        print(process.pid, flush=True)
        process.wait()
        """
    with subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(launcher)], stdout=subprocess.PIPE, text=True
    ) as started:
        assert started.stdout is not None
        script = os.pidfd_open(int(started.stdout.readline()))
        started.kill()
    try:
        _wait_for_end(script)
    finally:
        os.close(script)


def _wait_for_end(pidfd: int) -> None:
    poll = select.poll()
    poll.register(pidfd, select.POLLIN)
    assert poll.poll(DEADLINE * 1000), "the script outlived its launcher"


def test_many_sandboxes_leave_no_descriptors(room: Room) -> None:
    before = len(list(Path("/proc/self/fd").iterdir()))
    for _ in range(3):
        room.run("print(1)")
    assert len(list(Path("/proc/self/fd").iterdir())) == before


def test_a_start_that_fails_says_so_and_runs_nothing(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bubblewrap, "ISOLATION", [*bubblewrap.ISOLATION, "--no-such-option"])
    with pytest.raises(ConfigurationError, match=r"no-such-option.*Nothing was run"):
        room.start("open('/work/ran', 'w')")
    assert not (room.work / "ran").exists()


def test_a_writable_proc_runs_nothing(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    if os.geteuid() != 0:
        pytest.skip("only root could write there")
    build = bubblewrap._arguments

    def without_remount(*given: object) -> list[str]:
        arguments = build(*given)  # type: ignore[arg-type]
        at = arguments.index("/proc", arguments.index("--remount-ro"))
        return arguments[: at - 1] + arguments[at + 1 :]

    monkeypatch.setattr(bubblewrap, "_arguments", without_remount)
    with pytest.raises(ConfigurationError, match="writable /proc"):
        room.start("open('/work/ran', 'w')")
    assert not (room.work / "ran").exists()


def test_where_there_is_no_sandbox_nothing_starts(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "darwin")
    reason = bubblewrap.unavailable()
    assert reason is not None and "darwin" in reason
    with pytest.raises(ConfigurationError, match="not started"):
        room.start("print(1)")


def test_an_old_system_bubblewrap_is_passed_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    old = tmp_path / "bwrap"
    old.write_text("#!/bin/sh\necho bubblewrap 0.6.1\n")
    old.chmod(0o755)
    monkeypatch.setattr(shutil, "which", lambda *_, **__: str(old))
    found = bubblewrap.find_bwrap.__wrapped__()
    assert found is not None and found != old
