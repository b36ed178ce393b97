"""Whatever a script does to use up the machine, it is stopped, and the outcome names the limit."""

from __future__ import annotations

import signal

import pytest

from sdrbot_skills.sandbox import Limits
from sdrbot_skills.sandbox.watchdog import Watchdog
from tests.sandbox.conftest import Room

MIB = 1024**2


def test_memory(room: Room) -> None:
    script = """
        held = []
        try:
            while True: held.append(bytearray(16 << 20))
        except MemoryError:
            print(len(held) * 16)
        """
    outcome, lines = room.run(script, Limits(address_space=512 * MIB))
    assert outcome.ok
    assert 100 < int(lines[0]) < 512


def test_shared_memory_counts_as_well(room: Room) -> None:
    script = """
        import mmap
        held = []
        try:
            while True: held.append(mmap.mmap(-1, 16 << 20))
        except OSError:
            print(len(held) * 16)
        """
    outcome, lines = room.run(script, Limits(address_space=512 * MIB))
    assert outcome.ok
    assert int(lines[0]) < 512


def test_memory_in_use(room: Room) -> None:
    script = "held = bytearray(200 << 20)\nimport time\ntime.sleep(60)"
    outcome, _ = room.run(script, Limits(resident=100 * MIB))
    assert (outcome.killed_by, outcome.signal) == ("memory", signal.SIGKILL)


def test_threads(room: Room) -> None:
    script = """
        import threading
        stop, count = threading.Event(), 0
        try:
            while True:
                threading.Thread(target=stop.wait, daemon=True).start()
                count += 1
        except (RuntimeError, MemoryError):
            print(count)
            stop.set()
        """
    outcome, lines = room.run(script, Limits(address_space=256 * MIB))
    assert outcome.ok
    assert 8 < int(lines[0]) < 256


def test_forty_threads_fit_the_default(room: Room) -> None:
    script = """
        import threading
        barrier = threading.Barrier(41)
        for _ in range(40): threading.Thread(target=barrier.wait).start()
        barrier.wait()
        """
    outcome, lines = room.run(script)
    assert outcome.ok, lines


def test_many_files_fill_the_disk(room: Room) -> None:
    script = """
        import time
        for n in range(10_000):
            open(f"/work/{n}", "wb").write(b"x" * (1 << 20))
            time.sleep(0.002)
        """
    outcome, _ = room.run(script, Limits(disk=32 * MIB))
    assert outcome.killed_by == "disk"


def test_deleted_files_that_are_open_count_as_well(room: Room) -> None:
    script = """
        import os, time
        held = []
        for n in range(64):
            held.append(open("/work/hidden", "wb", buffering=0))
            os.unlink("/work/hidden")
            held[-1].write(b"x" * (1 << 20))
        time.sleep(60)
        """
    outcome, _ = room.run(script, Limits(disk=32 * MIB))
    assert outcome.killed_by == "disk"


def test_one_large_file(room: Room) -> None:
    script = """
        try:
            with open("/work/large", "wb", buffering=0) as file:
                while True: file.write(b"x" * (1 << 20))
        except OSError as error:
            print(error.errno)
        """
    outcome, lines = room.run(script, Limits(disk=8 * MIB))
    assert lines == ["27"] or outcome.killed_by == "disk"  # EFBIG
    assert (room.work / "large").stat().st_size <= 8 * MIB


def test_many_small_files(room: Room) -> None:
    script = """
        import time
        for n in range(100_000):
            open(f"/work/{n}", "wb").close()
            time.sleep(0.0005)
        """
    outcome, _ = room.run(script, Limits(files=200))
    assert outcome.killed_by == "files"


def test_a_folder_too_deep_to_count(room: Room) -> None:
    script = """
        import os, time
        os.chdir("/work")
        for _ in range(60):
            os.mkdir("d" * 200)
            os.chdir("d" * 200)
        time.sleep(60)
        """
    outcome, _ = room.run(script)
    assert outcome.killed_by == "files"


def test_scratch_space_is_small_and_private(room: Room) -> None:
    script = """
        try:
            with open("/tmp/fill", "wb", buffering=0) as file:
                for n in range(64): file.write(b"x" * (1 << 20))
        except OSError as error:
            print(error.errno, n)
        """
    _, lines = room.run(script)
    assert lines == ["28 16"]  # ENOSPC


def test_open_files(room: Room) -> None:
    script = """
        held = []
        try:
            while True: held.append(open("/dev/null"))
        except OSError as error:
            print(error.errno, len(held))
        """
    _, lines = room.run(script)
    number, count = map(int, lines[0].split())
    assert number == 24  # EMFILE
    assert count < 256


def test_processor_time(room: Room) -> None:
    outcome, _ = room.run("while True: pass", Limits(cpu_seconds=0.5))
    assert (outcome.killed_by, outcome.signal) == ("cpu", signal.SIGKILL)


def test_wall_clock(room: Room) -> None:
    outcome, _ = room.run("import time\ntime.sleep(60)", Limits(wall_seconds=0.3))
    assert outcome.killed_by == "wall"


def test_a_nearly_full_disk_stops_the_script_before_it_fills(room: Room) -> None:
    outcome, _ = room.run("import time\ntime.sleep(60)", Limits(free_disk=1 << 60))
    assert outcome.killed_by == "disk"


def test_a_folder_that_hides_its_files(room: Room) -> None:
    """Root reads it all the same; for an ordinary user a folder that cannot be listed is over the limit."""
    script = """
        import os, time
        os.mkdir("/work/hidden")
        os.chmod("/work/hidden", 0o300)
        for n in range(300): open(f"/work/hidden/{n}", "w").close()
        time.sleep(60)
        """
    outcome, _ = room.run(script, Limits(files=200))
    assert outcome.killed_by == "files"
    (room.work / "hidden").chmod(0o700)


def test_a_watchdog_that_fails_ends_the_script(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(self: Watchdog) -> None:
        raise LookupError("the watchdog's own fault")

    monkeypatch.setattr(Watchdog, "exceeded", fail)
    with pytest.raises(LookupError):
        room.run("import time\ntime.sleep(60)")
    room.started.clear()
