"""A classic-BPF machine, just large enough for seccomp filters: it judges the filter of a processor we are not running on."""

from __future__ import annotations

import struct

from sdrbot_skills.sandbox.syscalls import AUDIT_ARCH, NUMBERS, Machine


def verdict(program: bytes, machine: Machine, call: str | int, *arguments: int, arch: int | None = None) -> int:
    """What the kernel would answer: the value after `RET`."""
    number = NUMBERS[call].on(machine) if isinstance(call, str) else call
    assert number is not None, f"{machine} has no {call}"
    padded = (*arguments, *(0,) * (6 - len(arguments)))
    data = struct.pack("<IIQ6Q", number, AUDIT_ARCH[machine] if arch is None else arch, 0, *padded)
    return _run([struct.unpack_from("<HBBI", program, offset) for offset in range(0, len(program), 8)], data)


def _run(program: list[tuple[int, int, int, int]], data: bytes) -> int:
    accumulator = at = 0
    while True:
        code, when_true, when_false, value = program[at]
        at += 1
        if code == 0x20:
            (accumulator,) = struct.unpack_from("<I", data, value)
        elif code == 0x06:
            return value
        elif code in (0x15, 0x25, 0x45):
            holds = {0x15: accumulator == value, 0x25: accumulator > value, 0x45: bool(accumulator & value)}[code]
            at += when_true if holds else when_false
        else:
            raise AssertionError(f"unknown instruction {code:#x}")
