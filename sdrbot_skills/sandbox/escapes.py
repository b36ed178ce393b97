"""The self-test that tries to get out: run inside a sandbox by `doctor` and the tests, one attempt after the other.

An attempt that is stopped raises OSError; one that returns has got out. The host starts this very file as the script, with a
JSON description of the bait it has laid out (`Bait`), and reads one JSON line per attempt. What is not reported counts as escaped.
"""

# Attempts name the bare system call they make:
# ruff: noqa: PTH101, PTH108, PTH118, PTH208

from __future__ import annotations

import ctypes
import errno
import fcntl
import json
import os
import resource
import signal
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from sdrbot_skills.sandbox.syscalls import NUMBERS, this_machine

EXPECTED_ENVIRONMENT = {
    "HOME",
    "LANG",
    "MALLOC_ARENA_MAX",
    "PATH",
    "TMPDIR",
    "TZ",
    "CRM_MIGRATE_BROKER",
    "PWD",
    "LC_CTYPE",
}
AF_ALG, AF_VSOCK, AF_PACKET = 38, 40, 17
CLONE_NEWUSER = 0x10000000
TIOCSTI = 0x5412
HIGH_BIT = 1 << 32
SET_USER_ID = 0o4755
PR_SET_PDEATHSIG = 1


class Bait(NamedTuple):
    """Real things of the host that an escape would reach."""

    secret_file: str
    home: str
    process: int
    loopback_port: int
    abstract_socket: str
    other_socket: str


class Report(NamedTuple):
    """One attempt: `held` is true when it was stopped; `detail` says how, or what was reached."""

    name: str
    held: bool
    detail: str


Attempt = Callable[[Bait], object]
ATTEMPTS: dict[str, Attempt] = {}


def attempt(name: str) -> Callable[[Attempt], Attempt]:
    def register(function: Attempt) -> Attempt:
        ATTEMPTS[name] = function
        return function

    return register


def stopped(reason: str) -> OSError:
    """For attempts that find nothing instead of being refused."""
    return OSError(errno.ENOENT, reason)


def kernel(name: str, *arguments: object) -> int:
    """A bare system call, past every check of the C library and Python. Raises OSError."""
    machine = this_machine()
    number = NUMBERS[name].on(machine) if machine else None
    if number is None:
        raise stopped("this processor has no such call")
    return raw(number, *arguments)


def raw(number: int, *arguments: object) -> int:
    libc = ctypes.CDLL(None, use_errno=True)
    libc.syscall.restype = ctypes.c_long
    given = [ctypes.c_long(value) if isinstance(value, int) else value for value in arguments]
    result = int(libc.syscall(ctypes.c_long(number), *given))
    if result == -1:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    return result


# ---- reading what is the host's


def read(path: str) -> str:
    with Path(path).open("rb") as file:
        return f"read {len(file.read(100))} bytes of {path}"


for _path in (
    "/etc/passwd",
    "/etc/shadow",
    "/proc/kcore",
    "/proc/1/root/etc/passwd",
    "/dev/mem",
    "/dev/kmsg",
    "/sys/kernel/notes",
):
    ATTEMPTS[f"read {_path}"] = lambda _bait, path=_path: read(path)  # type: ignore[misc]

ATTEMPTS["read a secret file"] = lambda bait: read(bait.secret_file)
ATTEMPTS["read another process's environment"] = lambda bait: read(f"/proc/{bait.process}/environ")


@attempt("list the home folder")
def list_home(bait: Bait) -> object:
    # A Python installed in the home folder shows the way to itself, and nothing beside it.
    found = [name for name in os.listdir(bait.home) if not sys.prefix.startswith(os.path.join(bait.home, name))]
    if not found:
        raise stopped("empty but for the way to Python")
    return f"{len(found)} entries"


@attempt("see other processes")
def see_other_processes(_bait: Bait) -> object:
    others = [entry for entry in os.listdir("/proc") if entry.isdigit() and int(entry) != os.getpid()]
    if not others:
        raise stopped("alone in /proc")
    return f"{len(others)} processes"


@attempt("find something in the environment")
def find_in_environment(_bait: Bait) -> object:
    found = set(os.environ) - EXPECTED_ENVIRONMENT
    if not found:
        raise stopped("only what the launcher set")
    return sorted(found)


@attempt("use an inherited descriptor")
def use_inherited_descriptor(_bait: Bait) -> object:
    # listdir itself holds one descriptor while it looks; it is closed afterwards
    found = [int(name) for name in os.listdir("/proc/self/fd")]
    inherited = [number for number in found if number > 2 and _is_open(number)]
    if not inherited:
        raise stopped("none beyond 2")
    return inherited


def _is_open(descriptor: int) -> bool:
    try:
        os.fstat(descriptor)
    except OSError:
        return False
    return True


# ---- changing what is the host's or outlives the run


