"""One running sandbox: watch it, read it, stop it."""

from __future__ import annotations

import json
import os
import select
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from io import FileIO
from types import TracebackType
from typing import NamedTuple

from sdrbot_skills.errors import ConfigurationError
from sdrbot_skills.sandbox.output import Line, OutputReader
from sdrbot_skills.sandbox.request import KilledBy, Outcome, SandboxRequest
from sdrbot_skills.sandbox.watchdog import POLL_SECONDS, Watchdog

START_TIMEOUT = 60.0


class StartPipes(NamedTuple):
    """How a start is followed: bubblewrap names the script's process on `info`, the bootstrap says on `ready` that it is about to run it."""

    info_reader: FileIO
    info_writer: FileIO
    ready_reader: FileIO
    ready_writer: FileIO


class SandboxProcess:
    """A script in its sandbox. `pid` is the script's own process as the host numbers it.

    The launcher is started and watched by one thread that lives as long as the sandbox: the kernel's "die with your parent" means the
    thread that started the process, and a caller's thread may end early.
    """

    pid: int

    def __init__(self, command: list[str], request: SandboxRequest, inherited: tuple[int, ...]) -> None:
        self._command = command
        self._request = request
        self._inherited = inherited
        self._launcher: subprocess.Popen[bytes] | None = None
        self._spawned = threading.Event()
        self._watch = threading.Event()
        self._ended = threading.Event()
        self._outcome: Outcome | None = None
        self._killed_by: KilledBy | None = None
        self._failure: BaseException | None = None
        self._handle = threading.Lock()  # a closed descriptor's number may soon belong to another sandbox
        self._script = -1
        self._supervisor = threading.Thread(target=self._supervise, name="sandbox-supervisor", daemon=True)

    @classmethod
    def start(
        cls,
        command: list[str],
        request: SandboxRequest,
        pipes: StartPipes,
        sealed: list[int],
        on_line: Callable[[Line], None] | None,
    ) -> SandboxProcess:
        """Start `command` and wait until the bootstrap reports that limits and filters are in place."""
        process = cls(command, request, (pipes.info_writer.fileno(), pipes.ready_writer.fileno(), *sealed))
        process._supervisor.start()
        process._spawned.wait()
        if process._launcher is None:
            raise ConfigurationError(f"The sandbox did not start: {process._failure}. Nothing was run.")
        stdout, stderr = process._launcher.stdout, process._launcher.stderr
        assert stdout is not None and stderr is not None
        pipes.info_writer.close()  # from here on these pipes end when the sandbox closes them
        pipes.ready_writer.close()
        process._output = OutputReader(os.dup(stdout.fileno()), os.dup(stderr.fileno()), on_line)
        stdout.close()
        stderr.close()
        try:
            process._await_start(pipes)
        finally:
            process._watch.set()
        return process

    _output: OutputReader

    def wait(self, timeout: float | None = None) -> Outcome:
        """The outcome, once the script has ended and its output was read. Raises TimeoutError when it has not within `timeout` seconds."""
        if not self._ended.wait(timeout):
            raise TimeoutError(f"The script is still running after {timeout} s.")
        self._output.join(timeout)
        if self._failure is not None:
            raise self._failure
        assert self._outcome is not None
        return self._outcome

    def lines(self) -> Iterator[Line]:
        """Output line by line as it comes, until the script ends; safe to show. For one reader."""
        return self._output.lines()

    def stop(self, grace: float = 10.0) -> Outcome:
        """Ask the script to stop (SIGTERM), and end it after `grace` seconds if it has not stopped by itself."""
        self._send(signal.SIGTERM)
        if not self._ended.wait(grace):
            self._kill("stop")
        return self.wait()

    def __enter__(self) -> SandboxProcess:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop(grace=0)

    def _await_start(self, pipes: StartPipes) -> None:
        """The launcher names the script's process, then the bootstrap says that it is ready; anything else is a failed start."""
        deadline = time.monotonic() + START_TIMEOUT
        info = _read_all(pipes.info_reader.fileno(), deadline)
        if info:
            self.pid = int(json.loads(info)["child-pid"])
            try:
                self._script = os.pidfd_open(self.pid)
            except ProcessLookupError:
                info = b""
        if info and _read_all(pipes.ready_reader.fileno(), deadline) == b"ready":
            return
        self._kill("stop")
        self._watch.set()
        self.wait()
        said = " / ".join(line.text for line in self.lines()) or "it said nothing"
        raise ConfigurationError(
            f"The sandbox did not start: {said}. Nothing was run; `crm-migrate doctor` looks for the cause."
        )

    def _supervise(self) -> None:
        try:
            self._launcher = subprocess.Popen(
                self._command,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                pass_fds=self._inherited,
                env={},
                cwd="/",
                start_new_session=True,  # Ctrl-C at the terminal is for us to judge, not for the sandbox
            )
        except OSError as error:
            self._failure = error
            return
        finally:
            self._spawned.set()
        self._watch.wait()
        try:
            self._guard()
        except Exception as error:  # noqa: BLE001 a script that is no longer watched must not run on; wait() raises this
            self._failure = error
            self._kill("stop")
        code = self._launcher.wait()
        with self._handle:
            if self._script >= 0:
                os.close(self._script)
                self._script = -1
        self._outcome = _outcome(code, self._killed_by)
        self._ended.set()

    def _guard(self) -> None:
        """Until the script ends: look at the limits, with pauses ten times as long as looking takes."""
        if self._script < 0:
            return
        watchdog = Watchdog(self.pid, self._request.work_dir, self._request.limits)
        poll = select.poll()
        poll.register(self._script, select.POLLIN)  # readable once the process has ended
        pause = POLL_SECONDS
        while not poll.poll(pause * 1000):
            began = time.monotonic()
            spent = watchdog.exceeded()
            if spent is not None:
                self._kill(spent)
            pause = max(POLL_SECONDS, 10 * (time.monotonic() - began))

    def _kill(self, reason: KilledBy) -> None:
        if self._killed_by is None and not self._ended.is_set():
            self._killed_by = reason
        if not self._send(signal.SIGKILL) and self._launcher is not None:
            self._launcher.kill()

    def _send(self, number: signal.Signals) -> bool:
        """False where there is no script to send to: not started yet, or ended already."""
        with self._handle:
            if self._script < 0:
                return False
            try:
                signal.pidfd_send_signal(self._script, number)
            except ProcessLookupError:
                return False
            return True


def _read_all(descriptor: int, deadline: float) -> bytes:
    """What is written to a pipe until its other end closes; what came until `deadline` otherwise."""
    poll = select.poll()
    poll.register(descriptor, select.POLLIN)
    read = b""
    while poll.poll(max(0.0, deadline - time.monotonic()) * 1000):
        chunk = os.read(descriptor, 4096)
        if not chunk:
            break
        read += chunk
    return read


def _outcome(code: int, killed_by: KilledBy | None) -> Outcome:
    """bubblewrap ends with 128 + N when signal N ended the script; a negative code is its own end by a signal."""
    if code < 0 or code > 128:
        return Outcome(None, -code if code < 0 else code - 128, killed_by)
    return Outcome(code, None, killed_by)
