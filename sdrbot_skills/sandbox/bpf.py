"""The two seccomp filters of the sandbox, assembled to classic BPF without libseccomp.

Filter A is given to bubblewrap and is in force before our first instruction inside: no sockets but unix ones, no second process, no
kernel surface a migration script could need. It must still let bubblewrap start Python. Filter B is installed by the bootstrap once
Python runs: no other program, and no way to outlive the launcher. Filters add up; the strictest answer wins.
"""

from __future__ import annotations

import errno
import struct
from collections.abc import Iterable

from sdrbot_skills.sandbox.syscalls import AUDIT_ARCH, LAST_KNOWN, NUMBERS, Machine

# linux/bpf_common.h and linux/seccomp.h
LOAD_WORD, RETURN = 0x20, 0x06
JUMP_EQUAL, JUMP_GREATER, JUMP_ANY_BIT = 0x15, 0x25, 0x45
ALLOW, KILL_PROCESS, FAIL = 0x7FFF0000, 0x80000000, 0x00050000
NUMBER_OFFSET, ARCH_OFFSET, ARGUMENTS_OFFSET = 0, 4, 16

AF_UNIX = 1
CLONE_THREAD = 0x00010000
TIOCSTI, TIOCLINUX = 0x5412, 0x541C
SET_ID_BITS = 0o6000
PR_SET_PDEATHSIG = 1

Instruction = tuple[int, int, int, int]

# The C library has an older way for each of these and takes it when the kernel says "no such call"; the older way has its
# arguments in registers, where a filter can see them.
UNKNOWN = ["clone3", "openat2"]

# The argument that carries file permissions, of each call that can set them.
MODE_ARGUMENT = {"chmod": 1, "fchmod": 1, "fchmodat": 2, "creat": 1, "open": 2, "openat": 3}

START_PROGRAM = ["execve", "execveat"]
JUDGED = ["socket", "socketpair", "clone", "ioctl", "prctl", *MODE_ARGUMENT]
DENIED = [name for name in NUMBERS if name not in [*JUDGED, *UNKNOWN, *START_PROGRAM]]


def filter_a(machine: Machine) -> bytes:
    """The filter bubblewrap installs, as an array of `struct sock_filter`."""
    program = _prologue(machine)
    program += _always(machine, DENIED, errno.EPERM)
    program += _always(machine, UNKNOWN, errno.ENOSYS)
    for name in ("socket", "socketpair"):
        program += _judge(machine, name, _unless_equal(0, [AF_UNIX], errno.EAFNOSUPPORT))
    program += _judge(machine, "clone", _unless_any_bit(0, CLONE_THREAD, errno.EPERM))
    program += _judge(machine, "ioctl", _if_equal(1, [TIOCSTI, TIOCLINUX], errno.EPERM))
    for name, mode_argument in MODE_ARGUMENT.items():
        program += _judge(machine, name, _if_any_bit(mode_argument, SET_ID_BITS, errno.EPERM))
    return _assemble([*program, _return(ALLOW)])


def filter_b(machine: Machine) -> bytes:
    """The filter the bootstrap installs before the script's first line."""
    program = _prologue(machine)
    program += _always(machine, START_PROGRAM, errno.EPERM)
    program += _judge(machine, "prctl", _if_equal(0, [PR_SET_PDEATHSIG], errno.EPERM))
    return _assemble([*program, _return(ALLOW)])


def _prologue(machine: Machine) -> list[Instruction]:
    return [
        (LOAD_WORD, 0, 0, ARCH_OFFSET),
        (JUMP_EQUAL, 1, 0, AUDIT_ARCH[machine]),
        _return(KILL_PROCESS),
        (LOAD_WORD, 0, 0, NUMBER_OFFSET),
        (JUMP_GREATER, 0, 1, LAST_KNOWN),
        _return(FAIL | errno.ENOSYS),
    ]


def _always(machine: Machine, names: Iterable[str], error: int) -> list[Instruction]:
    numbers = [NUMBERS[name].on(machine) for name in names]
    return [step for number in numbers if number is not None for step in [(JUMP_EQUAL, 0, 1, number), _fail(error)]]


def _judge(machine: Machine, name: str, body: list[Instruction]) -> list[Instruction]:
    """Run `body` for this call only. The body always returns, so the accumulator still holds the call number for what follows."""
    number = NUMBERS[name].on(machine)
    return [] if number is None else [(JUMP_EQUAL, 0, len(body), number), *body]


def _unless_equal(argument: int, values: list[int], error: int) -> list[Instruction]:
    return [_load(argument), *_answer_when_equal(values, ALLOW), _fail(error)]


def _if_equal(argument: int, values: list[int], error: int) -> list[Instruction]:
    return [_load(argument), *_answer_when_equal(values, FAIL | error), _return(ALLOW)]


def _unless_any_bit(argument: int, bits: int, error: int) -> list[Instruction]:
    return [_load(argument), (JUMP_ANY_BIT, 0, 1, bits), _return(ALLOW), _fail(error)]


def _if_any_bit(argument: int, bits: int, error: int) -> list[Instruction]:
    return [_load(argument), (JUMP_ANY_BIT, 0, 1, bits), _fail(error), _return(ALLOW)]


def _answer_when_equal(values: list[int], answer: int) -> list[Instruction]:
    return [step for value in values for step in [(JUMP_EQUAL, 0, 1, value), _return(answer)]]


def _load(argument: int) -> Instruction:
    """The low half only: every argument judged here is an `int` to the kernel, which ignores the high half as well."""
    return (LOAD_WORD, 0, 0, ARGUMENTS_OFFSET + 8 * argument)


def _return(answer: int) -> Instruction:
    return (RETURN, 0, 0, answer)


def _fail(error: int) -> Instruction:
    return _return(FAIL | error)


def _assemble(program: list[Instruction]) -> bytes:
    return b"".join(struct.pack("<HBBI", *step) for step in program)