def create(path: str) -> str:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT, 0o600)
    os.close(descriptor)
    return f"opened {path} for writing"


for _name, _path in {
    "write to the root folder": "/planted",
    "write to /usr": "/usr/planted",
    "write to the libraries (.pth persistence)": "/runtime/libraries-0/planted.pth",
    "write to our own package": "/runtime/package/sdrbot_skills/planted.py",
    "change the running script": "/runtime/script.py",
    "write to the sealed folder": "/sealed/planted",
    "write to shared memory": "/dev/shm/planted",
    "write next to the broker's socket": "/broker/planted",
    "set the host's core_pattern": "/proc/sys/kernel/core_pattern",
    "use the host's sysrq": "/proc/sysrq-trigger",
    "become the out-of-memory killer's last choice": "/proc/self/oom_score_adj",
}.items():
    ATTEMPTS[_name] = lambda _bait, path=_path: create(path)  # type: ignore[misc]


@attempt("replace the broker's socket")
def replace_broker_socket(_bait: Bait) -> None:
    os.unlink("/broker/broker.sock")


@attempt("hard-link our own code into the work folder")
def link_package(_bait: Bait) -> None:
    os.link("/runtime/package/sdrbot_skills/__init__.py", "/work/linked")


@attempt("leave a set-user-id file (chmod)")
def set_user_id_chmod(_bait: Bait) -> None:
    Path("/work/suid").touch()
    os.chmod("/work/suid", SET_USER_ID)


@attempt("leave a set-user-id file (fchmod)")
def set_user_id_fchmod(_bait: Bait) -> None:
    descriptor = os.open("/work/suid", os.O_WRONLY | os.O_CREAT, 0o600)
    os.fchmod(descriptor, SET_USER_ID)


@attempt("leave a set-user-id file (open)")
def set_user_id_open(_bait: Bait) -> None:
    os.close(os.open("/work/suid-created", os.O_WRONLY | os.O_CREAT, SET_USER_ID))


@attempt("leave a pipe that blocks its reader")
def leave_pipe(_bait: Bait) -> None:
    os.mkfifo("/work/pipe")


# ---- the network


def open_socket(family: int, kind: int = socket.SOCK_STREAM) -> str:
    socket.socket(family, kind).close()
    return f"socket of family {family}"


for _name, _family, _kind in (
    ("open an IPv6 socket", socket.AF_INET6, socket.SOCK_STREAM),
    ("open a raw socket", socket.AF_INET, socket.SOCK_RAW),
    ("open a packet socket", AF_PACKET, socket.SOCK_RAW),
    ("open a netlink socket", 16, socket.SOCK_RAW),
    ("open a vsock socket", AF_VSOCK, socket.SOCK_STREAM),
    ("open a kernel crypto socket", AF_ALG, socket.SOCK_SEQPACKET),
):
    ATTEMPTS[_name] = lambda _bait, family=_family, kind=_kind: open_socket(family, kind)  # type: ignore[misc]


@attempt("connect to a service on loopback")
def connect_loopback(bait: Bait) -> None:
    socket.create_connection(("127.0.0.1", bait.loopback_port), timeout=2).close()


@attempt("send a datagram")
def send_datagram(_bait: Bait) -> object:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        return sender.sendto(b"out", ("192.0.2.1", 53))


@attempt("open an internet socket with high bits set")
def socket_high_bits(_bait: Bait) -> object:
    return kernel("socket", socket.AF_INET | HIGH_BIT, int(socket.SOCK_STREAM), 0)


@attempt("resolve a name")
def resolve_name(_bait: Bait) -> object:
    return socket.getaddrinfo("example.invalid.test", 443)


def connect_unix(address: str) -> str:
    with socket.socket(socket.AF_UNIX) as client:
        client.settimeout(2)
        client.connect(address)
    return "connected"


ATTEMPTS["connect to an abstract socket"] = lambda bait: connect_unix("\0" + bait.abstract_socket)
ATTEMPTS["connect to another run's broker"] = lambda bait: connect_unix(bait.other_socket)


# ---- the kernel


def _buffer(size: int = 4096) -> ctypes.Array[ctypes.c_char]:
    return ctypes.create_string_buffer(size)


for _name, _call, _arguments in (
    ("io_uring", "io_uring_setup", (1, _buffer())),
    ("ptrace a process", "ptrace", (16, 1, 0, 0)),
    ("bpf", "bpf", (0, _buffer(), 120)),
    ("userfaultfd", "userfaultfd", (1,)),
    ("perf events", "perf_event_open", (_buffer(), 0, -1, -1, 0)),
    ("the kernel's key ring", "keyctl", (0, -3, 1)),
    ("open by handle", "open_by_handle_at", (-100, _buffer(), 0)),
    ("a new user namespace (unshare)", "unshare", (CLONE_NEWUSER,)),
    ("join a namespace", "setns", (0, 0)),
    ("mount", "mount", (b"none", b"/tmp", b"tmpfs", 0, None)),
    ("the new mount interface", "fsopen", (b"tmpfs", 0)),
    ("unmount", "umount2", (b"/proc", 2)),
    ("chroot", "chroot", (b"/work",)),
    ("personality", "personality", (0x0040000,)),
    ("System V shared memory", "shmget", (0, 4096, 0o1600)),
    ("an anonymous memory file", "memfd_create", (b"planted", 0)),
    ("outlive the launcher", "prctl", (PR_SET_PDEATHSIG, 0, 0, 0, 0)),
    ("a second process (clone3)", "clone3", (_buffer(88), 88)),
    ("a call without arguments in sight (openat2)", "openat2", (-100, b"/work", _buffer(24), 24)),
):
    ATTEMPTS[f"kernel: {_name}"] = lambda _bait, call=_call, arguments=_arguments: kernel(call, *arguments)  # type: ignore[misc]


@attempt("kernel: a call newer than our tables")
def newer_call(_bait: Bait) -> object:
    return raw(457, _buffer(), _buffer(), 0, 0)


@attempt("kernel: an x32 twin")
def x32_twin(_bait: Bait) -> object:
    return raw(0x40000000 | 39)


@attempt("kernel: read another process's memory")
def read_memory(_bait: Bait) -> object:
    class Range(ctypes.Structure):
        _fields_ = [("base", ctypes.c_void_p), ("length", ctypes.c_size_t)]

    here = _buffer(16)
    local = Range(ctypes.cast(here, ctypes.c_void_p), 16)
    return kernel("process_vm_readv", os.getpid(), ctypes.byref(local), 1, ctypes.byref(local), 1, 0)


@attempt("type into the terminal (TIOCSTI with high bits)")
def type_into_terminal(_bait: Bait) -> object:
    return kernel("ioctl", 0, TIOCSTI | HIGH_BIT, ctypes.c_char_p(b"x"))


# ---- processes, powers and limits


@attempt("signal a host process")
def signal_host_process(bait: Bait) -> None:
    os.kill(bait.process, 0)


@attempt("signal everybody")
def signal_everybody(_bait: Bait) -> None:
    os.kill(-1, 0)


@attempt("fork")
def fork(_bait: Bait) -> object:
    child = os.fork()
    if child == 0:
        os._exit(0)
    os.waitpid(child, 0)
    return "forked"


@attempt("kernel: clone with a new user namespace")
def clone_namespace(_bait: Bait) -> object:
    child = kernel("clone", CLONE_NEWUSER | int(signal.SIGCHLD), 0, 0, 0, 0)
    if child == 0:
        os._exit(0)
    return "cloned"


@attempt("start a program (subprocess)")
def start_program(_bait: Bait) -> object:
    return subprocess.run(["/usr/bin/true"], check=False).returncode


@attempt("start a program (posix_spawn)")
def spawn_program(_bait: Bait) -> object:
    return os.posix_spawn("/usr/bin/true", ["true"], {})


@attempt("have a capability")
def have_capability(_bait: Bait) -> object:
    status = dict(line.split(":\t", 1) for line in Path("/proc/self/status").read_text().splitlines() if ":\t" in line)
    held = {name: status[name].strip() for name in ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb")}
    if all(int(value, 16) == 0 for value in held.values()) and status["NoNewPrivs"].strip() == "1":
        raise stopped("no capabilities, no new privileges")
    return held


def raise_limit(limit: int) -> None:
    _, hard = resource.getrlimit(limit)
    resource.setrlimit(limit, (hard + 1, hard + 1))


ATTEMPTS["raise the memory limit"] = lambda _bait: raise_limit(resource.RLIMIT_AS)
ATTEMPTS["raise the limit of open files"] = lambda _bait: raise_limit(resource.RLIMIT_NOFILE)


@attempt("make the terminal ours")
def own_terminal(_bait: Bait) -> object:
    return fcntl.ioctl(os.open("/dev/tty", os.O_RDWR), 0x540E, 0)


# The last ones: where they get through, nothing after them is reported.
@attempt("become another program (execve)")
def become_program(_bait: Bait) -> object:
    return os.execv("/usr/bin/true", ["true"])


def run(bait: Bait, only: list[str] | None = None) -> None:
    """Print one report per attempt, in order."""
    for name, function in ATTEMPTS.items():
        if only is not None and name not in only:
            continue
        try:
            report = Report(name, False, f"got through: {function(bait)}")
        except (OSError, ValueError) as error:  # setrlimit raises ValueError for "not allowed"
            report = Report(name, True, f"{type(error).__name__}: {error}")
        print(json.dumps(report), flush=True)  # noqa: T201 (this file is a script; its output is read by the host)


if __name__ == "__main__":
    run(Bait(*json.loads(sys.argv[1])), json.loads(sys.argv[2]) if len(sys.argv) > 2 else None)
